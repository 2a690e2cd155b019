/* SPDX-License-Identifier: MIT */
/*
 * test_param.c - command lines against a table of its own.
 */
#include <base/compiler.h>
#include <base/errno.h>
#include <base/types.h>
#include <lib/param.h>
#include <lib/selftest.h>
#include <lib/string.h>

static bool flag;
static unsigned int number;
static u64 large;
static char text[8];
static char fn_value[16];
static unsigned int fn_calls;

static int take_value(const char *value)
{
	fn_calls++;
	strscpy(fn_value, value, sizeof(fn_value));
	return strcmp(value, "bad") ? 0 : -EINVAL;
}

static const struct param table[] = {
	{.name = "flag", .type = PARAM_TYPE_BOOL, .where = &flag},
	{.name = "number",
	 .help = "1 to 64",
	 .type = PARAM_TYPE_UINT,
	 .where = &number,
	 .min = 1,
	 .max = 64},
	{.name = "large",
	 .help = "any",
	 .type = PARAM_TYPE_U64,
	 .where = &large,
	 .max = ~0ULL},
	{.name = "text",
	 .help = "7 characters",
	 .type = PARAM_TYPE_STR,
	 .where = text,
	 .max = sizeof(text)},
	{.name = "fn",
	 .help = "not bad",
	 .type = PARAM_TYPE_FN,
	 .fn = take_value},
};

/* From the defaults; returns the number of bad words. */
static unsigned int parse(const char *cmdline)
{
	flag = false;
	number = 4;
	large = 5;
	strscpy(text, "default", sizeof(text));
	strscpy(fn_value, "none", sizeof(fn_value));
	fn_calls = 0;
	return param_parse_table(cmdline, table, ARRAY_SIZE(table));
}

SELFTEST(lib, param, all_types, "", unit)
{
	EXPECT_EQ(parse("flag number=63 large=0xffffffffffffffff "
			"text=abc fn=x=y"),
		  0U);
	EXPECT_TRUE(flag);
	EXPECT_EQ(number, 63U);
	EXPECT_EQ(large, ~0ULL);
	EXPECT_STREQ(text, "abc");
	EXPECT_STREQ(fn_value, "x=y");
	EXPECT_EQ(fn_calls, 1U);
	EXPECT_EQ(parse("fn"), 0U);
	EXPECT_STREQ(fn_value, "");
	EXPECT_EQ(parse("fn="), 0U);
	EXPECT_STREQ(fn_value, "");
}

SELFTEST(lib, param, words, "B B-02", unit)
{
	EXPECT_EQ(parse(""), 0U);
	EXPECT_EQ(parse("  \t \n "), 0U);
	EXPECT_EQ(parse("  number=2\tflag  "), 0U);
	EXPECT_EQ(number, 2U);
	EXPECT_TRUE(flag);
	EXPECT_EQ(parse("text=\"a b\" number=3"), 0U);
	EXPECT_STREQ(text, "a b");
	EXPECT_EQ(number, 3U);
	EXPECT_EQ(parse("text=\"\" number=3"), 0U);
	EXPECT_STREQ(text, "");
	/* A quote that never closes takes the rest. */
	EXPECT_EQ(parse("text=\"a b c"), 0U);
	EXPECT_STREQ(text, "a b c");
	/* A quote elsewhere is a character. */
	EXPECT_EQ(parse("text=a\"b number=3"), 0U);
	EXPECT_STREQ(text, "a\"b");
	EXPECT_EQ(number, 3U);
	/* Also behind a second "=". */
	EXPECT_EQ(parse("fn=x=\"a b\""), 1U);
	EXPECT_STREQ(fn_value, "x=\"a");
	/* Of two the last stands. */
	EXPECT_EQ(parse("number=3 number=9"), 0U);
	EXPECT_EQ(number, 9U);
}

SELFTEST(lib, param, booleans, "", unit)
{
	static const char *const yes[] = {"flag", "flag=1", "flag=on",
					  "flag=yes", "flag=0 flag"};
	static const char *const no[] = {"flag=0", "flag=off", "flag=no",
					 "flag flag=0", ""};
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(yes); i++) {
		EXPECT_EQ(parse(yes[i]), 0U);
		EXPECT_TRUE(flag);
		EXPECT_EQ(parse(no[i]), 0U);
		EXPECT_FALSE(flag);
	}
}

/* Refused: counted, and the default stays. */
SELFTEST(lib, param, refused_values, "", unit)
{
	static const char *const bad[] = {
		"number=0",
		"number=65",
		"number=4294967297",
		"number=",
		"number",
		"number=-1",
		"number=1x",
		"number=0x",
		"number=99999999999999999999",
		"flag=maybe",
		"large=0x10000000000000000",
		"text",
		"fn=bad",
		"large=",
	};
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(bad); i++) {
		if (!EXPECT_EQ(parse(bad[i]), 1U))
			EXPECT_STREQ(bad[i], "refused");
		EXPECT_EQ(number, 4U);
		EXPECT_FALSE(flag);
		EXPECT_EQ(large, 5ULL);
		EXPECT_STREQ(text, "default");
	}
	/* The edges of the range are inside; 010 is ten. */
	EXPECT_EQ(parse("number=64"), 0U);
	EXPECT_EQ(parse("number=1"), 0U);
	EXPECT_EQ(parse("number=010"), 0U);
	EXPECT_EQ(number, 10U);
	/* A cut string is reported, and keeps what fits. */
	EXPECT_EQ(parse("text=1234567"), 0U);
	EXPECT_EQ(parse("text=12345678"), 1U);
	EXPECT_STREQ(text, "1234567");
	/* A later good value makes up for a bad one. */
	EXPECT_EQ(parse("number=99 number=7"), 1U);
	EXPECT_EQ(number, 7U);
}

/* 255 characters are a word, 256 are not; what follows is still read. */
SELFTEST(lib, param, long_words, "", unit)
{
	char line[300];

	memset(line, 'x', sizeof(line));
	memcpy(line, "fn=", 3);
	strscpy(line + 255, " number=8", 20);
	EXPECT_EQ(parse(line), 0U);
	EXPECT_EQ(fn_calls, 1U);
	EXPECT_EQ(number, 8U);
	line[255] = 'x';
	strscpy(line + 256, " number=8", 20);
	EXPECT_EQ(parse(line), 1U);
	EXPECT_EQ(fn_calls, 0U);
	EXPECT_EQ(number, 8U);
}

/* Only the section's parser keeps words; each as it was written. */
SELFTEST(lib, param, unknown_words_kept, "B B-02", unit)
{
	unsigned int n = 0;

	while (param_unknown(n))
		n++;
	EXPECT_EQ(parse("zz_nobody flag zz_knows=1"), 2U);
	EXPECT_TRUE(flag);
	EXPECT_PTR_EQ(param_unknown(n), NULL);
	if (n > 24) {
		selftest_skip("the boot command line filled the table");
		return;
	}
	EXPECT_EQ(param_parse("zz_nobody zz_knows=\"a b\" zz=1"), 3U);
	EXPECT_STREQ(param_unknown(n), "zz_nobody");
	EXPECT_STREQ(param_unknown(n + 1), "zz_knows=\"a b\"");
	EXPECT_STREQ(param_unknown(n + 2), "zz=1");
	EXPECT_PTR_EQ(param_unknown(n + 3), NULL);
}
