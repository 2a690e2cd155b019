/* SPDX-License-Identifier: MIT */
/*
 * monitor.c - the command loop on the console.
 *
 * Purpose. A prompt on the serial line from which every mechanism of the
 * kernel can be looked at and tried while it runs.
 *
 * Model.
 *
 *	keys -> readline -> line -> words -> command in section .commands
 *
 *	While no key is there the CPU halts until its next interrupt. A
 *	message of the kernel that comes while a line is being typed ends that
 *	line on the console; the line is then drawn again below it.
 *
 * Invariants.
 *   I1  sorted[] holds every command once, ordered by name.
 * Locking. None: one monitor, one task. Output takes printk's locks.
 * Contexts. Task, interrupts on.
 * Limits. Keys are polled: one that comes while the CPU is halted is seen at
 *       the next interrupt, which is the next tick at the latest.
 */
#include "monitor.h"
#include "readline.h"

#include <arch/console.h>
#include <base/assert.h>
#include <base/errno.h>
#include <kernel/idle.h>
#include <lib/printk.h>
#include <lib/string.h>

#define MAX_COMMANDS 128

/* Lock key: (i) after monitor_init(). */
static const struct command *sorted[MAX_COMMANDS]; /* (i) */
static unsigned int nr_commands;		   /* (i) */

static struct readline editor; /* the monitor's task only */

/* By insertion: there are few. */
static void sorted_add(const struct command *c)
{
	unsigned int at = nr_commands;

	if (WARN(nr_commands == MAX_COMMANDS, "monitor: no room for '%s'\n",
		 c->name))
		return;
	while (at && strcmp(sorted[at - 1]->name, c->name) > 0) {
		sorted[at] = sorted[at - 1];
		at--;
	}
	WARN(at && strcmp(sorted[at - 1]->name, c->name) == 0,
	     "monitor: two commands called '%s'\n", c->name);
	sorted[at] = c;
	nr_commands++;
}

/* On first use: tests execute commands before there is a prompt. */
static void monitor_init(void)
{
	if (nr_commands)
		return;
	for (const struct command *c = __commands_start; c < __commands_stop;
	     c++)
		sorted_add(c);
}

const struct command *monitor_command(unsigned int n)
{
	monitor_init();
	return n < nr_commands ? sorted[n] : NULL;
}

const struct command *monitor_find(const char *name)
{
	const struct command *c;

	for (unsigned int i = 0; (c = monitor_command(i)); i++)
		if (strcmp(c->name, name) == 0)
			return c;
	return NULL;
}

/* What a command returned, in words. */
static void report_result(const struct command *c, int ret)
{
	if (ret == -EINVAL)
		pr_raw("usage: %s%s%s\n", c->name, *c->usage ? " " : "",
		       c->usage);
	else if (ret < 0)
		pr_raw("%s: error %d\n", c->name, -ret);
}

int monitor_execute(char *line)
{
	char *argv[MONITOR_MAX_ARGS + 1];
	const struct command *c;
	int argc = monitor_split(line, argv);
	int ret;

	if (argc == -EINVAL)
		pr_raw("a quote is not closed\n");
	else if (argc == -E2BIG)
		pr_raw("more than %d words\n", MONITOR_MAX_ARGS);
	if (argc <= 0)
		return argc;
	c = monitor_find(argv[0]);
	if (!c) {
		pr_raw("unknown command '%s'; type 'help'\n", argv[0]);
		return -ENOENT;
	}
	ret = c->fn(argc, argv);
	report_result(c, ret);
	return ret;
}

static void editor_write(void *cookie, const char *s, size_t n)
{
	(void)cookie;
	console_write(s, n);
}

static const char *editor_word(void *cookie, unsigned int n)
{
	const struct command *c = monitor_command(n);

	(void)cookie;
	return c ? c->name : NULL;
}

static const struct readline_ops editor_ops = {
	.write = editor_write,
	.word = editor_word,
};

/*
 * The next key; keeps the line on the terminal whole meanwhile.
 * @seen: interruptions of the open line dealt with.
 */
static char monitor_getc(unsigned int *seen)
{
	int c;

	while ((c = arch_console_getc()) < 0) {
		unsigned int now = console_interruptions();

		if (now != *seen) {
			*seen = now;
			readline_redraw(&editor);
			continue;
		}
		cpu_idle_once();
	}
	return (char)c;
}

static enum readline_event read_line(void)
{
	enum readline_event event;
	unsigned int seen;

	readline_start(&editor);
	seen = console_interruptions();
	do
		event = readline_feed(&editor, monitor_getc(&seen));
	while (event == READLINE_MORE);
	return event;
}

void __noreturn monitor_run(void)
{
	monitor_init();
	readline_init(&editor, &editor_ops, NULL, MONITOR_PROMPT,
		      MONITOR_COLUMNS);
	for (;;) {
		switch (read_line()) {
		case READLINE_LINE:
			monitor_execute(editor.text);
			break;
		case READLINE_EOF:
			pr_raw("'poweroff' ends the machine\n");
			break;
		default:
			break;
		}
	}
}
