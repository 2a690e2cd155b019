/* SPDX-License-Identifier: MIT */
/*
 * debug/slab_walk.c - walks the slabs of a cache.
 *
 * Purpose. For tests and for people in doubt: is everything as the invariants
 * say? Which objects are in use?
 *
 * Model. kmem_cache_check() adds to slab_check_list3() what needs the running
 * kernel: pages that point at their slab, arrays within their limits, objects
 * in arrays that are free.
 *
 * Locking. list_lock around each node's walk; arrays of other CPUs are read
 * without, so nobody may use the cache meanwhile.
 * Contexts. Task.
 */
#include <base/assert.h>
#include <base/bits.h>
#include <arch/page.h>
#include <lib/cpumask.h>
#include <lib/irqflags.h>
#include <lib/printk.h>

#include "../slab_private.h"

#define LEAKS_SHOWN 8

/* Calls @fn for all slabs of @l3 until it returns an objection. */
static const char *each_slab(struct kmem_cache *c, struct kmem_list3 *l3,
			     const char *(*fn)(struct kmem_cache *c,
					       struct slab *slab, void *arg),
			     void *arg)
{
	struct list_head *lists[] = {&l3->slabs_partial, &l3->slabs_full,
				     &l3->slabs_free};
	const char *wrong = NULL;
	struct slab *slab;

	for (size_t i = 0; i < ARRAY_SIZE(lists); i++)
		list_for_each_entry(slab, lists[i], list)
			if (!wrong)
				wrong = fn(c, slab, arg);
	return wrong;
}

static const char *check_pages(struct kmem_cache *c, struct slab *slab,
			       void *unused __unused)
{
	char *first = (char *)slab->s_mem - slab->colouroff;
	struct page *page = virt_to_page(first);

	if ((unsigned long)first & ~PAGE_MASK)
		return "s_mem - colouroff is no page";
	if (slab->nodeid != page_to_nid(page))
		return "a slab is on the wrong node";
	for (unsigned int i = 0; i < 1U << c->gfporder; i++)
		if (!PageSlab(&page[i]) || page_get_cache(&page[i]) != c ||
		    page[i].slab_page != slab)
			return "a page does not point at its slab";
	if (slab_debugged(c) && slab_debug_check_slab(c, slab))
		return "a free object was written to";
	return NULL;
}

static const char *check_array(struct kmem_cache *c,
			       const struct array_cache *ac, int node)
{
	if (ac->avail > ac->limit)
		return "an array holds more than its limit";
	for (unsigned int i = 0; i < ac->avail; i++) {
		struct slab *slab = virt_to_slab(ac->entry[i]);
		unsigned int n = obj_to_index(c, slab, ac->entry[i]);

		if (page_get_cache(virt_to_page(ac->entry[i])) != c ||
		    slab->nodeid != node)
			return "an array holds a strange object";
		if (n >= c->num || slab_bufctl(slab)[n] != BUFCTL_FREE)
			return "an object in an array is not marked free";
	}
	return NULL;
}

static const char *check_node(struct kmem_cache *c, int node)
{
	struct kmem_list3 *l3 = c->nodelists[node];
	const char *wrong;
	unsigned long flags;

	spin_lock_irqsave(&l3->list_lock, flags);
	wrong = slab_check_list3(c, l3);
	if (!wrong)
		wrong = each_slab(c, l3, check_pages, NULL);
	if (!wrong && l3->shared)
		wrong = check_array(c, l3->shared, node);
	spin_unlock_irqrestore(&l3->list_lock, flags);
	return wrong;
}

/**
 * kmem_cache_check() - everything about a cache that can be checked.
 * @c: nobody uses it meanwhile.
 *
 * Context: task.
 * Return: what is wrong, or NULL.
 */
const char *kmem_cache_check(struct kmem_cache *c)
{
	const char *wrong = NULL;
	unsigned int cpu;
	int node;

	for_each_online_node(node)
		if (!wrong)
			wrong = check_node(c, node);
	for_each_possible_cpu(cpu) {
		struct array_cache *ac = *per_cpu_ptr(c->array, cpu);

		if (!wrong && ac)
			wrong = check_array(c, ac, cpu_to_mem(cpu));
	}
	return wrong;
}

/* ---- who has what ------------------------------------------------------- */

struct visit {
	void (*fn)(void *obj, size_t size, unsigned long caller, void *arg);
	void *arg;
};

static const char *visit_slab(struct kmem_cache *c, struct slab *slab,
			      void *arg)
{
	struct visit *v = arg;

	for (unsigned int i = 0; i < c->num; i++) {
		void *obj = index_to_obj(c, slab, i);
		struct slab_owner none = {.size = c->obj_size}, *o = &none;

		if (slab_bufctl(slab)[i] != BUFCTL_ACTIVE)
			continue;
		if (c->flags & SLAB_STORE_USER)
			o = slab_owners(c, obj);
		v->fn(obj, o->size, o->caller, v->arg);
	}
	return NULL;
}

void kmem_cache_for_each_object(struct kmem_cache *cache,
				void (*fn)(void *obj, size_t size,
					   unsigned long caller, void *arg),
				void *arg)
{
	struct visit v = {.fn = fn, .arg = arg};
	unsigned long flags;
	int node;

	if (!slab_debugged(cache))
		return;
	for_each_online_node(node) {
		struct kmem_list3 *l3 = cache->nodelists[node];

		spin_lock_irqsave(&l3->list_lock, flags);
		each_slab(cache, l3, visit_slab, &v);
		spin_unlock_irqrestore(&l3->list_lock, flags);
	}
}

static void show_leak(void *obj, size_t size, unsigned long caller, void *arg)
{
	unsigned int *left = arg;

	if (!*left)
		return;
	--*left;
	pr_err("slab: object %p, %zu bytes, allocated by %pS\n", obj, size,
	       (void *)caller);
}

/**
 * slab_report_leaks() - objects that keep a cache from being destroyed.
 * @c: the cache, its arrays empty.
 * @active: how many there are.
 *
 * Context: task.
 */
void slab_report_leaks(struct kmem_cache *c, unsigned long active)
{
	unsigned int shown = LEAKS_SHOWN;

	WARN(1, "kmem_cache_destroy %s: %lu objects are still in use", c->name,
	     active);
	kmem_cache_for_each_object(c, show_leak, &shown);
}
