/* SPDX-License-Identifier: MIT */
/*
 * cpu.h - what this processor can do, and setting one up.
 */
#ifndef ARCH_X86_64_CPU_H
#define ARCH_X86_64_CPU_H

#include <base/types.h>

struct cpu_features {
	bool nx, pge, mce, pat, gbpages, smep, smap, umip;
	bool x2apic, tsc_deadline, tsc_invariant, apic;
	unsigned int phys_bits;
};

/* Those of the boot CPU; all CPUs of one machine are taken to be alike. */
extern struct cpu_features cpu_features;

/* Reads CPUID into cpu_features; once, on the boot CPU. */
void cpu_detect(void);

/**
 * cpu_init() - control registers, GDT, TSS and IST stacks of this CPU.
 * @cpu: its number.
 *
 * Context: that CPU, interrupts off, on the kernel's page tables, with its
 * per-CPU area and after cpu_stacks_alloc().
 */
void cpu_init(unsigned int cpu);

/* GDT and TSS for the boot CPU before that, with one stack for all ISTs. */
void cpu_init_early(void);

/**
 * cpu_stacks_alloc() - back the idle and IST stacks of a CPU with memory.
 *
 * Context: boot CPU, after paging_init(). Return: 0 or -ENOMEM.
 */
int __attribute__((warn_unused_result)) cpu_stacks_alloc(unsigned int cpu);

/* Address just behind the idle stack of @cpu; CPU 0 idles on init_stack. */
unsigned long cpu_idle_stack(unsigned int cpu);

/* Installs types, privilege levels and IST numbers of all 256 gates. */
void trap_init(void);

#endif /* ARCH_X86_64_CPU_H */
