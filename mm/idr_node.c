/* SPDX-License-Identifier: MIT */
/*
 * idr_node.c - the slab cache behind the nodes of idr and ida.
 *
 * Locking. None of its own. Contexts. As the caller's gfp.
 */
#include "idr_node.h"

#include <mm/idr.h>
#include <mm/slab.h>

static struct kmem_cache *node_cache; /* set once, at boot */

void idr_cache_init(void)
{
	node_cache = kmem_cache_create("idr_node", sizeof(struct idr_node), 0,
				       SLAB_PANIC, NULL);
}

struct idr_node *idr_node_get(gfp_t gfp)
{
	return kmem_cache_zalloc(node_cache, gfp);
}

void idr_node_put(struct idr_node *node)
{
	kmem_cache_free(node_cache, node);
}
