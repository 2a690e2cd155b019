/* SPDX-License-Identifier: MIT */
/*
 * test_example_alloc.c - how to test code that allocates: copy this file.
 *
 * Model. A function that needs three pieces of memory has four ways through,
 * and three of them are never seen, because memory is never short when
 * somebody looks. A case of class alloc sees them all: the runner calls it
 * once, then again with its first allocation failing, then the second, until
 * no allocation is left to fail. After each round it compares what is in use;
 * a page, an object or a byte too many fails the case, and the report shows
 * the calls that led to the allocation that failed.
 *
 * To write such a case:
 *   1. Give it the class alloc. It should make no more than some 200
 *      allocations, because it runs once for each.
 *   2. Say EXPECT_ALLOC(p) of what may be NULL, and EXPECT_ALLOC_OK(err) of
 *      what may be -ENOMEM, in place of EXPECT_TRUE() and EXPECT_EQ().
 *   3. Go back from there as any code would. All other checks must hold in
 *      every round; selftest_failing() tells whether this is one.
 *
 * failnth=2 on the command line runs the second of these rounds only.
 */
#include <mm/slab.h>

#include <lib/selftest.h>
#include <lib/string.h>

/* ---- what is tested ------------------------------------------------------ */

struct diary {
	char *owner;
	char *pages;
	size_t size;
};

static struct diary *diary_new(const char *owner, size_t size)
{
	struct diary *d = kzalloc(sizeof(*d), GFP_KERNEL);

	if (!d)
		return NULL;
	d->owner = kstrdup(owner, GFP_KERNEL);
	if (!d->owner)
		goto free_diary;
	d->pages = kzalloc(size, GFP_KERNEL);
	if (!d->pages)
		goto free_owner;
	d->size = size;
	return d;

free_owner:
	kfree(d->owner); /* leave this out, and a round fails */
free_diary:
	kfree(d);
	return NULL;
}

static void diary_free(struct diary *d)
{
	kfree(d->pages);
	kfree(d->owner);
	kfree(d);
}

/* ---- the case ------------------------------------------------------------ */

SELFTEST(lib, example, every_allocation_fails_once, "", alloc)
{
	struct diary *d = diary_new("Ada", 5000);

	if (!EXPECT_ALLOC(d))
		return;
	/* Never half of it: whoever gets one gets all. */
	EXPECT_STREQ(d->owner, "Ada");
	EXPECT_PTR_EQ(memchr_inv(d->pages, 0, d->size), NULL);
	diary_free(d);
}
