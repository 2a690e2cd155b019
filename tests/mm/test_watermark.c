/* SPDX-License-Identifier: MIT */
/*
 * test_watermark.c - may a block be taken?
 *
 * Model. The rule is arithmetic on a zone's numbers, so the zone of these
 * cases is nothing but numbers. What is expected was computed by hand.
 */
#include "../../mm/zone.h"

#include <base/bits.h>
#include <lib/selftest.h>
#include <lib/string.h>
#include <mm/gfp.h>

static struct zone fake;

/* A zone with so many free blocks of orders 0, 1, ... */
static void make_zone(const unsigned int *blocks, unsigned int nr)
{
	memset(&fake, 0, sizeof(fake));
	for (unsigned int k = 0; k < nr; k++) {
		/* Spread over the types: all of them count. */
		struct free_list *lists = fake.free_area[k].free_list;

		lists[k % MIGRATE_TYPES].nr_free = blocks[k] / 2;
		lists[(k + 2) % MIGRATE_TYPES].nr_free =
			blocks[k] - blocks[k] / 2;
		fake.free_pages += (unsigned long)blocks[k] << k;
	}
}

/* The largest mark with which @order may still be taken; -1: not with 0. */
static long highest_mark(unsigned int order, unsigned int flags)
{
	long mark = -1;

	while (zone_watermark_ok(&fake, order, (unsigned long)(mark + 1), 2,
				 flags))
		mark++;
	return mark;
}

SELFTEST(mm, watermark, flag_numbers, "A MM-ZA1")
{
	EXPECT_EQ(ALLOC_NO_WATERMARKS, 1);
	EXPECT_EQ(ALLOC_WMARK_MIN, 2);
	EXPECT_EQ(ALLOC_WMARK_LOW, 4);
	EXPECT_EQ(ALLOC_WMARK_HIGH, 8);
	EXPECT_EQ(ALLOC_HARDER, 0x10);
	EXPECT_EQ(ALLOC_HIGH, 0x20);
	EXPECT_EQ(ALLOC_CPUSET, 0x40);
}

SELFTEST(mm, watermark, single_frames, "A MM-ZA3")
{
	static const unsigned int blocks[] = {100};

	make_zone(blocks, 1);
	/* More than the mark must be free, the frame itself not counted off. */
	EXPECT_EQ(highest_mark(0, 0), 99);
	/* The reserve of the class comes on top; that of others does not. */
	fake.lowmem_reserve[2] = 30;
	fake.lowmem_reserve[3] = 1000;
	EXPECT_EQ(highest_mark(0, 0), 69);
	fake.lowmem_reserve[2] = 99;
	EXPECT_EQ(highest_mark(0, 0), 0);
	fake.lowmem_reserve[2] = 100;
	EXPECT_EQ(highest_mark(0, 0), -1);
}

SELFTEST(mm, watermark, lowered_marks, "A MM-ZA3, A MM-ZA5")
{
	static const struct {
		unsigned int flags, mark, kept;
	} table[] = {
		{0, 100, 100},
		{ALLOC_HIGH, 100, 50},
		{ALLOC_HARDER, 100, 75},
		{ALLOC_HIGH | ALLOC_HARDER, 104, 39}, /* three eighths */
		{ALLOC_HIGH, 7, 4},
		{ALLOC_HIGH | ALLOC_HARDER, 7, 3},
		{ALLOC_HARDER, 3, 3},
		{ALLOC_WMARK_MIN | ALLOC_CPUSET, 10, 10},
	};

	for (unsigned int i = 0; i < ARRAY_SIZE(table); i++) {
		unsigned int kept = table[i].kept;

		make_zone(&kept, 1);
		EXPECT_FALSE(zone_watermark_ok(&fake, 0, table[i].mark, 0,
					       table[i].flags));
		kept++;
		make_zone(&kept, 1);
		EXPECT_TRUE(zone_watermark_ok(&fake, 0, table[i].mark, 0,
					      table[i].flags));
	}
}

