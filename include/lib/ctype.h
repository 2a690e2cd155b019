/* SPDX-License-Identifier: MIT */
/*
 * ctype.h - what kind of ASCII character is this?
 *
 * Each takes any char, also a negative one, and knows ASCII only.
 */
#ifndef LIB_CTYPE_H
#define LIB_CTYPE_H

#include <base/types.h>

static inline bool isdigit(int c)
{
	return c >= '0' && c <= '9';
}

static inline bool isupper(int c)
{
	return c >= 'A' && c <= 'Z';
}

static inline bool islower(int c)
{
	return c >= 'a' && c <= 'z';
}

static inline bool isalpha(int c)
{
	return isupper(c) || islower(c);
}

static inline bool isalnum(int c)
{
	return isalpha(c) || isdigit(c);
}

static inline bool isspace(int c)
{
	return c == ' ' || (c >= '\t' && c <= '\r');
}

/* Occupies one column of a terminal. */
static inline bool isprint(int c)
{
	return c >= ' ' && c <= '~';
}

static inline bool isxdigit(int c)
{
	return isdigit(c) || (c >= 'a' && c <= 'f') || (c >= 'A' && c <= 'F');
}

static inline int tolower(int c)
{
	return isupper(c) ? c + ('a' - 'A') : c;
}

static inline int toupper(int c)
{
	return islower(c) ? c - ('a' - 'A') : c;
}

#endif /* LIB_CTYPE_H */
