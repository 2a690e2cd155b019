/* SPDX-License-Identifier: MIT */
/*
 * gfp.h - how page frames are asked for ("get free pages").
 *
 *	struct page *page = alloc_pages(GFP_KERNEL, 2);	// four frames
 *	...
 *	__free_pages(page, 2);
 *
 * Model (A MM-A2..A5). A request says where the frames may lie (DMA, DMA32,
 * HIGHMEM), what the allocator may do to get them (wait, start I/O, use the
 * reserves) and what they are for (movable, reclaimable). All entry points
 * end in __alloc_pages(), mm/page_alloc.c.
 */
#ifndef MM_GFP_H
#define MM_GFP_H

#include <base/compiler.h>
#include <base/types.h>
#include <mm/mmzone.h>
#include <mm/page.h>

typedef unsigned int gfp_t;

/* Where: one of these or none, which means NORMAL and below. */
#define __GFP_DMA     0x01U
#define __GFP_HIGHMEM 0x02U
#define __GFP_DMA32   0x04U
/* How. */
#define __GFP_WAIT	  0x10U	  /* may sleep and reclaim */
#define __GFP_HIGH	  0x20U	  /* may use half of the min reserve */
#define __GFP_IO	  0x40U	  /* reclaim may start I/O */
#define __GFP_FS	  0x80U	  /* reclaim may call into a file system */
#define __GFP_COLD	  0x100U  /* a frame that is not in the cache */
#define __GFP_NOWARN	  0x200U  /* failure is not reported */
#define __GFP_REPEAT	  0x400U  /* try harder, may fail */
#define __GFP_NOFAIL	  0x800U  /* try for ever */
#define __GFP_NORETRY	  0x1000U /* one attempt of each kind */
#define __GFP_COMP	  0x4000U /* order > 0: make a compound page */
#define __GFP_ZERO	  0x8000U
#define __GFP_NOMEMALLOC  0x10000U /* not the reserves, even as PF_MEMALLOC */
#define __GFP_HARDWALL	  0x20000U
#define __GFP_THISNODE	  0x40000U  /* no other node */
#define __GFP_RECLAIMABLE 0x80000U  /* can be freed by a shrinker */
#define __GFP_MOVABLE	  0x100000U /* contents can be moved */

#define GFP_NOWAIT	     0U
#define GFP_ATOMIC	     __GFP_HIGH
#define GFP_NOIO	     __GFP_WAIT
#define GFP_NOFS	     (__GFP_WAIT | __GFP_IO)
#define GFP_KERNEL	     (__GFP_WAIT | __GFP_IO | __GFP_FS)
#define GFP_USER	     (GFP_KERNEL | __GFP_HARDWALL)
#define GFP_HIGHUSER	     (GFP_USER | __GFP_HIGHMEM)
#define GFP_HIGHUSER_MOVABLE (GFP_HIGHUSER | __GFP_MOVABLE)
#define GFP_DMA		     __GFP_DMA
#define GFP_DMA32	     __GFP_DMA32

/* The highest zone a request may be served from (A MM-A5). */
static inline enum zone_type gfp_zone(gfp_t gfp)
{
	if (gfp & __GFP_DMA)
		return ZONE_DMA;
	if (gfp & __GFP_DMA32)
		return ZONE_DMA32;
	if ((gfp & (__GFP_HIGHMEM | __GFP_MOVABLE)) ==
	    (__GFP_HIGHMEM | __GFP_MOVABLE))
		return ZONE_MOVABLE;
	if (gfp & __GFP_HIGHMEM)
		return ZONE_HIGHMEM;
	return ZONE_NORMAL;
}

/* The free list to look in first: MIGRATE_UNMOVABLE, _RECLAIMABLE, _MOVABLE. */
static inline int gfp_migratetype(gfp_t gfp)
{
	return (gfp & __GFP_MOVABLE)	   ? MIGRATE_MOVABLE
	       : (gfp & __GFP_RECLAIMABLE) ? MIGRATE_RECLAIMABLE
					   : MIGRATE_UNMOVABLE;
}

