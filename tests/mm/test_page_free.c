/* SPDX-License-Identifier: MIT */
/*
 * test_page_free.c - what may come back, and what is refused.
 *
 * Model. A free that is refused is reported once and changes nothing: the
 * block is given back properly afterwards, and no frame is missing.
 */
#include <mm/gfp.h>

#include <lib/fault.h>
#include <lib/selftest.h>
#include <lib/string.h>

#include "../../mm/debug/page_check.h"
#include "../../mm/page_alloc.h"
#include "hoard.h"

/* One warning, with this text in it. */
static void expect_refused(struct page *page, unsigned int order,
			   const char *why)
{
	unsigned long used = frames_used();
	int count = page_count(page);

	warn_expect_begin();
	__free_pages(page, order);
	EXPECT_TRUE(strstr(warn_expect_text(), why) != NULL);
	EXPECT_EQ(warn_expect_end(), 1);
	EXPECT_EQ(page_count(page), count);
	EXPECT_EQ(frames_used(), used);
}

SELFTEST(mm, page_free, twice, "A MM-B9, A MM-P3")
{
	for (unsigned int k = 0; k < 4; k += 3) {
		struct page *page = alloc_pages(GFP_KERNEL, k);

		REQUIRE_TRUE(page != NULL);
		__free_pages(page, k);
		expect_refused(page, k, "is freed, but it is free");
		warn_expect_begin();
		free_hot_page(page);
		free_cold_page(page);
		EXPECT_EQ(warn_expect_end(), 2);
		EXPECT_EQ(page_count(page), 0);
	}
	EXPECT_STREQ(page_check_all(), "");
}

SELFTEST(mm, page_free, other_order, "A MM-B9")
{
	struct page *page = alloc_pages(GFP_KERNEL, 2);
	struct page *single = alloc_page(GFP_KERNEL);

	REQUIRE_TRUE(page && single);
	expect_refused(page, 0, "was allocated with another order");
	expect_refused(page, 1, "was allocated with another order");
	expect_refused(page, 3, "was allocated with another order");
	expect_refused(single, 2, "was allocated with another order");
	expect_refused(page, MAX_ORDER, "was allocated with another order");
	expect_refused(page, 4096 + 2, "was allocated with another order");
	/* A part of a block was never given out by itself. */
	expect_refused(page + 1, 0, "is freed, but it is free");
	expect_refused(page + 2, 1, "is freed, but it is free");
	__free_pages(page, 2);
	__free_page(single);
	EXPECT_STREQ(page_check_all(), "");
}

SELFTEST(mm, page_free, misaligned_or_foreign, "A MM-B9")
{
	struct page *page = alloc_pages(GFP_KERNEL, 2);

	REQUIRE_TRUE(page != NULL);
	/* A frame that pretends to be the first of a block. */
	atomic_set(&page[1]._count, 1);
	page[1].flags |= 1UL << PG_ORDER_SHIFT;
	expect_refused(page + 1, 1, "is not aligned to the order");
	atomic_set(&page[1]._count, 0);
	page[1].flags_low = 0;
	__free_pages(page, 2);

	expect_refused(pfn_to_page(0), 0, "is reserved");
	warn_expect_begin();
	free_pages(1UL << 40, 0);
	EXPECT_TRUE(strstr(warn_expect_text(), "not an address of a page") !=
		    NULL);
	EXPECT_EQ(warn_expect_end(), 1);
}

SELFTEST(mm, page_free, still_used, "A MM-B9, A MM-P4")
{
	static const struct {
		unsigned int flag;
		const char *why;
	} bad[] = {
		{PG_slab, "belongs to a slab"},
		{PG_locked, "is still in use"},
		{PG_lru, "is still in use"},
		{PG_active, "is still in use"},
		{PG_private, "is still in use"},
		{PG_writeback, "is still in use"},
		{PG_swapcache, "is still in use"},
		{PG_buddy, "is still in use"},
	};

	for (unsigned int k = 0; k < 2; k++) {
		struct page *page = alloc_pages(GFP_KERNEL, k);

		REQUIRE_TRUE(page != NULL);
		for (unsigned int i = 0; i < ARRAY_SIZE(bad); i++) {
			page->flags |= 1UL << bad[i].flag;
			expect_refused(page, k, bad[i].why);
			page->flags &= ~(1UL << bad[i].flag);
		}
		/* What says something of the contents goes with them. */
		page->flags |= 1UL << PG_dirty | 1UL << PG_uptodate |
			       1UL << PG_referenced | 1UL << PG_error;
		__free_pages(page, k);
		EXPECT_EQ(page->flags_low & (1UL << PG_dirty), 0);
	}
	EXPECT_STREQ(page_check_all(), "");
}

/* Debug builds look at every frame of a block. */
SELFTEST(mm, page_free, tail_in_use, "A MM-B9")
{
	struct page *page = alloc_pages(GFP_KERNEL, 2);

	REQUIRE_TRUE(page != NULL);
	if (CONFIG_DEBUG) {
		atomic_set(&page[3]._count, 1);
		expect_refused(page, 2, "has a frame that is in use");
		atomic_set(&page[3]._count, 0);
		page[2].flags |= 1UL << PG_locked;
		expect_refused(page, 2, "has a frame that is in use");
		page[2].flags_low = 0;
	}
	__free_pages(page, 2);
	EXPECT_STREQ(page_check_all(), "");
}

