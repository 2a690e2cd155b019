/* SPDX-License-Identifier: MIT */
/*
 * pcp.c - a few frames for each CPU, so that most requests take no lock.
 *
 * Model (A MM-C). Every CPU has a list for each zone. A frame freed goes to
 * the front, because its contents may still be in the CPU's cache (hot), or
 * to the back when the caller knows better (cold). A frame asked for comes
 * from the front, or from the back when a device and not this CPU will fill
 * it. An empty list is refilled with a batch of frames, and a list that has
 * grown to high gives a batch back from the cold end: one hold of zone->lock
 * for a batch.
 *
 *	 alloc, free (hot)            cold            zone
 *	   <----- [f] [f] [f] [f] [f] ----->  batch  <==> lock
 *
 * Frames on a list are allocated as far as the zone knows: they are neither
 * in free_pages nor PG_buddy. The migrate type for which a frame was fetched,
 * or of the block it was freed into, stands in page->private.
 *
 * Invariants.
 *   I1  0 <= count <= high, outside of a section with interrupts off.
 *   I2  count is the number of frames on the list; each has count 0 and its
 *       migrate type in private.
 * Locking. Interrupts off on the CPU that owns the list.
 * Contexts. Any but NMI.
 * Limits. Order 0 only. Frames of blocks that are reserved or isolated never
 *	wait on a list.
 */
#include "pcp.h"

#include <base/assert.h>
#include <base/bits.h>
#include <lib/cpumask.h>
#include <lib/irqflags.h>
#include <lib/spinlock.h>
#include <lib/trip.h>
#include <mm/cross_call.h>
#include <mm/gfp.h>

/* Frames moved at once, and lists filled to how many batches. */
#define MAX_BATCH    31
#define HIGH_BATCHES 6

DEFINE_PER_CPU_ALIGNED(struct page_cpu, page_cpu);

size_t pcp_bytes(void)
{
	return sizeof(struct per_cpu_pages) * MAX_NR_ZONES * nr_online_nodes;
}

void pcp_attach(unsigned int cpu, void *mem)
{
	struct per_cpu_pages *pcp = mem;
	struct page_cpu *pc = per_cpu_ptr(&page_cpu, cpu);

	pc->pagesets = pcp;
	for (unsigned int i = 0; i < MAX_NR_ZONES * nr_online_nodes; i++) {
		pcp[i] = (struct per_cpu_pages){.batch = 1};
		INIT_LIST_HEAD(&pcp[i].list);
	}
}

/*
 * All CPUs together should not hold more than a small part of a zone, and
 * batch + 1 should be a power of two: then batches do not keep step with
 * what callers do in powers of two.
 */
void pcp_set_sizes(struct zone *zone)
{
	unsigned long part = zone->managed_pages / 256;
	int batch = (int)min(part, (unsigned long)MAX_BATCH);
	unsigned int cpu;

	batch = batch < 2 ? 1 : (1 << (fls64((u64)batch + 1) - 1)) - 1;
	for_each_possible_cpu(cpu) {
		struct per_cpu_pages *pcp = zone_pcp(zone, cpu);

		pcp->batch = batch;
		pcp->high = batch * HIGH_BATCHES;
	}
}

/* Fetches a batch, first frame first. Return: how many came. */
static int refill(struct zone *zone, struct per_cpu_pages *pcp,
		  unsigned int type)
{
	int n;

	trip(pcp.refill);
	raw_spin_lock(&zone->lock);
	zone->nr_locked++;
	for (n = 0; n < pcp->batch; n++) {
		struct page *page = buddy_alloc(zone, 0, type);

		if (!page)
			break;
		page->private = type; /* I2 */
		list_add_tail(&page->lru, &pcp->list);
	}
	raw_spin_unlock(&zone->lock);
	pcp->count += n;
	pcp->nr_refills++;
	return n;
}

/* Gives back up to @nr frames from the cold end. */
static void give_back(struct zone *zone, struct per_cpu_pages *pcp, int nr)
{
	trip(pcp.give_back);
	raw_spin_lock(&zone->lock);
	zone->nr_locked++;
	for (nr = min(nr, pcp->count); nr > 0; nr--) {
		struct page *page =
			list_last_entry(&pcp->list, struct page, lru);

		list_del(&page->lru);
		pcp->count--;
		page->private = 0;
		buddy_free(zone, page, 0);
	}
	raw_spin_unlock(&zone->lock);
}

/* The first frame of the wanted type from one end of the list. */
static struct page *find(struct per_cpu_pages *pcp, unsigned int type,
			 bool cold)
{
	struct page *page;

	if (cold) {
		list_for_each_entry_reverse(page, &pcp->list, lru)
			if (page->private == type)
				return page;
	} else {
		list_for_each_entry(page, &pcp->list, lru)
			if (page->private == type)
				return page;
	}
	return NULL;
}

struct page *pcp_alloc(struct zone *zone, unsigned int type, bool cold)
{
	struct per_cpu_pages *pcp = this_pcp(zone);
	struct page *page = find(pcp, type, cold);

	ASSERT(irqs_disabled());
	if (!page) {
		/* I1: a list full of other types must not grow over high. */
		if (pcp->count + pcp->batch > pcp->high)
			give_back(zone, pcp, pcp->batch);
		if (!refill(zone, pcp, type))
			return NULL;
		page = find(pcp, type, cold);
	}
	list_del(&page->lru);
	pcp->count--;
	pcp->nr_allocs++;
	return page;
}

void pcp_overflow(struct zone *zone, struct per_cpu_pages *pcp,
		  unsigned long flags)
{
	give_back(zone, pcp, pcp->batch);
	local_irq_restore(flags);
}

void pcp_bypass(struct zone *zone, struct page *page, unsigned long flags)
{
	raw_spin_lock(&zone->lock);
	zone->nr_locked++;
	buddy_free(zone, page, 0);
	raw_spin_unlock(&zone->lock);
	local_irq_restore(flags);
}

static void drain(void *unused __unused)
{
	struct zone *zone;

	for_each_populated_zone(zone) {
		struct per_cpu_pages *pcp = this_pcp(zone);

		if (pcp->count)
			give_back(zone, pcp, pcp->count);
	}
}

void drain_local_pages(void)
{
	unsigned long flags;

	local_irq_save(flags);
	drain(NULL);
	local_irq_restore(flags);
}

void drain_all_pages(void)
{
	mm_on_cpus(cpu_online_mask, drain, NULL);
}
