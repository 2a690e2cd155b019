/* SPDX-License-Identifier: MIT */
/*
 * tlb.c - making CPUs forget translations.
 *
 * Purpose. Each CPU caches what it has read from the page tables, and nothing
 * tells it that a table has changed (A TLB-2). So who takes a mapping away
 * must ask every CPU to forget it, and wait, before the frame or the address
 * is used for something else.
 *
 * Model.
 *
 *	this CPU			another CPU
 *	entry = 0
 *	cross-call	------------>	invlpg, or all
 *	(its own flush)
 *	waits		<------------	done
 *	frame is free
 *
 * One page is one invlpg. More than TLB_FLUSH_CEILING of them cost more than
 * filling the TLB again, so a long range drops everything.
 *
 * Invariants.
 *   I1  When a flush returns, no CPU of the set uses a translation that was
 *       taken out of the tables before the call.
 *   I2  Flushes of everything run with interrupts off (<arch/tlb.h>).
 *
 * Memory order. The store that clears the entry comes before the cross-call
 * (a locked instruction), which comes before the other CPU's invlpg, which
 * serialises. A CPU that comes online later has an empty TLB.
 *
 * Locking. None. Counters are their CPU's own.
 * Contexts. Local flushes: any. Others: interrupts on, see <mm/cross_call.h>.
 * Limits. The kernel's range only: there are no user address spaces. No
 * address-space numbers (PCID).
 */
#include <mm/tlb.h>

#include <arch/page.h>
#include <arch/tlb.h>
#include <base/assert.h>
#include <base/compiler.h>
#include <lib/cpumask.h>
#include <lib/irqflags.h>
#include <lib/percpu.h>
#include <lib/preempt.h>
#include <mm/cross_call.h>

/* Written by the CPU itself, one instruction each; read by anybody. */
static DEFINE_PER_CPU(struct tlb_stats, stats_here);

bool tlb_suppress_remote; /* (t) tests, while they alone flush */

/* What one shootdown asks for. */
struct flush {
	unsigned long start, end;
	unsigned int asker;
};

void local_flush_tlb_page(unsigned long va)
{
	this_cpu_inc(stats_here.local_page);
	invlpg(va);
}

void local_flush_tlb_all(void)
{
	unsigned long flags;

	local_irq_save(flags); /* I2 */
	this_cpu_inc(stats_here.local_all);
	arch_flush_tlb_all();
	local_irq_restore(flags);
}

void local_flush_tlb_range(unsigned long start, unsigned long end)
{
	/* A difference, because @end may be 2^64, which is 0. */
	unsigned long pages = (end - start) >> PAGE_SHIFT;

	if (pages > TLB_FLUSH_CEILING) {
		local_flush_tlb_all();
		return;
	}
	for (; pages; pages--, start += PAGE_SIZE)
		local_flush_tlb_page(start);
}

static void flush_here(void *arg)
{
	const struct flush *f = arg;

	if (smp_processor_id() != f->asker)
		this_cpu_inc(stats_here.received);
	local_flush_tlb_range(f->start, f->end);
}

void flush_tlb_range_cpus(const struct cpumask *mask, unsigned long start,
			  unsigned long end)
{
	struct flush f = {.start = start, .end = end};

	if (start == end)
		return;
	preempt_disable();
	f.asker = smp_processor_id();
	if (READ_ONCE(tlb_suppress_remote))
		mask = cpumask_of(f.asker);
	this_cpu_inc(stats_here.sent);
	mm_on_cpus(mask, flush_here, &f);
	preempt_enable();
}

void flush_tlb_kernel_range(unsigned long start, unsigned long end)
{
	flush_tlb_range_cpus(cpu_online_mask, start, end);
}

void flush_tlb_kernel_page(unsigned long va)
{
	flush_tlb_range_cpus(cpu_online_mask, va, va + PAGE_SIZE);
}

void flush_tlb_all(void)
{
	/* Any range above the ceiling means everything. */
	flush_tlb_range_cpus(cpu_online_mask, 0, PAGE_MASK);
}

void tlb_get_stats(unsigned int cpu, struct tlb_stats *stats)
{
	const struct tlb_stats *s = &per_cpu(stats_here, cpu);

	stats->local_page = READ_ONCE(s->local_page);
	stats->local_all = READ_ONCE(s->local_all);
	stats->sent = READ_ONCE(s->sent);
	stats->received = READ_ONCE(s->received);
}
