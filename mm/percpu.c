/* SPDX-License-Identifier: MIT */
/*
 * percpu.c - the per-CPU copies, and dynamic memory in each of them.
 *
 * Purpose. What every CPU has of its own needs no lock and shares no cache
 *	line. Static variables get there by the linker; alloc_percpu() does it
 *	for objects that come and go.
 *
 * Model. Each CPU has a unit, a piece of address space laid out like every
 *	other one: the copy of the template, and 32 MiB behind its start the
 *	dynamic part.
 *
 *	               template     CPU 0        CPU 1        CPU 2
 *	               (in image)   (in image)   (window)     (window+64M)
 *	      +0       .data..per   a copy       a copy       a copy
 *	               (gap)        (gap)        (gap)        (gap)
 *	      +32 MiB  nothing      dynamic      dynamic      dynamic
 *	                  ^            ^            ^            ^
 *	                  |-offset[0]->|            |            |
 *	                  |-------- offset[1] ----->|            |
 *	                  |-------- offset[2] ------------------>|
 *
 *	So one number for each CPU, __per_cpu_offset[cpu], which is also its
 *	GS base, leads from a pointer of either sort to its copy: the same
 *	instruction reaches static and dynamic memory.
 *
 *	A place is found in the book of places (percpu_area.c). The pages
 *	under it are made on first use, in the units of all possible CPUs,
 *	each from its CPU's own node.
 *
 * Invariants.
 *   I1  Bit n of populated set: page n of the dynamic part is mapped in the
 *       unit of every possible CPU.
 *   I2  What is handed out lies in populated pages.
 *   I3  In CPU n's copy: cpu_number == n, this_cpu_off ==
 *       __per_cpu_offset[n].
 * Locking. pcpu_lock: the book and the bitmap. It is not held while pages are
 *	made: the place is taken already, and of two flows that make the same
 *	page one is told -EEXIST by kernel_map() and gives its frame back.
 * Contexts. Setup: boot. Allocating: task. Freeing: any but NMI.
 * Limits. PERCPU_DYN_SIZE bytes for each CPU. Pages once made are kept.
 *	CPU 0's dynamic part lies near the template's, so a pointer that is
 *	used without an offset need not fault.
 */
#include <mm/percpu.h>

#include <arch/page.h>
#include <arch/pgtable.h>
#include <base/assert.h>
#include <base/bits.h>
#include <base/errno.h>
#include <lib/bitmap.h>
#include <lib/might_sleep.h>
#include <lib/percpu.h>
#include <lib/printk.h>
#include <lib/spinlock.h>
#include <lib/string.h>
#include <mm/fail.h>
#include <mm/gfp.h>
#include <mm/init.h>
#include <mm/kasan.h>
#include <mm/memblock.h>
#include <mm/mmzone.h>

#include "percpu_area.h"

#define NR_GRANULES  (PERCPU_DYN_SIZE / PCPU_GRANULE)
#define NR_DYN_PAGES (PERCPU_DYN_SIZE / PAGE_SIZE)
#define POISON_FREED 0x6b /* debug: what freed memory holds */

static_assert(PERCPU_MAP_LINES * 64 == PAGE_SIZE && PCPU_GRANULE == 8,
	      "percpu_page_map()");

static_assert(IS_ALIGNED(PERCPU_WINDOW | PERCPU_STRIDE | PERCPU_DYN_OFFSET,
			 PMD_SIZE) &&
		      PERCPU_DYN_SIZE <= PMD_SIZE,
	      "one page table for each dynamic part");

extern const char __per_cpu_start[], __per_cpu_end[];

static DEFINE_SPINLOCK(pcpu_lock);
static struct pcpu_area area;			/* (pcpu_lock) */
static DECLARE_BITMAP(taken_bits, NR_GRANULES); /* (pcpu_lock) */
static DECLARE_BITMAP(first_bits, NR_GRANULES); /* (pcpu_lock) */
static DECLARE_BITMAP(populated, NR_DYN_PAGES); /* (pcpu_lock) */
static atomic64_t nr_pages;			/* frames mapped */
static unsigned int nr_units;			/* set once, at boot */

/* Where the dynamic part of the template would be. */
static unsigned long dyn_base(void)
{
	return (unsigned long)__per_cpu_start + PERCPU_DYN_OFFSET;
}

static unsigned long dyn_page(unsigned int cpu, unsigned int page)
{
	return dyn_base() + __per_cpu_offset[cpu] + page * PAGE_SIZE;
}

/* ---- boot ---------------------------------------------------------------- */

