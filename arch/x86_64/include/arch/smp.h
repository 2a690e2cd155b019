/* SPDX-License-Identifier: MIT */
/*
 * smp.h (arch) - other CPUs: finding, starting, signalling, stopping.
 */
#ifndef ARCH_SMP_H
#define ARCH_SMP_H

#include <base/compiler.h>
#include <base/types.h>

/**
 * arch_smp_count() - how many CPUs the firmware describes as usable.
 *
 * Context: any, once the ACPI tables are known.
 * Return: at least 1; the boot CPU is number 0.
 */
unsigned int arch_smp_count(void);

/**
 * arch_smp_prepare() - everything that is shared by all starts: the
 * trampoline page, its page tables, one INIT to each CPU to come.
 * @nr: CPUs 1 .. @nr - 1 will be started.
 *
 * Context: boot CPU, task context.
 * Return: 0 or -ENOMEM (no free page below 1 MiB, say).
 */
int __must_check arch_smp_prepare(unsigned int nr);

/**
 * arch_cpu_up() - start one CPU and wait until it runs C code.
 * @cpu: its number, 1..NR_CPUS-1; its per-CPU area exists.
 *
 * Context: boot CPU, task context; busy-waits, at most two seconds.
 * Return: 0; -ENOMEM; -ETIMEDOUT when it does not answer, after which it can
 * never come up any more.
 */
int __must_check arch_cpu_up(unsigned int cpu);

/**
 * arch_smp_finish() - give the trampoline back, unless a CPU was given up:
 * then it may still be about to run through the page.
 *
 * Context: boot CPU, task context.
 */
void arch_smp_finish(void);

/* Address behind the stack on which @cpu starts and idles. */
unsigned long arch_idle_stack_top(unsigned int cpu);

/* The hardware's name of a CPU. */
u32 arch_cpu_apic_id(unsigned int cpu);

/**
 * arch_send_call_function_ipi() - make @cpu run smp_call_function_interrupt().
 * arch_send_reschedule_ipi() - make @cpu pass through an interrupt exit.
 * arch_send_nmi() - a non-maskable interrupt for @cpu.
 * arch_nmi_other_cpus() - one for each online CPU but this.
 *
 * Context: any. @cpu must be online.
 */
void arch_send_call_function_ipi(unsigned int cpu);
void arch_send_reschedule_ipi(unsigned int cpu);
void arch_send_nmi(unsigned int cpu);
void arch_nmi_other_cpus(void);

/* An NMI to this CPU; it has arrived when the function returns. */
void arch_nmi_self(void);

/* Raises any vector on this CPU, through the local APIC. For tests. */
void arch_send_self_ipi(unsigned int vector);

#endif /* ARCH_SMP_H */
