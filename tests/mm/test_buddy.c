/* SPDX-License-Identifier: MIT */
/*
 * test_buddy.c - blocks of powers of two.
 *
 * Model. Each case has a zone of its own, of four largest blocks whose frames
 * do not exist; what is asserted is where blocks are and on which list.
 */
#include "fake_zone.h"

#include <lib/random.h>
#include <lib/selftest.h>

#define TOP (MAX_ORDER - 1)

static struct fake_zone fz;

static void begin(void)
{
	fake_zone_init(&fz);
	fake_give_all(&fz);
	EXPECT_EQ(fz.zone.free_pages, FAKE_FRAMES);
}

static void end(void)
{
	EXPECT_STREQ(fake_check(&fz), "");
	fake_zone_exit();
}

static unsigned long index_of(const struct page *page)
{
	return (unsigned long)(page - fz.frame);
}

static unsigned long nr_free(unsigned int order, unsigned int type)
{
	return fz.zone.free_area[order].free_list[type].nr_free;
}

/* Makes every largest block one of @type. */
static void all_blocks(unsigned int type)
{
	for (unsigned long b = 0; b < FAKE_BLOCKS; b++)
		EXPECT_EQ(buddy_set_type(&fz.zone,
					 &fz.frame[b * MAX_ORDER_NR_PAGES],
					 type),
			  MAX_ORDER_NR_PAGES);
}

/* Takes everything in blocks of one order; how many there were. */
static unsigned long take_all(unsigned int order, unsigned int type)
{
	unsigned long n = 0, wrong = 0;
	struct page *page;

	while ((page = buddy_alloc(&fz.zone, order, type))) {
		wrong += !IS_ALIGNED(index_of(page), BIT(order));
		wrong += page->flags != FAKE_ZONE_BITS;
		page->private = 0xdead; /* belongs to the user */
		n++;
	}
	EXPECT_EQ(wrong, 0);
	return n;
}

SELFTEST(mm, buddy, aligned, "A MM-B1", unit)
{
	EXPECT_EQ(MAX_ORDER, 11);
	EXPECT_EQ(MAX_ORDER_NR_PAGES, 1024);
	for (unsigned int k = 0; k < MAX_ORDER; k++) {
		begin();
		EXPECT_EQ(take_all(k, MIGRATE_MOVABLE), FAKE_FRAMES >> k);
		EXPECT_EQ(fz.zone.free_pages, 0);
		end();
	}
}

SELFTEST(mm, buddy, lists_and_counts, "A MM-B2", unit)
{
	EXPECT_EQ(MIGRATE_UNMOVABLE, 0);
	EXPECT_EQ(MIGRATE_RECLAIMABLE, 1);
	EXPECT_EQ(MIGRATE_MOVABLE, 2);
	EXPECT_EQ(MIGRATE_RESERVE, 3);
	EXPECT_EQ(MIGRATE_ISOLATE, 4);
	fake_zone_init(&fz);
	fake_give(&fz, 0, 3);
	fake_give(&fz, 64, 6);
	fake_give(&fz, 1024, 0);
	fake_give(&fz, 2048, TOP);
	EXPECT_EQ(nr_free(3, MIGRATE_MOVABLE), 1);
	EXPECT_EQ(nr_free(6, MIGRATE_MOVABLE), 1);
	EXPECT_EQ(nr_free(0, MIGRATE_MOVABLE), 1);
	EXPECT_EQ(nr_free(TOP, MIGRATE_MOVABLE), 1);
	EXPECT_EQ(nr_free_blocks(&fz.zone, 6), 1);
	EXPECT_EQ(nr_free_blocks(&fz.zone, 5), 0);
	EXPECT_EQ(fz.zone.free_pages, 8 + 64 + 1 + 1024);
	EXPECT_EQ(fz.zone.nr_largest, 1);
	end();
}

