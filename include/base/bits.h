/* SPDX-License-Identifier: MIT */
/*
 * bits.h - single bits, masks, rounding and bit searches on one word.
 *
 * Bit numbers count from 0 at the least significant end, except in ffs() and
 * fls(), which count from 1 so that 0 can mean "no bit set" (C library
 * convention).
 */
#ifndef BASE_BITS_H
#define BASE_BITS_H

#include <base/compiler.h>
#include <base/types.h>

#define BITS_PER_LONG 64

#define BIT(n)	      (1UL << (n))
#define GENMASK(h, l) ((~0UL << (l)) & (~0UL >> (BITS_PER_LONG - 1 - (h))))

#define DIV_ROUND_UP(n, d) (((n) + (d)-1) / (d))

/* Powers of two only; the type of @x decides the width. */
#define ALIGN(x, a)	 ALIGN_DOWN((x) + ((__typeof__(x))(a)-1), a)
#define ALIGN_DOWN(x, a) ((x) & ~((__typeof__(x))(a)-1))
#define IS_ALIGNED(x, a) (((x) & ((__typeof__(x))(a)-1)) == 0)

#define min(a, b)                              \
	({                                     \
		__typeof__(a) min_a = (a);     \
		__typeof__(b) min_b = (b);     \
		(void)(&min_a == &min_b);      \
		min_a < min_b ? min_a : min_b; \
	})
#define max(a, b)                              \
	({                                     \
		__typeof__(a) max_a = (a);     \
		__typeof__(b) max_b = (b);     \
		(void)(&max_a == &max_b);      \
		max_a > max_b ? max_a : max_b; \
	})
#define min_t(t, a, b)	 min((t)(a), (t)(b))
#define max_t(t, a, b)	 max((t)(a), (t)(b))
#define clamp(x, lo, hi) min(max((x), (lo)), (hi))
#define swap(a, b)                            \
	do {                                  \
		__typeof__(a) swap_tmp = (a); \
		(a) = (b);                    \
		(b) = swap_tmp;               \
	} while (0)

/* Index of the lowest set bit; undefined for 0. */
static inline unsigned int __ffs(unsigned long word)
{
	return (unsigned int)__builtin_ctzl(word);
}

/* Index of the highest set bit; undefined for 0. */
static inline unsigned int __fls(unsigned long word)
{
	return BITS_PER_LONG - 1 - (unsigned int)__builtin_clzl(word);
}

/* Index of the lowest clear bit; undefined for ~0. */
static inline unsigned int ffz(unsigned long word)
{
	return __ffs(~word);
}

static inline unsigned int fls64(u64 word)
{
	return word ? __fls(word) + 1 : 0;
}

/*
 * Number of set bits. Without the POPCNT instruction, which the oldest CPUs
 * lack: counts pairs, nibbles, bytes in parallel, then adds up the bytes.
 */
static inline unsigned int hweight_long(unsigned long w)
{
	w -= w >> 1 & 0x5555555555555555UL;
	w = (w & 0x3333333333333333UL) + (w >> 2 & 0x3333333333333333UL);
	w = (w + (w >> 4)) & 0x0f0f0f0f0f0f0f0fUL;
	return (unsigned int)(w * 0x0101010101010101UL >> 56);
}

static inline bool is_power_of_2(unsigned long n)
{
	return n && !(n & (n - 1));
}

/* floor(log2(n)); undefined for 0. */
static inline unsigned int ilog2(u64 n)
{
	return __fls(n);
}

/* Smallest power of two >= n; n in [1, 2^63]. */
static inline unsigned long roundup_pow_of_two(unsigned long n)
{
	return n <= 1 ? 1 : 1UL << (__fls(n - 1) + 1);
}

#endif /* BASE_BITS_H */
