/* SPDX-License-Identifier: MIT */
/*
 * msr.h - model-specific registers.
 *
 * rdmsr() of a register that does not exist is a general protection fault.
 * The _safe forms go through the exception table and say -EIO instead
 * (A IDT-12).
 * Source: Intel SDM vol. 2B, "RDMSR", vol. 2D, "WRMSR"; vol. 4 for numbers.
 */
#ifndef ARCH_X86_64_MSR_H
#define ARCH_X86_64_MSR_H

#include <arch/extable.h>
#include <base/compiler.h>
#include <base/errno.h>
#include <base/types.h>

static inline u64 rdmsr(u32 msr)
{
	u32 lo, hi;

	__asm__ __volatile__("rdmsr"
			     : "=a"(lo), "=d"(hi)
			     : "c"(msr)
			     : "memory");
	return (u64)hi << 32 | lo;
}

static inline void wrmsr(u32 msr, u64 val)
{
	__asm__ __volatile__("wrmsr"
			     :
			     : "c"(msr), "a"((u32)val), "d"((u32)(val >> 32))
			     : "memory");
}

/* 0, or -EIO and *val is 0. */
static inline int __must_check rdmsr_safe(u32 msr, u64 *val)
{
	u32 lo = 0, hi = 0;
	int err = -EIO;

	__asm__ __volatile__("1: rdmsr\n"
			     "   xorl %0, %0\n"
			     "2:\n" EX_TABLE("1b", "2b")
			     : "+r"(err), "+a"(lo), "+d"(hi)
			     : "c"(msr)
			     : "memory", "cc");
	*val = err ? 0 : (u64)hi << 32 | lo;
	return err;
}

/* 0, or -EIO: no such register, or it refuses the value. */
static inline int __must_check wrmsr_safe(u32 msr, u64 val)
{
	int err = -EIO;

	__asm__ __volatile__("1: wrmsr\n"
			     "   xorl %0, %0\n"
			     "2:\n" EX_TABLE("1b", "2b")
			     : "+r"(err)
			     : "c"(msr), "a"((u32)val), "d"((u32)(val >> 32))
			     : "memory", "cc");
	return err;
}

#endif /* ARCH_X86_64_MSR_H */