SELFTEST(mm, buddy, smallest_fit, "A MM-B3", unit)
{
	struct page *page;

	/* With largest blocks only, one of them is split for a frame. */
	begin();
	page = buddy_alloc(&fz.zone, 0, MIGRATE_MOVABLE);
	REQUIRE_TRUE(page != NULL);
	EXPECT_FALSE(PageBuddy(page));
	EXPECT_EQ(fz.zone.free_pages, FAKE_FRAMES - 1);
	EXPECT_EQ(nr_free(TOP, MIGRATE_MOVABLE), FAKE_BLOCKS - 1);
	for (unsigned int k = 0; k < TOP; k++)
		EXPECT_EQ(nr_free(k, MIGRATE_MOVABLE), 1);

	/* Now orders 0..9 have one each: 3 is served by 3, then by 4. */
	page = buddy_alloc(&fz.zone, 3, MIGRATE_MOVABLE);
	EXPECT_EQ(index_of(page) % MAX_ORDER_NR_PAGES, 8);
	EXPECT_EQ(nr_free(3, MIGRATE_MOVABLE), 0);
	EXPECT_EQ(nr_free(4, MIGRATE_MOVABLE), 1);
	page = buddy_alloc(&fz.zone, 3, MIGRATE_MOVABLE);
	EXPECT_EQ(index_of(page) % MAX_ORDER_NR_PAGES, 16);
	EXPECT_EQ(nr_free(3, MIGRATE_MOVABLE), 1);
	EXPECT_EQ(nr_free(4, MIGRATE_MOVABLE), 0);
	EXPECT_EQ(fz.zone.free_pages, FAKE_FRAMES - 1 - 8 - 8);
	end();
}

/* The inlined way and the other one split alike. */
SELFTEST(mm, buddy, expand, "A MM-B4", unit)
{
	for (unsigned int way = 0; way < 2; way++) {
		struct page *page, *half, *quarter;
		struct free_list *lists;

		begin();
		lists = type_lists(&fz.zone, MIGRATE_MOVABLE);
		page = way ? buddy_take(&fz.zone, 8, MIGRATE_MOVABLE)
			   : buddy_alloc(&fz.zone, 8, MIGRATE_MOVABLE);
		REQUIRE_TRUE(page != NULL);
		EXPECT_EQ(index_of(page) % MAX_ORDER_NR_PAGES, 0);
		REQUIRE_EQ(nr_free(9, MIGRATE_MOVABLE), 1);
		REQUIRE_EQ(nr_free(8, MIGRATE_MOVABLE), 1);
		half = list_first_entry(&list_of(lists, 9)->list, struct page,
					lru);
		quarter = list_first_entry(&list_of(lists, 8)->list,
					   struct page, lru);
		EXPECT_EQ(half - page, 512);
		EXPECT_EQ(quarter - page, 256);
		for (unsigned int k = 0; k < 8; k++)
			EXPECT_EQ(nr_free_blocks(&fz.zone, k), 0);
		/* 512 + 256 = 768 are left of it (E70) */
		EXPECT_EQ(fz.zone.free_pages, 3 * 1024 + 768);
		end();
	}
}

SELFTEST(mm, buddy, take_knows_its_limits, "A MM-B3", unit)
{
	struct page *page;

	begin();
	/* Another type's lists, and a block between: neither is touched. */
	EXPECT_PTR_EQ(buddy_take(&fz.zone, 0, MIGRATE_UNMOVABLE), NULL);
	page = buddy_take(&fz.zone, 7, MIGRATE_MOVABLE);
	REQUIRE_TRUE(page != NULL);
	EXPECT_PTR_EQ(buddy_take(&fz.zone, 6, MIGRATE_MOVABLE), NULL);
	EXPECT_EQ(fz.zone.free_pages, FAKE_FRAMES - 128);
	EXPECT_EQ(nr_free(7, MIGRATE_MOVABLE), 1);
	/* Just the order: the only one there is. */
	EXPECT_PTR_EQ(buddy_take(&fz.zone, 7, MIGRATE_MOVABLE), page + 128);
	EXPECT_EQ(nr_free(7, MIGRATE_MOVABLE), 0);
	end();
}

SELFTEST(mm, buddy, fallback, "A MM-B5", unit)
{
	struct page *page;
	unsigned int n = 0;

	/* Nothing is movable: taken from another type. */
	begin();
	all_blocks(MIGRATE_UNMOVABLE);
	buddy_set_type(&fz.zone, &fz.frame[0], MIGRATE_RESERVE);
	page = buddy_alloc(&fz.zone, 0, MIGRATE_MOVABLE);
	REQUIRE_TRUE(page != NULL);
	EXPECT_EQ(fz.zone.nr_fallback, 1);
	/* A whole free block changes sides with its frame. */
	EXPECT_EQ(get_pageblock_migratetype(page), MIGRATE_MOVABLE);
	EXPECT_EQ(nr_free(9, MIGRATE_MOVABLE), 1);
	EXPECT_EQ(nr_free(TOP, MIGRATE_UNMOVABLE), FAKE_BLOCKS - 2);

	/* The reserve comes last, and only then. */
	while (nr_free(TOP, MIGRATE_RESERVE)) {
		EXPECT_EQ(get_pageblock_migratetype(page) == MIGRATE_RESERVE,
			  false);
		page = buddy_alloc(&fz.zone, 8, MIGRATE_RECLAIMABLE);
		REQUIRE_TRUE(page != NULL);
		n++;
	}
	EXPECT_EQ(n, 3 * 4); /* a quarter is broken by the first frame */
	EXPECT_EQ(get_pageblock_migratetype(page), MIGRATE_RESERVE);
	/* Isolated blocks serve nobody. */
	end();
	begin();
	all_blocks(MIGRATE_ISOLATE);
	EXPECT_PTR_EQ(buddy_alloc(&fz.zone, 0, MIGRATE_MOVABLE), NULL);
	EXPECT_EQ(fz.zone.free_pages, FAKE_FRAMES);
	end();
}

