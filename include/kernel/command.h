/* SPDX-License-Identifier: MIT */
/*
 * command.h - how a command of the monitor prompt is written.
 *
 *	static int cmd_echo(int argc, char **argv) { ... return 0; }
 *	COMMAND("echo", "print its arguments", "[word...]", cmd_echo);
 *
 * Model. COMMAND() leaves a descriptor in the .commands section; the monitor
 * finds it there, so no list of commands exists anywhere. The name, help and
 * usage texts are shown by `help`.
 */
#ifndef KERNEL_COMMAND_H
#define KERNEL_COMMAND_H

#include <base/compiler.h>
#include <base/types.h>

struct command {
	const char *name;
	const char *help;  /* half a line: what it does */
	const char *usage; /* its arguments; "" when it has none */
	int (*fn)(int argc, char **argv);
};

/* Borders of the .commands section. */
extern const struct command __commands_start[], __commands_stop[];

/*
 * @fn gets the words of the line, argv[0] being the name and argv[argc]
 * NULL; it may change them. It runs in task context with interrupts on and
 * prints with pr_raw(). It returns 0; -EINVAL to have the usage shown; another
 * -errno, which is reported; or 1 when it said itself what went wrong.
 */
#define COMMAND(name_, help_, usage_, fn_)                                     \
	static const struct command CONCATENATE(command_desc_, fn_)            \
		__used __aligned(8) __section(".commands") = {.name = name_,   \
							      .help = help_,   \
							      .usage = usage_, \
							      .fn = fn_}

/**
 * monitor_run() - the command loop on the console; never returns.
 *
 * Context: task, may wait for keys.
 */
void __noreturn monitor_run(void);

/**
 * monitor_execute() - run one command line.
 * @line: the text; is cut into words in place.
 *
 * Context: task.
 * Return: what the command returned; -ENOENT: no such command, -EINVAL: an
 * open quote; 0 for an empty line. What went wrong has been printed.
 */
int monitor_execute(char *line);

#endif /* KERNEL_COMMAND_H */
