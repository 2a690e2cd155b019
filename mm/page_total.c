/* SPDX-License-Identifier: MIT */
/*
 * page_total.c - the page allocator comes up, and how much there is.
 *
 * Model. page_alloc_init() is called once, when the per-CPU areas exist. Up
 * to then memory comes from memblock, afterwards from here.
 *
 * Locking. None: sums of words that others may change meanwhile.
 * Contexts. Boot; the sums from any.
 */
#include <mm/init.h>

#include <base/assert.h>
#include <base/bits.h>
#include <lib/cpumask.h>
#include <lib/panic.h>
#include <lib/printk.h>
#include <mm/gfp.h>
#include <mm/kasan.h>
#include <mm/memblock.h>
#include <mm/memleak.h>

#include "numa.h"
#include "page_init.h"
#include "pcp.h"
#include "zone.h"

static bool ready; /* (i) */

bool page_alloc_ready(void)
{
	return ready;
}

static void attach_cpus(void)
{
	unsigned int cpu;

	for_each_possible_cpu(cpu) {
		void *mem = memblock_alloc(pcp_bytes(), L1_CACHE_BYTES);

		if (!mem)
			panic("no memory for the page lists of cpu%u", cpu);
		pcp_attach(cpu, mem);
	}
}

/* What the fast path needs: known only when the zonelists are. */
static void set_fast_zones(void)
{
	struct zone *zone;
	unsigned int cpu;

	for_each_populated_zone(zone)
		pcp_set_sizes(zone);
	for_each_possible_cpu(cpu) {
		struct page_cpu *pc = per_cpu_ptr(&page_cpu, cpu);
		pg_data_t *pgdat = node_data[cpu_to_node(cpu)];

		pc->zone = pgdat->node_zonelists[ZONE_NORMAL].zones[0];
		pc->pcp = zone_pcp(pc->zone, cpu);
		numa_set_mem(cpu, zone_to_nid(pc->zone));
	}
}

static void report_zones(void)
{
	struct zone *zone;

	for_each_populated_zone(zone)
		pr_info("mem: node %d %s: %lu MiB, %lu of %lu frames to give\n",
			zone_to_nid(zone), zone->name,
			zone->present_pages >> (20 - PAGE_SHIFT),
			zone->managed_pages, zone->present_pages);
}

void page_alloc_init(void)
{
	numa_init();
	if (zones_init())
		panic("no memory for the zones");
	attach_cpus();
	reserve_low_page();
	if (vmemmap_init())
		panic("no memory for page descriptors");
	frames_hand_over();
	build_zonelists();
	watermarks_init();
	set_fast_zones();
	ready = true;
	kasan_mm_init();
	memleak_init();
	report_zones();
}

unsigned long totalram_pages(void)
{
	unsigned long sum = 0;
	struct zone *zone;

	for_each_populated_zone(zone)
		sum += READ_ONCE(zone->managed_pages);
	return sum;
}

unsigned long totalhigh_pages(void)
{
	unsigned long sum = 0;
	struct zone *zone;

	for_each_populated_zone(zone)
		if (zone_idx(zone) == ZONE_HIGHMEM)
			sum += READ_ONCE(zone->managed_pages);
	return sum;
}

unsigned long nr_free_pages(void)
{
	unsigned long sum = 0;
	struct zone *zone;
	unsigned int cpu;

	for_each_populated_zone(zone) {
		sum += READ_ONCE(zone->free_pages);
		for_each_possible_cpu(cpu)
			sum += (unsigned long)READ_ONCE(
				zone_pcp(zone, cpu)->count);
	}
	return sum;
}

const struct highmem_ops *highmem_ops;

void *page_address(const struct page *page)
{
	if (page_zonenum(page) == ZONE_HIGHMEM)
		return highmem_ops ? highmem_ops->address(page) : NULL;
	return lowmem_page_address(page);
}
