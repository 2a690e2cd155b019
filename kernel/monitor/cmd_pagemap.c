/* SPDX-License-Identifier: MIT */
/*
 * cmd_pagemap.c - a walk of the page tables, and what is at its end; a map
 * of all that is mapped.
 *
 * Locking. None: while somebody changes the tables, the levels shown may not
 * be of the same moment.
 * Contexts. Task.
 */
#include <kernel/command.h>

#include <arch/kasan.h>
#include <arch/pgtable.h>
#include <base/bits.h>
#include <base/errno.h>
#include <lib/cpumask.h>
#include <lib/fmt.h>
#include <lib/printk.h>
#include <lib/string.h>
#include <mm/gfp.h>
#include <mm/mmzone.h>
#include <mm/page.h>
#include <mm/tlb.h>

static const char *const level_names[] = {"PGD", "PUD", "PMD", "PTE"};

/* Bits of an entry for people, in the order of the manual's drawing. */
static const struct {
	u64 bit;
	const char *name;
} entry_bits[] = {
	{(u64)_PAGE_NX, "NX"}, {_PAGE_PROTNONE, "NONE"}, {_PAGE_GLOBAL, "G"},
	{_PAGE_PSE, "PS"},     {_PAGE_DIRTY, "D"},	 {_PAGE_ACCESSED, "A"},
	{_PAGE_PCD, "PCD"},    {_PAGE_PWT, "PWT"},	 {_PAGE_USER, "US"},
	{_PAGE_RW, "RW"},      {_PAGE_PRESENT, "P"},
};

static const struct {
	u64 bit;
	const char *name;
} frame_flags[] = {
	{BIT(PG_reserved), "reserved"}, {BIT(PG_buddy), "free"},
	{BIT(PG_slab), "slab"},		{BIT(PG_compound), "compound"},
	{BIT(PG_tail), "tail"},		{BIT(PG_locked), "locked"},
	{BIT(PG_private), "private"},	{BIT(PG_lru), "lru"},
};

/* One more word for a line. */
static void __printf(3, 4) append(char *line, size_t size, const char *fmt, ...)
{
	size_t used = strlen(line);
	va_list args;

	va_start(args, fmt);
	vsnprintf(line + used, size - used, fmt, args);
	va_end(args);
}

static void show_entry(const struct pt_walk *w, unsigned int depth,
		       unsigned long va)
{
	unsigned int shift = PGDIR_SHIFT - 9 * depth;
	bool last = depth + 1 == w->tables;
	u64 entry = w->path[depth], bits = entry;
	char line[64] = "";

	if (depth == 3) /* there the bit has another meaning */
		bits &= ~(u64)_PAGE_PSE;
	for (unsigned int i = 0; i < ARRAY_SIZE(entry_bits); i++)
		if (bits & entry_bits[i].bit)
			append(line, sizeof(line), " %s", entry_bits[i].name);
	if (!last && depth) /* the top level has no count */
		append(line, sizeof(line), "; %u used there",
		       pt_entry_used(entry));
	pr_raw("%s %5lu  0x%016llx  %#14llx %s\n", level_names[depth],
	       (va >> shift) & 511, entry, entry & PTE_PFN_MASK,
	       entry ? line : " nothing");
}

static void show_frame(phys_addr_t phys)
{
	unsigned long pfn = PFN_DOWN(phys);
	struct page *page = pfn_to_page(pfn);
	char line[80] = "";

	if (!pfn_valid(pfn)) {
		pr_raw("frame %#lx: no memory, a device's perhaps\n", pfn);
		return;
	}
	for (unsigned int i = 0; i < ARRAY_SIZE(frame_flags); i++)
		if (page->flags & frame_flags[i].bit)
			append(line, sizeof(line), ", %s", frame_flags[i].name);
	pr_raw("frame %#lx: node %d, zone %s, count %d%s\n", pfn,
	       page_to_nid(page), page_zone(page)->name, page_count(page),
	       line);
}

static const char *size_name(unsigned int shift)
{
	return shift == PAGE_SHIFT  ? "4 KiB"
	       : shift == PMD_SHIFT ? "2 MiB"
				    : "1 GiB";
}

