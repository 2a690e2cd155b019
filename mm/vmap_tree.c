/* SPDX-License-Identifier: MIT */
/*
 * vmap_tree.c - which addresses of a region are taken.
 *
 * Purpose. Find a hole of a given size and alignment, and find the area that
 *	an address lies in, both in O(log n), however the region looks.
 * Model. Two trees over the same kind of node, both ordered by address. The
 *	holes carry one more word: the size of the largest hole in their
 *	subtree. So a search knows at each node which side is worth going to,
 *	and finds the lowest hole that is large enough in one descent:
 *
 *			[80-90] max 40		hole of 10, below it one of 40
 *			/	     \
 *		[10-14] max 40	     [95-99] max 4
 *		       \
 *		      [20-60] max 40
 *
 *	Asked for 20: 40 >= 20 on the left, go there; the hole itself has 4,
 *	nothing is left of it, go right; [20-60] it is.
 *
 *	Taking from the front or the back of a hole moves its border, which
 *	keeps the order: no node enters or leaves. Only a cut out of the
 *	middle, which alignment may ask for, needs a node more.
 *
 * Invariants.
 *   I1  Holes do not overlap, and do not touch: they are united at once.
 *   I2  Busy areas overlap neither each other nor a hole.
 *   I3  Every area and hole is of whole pages, and not empty.
 *   I4  max_hole is the size of the largest hole in the subtree.
 *   I5  Both are search trees (lib/rbtree.c), with as many nodes as counted.
 * Locking. The caller's. Contexts. Any. Compiled for the host too.
 * Limits. Nodes are the caller's business: nothing is allocated here.
 */
#include "vmap_tree.h"

#include <arch/page.h>
#include <base/assert.h>
#include <base/bits.h>
#include <base/errno.h>
#include <lib/rbtree.h>

static struct vmap_area *area_of(struct rb_node *node)
{
	return rb_entry(node, struct vmap_area, node);
}

static unsigned long area_size(const struct vmap_area *a)
{
	return a->end - a->start;
}

static unsigned long subtree_max(const struct rb_node *node)
{
	return node ? rb_entry(node, struct vmap_area, node)->max_hole : 0;
}

static bool compute_max(struct vmap_area *a, bool exit)
{
	unsigned long m = area_size(a);

	m = max(m, subtree_max(a->node.rb_left));
	m = max(m, subtree_max(a->node.rb_right));
	if (exit && a->max_hole == m)
		return true;
	a->max_hole = m;
	return false;
}

RB_DECLARE_CALLBACKS(hole_augment, struct vmap_area, node, max_hole,
		     compute_max);

void vmap_space_init(struct vmap_space *s)
{
	*s = (struct vmap_space){.holes = RB_ROOT, .busy = RB_ROOT};
}

void vmap_space_idle(struct vmap_space *s, struct vmap_area *a)
{
	a->next.next = s->idle;
	s->idle = &a->next;
}

struct llist_node *vmap_space_take_idle(struct vmap_space *s)
{
	struct llist_node *all = s->idle;

	s->idle = NULL;
	return all;
}

static void hole_link(struct vmap_space *s, struct vmap_area *a,
		      struct rb_node *parent, struct rb_node **link)
{
	rb_link_node(&a->node, parent, link);
	a->max_hole = area_size(a);
	/* The balancing below expects right values above the new leaf. */
	hole_augment_propagate(parent, NULL);
	rb_insert_augmented(&a->node, &s->holes, &hole_augment);
	s->nr_holes++;
}

static void hole_erase(struct vmap_space *s, struct vmap_area *hole)
{
	rb_erase_augmented(&hole->node, &s->holes, &hole_augment);
	s->nr_holes--;
	vmap_space_idle(s, hole);
}

void vmap_space_release(struct vmap_space *s, struct vmap_area *a)
{
	struct rb_node **link = &s->holes.rb_node, *parent = NULL;
	struct vmap_area *before = NULL, *behind = NULL;

	while (*link) {
		struct vmap_area *hole = area_of(*link);

		parent = *link;
		if (a->start < hole->start) {
			behind = hole;
			link = &parent->rb_left;
		} else {
			before = hole;
			link = &parent->rb_right;
		}
	}
	ASSERT(!before || before->end <= a->start); /* I1 */
	ASSERT(!behind || a->end <= behind->start); /* I1 */
	if (before && before->end == a->start) {
		unsigned long end = a->end;

		/*
		 * First erase, then grow: balancing recomputes some nodes, and
		 * would hide from propagate() that this one has changed.
		 */
		if (behind && behind->start == end) {
			end = behind->end;
			hole_erase(s, behind);
		}
		before->end = end;
		hole_augment_propagate(&before->node, NULL);
		vmap_space_idle(s, a);
	} else if (behind && behind->start == a->end) {
		behind->start = a->start;
		hole_augment_propagate(&behind->node, NULL);
		vmap_space_idle(s, a);
	} else {
		hole_link(s, a, parent, link);
	}
}

