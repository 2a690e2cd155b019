/* SPDX-License-Identifier: MIT */
/*
 * test_mm_review.c - where parts of the memory floor meet.
 *
 * Model. Each case is a situation that no part alone gets into: a frame below
 * 1 MiB as page table, a node without memory, a large page that two CPUs
 * split and join at once.
 */
#include <arch/acpi.h>
#include <arch/crash.h>
#include <arch/pgtable.h>
#include <arch/upcall.h>
#include <base/bits.h>
#include <base/errno.h>
#include <lib/fault.h>
#include <lib/random.h>
#include <lib/string.h>
#include <mm/set_memory.h>

#include "../../mm/debug/memleak_private.h"
#include "../../mm/numa.h"
#include "../workers.h"
#include "slab_cases.h"

#define LOW_MEMORY (1UL << 20)
#define NO_LARGE   "the direct map has no large page here"

/* ---- frames -------------------------------------------------------------- */

/* Frames of one request each, linked by index. */
static struct page *push_frame(struct page *list, struct page *page)
{
	page->index = (unsigned long)list;
	return page;
}

static void free_list(struct page *list, unsigned int order)
{
	while (list) {
		struct page *next = (struct page *)list->index;

		list->index = 0;
		__free_pages(list, order);
		list = next;
	}
}

/* Taken for a page table, one that lies below 1 MiB comes back, too. */
SELFTEST(mm, review, low_table_page, "A MM-P1, A PG-2")
{
	struct page *list = NULL, *page;
	unsigned long before = nr_free_pages();

	do {
		page = alloc_page(GFP_DMA | __GFP_NOWARN);
		if (page && page_to_phys(page) >= LOW_MEMORY)
			list = push_frame(list, page);
	} while (page && page_to_phys(page) >= LOW_MEMORY);
	if (page)
		pt_page_free(page_to_phys(page));
	free_list(list, 0);
	if (!page)
		return selftest_skip("no frame below 1 MiB is free");
	EXPECT_EQ(nr_free_pages(), before);
}

/* Frees the two halves of a block, the upper one last; the lower one. */
static struct page *free_two_halves(unsigned int order)
{
	struct page *list = NULL, *low = NULL, *page, *other;

	/* Those given out one after the other are soon halves of one. */
	for (int i = 0; i < 64 && !low; i++) {
		page = alloc_pages(GFP_KERNEL, order);
		if (!page)
			break;
		for (other = list; other; other = (struct page *)other->index)
			if (page_to_pfn(other) ==
			    (page_to_pfn(page) ^ BIT(order)))
				low = min(page, other);
		list = push_frame(list, page);
	}
	page = NULL;
	while (list) {
		struct page *next = (struct page *)list->index;

		list->index = 0;
		if (low && list == low + BIT(order))
			page = list;
		else
			__free_pages(list, order);
		list = next;
	}
	if (page)
		__free_pages(page, order);
	return low;
}

/* A block freed as two halves is as good as new: nothing is left of them. */
SELFTEST(mm, review, split_after_merge, "A MM-B6, A MM-B7")
{
	unsigned long before = nr_free_pages();
	struct page *half = free_two_halves(3);
	struct page *list = NULL, *page;

	REQUIRE_TRUE(half);
	for (int i = 0; i < 256; i++) {
		page = alloc_pages(GFP_KERNEL, 4);
		if (!page || page == half)
			break;
		list = push_frame(list, page);
	}
	free_list(list, 4);
	if (!page)
		return selftest_skip("the block is part of a larger one");
	for (unsigned int i = 1; i < 16; i++)
		EXPECT_EQ(page[i].flags_low, 0U);
	split_page(page, 4);
	for (unsigned int i = 0; i < 16; i++)
		__free_page(page + i);
	EXPECT_EQ(nr_free_pages(), before);
}

/* ---- page tables --------------------------------------------------------- */

#define PMD_ORDER (PMD_SHIFT - PAGE_SHIFT)

static bool in_large_page(struct page *page)
{
	struct pt_walk w;

	return pt_walk((unsigned long)page_address(page), &w) &&
	       w.shift >= PMD_SHIFT;
}

/* A block that a large page of the direct map contains, or NULL. */
static struct page *block_in_large_page(void)
{
	struct page *list = NULL, *page;

	while ((page = alloc_pages(GFP_KERNEL, PMD_ORDER)) &&
	       !in_large_page(page))
		list = push_frame(list, page);
	free_list(list, PMD_ORDER);
	return page;
}

