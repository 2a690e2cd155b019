/* SPDX-License-Identifier: MIT */
/*
 * test_slab_debug.c - each check of debug builds sees a planted mistake.
 *
 * Model. A case makes the mistake while warnings are expected, looks at the
 * report, and then at the cache: nothing may be damaged.
 */
#include <mm/slab.h>

#include <arch/page.h>
#include <lib/cpumask.h>
#include <lib/fault.h>
#include <lib/fmt.h>
#include <lib/preempt.h>
#include <lib/string.h>
#include <mm/page.h>

#include "../workers.h"
#include "slab_cases.h"

#define DEBUG_ONLY "a check of debug builds"

/* One warning, whose text has all of these; NULL ends the list. */
static void expect_report(const char *const texts[])
{
	EXPECT_EQ(warn_expect_end(), 1);
	for (; *texts; texts++)
		if (!EXPECT_TRUE(strstr(warn_expect_text(), *texts)))
			selftest_check_str(__FILE__, __LINE__, "text of report",
					   warn_expect_text(), *texts);
}

#define EXPECT_REPORT(...) \
	expect_report((const char *const[]){__VA_ARGS__, NULL})

static struct kmem_cache *checked_cache(void)
{
	return kmem_cache_create("test-debug", 100, 0, SLAB_NO_QUARANTINE,
				 NULL);
}

/* Who did it stands in the report. */
static noinline void *allocating_function(struct kmem_cache *c)
{
	void *obj = kmem_cache_alloc(c, GFP_KERNEL);

	barrier(); /* or the call is the last thing, a jump */
	return obj;
}

static noinline void freeing_function(struct kmem_cache *c, void *obj)
{
	kmem_cache_free(c, obj);
	barrier();
}

SELFTEST(mm, slab_debug, double_free, "A MM-S3")
{
	struct kmem_cache *c;
	void *a, *b;

	if (!CONFIG_DEBUG)
		return selftest_skip(DEBUG_ONLY);
	c = checked_cache();
	a = allocating_function(c);
	freeing_function(c, a);
	warn_expect_begin();
	kmem_cache_free(c, a);
	EXPECT_REPORT("slab test-debug: double free", "free, in an array",
		      "allocated by allocating_function+",
		      "freed by freeing_function+",
		      "found at selftest_mm_slab_debug_double_free+");
	/* It was refused: the object is handed out once, not twice. */
	a = kmem_cache_alloc(c, GFP_KERNEL);
	b = kmem_cache_alloc(c, GFP_KERNEL);
	EXPECT_NE((unsigned long)a, (unsigned long)b);
	kmem_cache_free(c, a);
	kmem_cache_free(c, b);
	kmem_cache_shrink(c);
	expect_destroy(c);
}

/* The same when it is on its slab's chain again. */
SELFTEST(mm, slab_debug, double_free_late, "A MM-S3")
{
	struct kmem_cache *c;
	void *a, *keep;

	if (!CONFIG_DEBUG)
		return selftest_skip(DEBUG_ONLY);
	c = checked_cache();
	a = kmem_cache_alloc(c, GFP_KERNEL);
	keep = kmem_cache_alloc(c, GFP_KERNEL);
	kmem_cache_free(c, a);
	kmem_cache_shrink(c); /* the array is empty, the slab is kept */
	warn_expect_begin();
	kmem_cache_free(c, a);
	EXPECT_REPORT("slab test-debug: double free", "free, in its slab");
	kmem_cache_free(c, keep);
	expect_destroy(c);
}

SELFTEST(mm, slab_debug, double_kfree, "A MM-S3")
{
	void *small, *large;

	if (!CONFIG_DEBUG)
		return selftest_skip(DEBUG_ONLY);
	small = kmalloc(50, GFP_KERNEL);
	large = kmalloc(50000, GFP_KERNEL);
	kfree(small);
	kfree(large);
	warn_expect_begin();
	kfree(small);
	EXPECT_REPORT("slab kmalloc-64: double free");
	warn_expect_begin();
	kfree(large);
	EXPECT_REPORT("slab: wild free of");
}

