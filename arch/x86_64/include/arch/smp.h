/* SPDX-License-Identifier: MIT */
/*
 * smp.h (arch) - interrupts between CPUs.
 */
#ifndef ARCH_SMP_H
#define ARCH_SMP_H

/* Interrupt @cpu, this CPU included; called with interrupts off. */
void arch_send_call_function_ipi(unsigned int cpu);

#endif /* ARCH_SMP_H */