/**
 * alloc_pages() - 2^order frames that lie side by side.
 * @gfp: where, how and what for.
 * @order: 0 .. MAX_ORDER - 1; anything larger fails.
 *
 * Context: any but NMI; with __GFP_WAIT only where the caller may sleep.
 * Locking: may take zone->lock; with __GFP_WAIT, calls shrinkers.
 * Return: the first frame, its number a multiple of 2^order, its count 1; or
 * NULL, which is reported unless @gfp has __GFP_NOWARN.
 */
struct page *__must_check alloc_pages(gfp_t gfp, unsigned int order);

/**
 * alloc_pages_node() - the same from a node, or from near it.
 * @nid: the node; negative: that of this CPU.
 * @gfp: with __GFP_THISNODE no other node will do.
 * @order: as above.
 *
 * Context: as alloc_pages(). Return: as alloc_pages().
 */
struct page *__must_check alloc_pages_node(int nid, gfp_t gfp,
					   unsigned int order);

/**
 * node_has_plenty() - would a node serve a request at once?
 * @nid: the node.
 * @gfp: as for alloc_pages().
 * @order: the same.
 *
 * For those who know something better than to use up a node: objects that
 * lie on another one, say.
 *
 * Context: any; an estimate.
 * Return: true if one of its zones is above its low mark.
 */
bool node_has_plenty(int nid, gfp_t gfp, unsigned int order);

/**
 * __get_free_pages() - the same by address.
 * @gfp: without __GFP_HIGHMEM.
 * @order: as above.
 *
 * Context: as alloc_pages().
 * Return: the address in the direct map, a multiple of the size; or 0.
 */
unsigned long __must_check __get_free_pages(gfp_t gfp, unsigned int order);

/* One frame full of zeros. Context, Return: as __get_free_pages(). */
unsigned long __must_check get_zeroed_page(gfp_t gfp);

/**
 * __free_pages() - drop the reference that alloc_pages() gave.
 * @page: the first frame.
 * @order: the same as at the allocation.
 *
 * What was never allocated, was freed already or has another order is
 * reported by WARN and not touched.
 *
 * Context: any but NMI. Locking: may take zone->lock.
 */
void __free_pages(struct page *page, unsigned int order);

/* The same by address; 0 is ignored. */
void free_pages(unsigned long addr, unsigned int order);

/**
 * free_hot_page() - free a frame whose contents this CPU has just used.
 * free_cold_page() - free one that no cache holds: it is used again last.
 * @page: a single frame.
 *
 * Context: any but NMI. Locking: may take zone->lock.
 */
void free_hot_page(struct page *page);
void free_cold_page(struct page *page);

#define alloc_page(gfp)		    alloc_pages((gfp), 0)
#define __get_free_page(gfp)	    __get_free_pages((gfp), 0)
#define __get_dma_pages(gfp, order) __get_free_pages((gfp) | GFP_DMA, (order))
#define __free_page(page)	    __free_pages((page), 0)
#define free_page(addr)		    free_pages((addr), 0)

/**
 * drain_local_pages() - give the lists of this CPU back to the zones.
 *
 * Context: any but NMI. Locking: takes each zone->lock.
 */
void drain_local_pages(void);

/**
 * drain_all_pages() - the same on all online CPUs; waits for them.
 *
 * Context: task or softirq, interrupts on (off while one CPU is online).
 */
void drain_all_pages(void);

/* Frames of all nodes that the allocator has to give, free or not. */
unsigned long totalram_pages(void);

/**
 * nr_free_pages() - frames free now, those on per-CPU lists included.
 *
 * Context: any. Return: exact when nobody allocates or frees meanwhile.
 */
unsigned long nr_free_pages(void);

/*
 * The machine's memory in frames (A BOOT-3): behind the highest one; behind
 * the highest in the direct map; the first behind the image; high memory, of
 * which there is none. Set at boot.
 */
extern unsigned long num_physpages, max_pfn, max_low_pfn, min_low_pfn;
extern unsigned long highstart_pfn, highend_pfn;
unsigned long totalhigh_pages(void);

#endif /* MM_GFP_H */
