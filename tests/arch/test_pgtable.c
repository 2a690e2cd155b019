/* SPDX-License-Identifier: MIT */
/*
 * test_pgtable.c - mapping, unmapping, splitting and pruning.
 *
 * Model. Everything happens at PT_TEST. Each case ends with an independent
 * count of all tables and with as many of them as it found.
 */
#include <arch/pgtable.h>

#include <arch/boot.h>
#include <arch/crash.h>
#include <arch/irqvec.h>
#include <arch/sections.h>
#include <base/bits.h>
#include <base/config.h>
#include <base/errno.h>
#include <lib/fault.h>
#include <lib/selftest.h>
#include <lib/string.h>
#include <mm/fail.h>
#include <mm/pgtable.h>
#include <mm/tlb.h>

#include "../../arch/x86_64/cpu.h"
#include "../../arch/x86_64/pgtable_private.h"
#include "../pgtable_check.h"

#define PAGES 8

/* Frames to map a second time, each with its number in it. */
static u8 frames[PAGES][PAGE_SIZE] __aligned(4096);

static phys_addr_t frame_of(void *ctx __unused, unsigned int i)
{
	return __pa_symbol(frames[i % PAGES]);
}

static void number_frames(void)
{
	for (unsigned int i = 0; i < PAGES; i++)
		memset(frames[i], (int)i + 1, PAGE_SIZE);
}

static bool usable(phys_addr_t pa, u64 size)
{
	for (unsigned int i = 0; i < boot_info.nr_mem; i++) {
		const struct mem_range *r = &boot_info.mem[i];

		if (r->type == MEM_USABLE && pa >= r->base &&
		    pa + size <= r->base + r->size)
			return true;
	}
	return false;
}

static unsigned int read_byte(unsigned long va)
{
	return *(volatile u8 *)va;
}

static bool leads_to(unsigned long va, phys_addr_t pa, unsigned int shift)
{
	struct pt_walk w;

	return pt_walk(va, &w) && w.phys == pa && w.shift == shift;
}

static bool mapped(unsigned long va)
{
	struct pt_walk w;

	return pt_walk(va, &w);
}

/* How many of @n pages from @va on are not what a linear mapping has. */
static unsigned int not_linear(unsigned long va, phys_addr_t pa, unsigned int n,
			       unsigned long rights)
{
	unsigned int wrong = 0;
	struct pt_walk w;

	for (unsigned int i = 0; i < n; i++) {
		unsigned long at = i * PAGE_SIZE;

		wrong += !pt_walk(va + at, &w) || w.phys != pa + at ||
			 (w.entry.pte & (_PAGE_RW | _PAGE_NX)) != rights;
	}
	return wrong;
}

static unsigned long nx(void)
{
	return cpu_features.nx ? (unsigned long)_PAGE_NX : 0;
}

/* A read and a write of what is not there: the ex-table, CR2, the code. */
static void read_at(void *arg)
{
	arch_crash_read((unsigned long)arg);
}

static void write_at(void *arg)
{
	arch_crash_write((unsigned long)arg);
}

static void expect_fault(void (*fn)(void *), unsigned long va, u64 code)
{
	struct fault_info f = {.vector = ~0U};

	EXPECT_TRUE(fault_catch(fn, (void *)va, &f));
	EXPECT_EQ(f.vector, X86_TRAP_PF);
	EXPECT_EQ(f.error_code, code);
	EXPECT_EQ(f.address, (u64)va);
}

SELFTEST(arch, pgtable, empty_entry_faults, "A PG-6")
{
	unsigned long va = PT_TEST + 0x5678;
	u64 word = 7;

	EXPECT_EQ(copy_from_kernel_nofault(&word, (void *)va, 8), -EFAULT);
	EXPECT_EQ(word, 7ULL);
	expect_fault(read_at, va, 0);
	expect_fault(write_at, va, X86_PF_WRITE);
	/* the same in a table that exists: its other entries are zero */
	REQUIRE_EQ(kernel_map(PT_TEST, __pa_symbol(frames), PAGE_SIZE,
			      PAGE_KERNEL, PAGE_SHIFT),
		   0);
	expect_fault(read_at, va, 0);
	expect_fault(write_at, va, X86_PF_WRITE);
	EXPECT_EQ(kernel_unmap(PT_TEST, PAGE_SIZE), 0);
	pt_expect_sound();
}