/* Of two types that could help, the one with the larger block does. */
SELFTEST(mm, buddy, fallback_takes_the_largest, "A MM-B5", unit)
{
	struct page *page;

	fake_zone_init(&fz);
	fz.frame[0].block_type = MIGRATE_RECLAIMABLE;
	fz.frame[1024].block_type = MIGRATE_MOVABLE;
	fake_give(&fz, 0, 4);
	fake_give(&fz, 1024, 5);
	page = buddy_alloc(&fz.zone, 2, MIGRATE_UNMOVABLE);
	EXPECT_EQ(index_of(page), 1024);
	/* Most of that block is in use: it stays what it was. */
	EXPECT_EQ(get_pageblock_migratetype(page), MIGRATE_MOVABLE);
	EXPECT_EQ(nr_free(4, MIGRATE_MOVABLE), 1);
	/* Equally large: the order of the table decides. */
	page = buddy_alloc(&fz.zone, 4, MIGRATE_UNMOVABLE);
	EXPECT_EQ(index_of(page), 0);
	end();
}

SELFTEST(mm, buddy, free_merges_in_any_order, "A MM-B6", unit)
{
	static u16 order_of[FAKE_FRAMES];
	struct rnd_state rnd;

	prandom_seed_state(&rnd, selftest_seed());
	begin();
	EXPECT_EQ(take_all(0, MIGRATE_MOVABLE), FAKE_FRAMES);
	for (unsigned int i = 0; i < FAKE_FRAMES; i++)
		order_of[i] = (u16)i;
	for (unsigned int i = FAKE_FRAMES; i > 1; i--) {
		unsigned int j = prandom_u32_below(&rnd, i);

		swap(order_of[i - 1], order_of[j]);
	}
	for (unsigned int i = 0; i < FAKE_FRAMES; i++) {
		buddy_free(&fz.zone, &fz.frame[order_of[i]], 0);
		if (i % 512 == 0)
			EXPECT_STREQ(fake_check(&fz), "");
	}
	EXPECT_EQ(fz.zone.free_pages, FAKE_FRAMES);
	EXPECT_EQ(fz.zone.nr_largest, FAKE_BLOCKS);
	for (unsigned int k = 0; k < TOP; k++)
		EXPECT_EQ(nr_free_blocks(&fz.zone, k), 0);
	end();
}

SELFTEST(mm, buddy, no_merge_over_borders, "A MM-B6", unit)
{
	/* A reserved neighbour, and one of another zone that is free. */
	fake_zone_init(&fz);
	fake_give(&fz, 4, 2);
	EXPECT_EQ(nr_free(2, MIGRATE_MOVABLE), 1);
	EXPECT_EQ(nr_free(3, MIGRATE_MOVABLE), 0);
	for (unsigned long i = 0; i < 4; i++)
		fz.frame[i].flags = OTHER_ZONE_BITS;
	buddy_free(&fz.other, &fz.frame[0], 2);
	EXPECT_EQ(nr_free(2, MIGRATE_MOVABLE), 1);
	EXPECT_EQ(nr_free(3, MIGRATE_MOVABLE), 0);
	EXPECT_EQ(fz.other.free_pages, 4);
	EXPECT_STREQ(page_check_lists(&fz.other), "");
	/* A buddy that is free only in part. */
	fake_give(&fz, 16, 3);
	fake_give(&fz, 24, 2);
	EXPECT_EQ(nr_free(3, MIGRATE_MOVABLE), 1);
	EXPECT_EQ(nr_free(2, MIGRATE_MOVABLE), 2);
	EXPECT_EQ(nr_free(4, MIGRATE_MOVABLE), 0);
	end();
}

