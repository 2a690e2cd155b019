/* SPDX-License-Identifier: MIT */
/*
 * test_alloc.c - the requests, and what their flags mean.
 */
#include <mm/gfp.h>

#include <arch/page.h>
#include <lib/context.h>
#include <lib/fault.h>
#include <lib/irqflags.h>
#include <lib/preempt.h>
#include <lib/printk.h>
#include <lib/selftest.h>
#include <lib/string.h>
#include <mm/fail.h>
#include <mm/reclaim.h>

#include "../../mm/buddy.h"
#include "hoard.h"

SELFTEST(mm, alloc, entry_points, "A MM-A2, A MM-A1", alloc)
{
	unsigned long used = frames_used();
	unsigned long addr = __get_free_page(GFP_KERNEL);
	struct page *page;

	if (addr) {
		EXPECT_EQ(frames_used(), used + 1);
		EXPECT_TRUE(virt_addr_valid((void *)addr));
		EXPECT_EQ(page_count(virt_to_page((void *)addr)), 1);
		free_page(addr);
	}
	addr = __get_dma_pages(GFP_KERNEL, 1);
	if (addr) {
		EXPECT_EQ(frames_used(), used + 2);
		EXPECT_LT(__pa((void *)addr), 16 << 20);
		free_pages(addr, 1);
	}
	page = alloc_page(GFP_KERNEL);
	if (page)
		__free_page(page);
	page = alloc_pages_node(-1, GFP_KERNEL, 3);
	if (page) {
		EXPECT_EQ(frames_used(), used + 8);
		__free_pages(page, 3);
	}
	free_pages(0, 0); /* nothing */
	EXPECT_EQ(frames_used(), used);
}

SELFTEST(mm, alloc, too_large, "A MM-A2")
{
	unsigned long used = frames_used();

	EXPECT_PTR_EQ(alloc_pages(GFP_KERNEL, MAX_ORDER), NULL);
	EXPECT_PTR_EQ(alloc_pages(GFP_ATOMIC | __GFP_ZERO, 12), NULL);
	EXPECT_PTR_EQ(alloc_pages(GFP_DMA, ~0U), NULL);
	EXPECT_PTR_EQ(alloc_pages_node(0, GFP_KERNEL, MAX_ORDER), NULL);
	EXPECT_EQ(__get_free_pages(GFP_KERNEL, MAX_ORDER), 0);
	EXPECT_EQ(frames_used(), used);
}

SELFTEST(mm, alloc, aligned, "A MM-A2, A MM-B1")
{
	for (unsigned int k = 0; k < MAX_ORDER; k++) {
		unsigned long addr =
			__get_free_pages(GFP_KERNEL | __GFP_NOWARN, k);

		if (!addr)
			continue; /* a small machine has no such block left */
		EXPECT_EQ(addr & ((PAGE_SIZE << k) - 1), 0);
		EXPECT_EQ(page_order(virt_to_page((void *)addr)), k);
		free_pages(addr, k);
	}
	EXPECT_EQ(get_order(1), 0);
	EXPECT_EQ(get_order(4096), 0);
	EXPECT_EQ(get_order(4097), 1);
	EXPECT_EQ(get_order(3 * 4096), 2);
	EXPECT_EQ(get_order(4 << 20), 10);
}

/* Asks for the type of block that a frame lies in: it comes back first. */
static gfp_t gfp_of_block(unsigned long addr)
{
	switch (get_pageblock_migratetype(virt_to_page((void *)addr))) {
	case MIGRATE_MOVABLE:
		return GFP_KERNEL | __GFP_MOVABLE;
	case MIGRATE_RECLAIMABLE:
		return GFP_KERNEL | __GFP_RECLAIMABLE;
	default:
		return GFP_KERNEL;
	}
}

