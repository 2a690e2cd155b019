/* SPDX-License-Identifier: MIT */
/*
 * mmzone.h - nodes and zones: where memory lies and what it can be used for.
 *
 * Model (A MM-Z). A node is memory that is equally near to some CPUs; a
 * machine without a SRAT has one. Frames of a node are divided into zones by
 * what can reach them: old devices (DMA), devices with 32 address lines
 * (DMA32), all (NORMAL). A zone owns its free frames (mm/buddy.c), decides by
 * watermarks who may have the last ones (mm/watermark.c), and every CPU keeps
 * a few of them for itself (mm/pcp.c).
 *
 *	spanned = absent + present	absent: holes, frames of other nodes
 *	present = reserved + managed	reserved: the image, page descriptors
 *	managed = free + used		what the page allocator has to give
 *
 * A request names the highest zone that will do. It is served from the first
 * zone of a zonelist that can: nearest node first, in each node from that
 * zone down.
 */
#ifndef MM_MMZONE_H
#define MM_MMZONE_H

#include <arch/page.h>
#include <base/compiler.h>
#include <base/config.h>
#include <base/types.h>
#include <lib/list.h>
#include <lib/percpu.h>
#include <lib/spinlock.h>
#include <mm/page.h>

#define MAX_NUMNODES (1U << NODES_WIDTH)

enum migratetype {
	MIGRATE_UNMOVABLE = 0,
	MIGRATE_RECLAIMABLE = 1,
	MIGRATE_MOVABLE = 2,
	MIGRATE_PCPTYPES = 3, /* those that per-CPU lists keep */
	MIGRATE_RESERVE = 3,  /* the last blocks of a zone */
	MIGRATE_ISOLATE = 4,  /* nothing is allocated from here */
	MIGRATE_TYPES = 5,
};

enum zone_type {
	ZONE_DMA,     /* below 16 MiB */
	ZONE_DMA32,   /* below 4 GiB */
	ZONE_NORMAL,  /* the rest of the direct map */
	ZONE_HIGHMEM, /* outside the direct map: empty on x86-64 */
	ZONE_MOVABLE, /* empty here; the enum of the notes has it (E75) */
	MAX_NR_ZONES,
};

enum zone_watermarks {
	WMARK_MIN,  /* below: only GFP_ATOMIC and those who free memory */
	WMARK_LOW,  /* below: kswapd is woken */
	WMARK_HIGH, /* kswapd stops */
	NR_WMARK,
};

/*
 * Free blocks of one order, by migrate type (A MM-B2). Lock key: (z)
 * zone->lock.
 */
struct free_area {
	struct free_list {
		struct list_head list; /* (z) through page.lru */
		unsigned long nr_free; /* (z) blocks on it */
	} free_list[MIGRATE_TYPES];
};

/*
 * Frames of one zone that a CPU keeps for itself (A MM-C1). Lock key: (c)
 * that CPU with interrupts off, others may read; (i) set at boot.
 */
struct per_cpu_pages {
	struct list_head list;	 /* (c) hot at the front, cold at the back */
	int count;		 /* (c) frames on the list */
	int high;		 /* (i) at which a batch goes back */
	int batch;		 /* (i) frames moved at once */
	unsigned int nr_refills; /* (c) batches taken from the zone */
	unsigned long nr_allocs; /* (c) frames given out */
	unsigned long nr_frees;	 /* (c) frames taken back */
} __aligned(L1_CACHE_BYTES);

struct pglist_data;

/* Lock key: (i) set at boot; (z) lock; (Z) the same, read without it. */
struct zone {
	/* Read by every allocation. */
	unsigned long free_pages;	   /* (Z) frames in free_area[] */
	unsigned long watermark[NR_WMARK]; /* (i) */
	unsigned long lowmem_reserve[MAX_NR_ZONES]; /* (i) by class (E68) */
	unsigned long enough_largest; /* (i) nr_largest for any order */
	unsigned long pcp_offset;     /* (i) of its lists in a CPU's pagesets */
	struct pglist_data *zone_pgdat; /* (i) */

