/* SPDX-License-Identifier: MIT */
/*
 * reclaim.c - asking those who hold memory they could do without.
 *
 * Model. Two kinds of memory can come back. Caches of objects register a
 * shrinker: a function that says how much it holds and frees some of it.
 * Caches of pages belong to a higher floor, which registers one function for
 * all of them, together with those that wake a kswapd thread and that kill a
 * task (struct reclaim_hooks).
 *
 * Each shrinker is first asked for a quarter of what it holds, and a round
 * ends when enough frames are free or nobody has anything left. So caches
 * shrink together, and none is emptied for the sake of the others.
 *
 * Progress is measured in frames that are free afterwards and were not
 * before, because a freed object is not a freed frame.
 *
 * Invariants.
 *   I1  A shrinker is on the list once, and is not called after
 *       unregister_shrinker() has returned.
 * Locking. shrinker_lock protects the list; a shrinker is called without it,
 *	marked busy, and unregister waits for the mark to go.
 * Contexts. Task. wakeup_kswapd() from any but NMI.
 * Limits. No kswapd thread yet: balance_pgdat() is what it will call.
 */
#include <mm/reclaim.h>

#include <arch/cpu.h>
#include <base/assert.h>
#include <base/atomic.h>
#include <base/bits.h>
#include <lib/spinlock.h>

#include "reclaim.h"
#include "zone.h"

/* Rounds; each asks for twice the part of the one before. */
#define FIRST_PRIORITY 2

static DEFINE_SPINLOCK(shrinker_lock);
static LIST_HEAD(shrinkers); /* (shrinker_lock) */

static const struct reclaim_hooks no_hooks;
static const struct reclaim_hooks *hooks = &no_hooks; /* READ_ONCE() */

void register_shrinker(struct shrinker *s)
{
	atomic_set(&s->busy, 0);
	spin_lock(&shrinker_lock);
	list_add_tail(&s->list, &shrinkers);
	spin_unlock(&shrinker_lock);
}

void unregister_shrinker(struct shrinker *s)
{
	spin_lock(&shrinker_lock);
	list_del(&s->list);
	spin_unlock(&shrinker_lock);
	while (atomic_read(&s->busy)) /* I1 */
		cpu_relax();
}

/* One shrinker, by 1/2^@priority of what it holds. */
static void shrink_one(struct shrinker *s, unsigned int priority, gfp_t gfp)
{
	long nr = s->shrink(s, 0, gfp);

	if (nr > 0)
		s->shrink(s, max((unsigned long)nr >> priority, 1UL), gfp);
}

/*
 * The list may change while a shrinker runs, but not the busy one's place in
 * it: whoever unregisters it waits after taking it off, so the walk ends.
 */
static void shrink_all(unsigned int priority, gfp_t gfp)
{
	struct shrinker *s;
	bool on_list = true;

	spin_lock(&shrinker_lock);
	list_for_each_entry(s, &shrinkers, list) {
		struct shrinker *pos;

		atomic_inc(&s->busy);
		spin_unlock(&shrinker_lock);
		shrink_one(s, priority, gfp);
		spin_lock(&shrinker_lock);
		on_list = false;
		list_for_each_entry(pos, &shrinkers, list)
			on_list |= pos == s;
		atomic_dec(&s->busy);
		if (!on_list)
			break;
	}
	spin_unlock(&shrinker_lock);
}

unsigned long try_to_free_pages(struct zone *zone, unsigned int order,
				gfp_t gfp)
{
	const struct reclaim_hooks *h = READ_ONCE(hooks);
	unsigned long before = nr_free_pages();
	unsigned long wanted = 2 * BIT(order), now;

	for (int priority = FIRST_PRIORITY; priority >= 0; priority--) {
		shrink_all((unsigned int)priority, gfp);
		if (h->reclaim_pages)
			h->reclaim_pages(zone, order, gfp);
		now = nr_free_pages();
		if (now >= before + wanted)
			break;
	}
	return now > before ? now - before : 0;
}

/* Whether each zone of a node has its high mark. */
static bool balanced(int nid, unsigned int order)
{
	pg_data_t *pgdat = node_data[nid];

	for (unsigned int z = 0; z < MAX_NR_ZONES; z++) {
		const struct zone *zone = &pgdat->node_zones[z];

		if (populated_zone(zone) &&
		    !zone_watermark_ok(zone, order, zone->watermark[WMARK_HIGH],
				       0, 0))
			return false;
	}
	return true;
}

unsigned long balance_pgdat(int nid, unsigned int order)
{
	unsigned long total = 0, freed;

	while (!balanced(nid, order)) {
		struct zone *zone = &node_data[nid]->node_zones[ZONE_NORMAL];

		freed = try_to_free_pages(zone, order, GFP_KERNEL);
		total += freed;
		if (!freed)
			break;
	}
	return total;
}

void reclaim_set_hooks(const struct reclaim_hooks *h)
{
	/* Pairs with READ_ONCE() of the readers: the struct is constant. */
	WRITE_ONCE(hooks, h ? h : &no_hooks);
}

void wakeup_kswapd(int nid, unsigned int order)
{
	const struct reclaim_hooks *h = READ_ONCE(hooks);

	if (h->wakeup_kswapd)
		h->wakeup_kswapd(nid, order);
}

bool out_of_memory(gfp_t gfp, unsigned int order)
{
	const struct reclaim_hooks *h = READ_ONCE(hooks);

	return h->out_of_memory && h->out_of_memory(gfp, order);
}
