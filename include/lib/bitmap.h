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

/**
 * find_last_bit() - the last set bit.
 * @map: the bitmap.
 * @nbits: its size; 0 is allowed.
 *
 * Context: any.
 * Return: the number of the bit, or @nbits when there is none.
 */
unsigned int find_last_bit(const unsigned long *map, unsigned int nbits);

/**
 * find_next_and_bit() - the first bit that is set in both of two bitmaps.
 * @nbits: the size of both; 0 is allowed.
 * @from: where to begin; may lie behind the end.
 *
 * Context: any.
 * Return: the number of the bit, or @nbits when there is none.
 */
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

/**
 * bitmap_zero() - clear all bits.
 * bitmap_fill() - set all bits.
 * bitmap_copy() - make @dst what @src is; both may be the same.
 * @nbits: the size; whole words are written, the tail included.
 *
 * Context: any. Locking: the caller's.
 */
void bitmap_zero(unsigned long *dst, unsigned int nbits);
void bitmap_fill(unsigned long *dst, unsigned int nbits);
void bitmap_copy(unsigned long *dst, const unsigned long *src,
		 unsigned int nbits);

/**
 * bitmap_set() - set a run of bits, and no others.
 * bitmap_clear() - clear it.
 * @start: the first bit.
 * @nr: how many; 0 is allowed. Nobody checks that the bitmap is so long.
 *
 * Context: any. Locking: the caller's.
 */
void bitmap_set(unsigned long *map, unsigned int start, unsigned int nr);
void bitmap_clear(unsigned long *map, unsigned int start, unsigned int nr);

/**
 * bitmap_and() - the bits of both @a and @b.
 * bitmap_andnot() - those of @a that are not in @b.
 * @dst: may be @a or @b; whole words are written, the tail included.
 * @nbits: the size of all three.
 *
 * Context: any. Locking: the caller's.
 * Return: whether any of the first @nbits bits is left set.
 */
bool bitmap_and(unsigned long *dst, const unsigned long *a,
		const unsigned long *b, unsigned int nbits);
bool bitmap_andnot(unsigned long *dst, const unsigned long *a,
		   const unsigned long *b, unsigned int nbits);

/**
 * bitmap_or() - the bits of @a or @b.
 * bitmap_xor() - those of just one of them.
 * bitmap_complement() - those that @src has not.
 * @dst: may be a source; whole words are written, the tail included.
 * @nbits: the size of all.
 *
 * Context: any. Locking: the caller's.
 */
void bitmap_or(unsigned long *dst, const unsigned long *a,
	       const unsigned long *b, unsigned int nbits);
void bitmap_xor(unsigned long *dst, const unsigned long *a,
		const unsigned long *b, unsigned int nbits);
void bitmap_complement(unsigned long *dst, const unsigned long *src,
		       unsigned int nbits);

/**
 * bitmap_equal() - are all bits the same?
 * bitmap_subset() - is every bit of @a also in @b?
 * bitmap_intersects() - do they share one?
 * @nbits: the size of both; with 0 bits the answers are yes, yes, no.
 *
 * Context: any. Locking: the caller's.
 * Return: true for yes.
 */
bool bitmap_equal(const unsigned long *a, const unsigned long *b,
		  unsigned int nbits);
bool bitmap_subset(const unsigned long *a, const unsigned long *b,
		   unsigned int nbits);
bool bitmap_intersects(const unsigned long *a, const unsigned long *b,
		       unsigned int nbits);

/**
 * bitmap_empty() - is no bit set?
 * bitmap_full() - are all?
 * @nbits: the size; with 0 bits both are true.
 *
 * Context: any. Locking: the caller's.
 * Return: true for yes.
 */
bool bitmap_empty(const unsigned long *map, unsigned int nbits);
bool bitmap_full(const unsigned long *map, unsigned int nbits);

/**
 * bitmap_weight() - count the set bits.
 * @nbits: the size; 0 is allowed.
 *
 * Context: any. Locking: the caller's.
 * Return: how many are set.
 */
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
