/* SPDX-License-Identifier: MIT */
/*
 * string.c - memory blocks and terminated strings.
 *
 * Purpose. What the C library's <string.h> gives, for code that has no C
 *	library. Compilers call memcpy, memmove, memset and memcmp by
 *	themselves, so these four must exist and must never be compiled into
 *	calls to themselves.
 * Model. Blocks move in words of eight bytes with one string instruction.
 *	The odd end is one more word, which overlaps the last:
 *
 *	     0        8        16   19
 *	     |rep movs|rep movs|....|		bulk: (n - 1) / 8 words
 *	                   |overlap.|		end: the last 8 bytes
 *
 *	Both ends are loaded before anything is stored, so a copy to a lower
 *	overlapping address is right as well (memmove relies on that).
 * Invariants.
 *	I1  No byte outside [dst, dst + n) is written, none outside
 *	    [src, src + n) is read.
 *	I2  The direction flag is never set, so an interrupt finds it clear.
 * Locking. None. Contexts. Any.
 * Limits. No vector registers: the kernel does not own them. Strings are
 *	walked by the byte.
 */
#include <base/bits.h>
#include <base/compiler.h>
#include <base/errno.h>
#include <base/types.h>
#include <lib/ctype.h>
#include <lib/kasan.h>
#include <lib/string.h>

/* A word at any address, which may alias an object of any type. */
#define ANY_WORD __packed __attribute__((may_alias))
struct word64 {
	u64 v;
} ANY_WORD;
struct word32 {
	u32 v;
} ANY_WORD;
struct word16 {
	u16 v;
} ANY_WORD;

#define W64(p) (((struct word64 *)(p))->v)
#define W32(p) (((struct word32 *)(p))->v)
#define W16(p) (((struct word16 *)(p))->v)
#define R64(p) (((const struct word64 *)(p))->v)
#define R32(p) (((const struct word32 *)(p))->v)
#define R16(p) (((const struct word16 *)(p))->v)

/* Fewer than 8 bytes; both ends are loaded before either is stored. */
static __always_inline void copy_short(u8 *d, const u8 *s, size_t n)
{
	if (n >= 4) {
		u32 head = R32(s), tail = R32(s + n - 4);

		W32(d) = head;
		W32(d + n - 4) = tail;
	} else if (n >= 2) {
		u16 head = R16(s), tail = R16(s + n - 2);

		W16(d) = head;
		W16(d + n - 2) = tail;
	} else if (n) {
		*d = *s;
	}
}

/* Right for any overlap in which dst is not inside [src + 1, src + n). */
static __always_inline void copy_forward(u8 *d, const u8 *s, size_t n)
{
	size_t words = (n - 1) / 8;
	u8 *last;
	u64 tail;

	if (n < 8) {
		copy_short(d, s, n);
		return;
	}
	last = d + n - 8;
	tail = R64(s + n - 8);
	__asm__ __volatile__("rep movsq"
			     : "+D"(d), "+S"(s), "+c"(words)
			     :
			     : "memory");
	W64(last) = tail;
}

/*
 * The string instructions below are not checked by CONFIG=kasan's compiler, and
 * loads one by one need not be: the whole blocks are.
 */
static __always_inline void check_copy(void *dst, const void *src, size_t n)
{
	kasan_check_read(src, n);
	kasan_check_write(dst, n);
}

__no_kasan void *memcpy(void *dst, const void *src, size_t n)
{
	check_copy(dst, src, n);
	copy_forward(dst, src, n);
	return dst;
}

/*
 * From the end down. A loop, not "std; rep movsq": I2. barrier() keeps the
 * compiler from seeing a memmove in it.
 */
static __no_kasan void copy_backward(u8 *d, const u8 *s, size_t n)
{
	u64 head;

	if (n < 8) {
		copy_short(d, s, n);
		return;
	}
	head = R64(s);
	while (n >= 32) {
		u64 a = R64(s + n - 8), b = R64(s + n - 16);
		u64 e = R64(s + n - 24), f = R64(s + n - 32);

		n -= 32;
		W64(d + n + 24) = a;
		W64(d + n + 16) = b;
		W64(d + n + 8) = e;
		W64(d + n) = f;
		barrier();
	}
	while (n >= 8) {
		n -= 8;
		W64(d + n) = R64(s + n);
		barrier();
	}
	W64(d) = head;
}

__no_kasan void *memmove(void *dst, const void *src, size_t n)
{
	check_copy(dst, src, n);
	/* One unsigned comparison: dst below src wraps to a large number. */
	if ((uintptr_t)dst - (uintptr_t)src >= n)
		copy_forward(dst, src, n);
	else
		copy_backward(dst, src, n);
	return dst;
}

