/* SPDX-License-Identifier: MIT */
/*
 * reclaim.h - getting memory back: shrinkers and the hooks of higher floors.
 */
#ifndef MM_RECLAIM_H
#define MM_RECLAIM_H

#include <base/atomic.h>
#include <base/types.h>
#include <lib/list.h>
#include <mm/gfp.h>

struct zone;

/*
 * Something that can give memory back. @shrink(s, 0, gfp) says how much there
 * is; @shrink(s, n, gfp) frees up to n objects and returns what is left, or
 * -1 when it cannot work under @gfp.
 */
struct shrinker {
	const char *name;
	long (*shrink)(struct shrinker *s, unsigned long nr, gfp_t gfp);
	struct list_head list; /* under the shrinker lock */
	atomic_t busy;	       /* CPUs that are calling it */
};

/**
 * register_shrinker() - be asked when memory is short.
 * @s: lives until unregister_shrinker(); name and shrink are set.
 *
 * Its function is called in task context with PF_MEMALLOC set, perhaps on
 * several CPUs at once.
 *
 * Context: task. Locking: takes the shrinker lock.
 */
void register_shrinker(struct shrinker *s);

/**
 * unregister_shrinker() - no more; waits for calls that are under way.
 * @s: a registered one; not from within its own function.
 *
 * Context: task. Locking: takes the shrinker lock.
 */
void unregister_shrinker(struct shrinker *s);

/**
 * try_to_free_pages() - direct reclaim: ask shrinkers and the hook below.
 * @zone: the first that would do.
 * @order: of the block that is missing.
 * @gfp: what may be done for it.
 *
 * Context: task that may sleep, PF_MEMALLOC set.
 * Return: frames free now that were not before.
 */
unsigned long try_to_free_pages(struct zone *zone, unsigned int order,
				gfp_t gfp);

/**
 * balance_pgdat() - what a kswapd thread does for a node.
 * @nid: the node.
 * @order: of the largest block asked for lately.
 *
 * Frees until all its zones are above their high mark, or nothing comes back
 * any more.
 *
 * Context: task that may sleep, PF_MEMALLOC set. Return: frames freed.
 */
unsigned long balance_pgdat(int nid, unsigned int order);

/*
 * Hooks of floors above: frames from caches of pages; waking kswapd of a
 * node; killing something. NULL: there is none yet.
 */
struct reclaim_hooks {
	unsigned long (*reclaim_pages)(struct zone *zone, unsigned int order,
				       gfp_t gfp);
	void (*wakeup_kswapd)(int nid, unsigned int order);
	bool (*out_of_memory)(gfp_t gfp, unsigned int order);
};

/**
 * reclaim_set_hooks() - the functions of the floors above.
 * @hooks: a constant struct; NULL: none again.
 *
 * Context: boot, or a test while nobody else allocates.
 */
void reclaim_set_hooks(const struct reclaim_hooks *hooks);

#endif /* MM_RECLAIM_H */
