/* SPDX-License-Identifier: MIT */
/*
 * show.c - takes pictures of zones, for the commands that show them.
 *
 * Model. See <mm/show.h>. Blocks are counted by walking the lists, not read
 * from nr_free: so a picture also tells by which list a block is found, and
 * costs as many steps as there are free blocks.
 * Locking. zone->lock, interrupts off; lists of CPUs are read as they are.
 * Contexts. Any but NMI.
 * Limits. A zone that is torn into very many blocks keeps its lock for long.
 */
#include <mm/show.h>

#include <lib/cpumask.h>
#include <lib/spinlock.h>

#include "../pcp.h"

static void count_blocks(struct zone *zone, struct zone_picture *p)
{
	struct list_head *pos;

	for (unsigned int k = 0; k < MAX_ORDER; k++) {
		struct free_area *area = &zone->free_area[k];

		for (unsigned int t = 0; t < MIGRATE_TYPES; t++) {
			p->nr_free[k] += area->free_list[t].nr_free;
			list_for_each(pos, &area->free_list[t].list)
				p->by_type[t][k]++;
		}
	}
}

static void add_cpus(const struct zone *zone, struct zone_picture *p)
{
	unsigned int cpu;

	for_each_online_cpu(cpu) {
		const struct per_cpu_pages *pcp = zone_pcp(zone, cpu);

		p->cpu_frames += (unsigned long)READ_ONCE(pcp->count);
		p->pcp_allocs += READ_ONCE(pcp->nr_allocs);
		p->pcp_frees += READ_ONCE(pcp->nr_frees);
		p->pcp_refills += READ_ONCE(pcp->nr_refills);
		p->pcp_batch = pcp->batch;
		p->pcp_high = pcp->high;
	}
}

void zone_take_picture(struct zone *zone, struct zone_picture *p)
{
	unsigned long flags;

	*p = (struct zone_picture){
		.name = zone->name,
		.nid = zone_to_nid(zone),
		.start_pfn = zone->zone_start_pfn,
		.spanned = zone->spanned_pages,
		.present = zone->present_pages,
	};
	for (unsigned int i = 0; i < NR_WMARK; i++)
		p->watermark[i] = zone->watermark[i];
	for (unsigned int i = 0; i < MAX_NR_ZONES; i++)
		p->reserve[i] = zone->lowmem_reserve[i];

	spin_lock_irqsave(&zone->lock, flags);
	p->managed = zone->managed_pages;
	p->free = zone->free_pages;
	p->locked = zone->nr_locked;
	p->fallbacks = zone->nr_fallback;
	count_blocks(zone, p);
	spin_unlock_irqrestore(&zone->lock, flags);

	add_cpus(zone, p);
}

unsigned int zone_unusable(const struct zone_picture *p, unsigned int order)
{
	unsigned long small = 0;

	for (unsigned int k = 0; k < order && k < MAX_ORDER; k++)
		small += p->nr_free[k] << k;
	return p->free ? (unsigned int)(small * 100 / p->free) : 0;
}

int zone_cpu_frames(const struct zone *zone, unsigned int cpu)
{
	return READ_ONCE(zone_pcp(zone, cpu)->count);
}