static void show_walk(unsigned long va)
{
	struct pt_walk w;
	bool mapped = pt_walk(va, &w);

	pr_raw("%#lx: indices %lu, %lu, %lu, %lu, offset %#lx\n", va,
	       pgd_index(va), pud_index(va), pmd_index(va), pte_index(va),
	       va & ~PAGE_MASK);
	pr_raw("level index  entry               frame          bits\n");
	for (unsigned int i = 0; i < w.tables; i++)
		show_entry(&w, i, va);
	if (!mapped) {
		pr_raw(pte_present(w.entry)
			       ? "not accessible: a frame, but no rights\n"
			       : "not mapped\n");
		return;
	}
	pr_raw("page of %s at %#llx, the address leads to %#llx\n",
	       size_name(w.shift), w.phys & ~(BIT(w.shift) - 1), w.phys);
	show_frame(w.phys);
}

static void show_totals(void)
{
	struct tlb_stats s;
	unsigned int cpu;

	pr_raw("tables: %lu pages; direct map: %lu pages of 4 KiB, %lu of 2 MiB, %lu of 1 GiB\n",
	       nr_page_table_pages(), direct_map_pages[0], direct_map_pages[1],
	       direct_map_pages[2]);
	pr_raw("TLB flushes\n cpu   one page        all  asked for   received\n");
	for_each_online_cpu(cpu) {
		tlb_get_stats(cpu, &s);
		pr_raw("%4u %10lu %10lu %10lu %10lu\n", cpu, s.local_page,
		       s.local_all, s.sent, s.received);
	}
}

/* Neighbouring pages with the same rights. */
struct run {
	unsigned long start, size, rights;
	unsigned long pages[3]; /* of 4 KiB, 2 MiB, 1 GiB */
};

#define RUN_RIGHTS (_PAGE_RW | _PAGE_NX | _PAGE_PCD | _PAGE_PWT | _PAGE_USER)

static void show_run(const struct run *r)
{
	if (!r->size)
		return;
	pr_raw("0x%016lx %10lu KiB  r%c%c %-8s %6lu %6lu %4lu\n", r->start,
	       r->size >> 10, r->rights & _PAGE_RW ? 'w' : '-',
	       r->rights & _PAGE_NX ? '-' : 'x',
	       r->rights & _PAGE_PCD   ? "uncached"
	       : r->rights & _PAGE_PWT ? "combined"
				       : "cached",
	       r->pages[0], r->pages[1], r->pages[2]);
}

/* The kernel's half, hole by hole and run by run. */
static void show_runs(void)
{
	unsigned long va = 0xffff800000000000UL, next;
	struct run r = {.size = 0};
	struct pt_walk w;

	pr_raw("%-18s %14s  rights%9s  %6s %6s %4s\n", "from", "size", "",
	       "4 KiB", "2 MiB", "1 GiB");
	do {
		unsigned long rights;
		bool mapped;

		/* 2^32 pages, nearly all of them the same one */
		if (CONFIG_KASAN && va == KASAN_SHADOW_START)
			va = KASAN_SHADOW_END;
		mapped = pt_walk(va, &w);
		rights = w.entry.pte & RUN_RIGHTS;

		next = (va | (BIT(w.shift) - 1)) + 1;
		if (!mapped || rights != r.rights || va != r.start + r.size) {
			show_run(&r);
			r = (struct run){.start = va, .rights = rights};
		}
		if (mapped) {
			r.size += BIT(w.shift);
			r.pages[(w.shift - PAGE_SHIFT) / 9]++;
		}
		va = next;
	} while (va); /* behind the last address comes 0 */
	show_run(&r);
}

static int cmd_pagemap(int argc, char **argv)
{
	unsigned long va;

	if (argc == 1) {
		show_totals();
		return 0;
	}
	if (argc == 2 && !strcmp(argv[1], "all")) {
		show_runs();
		return 0;
	}
	if (argc != 2 || kstrtoul(argv[1], 0, &va))
		return -EINVAL;
	if ((long)va << 16 >> 16 != (long)va) {
		pr_raw("%#lx is no address: bits 63 to 47 are not alike\n", va);
		return 1;
	}
	show_walk(va);
	return 0;
}
COMMAND("pagemap", "how an address is translated; all that is mapped; totals",
	"[address|all]", cmd_pagemap);