/* ---- tables come and go ------------------------------------------------- */

SELFTEST(arch, pgtable, tables_on_demand, "A PG-2, A PG-7")
{
	unsigned long before = nr_page_table_pages();
	phys_addr_t pa = __pa_symbol(frames);

	/* the first page of an empty GiB: a PMD and a PTE table */
	REQUIRE_EQ(kernel_map(PT_TEST, pa, PAGE_SIZE, PAGE_KERNEL, PAGE_SHIFT),
		   0);
	EXPECT_EQ(nr_page_table_pages(), before + 2);
	/* its neighbour: none; 2 MiB further: one; the next GiB: two */
	EXPECT_EQ(kernel_map(PT_TEST + PAGE_SIZE, pa, PAGE_SIZE, PAGE_KERNEL,
			     PAGE_SHIFT),
		  0);
	EXPECT_EQ(nr_page_table_pages(), before + 2);
	EXPECT_EQ(kernel_map(PT_TEST + PMD_SIZE, pa, PAGE_SIZE, PAGE_KERNEL,
			     PAGE_SHIFT),
		  0);
	EXPECT_EQ(nr_page_table_pages(), before + 3);
	EXPECT_EQ(kernel_map(PT_TEST + PUD_SIZE, pa, PAGE_SIZE, PAGE_KERNEL,
			     PAGE_SHIFT),
		  0);
	EXPECT_EQ(nr_page_table_pages(), before + 5);
	pt_expect_sound();

	/* and back: a table goes with its last page */
	EXPECT_EQ(kernel_unmap(PT_TEST, PAGE_SIZE), 0);
	EXPECT_EQ(nr_page_table_pages(), before + 5);
	EXPECT_TRUE(mapped(PT_TEST + PAGE_SIZE));
	EXPECT_EQ(kernel_unmap(PT_TEST + PAGE_SIZE, PAGE_SIZE), 0);
	EXPECT_EQ(nr_page_table_pages(), before + 4);
	EXPECT_EQ(kernel_unmap(PT_TEST, 2 * PUD_SIZE), 0);
	EXPECT_EQ(nr_page_table_pages(), before);
	EXPECT_FALSE(mapped(PT_TEST + PUD_SIZE));
	pt_expect_sound();
	/* a flat table of 48 bits would take 512 GiB; this is under 1 % */
	EXPECT_LT(nr_page_table_pages() * 4096, (8ULL << 36) / 100);
}

