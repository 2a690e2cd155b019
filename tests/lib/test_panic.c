/* SPDX-License-Identifier: MIT */
/*
 * test_panic.c - the parts of a report that can be looked at without one.
 *
 * Lines are printed at a level that no console shows and read back from the
 * log.
 */
#include <lib/panic.h>

#include <lib/backtrace.h>
#include <lib/ksyms.h>
#include <lib/printk.h>
#include <lib/selftest.h>
#include <lib/string.h>

#include "../../lib/panic_parts.h"

SELFTEST(lib, panic, context_in_words, "")
{
	char buf[96];

	EXPECT_STREQ(panic_describe_context(0, 0x202, buf, sizeof(buf)),
		     "preempt 0, softirq 0, hardirq 0, nmi 0; interrupts on");
	EXPECT_STREQ(
		panic_describe_context(0x00312fe1, 0x2, buf, sizeof(buf)),
		"preempt 225, softirq 47, hardirq 1, nmi 3; interrupts off");
	/* the need-resched bit is not a count */
	EXPECT_STREQ(
		panic_describe_context(0x80000001, 0x202, buf, sizeof(buf)),
		"preempt 1, softirq 0, hardirq 0, nmi 0; interrupts on");
	EXPECT_STREQ(panic_describe_context(1, 0, buf, 10), "preempt 1");
}

static char lines[8][128];

/* Prints @bt, fetches the lines into lines[], returns how many. */
static unsigned int print_and_read(const struct backtrace *bt)
{
	struct log_reader r;
	struct log_entry e;
	unsigned int n = 0;

	log_reader_last(&r, 0);
	backtrace_print_saved(LOG_DEBUG, bt);
	memset(lines, 0, sizeof(lines));
	while (n < 8 && log_read(&r, &e, lines[n], sizeof(lines[n])))
		n++;
	return n;
}

/* The symbol at the end of a line. */
static const char *symbol_of(const char *line)
{
	const char *s = strrchr(line, ' ');

	return s ? s + 1 : "";
}

SELFTEST(lib, panic, backtrace_lines, "")
{
	unsigned long f = (unsigned long)ksym_lookup;
	struct backtrace bt = {.nr = 3, .exact = 1, .ip = {f, f + 1, 16}};

	REQUIRE_TRUE(print_and_read(&bt) >= 3);
	EXPECT_EQ(strncmp(lines[0], "  #0  0xffffffff8", 17), 0);
	EXPECT_EQ(strncmp(symbol_of(lines[0]), "ksym_lookup+0x0/0x", 18), 0);
	EXPECT_EQ(strncmp(symbol_of(lines[1]), "ksym_lookup+0x1/0x", 18), 0);
	EXPECT_EQ(strncmp(lines[2], "  #2  0x0000000000000010 ?", 26), 0);
}

SELFTEST(lib, panic, backtrace_repeats, "")
{
	unsigned long f = (unsigned long)ksym_lookup;
	struct backtrace bt = {
		.nr = 7,
		.ip = {f + 9, f + 1, f + 1, f + 1, f + 1, f + 1, f + 7}};

	REQUIRE_TRUE(print_and_read(&bt) == 4);
	EXPECT_EQ(strncmp(lines[0], "  #0 ", 5), 0);
	EXPECT_EQ(strncmp(lines[1], "  #1 ", 5), 0);
	EXPECT_TRUE(strstr(lines[2], "... 4 more like the last 1 frame"));
	EXPECT_EQ(strncmp(lines[3], "  #6 ", 5), 0);
}

/* Two functions that call each other. */
SELFTEST(lib, panic, backtrace_repeats_in_turn, "")
{
	unsigned long f = (unsigned long)ksym_lookup;
	struct backtrace bt = {
		.nr = 8,
		.ip = {f + 1, f + 2, f + 1, f + 2, f + 1, f + 2, f + 1, f + 2}};

	REQUIRE_TRUE(print_and_read(&bt) == 3);
	EXPECT_TRUE(
		strstr(lines[2], "... 6 more like the last 2 frames in turn"));
}

SELFTEST(lib, panic, backtrace_empty, "")
{
	const struct backtrace bt = {.nr = 0};

	REQUIRE_TRUE(print_and_read(&bt) == 1);
	EXPECT_EQ(strncmp(lines[0], "  (no frames)", 13), 0);
}
