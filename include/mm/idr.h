/* SPDX-License-Identifier: MIT */
/*
 * idr.h - small numbers for things: idr gives each pointer an id, ida only
 * gives ids.
 *
 *	static DEFINE_IDR(sessions);		// (sessions_lock)
 *
 *	id = idr_alloc(&sessions, s, 1, 0, GFP_KERNEL);
 *	if (id < 0)
 *		return id;
 *	...
 *	s = idr_find(&sessions, id);
 *	idr_remove(&sessions, id);
 *
 * Locking. The caller's, for lookups too: there is no find without the lock.
 * Under a spinlock the memory is asked for with GFP_ATOMIC or GFP_NOWAIT.
 *
 * Complexity. O(log64 of the largest id), loops over entries per entry. The
 * model stands in mm/idr.c.
 */
#ifndef MM_IDR_H
#define MM_IDR_H

#include <base/compiler.h>
#include <base/types.h>
#include <mm/gfp.h>

struct idr_node;

/* Lock key: the user's lock. */
struct idr {
	struct idr_node *root; /* NULL: empty */
	unsigned int levels;   /* of nodes; 0: empty */
	unsigned int nr;       /* ids in use; in an ida words in use */
	unsigned int next;     /* where idr_alloc_cyclic() goes on */
};

#define IDR_INIT	 ((struct idr){.root = NULL})
#define DEFINE_IDR(name) struct idr name = IDR_INIT

static inline void idr_init(struct idr *idr)
{
	*idr = IDR_INIT;
}

static inline bool idr_is_empty(const struct idr *idr)
{
	return !idr->root;
}

/**
 * idr_alloc() - give a pointer the lowest free id of a range.
 * @ptr: the pointer; NULL is allowed and makes idr_find() of no use.
 * @start: lowest id, 0 or more.
 * @end: one more than the highest; 0 or less: up to INT_MAX.
 * @gfp: for the nodes; see Locking.
 *
 * Context: as @gfp. Locking: the caller's.
 * Return: the id; -ENOSPC: none is free; -ENOMEM; -EINVAL: @start is
 *	negative. Errors have changed nothing.
 */
int __must_check idr_alloc(struct idr *idr, void *ptr, int start, int end,
			   gfp_t gfp);

/**
 * idr_alloc_cyclic() - the lowest free id behind the one given last.
 *
 * Begins at @start again when there is none. So a number that was given back
 * is not given to somebody else at once.
 *
 * Context: as @gfp. Locking: the caller's. Arguments, Return: as idr_alloc().
 */
int __must_check idr_alloc_cyclic(struct idr *idr, void *ptr, int start,
				  int end, gfp_t gfp);

/**
 * idr_find() - the pointer of an id.
 * @id: any number.
 *
 * Context: any. Locking: the caller's.
 * Return: it, or NULL when the id is not in use.
 */
void *idr_find(const struct idr *idr, int id);

/**
 * idr_remove() - give an id back.
 * @id: any number.
 *
 * Context: any. Locking: the caller's.
 * Return: the pointer it had, or NULL when it was not in use.
 */
void *idr_remove(struct idr *idr, int id);

/**
 * idr_replace() - give an id another pointer.
 * @ptr: the new one.
 * @id: any number.
 *
 * Context: any. Locking: the caller's.
 * Return: the old pointer, or ERR_PTR(-ENOENT) when @id is not in use.
 */
void *idr_replace(struct idr *idr, void *ptr, int id);

/**
 * idr_get_next() - the next id in use.
 * @id: in: where to begin, 0 or more; out: the id found.
 *
 * Context: any. Locking: the caller's.
 * Return: its pointer; NULL when there is no more.
 */
void *idr_get_next(const struct idr *idr, int *id);

/* Entries whose pointer is not NULL, by ascending id; any may be removed. */
#define idr_for_each_entry(idr, entry, id)                             \
	for ((id) = 0; ((entry) = idr_get_next((idr), &(id))) != NULL; \
	     (id) = (int)((unsigned int)(id) + 1))

/**
 * idr_for_each() - call a function for each id in use, in ascending order.
 * @fn: may remove the id it is called for. Not 0 ends the walk.
 * @data: passed to @fn.
 *
 * Context: any. Locking: the caller's.
 * Return: what @fn returned last, or 0.
 */
int idr_for_each(const struct idr *idr,
		 int (*fn)(int id, void *ptr, void *data), void *data);

/**
 * idr_destroy() - forget all ids. The things they stand for are the caller's.
 *
 * Context: any. Locking: the caller's.
 */
void idr_destroy(struct idr *idr);

/* 0, or -EINVAL when an invariant of mm/idr.c does not hold. Context: any. */
int idr_check(const struct idr *idr);

/* ---- ids without pointers: a bit each -------------------------------- */

struct ida {
	struct idr words; /* of 64 ids each */
};

#define IDA_INIT	 ((struct ida){.words = {.root = NULL}})
#define DEFINE_IDA(name) struct ida name = IDA_INIT
#define IDA_MAX		 0x7fffffffU

static inline void ida_init(struct ida *ida)
{
	*ida = IDA_INIT;
}

static inline bool ida_is_empty(const struct ida *ida)
{
	return idr_is_empty(&ida->words);
}

/**
 * ida_alloc_range() - take the lowest free id of a range.
 * @min, @max: the range, both included; up to IDA_MAX.
 * @gfp: for the nodes; see Locking.
 *
 * Context: as @gfp. Locking: the caller's.
 * Return: the id; -ENOSPC: none is free; -ENOMEM; -EINVAL: @max is too large.
 */
int __must_check ida_alloc_range(struct ida *ida, unsigned int min,
				 unsigned int max, gfp_t gfp);

#define ida_alloc(ida, gfp) ida_alloc_range((ida), 0, IDA_MAX, (gfp))
#define ida_alloc_min(ida, min, gfp) \
	ida_alloc_range((ida), (min), IDA_MAX, (gfp))
#define ida_alloc_max(ida, max, gfp) ida_alloc_range((ida), 0, (max), (gfp))

/**
 * ida_free() - give an id back. One that is not in use is reported.
 * @id: any number.
 *
 * Context: any. Locking: the caller's.
 */
void ida_free(struct ida *ida, unsigned int id);

/* Is this id in use? Context: any. Locking: the caller's. */
bool ida_exists(const struct ida *ida, unsigned int id);

/* Forget all ids. Context: any. Locking: the caller's. */
void ida_destroy(struct ida *ida);

/* Makes the cache of nodes. Context: boot, after kmem_cache_init(). */
void idr_cache_init(void);

#endif /* MM_IDR_H */
