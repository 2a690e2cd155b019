/* SPDX-License-Identifier: MIT */
/*
 * debug/preempt.c - preempt_disable() and preempt_enable() that do not match.
 *
 * Purpose. A lost preempt_enable() shows nothing at first: this CPU only
 *	stops switching tasks. Each time round the count grows, until it would
 *	run over into the softirq field. Debug builds say so before (A SIRQ-2).
 *
 * Model. Depth 245 warns, once on the way up: the report itself nests a few
 *	levels deeper. Depth 256 cannot be represented: a panic. One enable too
 *	many would borrow from the softirq field; it warns and is left out.
 *
 * Locking. None. Contexts. Any that may warn.
 * Limits. Who forgot it is not known; the trace shows who was one too many.
 */
#include <lib/preempt.h>

#include <base/assert.h>

void preempt_check_deep(void)
{
	u32 depth = preempt_count() & PREEMPT_MASK;

	ASSERT(depth != PREEMPT_MASK); /* I1 of <lib/preempt.h> */
	WARN(depth + 1 == PREEMPT_DEEP,
	     "preempt_disable() %u deep: is there no preempt_enable()?",
	     depth + 1);
}

void preempt_warn_unbalanced(void)
{
	WARN(1, "preempt_enable() without preempt_disable()");
}