static char not_allocated[64];

SELFTEST(mm, slab_debug, wild_free, "A MM-S3")
{
	unsigned long page = __get_free_page(GFP_KERNEL);
	struct kmem_cache *c;
	struct page *large;
	char *p;

	if (!CONFIG_DEBUG) {
		free_page(page);
		return selftest_skip(DEBUG_ONLY);
	}
	large = alloc_pages(GFP_KERNEL | __GFP_COMP, 2);
	c = checked_cache();
	p = kmem_cache_alloc(c, GFP_KERNEL);
	REQUIRE_TRUE(large && p);
	warn_expect_begin();
	kfree(not_allocated);
	EXPECT_REPORT("slab: wild free of", "at selftest_mm_slab_debug_wild");
	warn_expect_begin();
	kfree((void *)page); /* somebody else's page */
	EXPECT_REPORT("slab: wild free of");
	warn_expect_begin();
	kfree(page_address(large)); /* compound, but not kmalloc()'s */
	EXPECT_REPORT("slab: wild free of");
	__free_pages(large, 2);
	warn_expect_begin();
	kmem_cache_free(c, (void *)page);
	EXPECT_REPORT("slab: wild free of");
	warn_expect_begin();
	kfree(p + 8); /* inside of an object */
	EXPECT_REPORT("slab test-debug: wild free", "not the start");
	warn_expect_begin();
	kmem_cache_free(c, p + 1);
	EXPECT_REPORT("slab test-debug: wild free", "not the start");
	warn_expect_begin();
	kfree((void *)0x12345678);
	EXPECT_REPORT("slab: wild free of");
	EXPECT_EQ(info_of(c).active_objs, 1);
	kmem_cache_free(c, p);
	expect_destroy(c);
	free_page(page);
}

SELFTEST(mm, slab_debug, wrong_cache, "A MM-S3")
{
	struct kmem_cache *a, *b;
	void *obj;

	if (!CONFIG_DEBUG)
		return selftest_skip(DEBUG_ONLY);
	a = checked_cache();
	b = kmem_cache_create("test-other", 100, 0, 0, NULL);
	obj = kmem_cache_alloc(a, GFP_KERNEL);
	warn_expect_begin();
	kmem_cache_free(b, obj);
	EXPECT_REPORT("slab test-other: wrong cache", "of test-debug");
	EXPECT_EQ(info_of(a).active_objs, 1);
	kmem_cache_free(a, obj);
	expect_destroy(a);
	expect_destroy(b);
}

/* A byte too far, also if the class is larger than what was asked for. */
SELFTEST(mm, slab_debug, overrun, "A MM-S6")
{
	static const unsigned int sizes[] = {1, 50, 63, 64, 100, 8192};

	if (!CONFIG_DEBUG)
		return selftest_skip(DEBUG_ONLY);
	for (unsigned int i = 0; i < ARRAY_SIZE(sizes); i++) {
		u8 *p = kmalloc(sizes[i], GFP_KERNEL);

		REQUIRE_TRUE(p);
		memset(p, 0, sizes[i]); /* this is fine */
		p[sizes[i]] = 0;
		warn_expect_begin();
		kfree(p);
		EXPECT_REPORT("slab kmalloc-", "overrun: red zone", "in use",
			      "allocated by selftest_mm_slab_debug_overrun+");
		p = kmalloc(sizes[i], GFP_KERNEL); /* mended */
		kfree(p);
	}
}

SELFTEST(mm, slab_debug, underrun, "A MM-S6")
{
	u8 *p;

	if (!CONFIG_DEBUG)
		return selftest_skip(DEBUG_ONLY);
	p = kmalloc(32, GFP_KERNEL);
	p[-1] ^= 1;
	warn_expect_begin();
	kfree(p);
	EXPECT_REPORT("slab kmalloc-32: underrun: red zone");
	kfree(kmalloc(32, GFP_KERNEL));
}

