/* SPDX-License-Identifier: MIT */
/*
 * commands.c - the commands that belong to no other part of the kernel.
 *
 * Model. Others stand beside what they show; all are found through .commands.
 * Contexts. Task, called by the command loop.
 */
#include "monitor.h"

#include <arch/machine.h>
#include <base/errno.h>
#include <kernel/version.h>
#include <lib/cpumask.h>
#include <lib/fmt.h>
#include <lib/printk.h>
#include <lib/string.h>
#include <lib/time.h>

static int help_one(const char *name)
{
	const struct command *c = monitor_find(name);

	if (!c) {
		pr_raw("no command '%s'\n", name);
		return 1;
	}
	pr_raw("%s%s%s\n  %s\n", c->name, *c->usage ? " " : "", c->usage,
	       c->help);
	return 0;
}

static int cmd_help(int argc, char **argv)
{
	const struct command *c;
	int err = 0;

	if (argc == 1) {
		for (unsigned int i = 0; (c = monitor_command(i)); i++)
			pr_raw("  %-12s %s\n", c->name, c->help);
		return 0;
	}
	for (int i = 1; i < argc && !err; i++)
		err = help_one(argv[i]);
	return err;
}
COMMAND("help", "list the commands, or show the usage of some", "[command...]",
	cmd_help);

static int cmd_version(int argc, char **argv)
{
	(void)argv;
	if (argc != 1)
		return -EINVAL;
	pr_raw("Vitrix %s, %s build, %s\n", VITRIX_VERSION, VITRIX_BUILD,
	       VITRIX_COMPILER);
	return 0;
}
COMMAND("version", "which kernel this is", "", cmd_version);

static int cmd_uptime(int argc, char **argv)
{
	u64 ms = sched_clock() / 1000000;
	u64 s = ms / 1000;

	(void)argv;
	if (argc != 1)
		return -EINVAL;
	pr_raw("up %llu:%02llu:%02llu.%03llu, %u CPUs online\n", s / 3600,
	       s / 60 % 60, s % 60, ms % 1000, num_online_cpus());
	return 0;
}
COMMAND("uptime", "time since boot", "", cmd_uptime);

static int cmd_echo(int argc, char **argv)
{
	char line[256];
	size_t n = 0;

	line[0] = '\0';
	for (int i = 1; i < argc; i++)
		n += (size_t)scnprintf(line + n, sizeof(line) - n, "%s%s",
				       i > 1 ? " " : "", argv[i]);
	pr_raw("%s\n", line);
	return 0;
}
COMMAND("echo", "print its arguments", "[word...]", cmd_echo);

static const char *const level_names[] = {
	"emerg", "alert", "crit", "err", "warn", "notice", "info", "debug",
};

/* What `dmesg` was asked for. */
struct dmesg_filter {
	unsigned int level; /* this important or more */
	bool raw;	    /* output of commands and tests too */
	u64 last;	    /* this many records */
};

static int parse_level(const char *s, unsigned int *level)
{
	for (unsigned int i = 0; i < ARRAY_SIZE(level_names); i++) {
		if (strcmp(s, level_names[i]) == 0) {
			*level = i;
			return 0;
		}
	}
	if (kstrtouint(s, 10, level) || *level >= ARRAY_SIZE(level_names))
		return -EINVAL;
	return 0;
}

static int dmesg_parse(int argc, char **argv, struct dmesg_filter *f)
{
	for (int i = 1; i < argc; i++) {
		if (strcmp(argv[i], "-a") == 0) {
			f->raw = true;
		} else if (strcmp(argv[i], "-l") == 0) {
			if (++i == argc || parse_level(argv[i], &f->level))
				return -EINVAL;
		} else if (kstrtoull(argv[i], 10, &f->last)) {
			return -EINVAL;
		}
	}
	return 0;
}

/* The monitor's task only; a record is too much for a stack. */
static char dmesg_text[LOG_LINE_MAX];
static char dmesg_line[LOG_LINE_MAX + 64];

/*
 * Goes through the records before @end, shows those wanted but for the first
 * @skip, and returns how many were wanted.
 */
static u64 dmesg_pass(const struct dmesg_filter *f, u64 end, u64 skip,
		      bool show)
{
	struct log_reader r = {0};
	struct log_entry e;
	u64 wanted = 0;

	while (r.seq < end &&
	       log_read(&r, &e, dmesg_text, sizeof(dmesg_text))) {
		unsigned int off = 0;
		size_t n;

		if (e.level == LOG_RAW ? !f->raw : e.level > f->level)
			continue;
		if (wanted++ < skip || !show)
			continue;
		while ((n = log_format_line(&e, dmesg_text, &off, dmesg_line,
					    sizeof(dmesg_line))))
			console_write(dmesg_line, n); /* not into the log */
	}
	return wanted;
}

static int cmd_dmesg(int argc, char **argv)
{
	struct dmesg_filter f = {.level = LOG_DEBUG, .last = ~0ULL};
	struct log_reader end;
	u64 wanted;

	if (dmesg_parse(argc, argv, &f))
		return -EINVAL;
	log_reader_last(&end, 0);
	wanted = dmesg_pass(&f, end.seq, 0, false);
	dmesg_pass(&f, end.seq, wanted > f.last ? wanted - f.last : 0, true);
	return 0;
}
COMMAND("dmesg", "show the kernel log; -a: with output of commands",
	"[-a] [-l level] [count]", cmd_dmesg);

static int cmd_reboot(int argc, char **argv)
{
	(void)argv;
	if (argc != 1)
		return -EINVAL;
	pr_notice("reboot\n");
	arch_reboot();
}
COMMAND("reboot", "reset the machine", "", cmd_reboot);

static int cmd_poweroff(int argc, char **argv)
{
	(void)argv;
	if (argc != 1)
		return -EINVAL;
	pr_notice("power off\n");
	arch_poweroff();
}
COMMAND("poweroff", "switch the machine off", "", cmd_poweroff);
