/* SPDX-License-Identifier: MIT */
/*
 * idr_node.h - the nodes of the trees of mm/idr.c.
 */
#ifndef MM_IDR_NODE_H
#define MM_IDR_NODE_H

#include <base/types.h>
#include <mm/gfp.h>

#define IDR_SHIFT 6
#define IDR_SLOTS (1U << IDR_SHIFT) /* as many as a word has bits */

/* Lock key: the tree's. */
struct idr_node {
	u64 present;	       /* bit n: something is in or below slot n */
	u64 full;	       /* bit n: nothing is free in or below slot n */
	void *slot[IDR_SLOTS]; /* nodes; at the lowest level values */
};

/* A zeroed node, or NULL; and its way back. Context: as @gfp; any. */
struct idr_node *idr_node_get(gfp_t gfp);
void idr_node_put(struct idr_node *node);

#endif /* MM_IDR_NODE_H */
