/* SPDX-License-Identifier: MIT */
/*
 * page_report.c - what is said about frames: broken ones, and none left.
 *
 * Locking. None: what is read may change meanwhile.
 * Contexts. Any but NMI.
 */
#include "page_alloc.h"

#include <base/assert.h>
#include <base/bits.h>
#include <lib/printk.h>

void bad_page(const struct page *page, const char *why)
{
	WARN(true,
	     "page %#lx %s: flags %#lx (zone %s, node %d), count %d, private %#lx, order %u, last given out by ..%08x on cpu%u",
	     page_to_pfn(page), why, page->flags & ~PAGE_ZONE_MASK,
	     page_zone(page)->name, page_to_nid(page),
	     atomic_read(&page->_count), page->private, page_order(page),
	     page->owner, page->owner_cpu);
}

static void report_zone(const struct zone *zone)
{
	pr_warn("  node %d %s: free %lu, min %lu low %lu high %lu, managed %lu\n",
		zone_to_nid(zone), zone->name, zone->free_pages,
		zone->watermark[WMARK_MIN], zone->watermark[WMARK_LOW],
		zone->watermark[WMARK_HIGH], zone->managed_pages);
}

void report_alloc_failure(const struct alloc_request *req)
{
	static struct printk_ratelimit budget;
	struct zone *zone;

	if ((req->gfp & __GFP_NOWARN) || !printk_ratelimit(&budget))
		return;
	pr_warn("page allocation failed: order %u, gfp %#x, node %d; %lu of %lu frames free\n",
		req->order, req->gfp, req->nid, nr_free_pages(),
		totalram_pages());
	for_each_populated_zone(zone)
		report_zone(zone);
}
