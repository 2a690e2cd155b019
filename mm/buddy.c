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
 *       other; there, private is the order (A MM-B7).
 *   I2  No two free blocks of one zone are buddies of each other, but for
 *       the largest order.
 *   I3  free_area[k].nr_free is the number of blocks on the lists of order
 *       k; the sum of nr_free << k is free_pages.
 *   I4  A block lies on a list of a type; on which one only matters to where
 *       it is looked for first.
 * Locking. zone->lock, held by the caller.
 * Contexts. Any. No hardware is touched; compiled for the host too.
 * Limits. Frames of a block lie in one zone: a buddy of another zone, which
 *	happens where two nodes meet, is not united with.
 */
#include "buddy.h"

#include <base/assert.h>
#include <base/bits.h>

/* A block that is worth taking over with all that is free around it. */
#define LARGE_ORDER ((MAX_ORDER - 1) / 2)

void buddy_init(struct zone *zone)
{
	for (unsigned int k = 0; k < MAX_ORDER; k++) {
		for (unsigned int t = 0; t < MIGRATE_TYPES; t++)
			INIT_LIST_HEAD(&zone->free_area[k].free_list[t]);
		zone->free_area[k].nr_free = 0;
	}
	zone->free_pages = 0;
}

static __always_inline void link_block(struct free_area *area,
				       struct page *page, unsigned int order,
				       unsigned int type)
{
	page->private = order; /* I1 */
	page->flags |= BIT(PG_buddy);
	list_add(&page->lru, &area->free_list[type]);
	area->nr_free++;
}

static __always_inline void unlink_block(struct free_area *area,
					 struct page *page)
{
	__list_del_entry(&page->lru);
	area->nr_free--;
	page->flags &= ~BIT(PG_buddy); /* I1 */
	page->private = 0;
}

/* Halves a block of order @high down to @low; the upper halves stay free. */
static __always_inline void expand(struct zone *zone, struct page *page,
				   unsigned int low, unsigned int high,
				   unsigned int type)
{
	struct free_area *area = &zone->free_area[high];

	while (high > low) {
		high--;
		area--;
		link_block(area, page + BIT(high), high, type);
	}
}

/* The smallest block of this type that is large enough (A MM-B3). */
static __always_inline struct page *
take_smallest(struct zone *zone, unsigned int order, unsigned int type)
{
	struct free_area *area = &zone->free_area[order];
	unsigned int k = order;
	struct page *page;

	while (list_empty(&area->free_list[type])) {
		if (++k == MAX_ORDER)
			return NULL;
		area++;
	}
	page = list_first_entry(&area->free_list[type], struct page, lru);
	unlink_block(area, page);
	zone->free_pages -= BIT(order);
	expand(zone, page, order, k, type);
	return page;
}

unsigned long buddy_set_type(struct zone *zone, struct page *page, int type)
{
	struct page *p = page_block(page, MAX_ORDER - 1);
	struct page *end = p + MAX_ORDER_NR_PAGES;
	unsigned long moved = 0;

	p->block_type = (u8)type;
	while (p < end) {
		unsigned long nr = 1;

		if (PageBuddy(p) && page_zone(p) == zone) {
			nr = BIT(p->private);
			list_del(&p->lru);
			list_add(&p->lru,
				 &zone->free_area[p->private].free_list[type]);
			moved += nr;
		}
		p += nr;
	}
	return moved;
}

/* Free frames of the largest block that @page lies in. */
static unsigned long free_in_block(const struct zone *zone,
				   const struct page *page)
{
	const struct page *p = page_block(page, MAX_ORDER - 1);
	const struct page *end = p + MAX_ORDER_NR_PAGES;
	unsigned long nr_free = 0;

	while (p < end) {
		unsigned long nr = 1;

		if (PageBuddy(p) && page_zone(p) == zone) {
			nr = BIT(p->private);
			nr_free += nr;
		}
		p += nr;
	}
	return nr_free;
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

	zone->nr_fallback++;
	if ((k >= LARGE_ORDER || type == MIGRATE_RECLAIMABLE) &&
	    free_in_block(zone, page) >= MAX_ORDER_NR_PAGES / 2) {
		buddy_set_type(zone, page, (int)type);
		keep = type;
	}
	unlink_block(&zone->free_area[k], page);
	zone->free_pages -= BIT(order);
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
		struct free_area *area = &zone->free_area[k];

		for (unsigned int i = 0; i < ARRAY_SIZE(fallbacks[0]); i++) {
			struct list_head *list =
				&area->free_list[fallbacks[type][i]];

			if (!list_empty(list))
				return steal(zone,
					     list_first_entry(list, struct page,
							      lru),
					     order, type);
		}
	}
	/* Rather the reserve than failure. */
	return take_smallest(zone, order, MIGRATE_RESERVE);
}

struct page *buddy_alloc(struct zone *zone, unsigned int order, int type)
{
	struct page *page = take_smallest(zone, order, (unsigned int)type);

	if (unlikely(!page))
		page = take_fallback(zone, order, (unsigned int)type);
	return page;
}

void buddy_free(struct zone *zone, struct page *page, unsigned int order)
{
	struct free_area *area = &zone->free_area[order];
	unsigned int type = get_pageblock_migratetype(page);
	const unsigned long mask = PAGE_ZONE_MASK | BIT(PG_buddy);
	const unsigned long want =
		(page->flags & PAGE_ZONE_MASK) | BIT(PG_buddy);

	zone->free_pages += BIT(order);
	for (; order < MAX_ORDER - 1; order++, area++) {
		struct page *buddy = page_buddy(page, order);

		/* Free as a whole, and of the same zone? */
		if ((buddy->flags & mask) != want || buddy->private != order)
			break;
		unlink_block(area, buddy);
		page = page_block(page, order + 1);
	}
	link_block(area, page, order, type);
}
