/* SPDX-License-Identifier: MIT */
/*
 * test_address_space.c - what all address spaces have in common, what was
 * there before the kernel's own tables, and how memory is cached.
 */
#include <arch/pgtable.h>

#include <arch/sections.h>
#include <base/bits.h>
#include <lib/string.h>
#include <mm/pgtable.h>

#include "../../arch/x86_64/cpu.h"
#include "../../arch/x86_64/msr.h"
#include "../../arch/x86_64/pgtable_private.h"
#include "../pgtable_check.h"
#include "../workers.h"

extern char boot_pml4[];

/* ---- a second address space --------------------------------------------- */

/* As a process would have one: the kernel's half copied, the rest empty. */
static unsigned long other_top[512] __aligned(4096);

static const unsigned long later[] = {
	PT_TEST, 0xffffe8fffffff000UL, /* the last page of vmalloc's range */
	0xfffffe7ffffff000UL,	       /* behind the stacks */
};

static u8 frame[PAGE_SIZE] __aligned(4096);

static struct {
	unsigned int values[NR_CPUS];
	unsigned long cr3[NR_CPUS];
} visit;

static void visit_other(void *arg __unused)
{
	unsigned long mine = read_cr3();
	unsigned int cpu = smp_processor_id();

	visit.values[cpu] = 0;
	write_cr3(__pa_symbol(other_top));
	visit.cr3[cpu] = read_cr3();
	for (unsigned int i = 0; i < ARRAY_SIZE(later); i++)
		visit.values[cpu] += *(volatile u8 *)later[i];
	write_cr3(mine);
}

/* Mapped after the copy was made, and seen through it on every CPU. */
SELFTEST(arch, address_space, later_mappings_reach_it, "A BOOT-4, A BOOT-5")
{
	unsigned long *master = __va(read_cr3());
	unsigned int cpu;

	EXPECT_EQ(read_cr3(), __pa_symbol(kernel_pgd));
	memset(other_top, 0, sizeof(other_top));
	memcpy(other_top + 256, master + 256, 256 * 8);
	frame[0] = 33;
	for (unsigned int i = 0; i < ARRAY_SIZE(later); i++)
		REQUIRE_EQ(kernel_map(later[i], __pa_symbol(frame), PAGE_SIZE,
				      PAGE_KERNEL, PAGE_SHIFT),
			   0);
	on_each_cpu(visit_other, NULL, true);
	for_each_online_cpu(cpu) {
		EXPECT_EQ(visit.cr3[cpu], __pa_symbol(other_top));
		EXPECT_EQ(visit.values[cpu], 99U);
	}
	for (unsigned int i = 0; i < ARRAY_SIZE(later); i++)
		EXPECT_EQ(kernel_unmap(later[i], PAGE_SIZE), 0);
	/* whatever came and went, the two halves are still alike */
	EXPECT_EQ(memcmp(other_top + 256, master + 256, 256 * 8), 0);
	for (unsigned int i = 0; i < 256; i++)
		EXPECT_EQ(master[i], 0UL);
	pt_expect_sound();
}

/* ---- before that -------------------------------------------------------- */

/* Where the boot tables, which nobody uses any more, would lead to. */
static phys_addr_t boot_walk(unsigned long va)
{
	unsigned long *table = (unsigned long *)boot_pml4;

	for (unsigned int shift = 39; shift >= 21; shift -= 9) {
		unsigned long entry = table[va >> shift & 511];

		if (!(entry & 1))
			return ~0ULL;
		if (entry & 0x80)
			return (entry & 0x000ffffffffff000UL) |
			       (va & (BIT(shift) - 1));
		table = __va(entry & 0x000ffffffffff000UL);
	}
	return ~0ULL;
}

