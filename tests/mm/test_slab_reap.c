/* SPDX-License-Identifier: MIT */
/*
 * test_slab_reap.c - memory that caches give back, and memory that is short.
 */
#include <mm/slab.h>

#include <arch/page.h>
#include <base/errno.h>
#include <lib/percpu.h>
#include <lib/fault.h>
#include <lib/irqflags.h>
#include <lib/string.h>
#include <mm/fail.h>
#include <mm/gfp.h>
#include <mm/reclaim.h>

#include "slab_cases.h"

#define MANY 300

static void *objs[MANY];

static void take(struct kmem_cache *c, unsigned int n)
{
	for (unsigned int i = 0; i < n; i++) {
		objs[i] = kmem_cache_alloc(c, GFP_KERNEL);
		EXPECT_TRUE(objs[i]);
	}
}

/* No slab leaves by itself. */
static void keep_all(struct kmem_cache *c)
{
	int node;

	for_each_online_node(node)
		c->nodelists[node]->free_limit = ~0UL;
}

static void give(struct kmem_cache *c, unsigned int from, unsigned int to)
{
	for (unsigned int i = from; i < to; i++)
		kmem_cache_free(c, objs[i]);
}

/* What is free goes; what is used stays. */
SELFTEST(mm, slab_reap, shrink, "A MM-S10")
{
	struct kmem_cache *c = plain_cache(1000, 0);
	unsigned long frames;
	struct kmem_cache_info info;

	REQUIRE_TRUE(c);
	keep_all(c);
	EXPECT_EQ(kmem_cache_shrink(c), 0);
	take(c, MANY);
	info = info_of(c);
	EXPECT_EQ(info.slabs, MANY / info.num);
	give(c, info.num, MANY); /* all but the first slab */
	frames = nr_free_pages();
	EXPECT_EQ(kmem_cache_shrink(c), (int)((info.slabs - 1) << info.order));
	EXPECT_GE(nr_free_pages(), frames + ((info.slabs - 1) << info.order));
	EXPECT_EQ(info_of(c).slabs, 1);
	EXPECT_EQ(info_of(c).active_objs, info.num);
	give(c, 0, info.num);
	EXPECT_EQ(kmem_cache_shrink(c), 1 << info.order);
	EXPECT_EQ(info_of(c).slabs, 0);
	expect_destroy(c);
}

/* Above its limit a node keeps no free slab. */
SELFTEST(mm, slab_reap, free_limit, "A MM-S2, A MM-S10")
{
	struct kmem_cache *c = plain_cache(1000, 0);
	struct kmem_list3 *l3;

	REQUIRE_TRUE(c);
	do_tune_cpucache(c, 1, 1, 0);
	l3 = c->nodelists[numa_mem_id()];
	EXPECT_GE(l3->free_limit, 2 * c->batchcount + c->num);
	l3->free_limit = 2 * c->num; /* nobody else uses it */
	take(c, 10 * c->num);
	give(c, 0, 10 * c->num);
	/* Two free slabs, and one whose last object is in the array. */
	EXPECT_EQ(l3->nr_free_slabs, 2);
	EXPECT_EQ(l3->free_objects, 3 * c->num - 1);
	EXPECT_EQ(l3->nr_reaped, 7);
	expect_destroy(c);
}

/* Objects in use: refused, listed, and afterwards as before. */
SELFTEST(mm, slab_reap, destroy_refused, "A MM-S10")
{
	struct kmem_cache *c = kmem_cache_create("test-live", 80, 0, 0, NULL);
	void *more;

	REQUIRE_TRUE(c);
	take(c, 3);
	warn_expect_begin();
	EXPECT_EQ(kmem_cache_destroy(c), -EBUSY);
	EXPECT_EQ(warn_expect_end(), 1);
	EXPECT_STREQ(
		warn_expect_text(),
		"kmem_cache_destroy test-live: 3 objects are still in use");
	EXPECT_EQ(info_of(c).active_objs, 3);
	more = kmem_cache_alloc(c, GFP_KERNEL); /* it still works */
	EXPECT_TRUE(more);
	kmem_cache_free(c, more);
	give(c, 0, 3);
	expect_destroy(c);
	EXPECT_EQ(kmem_cache_destroy(NULL), 0);
}

