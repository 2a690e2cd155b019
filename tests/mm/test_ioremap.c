/* SPDX-License-Identifier: MIT */
/*
 * test_ioremap.c - device registers in the vmalloc region.
 *
 * The addresses of the old text screen are no memory on any PC, and may be
 * mapped and read without harm.
 */
#include <mm/vmalloc.h>

#include <arch/acpi.h>
#include <arch/boot.h>
#include <arch/time.h>
#include <base/bits.h>
#include <mm/page.h>

#include "vmalloc_check.h"

#define SCREEN 0xb8000ULL
#define LAPIC  0xfee00000ULL /* after reset; what firmware does not tell */

#define CACHE_BITS (_PAGE_PCD | _PAGE_PWT | _PAGE_PSE) /* PSE: PAT here */

static unsigned long bits_of(volatile void *addr)
{
	struct pt_walk w;

	return pt_walk((unsigned long)addr, &w) ? w.entry.pte : 0;
}

SELFTEST(mm, ioremap, attributes, "A PG-15")
{
	volatile void *regs = ioremap(SCREEN, PAGE_SIZE);
	volatile void *frame = ioremap_wc(SCREEN + PAGE_SIZE, PAGE_SIZE);
	unsigned long wc = pgprot_writecombine(PAGE_KERNEL).pgprot;
	unsigned long bits = bits_of(regs);

	EXPECT_TRUE(regs && frame);
	EXPECT_EQ(bits & CACHE_BITS, _PAGE_PCD | _PAGE_PWT);
	EXPECT_EQ(bits & PTE_PFN_MASK, SCREEN);
	EXPECT_EQ(bits & _PAGE_RW, _PAGE_RW);
	EXPECT_EQ(bits & _PAGE_USER, 0);
	EXPECT_EQ(bits_of(frame) & CACHE_BITS, wc & CACHE_BITS);
	EXPECT_EQ(bits_of(frame) & PTE_PFN_MASK, SCREEN + PAGE_SIZE);
	EXPECT_STREQ(info_at((void *)regs).kind, "ioremap");
	EXPECT_PTR_EQ(vmalloc_to_page((void *)regs), NULL);
	iounmap(regs);
	iounmap(frame);
	EXPECT_EQ(bits_of(regs), 0);
	EXPECT_EQ(bits_of(frame), 0);
}

/* Any byte, any length: whole pages are mapped, and nothing behind them. */
SELFTEST(mm, ioremap, odd_ranges, "")
{
	unsigned long areas = areas_now(), used = vmalloc_nr_pages();
	volatile char *a = ioremap(SCREEN + 0x123, 1);
	volatile char *b = ioremap(SCREEN + 0xfff, 2);
	unsigned long end;

	EXPECT_EQ((unsigned long)a % PAGE_SIZE, 0x123);
	EXPECT_EQ(info_at((void *)a).nr_pages, 1);
	EXPECT_EQ((unsigned long)b % PAGE_SIZE, 0xfff);
	EXPECT_EQ(info_at((void *)b).nr_pages, 2);
	EXPECT_EQ(bits_of(b + 1) & PTE_PFN_MASK, SCREEN + PAGE_SIZE);
	end = ALIGN((unsigned long)b, PAGE_SIZE) + PAGE_SIZE;
	EXPECT_TRUE(can_read((unsigned long)b));
	EXPECT_TRUE(can_read(end - 8));
	EXPECT_TRUE(is_absent(end));
	EXPECT_TRUE(is_absent(((unsigned long)a & PAGE_MASK) - 8));
	EXPECT_EQ(vmalloc_nr_pages(), used); /* no memory is in use for it */
	iounmap(a);
	iounmap(b);
	EXPECT_EQ(areas_now(), areas);
}

/* A real device: both mappings read the same register. */
SELFTEST(mm, ioremap, registers, "")
{
	volatile u32 *apic;

	if (!arch_apic_timer_hz())
		return selftest_skip("this machine has no local APIC");
	apic = ioremap(acpi_info.lapic_addr ?: LAPIC, PAGE_SIZE);
	EXPECT_TRUE(apic != NULL);
	if (apic) {
		/* its version: 0x1X is one inside of a CPU; entries - 1 */
		EXPECT_EQ(apic[0x30 / 4] & 0xf0, 0x10);
		EXPECT_GE(apic[0x30 / 4] >> 16 & 0xff, 3);
	}
	iounmap(apic);
}

static void refuse(phys_addr_t phys, size_t len)
{
	unsigned long areas = areas_now();

	EXPECT_PTR_EQ((void *)ioremap(phys, len), NULL);
	EXPECT_PTR_EQ((void *)ioremap_wc(phys, len), NULL);
	EXPECT_EQ(areas_now(), areas);
}

SELFTEST(mm, ioremap, refuses_memory, "A PG-15")
{
	for (unsigned int i = 0; i < boot_info.nr_mem; i++) {
		const struct mem_range *r = &boot_info.mem[i];

		if (r->type != MEM_USABLE)
			continue;
		refuse(r->base, 1);
		refuse(r->base + r->size - 1, 1);
		refuse(r->base + r->size / 2, 2 * PAGE_SIZE);
	}
	refuse(0x100000 - 1, 2); /* one byte of it */
	refuse(0, 1ULL << 32);	 /* all of it, in the middle */
}

SELFTEST(mm, ioremap, refuses_nowhere, "")
{
	phys_addr_t limit = arch_phys_limit();
	volatile void *last = ioremap(limit - PAGE_SIZE, PAGE_SIZE);

	EXPECT_TRUE(last != NULL);
	iounmap(last);
	refuse(SCREEN, 0);
	refuse(limit, 1);
	refuse(limit - PAGE_SIZE, PAGE_SIZE + 1);
	refuse(~0ULL, 1);
	refuse(~0ULL, 2);
	refuse(SCREEN, SIZE_MAX);
}

/* The runner repeats it with each allocation failing in turn. */
SELFTEST(mm, ioremap, each_failure, "", alloc)
{
	unsigned long areas = areas_now();
	volatile void *regs = ioremap(SCREEN, 5 * PAGE_SIZE);

	EXPECT_EQ(areas_now(), areas + (regs != NULL));
	iounmap(regs);
	EXPECT_EQ(areas_now(), areas);
}
