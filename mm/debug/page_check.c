/* SPDX-License-Identifier: MIT */
/*
 * page_check.c - are free blocks what mm/buddy.c says they are?
 *
 * Model. Two walks that must agree: along the lists, which know every free
 * block, and over the descriptors, which are marked where one begins.
 *
 * Locking. zone->lock; page_check_lists() and page_check_frames() leave that
 *	to the caller.
 * Contexts. Any but NMI. The parts touch no hardware; compiled for the host.
 */
#include "page_check.h"

#include <base/bits.h>
#include <lib/list.h>

#include "../buddy.h"

static const char *check_block(const struct zone *zone, const struct page *page,
			       unsigned int order, unsigned int type)
{
	const struct page *buddy = page_buddy(page, order);
	unsigned long zone_bits = page->flags & PAGE_ZONE_MASK;

	if (page_block(page, order) != page)
		return "a free block is not aligned";
	if (page->flags != free_flags(zone_bits, order) ||
	    page->private != order)
		return "a free block has the wrong flags or order";
	if (atomic_read(&page->_count))
		return "a free block has users";
	if (zone_table[page->flags >> ZONES_SHIFT_IN_FLAGS] != zone)
		return "a free block is of another zone";
	if (get_pageblock_migratetype(page) != type)
		return "a free block is on the list of another type";
	if (order < MAX_ORDER - 1 &&
	    buddy->flags == free_flags(zone_bits, order))
		return "two free buddies are not united";
	return "";
}

static const char *check_list(const struct zone *zone, unsigned int order,
			      unsigned int type, unsigned long *frames)
{
	const struct free_list *list = &zone->free_area[order].free_list[type];
	const struct page *page;
	unsigned long n = 0;

	list_for_each_entry(page, &list->list, lru) {
		const char *why = check_block(zone, page, order, type);

		if (*why)
			return why;
		if (n++ > list->nr_free)
			break;
	}
	if (n != list->nr_free)
		return "nr_free is not the length of the list";
	*frames += n << order;
	return "";
}

const char *page_check_lists(const struct zone *zone)
{
	unsigned long frames = 0;

	for (unsigned int k = 0; k < MAX_ORDER; k++) {
		for (unsigned int t = 0; t < MIGRATE_TYPES; t++) {
			const char *why = check_list(zone, k, t, &frames);

			if (*why)
				return why;
		}
	}
	if (frames != zone->free_pages)
		return "free_pages is not the sum of the lists";
	if (nr_free_blocks(zone, MAX_ORDER - 1) != zone->nr_largest)
		return "nr_largest is not the number of largest blocks";
	return "";
}

/* I1: heads only; inside of a free block nothing is marked. */
const char *page_check_frames(const struct zone *zone, const struct page *first,
			      const struct page *end, unsigned long *blocks)
{
	const struct page *inside = first; /* of a free block up to here */

	for (const struct page *p = first; p < end; p++) {
		if (zone_table[p->flags >> ZONES_SHIFT_IN_FLAGS] != zone)
			continue;
		if (p < inside && (p->flags_low || atomic_read(&p->_count)))
			return "a frame inside of a free block is marked";
		if (!PageBuddy(p))
			continue;
		(*blocks)++;
		inside = p + BIT(p->private);
	}
	return "";
}
