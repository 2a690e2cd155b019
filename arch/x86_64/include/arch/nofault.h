/* SPDX-License-Identifier: MIT */
/*
 * nofault.h (arch) - single loads that fail instead of faulting.
 *
 * Generic code uses copy_from_kernel_nofault() of <lib/fault.h>.
 */
#ifndef ARCH_NOFAULT_H
#define ARCH_NOFAULT_H

#include <arch/extable.h>
#include <base/compiler.h>
#include <base/errno.h>
#include <base/types.h>

/* Loads one byte, or eight; 0, or -EFAULT and *val untouched. */
static __always_inline int arch_load8_nofault(const void *src, u8 *val)
{
	int err = -EFAULT;
	u8 v = 0;

	__asm__ __volatile__("1: movb (%2), %1\n"
			     "   xorl %0, %0\n"
			     "2:\n" EX_TABLE("1b", "2b")
			     : "+r"(err), "+q"(v)
			     : "r"(src)
			     : "memory", "cc");
	if (err == 0)
		*val = v;
	return err;
}

static __always_inline int arch_load64_nofault(const void *src, u64 *val)
{
	int err = -EFAULT;
	u64 v = 0;

	__asm__ __volatile__("1: movq (%2), %1\n"
			     "   xorl %0, %0\n"
			     "2:\n" EX_TABLE("1b", "2b")
			     : "+r"(err), "+r"(v)
			     : "r"(src)
			     : "memory", "cc");
	if (err == 0)
		*val = v;
	return err;
}

/* Whether @addr lies in the half of the address space that is the kernel's. */
static __always_inline bool arch_kernel_address(const void *addr)
{
	return (long)addr < 0;
}

#endif /* ARCH_NOFAULT_H */
