/* SPDX-License-Identifier: MIT */
/*
 * test_jiffies.c - comparing tick counts across the wrap, and converting.
 */
#include <base/compiler.h>
#include <base/config.h>
#include <base/types.h>
#include <lib/jiffies.h>
#include <lib/random.h>
#include <lib/selftest.h>

#define FAR (1UL << 63)

/* Around each start, also where the counter or its sign wraps. */
SELFTEST(lib, jiffies, compare_across_wrap, "B LIB-01", unit)
{
	static const unsigned long starts[] = {
		0, 1, 5, ~0UL, ~0UL - 3, FAR, FAR - 1, FAR + 2, 123456};
	static const unsigned long ahead[] = {1, 2, 1000, FAR / 2, FAR - 1};
	unsigned int i, j;

	for (i = 0; i < ARRAY_SIZE(starts); i++) {
		unsigned long now = starts[i];

		EXPECT_FALSE(time_after(now, now));
		EXPECT_FALSE(time_before(now, now));
		EXPECT_TRUE(time_after_eq(now, now));
		EXPECT_TRUE(time_before_eq(now, now));
		for (j = 0; j < ARRAY_SIZE(ahead); j++) {
			unsigned long later = now + ahead[j];

			EXPECT_TRUE(time_after(later, now));
			EXPECT_FALSE(time_after(now, later));
			EXPECT_TRUE(time_before(now, later));
			EXPECT_FALSE(time_before(later, now));
			EXPECT_TRUE(time_after_eq(later, now));
			EXPECT_FALSE(time_after_eq(now, later));
			EXPECT_TRUE(time_before_eq(now, later));
			EXPECT_FALSE(time_before_eq(later, now));
			EXPECT_TRUE(time_after64(later, now));
			EXPECT_FALSE(time_before64(later, now));
			EXPECT_TRUE(time_after_eq64(later, now));
			EXPECT_FALSE(time_before_eq64(later, now));
		}
	}
}

SELFTEST(lib, jiffies, ranges, "B LIB-01", unit)
{
	unsigned long from = ~0UL - 4, to = 5;

	EXPECT_TRUE(time_in_range(from, from, to));
	EXPECT_TRUE(time_in_range(0UL, from, to));
	EXPECT_TRUE(time_in_range(to, from, to));
	EXPECT_FALSE(time_in_range(from - 1, from, to));
	EXPECT_FALSE(time_in_range(to + 1, from, to));
	EXPECT_TRUE(time_in_range_open(to - 1, from, to));
	EXPECT_FALSE(time_in_range_open(to, from, to));
	EXPECT_TRUE(time_in_range_open(from, from, to));
}

/* The macros evaluate what they are given once. */
SELFTEST(lib, jiffies, single_evaluation, "B LIB-01", unit)
{
	unsigned long a = 10, b = 5;

	EXPECT_TRUE(time_after(a++, b++));
	EXPECT_EQ(a, 11UL);
	EXPECT_EQ(b, 6UL);
}

/* Up, never down: a timeout is never early. */
SELFTEST(lib, jiffies, to_ticks, "B LIB-01", unit)
{
	EXPECT_EQ(nsecs_to_jiffies(0), 0UL);
	EXPECT_EQ(nsecs_to_jiffies(1), 1UL);
	EXPECT_EQ(nsecs_to_jiffies(NSEC_PER_TICK), 1UL);
	EXPECT_EQ(nsecs_to_jiffies(NSEC_PER_TICK + 1), 2UL);
	EXPECT_EQ(nsecs_to_jiffies(NSEC_PER_SEC), (unsigned long)HZ);
	EXPECT_EQ(nsecs_to_jiffies(~0ULL), 18446744073710UL);
	EXPECT_EQ(usecs_to_jiffies(1), 1UL);
	EXPECT_EQ(usecs_to_jiffies(USEC_PER_SEC), (unsigned long)HZ);
	EXPECT_EQ(usecs_to_jiffies(~0ULL), 18446744073709552UL);
	EXPECT_EQ(msecs_to_jiffies(0), 0UL);
	EXPECT_EQ(msecs_to_jiffies(1000), (unsigned long)HZ);
	EXPECT_EQ(msecs_to_jiffies(INT32_MAX), 2147483647UL * HZ / 1000);
	EXPECT_EQ(msecs_to_jiffies(-1U), MAX_JIFFY_OFFSET);
	/* "For ever" still lies ahead of any now. */
	EXPECT_TRUE(time_after(~0UL - 7 + MAX_JIFFY_OFFSET, ~0UL - 7));
}

SELFTEST(lib, jiffies, from_ticks, "B LIB-01", unit)
{
	struct rnd_state rnd;
	unsigned int i, wrong = 0;

	EXPECT_EQ(jiffies_to_nsecs(1), NSEC_PER_TICK);
	EXPECT_EQ(jiffies_to_usecs(HZ), USEC_PER_SEC);
	EXPECT_EQ(jiffies_to_msecs(3 * HZ), 3000ULL);
	EXPECT_EQ(jiffies_to_nsecs(~0UL), ~0ULL);
	EXPECT_EQ(jiffies_to_usecs(~0UL), ~0ULL);
	EXPECT_EQ(jiffies_to_nsecs(18446744073709UL), 18446744073709000000ULL);
	EXPECT_EQ(jiffies_to_nsecs(18446744073710UL), ~0ULL);
	/* There and back gives the same number. */
	prandom_seed_state(&rnd, selftest_seed());
	for (i = 0; i < 1000; i++) {
		unsigned long j = prandom_u32_state(&rnd);

		wrong += nsecs_to_jiffies(jiffies_to_nsecs(j)) != j;
		wrong += usecs_to_jiffies(jiffies_to_usecs(j)) != j;
	}
	EXPECT_EQ(wrong, 0U);
}
