/* SPDX-License-Identifier: MIT */
/*
 * test_bitmap.c - bitmaps against arrays of bool, most of all where words
 * end.
 */
#include <base/compiler.h>
#include <base/types.h>
#include <lib/bitmap.h>
#include <lib/random.h>
#include <lib/selftest.h>
#include <lib/string.h>

#define MAX_BITS 200
#define WORDS	 BITS_TO_LONGS(MAX_BITS)

static const unsigned int sizes[] = {1, 2, 63, 64, 65, 127, 128, 129, 200};

static unsigned long map[WORDS], other[WORDS], result[WORDS];
static bool model[MAX_BITS], model_b[MAX_BITS];

/* Sets all three from the models, with garbage behind the end. */
static void load(unsigned int nbits, unsigned long garbage)
{
	unsigned int i;

	for (i = 0; i < WORDS; i++)
		map[i] = other[i] = garbage;
	for (i = 0; i < nbits; i++) {
		__clear_bit(i, map);
		__clear_bit(i, other);
		if (model[i])
			__set_bit(i, map);
		if (model_b[i])
			__set_bit(i, other);
	}
}

static void random_models(struct rnd_state *rnd, unsigned int nbits)
{
	/* From sparse to dense. */
	u32 density = prandom_u32_below(rnd, 17);
	unsigned int i;

	for (i = 0; i < nbits; i++) {
		model[i] = prandom_u32_below(rnd, 16) < density;
		model_b[i] = prandom_u32_below(rnd, 16) < 8;
	}
}

static unsigned int naive_next(unsigned int nbits, unsigned int from, bool want)
{
	while (from < nbits && model[from] != want)
		from++;
	return from < nbits ? from : nbits;
}

static unsigned int check_searches(unsigned int nbits)
{
	unsigned int from, last = nbits, weight = 0, wrong = 0;

	for (from = 0; from < nbits; from++) {
		if (!model[from])
			continue;
		last = from;
		weight++;
	}
	for (from = 0; from <= nbits; from++) {
		wrong += find_next_bit(map, nbits, from) !=
			 naive_next(nbits, from, true);
		wrong += find_next_zero_bit(map, nbits, from) !=
			 naive_next(nbits, from, false);
	}
	wrong += find_next_bit(map, nbits, nbits + 70) != nbits;
	wrong += find_first_bit(map, nbits) != naive_next(nbits, 0, true);
	wrong += find_first_zero_bit(map, nbits) != naive_next(nbits, 0, false);
	wrong += find_last_bit(map, nbits) != last;
	wrong += bitmap_weight(map, nbits) != weight;
	wrong += bitmap_empty(map, nbits) != (weight == 0);
	wrong += bitmap_full(map, nbits) != (weight == nbits);
	return wrong;
}

SELFTEST(lib, bitmap, searches, "B LIB-01", unit)
{
	unsigned long round, wrong = 0;
	struct rnd_state rnd;
	unsigned int i;

	prandom_seed_state(&rnd, selftest_seed());
	for (round = 0; round < 20 * selftest_scale(); round++) {
		for (i = 0; i < ARRAY_SIZE(sizes); i++) {
			random_models(&rnd, sizes[i]);
			load(sizes[i], 0);
			wrong += check_searches(sizes[i]);
			load(sizes[i], ~0UL);
			wrong += check_searches(sizes[i]);
			/* A hit behind the end, and not right behind it. */
			if (sizes[i] % BITS_PER_LONG) {
				change_bit(sizes[i], map);
				wrong += check_searches(sizes[i]);
				load(sizes[i], 0);
				change_bit(sizes[i], map);
				wrong += check_searches(sizes[i]);
			}
		}
	}
	EXPECT_EQ(wrong, 0UL);
	EXPECT_EQ(find_first_bit(map, 0), 0U);
	EXPECT_EQ(find_last_bit(map, 0), 0U);
	EXPECT_EQ(bitmap_weight(map, 0), 0U);
}

