/* SPDX-License-Identifier: MIT */
/*
 * string.h - memory blocks, terminated strings, and numbers in text.
 *
 * The names and meanings of the C library, plus strscpy() in place of the
 * copies that overrun or forget the terminator, and the kstrto family, which
 * accepts the whole text as one number or refuses it.
 *
 * All of these may be called in any context, lock nothing and never fail in
 * other ways than their Return line says.
 */
#ifndef LIB_STRING_H
#define LIB_STRING_H

#include <base/compiler.h>
#include <base/types.h>

/* The C library's; compilers also call the first four on their own. */
void *memcpy(void *dst, const void *src, size_t n);
void *memmove(void *dst, const void *src, size_t n);
void *memset(void *dst, int c, size_t n);
int memcmp(const void *a, const void *b, size_t n);
void *memchr(const void *s, int c, size_t n);

/* The same for strings. */
size_t strlen(const char *s);
size_t strnlen(const char *s, size_t max);
int strcmp(const char *a, const char *b);
int strncmp(const char *a, const char *b, size_t n);
int strcasecmp(const char *a, const char *b);
char *strchr(const char *s, int c);
char *strrchr(const char *s, int c);
char *strstr(const char *s, const char *what);
size_t strspn(const char *s, const char *accept);
size_t strcspn(const char *s, const char *reject);

/**
 * strscpy() - copy a string into a buffer of limited size.
 * @dst: terminated afterwards whenever @size > 0.
 * @size: bytes in @dst.
 *
 * Context: any.
 * Locking: none.
 * Return: the length copied, or -E2BIG when the text was cut.
 */
long strscpy(char *dst, const char *src, size_t size);

/**
 * strsep() - cut the next token off a string.
 * @s: points to the text left; advanced, NULL after the last token.
 * @delims: each of these characters ends a token and is overwritten by 0.
 *
 * Two delimiters in a row enclose an empty token.
 * Context: any.
 * Locking: none.
 * Return: the token, or NULL when nothing was left.
 */
char *strsep(char **s, const char *delims);

/**
 * skip_spaces() - the first character of @s that is not white space.
 *
 * Context: any.
 * Locking: none.
 * Return: a pointer into @s, at its terminator if all is white.
 */
char *skip_spaces(const char *s);

/**
 * strim() - cut white space off both ends.
 * @s: modified: a terminator is written behind the last other character.
 *
 * Context: any.
 * Locking: none.
 * Return: the first character that is not white space.
 */
char *strim(char *s);

/* Whether @s begins with @prefix. */
bool strstarts(const char *s, const char *prefix);

/**
 * memchr_inv() - the first byte that differs.
 * @s, @n: the block.
 * @c: what all bytes should be.
 *
 * Context: any.
 * Locking: none.
 * Return: a pointer to the first other byte, or NULL when there is none.
 */
void *memchr_inv(const void *s, int c, size_t n);

/**
 * kstrtoull() - the number that a whole string spells.
 * @s: an optional '+', digits, and at most one newline at the end.
 * @base: 2 to 36; 0 takes it from the text (0x.. is 16, 0.. is 8, else 10).
 *	With base 16 a leading 0x is allowed.
 * @res: written on success only.
 *
 * The siblings differ in the type of the result; the signed ones take '-'.
 * Context: any.
 * Locking: none.
 * Return: 0, -EINVAL (not a number), -ERANGE (does not fit).
 */
int __must_check kstrtoull(const char *s, unsigned int base, u64 *res);
int __must_check kstrtoll(const char *s, unsigned int base, s64 *res);
int __must_check kstrtoul(const char *s, unsigned int base, unsigned long *res);
int __must_check kstrtouint(const char *s, unsigned int base,
			    unsigned int *res);
int __must_check kstrtoint(const char *s, unsigned int base, int *res);

/**
 * kstrtobool() - 1 0 y n yes no on off t f, in either case.
 * @res: written on success only.
 *
 * Context: any.
 * Locking: none.
 * Return: 0 or -EINVAL.
 */
int __must_check kstrtobool(const char *s, bool *res);

#endif /* LIB_STRING_H */
