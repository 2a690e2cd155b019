/* SPDX-License-Identifier: MIT */
/*
 * slab_cache.c - making a cache, changing how much it keeps, destroying it.
 *
 * Model. A cache is a descriptor (an object of cache_cache), a slot in the
 * per-CPU table of arrays, an array for each possible CPU, and lists and a
 * shared array for each node. Only the descriptor's layout is thought about
 * (slab_layout.c); no page is taken before the first allocation.
 *
 * do_tune_cpucache() gives every CPU a new array. An array belongs to its CPU
 * alone (I1 of slab.c), so each CPU is asked to exchange its own; what was in
 * the old ones goes to the slabs.
 *
 * Invariants.
 *   I1  A cache on cache_chain is complete.
 *   I2  A failed creation leaves nothing behind.
 *   I3  A cache with objects in use is not destroyed.
 * Locking. cache_chain_lock for the chain; list_lock for shared and
 * free_limit. Making, tuning and destroying the same cache at the same time
 * is the caller's mistake.
 * Contexts. Task; sleeps.
 */
#include <base/assert.h>
#include <base/bits.h>
#include <base/errno.h>
#include <arch/page.h>
#include <lib/cpumask.h>
#include <lib/irqflags.h>
#include <lib/might_sleep.h>
#include <lib/panic.h>
#include <lib/string.h>
#include <mm/cross_call.h>
#include <mm/memleak.h>

#include "slab_private.h"

DEFINE_SPINLOCK(cache_chain_lock);
LIST_HEAD(cache_chain);

void array_cache_init(struct array_cache *ac, unsigned int limit,
		      unsigned int batchcount)
{
	ac->avail = 0;
	ac->limit = limit;
	ac->batchcount = batchcount;
	ac->touched = 0;
}

static struct array_cache *alloc_array(unsigned int limit,
				       unsigned int batchcount)
{
	struct array_cache *ac;

	ac = kmalloc(sizeof(*ac) + limit * sizeof(void *), GFP_KERNEL);
	if (!ac)
		return NULL;
	memleak_ignore(ac); /* its entries are free, or were once */
	array_cache_init(ac, limit, batchcount);
	return ac;
}

/* The first arrays and lists are not kmalloc's. */
static void free_unless_boot(void *p)
{
	if (!slab_boot_memory(p))
		kfree(p);
}

/* ---- tuning ------------------------------------------------------------- */

/* For every CPU its next array, afterwards its last. */
struct ccupdate {
	struct kmem_cache *c;
	struct array_cache *arrays[]; /* nr_cpu_ids */
};

static void exchange_array(struct ccupdate *u, unsigned int cpu)
{
	struct array_cache **slot = per_cpu_ptr(u->c->array, cpu);

	swap(*slot, u->arrays[cpu]);
}

static void exchange_this(void *arg)
{
	exchange_array(arg, raw_smp_processor_id());
}

static void free_ccupdate(struct ccupdate *u)
{
	unsigned long flags;
	unsigned int cpu;

	for_each_possible_cpu(cpu) {
		struct array_cache *ac = u->arrays[cpu];

		if (!ac)
			continue;
		local_irq_save(flags);
		drain_array(u->c, u->c->nodelists[cpu_to_mem(cpu)], ac,
			    ac->avail);
		local_irq_restore(flags);
		free_unless_boot(ac);
	}
	kfree(u);
}

static struct ccupdate *alloc_ccupdate(struct kmem_cache *c, unsigned int limit,
				       unsigned int batchcount)
{
	struct ccupdate *u;
	unsigned int cpu;

	u = kzalloc(sizeof(*u) + nr_cpu_ids * sizeof(u->arrays[0]), GFP_KERNEL);
	if (!u)
		return NULL;
	u->c = c;
	for_each_possible_cpu(cpu) {
		u->arrays[cpu] = alloc_array(limit, batchcount);
		if (!u->arrays[cpu]) {
			free_ccupdate(u);
			return NULL;
		}
	}
	return u;
}

static unsigned int cpus_of_node(int node)
{
	unsigned int cpu, n = 0;

	for_each_possible_cpu(cpu)
		n += cpu_to_mem(cpu) == node;
	return n;
}

