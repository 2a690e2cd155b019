/* SPDX-License-Identifier: MIT */
/*
 * smp_call.c - cross-calls: functions sent to other CPUs by interrupt.
 *
 * Purpose. Some work only the CPU itself can do: read its registers, flush
 * its TLB, note that it passed a point. Another CPU asks it with an IPI.
 *
 * Model. A call is a descriptor: function, argument, flags. The caller pushes
 * it on the target's queue, a lock-free list, and sends one interrupt if the
 * queue was empty: if it was not, an interrupt is on its way already. The
 * target takes the whole queue at once and runs it in order of arrival.
 *
 *	caller                       target (hardirq, interrupts off)
 *	wait until flags == 0
 *	flags = BUSY (| SYNC)
 *	fn, arg
 *	llist_add ------------+
 *	IPI if it was empty    \---> llist_del_all
 *	                             fn, arg read
 *	                      +----- flags = 0      (nobody waits)
 *	                     /       fn(arg)
 *	wait for flags == 0 <------- flags = 0      (SYNC: somebody waits)
 *
 * A single call that is waited for has its descriptor on the caller's stack.
 * All others use the one of the pair (caller, target) in a table made at
 * boot; who wants it before the target has read it waits for that.
 *
 * Invariants.
 *   I1  Only CPU c claims the descriptors of row c, with interrupts off, so
 *       "flags is 0" cannot change between the test and the claim.
 *   I2  A descriptor is on a queue or being run exactly while flags has
 *       CSD_BUSY. The target does not touch it after it wrote 0.
 *   I3  A queue that is not empty has an interrupt on its way (llist I2).
 *   I4  Who waits for another CPU has interrupts on and thus answers calls
 *       itself: CPUs that call each other all get on.
 *
 * Memory order.
 *   - The push (a locked cmpxchg) makes fn, arg and flags visible to the
 *     target, which takes them by xchg: see <lib/llist.h>. The cmpxchg also
 *     is complete before the IPI is sent.
 *   - csd_release() stores 0 with release, after fn(arg) or after the last
 *     read of the descriptor. It pairs with the acquire in csd_idle(): the
 *     caller then sees what fn wrote and may write the descriptor again.
 *
 * Locking. None. Interrupts off around claim, push and IPI, because a softirq
 * on the same CPU may make a call too.
 * Contexts. Callers: task or softirq with interrupts on. Targets: hardirq.
 * Limits. One IPI per target, no multicast. A CPU that never enables
 * interrupts makes its callers wait for ever; the NMI watchdog shows both.
 */
#include <irq/smp_call.h>

#include <arch/cpu.h>
#include <arch/smp.h>
#include <base/assert.h>
#include <base/errno.h>
#include <lib/cpumask.h>
#include <lib/irqflags.h>
#include <lib/percpu.h>
#include <lib/preempt.h>
#include <lib/trip.h>
#include <mm/cross_call.h>
#include <mm/gfp.h>

#include "smp_call_private.h"

static_assert(L1_CACHE_BYTES % sizeof(struct call_single_data) == 0,
	      "no descriptor of the table lies across two lines");

/* Calls for this CPU. Any CPU pushes, this one takes. */
static DEFINE_PER_CPU_ALIGNED(struct llist_head, call_queue);

/* Written by the CPU itself, one instruction each; read by anybody. */
static DEFINE_PER_CPU(struct smp_call_stats, call_stats);

/* (i) nr_cpu_ids rows of nr_cpu_ids descriptors: [caller][target]. */
static struct call_single_data *call_table;

/* The caller may have it (again). Pairs with csd_release(). */
static bool csd_idle(struct call_single_data *csd)
{
	return smp_load_acquire(&csd->flags) == 0;
}

/* The target is through with it (I2). Pairs with csd_idle(). */
static void csd_release(struct call_single_data *csd)
{
	smp_store_release(&csd->flags, 0U);
}

static void csd_wait(struct call_single_data *csd)
{
	while (!csd_idle(csd))
		cpu_relax();
}

/* The descriptor of the pair (this CPU, @cpu); preemption is off. */
static struct call_single_data *csd_of(unsigned int cpu)
{
	ASSERT(call_table);
	return &call_table[smp_processor_id() * nr_cpu_ids + cpu];
}

/* Claim @csd, fill it, push it, ring the bell. */
static void csd_send(struct call_single_data *csd, unsigned int cpu,
		     smp_call_func_t fn, void *arg, u32 flags)
{
	unsigned long irqflags;

	for (;;) {
		local_irq_save(irqflags);
		if (csd_idle(csd))
			break;				/* and stays so: I1 */
		ASSERT(!irqs_disabled_flags(irqflags)); /* I4 */
		local_irq_restore(irqflags);
		cpu_relax();
	}
	csd->fn = fn;
	csd->arg = arg;
	WRITE_ONCE(csd->flags, CSD_BUSY | flags);
	if (llist_add(&csd->node, &per_cpu(call_queue, cpu))) { /* I3 */
		this_cpu_inc(call_stats.sent);
		trip(smp_call.send);
		arch_send_call_function_ipi(cpu);
	}
	local_irq_restore(irqflags);
}