/* A mapping that is refused leaves the large page in its way whole. */
SELFTEST(mm, review, refused_map, "A PG-3")
{
	unsigned long tables = nr_page_table_pages(), before[3], va;
	struct page *page = block_in_large_page();

	if (!page)
		return selftest_skip(NO_LARGE);
	memcpy(before, direct_map_pages, sizeof(before));
	va = (unsigned long)page_address(page) + PAGE_SIZE;
	EXPECT_EQ(kernel_map(va, page_to_phys(page), PAGE_SIZE, PAGE_KERNEL,
			     PAGE_SHIFT),
		  -EEXIST);
	EXPECT_EQ(memcmp(before, direct_map_pages, sizeof(before)), 0);
	EXPECT_EQ(nr_page_table_pages(), tables);
	__free_pages(page, PMD_ORDER);
}

struct neighbours {
	unsigned long va; /* a large page; each CPU has one page of it */
	unsigned int rounds;
	atomic_t refused, errors;
};

static void write_at(void *arg)
{
	arch_crash_write((unsigned long)arg);
}

static void protect_mine(unsigned int cpu, void *arg)
{
	struct neighbours *n = arg;
	unsigned long va = n->va + (cpu + 1) * PAGE_SIZE;

	for (unsigned int i = 0; i < n->rounds; i++) {
		struct fault_info f = {.vector = ~0U};

		if (set_memory_ro(va, 1) || set_memory_rw(va, 1))
			atomic_inc(&n->errors);
		if (fault_catch(write_at, (void *)va, &f))
			atomic_inc(&n->refused);
	}
}

/* Pages of one large page have different users, who do not know each other. */
SELFTEST(mm, review, rights_of_neighbours, "A PG-3, A TLB-2", stress)
{
	struct page *page = block_in_large_page();
	struct neighbours n = {
		.rounds = 40 * (unsigned int)selftest_scale(),
	};
	unsigned long before[3];

	if (!page)
		return selftest_skip(NO_LARGE);
	memcpy(before, direct_map_pages, sizeof(before));
	n.va = (unsigned long)page_address(page);
	workers_run_tasks(protect_mine, &n);
	EXPECT_EQ(atomic_read(&n.errors), 0);
	EXPECT_EQ(atomic_read(&n.refused), 0);
	EXPECT_EQ(memcmp(before, direct_map_pages, sizeof(before)), 0);
	__free_pages(page, PMD_ORDER);
}

/* ---- nodes --------------------------------------------------------------- */

/* The frames of a largest block belong to one zone, whatever the SRAT says. */
SELFTEST(mm, review, blocks_of_one_zone, "A MM-B1, A MM-Z1")
{
	for (unsigned long pfn = 0; pfn < max_pfn; pfn += MAX_ORDER_NR_PAGES) {
		const struct page *p = pfn_to_page(pfn);
		unsigned int strange = 0;

		if (!pfn_valid(pfn))
			continue;
		for (unsigned int i = 1; i < MAX_ORDER_NR_PAGES; i++)
			strange += page_zone(p) != page_zone(p + i);
		EXPECT_EQ(strange, 0U);
	}
}

/* A border between nodes in the middle of a block moves to the block's end. */
SELFTEST(mm, review, node_borders, "A MM-Z1")
{
	static struct acpi_mem old[ACPI_MAX_MEM];
	unsigned int old_nr = acpi_info.nr_mem;
	unsigned long at, end, pfn;

	memcpy(old, acpi_info.mem, sizeof(old));
	acpi_info.mem[0] = (struct acpi_mem){
		.base = 0, .size = PFN_PHYS(8 * 1024 + 100), .node = 0};
	acpi_info.mem[1] = (struct acpi_mem){.base = PFN_PHYS(8 * 1024 + 100),
					     .size = PFN_PHYS(4 * 1024 - 200),
					     .node = 1};
	acpi_info.nr_mem = 2;
	for (pfn = 0; pfn < 16UL * 1024; pfn = end) {
		end = 16UL * 1024;
		numa_node_of_pfn(pfn, &end);
		EXPECT_GT(end, pfn);
		EXPECT_TRUE(IS_ALIGNED(end, MAX_ORDER_NR_PAGES));
		if (end <= pfn)
			break;
	}
	at = 16UL * 1024;
	EXPECT_EQ(numa_node_of_pfn(8 * 1024 + 500, &at), 0);
	at = 16UL * 1024;
	EXPECT_EQ(numa_node_of_pfn(10UL * 1024, &at), 1);
	at = 16UL * 1024;
	EXPECT_EQ(numa_node_of_pfn(13UL * 1024, &at), 0);
	memcpy(acpi_info.mem, old, sizeof(old));
	acpi_info.nr_mem = old_nr;
}

struct this_node {
	atomic_t strange;
};

