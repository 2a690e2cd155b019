/* SPDX-License-Identifier: MIT */
/*
 * percpu.h (arch) - one instruction to this CPU's copy of a variable.
 *
 * Model. A per-CPU variable is linked once, into the template section
 * .data..percpu. Each CPU owns a copy of the whole section and keeps the
 * distance "my copy minus template" in its GS base, so %gs:var, with the
 * link-time address of var, is this CPU's copy. One instruction cannot be
 * split by an interrupt or a migration, hence needs no lock against either.
 *
 * Generic code uses <lib/percpu.h>.
 */
#ifndef ARCH_PERCPU_H
#define ARCH_PERCPU_H

#include <base/compiler.h>
#include <base/types.h>

#define PERCPU_SEG "%%gs:"

/* Adds the operand-size suffix for the size of @var. */
#define percpu_op(op, var, val)                                            \
	do {                                                               \
		__typeof__(var) pcp_v = (__typeof__(var))(val);            \
		switch (sizeof(var)) {                                     \
		case 1:                                                    \
			__asm__ __volatile__(op "b %1, " PERCPU_SEG "%0"   \
					     : "+m"(var)                   \
					     : "qi"((u8)(uintptr_t)pcp_v)  \
					     : "memory", "cc");            \
			break;                                             \
		case 2:                                                    \
			__asm__ __volatile__(op "w %1, " PERCPU_SEG "%0"   \
					     : "+m"(var)                   \
					     : "ri"((u16)(uintptr_t)pcp_v) \
					     : "memory", "cc");            \
			break;                                             \
		case 4:                                                    \
			__asm__ __volatile__(op "l %1, " PERCPU_SEG "%0"   \
					     : "+m"(var)                   \
					     : "ri"((u32)(uintptr_t)pcp_v) \
					     : "memory", "cc");            \
			break;                                             \
		default:                                                   \
			__asm__ __volatile__(op "q %1, " PERCPU_SEG "%0"   \
					     : "+m"(var)                   \
					     : "re"((u64)(uintptr_t)pcp_v) \
					     : "memory", "cc");            \
		}                                                          \
	} while (0)

/* A load in the width of @var; the C type is kept, pointers included. */
#define arch_this_cpu_read(var)                                 \
	({                                                      \
		__typeof__(var) pcr_v;                          \
		__asm__ __volatile__("mov " PERCPU_SEG "%1, %0" \
				     : "=r"(pcr_v)              \
				     : "m"(var)                 \
				     : "memory");               \
		pcr_v;                                          \
	})
#define arch_this_cpu_write(var, val) percpu_op("mov", var, val)
#define arch_this_cpu_add(var, val)   percpu_op("add", var, val)
#define arch_this_cpu_and(var, val)   percpu_op("and", var, val)
#define arch_this_cpu_or(var, val)    percpu_op("or", var, val)

/* Adds and returns the new value; atomic against this CPU's interrupts. */
#define arch_this_cpu_add_return(var, val)                       \
	({                                                       \
		__typeof__(var) par_v = (val);                   \
		__typeof__(var) par_add = par_v;                 \
		__asm__ __volatile__("xadd %0, " PERCPU_SEG "%1" \
				     : "+r"(par_v), "+m"(var)    \
				     :                           \
				     : "memory", "cc");          \
		(__typeof__(var))(par_v + par_add);              \
	})

/*
 * Stores and returns what was there. xchg with memory locks the bus, needed
 * or not, so cmpxchg does the work; it fails only if an interrupt came in.
 */
#define arch_this_cpu_xchg(var, new)                                           \
	({                                                                     \
		__typeof__(var) pxc_old = arch_this_cpu_read(var);             \
		__typeof__(var) pxc_new = (new);                               \
		__asm__ __volatile__("1: cmpxchg %2, " PERCPU_SEG "%1; jnz 1b" \
				     : "+a"(pxc_old), "+m"(var)                \
				     : "r"(pxc_new)                            \
				     : "memory", "cc");                        \
		pxc_old;                                                       \
	})

/* Stores if the value is the expected one; returns what was there. */
#define arch_this_cpu_cmpxchg(var, old, new)                        \
	({                                                          \
		__typeof__(var) pcx_old = (old);                    \
		__typeof__(var) pcx_new = (new);                    \
		__asm__ __volatile__("cmpxchg %2, " PERCPU_SEG "%1" \
				     : "+a"(pcx_old), "+m"(var)     \
				     : "r"(pcx_new)                 \
				     : "memory", "cc");             \
		pcx_old;                                            \
	})

#endif /* ARCH_PERCPU_H */