/* What the job does: nothing to what was used, then a fifth at a time. */
SELFTEST(mm, slab_reap, now_and_then, "A MM-S10")
{
	struct kmem_cache *c = plain_cache(1000, 0);
	unsigned long flags, objects;
	unsigned int slabs, rounds;

	REQUIRE_TRUE(c);
	keep_all(c);
	take(c, MANY);
	give(c, 0, MANY);
	objects = info_of(c).cpu_objs;
	slabs = (unsigned int)info_of(c).free_slabs;
	cache_reap(); /* was used */
	EXPECT_EQ(info_of(c).cpu_objs, objects);
	EXPECT_EQ(info_of(c).free_slabs, slabs);
	cache_reap();
	EXPECT_EQ(info_of(c).cpu_objs, objects - (info_of(c).limit + 4) / 5);
	for (rounds = 0; rounds < 2000 && info_of(c).slabs; rounds++)
		cache_reap();
	EXPECT_EQ(info_of(c).slabs, 0);
	/* It does not wait for a lock that somebody has. */
	local_irq_save(flags);
	spin_lock(&cache_chain_lock);
	cache_reap();
	spin_unlock(&cache_chain_lock);
	local_irq_restore(flags);
	expect_destroy(c);
}

/* Reclaim gets what caches keep. */
SELFTEST(mm, slab_reap, shrinker, "A MM-S10, A MM-ZA7")
{
	struct kmem_cache *c = plain_cache(1000, 0);

	REQUIRE_TRUE(c);
	take(c, MANY);
	give(c, 0, MANY);
	EXPECT_GT(info_of(c).slabs, 0);
	for (unsigned int i = 0; i < 100 && info_of(c).slabs; i++)
		if (!try_to_free_pages(NULL, 0, GFP_KERNEL))
			break;
	EXPECT_EQ(info_of(c).slabs, 0);
	expect_destroy(c);
}

SELFTEST(mm, slab_reap, reap_all, "A MM-S10")
{
	struct kmem_cache *c = plain_cache(3000, 0);
	void *p = kmalloc(3000, GFP_KERNEL);

	REQUIRE_TRUE(c);
	take(c, 50);
	give(c, 0, 50);
	kfree(p);
	EXPECT_GT(kmem_cache_reap_all(), 0);
	EXPECT_EQ(info_of(c).slabs, 0);
	EXPECT_EQ(info_of(kmalloc_class(3000, 0)).free_slabs, 0);
	EXPECT_EQ(kmem_cache_reap_all(), 0);
	expect_destroy(c);
}

/* ---- no memory ---------------------------------------------------------- */

#define LARGE_OBJECT (128 * 1024)

/*
 * Takes all there is, objects of at least a page; a list through the frames'
 * descriptors, so that the memory itself is not touched. Returns how many.
 */
static unsigned long take_all(struct kmem_cache *c, struct list_head *list,
			      gfp_t gfp)
{
	unsigned long n = 0;
	void *obj;

	while ((obj = kmem_cache_alloc(c, gfp | __GFP_NOWARN))) {
		list_add(&virt_to_page(obj)->lru, list);
		n++;
	}
	return n;
}

static unsigned long give_all(struct kmem_cache *c, struct list_head *list)
{
	struct page *page, *next;
	unsigned long n = 0;

	list_for_each_entry_safe(page, next, list, lru) {
		kmem_cache_free(c, lowmem_page_address(page));
		n++;
	}
	return n;
}

/* NULL when there is no memory, and everything is there again afterwards. */
SELFTEST(mm, slab_reap, exhaustion, "A MM-S5, A MM-ZA5", stress)
{
	struct kmem_cache *large = plain_cache(LARGE_OBJECT, 0);
	struct kmem_cache *small = plain_cache(PAGE_SIZE, 0);
	unsigned long n, m, frames;
	LIST_HEAD(many);
	LIST_HEAD(few);

	REQUIRE_TRUE(large && small);
	kmem_cache_reap_all();
	frames = nr_free_pages();
	n = take_all(large, &many, GFP_NOWAIT);
	if (!totalhigh_pages()) /* slabs never have that */
		EXPECT_GT(n * LARGE_OBJECT, frames * PAGE_SIZE / 2);
	/* The small one finds what the large one could not use. */
	m = take_all(small, &few, GFP_ATOMIC);
	EXPECT_GT(m, 0);
	EXPECT_PTR_EQ(kmem_cache_alloc(small, GFP_ATOMIC | __GFP_NOWARN), NULL);
	EXPECT_STREQ(kmem_cache_check(small), NULL);
	EXPECT_EQ(give_all(large, &many), n);
	EXPECT_EQ(give_all(small, &few), m);
	EXPECT_EQ(kmem_cache_destroy(large), 0);
	EXPECT_EQ(kmem_cache_destroy(small), 0);
	kmem_cache_reap_all();
	EXPECT_GE(nr_free_pages(), frames);
}

