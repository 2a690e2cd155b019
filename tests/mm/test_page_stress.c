/* SPDX-License-Identifier: MIT */
/*
 * test_page_stress.c - all CPUs at once, and all frames.
 *
 * Model. CPUs pass blocks to each other through a table of slots: whoever
 * finds a slot full takes the block out and frees it, whoever finds it empty
 * puts a new one in. So most frames are freed by another CPU than the one
 * that asked for them. Each frame of a block carries the block's own number,
 * which nobody else may have written to when it is freed.
 */
#include "hoard.h"

#include <arch/page.h>
#include <base/atomic.h>
#include <lib/random.h>
#include <lib/selftest.h>

#include "../../mm/debug/page_check.h"
#include "../workers.h"

#define SLOTS  64
#define ROUNDS 300

static struct page *slots[SLOTS]; /* by xchg() */
static atomic_t wrong, passed, crossed;
static unsigned long rounds_of_each;

static void write_number(struct page *page, unsigned long number)
{
	for (unsigned long i = 0; i < BIT(page_order(page)); i++)
		*(unsigned long *)page_address(page + i) = number + i;
}

static void check_and_free(struct page *page, unsigned int cpu)
{
	unsigned long number = page->private;

	for (unsigned long i = 0; i < BIT(page_order(page)); i++)
		if (*(unsigned long *)page_address(page + i) != number + i)
			atomic_inc(&wrong);
	atomic_inc(&passed);
	if (number >> 48 != cpu)
		atomic_inc(&crossed);
	page->private = 0;
	if (PageCompound(page))
		put_page(page);
	else
		__free_pages(page, page_order(page));
}

static void pass_blocks(unsigned int cpu, void *arg __unused)
{
	struct rnd_state rnd;

	prandom_seed_state(&rnd, selftest_seed() + cpu);
	for (unsigned long i = 0; i < rounds_of_each; i++) {
		struct page **slot = &slots[prandom_u32_below(&rnd, SLOTS)];
		gfp_t gfp = GFP_ATOMIC | __GFP_NOWARN;
		unsigned int order = prandom_u32_below(&rnd, 4) ? 0 : 2;
		struct page *page;

		if (prandom_u32_below(&rnd, 2))
			gfp |= __GFP_MOVABLE;
		if (prandom_u32_below(&rnd, 4) == 0)
			gfp |= __GFP_COMP;
		page = alloc_pages(gfp, order);
		if (page) {
			page->private = (unsigned long)cpu << 48 | i << 8;
			write_number(page, page->private);
		}
		/* Full barrier: what is written in the block goes with it. */
		page = xchg(slot, page);
		if (page)
			check_and_free(page, cpu);
		cpu_relax(); /* MODE=det: the next CPU's turn */
	}
}

SELFTEST(mm, page_stress, frames_change_cpus, "A MM-C1, A MM-B2, A MM-P3",
	 stress)
{
	unsigned int cpus = 0;

	if (num_online_cpus() < 2)
		return selftest_skip("needs 2 CPUs");
	atomic_set(&wrong, 0);
	atomic_set(&passed, 0);
	atomic_set(&crossed, 0);
	rounds_of_each = ROUNDS;
	for (unsigned long n = 0; n < selftest_scale(); n++)
		cpus = workers_run(pass_blocks, NULL);
	for (unsigned int i = 0; i < SLOTS; i++) {
		struct page *page = xchg(&slots[i], NULL);

		if (page)
			check_and_free(page, 0);
	}
	EXPECT_EQ(atomic_read(&wrong), 0);
	EXPECT_GT(atomic_read(&passed), ROUNDS / 2 * (int)cpus);
	EXPECT_GT(atomic_read(&crossed), 0);
	drain_all_pages();
	EXPECT_STREQ(page_check_all(), "");
}

/* All CPUs want single frames, and nearly no lock is taken for them. */
static void hot_frames(unsigned int cpu __unused, void *arg __unused)
{
	for (unsigned int i = 0; i < 320; i++) {
		struct page *page = alloc_page(GFP_ATOMIC);

		if (page)
			__free_page(page);
		else
			atomic_inc(&wrong);
	}
}

static unsigned long all_locks(void)
{
	unsigned long sum = 0;
	struct zone *zone;

	for_each_populated_zone(zone)
		sum += zone->nr_locked;
	return sum;
}

