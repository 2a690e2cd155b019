/* SPDX-License-Identifier: MIT */
/*
 * test_refcount.c - reference counts: what is right is silent, each misuse
 * warns once and makes the count stick.
 */
#include <base/compiler.h>
#include <base/types.h>
#include <lib/fault.h>
#include <lib/refcount.h>
#include <lib/selftest.h>
#include <lib/string.h>

SELFTEST(lib, refcount, normal_life, "B LIB-01", unit)
{
	refcount_t r = REFCOUNT_INIT(1);

	warn_expect_begin();
	refcount_inc(&r);
	refcount_add(3, &r);
	EXPECT_EQ(refcount_read(&r), 5U);
	EXPECT_TRUE(refcount_inc_not_zero(&r));
	EXPECT_FALSE(refcount_sub_and_test(3, &r));
	EXPECT_EQ(refcount_read(&r), 3U);
	refcount_dec(&r);
	EXPECT_FALSE(refcount_dec_and_test(&r));
	EXPECT_TRUE(refcount_dec_and_test(&r));
	EXPECT_EQ(refcount_read(&r), 0U);
	EXPECT_FALSE(refcount_inc_not_zero(&r));
	EXPECT_EQ(refcount_read(&r), 0U);
	refcount_set(&r, 2);
	EXPECT_TRUE(refcount_sub_and_test(2, &r));
	EXPECT_EQ(warn_expect_end(), 0U);
}

/* The edge itself is legal. */
SELFTEST(lib, refcount, largest_count, "B LIB-01", unit)
{
	refcount_t r = REFCOUNT_INIT(INT32_MAX - 1);

	warn_expect_begin();
	refcount_inc(&r);
	EXPECT_EQ(warn_expect_end(), 0U);
	EXPECT_EQ(refcount_read(&r), (unsigned int)INT32_MAX);
	EXPECT_FALSE(refcount_dec_and_test(&r));
	EXPECT_EQ(refcount_read(&r), INT32_MAX - 1U);
}

static void inc(refcount_t *r)
{
	refcount_inc(r);
}

static void add_1000(refcount_t *r)
{
	refcount_add(1000, r);
}

static void inc_not_zero(refcount_t *r)
{
	EXPECT_TRUE(refcount_inc_not_zero(r));
}

static void dec(refcount_t *r)
{
	refcount_dec(r);
}

static void dec_and_test(refcount_t *r)
{
	EXPECT_FALSE(refcount_dec_and_test(r));
}

static void sub_5(refcount_t *r)
{
	EXPECT_FALSE(refcount_sub_and_test(5, r));
}

SELFTEST(lib, refcount, misuse_saturates, "B LIB-01", unit)
{
	static const struct {
		void (*op)(refcount_t *r);
		int start;
		const char *text;
	} cases[] = {
		{inc, 0, "addition on 0"},
		{inc, INT32_MAX, "saturated"},
		{add_1000, 0, "addition on 0"},
		{add_1000, INT32_MAX - 999, "saturated"},
		{inc_not_zero, INT32_MAX, "saturated"},
		{dec, 1, "underflow"},
		{dec, 0, "underflow"},
		{dec_and_test, 0, "underflow"},
		{sub_5, 4, "underflow"},
		/* once saturated, for ever */
		{inc, REFCOUNT_SATURATED, "saturated"},
		{inc_not_zero, REFCOUNT_SATURATED, "saturated"},
		{dec_and_test, REFCOUNT_SATURATED, "underflow"},
	};
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(cases); i++) {
		refcount_t r = REFCOUNT_INIT(cases[i].start);

		warn_expect_begin();
		cases[i].op(&r);
		EXPECT_EQ(warn_expect_end(), 1U);
		EXPECT_TRUE(strstr(warn_expect_text(), cases[i].text) != NULL);
		EXPECT_EQ((int)refcount_read(&r), REFCOUNT_SATURATED);
	}
}