/* Largest blocks lie side by side and are not united. */
SELFTEST(mm, buddy, stops_at_the_largest, "A MM-B6", unit)
{
	begin();
	EXPECT_EQ(nr_free(TOP, MIGRATE_MOVABLE), FAKE_BLOCKS);
	EXPECT_EQ(fz.frame[0].private, TOP);
	EXPECT_EQ(fz.frame[1024].private, TOP);
	end();
}

SELFTEST(mm, buddy, tags, "A MM-B7, A MM-P4", unit)
{
	unsigned int marked = 0;
	struct page *page;

	begin();
	page = buddy_alloc(&fz.zone, 4, MIGRATE_MOVABLE);
	REQUIRE_TRUE(page != NULL);
	EXPECT_FALSE(PageBuddy(page));
	for (unsigned int i = 0; i < FAKE_FRAMES; i++)
		marked += PageBuddy(&fz.frame[i]);
	/* three whole blocks, and orders 4..9 of the fourth */
	EXPECT_EQ(marked, 3 + 6);
	EXPECT_TRUE(PageBuddy(page + 16));
	EXPECT_EQ(page[16].private, 4);
	EXPECT_EQ(page_order(page + 16), 4);
	buddy_free(&fz.zone, page, 4);
	EXPECT_FALSE(PageBuddy(page + 16));
	end();
}

SELFTEST(mm, buddy, set_type, "A MM-B5", unit)
{
	struct page *page;

	begin();
	page = buddy_alloc(&fz.zone, 0, MIGRATE_MOVABLE);
	REQUIRE_TRUE(page != NULL);
	EXPECT_EQ(buddy_set_type(&fz.zone, page, MIGRATE_ISOLATE), 1023);
	EXPECT_EQ(get_pageblock_migratetype(page), MIGRATE_ISOLATE);
	for (unsigned int k = 0; k < TOP; k++) {
		EXPECT_EQ(nr_free(k, MIGRATE_ISOLATE), 1);
		EXPECT_EQ(nr_free(k, MIGRATE_MOVABLE), 0);
	}
	/* What comes back goes to the lists of the new type. */
	buddy_free(&fz.zone, page, 0);
	EXPECT_EQ(nr_free(TOP, MIGRATE_ISOLATE), 1);
	EXPECT_EQ(nr_free(TOP, MIGRATE_MOVABLE), FAKE_BLOCKS - 1);
	end();
}

/*
 * The first largest block, movable, with so many free blocks of one order at
 * every second place. What has become of it after a request of @type?
 */
static unsigned int type_after(unsigned int order, unsigned int blocks,
			       unsigned int type)
{
	struct page *page;

	fake_zone_init(&fz);
	for (unsigned int i = 0; i < blocks; i++)
		fake_give(&fz, 2 * i << order, order);
	page = buddy_alloc(&fz.zone, 0, type);
	EXPECT_TRUE(page != NULL);
	EXPECT_EQ(fz.zone.nr_fallback, type != MIGRATE_MOVABLE);
	EXPECT_STREQ(fake_check(&fz), "");
	return get_pageblock_migratetype(&fz.frame[0]);
}

/* Taken over is what is large and half free, or wanted for reclaimable. */
SELFTEST(mm, buddy, take_over, "A MM-B5", unit)
{
	EXPECT_EQ(type_after(9, 1, MIGRATE_UNMOVABLE), MIGRATE_UNMOVABLE);
	EXPECT_EQ(type_after(5, 16, MIGRATE_UNMOVABLE), MIGRATE_UNMOVABLE);
	EXPECT_EQ(type_after(5, 15, MIGRATE_UNMOVABLE), MIGRATE_MOVABLE);
	EXPECT_EQ(type_after(4, 32, MIGRATE_UNMOVABLE), MIGRATE_MOVABLE);
	EXPECT_EQ(type_after(4, 32, MIGRATE_RECLAIMABLE), MIGRATE_RECLAIMABLE);
	EXPECT_EQ(type_after(4, 31, MIGRATE_RECLAIMABLE), MIGRATE_MOVABLE);
	EXPECT_EQ(type_after(4, 32, MIGRATE_MOVABLE), MIGRATE_MOVABLE);
	fake_zone_exit();
}

