/* SPDX-License-Identifier: MIT */
/*
 * test_percpu.c - alloc_percpu(): where the copies lie, that they are zeroed,
 * that the single instructions work on them, and wrong frees.
 */
#include <mm/percpu.h>

#include <arch/page.h>
#include <arch/pgtable.h>
#include <lib/fault.h>
#include <lib/percpu.h>
#include <lib/selftest.h>
#include <lib/string.h>
#include <mm/mmzone.h>
#include <mm/page.h>

#include "../workers.h"

#define STRIDE_LEAST 64 /* a cache line */

static unsigned long gap(const void *a, const void *b)
{
	unsigned long x = (unsigned long)a, y = (unsigned long)b;

	return x > y ? x - y : y - x;
}

/* Bytes of all CPUs' copies that are not @byte; freed ones, too. */
static noinline __no_kasan unsigned long differing(const void *ptr, size_t size,
						   u8 byte)
{
	unsigned long n = 0;
	unsigned int cpu;

	for_each_possible_cpu(cpu) {
		const u8 *copy = per_cpu_ptr((const u8 *)ptr, cpu);

		for (size_t i = 0; i < size; i++)
			n += copy[i] != byte;
	}
	return n;
}

static void fill(void *ptr, size_t size, u8 byte)
{
	unsigned int cpu;

	for_each_possible_cpu(cpu)
		memset(per_cpu_ptr(ptr, cpu), byte, size);
}

struct odd {
	char text[13];
	u64 number;
	char tail;
};

SELFTEST(mm, percpu, zeroed_distinct_freed, "A SYNC-P4, A SYNC-P1, C CC-10")
{
	unsigned long before = percpu_bytes_in_use();
	unsigned int cpu, other, wrong = 0;
	struct odd *p = alloc_percpu(struct odd);
	struct odd *again;

	REQUIRE_TRUE(p);
	EXPECT_EQ(percpu_bytes_in_use(), before + sizeof(struct odd));
	EXPECT_EQ(differing(p, sizeof(*p), 0), 0);
	for_each_possible_cpu(cpu) {
		wrong += (unsigned long)per_cpu_ptr(p, cpu) % 8 != 0;
		for_each_possible_cpu(other)
			wrong += other != cpu &&
				 gap(per_cpu_ptr(p, cpu),
				     per_cpu_ptr(p, other)) < STRIDE_LEAST;
	}
	EXPECT_EQ(wrong, 0);
	fill(p, sizeof(*p), 0xee);
	free_percpu(p);
	EXPECT_EQ(percpu_bytes_in_use(), before);

	/* The same place again, and zeroed again. */
	again = alloc_percpu(struct odd);
	EXPECT_PTR_EQ(again, p);
	EXPECT_EQ(differing(again, sizeof(*again), 0), 0);
	free_percpu(again);
	free_percpu(NULL);
	EXPECT_EQ(percpu_bytes_in_use(), before);
}

static void add_cpu_number(unsigned int cpu, void *arg)
{
	unsigned long *counter = arg;

	for (unsigned int i = 0; i < 100; i++) {
		this_cpu_add(*counter, cpu);
		this_cpu_inc(*counter);
	}
	if (this_cpu_ptr(counter) != per_cpu_ptr(counter, cpu))
		this_cpu_write(*counter, 0);
}

SELFTEST(mm, percpu, one_instruction, "A SYNC-P2, C CC-10", race)
{
	unsigned long *counter = alloc_percpu(unsigned long);
	unsigned int cpu, wrong = 0;

	REQUIRE_TRUE(counter);
	workers_run(add_cpu_number, counter);
	for_each_possible_cpu(cpu)
		wrong += *per_cpu_ptr(counter, cpu) !=
			 (cpu_online(cpu) ? 100UL * (cpu + 1) : 0UL);
	EXPECT_EQ(wrong, 0);
	free_percpu(counter);
}

SELFTEST(mm, percpu, alignment, "A SYNC-P4")
{
	unsigned int cpu, wrong = 0;

	for (size_t align = 1; align <= PAGE_SIZE; align *= 2) {
		char *p = __alloc_percpu(3, align);

		REQUIRE_TRUE(p);
		wrong += (unsigned long)p % align != 0;
		for_each_possible_cpu(cpu)
			wrong += (unsigned long)per_cpu_ptr(p, cpu) % align;
		wrong += differing(p, 3, 0) != 0;
		free_percpu(p);
	}
	EXPECT_EQ(wrong, 0);
}

