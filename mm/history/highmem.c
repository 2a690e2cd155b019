/* SPDX-License-Identifier: MIT */
/*
 * highmem.c - kmap(): 512 windows onto memory outside the direct map.
 *
 * Purpose. <mm/highmem.h> says why. Here: permanent mappings, which may be
 * kept for long, passed on, and used on all CPUs.
 *
 * Model (A MM-H3..H6). One page table, the pkmap table, belongs to this file.
 * Each entry is a window with a counter:
 *
 *	0	free: no CPU remembers it
 *	1	nobody uses it, but CPUs may remember where it led
 *	n	n - 1 users
 *
 * kunmap() leaves a window at 1, which costs no flush. The search for a free
 * window goes round and round; each time it comes to the beginning, all
 * windows at 1 are emptied and flushed together: one flush for up to 512
 * unmappings.
 *
 *	slot     0   1   2   3   4   ...  511
 *	count  [ 2 ][ 1 ][ 3 ][ 0 ][ 0 ] ... [ 0 ]
 *	                   last ---> next
 *
 * All windows in use: kmap() waits until a window loses its last user, and
 * then must look again whether somebody else has mapped its frame meanwhile.
 *
 * Invariants.
 *   I1  A frame has at most one window.
 *   I2  A window at 1 is not given to another frame before a flush.
 *   I3  The entry is PTE_HELD exactly while the counter is 0.
 *
 * Locking. kmap_lock: table, counters, hash (changes). Held over the flush of
 * a wrap, with interrupts on, so that other CPUs can be asked.
 * Contexts. Task.
 * Limits. There are no tasks, so who waits spins (pkmap_wait); that becomes a
 * wait queue with them. The windows exist only with the option highmem=.
 */
#include "highmem.h"

#include <arch/cpu.h>
#include <arch/pgtable.h>
#include <base/assert.h>
#include <base/atomic.h>
#include <base/errno.h>
#include <lib/cpumask.h>
#include <lib/irqflags.h>
#include <lib/might_sleep.h>
#include <lib/preempt.h>
#include <lib/printk.h>
#include <lib/spinlock.h>
#include <lib/string.h>
#include <mm/gfp.h>
#include <mm/tlb.h>

static DEFINE_SPINLOCK(kmap_lock);
static pte_t *pkmap_table; /* (i) 512 entries, pinned */

/* All (kmap_lock). */
static unsigned int pkmap_count[LAST_PKMAP];
static unsigned int last_pkmap;
static unsigned long nr_wraps, nr_waits;

/* Windows that lost their last user, ever; changed under kmap_lock. */
static atomic_t nr_freed;

/* Until a window has lost its last user since nr_freed was @before. */
static void spin_for_window(int before)
{
	while (atomic_read(&nr_freed) == before)
		cpu_relax();
}

void (*pkmap_wait)(int before) = spin_for_window;

static struct page *page_in(unsigned int nr)
{
	return pfn_to_page(pte_pfn(pkmap_table[nr]));
}

/* Empties and flushes all windows that nobody uses. */
static void flush_unused(void)
{
	bool any = false;

	for (unsigned int nr = 0; nr < LAST_PKMAP; nr++) {
		if (pkmap_count[nr] != 1)
			continue;
		pkmap_count[nr] = 0;
		set_page_address(page_in(nr), NULL);
		set_pte(&pkmap_table[nr], PTE_HELD); /* I3 */
		any = true;
	}
	if (any)
		flush_tlb_kernel_range(PKMAP_BASE, PKMAP_ADDR(LAST_PKMAP));
}

/* The next free window, or LAST_PKMAP if there is none. */
static unsigned int find_window(void)
{
	unsigned int left = LAST_PKMAP;

	do {
		last_pkmap = (last_pkmap + 1) % LAST_PKMAP;
		if (!last_pkmap) {
			flush_unused();
			nr_wraps++;
			left = LAST_PKMAP; /* those passed may be free now */
		}
		if (!pkmap_count[last_pkmap])
			return last_pkmap;
	} while (--left);
	return LAST_PKMAP;
}

/* Puts @page into a free window; -EAGAIN: there is none. */
static int map_new(struct page *page, void **addr)
{
	unsigned int nr = find_window();

	if (nr == LAST_PKMAP)
		return -EAGAIN;
	*addr = (void *)PKMAP_ADDR(nr);
	set_pte(&pkmap_table[nr],
		__pte(page_to_phys(page) |
		      (PAGE_KERNEL.pgprot & supported_pte_mask)));
	pkmap_count[nr] = 1;
	set_page_address(page, *addr);
	return 0;
}

