/* SPDX-License-Identifier: MIT */
/*
 * test_pte.c - one page-table entry: its bits, what the CPU does with them,
 * and how an address finds it (A PG-4 .. A PG-12).
 */
#include <arch/pgtable.h>

#include <arch/boot.h>
#include <arch/crash.h>
#include <arch/irqvec.h>
#include <arch/sections.h>
#include <base/atomic.h>
#include <base/bits.h>
#include <lib/fault.h>
#include <lib/random.h>
#include <lib/selftest.h>
#include <mm/memblock.h>

#include "../../arch/x86_64/cpu.h"
#include "../../arch/x86_64/msr.h"

#define UNMAPPED 0xfffffd0000000000UL

static unsigned long *table_at(unsigned long entry)
{
	return __va(entry & 0x000ffffffffff000UL);
}

static bool mapped(unsigned long va)
{
	struct pt_walk w;

	return pt_walk(va, &w);
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

static void push_at(void *arg)
{
	arch_crash_push((unsigned long)arg);
}

/* The real entry that maps @va with a page of 4 KiB. */
static unsigned long *entry_of(unsigned long va)
{
	unsigned long *table = table_at(read_cr3());

	for (unsigned int shift = 39; shift > 12; shift -= 9)
		table = table_at(table[va >> shift & 511]);
	return &table[va >> 12 & 511];
}

static u8 scratch[PAGE_SIZE] __aligned(4096);

/* The CPU notes an access in A and a write in D. */
SELFTEST(arch, pte, accessed_and_dirty, "A PG-4")
{
	unsigned long va = (unsigned long)scratch;
	volatile u8 *byte = scratch;
	unsigned long *entry = entry_of(va);
	unsigned long before = *entry, clear, read, written;

	WRITE_ONCE(*entry, before & ~0x60UL);
	invlpg(va);
	clear = READ_ONCE(*entry);
	(void)*byte;
	read = READ_ONCE(*entry);
	*byte = 1;
	written = READ_ONCE(*entry);
	WRITE_ONCE(*entry, before);
	invlpg(va);
	EXPECT_EQ(clear & 0x60, 0UL);
	EXPECT_EQ(read & 0x60, 0x20UL);
	EXPECT_EQ(written & 0x60, 0x60UL);
	EXPECT_EQ(written | 0x60, before | 0x60); /* and nothing else */
}

static void write_byte(void *arg)
{
	*(volatile u8 *)arg = 2;
}

/* P, RW and NX are obeyed as soon as the entry says so. */
SELFTEST(arch, pte, rights_are_obeyed, "A PG-4, A PG-6")
{
	unsigned long va = (unsigned long)scratch;
	unsigned long *entry = entry_of(va);
	unsigned long before = *entry;
	struct fault_info ro = {0}, absent = {0};

	WRITE_ONCE(*entry, pte_wrprotect(__pte(before)).pte);
	invlpg(va);
	fault_catch(write_byte, scratch, &ro);
	WRITE_ONCE(*entry, before & ~1UL);
	invlpg(va);
	fault_catch(write_byte, scratch, &absent);
	WRITE_ONCE(*entry, before);
	invlpg(va);
	EXPECT_EQ(ro.vector, X86_TRAP_PF);
	EXPECT_EQ(ro.error_code, (u64)(X86_PF_PROT | X86_PF_WRITE));
	EXPECT_EQ(absent.vector, X86_TRAP_PF);
	EXPECT_EQ(absent.error_code, (u64)X86_PF_WRITE);
	EXPECT_EQ(absent.address, (u64)va);
	write_byte(scratch);
	EXPECT_EQ(scratch[0], 2);
}

SELFTEST(arch, pte, walk_depth, "A PG-8")
{
	struct pt_walk w;
	unsigned int huge = 0;

	REQUIRE_TRUE(pt_walk((unsigned long)scratch + 0x123, &w));
	EXPECT_EQ(w.tables, 4U);
	EXPECT_EQ(w.shift, 12U);
	EXPECT_EQ(w.phys, __pa_symbol(scratch) + 0x123);

	/* The first large page that the map allows, above the image. */
	u64 large = ALIGN(__pa_symbol(_end), PMD_SIZE);

	while (!usable(large, PMD_SIZE))
		large += PMD_SIZE;
	REQUIRE_TRUE(pt_walk((unsigned long)__va(large) + 0x12345, &w));
	EXPECT_EQ(w.tables, 3U);
	EXPECT_EQ(w.shift, 21U);
	EXPECT_EQ(w.phys, large + 0x12345);

	for (u64 pa = BIT(30); pa < memblock_end_of_DRAM(); pa += BIT(30)) {
		if (!usable(pa, BIT(30)) || !cpu_features.gbpages ||
		    pa + BIT(30) > arch_direct_map_limit())
			continue;
		REQUIRE_TRUE(pt_walk((unsigned long)__va(pa) + 5, &w));
		EXPECT_EQ(w.tables, 2U);
		EXPECT_EQ(w.phys, pa + 5);
		huge++;
	}
	EXPECT_EQ(huge, direct_map_pages[2]);

	EXPECT_FALSE(pt_walk(0, &w));
	EXPECT_EQ(w.tables, 1U); /* the top level already says no */
	EXPECT_FALSE(pt_walk(UNMAPPED, &w));
	EXPECT_EQ(w.shift, 39U);
}

SELFTEST(arch, pte, walk_agrees_with_hardware, "A PG-8")
{
	struct rnd_state rnd;
	unsigned int hits = 0;

	prandom_seed_state(&rnd, selftest_seed());
	for (unsigned int i = 0; i < 300; i++) {
		unsigned long va = (unsigned long)__va(
			prandom_u64_state(&rnd) % (2 * memblock_end_of_DRAM()));
		bool found = mapped(va & ~7UL);
		u64 word;

		EXPECT_EQ(copy_from_kernel_nofault(&word, (void *)(va & ~7UL),
						   8) == 0,
			  found);
		hits += found;
	}
	EXPECT_GT(hits, 10U);
	EXPECT_LT(hits, 290U);
}

SELFTEST(arch, pte, address_split, "A PG-5, A PG-9, A BOOT-8", unit)
{
	/* clang-format off */
	static const struct {
		unsigned long va;
		unsigned int pgd, pud, pmd, pte;
	} t[] = {
		{0, 0, 0, 0, 0},
		{0x00007fffffffffffUL, 255, 511, 511, 511}, /* last user */
		{0xffff800000000000UL, 256, 0, 0, 0},	    /* first kernel */
		{0xffff888000000000UL, 273, 0, 0, 0},
		{0xffffffff80000000UL, 511, 510, 0, 0},
		{0xffffffff80123456UL, 511, 510, 0, 0x123},
		{0xffffffffffffffffUL, 511, 511, 511, 511},
		{0x0000008040201000UL, 1, 1, 1, 1},
		{0x00007f8000000000UL, 255, 0, 0, 0},
	};
	/* clang-format on */

	for (unsigned int i = 0; i < ARRAY_SIZE(t); i++) {
		EXPECT_EQ(pgd_index(t[i].va), t[i].pgd);
		EXPECT_EQ(pud_index(t[i].va), t[i].pud);
		EXPECT_EQ(pmd_index(t[i].va), t[i].pmd);
		EXPECT_EQ(pte_index(t[i].va), t[i].pte);
		/* byte offset in the directory (A BOOT-8) */
		EXPECT_EQ((t[i].va >> 39 & 511) * 8, t[i].pgd * 8);
	}
	EXPECT_EQ(PAGE_MASK, 0xfffffffffffff000UL);
	EXPECT_EQ(PMD_MASK, 0xffffffffffe00000UL);
	EXPECT_EQ(PUD_MASK, 0xffffffffc0000000UL);
	EXPECT_EQ(PGDIR_MASK, 0xffffff8000000000UL);
}

static void read_at(void *arg)
{
	arch_crash_read((unsigned long)arg);
}

/* Both ends of the hole: #GP inside, a page fault right beside it. */
SELFTEST(arch, pte, canonical_hole, "A PG-5")
{
	static const struct {
		unsigned long va;
		unsigned int vector;
	} t[] = {
		{0x00007ffffffffff8UL, X86_TRAP_PF},
		{0x0000800000000000UL, X86_TRAP_GP},
		{0xffff7ffffffffff8UL, X86_TRAP_GP},
		{0xffff800000000000UL, X86_TRAP_PF},
	};
	struct fault_info f;

	for (unsigned int i = 0; i < ARRAY_SIZE(t); i++) {
		f.vector = ~0U;
		EXPECT_TRUE(fault_catch(read_at, (void *)t[i].va, &f));
		EXPECT_EQ(f.vector, t[i].vector);
		EXPECT_EQ(f.error_code, 0ULL);
		if (f.vector == X86_TRAP_PF)
			EXPECT_EQ(f.address, t[i].va);
	}
	/* through the stack it is #SS, which becomes #DF: nowhere to push */
	f.vector = ~0U;
	EXPECT_TRUE(fault_catch(push_at, (void *)0x0000800000001000UL, &f));
	EXPECT_EQ(f.vector, X86_TRAP_DF);
}

/* Every predicate looks at its own bit and at no other. */
SELFTEST(arch, pte, predicates, "A PG-12", unit)
{
	/* clang-format off */
	static const struct { unsigned int bit; } own[] = {
		{0}, {1}, {2}, {5}, {6}, {7}, {8}, {4},
	};
	/* clang-format on */
	for (unsigned int bit = 0; bit < 64; bit++) {
		pte_t p = __pte(BIT(bit)), inverse = __pte(~BIT(bit));
		bool is[] = {pte_present(p), pte_write(p),  pte_user(p),
			     pte_young(p),   pte_dirty(p),  pte_huge(p),
			     pte_global(p),  pte_nocache(p)};
		bool was[] = {pte_present(inverse), pte_write(inverse),
			      pte_user(inverse),    pte_young(inverse),
			      pte_dirty(inverse),   pte_huge(inverse),
			      pte_global(inverse),  pte_nocache(inverse)};

		for (unsigned int i = 0; i < ARRAY_SIZE(own); i++) {
			/* present also without access (A PG-13) */
			bool other = !i && bit == 9;

			EXPECT_EQ(is[i], bit == own[i].bit || other);
			EXPECT_EQ(was[i], !i || bit != own[i].bit);
		}
		EXPECT_EQ(pte_exec(p), bit != 63);
		EXPECT_EQ(pte_exec(inverse), bit == 63);
	}
}

/* A modifier changes one bit, also with NX and a frame above 4 GiB set. */
SELFTEST(arch, pte, modifiers, "A PG-11, A PG-12", unit)
{
	unsigned long frame = 0x000fedcba9876000UL;
	unsigned long full = 0xffffffffffffffffUL;
	struct rnd_state rnd;

	EXPECT_EQ(pte_wrprotect(__pte(full)).pte, full & ~BIT(1));
	EXPECT_EQ(pte_mkold(__pte(full)).pte, full & ~BIT(5));
	EXPECT_EQ(pte_mkclean(__pte(full)).pte, full & ~BIT(6));
	EXPECT_EQ(pte_mkexec(__pte(full)).pte, full & ~BIT(63));
	EXPECT_EQ(pte_mkwrite(__pte(0)).pte, BIT(1));
	EXPECT_EQ(pte_mkyoung(__pte(0)).pte, BIT(5));
	EXPECT_EQ(pte_mkdirty(__pte(0)).pte, BIT(6));
	EXPECT_EQ(pte_mkhuge(__pte(0)).pte, BIT(7));
	prandom_seed_state(&rnd, selftest_seed());
	for (unsigned int i = 0; i < 500; i++) {
		unsigned long v = prandom_u64_state(&rnd) | BIT(63) | BIT(40);
		pte_t p = __pte(v);

		EXPECT_EQ(pte_wrprotect(p).pte, v & ~BIT(1));
		EXPECT_EQ(pte_mkold(p).pte, v & ~BIT(5));
		EXPECT_EQ(pte_pfn(p), (v & 0x000ffffffffff000UL) >> 12);
	}
	EXPECT_EQ(pte_pfn(pfn_pte(frame >> 12, PAGE_KERNEL)), frame >> 12);
	EXPECT_EQ(pfn_pte(frame >> 12, PAGE_KERNEL_RO).pte,
		  frame | BIT(63) | BIT(8) | BIT(5) | BIT(0));
}
