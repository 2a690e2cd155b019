/* SPDX-License-Identifier: MIT */
/*
 * reclaim.h - getting memory back: shrinkers and the hooks of higher floors.
 */
#ifndef MM_RECLAIM_H
#define MM_RECLAIM_H

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
};

void register_shrinker(struct shrinker *s);
void unregister_shrinker(struct shrinker *s);

/* Direct reclaim: runs shrinkers and the hook below; frames freed. */
unsigned long try_to_free_pages(struct zone *zone, unsigned int order,
				gfp_t gfp);

/* What a kswapd thread does for a node until all zones are above high. */
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
void reclaim_set_hooks(const struct reclaim_hooks *hooks);

#endif /* MM_RECLAIM_H */
