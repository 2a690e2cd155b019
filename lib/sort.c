/* SPDX-License-Identifier: MIT */
/*
 * sort.c - heap sort and binary search.
 *
 * Purpose. Sorting tables at boot and memory maps: small code, bounded time,
 *	no memory. Quick sort needs a stack or luck, merge sort memory.
 * Model. The array is a heap: element i is not less than its children 2i+1
 *	and 2i+2. First the whole array is made one, from the last parent
 *	up; then the greatest element is exchanged with the last of the heap,
 *	which shrinks by one and is repaired, until nothing is left.
 * Invariants.
 *	I1  While sorting, [0, n) is a heap but perhaps for one element that
 *	    is sinking, and [n, num) is sorted and not less than the heap.
 * Locking. The caller's. Contexts. Any.
 * Limits. Not stable; touches memory in leaps.
 * References. J. W. J. Williams, "Algorithm 232: Heapsort", 1964.
 */
#include <base/types.h>
#include <lib/sort.h>

static void swap_bytes(void *a, void *b, int size)
{
	u8 *p = a, *q = b;

	while (size--) {
		u8 t = *p;

		*p++ = *q;
		*q++ = t;
	}
}

struct heap {
	u8 *base;
	size_t size;
	cmp_func_t cmp;
	swap_func_t swap;
};

static void *at(const struct heap *h, size_t i)
{
	return h->base + i * h->size;
}

/* Element @i goes down in a heap of @n until no child is greater. */
static void sink(const struct heap *h, size_t i, size_t n)
{
	for (;;) {
		size_t child = 2 * i + 1;

		if (child >= n)
			return;
		if (child + 1 < n && h->cmp(at(h, child), at(h, child + 1)) < 0)
			child++;
		if (h->cmp(at(h, i), at(h, child)) >= 0)
			return;
		h->swap(at(h, i), at(h, child), (int)h->size);
		i = child;
	}
}

void sort(void *base, size_t num, size_t size, cmp_func_t cmp, swap_func_t swap)
{
	struct heap h = {base, size, cmp, swap ? swap : swap_bytes};
	size_t i;

	for (i = num / 2; i--;)
		sink(&h, i, num);
	for (i = num; i > 1; i--) {
		h.swap(at(&h, 0), at(&h, i - 1), (int)size);
		sink(&h, 0, i - 1);
	}
}

void *bsearch(const void *key, const void *base, size_t num, size_t size,
	      cmp_func_t cmp)
{
	const u8 *low = base;

	while (num) {
		const u8 *middle = low + num / 2 * size;
		int c = cmp(key, middle);

		if (!c)
			return (void *)(uintptr_t)middle;
		if (c > 0) {
			low = middle + size;
			num--;
		}
		num /= 2;
	}
	return NULL;
}
