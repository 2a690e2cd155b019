/* SPDX-License-Identifier: MIT */
/*
 * test_kfifo.c - the ring buffer, one side at a time: every element comes
 * out once, in order, also where the places and the counters wrap.
 */
#include <base/compiler.h>
#include <base/types.h>
#include <lib/kfifo.h>
#include <lib/random.h>
#include <lib/selftest.h>
#include <lib/string.h>

struct odd {
	u8 bytes[3];
};

static DEFINE_KFIFO(bytes, u8, 8);
static DECLARE_KFIFO(odds, struct odd, 4);

SELFTEST(lib, kfifo, full_and_empty, "", unit)
{
	u8 c = 99;
	u8 i;

	INIT_KFIFO(bytes);
	EXPECT_EQ(kfifo_size(&bytes), 8U);
	EXPECT_TRUE(kfifo_is_empty(&bytes));
	EXPECT_FALSE(kfifo_get(&bytes, &c));
	EXPECT_FALSE(kfifo_peek(&bytes, &c));
	EXPECT_EQ(c, 99);
	for (i = 0; i < 8; i++) {
		EXPECT_EQ(kfifo_avail(&bytes), 8U - i);
		EXPECT_TRUE(kfifo_put(&bytes, i));
	}
	EXPECT_TRUE(kfifo_is_full(&bytes));
	EXPECT_FALSE(kfifo_put(&bytes, 77));
	EXPECT_EQ(kfifo_len(&bytes), 8U);
	EXPECT_TRUE(kfifo_peek(&bytes, &c));
	EXPECT_EQ(c, 0);
	for (i = 0; i < 8; i++) {
		EXPECT_TRUE(kfifo_get(&bytes, &c));
		EXPECT_EQ(c, i);
	}
	EXPECT_TRUE(kfifo_is_empty(&bytes));
}

/* Random amounts against two running numbers; the counters wrap at 2^32. */
SELFTEST(lib, kfifo, model_across_wrap, "", unit)
{
	unsigned long step, wrong = 0;
	u32 written = 0, taken = 0;
	struct rnd_state rnd;
	u8 buf[12];
	unsigned int i;

	INIT_KFIFO(bytes);
	bytes.kfifo.in = bytes.kfifo.out = ~0U - 500;
	prandom_seed_state(&rnd, selftest_seed());
	for (step = 0; step < 10000 * selftest_scale(); step++) {
		unsigned int n = prandom_u32_below(&rnd, sizeof(buf) + 1);
		unsigned int room = 8 - (written - taken);

		if (prandom_u32_below(&rnd, 2)) {
			for (i = 0; i < n; i++)
				buf[i] = (u8)(written + i);
			wrong += kfifo_in(&bytes, buf, n) !=
				 (n < room ? n : room);
			written += n < room ? n : room;
		} else {
			n = kfifo_out(&bytes, buf, n);
			for (i = 0; i < n; i++)
				wrong += buf[i] != (u8)taken++;
		}
		wrong += kfifo_len(&bytes) != written - taken;
	}
	EXPECT_EQ(wrong, 0UL);
	EXPECT_LT(bytes.kfifo.in, ~0U - 500);
}

/* All asked for is taken, and no more, whatever is in it. */
SELFTEST(lib, kfifo, amounts, "", unit)
{
	static const u8 text[] = "abcdefgh";
	unsigned int start, in, out;
	u8 buf[8];

	for (start = 0; start < 8; start++) {
		for (in = 0; in <= 8; in++) {
			for (out = 0; out <= 8; out++) {
				unsigned int want = min(in, out);

				INIT_KFIFO(bytes);
				bytes.kfifo.in = bytes.kfifo.out = start;
				memset(buf, '#', sizeof(buf));
				EXPECT_EQ(kfifo_in(&bytes, text, in), in);
				EXPECT_EQ(kfifo_out(&bytes, buf, out), want);
				EXPECT_EQ(memcmp(buf, text, want), 0);
				EXPECT_TRUE(want == 8 || buf[want] == '#');
			}
		}
	}
}

/* Elements whose size is no power of two. */
SELFTEST(lib, kfifo, odd_elements, "", unit)
{
	struct odd in = {{1, 2, 3}}, got;
	unsigned int i;

	INIT_KFIFO(odds);
	for (i = 0; i < 10; i++) {
		in.bytes[0] = (u8)i;
		EXPECT_TRUE(kfifo_put(&odds, in));
		in.bytes[0] = (u8)(i + 100);
		EXPECT_TRUE(kfifo_put(&odds, in));
		EXPECT_TRUE(kfifo_get(&odds, &got));
		EXPECT_EQ(got.bytes[0], (u8)i);
		EXPECT_EQ(got.bytes[2], 3);
		EXPECT_TRUE(kfifo_get(&odds, &got));
		EXPECT_EQ(got.bytes[0], (u8)(i + 100));
	}
	kfifo_put(&odds, in);
	kfifo_put(&odds, in);
	kfifo_reset_out(&odds);
	EXPECT_TRUE(kfifo_is_empty(&odds));
	EXPECT_EQ(kfifo_avail(&odds), 4U);
}