static int map_boot_memory(unsigned long va, size_t size)
{
	void *mem = memblock_alloc(size, PAGE_SIZE);

	/* A failure ends the boot of this CPU; what is taken stays so. */
	return mem ? kernel_map(va, __pa(mem), size, PAGE_KERNEL, PAGE_SHIFT)
		   : -ENOMEM;
}

/*
 * The other CPUs' dynamic parts have one page table each, made with the boot
 * memory. CPU 0's lies anywhere: by its last page it gets its second table
 * now, so that later growth needs frames and nothing else.
 */
static int setup_cpu0(void)
{
	int err = map_boot_memory(dyn_page(0, 0), PERCPU_BOOT_SIZE);

	return err ? err
		   : map_boot_memory(dyn_page(0, NR_DYN_PAGES - 1), PAGE_SIZE);
}

static int setup_unit(unsigned int cpu)
{
	size_t size = (size_t)(__per_cpu_end - __per_cpu_start);
	unsigned long unit = PERCPU_WINDOW + cpu * PERCPU_STRIDE;
	unsigned long offset = unit - (unsigned long)__per_cpu_start;
	int err = map_boot_memory(unit, size);

	if (!err)
		err = kasan_map_vmalloc(unit, size);
	if (!err)
		err = kasan_map_percpu(unit + PERCPU_DYN_OFFSET,
				       PERCPU_BOOT_SIZE);
	if (!err)
		err = map_boot_memory(unit + PERCPU_DYN_OFFSET,
				      PERCPU_BOOT_SIZE);
	if (err)
		return err;
	memcpy((void *)unit, __per_cpu_start, size);
	__per_cpu_offset[cpu] = offset;
	per_cpu(this_cpu_off, cpu) = offset; /* I3 */
	per_cpu(cpu_number, cpu) = cpu;
	return 0;
}

unsigned int setup_per_cpu_areas(unsigned int nr)
{
	ASSERT(nr >= 1 && nr <= NR_CPUS);
	ASSERT((size_t)(__per_cpu_end - __per_cpu_start) < PERCPU_DYN_OFFSET);
	pcpu_area_init(&area, NR_GRANULES, taken_bits, first_bits);
	if (kasan_map_percpu(dyn_page(0, 0), PERCPU_BOOT_SIZE) || setup_cpu0())
		pr_err("percpu: no memory for cpu0\n");
	else
		bitmap_set(populated, 0, PERCPU_BOOT_SIZE / PAGE_SIZE);
	for (nr_units = 1; nr_units < nr; nr_units++) {
		if (setup_unit(nr_units)) {
			pr_err("percpu: no memory for cpu%u and above\n",
			       nr_units);
			break;
		}
	}
	return nr_units;
}

/* ---- pages on demand ----------------------------------------------------- */

static int map_dyn_page(unsigned int cpu, unsigned int i)
{
	unsigned long va = dyn_page(cpu, i);
	struct page *page;
	struct pt_walk w;
	int err;

	if (pt_walk(va, &w)) /* an attempt that failed on a later CPU */
		return 0;
	err = kasan_map_percpu(va, PAGE_SIZE);
	if (err)
		return err;
	page = alloc_pages_node(cpu_to_node(cpu), GFP_KERNEL, 0);
	if (!page)
		return -ENOMEM;
	err = kernel_map(va, page_to_phys(page), PAGE_SIZE, PAGE_KERNEL,
			 PAGE_SHIFT);
	if (err)
		__free_page(page);
	else
		atomic64_inc(&nr_pages);
	return err == -EEXIST ? 0 : err; /* somebody else was quicker */
}

/* The pages of [@from, @to), bytes of the dynamic part: 0 or -ENOMEM. */
static int populate(unsigned int from, unsigned int to)
{
	unsigned int last = (to - 1) / PAGE_SIZE;

	for (unsigned int page = from / PAGE_SIZE; page <= last; page++) {
		if (test_bit(page, populated))
			continue;
		if (!page_alloc_ready())
			return -ENOMEM;
		for (unsigned int cpu = 0; cpu < nr_units; cpu++) {
			int err = map_dyn_page(cpu, page);

			if (err)
				return err;
		}
		set_bit(page, populated); /* I1 */
	}
	return 0;
}

/* ---- allocating and freeing ---------------------------------------------- */

static void fill(unsigned int offset, size_t size, int byte)
{
	for (unsigned int cpu = 0; cpu < nr_units; cpu++)
		memset((void *)(dyn_page(cpu, 0) + offset), byte, size);
}

static void unpoison(unsigned int offset, size_t size)
{
	for (unsigned int cpu = 0; cpu < nr_units; cpu++)
		kasan_unpoison((void *)(dyn_page(cpu, 0) + offset), size);
}

