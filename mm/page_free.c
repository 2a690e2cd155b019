/* SPDX-License-Identifier: MIT */
/*
 * page_free.c - frames that come back, and references to them.
 *
 * Model (A MM-P3, E66). A frame in use has a count of users; whoever takes
 * the last one away frees it. __free_pages() drops the reference that
 * alloc_pages() gave, and says the order once more, which must be the same;
 * put_page() drops any, and is for single frames and compound pages.
 *
 * What comes back is looked at (A MM-B9), because a frame freed twice is
 * given out twice, and then the machine dies somewhere else. A block that is
 * refused is reported, keeps its reference and stays whose it was.
 *
 * Invariants.
 *   I1  A frame goes to a list only with count 0, no flags, and the order
 *       with which it was given out.
 * Locking. Interrupts off for per-CPU lists, zone->lock for buddy lists.
 * Contexts. Any but NMI.
 * Limits. The tails of a block that is not compound are looked at in debug
 *	builds only. A frame freed twice is not noticed when it has been given
 *	out again between.
 */
#include "page_alloc.h"

#include <base/assert.h>
#include <base/bits.h>
#include <lib/irqflags.h>
#include <lib/spinlock.h>
#include <mm/kasan.h>

#include "buddy.h"
#include "compound.h"
#include "pcp.h"

/* Of flags_low: what must be as the order says, or 0. */
#define CHECK_AT_FREE ((u32)(PAGE_FLAGS_CHECK_AT_FREE | PG_ORDER_MASK))

/* Why a block cannot be taken back; NULL: it can. */
static const char *what_is_wrong(const struct page *page, unsigned int order)
{
	if (page->flags & BIT(PG_reserved))
		return "is reserved";
	if (page->flags & BIT(PG_tail))
		return "is the tail of a compound page";
	if (order >= MAX_ORDER || page_order(page) != order)
		return "was allocated with another order";
	if (!IS_ALIGNED(page_to_pfn(page), BIT(order)))
		return "is not aligned to the order";
	if (page->flags & BIT(PG_slab))
		return "belongs to a slab";
	if (page->flags & PAGE_FLAGS_CHECK_AT_FREE & ~BIT(PG_compound))
		return "is still in use";
	return NULL;
}

static bool tails_ok(const struct page *page, unsigned int order)
{
	for (unsigned long i = 1; i < BIT(order); i++) {
		if ((page[i].flags & (PAGE_FLAGS_ALL | PG_ORDER_MASK)) ||
		    atomic_read(&page[i]._count))
			return false;
	}
	return true;
}

/* Reports it, and gives the reference back. */
static noinline void refuse(struct page *page, const char *why)
{
	atomic_inc(&page->_count);
	bad_page(page, why ? why : "is still in use");
}

static noinline void refuse_frame(struct page *page)
{
	refuse(page, what_is_wrong(page, 0));
}

/* The count is 0, and all is well. */
static noinline void free_good_block(struct page *page, unsigned int order)
{
	struct zone *zone = page_zone(page);
	unsigned long flags;

	page->flags_low = 0; /* I1 */
	kasan_free_pages(page, order);
	raw_spin_lock_irqsave(&zone->lock, flags);
	zone->nr_locked++;
	buddy_put(zone, page, order);
	raw_spin_unlock_irqrestore(&zone->lock, flags);
}

/* The count is 0: a block that is compound or broken, or a locked zone. */
static noinline void free_block_slow(struct page *page, unsigned int order)
{
	const char *why = what_is_wrong(page, order);

	if (why)
		refuse(page, why);
	else if (PageCompound(page) && !destroy_compound_page(page, order))
		refuse(page, "has a tail that is not its own");
	else if (CONFIG_DEBUG && !tails_ok(page, order))
		refuse(page, "has a frame that is in use");
	else
		free_good_block(page, order);
}

/* The count is 0. All calls are the last thing done: see alloc_hot(). */
static noinline void free_block(struct page *page, unsigned int order)
{
	struct zone *zone = page_zone(page);
	unsigned long flags;

	if (unlikely(CONFIG_DEBUG) ||
	    unlikely((page->flags_low & CHECK_AT_FREE) !=
		     (unsigned long)order << PG_ORDER_SHIFT) ||
	    unlikely(page_block(page, order) != page)) {
		free_block_slow(page, order);
		return;
	}
	page->flags_low = 0; /* I1: once united it is no head any more */
	local_irq_save(flags);
	if (unlikely(!raw_spin_trylock(&zone->lock))) {
		local_irq_restore(flags);
		free_good_block(page, order);
		return;
	}
	zone->nr_locked++;
	buddy_put(zone, page, order);
	raw_spin_unlock(&zone->lock);
	local_irq_restore(flags);
}

/* The count is 0. All calls are the last thing done: see alloc_hot(). */
static __always_inline void free_frame(struct page *page, bool cold)
{
	unsigned long flags;

	if (unlikely(page->flags_low & CHECK_AT_FREE)) {
		refuse_frame(page);
		return;
	}
	page->flags_low = 0; /* I1 */
	kasan_free_pages(page, 0);
	local_irq_save(flags);
	pcp_free(page_zone(page), page, cold, flags);
}

/* Other users are left, or there was none: a frame freed twice. */
static noinline void not_the_last(struct page *page)
{
	if (likely(atomic_read(&page->_count) > 0))
		return;
	atomic_inc(&page->_count);
	bad_page(page, PageTail(page) ? "is the tail of a compound page"
				      : "is freed, but it is free");
}

void __free_pages(struct page *page, unsigned int order)
{
	if (unlikely(!atomic_dec_and_test(&page->_count)))
		not_the_last(page);
	else if (likely(!order))
		free_frame(page, false);
	else
		free_block(page, order);
}

void free_pages(unsigned long addr, unsigned int order)
{
	if (!addr)
		return;
	if (WARN(!virt_addr_valid((void *)addr),
		 "free_pages(%#lx, %u): not an address of a page", addr, order))
		return;
	__free_pages(virt_to_page((void *)addr), order);
}

void free_hot_page(struct page *page)
{
	if (likely(atomic_dec_and_test(&page->_count)))
		free_frame(page, false);
	else
		not_the_last(page);
}

void free_cold_page(struct page *page)
{
	if (likely(atomic_dec_and_test(&page->_count)))
		free_frame(page, true);
	else
		not_the_last(page);
}

int page_count(struct page *page)
{
	return atomic_read(&compound_head(page)->_count);
}

void get_page(struct page *page)
{
	page = compound_head(page);
	BUG_ON(atomic_read(&page->_count) <= 0);
	atomic_inc(&page->_count);
}

void put_page(struct page *page)
{
	page = compound_head(page);
	BUG_ON(atomic_read(&page->_count) <= 0);
	if (!atomic_dec_and_test(&page->_count))
		return;
	if (PageCompound(page))
		free_block(page, page_order(page));
	else
		free_frame(page, false);
}

void split_page(struct page *page, unsigned int order)
{
	BUG_ON(PageCompound(page) || page_order(page) != order);
	page->flags &= ~PG_ORDER_MASK;
	for (unsigned long i = 1; i < BIT(order); i++)
		atomic_set(&page[i]._count, 1);
}

void free_reserved_page(struct page *page)
{
	struct zone *zone = page_zone(page);
	unsigned long flags;

	BUG_ON(!PageReserved(page) || atomic_read(&page->_count) != 1);
	page->flags &= PAGE_ZONE_MASK;
	raw_spin_lock_irqsave(&zone->lock, flags);
	zone->managed_pages++;
	raw_spin_unlock_irqrestore(&zone->lock, flags);
	__free_page(page);
}
