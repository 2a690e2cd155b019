/* SPDX-License-Identifier: MIT */
/*
 * bench_mm.c - what memory costs: pages, objects, mappings.
 *
 * Model. Sizes and orders are read from volatile variables and every call is
 * one of a public function, as in a caller that the compiler knows nothing
 * about. "Hot" means that what is freed is what the next allocation gets;
 * the benchmarks "out and back" take a thousand before the first comes back.
 *
 * What a block costs depends on the blocks that happen to be free. So before
 * each benchmark all free blocks but the largest are taken and held until it
 * is over: memory looks fully merged. A block of order 3 is then cut from a
 * largest one by halving it seven times, and its return unites it seven times.
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

static volatile size_t size;
static volatile unsigned int order;
static void *objects[MANY];

/* ---- fully merged memory ------------------------------------------------ */

/* A block that is held; it lies in the block itself. */
struct held {
	struct held *next;
	unsigned int order;
};

static struct held *held;

static bool has_block(struct zone *zone, unsigned int k)
{
	unsigned long flags;
	bool found;

	spin_lock_irqsave(&zone->lock, flags);
	found = !list_empty(
		&zone->free_area[k].free_list[MIGRATE_UNMOVABLE].list);
	spin_unlock_irqrestore(&zone->lock, flags);
	return found;
}

static void release(void)
{
	while (held) {
		struct held *h = held;

		held = h->next;
		free_pages((unsigned long)h, h->order);
	}
}

static bool hold(unsigned int k)
{
	struct held *h = (void *)__get_free_pages(GFP_KERNEL, k);

	if (!h)
		return false;
	h->next = held;
	h->order = k;
	held = h;
	return true;
}

/* A block of order @k leaves a half of a largest one, and takes it back. */
static bool is_cut_from_largest(struct zone *zone, unsigned int k)
{
	struct page *page = alloc_pages(GFP_KERNEL, k);
	bool halved = has_block(zone, MAX_ORDER - 2);

	if (page)
		__free_pages(page, k);
	return halved && !has_block(zone, MAX_ORDER - 2);
}

/* Sets what the loops read, and merges memory for blocks from @k on. */
static int prepare(size_t bytes, unsigned int k)
{
	struct page *largest = alloc_pages(GFP_KERNEL, MAX_ORDER - 1);
	struct zone *zone;

	size = bytes;
	order = k;
	if (!largest)
		return -ENOMEM;
	zone = page_zone(largest);
	__free_pages(largest, MAX_ORDER - 1); /* now it is of our type */
	drain_all_pages();
	for (k = max(k, 1U); k < MAX_ORDER - 1; k++)
		while (has_block(zone, k)) /* so just that block is taken */
			if (!hold(k))
				goto undo;
	if (order && !is_cut_from_largest(zone, order))
		goto undo;
	return 0;
undo:
	release();
	return -ENOMEM;
}

/* clang-format off */
#define PREPARE(name_, bytes_, order_)                                      \
	static int name_(void)                                              \
	{                                                                   \
		return prepare(bytes_, order_);                             \
	}
/* clang-format on */

/* ---- kmalloc ------------------------------------------------------------ */

static void loop_kmalloc(unsigned long n)
{
	for_each_turn(n)
		kfree(kmalloc(size, GFP_KERNEL));
}

/* clang-format off */
#define KMALLOC_HOT(name_, bytes_, order_, turns_)                          \
	PREPARE(size_##name_, bytes_, order_)                               \
	BENCH("mm.kmalloc." #name_, turns_, loop_kmalloc,                   \
	      .setup = size_##name_, .teardown = release)
/* clang-format on */

KMALLOC_HOT(8, 8, 0, 1000);
KMALLOC_HOT(64, 64, 0, 1000);
KMALLOC_HOT(256, 256, 0, 1000);
KMALLOC_HOT(1024, 1024, 0, 1000);
KMALLOC_HOT(4096, 4096, 0, 1000);
KMALLOC_HOT(16k, 16384, 2, 500);

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
BENCH("mm.kmalloc.batch64", 20, loop_kmalloc_batch, .setup = size_64,
      .teardown = release);

PREPARE(size_512, 512, 0)

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
      .setup = size_512, .teardown = release);

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

/* ---- pages -------------------------------------------------------------- */

static void loop_page(unsigned long n)
{
	for_each_turn(n) {
		unsigned int k = order;

		__free_pages(alloc_pages(GFP_KERNEL, k), k);
	}
}

/* clang-format off */
#define PAGE_BENCH(k_, turns_)                                              \
	PREPARE(order_##k_, 0, k_)                                          \
	BENCH("mm.page." #k_, turns_, loop_page, .setup = order_##k_,       \
	      .teardown = release)
/* clang-format on */

PAGE_BENCH(0, 1000); /* hot: from this CPU's list */
PAGE_BENCH(1, 500);
PAGE_BENCH(3, 500);
PAGE_BENCH(4, 500);
PAGE_BENCH(9, 500);

static void loop_page_out_back(unsigned long n)
{
	for_each_turn(n) {
		for (unsigned int i = 0; i < MANY; i++)
			objects[i] = alloc_pages(GFP_KERNEL, order);
		for (unsigned int i = 0; i < MANY; i++)
			__free_pages(objects[i], order);
	}
}
BENCH("mm.page.1000x0", 1, loop_page_out_back, .ops = MANY, .setup = order_0,
      .teardown = release);

/* ---- mappings ------------------------------------------------------------ */

PREPARE(size_vmalloc, 16384, 0)

static void loop_vmalloc(unsigned long n)
{
	for_each_turn(n)
		vfree(vmalloc(size));
}
BENCH("mm.vmalloc.16k", 100, loop_vmalloc, .setup = size_vmalloc,
      .teardown = release);

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
      .setup = size_vmalloc, .teardown = release);
