/* SPDX-License-Identifier: MIT */
/*
 * test_atomic.c - the value of every atomic operation, on one CPU.
 *
 * Pure: also compiled for the host. What they are worth when several CPUs
 * use them at once is asked in test_atomic_smp.c.
 */
#include <base/atomic.h>
#include <lib/selftest.h>

/* A struct: an int is not accepted in its place, nor the reverse. */
static_assert(!__builtin_types_compatible_p(atomic_t, int), "A SYNC-A4");
static_assert(!__builtin_types_compatible_p(atomic64_t, atomic_t), "A SYNC-A4");
static_assert(sizeof(atomic_t) == 4 && sizeof(atomic64_t) == 8, "A SYNC-A4");

SELFTEST(lib, atomic, add_sub, "A SYNC-A5", unit)
{
	atomic_t v = ATOMIC_INIT(5);

	EXPECT_EQ(atomic_read(&v), 5);
	atomic_set(&v, -7);
	EXPECT_EQ(atomic_read(&v), -7);
	atomic_add(10, &v);
	EXPECT_EQ(atomic_read(&v), 3);
	atomic_sub(4, &v);
	EXPECT_EQ(atomic_read(&v), -1);
	atomic_inc(&v);
	EXPECT_EQ(atomic_read(&v), 0);
	atomic_dec(&v);
	EXPECT_EQ(atomic_read(&v), -1);
}

SELFTEST(lib, atomic, returns, "A SYNC-A6", unit)
{
	atomic_t v = ATOMIC_INIT(10);

	/* The new value, except for the fetch forms: the old one. */
	EXPECT_EQ(atomic_add_return(5, &v), 15);
	EXPECT_EQ(atomic_sub_return(20, &v), -5);
	EXPECT_EQ(atomic_inc_return(&v), -4);
	EXPECT_EQ(atomic_dec_return(&v), -5);
	EXPECT_EQ(atomic_fetch_add(7, &v), -5);
	EXPECT_EQ(atomic_read(&v), 2);
	EXPECT_EQ(atomic_fetch_or(0x11, &v), 2);
	EXPECT_EQ(atomic_read(&v), 0x13);
}

SELFTEST(lib, atomic, test_forms, "A SYNC-A5", unit)
{
	atomic_t v = ATOMIC_INIT(2);

	EXPECT_FALSE(atomic_dec_and_test(&v)); /* 1 */
	EXPECT_TRUE(atomic_dec_and_test(&v));  /* 0 */
	EXPECT_FALSE(atomic_dec_and_test(&v)); /* -1 */
	EXPECT_TRUE(atomic_inc_and_test(&v));  /* 0 */
	EXPECT_FALSE(atomic_inc_and_test(&v)); /* 1 */
	EXPECT_TRUE(atomic_sub_and_test(1, &v));
	EXPECT_FALSE(atomic_sub_and_test(3, &v)); /* -3 */
	EXPECT_TRUE(atomic_add_negative(2, &v));  /* -1 */
	EXPECT_FALSE(atomic_add_negative(1, &v)); /* 0 is not negative */
	EXPECT_FALSE(atomic_add_negative(1, &v)); /* 1 */
	EXPECT_EQ(atomic_read(&v), 1);
}

SELFTEST(lib, atomic, exchange, "B LIB-01", unit)
{
	atomic_t v = ATOMIC_INIT(1);
	int old = 9;

	EXPECT_EQ(atomic_xchg(&v, 2), 1);
	EXPECT_EQ(atomic_cmpxchg(&v, 3, 4), 2); /* refused: found 2 */
	EXPECT_EQ(atomic_read(&v), 2);
	EXPECT_EQ(atomic_cmpxchg(&v, 2, 4), 2); /* done */
	EXPECT_EQ(atomic_read(&v), 4);

	EXPECT_FALSE(atomic_try_cmpxchg(&v, &old, 5));
	EXPECT_EQ(old, 4); /* what was found */
	EXPECT_TRUE(atomic_try_cmpxchg(&v, &old, 5));
	EXPECT_EQ(old, 4);
	EXPECT_EQ(atomic_read(&v), 5);
}

SELFTEST(lib, atomic, unless, "B LIB-01", unit)
{
	atomic_t v = ATOMIC_INIT(3);

	EXPECT_TRUE(atomic_add_unless(&v, 2, 4));
	EXPECT_EQ(atomic_read(&v), 5);
	EXPECT_FALSE(atomic_add_unless(&v, 2, 5));
	EXPECT_EQ(atomic_read(&v), 5);
	EXPECT_TRUE(atomic_add_unless(&v, -5, 0));
	EXPECT_EQ(atomic_read(&v), 0);
	EXPECT_FALSE(atomic_inc_not_zero(&v)); /* the last reference is gone */
	EXPECT_EQ(atomic_read(&v), 0);
	atomic_set(&v, -1);
	EXPECT_TRUE(atomic_inc_not_zero(&v));
	EXPECT_EQ(atomic_read(&v), 0);
}

SELFTEST(lib, atomic, masks, "B LIB-01", unit)
{
	atomic_t v = ATOMIC_INIT(0x0f);

	atomic_or(0x30, &v);
	EXPECT_EQ(atomic_read(&v), 0x3f);
	atomic_and(0x2a, &v);
	EXPECT_EQ(atomic_read(&v), 0x2a);
	atomic_and(0, &v);
	EXPECT_EQ(atomic_read(&v), 0);
}

