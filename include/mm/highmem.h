/* SPDX-License-Identifier: MIT */
/*
 * highmem.h - memory that the kernel cannot see, and windows onto it.
 *
 * Why (A MM-H1). In 32 bits the kernel had 1 GiB of addresses. 896 MiB of
 * them mapped memory directly; what a machine had above that was "high": it
 * had frames, but no addresses. With 64 bits that is over. The option
 * highmem=64 brings it back, to see how it worked: memory above 64 MiB is
 * kept out of the direct map.
 *
 *	page = alloc_page(GFP_HIGHUSER);	// a frame, no address
 *	p = kmap(page);				// now it has one
 *	...
 *	kunmap(page);
 *
 * kmap() may wait for one of 512 windows and everybody may use it;
 * kmap_atomic() never waits, is good for this CPU only, and not for long.
 * Both work on low memory as well, where they have nothing to do.
 */
#ifndef MM_HIGHMEM_H
#define MM_HIGHMEM_H

#include <arch/fixmap.h>
#include <arch/page.h>
#include <base/compiler.h>
#include <base/types.h>
#include <mm/mmzone.h>
#include <mm/page.h>

/* One table of 512 entries (A MM-H3). */
#define LAST_PKMAP 512U
#define PKMAP_BASE 0xffffff8000000000UL

#define PKMAP_NR(va)   (((va)-PKMAP_BASE) >> PAGE_SHIFT)
#define PKMAP_ADDR(nr) (PKMAP_BASE + ((unsigned long)(nr) << PAGE_SHIFT))

static inline bool PageHighMem(const struct page *page)
{
	return page_zonenum(page) == ZONE_HIGHMEM;
}

/**
 * highmem_init() - make the windows, if there is anything to see.
 *
 * Context: boot, after page_alloc_init() and smp_setup_masks().
 * Return: 0, or -ENOMEM.
 */
int __must_check highmem_init(void);

/**
 * kmap() - give a frame an address.
 * @page: any.
 *
 * Each kmap() needs its kunmap(); several share one window.
 *
 * Context: task; waits while all windows are in use. BUG in an interrupt.
 * Return: its address; a low frame's is that of the direct map.
 */
void *kmap(struct page *page);

/* The same, but NULL instead of a wait. */
void *__must_check kmap_try(struct page *page);

/**
 * kunmap() - one user of the window less.
 * @page: was kmap()ed.
 *
 * Context: task. BUG in an interrupt, or if the frame has no window.
 */
void kunmap(struct page *page);

/**
 * kmap_flush_unused() - empty all windows that have no users, now.
 *
 * Context: task, interrupts on.
 */
void kmap_flush_unused(void);

/**
 * kmap_atomic() - an address for a moment, on this CPU.
 * @page: any.
 * @type: the slot; one user of a type at a time on each CPU.
 *
 * Preemption stays off until kunmap_atomic().
 *
 * Context: any but NMI; the caller must not sleep. BUG if the slot is in use.
 * Return: the address; a low frame's is that of the direct map.
 */
void *kmap_atomic(struct page *page, enum km_type type);

/**
 * kunmap_atomic() - the reverse.
 * @addr: what kmap_atomic() returned; @type: the same as there.
 *
 * Context: as kmap_atomic().
 */
void kunmap_atomic(void *addr, enum km_type type);

/* What happened in the windows since boot. */
struct pkmap_stats {
	unsigned int used;   /* windows with at least one user */
	unsigned int stale;  /* without, but not flushed yet (A MM-H5) */
	unsigned long wraps; /* flushes, one for each time round */
	unsigned long waits; /* times that no window was free */
};

/**
 * pkmap_get_stats() - read the counters.
 * @stats: filled in.
 *
 * Context: any but interrupts.
 */
void pkmap_get_stats(struct pkmap_stats *stats);

#endif /* MM_HIGHMEM_H */
