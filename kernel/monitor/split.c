/* SPDX-License-Identifier: MIT */
/*
 * split.c - a command line into words.
 *
 * Model. One pass with a reading and a writing place in the same buffer; the
 * writing one is behind or equal, because quotes only take characters away.
 */
#include "monitor.h"

#include <base/errno.h>

/*
 * Copies one word from *@from to @to and terminates it. *@from is left behind
 * the word. Returns where the terminator stands, NULL for an open quote.
 */
static char *copy_word(char **from, char *to)
{
	char quote = '\0';
	char *s = *from;

	for (; *s && (quote || *s != ' '); s++) {
		if (quote && *s == quote)
			quote = '\0';
		else if (!quote && (*s == '"' || *s == '\''))
			quote = *s;
		else
			*to++ = *s;
	}
	if (quote)
		return NULL;
	*from = *s ? s + 1 : s;
	*to = '\0';
	return to;
}

int monitor_split(char *line, char **argv)
{
	char *from = line, *to = line;
	int argc = 0;

	for (;;) {
		while (*from == ' ')
			from++;
		if (!*from)
			break;
		if (argc == MONITOR_MAX_ARGS)
			return -E2BIG;
		argv[argc++] = to;
		to = copy_word(&from, to);
		if (!to)
			return -EINVAL;
		to++;
	}
	argv[argc] = NULL;
	return argc;
}
