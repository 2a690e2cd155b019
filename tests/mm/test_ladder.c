/* SPDX-License-Identifier: MIT */
/*
 * test_ladder.c - who gets what when memory is short.
 *
 * Model. Memory becomes short in two ways: by holding nearly all of it, or,
 * for a case that wants to know which step is taken and not how far it goes,
 * by putting a zone's marks above what it has. What kswapd, the page cache
 * and the killer will do, the hooks of the case do.
 */
#include <mm/reclaim.h>

#include <lib/context.h>
#include <lib/preempt.h>
#include <lib/selftest.h>
#include <lib/string.h>

#include "../../mm/debug/page_check.h"
#include "../workers.h"
#include "hoard.h"

/* What the hooks have seen and what they are to do. */
static struct {
	unsigned int woken, killed, reclaimed;
	bool nest;		 /* reclaim asks for memory itself */
	unsigned int give_after; /* calls of reclaim that give nothing */
	gfp_t gfp;
	unsigned int order, flags;
	unsigned long *clear; /* at the third wake-up: somebody is done */
	bool kill_helps;
	struct hoard *hoard;
} seen;

static void note_wakeup(int nid, unsigned int order)
{
	EXPECT_LT((unsigned int)nid, nr_online_nodes);
	seen.woken++;
	seen.order = order;
	if (seen.clear && seen.woken >= 3 * nodes_with_memory())
		*seen.clear = 0;
}

/* Frees one block of the hoard, if it is time to. */
static unsigned long note_reclaim(struct zone *zone, unsigned int order,
				  gfp_t gfp)
{
	EXPECT_TRUE(zone != NULL);
	seen.reclaimed++;
	seen.gfp = gfp;
	seen.order = order;
	seen.flags = current_ctx()->flags;
	if (seen.nest)
		EXPECT_PTR_EQ(alloc_page(GFP_KERNEL | __GFP_NOMEMALLOC |
					 __GFP_NOWARN),
			      NULL);
	if (seen.give_after) {
		seen.give_after--;
		return 0;
	}
	return seen.hoard ? hoard_free_one(seen.hoard) : 0;
}

static bool note_kill(gfp_t gfp, unsigned int order)
{
	seen.gfp = gfp;
	seen.order = order;
	seen.killed++;
	if (seen.kill_helps)
		hoard_free(seen.hoard);
	return seen.kill_helps;
}

static const struct reclaim_hooks hooks = {
	.reclaim_pages = note_reclaim,
	.wakeup_kswapd = note_wakeup,
	.out_of_memory = note_kill,
};

static void begin(struct hoard *hoard)
{
	memset(&seen, 0, sizeof(seen));
	seen.hoard = hoard;
	/* Direct reclaim would find what other CPUs keep. */
	drain_all_pages();
	reclaim_set_hooks(&hooks);
}

static void end(void)
{
	reclaim_set_hooks(NULL);
	EXPECT_EQ(current_ctx()->flags & (PF_MEMALLOC | PF_MEMDIE), 0);
}

/* Marks of a zone put so that only @mark and those above it fail. */
static unsigned long saved[NR_WMARK], saved_enough;

static void fail_marks(struct zone *zone, unsigned int mark)
{
	memcpy(saved, zone->watermark, sizeof(saved));
	saved_enough = zone->enough_largest;
	for (unsigned int i = mark; i < NR_WMARK; i++)
		zone->watermark[i] = zone->managed_pages;
	zone->enough_largest = zone->managed_pages;
}

static void restore_marks(struct zone *zone)
{
	memcpy(zone->watermark, saved, sizeof(saved));
	zone->enough_largest = saved_enough;
}

static struct zone *zone_of(gfp_t gfp, unsigned int order)
{
	struct page *page = alloc_pages(gfp | __GFP_NOWARN, order);
	struct zone *zone = page ? page_zone(page) : NULL;

	if (page)
		__free_pages(page, order);
	return zone;
}