/* Whoever writes to the descriptor of a free frame keeps it. */
SELFTEST(mm, page_free, touched_while_free, "A MM-B9, A MM-P3")
{
	for (unsigned int k = 0; k < 2; k++) {
		struct page *page = alloc_pages(GFP_KERNEL, k);
		struct page *other;

		REQUIRE_TRUE(page != NULL);
		__free_pages(page, k);
		atomic_set(&page->_count, 3);
		warn_expect_begin();
		other = alloc_pages(GFP_KERNEL, k);
		EXPECT_TRUE(strstr(warn_expect_text(),
				   "was in use while it was free") != NULL);
		EXPECT_EQ(warn_expect_end(), 1);
		REQUIRE_TRUE(other != NULL);
		EXPECT_NE((unsigned long)other, (unsigned long)page);
		__free_pages(other, k);
		/* It is out of circulation; the test gives it back. */
		atomic_set(&page->_count, 1);
		page->flags |= (unsigned long)k << PG_ORDER_SHIFT;
		__free_pages(page, k);
	}
	EXPECT_STREQ(page_check_all(), "");
}

SELFTEST(mm, page_free, compound, "A MM-B8, A MM-A3")
{
	struct page *page = alloc_pages(GFP_KERNEL | __GFP_COMP, 2);
	unsigned long used = frames_used();

	REQUIRE_TRUE(page != NULL);
	EXPECT_TRUE(PageCompound(page));
	EXPECT_FALSE(PageTail(page));
	for (unsigned int i = 1; i < 4; i++) {
		EXPECT_TRUE(PageTail(page + i));
		EXPECT_PTR_EQ(compound_head(page + i), page);
		EXPECT_EQ(page_count(page + i), 1);
	}
	get_page(page + 3);
	EXPECT_EQ(page_count(page), 2);
	EXPECT_EQ(page_count(page + 1), 2);
	/* By its head, by its order. */
	warn_expect_begin();
	__free_pages(page + 1, 0);
	EXPECT_EQ(warn_expect_end(), 1);
	put_page(page + 2);
	EXPECT_EQ(page_count(page + 3), 1);
	EXPECT_EQ(frames_used(), used);
	put_page(page + 1); /* the last one, through a tail */
	EXPECT_EQ(frames_used(), used - 4);
	for (unsigned int i = 0; i < 4; i++)
		EXPECT_FALSE(PageCompound(page + i));
	for (unsigned int i = 1; i < 4; i++)
		EXPECT_PTR_EQ(page[i].first_page, NULL);

	page = alloc_pages(GFP_KERNEL | __GFP_COMP, 3);
	REQUIRE_TRUE(page != NULL);
	expect_refused(page, 2, "was allocated with another order");
	page[5].first_page = page + 1;
	expect_refused(page, 3, "has a tail that is not its own");
	page[5].first_page = page;
	/* A tail that has users of its own is no frame, either. */
	atomic_set(&page[6]._count, 1);
	warn_expect_begin();
	__free_pages(page + 6, 0);
	EXPECT_TRUE(strstr(warn_expect_text(),
			   "is the tail of a compound page") != NULL);
	EXPECT_EQ(warn_expect_end(), 1);
	expect_refused(page, 3, "has a tail that is not its own");
	atomic_set(&page[6]._count, 0);
	__free_pages(page, 3);
	/* A single frame needs no head. */
	page = alloc_pages(GFP_KERNEL | __GFP_COMP, 0);
	REQUIRE_TRUE(page != NULL);
	EXPECT_FALSE(PageCompound(page));
	put_page(page);
	EXPECT_STREQ(page_check_all(), "");
}

SELFTEST(mm, page_free, split, "A MM-P3, A MM-B9")
{
	unsigned long used = frames_used();
	struct page *page = alloc_pages(GFP_KERNEL, 3);

	REQUIRE_TRUE(page != NULL);
	split_page(page, 3);
	for (unsigned int i = 0; i < 8; i++) {
		EXPECT_EQ(page_count(page + i), 1);
		EXPECT_EQ(frames_used(), used + 8 - i);
		__free_page(page + i);
	}
	EXPECT_EQ(frames_used(), used);
	EXPECT_STREQ(page_check_all(), "");
}

/* From the boot allocator to this one; the test takes it back by hand. */
SELFTEST(mm, page_free, reserved, "A BOOT-3, A MM-P4")
{
	struct page *page = alloc_page(GFP_KERNEL);
	struct zone *zone;

	REQUIRE_TRUE(page != NULL);
	zone = page_zone(page);
	page->flags |= 1UL << PG_reserved;
	zone->managed_pages--;
	EXPECT_EQ(nr_free_pages(), totalram_pages() - frames_used());
	free_reserved_page(page);
	EXPECT_FALSE(PageReserved(page));
	EXPECT_EQ(page_count(page), 0);
}
