/* SPDX-License-Identifier: MIT */
/*
 * cpu_state.h (tests) - the system registers of every CPU, read there.
 */
#ifndef TESTS_ARCH_CPU_STATE_H
#define TESTS_ARCH_CPU_STATE_H

#include <irq/smp_call.h>
#include <lib/cpumask.h>
#include <lib/preempt.h>

#include "../../arch/x86_64/gdt.h"
#include "../../arch/x86_64/msr.h"

struct cpu_state {
	struct desc_ptr gdtr, idtr;
	u16 tr, ldtr;
	u16 cs, ss, ds, es, fs, gs;
	unsigned long cr0, cr3, cr4;
	u64 efer, gs_base;
	bool seen;
};

static inline void cpu_state_read(struct cpu_state *s)
{
	__asm__ __volatile__("sgdt %0" : "=m"(s->gdtr));
	__asm__ __volatile__("sidt %0" : "=m"(s->idtr));
	__asm__ __volatile__("str %0" : "=m"(s->tr));
	__asm__ __volatile__("sldt %0" : "=m"(s->ldtr));
	__asm__ __volatile__("mov %%cs, %0" : "=m"(s->cs));
	__asm__ __volatile__("mov %%ss, %0" : "=m"(s->ss));
	__asm__ __volatile__("mov %%ds, %0" : "=m"(s->ds));
	__asm__ __volatile__("mov %%es, %0" : "=m"(s->es));
	__asm__ __volatile__("mov %%fs, %0" : "=m"(s->fs));
	__asm__ __volatile__("mov %%gs, %0" : "=m"(s->gs));
	s->cr0 = read_cr0();
	s->cr3 = read_cr3();
	s->cr4 = read_cr4();
	s->efer = rdmsr(MSR_EFER);
	s->gs_base = rdmsr(MSR_GS_BASE);
	s->seen = true;
}

static inline void cpu_state_read_here(void *arg)
{
	struct cpu_state *all = arg;

	cpu_state_read(&all[smp_processor_id()]);
}

/* Fills @all[cpu] for each online CPU. */
static inline void cpu_state_read_all(struct cpu_state *all)
{
	unsigned int cpu;

	for_each_possible_cpu(cpu)
		all[cpu].seen = false;
	on_each_cpu(cpu_state_read_here, all, true);
}

#endif /* TESTS_ARCH_CPU_STATE_H */
