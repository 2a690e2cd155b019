/* SPDX-License-Identifier: MIT */
/*
 * test_init.c - the allocator of the machine: its lists, and the pages for
 * page tables, as the arch code asks for them.
 */
#include <arch/page.h>
#include <arch/upcall.h>
#include <lib/selftest.h>
#include <lib/string.h>
#include <mm/fail.h>
#include <mm/memblock.h>

#define LOW (1ULL << 20)

/* An allocation of one of the two kinds, zeroed even where it was not. */
static void check_zeroed(phys_addr_t limit)
{
	for (unsigned int i = 0; i < 2; i++) {
		phys_addr_t page =
			limit ? pt_page_alloc_below(limit) : pt_page_alloc();

		REQUIRE_TRUE(page);
		EXPECT_EQ(page % PAGE_SIZE, 0ULL);
		if (limit)
			EXPECT_LE(page + PAGE_SIZE, limit);
		EXPECT_PTR_EQ(memchr_inv(__va(page), 0, PAGE_SIZE), NULL);
		memset(__va(page), 0xa5, PAGE_SIZE); /* for the next one */
		pt_page_free(page);
	}
}

SELFTEST(mm, init, page_table_pages_are_zero, "")
{
	check_zeroed(0);
	check_zeroed(LOW);
}

SELFTEST(mm, init, no_page_for_a_table, "")
{
	if (!CONFIG_DEBUG)
		return selftest_skip("a check of debug builds");
	fail_nth_begin(1);
	EXPECT_EQ(pt_page_alloc(), 0ULL);
	EXPECT_EQ(fail_nth_end(), 1);
	fail_nth_begin(1);
	EXPECT_EQ(pt_page_alloc_below(1ULL << 32), 0ULL);
	EXPECT_EQ(fail_nth_end(), 1);
}

/* Below 1 MiB there is one page, set aside at boot. */
SELFTEST(mm, init, one_low_page, "")
{
	phys_addr_t page = pt_page_alloc_below(LOW);

	REQUIRE_TRUE(page);
	EXPECT_EQ(pt_page_alloc_below(LOW), 0ULL);
	pt_page_free(page);
	EXPECT_EQ(pt_page_alloc_below(LOW), page);
	pt_page_free(page);
}

SELFTEST(mm, init, lists_are_sound, "")
{
	EXPECT_EQ(memblock_check(), 0);
	EXPECT_LT(memblock_start_of_DRAM(), memblock_end_of_DRAM());
	EXPECT_LE(memblock_phys_mem_size(),
		  memblock_end_of_DRAM() - memblock_start_of_DRAM());
}
