/* SPDX-License-Identifier: MIT */
/*
 * test_sort.c - sorting, searching, checksums.
 */
#include <base/compiler.h>
#include <base/types.h>
#include <lib/crc32.h>
#include <lib/random.h>
#include <lib/selftest.h>
#include <lib/sort.h>
#include <lib/string.h>

#define MAX 300

static int numbers[MAX], copy[MAX];
static unsigned int compared;

static int by_value(const void *a, const void *b)
{
	int x = *(const int *)a, y = *(const int *)b;

	compared++;
	return x < y ? -1 : x > y;
}

static int by_value_down(const void *a, const void *b)
{
	return by_value(b, a);
}

/* Insertion sort: too simple to be wrong. */
static void naive_sort(int *v, unsigned int n)
{
	unsigned int i, j;

	for (i = 1; i < n; i++) {
		int x = v[i];

		for (j = i; j && v[j - 1] > x; j--)
			v[j] = v[j - 1];
		v[j] = x;
	}
}

/* All small lengths, many equal elements. */
SELFTEST(lib, sort, model, "", unit)
{
	unsigned long round, wrong = 0;
	struct rnd_state rnd;
	unsigned int n, i;

	prandom_seed_state(&rnd, selftest_seed());
	for (round = 0; round < 2 * selftest_scale(); round++) {
		for (n = 0; n < 70; n++) {
			u32 range = 1 + prandom_u32_below(&rnd, 2 * n + 1);

			for (i = 0; i < n; i++)
				numbers[i] = copy[i] =
					(int)prandom_u32_below(&rnd, range) - 5;
			numbers[n] = 12345;
			sort(numbers, n, sizeof(int), by_value, NULL);
			naive_sort(copy, n);
			wrong += memcmp(numbers, copy, n * sizeof(int)) != 0;
			wrong += numbers[n] != 12345;
		}
	}
	EXPECT_EQ(wrong, 0UL);
}

/* Inputs that ruin a naive quick sort: at most 2 n log2 n comparisons. */
SELFTEST(lib, sort, worst_cases, "", unit)
{
	unsigned int shape, i, wrong = 0;

	for (shape = 0; shape < 4; shape++) {
		for (i = 0; i < 256; i++)
			numbers[i] = shape == 0	  ? (int)i
				     : shape == 1 ? 255 - (int)i
				     : shape == 2 ? 7
						  : (int)(i ^ 0x55);
		compared = 0;
		sort(numbers, 256, sizeof(int), by_value, NULL);
		EXPECT_LE(compared, 2U * 256 * 8);
		for (i = 1; i < 256; i++)
			wrong += numbers[i - 1] > numbers[i];
	}
	EXPECT_EQ(wrong, 0U);
}

struct record {
	u8 key;
	u8 bytes[6];
};

static unsigned int swaps;

static void swap_records(void *a, void *b, int size)
{
	struct record t = *(struct record *)a;

	swaps += size == sizeof(t);
	*(struct record *)a = *(struct record *)b;
	*(struct record *)b = t;
}

static int by_key(const void *a, const void *b)
{
	return ((const struct record *)a)->key -
	       ((const struct record *)b)->key;
}

/* Whole elements move, with either way to exchange them. */
SELFTEST(lib, sort, records, "", unit)
{
	struct record r[31];
	unsigned int i, pass, wrong = 0;

	for (pass = 0; pass < 2; pass++) {
		swaps = 0;
		for (i = 0; i < ARRAY_SIZE(r); i++) {
			r[i].key = (u8)(i * 12 % 31);
			memset(r[i].bytes, r[i].key, sizeof(r[i].bytes));
		}
		sort(r, ARRAY_SIZE(r), sizeof(r[0]), by_key,
		     pass ? swap_records : NULL);
		for (i = 0; i < ARRAY_SIZE(r); i++)
			wrong += r[i].key != i ||
				 memchr_inv(r[i].bytes, (int)i, 6) != NULL;
	}
	EXPECT_EQ(wrong, 0U);
	EXPECT_GT(swaps, 0U);
}

SELFTEST(lib, sort, binary_search, "", unit)
{
	unsigned int n, wrong = 0;
	int key;

	for (n = 0; n < 70; n++) {
		for (key = 0; key < (int)n; key++)
			numbers[key] = key * 2;
		for (key = -1; key <= (int)n * 2; key++) {
			bool there = key >= 0 && key < (int)n * 2 && !(key % 2);
			int *found = bsearch(&key, numbers, n, sizeof(int),
					     by_value);

			wrong += found != (there ? &numbers[key / 2] : NULL);
		}
	}
	EXPECT_EQ(wrong, 0U);
	/* An array sorted the other way, by a comparison the other way. */
	sort(numbers, 69, sizeof(int), by_value_down, NULL);
	key = 20;
	EXPECT_PTR_EQ(bsearch(&key, numbers, 69, sizeof(int), by_value_down),
		      &numbers[58]);
}

/* The check values of the standard, and bit by bit for all lengths. */
SELFTEST(lib, crc32, known_and_naive, "", unit)
{
	struct rnd_state rnd;
	unsigned int n, i, bit, wrong = 0;
	u8 data[40];

	EXPECT_EQ(crc32("123456789", 9), 0xcbf43926U);
	EXPECT_EQ(crc32("", 0), 0U);
	EXPECT_EQ(crc32("a", 1), 0xe8b7be43U);
	prandom_seed_state(&rnd, selftest_seed());
	prandom_bytes_state(&rnd, data, sizeof(data));
	for (n = 0; n <= sizeof(data); n++) {
		u32 reg = ~0U;

		for (i = 0; i < n; i++) {
			reg ^= data[i];
			for (bit = 0; bit < 8; bit++)
				reg = reg >> 1 ^ (reg & 1 ? 0xedb88320U : 0);
		}
		wrong += crc32_le(~0U, data, n) != reg;
		/* In two pieces the same. */
		wrong += crc32_le(crc32_le(~0U, data, n / 3), data + n / 3,
				  n - n / 3) != reg;
	}
	EXPECT_EQ(wrong, 0U);
	/* Every single changed bit is noticed. */
	for (bit = 0; bit < 8 * sizeof(data); bit++) {
		u32 before = crc32(data, sizeof(data));

		data[bit / 8] ^= 1 << bit % 8;
		wrong += crc32(data, sizeof(data)) == before;
	}
	EXPECT_EQ(wrong, 0U);
}
