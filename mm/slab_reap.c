/* SPDX-License-Identifier: MIT */
/*
 * slab_reap.c - caches give memory back; and what they hold, in numbers.
 *
 * Model (A MM-S10). Free memory of a cache is in three places, and each way
 * of reaping goes a step further:
 *
 *	                       arrays of CPUs  shared array  free slabs
 *	cache_reap(), a job    a fifth *       a fifth *     a fifth *
 *	shrinker (reclaim)     this CPU's      all           as many as asked
 *	kmem_cache_shrink()    all             all           all
 *	                                       * unless used since the last time
 *
 * The shrinker is called by a CPU that needs a page now, so it asks no other
 * CPU and does not wait: if somebody has the chain of caches, it gives up.
 *
 * Freeing a slab may free its descriptor, an object of a kmalloc class. The
 * classes stand first on the chain, so the chain is walked from its end, and
 * what became free on the way is found when its cache's turn comes.
 *
 * Invariants.
 *   I1  slab_objects_in_use() is the sum over caches of objects off the
 *       chains less those in arrays, less the descriptors of slabs, plus
 *       large kmallocs.
 * Locking. cache_chain_lock, then list_lock. Pages are freed without the
 * latter. Contexts. Task.
 */
#include <base/assert.h>
#include <base/bits.h>
#include <lib/cpumask.h>
#include <lib/irqflags.h>
#include <lib/might_sleep.h>
#include <lib/string.h>
#include <mm/cross_call.h>
#include <mm/kasan.h>
#include <mm/reclaim.h>

#include "slab_private.h"

/* cache_reap() takes one of so many. */
#define REAP_PART 5

/* Free slabs of a node, up to @max; returns how many went. */
static unsigned int free_slabs(struct kmem_cache *c, struct kmem_list3 *l3,
			       unsigned int max)
{
	unsigned long flags;
	unsigned int n;
	LIST_HEAD(empty);

	local_irq_save(flags);
	list3_lock(l3);
	n = slab_drop_free(c, l3, max, &empty);
	list3_unlock(l3);
	local_irq_restore(flags);
	slabs_destroy(c, &empty);
	return n;
}

/*
 * The array of this CPU, the shared ones, then free slabs, until at least
 * @max pages went. Returns how many did.
 */
static unsigned long shrink_here(struct kmem_cache *c, unsigned long max)
{
	unsigned long flags, pages = 0;
	int node;

	local_irq_save(flags);
	drain_cpu_array(c);
	for_each_online_node(node)
		drain_shared(c, c->nodelists[node], ~0U);
	local_irq_restore(flags);
	for_each_online_node(node)
		while (pages < max && free_slabs(c, c->nodelists[node], 1))
			pages += 1UL << c->gfporder;
	return pages;
}

static void drain_one(void *cache)
{
	drain_cpu_array(cache);
}

/* On each CPU, while the one that asked holds cache_chain_lock. */
static void drain_each(void *unused __unused)
{
	struct kmem_cache *c;

	list_for_each_entry(c, &cache_chain, next)
		drain_cpu_array(c);
}

/* CPUs that are not there have nobody to drain them. */
static void drain_offline(struct kmem_cache *c)
{
	unsigned long flags;
	unsigned int cpu;

	for_each_possible_cpu(cpu) {
		struct array_cache *ac = *per_cpu_ptr(c->array, cpu);

		if (!ac || cpumask_test_cpu(cpu, cpu_online_mask))
			continue;
		local_irq_save(flags);
		drain_array(c, c->nodelists[cpu_to_mem(cpu)], ac, ac->avail);
		local_irq_restore(flags);
	}
}

int kmem_cache_shrink(struct kmem_cache *cache)
{
	might_sleep();
	kasan_slab_drain();
	mm_on_cpus(cpu_online_mask, drain_one, cache);
	drain_offline(cache);
	return (int)shrink_here(cache, ~0UL);
}

unsigned long kmem_cache_reap_all(void)
{
	unsigned long pages = 0;
	struct kmem_cache *c;

	might_sleep();
	kasan_slab_drain();
	spin_lock(&cache_chain_lock);
	mm_on_cpus(cpu_online_mask, drain_each, NULL);
	list_for_each_entry_reverse(c, &cache_chain, next) {
		drain_offline(c);
		pages += shrink_here(c, ~0UL);
	}
	spin_unlock(&cache_chain_lock);
	return pages;
}

/* ---- now and then ------------------------------------------------------- */

static unsigned int part(unsigned long n, unsigned int unit)
{
	return (unsigned int)min(n / (REAP_PART * unit) + 1, 1UL << 30);
}

static void reap_lists(struct kmem_cache *c, struct kmem_list3 *l3)
{
	struct array_cache *shared = l3->shared;

	if (shared && !xchg(&shared->touched, 0U))
		drain_shared(c, l3, part(shared->limit, 1));
}

