/* SPDX-License-Identifier: MIT */
/*
 * vmap_check.c - validates the trees of mm/vmap_tree.c.
 *
 * Model. Goes through both trees in order and computes anew what they claim.
 *	Shares no code with what it checks but the trees' iteration, and checks
 *	those, too, by rb_check().
 * Locking. The caller's. Contexts. Any. Compiled for the host too.
 */
#include "../vmap_tree.h"

#include <arch/page.h>
#include <base/bits.h>

static const struct vmap_area *at(const struct rb_node *node)
{
	return rb_entry(node, struct vmap_area, node);
}

static bool less(struct rb_node *a, const struct rb_node *b)
{
	return at(a)->start < at(b)->start;
}

static bool well_formed(const struct vmap_area *a)
{
	return a->start < a->end && IS_ALIGNED(a->start | a->end, PAGE_SIZE);
}

static unsigned long max_of(const struct rb_node *node)
{
	return node ? at(node)->max_hole : 0;
}

/* I1, I3, I4 and the number of nodes. */
static int check_holes(const struct vmap_space *s)
{
	unsigned long end = 0, nr = 0;

	for (struct rb_node *n = rb_first(&s->holes); n; n = rb_next(n)) {
		const struct vmap_area *a = at(n);
		unsigned long want = a->end - a->start;

		if (!well_formed(a))
			return 3;
		if (nr && a->start <= end)
			return 1;
		want = max(want, max_of(n->rb_left));
		want = max(want, max_of(n->rb_right));
		if (a->max_hole != want)
			return 4;
		end = a->end;
		nr++;
	}
	return nr == s->nr_holes ? 0 : 5;
}

/* I2, I3 and the number of nodes. */
static int check_busy(const struct vmap_space *s)
{
	struct rb_node *hole = rb_first(&s->holes);
	unsigned long end = 0, nr = 0;

	for (struct rb_node *n = rb_first(&s->busy); n; n = rb_next(n)) {
		const struct vmap_area *a = at(n);

		if (!well_formed(a))
			return 3;
		while (hole && at(hole)->end <= a->start)
			hole = rb_next(hole);
		if (a->start < end || (hole && at(hole)->start < a->end))
			return 2;
		end = a->end;
		nr++;
	}
	return nr == s->nr_busy ? 0 : 5;
}

int vmap_space_check(const struct vmap_space *s)
{
	int err;

	if (rb_check(&s->holes, less) || rb_check(&s->busy, less))
		return 5;
	err = check_holes(s);
	return err ? err : check_busy(s);
}
