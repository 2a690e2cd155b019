/* SPDX-License-Identifier: MIT */
/*
 * test_vmalloc_purge.c - freed addresses, until all CPUs have forgotten them.
 */
#include <mm/vmalloc.h>

#include <base/config.h>
#include <irq/smp_call.h>
#include <lib/random.h>
#include <mm/page.h>

#include "../../mm/vmap.h"
#include "../workers.h"
#include "vmalloc_check.h"

/* Many frees, one flush: on each CPU, and of the tables (TLB counters). */
SELFTEST(mm, vmalloc, one_flush_per_batch, "A TLB-2, A MM-H8")
{
	unsigned int others = num_online_cpus() - 1;
	struct tlb_stats before, after;
	struct vmalloc_stats then, now;
	unsigned long purges;

	vm_unmap_aliases();
	vmalloc_get_stats(&then);
	EXPECT_EQ(then.lazy_pages, 0);
	purges = then.purges;
	before = tlb_totals();
	for (unsigned int i = 0; i < 40; i++)
		vfree(vmalloc(3 * PAGE_SIZE));
	after = tlb_totals();
	EXPECT_EQ(purges_now(), purges);
	EXPECT_EQ(lazy_now(), 40 * 4);
	EXPECT_EQ(after.sent, before.sent);
	EXPECT_EQ(after.received, before.received);
	EXPECT_EQ(after.local_all, before.local_all);

	before = after;
	vm_unmap_aliases();
	after = tlb_totals();
	vmalloc_get_stats(&now);
	EXPECT_EQ(now.purges, purges + 1);
	EXPECT_EQ(now.purged_areas, then.purged_areas + 40);
	EXPECT_EQ(now.lazy_pages, 0);
	EXPECT_EQ(now.areas, then.areas);
	EXPECT_EQ(after.sent - before.sent, 1);
	EXPECT_EQ(after.received - before.received, others);
	/* 160 pages: more than is done one by one */
	EXPECT_EQ(after.local_all - before.local_all, others + 1);

	/* with nothing to do it does nothing */
	before = after;
	vm_unmap_aliases();
	after = tlb_totals();
	EXPECT_EQ(purges_now(), purges + 1);
	EXPECT_EQ(after.sent, before.sent);
}

/* Addresses come back with the purge, not before. */
SELFTEST(mm, vmalloc, no_early_reuse, "A TLB-2, A MM-H8")
{
	void *first, *second, *third;

	vm_unmap_aliases();
	first = vmalloc(2 * PAGE_SIZE);
	vfree(first);
	EXPECT_STREQ(info_at(first).kind, "freed");
	second = vmalloc(2 * PAGE_SIZE);
	EXPECT_TRUE(first && second && first != second);
	vm_unmap_aliases();
	EXPECT_STREQ(info_at(first).kind, "hole");
	/* the lowest hole is the one just made */
	third = vmalloc(2 * PAGE_SIZE);
	EXPECT_PTR_EQ(third, first);
	vfree(third);
	vfree(second);
}

/* The entries are gone at once; this CPU's memory of them, in debug builds. */
SELFTEST(mm, vmalloc, use_after_free, "A MM-H8")
{
	unsigned long a = (unsigned long)vmalloc(PAGE_SIZE);
	struct pt_walk w;

	REQUIRE_TRUE(a != 0);
	EXPECT_TRUE(can_read(a));
	vfree((void *)a);
	EXPECT_FALSE(pt_walk(a, &w));
	if (CONFIG_DEBUG)
		EXPECT_TRUE(is_absent(a));
	vm_unmap_aliases();
	EXPECT_TRUE(is_absent(a));
}

