/* SPDX-License-Identifier: MIT */
/*
 * glob.h - names by pattern: "lib.*", "*.list.?dd".
 */
#ifndef LIB_GLOB_H
#define LIB_GLOB_H

#include <base/types.h>

/**
 * glob_match() - does a whole text match a pattern?
 * @pattern: "*" stands for any characters or none, "?" for exactly one; all
 *	others stand for themselves.
 * @text: what to match.
 *
 * Context: any. Locking: none.
 * Return: true if all of it does.
 * Complexity: O(length of @pattern * length of @text), no recursion.
 */
bool glob_match(const char *pattern, const char *text);

/**
 * glob_match_list() - does a text match one of several patterns?
 * @patterns: separated by commas; empty ones match nothing.
 * @text: what to match; a comma in it matches only "*" and "?".
 *
 * Context: any. Locking: none.
 * Return: true if all of it matches one of them.
 */
bool glob_match_list(const char *patterns, const char *text);

#endif /* LIB_GLOB_H */