static void *kmap_high(struct page *page, bool wait)
{
	void *addr = NULL;
	int before;

	spin_lock(&kmap_lock);
	for (;;) {
		/* Again after each wait: somebody may have mapped it (I1). */
		addr = high_page_address(page);
		if (addr || !map_new(page, &addr))
			break;
		nr_waits++;
		if (!wait)
			goto out;
		/* One that is freed from here on ends the wait. */
		before = atomic_read(&nr_freed);
		spin_unlock(&kmap_lock);
		pkmap_wait(before);
		spin_lock(&kmap_lock);
	}
	pkmap_count[PKMAP_NR((unsigned long)addr)]++;
	BUG_ON(pkmap_count[PKMAP_NR((unsigned long)addr)] < 2);
out:
	spin_unlock(&kmap_lock);
	return addr;
}

void *kmap(struct page *page)
{
	BUG_ON(in_interrupt());
	might_sleep();
	if (!PageHighMem(page))
		return lowmem_page_address(page);
	return kmap_high(page, true);
}

void *kmap_try(struct page *page)
{
	BUG_ON(in_interrupt());
	if (!PageHighMem(page))
		return lowmem_page_address(page);
	return kmap_high(page, false);
}

void kunmap(struct page *page)
{
	unsigned long addr;
	bool mapped;

	BUG_ON(in_interrupt());
	if (!PageHighMem(page))
		return;
	spin_lock(&kmap_lock);
	addr = (unsigned long)high_page_address(page);
	mapped = addr && pkmap_count[PKMAP_NR(addr)] > 1;
	if (mapped && --pkmap_count[PKMAP_NR(addr)] == 1)
		atomic_inc(&nr_freed);
	spin_unlock(&kmap_lock);
	BUG_ON(!mapped);
}

unsigned int pkmap_count_of(unsigned int nr)
{
	return READ_ONCE(pkmap_count[nr]);
}

void kmap_flush_unused(void)
{
	spin_lock(&kmap_lock);
	flush_unused();
	spin_unlock(&kmap_lock);
}

void pkmap_get_stats(struct pkmap_stats *stats)
{
	memset(stats, 0, sizeof(*stats));
	spin_lock(&kmap_lock);
	for (unsigned int nr = 0; nr < LAST_PKMAP; nr++) {
		stats->used += pkmap_count[nr] > 1;
		stats->stale += pkmap_count[nr] == 1;
	}
	stats->wraps = nr_wraps;
	stats->waits = nr_waits;
	spin_unlock(&kmap_lock);
}

/*
 * __GFP_ZERO of high memory: any context, so through an atomic window, and not
 * through one that the flow that is interrupted may be using.
 */
static void clear_high(struct page *page, unsigned int order)
{
	for (unsigned int i = 0; i < 1U << order; i++) {
		unsigned long flags;
		void *p;

		local_irq_save(flags); /* a handler may clear a frame, too */
		p = kmap_atomic(page + i, KM_IRQ1);
		memset(p, 0, PAGE_SIZE);
		kunmap_atomic(p, KM_IRQ1);
		local_irq_restore(flags);
	}
}

static const struct highmem_ops ops = {
	.address = high_page_address,
	.clear = clear_high,
};

int highmem_init(void)
{
	unsigned int n = LAST_PKMAP;
	int err;

	if (!totalhigh_pages())
		return 0;
	err = fixmap_reserve(FIX_KMAP_BEGIN,
			     FIX_KMAP_BEGIN + KM_TYPE_NR * nr_cpu_ids - 1);
	if (err)
		return err;
	pkmap_table = kernel_pte_pin(PKMAP_BASE, &n);
	if (!pkmap_table)
		return -ENOMEM;
	for (unsigned int nr = 0; nr < LAST_PKMAP; nr++)
		set_pte(&pkmap_table[nr], PTE_HELD);
	page_address_init();
	highmem_ops = &ops;
	pr_info("highmem: %lu KiB of memory are seen through %u windows only\n",
		totalhigh_pages() << (PAGE_SHIFT - 10), LAST_PKMAP);
	return 0;
}
