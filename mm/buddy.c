/* SPDX-License-Identifier: MIT */
/*
 * buddy.c - which frames of a zone are free, in blocks of powers of two.
 *
 * Model (A MM-B1..B7). A block of order k is 2^k frames at a frame number
 * that is a multiple of 2^k. Its buddy is the neighbour with which it makes a
 * block of order k+1; their numbers differ in bit k only.
 *
 *	order 3  [               0               ]
 *	order 2  [       0       |       4       ]	4 = 0 ^ (1 << 2)
 *	order 1  [   0   |   2   |   4   |   6   ]
 *
 * To allocate, the smallest free block that is large enough is halved until
 * it fits; the upper halves stay free. To free, a block is united with its
 * buddy as long as that is free as a whole. Descriptors lie side by side, and
 * the array is aligned to a largest block, so bit k of the frame number is
 * bit k+6 of the descriptor's address, and the arithmetic is done on that.
 *
 * For each order there is a list for every migrate type, so that frames that
 * can never be moved gather in few places. A largest block is meant for one
 * type; free parts of it lie on that type's lists. A type that has nothing
 * left takes from another (MM-B5): the largest block there is, and with it,
 * if it is large, all that is free around it.
 *
 * Invariants.
 *   I1  PG_buddy is set on the first frame of each free block and on no
 *       other; there, private is the order, and flags are exactly zone, node,
 *       PG_buddy and order (A MM-B7). So one comparison tells whether a buddy
 *       is free as a whole and of the same zone.
 *   I2  No two free blocks of one zone are buddies of each other, but for
 *       the largest order.
 *   I3  nr_free of a list is its length; the sum of
 *       nr_free << k is free_pages; nr_largest is that of the largest order.
 *   I4  A free block lies on a list of the type of the largest block that it
 *       is part of.
 *   I5  The type of a largest block whose frames are of different zones never
 *       changes, because no lock protects all of it.
 * Locking. zone->lock, held by the caller.
 * Contexts. Any. No hardware is touched; compiled for the host too.
 * Limits. mm/numa.c (I2) lets no largest block be of several zones. Should one
 *	be, I5 and the comparison of I1 keep it harmless, but nothing is united
 *	across the border.
 */
#include "buddy.h"

#include <base/assert.h>

/* (i) here because the host's tests have no other part of mm. */
struct zone *zone_table[1U << (NODES_WIDTH + ZONES_WIDTH)];

/* A block that is worth taking over with all that is free around it. */
#define LARGE_ORDER ((MAX_ORDER - 1) / 2)

void buddy_init(struct zone *zone)
{
	for (unsigned int k = 0; k < MAX_ORDER; k++) {
		for (unsigned int t = 0; t < MIGRATE_TYPES; t++) {
			struct free_list *list =
				&zone->free_area[k].free_list[t];

			INIT_LIST_HEAD(&list->list);
			list->nr_free = 0;
		}
	}
	zone->nr_largest = 0;
	zone->free_pages = 0;
}

/* A free block of the zone that has these bits in flags. */
static bool is_free_block(const struct page *page, unsigned long zone_bits)
{
	return PageBuddy(page) && (page->flags & PAGE_ZONE_MASK) == zone_bits;
}

unsigned long buddy_set_type(struct zone *zone, struct page *page,
			     unsigned int type)
{
	struct page *p = page_block(page, MAX_ORDER - 1);
	struct page *end = p + MAX_ORDER_NR_PAGES;
	unsigned int old = p->block_type;
	unsigned long zone_bits = page->flags & PAGE_ZONE_MASK;
	unsigned long moved = 0;

	if (p->block_mixed) /* I5 */
		return 0;
	p->block_type = (u8)type;
	while (p < end) {
		unsigned long nr = 1;

		if (is_free_block(p, zone_bits)) {
			unsigned int k = (unsigned int)p->private;

			nr = BIT(k);
			unlink_block(list_of(type_lists(zone, old), k), p,
				     zone_bits);
			link_block(list_of(type_lists(zone, type), k), p, k,
				   zone_bits); /* I4 */
			moved += nr;
		}
		p += nr;
	}
	return moved;
}