SELFTEST(mm, ladder, low_zone_is_skipped, "A MM-ZA2, A MM-ZA4")
{
	struct zone *zone = first_choice();
	struct zone *next =
		NODE_DATA(numa_node_id())->node_zonelists[ZONE_NORMAL].zones[1];

	if (!next)
		return selftest_skip("needs two zones");
	begin(NULL);
	EXPECT_PTR_EQ(zone_of(GFP_KERNEL, 0), zone);
	EXPECT_PTR_EQ(zone_of(GFP_KERNEL, 1), zone);
	fail_marks(zone, WMARK_LOW);
	/* Although this CPU's list of the zone has frames. */
	EXPECT_GT(this_pcp(zone)->count, 0);
	EXPECT_PTR_EQ(zone_of(GFP_KERNEL, 0), next);
	EXPECT_PTR_EQ(zone_of(GFP_KERNEL, 1), next);
	restore_marks(zone);
	EXPECT_PTR_EQ(zone_of(GFP_KERNEL, 0), zone);
	EXPECT_EQ(seen.woken, 0); /* some zone had enough */
	end();
}

/* Below the low mark everywhere: kswapd, and on with the min marks. */
SELFTEST(mm, ladder, kswapd_is_woken, "A MM-ZA4, A MM-ZA5")
{
	unsigned long freed = 0;
	HOARD(held);

	begin(NULL);
	while (!seen.woken)
		REQUIRE_TRUE(hoard_take(&held, GFP_NOWAIT, 2) != NULL);
	/* Once for each node that the request could be served from. */
	EXPECT_EQ(seen.woken, nodes_with_memory());
	EXPECT_EQ(seen.order, 2);
	EXPECT_EQ(seen.reclaimed, 0);
	/* It frees until all zones are above their high marks. */
	seen.hoard = &held;
	for (int nid = 0; (unsigned int)nid < nr_online_nodes; nid++)
		freed += balance_pgdat(nid, 0);
	EXPECT_GT(freed, 0);
	EXPECT_GT(held.frames, 0); /* and stops there */
	for (int nid = 0; (unsigned int)nid < nr_online_nodes; nid++) {
		EXPECT_EQ(balance_pgdat(nid, 0), 0);
	}
	hoard_free(&held);
	end();
}

/* What is left of each zone, and what a request with these flags leaves. */
static unsigned int below(unsigned long eighths, unsigned int class_idx)
{
	unsigned int wrong = 0;
	struct zone *zone;

	drain_all_pages();
	for_each_populated_zone(zone) {
		if (zone_idx(zone) > class_idx)
			continue; /* not for such requests */
		unsigned long floor = zone->watermark[WMARK_MIN] * eighths / 8 +
				      zone->lowmem_reserve[class_idx];
		unsigned long batch = (unsigned long)this_pcp(zone)->batch;

		/* A batch is fetched at once, roundings are not exact. */
		if (zone->free_pages > floor + 2)
			wrong |= 1;
		if (zone->free_pages + batch + 2 <
		    min(floor, zone->managed_pages / 2))
			wrong |= 2;
	}
	return wrong;
}

/* Free frames that requests of this class may not have. */
static unsigned long free_above(unsigned int class_idx)
{
	unsigned long sum = 0;
	struct zone *zone;

	for_each_populated_zone(zone)
		if (zone_idx(zone) > class_idx)
			sum += zone->free_pages;
	return sum;
}

SELFTEST(mm, ladder, how_deep_each_may_go, "A MM-ZA5, A MM-ZA6, A MM-A4")
{
	unsigned int class_idx = zone_idx(first_choice());
	gfp_t kernel = GFP_KERNEL | __GFP_NORETRY;
	HOARD(held);

	if (nr_online_nodes > 1)
		return selftest_skip("the reserves of nodes differ");
	begin(NULL);
	hoard_all(&held, kernel, 0);
	EXPECT_EQ(below(8, class_idx), 0);
	EXPECT_PTR_EQ(alloc_page(kernel | __GFP_NOWARN), NULL);
	/* Cannot wait: a quarter less is kept. */
	EXPECT_GT(hoard_all(&held, GFP_NOWAIT, 0), 0);
	EXPECT_EQ(below(6, class_idx), 0);
	/* Half, then a quarter less: three eighths. */
	EXPECT_GT(hoard_all(&held, GFP_ATOMIC, 0), 0);
	EXPECT_EQ(below(3, class_idx), 0);
	EXPECT_PTR_EQ(alloc_page(GFP_ATOMIC | __GFP_NOWARN), NULL);
	/* Half: five eighths are between; there is nothing for it here. */
	EXPECT_EQ(hoard_all(&held, kernel | __GFP_HIGH, 0), 0);
	/* Whoever frees memory gets the rest. */
	EXPECT_GT(hoard_last(&held, GFP_NOWAIT), 0);
	drain_all_pages();
	hoard_last(&held, GFP_NOWAIT);
	EXPECT_EQ(nr_free_pages(), free_above(class_idx));
	hoard_free(&held);
	EXPECT_STREQ(page_check_all(), "");
	end();
}

