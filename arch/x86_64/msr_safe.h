/* SPDX-License-Identifier: MIT */
/*
 * msr_safe.h - model-specific registers that may not exist.
 *
 * rdmsr() of a register that does not exist is a general protection fault.
 * These forms go through the exception table and say -EIO instead
 * (A IDT-12).
 */
#ifndef ARCH_X86_64_MSR_SAFE_H
#define ARCH_X86_64_MSR_SAFE_H

#include <arch/extable.h>
#include <base/compiler.h>
#include <base/errno.h>
#include <base/types.h>

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

#endif /* ARCH_X86_64_MSR_SAFE_H */