SELFTEST(arch, pgtable, largest_pages, "A PG-3")
{
	unsigned long before = nr_page_table_pages();
	unsigned long va = PT_TEST + PMD_SIZE - 2 * PAGE_SIZE;
	phys_addr_t pa = BIT(32) + PMD_SIZE - 2 * PAGE_SIZE;
	u64 size = 2 * PMD_SIZE + 5 * PAGE_SIZE;

	/* nothing reads it, so it matters not what is there */
	REQUIRE_EQ(kernel_map(va, pa, size, PAGE_KERNEL_NOCACHE, PMD_SHIFT), 0);
	EXPECT_TRUE(leads_to(va, pa, PAGE_SHIFT));
	EXPECT_TRUE(
		leads_to(va + 2 * PAGE_SIZE, pa + 2 * PAGE_SIZE, PMD_SHIFT));
	EXPECT_TRUE(leads_to(va + size - 1, pa + size - 1, PAGE_SHIFT));
	EXPECT_FALSE(mapped(va - 1));
	EXPECT_FALSE(mapped(va + size));
	EXPECT_EQ(nr_page_table_pages(), before + 3);
	EXPECT_EQ(kernel_unmap(va, size), 0);
	EXPECT_EQ(nr_page_table_pages(), before);

	/* no large page where address and frame are out of step */
	REQUIRE_EQ(kernel_map(PT_TEST, BIT(32) + PAGE_SIZE, PMD_SIZE,
			      PAGE_KERNEL_NOCACHE, PMD_SHIFT),
		   0);
	EXPECT_TRUE(leads_to(PT_TEST, BIT(32) + PAGE_SIZE, PAGE_SHIFT));
	/* nor where a table is in the way already, even an empty one */
	EXPECT_EQ(kernel_unmap_noflush(PT_TEST, PMD_SIZE), 0);
	local_flush_tlb_all();
	REQUIRE_EQ(kernel_map(PT_TEST, BIT(32), PMD_SIZE, PAGE_KERNEL_NOCACHE,
			      PMD_SHIFT),
		   0);
	EXPECT_EQ(not_linear(PT_TEST, BIT(32), 512, _PAGE_RW | nx()), 0U);
	EXPECT_TRUE(leads_to(PT_TEST, BIT(32), PAGE_SHIFT));
	EXPECT_EQ(kernel_unmap(PT_TEST, PMD_SIZE), 0);
	EXPECT_EQ(nr_page_table_pages(), before);
	pt_expect_sound();
}

SELFTEST(arch, pgtable, occupied, "")
{
	unsigned long before = nr_page_table_pages();
	unsigned long there = PT_TEST + PMD_SIZE + 3 * PAGE_SIZE;

	number_frames();
	REQUIRE_EQ(kernel_map(there, __pa_symbol(frames[6]), PAGE_SIZE,
			      PAGE_KERNEL, PAGE_SHIFT),
		   0);
	/* a range that runs into it: all but what was there is undone */
	EXPECT_EQ(kernel_map(PT_TEST + PAGE_SIZE, BIT(32), 2 * PMD_SIZE,
			     PAGE_KERNEL, PMD_SHIFT),
		  -EEXIST);
	for (unsigned long va = PT_TEST; va < PT_TEST + 3 * PMD_SIZE;
	     va += PAGE_SIZE)
		if (mapped(va) != (va == there))
			EXPECT_EQ(va, there);
	EXPECT_EQ(read_byte(there), 7U);
	kernel_flush_unmapped(PT_TEST, PT_TEST + PUD_SIZE);
	EXPECT_EQ(nr_page_table_pages(), before + 2);
	EXPECT_EQ(kernel_unmap(PT_TEST, PUD_SIZE), 0);
	EXPECT_EQ(nr_page_table_pages(), before);
	pt_expect_sound();
}

/* ---- single frames, fast ------------------------------------------------ */

SELFTEST(arch, pgtable, page_by_page, "")
{
	unsigned long before = nr_page_table_pages();
	/* six pages before the end of a table and of a GiB, six behind it */
	unsigned long va = PT_TEST + PUD_SIZE - 6 * PAGE_SIZE;
	unsigned int wrong = 0;

	number_frames();
	REQUIRE_EQ(kernel_map_pages(va, 12, PAGE_KERNEL, frame_of, NULL), 0);
	EXPECT_EQ(nr_page_table_pages(), before + 4);
	for (unsigned int i = 0; i < 12; i++) {
		wrong += !leads_to(va + i * PAGE_SIZE + 5,
				   frame_of(NULL, i) + 5, PAGE_SHIFT);
		wrong += read_byte(va + i * PAGE_SIZE + 5) != i % PAGES + 1;
	}
	EXPECT_EQ(wrong, 0U);
	EXPECT_FALSE(mapped(va - 1));
	EXPECT_FALSE(mapped(va + 12 * PAGE_SIZE));
	pt_expect_sound();
	kernel_unmap_pages(va + 5 * PAGE_SIZE, 2); /* over the border */
	for (unsigned int i = 0; i < 12; i++)
		EXPECT_EQ(mapped(va + i * PAGE_SIZE), i != 5 && i != 6);
	kernel_unmap_pages(va, 5);
	kernel_unmap_pages(va + 7 * PAGE_SIZE, 5);
	/* the tables wait for the flush */
	EXPECT_EQ(nr_page_table_pages(), before + 4);
	kernel_flush_unmapped(va, va + 12 * PAGE_SIZE);
	EXPECT_EQ(nr_page_table_pages(), before);
	pt_expect_sound();
}

