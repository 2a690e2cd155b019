/* SPDX-License-Identifier: MIT */
/*
 * slab.c - the slab allocator: its model, and the way of most allocations.
 *
 * Purpose. Kernels allocate the same few kinds of objects over and over. The
 * page allocator is too coarse for them and, with its lock, too slow.
 *
 * Model (A MM-S). A cache holds objects of one size in three layers:
 *
 *	users
 *	  |  kmem_cache_alloc(), kmem_cache_free(): one object, no lock
 *	array_cache of this CPU		a stack of pointers, limit entries
 *	  |  refill, flush: batchcount objects, list_lock of the node
 *	kmem_list3 of this node		shared array; partial, full, free slabs
 *	  |  grow, destroy: one slab
 *	page allocator
 *
 * Nearly every request ends in the first layer, this file: with interrupts
 * off a CPU is alone with its array, so taking an object is "load avail,
 * decrement, load the pointer". What was freed last comes back first, and is
 * likely still in the processor's cache. All that is rare is out of line, in
 * calls that come last in their function, so that the common path saves no
 * registers.
 *
 * An object may be freed on any CPU: it goes into the array of that CPU, and
 * what a CPU has too much of flows back through the shared array. Between
 * nodes objects do not drift: one that lies on another node goes home at
 * once (slab_free_alien()).
 *
 * kmalloc() is a table from sizes to caches. kfree() finds the cache through
 * the frame's descriptor: each page of a slab points at cache and slab.
 *
 *	slab_list.c	which object of which slab; the three lists
 *	slab_layout.c	how pages are cut into objects
 *	slab_array.c	between the arrays and the lists
 *	slab_grow.c	slabs from pages, and back
 *	slab_cache.c	making, tuning and destroying a cache
 *	slab_init.c	the first caches; nothing can be allocated before them
 *	slab_reap.c	giving memory back; numbers for people
 *	kmalloc.c	sizes that are not in the table, arrays, resizing
 *	debug/slab_debug.c	red zones, poison, owners
 *	debug/slab_check.c	are the lists sound?
 *	debug/slab_walk.c	walks everything else
 *
 * Invariants.
 *   I1  An array belongs to a CPU: only it, with interrupts off, touches it.
 *   I2  0 <= avail <= limit.
 *   I3  The array of a CPU holds objects of that CPU's node only.
 *   I4  An object is in exactly one place: with a user, in one array, or on
 *       the chain of its slab.
 *
 * Locking. list_lock of a cache's node, taken with interrupts off; no other
 * lock is taken under it. cache_chain_lock before it. Pages are allocated
 * and freed with neither held.
 * Contexts. Allocate and free: any but NMI.
 * Limits. No memory is freed after a grace period (SLAB_DESTROY_BY_RCU): it
 * comes with RCU. Arrays exist for every possible CPU. A cache that never
 * shrinks below its free_limit waits for a reap.
 */
#include <mm/slab.h>

#include <base/bits.h>
#include <lib/irqflags.h>
#include <lib/might_sleep.h>
#include <lib/string.h>
#include <mm/fail.h>
#include <mm/kasan.h>
#include <mm/memleak.h>

#include "slab_private.h"

/* The array of this CPU is empty. */
static noinline void *slab_alloc_slow(struct kmem_cache *c, gfp_t gfp,
				      unsigned long flags)
{
	void *obj = cache_alloc_refill(c, gfp, flags);

	local_irq_restore(flags);
	return obj;
}

static __always_inline void *slab_alloc(struct kmem_cache *c, gfp_t gfp)
{
	struct array_cache *ac;
	unsigned long flags;
	unsigned int left;
	void *obj;

	local_irq_save(flags); /* I1 */
	ac = cpu_cache_get(c);
	if (unlikely(__builtin_sub_overflow(ac->avail, 1U, &left)))
		return slab_alloc_slow(c, gfp, flags);
	ac->avail = left;
	obj = ac->entry[left];
	local_irq_restore(flags);
	return obj;
}

/* The array of this CPU is full. */
static noinline void slab_free_slow(struct kmem_cache *c, void *obj,
				    unsigned long flags)
{
	struct array_cache *ac = cpu_cache_get(c);

	cache_flusharray(c, ac);
	ac->entry[ac->avail++] = obj;
	local_irq_restore(flags);
}

/* I3. On a machine of one node this costs a compare. */
static noinline void slab_free_numa(struct kmem_cache *c, void *obj,
				    unsigned long flags)
{
	struct array_cache *ac = cpu_cache_get(c);

	if (page_to_nid(virt_to_page(obj)) != numa_mem_id()) {
		slab_free_alien(c, obj);
	} else {
		if (ac->avail >= ac->limit)
			cache_flusharray(c, ac);
		ac->entry[ac->avail++] = obj;
	}
	local_irq_restore(flags);
}

