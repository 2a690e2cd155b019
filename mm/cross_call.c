/* SPDX-License-Identifier: MIT */
/*
 * cross_call.c - see <mm/cross_call.h>.
 *
 * Locking. The pointer is written once, by the boot CPU while it is alone.
 */
#include <mm/cross_call.h>

#include <base/assert.h>
#include <lib/cpumask.h>
#include <lib/irqflags.h>
#include <lib/preempt.h>

static mm_cross_call_t cross_call; /* (i) */

void mm_set_cross_call(mm_cross_call_t call)
{
	ASSERT(!cross_call);
	cross_call = call;
}

void mm_on_cpus(const struct cpumask *mask, void (*fn)(void *), void *arg)
{
	unsigned long flags;

	if (cross_call && num_online_cpus() > 1) {
		cross_call(mask, fn, arg);
		return;
	}
	if (!cpumask_test_cpu(raw_smp_processor_id(), mask))
		return;
	local_irq_save(flags);
	fn(arg);
	local_irq_restore(flags);
}