SELFTEST(mm, alloc, zeroed, "A MM-A2, A MM-A3")
{
	for (unsigned int k = 0; k < 4; k++) {
		unsigned long dirty = __get_free_pages(GFP_KERNEL, k);
		unsigned long clean;
		gfp_t gfp;

		REQUIRE_TRUE(dirty);
		gfp = gfp_of_block(dirty);
		memset((void *)dirty, 0xa5, PAGE_SIZE << k);
		free_pages(dirty, k);
		clean = k ? __get_free_pages(gfp | __GFP_ZERO, k)
			  : get_zeroed_page(gfp);
		REQUIRE_TRUE(clean);
		EXPECT_EQ(clean, dirty); /* the one that was dirtied */
		EXPECT_PTR_EQ(memchr_inv((void *)clean, 0, PAGE_SIZE << k),
			      NULL);
		free_pages(clean, k);
	}
}

SELFTEST(mm, alloc, flag_numbers, "A MM-A3, A MM-A4")
{
	EXPECT_EQ(__GFP_DMA, 1);
	EXPECT_EQ(__GFP_HIGHMEM, 2);
	EXPECT_EQ(__GFP_DMA32, 4);
	EXPECT_EQ(__GFP_WAIT, 0x10);
	EXPECT_EQ(__GFP_HIGH, 0x20);
	EXPECT_EQ(__GFP_IO, 0x40);
	EXPECT_EQ(__GFP_FS, 0x80);
	EXPECT_EQ(__GFP_COLD, 0x100);
	EXPECT_EQ(__GFP_NOWARN, 0x200);
	EXPECT_EQ(__GFP_REPEAT, 0x400);
	EXPECT_EQ(__GFP_NOFAIL, 0x800);
	EXPECT_EQ(__GFP_NORETRY, 0x1000);
	EXPECT_EQ(__GFP_COMP, 0x4000);
	EXPECT_EQ(__GFP_ZERO, 0x8000);

	EXPECT_EQ(GFP_NOWAIT, 0);
	EXPECT_EQ(GFP_ATOMIC, 0x20);
	EXPECT_EQ(GFP_NOIO, 0x10);
	EXPECT_EQ(GFP_NOFS, 0x50);
	EXPECT_EQ(GFP_KERNEL, 0xd0);
	EXPECT_EQ(GFP_USER, GFP_KERNEL | __GFP_HARDWALL);
	EXPECT_EQ(GFP_HIGHUSER, GFP_USER | __GFP_HIGHMEM);
}

SELFTEST(mm, alloc, zone_of_flags, "A MM-A5")
{
	EXPECT_EQ(gfp_zone(GFP_KERNEL), ZONE_NORMAL);
	EXPECT_EQ(gfp_zone(GFP_ATOMIC), ZONE_NORMAL);
	EXPECT_EQ(gfp_zone(__GFP_MOVABLE), ZONE_NORMAL);
	EXPECT_EQ(gfp_zone(__GFP_HIGHMEM), ZONE_HIGHMEM);
	EXPECT_EQ(gfp_zone(__GFP_HIGHMEM | __GFP_MOVABLE), ZONE_MOVABLE);
	EXPECT_EQ(gfp_zone(GFP_KERNEL | __GFP_DMA32), ZONE_DMA32);
	EXPECT_EQ(gfp_zone(GFP_KERNEL | __GFP_DMA), ZONE_DMA);
	/* The lowest zone that is named wins. */
	EXPECT_EQ(gfp_zone(__GFP_DMA | __GFP_DMA32), ZONE_DMA);
	EXPECT_EQ(gfp_zone(__GFP_DMA | __GFP_HIGHMEM), ZONE_DMA);
	EXPECT_EQ(gfp_zone(__GFP_DMA32 | __GFP_HIGHMEM | __GFP_MOVABLE),
		  ZONE_DMA32);
}

