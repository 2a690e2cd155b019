/* SPDX-License-Identifier: MIT */
/*
 * test_pcp.c - the frames that a CPU keeps for itself.
 *
 * Model. Each case begins with empty lists of this CPU. The tests run on one
 * CPU, and nobody else asks for frames meanwhile, so counts are exact.
 */
#include "hoard.h"

#include <lib/cpumask.h>
#include <lib/irqflags.h>
#include <lib/random.h>
#include <lib/selftest.h>

#include "../../mm/buddy.h"
#include "../../mm/debug/page_check.h"
#include "../workers.h"

static struct zone *zone;
static struct per_cpu_pages *pcp;

static void begin(void)
{
	drain_local_pages();
	zone = first_choice();
	pcp = this_pcp(zone);
	EXPECT_EQ(pcp->count, 0);
	EXPECT_GT(pcp->batch, 0);
	EXPECT_GE(pcp->high, pcp->batch);
}

/* The list is as long as count says, and no longer than it may be. */
static unsigned int broken(void)
{
	unsigned long flags;
	unsigned int wrong;
	struct page *page;
	int n = 0;

	local_irq_save(flags);
	list_for_each_entry(page, &pcp->list, lru)
		n++;
	wrong = n != pcp->count || n > pcp->high || n < 0;
	local_irq_restore(flags);
	return wrong;
}

SELFTEST(mm, pcp, bounds, "A MM-C1")
{
	static struct page *held[300];
	unsigned int n = 0, wrong = 0, most = 0;
	struct rnd_state rnd;

	begin();
	prandom_seed_state(&rnd, selftest_seed());
	for (unsigned int i = 0; i < 2000; i++) {
		bool up = i / 400 % 2 == 0;

		if (n < ARRAY_SIZE(held) &&
		    (!n || prandom_u32_below(&rnd, 8) < (up ? 7 : 1))) {
			gfp_t gfp = GFP_NOWAIT;

			if (prandom_u32_below(&rnd, 3) == 0)
				gfp |= __GFP_MOVABLE;
			if (prandom_u32_below(&rnd, 4) == 0)
				gfp |= __GFP_COLD;
			held[n] = alloc_page(gfp | __GFP_NOWARN);
			n += held[n] != NULL;
		} else if (prandom_u32_below(&rnd, 2)) {
			free_hot_page(held[--n]);
		} else {
			free_cold_page(held[--n]);
		}
		wrong += broken();
		most = max(most, (unsigned int)pcp->count);
	}
	while (n)
		__free_page(held[--n]);
	EXPECT_EQ(wrong, 0);
	EXPECT_GT(most, pcp->batch); /* it went where it is interesting */
	EXPECT_STREQ(page_check_all(), "");
}

SELFTEST(mm, pcp, hot_and_cold, "A MM-C2, A MM-A3")
{
	struct page *a, *b, *c;

	begin();
	a = alloc_page(GFP_NOWAIT);
	b = alloc_page(GFP_NOWAIT);
	c = alloc_page(GFP_NOWAIT);
	REQUIRE_TRUE(a && b && c);
	drain_local_pages();
	/* The last one freed is the first one given out ... */
	free_hot_page(a);
	free_hot_page(b);
	free_hot_page(c);
	EXPECT_PTR_EQ(alloc_page(GFP_NOWAIT), c);
	free_hot_page(c);
	/* ... but from the cold end it is the first one freed. */
	EXPECT_PTR_EQ(alloc_page(GFP_NOWAIT | __GFP_COLD), a);
	/* Freed cold, it comes last from the hot end. */
	free_cold_page(a);
	EXPECT_PTR_EQ(alloc_page(GFP_NOWAIT), c);
	EXPECT_PTR_EQ(alloc_page(GFP_NOWAIT), b);
	EXPECT_PTR_EQ(alloc_page(GFP_NOWAIT), a);
	EXPECT_EQ(pcp->count, 0);
	__free_page(a);
	__free_page(b);
	__free_page(c);
	drain_local_pages();
}

SELFTEST(mm, pcp, refill, "A MM-C2")
{
	unsigned long before, refills, allocs;
	struct page *page;

	begin();
	before = zone->free_pages;
	refills = pcp->nr_refills;
	allocs = pcp->nr_allocs;
	page = alloc_page(GFP_NOWAIT);
	REQUIRE_TRUE(page != NULL);
	EXPECT_PTR_EQ(page_zone(page), zone);
	EXPECT_EQ(zone->free_pages, before - pcp->batch);
	EXPECT_EQ(pcp->count, pcp->batch - 1);
	EXPECT_EQ(pcp->nr_refills, refills + 1);
	EXPECT_EQ(pcp->nr_allocs, allocs + 1);
	__free_page(page);
	EXPECT_EQ(pcp->count, pcp->batch);
	EXPECT_EQ(zone->free_pages, before - pcp->batch);
	drain_local_pages();
	EXPECT_EQ(zone->free_pages, before);
}