/* What ksize() and krealloc() allow is no overrun. */
SELFTEST(mm, slab_debug, more_room, "")
{
	u8 *p = kmalloc(50, GFP_KERNEL);

	memset(p, 0, ksize(p));
	kfree(p);
	p = kmalloc(50, GFP_KERNEL);
	p = krealloc(p, 60, GFP_KERNEL);
	memset(p, 0, 60);
	kfree(p);
	if (!CONFIG_DEBUG)
		return selftest_skip(DEBUG_ONLY);
	p = kmalloc(50, GFP_KERNEL);
	p = krealloc(p, 60, GFP_KERNEL);
	p[60] = 0;
	warn_expect_begin();
	kfree(p);
	EXPECT_REPORT("slab kmalloc-64: overrun");
}

/* A write after free is found when the object is handed out again. */
SELFTEST(mm, slab_debug, use_after_free, "A MM-S6")
{
	struct kmem_cache *c;
	u8 *p, *q;

	if (!CONFIG_DEBUG)
		return selftest_skip(DEBUG_ONLY);
	c = checked_cache();
	p = kmem_cache_alloc(c, GFP_KERNEL);
	EXPECT_EQ(p[10], 0x5a); /* new */
	kmem_cache_free(c, p);
	EXPECT_EQ(p[0], 0x6b);
	EXPECT_EQ(p[99], 0xa5);
	p[42] = 7;
	warn_expect_begin();
	q = kmem_cache_alloc(c, GFP_KERNEL);
	EXPECT_REPORT("use after free: byte 42 is 0x07", "free, in an array",
		      "freed by selftest_mm_slab_debug_use_after_free");
	EXPECT_PTR_EQ(p, q);
	kmem_cache_free(c, q);

	p[99] = 0; /* the last byte; and found by the walker this time */
	warn_expect_begin();
	EXPECT_STREQ(kmem_cache_check(c), "a free object was written to");
	EXPECT_REPORT("use after free: byte 99 is 0x00");
	EXPECT_STREQ(kmem_cache_check(c), NULL); /* mended */

	p[0] = 0; /* or when the slab goes */
	warn_expect_begin();
	kmem_cache_shrink(c);
	EXPECT_REPORT("use after free: byte 0 is 0x00");
	expect_destroy(c);
}

/* A neighbour that runs over hits the red zone of a free object. */
SELFTEST(mm, slab_debug, free_red_zone, "A MM-S6")
{
	struct kmem_cache *c;
	u64 *p;

	if (!CONFIG_DEBUG)
		return selftest_skip(DEBUG_ONLY);
	c = checked_cache();
	p = kmem_cache_alloc(c, GFP_KERNEL);
	kmem_cache_free(c, p);
	p[-1] = 0;
	warn_expect_begin();
	EXPECT_PTR_EQ(kmem_cache_alloc(c, GFP_KERNEL), p);
	EXPECT_REPORT("test-debug: red zone of a free object overwritten");
	kmem_cache_free(c, p);
	expect_destroy(c);
}

/* Which checks there are is said for each cache. */
SELFTEST(mm, slab_debug, chosen_by_flags, "A MM-S1")
{
	struct kmem_cache *c = plain_cache(100, 0);
	u8 *p;

	EXPECT_EQ(info_of(c).flags & SLAB_DEBUG_FLAGS, 0);
	EXPECT_EQ(info_of(c).buffer_size, 104);
	kmem_cache_destroy(c);
	c = plain_cache(100, SLAB_RED_ZONE); /* no owner, no poison */
	EXPECT_EQ(info_of(c).flags & SLAB_DEBUG_FLAGS,
		  CONFIG_DEBUG ? SLAB_RED_ZONE : 0);
	p = kmem_cache_alloc(c, GFP_KERNEL);
	if (CONFIG_DEBUG) {
		p[100] = 0;
		warn_expect_begin();
		kmem_cache_free(c, p);
		EXPECT_REPORT("slab test-plain: overrun");
		EXPECT_PTR_EQ(strstr(warn_expect_text(), "allocated"), NULL);
		EXPECT_EQ(p[5], p[6]);
	} else {
		kmem_cache_free(c, p);
	}
	expect_destroy(c);
}

