/* SPDX-License-Identifier: MIT */
/*
 * test_zone.c - nodes and zones, and from where a request is served.
 */
#include <mm/mmzone.h>

#include <arch/page.h>
#include <base/bits.h>
#include <lib/cpumask.h>
#include <lib/selftest.h>
#include <lib/string.h>
#include <mm/memblock.h>

#include "hoard.h"

#define DMA_END	  PFN_DOWN(16UL << 20)
#define DMA32_END PFN_DOWN(1UL << 32)

static unsigned long memory_frames(void)
{
	unsigned long sum = 0;
	unsigned int region = 0;
	phys_addr_t start, end;

	while (memblock_next_memory(&region, &start, &end))
		sum += PFN_UP(end) - PFN_DOWN(start);
	return sum;
}

SELFTEST(mm, zone, nodes, "A MM-Z1")
{
	unsigned long present = 0;
	int nid;

	EXPECT_GE(nr_online_nodes, 1);
	for_each_online_node(nid) {
		pg_data_t *pgdat = NODE_DATA(nid);
		unsigned long in_zones = 0;

		REQUIRE_TRUE(pgdat != NULL);
		EXPECT_EQ(pgdat->node_id, nid);
		EXPECT_GE(pgdat->node_spanned_pages, pgdat->node_present_pages);
		for (unsigned int z = 0; z < MAX_NR_ZONES; z++) {
			const struct zone *zone = &pgdat->node_zones[z];

			in_zones += zone->present_pages;
			EXPECT_PTR_EQ(zone->zone_pgdat, pgdat);
			if (!populated_zone(zone))
				continue;
			EXPECT_GE(zone->zone_start_pfn, pgdat->node_start_pfn);
			EXPECT_LE(zone_end_pfn(zone),
				  pgdat->node_start_pfn +
					  pgdat->node_spanned_pages);
		}
		EXPECT_EQ(in_zones, pgdat->node_present_pages);
		present += in_zones;
	}
	EXPECT_EQ(present, memory_frames());
	EXPECT_PTR_EQ(NODE_DATA(-1), NULL);
	EXPECT_PTR_EQ(NODE_DATA((int)MAX_NUMNODES), NULL);
}

SELFTEST(mm, zone, one_node, "A MM-Z2")
{
	EXPECT_PTR_EQ(NODE_DATA(0), &contig_page_data);
	if (nr_online_nodes > 1)
		return selftest_skip("needs a machine of one node");
	EXPECT_EQ(contig_page_data.node_present_pages, memory_frames());
	EXPECT_EQ(contig_page_data.node_start_pfn,
		  PFN_DOWN(memblock_start_of_DRAM()));
	EXPECT_EQ(contig_page_data.node_start_pfn +
			  contig_page_data.node_spanned_pages,
		  max_pfn);
	EXPECT_EQ(numa_node_id(), 0);
	EXPECT_EQ(node_distance(0, 0), 10);
}

/* All frames of as many blocks as there are lie below @end. */
static void all_below(gfp_t gfp, unsigned long end)
{
	unsigned int n = 0, wrong = 0;
	HOARD(held);

	for (unsigned int i = 0; i < 200; i++) {
		struct page *page = hoard_take(&held, gfp, i % 5);

		if (!page)
			continue;
		n++;
		wrong += page_to_pfn(page) + BIT(i % 5) > end;
	}
	EXPECT_GT(n, 20);
	EXPECT_EQ(wrong, 0);
	hoard_free(&held);
}

SELFTEST(mm, zone, limits, "A MM-Z3")
{
	struct page *page;
	struct zone *zone;

	for_each_populated_zone(zone) {
		unsigned long start = zone->zone_start_pfn;
		unsigned long end = zone_end_pfn(zone);

		switch (zone_idx(zone)) {
		case ZONE_DMA:
			EXPECT_LE(end, DMA_END);
			break;
		case ZONE_DMA32:
			EXPECT_GE(start, DMA_END);
			EXPECT_LE(end, DMA32_END);
			break;
		case ZONE_HIGHMEM: /* option highmem= */
			EXPECT_GE(start, max_low_pfn);
			break;
		default:
			EXPECT_EQ(zone_idx(zone), ZONE_NORMAL);
			EXPECT_GE(start, DMA32_END);
		}
	}
	all_below(GFP_DMA, DMA_END);
	all_below(GFP_DMA32, DMA32_END);
	if (max_pfn <= DMA32_END)
		return; /* 4 GiB and more make a proof of it */
	page = alloc_page(GFP_KERNEL);
	REQUIRE_TRUE(page != NULL);
	if (nr_online_nodes == 1)
		EXPECT_GE(page_to_pfn(page), DMA32_END);
	__free_page(page);
}

