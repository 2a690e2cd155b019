/* SPDX-License-Identifier: MIT */
/*
 * memleak.h - allocations that nobody can find any more.
 *
 *	memleak=1 on the command line, then at the prompt: memleak scan
 *
 * Tracked are slab objects, kmalloc() of any size and vmalloc(); frames are
 * not. Debug builds only; in others these functions are empty. The model
 * stands in mm/debug/memleak.c.
 */
#ifndef MM_MEMLEAK_H
#define MM_MEMLEAK_H

#include <base/compiler.h>
#include <base/config.h>
#include <base/types.h>

#define MEMLEAK_BYTES 16 /* of an object, kept for the report */

/* An object to which nothing pointed, in two scans in a row. */
struct memleak_leak {
	unsigned long start;
	size_t size;
	unsigned long caller; /* who allocated it */
	unsigned int cpu;     /* where */
	u64 when;	      /* sched_clock() then */
	u8 first[MEMLEAK_BYTES];
};

/* What a scan found. */
struct memleak_result {
	unsigned long objects;	    /* tracked */
	size_t bytes;		    /* of these */
	unsigned long words;	    /* looked at */
	unsigned long unreferenced; /* objects that nothing led to */
	unsigned long leaks;	    /* of these: also in the scan before */
};

extern bool memleak_on; /* tracking; changed by one CPU at a time */

/* Only where tracking is on; callers use the functions behind them. */
void memleak_track(const void *p, size_t size, unsigned long caller);
void memleak_forget(const void *p);
void memleak_set_ignored(const void *p);

/**
 * memleak_alloc() - an object was handed out.
 * @p: its start; NULL is not tracked.
 * @size: bytes that were asked for.
 * @caller: who asked.
 *
 * Context: any but NMI. Locking: takes the lock of the tree.
 */
static __always_inline void memleak_alloc(const void *p, size_t size,
					  unsigned long caller)
{
	if (CONFIG_DEBUG && unlikely(memleak_on) && p)
		memleak_track(p, size, caller);
}

/**
 * memleak_free() - an object comes back.
 * @p: its start; one that is not tracked does no harm.
 *
 * Context: any but NMI. Locking: takes the lock of the tree.
 */
static __always_inline void memleak_free(const void *p)
{
	if (CONFIG_DEBUG && unlikely(memleak_on) && p)
		memleak_forget(p);
}

/**
 * memleak_ignore() - an object is no leak, and what it holds no reference.
 * @p: its start.
 *
 * For the allocators' own bookkeeping, which points to free objects too.
 *
 * Context: any but NMI. Locking: takes the lock of the tree.
 */
static __always_inline void memleak_ignore(const void *p)
{
	if (CONFIG_DEBUG && unlikely(memleak_on) && p)
		memleak_set_ignored(p);
}

/**
 * memleak_init() - begin to track, if memleak=1 says so.
 *
 * Context: boot; the page allocator works and no object was handed out.
 */
void memleak_init(void);

/**
 * memleak_start() - track what is allocated from here on.
 *
 * What an older object points to will be taken for a leak.
 *
 * Context: task; not while it is on.
 */
void memleak_start(void);

/**
 * memleak_stop() - track no more, forget all objects, give the memory back.
 *
 * Context: task.
 */
void memleak_stop(void);

/**
 * memleak_scan() - look for pointers to each object.
 * @r: receives what was found; may be NULL.
 *
 * All CPUs stand still meanwhile.
 *
 * Context: task, interrupts on. Locking: one scan at a time.
 * Return: 0; -EPERM: nothing is tracked; -ENOMEM: an object could not be
 *	tracked, so nothing is known for sure.
 */
int memleak_scan(struct memleak_result *r);

/**
 * memleak_next() - one leak after the other, by address.
 * @cursor: 0 at first; moved on.
 * @leak: receives it.
 *
 * Context: any but NMI. Locking: takes the lock of the tree.
 * Return: false when there is no more.
 */
bool memleak_next(unsigned long *cursor, struct memleak_leak *leak);

/**
 * memleak_clear() - no leak that is known now will be told again.
 *
 * Context: any but NMI. Locking: takes the lock of the tree.
 * Return: how many there were.
 */
unsigned long memleak_clear(void);

/* Frames that the tracking itself uses. */
unsigned long memleak_frames(void);

#endif /* MM_MEMLEAK_H */