SELFTEST(mm, watermark, larger_blocks, "A MM-ZA3")
{
	static const unsigned int whole[11] = {[10] = 1};
	static const unsigned int mixed[] = {600, 100, 0, 25};
	static const unsigned int edge[] = {120, 40};

	make_zone(whole, 11);
	EXPECT_EQ(highest_mark(0, 0), 1023);
	EXPECT_EQ(highest_mark(3, 0), 1024 - 8);
	EXPECT_EQ(highest_mark(10, 0), 0);

	make_zone(mixed, 4);
	EXPECT_EQ(fake.free_pages, 1000);
	/* order 1: 999 - 600 = 399 must be more than half of the mark */
	EXPECT_EQ(highest_mark(1, 0), 797);
	/* orders 2 and 3: 197, 193 must be more than a quarter of it */
	EXPECT_EQ(highest_mark(2, 0), 787);
	EXPECT_EQ(highest_mark(3, 0), 771);
	/* order 4: 185 - 200 is less than nothing */
	EXPECT_EQ(highest_mark(4, 0), -1);

	make_zone(edge, 2);
	EXPECT_EQ(highest_mark(1, 0), 157);
	/* The reserve is kept of the whole, not of each order. */
	fake.lowmem_reserve[2] = 41;
	EXPECT_EQ(highest_mark(1, 0), 157);
	fake.lowmem_reserve[2] = 43;
	EXPECT_EQ(highest_mark(1, 0), 155);
}

/* Much memory, all in single frames: no block of eight. */
SELFTEST(mm, watermark, fragmented, "A MM-ZA3")
{
	static const unsigned int blocks[] = {5000};
	static const unsigned int few[] = {3};

	make_zone(blocks, 1);
	EXPECT_TRUE(zone_watermark_ok(&fake, 0, 100, 0, 0));
	EXPECT_FALSE(zone_watermark_ok(&fake, 1, 100, 0, 0));
	EXPECT_FALSE(zone_watermark_ok(&fake, 3, 100, 0, 0));
	EXPECT_FALSE(
		zone_watermark_ok(&fake, 3, 0, 0, ALLOC_HIGH | ALLOC_HARDER));
	/* Fewer than the block has: negative, not huge. */
	make_zone(few, 1);
	EXPECT_FALSE(zone_watermark_ok(&fake, 3, 0, 0, 0));
}

/* The short cut of the fast path says yes only where the rule does. */
SELFTEST(mm, watermark, enough_largest, "A MM-ZA3, A MM-ZA2")
{
	struct zone *zone;

	for_each_populated_zone(zone) {
		unsigned int blocks[MAX_ORDER] = {0};
		unsigned long mark = zone->watermark[WMARK_LOW];

		blocks[MAX_ORDER - 1] = (unsigned int)zone->enough_largest + 1;
		make_zone(blocks, MAX_ORDER);
		for (unsigned int k = 0; k < MAX_ORDER; k++)
			EXPECT_TRUE(zone_watermark_ok(&fake, k, mark, 0, 0));
		EXPECT_EQ(zone->lowmem_reserve[zone_idx(zone)], 0);
	}
}

/* As many largest blocks as hold the min mark are kept for the worst. */
SELFTEST(mm, watermark, reserve_blocks, "A MM-B5, A MM-Z4")
{
	struct zone *zone;

	for_each_populated_zone(zone) {
		unsigned long wanted = DIV_ROUND_UP(zone->watermark[WMARK_MIN],
						    MAX_ORDER_NR_PAGES);
		unsigned long blocks = 0;

		for (unsigned long pfn =
			     ALIGN(zone->zone_start_pfn, MAX_ORDER_NR_PAGES);
		     pfn < zone_end_pfn(zone); pfn += MAX_ORDER_NR_PAGES)
			blocks +=
				pfn_valid(pfn) &&
				page_zone(pfn_to_page(pfn)) == zone &&
				pfn_to_page(pfn)->block_type == MIGRATE_RESERVE;
		EXPECT_LE(blocks, wanted);
		if (zone->managed_pages > 4 * wanted * MAX_ORDER_NR_PAGES)
			EXPECT_EQ(blocks, wanted);
	}
}

SELFTEST(mm, watermark, sizes, "A MM-Z4, A MM-ZA5")
{
	unsigned long least = 0, kib = totalram_pages() * 4, sum = 0;
	struct zone *zone;

	/* 4 * sqrt(KiB), within limits, in frames */
	while ((least + 1) * (least + 1) <= kib * 16)
		least++;
	least = clamp(least, 128UL, 65536UL) / 4;
	for_each_populated_zone(zone) {
		unsigned long low = zone->watermark[WMARK_LOW];

		sum += zone->watermark[WMARK_MIN];
		EXPECT_EQ(low - zone->watermark[WMARK_MIN],
			  max(zone->watermark[WMARK_MIN] / 4, 1UL));
		EXPECT_EQ(zone->watermark[WMARK_HIGH] -
				  zone->watermark[WMARK_MIN],
			  max(zone->watermark[WMARK_MIN] / 2, 2UL));
		EXPECT_LE(zone->enough_largest, low / 1024 + 2);
	}
	/* Shared out by size, each share rounded down. */
	EXPECT_LE(sum, least);
	EXPECT_GT(sum + 3 * nr_online_nodes, least - 1);
}
