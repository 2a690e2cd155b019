/* SPDX-License-Identifier: MIT */
/*
 * test_ksyms.c - names for code addresses.
 *
 * The search is tried on a table made here; that the build put the right
 * table into the image, on functions whose addresses the compiler knows.
 */
#include <lib/ksyms.h>

#include <arch/sections.h>
#include <base/compiler.h>
#include <lib/backtrace.h>
#include <lib/panic.h>
#include <lib/selftest.h>
#include <lib/string.h>

#include "../../lib/ksym_table.h"

#define BASE 0xffffffff80100000UL

static const u32 offsets[] = {0x10, 0x40, 0x41};
static const u32 name_at[] = {0, 4, 9};
static const char names[] = "one\0four\0last";
static const struct ksym_table table = {.base = BASE,
					.nr = 3,
					.text_size = 0x100,
					.offsets = offsets,
					.name_at = name_at,
					.names = names};

SELFTEST(lib, ksyms, borders, "")
{
	struct ksym s;

	EXPECT_FALSE(ksym_table_lookup(&table, BASE - 1, &s));
	EXPECT_FALSE(ksym_table_lookup(&table, BASE, &s));
	EXPECT_FALSE(ksym_table_lookup(&table, BASE + 0xf, &s));
	EXPECT_FALSE(ksym_table_lookup(&table, BASE + 0x100, &s));
	EXPECT_FALSE(ksym_table_lookup(&table, 0, &s));
	EXPECT_FALSE(ksym_table_lookup(&table, ~0UL, &s));

	REQUIRE_TRUE(ksym_table_lookup(&table, BASE + 0x10, &s));
	EXPECT_STREQ(s.name, "one");
	EXPECT_EQ(s.addr, BASE + 0x10);
	EXPECT_EQ(s.size, 0x30UL);

	REQUIRE_TRUE(ksym_table_lookup(&table, BASE + 0x3f, &s));
	EXPECT_STREQ(s.name, "one");
	REQUIRE_TRUE(ksym_table_lookup(&table, BASE + 0x40, &s));
	EXPECT_STREQ(s.name, "four");
	EXPECT_EQ(s.size, 1UL);
	REQUIRE_TRUE(ksym_table_lookup(&table, BASE + 0xff, &s));
	EXPECT_STREQ(s.name, "last");
	EXPECT_EQ(s.size, 0xbfUL);
}

SELFTEST(lib, ksyms, by_name, "")
{
	EXPECT_EQ(ksym_table_addr(&table, "four"), BASE + 0x40);
	EXPECT_EQ(ksym_table_addr(&table, "fou"), 0UL);
	EXPECT_EQ(ksym_table_addr(&table, ""), 0UL);
}

/* The first of the two links has such a table. */
SELFTEST(lib, ksyms, empty_table, "")
{
	const struct ksym_table empty = {.names = ""};
	struct ksym s = {.name = "untouched"};

	EXPECT_FALSE(ksym_table_lookup(&empty, 0, &s));
	EXPECT_FALSE(ksym_table_lookup(&empty, BASE, &s));
	EXPECT_STREQ(s.name, "untouched");
	EXPECT_EQ(ksym_table_addr(&empty, "one"), 0UL);
}

SELFTEST(lib, ksyms, image, "")
{
	unsigned long addr = (unsigned long)ksym_lookup;
	struct ksym s;

	REQUIRE_TRUE(ksym_lookup(addr, &s));
	EXPECT_STREQ(s.name, "ksym_lookup");
	EXPECT_EQ(s.addr, addr);
	EXPECT_GT(s.size, 0UL);
	REQUIRE_TRUE(ksym_lookup(addr + 1, &s));
	EXPECT_STREQ(s.name, "ksym_lookup");
	REQUIRE_TRUE(ksym_lookup((unsigned long)panic_nmi, &s));
	EXPECT_STREQ(s.name, "panic_nmi");

	EXPECT_EQ(ksym_addr("ksym_lookup"), addr);
	EXPECT_EQ(ksym_addr("no such function"), 0UL);
	EXPECT_FALSE(ksym_lookup((unsigned long)_etext, &s));
	EXPECT_FALSE(ksym_lookup((unsigned long)&table, &s));
}

/* What the search stands on: the build's table ascends strictly. */
SELFTEST(lib, ksyms, image_sorted, "")
{
	u32 wrong = 0;

	EXPECT_GT(ksyms_image.nr, 100U);
	EXPECT_EQ(ksyms_image.base, (unsigned long)_text);
	EXPECT_EQ(ksyms_image.text_size, (u32)(_etext - _text));
	for (u32 i = 1; i < ksyms_image.nr; i++)
		if (ksyms_image.offsets[i] <= ksyms_image.offsets[i - 1])
			wrong++;
	EXPECT_EQ(wrong, 0U);
	EXPECT_LT(ksyms_image.offsets[ksyms_image.nr - 1],
		  ksyms_image.text_size);
}

/* A call at the very end of a function returns to the next one's start. */
SELFTEST(lib, ksyms, return_address, "")
{
	unsigned long next = (unsigned long)ksym_lookup;
	struct ksym s;
	char buf[80];

	REQUIRE_TRUE(ksym_lookup(next, &s));
	EXPECT_STREQ(backtrace_symbol(next + s.size, true, buf, sizeof(buf)) ==
				     buf
			     ? "same"
			     : "other",
		     "same");
	EXPECT_TRUE(strncmp(buf, "ksym_lookup+", 12) != 0);
	backtrace_symbol(next + s.size, false, buf, sizeof(buf));
	EXPECT_EQ(strncmp(buf, "ksym_lookup+0x", 14), 0);
	backtrace_symbol(0x1234, true, buf, sizeof(buf));
	EXPECT_STREQ(buf, "?");
}
