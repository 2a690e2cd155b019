/* SPDX-License-Identifier: MIT */
/*
 * test_fmt.c - formatted text: tables of format, value, and what must come.
 *
 * The formats stand in tables, so the compiler cannot check them; each table
 * therefore has one type of argument.
 */
#include <base/compiler.h>
#include <base/types.h>
#include <lib/cpumask.h>
#include <lib/fmt.h>
#include <lib/ksyms.h>
#include <lib/selftest.h>
#include <lib/string.h>

static char out[160];

/* clang-format off */
static const struct {
	const char *fmt;
	int value;
	const char *want;
} int_cases[] = {
	{ "%d", 0, "0" },
	{ "%d", 1234, "1234" },
	{ "%i", -1234, "-1234" },
	{ "%d", INT32_MAX, "2147483647" },
	{ "%d", INT32_MIN, "-2147483648" },
	{ "%u", -1, "4294967295" },
	{ "%x", 0xbeef, "beef" },
	{ "%X", 0xbeef, "BEEF" },
	{ "%o", 0755, "755" },
	{ "%x", -1, "ffffffff" },
	{ "%o", -1, "37777777777" },
	/* width and its flags */
	{ "[%5d]", 42, "[   42]" },
	{ "[%5d]", -42, "[  -42]" },
	{ "[%-5d]", 42, "[42   ]" },
	{ "[%05d]", 42, "[00042]" },
	{ "[%05d]", -42, "[-0042]" },
	{ "[%-05d]", 42, "[42   ]" },
	{ "[%1d]", 12345, "[12345]" },
	/* signs */
	{ "%+d", 7, "+7" },
	{ "%+d", 0, "+0" },
	{ "%+d", -7, "-7" },
	{ "% d", 7, " 7" },
	{ "% d", -7, "-7" },
	{ "%+ d", 7, "+7" },
	{ "[%+05d]", 7, "[+0007]" },
	{ "[% 5d]", 7, "[    7]" },
	{ "%+u", 7, "7" },
	/* precision; it switches the flag 0 off */
	{ "%.3d", 5, "005" },
	{ "%.3d", -5, "-005" },
	{ "[%6.3d]", 5, "[   005]" },
	{ "[%06.3d]", 5, "[   005]" },
	{ "[%-6.3d]", 5, "[005   ]" },
	{ "[%.0d]", 0, "[]" },
	{ "[%.d]", 0, "[]" },
	{ "[%.0d]", 1, "[1]" },
	{ "[%3.0d]", 0, "[   ]" },
	/* prefixes */
	{ "%#x", 0x1f, "0x1f" },
	{ "%#X", 0x1f, "0X1F" },
	{ "%#x", 0, "0" },
	{ "%#o", 8, "010" },
	{ "%#o", 0, "0" },
	{ "[%#.0o]", 0, "[0]" },
	{ "%#.3o", 8, "010" },
	{ "[%#8x]", 0x1f, "[    0x1f]" },
	{ "[%#08x]", 0x1f, "[0x00001f]" },
	{ "[%-#8x]", 0x1f, "[0x1f    ]" },
	/* short types are cut */
	{ "%hd", 0x18000, "-32768" },
	{ "%hu", 0x1ffff, "65535" },
	{ "%hhd", 0x180, "-128" },
	{ "%hhx", 0x1ff, "ff" },
	/* characters */
	{ "%c", 'k', "k" },
	{ "[%3c]", 'k', "[  k]" },
	{ "[%-3c]", 'k', "[k  ]" },
	/* no conversion: copied as it is, and the argument is not used */
	{ "100%%", 0, "100%" },
	{ "%q", 0, "%q" },
	{ "a%-5!b", 0, "a%-5!b" },
	{ "%f", 0, "%f" },
	{ "%n", 0, "%n" },
	{ "50%", 0, "50%" },
	{ "%-08", 0, "%-08" },
	{ "%l", 0, "%l" },
	{ "", 0, "" },
};

static const struct {
	const char *fmt;
	long long value;
	const char *want;
} long_cases[] = {
	{ "%lld", INT64_MAX, "9223372036854775807" },
	{ "%lld", INT64_MIN, "-9223372036854775808" },
	{ "%llu", -1, "18446744073709551615" },
	{ "%llx", -1, "ffffffffffffffff" },
	{ "%llo", -1, "1777777777777777777777" },
	{ "%#llo", -1, "01777777777777777777777" },
	{ "%ld", INT64_MIN, "-9223372036854775808" },
	{ "%lu", -1, "18446744073709551615" },
	{ "%zu", 1LL << 40, "1099511627776" },
	{ "%zd", -3, "-3" },
	{ "%td", -(1LL << 40), "-1099511627776" },
	{ "%#018llx", 0xabc, "0x0000000000000abc" },
	{ "[%22lld]", INT64_MIN, "[  -9223372036854775808]" },
	/* only the low half of a plain %x is looked at */
	{ "%x", 0x123456789LL, "23456789" },
};

static const struct {
	const char *fmt;
	const char *value;
	const char *want;
} string_cases[] = {
	{ "%s", "text", "text" },
	{ "%s", "", "" },
	{ "[%6s]", "text", "[  text]" },
	{ "[%-6s]", "text", "[text  ]" },
	{ "[%2s]", "text", "[text]" },
	{ "[%.2s]", "text", "[te]" },
	{ "[%.9s]", "text", "[text]" },
	{ "[%.0s]", "text", "[]" },
	{ "[%5.1s]", "text", "[    t]" },
	{ "%s", NULL, "(null)" },
};
/* clang-format on */

