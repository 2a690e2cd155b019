/* SPDX-License-Identifier: MIT */
/*
 * random.c - the generator xoshiro256**.
 *
 * Purpose. Numbers that look random to a test and repeat with their seed.
 * Model. 256 bits of state run through all values but zero by shifts and
 *	xors, which are linear; multiplying one word on the way out hides
 *	that. The state is filled by splitmix64, which never yields four
 *	zeroes in a row and makes neighbouring seeds unrelated.
 * Locking. The owner of the state. Contexts. Any.
 * References. Blackman and Vigna, "Scrambled linear pseudorandom number
 *	generators", 2021; Steele, Lea and Flood, "Fast splittable
 *	pseudorandom number generators", 2014.
 */
#include <base/bits.h>
#include <base/types.h>
#include <lib/random.h>
#include <lib/string.h>

static u64 rol64(u64 v, unsigned int n)
{
	return v << n | v >> (64 - n);
}

static u64 splitmix64(u64 *x)
{
	u64 z = *x += 0x9e3779b97f4a7c15ULL;

	z = (z ^ z >> 30) * 0xbf58476d1ce4e5b9ULL;
	z = (z ^ z >> 27) * 0x94d049bb133111ebULL;
	return z ^ z >> 31;
}

void prandom_seed_state(struct rnd_state *state, u64 seed)
{
	unsigned int i;

	for (i = 0; i < 4; i++)
		state->s[i] = splitmix64(&seed);
}

u64 prandom_u64_state(struct rnd_state *state)
{
	u64 *s = state->s;
	u64 result = rol64(s[1] * 5, 7) * 9;
	u64 t = s[1] << 17;

	s[2] ^= s[0];
	s[3] ^= s[1];
	s[1] ^= s[2];
	s[0] ^= s[3];
	s[2] ^= t;
	s[3] = rol64(s[3], 45);
	return result;
}

u32 prandom_u32_state(struct rnd_state *state)
{
	return (u32)(prandom_u64_state(state) >> 32);
}

/*
 * The high half of number x ceil lies below ceil. 2^32 is no multiple of
 * ceil, so some results have one number too many; those are drawn again.
 * (Lemire, "Fast random integer generation in an interval", 2019.)
 */
u32 prandom_u32_below(struct rnd_state *state, u32 ceil)
{
	u32 surplus = -ceil % ceil;
	u64 product;

	do {
		product = (u64)prandom_u32_state(state) * ceil;
	} while ((u32)product < surplus);
	return (u32)(product >> 32);
}

void prandom_bytes_state(struct rnd_state *state, void *buf, size_t n)
{
	u8 *p = buf;

	while (n) {
		u64 v = prandom_u64_state(state);
		size_t part = min(n, sizeof(v));

		memcpy(p, &v, part);
		p += part;
		n -= part;
	}
}