/* All runs [start, start + n) whose ends lie near the ends of words. */
SELFTEST(lib, bitmap, ranges_at_word_borders, "B LIB-01", unit)
{
	static const unsigned int at[] = {0,  1,   62,	63,  64, 65,
					  90, 127, 128, 129, 191};
	unsigned int s, e, i, wrong = 0;

	for (s = 0; s < ARRAY_SIZE(at); s++) {
		for (e = s; e < ARRAY_SIZE(at); e++) {
			unsigned int n = at[e] - at[s];

			memset(map, 0, sizeof(map));
			bitmap_set(map, at[s], n);
			memset(other, 0xff, sizeof(other));
			bitmap_clear(other, at[s], n);
			for (i = 0; i < MAX_BITS; i++) {
				bool inside = i >= at[s] && i < at[e];

				wrong += test_bit(i, map) != inside;
				wrong += test_bit(i, other) == inside;
			}
		}
	}
	EXPECT_EQ(wrong, 0U);
}

/* What each operation gives, bit by bit; and the predicates. */
static unsigned int check_operations(unsigned int nbits)
{
	bool subset = true, equal = true, meet = false, minus = false;
	unsigned int i, wrong = 0;

	for (i = 0; i < nbits; i++) {
		subset = subset && (!model[i] || model_b[i]);
		equal = equal && model[i] == model_b[i];
		meet = meet || (model[i] && model_b[i]);
		minus = minus || (model[i] && !model_b[i]);
	}
	wrong += bitmap_subset(map, other, nbits) != subset;
	wrong += bitmap_equal(map, other, nbits) != equal;
	wrong += bitmap_intersects(map, other, nbits) != meet;
	wrong += bitmap_and(result, map, other, nbits) != meet;
	for (i = 0; i < nbits; i++)
		wrong += test_bit(i, result) != (model[i] && model_b[i]);
	wrong += bitmap_andnot(result, map, other, nbits) != minus;
	for (i = 0; i < nbits; i++)
		wrong += test_bit(i, result) != (model[i] && !model_b[i]);
	bitmap_or(result, map, other, nbits);
	for (i = 0; i < nbits; i++)
		wrong += test_bit(i, result) != (model[i] || model_b[i]);
	bitmap_xor(result, map, other, nbits);
	for (i = 0; i < nbits; i++)
		wrong += test_bit(i, result) != (model[i] != model_b[i]);
	bitmap_complement(result, map, nbits);
	for (i = 0; i < nbits; i++)
		wrong += test_bit(i, result) == model[i];
	bitmap_copy(result, map, nbits);
	wrong += !bitmap_equal(result, map, nbits);
	wrong += !bitmap_subset(result, map, nbits);
	return wrong;
}

SELFTEST(lib, bitmap, operations, "B LIB-01", unit)
{
	unsigned long round, wrong = 0;
	struct rnd_state rnd;
	unsigned int i;

	prandom_seed_state(&rnd, selftest_seed() + 1);
	for (round = 0; round < 20 * selftest_scale(); round++) {
		for (i = 0; i < ARRAY_SIZE(sizes); i++) {
			random_models(&rnd, sizes[i]);
			/* Now and then equal, or one within the other. */
			if (round % 4 == 0)
				memcpy(model_b, model, sizeof(model));
			if (round % 8 == 0)
				model_b[sizes[i] - 1] = true;
			load(sizes[i], round % 2 ? ~0UL : 0);
			wrong += check_operations(sizes[i]);
		}
	}
	EXPECT_EQ(wrong, 0UL);
}

/* Bits behind the end differ between the two maps and must not count. */
SELFTEST(lib, bitmap, tail_does_not_count, "B LIB-01", unit)
{
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(sizes); i++) {
		unsigned int n = sizes[i];

		if (n % 64 == 0)
			continue;
		memset(map, 0, sizeof(map));
		memset(other, 0, sizeof(other));
		__set_bit(n, map);
		EXPECT_TRUE(bitmap_equal(map, other, n));
		EXPECT_TRUE(bitmap_subset(map, other, n));
		EXPECT_TRUE(bitmap_empty(map, n));
		EXPECT_EQ(bitmap_weight(map, n), 0U);
		EXPECT_FALSE(bitmap_andnot(result, map, other, n));
		EXPECT_FALSE(bitmap_and(result, map, map, n));
		EXPECT_FALSE(bitmap_intersects(map, map, n));
		bitmap_fill(other, n);
		__clear_bit(n, other);
		EXPECT_TRUE(bitmap_full(other, n));
	}
}

