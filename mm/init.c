/* SPDX-License-Identifier: MIT */
/*
 * init.c - from the loader's memory map to working allocators.
 *
 * Model. Whole pages of usable ranges become memory; reserved are: the first
 * page (a null pointer in physical clothes, and the BIOS data area), the
 * kernel image, and what the loader brought as modules. Until the kernel's
 * own page tables are in use, allocations stay below 4 GiB, which is what the
 * boot tables map.
 *
 * Invariants.
 *   I1  Every byte that can be allocated lies in the direct map.
 *   I2  The kernel image lies in the direct map.
 * Contexts. Boot.
 * Limits. ACPI-reclaimable memory is left alone.
 */
#include <mm/init.h>

#include <arch/boot.h>
#include <arch/page.h>
#include <arch/pgtable.h>
#include <arch/sections.h>
#include <arch/upcall.h>
#include <lib/kasan.h>
#include <lib/panic.h>
#include <lib/printk.h>
#include <lib/string.h>
#include <mm/gfp.h>
#include <mm/memblock.h>

#include "page_init.h"

#define MEGABYTE    (1ULL << 20)
#define BOOT_LIMIT  (1ULL << 32) /* what boot.asm maps */
#define IMAGE_START MEGABYTE	 /* linker.ld */
/* Page tables, per-CPU areas and stacks of a few CPUs need this much. */
#define LEAST_MEMORY (4 * MEGABYTE)

static void must(int err, const char *what)
{
	if (err)
		panic("memory map: %s: error %d", what, err);
}

static void add_usable(phys_addr_t base, phys_addr_t end)
{
	phys_addr_t limit = arch_memory_limit();

	if (end > limit)
		pr_warn("mem: %#llx-%#llx: nothing above %#llx can be used\n",
			base, end - 1, limit);
	base = PAGE_ALIGN(base);
	end = min(end, limit) & PAGE_MASK;
	/* A list that is full costs this range, not the boot. */
	if (base < end && memblock_add(base, end - base))
		pr_warn("mem: %#llx-%#llx: too many ranges, left out\n", base,
			end - 1);
}

static void fill_memblock(void)
{
	must(memblock_reserve(0, PAGE_SIZE), "first page");
	must(memblock_reserve(IMAGE_START, __pa_symbol(_end) - IMAGE_START),
	     "kernel image");
	for (unsigned int i = 0; i < boot_info.nr_modules; i++)
		must(memblock_reserve(boot_info.modules[i].base,
				      boot_info.modules[i].size),
		     "module");
	for (unsigned int i = 0; i < boot_info.nr_mem; i++) {
		const struct mem_range *r = &boot_info.mem[i];

		if (r->type == MEM_USABLE)
			add_usable(r->base, r->base + r->size);
	}
}

/*
 * The loader put us where, by its own map, there is no memory. Whatever is
 * wrong, parts of the image would be missing from the direct map.
 */
static void check_image(void)
{
	phys_addr_t end = __pa_symbol(_end);

	for (phys_addr_t pa = IMAGE_START; pa < end; pa += PAGE_SIZE)
		if (!memblock_is_memory(pa))
			panic("the memory map is wrong: no usable memory at %#llx, where the kernel is (%#llx-%#llx)",
			      pa, IMAGE_START, end - 1);
}

void mm_init(void)
{
	fill_memblock();
	if (memblock_phys_mem_size() < memblock_reserved_size() + LEAST_MEMORY)
		panic("only %llu KiB of memory: give the machine at least 16 MiB (QEMU: -m 16M; make run MEM=16M)",
		      memblock_phys_mem_size() >> 10);
	check_image();
	memblock_set_current_limit(min(BOOT_LIMIT, arch_direct_map_limit()));
	paging_init();
	kasan_init();
	/* I1: what lies higher is for those who map it. */
	memblock_set_current_limit(
		min(BOOT_PHYS_LIMIT, arch_direct_map_limit()));
}

phys_addr_t pt_page_alloc(void)
{
	void *page = page_alloc_ready() ? (void *)get_zeroed_page(GFP_ATOMIC)
					: memblock_alloc(PAGE_SIZE, PAGE_SIZE);

	return page ? __pa(page) : 0;
}

/*
 * No zone ends at 1 MiB, so the one page that is ever wanted below it, for
 * the first code of other CPUs, is set aside while memblock can. Other pages
 * there are like any: a table may get one when memory is short.
 */
static phys_addr_t low_page; /* (i) 0: there is none */
static bool low_page_taken;  /* its user's: only the boot CPU asks */

void reserve_low_page(void)
{
	low_page =
		memblock_phys_alloc(PAGE_SIZE, PAGE_SIZE, PAGE_SIZE, MEGABYTE);
}

phys_addr_t pt_page_alloc_below(phys_addr_t limit)
{
	phys_addr_t page = 0;

	if (limit >= BOOT_LIMIT) {
		struct page *frame = alloc_page(GFP_ATOMIC | GFP_DMA32);

		page = frame ? page_to_phys(frame) : 0;
	} else if (low_page && !low_page_taken &&
		   low_page + PAGE_SIZE <= limit) {
		page = low_page;
		low_page_taken = true;
	}
	if (page)
		memset(__va(page), 0, PAGE_SIZE);
	return page;
}

void pt_page_free(phys_addr_t phys)
{
	struct page *page = pfn_to_page(PFN_DOWN(phys));

	if (phys == low_page)
		low_page_taken = false;
	else if (PageReserved(page)) /* from the time before zones */
		free_reserved_page(page);
	else
		__free_page(page);
}
