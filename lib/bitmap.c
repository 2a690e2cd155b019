/* SPDX-License-Identifier: MIT */
/*
 * bitmap.c - searching and combining arrays of bits.
 *
 * Purpose. Sets of small numbers: CPUs, priorities, vectors, pids, pages.
 * Model. All searches are one loop over words: mask off the bits before the
 *	start, skip words without a hit, and let one instruction find the bit
 *	in the word that has one.
 * Invariants.
 *	I1  A search returns a number < nbits whose bit matches, or nbits.
 *	I2  The tail behind nbits never influences a result.
 * Locking. The caller's. Contexts. Any.
 */
#include <base/bits.h>
#include <base/types.h>
#include <lib/bitmap.h>
#include <lib/fmt.h>

/* In a macro the word's expression can differ: a, ~a, a & b. */
#define FIND_NEXT(word_at, nbits, from)                                \
	do {                                                           \
		unsigned int i, found;                                 \
		unsigned long word;                                    \
                                                                       \
		if ((from) >= (nbits))                                 \
			return (nbits);                                \
		i = (from) / BITS_PER_LONG;                            \
		word = (word_at) & (~0UL << ((from) % BITS_PER_LONG)); \
		while (!word) {                                        \
			if (++i * BITS_PER_LONG >= (nbits))            \
				return (nbits);                        \
			word = (word_at);                              \
		}                                                      \
		found = i * BITS_PER_LONG + __ffs(word);               \
		return min(found, (nbits)); /* I2 */                   \
	} while (0)

unsigned int find_next_bit(const unsigned long *map, unsigned int nbits,
			   unsigned int from)
{
	FIND_NEXT(map[i], nbits, from);
}

unsigned int find_next_zero_bit(const unsigned long *map, unsigned int nbits,
				unsigned int from)
{
	FIND_NEXT(~map[i], nbits, from);
}

unsigned int find_next_and_bit(const unsigned long *a, const unsigned long *b,
			       unsigned int nbits, unsigned int from)
{
	FIND_NEXT(a[i] & b[i], nbits, from);
}

unsigned int find_last_bit(const unsigned long *map, unsigned int nbits)
{
	unsigned int i = BITS_TO_LONGS(nbits);
	unsigned long mask = BITMAP_LAST_WORD_MASK(nbits);

	while (i--) {
		if (map[i] & mask)
			return i * BITS_PER_LONG + __fls(map[i] & mask);
		mask = ~0UL;
	}
	return nbits;
}

void bitmap_zero(unsigned long *dst, unsigned int nbits)
{
	unsigned int i;

	for (i = 0; i < BITS_TO_LONGS(nbits); i++)
		dst[i] = 0;
}

void bitmap_fill(unsigned long *dst, unsigned int nbits)
{
	unsigned int i;

	for (i = 0; i < BITS_TO_LONGS(nbits); i++)
		dst[i] = ~0UL;
}

void bitmap_copy(unsigned long *dst, const unsigned long *src,
		 unsigned int nbits)
{
	unsigned int i;

	for (i = 0; i < BITS_TO_LONGS(nbits); i++)
		dst[i] = src[i];
}

/* The part of the run [start, end) that lies in word @i, which it touches. */
static unsigned long run_mask(unsigned int i, unsigned int start,
			      unsigned int end)
{
	unsigned int base = i * BITS_PER_LONG;
	unsigned long mask = ~0UL;

	if (start > base)
		mask &= ~0UL << (start - base);
	if (end - base < BITS_PER_LONG)
		mask &= BITMAP_LAST_WORD_MASK(end);
	return mask;
}

void bitmap_set(unsigned long *map, unsigned int start, unsigned int nr)
{
	unsigned int end = start + nr;
	unsigned int i;

	for (i = start / BITS_PER_LONG; i * BITS_PER_LONG < end; i++)
		map[i] |= run_mask(i, start, end);
}

void bitmap_clear(unsigned long *map, unsigned int start, unsigned int nr)
{
	unsigned int end = start + nr;
	unsigned int i;

	for (i = start / BITS_PER_LONG; i * BITS_PER_LONG < end; i++)
		map[i] &= ~run_mask(i, start, end);
}

/* The mask of bits in use of word @i. */
static unsigned long used_mask(unsigned int i, unsigned int nbits)
{
	return (i + 1) * BITS_PER_LONG <= nbits ? ~0UL
						: BITMAP_LAST_WORD_MASK(nbits);
}