/* A frame of another type is not taken; its own comes from the zone. */
SELFTEST(mm, pcp, types, "A MM-C2")
{
	struct page *page, *other;

	begin();
	page = alloc_page(GFP_NOWAIT);
	REQUIRE_TRUE(page != NULL);
	EXPECT_EQ(pcp->count, pcp->batch - 1);
	other = alloc_page(GFP_NOWAIT | __GFP_MOVABLE);
	REQUIRE_TRUE(other != NULL);
	EXPECT_EQ(pcp->count, 2 * pcp->batch - 2);
	EXPECT_EQ(get_pageblock_migratetype(other), MIGRATE_MOVABLE);
	EXPECT_EQ(get_pageblock_migratetype(page), MIGRATE_UNMOVABLE);
	/* Waiting on the list, a frame tells its type. */
	__free_page(other);
	EXPECT_EQ(other->private, MIGRATE_MOVABLE);
	__free_page(page);
	EXPECT_EQ(page->private, MIGRATE_UNMOVABLE);
	EXPECT_PTR_EQ(alloc_page(GFP_NOWAIT | __GFP_MOVABLE), other);
	EXPECT_EQ(other->private, 0);
	__free_page(other);
	drain_local_pages();
}

/* A list full of frames of one type makes room for those of another. */
SELFTEST(mm, pcp, full_of_another_type, "A MM-C1, A MM-C2")
{
	struct page *page;
	HOARD(held);

	begin();
	for (int i = 1; i < pcp->high; i++)
		REQUIRE_TRUE(hoard_take(&held, GFP_NOWAIT, 0) != NULL);
	drain_local_pages();
	hoard_free(&held);
	EXPECT_EQ(pcp->count, pcp->high - 1);
	page = alloc_page(GFP_NOWAIT | __GFP_MOVABLE);
	REQUIRE_TRUE(page != NULL);
	/* A batch went, a batch came, one of it is ours. */
	EXPECT_EQ(pcp->count, pcp->high - 2);
	EXPECT_EQ(broken(), 0);
	__free_page(page);
	drain_local_pages();
}

SELFTEST(mm, pcp, sizes, "A MM-C1")
{
	struct zone *z;
	unsigned int cpu;

	for_each_populated_zone(z) {
		for_each_possible_cpu(cpu) {
			const struct per_cpu_pages *p = zone_pcp(z, cpu);
			int limit = (int)min(z->managed_pages / 256, 31UL);

			EXPECT_LE(p->batch, max(limit, 1));
			EXPECT_GE(2 * p->batch + 1, limit);
			EXPECT_EQ(p->batch & (p->batch + 1), 0);
			EXPECT_EQ(p->high, 6 * p->batch);
		}
	}
}

/* A batch is cut from a block upward, and given out in that order. */
SELFTEST(mm, pcp, batch_in_order, "A MM-C2")
{
	unsigned int descents = 0;
	unsigned long small;
	struct page *last;
	HOARD(held);

	begin();
	small = min(zone->free_pages / 2, 3000UL);
	for (unsigned long i = 0; i < small; i++) /* use up small blocks */
		hoard_take(&held, GFP_NOWAIT, 0);
	drain_local_pages();
	for (unsigned int i = 0; i < 300; i++)
		hoard_take(&held, GFP_NOWAIT, 0);
	drain_local_pages();
	last = hoard_take(&held, GFP_NOWAIT, 0);
	REQUIRE_TRUE(last != NULL);
	for (int i = 1; i < pcp->batch; i++) {
		struct page *page = hoard_take(&held, GFP_NOWAIT, 0);

		descents += page < last;
		last = page;
	}
	EXPECT_EQ(pcp->count, 0);
	EXPECT_LE(descents, pcp->batch / 4);
	hoard_free(&held);
	drain_local_pages();
}

SELFTEST(mm, pcp, larger_blocks_pass_by, "A MM-C2")
{
	unsigned long locked, before;
	struct page *page;

	begin();
	locked = zone->nr_locked;
	before = zone->free_pages;
	page = alloc_pages(GFP_NOWAIT, 1);
	REQUIRE_TRUE(page != NULL);
	EXPECT_EQ(pcp->count, 0);
	EXPECT_EQ(zone->free_pages, before - 2);
	EXPECT_EQ(zone->nr_locked, locked + 1);
	__free_pages(page, 1);
	EXPECT_EQ(pcp->count, 0);
	EXPECT_EQ(zone->free_pages, before);
	EXPECT_EQ(zone->nr_locked, locked + 2);
}

SELFTEST(mm, pcp, overflow, "A MM-C3")
{
	unsigned long before, frees;
	struct page *page;
	HOARD(held);

	begin();
	for (int i = 0; i < pcp->high; i++)
		REQUIRE_TRUE(hoard_take(&held, GFP_NOWAIT, 0) != NULL);
	drain_local_pages();
	before = zone->free_pages;
	frees = pcp->nr_frees;
	for (int i = 1; i < pcp->high; i++) {
		hoard_free_one(&held);
		EXPECT_EQ(pcp->count, i);
	}
	EXPECT_EQ(zone->free_pages, before);
	/* One more, and a batch goes back: from the cold end. */
	page = list_last_entry(&pcp->list, struct page, lru);
	hoard_free_one(&held);
	EXPECT_EQ(pcp->count, pcp->high - pcp->batch);
	EXPECT_EQ(zone->free_pages, before + pcp->batch);
	EXPECT_EQ(pcp->nr_frees, frees + pcp->high);
	if (pcp->batch < pcp->high)
		EXPECT_NE((unsigned long)list_last_entry(&pcp->list,
							 struct page, lru),
			  (unsigned long)page);
	EXPECT_EQ(held.frames, 0);
	drain_local_pages();
}

