/* SPDX-License-Identifier: MIT */
/*
 * watermark.c - who may have the last frames of a zone.
 *
 * Model. Frames are used until few are left; then those who can wait must,
 * so that those who cannot, and those who free memory, find some.
 *
 *	free  |##########|
 *	high  |----------|	kswapd stops
 *	low   |----------|	kswapd starts
 *	min   |----------|	GFP_KERNEL stops; GFP_ATOMIC goes on ...
 *	3/8   |----------|	... to here; below only PF_MEMALLOC
 *
 * min of all zones together is 4 * sqrt(KiB of memory) KiB, at least 128 KiB
 * and at most 64 MiB, shared out by size. low is a quarter above it, high a
 * half.
 *
 * A second reserve protects low zones (A MM-Z5, E68): a request that a higher
 * zone could have served leaves 1/256 of what those higher zones have. So
 * ordinary requests cannot use up the frames that old devices need.
 *
 * Some of the largest blocks of a zone, as many as hold its min, are meant
 * for MIGRATE_RESERVE: touched last, they stay whole.
 *
 * Invariants.
 *   I1  min < low < high for each populated zone.
 *   I2  lowmem_reserve[j] of a zone is 0 for j <= its own index, and does
 *       not fall with j.
 * Locking. None: set at boot, only read afterwards.
 * Contexts. Boot; zone_watermark_ok() from any.
 * Limits. Not changed at run time.
 */
#include "zone.h"

#include <base/bits.h>
#include <mm/gfp.h>

#include "buddy.h"

#define LOWMEM_RESERVE_RATIO 256

/* The largest root whose square is not above @x. */
static unsigned long int_sqrt(unsigned long x)
{
	unsigned long root = 0;

	for (unsigned int bit = 32; bit-- > 0;)
		if ((root + BIT(bit)) * (root + BIT(bit)) <= x)
			root += BIT(bit);
	return root;
}

static unsigned long min_free_pages(unsigned long managed)
{
	unsigned long kib = managed << (PAGE_SHIFT - 10);

	return clamp(int_sqrt(kib * 16), 128UL, 65536UL) >> (PAGE_SHIFT - 10);
}

static void set_watermarks(struct zone *zone, unsigned long min_all,
			   unsigned long managed_all)
{
	unsigned long least = min_all * zone->managed_pages / managed_all;

	zone->watermark[WMARK_MIN] = least;
	zone->watermark[WMARK_LOW] = least + max(least / 4, 1UL); /* I1 */
	zone->watermark[WMARK_HIGH] = least + max(least / 2, 2UL);
	/* So many largest blocks are above the low mark, less any block. */
	zone->enough_largest =
		zone->watermark[WMARK_LOW] / MAX_ORDER_NR_PAGES + 2;
}

static void set_lowmem_reserve(struct zone *zone)
{
	struct zone *zones = zone->zone_pgdat->node_zones;
	unsigned long above = 0;

	for (unsigned int j = 0; j < MAX_NR_ZONES; j++) {
		if (j > zone_idx(zone))
			above += zones[j].managed_pages;
		zone->lowmem_reserve[j] = above / LOWMEM_RESERVE_RATIO;
	}
}

/* Sets aside the first largest blocks that are free. */
static void set_reserve_blocks(struct zone *zone)
{
	unsigned long nr =
		DIV_ROUND_UP(zone->watermark[WMARK_MIN], MAX_ORDER_NR_PAGES);
	struct list_head *list =
		&zone->free_area[MAX_ORDER - 1].free_list[MIGRATE_MOVABLE].list;

	/* A zone that is small keeps most of itself in ordinary blocks. */
	nr = min(nr, zone->nr_largest / 2);
	while (nr-- && !list_empty(list))
		buddy_set_type(zone, list_last_entry(list, struct page, lru),
			       MIGRATE_RESERVE);
}

void watermarks_init(void)
{
	unsigned long managed = 0, least;
	struct zone *zone;

	for_each_populated_zone(zone)
		managed += zone->managed_pages;
	least = min_free_pages(managed);
	for_each_populated_zone(zone) {
		set_watermarks(zone, least, managed);
		set_lowmem_reserve(zone);
		set_reserve_blocks(zone);
	}
}

bool zone_watermark_ok(const struct zone *zone, unsigned int order,
		       unsigned long mark, unsigned int class_idx,
		       unsigned int alloc_flags)
{
	long least = (long)mark;
	long free_pages =
		(long)READ_ONCE(zone->free_pages) - (long)BIT(order) + 1;

	if (alloc_flags & ALLOC_HIGH)
		least -= least / 2;
	if (alloc_flags & ALLOC_HARDER)
		least -= least / 4;
	if (free_pages <= least + (long)zone->lowmem_reserve[class_idx])
		return false;
	for (unsigned int k = 0; k < order; k++) {
		/* Blocks that are too small do not help. */
		free_pages -= (long)(nr_free_blocks(zone, k) << k);
		/* Fewer large blocks will do. */
		least >>= 1;
		if (free_pages <= least)
			return false;
	}
	return true;
}
