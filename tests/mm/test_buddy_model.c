/* SPDX-License-Identifier: MIT */
/*
 * test_buddy_model.c - random blocks against the simplest thing that tells
 * which frames are free.
 *
 * Model. The reference is one bit for each frame. Which free blocks there
 * must be follows from it: an aligned block is free as a whole when all its
 * bits say so, and it is a block of its own when its parent is not. So after
 * each step the number of blocks of each order and type is known without any
 * list, and so is from what size a request must have been served.
 */
#include "fake_zone.h"

#include <lib/random.h>
#include <lib/selftest.h>

#define TOP	 (MAX_ORDER - 1)
#define MAX_HELD 512

#define BLOCK_WORDS (MAX_ORDER_NR_PAGES / 64)

static struct fake_zone fz;
static u64 is_free[FAKE_FRAMES / 64];
/* Blocks of each largest block by order, as the bits say, and their sums. */
static unsigned int in_block[FAKE_BLOCKS][MAX_ORDER];
static unsigned int want[MIGRATE_TYPES][MAX_ORDER];

static struct held {
	u16 at;
	u8 order;
} held[MAX_HELD];
static unsigned int nr_held;

static void set_free(unsigned long at, unsigned int order, bool yes)
{
	for (unsigned long i = at; i < at + BIT(order); i++) {
		if (i % 64 == 0 && order >= 6) {
			is_free[i / 64] = yes ? ~0ULL : 0;
			i += 63;
		} else if (yes) {
			is_free[i / 64] |= BIT(i % 64);
		} else {
			is_free[i / 64] &= ~BIT(i % 64);
		}
	}
}

/*
 * Adds to whole[] how many aligned groups of 1, 2, 4 .. 2^@orders bits are
 * all set. Return: whether all are.
 */
static bool count_groups(u64 bits, unsigned int orders, unsigned int *whole)
{
	for (unsigned int k = 0; k < orders; k++) {
		whole[k] += hweight_long(bits);
		bits &= bits >> BIT(k);
		/* Only the first of each group stands for it. */
		for (unsigned int i = 0; i < BIT(orders); i += 2U << k)
			bits &= ~(((1ULL << BIT(k)) - 1) << BIT(k) << i);
	}
	return bits & 1;
}

static void count_block(unsigned long b)
{
	unsigned int whole[MAX_ORDER + 1] = {0};
	u64 words = 0;

	for (unsigned int w = 0; w < BLOCK_WORDS; w++)
		if (count_groups(is_free[b * BLOCK_WORDS + w], 6, whole))
			words |= BIT(w);
	if (count_groups(words, 4, whole + 6))
		whole[TOP] = 1;
	for (unsigned int k = 0; k < MAX_ORDER; k++)
		in_block[b][k] = whole[k] - 2 * whole[k + 1];
}

static void count_all(void)
{
	memset(want, 0, sizeof(want));
	for (unsigned long b = 0; b < FAKE_BLOCKS; b++) {
		unsigned int type = fz.frame[b * MAX_ORDER_NR_PAGES].block_type;

		for (unsigned int k = 0; k < MAX_ORDER; k++)
			want[type][k] += in_block[b][k];
	}
}

static unsigned int count_differences(void)
{
	unsigned int wrong = 0;

	for (unsigned int k = 0; k < MAX_ORDER; k++)
		for (unsigned int t = 0; t < MIGRATE_TYPES; t++)
			wrong += fz.zone.free_area[k].free_list[t].nr_free !=
				 want[t][k];
	return wrong;
}

/* The order of the free block that a request should be cut from, or -1. */
static int source_order(unsigned int order, unsigned int type)
{
	for (unsigned int k = order; k < MAX_ORDER; k++)
		if (want[type][k])
			return (int)k;
	for (unsigned int k = MAX_ORDER; k-- > order;)
		for (unsigned int t = 0; t < MIGRATE_PCPTYPES; t++)
			if (want[t][k])
				return (int)k;
	for (unsigned int k = order; k < MAX_ORDER; k++)
		if (want[MIGRATE_RESERVE][k])
			return (int)k;
	return -1;
}