SELFTEST(arch, address_space, boot_maps_twice, "A BOOT-6, A BOOT-7")
{
	unsigned int wrong = 0;

	EXPECT_EQ(boot_map_words[0], 0x6b63656863746962ULL);
	EXPECT_EQ(boot_map_words[1], boot_map_words[0]);
	EXPECT_EQ(boot_map_words[2], boot_map_words[0]);
	/* low and direct: 4 GiB each, and no byte more; the image: all of it */
	for (phys_addr_t pa = 0; pa < BIT(32); pa += PMD_SIZE)
		wrong += boot_walk(pa + 5) != pa + 5 ||
			 boot_walk(PAGE_OFFSET + pa) != pa;
	EXPECT_EQ(wrong, 0U);
	EXPECT_EQ(boot_walk(BIT(32)), ~0ULL);
	EXPECT_EQ(boot_walk(PAGE_OFFSET + BIT(32)), ~0ULL);
	EXPECT_EQ(boot_walk((unsigned long)_text), __pa_symbol(_text));
	EXPECT_EQ(boot_walk((unsigned long)_end), __pa_symbol(_end));
	/* the tables reach over themselves and over those that follow */
	EXPECT_EQ(boot_walk(__pa_symbol(boot_pml4)), __pa_symbol(boot_pml4));
	EXPECT_LT(__pa_symbol(_end) + BIT(20), BIT(32));
}

/* ---- caching ------------------------------------------------------------ */

static u64 pat_of[NR_CPUS];

static void read_pat(void *arg __unused)
{
	pat_of[smp_processor_id()] = rdmsr(MSR_PAT);
}

SELFTEST(arch, address_space, pat_on_each_cpu, "A PG-15")
{
	unsigned int cpu;

	if (!cpu_features.pat)
		return selftest_skip("this CPU has no PAT");
	on_each_cpu(read_pat, NULL, true);
	for_each_online_cpu(cpu) {
		/* by PCD and PWT: write-back, combining, UC-, uncached */
		EXPECT_EQ(pat_of[cpu] & 0xffffffff, 0x00070106U);
		EXPECT_EQ(pat_of[cpu], pat_of[0]);
	}
}

SELFTEST(arch, address_space, cache_attributes, "A PG-15, A PG-12")
{
	pgprot_t uc = pgprot_noncached(PAGE_KERNEL);
	pgprot_t wc = pgprot_writecombine(PAGE_KERNEL);
	struct pt_walk w;

	EXPECT_EQ(uc.pgprot, PAGE_KERNEL_NOCACHE.pgprot);
	EXPECT_EQ(wc.pgprot ^ PAGE_KERNEL.pgprot,
		  cpu_features.pat ? _PAGE_PWT : _PAGE_PCD);
	EXPECT_EQ(pgprot_writecombine(uc).pgprot, wc.pgprot);
	EXPECT_EQ(pgprot_noncached(wc).pgprot, uc.pgprot);
	/* they arrive in the entry, and in those of a split page */
	REQUIRE_EQ(kernel_map(PT_TEST, BIT(32), PMD_SIZE, wc, PMD_SHIFT), 0);
	EXPECT_TRUE(pt_walk(PT_TEST, &w));
	EXPECT_EQ(w.entry.pte & 0x18, wc.pgprot & 0x18);
	EXPECT_EQ(kernel_unmap(PT_TEST + PAGE_SIZE, PAGE_SIZE), 0);
	EXPECT_TRUE(pt_walk(PT_TEST, &w));
	EXPECT_EQ(w.entry.pte & 0x98, wc.pgprot & 0x18);
	EXPECT_EQ(kernel_unmap(PT_TEST, PMD_SIZE), 0);
}

/* What the CPU says of its lines is what we align to. */
SELFTEST(arch, address_space, cache_line, "A PG-14")
{
	u32 r[4];

	cpuid(1, 0, r);
	if (!(r[3] >> 19 & 1))
		return selftest_skip("this CPU does not tell its line size");
	EXPECT_EQ((r[1] >> 8 & 0xff) * 8, L1_CACHE_BYTES);
}
