/* SPDX-License-Identifier: MIT */
/*
 * bitmap.h - arrays of bits.
 *
 *	DECLARE_BITMAP(used, 100);
 *	bitmap_zero(used, 100);
 *	__set_bit(3, used);
 *	for_each_set_bit(i, used, 100) ...
 *
 * Model. Bit n is bit n % 64 of word n / 64. Every function takes the number
 * of bits and looks at no bit behind it; the bits of the last word behind
 * the end ("the tail") may hold anything. Functions that write a whole
 * bitmap (zero, fill, copy, and, or, ...) write whole words, tail included.
 *
 * Single bits are set and tested with the functions of <base/atomic.h>:
 * set_bit() and friends are atomic, __set_bit() and friends are not.
 * Nothing else here is atomic: a caller who shares a bitmap locks, or lives
 * with a search result that may be stale.
 */
#ifndef LIB_BITMAP_H
#define LIB_BITMAP_H

#include <base/atomic.h>
#include <base/bits.h>
#include <base/types.h>

#define BITS_TO_LONGS(n)	DIV_ROUND_UP((n), BITS_PER_LONG)
#define DECLARE_BITMAP(name, n) unsigned long name[BITS_TO_LONGS(n)]

/* The bits in use of the last word of a bitmap of @n bits, n > 0. */
#define BITMAP_LAST_WORD_MASK(n) (~0UL >> (-(n) & (BITS_PER_LONG - 1)))

/**
 * find_next_bit() - the first set bit at or behind a place.
 * @map: the bitmap.
 * @nbits: its size; 0 is allowed.
 * @from: where to begin; may lie behind the end.
 *
 * find_next_zero_bit() does the same for clear bits.
 * Context: any.
 * Locking: the caller's; see the head of the file.
 * Return: the number of the bit, or @nbits when there is none.
 * Complexity: O(nbits / 64).
 */
unsigned int find_next_bit(const unsigned long *map, unsigned int nbits,
			   unsigned int from);
unsigned int find_next_zero_bit(const unsigned long *map, unsigned int nbits,
				unsigned int from);

/* The last set bit, or @nbits when there is none. */
unsigned int find_last_bit(const unsigned long *map, unsigned int nbits);

/* The first bit set in both, at or behind @from, or @nbits. */
unsigned int find_next_and_bit(const unsigned long *a, const unsigned long *b,
			       unsigned int nbits, unsigned int from);

static inline unsigned int find_first_bit(const unsigned long *map,
					  unsigned int nbits)
{
	return find_next_bit(map, nbits, 0);
}

static inline unsigned int find_first_zero_bit(const unsigned long *map,
					       unsigned int nbits)
{
	return find_next_zero_bit(map, nbits, 0);
}

#define for_each_set_bit(bit, map, nbits)                               \
	for ((bit) = find_next_bit((map), (nbits), 0); (bit) < (nbits); \
	     (bit) = find_next_bit((map), (nbits), (bit) + 1))
#define for_each_clear_bit(bit, map, nbits)                                  \
	for ((bit) = find_next_zero_bit((map), (nbits), 0); (bit) < (nbits); \
	     (bit) = find_next_zero_bit((map), (nbits), (bit) + 1))

/* The first @nbits bits of @dst: all 0, all 1, those of @src. */
void bitmap_zero(unsigned long *dst, unsigned int nbits);
void bitmap_fill(unsigned long *dst, unsigned int nbits);
void bitmap_copy(unsigned long *dst, const unsigned long *src,
		 unsigned int nbits);

/* @nr bits from @start on; no others. */
void bitmap_set(unsigned long *map, unsigned int start, unsigned int nr);
void bitmap_clear(unsigned long *map, unsigned int start, unsigned int nr);

/* dst = a op b; and, andnot say whether any bit is left set in dst. */
bool bitmap_and(unsigned long *dst, const unsigned long *a,
		const unsigned long *b, unsigned int nbits);
bool bitmap_andnot(unsigned long *dst, const unsigned long *a,
		   const unsigned long *b, unsigned int nbits);
void bitmap_or(unsigned long *dst, const unsigned long *a,
	       const unsigned long *b, unsigned int nbits);
void bitmap_xor(unsigned long *dst, const unsigned long *a,
		const unsigned long *b, unsigned int nbits);
void bitmap_complement(unsigned long *dst, const unsigned long *src,
		       unsigned int nbits);

/* Are the first @nbits bits the same? */
bool bitmap_equal(const unsigned long *a, const unsigned long *b,
		  unsigned int nbits);
/* Is every bit of @a also in @b? Do they share one? */
bool bitmap_subset(const unsigned long *a, const unsigned long *b,
		   unsigned int nbits);
bool bitmap_intersects(const unsigned long *a, const unsigned long *b,
		       unsigned int nbits);
bool bitmap_empty(const unsigned long *map, unsigned int nbits);
bool bitmap_full(const unsigned long *map, unsigned int nbits);

/* The number of set bits. */
unsigned int bitmap_weight(const unsigned long *map, unsigned int nbits);

/**
 * bitmap_next_range() - the next run of set bits.
 * @start: in: where to begin; out: first bit of the run.
 * @end: out: the bit behind the run.
 *
 * Context: any.
 * Locking: the caller's.
 * Return: false when no set bit is left; @start is then @nbits.
 */
bool bitmap_next_range(const unsigned long *map, unsigned int nbits,
		       unsigned int *start, unsigned int *end);

/**
 * bitmap_find_next_zero_area() - room for a run of bits.
 * @from: where to begin.
 * @nr: how many clear bits in a row.
 * @align_mask: the start must have these bits clear (alignment - 1).
 *
 * Context: any.
 * Locking: the caller's.
 * Return: the first bit of the area, or a number >= @nbits.
 */
unsigned int bitmap_find_next_zero_area(const unsigned long *map,
					unsigned int nbits, unsigned int from,
					unsigned int nr,
					unsigned int align_mask);

/**
 * bitmap_scnlistprintf() - the set bits as text, "0-3,7,12-13".
 * @buf, @size: where to; terminated if @size > 0, cut where it ends.
 *
 * Context: any.
 * Locking: the caller's.
 * Return: the length stored, without the terminator.
 */
int bitmap_scnlistprintf(char *buf, size_t size, const unsigned long *map,
			 unsigned int nbits);

#endif /* LIB_BITMAP_H */
