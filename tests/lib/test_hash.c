/* SPDX-License-Identifier: MIT */
/*
 * test_hash.c - hash functions spread, hash tables find.
 */
#include <base/bits.h>
#include <base/compiler.h>
#include <base/types.h>
#include <lib/hash.h>
#include <lib/random.h>
#include <lib/selftest.h>
#include <lib/string.h>

#define BITS  10
#define PIDS  4096
#define ITEMS 256

static u16 chain[1 << BITS];

/* The longest chain of PIDS keys that are @step apart. */
static unsigned int longest_chain(u64 first, u64 step)
{
	unsigned int i, longest = 0;

	memset(chain, 0, sizeof(chain));
	for (i = 0; i < PIDS; i++) {
		u64 h = hash_64(first + i * step, BITS);

		if (h >= 1 << BITS)
			return PIDS;
		if (++chain[h] > longest)
			longest = chain[h];
	}
	return longest;
}

/* 4 on average. Consecutive keys come out almost evenly (three distances). */
SELFTEST(lib, hash, pids_spread, "A PIDH-2", unit)
{
	unsigned int shift;

	EXPECT_LE(longest_chain(1, 1), 6U);
	EXPECT_LE(longest_chain(30000, 1), 6U);
	/* Steps that a plain "low bits" hash would fold onto one chain. */
	for (shift = 3; shift <= 12; shift++)
		EXPECT_LE(longest_chain(0xffff888000000000, 1ULL << shift),
			  24U);
}

SELFTEST(lib, hash, range, "A PIDH-2", unit)
{
	struct rnd_state rnd;
	unsigned int bits, i, wrong = 0;

	prandom_seed_state(&rnd, selftest_seed());
	for (bits = 1; bits <= 64; bits++) {
		for (i = 0; i < 100; i++) {
			u64 v = prandom_u64_state(&rnd);

			if (bits < 64)
				wrong += hash_64(v, bits) >> bits != 0;
			if (bits < 32)
				wrong += hash_32((u32)v, bits) >> bits != 0;
		}
	}
	EXPECT_EQ(wrong, 0U);
	EXPECT_EQ(hash_64(0, 10), 0ULL);
	EXPECT_EQ(hash_64(1, 8), 0x9eULL);
	EXPECT_EQ(hash_long(1, 16), 0x9e37UL);
	EXPECT_EQ(hash_32(1, 12), 0x9e3U);
}

/* The values that lookup3 publishes for its function on little-endian. */
SELFTEST(lib, hash, jhash_known, "B LIB-01", unit)
{
	static const char text[] = "Four score and seven years ago";

	EXPECT_EQ(jhash("", 0, 0), 0xdeadbeefU);
	EXPECT_EQ(jhash("", 0, 0xdeadbeef), 0xbd5b7ddeU);
	EXPECT_EQ(jhash(text, 30, 0), 0x17770551U);
	EXPECT_EQ(jhash(text, 30, 1), 0xcd628161U);
}

/* A changed bit anywhere, for each length, changes about half the result. */
SELFTEST(lib, hash, jhash_avalanche, "B LIB-01", unit)
{
	unsigned int len, bit, weight = 0, n = 0, same = 0;
	u8 key[40];

	memset(key, 0x3c, sizeof(key));
	for (len = 1; len <= sizeof(key); len++) {
		u32 h = jhash(key, len, 7);

		for (bit = 0; bit < len * 8; bit++) {
			u32 diff;

			key[bit / 8] ^= 1 << bit % 8;
			diff = h ^ jhash(key, len, 7);
			key[bit / 8] ^= 1 << bit % 8;
			same += diff == 0;
			weight += hweight_long(diff);
			n++;
		}
	}
	EXPECT_EQ(same, 0U);
	EXPECT_GT(weight, n * 15);
	EXPECT_LT(weight, n * 17);
}

struct entry {
	u64 key;
	struct hlist_node node;
};

static struct entry entries[ITEMS];
static DEFINE_HASHTABLE(table, 5);

static struct entry *find(u64 key)
{
	struct entry *e;

	hash_for_each_possible(table, e, node, key)
		if (e->key == key)
			return e;
	return NULL;
}

SELFTEST(lib, hash, table, "B LIB-01", unit)
{
	unsigned int i, bkt, count = 0, wrong = 0;
	struct hlist_node *tmp;
	struct entry *e;

	hash_init(table);
	EXPECT_EQ(HASH_SIZE(table), 32U);
	EXPECT_EQ(HASH_BITS(table), 5U);
	for (i = 0; i < ITEMS; i++) {
		entries[i].key = i * 4096ULL;
		hash_add(table, &entries[i].node, entries[i].key);
	}
	for (i = 0; i < ITEMS; i++)
		wrong += find(i * 4096ULL) != &entries[i];
	EXPECT_EQ(wrong, 0U);
	EXPECT_PTR_EQ(find(5), NULL);
	for (i = 0; i < ITEMS; i += 2)
		hash_del(&entries[i].node);
	EXPECT_FALSE(hash_hashed(&entries[0].node));
	EXPECT_TRUE(hash_hashed(&entries[1].node));
	for (i = 0; i < ITEMS; i++)
		wrong += (find(i * 4096ULL) != NULL) != i % 2;
	EXPECT_EQ(wrong, 0U);
	hash_for_each(table, bkt, e, node)
		count++;
	EXPECT_EQ(count, ITEMS / 2U);
	hash_for_each_possible_safe(table, e, tmp, node, 4096ULL)
		hash_del(&e->node);
	EXPECT_PTR_EQ(find(4096), NULL);
}