/* Equally large blocks of two other types: which one is taken from. */
SELFTEST(mm, buddy, fallback_table, "A MM-B5", unit)
{
	static const unsigned int second[] = {
		[MIGRATE_UNMOVABLE] = MIGRATE_RECLAIMABLE,
		[MIGRATE_RECLAIMABLE] = MIGRATE_UNMOVABLE,
		[MIGRATE_MOVABLE] = MIGRATE_RECLAIMABLE,
	};

	for (unsigned int t = 0; t < MIGRATE_PCPTYPES; t++) {
		struct page *page;

		fake_zone_init(&fz);
		for (unsigned int b = 0; b < MIGRATE_PCPTYPES; b++) {
			fz.frame[b * MAX_ORDER_NR_PAGES].block_type = (u8)b;
			if (b != t)
				fake_give(&fz, b * MAX_ORDER_NR_PAGES, 3);
		}
		page = buddy_alloc(&fz.zone, 1, t);
		EXPECT_EQ(index_of(page) / MAX_ORDER_NR_PAGES, second[t]);
		end();
	}
}

/* A block of two zones has no owner who could say what it is for. */
SELFTEST(mm, buddy, mixed_block, "A MM-B5, A MM-B6", unit)
{
	struct page *page;

	fake_zone_init(&fz);
	fz.frame[0].block_mixed = 1;
	fake_give(&fz, 0, 9);
	for (unsigned long i = 512; i < 1024; i++)
		fz.frame[i].flags = OTHER_ZONE_BITS;
	buddy_free(&fz.other, &fz.frame[512], 9);
	EXPECT_EQ(buddy_set_type(&fz.zone, &fz.frame[0], MIGRATE_RESERVE), 0);
	page = buddy_alloc(&fz.zone, 3, MIGRATE_UNMOVABLE);
	EXPECT_PTR_EQ(page, &fz.frame[0]);
	EXPECT_EQ(get_pageblock_migratetype(page), MIGRATE_MOVABLE);
	EXPECT_EQ(nr_free(8, MIGRATE_MOVABLE), 1);
	EXPECT_STREQ(page_check_lists(&fz.other), "");
	buddy_free(&fz.zone, page, 3);
	EXPECT_EQ(nr_free(9, MIGRATE_MOVABLE), 1);
	end();
}

/* Whatever the walker claims to find, it finds. */
SELFTEST(mm, buddy, check_trips, "A MM-B2, A MM-B7", unit)
{
	struct page *page = &fz.frame[0];

	begin();
	page->private = 3;
	EXPECT_STREQ(fake_check(&fz),
		     "a free block has the wrong flags or order");
	page->private = TOP;
	atomic_set(&page->_count, 1);
	EXPECT_STREQ(fake_check(&fz), "a free block has users");
	atomic_set(&page->_count, 0);
	page->block_type = MIGRATE_RESERVE;
	EXPECT_STREQ(fake_check(&fz),
		     "a free block is on the list of another type");
	page->block_type = MIGRATE_MOVABLE;
	fz.zone.free_pages--;
	EXPECT_STREQ(fake_check(&fz), "free_pages is not the sum of the lists");
	fz.zone.free_pages++;
	fz.zone.nr_largest--;
	EXPECT_STREQ(fake_check(&fz),
		     "nr_largest is not the number of largest blocks");
	fz.zone.nr_largest++;
	type_lists(&fz.zone, MIGRATE_RESERVE)->nr_free++;
	EXPECT_STREQ(fake_check(&fz), "nr_free is not the length of the list");
	type_lists(&fz.zone, MIGRATE_RESERVE)->nr_free--;
	fz.frame[17].flags |= BIT(PG_buddy);
	EXPECT_STREQ(fake_check(&fz),
		     "a frame inside of a free block is marked");
	fz.frame[17].flags = FAKE_ZONE_BITS;
	page->flags = OTHER_ZONE_BITS | (page->flags & ~PAGE_ZONE_MASK);
	EXPECT_STREQ(fake_check(&fz), "a free block is of another zone");
	page->flags = FAKE_ZONE_BITS | (page->flags & ~PAGE_ZONE_MASK);
	end();

	/* Two halves that should be one; a block that nobody has listed. */
	fake_zone_init(&fz);
	fake_give(&fz, 0, 4);
	fake_give(&fz, 32, 4);
	fz.frame[32].lru.prev->next = fz.frame[32].lru.next;
	fz.frame[32].lru.next->prev = fz.frame[32].lru.prev;
	list_of(type_lists(&fz.zone, MIGRATE_MOVABLE), 4)->nr_free = 1;
	fz.zone.free_pages = 16;
	EXPECT_STREQ(fake_check(&fz), "a block is marked but on no list");
	fz.frame[32].flags = FAKE_ZONE_BITS;
	fz.frame[16].flags = fz.frame[0].flags;
	EXPECT_STREQ(fake_check(&fz), "two free buddies are not united");
	fz.frame[16].flags = FAKE_ZONE_BITS;
	end();
}