SELFTEST(mm, zone, descriptors, "A MM-Z4")
{
	unsigned long present = 0, managed = 0;
	struct zone *zone;

	for_each_populated_zone(zone) {
		EXPECT_LT(zone->watermark[WMARK_MIN],
			  zone->watermark[WMARK_LOW]);
		EXPECT_LT(zone->watermark[WMARK_LOW],
			  zone->watermark[WMARK_HIGH]);
		EXPECT_GE(zone->spanned_pages, zone->present_pages);
		EXPECT_GE(zone->present_pages, zone->managed_pages);
		EXPECT_GE(zone->managed_pages, zone->free_pages);
		EXPECT_PTR_EQ(page_zone(pfn_to_page(zone->zone_start_pfn)),
			      zone);
		present += zone->present_pages;
		managed += zone->managed_pages;
	}
	EXPECT_EQ(present, memory_frames());
	EXPECT_EQ(managed, totalram_pages());
	EXPECT_STREQ(contig_page_data.node_zones[ZONE_DMA].name, "DMA");
	EXPECT_STREQ(contig_page_data.node_zones[ZONE_DMA32].name, "DMA32");
	EXPECT_STREQ(contig_page_data.node_zones[ZONE_NORMAL].name, "Normal");
	/* Five of them are named, three are ever filled (E75). */
	EXPECT_EQ(MAX_NR_ZONES, 5);
	EXPECT_EQ(populated_zone(&contig_page_data.node_zones[ZONE_HIGHMEM]),
		  totalhigh_pages() != 0);
	EXPECT_FALSE(
		populated_zone(&contig_page_data.node_zones[ZONE_MOVABLE]));
}

SELFTEST(mm, zone, reserve_sizes, "A MM-Z5")
{
	struct zone *zone;

	for_each_populated_zone(zone) {
		const struct zone *zones = zone->zone_pgdat->node_zones;
		unsigned long above = 0;

		for (unsigned int j = 0; j < MAX_NR_ZONES; j++) {
			if (j > zone_idx(zone))
				above += zones[j].managed_pages;
			EXPECT_EQ(zone->lowmem_reserve[j], above / 256);
		}
	}
}

/* Who could have used a higher zone leaves DMA memory to those who cannot. */
SELFTEST(mm, zone, reserve_is_kept, "A MM-Z5, A MM-Z3")
{
	struct zone *dma = &contig_page_data.node_zones[ZONE_DMA];
	unsigned int class_idx = zone_idx(first_choice());
	unsigned long reserve = dma->lowmem_reserve[class_idx];
	unsigned long left, more;
	HOARD(held);

	if (first_choice() == dma || zone_to_nid(first_choice()))
		return selftest_skip("needs more than the DMA zone");
	drain_all_pages();
	hoard_all(&held, GFP_NOWAIT, 0);
	drain_all_pages();
	left = dma->free_pages;
	EXPECT_GE(left + 31, min(reserve, dma->managed_pages / 2));
	more = hoard_all(&held, GFP_DMA, 0);
	EXPECT_GT(more, 0);
	EXPECT_GE(more + dma->watermark[WMARK_MIN] + 31,
		  min(reserve, dma->managed_pages / 2));
	EXPECT_LT(dma->free_pages, left);
	hoard_free(&held);
}

/* Position of a zone in a list; the number of zones if it is not there. */
static unsigned int position(const struct zonelist *list,
			     const struct zone *zone)
{
	unsigned int i = 0;

	while (list->zones[i] && list->zones[i] != zone)
		i++;
	return i;
}

/* May @b stand behind @a in a list of node @nid? */
static bool in_order(int nid, struct zone *a, struct zone *b)
{
	if (zone_to_nid(a) == zone_to_nid(b))
		return zone_idx(a) > zone_idx(b);
	return node_distance(nid, zone_to_nid(a)) <=
	       node_distance(nid, zone_to_nid(b));
}

