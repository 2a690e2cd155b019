/* SPDX-License-Identifier: MIT */
/*
 * test_page.c - descriptors of page frames.
 */
#include <mm/page.h>

#include <arch/page.h>
#include <arch/pgtable.h>
#include <arch/sections.h>
#include <lib/fault.h>
#include <lib/selftest.h>
#include <lib/string.h>
#include <mm/memblock.h>
#include <mm/slab.h>
#include <mm/vmalloc.h>

#include "../../mm/debug/page_check.h"
#include "../../mm/page_alloc.h"
#include "hoard.h"

SELFTEST(mm, page, size, "A MM-P2")
{
	EXPECT_LE(sizeof(struct page), 64);
	EXPECT_EQ(64 % sizeof(struct page), 0); /* none straddles a line */
}

static void round_trip(unsigned long pfn)
{
	struct page *page = pfn_to_page(pfn);

	EXPECT_TRUE(pfn_valid(pfn));
	EXPECT_EQ(page_to_pfn(page), pfn);
	EXPECT_EQ(page_to_phys(page), PFN_PHYS(pfn));
	if (!memblock_is_memory(PFN_PHYS(pfn)) ||
	    page_zonenum(page) == ZONE_HIGHMEM)
		return;
	EXPECT_PTR_EQ(page_address(page), __va(PFN_PHYS(pfn)));
	EXPECT_PTR_EQ(virt_to_page(page_address(page)), page);
	EXPECT_PTR_EQ(virt_to_page((char *)page_address(page) + 4095), page);
	EXPECT_TRUE(virt_addr_valid(page_address(page)));
}

/* First and last frames of each range of memory, and what lies beside. */
SELFTEST(mm, page, round_trips, "A MM-P2")
{
	unsigned int region = 0;
	phys_addr_t start, end;

	while (memblock_next_memory(&region, &start, &end)) {
		unsigned long first = PFN_UP(start), last = PFN_DOWN(end) - 1;

		round_trip(first);
		round_trip(last);
		/* The rest of their largest blocks has descriptors, too. */
		round_trip(ALIGN_DOWN(first, MAX_ORDER_NR_PAGES));
		round_trip(last | (MAX_ORDER_NR_PAGES - 1));
		if (!memblock_is_memory(PFN_PHYS(last + 1)))
			EXPECT_FALSE(virt_addr_valid(__va(PFN_PHYS(last + 1))));
	}
	EXPECT_FALSE(pfn_valid(ALIGN(max_pfn, MAX_ORDER_NR_PAGES)));
	EXPECT_FALSE(pfn_valid(~0UL >> PAGE_SHIFT));
	EXPECT_FALSE(virt_addr_valid(NULL));
	EXPECT_FALSE(virt_addr_valid(_text)); /* not by this address */
	EXPECT_TRUE(virt_addr_valid(__va(__pa_symbol(_text))));
	EXPECT_FALSE(virt_addr_valid(pfn_to_page(0)));
}

static void put_it(void *page)
{
	put_page(page);
}

static void get_it(void *page)
{
	get_page(page);
}

SELFTEST(mm, page, count, "A MM-P3")
{
	struct page *page = alloc_page(GFP_KERNEL);
	unsigned long used = frames_used();
	char msg[80];

	REQUIRE_TRUE(page != NULL);
	EXPECT_EQ(page_count(page), 1);
	get_page(page);
	EXPECT_EQ(page_count(page), 2);
	put_page(page);
	EXPECT_EQ(page_count(page), 1);
	EXPECT_EQ(frames_used(), used);
	put_page(page);
	EXPECT_EQ(page_count(page), 0); /* free is 0, not -1 (E66) */
	EXPECT_EQ(frames_used(), used - 1);

	EXPECT_TRUE(panic_catch(put_it, page, msg, sizeof(msg)));
	EXPECT_TRUE(strstr(msg, "BUG_ON(") != NULL);
	EXPECT_TRUE(panic_catch(get_it, page, msg, sizeof(msg)));
	EXPECT_EQ(page_count(page), 0);
	EXPECT_EQ(frames_used(), used - 1);
}

/* Freed by whoever drops the last reference, whatever function that is. */
SELFTEST(mm, page, last_reference_frees, "A MM-P3")
{
	unsigned long used = frames_used();
	struct page *page = alloc_pages(GFP_KERNEL | __GFP_NOWARN, 2);

	REQUIRE_TRUE(page != NULL);
	get_page(page);
	__free_pages(page, 2);
	EXPECT_EQ(page_count(page), 1);
	EXPECT_EQ(frames_used(), used + 4);
	__free_pages(page, 2);
	EXPECT_EQ(frames_used(), used);
}

SELFTEST(mm, page, flag_numbers, "A MM-P4")
{
	static const struct {
		int flag, number;
	} flags[] = {
		{PG_locked, 0},	       {PG_error, 1},	  {PG_referenced, 2},
		{PG_uptodate, 3},      {PG_dirty, 4},	  {PG_lru, 5},
		{PG_active, 6},	       {PG_slab, 7},	  {PG_owner_priv_1, 8},
		{PG_arch_1, 9},	       {PG_reserved, 10}, {PG_private, 11},
		{PG_writeback, 12},    {PG_compound, 14}, {PG_swapcache, 15},
		{PG_mappedtodisk, 16}, {PG_reclaim, 17},  {PG_buddy, 19},
	};

	for (unsigned int i = 0; i < ARRAY_SIZE(flags); i++)
		EXPECT_EQ(flags[i].flag, flags[i].number);
}

