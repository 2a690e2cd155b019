/* SPDX-License-Identifier: MIT */
/*
 * show_slab.c - takes pictures of the slabs of a cache.
 *
 * Model. See <mm/show.h>. In debug builds the marks of objects tell who of
 * those that are not in their slab is with a user and who in an array; in
 * release builds all of them are shown as used.
 * Locking. cache_chain_lock, in kmem_cache_walk(), then list_lock of a node.
 * Contexts. Task.
 */
#include <mm/show.h>

#include <base/config.h>
#include <base/errno.h>
#include <lib/irqflags.h>
#include <lib/string.h>

#include "../slab_private.h"

/* What is looked for and where it goes, for the walk over all caches. */
struct search {
	const char *name;
	struct slab_picture *pictures;
	unsigned int max, nr;
	bool found;
};

static void take_picture(struct kmem_cache *c, struct slab *slab, char list,
			 struct slab_picture *p)
{
	const kmem_bufctl_t *bufctl = slab_bufctl(slab);

	*p = (struct slab_picture){
		.address = (unsigned long)slab->s_mem,
		.colour = (unsigned int)slab->colouroff,
		.num = c->num,
		.inuse = slab->inuse,
		.list = list,
	};
	for (unsigned int i = 0; i < c->num && i < SLAB_PICTURE_OBJECTS; i++)
		p->object[i] = bufctl[i] == BUFCTL_ACTIVE ? '#'
			       : bufctl[i] != BUFCTL_FREE ? '.'
			       : CONFIG_DEBUG		  ? 'a'
							  : '#';
}

static void add_list(struct kmem_cache *c, struct list_head *slabs, char list,
		     struct search *s)
{
	struct slab *slab;

	list_for_each_entry(slab, slabs, list) {
		if (s->nr < s->max)
			take_picture(c, slab, list, &s->pictures[s->nr]);
		s->nr++;
	}
}

static void look(struct kmem_cache *c, void *arg)
{
	struct search *s = arg;

	if (s->found || strcmp(c->name, s->name) != 0)
		return;
	s->found = true;
	for (unsigned int nid = 0; nid < nr_online_nodes; nid++) {
		struct kmem_list3 *l3 = c->nodelists[nid];
		unsigned long flags;

		if (!l3)
			continue;
		local_irq_save(flags);
		list3_lock(l3);
		add_list(c, &l3->slabs_full, 'F', s);
		add_list(c, &l3->slabs_partial, 'P', s);
		add_list(c, &l3->slabs_free, '0', s);
		list3_unlock(l3);
		local_irq_restore(flags);
	}
}

int kmem_cache_pictures(const char *name, struct slab_picture *pictures,
			unsigned int max)
{
	struct search s = {.name = name, .pictures = pictures, .max = max};

	kmem_cache_walk(look, &s);
	return s.found ? (int)s.nr : -ENOENT;
}