SELFTEST(mm, ladder, who_frees_memory, "A MM-ZA6")
{
	struct task_ctx *ctx = current_ctx();
	struct page *page;
	HOARD(held);

	begin(NULL);
	hoard_all(&held, GFP_ATOMIC, 0);
	EXPECT_EQ(seen.reclaimed, 0);
	for (unsigned int i = 0; i < 2; i++) {
		ctx->flags |= i ? PF_MEMDIE : PF_MEMALLOC;
		page = alloc_page(GFP_KERNEL | __GFP_NOWARN);
		EXPECT_TRUE(page != NULL);
		if (page)
			__free_page(page);
		drain_local_pages();
		/* Not with this flag; and no reclaim inside of reclaim. */
		EXPECT_PTR_EQ(alloc_page(GFP_KERNEL | __GFP_NOMEMALLOC |
					 __GFP_NOWARN),
			      NULL);
		/* Not in an interrupt: it only borrows the context. */
		preempt_count_add(SOFTIRQ_OFFSET);
		page = alloc_page(GFP_ATOMIC | __GFP_NOWARN);
		preempt_count_sub(SOFTIRQ_OFFSET);
		EXPECT_PTR_EQ(page, NULL);
		ctx->flags &= ~(PF_MEMALLOC | PF_MEMDIE);
	}
	EXPECT_EQ(seen.reclaimed, 0);
	EXPECT_PTR_EQ(alloc_page(GFP_ATOMIC | __GFP_NOWARN), NULL);
	hoard_free(&held);
	end();
}

SELFTEST(mm, ladder, direct_reclaim, "A MM-ZA7, A MM-A4")
{
	struct page *page;
	HOARD(held);

	begin(&held);
	hoard_all(&held, GFP_ATOMIC, 0);
	/* Who cannot wait does not come that far. */
	EXPECT_PTR_EQ(alloc_page(GFP_ATOMIC | __GFP_NOWARN), NULL);
	EXPECT_PTR_EQ(alloc_page(GFP_NOWAIT | __GFP_NOWARN), NULL);
	EXPECT_EQ(seen.reclaimed, 0);
	/* Who can, frees memory and has it. */
	page = alloc_pages(GFP_NOFS | __GFP_NOWARN, 1);
	EXPECT_TRUE(page != NULL);
	EXPECT_GT(seen.reclaimed, 0);
	EXPECT_EQ(seen.gfp & (GFP_KERNEL | __GFP_HIGH), GFP_NOFS);
	EXPECT_EQ(seen.order, 1);
	EXPECT_EQ(seen.flags & PF_MEMALLOC, PF_MEMALLOC);
	EXPECT_EQ(current_ctx()->flags & PF_MEMALLOC, 0);
	EXPECT_EQ(seen.killed, 0);
	if (page)
		__free_pages(page, 1);
	hoard_free(&held);
	end();
}

static void fill_list(unsigned int cpu __unused, void *arg __unused)
{
	struct page *page = alloc_page(GFP_ATOMIC | __GFP_NOWARN);

	if (page)
		__free_page(page);
}

/* What other CPUs keep for themselves is memory, too. */
SELFTEST(mm, ladder, other_cpus_give_back, "A MM-ZA7, A MM-C5")
{
	struct zone *zone = first_choice();
	struct page *page;
	HOARD(held);

	if (num_online_cpus() < 2 || !ipi_possible())
		return selftest_skip("needs 2 CPUs");
	if (nr_online_nodes > 1)
		return selftest_skip("other CPUs may have another first zone");
	begin(NULL);
	workers_run(fill_list, NULL);
	hoard_last(&held, GFP_ATOMIC);
	EXPECT_GT(nr_free_pages(), 0); /* on those lists only */
	EXPECT_EQ(zone->free_pages, 0);
	fail_marks(zone, NR_WMARK);
	memset(zone->watermark, 0, sizeof(saved));
	EXPECT_PTR_EQ(alloc_page(GFP_ATOMIC | __GFP_NOWARN), NULL);
	page = alloc_page(GFP_NOIO | __GFP_NORETRY | __GFP_NOWARN);
	restore_marks(zone);
	EXPECT_TRUE(page != NULL);
	hoard_keep(&held, page);
	hoard_free(&held);
	end();
}

