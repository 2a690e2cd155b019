/* SPDX-License-Identifier: MIT */
/*
 * test_fixmap.c - constant addresses, and the frames behind them. That a bad
 * index does not link is shown by tests/host/test_types.py.
 */
#include <arch/fixmap.h>

#include <arch/crash.h>
#include <arch/irqvec.h>
#include <base/errno.h>
#include <lib/fault.h>
#include <lib/selftest.h>
#include <lib/string.h>
#include <mm/fail.h>
#include <mm/pgtable.h>

#include "../../arch/x86_64/cpu.h"
#include "../pgtable_check.h"

static u8 frames[2][PAGE_SIZE] __aligned(4096);

SELFTEST(arch, fixmap, arithmetic, "A MM-F3", unit)
{
	unsigned int wrong = 0;

	for (unsigned int i = 0; i < __end_of_fixed_addresses; i++) {
		unsigned long va = __fix_to_virt(i);

		wrong += virt_to_fix(va) != i || virt_to_fix(va + 4095) != i ||
			 va != FIXADDR_TOP - i * 4096UL;
	}
	EXPECT_EQ(wrong, 0U);
	EXPECT_EQ(fix_to_virt(0), 0xffffffffff7ff000UL);
	EXPECT_EQ(fix_to_virt(FIX_KMAP_END), FIXADDR_START);
	EXPECT_EQ(KM_TYPE_NR, 13);
	/* behind vmalloc's range and the image, in front of error pointers */
	EXPECT_GT(FIXADDR_START, 0xffffe8ffffffffffUL);
	EXPECT_GT(FIXADDR_START, KERNEL_BASE);
	EXPECT_LT(FIXADDR_TOP + 4095, -4095UL);
}

static void read_at(void *arg)
{
	arch_crash_read((unsigned long)arg);
}

static unsigned int look(unsigned long va)
{
	return *(volatile u8 *)va;
}

/* Two constants, two frames; then one constant, the other frame. */
SELFTEST(arch, fixmap, two_frames, "A MM-F1")
{
	unsigned long tables = nr_page_table_pages();
	unsigned long va0 = fix_to_virt(FIX_TEST0);
	unsigned long va1 = fix_to_virt(FIX_TEST1);
	struct pt_walk w;

	REQUIRE_EQ(fixmap_reserve(FIX_TEST0, FIX_TEST1), 0);
	EXPECT_TRUE(fault_catch(read_at, (void *)va0, NULL));
	memset(frames[0], 10, PAGE_SIZE);
	memset(frames[1], 11, PAGE_SIZE);
	set_fixmap(FIX_TEST0, __pa_symbol(frames[0]), PAGE_KERNEL);
	set_fixmap(FIX_TEST1, __pa_symbol(frames[1]), PAGE_KERNEL);
	EXPECT_EQ(look(va0), 10U);
	EXPECT_EQ(look(va1 + 4095), 11U);
	/* global: it survives the switch of address spaces */
	EXPECT_TRUE(pt_walk(va0, &w));
	EXPECT_EQ(pte_global(w.entry), cpu_features.pge);
	EXPECT_EQ(w.shift, PAGE_SHIFT);
	set_fixmap(FIX_TEST0, __pa_symbol(frames[1]), PAGE_KERNEL_RO);
	EXPECT_EQ(look(va0), 11U);
	pt_expect_sound();
	clear_fixmap(FIX_TEST0);
	clear_fixmap(FIX_TEST1);
	EXPECT_TRUE(fault_catch(read_at, (void *)va0, NULL));
	EXPECT_TRUE(fault_catch(read_at, (void *)va1, NULL));
	/* nothing is mapped, yet the table stays for them */
	kernel_flush_unmapped(va1, va0 + PAGE_SIZE);
	EXPECT_TRUE(fixmap_entry(FIX_TEST0) != NULL);
	pt_expect_sound();
	kernel_unmap_pages(va1, 2);
	kernel_flush_unmapped(va1, va0 + PAGE_SIZE);
	EXPECT_EQ(nr_page_table_pages(), tables);
	pt_expect_sound();
}

/* Each of the tables cannot be had once: nothing stays reserved. */
SELFTEST(arch, fixmap, no_memory, "")
{
	unsigned long va = __fix_to_virt(FIX_KMAP_END);
	unsigned long tables = nr_page_table_pages();
	unsigned int first = FIX_KMAP_END - 1023, n;
	int err;

	if (totalhigh_pages())
		return selftest_skip("the windows are in use");
	for (n = 1;; n++) {
		fail_nth_begin(n);
		err = fixmap_reserve(first, FIX_KMAP_END);
		if (!fail_nth_end())
			break;
		EXPECT_EQ(err, -ENOMEM);
		kernel_flush_unmapped(va, __fix_to_virt(first) + PAGE_SIZE);
		EXPECT_EQ(nr_page_table_pages(), tables);
		pt_expect_sound();
	}
	EXPECT_EQ(err, 0);
	EXPECT_GE(n, CONFIG_DEBUG ? 3U : 1U);
	kernel_unmap_pages(va, 1024);
	kernel_flush_unmapped(va, __fix_to_virt(first) + PAGE_SIZE);
	EXPECT_EQ(nr_page_table_pages(), tables);
	pt_expect_sound();
}
