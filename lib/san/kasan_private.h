/* SPDX-License-Identifier: MIT */
/*
 * kasan_private.h - what kasan.c and kasan_report.c share.
 */
#ifndef LIB_KASAN_PRIVATE_H
#define LIB_KASAN_PRIVATE_H

#include <base/compiler.h>
#include <base/types.h>

/* What gcc and clang tell of a global; the layout is theirs. */
struct kasan_global {
	const void *start;
	size_t size;
	size_t size_with_redzone;
	const char *name;
	const char *file;
	unsigned long has_dynamic_init;
	const void *location;
	unsigned long odr_indicator;
};

/* The global that @addr lies in or behind, or NULL. */
const struct kasan_global *kasan_find_global(unsigned long addr);

/**
 * kasan_report() - tell of a bad access.
 * @addr, @size, @write: the access.
 * @bad: its first byte that may not be used.
 * @ip: the instruction behind the check.
 *
 * Context: any.
 */
void kasan_report(unsigned long addr, size_t size, bool write,
		  unsigned long bad, unsigned long ip);

/* Whether @addr is in the half that has a shadow. */
static __always_inline bool kasan_has_shadow(unsigned long addr)
{
	return (long)addr < 0;
}

#endif /* LIB_KASAN_PRIVATE_H */
