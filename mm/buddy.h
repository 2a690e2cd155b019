/* SPDX-License-Identifier: MIT */
/*
 * buddy.h - free blocks of a zone; the model stands in mm/buddy.c.
 *
 * Functions that take a zone: zone->lock held (or a zone that nobody else
 * has), interrupts off. Any context.
 *
 * The two steps that large orders repeat, halving and uniting, are written
 * out for each order: loops would double their cost.
 */
#ifndef MM_BUDDY_H
#define MM_BUDDY_H

#include <base/bits.h>
#include <base/compiler.h>
#include <base/types.h>
#include <mm/mmzone.h>
#include <mm/page.h>

/* The other half of the block of twice the size (A MM-B6). */
static __always_inline struct page *page_buddy(const struct page *page,
					       unsigned int order)
{
	return (struct page *)((unsigned long)page ^ (sizeof(*page) << order));
}

/* The block of order @order that @page lies in. */
static __always_inline struct page *page_block(const struct page *page,
					       unsigned int order)
{
	return (struct page *)((unsigned long)page & ~0UL << 6 << order);
}
static_assert(sizeof(struct page) == 1UL << 6, "page_block() counts on it");

/* What the frames of a largest block are meant for: MIGRATE_. */
static __always_inline unsigned int
get_pageblock_migratetype(const struct page *page)
{
	return page_block(page, MAX_ORDER - 1)->block_type;
}

/* Empty lists. */
void buddy_init(struct zone *zone);

/**
 * buddy_alloc() - take a block.
 * @zone: has enough or not.
 * @order: 0..MAX_ORDER-1.
 * @type: MIGRATE_UNMOVABLE, _RECLAIMABLE or _MOVABLE; other lists, RESERVE
 *	last, serve when its own have nothing.
 *
 * Context: any, interrupts off. Locking: expects zone->lock.
 * Return: its first frame, aligned to the block; NULL: no such block. The
 * frames have count 0 and no flags.
 */
struct page *buddy_alloc(struct zone *zone, unsigned int order,
			 unsigned int type);

/**
 * buddy_free() - give a block back, uniting it with free neighbours.
 * @zone: of the block.
 * @page: first frame of an aligned block of which no part is free.
 * @order: 0..MAX_ORDER-1.
 *
 * Context: any, interrupts off. Locking: expects zone->lock.
 */
void buddy_free(struct zone *zone, struct page *page, unsigned int order);

/**
 * buddy_set_type() - change what a largest block is meant for, and move its
 * free parts to the lists of that type.
 * @zone: of the block.
 * @page: any frame of the block.
 * @type: any.
 *
 * Context: any, interrupts off. Locking: expects zone->lock.
 * Return: frames moved; 0: nothing, because the block is of several zones.
 */
unsigned long buddy_set_type(struct zone *zone, struct page *page,
			     unsigned int type);

/* ---- what the fast paths inline ------------------------------------------ */

/* flags of the first frame of a free block; @zone_bits: of any of its zone. */
static __always_inline unsigned long free_flags(unsigned long zone_bits,
						unsigned int order)
{
	return zone_bits + BIT(PG_buddy) +
	       ((unsigned long)order << PG_ORDER_SHIFT);
}

/*
 * The lists of one type: that of order k is k areas behind that of order 0.
 * The fast paths keep one pointer to the latter, and constants do the rest.
 */
static __always_inline struct free_list *type_lists(struct zone *zone,
						    unsigned int type)
{
	return &zone->free_area[0].free_list[type];
}

static __always_inline struct free_list *list_of(struct free_list *lists,
						 unsigned int order)
{
	return (struct free_list *)((char *)lists +
				    order * sizeof(struct free_area));
}

/* I1 and I3 for one block more. */
static __always_inline void link_block(struct free_list *list,
				       struct page *page, unsigned int order,
				       unsigned long zone_bits)
{
	page->flags = free_flags(zone_bits, order);
	page->private = order;
	list_add(&page->lru, &list->list);
	list->nr_free++;
}

/* The same when the list is empty. */
static __always_inline void link_only_block(struct free_list *list,
					    struct page *page,
					    unsigned int order,
					    unsigned long zone_bits)
{
	page->flags = free_flags(zone_bits, order);
	page->private = order;
	page->lru.next = &list->list;
	page->lru.prev = &list->list;
	list->list.next = &page->lru;
	list->list.prev = &page->lru;
	list->nr_free = 1;
}

