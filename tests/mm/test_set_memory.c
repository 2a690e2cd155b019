/* SPDX-License-Identifier: MIT */
/*
 * test_set_memory.c - rights of pages that are mapped already.
 */
#include <mm/set_memory.h>

#include <arch/crash.h>
#include <arch/irqvec.h>
#include <arch/pgtable.h>
#include <arch/sections.h>
#include <base/bits.h>
#include <base/errno.h>
#include <lib/fault.h>
#include <lib/selftest.h>
#include <lib/string.h>
#include <mm/memblock.h>
#include <mm/pgtable.h>
#include <mm/tlb.h>

#include "../pgtable_check.h"
#include "../workers.h"

static u8 scratch[3][PAGE_SIZE] __aligned(4096);

static unsigned long alias_of(const void *symbol)
{
	return (unsigned long)__va(__pa_symbol(symbol));
}

static void write_at(void *arg)
{
	arch_crash_write((unsigned long)arg);
}

static void exec_at(void *arg)
{
	arch_crash_exec((unsigned long)arg);
}

static struct {
	unsigned long va;
	atomic_t faults;
} try;

static void try_write(void *arg __unused)
{
	struct fault_info f = {.vector = ~0U};

	if (fault_catch(write_at, (void *)try.va, &f) &&
	    f.vector == X86_TRAP_PF &&
	    f.error_code == (X86_PF_PROT | X86_PF_WRITE))
		atomic_inc(&try.faults);
}

/* On how many CPUs a write to @va is refused. */
static unsigned int refused(unsigned long va)
{
	try.va = va;
	atomic_set(&try.faults, 0);
	on_each_cpu(try_write, NULL, true);
	return (unsigned int)atomic_read(&try.faults);
}

/* Read-only for every CPU at once, in the direct map; and back. */
SELFTEST(mm, set_memory, read_only, "A TLB-2")
{
	unsigned long va = alias_of(scratch), before[3];

	memcpy(before, direct_map_pages, sizeof(before));
	EXPECT_EQ(refused(va + PAGE_SIZE), 0U);
	EXPECT_EQ(set_memory_ro(va + PAGE_SIZE, 1), 0);
	EXPECT_EQ(refused(va + PAGE_SIZE), num_online_cpus());
	EXPECT_EQ(refused(va + PAGE_SIZE - 8), 0U);
	EXPECT_EQ(refused(va + 2 * PAGE_SIZE), 0U);
	scratch[1][0] = 9; /* the image's mapping is another one */
	EXPECT_EQ(*(volatile u8 *)(va + PAGE_SIZE), 9);
	EXPECT_EQ(set_memory_rw(va + PAGE_SIZE, 1), 0);
	EXPECT_EQ(refused(va + PAGE_SIZE), 0U);
	EXPECT_EQ(memcmp(before, direct_map_pages, sizeof(before)), 0);
}

/* The second mapping of code and constants stays as it is. */
SELFTEST(mm, set_memory, refuses, "A PG-16")
{
	unsigned long text = alias_of(_text);
	unsigned long rodata = alias_of(__rodata_end) - PAGE_SIZE;
	struct pt_walk w, w2;

	EXPECT_EQ(set_memory_rw(text, 1), -EPERM);
	EXPECT_EQ(set_memory_rw(rodata, 1), -EPERM);
	EXPECT_EQ(set_memory_rw(rodata, 2), -EPERM);
	EXPECT_EQ(set_memory_rw((unsigned long)__rodata_start, 1), -EPERM);
	EXPECT_EQ(set_memory_rw((unsigned long)_text, 1), -EPERM);
	EXPECT_EQ(refused(text), num_online_cpus());
	EXPECT_EQ(refused(rodata), num_online_cpus());
	/* a hole at the end: nothing is done */
	REQUIRE_EQ(kernel_map(PT_TEST, __pa_symbol(scratch), 2 * PAGE_SIZE,
			      PAGE_KERNEL, PAGE_SHIFT),
		   0);
	pt_walk(PT_TEST, &w);
	EXPECT_EQ(set_memory_ro(PT_TEST, 3), -EFAULT);
	EXPECT_EQ(set_memory_nx(PT_TEST + PAGE_SIZE, 2), -EFAULT);
	pt_walk(PT_TEST, &w2);
	EXPECT_EQ(w.entry.pte & _PAGE_RW, w2.entry.pte & _PAGE_RW);
	EXPECT_EQ(kernel_unmap(PT_TEST, 2 * PAGE_SIZE), 0);
}

SELFTEST(mm, set_memory, no_execute, "A PG-4")
{
	struct fault_info f = {.vector = ~0U};
	unsigned long va = PT_TEST;

	if (!(supported_pte_mask & _PAGE_NX))
		return selftest_skip("this CPU has no NX");
	scratch[0][0] = 0xc3; /* ret */
	REQUIRE_EQ(kernel_map(va, __pa_symbol(scratch), PAGE_SIZE,
			      PAGE_KERNEL_RX, PAGE_SHIFT),
		   0);
	arch_crash_exec(va); /* runs */
	EXPECT_EQ(set_memory_rw(va, 1), -EPERM);
	EXPECT_EQ(set_memory_nx(va, 1), 0);
	EXPECT_TRUE(fault_catch(exec_at, (void *)va, &f));
	EXPECT_EQ(f.vector, X86_TRAP_PF);
	EXPECT_EQ(f.error_code, (u64)(X86_PF_PROT | X86_PF_INSTR));
	EXPECT_EQ(f.address, (u64)va);
	EXPECT_EQ(set_memory_rw(va, 1), 0);
	EXPECT_EQ(refused(va), 0U);
	EXPECT_EQ(kernel_unmap(va, PAGE_SIZE), 0);
}