/* ---- splitting ---------------------------------------------------------- */

/* The first 2 MiB of memory behind the image. */
static phys_addr_t large_frame(void)
{
	phys_addr_t pa = ALIGN(__pa_symbol(_end), PMD_SIZE);

	while (!usable(pa, PMD_SIZE))
		pa += PMD_SIZE;
	return pa;
}

/* Of frames that may be free. */
static noinline __no_kasan unsigned int differs(unsigned long va,
						phys_addr_t pa, unsigned int n)
{
	unsigned int wrong = 0;

	for (unsigned int i = 0; i < n; i++)
		wrong += *(volatile u64 *)(va + i * PAGE_SIZE) !=
			 *(volatile u64 *)__va(pa + i * PAGE_SIZE);
	return wrong;
}

/* Each page of the large one still is where it was, but for the one. */
SELFTEST(arch, pgtable, split_keeps_translations, "A PG-3")
{
	unsigned long before = nr_page_table_pages();
	unsigned long va = PT_TEST + PMD_SIZE, hole = va + 77 * PAGE_SIZE;
	phys_addr_t pa = large_frame();

	REQUIRE_EQ(kernel_map(va, pa, PMD_SIZE, PAGE_KERNEL_RO, PMD_SHIFT), 0);
	EXPECT_TRUE(leads_to(va, pa, PMD_SHIFT));
	EXPECT_EQ(not_linear(va, pa, 512, nx()), 0U);
	EXPECT_EQ(nr_page_table_pages(), before + 1);
	/* rights that it has already: all that changes is the size */
	EXPECT_EQ(kernel_protect(hole, PAGE_SIZE, PAGE_KERNEL_RO), 0);
	EXPECT_EQ(nr_page_table_pages(), before + 2);
	EXPECT_TRUE(leads_to(va, pa, PAGE_SHIFT));
	EXPECT_EQ(not_linear(va, pa, 512, nx()), 0U);
	EXPECT_EQ(differs(va, pa, 512), 0U);
	pt_expect_sound();

	EXPECT_EQ(kernel_unmap(hole, PAGE_SIZE), 0);
	EXPECT_FALSE(mapped(hole));
	expect_fault(read_at, hole, 0);
	EXPECT_EQ(not_linear(va, pa, 77, nx()), 0U);
	EXPECT_EQ(not_linear(hole + PAGE_SIZE, pa + 78 * PAGE_SIZE, 434, nx()),
		  0U);
	EXPECT_EQ(kernel_unmap(va, PMD_SIZE), 0);
	EXPECT_EQ(nr_page_table_pages(), before);
	pt_expect_sound();
}

