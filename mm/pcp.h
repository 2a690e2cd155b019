/* SPDX-License-Identifier: MIT */
/*
 * pcp.h - the frames that each CPU keeps for itself; see mm/pcp.c.
 */
#ifndef MM_PCP_H
#define MM_PCP_H

#include <base/compiler.h>
#include <base/types.h>
#include <lib/irqflags.h>
#include <lib/list.h>
#include <lib/percpu.h>
#include <mm/mmzone.h>
#include <mm/page.h>

#include "buddy.h"

/* What the fast path needs. Lock key: (i) set at boot. */
struct page_cpu {
	struct per_cpu_pages *pagesets; /* (i) of this CPU, by zone */
	struct zone *zone;		/* (i) first for GFP_KERNEL here */
	struct per_cpu_pages *pcp;	/* (i) its lists on this CPU */
};
DECLARE_PER_CPU(struct page_cpu, page_cpu);

/* Expects a caller that cannot migrate. */
static __always_inline struct per_cpu_pages *this_pcp(const struct zone *zone)
{
	return (struct per_cpu_pages *)((char *)this_cpu_read(
						page_cpu.pagesets) +
					zone->pcp_offset);
}

/* Any context; the CPU may change it meanwhile. */
static inline struct per_cpu_pages *zone_pcp(const struct zone *zone,
					     unsigned int cpu)
{
	return (struct per_cpu_pages *)((char *)per_cpu(page_cpu, cpu)
						.pagesets +
					zone->pcp_offset);
}

/* Bytes of the lists of one CPU. */
size_t pcp_bytes(void);

/**
 * pcp_attach() - give a CPU its lists.
 * @mem: pcp_bytes() bytes; the lists are made empty.
 *
 * Context: boot, before that CPU runs. The zones exist.
 */
void pcp_attach(unsigned int cpu, void *mem);

/* Sizes of all lists of a zone, from its managed_pages. Context: boot. */
void pcp_set_sizes(struct zone *zone);

/**
 * pcp_alloc() - a frame from this CPU's list, refilled when it has none.
 * @zone: whose frames.
 * @type: MIGRATE_UNMOVABLE, _RECLAIMABLE or _MOVABLE.
 * @cold: from the back of the list.
 *
 * Context: any but NMI, interrupts off.
 * Locking: takes zone->lock to refill.
 * Return: a frame, or NULL when the zone is empty.
 */
struct page *pcp_alloc(struct zone *zone, unsigned int type, bool cold);

/* The ways out of line of pcp_free(): what is rare. They restore @flags. */
void pcp_overflow(struct zone *zone, struct per_cpu_pages *pcp,
		  unsigned long flags);
void pcp_bypass(struct zone *zone, struct page *page, unsigned long flags);

/**
 * pcp_free() - a frame to this CPU's list; at high a batch goes back.
 * @zone: of the frame.
 * @page: count 0, no flags.
 * @cold: to the back of the list.
 * @flags: from local_irq_save(); restored here, so that the calls of what is
 *	rare come last.
 *
 * Context: any but NMI, interrupts off.
 * Locking: takes zone->lock to give a batch back.
 */
static __always_inline void pcp_free(struct zone *zone, struct page *page,
				     bool cold, unsigned long flags)
{
	struct per_cpu_pages *pcp = this_pcp(zone);
	unsigned int type = get_pageblock_migratetype(page);

	if (unlikely(type >= MIGRATE_PCPTYPES)) {
		pcp_bypass(zone, page, flags);
		return;
	}
	page->private = type; /* I2 of mm/pcp.c */
	if (cold)
		list_add_tail(&page->lru, &pcp->list);
	else
		list_add(&page->lru, &pcp->list);
	pcp->nr_frees++;
	if (unlikely(++pcp->count >= pcp->high)) {
		pcp_overflow(zone, pcp, flags);
		return;
	}
	local_irq_restore(flags);
}

#endif /* MM_PCP_H */
