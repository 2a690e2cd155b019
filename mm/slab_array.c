/* SPDX-License-Identifier: MIT */
/*
 * slab_array.c - batches between the arrays of CPUs and the lists of a node.
 *
 * Purpose. A CPU whose array is empty or full takes list_lock once and moves
 * batchcount objects, so that one lock serves many requests (A MM-S9).
 *
 * Model. An empty array is refilled from, in this order:
 *	1. the shared array of the node, which holds what other CPUs of the
 *	   node had too much of: a copy of pointers, the objects are warm;
 *	2. partial slabs, then free slabs;
 *	3. when the node is short of pages, any other node's lists, one object;
 *	4. a new slab (slab_grow.c), on another node if need be;
 *	5. any other node's lists.
 * A full array loses its oldest batch, which is at the bottom: into the
 * shared array as far as there is room, else onto the chains of their slabs.
 *
 *	bottom | cold ........ hot | top		avail == limit
 *	       '- batchcount -'
 *
 * An object of another node goes into that node's shared array (or to its
 * slab) at once, so that I3 of slab.c holds.
 *
 * Invariants.
 *   I1  Slabs that became superfluous are freed after list_lock is released:
 *       freeing one may mean freeing its descriptor, another cache's object.
 * Locking. list_lock; interrupts are off in all of this file.
 * Contexts. Any but NMI.
 */
#include <base/assert.h>
#include <base/bits.h>
#include <lib/irqflags.h>
#include <lib/string.h>

#include "slab_private.h"

/* The @n oldest objects are gone: the others move down. */
static void drop_bottom(struct array_cache *ac, unsigned int n)
{
	ac->avail -= n;
	memmove(ac->entry, ac->entry + n, ac->avail * sizeof(void *));
}

/**
 * drain_array() - the oldest objects of an array go to their slabs.
 * @c: the cache.
 * @l3: the node the array belongs to.
 * @ac: an array that nobody else uses now.
 * @n: how many, at most avail.
 *
 * Context: interrupts off. Locking: takes list_lock.
 */
void drain_array(struct kmem_cache *c, struct kmem_list3 *l3,
		 struct array_cache *ac, unsigned int n)
{
	LIST_HEAD(empty);

	if (!n)
		return;
	list3_lock(l3);
	slab_give_block(c, l3, ac->entry, n, &empty);
	list3_unlock(l3);
	drop_bottom(ac, n);
	slabs_destroy(c, &empty); /* I1 */
}

/**
 * cache_flusharray() - make room in the array of this CPU.
 * @c: the cache.
 * @ac: this CPU's array, full.
 *
 * Context: interrupts off. Locking: takes list_lock.
 */
void cache_flusharray(struct kmem_cache *c, struct array_cache *ac)
{
	struct kmem_list3 *l3 = c->nodelists[numa_mem_id()];
	unsigned int n = min(ac->batchcount, ac->avail);
	struct array_cache *shared;
	LIST_HEAD(empty);

	ac->touched = 1;
	list3_lock(l3);
	l3->nr_flushes++;
	shared = l3->shared;
	if (shared && shared->avail < shared->limit) {
		n = min(n, shared->limit - shared->avail);
		memcpy(&shared->entry[shared->avail], ac->entry,
		       n * sizeof(void *));
		shared->avail += n;
		shared->touched = 1;
	} else {
		slab_give_block(c, l3, ac->entry, n, &empty);
	}
	list3_unlock(l3);
	drop_bottom(ac, n);
	slabs_destroy(c, &empty); /* I1 */
}

/* An object of another node: home. Context: interrupts off. */
void slab_free_alien(struct kmem_cache *c, void *obj)
{
	struct slab *slab = virt_to_slab(obj);
	struct kmem_list3 *l3 = c->nodelists[slab->nodeid];
	struct array_cache *shared;
	LIST_HEAD(empty);

	list3_lock(l3);
	l3->nr_alien++;
	shared = l3->shared;
	if (shared && shared->avail < shared->limit)
		shared->entry[shared->avail++] = obj;
	else
		slab_give_block(c, l3, &obj, 1, &empty);
	list3_unlock(l3);
	slabs_destroy(c, &empty); /* I1 */
}

