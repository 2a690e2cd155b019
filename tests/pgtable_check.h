/* SPDX-License-Identifier: MIT */
/*
 * pgtable_check.h (tests) - a second opinion on the kernel's tables, and
 * addresses to try things at.
 *
 * Model. Tests map at PT_TEST, far behind what arch_map_io() hands out, below
 * the same top-level entry. pt_check_counts() walks everything from CR3 and
 * counts for itself what pgtable.c keeps in the entries.
 */
#ifndef TESTS_PGTABLE_CHECK_H
#define TESTS_PGTABLE_CHECK_H

#include <arch/kasan.h>
#include <arch/pgtable.h>
#include <arch/tlb.h>
#include <lib/selftest.h>

/* 128 GiB of addresses, nothing mapped; aligned to 1 GiB. */
#define PT_TEST 0xffffb04000000000UL

struct pt_counts {
	unsigned long tables;	 /* linked, below the top level */
	unsigned long wrong;	 /* those whose count is not what they hold */
	unsigned long dying;	 /* entries that are neither used nor free */
	unsigned long not_empty; /* dying tables that hold something */
};

/* What is in the table at @frame, one level below @level. */
static inline unsigned int pt_count_table(struct pt_counts *c,
					  phys_addr_t frame, unsigned int level)
{
	unsigned long *table = __va(frame);
	unsigned int used = 0;

	for (unsigned int i = 0; i < 512; i++) {
		unsigned long e = table[i];
		unsigned int n;

		if (!e)
			continue;
		if (level == 1 || e & 0x80) { /* a page */
			used++;
			continue;
		}
		n = pt_count_table(c, e & 0x000ffffffffff000UL, level - 1);
		if (!(e & 1)) {
			c->dying++;
			c->not_empty += n != 0;
			continue;
		}
		used++;
		c->tables++;
		c->wrong += (e >> 52 & 0x3ff) != n;
	}
	return used;
}

static inline struct pt_counts pt_check_counts(void)
{
	unsigned long *top = __va(read_cr3() & 0x000ffffffffff000UL);
	struct pt_counts c = {0};

	for (unsigned int i = 256; i < 512; i++) {
		if (!top[i])
			continue;
		/* the shadow's tables are shared: endless, and not counted */
		if (CONFIG_KASAN && i >= pgd_index(KASAN_SHADOW_START) &&
		    i < pgd_index(KASAN_SHADOW_END))
			continue;
		c.tables++;
		pt_count_table(&c, top[i] & 0x000ffffffffff000UL, 3);
	}
	return c;
}

/* The tables are what they should be; call it while nobody maps. */
static inline void pt_expect_sound(void)
{
	struct pt_counts c = pt_check_counts();

	EXPECT_EQ(c.wrong, 0UL);
	EXPECT_EQ(c.dying, 0UL);
	EXPECT_EQ(c.not_empty, 0UL);
	EXPECT_EQ(c.tables, nr_page_table_pages());
}

#endif /* TESTS_PGTABLE_CHECK_H */