/* New shared array and limit for the lists of a node, which exist. */
static int tune_node(struct kmem_cache *c, int node)
{
	struct kmem_list3 *l3 = c->nodelists[node];
	unsigned long bytes = NODE_DATA(node)->node_present_pages << PAGE_SHIFT;
	struct array_cache *shared = NULL;
	unsigned long flags;

	if (c->shared) {
		shared = alloc_array(c->shared * c->batchcount, c->batchcount);
		if (!shared)
			return -ENOMEM;
	}
	local_irq_save(flags);
	list3_lock(l3);
	swap(l3->shared, shared);
	l3->free_limit = slab_free_limit(c, cpus_of_node(node), bytes);
	list3_unlock(l3);
	if (shared)
		drain_array(c, l3, shared, shared->avail);
	local_irq_restore(flags);
	kfree(shared);
	return 0;
}

/**
 * do_tune_cpucache() - how much CPUs and nodes keep of a cache.
 * @c: the cache.
 * @limit: most objects in the array of a CPU, at least 1.
 * @batchcount: how many move at once, 1 .. @limit.
 * @shared: size of a node's shared array in batches; 0: none.
 *
 * Context: task, interrupts on (or one CPU); sleeps.
 * Return: 0, -EINVAL, or -ENOMEM: the arrays may be as before or new.
 */
int do_tune_cpucache(struct kmem_cache *c, unsigned int limit,
		     unsigned int batchcount, unsigned int shared)
{
	struct ccupdate *u;
	unsigned int cpu;
	int node, err = 0;

	if (!limit || !batchcount || batchcount > limit)
		return -EINVAL;
	u = alloc_ccupdate(c, limit, batchcount);
	if (!u)
		return -ENOMEM;
	mm_on_cpus(cpu_online_mask, exchange_this, u);
	for_each_possible_cpu(cpu)
		if (!cpumask_test_cpu(cpu, cpu_online_mask))
			exchange_array(u, cpu);
	c->limit = limit;
	c->batchcount = batchcount;
	c->shared = shared;
	for_each_online_node(node)
		if (!err)
			err = tune_node(c, node);
	free_ccupdate(u);
	return err;
}

/* Lists where there are none yet, and arrays of the usual size. */
int enable_cpucache(struct kmem_cache *c)
{
	unsigned int limit, batchcount, shared;
	int node;

	for_each_online_node(node) {
		if (c->nodelists[node])
			continue;
		c->nodelists[node] =
			kmalloc(sizeof(struct kmem_list3), GFP_KERNEL);
		if (!c->nodelists[node])
			return -ENOMEM;
		kmem_list3_init(c->nodelists[node]);
	}
	slab_default_tuning(c, num_possible_cpus() > 1, &limit, &batchcount,
			    &shared);
	return do_tune_cpucache(c, limit, batchcount, shared);
}

/* ---- making ------------------------------------------------------------- */

static bool bad_arguments(const char *name, size_t size, size_t align,
			  unsigned long flags)
{
	return !name || !size || size > SLAB_MAX_OBJ_SIZE ||
	       (align && !is_power_of_2(align)) || align > PAGE_SIZE ||
	       (flags & ~(SLAB_KNOWN_FLAGS | CFLGS_ON_SLAB));
}

/* Which checks: all in debug builds, but no poison over constructed state. */
static unsigned long debug_flags(unsigned long flags, void (*ctor)(void *))
{
	if (!CONFIG_DEBUG)
		return flags & ~SLAB_DEBUG_FLAGS;
	if (!(flags & SLAB_NO_DEBUG))
		flags |= SLAB_DEBUG_FLAGS;
	return ctor ? flags & ~SLAB_POISON : flags;
}

/**
 * cache_setup() - fill in a descriptor that is all zero.
 * @c: the descriptor.
 * @name, @size, @align, @flags, @ctor: as for kmem_cache_create().
 *
 * Context: task.
 * Return: 0, -EINVAL: no slab can hold such an object, -ENOMEM: no slot.
 */
