/* SPDX-License-Identifier: MIT */
/*
 * test_string.c - memory blocks and strings, each against a loop that is too
 * simple to be wrong.
 */
#include <base/compiler.h>
#include <base/errno.h>
#include <base/types.h>
#include <lib/random.h>
#include <lib/selftest.h>
#include <lib/string.h>

#define AREA 160 /* bytes; every offset and length inside it is tried */

static u8 area[AREA], model[AREA];

/* Both areas get the same bytes, all different from their neighbours. */
static void fill(void)
{
	unsigned int i;

	for (i = 0; i < AREA; i++)
		area[i] = model[i] = (u8)(i * 7 + 1);
}

/* The first byte where the areas differ, or AREA. */
static unsigned int difference(void)
{
	unsigned int i;

	for (i = 0; i < AREA && area[i] == model[i]; i++)
		;
	return i;
}

/* A move through a second buffer: right for every overlap. */
static void naive_move(unsigned int to, unsigned int from, unsigned int n)
{
	u8 copy[AREA];
	unsigned int i;

	for (i = 0; i < n; i++)
		copy[i] = model[from + i];
	for (i = 0; i < n; i++)
		model[to + i] = copy[i];
}

/* Lengths round the edges of the 8 and 32 byte steps; both overlaps. */
SELFTEST(lib, string, memmove_overlap, "", unit)
{
	unsigned int to, from, n, wrong = 0;

	for (n = 0; n <= 80; n++) {
		for (to = 0; to < 40; to += n < 20 ? 1 : 3) {
			for (from = 0; from < 40; from++) {
				fill();
				naive_move(to, from, n);
				wrong += memmove(area + to, area + from, n) !=
					 area + to;
				wrong += difference() != AREA;
			}
		}
	}
	EXPECT_EQ(wrong, 0U);
}

SELFTEST(lib, string, memcpy_exact, "", unit)
{
	unsigned int to, n, wrong = 0;

	for (n = 0; n <= 70; n++) {
		for (to = 0; to < 16; to++) {
			fill();
			naive_move(to, 88, n);
			wrong += memcpy(area + to, area + 88, n) != area + to;
			wrong += difference() != AREA;
		}
	}
	EXPECT_EQ(wrong, 0U);
}

SELFTEST(lib, string, memset_exact, "", unit)
{
	unsigned int at, n, i, wrong = 0;

	for (n = 0; n <= 70; n++) {
		for (at = 0; at < 16; at++) {
			fill();
			for (i = 0; i < n; i++)
				model[at + i] = 0xa5;
			/* Only the low byte counts. */
			wrong += memset(area + at, 0x7a5, n) != area + at;
			wrong += difference() != AREA;
		}
	}
	EXPECT_EQ(wrong, 0U);
}

/* One differing byte at each place, in both directions of the sign. */
SELFTEST(lib, string, memcmp_memchr, "", unit)
{
	unsigned int i, n, wrong = 0;

	for (n = 0; n <= 40; n++) {
		memset(area, 0x80, AREA);
		memset(model, 0x80, AREA);
		wrong += memcmp(area + 1, model, n) != 0;
		wrong += memchr_inv(area, 0x80, n) != NULL;
		wrong += memchr(area, 0x7f, n) != NULL;
		for (i = 0; i < n; i++) {
			area[i] = 0x7f;
			wrong += memcmp(area, model, n) >= 0;
			wrong += memcmp(model, area, n) <= 0;
			wrong += memchr(area, 0x17f, n) != area + i;
			wrong += memchr_inv(area, 0x80, n) != area + i;
			area[i] = 0x80;
		}
		/* What lies behind the end does not count. */
		area[n] = 0;
		wrong += memcmp(area, model, n) != 0;
	}
	EXPECT_EQ(wrong, 0U);
}

SELFTEST(lib, string, lengths, "", unit)
{
	EXPECT_EQ(strlen(""), 0UL);
	EXPECT_EQ(strlen("seven c"), 7UL);
	EXPECT_EQ(strnlen("seven c", 4), 4UL);
	EXPECT_EQ(strnlen("seven c", 7), 7UL);
	EXPECT_EQ(strnlen("seven c", 100), 7UL);
	EXPECT_EQ(strnlen("x", 0), 0UL);
	EXPECT_EQ(strspn("aabbc", "ba"), 4UL);
	EXPECT_EQ(strspn("aab", ""), 0UL);
	EXPECT_EQ(strcspn("key=value", "=,"), 3UL);
	EXPECT_EQ(strcspn("key", "=,"), 3UL);
}