/* The order of the free block that frame @at lies in, before it was taken. */
static int free_order(unsigned long at)
{
	int order = -1;

	for (unsigned int k = 0; k < MAX_ORDER; k++) {
		unsigned long base = ALIGN_DOWN(at, BIT(k));

		for (unsigned long i = base; i < base + BIT(k); i++)
			if (!(is_free[i / 64] >> i % 64 & 1))
				return order;
		order = (int)k;
	}
	return order;
}

/* One request. Return: what is wrong with the answer. */
static unsigned int step_alloc(struct rnd_state *rnd, bool inlined)
{
	unsigned int order = prandom_u32_below(rnd, 3) == 0
				     ? prandom_u32_below(rnd, MAX_ORDER)
				     : prandom_u32_below(rnd, 3);
	unsigned int type = prandom_u32_below(rnd, MIGRATE_PCPTYPES);
	int source = source_order(order, type);
	struct page *page = NULL;
	unsigned long at;

	if (inlined)
		page = buddy_take(&fz.zone, order, type);
	if (!page)
		page = buddy_alloc(&fz.zone, order, type);
	if (!page)
		return source >= 0;
	at = (unsigned long)(page - fz.frame);
	if (!IS_ALIGNED(at, BIT(order)) || free_order(at) != source)
		return 1;
	set_free(at, order, false);
	count_block(at / MAX_ORDER_NR_PAGES);
	held[nr_held++] = (struct held){(u16)at, (u8)order};
	return 0;
}

static void step_free(struct rnd_state *rnd)
{
	unsigned int i = prandom_u32_below(rnd, nr_held);
	struct held h = held[i];

	held[i] = held[--nr_held];
	set_free(h.at, h.order, true);
	count_block(h.at / MAX_ORDER_NR_PAGES);
	buddy_free(&fz.zone, &fz.frame[h.at], h.order);
}

/* Some frames are never there; the last block is the reserve. */
static void begin(void)
{
	fake_zone_init(&fz);
	memset(is_free, 0, sizeof(is_free));
	nr_held = 0;
	for (unsigned long i = 0; i < FAKE_FRAMES; i++) {
		if (i % 1024 == 77 || (i > 500 && i < 520))
			continue;
		fake_give(&fz, i, 0);
		set_free(i, 0, true);
	}
	for (unsigned long b = 0; b < FAKE_BLOCKS; b++)
		count_block(b);
	buddy_set_type(&fz.zone, &fz.frame[FAKE_FRAMES - 1], MIGRATE_RESERVE);
}

SELFTEST(mm, buddy, model, "A MM-B3, A MM-B5, A MM-B6", unit)
{
	unsigned long steps = 10000 * selftest_scale();
	unsigned int wrong = 0, failed = 0;
	struct rnd_state rnd;

	prandom_seed_state(&rnd, selftest_seed());
	begin();
	count_all();
	for (unsigned long i = 0; i < steps; i++) {
		/* It goes up for a while, then down, and so on. */
		bool up = i / 300 % 2 == 0;

		if (nr_held < MAX_HELD &&
		    (!nr_held || prandom_u32_below(&rnd, 8) < (up ? 6 : 2))) {
			unsigned int before = nr_held;

			wrong += step_alloc(&rnd, i & 1);
			failed += nr_held == before;
		} else {
			step_free(&rnd);
		}
		count_all();
		wrong += count_differences();
		if (wrong)
			break;
		if (i % 1024 == 0)
			EXPECT_STREQ(fake_check(&fz), "");
	}
	EXPECT_EQ(wrong, 0);
	EXPECT_GT(failed, 0); /* the steps went where it is interesting */
	while (nr_held)
		step_free(&rnd);
	count_all();
	EXPECT_EQ(count_differences(), 0);
	EXPECT_STREQ(fake_check(&fz), "");
	fake_zone_exit();
}
