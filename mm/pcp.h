/* SPDX-License-Identifier: MIT */
/*
 * pcp.h - the frames that each CPU keeps for itself; see mm/pcp.c.
 */
#ifndef MM_PCP_H
#define MM_PCP_H

#include <base/compiler.h>
#include <base/types.h>
#include <lib/percpu.h>
#include <mm/mmzone.h>
#include <mm/page.h>

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
 * @type: MIGRATE_UNMOVABLE, _RECLAIMABLE or _MOVABLE.
 * @cold: from the back of the list.
 *
 * Context: any but NMI, interrupts off.
 * Locking: takes zone->lock to refill.
 * Return: a frame, or NULL when the zone is empty.
 */
struct page *pcp_alloc(struct zone *zone, int type, bool cold);

/**
 * pcp_free() - a frame to this CPU's list; at high a batch goes back.
 *
 * Context: any but NMI, interrupts off.
 * Locking: takes zone->lock to give a batch back.
 */
void pcp_free(struct zone *zone, struct page *page, bool cold);

/* The way out of line of pcp_free(): the list is at its limit. */
void pcp_overflow(struct zone *zone, struct per_cpu_pages *pcp);

#endif /* MM_PCP_H */