/* It does not grow without limit. */
SELFTEST(mm, vmalloc, purge_by_itself, "A MM-H8")
{
	unsigned long rounds, purges, before = vmap_lazy_limit;

	vm_unmap_aliases();
	vmap_lazy_limit = 100;
	purges = purges_now();
	for (rounds = 0; rounds < 20; rounds++)
		vfree(vmalloc(4 * PAGE_SIZE)); /* 5 of addresses */
	EXPECT_EQ(purges_now(), purges);
	EXPECT_EQ(lazy_now(), 100);
	vfree(vmalloc(4 * PAGE_SIZE));
	EXPECT_EQ(purges_now(), purges + 1);
	EXPECT_EQ(lazy_now(), 0);

	/* none may wait: each free flushes */
	vmap_lazy_limit = 0;
	for (rounds = 0; rounds < 3; rounds++)
		vfree(vmalloc(4 * PAGE_SIZE));
	EXPECT_EQ(purges_now(), purges + 4);
	vmap_lazy_limit = (unsigned int)before;
}

/* 32 TiB are hard to fill with memory, but areas need none. */
SELFTEST(mm, vmalloc, purge_for_addresses, "A MM-H8")
{
	const struct vmap_request small = {.nr = (15UL << 40) >> PAGE_SHIFT,
					   .align = PAGE_SIZE,
					   .kind = VMAP_MAP,
					   .caller = _RET_IP_};
	struct vmap_request large = small;
	unsigned int before = vmap_lazy_limit;
	struct vmap_area *a, *b;
	unsigned long purges;

	large.nr = (20UL << 40) >> PAGE_SHIFT;
	vm_unmap_aliases();
	vmap_lazy_limit = ~0U;
	a = vmap_area_get(&small);
	EXPECT_TRUE(a != NULL);
	/* it is in use: no purge helps */
	EXPECT_PTR_EQ(vmap_area_get(&large), NULL);
	if (a)
		vmap_area_abandon(a);
	EXPECT_GE(lazy_now(), small.nr);
	purges = purges_now();
	b = vmap_area_get(&large);
	EXPECT_TRUE(b != NULL);
	EXPECT_EQ(purges_now(), purges + 1);
	if (b)
		vmap_area_abandon(b);
	vm_unmap_aliases();
	vmap_lazy_limit = before;
	EXPECT_EQ(vmalloc_check(), 0);
}

/* ---- other CPUs --------------------------------------------------------- */

static struct {
	unsigned long addr;
	atomic_t readable, absent;
} look;

static void look_here(unsigned int cpu __unused, void *unused __unused)
{
	if (can_read(look.addr))
		atomic_inc(&look.readable);
	else if (is_absent(look.addr))
		atomic_inc(&look.absent);
}

static void look_everywhere(unsigned long addr)
{
	look.addr = addr;
	atomic_set(&look.readable, 0);
	atomic_set(&look.absent, 0);
	workers_run(look_here, NULL);
}

/* All CPUs have it in their TLBs; after free and purge none can reach it. */
SELFTEST(mm, vmalloc, all_cpus_forget, "A TLB-2, A MM-H8", race)
{
	int cpus = (int)num_online_cpus();
	unsigned long a;

	for (unsigned int round = 0; round < 8; round++) {
		a = (unsigned long)vmalloc(2 * PAGE_SIZE) + PAGE_SIZE;
		look_everywhere(a);
		EXPECT_EQ(atomic_read(&look.readable), cpus);
		vfree((void *)(a - PAGE_SIZE));
		vm_unmap_aliases();
		look_everywhere(a);
		EXPECT_EQ(atomic_read(&look.absent), cpus);
		EXPECT_EQ(atomic_read(&look.readable), 0);
	}
}

/*
 * A frame that is mapped at the address of another: each CPU must see the new
 * one. Without the flush before the reuse some would see the old.
 */
static struct {
	u64 *addr;
	u64 want;
	atomic_t wrong;
} reuse;

static void look_for_stale(unsigned int cpu __unused, void *unused __unused)
{
	if (READ_ONCE(*reuse.addr) != reuse.want)
		atomic_inc(&reuse.wrong);
}

