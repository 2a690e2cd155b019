/* SPDX-License-Identifier: MIT */
/*
 * slab_grow.c - pages become a slab, and a slab becomes pages again.
 *
 * Model (A MM-S5). Growing needs pages and perhaps a descriptor, both of
 * which may take long. So it happens without any lock and, if the request
 * may wait, with the caller's interrupts on:
 *
 *	lock    pick the colour, advance it		interrupts off
 *	unlock
 *		pages					perhaps on
 *		descriptor: in the pages, or from slabp_cache
 *		each page learns its cache and slab
 *		red zones, constructors
 *	lock    onto slabs_free				off
 *	unlock
 *
 * A failure undoes what was done, in reverse.
 *
 * Invariants.
 *   I1  Each page of a slab has PG_slab, slab_cache and slab_page; they are
 *       set before the first object can be reached, and cleared before the
 *       pages are freed.
 *   I2  s_mem - colouroff is the address of the first page.
 *   I3  A slab's node is that of its pages, wherever they were asked for.
 * Locking. See above. The pages are not compound: each points at its slab.
 * Contexts. Any but NMI.
 */
#include <base/assert.h>
#include <lib/irqflags.h>
#include <mm/kasan.h>
#include <mm/memleak.h>

#include "slab_private.h"

static void *slab_page_address(const struct slab *slab)
{
	return (char *)slab->s_mem - slab->colouroff;
}

/* I1 */
static void map_pages(struct kmem_cache *c, struct page *page,
		      struct slab *slab)
{
	for (unsigned int i = 0; i < 1U << c->gfporder; i++) {
		page[i].flags |= 1UL << PG_slab;
		page[i].slab_cache = c;
		page[i].slab_page = slab;
	}
}

static void unmap_pages(struct kmem_cache *c, struct page *page)
{
	for (unsigned int i = 0; i < 1U << c->gfporder; i++) {
		BUG_ON(!PageSlab(&page[i]));
		page[i].flags &= ~(1UL << PG_slab);
		page[i].slab_cache = NULL;
		page[i].slab_page = NULL;
	}
}

/* The bits of the user's request that its pages are asked for with. */
static gfp_t grow_gfp(const struct kmem_cache *c, gfp_t gfp)
{
	return (gfp & ~(GFP_UNUSUAL | __GFP_COMP | __GFP_MOVABLE)) |
	       c->gfpflags;
}

/* The descriptor and the place of the first object; NULL: no memory. */
static struct slab *alloc_slabmgmt(struct kmem_cache *c, struct page *page,
				   unsigned long colour, gfp_t gfp)
{
	char *base = lowmem_page_address(page);
	struct slab *slab;

	if (c->flags & CFLGS_OFF_SLAB) {
		gfp &= ~GFP_UNUSUAL;
		slab = slab_alloc_checked(c->slabp_cache, gfp, c->slab_size,
					  _RET_IP_);
		if (!slab)
			return NULL;
		memleak_ignore(slab); /* knows where each object is */
	} else {
		slab = (struct slab *)(base + colour);
		colour += c->slab_size;
	}
	colour += c->obj_offset;
	slab_init(c, slab, base + colour, colour, page_to_nid(page)); /* I2 */
	return slab;
}

/* Constructors run here and never again (A MM-S5). */
static void init_objs(struct kmem_cache *c, struct slab *slab)
{
	for (unsigned int i = 0; i < c->num; i++) {
		void *obj = index_to_obj(c, slab, i);

		if (slab_debugged(c))
			slab_debug_init_obj(c, obj);
		if (c->ctor)
			c->ctor(obj);
	}
}

/* Without any lock. */
static struct slab *make_slab(struct kmem_cache *c, gfp_t gfp, int node,
			      unsigned long colour)
{
	struct slab *slab;
	struct page *page;

	page = alloc_pages_node(node, grow_gfp(c, gfp), c->gfporder);
	if (!page)
		return NULL;
	slab = alloc_slabmgmt(c, page, colour, gfp);
	if (!slab) {
		__free_pages(page, c->gfporder);
		return NULL;
	}
	map_pages(c, page, slab);
	init_objs(c, slab);
	kasan_poison_slab(c, slab->s_mem, c->num);
	return slab;
}

/* Bytes by which the next slab of @l3 begins later (A MM-S4). */
static unsigned long next_colour(struct kmem_cache *c, struct kmem_list3 *l3)
{
	unsigned int colour;

	list3_lock(l3);
	colour = l3->colour_next++;
	if (l3->colour_next >= c->colour)
		l3->colour_next = 0;
	list3_unlock(l3);
	return (unsigned long)colour * c->colour_off;
}

/**
 * cache_grow() - one more slab.
 * @c: the cache.
 * @gfp: with __GFP_WAIT interrupts are restored meanwhile.
 * @flags: to what.
 * @node: near which the pages should be.
 *
 * Context: interrupts off on entry and return, perhaps of another CPU.
 * Locking: takes list_lock.
 * Return: the node on which the slab is (I3), or -1.
 */
int cache_grow(struct kmem_cache *c, gfp_t gfp, unsigned long flags, int node)
{
	unsigned long colour = next_colour(c, c->nodelists[node]);
	struct kmem_list3 *l3;
	struct slab *slab;

	if (gfp & __GFP_WAIT)
		local_irq_restore(flags);
	slab = make_slab(c, gfp, node, colour);
	if (gfp & __GFP_WAIT)
		local_irq_disable();
	if (!slab)
		return -1;
	node = slab->nodeid;
	l3 = c->nodelists[node];
	list3_lock(l3);
	slab_add(c, l3, slab);
	list3_unlock(l3);
	return node;
}

static void slab_destroy(struct kmem_cache *c, struct slab *slab)
{
	struct page *page = virt_to_page(slab_page_address(slab));

	if (slab_debugged(c))
		slab_debug_check_slab(c, slab);
	unmap_pages(c, page); /* I1 */
	if (c->flags & CFLGS_OFF_SLAB)
		slab_free_checked(c->slabp_cache, slab, _RET_IP_);
	__free_pages(page, c->gfporder);
}

/**
 * slabs_destroy() - give the pages of slabs back.
 * @c: the cache.
 * @slabs: no object of them is in use; on no list of the cache.
 *
 * Context: any but NMI. Locking: none held.
 */
void slabs_destroy(struct kmem_cache *c, struct list_head *slabs)
{
	struct slab *slab, *next;

	list_for_each_entry_safe(slab, next, slabs, list)
		slab_destroy(c, slab);
}