static __always_inline void slab_free(struct kmem_cache *c, void *obj)
{
	struct array_cache *ac;
	unsigned long flags;
	unsigned int avail;

	local_irq_save(flags); /* I1 */
	if (unlikely(nr_online_nodes > 1)) {
		slab_free_numa(c, obj, flags);
		return;
	}
	ac = cpu_cache_get(c);
	avail = ac->avail;
	if (unlikely(avail >= ac->limit)) { /* I2 */
		slab_free_slow(c, obj, flags);
		return;
	}
	ac->avail = avail + 1;
	ac->entry[avail] = obj;
	local_irq_restore(flags);
}

/**
 * slab_alloc_checked() - allocate, with all that the short path leaves out.
 * @c: the cache.
 * @gfp: as the user said; __GFP_ZERO clears @want bytes.
 * @want: bytes the user asked for, at most the size of an object.
 * @caller: who that is, for the owner's record.
 *
 * Context: as kmem_cache_alloc().
 * Return: the object or NULL.
 */
noinline void *slab_alloc_checked(struct kmem_cache *c, gfp_t gfp, size_t want,
				  unsigned long caller)
{
	void *obj;

	might_sleep_if(gfp & __GFP_WAIT);
	if (WARN(gfp & GFP_ZONE_BITS & ~c->gfpflags,
		 "slab %s: asked for memory that it does not have: gfp %#x",
		 c->name, gfp))
		return NULL;
	if (should_fail_alloc(gfp))
		return NULL;
	obj = slab_alloc(c, gfp);
	if (unlikely(!obj))
		return NULL;
	if (slab_debugged(c))
		slab_debug_alloc(c, obj, want, caller);
	kasan_slab_alloc(c, obj, want);
	memleak_alloc(obj, want, caller);
	if (gfp & __GFP_ZERO)
		memset(obj, 0, want);
	return obj;
}

/**
 * slab_free_checked() - free what passes the checks; a bad one is refused.
 * @c: the cache it is to go to.
 * @obj: the object, or something else that the user took for one.
 * @caller: who that is.
 *
 * Context: as kmem_cache_free().
 */
noinline void slab_free_checked(struct kmem_cache *c, void *obj,
				unsigned long caller)
{
	if (CONFIG_DEBUG && !slab_debug_pointer(c, obj, caller))
		return;
	if (slab_debugged(c) && !slab_debug_free(c, obj, caller))
		return;
	memleak_free(obj);
	if (kasan_slab_free(c, obj))
		return;
	slab_free(c, obj);
}

/* What left the quarantine of CONFIG=kasan. */
void slab_free_now(struct kmem_cache *c, void *obj)
{
	slab_free(c, obj);
}

void *kmem_cache_alloc(struct kmem_cache *cache, gfp_t gfp)
{
	if (CONFIG_DEBUG || unlikely(gfp & GFP_UNUSUAL))
		return slab_alloc_checked(cache, gfp, cache->obj_size,
					  _RET_IP_);
	return slab_alloc(cache, gfp);
}

void *kmem_cache_zalloc(struct kmem_cache *cache, gfp_t gfp)
{
	return slab_alloc_checked(cache, gfp | __GFP_ZERO, cache->obj_size,
				  _RET_IP_);
}

void kmem_cache_free(struct kmem_cache *cache, void *obj)
{
	if (CONFIG_DEBUG)
		slab_free_checked(cache, obj, _RET_IP_);
	else
		slab_free(cache, obj);
}

void *kmalloc(size_t size, gfp_t gfp)
{
	struct kmem_cache *c;

	if (CONFIG_DEBUG || unlikely(gfp & GFP_UNUSUAL))
		return kmalloc_unusual(size, gfp, _RET_IP_);
	/* size - 1: 0 is not small, but very large. */
	if (likely(size - 1 < KMALLOC_SMALL))
		c = kmalloc_small(&kmalloc_normal, size);
	else if (likely(size - 1 < KMALLOC_MAX_CACHE_SIZE))
		c = kmalloc_big(&kmalloc_normal, size);
	else
		return kmalloc_unusual(size, gfp, _RET_IP_);
	return slab_alloc(c, gfp);
}

void kfree(const void *p)
{
	struct page *page;

	if (CONFIG_DEBUG || unlikely(ZERO_OR_NULL_PTR(p))) {
		kfree_unusual(p, _RET_IP_);
		return;
	}
	page = virt_to_page(p);
	if (likely(PageSlab(page)))
		slab_free(page_get_cache(page), (void *)p);
	else
		kfree_unusual(p, _RET_IP_);
}
