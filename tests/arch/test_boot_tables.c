/* SPDX-License-Identifier: MIT */
/*
 * test_boot_tables.c - the page tables of boot.asm, and what takes their
 * place: one set for all CPUs, whose later entries everybody sees.
 */
#include <arch/page.h>
#include <arch/pgtable.h>
#include <base/bits.h>
#include <lib/cpumask.h>
#include <lib/irqflags.h>
#include <lib/selftest.h>
#include <lib/string.h>

#include "../../arch/x86_64/boot_map.h"
#include "../../arch/x86_64/msr.h"
#include "cpu_state.h"

#define HALF	  256 /* entries of the top level for user addresses */
#define LARGE	  BIT(PMD_SHIFT)
#define DIRECT_AT ((PAGE_OFFSET >> PGDIR_SHIFT) & 511)

extern u64 kernel_cr3;

static u64 older[PTRS_PER_TABLE] __aligned(4096);
static struct cpu_state states[NR_CPUS];
static const u32 word = 0x600d;

static const u64 *table_at(u64 entry)
{
	return __va(entry & PTE_PFN_MASK);
}

SELFTEST(arch, boot_tables, mapped_twice, "A BOOT-6")
{
	const u64 *low = table_at(boot_pml4[0]);
	const u64 *image = table_at(boot_pml4[511]);
	unsigned int wrong = 0, entries = 0;

	for (unsigned int i = 0; i < ARRAY_SIZE(boot_aliases); i++)
		EXPECT_EQ(boot_aliases[i], BOOT_ALIAS_WORD);
	/* Low, at PAGE_OFFSET and (the first GiB) at the image: one table. */
	EXPECT_EQ(boot_pml4[0] & PTE_PFN_MASK,
		  boot_pml4[DIRECT_AT] & PTE_PFN_MASK);
	EXPECT_EQ(low[0] & PTE_PFN_MASK, image[510] & PTE_PFN_MASK);
	for (unsigned int i = 0; i < PTRS_PER_TABLE; i++) {
		const u64 *pd = table_at(low[i]);

		for (unsigned int k = 0; low[i] && k < PTRS_PER_TABLE; k++) {
			wrong += (pd[k] & PTE_PFN_MASK & ~(LARGE - 1)) !=
				 entries++ * LARGE;
			wrong += !(pd[k] & _PAGE_PRESENT);
		}
	}
	EXPECT_EQ(wrong, 0U);
	EXPECT_EQ(entries * LARGE, BOOT_MAP_LIMIT); /* so far and no farther */
}

/* No user address is mapped, and no kernel address is for users. */
SELFTEST(arch, boot_tables, halves, "A BOOT-4")
{
	const u64 *master = table_at(kernel_cr3);
	unsigned int used = 0, wrong = 0;

	for (unsigned int i = 0; i < HALF; i++)
		wrong += master[i] != 0;
	for (unsigned int i = HALF; i < PTRS_PER_TABLE; i++) {
		used += (master[i] & _PAGE_PRESENT) != 0;
		wrong += (master[i] & _PAGE_USER) != 0;
	}
	EXPECT_EQ(wrong, 0U);
	EXPECT_GE(used, 4U); /* direct map, devices, stacks, image */
}

SELFTEST(arch, boot_tables, one_master, "A BOOT-5")
{
	unsigned int cpu;

	cpu_state_read_all(states);
	for_each_online_cpu(cpu)
		EXPECT_EQ(states[cpu].cr3, kernel_cr3);
}

/*
 * An address space that is older than a mapping: a copy of the top level, as
 * a new process will get one. Everything else is the kernel's, so interrupts
 * and NMIs find what they need in it.
 */
SELFTEST(arch, boot_tables, later_mapping_is_everywhere, "A BOOT-4, A BOOT-5")
{
	const u64 *master = table_at(kernel_cr3);
	const volatile u32 *later;
	unsigned long flags;
	u64 cr3 = read_cr3();
	u32 seen;

	memcpy(older, master, sizeof(older));
	later = arch_memremap(__pa_symbol(&word), sizeof(word));
	REQUIRE_TRUE(later);
	local_irq_save(flags);
	write_cr3(__pa_symbol(older));
	seen = *later;
	write_cr3(cr3);
	local_irq_restore(flags);
	EXPECT_EQ(seen, word);
	/* The second level was there from the start. */
	EXPECT_EQ(memcmp(older, master, sizeof(older)), 0);
}
