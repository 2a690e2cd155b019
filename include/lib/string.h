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

/**
 * memcpy() - copy a block; the two must not overlap.
 * memmove() - copy a block that may overlap.
 * memset() - fill a block with one byte.
 * @dst: of @n bytes.
 * @c: the byte; its low eight bits count.
 * @n: bytes, 0 is allowed.
 *
 * Compilers also call these and memcmp() on their own.
 * Context: any.
 * Return: @dst.
 */
void *memcpy(void *dst, const void *src, size_t n);
void *memmove(void *dst, const void *src, size_t n);
void *memset(void *dst, int c, size_t n);

/**
 * memcmp() - compare two blocks, byte by byte, unsigned.
 * @n: bytes, 0 is allowed.
 *
 * Context: any.
 * Return: 0 if they are equal, else the sign of the first difference.
 */
int memcmp(const void *a, const void *b, size_t n);

/**
 * memchr() - the first byte of a block that has a value.
 * @c: the value; its low eight bits count.
 * @n: bytes, 0 is allowed.
 *
 * Context: any.
 * Return: its address, or NULL.
 */
void *memchr(const void *s, int c, size_t n);

/**
 * strlen() - characters before the terminator.
 * strnlen() - the same, but looks at no more than @max.
 * @max: bytes that may be read.
 *
 * Context: any.
 * Return: the length; @max when there is no terminator in so many.
 */
size_t strlen(const char *s);
size_t strnlen(const char *s, size_t max);

/**
 * strcmp() - compare two strings, characters unsigned.
 * strncmp() - the same, the first @n characters at most.
 * strcasecmp() - the same without regard to case (ASCII).
 * @n: 0 is allowed: then they are equal.
 *
 * Context: any.
 * Return: 0 if they are equal, else the sign of the first difference.
 */
int strcmp(const char *a, const char *b);
int strncmp(const char *a, const char *b, size_t n);
int strcasecmp(const char *a, const char *b);

/**
 * strchr() - the first place of a character.
 * strrchr() - the last.
 * @c: the character; 0 finds the terminator.
 *
 * Context: any.
 * Return: its address, or NULL.
 */
char *strchr(const char *s, int c);
char *strrchr(const char *s, int c);

/**
 * strstr() - the first place of a string in another.
 * @what: an empty one is found at @s.
 *
 * Context: any.
 * Return: its address, or NULL.
 */
char *strstr(const char *s, const char *what);

/**
 * strspn() - how far a string consists of certain characters.
 * strcspn() - how far of others.
 * @accept, @reject: a set of characters, as a string.
 *
 * Context: any.
 * Return: the length of that beginning.
 */
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

/**
 * strstarts() - does a string begin with another?
 * @prefix: every string begins with an empty one.
 *
 * Context: any.
 * Return: true if @s begins with @prefix.
 */
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