/* Neighbours of one CPU do not overlap, whatever their sizes. */
SELFTEST(mm, percpu, no_overlap, "A SYNC-P4")
{
	static const size_t sizes[] = {1, 8, 9, 64, 200, 3000, 1, 7};
	unsigned long before = percpu_bytes_in_use();
	void *p[ARRAY_SIZE(sizes)];
	unsigned int wrong = 0;

	for (unsigned int i = 0; i < ARRAY_SIZE(sizes); i++) {
		p[i] = __alloc_percpu(sizes[i], 1);
		REQUIRE_TRUE(p[i]);
		fill(p[i], sizes[i], (u8)(i + 1));
	}
	for (unsigned int i = 0; i < ARRAY_SIZE(sizes); i++)
		wrong += differing(p[i], sizes[i], (u8)(i + 1)) != 0;
	EXPECT_EQ(wrong, 0);
	for (unsigned int i = 0; i < ARRAY_SIZE(sizes); i++)
		free_percpu(p[(i * 3) % ARRAY_SIZE(sizes)]);
	EXPECT_EQ(percpu_bytes_in_use(), before);
}

SELFTEST(mm, percpu, wrong_free_is_reported, "A SYNC-P4")
{
	static int not_per_cpu;
	unsigned long before = percpu_bytes_in_use();
	char *p = __alloc_percpu(64, 8);

	REQUIRE_TRUE(p);
	warn_expect_begin();
	free_percpu(p + 8);
	EXPECT_EQ(warn_expect_end(), 1U);
	warn_expect_begin();
	free_percpu(&not_per_cpu);
	free_percpu(p + 1);
	free_percpu(per_cpu_ptr(p, 0)); /* a copy, not the pointer itself */
	EXPECT_EQ(warn_expect_end(), 3U);
	EXPECT_EQ(percpu_bytes_in_use(), before + 64);
	EXPECT_EQ(differing(p, 64, 0), 0); /* untouched */

	free_percpu(p);
	warn_expect_begin();
	free_percpu(p);
	EXPECT_EQ(warn_expect_end(), 1U);
	EXPECT_EQ(percpu_bytes_in_use(), before);
}

SELFTEST(mm, percpu, freed_is_poisoned, "A SYNC-P4")
{
	u64 *p;

	if (!CONFIG_DEBUG)
		return selftest_skip("a check of debug builds");
	p = alloc_percpu(u64);
	REQUIRE_TRUE(p);
	free_percpu(p);
	EXPECT_EQ(differing(p, sizeof(*p), 0x6b), 0);
}

SELFTEST(mm, percpu, refuses, "A SYNC-P4")
{
	unsigned long before = percpu_bytes_in_use();

	warn_expect_begin();
	EXPECT_PTR_EQ(__alloc_percpu(0, 8), NULL);
	EXPECT_PTR_EQ(__alloc_percpu(8, 0), NULL);
	EXPECT_PTR_EQ(__alloc_percpu(8, 24), NULL);
	EXPECT_PTR_EQ(__alloc_percpu(8, 2 * PAGE_SIZE), NULL);
	EXPECT_EQ(warn_expect_end(), 4U);
	/* more than there can be is no mistake of the caller */
	EXPECT_PTR_EQ(__alloc_percpu(PERCPU_DYN_SIZE + 1, 8), NULL);
	EXPECT_PTR_EQ(__alloc_percpu(~0UL, 8), NULL);
	EXPECT_EQ(percpu_bytes_in_use(), before);
}

/*
 * Each unit is where the address map says, and neither part is executable,
 * where the CPU can forbid that.
 */
SELFTEST(mm, percpu, units, "A SYNC-P1")
{
	bool may_exec = !(supported_pte_mask & _PAGE_NX);
	u64 *p = alloc_percpu(u64);
	unsigned int cpu, wrong = 0;
	struct pt_walk w;

	REQUIRE_TRUE(p);
	for_each_possible_cpu(cpu) {
		unsigned long unit = PERCPU_WINDOW + cpu * PERCPU_STRIDE;
		unsigned long here = (unsigned long)per_cpu_ptr(p, cpu);
		unsigned long its = (unsigned long)&per_cpu(cpu_number, cpu);

		wrong += cpu && (here < unit + PERCPU_DYN_OFFSET ||
				 here >= unit + PERCPU_STRIDE);
		wrong += cpu && (its < unit || its >= unit + PERCPU_DYN_OFFSET);
		wrong += here - its !=
			 (unsigned long)p - (unsigned long)&cpu_number;
		wrong += !pt_walk(here, &w) || !pte_write(w.entry) ||
			 pte_exec(w.entry) != may_exec;
	}
	EXPECT_EQ(wrong, 0);
	free_percpu(p);
}