/* Where in @hole it would begin; 0: it does not fit. */
static unsigned long fit(const struct vmap_area *hole, unsigned long size,
			 unsigned long align)
{
	unsigned long start = ALIGN(hole->start, align);

	if (start < hole->start || start >= hole->end ||
	    hole->end - start < size)
		return 0;
	return start;
}

/* The lowest hole of at least @size bytes. */
static struct vmap_area *lowest_hole(const struct vmap_space *s,
				     unsigned long size)
{
	struct rb_node *node = s->holes.rb_node;

	if (subtree_max(node) < size)
		return NULL;
	for (;;) {
		if (subtree_max(node->rb_left) >= size)
			node = node->rb_left;
		else if (area_size(area_of(node)) >= size)
			return area_of(node);
		else
			node = node->rb_right; /* I4: it must be there */
	}
}

static struct vmap_area *find_hole(const struct vmap_space *s,
				   unsigned long size, unsigned long align)
{
	/* With this much, it fits wherever the hole begins. */
	struct vmap_area *hole = lowest_hole(s, size + align - PAGE_SIZE);
	struct rb_node *node;

	if (hole || align == PAGE_SIZE || subtree_max(s->holes.rb_node) < size)
		return hole;
	/* Almost full: look at every hole. */
	for (node = rb_first(&s->holes); node; node = rb_next(node))
		if (fit(area_of(node), size, align))
			return area_of(node);
	return NULL;
}

/* Takes [@start, @start + @size) out of @hole; 0 or -EAGAIN. */
static int carve(struct vmap_space *s, struct vmap_area *hole,
		 unsigned long start, unsigned long size)
{
	unsigned long end = start + size, old_end = hole->end;
	bool front = hole->start == start, back = old_end == end;
	struct vmap_area *rest;

	if (front && back) {
		hole_erase(s, hole);
		return 0;
	}
	if (!front && !back && !s->idle)
		return -EAGAIN;
	if (front)
		hole->start = end;
	else
		hole->end = start;
	hole_augment_propagate(&hole->node, NULL);
	if (front || back)
		return 0;
	rest = llist_entry(s->idle, struct vmap_area, next);
	s->idle = rest->next.next;
	rest->start = end;
	rest->end = old_end;
	vmap_space_release(s, rest);
	return 0;
}

static void busy_insert(struct vmap_space *s, struct vmap_area *a)
{
	struct rb_node **link = &s->busy.rb_node, *parent = NULL;

	while (*link) {
		parent = *link;
		link = a->start < area_of(parent)->start ? &parent->rb_left
							 : &parent->rb_right;
	}
	rb_link_node(&a->node, parent, link);
	rb_insert_color(&a->node, &s->busy);
	s->nr_busy++;
}

int vmap_space_alloc(struct vmap_space *s, struct vmap_area *a,
		     unsigned long size, unsigned long align)
{
	struct vmap_area *hole;
	unsigned long start;
	int err;

	ASSERT(size && IS_ALIGNED(size, PAGE_SIZE));
	ASSERT(is_power_of_2(align) && align >= PAGE_SIZE);
	if (size + align < size)
		return -ENOSPC;
	hole = find_hole(s, size, align);
	if (!hole)
		return -ENOSPC;
	start = fit(hole, size, align);
	err = carve(s, hole, start, size);
	if (err)
		return err;
	a->start = start;
	a->end = start + size;
	busy_insert(s, a);
	return 0;
}

void vmap_space_remove(struct vmap_space *s, struct vmap_area *a)
{
	rb_erase(&a->node, &s->busy);
	s->nr_busy--;
}

/* The lowest node that ends above @addr. */
static struct vmap_area *next_in(const struct rb_root *root, unsigned long addr)
{
	struct rb_node *node = root->rb_node;
	struct vmap_area *best = NULL;

	while (node) {
		struct vmap_area *a = area_of(node);

		if (a->end > addr) {
			best = a;
			node = node->rb_left;
		} else {
			node = node->rb_right;
		}
	}
	return best;
}

struct vmap_area *vmap_space_next(const struct vmap_space *s,
				  unsigned long addr)
{
	return next_in(&s->busy, addr);
}

struct vmap_area *vmap_space_next_hole(const struct vmap_space *s,
				       unsigned long addr)
{
	return next_in(&s->holes, addr);
}

struct vmap_area *vmap_space_find(const struct vmap_space *s,
				  unsigned long addr)
{
	struct vmap_area *a = next_in(&s->busy, addr);

	return a && a->start <= addr ? a : NULL;
}

unsigned long vmap_space_largest(const struct vmap_space *s)
{
	return subtree_max(s->holes.rb_node);
}