/* Free frames of the largest block that @page lies in. */
static unsigned long free_in_block(const struct page *page,
				   unsigned long zone_bits)
{
	const struct page *p = page_block(page, MAX_ORDER - 1);
	const struct page *end = p + MAX_ORDER_NR_PAGES;
	unsigned long nr_free = 0;

	while (p < end) {
		unsigned long nr = 1;

		if (is_free_block(p, zone_bits)) {
			nr = BIT(p->private);
			nr_free += nr;
		}
		p += nr;
	}
	return nr_free;
}

/* Halves a block of order @high; the upper halves stay free (A MM-B4). */
static void expand(struct zone *zone, struct page *page, unsigned int order,
		   unsigned int high, unsigned int type)
{
	struct free_list *lists = type_lists(zone, type);
	unsigned long zone_bits = page->flags & PAGE_ZONE_MASK;

	zone->nr_largest -= high == MAX_ORDER - 1;
	zone->free_pages -= BIT(order);
	while (high-- > order)
		link_block(list_of(lists, high), page + BIT(high), high,
			   zone_bits);
}

/* The smallest block of this type that is large enough (A MM-B3). */
static struct page *take_smallest(struct zone *zone, unsigned int order,
				  unsigned int type)
{
	for (unsigned int k = order; k < MAX_ORDER; k++) {
		struct free_list *list = &zone->free_area[k].free_list[type];

		if (list->nr_free) {
			struct page *page = take_first(list);

			expand(zone, page, order, k, type);
			return page;
		}
	}
	return NULL;
}

/*
 * Takes a block of another type. If it is large, or if what it is for cannot
 * be moved out of the way later, its surroundings change sides too, as soon
 * as half of them is free: better one block of mixed use than many.
 */
static struct page *steal(struct zone *zone, struct page *page,
			  unsigned int order, unsigned int type)
{
	unsigned int k = (unsigned int)page->private;
	unsigned int keep = get_pageblock_migratetype(page);
	unsigned long zone_bits = page->flags & PAGE_ZONE_MASK;

	zone->nr_fallback++;
	if ((k >= LARGE_ORDER || type == MIGRATE_RECLAIMABLE) &&
	    free_in_block(page, zone_bits) >= MAX_ORDER_NR_PAGES / 2 &&
	    buddy_set_type(zone, page, type))
		keep = type;
	unlink_block(&zone->free_area[k].free_list[keep], page, zone_bits);
	expand(zone, page, order, k, keep);
	return page;
}

/* Largest first, so that few blocks are of mixed use (A MM-B5). */
static noinline struct page *
take_fallback(struct zone *zone, unsigned int order, unsigned int type)
{
	static const u8 fallbacks[MIGRATE_PCPTYPES][2] = {
		[MIGRATE_UNMOVABLE] = {MIGRATE_RECLAIMABLE, MIGRATE_MOVABLE},
		[MIGRATE_RECLAIMABLE] = {MIGRATE_UNMOVABLE, MIGRATE_MOVABLE},
		[MIGRATE_MOVABLE] = {MIGRATE_RECLAIMABLE, MIGRATE_UNMOVABLE},
	};

	for (unsigned int k = MAX_ORDER; k-- > order;) {
		for (unsigned int i = 0; i < ARRAY_SIZE(fallbacks[0]); i++) {
			struct free_list *list =
				&zone->free_area[k]
					 .free_list[fallbacks[type][i]];

			if (list->nr_free)
				return steal(zone,
					     list_first_entry(&list->list,
							      struct page, lru),
					     order, type);
		}
	}
	/* Rather the reserve than failure. */
	return take_smallest(zone, order, MIGRATE_RESERVE);
}

struct page *buddy_alloc(struct zone *zone, unsigned int order,
			 unsigned int type)
{
	struct page *page = take_smallest(zone, order, type);

	if (unlikely(!page))
		page = take_fallback(zone, order, type);
	return page;
}

void buddy_free(struct zone *zone, struct page *page, unsigned int order)
{
	buddy_put(zone, page, order);
}