bool bitmap_and(unsigned long *dst, const unsigned long *a,
		const unsigned long *b, unsigned int nbits)
{
	unsigned long any = 0;
	unsigned int i;

	for (i = 0; i < BITS_TO_LONGS(nbits); i++) {
		dst[i] = a[i] & b[i];
		any |= dst[i] & used_mask(i, nbits);
	}
	return any;
}

bool bitmap_andnot(unsigned long *dst, const unsigned long *a,
		   const unsigned long *b, unsigned int nbits)
{
	unsigned long any = 0;
	unsigned int i;

	for (i = 0; i < BITS_TO_LONGS(nbits); i++) {
		dst[i] = a[i] & ~b[i];
		any |= dst[i] & used_mask(i, nbits);
	}
	return any;
}

void bitmap_or(unsigned long *dst, const unsigned long *a,
	       const unsigned long *b, unsigned int nbits)
{
	unsigned int i;

	for (i = 0; i < BITS_TO_LONGS(nbits); i++)
		dst[i] = a[i] | b[i];
}

void bitmap_xor(unsigned long *dst, const unsigned long *a,
		const unsigned long *b, unsigned int nbits)
{
	unsigned int i;

	for (i = 0; i < BITS_TO_LONGS(nbits); i++)
		dst[i] = a[i] ^ b[i];
}

void bitmap_complement(unsigned long *dst, const unsigned long *src,
		       unsigned int nbits)
{
	unsigned int i;

	for (i = 0; i < BITS_TO_LONGS(nbits); i++)
		dst[i] = ~src[i];
}

bool bitmap_equal(const unsigned long *a, const unsigned long *b,
		  unsigned int nbits)
{
	unsigned int i;

	for (i = 0; i < BITS_TO_LONGS(nbits); i++)
		if ((a[i] ^ b[i]) & used_mask(i, nbits))
			return false;
	return true;
}

bool bitmap_subset(const unsigned long *a, const unsigned long *b,
		   unsigned int nbits)
{
	unsigned int i;

	for (i = 0; i < BITS_TO_LONGS(nbits); i++)
		if (a[i] & ~b[i] & used_mask(i, nbits))
			return false;
	return true;
}

bool bitmap_intersects(const unsigned long *a, const unsigned long *b,
		       unsigned int nbits)
{
	return find_next_and_bit(a, b, nbits, 0) < nbits;
}

bool bitmap_empty(const unsigned long *map, unsigned int nbits)
{
	return find_next_bit(map, nbits, 0) == nbits;
}

bool bitmap_full(const unsigned long *map, unsigned int nbits)
{
	return find_next_zero_bit(map, nbits, 0) == nbits;
}

unsigned int bitmap_weight(const unsigned long *map, unsigned int nbits)
{
	unsigned int i, weight = 0;

	for (i = 0; i < BITS_TO_LONGS(nbits); i++)
		weight += hweight_long(map[i] & used_mask(i, nbits));
	return weight;
}

bool bitmap_next_range(const unsigned long *map, unsigned int nbits,
		       unsigned int *start, unsigned int *end)
{
	*start = find_next_bit(map, nbits, *start);
	*end = find_next_zero_bit(map, nbits, *start);
	return *start < nbits;
}

unsigned int bitmap_find_next_zero_area(const unsigned long *map,
					unsigned int nbits, unsigned int from,
					unsigned int nr,
					unsigned int align_mask)
{
	for (;;) {
		unsigned int start, hit;

		start = find_next_zero_bit(map, nbits, from);
		start = (start + align_mask) & ~align_mask;
		if (start >= nbits || nr > nbits - start)
			return nbits;
		hit = find_next_bit(map, start + nr, start);
		if (hit == start + nr)
			return start;
		from = hit + 1;
	}
}

int bitmap_scnlistprintf(char *buf, size_t size, const unsigned long *map,
			 unsigned int nbits)
{
	unsigned int start = 0, end;
	int len = 0;

	if (size)
		buf[0] = '\0';
	while (bitmap_next_range(map, nbits, &start, &end)) {
		const char *comma = len ? "," : "";
		size_t room = size - (size_t)len;

		if (end - start == 1)
			len += scnprintf(buf + len, room, "%s%u", comma, start);
		else
			len += scnprintf(buf + len, room, "%s%u-%u", comma,
					 start, end - 1);
		start = end;
	}
	return len;
}
