/* SPDX-License-Identifier: MIT */
/*
 * hash.h - hash functions, and hash tables of a fixed size.
 *
 *	static DEFINE_HASHTABLE(table, 6);		64 chains
 *	hash_add(table, &obj->node, obj->id);
 *	hash_for_each_possible(table, obj, node, id)
 *		if (obj->id == id) ...
 *
 * Model. For a number: multiply by 2^64 divided by the golden ratio, keep
 * the high bits (A PIDH-2; Knuth, The Art of Computer Programming vol. 3,
 * 6.4). The low bits of a product depend only on the low bits of the factor,
 * the high bits depend on all, so keys in steps of a power of two spread as
 * well. For a block of memory: jhash(), after Bob Jenkins' lookup3, one
 * pass, good in all bits. Neither resists somebody who chooses the keys.
 *
 * Locking. The table's owner locks. Context: any.
 */
#ifndef LIB_HASH_H
#define LIB_HASH_H

#include <base/bits.h>
#include <base/compiler.h>
#include <base/types.h>
#include <lib/list.h>

/* floor(2^64 / phi), which is odd; and the same for 32 bits. */
#define GOLDEN_RATIO_64 0x9e3779b97f4a7c15ULL
#define GOLDEN_RATIO_32 0x9e3779b9U

/* @bits of hash, 1 to 64 (1 to 32): the result is < 2^bits. */
static inline u64 hash_64(u64 val, unsigned int bits)
{
	return val * GOLDEN_RATIO_64 >> (64 - bits);
}

static inline u32 hash_32(u32 val, unsigned int bits)
{
	return val * GOLDEN_RATIO_32 >> (32 - bits);
}

static inline unsigned long hash_long(unsigned long val, unsigned int bits)
{
	return hash_64(val, bits);
}

static inline unsigned long hash_ptr(const void *ptr, unsigned int bits)
{
	return hash_64((uintptr_t)ptr, bits);
}

/**
 * jhash() - hash of a block of memory.
 * @key, @len: the block.
 * @seed: another seed gives another, independent function.
 *
 * Context: any.
 * Locking: none.
 * Return: 32 bits, each depending on each bit of the input.
 */
u32 jhash(const void *key, size_t len, u32 seed);

#define DECLARE_HASHTABLE(name, bits) struct hlist_head name[1 << (bits)]
#define DEFINE_HASHTABLE(name, bits)                                      \
	struct hlist_head name[1 << (bits)] = {[0 ...(1 << (bits)) - 1] = \
						       HLIST_HEAD_INIT}

/* These take the table's name, whose type says how many chains it has. */
#define HASH_SIZE(table)       ((unsigned int)ARRAY_SIZE(table))
#define HASH_BITS(table)       ((unsigned int)__builtin_ctz(HASH_SIZE(table)))
#define hash_chain(table, key) (&(table)[hash_64((u64)(key), HASH_BITS(table))])

#define hash_init(table)                                        \
	do {                                                    \
		unsigned int hi_i;                              \
		for (hi_i = 0; hi_i < HASH_SIZE(table); hi_i++) \
			INIT_HLIST_HEAD(&(table)[hi_i]);        \
	} while (0)
#define hash_add(table, node, key) hlist_add_head(node, hash_chain(table, key))
#define hash_for_each_possible(table, obj, member, key) \
	hlist_for_each_entry(obj, hash_chain(table, key), member)
#define hash_for_each_possible_safe(table, obj, tmp, member, key) \
	hlist_for_each_entry_safe(obj, tmp, hash_chain(table, key), member)
/* Every element of the table; "break" leaves only the inner loop. */
#define hash_for_each(table, bkt, obj, member)             \
	for ((bkt) = 0; (bkt) < HASH_SIZE(table); (bkt)++) \
		hlist_for_each_entry(obj, &(table)[bkt], member)

static inline void hash_del(struct hlist_node *node)
{
	hlist_del_init(node);
}

static inline bool hash_hashed(const struct hlist_node *node)
{
	return !hlist_unhashed(node);
}

#endif /* LIB_HASH_H */
