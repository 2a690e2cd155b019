/* SPDX-License-Identifier: MIT */
/*
 * fail.h - making an allocation fail, to see what its caller does then.
 *
 *	fail_nth_begin(3);		// the third from here on
 *	err = open_everything();
 *	if (fail_nth_end())		// it came to that
 *		EXPECT_EQ(err, -ENOMEM);
 *
 * Cases of class alloc get this without asking: the self-test runner repeats
 * them with n = 1, 2, ... until no failure is hit (docs/testing.md). Each
 * allocator asks should_fail_alloc() at its entry.
 */
#ifndef MM_FAIL_H
#define MM_FAIL_H

#include <base/compiler.h>
#include <base/config.h>
#include <base/types.h>
#include <lib/context.h>
#include <lib/printk.h>
#include <mm/gfp.h>

/* Counts down; the slow half of should_fail_alloc(). */
bool fail_nth_count(gfp_t gfp);

/**
 * should_fail_alloc() - is this the allocation that is to fail?
 * @gfp: what the caller of the allocator gave; __GFP_NOFAIL never fails.
 *
 * Each call counts as one allocation of this flow of control; what its
 * interrupts allocate does not count. An allocator that uses another one
 * counts twice, so both of its ways to fail are tried.
 *
 * Context: any. Locking: none.
 * Return: true: behave as if memory were exhausted, but without a report.
 *	Always false in release builds, at no cost.
 */
static __always_inline bool should_fail_alloc(gfp_t gfp)
{
	return CONFIG_DEBUG && unlikely(current_ctx()->fail_nth) &&
	       fail_nth_count(gfp);
}

/**
 * fail_nth_begin() - one of the coming allocations of this flow will fail.
 * @n: which: 1 is the next.
 *
 * Context: task. Not within a case of class alloc, whose runner did it.
 */
void fail_nth_begin(unsigned int n);

/**
 * fail_nth_end() - no failure from here on.
 *
 * Context: task, after fail_nth_begin().
 * Return: how many allocations were made to fail: 0 when there were fewer
 *	than n, else 1.
 */
unsigned int fail_nth_end(void);

/**
 * fail_nth_print() - show the calls that led to the last failure made.
 * @level: of the log lines.
 *
 * Context: any.
 */
void fail_nth_print(enum log_level level);

#endif /* MM_FAIL_H */