SELFTEST(mm, page_stress, locks_per_frame, "A MM-C4", race)
{
	unsigned long locks;
	unsigned int cpus;

	drain_all_pages();
	atomic_set(&wrong, 0);
	locks = all_locks();
	cpus = workers_run(hot_frames, NULL);
	EXPECT_EQ(atomic_read(&wrong), 0);
	/* One refill for each CPU; 1 in 16 would be 20. */
	EXPECT_LE(all_locks() - locks, cpus);
}

/* Everything, to the last frame, and then everything is there again. */
SELFTEST(mm, page_stress, exhaustion, "A MM-B6, A MM-C5, A MM-A4")
{
	unsigned long blocks[MAX_ORDER] = {0};
	unsigned long all, taken;
	/* high memory (option highmem=) goes to those who ask for it */
	gfp_t gfp = GFP_ATOMIC | (totalhigh_pages() ? __GFP_HIGHMEM : 0);
	struct zone *zone;
	HOARD(held);

	drain_all_pages();
	all = nr_free_pages();
	for_each_populated_zone(zone)
		for (unsigned int k = 0; k < MAX_ORDER; k++)
			blocks[k] += nr_free_blocks(zone, k);

	taken = hoard_last(&held, gfp);
	EXPECT_EQ(taken, all);
	EXPECT_EQ(nr_free_pages(), 0);
	EXPECT_PTR_EQ(alloc_page(gfp | __GFP_NOWARN), NULL);
	EXPECT_STREQ(page_check_all(), "");

	hoard_free(&held);
	drain_all_pages();
	EXPECT_EQ(nr_free_pages(), all);
	/* Every block is as large as before. */
	for (unsigned int k = 0; k < MAX_ORDER; k++) {
		unsigned long now = 0;

		for_each_populated_zone(zone)
			now += nr_free_blocks(zone, k);
		EXPECT_EQ(now, blocks[k]);
	}
	EXPECT_STREQ(page_check_all(), "");
}

/* All CPUs at once until nothing is left, single frames and blocks. */
static struct page *grabbed[NR_CPUS]; /* each CPU's own list, by private */
static atomic64_t grabbed_frames;

static void grab(unsigned int cpu, void *arg __unused)
{
	static const unsigned int orders[] = {10, 7, 4, 2, 1, 0};
	/* high memory (option highmem=) goes to those who ask for it */
	gfp_t gfp = GFP_ATOMIC | __GFP_NOWARN |
		    (totalhigh_pages() ? __GFP_HIGHMEM : 0);

	for (unsigned int i = 0; i < ARRAY_SIZE(orders); i++) {
		struct page *page;

		while ((page = alloc_pages(gfp, orders[i]))) {
			page->private = (unsigned long)grabbed[cpu];
			grabbed[cpu] = page;
			atomic64_add(1L << orders[i], &grabbed_frames);
			cpu_relax();
		}
	}
}

/* Each CPU frees what its neighbour has taken. */
static void release(unsigned int cpu, void *arg)
{
	unsigned int other = (cpu + 1) % *(unsigned int *)arg;
	struct page *page = grabbed[other];

	while (page) {
		struct page *next = (struct page *)page->private;

		page->private = 0;
		__free_pages(page, page_order(page));
		page = next;
	}
	grabbed[other] = NULL;
}

SELFTEST(mm, page_stress, all_cpus_exhaust, "A MM-B6, A MM-ZA5", race)
{
	unsigned int cpus = num_online_cpus();
	unsigned long all;

	if (cpus < 2 || cpus != nr_cpu_ids)
		return selftest_skip("needs 2 CPUs, all of them online");
	if (totalram_pages() > 1UL << 18)
		return selftest_skip("takes too long with more than 1 GiB");
	drain_all_pages();
	all = nr_free_pages();
	atomic64_set(&grabbed_frames, 0);
	workers_run(grab, NULL);
	EXPECT_GT((unsigned long)atomic64_read(&grabbed_frames), all / 2);
	EXPECT_EQ((unsigned long)atomic64_read(&grabbed_frames) +
			  nr_free_pages(),
		  all);
	EXPECT_STREQ(page_check_all(), "");
	workers_run(release, &cpus);
	EXPECT_EQ(nr_free_pages(), all);
	drain_all_pages();
	EXPECT_STREQ(page_check_all(), "");
}