/* A page of 1 GiB becomes 511 + 511 + 512 smaller ones. */
SELFTEST(arch, pgtable, split_gigabyte, "A PG-3, A PG-8")
{
	unsigned long before = nr_page_table_pages();
	unsigned long va = PT_TEST + PUD_SIZE, one = va + 300 * PMD_SIZE;
	phys_addr_t pa = BIT(32);
	struct pt_walk w;
	unsigned int wrong = 0;

	if (!cpu_features.gbpages)
		return selftest_skip("this CPU has no pages of 1 GiB");
	one += 9 * PAGE_SIZE;
	REQUIRE_EQ(kernel_map(va, pa, PUD_SIZE, PAGE_KERNEL_NOCACHE, PUD_SHIFT),
		   0);
	EXPECT_EQ(nr_page_table_pages(), before);
	EXPECT_TRUE(pt_walk(va, &w));
	EXPECT_EQ(w.tables, 2U);
	EXPECT_EQ(kernel_rights_noflush(one, PAGE_SIZE, __pgprot(_PAGE_RW),
					__pgprot(0)),
		  0);
	flush_tlb_kernel_page(one);
	EXPECT_EQ(nr_page_table_pages(), before + 2);
	for (unsigned int i = 0; i < 512; i++)
		wrong += !leads_to(va + i * PMD_SIZE, pa + i * PMD_SIZE,
				   i == 300 ? PAGE_SHIFT : PMD_SHIFT);
	EXPECT_EQ(wrong, 0U);
	EXPECT_EQ(not_linear(one - 9 * PAGE_SIZE, pa + 300 * PMD_SIZE, 9,
			     _PAGE_RW | nx()),
		  0U);
	EXPECT_EQ(not_linear(one, pa + 300 * PMD_SIZE + 9 * PAGE_SIZE, 1, nx()),
		  0U);
	EXPECT_TRUE(pt_walk(one, &w));
	EXPECT_TRUE(pte_nocache(w.entry));
	EXPECT_EQ(kernel_unmap(va, PUD_SIZE), 0);
	EXPECT_EQ(nr_page_table_pages(), before);
	pt_expect_sound();
}

/* ---- rights ------------------------------------------------------------- */

SELFTEST(arch, pgtable, no_access, "A PG-13")
{
	unsigned long va = PT_TEST;
	struct pt_walk w;

	number_frames();
	REQUIRE_EQ(kernel_map_pages(va, 3, PAGE_KERNEL, frame_of, NULL), 0);
	EXPECT_EQ(read_byte(va + PAGE_SIZE), 2U);
	EXPECT_EQ(kernel_protect(va + PAGE_SIZE, PAGE_SIZE, PAGE_KERNEL_NONE),
		  0);
	/* for the CPU it is not there, for the kernel it is */
	expect_fault(read_at, va + PAGE_SIZE, 0);
	EXPECT_FALSE(pt_walk(va + PAGE_SIZE, &w));
	EXPECT_TRUE(pte_present(w.entry));
	EXPECT_EQ(pte_pfn(w.entry), PFN_DOWN(__pa_symbol(frames[1])));
	EXPECT_EQ(read_byte(va), 1U);
	EXPECT_EQ(read_byte(va + 2 * PAGE_SIZE), 3U);
	pt_expect_sound();
	EXPECT_EQ(kernel_protect(va + PAGE_SIZE, PAGE_SIZE, PAGE_KERNEL), 0);
	EXPECT_EQ(read_byte(va + PAGE_SIZE), 2U);
	EXPECT_EQ(kernel_unmap(va, 3 * PAGE_SIZE), 0);
	EXPECT_FALSE(pt_walk(va + PAGE_SIZE, &w));
	EXPECT_FALSE(pte_present(w.entry));
}

/* One bit changes; NX, cache bits and a frame above 4 GiB stay. */
SELFTEST(arch, pgtable, rights_change_alone, "A PG-11")
{
	phys_addr_t pa = BIT(cpu_features.phys_bits) - PMD_SIZE;
	unsigned long before;
	struct pt_walk w;

	REQUIRE_EQ(kernel_map(PT_TEST, pa, PAGE_SIZE, PAGE_KERNEL_NOCACHE,
			      PAGE_SHIFT),
		   0);
	pt_walk(PT_TEST, &w);
	before = w.entry.pte;
	EXPECT_EQ(w.phys, pa);
	EXPECT_EQ(kernel_rights_noflush(PT_TEST, PAGE_SIZE, __pgprot(_PAGE_RW),
					__pgprot(0)),
		  0);
	pt_walk(PT_TEST, &w);
	EXPECT_EQ(w.entry.pte, before & ~2UL);
	EXPECT_EQ(kernel_rights_noflush(PT_TEST, PAGE_SIZE,
					__pgprot(_PAGE_DIRTY | _PAGE_ACCESSED),
					__pgprot(_PAGE_RW)),
		  0);
	pt_walk(PT_TEST, &w);
	EXPECT_EQ(w.entry.pte, before & ~0x60UL);
	EXPECT_EQ(kernel_unmap(PT_TEST, PAGE_SIZE), 0);
}