/* The first 2 MiB of memory behind the image. */
static phys_addr_t large_frame(void)
{
	phys_addr_t pa = ALIGN(__pa_symbol(_end), PMD_SIZE);

	while (!memblock_is_memory(pa) ||
	       !memblock_is_memory(pa + PMD_SIZE - 1))
		pa += PMD_SIZE;
	return pa;
}

/* One page differs: 512 pages. It is like the others again: one page. */
SELFTEST(mm, set_memory, split_and_join, "A PG-3")
{
	unsigned long tables = nr_page_table_pages(), va = PT_TEST;
	unsigned long one = va + 100 * PAGE_SIZE;
	phys_addr_t pa = large_frame();
	unsigned int wrong = 0;
	struct pt_walk w;

	REQUIRE_EQ(kernel_map(va, pa, PMD_SIZE, PAGE_KERNEL, PMD_SHIFT), 0);
	EXPECT_EQ(set_memory_rw(one, 1), 0); /* as it was: nothing remains */
	EXPECT_EQ(nr_page_table_pages(), tables + 1);
	EXPECT_EQ(set_memory_ro(one, 1), 0);
	EXPECT_EQ(nr_page_table_pages(), tables + 2);
	for (unsigned long i = 0; i < 512; i++) {
		wrong += !pt_walk(va + i * PAGE_SIZE, &w);
		wrong += w.shift != PAGE_SHIFT;
		wrong += w.phys != pa + i * PAGE_SIZE;
		wrong += pte_write(w.entry) != (i != 100);
	}
	EXPECT_EQ(wrong, 0U);
	EXPECT_EQ(refused(one), num_online_cpus());
	pt_expect_sound();
	/* another one, then the first back: still not all alike */
	EXPECT_EQ(set_memory_ro(one + PAGE_SIZE, 1), 0);
	EXPECT_EQ(set_memory_rw(one, 1), 0);
	EXPECT_EQ(nr_page_table_pages(), tables + 2);
	EXPECT_EQ(set_memory_rw(one + PAGE_SIZE, 1), 0);
	EXPECT_EQ(nr_page_table_pages(), tables + 1);
	EXPECT_TRUE(pt_walk(one, &w));
	EXPECT_EQ(w.shift, PMD_SHIFT);
	EXPECT_EQ(w.phys, pa + 100 * PAGE_SIZE);
	EXPECT_TRUE(pte_write(w.entry));
	pt_expect_sound();
	EXPECT_EQ(kernel_unmap(va, PMD_SIZE), 0);
	EXPECT_EQ(nr_page_table_pages(), tables);
}

/* Only what a split made: neither with a hole, nor mapped in small pages. */
SELFTEST(mm, set_memory, joins_only_splits, "A PG-3")
{
	phys_addr_t pa = large_frame();
	struct pt_walk w;

	for (unsigned int i = 0; i < 512; i += 511) {
		REQUIRE_EQ(kernel_map(PT_TEST, pa, PMD_SIZE, PAGE_KERNEL_RO,
				      PMD_SHIFT),
			   0);
		EXPECT_EQ(kernel_unmap(PT_TEST + i * PAGE_SIZE, PAGE_SIZE), 0);
		EXPECT_EQ(kernel_join(PT_TEST, PMD_SHIFT), 0ULL);
		/* another frame in the hole is no row either */
		REQUIRE_EQ(kernel_map(PT_TEST + i * PAGE_SIZE, pa + PMD_SIZE,
				      PAGE_SIZE, PAGE_KERNEL_RO, PAGE_SHIFT),
			   0);
		EXPECT_EQ(kernel_join(PT_TEST, PMD_SHIFT), 0ULL);
		EXPECT_EQ(kernel_unmap(PT_TEST, PMD_SIZE), 0);
	}
	/* a row in a table that was split, but off the border of large pages */
	REQUIRE_EQ(kernel_map(PT_TEST, pa, PMD_SIZE, PAGE_KERNEL_RO, PMD_SHIFT),
		   0);
	EXPECT_EQ(kernel_unmap_noflush(PT_TEST, PAGE_SIZE), 0);
	EXPECT_EQ(kernel_unmap_noflush(PT_TEST, PMD_SIZE), 0);
	flush_tlb_all();
	REQUIRE_EQ(kernel_map(PT_TEST, pa + PAGE_SIZE, PMD_SIZE, PAGE_KERNEL_RO,
			      PAGE_SHIFT),
		   0);
	EXPECT_EQ(kernel_join(PT_TEST, PMD_SHIFT), 0ULL);
	EXPECT_EQ(kernel_unmap(PT_TEST, PMD_SIZE), 0);
	/* a row on the border, in a table that was not */
	REQUIRE_EQ(
		kernel_map(PT_TEST, pa, PMD_SIZE, PAGE_KERNEL_RO, PAGE_SHIFT),
		0);
	EXPECT_EQ(kernel_join(PT_TEST, PMD_SHIFT), 0ULL);
	EXPECT_EQ(kernel_unmap(PT_TEST, PMD_SIZE), 0);
	EXPECT_EQ(kernel_join(PT_TEST, PMD_SHIFT), 0ULL);
	EXPECT_EQ(kernel_join(PT_TEST, PUD_SHIFT), 0ULL);
	EXPECT_FALSE(pt_walk(PT_TEST, &w));
	pt_expect_sound();
}
