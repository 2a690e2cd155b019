/* SPDX-License-Identifier: MIT */
/*
 * monitor.h - the inside of the monitor.
 */
#ifndef MONITOR_H
#define MONITOR_H

#include <base/types.h>
#include <kernel/command.h>

#define MONITOR_PROMPT	 "vitrix> "
#define MONITOR_COLUMNS	 80
#define MONITOR_MAX_ARGS 16 /* words of a line, the command included */

/**
 * monitor_split() - cut a line into words, in place.
 * @line: 'a b' and "a b" are one word each; quotes may begin inside a word.
 * @argv: receives the words and a final NULL; MONITOR_MAX_ARGS + 1 places.
 *
 * Return: the number of words; -EINVAL: a quote is not closed; -E2BIG: too
 * many words.
 */
int monitor_split(char *line, char **argv);

/* The @n-th command in alphabetical order, or NULL. */
const struct command *monitor_command(unsigned int n);
const struct command *monitor_find(const char *name);

#endif /* MONITOR_H */
