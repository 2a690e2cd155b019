/* SPDX-License-Identifier: MIT */
/*
 * test_monitor.c - lines become calls of commands, and what they print.
 *
 * What a command printed is read back from the log.
 */
#include "kernel/monitor/monitor.h"

#include <arch/page.h>
#include <arch/pgtable.h>
#include <base/errno.h>
#include <lib/fmt.h>
#include <lib/printk.h>
#include <lib/selftest.h>
#include <lib/string.h>
#include <mm/percpu.h>

static int execute(const char *text)
{
	char line[128];

	strscpy(line, text, sizeof(line));
	return monitor_execute(line);
}

/* The newest line that was printed without a prefix. */
static const char *last_output(void)
{
	static char text[LOG_LINE_MAX], newest[LOG_LINE_MAX];
	struct log_reader r;
	struct log_entry e;

	newest[0] = '\0';
	log_reader_last(&r, 32);
	while (log_read(&r, &e, text, sizeof(text)))
		if (e.level == LOG_RAW)
			strscpy(newest, text, sizeof(newest));
	return newest;
}

SELFTEST(monitor, execute, arguments, "")
{
	EXPECT_EQ(execute("echo  'a  b'   c"), 0);
	EXPECT_STREQ(last_output(), "a  b c");
	EXPECT_EQ(execute("   echo x"), 0);
	EXPECT_STREQ(last_output(), "x");
}

SELFTEST(monitor, execute, nothing, "")
{
	struct log_reader before, after;

	log_reader_last(&before, 0);
	EXPECT_EQ(execute(""), 0);
	EXPECT_EQ(execute("    "), 0);
	log_reader_last(&after, 0);
	EXPECT_EQ(after.seq, before.seq);
}

SELFTEST(monitor, execute, unknown, "")
{
	EXPECT_EQ(execute("nosuch thing"), -ENOENT);
	EXPECT_STREQ(last_output(), "unknown command 'nosuch'; type 'help'");
	EXPECT_EQ(execute("ech o"), -ENOENT); /* no abbreviations */
}

SELFTEST(monitor, execute, wrong_usage, "")
{
	EXPECT_EQ(execute("uptime now"), -EINVAL);
	EXPECT_STREQ(last_output(), "usage: uptime");
	EXPECT_EQ(execute("dmesg -l nix"), -EINVAL);
	EXPECT_STREQ(last_output(), "usage: dmesg [-a] [-l level] [count]");
	EXPECT_EQ(execute("dmesg -l"), -EINVAL);
	EXPECT_EQ(execute("echo \"x"), -EINVAL);
	EXPECT_STREQ(last_output(), "a quote is not closed");
}

/* help <command> shows usage and help of that one. */
SELFTEST(monitor, execute, help_one, "")
{
	EXPECT_EQ(execute("help echo"), 0);
	EXPECT_STREQ(last_output(), "echo [word...]\n  print its arguments");
	EXPECT_EQ(execute("help nosuch"), 1);
	EXPECT_STREQ(last_output(), "no command 'nosuch'");
}

static u8 page[4096] __aligned(4096);

/* The last line names the frame; or why there is none. */
SELFTEST(monitor, execute, pagemap, "A PG-8")
{
	bool nx = supported_pte_mask & _PAGE_NX;
	char line[64], want[64];

	snprintf(line, sizeof(line), "pagemap %#lx", (unsigned long)page + 5);
	EXPECT_EQ(execute(line), 0);
	snprintf(want, sizeof(want), "frame %#llx: node ",
		 __pa_symbol(page) >> 12);
	EXPECT_EQ(strncmp(last_output(), want, strlen(want)), 0);
	EXPECT_EQ(execute("pagemap 0"), 0);
	EXPECT_STREQ(last_output(), "not mapped");
	EXPECT_EQ(execute("pagemap 0x800000000000"), 1);
	EXPECT_STREQ(
		last_output(),
		"0x800000000000 is no address: bits 63 to 47 are not alike");
	EXPECT_EQ(execute("pagemap"), 0);
	EXPECT_EQ(execute("pagemap here"), -EINVAL);
	/* the last run is the end of the image: read, write, 4 KiB pages */
	EXPECT_EQ(execute("pagemap all"), 0);
	EXPECT_TRUE(strstr(last_output(),
			   nx ? "KiB  rw- cached" : "KiB  rwx cached"));
	EXPECT_EQ(strncmp(last_output(), "0xffffffff8", 11), 0);
}

/* Ordered, each with a help text, none twice, the borders found. */
/* The last line is the last page that something lies in. */
SELFTEST(monitor, execute, percpu, "A SYNC-P4")
{
	char map[PERCPU_MAP_LINES + 1], want[PERCPU_MAP_LINES + 16];
	char *p = __alloc_percpu(64, 64);
	struct percpu_stats s;

	REQUIRE_TRUE(p);
	EXPECT_EQ(execute("percpu"), 0);
	percpu_get_stats(&s);
	percpu_page_map(s.end - 1, map);
	snprintf(want, sizeof(want), "+%05x %s", (s.end - 1) * 4096, map);
	EXPECT_STREQ(last_output(), want);
	EXPECT_TRUE(strchr(map, '#'));
	EXPECT_EQ(execute("percpu now"), -EINVAL);
	free_percpu(p);
}

SELFTEST(monitor, execute, registry, "")
{
	const struct command *c, *last = NULL;
	unsigned int n = 0, disorder = 0, silent = 0;

	while ((c = monitor_command(n))) {
		disorder += last && strcmp(last->name, c->name) >= 0;
		silent += !*c->help || !c->fn || !c->usage;
		last = c;
		n++;
	}
	EXPECT_EQ(n, (unsigned int)(__commands_stop - __commands_start));
	EXPECT_GE(n, 7U);
	EXPECT_EQ(disorder, 0U);
	EXPECT_EQ(silent, 0U);
	EXPECT_TRUE(monitor_find("dmesg") != NULL);
	EXPECT_TRUE(monitor_find("dmes") == NULL);
}

/* Showing the log does not write to it. */
SELFTEST(monitor, execute, dmesg_leaves_log, "")
{
	struct log_reader before, after;

	log_reader_last(&before, 0);
	EXPECT_EQ(execute("dmesg 2"), 0);
	EXPECT_EQ(execute("dmesg -l err 1"), 0);
	log_reader_last(&after, 0);
	EXPECT_EQ(after.seq, before.seq);
}