/* ---- more than there was at boot ----------------------------------------- */

#define BIG (2 * PERCPU_BOOT_SIZE)

SELFTEST(mm, percpu, grows, "A SYNC-P4")
{
	unsigned long before = percpu_bytes_in_use(), pages;
	unsigned int cpu, wrong = 0;
	char *p = __alloc_percpu(BIG, PAGE_SIZE);
	char *again;

	REQUIRE_TRUE(p);
	pages = percpu_nr_pages();
	EXPECT_GE(pages, (BIG - PERCPU_BOOT_SIZE) / PAGE_SIZE * nr_cpu_ids);
	EXPECT_EQ(percpu_bytes_in_use(), before + BIG);
	EXPECT_EQ(differing(p, BIG, 0), 0);
	for_each_possible_cpu(cpu)
		memset(per_cpu_ptr(p, cpu), (int)cpu + 1, BIG);
	for_each_possible_cpu(cpu) {
		const char *copy = per_cpu_ptr(p, cpu);

		for (size_t i = 0; i < BIG; i += 64)
			wrong += copy[i] != (char)(cpu + 1);
	}
	EXPECT_EQ(wrong, 0); /* no frame is two CPUs' */
	free_percpu(p);

	/* The pages are there now: no more are needed. */
	again = __alloc_percpu(BIG, PAGE_SIZE);
	EXPECT_PTR_EQ(again, p);
	EXPECT_EQ(percpu_nr_pages(), pages);
	EXPECT_EQ(differing(again, BIG, 0), 0);
	free_percpu(again);
	EXPECT_EQ(percpu_bytes_in_use(), before);
}

SELFTEST(mm, percpu, not_in_atomic_context, "A SYNC-P4")
{
	u64 *p;

	if (!CONFIG_DEBUG)
		return selftest_skip("a check of debug builds");
	warn_expect_begin();
	preempt_disable();
	p = alloc_percpu(u64);
	preempt_enable();
	EXPECT_GE(warn_expect_end(), 1U);
	free_percpu(p);
}

/* Room, not memory, is exhausted: NULL, and nothing is taken. */
SELFTEST(mm, percpu, no_room, "A SYNC-P4")
{
	unsigned long before = percpu_bytes_in_use();
	u64 *p = alloc_percpu(u64);

	REQUIRE_TRUE(p);
	EXPECT_PTR_EQ(__alloc_percpu(PERCPU_DYN_SIZE, 8), NULL);
	EXPECT_EQ(percpu_bytes_in_use(), before + 8);
	free_percpu(p);
}

/*
 * Each frame fails in turn. What was got before stays with its CPU for the
 * next attempt, so the rounds share one new page of each CPU.
 */
SELFTEST(mm, percpu, no_memory, "A SYNC-P4", alloc)
{
	unsigned long before = percpu_bytes_in_use();
	/* More than there are pages for. */
	size_t size = (percpu_nr_pages() / nr_cpu_ids + 1) * PAGE_SIZE +
		      PERCPU_BOOT_SIZE;
	char *p = __alloc_percpu(size, PAGE_SIZE);

	if (!EXPECT_ALLOC(p)) {
		EXPECT_EQ(percpu_bytes_in_use(), before);
		return;
	}
	EXPECT_EQ(differing(p, size, 0), 0);
	free_percpu(p);
	EXPECT_EQ(percpu_bytes_in_use(), before);
}

