/* SPDX-License-Identifier: MIT */
/*
 * zone.c - nodes, their zones, and in which order they are asked.
 *
 * Model. See <mm/mmzone.h>. For each node and each highest zone there is a
 * list of zones to try: all nodes, nearest first, and within a node from the
 * highest zone down, since low zones are what few requests can use. Nodes at
 * the same distance are taken in the order of their numbers, beginning behind
 * the asking one, so that not all nodes turn to the same neighbour.
 *
 * Invariants.
 *   I1  A zonelist holds each populated zone at or below its highest one
 *       exactly once, and ends with NULL.
 *   I2  zone_table[] is set for every node and zone.
 * Locking. None: set at boot, only read afterwards.
 * Contexts. Boot; the walks from any.
 * Limits. Zones do not grow or shrink; the order of zonelists is fixed.
 */
#include "zone.h"

#include <arch/pgtable.h>
#include <base/bits.h>
#include <base/errno.h>
#include <mm/memblock.h>

#include "buddy.h"

pg_data_t contig_page_data;
pg_data_t *node_data[MAX_NUMNODES];

static const char *const zone_names[MAX_NR_ZONES] = {
	[ZONE_DMA] = "DMA",	    [ZONE_DMA32] = "DMA32",
	[ZONE_NORMAL] = "Normal",   [ZONE_HIGHMEM] = "HighMem",
	[ZONE_MOVABLE] = "Movable",
};

enum zone_type zone_type_of_pfn(unsigned long pfn, unsigned long *end)
{
	static const unsigned long ends[] = {
		[ZONE_DMA] = PFN_DOWN(16UL << 20),
		[ZONE_DMA32] = PFN_DOWN(1UL << 32),
	};

	unsigned long low_end = PFN_DOWN(arch_direct_map_limit());

	if (pfn >= low_end)
		return ZONE_HIGHMEM;
	*end = min(*end, low_end);
	for (unsigned int z = 0; z < ARRAY_SIZE(ends); z++) {
		if (pfn < ends[z]) {
			*end = min(*end, ends[z]);
			return (enum zone_type)z;
		}
	}
	return ZONE_NORMAL;
}

static void init_node(int nid, pg_data_t *pgdat)
{
	node_data[nid] = pgdat;
	pgdat->node_id = nid;
	for (unsigned int z = 0; z < MAX_NR_ZONES; z++) {
		struct zone *zone = &pgdat->node_zones[z];
		unsigned int index = (unsigned int)nid * MAX_NR_ZONES + z;

		zone->zone_pgdat = pgdat;
		zone->name = zone_names[z];
		zone->pcp_offset = index * sizeof(struct per_cpu_pages);
		spin_lock_init(&zone->lock);
		buddy_init(zone);
		zone_table[(unsigned int)nid << ZONES_WIDTH | z] =
			zone; /* I2 */
	}
}

int zones_init(void)
{
	int nid;

	init_node(0, &contig_page_data);
	for_each_online_node(nid) {
		pg_data_t *pgdat;

		if (!nid)
			continue;
		pgdat = memblock_alloc(sizeof(*pgdat), L1_CACHE_BYTES);
		if (!pgdat)
			return -ENOMEM;
		init_node(nid, pgdat);
	}
	return 0;
}

/* The node nearest to @from of those not in @done; -1: none is left. */
static int nearest_node(int from, u64 done)
{
	int best = -1;

	for (unsigned int i = 0; i < nr_online_nodes; i++) {
		int nid = (int)(((unsigned int)from + i) % nr_online_nodes);

		if (done >> nid & 1)
			continue;
		if (best < 0 ||
		    node_distance(from, nid) < node_distance(from, best))
			best = nid;
	}
	return best;
}

static void build_zonelist(pg_data_t *pgdat, int highest)
{
	struct zone **at = pgdat->node_zonelists[highest].zones;
	u64 done = 0;
	int nid;

	while ((nid = nearest_node(pgdat->node_id, done)) >= 0) {
		done |= BIT(nid);
		for (int z = highest; z >= 0; z--) {
			struct zone *zone = &node_data[nid]->node_zones[z];

			if (populated_zone(zone))
				*at++ = zone;
		}
	}
	*at = NULL; /* I1 */
}

void build_zonelists(void)
{
	int nid;

	for_each_online_node(nid)
		for (int z = 0; z < MAX_NR_ZONES; z++)
			build_zonelist(node_data[nid], z);
}

/* The first populated zone at or behind an index of node and zone. */
static struct zone *zone_from(unsigned int index)
{
	for (; index < nr_online_nodes * MAX_NR_ZONES; index++) {
		pg_data_t *pgdat = node_data[index / MAX_NR_ZONES];
		struct zone *zone = &pgdat->node_zones[index % MAX_NR_ZONES];

		if (populated_zone(zone))
			return zone;
	}
	return NULL;
}

struct zone *first_zone(void)
{
	return zone_from(0);
}

struct zone *next_zone(struct zone *zone)
{
	return zone_from((unsigned int)zone_to_nid(zone) * MAX_NR_ZONES +
			 zone_idx(zone) + 1);
}
