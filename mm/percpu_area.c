/* SPDX-License-Identifier: MIT */
/*
 * percpu_area.c - which parts of the dynamic per-CPU area are taken.
 *
 * Purpose. alloc_percpu() hands out places, not memory: a place is an offset
 *	that is good in every CPU's copy. This is the book of the places.
 *
 * Model. The area is cut into granules of 8 bytes; two bitmaps describe it:
 *
 *	granule   0  1  2  3  4  5  6  7  8  9
 *	taken     1  1  1  1  1  0  0  1  1  0
 *	first     1  0  0  1  0  0  0  1  0  0
 *	          [a-----][b---]      [c---]
 *
 *	An allocation reaches from its first bit to the next first bit or to
 *	the next granule that is not taken. So free() needs no size, and a
 *	second free of the same place finds no first bit.
 *
 *	The lowest place that fits is taken (first fit): what is in use stays
 *	low, and so do the pages that must back it.
 *
 * Invariants.
 *   I1  A granule with a first bit is taken.
 *   I2  A taken granule has a first bit, or the granule before it is taken.
 *   I3  used is the number of taken granules.
 *   I4  No granule below hint is free.
 * Locking. The caller's.
 * Contexts. Any. Pure: compiled for the host too.
 * Limits. O(size of the area) in the worst case: it is for data that lives
 *	long. The smallest piece is 8 bytes.
 */
#include "percpu_area.h"

#include <base/assert.h>
#include <base/errno.h>
#include <lib/bitmap.h>

void pcpu_area_init(struct pcpu_area *a, unsigned int nr, unsigned long *taken,
		    unsigned long *first)
{
	*a = (struct pcpu_area){.nr = nr, .taken = taken, .first = first};
	bitmap_zero(taken, nr);
	bitmap_zero(first, nr);
}

int pcpu_area_alloc(struct pcpu_area *a, unsigned int nr, unsigned int align)
{
	unsigned int start;

	ASSERT(nr && align && (align & (align - 1)) == 0);
	if (nr > a->nr - a->used)
		return -ENOSPC;
	a->hint = find_next_zero_bit(a->taken, a->nr, a->hint);
	start = bitmap_find_next_zero_area(a->taken, a->nr, a->hint, nr,
					   align - 1);
	if (start >= a->nr)
		return -ENOSPC;
	bitmap_set(a->taken, start, nr);
	__set_bit(start, a->first);
	a->used += nr;
	return (int)start;
}

int pcpu_area_size(const struct pcpu_area *a, unsigned int start)
{
	unsigned int end, next;

	if (start >= a->nr || !test_bit(start, a->first))
		return -EINVAL;
	end = find_next_zero_bit(a->taken, a->nr, start);
	next = find_next_bit(a->first, end, start + 1);
	return (int)(next - start);
}

int pcpu_area_free(struct pcpu_area *a, unsigned int start)
{
	int nr = pcpu_area_size(a, start);

	if (nr < 0)
		return nr;
	__clear_bit(start, a->first);
	bitmap_clear(a->taken, start, (unsigned int)nr);
	a->used -= (unsigned int)nr;
	a->hint = min(a->hint, start);
	return nr;
}

int pcpu_area_check(const struct pcpu_area *a)
{
	unsigned int start = 0, end = 0;

	if (!bitmap_subset(a->first, a->taken, a->nr)) /* I1 */
		return -EINVAL;
	if (bitmap_weight(a->taken, a->nr) != a->used) /* I3 */
		return -EINVAL;
	if (find_next_zero_bit(a->taken, a->nr, 0) < a->hint) /* I4 */
		return -EINVAL;
	for (; bitmap_next_range(a->taken, a->nr, &start, &end); start = end)
		if (!test_bit(start, a->first)) /* I2 */
			return -EINVAL;
	return 0;
}
