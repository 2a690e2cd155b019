/* SPDX-License-Identifier: MIT */
/*
 * slab_init.c - the first caches, and the table of arrays.
 *
 * Model (A MM-S7). The descriptor of a cache is an object of the cache
 * cache_cache; arrays and lists are kmalloc's objects, and kmalloc is made of
 * caches. The circle is cut in these steps:
 *
 *	1. cache_cache is a static variable; its first array, with room for
 *	   one pointer, and its lists lie in pages set aside here.
 *	2. kmalloc's classes, small ones first: their descriptors come from
 *	   cache_cache, first arrays and lists as above. Now kmalloc works.
 *	   Those up to SLAB_MGMT_MAX have their management inside, and hold that
 *	   of the larger ones.
 *	3. All of these get arrays of the usual size for every CPU. The pages
 *	   set aside keep the lists; the first arrays in them are not used any
 *	   more.
 *	4. The classes for __GFP_DMA are made like any other cache.
 *
 * A cache reaches its arrays through a slot, a pointer in per-CPU memory:
 * this CPU's array is one %gs-relative load away.
 *
 * Invariants.
 *   I1  A slot in use has its bit in slot_map.
 * Locking. cache_chain_lock for slot_map.
 * Contexts. Boot CPU alone; slots: task.
 * Limits. At most SLAB_MAX_CACHES caches.
 */
#include <base/assert.h>
#include <base/bits.h>
#include <arch/page.h>
#include <lib/bitmap.h>
#include <lib/cpumask.h>
#include <lib/panic.h>
#include <lib/percpu.h>
#include <lib/string.h>

#include "slab_private.h"

#define SLAB_MAX_CACHES 256

struct kmem_cache cache_cache;
struct kmalloc_classes kmalloc_normal, kmalloc_dma;

static DEFINE_PER_CPU(struct array_cache *[SLAB_MAX_CACHES], slab_arrays);
static DECLARE_BITMAP(slot_map, SLAB_MAX_CACHES); /* (n) */

/* clang-format off */
static const struct kmalloc_size {
	unsigned int size;
	unsigned int align;
	const char *name, *dma_name;
} kmalloc_sizes[] = {
#define SIZE(n, align) { n, align, "kmalloc-" #n, "kmalloc-dma-" #n }
	SIZE(8, 8),	SIZE(16, 16),	SIZE(32, 32),	SIZE(64, 64),
	SIZE(96, 32),	SIZE(128, 64),	SIZE(192, 64),	SIZE(256, 64),
	SIZE(512, 64),	SIZE(1024, 64),	SIZE(2048, 64),	SIZE(4096, 64),
	SIZE(8192, 64),
#undef SIZE
};
/* clang-format on */

/* The first caches' arrays and lists. */
static char *boot_start, *boot_next, *boot_end; /* (i) after boot */

static void *boot_alloc(size_t size)
{
	void *p = boot_next;

	boot_next += ALIGN(size, sizeof(void *));
	BUG_ON(boot_next > boot_end);
	return p;
}

bool slab_boot_memory(const void *p)
{
	return (const char *)p >= boot_start && (const char *)p < boot_end;
}

static void boot_memory_init(void)
{
	size_t one = sizeof(struct array_cache) + sizeof(void *) +
		     nr_online_nodes * sizeof(struct kmem_list3);
	size_t all = (1 + ARRAY_SIZE(kmalloc_sizes)) * one;
	unsigned int order = 0;

	while (PAGE_SIZE << order < all)
		order++;
	boot_start = (char *)__get_free_pages(GFP_NOWAIT, order);
	if (!boot_start)
		panic("no memory for the first caches");
	boot_next = boot_start;
	boot_end = boot_start + (PAGE_SIZE << order);
}

struct array_cache **cpu_slot_alloc(void)
{
	unsigned long i;

	spin_lock(&cache_chain_lock);
	i = find_next_zero_bit(slot_map, SLAB_MAX_CACHES, 0);
	if (i < SLAB_MAX_CACHES)
		__set_bit(i, slot_map);
	spin_unlock(&cache_chain_lock);
	return i < SLAB_MAX_CACHES ? &slab_arrays[i] : NULL;
}

void cpu_slot_free(struct array_cache **slot)
{
	spin_lock(&cache_chain_lock);
	__clear_bit((unsigned long)(slot - slab_arrays), slot_map);
	spin_unlock(&cache_chain_lock);
}

/* A cache with an array of one pointer for this CPU, and its lists. */
static void boot_cache(struct kmem_cache *c, const char *name, size_t size,
		       size_t align, unsigned long flags)
{
	struct array_cache *ac;
	int node;

	BUG_ON(cache_setup(c, name, size, align, flags, NULL));
	ac = boot_alloc(sizeof(*ac) + sizeof(void *));
	array_cache_init(ac, 1, 1);
	c->batchcount = 1;
	*this_cpu_ptr(c->array) = ac;
	for_each_online_node(node) {
		c->nodelists[node] = boot_alloc(sizeof(struct kmem_list3));
		kmem_list3_init(c->nodelists[node]);
	}
	list_add_tail(&c->next, &cache_chain);
}

/* All sizes that @c is the smallest class for. */
static void class_enter(struct kmalloc_classes *t, struct kmem_cache *c)
{
	for (size_t i = 0; i < ARRAY_SIZE(t->small); i++)
		if (!t->small[i] && (i + 1) * 8 <= c->obj_size)
			t->small[i] = c;
	for (unsigned int i = 0; i < ARRAY_SIZE(t->big); i++)
		if (!t->big[i] && 2UL << i <= c->obj_size)
			t->big[i] = c;
}

static void make_normal_classes(void)
{
	for (size_t i = 0; i < ARRAY_SIZE(kmalloc_sizes); i++) {
		const struct kmalloc_size *k = &kmalloc_sizes[i];
		struct kmem_cache *c =
			kmem_cache_zalloc(&cache_cache, GFP_NOWAIT);

		if (!c)
			panic("no memory for %s", k->name);
		boot_cache(c, k->name, k->size, k->align,
			   k->size <= SLAB_MGMT_MAX ? CFLGS_ON_SLAB : 0);
		class_enter(&kmalloc_normal, c);
	}
}

static void make_dma_classes(void)
{
	for (size_t i = 0; i < ARRAY_SIZE(kmalloc_sizes); i++) {
		const struct kmalloc_size *k = &kmalloc_sizes[i];

		class_enter(&kmalloc_dma,
			    kmem_cache_create(k->dma_name, k->size, k->align,
					      SLAB_CACHE_DMA | SLAB_PANIC,
					      NULL));
	}
}

void kmem_cache_init(void)
{
	struct kmem_cache *c;

	boot_memory_init();
	boot_cache(&cache_cache, "kmem_cache",
		   offsetof(struct kmem_cache, nodelists) +
			   nr_online_nodes * sizeof(struct kmem_list3 *),
		   0, SLAB_HWCACHE_ALIGN | CFLGS_ON_SLAB); /* step 1 */
	make_normal_classes();				   /* step 2 */
	list_for_each_entry(c, &cache_chain, next)	   /* step 3 */
		if (enable_cpucache(c))
			panic("no memory for the arrays of %s", c->name);
	make_dma_classes(); /* step 4 */
	kmem_cache_reap_init();
}