SELFTEST(lib, fmt, integers, "", unit)
{
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(int_cases); i++) {
		int len = snprintf(out, sizeof(out), int_cases[i].fmt,
				   int_cases[i].value);

		EXPECT_STREQ(out, int_cases[i].want);
		EXPECT_EQ((size_t)len, strlen(int_cases[i].want));
	}
}

SELFTEST(lib, fmt, long_integers, "", unit)
{
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(long_cases); i++) {
		snprintf(out, sizeof(out), long_cases[i].fmt,
			 long_cases[i].value);
		EXPECT_STREQ(out, long_cases[i].want);
	}
}

SELFTEST(lib, fmt, strings, "", unit)
{
	static const char open_end[3] = {'a', 'b', 'c'};
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(string_cases); i++) {
		snprintf(out, sizeof(out), string_cases[i].fmt,
			 string_cases[i].value);
		EXPECT_STREQ(out, string_cases[i].want);
	}
	/* With a precision no terminator is needed, nor looked for. */
	snprintf(out, sizeof(out), "%.3s", open_end);
	EXPECT_STREQ(out, "abc");
}

/* Volatile, or the compiler looks through them and warns. */
static const char *volatile wide = "%*d", *volatile deep = "%.*d";

SELFTEST(lib, fmt, star, "", unit)
{
	snprintf(out, sizeof(out), "[%*d]", 4, 7);
	EXPECT_STREQ(out, "[   7]");
	snprintf(out, sizeof(out), "[%*d]", -4, 7);
	EXPECT_STREQ(out, "[7   ]");
	snprintf(out, sizeof(out), "[%.*s]", 2, "text");
	EXPECT_STREQ(out, "[te]");
	/* A negative precision is none. */
	snprintf(out, sizeof(out), "[%.*s]", -1, "text");
	EXPECT_STREQ(out, "[text]");
	snprintf(out, sizeof(out), "[%*.*d]%d", 6, 3, 5, 9);
	EXPECT_STREQ(out, "[   005]9");
	/* Absurd widths are cut, not obeyed, and do not overflow. */
	EXPECT_EQ(snprintf(out, sizeof(out), wide, INT32_MIN, 1), 4096);
	EXPECT_EQ(snprintf(out, sizeof(out), wide, INT32_MAX, 1), 4096);
	EXPECT_EQ(snprintf(NULL, 0, deep, INT32_MAX, 1), 4096);
}

/* Every buffer size from 0 to more than enough. */
SELFTEST(lib, fmt, truncation, "", unit)
{
	static const char want[] = "ab-12|xyz";
	size_t size, i;

	for (size = 0; size <= sizeof(want) + 2; size++) {
		size_t kept = size ? size - 1 : 0;
		int len;

		if (kept > sizeof(want) - 1)
			kept = sizeof(want) - 1;
		memset(out, '#', sizeof(out));
		len = snprintf(out, size, "%s%d|%3s", "ab", -12, "xyz");
		EXPECT_EQ(len, 9);
		EXPECT_EQ(memcmp(out, want, kept), 0);
		if (size)
			EXPECT_EQ(out[kept], '\0');
		for (i = size; i < size + 8; i++)
			EXPECT_EQ(out[i], '#');
		len = scnprintf(out, size, "%s%d|%3s", "ab", -12, "xyz");
		EXPECT_EQ((size_t)len, kept);
	}
}

SELFTEST(lib, fmt, pointers, "", unit)
{
	snprintf(out, sizeof(out), "%p", (void *)0xffff888000001000UL);
	EXPECT_STREQ(out, "ffff888000001000");
	snprintf(out, sizeof(out), "%p|", NULL);
	EXPECT_STREQ(out, "0000000000000000|");
	snprintf(out, sizeof(out), "[%20p]", (void *)0x10UL);
	EXPECT_STREQ(out, "[    0000000000000010]");
}

SELFTEST(lib, fmt, symbols, "", unit)
{
	unsigned long addr = (unsigned long)ksym_lookup;
	char want[80];
	struct ksym sym;

	REQUIRE_TRUE(ksym_lookup(addr + 4, &sym));
	EXPECT_STREQ(sym.name, "ksym_lookup");
	snprintf(want, sizeof(want), "at ksym_lookup+0x4/0x%lx.", sym.size);
	snprintf(out, sizeof(out), "at %pS.", (void *)(addr + 4));
	EXPECT_STREQ(out, want);
	snprintf(out, sizeof(out), "%ps", (void *)(addr + 4));
	EXPECT_STREQ(out, "ksym_lookup");
	/* Addresses without a name. */
	snprintf(out, sizeof(out), "%pS %ps", (void *)0x1234UL, NULL);
	EXPECT_STREQ(out, "0x1234 0x0");
}

SELFTEST(lib, fmt, cpu_lists, "", unit)
{
	struct cpumask m;

	cpumask_clear(&m);
	snprintf(out, sizeof(out), "<%pb>", &m);
	EXPECT_STREQ(out, "<>");
	__cpumask_set_cpu(0, &m);
	snprintf(out, sizeof(out), "<%pb>", &m);
	EXPECT_STREQ(out, "<0>");
	if (nr_cpu_ids < 4)
		return;
	__cpumask_set_cpu(1, &m);
	__cpumask_set_cpu(3, &m);
	snprintf(out, sizeof(out), "%pb!", &m);
	EXPECT_STREQ(out, "0-1,3!");
	__cpumask_set_cpu(2, &m);
	snprintf(out, sizeof(out), "%pb", &m);
	EXPECT_STREQ(out, "0-3");
}