static void run_here(smp_call_func_t fn, void *arg)
{
	unsigned long flags;

	local_irq_save(flags);
	fn(arg);
	local_irq_restore(flags);
}

/* I4: a caller that must wait can be called itself. */
static void assert_may_call(void)
{
	ASSERT(!irqs_disabled());
	ASSERT(!in_irq() && !in_nmi());
}

/* Preemption is off. @self: this CPU too, if it is in @mask. */
static void call_many(const struct cpumask *mask, smp_call_func_t fn, void *arg,
		      bool wait, bool self)
{
	unsigned int me = smp_processor_id();
	unsigned int cpu;

	assert_may_call();
	for_each_cpu(cpu, mask)
		if (cpu != me && cpumask_test_cpu(cpu, cpu_online_mask))
			csd_send(csd_of(cpu), cpu, fn, arg,
				 wait ? CSD_SYNC : 0);
	if (self && cpumask_test_cpu(me, mask))
		run_here(fn, arg);
	if (!wait)
		return;
	/* Those that were skipped are idle, which costs one look. */
	for_each_cpu(cpu, mask)
		if (cpu != me)
			csd_wait(csd_of(cpu));
}

int smp_call_function_single(unsigned int cpu, smp_call_func_t fn, void *arg,
			     bool wait)
{
	struct call_single_data csd = {.flags = 0};
	int err = 0;

	preempt_disable();
	if (cpu == smp_processor_id()) {
		run_here(fn, arg);
	} else if (cpu >= nr_cpu_ids ||
		   !cpumask_test_cpu(cpu, cpu_online_mask)) {
		err = -ENXIO;
	} else if (wait) {
		assert_may_call();
		csd_send(&csd, cpu, fn, arg, CSD_SYNC);
		csd_wait(&csd);
	} else {
		assert_may_call();
		csd_send(csd_of(cpu), cpu, fn, arg, 0);
	}
	preempt_enable();
	return err;
}

void smp_call_function_many(const struct cpumask *mask, smp_call_func_t fn,
			    void *arg, bool wait)
{
	ASSERT(preempt_count());
	call_many(mask, fn, arg, wait, false);
}

void smp_call_function(smp_call_func_t fn, void *arg, bool wait)
{
	preempt_disable();
	call_many(cpu_online_mask, fn, arg, wait, false);
	preempt_enable();
}

void on_each_cpu_mask(const struct cpumask *mask, smp_call_func_t fn, void *arg,
		      bool wait)
{
	preempt_disable();
	call_many(mask, fn, arg, wait, true);
	preempt_enable();
}

void on_each_cpu(smp_call_func_t fn, void *arg, bool wait)
{
	on_each_cpu_mask(cpu_online_mask, fn, arg, wait);
}

void smp_call_post(unsigned int cpu, smp_call_func_t fn, void *arg)
{
	ASSERT(preempt_count());
	csd_send(csd_of(cpu), cpu, fn, arg, 0);
}

void smp_call_function_interrupt(void)
{
	struct llist_node *calls, *pos, *next;

	ASSERT(irqs_disabled());
	this_cpu_inc(call_stats.received);
	calls = llist_del_all(this_cpu_ptr(&call_queue));
	llist_for_each_safe(pos, next, llist_reverse_order(calls)) {
		struct call_single_data *csd =
			llist_entry(pos, struct call_single_data, node);
		smp_call_func_t fn = csd->fn;
		void *arg = csd->arg;
		bool sync = READ_ONCE(csd->flags) & CSD_SYNC;

		this_cpu_inc(call_stats.run);
		trip(smp_call.run);
		if (!sync)
			csd_release(csd);
		fn(arg);
		if (sync)
			csd_release(csd);
	}
}

void smp_call_get_stats(unsigned int cpu, struct smp_call_stats *stats)
{
	const struct smp_call_stats *s = &per_cpu(call_stats, cpu);

	stats->sent = READ_ONCE(s->sent);
	stats->received = READ_ONCE(s->received);
	stats->run = READ_ONCE(s->run);
}

struct call_single_data *call_table_alloc(unsigned int nr)
{
	size_t pairs = (size_t)nr * nr;

	unsigned int order = get_order(pairs * sizeof(struct call_single_data));

	return (void *)__get_free_pages(GFP_KERNEL | __GFP_ZERO, order);
}

/* What the memory floor calls. */
static void call_and_wait(const struct cpumask *mask, void (*fn)(void *),
			  void *arg)
{
	on_each_cpu_mask(mask, fn, arg, true);
}

int smp_call_init(void)
{
	struct call_single_data *table;

	if (call_table)
		return -EBUSY;
	table = call_table_alloc(nr_cpu_ids);
	if (!table)
		return -ENOMEM;
	call_table = table;
	mm_set_cross_call(call_and_wait);
	return 0;
}
