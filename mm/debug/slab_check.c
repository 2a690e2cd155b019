/* SPDX-License-Identifier: MIT */
/*
 * debug/slab_check.c - are the lists of a node sound?
 *
 * Purpose. Checks the invariants of slab_list.c, for tests and for those in
 * doubt. Pure, and compiled for the host too; what needs the running kernel
 * is in slab_walk.c.
 *
 * Locking. The caller's: list_lock, or nobody else uses the cache.
 * Contexts. Any.
 */
#include <base/bits.h>

#include "../slab_private.h"

/* I1 of slab_list.c; NULL: sound. */
static const char *check_slab(struct kmem_cache *c, struct slab *slab)
{
	const kmem_bufctl_t *b = slab_bufctl(slab);
	unsigned int chain = 0, off = 0;

	if (slab->inuse > c->num)
		return "inuse is larger than the number of objects";
	for (kmem_bufctl_t i = slab->free; i != BUFCTL_END; i = b[i]) {
		if (i >= c->num)
			return "the chain leads out of the slab";
		if (++chain > c->num)
			return "the chain is a circle";
	}
	if (chain != c->num - slab->inuse)
		return "the chain does not have num - inuse objects";
	for (unsigned int i = 0; i < c->num; i++)
		off += b[i] == BUFCTL_FREE || b[i] == BUFCTL_ACTIVE;
	if (off != slab->inuse)
		return "other objects off the chain than are in use";
	return NULL;
}

enum {
	PARTIAL,
	FULL,
	FREE
};

static bool on_right_list(const struct kmem_cache *c, const struct slab *slab,
			  int list)
{
	return list == (!slab->inuse		? FREE
			: slab->inuse == c->num ? FULL
						: PARTIAL);
}

/**
 * slab_check_list3() - the invariants of slab_list.c for one node.
 * @c: the cache.
 * @l3: its lists.
 *
 * Context: any. Locking: list_lock, or nobody else uses the cache.
 * Return: what is wrong, or NULL.
 */
const char *slab_check_list3(struct kmem_cache *c, struct kmem_list3 *l3)
{
	struct list_head *lists[] = {
		[PARTIAL] = &l3->slabs_partial,
		[FULL] = &l3->slabs_full,
		[FREE] = &l3->slabs_free,
	};
	unsigned long slabs = 0, empty = 0, objects = 0;
	struct slab *slab;

	for (int i = 0; i < (int)ARRAY_SIZE(lists); i++) {
		list_for_each_entry(slab, lists[i], list) {
			const char *wrong = check_slab(c, slab);

			if (wrong)
				return wrong;
			if (!on_right_list(c, slab, i)) /* I2 */
				return "a slab is on the wrong list";
			slabs++;
			empty += i == FREE;
			objects += c->num - slab->inuse;
		}
	}
	if (objects != l3->free_objects) /* I3 */
		return "free_objects is not the sum";
	if (slabs != l3->nr_slabs || empty != l3->nr_free_slabs)
		return "slabs are counted wrongly";
	return NULL;
}
