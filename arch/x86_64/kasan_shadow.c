/* SPDX-License-Identifier: MIT */
/*
 * kasan_shadow.c - the page tables of the shadow.
 *
 * Model. Most of the kernel half is empty, and most of what is not is never
 * checked (devices, page descriptors). All of that shares one page of zeroes,
 * "may be used", and one table of each level, in which all entries are alike:
 *
 *	pgd[472..503] -> zero_pud -> zero_pmd -> zero_pte -> zero_page
 *
 * so 16 TiB of shadow cost 16 KiB. Real shadow is put in by giving the way to
 * it tables of its own, copies of the shared ones, and then a page:
 *
 *	pgd[n] -> own pud -> own pmd -> own pte -> own page
 *	              `-> zero_pmd  `-> zero_pte  `-> zero_page
 *
 * The direct map's shadow is an eighth of all memory.
 *
 * Invariants.
 *   I1  zero_page is never written: its mapping is read-only, and a write is
 *       a page fault, found at once.
 *   I2  A page of shadow that was put in stays for ever, so a look-up needs no
 *       lock and an address has one shadow page at most in its lifetime.
 *
 * Locking. shadow_lock for changes of the tables.
 * Contexts. As pt_page_alloc().
 * Limits. Pages of 4 KiB only. kasan_shadow_init() takes its memory from below
 *	4 GiB, as all code that runs on the boot tables does.
 */
#include <arch/kasan.h>

#include <arch/boot.h>
#include <arch/pgtable.h>
#include <arch/sections.h>
#include <arch/upcall.h>
#include <base/bits.h>
#include <base/errno.h>
#include <lib/panic.h>
#include <lib/spinlock.h>
#include <lib/string.h>

#include "cpu.h"

static unsigned long zero_page[PTRS_PER_TABLE] __aligned(PAGE_SIZE);
static unsigned long zero_pte[PTRS_PER_TABLE] __aligned(PAGE_SIZE);
static unsigned long zero_pmd[PTRS_PER_TABLE] __aligned(PAGE_SIZE);
static unsigned long zero_pud[PTRS_PER_TABLE] __aligned(PAGE_SIZE);

static unsigned long *shadow_pgd;
unsigned long kasan_shadow_frames; /* (shadow_lock) */
static DEFINE_SPINLOCK(shadow_lock);

#define TABLE_BITS (_PAGE_PRESENT | _PAGE_RW | _PAGE_ACCESSED)

static unsigned long leaf_bits(bool writable)
{
	unsigned long v = _PAGE_PRESENT | _PAGE_ACCESSED | _PAGE_DIRTY;

	if (writable)
		v |= _PAGE_RW;
	if (cpu_features.nx)
		v |= _PAGE_NX;
	return v;
}

static void fill(unsigned long *table, unsigned int from, unsigned int to,
		 unsigned long entry)
{
	for (unsigned int i = from; i < to; i++)
		table[i] = entry;
}

static phys_addr_t take_frame(void)
{
	phys_addr_t page = pt_page_alloc();

	if (page)
		kasan_shadow_frames++;
	return page;
}

/* The table behind @entry, made an own one of this way first. */
static unsigned long *own_table(unsigned long *entry,
				const unsigned long *shared)
{
	if ((*entry & PTE_PFN_MASK) == __pa_symbol(shared)) {
		phys_addr_t page = take_frame();

		if (!page)
			return NULL;
		memcpy(__va(page), shared, PAGE_SIZE);
		*entry = page | TABLE_BITS;
	}
	return __va(*entry & PTE_PFN_MASK);
}

/* The last entry on the way to @shadow, in tables of its own. */
static unsigned long *own_way(unsigned long shadow)
{
	unsigned long *table;

	table = own_table(&shadow_pgd[pgd_index(shadow)], zero_pud);
	if (table)
		table = own_table(&table[pud_index(shadow)], zero_pmd);
	if (table)
		table = own_table(&table[pmd_index(shadow)], zero_pte);
	return table ? &table[pte_index(shadow)] : NULL;
}

/* 1: it is new; 0: it was there; -ENOMEM. Caller holds shadow_lock. */
static int populate_page(unsigned long shadow, u8 value)
{
	unsigned long *entry = own_way(shadow);
	phys_addr_t page;

	if (!entry)
		return -ENOMEM;
	if ((*entry & PTE_PFN_MASK) != __pa_symbol(zero_page))
		return 0; /* I2 */
	page = take_frame();
	if (!page)
		return -ENOMEM;
	if (value)
		memset(__va(page), value, PAGE_SIZE);
	WRITE_ONCE(*entry, page | leaf_bits(true));
	return 1;
}

int kasan_shadow_populate(unsigned long addr, size_t size, u8 value)
{
	unsigned long s = (unsigned long)kasan_shadow((void *)addr) & PAGE_MASK;
	unsigned long last =
		(unsigned long)kasan_shadow((void *)(addr + size - 1));
	int pages = 0;

	for (; s <= last; s += PAGE_SIZE) {
		unsigned long flags;
		int new;

		spin_lock_irqsave(&shadow_lock, flags);
		new = populate_page(s, value);
		/* This CPU may remember the shared page from a read. */
		if (new > 0)
			__asm__ __volatile__("invlpg (%0)" ::"r"(s) : "memory");
		spin_unlock_irqrestore(&shadow_lock, flags);
		if (new < 0)
			return new;
		pages += new;
	}
	return pages;
}

static void must_populate(unsigned long addr, size_t size)
{
	if (kasan_shadow_populate(addr, size, 0) < 0)
		panic("no memory for the shadow of %#lx (%lu KiB): an eighth of all memory is needed",
		      addr, size >> 10);
}

static void populate_direct_map(void)
{
	phys_addr_t limit = arch_direct_map_limit();

	for (unsigned int i = 0; i < boot_info.nr_mem; i++) {
		const struct mem_range *r = &boot_info.mem[i];
		phys_addr_t base = PAGE_ALIGN(r->base);
		phys_addr_t end = min((r->base + r->size) & PAGE_MASK, limit);

		if (r->type == MEM_USABLE && base < end)
			must_populate((unsigned long)__va(base), end - base);
	}
}

void kasan_shadow_init(unsigned long *pgd)
{
	shadow_pgd = pgd;
	fill(zero_pte, 0, PTRS_PER_TABLE,
	     __pa_symbol(zero_page) | leaf_bits(false));
	fill(zero_pmd, 0, PTRS_PER_TABLE, __pa_symbol(zero_pte) | TABLE_BITS);
	fill(zero_pud, 0, PTRS_PER_TABLE, __pa_symbol(zero_pmd) | TABLE_BITS);
	fill(pgd, pgd_index(KASAN_SHADOW_START), pgd_index(KASAN_SHADOW_END),
	     __pa_symbol(zero_pud) | TABLE_BITS);
	must_populate((unsigned long)_text, (size_t)(_end - _text));
	populate_direct_map();
	kasan_shadow_frames = 0;
}
