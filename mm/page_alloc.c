/* SPDX-License-Identifier: MIT */
/*
 * page_alloc.c - frames on request: the paths that every request takes.
 *
 * Model (A MM-A1). Three parts stand behind alloc_pages(): this CPU's list of
 * frames (mm/pcp.c), the buddy lists of a zone (mm/buddy.c), and the rules
 * about which zone may still give (mm/watermark.c, mm/page_slow.c).
 *
 *	alloc_pages()	one frame for a plain request: first zone above its
 *	    |		low mark, first frame of the list has the type
 *	__alloc_pages()	everything else: the zones of the list in turn, each
 *	    |		that is above its low mark
 *	alloc_pages_slow()	memory is short
 *
 * The first of these decides about speed: it takes no lock, and calls nothing
 * but what is inline. It may give up for any reason; the second starts anew.
 *
 * Invariants.
 *   I1  A frame given out has count 1, no flag of PAGE_FLAGS_ALL, private 0;
 *       the first frame of a block has the order in its flags.
 *   I2  A request of order 0 is served from a list even when the zone's
 *       own lists are empty, but never when the zone is below its mark.
 * Locking. Interrupts off for per-CPU lists, zone->lock for buddy lists.
 * Contexts. Any but NMI; with __GFP_WAIT, where the caller may sleep.
 * Limits. No memory policies, no cpusets, no reclaim of one zone when others
 *	have memory.
 */
#include "page_alloc.h"

#include <base/assert.h>
#include <base/bits.h>
#include <lib/irqflags.h>
#include <lib/might_sleep.h>
#include <lib/preempt.h>
#include <lib/spinlock.h>
#include <lib/string.h>
#include <mm/fail.h>
#include <mm/kasan.h>

#include "buddy.h"
#include "compound.h"
#include "pcp.h"
#include "zone.h"

/*
 * Requests that the first zone of GFP_KERNEL, or its hot end, is not for. That
 * zone is another node's when this one has no memory.
 */
#define GFP_NOT_PLAIN \
	(__GFP_DMA | __GFP_DMA32 | __GFP_HIGHMEM | __GFP_THISNODE | __GFP_COLD)

static void clear_pages(struct page *page, unsigned int order)
{
	if (unlikely(page_zonenum(page) == ZONE_HIGHMEM))
		highmem_ops->clear(page, order);
	else
		memset(lowmem_page_address(page), 0, PAGE_SIZE << order);
}

/* Did somebody write to the descriptor of a frame while it was free? */
static __always_inline bool prep_failed(const struct page *page)
{
	return unlikely(page->flags_low |
			(unsigned int)atomic_read(&page->_count));
}

/* I1. */
static __always_inline void prep_page(struct page *page, unsigned int order)
{
	page->flags_low = order << PG_ORDER_SHIFT;
	atomic_set(&page->_count, 1);
	page->private = 0;
	if (CONFIG_DEBUG) {
		page->owner = (u32)_RET_IP_;
		page->owner_cpu = (u16)raw_smp_processor_id();
	}
	kasan_alloc_pages(page, order);
}

/* A block of one zone, whatever its watermarks say. */
static struct page *rmqueue(struct zone *zone, const struct alloc_request *req)
{
	struct page *page;
	unsigned long flags;

	do {
		if (!req->order) {
			local_irq_save(flags);
			page = pcp_alloc(zone, req->type,
					 req->gfp & __GFP_COLD);
			local_irq_restore(flags);
		} else {
			raw_spin_lock_irqsave(&zone->lock, flags);
			zone->nr_locked++;
			page = buddy_alloc(zone, req->order, req->type);
			raw_spin_unlock_irqrestore(&zone->lock, flags);
		}
		if (!page)
			return NULL;
		if (likely(!prep_failed(page)))
			break;
		bad_page(page, "was in use while it was free");
	} while (true);
	prep_page(page, req->order);
	return page;
}

struct page *get_page_from_freelist(const struct alloc_request *req,
				    unsigned int alloc_flags)
{
	for (struct zone **z = req->zonelist->zones; *z; z++) {
		struct zone *zone = *z;
		struct page *page;

		if ((req->gfp & __GFP_THISNODE) &&
		    zone_to_nid(zone) != req->nid)
			continue;
		if (!(alloc_flags & ALLOC_NO_WATERMARKS)) {
			unsigned int mark =
				alloc_flags & ALLOC_WMARK_MIN	? WMARK_MIN
				: alloc_flags & ALLOC_WMARK_LOW ? WMARK_LOW
								: WMARK_HIGH;

			if (!zone_watermark_ok(zone, req->order,
					       zone->watermark[mark],
					       req->class_idx, alloc_flags))
				continue;
		}
		page = rmqueue(zone, req);
		if (likely(page))
			return page;
	}
	return NULL;
}

/* All requests that the fast path has not served. */
static noinline struct page *__alloc_pages(gfp_t gfp, unsigned int order,
					   int nid)
{
	struct alloc_request req = {
		.gfp = gfp,
		.order = order,
		.type = (unsigned int)gfp_migratetype(gfp),
		.nid = nid,
	};
	struct page *page;

	if (unlikely(order >= MAX_ORDER))
		return NULL;
	req.zonelist = &node_data[nid]->node_zonelists[gfp_zone(gfp)];
	if (unlikely(!req.zonelist->zones[0]))
		return NULL;
	req.class_idx = zone_idx(req.zonelist->zones[0]);
	page = get_page_from_freelist(&req, ALLOC_WMARK_LOW | ALLOC_CPUSET);
	if (unlikely(!page)) {
		page = alloc_pages_slow(&req);
		if (!page)
			return NULL;
	}
	if ((gfp & __GFP_COMP) && order)
		prep_compound_page(page, order);
	if (gfp & __GFP_ZERO)
		clear_pages(page, order);
	return page;
}