static void reap_one(struct kmem_cache *c)
{
	struct kmem_list3 *l3;
	struct array_cache *ac;
	unsigned long flags;
	bool idle;

	local_irq_save(flags);
	l3 = c->nodelists[numa_mem_id()];
	ac = cpu_cache_get(c);
	if (!ac->touched)
		drain_array(c, l3, ac, min(ac->avail, part(ac->limit, 1)));
	ac->touched = 0;
	reap_lists(c, l3);
	idle = !xchg(&l3->free_touched, 0U);
	local_irq_restore(flags);
	if (idle)
		free_slabs(c, l3, part(l3->free_limit, c->num));
}

void cache_reap(void)
{
	struct kmem_cache *c;

	if (!spin_trylock(&cache_chain_lock))
		return;
	list_for_each_entry_reverse(c, &cache_chain, next)
		reap_one(c);
	spin_unlock(&cache_chain_lock);
}

/* ---- reclaim ------------------------------------------------------------ */

static unsigned long free_pages_of(struct kmem_cache *c)
{
	unsigned long slabs = 0;
	int node;

	for_each_online_node(node)
		slabs += READ_ONCE(c->nodelists[node]->nr_free_slabs);
	return slabs << c->gfporder;
}

/* See <mm/reclaim.h>; counts in pages. */
static long slab_shrink(struct shrinker *s __unused, unsigned long nr,
			gfp_t gfp __unused)
{
	unsigned long freed = 0, left = 0;
	struct kmem_cache *c;

	if (nr)
		kasan_slab_drain();
	if (!spin_trylock(&cache_chain_lock))
		return -1;
	list_for_each_entry_reverse(c, &cache_chain, next) {
		if (freed < nr)
			freed += shrink_here(c, nr - freed);
		left += free_pages_of(c);
	}
	spin_unlock(&cache_chain_lock);
	return (long)left;
}

static struct shrinker slab_shrinker = {
	.name = "slab",
	.shrink = slab_shrink,
};

void kmem_cache_reap_init(void)
{
	register_shrinker(&slab_shrinker);
}

/* ---- numbers ------------------------------------------------------------ */

static void add_node_info(struct kmem_cache *c, struct kmem_list3 *l3,
			  struct kmem_cache_info *info)
{
	unsigned long flags;

	spin_lock_irqsave(&l3->list_lock, flags);
	info->total_objs += l3->nr_slabs * c->num;
	info->active_objs += l3->nr_slabs * c->num - l3->free_objects;
	info->shared_objs += l3->shared ? l3->shared->avail : 0;
	info->slabs += l3->nr_slabs;
	info->free_slabs += l3->nr_free_slabs;
	info->free_limit += l3->free_limit;
	info->grown += l3->nr_grown;
	info->reaped += l3->nr_reaped;
	info->refills += l3->nr_refills;
	info->flushes += l3->nr_flushes;
	info->alien += l3->nr_alien;
	info->locked += l3->nr_locked;
	spin_unlock_irqrestore(&l3->list_lock, flags);
}

void kmem_cache_get_info(struct kmem_cache *cache, struct kmem_cache_info *info)
{
	unsigned int cpu;
	int node;

	memset(info, 0, sizeof(*info));
	info->name = cache->name;
	info->flags = cache->flags & SLAB_KNOWN_FLAGS;
	info->object_size = cache->obj_size;
	info->buffer_size = cache->buffer_size;
	info->align = cache->align;
	info->num = cache->num;
	info->order = cache->gfporder;
	info->off_slab = cache->flags & CFLGS_OFF_SLAB;
	info->colours = max(cache->colour, 1U);
	info->limit = cache->limit;
	info->batchcount = cache->batchcount;
	info->shared = cache->shared;
	for_each_online_node(node)
		add_node_info(cache, cache->nodelists[node], info);
	for_each_possible_cpu(cpu) {
		struct array_cache *ac = *per_cpu_ptr(cache->array, cpu);

		if (ac)
			info->cpu_objs += READ_ONCE(ac->avail);
	}
	info->active_objs -=
		info->cpu_objs + info->shared_objs + kasan_slab_kept(cache);
}

void kmem_cache_for_each(void (*fn)(const struct kmem_cache_info *info,
				    void *arg),
			 void *arg)
{
	struct kmem_cache_info info;
	struct kmem_cache *c;

	spin_lock(&cache_chain_lock);
	list_for_each_entry(c, &cache_chain, next) {
		kmem_cache_get_info(c, &info);
		fn(&info, arg);
	}
	spin_unlock(&cache_chain_lock);
}

void kmem_cache_walk(void (*fn)(struct kmem_cache *cache, void *arg), void *arg)
{
	struct kmem_cache *c;

	spin_lock(&cache_chain_lock);
	list_for_each_entry(c, &cache_chain, next)
		fn(c, arg);
	spin_unlock(&cache_chain_lock);
}

static void add_objects(const struct kmem_cache_info *info, void *sum)
{
	*(unsigned long *)sum +=
		info->active_objs - (info->off_slab ? info->slabs : 0);
}

unsigned long slab_objects_in_use(void)
{
	unsigned long n = kmalloc_large_count();

	kmem_cache_for_each(add_objects, &n);
	return n;
}
