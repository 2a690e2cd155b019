/* SPDX-License-Identifier: MIT */
/*
 * paging.c - the kernel's own page tables.
 *
 * Model. boot.asm ran on tables that map 4 GiB three times, writable and
 * executable. paging_init() builds the tables that stay:
 *
 *	ffffffff80100000  image: .text RX, .rodata R, .data/.bss RW
 *	fffffe0000000000  stacks, one slot for each CPU (cpu.c)
 *	ffffe90000000000  per-CPU units (mm/percpu.c)
 *	ffffb00000000000  device registers and firmware tables
 *	ffff888000000000  direct map of usable RAM: RW, but R where it is an
 *			  alias of .text or .rodata
 *	0 .. 7fff...	  nothing: user half (A BOOT-4)
 *
 * Only ranges that the firmware calls usable enter the direct map, so a stray
 * pointer into a hole or a device faults. Large pages are used wherever
 * alignment allows (A PG-3).
 *
 * Invariants.
 *   I1  No page is writable and executable, over all aliases.
 *   I2  Entries 0..255 of the top level are zero (A BOOT-10).
 *   I3  RAM is mapped cached, devices with PCD and PWT (A PG-15); no page
 *       as both.
 *   I4  A table page is reachable through the direct map, before and after
 *       the switch at the same address: it comes from below 4 GiB while the
 *       boot tables are in use.
 *   I5  Every top-level entry of the kernel half that is ever needed exists
 *       after paging_init(), so later address spaces may copy them (A BOOT-5).
 *
 * Locking. None: boot only, one CPU.
 * Contexts. Boot; pt_walk() from any.
 * Limits. What is mapped here stays mapped.
 *
 * References. Intel SDM vol. 3A, "Paging".
 */
#include <arch/boot.h>
#include <arch/kasan.h>
#include <arch/nofault.h>
#include <arch/pgtable.h>
#include <arch/sections.h>
#include <arch/upcall.h>
#include <base/assert.h>
#include <base/bits.h>
#include <base/config.h>
#include <lib/panic.h>
#include <lib/param.h>
#include <lib/string.h>

#include "cpu.h"
#include "msr.h"
#include "pgtable_private.h"

#define IO_MAP_SIZE (1UL << 36)

extern char init_stack_guard[];

/* The top level, in .bss so that it exists before any allocator. */
pgd_t kernel_pgd[PTRS_PER_TABLE] __aligned(4096);

unsigned long arch_cr_order;

/* Read by the trampoline of each CPU that starts. */
extern u64 kernel_cr3;
u64 kernel_cr3;

bool pt_walk(unsigned long va, struct pt_walk *w)
{
	unsigned long entry = kernel_pgd[pgd_index(va)].pgd;
	unsigned int shift = PGDIR_SHIFT;
	u64 next;

	w->tables = 1;
	w->path[0] = entry;
	while ((entry & _PAGE_PRESENT) && shift > PAGE_SHIFT &&
	       !(entry & _PAGE_PSE)) {
		shift -= 9;
		if (arch_load64_nofault(table_of(entry) + (va >> shift & 511),
					&next))
			next = 0; /* a table that was freed meanwhile */
		entry = next;
		w->path[w->tables++] = entry;
	}
	w->entry = __pte(entry);
	w->shift = shift;
	w->phys = (entry & PTE_PFN_MASK & ~(BIT(shift) - 1)) |
		  (va & (BIT(shift) - 1));
	return entry & _PAGE_PRESENT;
}

/* Boot cannot go on without its page tables. */
static void must_map(unsigned long va, phys_addr_t pa, u64 size, pgprot_t prot,
		     unsigned int max_shift)
{
	int err = kernel_map(va, pa, size, prot, max_shift);

	if (err)
		panic("no memory for page tables: %#lx (%llu KiB): error %d",
		      va, size >> 10, err);
}

static void map_image_part(const void *start, const void *end, pgprot_t prot)
{
	must_map((unsigned long)start, __pa_symbol(start),
		 (const char *)end - (const char *)start, prot, PAGE_SHIFT);
}

static void map_image(void)
{
	map_image_part(_text, _etext, PAGE_KERNEL_RX);
	map_image_part(__rodata_start, __rodata_end, PAGE_KERNEL_RO);
	map_image_part(_data, _edata, PAGE_KERNEL);
	/* All of .bss but the guard page below init_stack. */
	map_image_part(__bss_start, init_stack_guard, PAGE_KERNEL);
	map_image_part(init_stack_guard + PAGE_SIZE, _end, PAGE_KERNEL);
}

/* The part of [base, end) inside [lo, hi), into the direct map. */
static void map_direct_part(phys_addr_t base, phys_addr_t end, phys_addr_t lo,
			    phys_addr_t hi, pgprot_t prot)
{
	base = max(base, lo);
	end = min(end, hi);
	if (base < end)
		must_map((unsigned long)__va(base), base, end - base, prot,
			 PUD_SHIFT);
}

phys_addr_t arch_memory_limit(void)
{
	return min(BIT(cpu_features.phys_bits), IO_MAP_BASE - PAGE_OFFSET);
}