/* Reclaim that needs memory itself does not start reclaim. */
SELFTEST(mm, ladder, no_reclaim_in_reclaim, "A MM-ZA6, A MM-ZA7")
{
	HOARD(held);

	begin(NULL);
	seen.nest = true;
	hoard_last(&held, GFP_ATOMIC);
	EXPECT_PTR_EQ(alloc_page(GFP_NOIO | __GFP_NOWARN), NULL);
	EXPECT_GT(seen.reclaimed, 0);
	EXPECT_LE(seen.reclaimed, 3); /* one round, no nested ones */
	hoard_free(&held);
	end();
}

SELFTEST(mm, ladder, retries, "A MM-A3, A MM-ZA7")
{
	unsigned int once;
	struct page *page;
	HOARD(held);

	begin(NULL);
	hoard_last(&held, GFP_ATOMIC);
	/* Nothing comes back: NORETRY and plain requests give up at once. */
	EXPECT_PTR_EQ(alloc_page(GFP_NOIO | __GFP_NORETRY | __GFP_NOWARN),
		      NULL);
	once = seen.reclaimed;
	EXPECT_EQ(once, 3); /* a quarter, a half, all of it */
	seen.reclaimed = 0;
	EXPECT_PTR_EQ(alloc_page(GFP_NOIO | __GFP_NOWARN), NULL);
	EXPECT_EQ(seen.reclaimed, once);
	/* NOFAIL does not. */
	seen.reclaimed = 0;
	seen.give_after = 5 * once;
	seen.hoard = &held;
	page = alloc_page(GFP_NOIO | __GFP_NOFAIL);
	REQUIRE_TRUE(page != NULL);
	EXPECT_GT(seen.reclaimed, 5 * once);
	hoard_keep(&held, page);
	hoard_free(&held);
	end();
}

/* Frees single frames that make no block: it helps nobody who wants four. */
static unsigned int single_frames;
static struct page *singles[40];

static unsigned long give_single(struct zone *zone __unused,
				 unsigned int order __unused,
				 gfp_t gfp __unused)
{
	seen.reclaimed++;
	if (!single_frames)
		return 0;
	__free_page(singles[--single_frames]);
	return 1;
}

static const struct reclaim_hooks single_hooks = {
	.reclaim_pages = give_single,
};

/* Calls of reclaim that a request makes while 40 frames come back. */
static unsigned int rounds(gfp_t gfp, unsigned int order)
{
	HOARD(held);

	drain_all_pages();
	for (single_frames = 0; single_frames < 40; single_frames++) {
		singles[single_frames] = alloc_page(GFP_KERNEL | __GFP_NOFAIL);
		/* No two of them are buddies. */
		hoard_take(&held, GFP_KERNEL, 0);
	}
	hoard_last(&held, GFP_ATOMIC);
	seen.reclaimed = 0;
	reclaim_set_hooks(&single_hooks);
	EXPECT_PTR_EQ(alloc_pages(gfp | __GFP_NOWARN, order), NULL);
	reclaim_set_hooks(NULL);
	while (single_frames)
		__free_page(singles[--single_frames]);
	hoard_free(&held);
	return seen.reclaimed;
}

SELFTEST(mm, ladder, order_and_repeat, "A MM-A3, A MM-ZA8")
{
	unsigned int once = rounds(GFP_NOIO | __GFP_NORETRY, 4);

	EXPECT_GT(once, 0);
	EXPECT_LE(once, 3);
	EXPECT_EQ(rounds(GFP_NOIO, 4), once); /* a large order: one round */
	/* As long as anything comes back. */
	EXPECT_GT(rounds(GFP_NOIO | __GFP_REPEAT, 4), 4 * once);
	EXPECT_GT(rounds(GFP_NOIO, 3), 4 * once);
	EXPECT_EQ(rounds(GFP_NOIO | __GFP_NORETRY, 3), once);
}