/* What the command shows. */
SELFTEST(mm, percpu, map, "A SYNC-P4")
{
	char map[PERCPU_MAP_LINES + 1], before[PERCPU_MAP_LINES + 1];
	struct percpu_stats s, t;
	unsigned int page;
	char *p, *q;

	percpu_get_stats(&s);
	EXPECT_EQ(s.used, percpu_bytes_in_use());
	EXPECT_GE(s.pages, PERCPU_BOOT_SIZE / PAGE_SIZE);
	p = __alloc_percpu(PAGE_SIZE - 24, PAGE_SIZE);
	REQUIRE_TRUE(p);
	page = (unsigned int)(((unsigned long)p - s.template -
			       PERCPU_DYN_OFFSET) /
			      PAGE_SIZE);
	percpu_page_map(page, map);
	EXPECT_EQ(strlen(map), PERCPU_MAP_LINES);
	EXPECT_EQ(strspn(map, "#"), PERCPU_MAP_LINES - 1);
	EXPECT_EQ(map[PERCPU_MAP_LINES - 1], '+'); /* 40 bytes of 64 */
	percpu_get_stats(&t);
	EXPECT_EQ(t.used, s.used + PAGE_SIZE - 24);
	EXPECT_EQ(t.pieces, s.pieces + 1);
	EXPECT_EQ(t.end, max(s.end, page + 1));
	free_percpu(p);
	percpu_page_map(page, map);
	EXPECT_EQ(strspn(map, "."), PERCPU_MAP_LINES);

	percpu_page_map(0, before);
	q = __alloc_percpu(8, 64);
	REQUIRE_TRUE(q);
	percpu_get_stats(&t);
	EXPECT_EQ(t.end, max(s.end, 1U));
	free_percpu(q);
	percpu_page_map(0, map);
	EXPECT_STREQ(map, before);
	percpu_page_map(~0U, map); /* no such page */
	EXPECT_EQ(strspn(map, "."), PERCPU_MAP_LINES);
	percpu_get_stats(&t);
	EXPECT_EQ(t.end, s.end);
	EXPECT_EQ(t.pieces, s.pieces);
}

static noinline void count_one(unsigned long *p)
{
	this_cpu_inc(*p);
}

/* addq $1, %gs:(%rdi): nothing can come in between (SYNC-P2, "64"). */
SELFTEST(mm, percpu, is_one_instruction, "A SYNC-P2")
{
	static const u8 want[] = {0x65, 0x48, 0x83, 0x07, 0x01};
	const u8 *code = (const u8 *)(unsigned long)count_one;
	unsigned int found = 0;

	for (unsigned int i = 0; i < 32; i++)
		found += memcmp(code + i, want, sizeof(want)) == 0;
	EXPECT_EQ(found, 1);
}

/* Growth takes each frame from the node of the CPU that it is for. */
SELFTEST(mm, percpu, own_node, "A SYNC-P4")
{
	char *p = __alloc_percpu(BIG, PAGE_SIZE);
	unsigned int cpu, wrong = 0;

	REQUIRE_TRUE(p);
	for_each_possible_cpu(cpu) {
		int nid = cpu_to_node(cpu);
		struct pt_walk w;
		bool there = pt_walk((unsigned long)per_cpu_ptr(p, cpu) + BIG -
					     PAGE_SIZE,
				     &w);

		wrong += !there;
		if (there && NODE_DATA(nid)->node_present_pages)
			wrong += page_to_nid(pfn_to_page(PFN_DOWN(w.phys))) !=
				 nid;
	}
	EXPECT_EQ(wrong, 0);
	free_percpu(p);
}

#define EACH 8

static u64 *to_free[NR_CPUS][EACH];

static void free_own(unsigned int cpu, void *arg __unused)
{
	for (unsigned int i = 0; i < EACH; i++) {
		free_percpu(to_free[cpu][i]);
		cpu_relax(); /* MODE=det: another CPU gets its turn here */
	}
}

/* From interrupt handlers, on all CPUs at once: each place comes back. */
SELFTEST(mm, percpu, freed_by_all_cpus, "A SYNC-P4", race)
{
	unsigned long before = percpu_bytes_in_use();
	unsigned int cpu, wrong = 0;
	u64 *lowest = NULL, *again;

	for_each_online_cpu(cpu)
		for (unsigned int i = 0; i < EACH; i++) {
			to_free[cpu][i] = alloc_percpu(u64);
			wrong += !to_free[cpu][i];
			if (!lowest)
				lowest = to_free[cpu][i];
		}
	EXPECT_EQ(wrong, 0);
	workers_run(free_own, NULL);
	EXPECT_EQ(percpu_bytes_in_use(), before);
	again = alloc_percpu(u64);
	EXPECT_PTR_EQ(again, lowest);
	free_percpu(again);
}