/* ---- pruning ------------------------------------------------------------ */

/* A table that is needed while it dies lives on. */
SELFTEST(arch, pgtable, needed_after_all, "")
{
	unsigned long before = nr_page_table_pages();
	unsigned long other = PT_TEST + PMD_SIZE;

	number_frames();
	REQUIRE_EQ(kernel_map_pages(PT_TEST, 2, PAGE_KERNEL, frame_of, NULL),
		   0);
	REQUIRE_EQ(kernel_map_pages(other, 2, PAGE_KERNEL, frame_of, NULL), 0);
	EXPECT_EQ(nr_page_table_pages(), before + 3);
	kernel_unmap_pages(PT_TEST, 2);
	kernel_unmap_pages(other, 2);
	EXPECT_EQ(kernel_prune_begin(PT_TEST, PT_TEST + PUD_SIZE), 3U);
	EXPECT_EQ(kernel_prune_begin(PT_TEST, PT_TEST + PUD_SIZE), 0U);
	EXPECT_EQ(pt_check_counts().dying, 3UL);
	/* the PMD table and one of the PTE tables are wanted again */
	EXPECT_EQ(kernel_map_pages(PT_TEST + 8 * PAGE_SIZE, 2, PAGE_KERNEL,
				   frame_of, NULL),
		  0);
	EXPECT_EQ(read_byte(PT_TEST + 9 * PAGE_SIZE), 2U);
	flush_tlb_kernel_range(PT_TEST, other + 2 * PAGE_SIZE);
	kernel_prune_finish(PT_TEST, PT_TEST + PUD_SIZE);
	EXPECT_EQ(nr_page_table_pages(), before + 2);
	EXPECT_EQ(read_byte(PT_TEST + 9 * PAGE_SIZE), 2U);
	pt_expect_sound();
	EXPECT_EQ(kernel_unmap(PT_TEST + 8 * PAGE_SIZE, 2 * PAGE_SIZE), 0);
	EXPECT_EQ(nr_page_table_pages(), before);
	pt_expect_sound();
}

/* Top-level entries stay when everything below them is gone. */
SELFTEST(arch, pgtable, top_level_stays, "A BOOT-5")
{
	unsigned long *top = __va(read_cr3());
	unsigned long entry = top[pgd_index(PT_TEST)];
	/* vmalloc, vmemmap, devices, stacks */
	static const unsigned long regions[] = {
		0xffffc90000000000UL, 0xffffe8ffffffffffUL,
		0xffffea0000000000UL, 0xffffb00000000000UL,
		0xfffffe0000000000UL, 0xffffffffffffffffUL};

	EXPECT_TRUE(entry & 1);
	REQUIRE_EQ(kernel_map(PT_TEST, __pa_symbol(frames), PAGE_SIZE,
			      PAGE_KERNEL, PAGE_SHIFT),
		   0);
	EXPECT_EQ(kernel_unmap(PT_TEST, PAGE_SIZE), 0);
	EXPECT_EQ(top[pgd_index(PT_TEST)], entry);
	for (unsigned int i = 0; i < ARRAY_SIZE(regions); i++)
		EXPECT_TRUE(top[pgd_index(regions[i])] & 1);
	/* no count in there: the entries are to be copied */
	for (unsigned int i = 256; i < 512; i++)
		EXPECT_EQ(top[i] >> 52, 0UL);
}

/* ---- no memory ---------------------------------------------------------- */