static void poison(unsigned int offset, size_t size)
{
	for (unsigned int cpu = 0; cpu < nr_units; cpu++)
		kasan_poison((void *)(dyn_page(cpu, 0) + offset), size,
			     KASAN_PERCPU_INVALID);
}

static int take_place(size_t size, size_t align)
{
	unsigned int granules = DIV_ROUND_UP(size, PCPU_GRANULE);
	unsigned long flags;
	int start;

	align = max(align, (size_t)PCPU_GRANULE) / PCPU_GRANULE;
	spin_lock_irqsave(&pcpu_lock, flags);
	start = pcpu_area_alloc(&area, granules, (unsigned int)align);
	spin_unlock_irqrestore(&pcpu_lock, flags);
	return start;
}

static void leave_place(unsigned int start)
{
	unsigned long flags;

	spin_lock_irqsave(&pcpu_lock, flags);
	pcpu_area_free(&area, start);
	spin_unlock_irqrestore(&pcpu_lock, flags);
}

void *__alloc_percpu(size_t size, size_t align)
{
	unsigned int offset;
	int start;

	might_sleep();
	if (WARN_ON(!size || !is_power_of_2(align) || align > PAGE_SIZE))
		return NULL;
	if (size > PERCPU_DYN_SIZE)
		return NULL;
	if (should_fail_alloc(GFP_KERNEL))
		return NULL;
	start = take_place(size, align);
	if (start < 0)
		return NULL;
	offset = (unsigned int)start * PCPU_GRANULE;
	if (populate(offset, offset + (unsigned int)size)) {
		leave_place((unsigned int)start);
		return NULL;
	}
	unpoison(offset, size);
	fill(offset, size, 0);
	return (void *)(dyn_base() + offset);
}

/* The size of a live allocation, 0 if there is none. */
static size_t size_at(unsigned long offset)
{
	unsigned long flags;
	int granules;

	if (offset >= PERCPU_DYN_SIZE || offset % PCPU_GRANULE)
		return 0;
	spin_lock_irqsave(&pcpu_lock, flags);
	granules = pcpu_area_size(&area, (unsigned int)offset / PCPU_GRANULE);
	spin_unlock_irqrestore(&pcpu_lock, flags);
	return granules < 0 ? 0 : (size_t)granules * PCPU_GRANULE;
}

void free_percpu(void *ptr)
{
	unsigned long offset = (unsigned long)ptr - dyn_base();
	size_t size;

	if (!ptr)
		return;
	size = size_at(offset);
	if (WARN(!size, "free_percpu: 0x%lx is not allocated (freed twice?)",
		 (unsigned long)ptr))
		return;
	unpoison((unsigned int)offset, size); /* its odd end, too */
	if (CONFIG_DEBUG) /* before the place is anybody else's */
		fill((unsigned int)offset, size, POISON_FREED);
	poison((unsigned int)offset, size);
	leave_place((unsigned int)offset / PCPU_GRANULE);
}

unsigned long percpu_bytes_in_use(void)
{
	return READ_ONCE(area.used) * (unsigned long)PCPU_GRANULE;
}

unsigned long percpu_nr_pages(void)
{
	return (unsigned long)atomic64_read(&nr_pages);
}

/* ---- for people ---------------------------------------------------------- */

void percpu_get_stats(struct percpu_stats *stats)
{
	unsigned int last;
	unsigned long flags;

	stats->template = (unsigned long)__per_cpu_start;
	stats->static_size = (size_t)(__per_cpu_end - __per_cpu_start);
	spin_lock_irqsave(&pcpu_lock, flags);
	last = find_last_bit(taken_bits, NR_GRANULES);
	stats->used = area.used * (size_t)PCPU_GRANULE;
	stats->pieces = bitmap_weight(first_bits, NR_GRANULES);
	stats->pages = bitmap_weight(populated, NR_DYN_PAGES);
	stats->end =
		last == NR_GRANULES
			? 0
			: last * PCPU_GRANULE / (unsigned int)PAGE_SIZE + 1;
	spin_unlock_irqrestore(&pcpu_lock, flags);
}

void percpu_page_map(unsigned int page, char map[PERCPU_MAP_LINES + 1])
{
	/* A byte of the bitmap is 8 granules of 8 bytes. */
	const u8 *taken = (const u8 *)taken_bits;

	for (unsigned int i = 0; i < PERCPU_MAP_LINES; i++) {
		u8 bits = 0;

		if (page < NR_DYN_PAGES)
			bits = READ_ONCE(taken[page * PERCPU_MAP_LINES + i]);
		map[i] = bits == 0 ? '.' : bits == 0xff ? '#' : '+';
	}
	map[PERCPU_MAP_LINES] = '\0';
}
