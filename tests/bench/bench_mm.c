/* SPDX-License-Identifier: MIT */
/*
 * bench_mm.c - what memory costs: pages, objects, mappings.
 *
 * Model. Sizes and orders are read from volatile variables and every call is
 * one of a public function, as in a caller that the compiler knows nothing
 * about. "Hot" means that what is freed is what the next allocation gets;
 * the benchmarks "out and back" take a thousand before the first comes back.
 *
 * Limits. The loops do not ask whether an allocation failed, which would add
 * to the figure: the machine has far more memory than they take.
 */
#include <kernel/bench.h>

#include <arch/page.h>
#include <base/assert.h>
#include <base/bits.h>
#include <base/errno.h>
#include <lib/spinlock.h>
#include <mm/gfp.h>
#include <mm/mmzone.h>
#include <mm/page.h>
#include <mm/slab.h>
#include <mm/vmalloc.h>

#define MANY 1000 /* out, before the first comes back */

static void *objects[MANY];

/* ---- kmalloc ------------------------------------------------------------ */

static volatile size_t size;

static void loop_kmalloc(unsigned long n)
{
	for_each_turn(n)
		kfree(kmalloc(size, GFP_KERNEL));
}

/* clang-format off */
#define KMALLOC_HOT(name_, bytes_, turns_)                                  \
	static int size_##name_(void)                              \
	{                                                                   \
		size = (bytes_);                                            \
		return 0;                                                   \
	}                                                                   \
	BENCH("mm.kmalloc." #name_, turns_, loop_kmalloc,                   \
	      .setup = size_##name_)
/* clang-format on */

KMALLOC_HOT(8, 8, 1000);
KMALLOC_HOT(64, 64, 1000);
KMALLOC_HOT(256, 256, 1000);
KMALLOC_HOT(1024, 1024, 1000);
KMALLOC_HOT(4096, 4096, 1000);
KMALLOC_HOT(16k, 16384, 500);

#define BATCH 64

static void loop_kmalloc_batch(unsigned long n)
{
	for_each_turn(n) {
		for (unsigned int i = 0; i < BATCH; i++)
			objects[i] = kmalloc(size, GFP_KERNEL);
		for (unsigned int i = 0; i < BATCH; i++)
			kfree(objects[i]);
	}
}
BENCH("mm.kmalloc.batch64", 20, loop_kmalloc_batch, .setup = size_64);

static int out_setup(void)
{
	size = 512;
	return 0;
}

static void loop_kmalloc_out_back(unsigned long n)
{
	for_each_turn(n) {
		for (unsigned int i = 0; i < MANY; i++)
			objects[i] = kmalloc(size, GFP_KERNEL);
		for (unsigned int i = 0; i < MANY; i++)
			kfree(objects[i]);
	}
}
BENCH("mm.kmalloc.1000x512", 1, loop_kmalloc_out_back, .ops = MANY,
      .setup = out_setup);

/* ---- a cache of one's own ----------------------------------------------- */

static struct kmem_cache *cache;

static int cache_setup(void)
{
	cache = kmem_cache_create("bench-192", 192, 0, 0, NULL);
	return cache ? 0 : -ENOMEM;
}

static void cache_teardown(void)
{
	WARN_ON(kmem_cache_destroy(cache));
}

static void loop_cache(unsigned long n)
{
	struct kmem_cache *c = cache;

	for_each_turn(n)
		kmem_cache_free(c, kmem_cache_alloc(c, GFP_KERNEL));
}
BENCH("mm.kmem_cache.192", 1000, loop_cache, .setup = cache_setup,
      .teardown = cache_teardown);

/* ---- pages --------------------------------------------------------------- */

static volatile unsigned int order;

static void loop_page(unsigned long n)
{
	for_each_turn(n) {
		unsigned int k = order;

		__free_pages(alloc_pages(GFP_KERNEL, k), k);
	}
}

/* clang-format off */
#define PAGE_HOT(order_, turns_)                                            \
	static int page_setup_##order_(void)                                \
	{                                                                   \
		order = (order_);                                           \
		return 0;                                                   \
	}                                                                   \
	BENCH("mm.page." #order_, turns_, loop_page,                        \
	      .setup = page_setup_##order_)
/* clang-format on */

PAGE_HOT(0, 1000);
PAGE_HOT(1, 500);
PAGE_HOT(4, 500);
PAGE_HOT(9, 500);

static void loop_page_out_back(unsigned long n)
{
	for_each_turn(n) {
		for (unsigned int i = 0; i < MANY; i++)
			objects[i] = alloc_pages(GFP_KERNEL, order);
		for (unsigned int i = 0; i < MANY; i++)
			__free_pages(objects[i], order);
	}
}
BENCH("mm.page.1000x0", 1, loop_page_out_back, .ops = MANY,
      .setup = page_setup_0);

/*
 * From fully merged memory: each allocation halves a largest block seven
 * times, and each free unites it again. All smaller blocks that would serve
 * are held meanwhile, chained through their first word.
 */
static void *held;

static bool smaller_blocks(struct zone *zone, unsigned int from)
{
	unsigned long flags;
	bool found = false;

	spin_lock_irqsave(&zone->lock, flags);
	for (unsigned int k = from; k < MAX_ORDER - 1 && !found; k++)
		found = !list_empty(
			&zone->free_area[k].free_list[MIGRATE_UNMOVABLE].list);
	spin_unlock_irqrestore(&zone->lock, flags);
	return found;
}

static void merged_teardown(void)
{
	while (held) {
		void *next = *(void **)held;

		free_pages((unsigned long)held, order);
		held = next;
	}
}

/* A block of this order leaves one of each larger order, and takes it back. */
static bool splits(struct zone *zone)
{
	struct page *page = alloc_pages(GFP_KERNEL, order);
	bool halved = smaller_blocks(zone, MAX_ORDER - 2);

	if (page)
		__free_pages(page, order);
	return halved && !smaller_blocks(zone, order);
}

static int merged_setup(void)
{
	struct zone *zone;

	order = 3;
	drain_all_pages();
	do {
		void *block = (void *)__get_free_pages(GFP_KERNEL, order);

		if (!block) {
			merged_teardown();
			return -ENOMEM;
		}
		*(void **)block = held;
		held = block;
		zone = page_zone(virt_to_page(block));
	} while (smaller_blocks(zone, order));
	return splits(zone) ? 0 : -EINVAL;
}
BENCH("mm.page.3", 500, loop_page, .setup = merged_setup,
      .teardown = merged_teardown);

/* ---- mappings ------------------------------------------------------------ */

static void loop_vmalloc(unsigned long n)
{
	for_each_turn(n)
		vfree(vmalloc(size));
}
BENCH("mm.vmalloc.16k", 100, loop_vmalloc, .setup = size_16k);

/* With its share of the work that vfree() puts off. */
static void loop_vmalloc_purged(unsigned long n)
{
	for_each_turn(n) {
		for (unsigned int i = 0; i < BATCH; i++)
			vfree(vmalloc(size));
		vm_unmap_aliases();
	}
}
BENCH("mm.vmalloc.16k_purged", 2, loop_vmalloc_purged, .ops = BATCH,
      .setup = size_16k);