static void from_this_node(unsigned int cpu, void *arg)
{
	struct this_node *t = arg;

	for (unsigned int order = 0; order < 2; order++) {
		struct page *page = alloc_pages(
			GFP_ATOMIC | __GFP_THISNODE | __GFP_NOWARN, order);

		if (!page)
			continue;
		if (page_to_nid(page) != cpu_to_node(cpu))
			atomic_inc(&t->strange);
		__free_pages(page, order);
	}
}

/* "No other node" holds for a CPU whose node has no memory, too. */
SELFTEST(mm, review, this_node, "A MM-A6")
{
	struct this_node t = {.strange = ATOMIC_INIT(0)};

	workers_run(from_this_node, &t);
	EXPECT_EQ(atomic_read(&t.strange), 0);
}

/* All that a node gives to who may not wait; a list. */
static struct page *exhaust_node(int nid, unsigned int order)
{
	gfp_t gfp = GFP_NOWAIT | __GFP_THISNODE | __GFP_NOWARN;
	struct page *list = NULL, *page;

	while ((page = alloc_pages_node(nid, gfp, order)))
		list = push_frame(list, page);
	return list;
}

#define FAR_OBJECTS 500

/* A CPU whose node is empty shares the slabs of the others. */
SELFTEST(mm, review, slab_without_node, "A MM-S5, A MM-A6")
{
	static void *objs[FAR_OBJECTS];
	struct page *large, *single;
	struct kmem_cache_info info;
	struct kmem_cache *c;
	unsigned int n = 0;

	if (nr_online_nodes < 2 || !NODE_DATA(0)->node_present_pages ||
	    !NODE_DATA(1)->node_present_pages)
		return selftest_skip("needs 2 nodes with memory");
	c = plain_cache(256, 0);
	REQUIRE_TRUE(c);
	preempt_disable(); /* the same node all the time */
	large = exhaust_node(numa_node_id(), MAX_ORDER - 1);
	single = exhaust_node(numa_node_id(), 0);
	while (n < FAR_OBJECTS &&
	       (objs[n] = kmem_cache_alloc(c, GFP_NOWAIT | __GFP_NOWARN)))
		n++;
	info = info_of(c);
	free_list(single, 0);
	free_list(large, MAX_ORDER - 1);
	preempt_enable();
	EXPECT_EQ(n, FAR_OBJECTS);
	EXPECT_LE(info.slabs * info.num, 2UL * FAR_OBJECTS);
	while (n)
		kmem_cache_free(c, objs[--n]);
	expect_destroy(c);
}

/* ---- caches -------------------------------------------------------------- */

struct makers {
	unsigned int rounds;
	atomic_t busy;
};

static void make_and_destroy(unsigned int cpu __unused, void *arg)
{
	struct makers *m = arg;

	for (unsigned int i = 0; i < m->rounds; i++) {
		struct kmem_cache *c =
			kmem_cache_create("test-short", 64, 0, 0, NULL);
		void *obj = c ? kmem_cache_alloc(c, GFP_KERNEL) : NULL;

		if (obj)
			kmem_cache_free(c, obj);
		if (!obj || kmem_cache_destroy(c))
			atomic_inc(&m->busy);
	}
}

/* What was freed is no object in use, whoever is just giving it back. */
SELFTEST(mm, review, destroyed_at_once, "A MM-S10", stress)
{
	struct makers m = {
		.rounds = 15 * (unsigned int)selftest_scale(),
		.busy = ATOMIC_INIT(0),
	};

	workers_run_tasks(make_and_destroy, &m);
	EXPECT_EQ(atomic_read(&m.busy), 0);
}

/* ---- tracking ------------------------------------------------------------ */

#define TRACKED 200

static void *tracked[NR_CPUS][TRACKED];

static void allocate_many(unsigned int cpu, void *unused __unused)
{
	for (unsigned int i = 0; i < TRACKED; i++)
		tracked[cpu][i] = kmalloc(40, GFP_ATOMIC);
}

/* CPUs that need an entry at the same moment all get one. */
SELFTEST(mm, review, all_are_tracked, "", stress)
{
	bool mine = !memleak_on;
	unsigned int cpu;

	if (!CONFIG_DEBUG)
		return selftest_skip("a check of debug builds");
	if (mine)
		memleak_start();
	for (unsigned long k = 0; k < selftest_scale(); k++) {
		workers_run(allocate_many, NULL);
		for_each_online_cpu(cpu)
			for (unsigned int i = 0; i < TRACKED; i++)
				kfree(tracked[cpu][i]);
	}
	EXPECT_EQ(memleak_lost, 0UL);
	if (mine)
		memleak_stop();
}