SELFTEST(lib, string, comparisons, "", unit)
{
	EXPECT_EQ(strcmp("", ""), 0);
	EXPECT_EQ(strcmp("abc", "abc"), 0);
	EXPECT_LT(strcmp("abc", "abd"), 0);
	EXPECT_LT(strcmp("ab", "abc"), 0);
	EXPECT_GT(strcmp("abc", "ab"), 0);
	/* Characters compare unsigned. */
	EXPECT_GT(strcmp("\xff", "a"), 0);
	EXPECT_EQ(strncmp("abcd", "abxy", 2), 0);
	EXPECT_LT(strncmp("abcd", "abxy", 3), 0);
	EXPECT_EQ(strncmp("ab", "ab", 100), 0);
	EXPECT_EQ(strncmp("a", "b", 0), 0);
	EXPECT_EQ(strcasecmp("MiXed9", "mIxED9"), 0);
	EXPECT_LT(strcasecmp("a", "B"), 0);
	EXPECT_TRUE(strstarts("selftest=x", "selftest="));
	EXPECT_TRUE(strstarts("x", ""));
	EXPECT_FALSE(strstarts("sel", "self"));
}

SELFTEST(lib, string, searches, "", unit)
{
	static const char s[] = "a/b/c";
	static const char aab[] = "aaab";

	EXPECT_PTR_EQ(strchr(s, '/'), s + 1);
	EXPECT_PTR_EQ(strrchr(s, '/'), s + 3);
	EXPECT_PTR_EQ(strchr(s, 'x'), NULL);
	EXPECT_PTR_EQ(strrchr(s, 'x'), NULL);
	EXPECT_PTR_EQ(strchr(s, '\0'), s + 5);
	EXPECT_PTR_EQ(strrchr(s, '\0'), s + 5);
	EXPECT_PTR_EQ(strstr(s, "b/"), s + 2);
	EXPECT_PTR_EQ(strstr(s, ""), s);
	EXPECT_PTR_EQ(strstr(s, "c/"), NULL);
	EXPECT_PTR_EQ(strstr(aab, "aab"), aab + 1);
	EXPECT_PTR_EQ(strstr("", "a"), NULL);
}

SELFTEST(lib, string, strscpy_cuts, "", unit)
{
	char buf[8] = "zzzzzzz";

	EXPECT_EQ(strscpy(buf, "abc", sizeof(buf)), 3L);
	EXPECT_STREQ(buf, "abc");
	EXPECT_EQ(buf[4], 'z');
	EXPECT_EQ(strscpy(buf, "1234567", sizeof(buf)), 7L);
	EXPECT_STREQ(buf, "1234567");
	EXPECT_EQ(strscpy(buf, "12345678", sizeof(buf)), (long)-E2BIG);
	EXPECT_STREQ(buf, "1234567");
	EXPECT_EQ(strscpy(buf, "xy", 2), (long)-E2BIG);
	EXPECT_STREQ(buf, "x");
	EXPECT_EQ(strscpy(buf, "xy", 1), (long)-E2BIG);
	EXPECT_STREQ(buf, "");
	buf[0] = 'k';
	EXPECT_EQ(strscpy(buf, "xy", 0), (long)-E2BIG);
	EXPECT_EQ(buf[0], 'k');
	EXPECT_EQ(strscpy(buf, "", 1), 0L);
}

SELFTEST(lib, string, tokens, "", unit)
{
	char text[] = "a,,bc";
	char blanks[] = " \t mid dle \n";
	char empty[] = "  ";
	char *s = text;

	EXPECT_STREQ(strsep(&s, ","), "a");
	EXPECT_STREQ(strsep(&s, ","), "");
	EXPECT_STREQ(strsep(&s, ","), "bc");
	EXPECT_PTR_EQ(s, NULL);
	EXPECT_PTR_EQ(strsep(&s, ","), NULL);
	EXPECT_PTR_EQ(skip_spaces(blanks), blanks + 3);
	EXPECT_STREQ(strim(blanks), "mid dle");
	EXPECT_STREQ(strim(empty), "");
}