SELFTEST(lib, atomic, wide, "B LIB-01", unit)
{
	atomic64_t v = ATOMIC64_INIT(0xffffffffLL);
	s64 old = 0;

	EXPECT_EQ(atomic64_inc_return(&v), 0x100000000LL);
	EXPECT_EQ(atomic64_dec_return(&v), 0xffffffffLL);
	atomic64_add(0x7fffffff00000000LL, &v);
	EXPECT_EQ(atomic64_read(&v), 0x7fffffffffffffffLL);
	EXPECT_EQ(atomic64_xchg(&v, 0x123456789abcdefLL), 0x7fffffffffffffffLL);
	/* The low halves are equal, the values are not. */
	EXPECT_EQ(atomic64_cmpxchg(&v, 0x89abcdefLL, 1), 0x123456789abcdefLL);
	EXPECT_FALSE(atomic64_try_cmpxchg(&v, &old, 2));
	EXPECT_EQ(old, 0x123456789abcdefLL);
	EXPECT_TRUE(atomic64_try_cmpxchg(&v, &old, -2));
	EXPECT_TRUE(atomic64_add_negative(1, &v));
	EXPECT_TRUE(atomic64_inc_and_test(&v));
}

SELFTEST(lib, atomic, ordered, "B LIB-01", unit)
{
	atomic_t v = ATOMIC_INIT(0);
	u8 byte[3] = {1, 2, 3};
	u64 word = 0;

	atomic_set_release(&v, 42);
	EXPECT_EQ(atomic_read_acquire(&v), 42);
	smp_store_release(&byte[1], (u8)200);
	EXPECT_EQ(smp_load_acquire(&byte[1]), (u8)200);
	EXPECT_EQ(byte[0], (u8)1);
	EXPECT_EQ(byte[2], (u8)3);
	smp_store_release(&word, 0x1122334455667788ULL);
	EXPECT_EQ(smp_load_acquire(&word), 0x1122334455667788ULL);
}

/* Exchanges in the middle of @array; its neighbours stay as they are. */
#define CHECK_EXCHANGE(type)                                                  \
	do {                                                                  \
		type array[3] = {1, (type)~0ULL, 2};                          \
		type found;                                                   \
                                                                              \
		EXPECT_EQ(xchg(&array[1], (type)5), (type)~0ULL);             \
		EXPECT_EQ(cmpxchg(&array[1], (type)6, (type)7), (type)5);     \
		EXPECT_EQ(array[1], (type)5);                                 \
		EXPECT_EQ(cmpxchg(&array[1], (type)5, (type)~1ULL), (type)5); \
		EXPECT_EQ(array[1], (type)~1ULL);                             \
		found = 3;                                                    \
		EXPECT_FALSE(try_cmpxchg(&array[1], &found, (type)0));        \
		EXPECT_EQ(found, (type)~1ULL);                                \
		EXPECT_TRUE(try_cmpxchg(&array[1], &found, (type)9));         \
		EXPECT_EQ(xchg_acquire(&array[1], (type)0), (type)9);         \
		EXPECT_EQ(array[0], (type)1);                                 \
		EXPECT_EQ(array[2], (type)2);                                 \
	} while (0)

SELFTEST(lib, atomic, any_width, "B LIB-01", unit)
{
	int a = 0, b = 0;
	int *p = &a;

	CHECK_EXCHANGE(u8);
	CHECK_EXCHANGE(u16);
	CHECK_EXCHANGE(u32);
	CHECK_EXCHANGE(u64);
	EXPECT_PTR_EQ(xchg(&p, &b), &a);
	EXPECT_PTR_EQ(cmpxchg(&p, &a, NULL), &b);
	EXPECT_PTR_EQ(cmpxchg(&p, &b, NULL), &b);
	EXPECT_PTR_EQ(p, NULL);
}

SELFTEST(lib, atomic, bits, "B LIB-01", unit)
{
	static const unsigned int nrs[] = {0, 1, 31, 32, 63, 64, 65, 127};
	unsigned long map[3] = {0, 0, ~0UL};
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(nrs); i++) {
		unsigned int nr = nrs[i];
		unsigned long *word = &map[nr / 64];

		EXPECT_FALSE(test_bit(nr, map));
		set_bit(nr, map);
		EXPECT_TRUE(test_bit(nr, map));
		EXPECT_EQ(*word, 1UL << nr % 64); /* no other bit */
		EXPECT_TRUE(test_and_set_bit(nr, map));
		EXPECT_TRUE(test_and_clear_bit(nr, map));
		EXPECT_FALSE(test_and_clear_bit(nr, map));
		EXPECT_FALSE(test_and_set_bit(nr, map));
		EXPECT_EQ(*word, 1UL << nr % 64);
		change_bit(nr, map);
		EXPECT_EQ(*word, 0UL);
		EXPECT_FALSE(test_and_change_bit(nr, map));
		EXPECT_TRUE(test_and_change_bit(nr, map));
		__set_bit(nr, map);
		EXPECT_EQ(*word, 1UL << nr % 64);
		clear_bit(nr, map);
		__set_bit(nr, map);
		__clear_bit(nr, map);
		EXPECT_EQ(map[0] | map[1], 0UL);
	}
	EXPECT_EQ(map[2], ~0UL);
	clear_bit(128 + 40, map);
	EXPECT_EQ(map[2], ~(1UL << 40));
}
