/* SPDX-License-Identifier: MIT */
/*
 * slab_layout.c - how the pages of a slab are cut into objects.
 *
 * Purpose. Pure arithmetic, done once for each cache. Compiled for the host
 * too.
 *
 * Model (A MM-S1, MM-S4, MM-S8). A slab with its management inside, and one
 * with large objects, whose management lies in another cache:
 *
 *	|colour|struct slab, bufctl[]|obj 0|obj 1| ... |obj num-1|left over|
 *
 *	|colour|obj 0|obj 1| ... |obj num-1|left over|
 *
 * Large objects would not fit a whole number of times beside a descriptor:
 * a page holds two of 2048 bytes, but only one and a descriptor. From
 * SLAB_OFF_SIZE on the descriptor goes elsewhere, unless the space left over
 * holds it anyway.
 *
 * What is left over is not quite wasted: each new slab begins colour_off
 * bytes later than the last, so that the first objects of different slabs,
 * which are used most, do not all compete for the same lines of the
 * processor's cache.
 *
 * In debug builds an object lies in a larger buffer:
 *
 *	|pad, red zone 8|object|pad to 8|red zone 8|two struct slab_owner|
 *	                ^ obj_offset, a multiple of the alignment
 *
 * Invariants.
 *   I1  The management and num * buffer_size and the largest colour fit into
 *       the slab.
 *   I2  (slab's bytes) * buffer_size < 2^32 or num == 1: obj_to_index().
 *   I3  Management outside of the slab is at most SLAB_MGMT_MAX bytes, and
 *       the class for it has its own inside: growing never goes in a circle.
 * Contexts. Any.
 */
#include <arch/page.h>
#include <base/assert.h>
#include <base/bits.h>

#include "slab_private.h"

#define SLAB_OFF_SIZE  (PAGE_SIZE / 8)
#define SLAB_MAX_ORDER 10
/* A slab of this order is taken as it is; smaller ones must waste little. */
#define SLAB_BREAK_ORDER 1
/* A node keeps one in KEEP_PART bytes for a cache, at most KEEP_MAX. */
#define KEEP_PART 512
#define KEEP_MAX  (1UL << 20)

static size_t align_up(size_t n, size_t align)
{
	return (n + align - 1) & ~(align - 1);
}

/**
 * slab_calc_align() - the alignment of objects (A MM-S8).
 * @flags: SLAB_HWCACHE_ALIGN: the smallest part of a line, halving, that holds
 *	an object, so that none lies across two lines without need.
 * @size: bytes of an object.
 * @align: what the user wants at least; a power of two or 0.
 *
 * Context: any.
 * Return: bytes, a power of two, at least a word.
 */
unsigned int slab_calc_align(unsigned long flags, size_t size, size_t align)
{
	size_t r = sizeof(void *);

	if (flags & SLAB_HWCACHE_ALIGN) {
		r = L1_CACHE_BYTES;
		while (size <= r / 2)
			r /= 2;
	}
	r = max(r, align);
	return (unsigned int)max(r, sizeof(void *));
}

static size_t mgmt_size(size_t num, size_t align)
{
	return align_up(sizeof(struct slab) + num * sizeof(kmem_bufctl_t),
			align);
}

/**
 * slab_estimate() - how many objects fit.
 * @order: the slab has 2^order pages.
 * @buffer_size: from one object to the next, bytes.
 * @align: of objects, bytes.
 * @off_slab: the management is elsewhere.
 * @left_over: receives the bytes not used.
 *
 * Context: any.
 * Return: the number, perhaps 0.
 */
unsigned int slab_estimate(unsigned int order, size_t buffer_size, size_t align,
			   bool off_slab, size_t *left_over)
{
	size_t bytes = PAGE_SIZE << order;
	size_t mgmt = 0, num;

	if (off_slab) {
		num = bytes / buffer_size;
	} else {
		num = (bytes - sizeof(struct slab)) /
		      (buffer_size + sizeof(kmem_bufctl_t));
		/* Aligning the first object may cost the last one. */
		if (num && mgmt_size(num, align) + num * buffer_size > bytes)
			num--;
		mgmt = mgmt_size(num, align);
	}
	*left_over = num ? bytes - mgmt - num * buffer_size : bytes;
	return (unsigned int)num;
}

/* Bytes of a buffer with what debug builds add. */
static size_t checked_size(const struct kmem_cache *c, size_t size)
{
	return c->obj_offset + align_up(size, sizeof(u64)) + sizeof(u64) +
	       2 * sizeof(struct slab_owner);
}

