/* SPDX-License-Identifier: MIT */
/*
 * test_scaling.c - many CPUs allocate without waiting for each other.
 *
 * Model. Two ways to see it: how often the lock of a zone was taken, which is
 * true on every machine; and, where the counter counts instructions, what an
 * operation costs on one CPU and on all at the same time.
 */
#include <kernel/bench.h>

#include <base/atomic.h>
#include <lib/cpumask.h>
#include <lib/selftest.h>
#include <lib/spinlock.h>
#include <mm/gfp.h>
#include <mm/mmzone.h>
#include <mm/show.h>
#include <mm/slab.h>

#include "../workers.h"

#define HELD   32  /* frames that a CPU has at most */
#define ROUNDS 100 /* times it takes and gives back so many */

static unsigned long zone_locks(void)
{
	static struct zone_picture p;
	unsigned long sum = 0;
	struct zone *zone;

	for_each_populated_zone(zone) {
		zone_take_picture(zone, &p);
		sum += p.locked;
	}
	return sum;
}

struct totals {
	atomic_t frames, failed;
};

/* First 1 frame and back, then 2, ... up to HELD, and again. */
static void take_and_give(unsigned int cpu, void *arg)
{
	struct page *pages[HELD];
	struct totals *t = arg;

	(void)cpu;
	for (unsigned int round = 0; round < ROUNDS; round++) {
		unsigned int n = round % HELD + 1;

		for (unsigned int i = 0; i < n; i++) {
			pages[i] = alloc_page(GFP_ATOMIC);
			if (!pages[i])
				atomic_inc(&t->failed);
		}
		for (unsigned int i = 0; i < n; i++)
			if (pages[i])
				__free_page(pages[i]);
		atomic_add((int)n, &t->frames);
	}
}

SELFTEST(mm, scaling, lock_is_rare, "A MM-C4", func)
{
	struct totals t = {0};
	unsigned long before = zone_locks(), locks;
	unsigned int cpus;

	if (!ipi_possible()) {
		selftest_skip(NO_APIC);
		return;
	}
	cpus = workers_run(take_and_give, &t);
	locks = zone_locks() - before;
	EXPECT_EQ(atomic_read(&t.failed), 0);
	EXPECT_GE((unsigned int)atomic_read(&t.frames), cpus * ROUNDS);
	EXPECT_LT(locks * 16, (unsigned long)atomic_read(&t.frames));
}

/* The count is of something: larger blocks take the lock. */
SELFTEST(mm, scaling, lock_is_counted, "A MM-C4", func)
{
	unsigned long before = zone_locks();

	for (unsigned int i = 0; i < 10; i++) {
		struct page *page = alloc_pages(GFP_KERNEL, 3);

		REQUIRE_TRUE(page);
		__free_pages(page, 3);
	}
	EXPECT_GE(zone_locks() - before, 20);
}

/* ---- instructions ------------------------------------------------------- */

static void loop_page(unsigned long n)
{
	for_each_turn(n) {
		struct page *page = alloc_page(GFP_ATOMIC);

		if (page)
			__free_page(page);
	}
}

static volatile size_t size = 64;

static void loop_kmalloc(unsigned long n)
{
	for_each_turn(n)
		kfree(kmalloc(size, GFP_ATOMIC));
}

/* Hundredths of an instruction for one operation. */
static u64 cost(void (*loop)(unsigned long n), bool all_cpus)
{
	const struct bench b = {
		.name = "test",
		.turns = 50,
		.loop = loop,
		.all_cpus = all_cpus,
	};
	struct bench_result r;

	return EXPECT_EQ(bench_measure(&b, &r), 0) ? r.min : 0;
}

static void expect_flat(void (*loop)(unsigned long n))
{
	u64 alone, together;

	if (!bench_ticks_per_insn()) {
		selftest_skip("the counter does not count instructions");
		return;
	}
	if (num_online_cpus() < 2) {
		selftest_skip("needs 2 CPUs");
		return;
	}
	alone = cost(loop, false);
	together = cost(loop, true);
	EXPECT_GT(alone, 1000);
	EXPECT_GT(together, alone / 2);
	EXPECT_LT(together, alone + alone / 10);
}

SELFTEST(mm, scaling, page_is_flat, "A MM-C4", func)
{
	expect_flat(loop_page);
}

SELFTEST(mm, scaling, kmalloc_is_flat, "A MM-S6", func)
{
	expect_flat(loop_kmalloc);
}
