/* SPDX-License-Identifier: MIT */
/*
 * hash.c - the hash of a block of memory.
 *
 * Purpose. Keys that are not one number: names, addresses, tuples.
 * Model. Three 32-bit lanes take 12 bytes at a time; after each group they
 *	are mixed by subtractions, rotations and xors that can be undone, so
 *	no information is lost on the way; a last, stronger mixing makes each
 *	output bit depend on all.
 * Locking. None. Contexts. Any.
 * References. Bob Jenkins, "lookup3.c, for hash table lookup", 2006: the
 *	constants are his, so that the published test values hold.
 */
#include <base/compiler.h>
#include <base/types.h>
#include <lib/hash.h>

#define LANE_START 0xdeadbeefU
#define GROUP	   12

struct lanes {
	u32 a, b, c;
};

static u32 rol(u32 v, unsigned int n)
{
	return v << n | v >> (32 - n);
}

static void mix(struct lanes *l)
{
	l->a = (l->a - l->c) ^ rol(l->c, 4);
	l->c += l->b;
	l->b = (l->b - l->a) ^ rol(l->a, 6);
	l->a += l->c;
	l->c = (l->c - l->b) ^ rol(l->b, 8);
	l->b += l->a;
	l->a = (l->a - l->c) ^ rol(l->c, 16);
	l->c += l->b;
	l->b = (l->b - l->a) ^ rol(l->a, 19);
	l->a += l->c;
	l->c = (l->c - l->b) ^ rol(l->b, 4);
	l->b += l->a;
}

static void final_mix(struct lanes *l)
{
	l->c = (l->c ^ l->b) - rol(l->b, 14);
	l->a = (l->a ^ l->c) - rol(l->c, 11);
	l->b = (l->b ^ l->a) - rol(l->a, 25);
	l->c = (l->c ^ l->b) - rol(l->b, 16);
	l->a = (l->a ^ l->c) - rol(l->c, 4);
	l->b = (l->b ^ l->a) - rol(l->a, 14);
	l->c = (l->c ^ l->b) - rol(l->b, 24);
}

/* Up to four bytes, the first in the low end; absent ones count as zero. */
static u32 load(const u8 *p, size_t n)
{
	u32 v = 0;
	size_t i;

	for (i = 0; i < n && i < 4; i++)
		v |= (u32)p[i] << (8 * i);
	return v;
}

static void absorb(struct lanes *l, const u8 *p, size_t n)
{
	l->a += load(p, n);
	if (n > 4)
		l->b += load(p + 4, n - 4);
	if (n > 8)
		l->c += load(p + 8, n - 8);
}

u32 jhash(const void *key, size_t len, u32 seed)
{
	u32 start = LANE_START + (u32)len + seed;
	struct lanes l = {start, start, start};
	const u8 *p = key;

	for (; len > GROUP; len -= GROUP, p += GROUP) {
		absorb(&l, p, GROUP);
		mix(&l);
	}
	if (!len)
		return l.c;
	absorb(&l, p, len);
	final_mix(&l);
	return l.c;
}