/* Blocks that are kept for worse times do not wait on the lists of CPUs. */
SELFTEST(mm, pcp, reserve_passes_by, "A MM-C3, A MM-B5")
{
	unsigned long before, flags;
	unsigned int type;
	struct page *page;

	begin();
	page = alloc_page(GFP_NOWAIT);
	REQUIRE_TRUE(page != NULL);
	drain_local_pages();
	before = zone->free_pages;
	local_irq_save(flags);
	raw_spin_lock(&zone->lock);
	type = get_pageblock_migratetype(page);
	buddy_set_type(zone, page, MIGRATE_RESERVE);
	raw_spin_unlock(&zone->lock);
	local_irq_restore(flags);
	__free_page(page);
	EXPECT_EQ(pcp->count, 0);
	EXPECT_EQ(zone->free_pages, before + 1);
	local_irq_save(flags);
	raw_spin_lock(&zone->lock);
	buddy_set_type(zone, page, type);
	raw_spin_unlock(&zone->lock);
	local_irq_restore(flags);
	EXPECT_STREQ(page_check_zone(zone), "");
}

#define HOT_PAIRS 1000

SELFTEST(mm, pcp, locks, "A MM-C4")
{
	unsigned long locked;
	unsigned int failed = 0;
	int n;
	HOARD(held);

	begin();
	__free_page(
		alloc_page(GFP_KERNEL | __GFP_NOFAIL)); /* the first fills */
	locked = zone->nr_locked;
	for (unsigned int i = 0; i < HOT_PAIRS; i++) {
		struct page *page = alloc_page(GFP_KERNEL);

		failed += !page;
		if (page)
			__free_page(page);
	}
	EXPECT_EQ(failed, 0);
	EXPECT_EQ(zone->nr_locked, locked);

	/* Without any reuse: once for each batch. */
	drain_local_pages();
	n = 4 * pcp->batch;
	locked = zone->nr_locked;
	for (int i = 0; i < n; i++)
		hoard_take(&held, GFP_NOWAIT, 0);
	EXPECT_EQ(zone->nr_locked, locked + 4);
	if (pcp->batch >= 8) /* as in all but the smallest zones */
		EXPECT_LE((zone->nr_locked - locked) * 8, (unsigned long)n);
	hoard_free(&held);
	drain_local_pages();
}

static void take_and_give(unsigned int cpu, void *arg __unused)
{
	struct page *page = alloc_page(GFP_ATOMIC);

	EXPECT_TRUE(page != NULL);
	if (page)
		__free_page(page);
	EXPECT_GT(zone_pcp(this_cpu_read(page_cpu.zone), cpu)->count, 0);
}

static unsigned long all_counts(void)
{
	unsigned long sum = 0;
	struct zone *z;
	unsigned int cpu;

	for_each_populated_zone(z)
		for_each_possible_cpu(cpu)
			sum += (unsigned long)zone_pcp(z, cpu)->count;
	return sum;
}

SELFTEST(mm, pcp, drain, "A MM-C5")
{
	unsigned long all;
	unsigned int cpus;

	begin();
	if (!ipi_possible() && num_online_cpus() > 1)
		return selftest_skip(NO_APIC);
	all = nr_free_pages();
	cpus = workers_run(take_and_give, NULL);
	EXPECT_GE(all_counts(), cpus);
	drain_local_pages();
	EXPECT_EQ(pcp->count, 0);
	if (cpus > 1)
		EXPECT_GT(all_counts(), 0);
	drain_all_pages();
	EXPECT_EQ(all_counts(), 0);
	EXPECT_EQ(nr_free_pages(), all);
}

/* Everything used in single frames, freed, drained: only large blocks. */
SELFTEST(mm, pcp, drain_lets_blocks_unite, "A MM-B6, A MM-C5")
{
	unsigned long before, after;
	HOARD(held);

	drain_all_pages();
	zone = first_choice();
	before = zone->nr_largest;
	if (!before)
		return selftest_skip(NO_LARGEST);
	/* as many as it takes: smaller blocks may hold a lot, too */
	for (unsigned int i = 0; i < 100000 && zone->nr_largest >= before; i++)
		hoard_take(&held, GFP_NOWAIT, 0);
	EXPECT_LT(zone->nr_largest, before);
	hoard_free(&held);
	drain_all_pages();
	after = zone->nr_largest;
	EXPECT_EQ(after, before);
	EXPECT_STREQ(page_check_all(), "");
}
