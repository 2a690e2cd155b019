/* SPDX-License-Identifier: MIT */
/*
 * glob.c - names by pattern.
 *
 * Purpose. Choosing tests, trace events and the like on a command line.
 * Model. Walk pattern and text side by side. At a star, note both places and
 *	go on as if it stood for nothing; at a mismatch, go back to the last
 *	star and let it stand for one character more. Only the last star
 *	matters: what an earlier one could still swallow, this one can, too.
 * Locking. None. Contexts. Any; pure.
 * Limits. No sets "[a-z]", no escapes: the names used here need neither.
 */
#include <lib/glob.h>

#include <base/compiler.h>

/* @end is the first character behind the pattern. */
static bool match(const char *p, const char *end, const char *t)
{
	const char *star = NULL;  /* behind the last star */
	const char *retry = NULL; /* where its match may be extended */

	while (*t) {
		if (p < end && *p == '*') {
			star = ++p;
			retry = t;
		} else if (p < end && (*p == '?' || *p == *t)) {
			p++;
			t++;
		} else if (star) {
			p = star;
			t = ++retry;
		} else {
			return false;
		}
	}
	while (p < end && *p == '*')
		p++;
	return p == end;
}

static const char *end_of(const char *p, char stop)
{
	while (*p && *p != stop)
		p++;
	return p;
}

bool glob_match(const char *pattern, const char *text)
{
	return match(pattern, end_of(pattern, '\0'), text);
}

bool glob_match_list(const char *patterns, const char *text)
{
	for (;;) {
		const char *end = end_of(patterns, ',');

		if (end != patterns && match(patterns, end, text))
			return true;
		if (!*end)
			return false;
		patterns = end + 1;
	}
}