SELFTEST(mm, page, who_has_which_flag, "A MM-P4, A MM-B7")
{
	unsigned long first = PFN_DOWN(__pa_symbol(_text));
	unsigned long last = PFN_DOWN(__pa_symbol(_end) - 1);
	unsigned int wrong = 0;
	void *object = kmalloc(64, GFP_KERNEL);

	REQUIRE_TRUE(object != NULL);
	EXPECT_TRUE(PageSlab(compound_head(virt_to_page(object))));
	kfree(object);
	for (unsigned long pfn = first; pfn <= last; pfn++)
		wrong += !PageReserved(pfn_to_page(pfn));
	EXPECT_EQ(wrong, 0);
	EXPECT_TRUE(PageReserved(pfn_to_page(0)));
	/* PG_buddy: on heads of free blocks and on nothing else. */
	EXPECT_STREQ(page_check_all(), "");
}

SELFTEST(mm, page, zone_bits, "A MM-P5")
{
	unsigned int wrong = 0;
	struct zone *zone;
	struct page copy;

	for_each_populated_zone(zone) {
		for (unsigned long pfn = zone->zone_start_pfn;
		     pfn < zone_end_pfn(zone); pfn++) {
			unsigned long end = ~0UL;

			if (!pfn_valid(pfn)) {
				pfn |= MAX_ORDER_NR_PAGES - 1;
				continue;
			}
			wrong += page_zonenum(pfn_to_page(pfn)) !=
				 zone_type_of_pfn(pfn, &end);
			wrong += page_zone(pfn_to_page(pfn)) != zone &&
				 page_to_nid(pfn_to_page(pfn)) ==
					 zone_to_nid(zone);
		}
	}
	EXPECT_EQ(wrong, 0);

	copy = *pfn_to_page(max_pfn - 1);
	zone = page_zone(&copy);
	copy.flags |= PAGE_FLAGS_ALL | PG_ORDER_MASK;
	EXPECT_PTR_EQ(page_zone(&copy), zone);
	EXPECT_EQ(page_to_nid(&copy), zone_to_nid(zone));
	EXPECT_EQ(page_zonenum(&copy), zone_idx(zone));
	copy.flags_low = 0;
	EXPECT_PTR_EQ(page_zone(&copy), zone);
}

/* Each frame is used for exactly one thing. */
SELFTEST(mm, page, accounting, "A MM-P1")
{
	unsigned long free_pages = 0, present = 0;
	struct frame_census c;
	struct zone *zone;

	frame_census(&c);
	for_each_populated_zone(zone) {
		free_pages += zone->free_pages;
		present += zone->present_pages;
	}
	EXPECT_EQ(c.free, free_pages);
	EXPECT_EQ(c.free + c.kept, nr_free_pages());
	EXPECT_EQ(c.free + c.kept + c.slab + c.other, totalram_pages());
	EXPECT_EQ(c.reserved + totalram_pages(), present);
	EXPECT_EQ(c.slab + c.other, frames_used());
}

SELFTEST(mm, page, memory_variables, "A BOOT-3")
{
	unsigned long spanned = 0, absent = 0, reserved = 0;
	struct frame_census c;
	struct zone *zone;

	EXPECT_LT(min_low_pfn, max_low_pfn);
	EXPECT_LE(max_low_pfn, max_pfn);
	EXPECT_EQ(num_physpages, max_pfn);
	EXPECT_EQ(max_pfn, PFN_UP(memblock_end_of_DRAM()));
	EXPECT_EQ(min_low_pfn, PFN_UP(__pa_symbol(_end)));
	/* what they are with high memory: mm.highmem.zone */
	EXPECT_EQ(highstart_pfn != 0, totalhigh_pages() != 0);
	EXPECT_EQ(highend_pfn != 0, totalhigh_pages() != 0);
	for_each_populated_zone(zone) {
		spanned += zone->spanned_pages;
		absent += zone->spanned_pages - zone->present_pages;
		reserved += zone->present_pages - zone->managed_pages;
	}
	EXPECT_EQ(totalram_pages() + reserved + absent, spanned);
	frame_census(&c);
	EXPECT_EQ(c.reserved, reserved);
}

/* The same frame through another address. */
SELFTEST(mm, page, address, "A MM-A7")
{
	struct page *page = alloc_page(GFP_KERNEL);
	volatile u64 *here, *there;

	REQUIRE_TRUE(page != NULL);
	here = page_address(page);
	EXPECT_EQ((unsigned long)here, PAGE_OFFSET + page_to_phys(page));
	there = vmap(&page, 1, PAGE_KERNEL);
	if (EXPECT_TRUE(there != NULL)) {
		EXPECT_NE((unsigned long)there, (unsigned long)here);
		*here = 0x1122334455667788;
		EXPECT_EQ(*there, 0x1122334455667788);
		there[511] = 99;
		EXPECT_EQ(here[511], 99);
		vunmap((const void *)there);
	}
	__free_page(page);
}