/* The lesson of mm/history/highmem.c; 0: the whole memory is "low". */
static unsigned int highmem_mib;
PARAM_UINT("highmem", highmem_mib,
	   "keep memory above so many MiB out of the direct map", 32, 1U << 20);

phys_addr_t arch_direct_map_limit(void)
{
	/* Whole buddy blocks on either side: no page is in both. */
	u64 low = (u64)(highmem_mib & ~3U) << 20;

	if (CONFIG_KASAN) /* the shadow is for frames with addresses */
		return arch_memory_limit();
	return low ? min(low, arch_memory_limit()) : arch_memory_limit();
}

phys_addr_t arch_phys_limit(void)
{
	return BIT(cpu_features.phys_bits);
}

static void map_direct(void)
{
	phys_addr_t ro_start = __pa_symbol(_text);
	phys_addr_t ro_end = __pa_symbol(__rodata_end);
	phys_addr_t limit = arch_direct_map_limit();

	for (unsigned int i = 0; i < boot_info.nr_mem; i++) {
		const struct mem_range *r = &boot_info.mem[i];
		phys_addr_t base = PAGE_ALIGN(r->base);
		phys_addr_t end = (r->base + r->size) & PAGE_MASK;

		if (r->type != MEM_USABLE)
			continue;
		map_direct_part(base, end, 0, ro_start, PAGE_KERNEL);
		map_direct_part(base, end, ro_start, ro_end, PAGE_KERNEL_RO);
		map_direct_part(base, end, ro_end, limit, PAGE_KERNEL);
	}
}

/* I5: a second-level table for each region that grows later. */
static void reserve_regions(void)
{
	static const unsigned long regions[][2] = {
		{PAGE_OFFSET, PAGE_OFFSET},
		{IO_MAP_BASE, IO_MAP_BASE},
		{VMALLOC_START, VMALLOC_END},
		{0xffffe90000000000UL, 0xffffe90000000000UL}, /* per-CPU */
		{0xffffea0000000000UL, 0xffffea7fffffffffUL}, /* vmemmap */
		{0xfffffe0000000000UL, 0xfffffe0000000000UL}, /* stacks */
		{KERNEL_BASE, KERNEL_BASE},
	};

	for (unsigned int i = 0; i < ARRAY_SIZE(regions); i++)
		if (kernel_pgd_reserve(regions[i][0], regions[i][1]))
			panic("no memory for page tables");
}

u64 boot_map_words[3];

/* The boot tables are about to go: do all three mappings agree? */
static void note_boot_map(void)
{
	static const volatile u64 word = 0x6b63656863746962ULL;
	phys_addr_t pa = __pa_symbol((const void *)&word);

	boot_map_words[0] = *(const volatile u64 *)(uintptr_t)pa;
	boot_map_words[1] = *(const volatile u64 *)__va(pa);
	boot_map_words[2] = word;
}

void paging_init(void)
{
	note_boot_map();
	if (!cpu_features.nx)
		supported_pte_mask &= ~_PAGE_NX;
	if (!cpu_features.pge)
		supported_pte_mask &= ~_PAGE_GLOBAL;
	map_image();
	map_direct();
	reserve_regions();
	if (CONFIG_KASAN)
		kasan_shadow_init(&kernel_pgd[0].pgd);
	kernel_cr3 = __pa_symbol(kernel_pgd);
	write_cr3(kernel_cr3);
	/* Global entries of the boot tables survive CR3: drop them too. */
	write_cr4(read_cr4() & ~X86_CR4_PGE);
	if (cpu_features.pge)
		write_cr4(read_cr4() | X86_CR4_PGE);
}

static volatile void *map_window(phys_addr_t phys, size_t len, pgprot_t prot)
{
	static unsigned long next = IO_MAP_BASE;
	phys_addr_t base = phys & PAGE_MASK;
	phys_addr_t limit = arch_phys_limit();
	unsigned long va = next;
	u64 size;

	/* An entry with address bits that the CPU has not would fault. */
	if (!len || phys >= limit || len > limit - phys)
		return NULL;
	size = PAGE_ALIGN(phys + len) - base;
	if (size >= IO_MAP_BASE + IO_MAP_SIZE - next)
		return NULL;
	/* Moves on even after a failure: part of the range may be mapped. */
	next += size + PAGE_SIZE; /* a hole catches overruns */
	if (kernel_map(va, base, size, prot, PAGE_SHIFT))
		return NULL;
	return (volatile void *)(va + (phys - base));
}

/* No device is where memory is: a table that says so is wrong. */
static bool hits_memory(phys_addr_t phys, size_t len)
{
	for (unsigned int i = 0; i < boot_info.nr_mem; i++) {
		const struct mem_range *r = &boot_info.mem[i];

		if (r->type == MEM_USABLE && phys < r->base + r->size &&
		    r->base < phys + len)
			return true;
	}
	return false;
}

volatile void *arch_map_io(phys_addr_t phys, size_t len)
{
	if (hits_memory(phys, len))
		return NULL;
	return map_window(phys, len, PAGE_KERNEL_NOCACHE);
}

const void *arch_memremap(phys_addr_t phys, size_t len)
{
	return (const void *)map_window(phys, len, PAGE_KERNEL_RO);
}
