/* SPDX-License-Identifier: MIT */
/*
 * test_show.c - the pictures that commands show are true.
 */
#include <mm/show.h>

#include <lib/irqflags.h>
#include <lib/selftest.h>
#include <mm/gfp.h>

#include "hoard.h"

static struct zone_picture before, after; /* one test at a time */

/* Three of four frames lie in single frames and pairs. */
SELFTEST(mm, show, unusable, "")
{
	struct zone_picture p = {.free = 32, .nr_free = {[0] = 8, [1] = 8}};

	p.nr_free[3] = 1;
	EXPECT_EQ(zone_unusable(&p, 0), 0);
	EXPECT_EQ(zone_unusable(&p, 1), 25);
	EXPECT_EQ(zone_unusable(&p, 2), 75);
	EXPECT_EQ(zone_unusable(&p, 3), 75);
	EXPECT_EQ(zone_unusable(&p, 4), 100);
	EXPECT_EQ(zone_unusable(&p, MAX_ORDER + 5), 100);
	p.free = 0;
	EXPECT_EQ(zone_unusable(&p, 4), 0);
}

/* What stands in a picture adds up. */
SELFTEST(mm, show, adds_up, "A MM-B2")
{
	struct zone *zone;

	for_each_populated_zone(zone) {
		struct zone_picture *p = &before;
		unsigned long frames = 0;

		zone_take_picture(zone, p);
		for (unsigned int k = 0; k < MAX_ORDER; k++) {
			unsigned long blocks = 0;

			for (unsigned int t = 0; t < MIGRATE_TYPES; t++)
				blocks += p->by_type[t][k];
			EXPECT_EQ(blocks, p->nr_free[k]);
			frames += p->nr_free[k] << k;
		}
		EXPECT_EQ(frames, p->free);
		EXPECT_LE(p->free + p->cpu_frames, p->managed);
		EXPECT_LE(p->managed, p->present);
		EXPECT_LE(p->present, p->spanned);
		EXPECT_LE(p->watermark[WMARK_MIN], p->watermark[WMARK_LOW]);
		EXPECT_LE(p->watermark[WMARK_LOW], p->watermark[WMARK_HIGH]);
	}
}

/* A largest block is missed by exactly its frames; a frame by one. */
SELFTEST(mm, show, follows, "A MM-B2, A MM-C2")
{
	struct page *block =
		alloc_pages(GFP_KERNEL | __GFP_NOWARN, MAX_ORDER - 1);
	struct page *one;
	unsigned long flags;
	struct zone *zone;

	if (!block)
		return selftest_skip(NO_LARGEST);
	zone = page_zone(block);
	zone_take_picture(zone, &before);
	__free_pages(block, MAX_ORDER - 1);
	zone_take_picture(zone, &after);
	EXPECT_EQ(after.free - before.free, MAX_ORDER_NR_PAGES);
	EXPECT_EQ(after.nr_free[MAX_ORDER - 1] - before.nr_free[MAX_ORDER - 1],
		  1);
	EXPECT_EQ(after.locked - before.locked, 1);

	one = alloc_page(GFP_KERNEL);
	REQUIRE_TRUE(one);
	zone = page_zone(one);
	local_irq_save(flags);
	zone_take_picture(zone, &before);
	__free_page(one);
	zone_take_picture(zone, &after);
	local_irq_restore(flags);
	EXPECT_EQ(after.free, before.free);
	EXPECT_EQ(after.cpu_frames - before.cpu_frames, 1);
	EXPECT_EQ(after.pcp_frees - before.pcp_frees, 1);
}