SELFTEST(mm, vmalloc, reuse_is_clean, "A TLB-2", race)
{
	struct page *pages[2] = {alloc_page(GFP_KERNEL),
				 alloc_page(GFP_KERNEL)};
	u64 *last = NULL;

	REQUIRE_TRUE(pages[0] && pages[1]);
	vm_unmap_aliases();
	atomic_set(&reuse.wrong, 0);
	for (unsigned int i = 0; i < 2; i++)
		*(u64 *)page_address(pages[i]) = mark(i, 0);
	for (unsigned int i = 0; i < 16; i++) {
		reuse.addr = vmap(&pages[i % 2], 1, PAGE_KERNEL);
		reuse.want = mark(i % 2, 0);
		last = reuse.addr;
		workers_run(look_for_stale, NULL);
		vunmap(reuse.addr);
		if (i % 4 == 3)
			vm_unmap_aliases();
	}
	EXPECT_EQ(atomic_read(&reuse.wrong), 0);
	vm_unmap_aliases();
	reuse.addr = vmap(&pages[0], 1, PAGE_KERNEL);
	vunmap(reuse.addr);
	vm_unmap_aliases();
	last = vmap(&pages[1], 1, PAGE_KERNEL);
	EXPECT_PTR_EQ(last, reuse.addr); /* so addresses were used again */
	vunmap(last);
	__free_page(pages[0]);
	__free_page(pages[1]);
}

/* ---- all CPUs at once --------------------------------------------------- */

#define SLOTS 24

static struct {
	atomic_t damaged, failed;
	unsigned long rounds;
} stress;

/* Contents tell whether two areas share a page. */
static void stress_cpu(unsigned int cpu, void *unused __unused)
{
	struct {
		void *area;
		unsigned long size;
	} slot[SLOTS] = {{NULL, 0}};
	struct rnd_state rnd;

	prandom_seed_state(&rnd, selftest_seed() + cpu);
	for (unsigned long i = 0; i < stress.rounds + SLOTS; i++) {
		unsigned int k = prandom_u32_below(&rnd, SLOTS);
		u64 seed = (u64)cpu << 32;

		k = i < stress.rounds ? k : (unsigned int)(i % SLOTS);
		seed += k;
		if (slot[k].area) {
			if (wrong_words(slot[k].area, slot[k].size, seed))
				atomic_inc(&stress.damaged);
			vfree(slot[k].area);
			slot[k].area = NULL;
			continue;
		}
		if (i >= stress.rounds)
			continue;
		slot[k].size = 8 + prandom_u32_below(&rnd, 9 << 9) * 8;
		slot[k].area = vmalloc(slot[k].size);
		if (slot[k].area)
			fill(slot[k].area, slot[k].size, seed);
		else
			atomic_inc(&stress.failed);
		if (prandom_u32_below(&rnd, 64) == 0)
			vm_unmap_aliases();
	}
	for (unsigned int k = 0; k < SLOTS; k++)
		if (slot[k].area)
			vfree(slot[k].area);
}

SELFTEST(mm, vmalloc, all_cpus, "A MM-H8", stress)
{
	unsigned int before = vmap_lazy_limit;
	unsigned long used = vmalloc_nr_pages(), areas = areas_now();

	atomic_set(&stress.damaged, 0);
	atomic_set(&stress.failed, 0);
	stress.rounds = 200 * selftest_scale();
	vmap_lazy_limit = 200; /* purges often */
	workers_run_tasks(stress_cpu, NULL);
	vmap_lazy_limit = before;
	EXPECT_EQ(atomic_read(&stress.damaged), 0);
	EXPECT_EQ(atomic_read(&stress.failed), 0);
	EXPECT_EQ(vmalloc_nr_pages(), used);
	EXPECT_EQ(areas_now(), areas);
	EXPECT_EQ(vmalloc_check(), 0);
	vm_unmap_aliases();
	EXPECT_EQ(lazy_now(), 0);
}