/* ---- two CPUs ----------------------------------------------------------- */

struct race {
	struct kmem_cache *c;
	void *obj;
};

static void free_it(unsigned int cpu __unused, void *arg)
{
	struct race *r = arg;

	kmem_cache_free(r->c, r->obj);
}

/* All CPUs free the same object at once: one does, the others are told. */
SELFTEST(mm, slab_debug, double_free_race, "A MM-S3, A MM-S11", race)
{
	struct race r;
	unsigned int cpus, rounds = 20;

	if (!CONFIG_DEBUG)
		return selftest_skip(DEBUG_ONLY);
	if (num_online_cpus() < 2)
		return selftest_skip("needs 2 CPUs");
	r.c = checked_cache();
	for (unsigned int i = 0; i < rounds; i++) {
		r.obj = kmem_cache_alloc(r.c, GFP_KERNEL);
		warn_expect_begin();
		cpus = workers_run(free_it, &r);
		EXPECT_EQ(warn_expect_end(), cpus - 1);
		EXPECT_EQ(info_of(r.c).active_objs, 0);
	}
	kmem_cache_shrink(r.c);
	expect_destroy(r.c);
}

static void free_here(void *arg)
{
	struct race *r = arg;

	kmem_cache_free(r->c, r->obj);
	barrier(); /* no jump: it shall be the caller */
}

/* The report says which CPU. */
SELFTEST(mm, slab_debug, owner_cpu, "A MM-S11")
{
	unsigned int other = workers_other_cpu();
	struct race r;
	char text[24];

	if (!CONFIG_DEBUG)
		return selftest_skip(DEBUG_ONLY);
	if (other >= NR_CPUS)
		return selftest_skip("needs 2 CPUs");
	r.c = checked_cache();
	r.obj = kmem_cache_alloc(r.c, GFP_KERNEL);
	EXPECT_EQ(slab_owners(r.c, r.obj)[0].cpu, 0);
	EXPECT_EQ(slab_owners(r.c, r.obj)[0].size, 100);
	smp_call_function_single(other, free_here, &r, true);
	snprintf(text, sizeof(text), "CPU %u, at ", other);
	warn_expect_begin();
	kmem_cache_free(r.c, r.obj);
	EXPECT_REPORT("freed by free_here+", text);
	expect_destroy(r.c);
}

/* ---- who has what ------------------------------------------------------- */

struct found {
	void *want;
	unsigned int n, match;
};

static void note(void *obj, size_t size, unsigned long caller, void *arg)
{
	struct found *f = arg;

	f->n++;
	f->match += obj == f->want && size == 100 && caller != 0;
}

SELFTEST(mm, slab_debug, objects_in_use, "A MM-S10")
{
	struct kmem_cache *c;
	struct found f = {.n = 0};
	void *a, *b;

	if (!CONFIG_DEBUG)
		return selftest_skip(DEBUG_ONLY);
	c = checked_cache();
	a = kmem_cache_alloc(c, GFP_KERNEL);
	b = kmem_cache_alloc(c, GFP_KERNEL);
	kmem_cache_free(c, a);
	f.want = b;
	kmem_cache_for_each_object(c, note, &f);
	EXPECT_EQ(f.n, 1);
	EXPECT_EQ(f.match, 1);
	kmem_cache_free(c, b);
	expect_destroy(c);
}
