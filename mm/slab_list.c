/* SPDX-License-Identifier: MIT */
/*
 * slab_list.c - which object next: chains within slabs, three lists of slabs.
 *
 * Purpose. The part of the slab allocator that is a data structure and
 * nothing else: no CPU, no lock. It is compiled for the host too.
 *
 * Model (A MM-S2, MM-S3). A slab is a few pages cut into equal objects. The
 * free ones form a chain of indices: slab->free is the first, bufctl[i] the
 * one behind i. No memory of an object is used for it, so a free object keeps
 * its constructed state.
 *
 *	free = 3      bufctl: [0] FREE [1] END [2] FREE [3] 4 [4] 1
 *	              chain:  3 -> 4 -> 1;  inuse = 2 (objects 0 and 2)
 *
 * By inuse a slab is on one of three lists of its node:
 *
 *	slabs_free	inuse == 0		could go back
 *	slabs_partial	0 < inuse < num		is used up first
 *	slabs_full	inuse == num
 *
 * Taking from partial slabs first lets the others become free.
 *
 * Invariants.
 *   I1  The chain of a slab has num - inuse objects; bufctl[i] of the others
 *       is FREE or ACTIVE.
 *   I2  A slab is on the list that its inuse says.
 *   I3  free_objects is the sum of num - inuse over all slabs.
 *   I4  A slab that becomes free while free_objects is above free_limit
 *       leaves at once.
 * Locking. The caller holds list_lock of the node.
 * Contexts. Any.
 */
#include <base/assert.h>
#include <base/bits.h>
#include <lib/string.h>

#include "slab_private.h"

/* All objects on the chain, in order. Constructors are not its business. */
void slab_init(struct kmem_cache *c, struct slab *slab, void *s_mem,
	       unsigned long colouroff, int nodeid)
{
	kmem_bufctl_t *bufctl = slab_bufctl(slab);

	INIT_LIST_HEAD(&slab->list);
	slab->colouroff = colouroff;
	slab->s_mem = s_mem;
	slab->inuse = 0;
	slab->free = 0;
	slab->nodeid = nodeid;
	for (unsigned int i = 0; i < c->num; i++)
		bufctl[i] = i + 1;
	bufctl[c->num - 1] = BUFCTL_END;
}

void kmem_list3_init(struct kmem_list3 *l3)
{
	memset(l3, 0, sizeof(*l3));
	spin_lock_init(&l3->list_lock);
	INIT_LIST_HEAD(&l3->slabs_partial);
	INIT_LIST_HEAD(&l3->slabs_full);
	INIT_LIST_HEAD(&l3->slabs_free);
}

/* A new slab joins. */
void slab_add(struct kmem_cache *c, struct kmem_list3 *l3, struct slab *slab)
{
	list_add_tail(&slab->list, &l3->slabs_free);
	l3->free_objects += c->num;
	l3->nr_slabs++;
	l3->nr_free_slabs++;
	l3->nr_grown++;
}

static inline void *slab_get_obj(struct kmem_cache *c, struct slab *slab)
{
	kmem_bufctl_t *this = &slab_bufctl(slab)[slab->free];
	void *obj = index_to_obj(c, slab, slab->free);

	slab->inuse++;
	slab->free = *this;
	*this = BUFCTL_FREE;
	return obj;
}

/*
 * Whatever @obj is, nothing outside of the bufctl array is touched; false if
 * it is on the chain already or no object of the slab.
 */
static inline bool slab_put_obj(struct kmem_cache *c, struct slab *slab,
				void *obj)
{
	unsigned int i = obj_to_index(c, slab, obj);
	kmem_bufctl_t *this = &slab_bufctl(slab)[i];

	if (unlikely(i >= c->num || *this != BUFCTL_FREE))
		return false;
	*this = slab->free;
	slab->free = i;
	slab->inuse--;
	return true;
}

/* A slab that has something: of the partial ones, else of the free ones. */
static struct slab *slab_choose(struct kmem_list3 *l3)
{
	if (!list_empty(&l3->slabs_partial))
		return list_first_entry(&l3->slabs_partial, struct slab, list);
	if (list_empty(&l3->slabs_free))
		return NULL;
	l3->nr_free_slabs--;
	l3->free_touched = 1;
	return list_first_entry(&l3->slabs_free, struct slab, list);
}

/**
 * slab_take() - move objects from the chains into an array.
 * @c: the cache.
 * @l3: its lists of a node.
 * @to: receives them.
 * @want: how many at most.
 *
 * Context: any. Locking: list_lock.
 * Return: how many there were.
 */