SELFTEST(mm, ladder, killing, "A MM-ZA8")
{
	struct page *page;
	HOARD(held);

	begin(&held);
	seen.give_after = ~0U; /* reclaim has nothing */
	hoard_last(&held, GFP_ATOMIC);
	/* No killing for who may not wait for a file system, or asked so. */
	EXPECT_PTR_EQ(alloc_page(GFP_NOFS | __GFP_NOWARN), NULL);
	EXPECT_PTR_EQ(alloc_page(GFP_KERNEL | __GFP_NORETRY | __GFP_NOWARN),
		      NULL);
	/* Nor for a block larger than 8 frames. */
	EXPECT_PTR_EQ(alloc_pages(GFP_KERNEL | __GFP_NOWARN, 4), NULL);
	EXPECT_EQ(seen.killed, 0);
	/* There is nobody to kill: NULL. */
	EXPECT_PTR_EQ(alloc_pages(GFP_KERNEL | __GFP_NOWARN, 3), NULL);
	EXPECT_EQ(seen.killed, 1);
	EXPECT_EQ(seen.order, 3);
	EXPECT_EQ(seen.gfp & GFP_KERNEL, GFP_KERNEL);
	/* There is: from the beginning, with success. */
	seen.kill_helps = true;
	page = alloc_pages(GFP_KERNEL, 3);
	EXPECT_TRUE(page != NULL);
	EXPECT_EQ(seen.killed, 2);
	if (page)
		__free_pages(page, 3);
	hoard_free(&held);
	end();
}

/* Somebody else is killing for the same zones: no second victim. */
SELFTEST(mm, ladder, one_killer_at_a_time, "A MM-ZA8")
{
	struct zonelist *list =
		&NODE_DATA(numa_node_id())->node_zonelists[ZONE_NORMAL];
	HOARD(held);

	begin(&held);
	seen.give_after = ~0U;
	hoard_last(&held, GFP_ATOMIC);
	seen.woken = 0;
	list->oom = 1;
	seen.clear = &list->oom; /* done when we come by the third time */
	EXPECT_PTR_EQ(alloc_page(GFP_KERNEL | __GFP_NOWARN), NULL);
	EXPECT_EQ(seen.woken, 3 * nodes_with_memory());
	EXPECT_EQ(seen.killed, 1); /* our own, after that */
	EXPECT_EQ(list->oom, 0);
	hoard_free(&held);
	end();
}

/* ---- shrinkers ----------------------------------------------------------- */

struct test_cache {
	struct shrinker shrinker;
	struct hoard hoard;
	unsigned int asked, shrunk;
	gfp_t gfp;
};

static long shrink_cache(struct shrinker *s, unsigned long nr, gfp_t gfp)
{
	struct test_cache *c = container_of(s, struct test_cache, shrinker);

	c->asked++;
	c->gfp = gfp;
	if (nr)
		c->shrunk++;
	while (nr) {
		unsigned long n = hoard_free_one(&c->hoard);

		if (!n)
			break;
		nr -= min(n, nr);
	}
	return (long)c->hoard.frames;
}

SELFTEST(mm, ladder, shrinkers, "A MM-ZA7")
{
	static struct test_cache a, b;
	struct page *page;
	HOARD(held);

	a = (struct test_cache){.shrinker.name = "a",
				.shrinker.shrink = shrink_cache};
	b = (struct test_cache){.shrinker.name = "b",
				.shrinker.shrink = shrink_cache};
	INIT_LIST_HEAD(&a.hoard.blocks);
	INIT_LIST_HEAD(&b.hoard.blocks);
	for (unsigned int i = 0; i < 64; i++) {
		hoard_take(&a.hoard, GFP_KERNEL, 0);
		hoard_take(&b.hoard, GFP_KERNEL, 0);
	}
	EXPECT_EQ(a.hoard.frames + b.hoard.frames, 128);
	register_shrinker(&a.shrinker);
	register_shrinker(&b.shrinker);
	hoard_last(&held, GFP_ATOMIC);
	page = alloc_page(GFP_KERNEL | __GFP_NOWARN | __GFP_NORETRY);
	/* Both were asked, both for a part. */
	EXPECT_GT(a.shrunk, 0);
	EXPECT_GT(b.shrunk, 0);
	EXPECT_LT(a.hoard.frames, 64);
	EXPECT_LT(b.hoard.frames, 64);
	EXPECT_EQ(a.gfp & GFP_KERNEL, GFP_KERNEL);
	hoard_keep(&held, page);

	/* No more questions after this. */
	unregister_shrinker(&a.shrinker);
	a.asked = b.asked = 0;
	hoard_last(&held, GFP_ATOMIC);
	hoard_take(&held, GFP_KERNEL | __GFP_NORETRY, 0);
	EXPECT_EQ(a.asked, 0);
	EXPECT_GT(b.asked, 0);
	unregister_shrinker(&b.shrinker);
	hoard_free(&held);
	hoard_free(&a.hoard);
	hoard_free(&b.hoard);
}