/* Up to a batch from the lists of @node, this CPU's, into its array. */
static void refill(struct kmem_cache *c, struct array_cache *ac, int node)
{
	struct kmem_list3 *l3 = c->nodelists[node];

	ac->touched = 1;
	list3_lock(l3);
	l3->nr_refills++;
	if (!l3->shared || !transfer_objects(ac, l3->shared, ac->batchcount))
		ac->avail +=
			slab_take(c, l3, &ac->entry[ac->avail], ac->batchcount);
	list3_unlock(l3);
}

/* One object of any node, not by way of an array (I3 of slab.c). */
static void *take_one(struct kmem_cache *c, int node)
{
	struct kmem_list3 *l3 = c->nodelists[node];
	void *obj = NULL;

	list3_lock(l3);
	if (l3->shared && l3->shared->avail)
		obj = l3->shared->entry[--l3->shared->avail];
	else
		slab_take(c, l3, &obj, 1);
	list3_unlock(l3);
	return obj;
}

static void *take_anywhere(struct kmem_cache *c)
{
	void *obj = NULL;
	int node;

	for_each_online_node(node) {
		obj = take_one(c, node);
		if (obj)
			break;
	}
	return obj;
}

/*
 * An object of another node, before one more slab is made there: this CPU's
 * @node has nothing left to make one of.
 */
static void *take_far(struct kmem_cache *c, gfp_t gfp, int node)
{
	if (likely(nr_online_nodes == 1) ||
	    node_has_plenty(node, gfp | c->gfpflags, c->gfporder))
		return NULL;
	return take_anywhere(c);
}

/**
 * cache_alloc_refill() - one object, when the array of this CPU is empty.
 * @c: the cache.
 * @gfp: with __GFP_WAIT interrupts are as @flags say while the cache grows.
 * @flags: what local_irq_save() gave the caller.
 *
 * When the new slab lies on another node, or when there is none, one object
 * is taken from where there is one.
 *
 * Context: interrupts off; perhaps on another CPU afterwards.
 * Return: the object, or NULL: there is no memory.
 */
void *cache_alloc_refill(struct kmem_cache *c, gfp_t gfp, unsigned long flags)
{
	for (;;) {
		struct array_cache *ac = cpu_cache_get(c);
		int grown, node = numa_mem_id();
		void *obj;

		/* While interrupts were on, one may have filled it. */
		if (!ac->avail)
			refill(c, ac, node);
		if (ac->avail)
			return ac->entry[--ac->avail];
		obj = take_far(c, gfp, node);
		if (obj)
			return obj;
		grown = cache_grow(c, gfp, flags, node);
		if (grown < 0)
			return take_anywhere(c);
		if (grown == numa_mem_id())
			continue;
		obj = take_one(c, grown);
		if (obj)
			return obj;
	}
}

/* The oldest of the shared array, at most @n. Context: interrupts off. */
void drain_shared(struct kmem_cache *c, struct kmem_list3 *l3, unsigned int n)
{
	struct array_cache *shared;
	LIST_HEAD(empty);

	list3_lock(l3);
	shared = l3->shared;
	if (shared) {
		n = min(n, shared->avail);
		slab_give_block(c, l3, shared->entry, n, &empty);
		drop_bottom(shared, n);
	}
	list3_unlock(l3);
	slabs_destroy(c, &empty); /* I1 */
}

/* All that this CPU's array holds. Context: interrupts off. */
void drain_cpu_array(struct kmem_cache *c)
{
	struct array_cache *ac = cpu_cache_get(c);

	if (ac)
		drain_array(c, c->nodelists[numa_mem_id()], ac, ac->avail);
}