/* What another cache keeps is found by who may wait. */
SELFTEST(mm, slab_reap, reclaimed_when_short, "A MM-S10, A MM-ZA7", stress)
{
	struct kmem_cache *hoard = plain_cache(LARGE_OBJECT, 0);
	unsigned long n;
	LIST_HEAD(list);
	void *p;

	REQUIRE_TRUE(hoard);
	keep_all(hoard);
	n = take_all(hoard, &list, GFP_NOWAIT);
	EXPECT_EQ(give_all(hoard, &list), n);
	EXPECT_GE(info_of(hoard).slabs, n);
	for (unsigned int i = 0; i < 20; i++) {
		objs[i] = kmalloc(100 * 1024, GFP_KERNEL);
		EXPECT_TRUE(objs[i]);
	}
	EXPECT_LT(info_of(hoard).slabs, n);
	for (unsigned int i = 0; i < 20; i++)
		kfree(objs[i]);
	p = kmem_cache_alloc(hoard, GFP_KERNEL);
	EXPECT_TRUE(p);
	kmem_cache_free(hoard, p);
	expect_destroy(hoard);
}

/* The table of arrays is full: no cache, and nothing lost. */
SELFTEST(mm, slab_reap, no_slot, "A MM-S7")
{
	static struct array_cache **slots[512];
	unsigned int n = 0, same = 0;
	struct kmem_cache *c;

	while (n < ARRAY_SIZE(slots) && (slots[n] = cpu_slot_alloc())) {
		same += n && slots[n] == slots[n - 1];
		EXPECT_PTR_EQ(*per_cpu_ptr(slots[n], 0), NULL);
		n++;
	}
	EXPECT_GT(n, 100);
	EXPECT_LT(n, 256); /* some are in use */
	EXPECT_EQ(same, 0);
	EXPECT_PTR_EQ(plain_cache(64, 0), NULL);
	while (n)
		cpu_slot_free(slots[--n]);
	c = plain_cache(64, 0);
	REQUIRE_TRUE(c);
	expect_destroy(c);
}

/* Pages of a slab are single ones, whatever the user says. */
SELFTEST(mm, slab_reap, gfp_of_pages, "A MM-S5")
{
	struct kmem_cache *c = plain_cache(5000, 0);
	void *p;

	REQUIRE_TRUE(c && info_of(c).order == 1);
	p = kmem_cache_alloc(c, GFP_KERNEL | __GFP_COMP | __GFP_ZERO);
	REQUIRE_TRUE(p);
	EXPECT_FALSE(PageCompound(virt_to_page(p)));
	EXPECT_PTR_EQ(virt_to_slab((char *)p + 4999), virt_to_slab(p));
	kmem_cache_free(c, p);
	expect_destroy(c);
}

/* Each of the two allocations of a slab with a descriptor elsewhere. */
SELFTEST(mm, slab_reap, growth_is_undone, "A MM-S5, A MM-ZA9")
{
	struct kmem_cache *c = plain_cache(2048, 0);
	unsigned long in_use = slab_objects_in_use();
	unsigned int failed = 0;
	void *p = NULL;

	if (!CONFIG_DEBUG) {
		kmem_cache_destroy(c);
		return selftest_skip("failing on purpose is for debug builds");
	}
	REQUIRE_TRUE(c && info_of(c).off_slab);
	kmem_cache_reap_all(); /* the descriptor needs a slab, too */
	for (unsigned int n = 1; n < 20 && !p; n++) {
		fail_nth_begin(n);
		p = kmem_cache_alloc(c, GFP_KERNEL);
		failed += fail_nth_end();
		if (p)
			break;
		EXPECT_EQ(info_of(c).slabs, 0);
		EXPECT_EQ(slab_objects_in_use(), in_use);
		kmem_cache_reap_all();
	}
	EXPECT_TRUE(p);
	/* Itself, its pages, the descriptor, the descriptor's pages. */
	EXPECT_EQ(failed, 4);
	kmem_cache_free(c, p);
	expect_destroy(c);
}
