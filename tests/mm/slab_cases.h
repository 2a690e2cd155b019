/* SPDX-License-Identifier: MIT */
/*
 * slab_cases.h - what the tests of the slab allocator share.
 */
#ifndef TESTS_MM_SLAB_CASES_H
#define TESTS_MM_SLAB_CASES_H

#include <lib/selftest.h>
#include <mm/slab.h>

#include "../../mm/slab_private.h"

/* A cache without checks: its layout is the same in all builds. */
static inline struct kmem_cache *plain_cache(size_t size, unsigned long flags)
{
	return kmem_cache_create("test-plain", size, 0, flags | SLAB_NO_DEBUG,
				 NULL);
}

/* One place for all, or each use would take its own on the stack. */
static inline const struct kmem_cache_info *info_pointer(struct kmem_cache *c)
{
	static struct kmem_cache_info info;

	kmem_cache_get_info(c, &info);
	return &info;
}
#define info_of(c) (*info_pointer(c))

/* Sound, and nothing in use: afterwards it is gone. */
static inline void expect_destroy(struct kmem_cache *c)
{
	EXPECT_STREQ(kmem_cache_check(c), NULL);
	EXPECT_EQ(info_of(c).active_objs, 0);
	EXPECT_EQ(kmem_cache_destroy(c), 0);
}

#endif /* TESTS_MM_SLAB_CASES_H */