/* Each zone that will do, once; near ones first. */
static void check_zonelist(int nid, unsigned int class_idx)
{
	struct zonelist *list = &NODE_DATA(nid)->node_zonelists[class_idx];
	unsigned int n = 0, missing = 0, misplaced = 0;
	struct zone *zone;

	for_each_populated_zone(zone) {
		if (zone_idx(zone) > class_idx)
			continue;
		n++;
		missing += !list->zones[position(list, zone)];
	}
	EXPECT_PTR_EQ(list->zones[n], NULL);
	for (unsigned int i = 1; i < n; i++)
		misplaced += !in_order(nid, list->zones[i - 1], list->zones[i]);
	EXPECT_EQ(missing, 0);
	EXPECT_EQ(misplaced, 0);
}

SELFTEST(mm, zone, zonelists, "A MM-A6, A MM-Z1")
{
	int nid;

	for_each_online_node(nid)
		for (unsigned int c = 0; c < MAX_NR_ZONES; c++)
			check_zonelist(nid, c);
}

/*
 * The first zone down to its low mark, then the next, then the next. After
 * the last one it begins anew with the min marks.
 */
SELFTEST(mm, zone, fallback_order, "A MM-A6, A MM-ZA2")
{
	struct zonelist *list =
		&NODE_DATA(numa_node_id())->node_zonelists[ZONE_NORMAL];
	unsigned int class_idx = zone_idx(first_choice());
	unsigned int at = 0, pos = 0, early = 0;
	struct zone *next = list->zones[1];
	struct page *page;
	HOARD(held);

	if (!next)
		return selftest_skip("needs two zones");
	EXPECT_PTR_EQ(first_choice(), list->zones[0]);
	while ((page = hoard_take(&held, GFP_NOWAIT, 5))) {
		pos = position(list, page_zone(page));
		if (pos < at)
			break;
		for (unsigned int i = at; i < pos; i++)
			early += zone_watermark_ok(
				list->zones[i], 5,
				list->zones[i]->watermark[WMARK_LOW], class_idx,
				0);
		at = pos;
	}
	EXPECT_EQ(early, 0);
	if (next->managed_pages >
	    2 * (next->watermark[WMARK_HIGH] + next->lowmem_reserve[class_idx]))
		EXPECT_GT(at, 0);
	if (page) /* nobody had enough any more */
		for (unsigned int i = 0; list->zones[i]; i++)
			EXPECT_FALSE(zone_watermark_ok(
				list->zones[i], 5,
				list->zones[i]->watermark[WMARK_LOW], class_idx,
				0));
	hoard_free(&held);
}

SELFTEST(mm, zone, near_memory_first, "A MM-Z1, A MM-A6")
{
	unsigned int cpu;
	int nid;

	if (nr_online_nodes < 2)
		return selftest_skip("needs two nodes");
	for_each_possible_cpu(cpu)
		EXPECT_LT((unsigned int)cpu_to_node(cpu), nr_online_nodes);
	EXPECT_EQ(numa_node_id(), cpu_to_node(smp_processor_id()));
	for_each_online_node(nid) {
		struct page *page = alloc_pages_node(nid, GFP_KERNEL, 1);

		REQUIRE_TRUE(page != NULL);
		if (NODE_DATA(nid)->node_present_pages)
			EXPECT_EQ(page_to_nid(page), nid);
		__free_pages(page, 1);
	}
}

SELFTEST(mm, zone, this_node_only, "A MM-A3, A MM-A6")
{
	int nid = numa_node_id();
	struct page *page;
	HOARD(held);

	if (nodes_with_memory() < 2 || !has_memory(nid))
		return selftest_skip("needs two nodes with memory");
	for (unsigned int k = MAX_ORDER; k-- > 0;)
		while (hoard_keep(
			&held, alloc_pages_node(
				       nid, __GFP_THISNODE | __GFP_NOWARN, k)))
			;
	page = list_first_entry(&held.blocks, struct page, lru);
	EXPECT_EQ(page_to_nid(page), nid);
	/* The others have plenty. */
	page = alloc_pages_node(nid, __GFP_NOWARN, 0);
	if (EXPECT_TRUE(page != NULL)) {
		EXPECT_NE(page_to_nid(page), nid);
		__free_page(page);
	}
	hoard_free(&held);
}