static noinline struct page *alloc_here(gfp_t gfp, unsigned int order)
{
	return __alloc_pages(gfp, order, numa_node_id());
}

static noinline struct page *replace_bad(struct page *page, gfp_t gfp,
					 unsigned int order)
{
	bad_page(page, "was in use while it was free");
	return alloc_here(gfp, order);
}

static noinline struct page *zeroed(struct page *page)
{
	clear_pages(page, 0);
	return page;
}

/*
 * From this CPU's list as it is. Whatever needs any thought starts anew with
 * alloc_here(). All calls are the last thing done, so that no register has to
 * be saved on the way that is nearly always taken.
 */
static __always_inline struct page *alloc_hot(gfp_t gfp)
{
	/* Both bits set is no type of a frame. */
	unsigned long type = gfp / __GFP_RECLAIMABLE & 3;
	struct per_cpu_pages *pcp;
	struct list_head *first;
	struct page *page;
	struct zone *zone;
	unsigned long flags;

	local_irq_save(flags);
	zone = this_cpu_read(page_cpu.zone);
	pcp = this_cpu_read(page_cpu.pcp);
	first = pcp->list.next;
	page = list_entry(first, struct page, lru);
	if (unlikely(READ_ONCE(zone->free_pages) <=
		     zone->watermark[WMARK_LOW]) || /* I2 */
	    unlikely(first == &pcp->list) ||
	    unlikely(page->private != type)) {
		local_irq_restore(flags);
		return alloc_here(gfp, 0);
	}
	__list_del(&pcp->list, first->next);
	pcp->count--;
	pcp->nr_allocs++;
	local_irq_restore(flags);
	if (prep_failed(page))
		return replace_bad(page, gfp, 0);
	prep_page(page, 0);
	return unlikely(gfp & __GFP_ZERO) ? zeroed(page) : page;
}

/* The rest of alloc_block() for what is rarer; releases zone->lock. */
static noinline struct page *alloc_block_locked(gfp_t gfp, unsigned int order,
						struct zone *zone,
						unsigned long flags)
{
	struct page *page =
		buddy_alloc(zone, order, (unsigned int)gfp_migratetype(gfp));

	raw_spin_unlock_irqrestore(&zone->lock, flags);
	if (unlikely(!page))
		return alloc_here(gfp, order);
	if (prep_failed(page))
		return replace_bad(page, gfp, order);
	prep_page(page, order);
	return page;
}

/*
 * A block from the first zone, if that has plenty and is not locked. To have
 * plenty means that the largest blocks alone are more than the low mark and
 * the request: then zone_watermark_ok() says yes, without looking at the
 * smaller orders.
 */
static noinline struct page *alloc_block(gfp_t gfp, unsigned int order)
{
	unsigned int type = gfp / __GFP_RECLAIMABLE & 3;
	struct zone *zone;
	struct page *page;
	unsigned long flags;

	if (unlikely((gfp & (GFP_NOT_PLAIN | __GFP_COMP | __GFP_ZERO)) ||
		     order >= MAX_ORDER || type >= MIGRATE_PCPTYPES))
		return alloc_here(gfp, order);
	local_irq_save(flags);
	zone = this_cpu_read(page_cpu.zone);
	if (unlikely(READ_ONCE(zone->nr_largest) <= zone->enough_largest) ||
	    unlikely(!raw_spin_trylock(&zone->lock))) {
		local_irq_restore(flags);
		return alloc_here(gfp, order);
	}
	zone->nr_locked++;
	page = buddy_take(zone, order, type);
	if (unlikely(!page))
		return alloc_block_locked(gfp, order, zone, flags);
	raw_spin_unlock(&zone->lock);
	local_irq_restore(flags);
	if (prep_failed(page))
		return replace_bad(page, gfp, order);
	prep_page(page, order);
	return page;
}

struct page *alloc_pages(gfp_t gfp, unsigned int order)
{
	might_sleep_if(gfp & __GFP_WAIT);
	if (should_fail_alloc(gfp))
		return NULL;
	if (unlikely(order))
		return alloc_block(gfp, order);
	if (unlikely(gfp & GFP_NOT_PLAIN))
		return alloc_here(gfp, 0);
	return alloc_hot(gfp);
}

struct page *alloc_pages_node(int nid, gfp_t gfp, unsigned int order)
{
	if (nid < 0)
		return alloc_pages(gfp, order);
	might_sleep_if(gfp & __GFP_WAIT);
	if (should_fail_alloc(gfp))
		return NULL;
	if (WARN_ON((unsigned int)nid >= nr_online_nodes))
		return NULL;
	return __alloc_pages(gfp, order, nid);
}

bool node_has_plenty(int nid, gfp_t gfp, unsigned int order)
{
	struct zonelist *list = &node_data[nid]->node_zonelists[gfp_zone(gfp)];

	for (struct zone **z = list->zones; *z; z++)
		if (zone_to_nid(*z) == nid &&
		    zone_watermark_ok(*z, order, (*z)->watermark[WMARK_LOW],
				      zone_idx(list->zones[0]), 0))
			return true;
	return false;
}

unsigned long __get_free_pages(gfp_t gfp, unsigned int order)
{
	struct page *page;

	if (WARN_ON(gfp & __GFP_HIGHMEM)) /* it may have no address */
		return 0;
	page = alloc_pages(gfp, order);
	return page ? (unsigned long)lowmem_page_address(page) : 0;
}

unsigned long get_zeroed_page(gfp_t gfp)
{
	return __get_free_pages(gfp | __GFP_ZERO, 0);
}
