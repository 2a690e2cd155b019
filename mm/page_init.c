/* SPDX-License-Identifier: MIT */
/*
 * page_init.c - a descriptor for every frame, and who gets the frames.
 *
 * Model. The array of descriptors begins at VMEMMAP_START and is mapped where
 * there is memory, in whole largest blocks, so that the buddy arithmetic
 * never leaves it:
 *
 *	memory      ....[======]..[==]..........[==================]
 *	descriptors [###############]......[#######################]
 *	                 blocks of MAX_ORDER_NR_PAGES frames
 *
 * The hand-over goes through memory once, upward. What memblock had given
 * out stays PG_reserved with one user; what was free becomes the largest
 * aligned blocks that fit and goes to the buddy lists of its zone; what is in
 * a block but no memory is PG_reserved too, so that nothing is united with it.
 *
 * Invariants.
 *   I1  Each frame of memory is counted once: present_pages of its zone;
 *       managed_pages too if it was free.
 *   I2  A descriptor that is mapped has been written.
 * Locking. None: boot, one CPU. The results are only read afterwards.
 * Contexts. Boot; pfn_valid(), virt_addr_valid() from any.
 * Limits. Memory neither comes nor goes. Frames of the boot allocator and of
 *	the descriptors stay reserved for ever, but see free_reserved_page().
 */
#include "page_init.h"

#include <arch/pgtable.h>
#include <arch/sections.h>
#include <base/assert.h>
#include <base/bits.h>
#include <base/errno.h>
#include <lib/string.h>
#include <mm/gfp.h>
#include <mm/kasan.h>
#include <mm/memblock.h>

#include "buddy.h"
#include "memblock_internal.h"
#include "numa.h"
#include "zone.h"

unsigned long num_physpages, max_pfn, max_low_pfn, min_low_pfn;
unsigned long highstart_pfn, highend_pfn;

/* Frames [start, end) have descriptors; ascending, not touching. */
static struct frame_range {
	unsigned long start, end;
} ranges[MEMBLOCK_MAX_REGIONS]; /* (i) */
static unsigned int nr_ranges;	/* (i) */

/* I2: descriptors below are written. */
static unsigned long written;

static void add_range(unsigned long start, unsigned long end)
{
	start = ALIGN_DOWN(start, MAX_ORDER_NR_PAGES);
	end = ALIGN(end, MAX_ORDER_NR_PAGES);
	if (nr_ranges && start <= ranges[nr_ranges - 1].end)
		ranges[nr_ranges - 1].end = end;
	else
		ranges[nr_ranges++] = (struct frame_range){start, end};
}

/* Memory for [va, end), which crosses no border of large pages. */
static int map_descriptors(unsigned long va, unsigned long end)
{
	u64 size = end - va;
	phys_addr_t pa = memblock_phys_alloc(
		size, size == PMD_SIZE ? PMD_SIZE : PAGE_SIZE, 0,
		MEMBLOCK_ALLOC_ACCESSIBLE);

	if (!pa)
		return -ENOMEM;
	return kernel_map(va, pa, size, PAGE_KERNEL, PMD_SHIFT);
}

int vmemmap_init(void)
{
	phys_addr_t start, end;
	unsigned int region = 0;

	while (memblock_next_memory(&region, &start, &end))
		add_range(PFN_DOWN(start), PFN_UP(end));
	for (unsigned int i = 0; i < nr_ranges; i++) {
		unsigned long va = (unsigned long)pfn_to_page(ranges[i].start);
		unsigned long last = (unsigned long)pfn_to_page(ranges[i].end);

		while (va < last) {
			unsigned long next =
				min(ALIGN_DOWN(va, PMD_SIZE) + PMD_SIZE, last);
			int err = map_descriptors(va, next);

			if (err)
				return err;
			va = next;
		}
	}
	return 0;
}

static unsigned long zone_bits(int nid, unsigned int type)
{
	return (unsigned long)nid << NODES_SHIFT_IN_FLAGS |
	       (unsigned long)type << ZONES_SHIFT_IN_FLAGS;
}

/* A tight loop: there are millions. */
static void write_descriptors(unsigned long pfn, unsigned long end,
			      unsigned long flags, int count)
{
	struct page *p = pfn_to_page(pfn), *last = pfn_to_page(end);

	for (; p < last; p++) {
		p->flags = flags;
		atomic_set(&p->_count, count);
		atomic_set(&p->_mapcount, -1);
		p->private = 0;
		p->mapping = NULL;
		p->index = 0;
		INIT_LIST_HEAD(&p->lru);
		p->owner = 0;
		p->owner_cpu = 0;
		p->block_type = MIGRATE_MOVABLE;
		p->block_mixed = 0;
	}
}

