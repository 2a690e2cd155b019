/* SPDX-License-Identifier: MIT */
/*
 * smp_stop.h (arch) - interrupting CPUs that do not listen.
 */
#ifndef ARCH_SMP_STOP_H
#define ARCH_SMP_STOP_H

/**
 * arch_nmi_other_cpus() - send an NMI to every other online CPU.
 *
 * Does not wait. The receivers come to panic_nmi() of <lib/panic.h> first.
 *
 * Context: any, with preemption or interrupts off. Locking: none: it must
 * work when any lock is held.
 */
void arch_nmi_other_cpus(void);

/* The same to this CPU; it arrives before the function returns. */
void arch_nmi_self(void);

#endif /* ARCH_SMP_STOP_H */