__no_kasan void *memset(void *dst, int c, size_t n)
{
	u64 v = (u8)c * 0x0101010101010101ULL;
	size_t words = (n - 1) / 8;
	u8 *d = dst;

	kasan_check_write(dst, n);
	if (n >= 8) {
		W64(d + n - 8) = v;
		__asm__ __volatile__("rep stosq"
				     : "+D"(d), "+c"(words)
				     : "a"(v)
				     : "memory");
	} else if (n >= 4) {
		W32(d) = (u32)v;
		W32(d + n - 4) = (u32)v;
	} else if (n >= 2) {
		W16(d) = (u16)v;
		W16(d + n - 2) = (u16)v;
	} else if (n) {
		*d = (u8)v;
	}
	return dst;
}

int memcmp(const void *a, const void *b, size_t n)
{
	const u8 *p = a, *q = b;

	while (n >= 8 && R64(p) == R64(q)) {
		p += 8;
		q += 8;
		n -= 8;
	}
	for (; n; n--, p++, q++)
		if (*p != *q)
			return *p - *q;
	return 0;
}

void *memchr(const void *s, int c, size_t n)
{
	const u8 *p = s;

	for (; n; n--, p++)
		if (*p == (u8)c)
			return (void *)(uintptr_t)p;
	return NULL;
}

void *memchr_inv(const void *s, int c, size_t n)
{
	u64 v = (u8)c * 0x0101010101010101ULL;
	const u8 *p = s;

	while (n >= 8 && R64(p) == v) {
		p += 8;
		n -= 8;
	}
	for (; n; n--, p++)
		if (*p != (u8)c)
			return (void *)(uintptr_t)p;
	return NULL;
}

/* barrier() keeps gcc from replacing the loop by a call to strlen(). */
size_t strlen(const char *s)
{
	const char *p = s;

	while (*p) {
		p++;
		barrier();
	}
	return (size_t)(p - s);
}

size_t strnlen(const char *s, size_t max)
{
	size_t n = 0;

	while (n < max && s[n])
		n++;
	return n;
}

int strcmp(const char *a, const char *b)
{
	while (*a && *a == *b) {
		a++;
		b++;
	}
	return (u8)*a - (u8)*b;
}

int strncmp(const char *a, const char *b, size_t n)
{
	while (n && *a && *a == *b) {
		a++;
		b++;
		n--;
	}
	return n ? (u8)*a - (u8)*b : 0;
}

int strcasecmp(const char *a, const char *b)
{
	while (*a && tolower(*a) == tolower(*b)) {
		a++;
		b++;
	}
	return (u8)tolower(*a) - (u8)tolower(*b);
}

char *strchr(const char *s, int c)
{
	while (*s != (char)c) {
		if (!*s)
			return NULL;
		s++;
	}
	return (char *)(uintptr_t)s;
}

char *strrchr(const char *s, int c)
{
	const char *found = NULL;

	do {
		if (*s == (char)c)
			found = s;
	} while (*s++);
	return (char *)(uintptr_t)found;
}

bool strstarts(const char *s, const char *prefix)
{
	return strncmp(s, prefix, strlen(prefix)) == 0;
}

char *strstr(const char *s, const char *what)
{
	size_t n = strlen(what);

	do {
		if (strncmp(s, what, n) == 0)
			return (char *)(uintptr_t)s;
	} while (*s++);
	return NULL;
}

/* Leading characters of @s that are (or, with @in false, are not) in @set. */
static size_t span(const char *s, const char *set, bool in)
{
	size_t n = 0;

	while (s[n] && (strchr(set, s[n]) != NULL) == in)
		n++;
	return n;
}

size_t strspn(const char *s, const char *accept)
{
	return span(s, accept, true);
}

size_t strcspn(const char *s, const char *reject)
{
	return span(s, reject, false);
}

long strscpy(char *dst, const char *src, size_t size)
{
	size_t n;

	if (!size)
		return -E2BIG;
	n = strnlen(src, size);
	if (n == size) {
		memcpy(dst, src, n - 1);
		dst[n - 1] = '\0';
		return -E2BIG;
	}
	memcpy(dst, src, n + 1);
	return (long)n;
}

char *strsep(char **s, const char *delims)
{
	char *token = *s;
	char *end;

	if (!token)
		return NULL;
	end = token + strcspn(token, delims);
	if (*end) {
		*end = '\0';
		*s = end + 1;
	} else {
		*s = NULL;
	}
	return token;
}

char *skip_spaces(const char *s)
{
	while (isspace(*s))
		s++;
	return (char *)(uintptr_t)s;
}

char *strim(char *s)
{
	size_t n;

	s = skip_spaces(s);
	n = strlen(s);
	while (n && isspace(s[n - 1]))
		n--;
	s[n] = '\0';
	return s;
}