/*
 * The smallest order that wastes at most an eighth, or SLAB_BREAK_ORDER; more
 * only if not a single object fits. Returns the bytes left over.
 */
static size_t choose_order(struct kmem_cache *c, bool off_slab)
{
	size_t left = 0;

	c->num = 0;
	for (unsigned int order = 0; order <= SLAB_MAX_ORDER; order++) {
		size_t rest;
		unsigned int num = slab_estimate(order, c->buffer_size,
						 c->align, off_slab, &rest);

		if (!num)
			continue;
		if (off_slab && c->num && mgmt_size(num, 1) > SLAB_MGMT_MAX)
			break; /* I3 */
		c->num = num;
		c->gfporder = order;
		left = rest;
		if ((c->flags & SLAB_RECLAIM_ACCOUNT) ||
		    order >= SLAB_BREAK_ORDER || left * 8 <= PAGE_SIZE << order)
			break;
	}
	return left;
}

/**
 * slab_layout() - fill in all fields of a cache that say where things are.
 * @c: its flags are set.
 * @size: bytes of an object.
 * @align: as asked for, a power of two or 0.
 *
 * Context: any.
 * Return: false if no slab of any order holds an object.
 */
bool slab_layout(struct kmem_cache *c, size_t size, size_t align)
{
	size_t left, buffer = size;
	bool off_slab;

	c->obj_size = (unsigned int)size;
	c->align = slab_calc_align(c->flags, size, align);
	c->obj_offset = 0;
	if (slab_debugged(c)) {
		c->obj_offset = (unsigned int)align_up(sizeof(u64), c->align);
		buffer = checked_size(c, size);
	}
	c->buffer_size = (unsigned int)align_up(buffer, c->align);
	c->reciprocal_buffer_size = reciprocal_value(c->buffer_size);

	off_slab =
		c->buffer_size >= SLAB_OFF_SIZE && !(c->flags & CFLGS_ON_SLAB);
	left = choose_order(c, off_slab);
	if (!c->num)
		return false;
	c->slab_size = (unsigned int)mgmt_size(c->num, off_slab ? 8 : c->align);
	if (off_slab && align_up(c->slab_size, c->align) <= left) {
		off_slab = false;
		c->slab_size = (unsigned int)align_up(c->slab_size, c->align);
		left -= c->slab_size;
	}
	if (off_slab)
		c->flags |= CFLGS_OFF_SLAB;
	c->colour_off = max(c->align, (unsigned int)L1_CACHE_BYTES);
	c->colour = (unsigned int)(left / c->colour_off);
	ASSERT(c->num == 1 ||
	       (u64)(PAGE_SIZE << c->gfporder) * c->buffer_size < 1ULL << 32);
	return true;
}

/**
 * slab_default_tuning() - how much a CPU keeps, by the size of an object.
 * @c: its layout is known.
 * @smp: several CPUs share a node.
 * @limit: receives the limit of a CPU's array.
 * @batchcount: receives how many objects move at once.
 * @shared: receives the size of the node's shared array, in batches.
 *
 * Context: any.
 */
void slab_default_tuning(const struct kmem_cache *c, bool smp,
			 unsigned int *limit, unsigned int *batchcount,
			 unsigned int *shared)
{
	if (c->flags & SLAB_CACHE_DMA)
		*limit = 8; /* rarely used, and the zone is small */
	else if (c->obj_size > 128 * 1024)
		*limit = 1;
	else if (c->obj_size > PAGE_SIZE)
		*limit = 8;
	else if (c->obj_size > 1024)
		*limit = 24;
	else if (c->obj_size > 256)
		*limit = 54;
	else
		*limit = 120;
	*batchcount = (*limit + 1) / 2;
	/* What one CPU frees and another allocates meets here. */
	*shared = smp && c->obj_size <= PAGE_SIZE ? 8 : 0;
}

/**
 * slab_free_limit() - free objects that a node keeps before slabs go back.
 * @c: its tuning is known.
 * @cpus: CPUs of the node.
 * @bytes: memory of the node.
 *
 * Enough for a batch of each CPU, and for a user who takes much and gives it
 * back again and again: a part of the memory, which reclaim can have.
 *
 * Context: any.
 * Return: objects.
 */
unsigned long slab_free_limit(const struct kmem_cache *c, unsigned int cpus,
			      unsigned long bytes)
{
	unsigned long batches = (1UL + cpus) * c->batchcount + c->num;

	return max(batches, min(bytes / KEEP_PART, KEEP_MAX) / c->buffer_size);
}