SELFTEST(lib, bitmap, loops_and_ranges, "B LIB-01", unit)
{
	unsigned int bit, start = 0, end = 0;
	unsigned int sum = 0;

	bitmap_zero(map, MAX_BITS);
	bitmap_set(map, 60, 8);
	__set_bit(0, map);
	__set_bit(199, map);
	for_each_set_bit(bit, map, MAX_BITS)
		sum += bit;
	/* 0, 60 to 67, 199 */
	EXPECT_EQ(sum, 60U * 8 + 28 + 199);
	EXPECT_EQ(bitmap_weight(map, MAX_BITS), 10U);
	EXPECT_TRUE(bitmap_next_range(map, MAX_BITS, &start, &end));
	EXPECT_EQ(start, 0U);
	EXPECT_EQ(end, 1U);
	start = end;
	EXPECT_TRUE(bitmap_next_range(map, MAX_BITS, &start, &end));
	EXPECT_EQ(start, 60U);
	EXPECT_EQ(end, 68U);
	start = end;
	EXPECT_TRUE(bitmap_next_range(map, MAX_BITS, &start, &end));
	EXPECT_EQ(start, 199U);
	EXPECT_EQ(end, 200U);
	start = end;
	EXPECT_FALSE(bitmap_next_range(map, MAX_BITS, &start, &end));
	bitmap_complement(other, map, MAX_BITS);
	for_each_clear_bit(bit, other, MAX_BITS)
		sum -= bit;
	EXPECT_EQ(sum, 0U);
}

SELFTEST(lib, bitmap, list_text, "B LIB-01", unit)
{
	char buf[32];

	bitmap_zero(map, MAX_BITS);
	EXPECT_EQ(bitmap_scnlistprintf(buf, sizeof(buf), map, MAX_BITS), 0);
	EXPECT_STREQ(buf, "");
	bitmap_set(map, 0, 4);
	__set_bit(7, map);
	bitmap_set(map, 63, 2);
	__set_bit(199, map);
	EXPECT_EQ(bitmap_scnlistprintf(buf, sizeof(buf), map, MAX_BITS), 15);
	EXPECT_STREQ(buf, "0-3,7,63-64,199");
	EXPECT_EQ(bitmap_scnlistprintf(buf, 8, map, MAX_BITS), 7);
	EXPECT_STREQ(buf, "0-3,7,6");
	EXPECT_EQ(bitmap_scnlistprintf(buf, sizeof(buf), map, 64), 8);
	EXPECT_STREQ(buf, "0-3,7,63");
}

SELFTEST(lib, bitmap, zero_area, "B LIB-01", unit)
{
	bitmap_zero(map, MAX_BITS);
	bitmap_set(map, 3, 1);
	bitmap_set(map, 66, 10);
	EXPECT_EQ(bitmap_find_next_zero_area(map, MAX_BITS, 0, 3, 0), 0U);
	EXPECT_EQ(bitmap_find_next_zero_area(map, MAX_BITS, 0, 4, 0), 4U);
	EXPECT_EQ(bitmap_find_next_zero_area(map, MAX_BITS, 0, 4, 7), 8U);
	EXPECT_EQ(bitmap_find_next_zero_area(map, MAX_BITS, 60, 7, 0), 76U);
	EXPECT_EQ(bitmap_find_next_zero_area(map, MAX_BITS, 60, 6, 0), 60U);
	EXPECT_EQ(bitmap_find_next_zero_area(map, MAX_BITS, 60, 7, 63), 128U);
	EXPECT_EQ(bitmap_find_next_zero_area(map, MAX_BITS, 0, 124, 0), 76U);
	EXPECT_EQ(bitmap_find_next_zero_area(map, MAX_BITS, 0, 125, 0),
		  (unsigned int)MAX_BITS);
}
