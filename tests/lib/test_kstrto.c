/* SPDX-License-Identifier: MIT */
/*
 * test_kstrto.c - which texts are numbers, and which.
 */
#include <base/compiler.h>
#include <base/errno.h>
#include <base/types.h>
#include <lib/ctype.h>
#include <lib/selftest.h>
#include <lib/string.h>

#define UNTOUCHED 0x5a5a5a5a5a5a5a5aULL

/* clang-format off */
static const struct {
	const char *s;
	unsigned int base;
	int err;
	u64 value;
} cases[] = {
	{ "0", 10, 0, 0 },
	{ "0", 0, 0, 0 },
	{ "42", 10, 0, 42 },
	{ "+42", 10, 0, 42 },
	{ "42\n", 10, 0, 42 },
	{ "0042", 10, 0, 42 },
	{ "052", 0, 0, 42 },
	{ "0x2a", 0, 0, 42 },
	{ "0X2A", 0, 0, 42 },
	{ "0x2a", 16, 0, 42 },
	{ "2a", 16, 0, 42 },
	{ "101010", 2, 0, 42 },
	{ "zz", 36, 0, 35 * 36 + 35 },
	{ "18446744073709551615", 10, 0, ~0ULL },
	{ "0xffffffffffffffff", 0, 0, ~0ULL },
	{ "000000000000000000000000018446744073709551615", 10, 0, ~0ULL },
	{ "18446744073709551616", 10, -ERANGE, 0 },
	{ "18446744073709551625", 10, -ERANGE, 0 },
	{ "0x10000000000000000", 0, -ERANGE, 0 },
	{ "99999999999999999999999", 10, -ERANGE, 0 },
	{ "", 10, -EINVAL, 0 },
	{ "\n", 10, -EINVAL, 0 },
	{ "+", 10, -EINVAL, 0 },
	{ "-1", 10, -EINVAL, 0 },
	{ "+-1", 10, -EINVAL, 0 },
	{ " 1", 10, -EINVAL, 0 },
	{ "1 ", 10, -EINVAL, 0 },
	{ "1\n\n", 10, -EINVAL, 0 },
	{ "12x", 10, -EINVAL, 0 },
	{ "0x", 0, -EINVAL, 0 },
	{ "0xg", 16, -EINVAL, 0 },
	{ "0x2a", 10, -EINVAL, 0 },
	{ "08", 0, -EINVAL, 0 },
	{ "2", 2, -EINVAL, 0 },
	{ "1", 1, -EINVAL, 0 },
	{ "1", 37, -EINVAL, 0 },
	/* not a number at all goes before too large */
	{ "99999999999999999999999x", 10, -EINVAL, 0 },
};
/* clang-format on */

SELFTEST(lib, kstrto, unsigned_table, "", unit)
{
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(cases); i++) {
		u64 value = UNTOUCHED;

		if (!EXPECT_EQ(kstrtoull(cases[i].s, cases[i].base, &value),
			       cases[i].err))
			EXPECT_STREQ(cases[i].s, "as the table says");
		EXPECT_EQ(value, cases[i].err ? UNTOUCHED : cases[i].value);
	}
}

SELFTEST(lib, kstrto, signed_limits, "", unit)
{
	s64 v = 1;

	EXPECT_EQ(kstrtoll("-9223372036854775808", 10, &v), 0);
	EXPECT_EQ(v, (s64)INT64_MIN);
	EXPECT_EQ(kstrtoll("9223372036854775807", 10, &v), 0);
	EXPECT_EQ(v, (s64)INT64_MAX);
	EXPECT_EQ(kstrtoll("-9223372036854775809", 10, &v), -ERANGE);
	EXPECT_EQ(kstrtoll("9223372036854775808", 10, &v), -ERANGE);
	EXPECT_EQ(kstrtoll("--1", 10, &v), -EINVAL);
	EXPECT_EQ(kstrtoll("-", 10, &v), -EINVAL);
	EXPECT_EQ(v, (s64)INT64_MAX);
	EXPECT_EQ(kstrtoll("-0x10", 0, &v), 0);
	EXPECT_EQ(v, -16LL);
}

SELFTEST(lib, kstrto, narrow_limits, "", unit)
{
	unsigned int u = 7;
	unsigned long l = 7;
	int i = 7;

	EXPECT_EQ(kstrtouint("4294967295", 10, &u), 0);
	EXPECT_EQ(u, 4294967295U);
	EXPECT_EQ(kstrtouint("4294967296", 10, &u), -ERANGE);
	EXPECT_EQ(kstrtouint("0x1ffffffff", 0, &u), -ERANGE);
	EXPECT_EQ(u, 4294967295U);
	EXPECT_EQ(kstrtoint("2147483647", 10, &i), 0);
	EXPECT_EQ(i, INT32_MAX);
	EXPECT_EQ(kstrtoint("-2147483648", 10, &i), 0);
	EXPECT_EQ(i, INT32_MIN);
	EXPECT_EQ(kstrtoint("2147483648", 10, &i), -ERANGE);
	EXPECT_EQ(kstrtoint("-2147483649", 10, &i), -ERANGE);
	EXPECT_EQ(i, INT32_MIN);
	EXPECT_EQ(kstrtoul("0xffffffffffffffff", 16, &l), 0);
	EXPECT_EQ(l, ~0UL);
}

SELFTEST(lib, kstrto, booleans, "", unit)
{
	static const char *const yes[] = {"1", "y", "YES", "on", "On", "t"};
	static const char *const no[] = {"0", "N", "no", "off", "false"};
	static const char *const bad[] = {"", "2", "o", "yess", "-1", " 1"};
	unsigned int i;
	bool b;

	for (i = 0; i < ARRAY_SIZE(yes); i++) {
		b = false;
		EXPECT_EQ(kstrtobool(yes[i], &b), 0);
		EXPECT_TRUE(b);
	}
	for (i = 0; i < ARRAY_SIZE(no); i++) {
		b = true;
		EXPECT_EQ(kstrtobool(no[i], &b), 0);
		EXPECT_FALSE(b);
	}
	for (i = 0; i < ARRAY_SIZE(bad); i++)
		EXPECT_EQ(kstrtobool(bad[i], &b), -EINVAL);
}

/* The classes of all 256 characters, by counting and by their edges. */
SELFTEST(lib, kstrto, character_classes, "", unit)
{
	unsigned int n[8] = {0};
	int c;

	for (c = -128; c < 256; c++) {
		n[0] += isdigit(c);
		n[1] += isalpha(c);
		n[2] += isalnum(c);
		n[3] += isspace(c);
		n[4] += isprint(c);
		n[5] += isxdigit(c);
		n[6] += tolower(c) != c;
		n[7] += toupper(c) != c;
	}
	EXPECT_EQ(n[0], 10U);
	EXPECT_EQ(n[1], 52U);
	EXPECT_EQ(n[2], 62U);
	EXPECT_EQ(n[3], 6U);
	EXPECT_EQ(n[4], 95U);
	EXPECT_EQ(n[5], 22U);
	EXPECT_EQ(n[6], 26U);
	EXPECT_EQ(n[7], 26U);
	EXPECT_EQ(tolower('Q'), 'q');
	EXPECT_EQ(toupper('z'), 'Z');
}
