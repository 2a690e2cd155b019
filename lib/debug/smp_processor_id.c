/* SPDX-License-Identifier: MIT */
/*
 * debug/smp_processor_id.c - "which CPU is this?", asked in vain.
 *
 * Purpose. The number of this CPU is of use as long as the flow stays there.
 *	A flow that may be preempted can go on on another CPU, and then writes
 *	to the wrong one's data (A SYNC-P2). That happens rarely, and the
 *	result looks like anything. The question itself is easy to check
 *	(A SYNC-P3).
 *
 * Model. The answer is good if preemption or interrupts are off, or if the
 *	flow is bound to its CPU: PF_NO_SETAFFINITY, which the idle flows
 *	have. Who asks otherwise is reported with the place.
 *
 * Locking. None. Contexts. Any, NMI included.
 * Limits. Until there are tasks, all flows of task context are idle flows.
 *	So there is nobody to report yet, but for the tests that play one.
 */
#include <lib/preempt.h>

#include <base/assert.h>
#include <base/atomic.h>
#include <lib/context.h>

static atomic_t reports;

unsigned int smp_processor_id_reports(void)
{
	return (unsigned int)atomic_read(&reports);
}

unsigned int debug_smp_processor_id(void)
{
	unsigned int cpu = raw_smp_processor_id();

	if (likely(!preemptible()) ||
	    (current_ctx()->flags & PF_NO_SETAFFINITY))
		return cpu;
	preempt_disable(); /* printk asks, too */
	atomic_inc(&reports);
	WARN(true, "smp_processor_id() while preemptible, by %pS",
	     __builtin_return_address(0));
	preempt_enable();
	return cpu;
}
