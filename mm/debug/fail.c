/* SPDX-License-Identifier: MIT */
/*
 * debug/fail.c - the n-th allocation fails.
 *
 * Purpose. Memory is never exhausted while somebody watches. So the way back
 *	out of a function, when its second of three allocations fails, is the
 *	code that nobody has ever seen run. Here it runs on demand, and at
 *	every place it could.
 *
 * Model. A word in the context of the flow of control counts down; who gets
 *	it to zero fails. The count belongs to the flow, not to the machine,
 *	so n names the same allocation in each repetition, whatever other CPUs
 *	and interrupts do meanwhile.
 *
 * Invariants.
 *   I1  At most one allocation fails for each fail_nth_begin().
 * Locking. The words belong to their flow. fail_trace is for the reader of a
 *	report; when two flows fail at once it may show either.
 * Contexts. Counting: any. Begin and end: task.
 * Limits. Allocations below local_bh_disable() look like those of a softirq:
 *	they do not count.
 */
#include <mm/fail.h>

#include <base/assert.h>
#include <lib/backtrace.h>
#include <lib/preempt.h>

static struct backtrace fail_trace;

bool fail_nth_count(gfp_t gfp)
{
	struct task_ctx *ctx = current_ctx();

	if (in_interrupt() || (gfp & __GFP_NOFAIL))
		return false;
	if (--ctx->fail_nth)
		return false;
	ctx->nr_failed++; /* I1: fail_nth is 0 now */
	backtrace_save(&fail_trace, NULL);
	return true;
}

void fail_nth_begin(unsigned int n)
{
	struct task_ctx *ctx = current_ctx();

	WARN(ctx->fail_nth, "fail_nth_begin() inside of another");
	ctx->nr_failed = 0;
	fail_trace.nr = 0;
	ctx->fail_nth = n;
}

unsigned int fail_nth_end(void)
{
	struct task_ctx *ctx = current_ctx();
	unsigned int nr = ctx->nr_failed;

	ctx->fail_nth = 0;
	ctx->nr_failed = 0;
	return nr;
}

void fail_nth_print(enum log_level level)
{
	backtrace_print_saved(level, &fail_trace);
}
