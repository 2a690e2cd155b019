/* SPDX-License-Identifier: MIT */
/*
 * support.c - what parsers need when they are fuzzed.
 *
 * Purpose. Blocks that live as long as one input, and the functions that the
 * kernel has and the C library has not.
 * Locking, Contexts. None: one thread.
 */
#include <base/assert.h>
#include <base/errno.h>
#include <lib/fmt.h>
#include <stdarg.h>

#include "fuzz.h"

#define MAX_COPIES 100000

static void *copies[MAX_COPIES];
static unsigned int nr_copies;
static bool ran_out;

bool fuzz_copies_ran_out(void)
{
	return ran_out;
}

void *fuzz_copy(const void *data, size_t size)
{
	void *p;

	if (nr_copies == MAX_COPIES) {
		ran_out = true;
		return NULL;
	}
	p = malloc(size ? size : 1);
	FUZZ_CHECK(p);
	memcpy(p, data, size);
	copies[nr_copies++] = p;
	return p;
}

void fuzz_free_all(void)
{
	ran_out = false;
	while (nr_copies)
		free(copies[--nr_copies]);
}

void bug_report(const char *file __unused, int line __unused,
		const char *fmt __unused, ...)
{
	abort();
}

long strscpy(char *dst, const char *src, size_t size)
{
	size_t len = strnlen(src, size);

	FUZZ_CHECK(len < size);
	memcpy(dst, src, len + 1);
	return (long)len;
}

int scnprintf(char *buf, size_t size, const char *fmt, ...)
{
	va_list ap;
	int len;

	va_start(ap, fmt);
	len = vsnprintf(buf, size, fmt, ap);
	va_end(ap);
	return len < (int)size ? len : (int)size - 1;
}
