/* SPDX-License-Identifier: MIT */
/*
 * barrier.h (arch) - ordering of memory accesses between CPUs.
 *
 * x86-64 keeps all orders but one: a store may still sit in the store buffer
 * while a later load is served. Only smp_mb() stops that; the others merely
 * stop the compiler. Each use names its partner on the other CPU.
 * Source: Intel SDM vol. 3A, "Memory Ordering in P6 and More Recent
 * Processor Families".
 */
#ifndef ARCH_BARRIER_H
#define ARCH_BARRIER_H

#include <base/compiler.h>

/* Full barrier; a locked no-op is cheaper than mfence and as strong here. */
#define smp_mb() \
	__asm__ __volatile__("lock; addl $0, (%%rsp)" ::: "memory", "cc")

#define smp_rmb() barrier()
#define smp_wmb() barrier()

/* The same against devices and write-combining memory. */
#define mb()  __asm__ __volatile__("mfence" ::: "memory")
#define rmb() __asm__ __volatile__("lfence" ::: "memory")
#define wmb() __asm__ __volatile__("sfence" ::: "memory")

/* A store followed by a full barrier, in one instruction. */
#define smp_store_mb(var, value) \
	((void)__atomic_exchange_n(&(var), (value), __ATOMIC_SEQ_CST))

/* Make a following or preceding non-returning atomic a full barrier. */
#define smp_mb__before_atomic() barrier()
#define smp_mb__after_atomic()	barrier()

#endif /* ARCH_BARRIER_H */