static void grow_span(unsigned long *start, unsigned long *spanned,
		      unsigned long pfn, unsigned long end)
{
	if (!*spanned)
		*start = pfn;
	*spanned = end - *start; /* runs come in ascending order */
}

static void free_run(struct zone *zone, unsigned long pfn, unsigned long end)
{
	while (pfn < end) {
		unsigned int order = MAX_ORDER - 1;

		if (pfn)
			order = min(order, __ffs(pfn));
		while (pfn + BIT(order) > end)
			order--;
		kasan_free_pages(pfn_to_page(pfn), order);
		buddy_free(zone, pfn_to_page(pfn), order);
		pfn += BIT(order);
	}
}

/* A run of frames of one zone, all memory; the descriptors are written. */
static void take_run(struct zone *zone, unsigned long pfn, unsigned long end,
		     bool free)
{
	pg_data_t *pgdat = zone->zone_pgdat;

	grow_span(&zone->zone_start_pfn, &zone->spanned_pages, pfn, end);
	grow_span(&pgdat->node_start_pfn, &pgdat->node_spanned_pages, pfn, end);
	zone->present_pages += end - pfn; /* I1 */
	pgdat->node_present_pages += end - pfn;
	if (!free)
		return;
	zone->managed_pages += end - pfn;
	free_run(zone, pfn, end);
}

/* The end of the run from @pfn that lies in one zone, and that zone. */
static struct zone *zone_part(unsigned long pfn, unsigned long *end)
{
	int nid = numa_node_of_pfn(pfn, end);
	enum zone_type type = zone_type_of_pfn(pfn, end);

	return &node_data[nid]->node_zones[type];
}

static void write_part(unsigned long pfn, unsigned long end, bool free)
{
	while (pfn < end) {
		unsigned long part = end;
		struct zone *zone = zone_part(pfn, &part);
		unsigned long flags =
			zone_bits(zone_to_nid(zone), zone_idx(zone));

		if (free)
			write_descriptors(pfn, part, flags, 0);
		else
			write_descriptors(pfn, part, flags | BIT(PG_reserved),
					  1);
		/* Two nodes meet inside of a largest block: I5 of buddy.c */
		if (pfn % MAX_ORDER_NR_PAGES &&
		    page_zone(pfn_to_page(pfn - 1)) != zone)
			page_block(pfn_to_page(pfn), MAX_ORDER - 1)
				->block_mixed = 1;
		pfn = part;
	}
}

/* Writes the descriptors of holes below @pfn that have any. */
static void write_holes(unsigned long pfn)
{
	for (unsigned int i = 0; i < nr_ranges; i++)
		write_part(max(ranges[i].start, written),
			   min(ranges[i].end, pfn), false);
}

static void take_frames(void *unused __unused, u64 pfn, u64 end, bool free)
{
	write_holes(pfn);
	write_part(pfn, end, free);
	written = end;
	/* What follows in this block may be asked whether it is free: I2. */
	write_part(end, ALIGN(end, MAX_ORDER_NR_PAGES), false);
	max_pfn = end;
	while (pfn < end) {
		unsigned long part = end;
		struct zone *zone = zone_part(pfn, &part);

		take_run(zone, pfn, part, free);
		pfn = part;
	}
}

void frames_hand_over(void)
{
	memblock_hand_over(take_frames, NULL);
	write_holes(ranges[nr_ranges - 1].end);
	num_physpages = max_pfn;
	max_low_pfn =
		min(max_pfn, (unsigned long)PFN_DOWN(arch_direct_map_limit()));
	if (max_low_pfn < max_pfn) {
		highstart_pfn = max_low_pfn;
		highend_pfn = max_pfn;
	}
	min_low_pfn = PFN_UP(__pa_symbol(_end));
}

bool pfn_valid(unsigned long pfn)
{
	unsigned int lo = 0, hi = nr_ranges;

	while (lo < hi) {
		unsigned int mid = (lo + hi) / 2;

		if (pfn >= ranges[mid].end)
			lo = mid + 1;
		else
			hi = mid;
	}
	return lo < nr_ranges && pfn >= ranges[lo].start;
}

bool virt_addr_valid(const void *addr)
{
	unsigned long a = (unsigned long)addr;

	return a >= PAGE_OFFSET && a - PAGE_OFFSET < PFN_PHYS(max_low_pfn) &&
	       memblock_is_memory(a - PAGE_OFFSET);
}
