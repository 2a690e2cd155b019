/* SPDX-License-Identifier: MIT */
/*
 * msr.h - model-specific registers, control registers, CPUID. CR3 and CR4
 * are <arch/tlb.h>'s.
 *
 * rdmsr() and wrmsr() of a register that does not exist raise #GP; use the
 * _safe forms of <lib/fault.h>'s neighbour msr_safe.h where that can be.
 */
#ifndef ARCH_X86_64_MSR_H
#define ARCH_X86_64_MSR_H

#include <arch/tlb.h>
#include <base/compiler.h>
#include <base/types.h>

#define MSR_APIC_BASE	 0x1b
#define MSR_PAT		 0x277
#define MSR_TSC_DEADLINE 0x6e0
#define MSR_X2APIC	 0x800 /* + register offset / 16 */
#define MSR_EFER	 0xc0000080
#define MSR_FS_BASE	 0xc0000100
#define MSR_GS_BASE	 0xc0000101

#define APIC_BASE_BSP	 (1ULL << 8)
#define APIC_BASE_X2APIC (1ULL << 10)
#define APIC_BASE_ENABLE (1ULL << 11)
#define APIC_BASE_ADDR	 0x000ffffffffff000ULL

#define EFER_SCE (1ULL << 0)
#define EFER_LME (1ULL << 8)
#define EFER_LMA (1ULL << 10)
#define EFER_NXE (1ULL << 11)

#define X86_CR0_PE (1UL << 0)
#define X86_CR0_EM (1UL << 2)
#define X86_CR0_NE (1UL << 5)
#define X86_CR0_WP (1UL << 16)
#define X86_CR0_NW (1UL << 29)
#define X86_CR0_CD (1UL << 30)
#define X86_CR0_PG (1UL << 31)

#define X86_CR4_PAE  (1UL << 5)
#define X86_CR4_MCE  (1UL << 6)
#define X86_CR4_UMIP (1UL << 11)
#define X86_CR4_SMEP (1UL << 20)
#define X86_CR4_SMAP (1UL << 21)

static inline u64 rdmsr(u32 msr)
{
	u32 lo, hi;

	__asm__ __volatile__("rdmsr"
			     : "=a"(lo), "=d"(hi)
			     : "c"(msr)
			     : "memory");
	return (u64)hi << 32 | lo;
}

static inline void wrmsr(u32 msr, u64 v)
{
	__asm__ __volatile__("wrmsr"
			     :
			     : "c"(msr), "a"((u32)v), "d"((u32)(v >> 32))
			     : "memory");
}

static inline void cpuid(u32 leaf, u32 sub, u32 r[4])
{
	__asm__ __volatile__("cpuid"
			     : "=a"(r[0]), "=b"(r[1]), "=c"(r[2]), "=d"(r[3])
			     : "a"(leaf), "c"(sub));
}

#define DEFINE_CR_ACCESS(n)                                                  \
	static inline unsigned long read_cr##n(void)                         \
	{                                                                    \
		unsigned long v;                                             \
                                                                             \
		__asm__ __volatile__("mov %%cr" #n ", %0"                    \
				     : "=r"(v)::"memory");                   \
		return v;                                                    \
	}                                                                    \
	static inline void write_cr##n(unsigned long v)                      \
	{                                                                    \
		__asm__ __volatile__("mov %0, %%cr" #n ::"r"(v) : "memory"); \
	}

DEFINE_CR_ACCESS(0)
DEFINE_CR_ACCESS(2)

#endif /* ARCH_X86_64_MSR_H */
