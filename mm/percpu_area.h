/* SPDX-License-Identifier: MIT */
/*
 * percpu_area.h - which parts of the dynamic per-CPU area are taken.
 */
#ifndef MM_PERCPU_AREA_H
#define MM_PERCPU_AREA_H

#include <base/compiler.h>
#include <base/types.h>

#define PCPU_GRANULE 8 /* bytes: the smallest piece, and the least alignment */

/*
 * One area, the same for all CPUs: a place in it is a place in each CPU's
 * copy. Lock key: (i) set by pcpu_area_init(); the rest is the caller's.
 */
struct pcpu_area {
	unsigned int nr;      /* (i) granules */
	unsigned int used;    /* granules handed out now */
	unsigned int hint;    /* none below this is free */
	unsigned long *taken; /* bit n: granule n is handed out */
	unsigned long *first; /* bit n: an allocation begins at granule n */
};

/**
 * pcpu_area_init() - an area of which nothing is taken.
 * @nr: granules, at least 1.
 * @taken, @first: bitmaps of @nr bits; cleared here.
 *
 * Context: any.
 */
void pcpu_area_init(struct pcpu_area *a, unsigned int nr, unsigned long *taken,
		    unsigned long *first);

/**
 * pcpu_area_alloc() - take the lowest place that fits.
 * @nr: granules, at least 1.
 * @align: granules, a power of two: the place is a multiple of it.
 *
 * Context: any. Locking: the caller's.
 * Return: the first granule, or -ENOSPC.
 */
int __must_check pcpu_area_alloc(struct pcpu_area *a, unsigned int nr,
				 unsigned int align);

/**
 * pcpu_area_size() - how long is the allocation that begins here?
 * @start: a granule; any number.
 *
 * Context: any. Locking: the caller's.
 * Return: its granules, or -EINVAL when none begins here.
 */
int pcpu_area_size(const struct pcpu_area *a, unsigned int start);

/**
 * pcpu_area_free() - give an allocation back.
 * @start: what pcpu_area_alloc() returned.
 *
 * Context: any. Locking: the caller's.
 * Return: its granules, or -EINVAL when none begins here (freed already, or
 *	never handed out); then nothing has changed.
 */
int pcpu_area_free(struct pcpu_area *a, unsigned int start);

/* Do the invariants hold? 0, or -EINVAL. Context: any; caller's lock. */
int pcpu_area_check(const struct pcpu_area *a);

#endif /* MM_PERCPU_AREA_H */
