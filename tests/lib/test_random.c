/* SPDX-License-Identifier: MIT */
/*
 * test_random.c - the generator repeats, spreads, and keeps its bounds.
 */
#include <base/bits.h>
#include <base/compiler.h>
#include <base/types.h>
#include <lib/random.h>
#include <lib/selftest.h>
#include <lib/string.h>

/*
 * With the state 1, 2, 3, 4 the first results follow from the definition:
 * rotl(2 * 5, 7) * 9 = 11520, then s1 is 0, then 0x40007 * 5 and so on.
 */
SELFTEST(lib, random, known_sequence, "", unit)
{
	struct rnd_state s = {{1, 2, 3, 4}};

	EXPECT_EQ(prandom_u64_state(&s), 11520ULL);
	EXPECT_EQ(prandom_u64_state(&s), 0ULL);
	EXPECT_EQ(prandom_u64_state(&s), 1509978240ULL);
	EXPECT_EQ(prandom_u64_state(&s), 1215971899390074240ULL);
}

SELFTEST(lib, random, seeds, "", unit)
{
	struct rnd_state a, b, c;
	unsigned int i, equal = 0;

	/* splitmix64 from 0: its published first number. */
	prandom_seed_state(&a, 0);
	EXPECT_EQ(a.s[0], 0xe220a8397b1dcdafULL);
	prandom_seed_state(&a, 42);
	prandom_seed_state(&b, 42);
	prandom_seed_state(&c, 43);
	for (i = 0; i < 1000; i++) {
		u64 x = prandom_u64_state(&a);

		REQUIRE_EQ(prandom_u64_state(&b), x);
		equal += prandom_u64_state(&c) == x;
	}
	EXPECT_EQ(equal, 0U);
}

/* Each value of a small range about equally often; never outside. */
SELFTEST(lib, random, below, "", unit)
{
	unsigned int i, count[7] = {0};
	struct rnd_state s;

	prandom_seed_state(&s, selftest_seed());
	for (i = 0; i < 7000; i++) {
		u32 v = prandom_u32_below(&s, 7);

		REQUIRE(EXPECT_LT(v, 7U));
		count[v]++;
	}
	for (i = 0; i < 7; i++) {
		/* 1000 expected, standard deviation 29. */
		EXPECT_GT(count[i], 800U);
		EXPECT_LT(count[i], 1200U);
	}
	/*
	 * Of the 2^32 numbers, a plain multiplication gives each third result
	 * below 3 * 2^30 two, and the others one.
	 */
	memset(count, 0, sizeof(count));
	for (i = 0; i < 3000; i++)
		count[prandom_u32_below(&s, 3U << 30) % 3]++;
	for (i = 0; i < 3; i++) {
		EXPECT_GT(count[i], 850U);
		EXPECT_LT(count[i], 1150U);
	}
	EXPECT_EQ(prandom_u32_below(&s, 1), 0U);
	for (i = 0; i < 100; i++)
		EXPECT_LT(prandom_u32_below(&s, 0x80000001), 0x80000001U);
}

/* Every bit is set half the time, and all bytes are written, no more. */
SELFTEST(lib, random, bits_and_bytes, "", unit)
{
	unsigned int i, bit, count[64] = {0};
	struct rnd_state s;
	u8 buf[32];

	prandom_seed_state(&s, selftest_seed() + 5);
	for (i = 0; i < 4096; i++) {
		u64 v = prandom_u64_state(&s);

		for (bit = 0; bit < 64; bit++)
			count[bit] += v >> bit & 1;
	}
	for (bit = 0; bit < 64; bit++) {
		/* 2048 expected, standard deviation 32. */
		EXPECT_GT(count[bit], 1848U);
		EXPECT_LT(count[bit], 2248U);
	}
	for (i = 0; i <= 20; i++) {
		memset(buf, 0, sizeof(buf));
		prandom_bytes_state(&s, buf, i);
		EXPECT_PTR_EQ(memchr_inv(buf + i, 0, sizeof(buf) - i), NULL);
		if (i >= 8)
			EXPECT_TRUE(memchr_inv(buf + i - 8, 0, 8) != NULL);
	}
}