int cache_setup(struct kmem_cache *c, const char *name, size_t size,
		size_t align, unsigned long flags, void (*ctor)(void *))
{
	c->name = name;
	c->ctor = ctor;
	c->flags = debug_flags(flags, ctor);
	INIT_LIST_HEAD(&c->next);
	if (flags & SLAB_CACHE_DMA)
		c->gfpflags |= __GFP_DMA;
	if (flags & SLAB_RECLAIM_ACCOUNT)
		c->gfpflags |= __GFP_RECLAIMABLE;
	if (!slab_layout(c, size, align))
		return -EINVAL;
	if (c->flags & CFLGS_OFF_SLAB)
		c->slabp_cache = kmalloc_class(c->slab_size, GFP_KERNEL);
	c->array = cpu_slot_alloc();
	return c->array ? 0 : -ENOMEM;
}

/* Everything but the descriptor; what is not there yet is left out. */
static void free_parts(struct kmem_cache *c)
{
	unsigned int cpu;
	int node;

	if (c->array) {
		for_each_possible_cpu(cpu) {
			kfree(*per_cpu_ptr(c->array, cpu));
			*per_cpu_ptr(c->array, cpu) = NULL;
		}
		cpu_slot_free(c->array);
	}
	for_each_online_node(node) {
		if (!c->nodelists[node])
			continue;
		kfree(c->nodelists[node]->shared);
		kfree(c->nodelists[node]);
	}
}

static int create(struct kmem_cache *c, const char *name, size_t size,
		  size_t align, unsigned long flags, void (*ctor)(void *))
{
	int err = cache_setup(c, name, size, align, flags, ctor);

	if (!err)
		err = enable_cpucache(c);
	if (err)
		free_parts(c); /* I2 */
	return err;
}

struct kmem_cache *kmem_cache_create(const char *name, size_t size,
				     size_t align, unsigned long flags,
				     void (*ctor)(void *obj))
{
	struct kmem_cache *c = NULL;
	int err = -EINVAL;

	might_sleep();
	if (WARN(bad_arguments(name, size, align, flags),
		 "kmem_cache_create %s: size %zu, align %zu, flags %#lx",
		 name ? name : "(no name)", size, align, flags))
		goto out;
	err = -ENOMEM;
	c = kmem_cache_zalloc(&cache_cache, GFP_KERNEL);
	if (!c)
		goto out;
	err = create(c, name, size, align, flags, ctor);
	if (err) {
		kmem_cache_free(&cache_cache, c);
		c = NULL;
		goto out;
	}
	spin_lock(&cache_chain_lock);
	list_add_tail(&c->next, &cache_chain); /* I1 */
	spin_unlock(&cache_chain_lock);
out:
	if (!c && (flags & SLAB_PANIC))
		panic("cannot make the cache %s: error %d", name, err);
	return c;
}

/* ---- destroying --------------------------------------------------------- */

/* Objects off the chains, once all arrays are empty: those with users. */
static unsigned long objects_out(struct kmem_cache *c)
{
	unsigned long flags, n = 0;
	int node;

	for_each_online_node(node) {
		struct kmem_list3 *l3 = c->nodelists[node];

		spin_lock_irqsave(&l3->list_lock, flags);
		n += l3->nr_slabs * c->num - l3->free_objects;
		spin_unlock_irqrestore(&l3->list_lock, flags);
	}
	return n;
}

int kmem_cache_destroy(struct kmem_cache *cache)
{
	unsigned long out;

	might_sleep();
	if (!cache)
		return 0;
	spin_lock(&cache_chain_lock);
	list_del(&cache->next);
	spin_unlock(&cache_chain_lock);
	kmem_cache_shrink(cache);
	out = objects_out(cache);
	if (out) { /* I3 */
		slab_report_leaks(cache, out);
		spin_lock(&cache_chain_lock);
		list_add_tail(&cache->next, &cache_chain);
		spin_unlock(&cache_chain_lock);
		return -EBUSY;
	}
	free_parts(cache);
	kmem_cache_free(&cache_cache, cache);
	return 0;
}

unsigned int kmem_cache_size(const struct kmem_cache *cache)
{
	return cache->obj_size;
}

const char *kmem_cache_name(const struct kmem_cache *cache)
{
	return cache->name;
}