/* What is movable comes from other largest blocks than what is not. */
SELFTEST(mm, alloc, types_keep_apart, "A MM-A3, A MM-B2")
{
	static const gfp_t gfps[] = {GFP_KERNEL, GFP_KERNEL | __GFP_RECLAIMABLE,
				     GFP_KERNEL | __GFP_MOVABLE};
	struct page *page[3];

	for (unsigned int i = 0; i < 3; i++) {
		EXPECT_EQ(gfp_migratetype(gfps[i]), (int)i);
		page[i] = alloc_pages(gfps[i], 1);
		REQUIRE_TRUE(page[i] != NULL);
		EXPECT_EQ(get_pageblock_migratetype(page[i]), i);
	}
	for (unsigned int i = 0; i < 3; i++)
		__free_pages(page[i], 1);
}

/* Whoever cannot sleep is told so at once, not when memory is short. */
SELFTEST(mm, alloc, wait_in_atomic_context, "A MM-A4, A MM-ZA9")
{
	struct page *page;
	unsigned long flags;

	if (!CONFIG_DEBUG)
		return selftest_skip("needs a debug build");
	warn_expect_begin();
	preempt_disable();
	page = alloc_page(GFP_KERNEL);
	preempt_enable();
	EXPECT_EQ(warn_expect_end(), 1);
	REQUIRE_TRUE(page != NULL);
	__free_page(page);

	warn_expect_begin();
	local_irq_save(flags);
	page = alloc_pages(GFP_NOIO, 2);
	local_irq_restore(flags);
	EXPECT_EQ(warn_expect_end(), 1);
	REQUIRE_TRUE(page != NULL);
	__free_pages(page, 2);

	warn_expect_begin();
	preempt_disable();
	page = alloc_page(GFP_ATOMIC);
	preempt_enable();
	EXPECT_EQ(warn_expect_end(), 0);
	REQUIRE_TRUE(page != NULL);
	__free_page(page);
}

SELFTEST(mm, alloc, injected_failure, "A MM-ZA9")
{
	struct page *page;

	if (!CONFIG_DEBUG)
		return selftest_skip("needs a debug build");
	fail_nth_begin(2);
	page = alloc_page(GFP_KERNEL);
	EXPECT_TRUE(page != NULL);
	EXPECT_PTR_EQ(alloc_page(GFP_KERNEL), NULL);
	EXPECT_EQ(fail_nth_end(), 1);
	if (page)
		__free_page(page);
	fail_nth_begin(1);
	EXPECT_PTR_EQ(alloc_pages_node(0, GFP_KERNEL, 0), NULL);
	EXPECT_EQ(fail_nth_end(), 1);
	fail_nth_begin(1);
	EXPECT_EQ(get_zeroed_page(GFP_KERNEL), 0);
	EXPECT_EQ(fail_nth_end(), 1);
}

/* Records of the log behind @r that hold a text. */
static unsigned int count_records(struct log_reader *r, const char *what)
{
	static char text[LOG_LINE_MAX];
	struct log_entry e;
	unsigned int n = 0;

	while (log_read(r, &e, text, sizeof(text)))
		n += strstr(text, what) != NULL;
	return n;
}

/* Exhausted: NULL at once, said once and not more than ten times. */
SELFTEST(mm, alloc, exhaustion_is_reported, "A MM-A3, A MM-A4")
{
	struct log_reader r;
	struct page *page;
	unsigned long flags;
	HOARD(held);

	hoard_last(&held, GFP_ATOMIC);
	log_reader_last(&r, 0);
	local_irq_save(flags);
	page = alloc_page(GFP_ATOMIC | __GFP_NOWARN);
	local_irq_restore(flags);
	EXPECT_PTR_EQ(page, NULL);
	EXPECT_EQ(count_records(&r, "page allocation failed"), 0);

	log_reader_last(&r, 0);
	local_irq_save(flags);
	for (unsigned int i = 0; i < 50; i++) {
		page = alloc_pages(GFP_ATOMIC, i % 3);
		EXPECT_PTR_EQ(page, NULL);
	}
	local_irq_restore(flags);
	hoard_free(&held);
	EXPECT_EQ(count_records(&r, "page allocation failed"), RATELIMIT_BURST);
}