unsigned int slab_take(struct kmem_cache *c, struct kmem_list3 *l3, void **to,
		       unsigned int want)
{
	unsigned int got = 0;

	while (got < want) {
		struct slab *slab = slab_choose(l3);

		if (!slab)
			break;
		do {
			to[got++] = slab_get_obj(c, slab);
		} while (got < want && slab->free != BUFCTL_END);
		list_move(&slab->list, slab->free == BUFCTL_END
					       ? &l3->slabs_full
					       : &l3->slabs_partial); /* I2 */
	}
	l3->free_objects -= got;
	return got;
}

/* Takes a slab without objects in use off the books. */
static void slab_retire(struct kmem_cache *c, struct kmem_list3 *l3,
			struct slab *slab, struct list_head *empty)
{
	list_move(&slab->list, empty);
	l3->free_objects -= c->num;
	l3->nr_slabs--;
	l3->nr_reaped++;
}

/* slab_give(); a place of its own where it is used for many. */
static inline bool give(struct kmem_cache *c, struct kmem_list3 *l3,
			struct slab *slab, void *obj, struct list_head *empty)
{
	if (unlikely(!slab_put_obj(c, slab, obj)))
		return false;
	l3->free_objects++;
	if (!slab->inuse) {
		if (l3->free_objects > l3->free_limit) { /* I4 */
			slab_retire(c, l3, slab, empty);
		} else {
			list_move(&slab->list, &l3->slabs_free);
			l3->nr_free_slabs++;
		}
	} else if (slab->inuse == c->num - 1) {
		list_move_tail(&slab->list, &l3->slabs_partial);
	}
	return true;
}

/**
 * slab_give() - put one object back on the chain of its slab.
 * @c: the cache.
 * @l3: its lists of the slab's node.
 * @slab: the slab.
 * @obj: the object.
 * @empty: receives the slab if it is not needed any more; the caller frees
 *	it when it has released the lock.
 *
 * Context: any. Locking: list_lock.
 * Return: false if @obj was not to be given back: nothing has changed.
 */
bool slab_give(struct kmem_cache *c, struct kmem_list3 *l3, struct slab *slab,
	       void *obj, struct list_head *empty)
{
	return give(c, l3, slab, obj, empty);
}

/* The chain says that it is free already: where it was freed is not known. */
static noinline void report_bad_give(struct kmem_cache *c, void *obj)
{
	WARN(1, "slab %s: double free: object %p was free when it came back",
	     c->name, obj);
}

/**
 * slab_give_block() - slab_give() for many objects, whose pages are known.
 * @c: the cache.
 * @l3: its lists of the node of all the objects.
 * @objs: the objects; what is free already is reported and left out.
 * @n: how many.
 * @empty: receives slabs that are not needed any more.
 *
 * Context: any. Locking: list_lock.
 */
void slab_give_block(struct kmem_cache *c, struct kmem_list3 *l3, void **objs,
		     unsigned int n, struct list_head *empty)
{
	for (unsigned int i = 0; i < n; i++)
		if (unlikely(!give(c, l3, virt_to_slab(objs[i]), objs[i],
				   empty)))
			report_bad_give(c, objs[i]);
}

/**
 * slab_drop_free() - take slabs without objects in use off the lists.
 * @c: the cache.
 * @l3: its lists of a node.
 * @max: how many at most.
 * @empty: receives them.
 *
 * Context: any. Locking: list_lock.
 * Return: how many there were.
 */
unsigned int slab_drop_free(struct kmem_cache *c, struct kmem_list3 *l3,
			    unsigned int max, struct list_head *empty)
{
	unsigned int n = 0;

	while (n < max && !list_empty(&l3->slabs_free)) {
		/* The last one is the coldest. */
		slab_retire(c, l3,
			    list_last_entry(&l3->slabs_free, struct slab, list),
			    empty);
		l3->nr_free_slabs--;
		n++;
	}
	return n;
}

/**
 * transfer_objects() - the hottest objects of one array into another.
 * @to: receives them, up to its limit.
 * @from: loses them.
 * @max: how many at most.
 *
 * Context: any. Locking: what protects both arrays.
 * Return: how many were moved.
 */
unsigned int transfer_objects(struct array_cache *to, struct array_cache *from,
			      unsigned int max)
{
	unsigned int n = min(from->avail, max);

	n = min(n, to->limit - to->avail);

	if (!n)
		return 0;
	memcpy(&to->entry[to->avail], &from->entry[from->avail - n],
	       n * sizeof(void *));
	from->avail -= n;
	to->avail += n;
	from->touched = 1;
	to->touched = 1;
	return n;
}
