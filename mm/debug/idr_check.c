/* SPDX-License-Identifier: MIT */
/*
 * debug/idr_check.c - does a tree of mm/idr.c obey its invariants?
 *
 * Model. From the leaves upward: what a slot holds must be what its two bits
 *	say. In an ida a slot of the lowest level is full when all bits of its
 *	value are set; in an idr whenever it is present. Both are allowed here.
 *
 * Locking. The tree's. Contexts. Any. Limits. Recursive: six levels.
 */
#include <mm/idr.h>

#include <base/bits.h>
#include <base/errno.h>

#include "../idr_node.h"

static bool slot_ok(const struct idr_node *node, unsigned int i,
		    unsigned int level)
{
	const struct idr_node *child = node->slot[i];
	bool present = node->present & BIT(i), full = node->full & BIT(i);

	if (full && !present)
		return false;
	if (level == 0)
		return present || !child;
	if (!child)
		return !present;
	return present && full == (child->full == ~0ULL); /* I2 */
}

/* The present slots of the lowest level below, or -EINVAL. */
static long check_node(const struct idr_node *node, unsigned int level)
{
	long sum = 0;

	if (!node->present) /* I1 */
		return -EINVAL;
	for (unsigned int i = 0; i < IDR_SLOTS; i++) {
		long n = level == 0 && (node->present & BIT(i)) ? 1 : 0;

		if (!slot_ok(node, i, level))
			return -EINVAL;
		if (level && node->slot[i])
			n = check_node(node->slot[i], level - 1);
		if (n < 0)
			return n;
		sum += n;
	}
	return sum;
}

int idr_check(const struct idr *idr)
{
	if (!idr->root)
		return idr->levels || idr->nr ? -EINVAL : 0;
	if (!idr->levels || (idr->levels > 1 && idr->root->present == 1))
		return -EINVAL; /* I3 */
	return check_node(idr->root, idr->levels - 1) == (long)idr->nr
		       ? 0
		       : -EINVAL;
}