	spinlock_t lock __aligned(L1_CACHE_BYTES);
	unsigned long nr_locked;   /* (Z) times the lock was taken */
	unsigned long nr_largest;  /* (Z) blocks of the largest order */
	unsigned long nr_fallback; /* (Z) blocks taken from another type */
	struct free_area free_area[MAX_ORDER]; /* (z) */

	const char *name;	      /* (i) */
	unsigned long zone_start_pfn; /* (i) */
	unsigned long spanned_pages;  /* (i) to the last frame */
	unsigned long present_pages;  /* (i) of them memory */
	unsigned long managed_pages;  /* (Z) of them handed to the buddy */
};

/*
 * Where to look, in this order; ends with NULL. Lock key: (a) atomic; (i) set
 * at boot.
 */
struct zonelist {
	unsigned long oom; /* (a) somebody is killing for a request of it */
	struct zone *zones[MAX_NUMNODES * MAX_NR_ZONES + 1]; /* (i) */
};

/* A node (A MM-Z1). Lock key: (i) set at boot. */
typedef struct pglist_data {
	struct zone node_zones[MAX_NR_ZONES];
	struct zonelist node_zonelists[MAX_NR_ZONES]; /* (i) by highest zone */
	int node_id;				      /* (i) */
	unsigned long node_start_pfn;		      /* (i) */
	unsigned long node_spanned_pages;	      /* (i) */
	unsigned long node_present_pages;	      /* (i) */
} pg_data_t;

extern pg_data_t contig_page_data; /* node 0, the only one of most machines */
extern pg_data_t *node_data[MAX_NUMNODES];
extern unsigned int nr_online_nodes;

/* Node and zone of a frame as in page->flags give the zone. */
extern struct zone *zone_table[1U << (NODES_WIDTH + ZONES_WIDTH)];

#define populated_zone(zone) ((zone)->present_pages != 0)

/* Any context. NULL: there is no such node. */
static inline pg_data_t *NODE_DATA(int nid)
{
	return (unsigned int)nid < MAX_NUMNODES ? node_data[nid] : NULL;
}

/* ZONE_ of a zone. */
static inline unsigned int zone_idx(const struct zone *zone)
{
	return (unsigned int)(zone - zone->zone_pgdat->node_zones);
}

static inline int zone_to_nid(const struct zone *zone)
{
	return zone->zone_pgdat->node_id;
}

/* Any context; the zone of any frame that has a descriptor. */
static __always_inline struct zone *page_zone(const struct page *page)
{
	return zone_table[page->flags >> ZONES_SHIFT_IN_FLAGS];
}

static inline unsigned long zone_end_pfn(const struct zone *zone)
{
	return zone->zone_start_pfn + zone->spanned_pages;
}

/* Free blocks of one order, of all types. Exact with zone->lock held. */
static inline unsigned long nr_free_blocks(const struct zone *zone,
					   unsigned int order)
{
	unsigned long sum = 0;

	for (unsigned int t = 0; t < MIGRATE_TYPES; t++)
		sum += READ_ONCE(zone->free_area[order].free_list[t].nr_free);
	return sum;
}

/* Zones of all nodes that have frames, in order of node and zone. */
struct zone *first_zone(void);
struct zone *next_zone(struct zone *zone);
#define for_each_populated_zone(zone) \
	for ((zone) = first_zone(); (zone); (zone) = next_zone(zone))

#define for_each_online_node(nid) \
	for ((nid) = 0; (unsigned int)(nid) < nr_online_nodes; (nid)++)

/* The node that a CPU is near to, and that of this CPU. */
int cpu_to_node(unsigned int cpu);
int numa_node_id(void);

/* The same, or the nearest node with memory where that has none. */
int cpu_to_mem(unsigned int cpu);
int numa_mem_id(void);

/* As the SLIT says: 10 is local. */
unsigned int node_distance(int from, int to);

#endif /* MM_MMZONE_H */
