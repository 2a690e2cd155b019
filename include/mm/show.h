/* SPDX-License-Identifier: MIT */
/*
 * show.h - the state of zones and slabs, for people.
 *
 * Model. A picture is taken with its owner locked and shown afterwards: nobody
 * waits for the console. So a picture is of one moment, but what is printed
 * may no longer be true.
 */
#ifndef MM_SHOW_H
#define MM_SHOW_H

#include <base/types.h>
#include <mm/mmzone.h>

/* A zone at one moment; the lists of the CPUs, each a moment later. */
struct zone_picture {
	const char *name;
	int nid;
	unsigned long start_pfn, spanned, present, managed; /* frames */
	unsigned long free;		     /* frames in free blocks */
	unsigned long watermark[NR_WMARK];   /* frames */
	unsigned long reserve[MAX_NR_ZONES]; /* frames, by class of request */
	unsigned long nr_free[MAX_ORDER];    /* free blocks */
	unsigned long by_type[MIGRATE_TYPES][MAX_ORDER]; /* the same, by list */
	unsigned long cpu_frames;			 /* on lists of CPUs */
	int pcp_batch, pcp_high;			 /* frames */
	unsigned long pcp_allocs, pcp_frees;		 /* frames, all CPUs */
	unsigned long pcp_refills; /* batches fetched, all CPUs */
	unsigned long locked;	   /* times the zone's lock was taken */
	unsigned long fallbacks;   /* blocks taken from another type */
};

/**
 * zone_take_picture() - what a zone looks like now.
 * @zone: any with frames.
 * @p: filled in.
 *
 * Context: any but NMI.
 * Locking: takes zone->lock, and holds it while the free blocks are counted.
 */
void zone_take_picture(struct zone *zone, struct zone_picture *p);

/**
 * zone_unusable() - how much of what is free is of no use for a block.
 * @p: a picture.
 * @order: of the block that is wanted.
 *
 * Context: any.
 * Locking: none.
 * Return: per cent of the free frames that lie in smaller blocks; 0 when
 *	nothing is free.
 */
unsigned int zone_unusable(const struct zone_picture *p, unsigned int order);

/* One list of a CPU: frames on it. Context: any. */
int zone_cpu_frames(const struct zone *zone, unsigned int cpu);

#define SLAB_PICTURE_OBJECTS 48 /* of one slab that are drawn */

/* A slab at one moment. */
struct slab_picture {
	unsigned long address;	 /* of the first object */
	unsigned int colour;	 /* bytes from the first page to there */
	unsigned int num, inuse; /* objects; those not on the slab's chain */
	char list;		 /* F full, P partial, 0 free */
	/* . on the chain, a in an array, # with a user. */
	char object[SLAB_PICTURE_OBJECTS + 1];
};

/**
 * kmem_cache_pictures() - what the slabs of a cache look like now.
 * @name: of the cache.
 * @pictures: filled in: full, partial, then free slabs, node by node.
 * @max: how many there is room for.
 *
 * Context: task.
 * Locking: takes the lock of the list of caches, and of each node's lists.
 * Return: how many slabs there are, perhaps more than @max; -ENOENT: there is
 *	no such cache.
 */
int kmem_cache_pictures(const char *name, struct slab_picture *pictures,
			unsigned int max);

#endif /* MM_SHOW_H */
