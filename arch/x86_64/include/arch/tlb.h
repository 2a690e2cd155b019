/* SPDX-License-Identifier: MIT */
/*
 * tlb.h (arch) - this CPU's memory of translations, and how to clear it.
 *
 * Model. The CPU keeps translations it has looked up, and no store to a table
 * changes what it keeps (A TLB-2). Three ways to make it forget, on this CPU
 * only (A TLB-4, A TLB-5):
 *
 *	invlpg		one address, global or not
 *	write to CR3	all but global ones (E13)
 *	CR4.PGE off, on	all
 *
 * Each of them also drops what is cached of the levels above. Generic code
 * uses <mm/tlb.h>, which counts and knows the other CPUs.
 *
 * Source: Intel SDM vol. 3A, "Invalidation of TLBs and Paging-Structure
 * Caches".
 */
#ifndef ARCH_TLB_H
#define ARCH_TLB_H

#include <base/compiler.h>
#include <base/types.h>

#define X86_CR4_PGE (1UL << 7)

/*
 * Stands for the state of the control registers: a read depends on it and a
 * write changes it, so that the compiler keeps their order. Never touched.
 */
extern unsigned long arch_cr_order;

static __always_inline unsigned long read_cr3(void)
{
	unsigned long v;

	__asm__ __volatile__("mov %%cr3, %0" : "=r"(v) : "m"(arch_cr_order));
	return v;
}

static __always_inline void write_cr3(unsigned long v)
{
	__asm__ __volatile__("mov %1, %%cr3"
			     : "+m"(arch_cr_order)
			     : "r"(v)
			     : "memory");
}

static __always_inline unsigned long read_cr4(void)
{
	unsigned long v;

	__asm__ __volatile__("mov %%cr4, %0" : "=r"(v) : "m"(arch_cr_order));
	return v;
}

static __always_inline void write_cr4(unsigned long v)
{
	__asm__ __volatile__("mov %1, %%cr4"
			     : "+m"(arch_cr_order)
			     : "r"(v)
			     : "memory");
}

static __always_inline void invlpg(unsigned long va)
{
	__asm__ __volatile__("invlpg (%0)" ::"r"(va) : "memory");
}

/* All that is not global. */
static inline void arch_flush_tlb_user(void)
{
	write_cr3(read_cr3());
}

/*
 * Everything. Interrupts are off: a handler between the two writes would find
 * PGE off already, switch nothing, and so flush nothing.
 */
static inline void arch_flush_tlb_all(void)
{
	unsigned long cr4 = read_cr4();

	if (cr4 & X86_CR4_PGE) {
		write_cr4(cr4 & ~X86_CR4_PGE);
		write_cr4(cr4);
	} else {
		arch_flush_tlb_user(); /* nothing is global */
	}
}

#endif /* ARCH_TLB_H */
