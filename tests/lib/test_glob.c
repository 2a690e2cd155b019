/* SPDX-License-Identifier: MIT */
/*
 * test_glob.c - patterns for names.
 */
#include <lib/glob.h>

#include <lib/selftest.h>

SELFTEST(lib, glob, literal, "", unit)
{
	EXPECT_TRUE(glob_match("lib.list", "lib.list"));
	EXPECT_FALSE(glob_match("lib.list", "lib.lis"));
	EXPECT_FALSE(glob_match("lib.lis", "lib.list"));
	EXPECT_FALSE(glob_match("lib.list", "Lib.list"));
	EXPECT_TRUE(glob_match("", ""));
	EXPECT_FALSE(glob_match("", "a"));
	EXPECT_FALSE(glob_match("a", ""));
}

SELFTEST(lib, glob, question, "", unit)
{
	EXPECT_TRUE(glob_match("a?c", "abc"));
	EXPECT_TRUE(glob_match("???", "abc"));
	EXPECT_FALSE(glob_match("??", "abc"));
	EXPECT_FALSE(glob_match("????", "abc"));
	EXPECT_FALSE(glob_match("?", ""));
}

SELFTEST(lib, glob, star, "", unit)
{
	EXPECT_TRUE(glob_match("*", ""));
	EXPECT_TRUE(glob_match("*", "lib.list.add"));
	EXPECT_TRUE(glob_match("lib.*", "lib.list.add"));
	EXPECT_FALSE(glob_match("lib.*", "libx.list"));
	EXPECT_TRUE(glob_match("*.add", "lib.list.add"));
	EXPECT_FALSE(glob_match("*.add", "lib.list.add_tail"));
	EXPECT_TRUE(glob_match("*list*", "lib.list.add"));
	EXPECT_TRUE(glob_match("**", "x"));
	EXPECT_TRUE(glob_match("a**b", "ab"));
	/* the star has to give back what it took too early */
	EXPECT_TRUE(glob_match("*ab", "aab"));
	EXPECT_TRUE(glob_match("a*bc*d", "abbcxbcd"));
	EXPECT_FALSE(glob_match("a*bc*d", "abbcxbce"));
	EXPECT_TRUE(glob_match("*?x", "aax"));
	EXPECT_FALSE(glob_match("*?x", "x"));
}

/* The case that costs exponential time when each star may be retried. */
SELFTEST(lib, glob, no_blowup, "", unit)
{
	const char *text =
		"aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa";

	EXPECT_FALSE(glob_match("*a*a*a*a*a*a*a*a*a*a*a*a*a*a*a*b", text));
	EXPECT_TRUE(glob_match("*a*a*a*a*a*a*a*a*a*a*a*a*a*a*a*a", text));
}

SELFTEST(lib, glob, list, "", unit)
{
	EXPECT_TRUE(glob_match_list("lib.*,mm.*", "mm.memblock.add"));
	EXPECT_TRUE(glob_match_list("lib.*,mm.*", "lib.list.add"));
	EXPECT_FALSE(glob_match_list("lib.*,mm.*", "irq.call"));
	EXPECT_FALSE(glob_match_list("", "lib"));
	EXPECT_FALSE(glob_match_list("", ""));
	EXPECT_FALSE(glob_match_list(",", ""));
	EXPECT_TRUE(glob_match_list(",,lib", "lib"));
	EXPECT_TRUE(glob_match_list("lib,", "lib"));
	EXPECT_FALSE(glob_match_list("li,b", "lib"));
}