static int try_map(void)
{
	return kernel_map(PT_TEST + PMD_SIZE - PAGE_SIZE, BIT(32) - PAGE_SIZE,
			  PMD_SIZE + 2 * PAGE_SIZE, PAGE_KERNEL_NOCACHE,
			  PAGE_SHIFT);
}

static int try_map_pages(void)
{
	return kernel_map_pages(PT_TEST + PUD_SIZE - PAGE_SIZE, 514,
				PAGE_KERNEL, frame_of, NULL);
}

/* The n-th table cannot be had, for each n until all could. */
static void fail_each(int (*fn)(void), unsigned int tables)
{
	unsigned long before = nr_page_table_pages();
	unsigned int n;
	int err;

	for (n = 1;; n++) {
		fail_nth_begin(n);
		err = fn();
		if (!fail_nth_end())
			break;
		EXPECT_EQ(err, -ENOMEM);
		for (unsigned long i = 0; i < 1024 + 2; i++)
			if (mapped(PT_TEST + i * PAGE_SIZE))
				EXPECT_EQ(i, ~0UL);
		EXPECT_FALSE(mapped(PT_TEST + PUD_SIZE - 1));
		EXPECT_FALSE(mapped(PT_TEST + PUD_SIZE));
		kernel_flush_unmapped(PT_TEST, PT_TEST + 2 * PUD_SIZE);
		EXPECT_EQ(nr_page_table_pages(), before);
		pt_expect_sound();
	}
	EXPECT_EQ(err, 0);
	EXPECT_EQ(n, CONFIG_DEBUG ? tables + 1 : 1);
	EXPECT_EQ(nr_page_table_pages(), before + tables);
	EXPECT_EQ(kernel_unmap(PT_TEST, 2 * PUD_SIZE), 0);
	EXPECT_EQ(nr_page_table_pages(), before);
	pt_expect_sound();
}

SELFTEST(arch, pgtable, no_memory_to_map, "")
{
	fail_each(try_map, 4); /* one GiB, three times 2 MiB */
	fail_each(try_map_pages, 5);
}

SELFTEST(arch, pgtable, no_memory_to_split, "")
{
	unsigned long va = PT_TEST, before = nr_page_table_pages();
	phys_addr_t pa = large_frame();

	REQUIRE_EQ(kernel_map(va, pa, 2 * PMD_SIZE, PAGE_KERNEL_RO, PMD_SHIFT),
		   0);
	/* both borders need a table: without the second nothing changes */
	for (unsigned int n = 1; CONFIG_DEBUG && n <= 2; n++) {
		fail_nth_begin(n);
		EXPECT_EQ(kernel_unmap(va + PAGE_SIZE, PMD_SIZE), -ENOMEM);
		EXPECT_EQ(fail_nth_end(), 1U);
		EXPECT_EQ(not_linear(va, pa, 1024, nx()), 0U);
		fail_nth_begin(1);
		EXPECT_EQ(kernel_protect(va + PMD_SIZE + PAGE_SIZE, PAGE_SIZE,
					 PAGE_KERNEL),
			  -ENOMEM);
		EXPECT_EQ(fail_nth_end(), 1U);
		EXPECT_EQ(not_linear(va, pa, 1024, nx()), 0U);
		pt_expect_sound();
	}
	EXPECT_EQ(kernel_unmap(va + PAGE_SIZE, PMD_SIZE), 0);
	EXPECT_EQ(not_linear(va, pa, 1, nx()), 0U);
	EXPECT_EQ(not_linear(va + PMD_SIZE + PAGE_SIZE,
			     pa + PMD_SIZE + PAGE_SIZE, 511, nx()),
		  0U);
	EXPECT_FALSE(mapped(va + PAGE_SIZE));
	EXPECT_FALSE(mapped(va + PMD_SIZE));
	EXPECT_EQ(kernel_unmap(va, 2 * PMD_SIZE), 0);
	EXPECT_EQ(nr_page_table_pages(), before);
	pt_expect_sound();
}