static __always_inline void
unlink_block(struct free_list *list, struct page *page, unsigned long zone_bits)
{
	__list_del_entry(&page->lru);
	list->nr_free--;
	page->flags = zone_bits;
}

/* The first block of a list that is not empty. */
static __always_inline struct page *take_first(struct free_list *list)
{
	struct list_head *first = list->list.next;
	struct page *page = list_entry(first, struct page, lru);

	__list_del(&list->list, first->next);
	list->nr_free--;
	page->flags &= PAGE_ZONE_MASK;
	return page;
}

/* clang-format off */
/* Halves a largest block down to @order; the lists up to there are empty. */
static __always_inline void expand_largest(struct free_list *lists,
					   struct page *page,
					   unsigned int order)
{
	unsigned long zone_bits = page->flags;

#define HALF(k)                                                        \
	case k:                                                        \
		link_only_block(list_of(lists, k), page + BIT(k), k,   \
				zone_bits);                            \
		__attribute__((fallthrough));
	switch (order) {
	HALF(0) HALF(1) HALF(2) HALF(3) HALF(4)
	HALF(5) HALF(6) HALF(7) HALF(8) HALF(9)
	case MAX_ORDER - 1:
		return;
	default:
		__builtin_unreachable();
	}
#undef HALF
}

/**
 * buddy_take() - take a block of just that order, or a part of a largest one.
 * @zone: of the block.
 * @order: 0..MAX_ORDER-1.
 * @type: of the lists to take from; no others.
 *
 * Context: any, interrupts off. Locking: expects zone->lock.
 * Return: as buddy_alloc(). NULL: ask buddy_alloc(); nothing has changed.
 */
static __always_inline struct page *
buddy_take(struct zone *zone, unsigned int order, unsigned int type)
{
	struct free_list *lists = type_lists(zone, type);
	struct page *page;

#define LOOK(k)                                                 \
	case k:                                                 \
		if (list_of(lists, k)->nr_free) {               \
			if (k != order)                         \
				return NULL;                    \
			page = take_first(list_of(lists, k));   \
			break;                                  \
		}                                               \
		__attribute__((fallthrough));
	switch (order) {
	LOOK(0) LOOK(1) LOOK(2) LOOK(3) LOOK(4)
	LOOK(5) LOOK(6) LOOK(7) LOOK(8) LOOK(9)
	case MAX_ORDER - 1:
		if (!list_of(lists, MAX_ORDER - 1)->nr_free)
			return NULL;
		page = take_first(list_of(lists, MAX_ORDER - 1));
		zone->nr_largest--;
		expand_largest(lists, page, order);
		break;
	default:
		__builtin_unreachable();
	}
#undef LOOK
	zone->free_pages -= BIT(order);
	return page;
}
/* clang-format on */

/**
 * buddy_put() - the same as buddy_free(), inlined.
 * @zone: of the block.
 * @page: first frame of the block.
 * @order: 0..MAX_ORDER-1.
 *
 * Context: any, interrupts off. Locking: expects zone->lock.
 */
static __always_inline void buddy_put(struct zone *zone, struct page *page,
				      unsigned int order)
{
	struct free_list *lists =
		type_lists(zone, get_pageblock_migratetype(page));
	unsigned long zone_bits = page->flags & PAGE_ZONE_MASK;

	zone->free_pages += BIT(order);
/* clang-format off */
#define UNITE(k)                                                            \
	case k: {                                                           \
		struct page *buddy = page_buddy(page, k);                   \
		if (buddy->flags != free_flags(zone_bits, k)) {             \
			link_block(list_of(lists, k), page, k, zone_bits);  \
			return;                                             \
		}                                                           \
		unlink_block(list_of(lists, k), buddy, zone_bits);          \
		page = (struct page *)((unsigned long)page &                \
				       (unsigned long)buddy);               \
		__attribute__((fallthrough));                               \
	}
	switch (order) {
	UNITE(0) UNITE(1) UNITE(2) UNITE(3) UNITE(4)
	UNITE(5) UNITE(6) UNITE(7) UNITE(8) UNITE(9)
	case MAX_ORDER - 1:
		zone->nr_largest++;
		link_block(list_of(lists, MAX_ORDER - 1), page, MAX_ORDER - 1,
			   zone_bits);
		return;
	default:
		__builtin_unreachable();
	}
#undef UNITE
	/* clang-format on */
}

#endif /* MM_BUDDY_H */
