/* SPDX-License-Identifier: MIT */
/*
 * test_split.c - a command line into words.
 */
#include "kernel/monitor/monitor.h"

#include <base/errno.h>
#include <lib/fmt.h>
#include <lib/selftest.h>
#include <lib/string.h>

/* The words of @line, each in brackets; or the error. */
static const char *split(const char *line)
{
	static char out[512];
	char copy[256];
	char *argv[MONITOR_MAX_ARGS + 1];
	size_t n = 0;
	int argc;

	strscpy(copy, line, sizeof(copy));
	argc = monitor_split(copy, argv);
	out[0] = '\0';
	if (argc < 0)
		scnprintf(out, sizeof(out), "%d", argc);
	else
		EXPECT_PTR_EQ(argv[argc], NULL);
	for (int i = 0; i < argc; i++)
		n += (size_t)scnprintf(out + n, sizeof(out) - n, "[%s]",
				       argv[i]);
	return out;
}

SELFTEST(monitor, split, words, "", unit)
{
	EXPECT_STREQ(split("test lib.list.*"), "[test][lib.list.*]");
	EXPECT_STREQ(split("  a   b  "), "[a][b]");
	EXPECT_STREQ(split("one"), "[one]");
	EXPECT_STREQ(split(""), "");
	EXPECT_STREQ(split("    "), "");
}

SELFTEST(monitor, split, quotes, "", unit)
{
	EXPECT_STREQ(split("echo \"a  b\" c"), "[echo][a  b][c]");
	EXPECT_STREQ(split("echo 'a \"b'"), "[echo][a \"b]");
	EXPECT_STREQ(split("echo \"it's\""), "[echo][it's]");
	EXPECT_STREQ(split("x=\"1 2\"3"), "[x=1 23]");
	EXPECT_STREQ(split("echo \"\" ''"), "[echo][][]");
	EXPECT_STREQ(split("'a''b' c"), "[ab][c]");
}

SELFTEST(monitor, split, open_quote, "", unit)
{
	EXPECT_STREQ(split("echo \"a b"), "-22");
	EXPECT_STREQ(split("echo '"), "-22");
	EXPECT_STREQ(split("\"it's"), "-22");
}

SELFTEST(monitor, split, too_many, "", unit)
{
	EXPECT_STREQ(split("1 2 3 4 5 6 7 8 9 a b c d e f g"),
		     "[1][2][3][4][5][6][7][8][9][a][b][c][d][e][f][g]");
	EXPECT_STREQ(split("1 2 3 4 5 6 7 8 9 a b c d e f g   "),
		     "[1][2][3][4][5][6][7][8][9][a][b][c][d][e][f][g]");
	EXPECT_STREQ(split("1 2 3 4 5 6 7 8 9 a b c d e f g h"), "-7");
}
