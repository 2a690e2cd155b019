/* SPDX-License-Identifier: MIT */
/*
 * buddy.h - free blocks of a zone; the model stands in mm/buddy.c.
 *
 * All functions: zone->lock held (or a zone that nobody else has), interrupts
 * off. Any context. The frames belong to the zone.
 */
#ifndef MM_BUDDY_H
#define MM_BUDDY_H

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

/* Says so, and leaves blocks that are free where they are. */
static inline void set_pageblock_migratetype(struct page *page, int type)
{
	page_block(page, MAX_ORDER - 1)->block_type = (u8)type;
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
 * Return: its first frame, aligned to the block; NULL: no such block. The
 * frames have count 0, no PG_buddy and private 0.
 */
struct page *buddy_alloc(struct zone *zone, unsigned int order, int type);

/**
 * buddy_free() - give a block back, uniting it with free neighbours.
 * @page: first frame of an aligned block of which no part is free.
 * @order: 0..MAX_ORDER-1.
 */
void buddy_free(struct zone *zone, struct page *page, unsigned int order);

/**
 * buddy_set_type() - change what a largest block is meant for, and move its
 * free parts to the lists of that type.
 * @page: any frame of the block.
 *
 * Return: frames moved.
 */
unsigned long buddy_set_type(struct zone *zone, struct page *page, int type);

#endif /* MM_BUDDY_H */
