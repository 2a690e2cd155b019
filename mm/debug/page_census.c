/* SPDX-License-Identifier: MIT */
/*
 * page_census.c - walks over all frames of the machine.
 *
 * Locking. zone->lock for one zone at a time; the census takes none and
 *	counts what it sees.
 * Contexts. Any but NMI; these take long.
 */
#include "page_check.h"

#include <base/bits.h>
#include <lib/irqflags.h>
#include <lib/spinlock.h>
#include <mm/gfp.h>
#include <mm/memblock.h>

#include "../pcp.h"

/* Calls page_check_frames() for each piece of the span that is mapped. */
static const char *check_span(const struct zone *zone, unsigned long *blocks)
{
	unsigned long pfn = zone->zone_start_pfn;
	const char *why = "";

	while (pfn < zone_end_pfn(zone) && !*why) {
		unsigned long end = ALIGN_DOWN(pfn, MAX_ORDER_NR_PAGES) +
				    MAX_ORDER_NR_PAGES;

		end = min(end, zone_end_pfn(zone));
		if (pfn_valid(pfn))
			why = page_check_frames(zone, pfn_to_page(pfn),
						pfn_to_page(end), blocks);
		pfn = end;
	}
	return why;
}

const char *page_check_zone(struct zone *zone)
{
	unsigned long listed = 0, marked = 0, flags;
	const char *why;

	raw_spin_lock_irqsave(&zone->lock, flags);
	why = page_check_lists(zone);
	if (!*why)
		why = check_span(zone, &marked);
	for (unsigned int k = 0; k < MAX_ORDER; k++)
		listed += nr_free_blocks(zone, k);
	if (!*why && listed != marked)
		why = "a block is marked but on no list";
	raw_spin_unlock_irqrestore(&zone->lock, flags);
	return why;
}

/* I1 and I2 of mm/pcp.c for this CPU. */
static const char *check_pcp(const struct zone *zone)
{
	const struct per_cpu_pages *pcp;
	const struct page *page;
	const char *why = "";
	unsigned long flags;
	int n = 0;

	local_irq_save(flags);
	pcp = this_pcp(zone);
	list_for_each_entry(page, &pcp->list, lru) {
		n++;
		if (page->flags_low || atomic_read(&page->_count) ||
		    page->private >= MIGRATE_PCPTYPES)
			why = "a frame on a CPU's list is marked";
	}
	if (n != pcp->count || n < 0 || n > pcp->high)
		why = "count is wrong on a CPU's list";
	local_irq_restore(flags);
	return why;
}

const char *page_check_all(void)
{
	const char *why = "";
	struct zone *zone;

	for_each_populated_zone(zone) {
		if (!*why)
			why = page_check_zone(zone);
		if (!*why)
			why = check_pcp(zone);
	}
	return why;
}

/* One frame or block. Return: how many frames it has. */
static unsigned long count_frame(unsigned long pfn, struct frame_census *c)
{
	const struct page *page = pfn_to_page(pfn);

	if (PageReserved(page)) {
		if (memblock_is_memory(PFN_PHYS(pfn)))
			c->reserved++;
		else
			c->holes++;
		return 1;
	}
	if (PageBuddy(page)) {
		c->free += BIT(page->private);
		return BIT(page->private);
	}
	if (!atomic_read(&page->_count)) {
		c->kept++;
		return 1;
	}
	if (PageSlab(page))
		c->slab += BIT(page_order(page));
	else
		c->other += BIT(page_order(page));
	return BIT(page_order(page));
}

void frame_census(struct frame_census *c)
{
	unsigned long pfn = 0;

	*c = (struct frame_census){0};
	while (pfn < ALIGN(max_pfn, MAX_ORDER_NR_PAGES)) {
		if (pfn_valid(pfn))
			pfn += count_frame(pfn, c);
		else
			pfn += MAX_ORDER_NR_PAGES;
	}
}
