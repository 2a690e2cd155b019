/* SPDX-License-Identifier: MIT */
/*
 * test_boot_mem.c - the rules by which ranges become the memory map.
 *
 * Model. Overlapping, unsorted, wrapping and too many ranges, from the map
 * and from what stands in for it, each with the map that must come out; and
 * random ranges against a plain array with one cell a page.
 */
#include <base/bits.h>
#include <arch/boot.h>
#include <lib/selftest.h>
#include <lib/string.h>

#include "multiboot2_builder.h"

SELFTEST(arch, boot_mem, mmap_entry_size, "A BOOT-1", unit)
{
	static const u32 bad[] = {0, 8, 23, 32, 0xffffffff};

	for (unsigned int i = 0; i < ARRAY_SIZE(bad); i++) {
		begin();
		tag(MB2_MMAP, 40);
		put32(bad[i]);
		put32(0);
		mmap_entry(0x100000, 0x100000, MEM_USABLE);
		finish();
		EXPECT_EQ(find_problem(BOOT_PROBLEM_ENTRY_SIZE)->value, bad[i]);
		EXPECT_EQ(bi.nr_mem, 0);
		EXPECT_EQ(count_problem(BOOT_PROBLEM_MEM_MISSING), 1);
	}

	/* Longer entries of a later version, the last one cut off. */
	begin();
	tag(MB2_MMAP, 16 + 32 + 32 + 24);
	put32(32);
	put32(1);
	for (u64 i = 1; i <= 3; i++) {
		mmap_entry(i << 20, 0x1000, MEM_USABLE);
		if (i < 3)
			put64(0);
	}
	finish();
	EXPECT_EQ(bi.nr_mem, 2);
	expect_range(1, 0x200000, 0x1000, MEM_USABLE);
	EXPECT_EQ(find_problem(BOOT_PROBLEM_TAG_SIZE)->tag, MB2_MMAP);
}

SELFTEST(arch, boot_mem, unsorted, "A BOOT-1", unit)
{
	begin();
	tag_mmap(4);
	mmap_entry(0x300000, 0x1000, MEM_USABLE);
	mmap_entry(0x100000, 0x1000, MEM_USABLE);
	mmap_entry(0x200000, 0x1000, MEM_RESERVED);
	mmap_entry(0, 0x1000, MEM_ACPI_NVS);
	finish();
	EXPECT_EQ(bi.nr_mem, 4);
	expect_range(0, 0, 0x1000, MEM_ACPI_NVS);
	expect_range(1, 0x100000, 0x1000, MEM_USABLE);
	expect_range(2, 0x200000, 0x1000, MEM_RESERVED);
	expect_range(3, 0x300000, 0x1000, MEM_USABLE);
	EXPECT_EQ(count_problem(BOOT_PROBLEM_MEM_UNSORTED), 2);
}

SELFTEST(arch, boot_mem, overlap, "A BOOT-1", unit)
{
	begin();
	tag_mmap(5);
	mmap_entry(0x0, 0x10000, MEM_USABLE);
	mmap_entry(0x4000, 0x2000, MEM_RESERVED);     /* in the middle */
	mmap_entry(0xf000, 0x2000, MEM_BAD);	      /* over the end */
	mmap_entry(0x5000, 0x4000, MEM_ACPI_RECLAIM); /* half under */
	mmap_entry(0x20000, 0x1000, MEM_USABLE);
	finish();
	EXPECT_EQ(bi.nr_mem, 6);
	expect_range(0, 0x0, 0x4000, MEM_USABLE);
	expect_range(1, 0x4000, 0x2000, MEM_RESERVED);
	expect_range(2, 0x6000, 0x3000, MEM_ACPI_RECLAIM);
	expect_range(3, 0x9000, 0x6000, MEM_USABLE);
	expect_range(4, 0xf000, 0x2000, MEM_BAD);
	expect_range(5, 0x20000, 0x1000, MEM_USABLE);
	EXPECT_EQ(count_problem(BOOT_PROBLEM_MEM_OVERLAP), 3);
	EXPECT_EQ(find_problem(BOOT_PROBLEM_MEM_OVERLAP)->value, 0x4000);
}

/* The order in which overlapping ranges come must not matter. */
SELFTEST(arch, boot_mem, overlap_any_order, "A BOOT-1", unit)
{
	static const u8 orders[6][3] = {{0, 1, 2}, {0, 2, 1}, {1, 0, 2},
					{1, 2, 0}, {2, 0, 1}, {2, 1, 0}};
	static const struct mem_range r[3] = {
		{0x1000, 0x9000, MEM_USABLE},
		{0x3000, 0x4000, MEM_ACPI_NVS},
		{0x6000, 0x2000, MEM_RESERVED},
	};

	for (unsigned int i = 0; i < 6; i++) {
		boot_info_reset(&bi, BOOT_NONE);
		for (unsigned int k = 0; k < 3; k++) {
			const struct mem_range *m = &r[orders[i][k]];

			boot_info_add_mem(&bi, m->base, m->size, m->type);
		}
		EXPECT_EQ(boot_info_check(&bi), 0);
		EXPECT_EQ(bi.nr_mem, 4);
		expect_range(0, 0x1000, 0x2000, MEM_USABLE);
		expect_range(1, 0x3000, 0x3000, MEM_ACPI_NVS);
		expect_range(2, 0x6000, 0x2000, MEM_RESERVED);
		expect_range(3, 0x8000, 0x2000, MEM_USABLE);
	}
}

SELFTEST(arch, boot_mem, merge, "A BOOT-1", unit)
{
	begin();
	tag_mmap(4);
	mmap_entry(0x1000, 0x1000, MEM_USABLE);
	mmap_entry(0x3000, 0x1000, MEM_USABLE);
	mmap_entry(0x2000, 0x1000, MEM_USABLE); /* joins both */
	mmap_entry(0x4000, 0x1000, 77);		/* unknown is reserved */
	finish();
	EXPECT_EQ(bi.nr_mem, 2);
	expect_range(0, 0x1000, 0x3000, MEM_USABLE);
	expect_range(1, 0x4000, 0x1000, MEM_RESERVED);
	EXPECT_EQ(count_problem(BOOT_PROBLEM_MEM_OVERLAP), 0);
}

SELFTEST(arch, boot_mem, absurd, "A BOOT-1", unit)
{
	begin();
	tag_mmap(7);
	mmap_entry(0x1000, 0, MEM_USABLE);
	mmap_entry(0x2000, 0x1000, MEM_USABLE);
	mmap_entry(0x3000, ~0ULL, MEM_USABLE);		  /* wraps: ignored */
	mmap_entry(1ULL << 51, 1ULL << 52, MEM_RESERVED); /* cut */
	mmap_entry(1ULL << 52, 0x1000, MEM_USABLE);
	mmap_entry(~0ULL - 0xfff, 0x1000, MEM_RESERVED);
	mmap_entry(~0ULL, 0, 0);
	finish();
	EXPECT_EQ(bi.nr_mem, 2);
	expect_range(0, 0x2000, 0x1000, MEM_USABLE);
	expect_range(1, 1ULL << 51, 1ULL << 51, MEM_RESERVED);
	EXPECT_EQ(count_problem(BOOT_PROBLEM_MEM_EMPTY), 2);
	EXPECT_EQ(count_problem(BOOT_PROBLEM_MEM_WRAPS), 4);
	EXPECT_EQ(find_problem(BOOT_PROBLEM_MEM_WRAPS)->value, 0x3000);
}

SELFTEST(arch, boot_mem, exactly_full, "A BOOT-1", unit)
{
	boot_info_reset(&bi, BOOT_NONE);
	for (u64 i = 0; i < BOOT_MAX_MEM; i++)
		boot_info_add_mem(&bi, i * 0x2000, 0x1000, MEM_USABLE);
	/* One more that touches two needs no entry. */
	boot_info_add_mem(&bi, 0x1000, 0x1000, MEM_USABLE);
	boot_info_finish(&bi);
	EXPECT_EQ(boot_info_check(&bi), 0);
	EXPECT_EQ(bi.nr_mem, BOOT_MAX_MEM - 1);
	EXPECT_EQ(count_problem(BOOT_PROBLEM_MEM_FULL), 0);
	expect_range(0, 0, 0x3000, MEM_USABLE);
}

/* Usable memory is lost, the smallest first; nothing reserved is. */
SELFTEST(arch, boot_mem, overflow, "A BOOT-1", unit)
{
	unsigned int reserved = 0, usable = 0;

	begin();
	tag_mmap(601);
	mmap_entry(0x100000000, 0x40000000, MEM_USABLE);
	for (u64 i = 0; i < 400; i++)
		mmap_entry(i * 0x10000, 0x1000, MEM_USABLE);
	for (u64 i = 0; i < 200; i++)
		mmap_entry(i * 0x20000 + 0x8000, 0x1000, MEM_RESERVED);
	finish();
	EXPECT_EQ(find_problem(BOOT_PROBLEM_MEM_FULL)->value, 601);
	for (unsigned int i = 0; i < bi.nr_mem; i++) {
		reserved += bi.mem[i].type == MEM_RESERVED;
		usable += bi.mem[i].type == MEM_USABLE;
	}
	EXPECT_EQ(reserved, 200);
	EXPECT_EQ(usable, BOOT_MAX_MEM - 200);
	expect_range(bi.nr_mem - 1, 0x100000000, 0x40000000, MEM_USABLE);
}

/*
 * More reserved ranges than entries: every one stays covered, and where
 * ranges had to be joined, it was over the small gaps.
 */
SELFTEST(arch, boot_mem, overflow_reserved, "A BOOT-1", unit)
{
	unsigned int i = 0, uncovered = 0, usable = 0;

	boot_info_reset(&bi, BOOT_NONE);
	boot_info_add_mem(&bi, 0, 0x1000, MEM_RESERVED); /* far away */
	for (u64 k = 0; k < 1000; k++)
		boot_info_add_mem(&bi, 0x1000000 + k * 0x3000, 0x1000,
				  MEM_RESERVED);
	/* What comes last must not make any of them usable. */
	boot_info_add_mem(&bi, 0, 0x40000000, MEM_USABLE);
	boot_info_finish(&bi);
	EXPECT_EQ(boot_info_check(&bi), 0);
	EXPECT_LE(bi.nr_mem, BOOT_MAX_MEM);
	EXPECT_EQ(count_problem(BOOT_PROBLEM_MEM_FULL), 1);
	for (u64 k = 0; k < 1000; k++) {
		u64 base = 0x1000000 + k * 0x3000;

		for (i = 0; i < bi.nr_mem; i++)
			if (bi.mem[i].type == MEM_RESERVED &&
			    bi.mem[i].base <= base &&
			    bi.mem[i].base + bi.mem[i].size >= base + 0x1000)
				break;
		uncovered += i == bi.nr_mem;
	}
	EXPECT_EQ(uncovered, 0);
	for (i = 0; i < bi.nr_mem; i++)
		usable += bi.mem[i].type == MEM_USABLE;
	EXPECT_GE(usable, 1);
	EXPECT_EQ(bi.mem[0].size, 0x1000);
}

/* A range of pages in the model: the strictest type wins. */
static void model_add(u8 *page, unsigned int start, unsigned int len, u8 type)
{
	static const u8 strict[] = {9, 1, 4, 2, 3, 5}; /* rank of a type */

	for (unsigned int p = start; p < start + len; p++)
		if (!page[p] || strict[type] > strict[page[p]])
			page[p] = type;
}

/*
 * Random ranges against a plain array of one cell a page: the map must say
 * the same about each page as the array in which the strictest type stands.
 */
SELFTEST(arch, boot_mem, model, "A BOOT-1", unit)
{
	static u8 page[256];
	u64 rnd = selftest_seed() * 2654435761u + 12345;
	unsigned int wrong = 0;

	for (unsigned int round = 0; round < 200; round++) {
		memset(page, 0, sizeof(page));
		boot_info_reset(&bi, BOOT_NONE);
		for (unsigned int k = 0; k < 30; k++) {
			unsigned int start, len, type;

			rnd = rnd * 6364136223846793005ULL +
			      1442695040888963407;
			start = rnd >> 33 & 0xff;
			len = (rnd >> 41 & 0x3f) % (256 - start) + 1;
			type = (rnd >> 50) % 5 + 1;
			boot_info_add_mem(&bi, start * 0x1000ULL,
					  len * 0x1000ULL, type);
			model_add(page, start, len, (u8)type);
		}
		wrong += boot_info_check(&bi) != 0;
		for (unsigned int i = 0; i < bi.nr_mem; i++) {
			u64 first = bi.mem[i].base / 0x1000;
			u64 end = first + bi.mem[i].size / 0x1000;

			for (u64 p = first; p < end; p++) {
				wrong += page[p] != (u8)bi.mem[i].type;
				page[p] = 0;
			}
		}
		for (unsigned int p = 0; p < sizeof(page); p++)
			wrong += page[p] != 0;
	}
	EXPECT_EQ(wrong, 0);
}

/* When full, a usable range comes in only for a smaller one. */
SELFTEST(arch, boot_mem, overflow_usable, "A BOOT-1", unit)
{
	boot_info_reset(&bi, BOOT_NONE);
	for (u64 i = 0; i < BOOT_MAX_MEM; i++)
		boot_info_add_mem(&bi, i * 0x10000, 0x1000 + i, MEM_USABLE);
	boot_info_add_mem(&bi, 0x8000, 0xfff, MEM_USABLE);
	EXPECT_EQ(bi.nr_mem, BOOT_MAX_MEM);
	expect_range(0, 0, 0x1000, MEM_USABLE);
	expect_range(1, 0x10000, 0x1001, MEM_USABLE);

	boot_info_add_mem(&bi, 0x10000000, 0x100000, MEM_USABLE);
	EXPECT_EQ(bi.nr_mem, BOOT_MAX_MEM);
	expect_range(0, 0x10000, 0x1001, MEM_USABLE);
	expect_range(BOOT_MAX_MEM - 1, 0x10000000, 0x100000, MEM_USABLE);
	boot_info_finish(&bi);
	EXPECT_EQ(find_problem(BOOT_PROBLEM_MEM_FULL)->value, BOOT_MAX_MEM + 2);
}

/* The last usable range is not given up for reserved ones. */
SELFTEST(arch, boot_mem, overflow_keeps_last_usable, "A BOOT-1", unit)
{
	boot_info_reset(&bi, BOOT_NONE);
	boot_info_add_mem(&bi, 0x100000000, 0x40000000, MEM_USABLE);
	for (u64 k = 0; k < 1000; k++)
		boot_info_add_mem(&bi, 0x1000000 + k * 0x3000, 0x1000,
				  MEM_RESERVED);
	EXPECT_EQ(boot_info_check(&bi), 0);
	EXPECT_EQ(bi.nr_mem, BOOT_MAX_MEM);
	expect_range(bi.nr_mem - 1, 0x100000000, 0x40000000, MEM_USABLE);

	/* Nor when one of them lies in its middle. */
	boot_info_add_mem(&bi, 0x110000000, 0x1000, MEM_RESERVED);
	EXPECT_EQ(boot_info_check(&bi), 0);
	expect_range(bi.nr_mem - 1, 0x110001000, 0x2ffff000, MEM_USABLE);
	expect_range(bi.nr_mem - 2, 0x110000000, 0x1000, MEM_RESERVED);
	expect_range(bi.nr_mem - 3, 0x100000000, 0x10000000, MEM_USABLE);
}

/*
 * The same with more ranges than entries: what comes out may be stricter
 * than the array, but never less strict.
 */
SELFTEST(arch, boot_mem, overflow_model, "A BOOT-1", unit)
{
	static const u8 strict[] = {0, 1, 4, 2, 3, 5}; /* rank of a type */
	static u8 page[4096], got[4096];
	u64 rnd = selftest_seed() * 2654435761u + 777;
	unsigned int weaker = 0, broken = 0, full = 0;

	for (unsigned int round = 0; round < 20; round++) {
		memset(page, 0, sizeof(page));
		memset(got, 0, sizeof(got));
		boot_info_reset(&bi, BOOT_NONE);
		for (unsigned int k = 0; k < 1500; k++) {
			unsigned int start, type;

			rnd = rnd * 6364136223846793005ULL +
			      1442695040888963407;
			start = rnd >> 33 & 0xfff;
			type = (rnd >> 50) % 5 + 1;
			boot_info_add_mem(&bi, start * 0x1000ULL, 0x1000, type);
			if (strict[type] > strict[page[start]])
				page[start] = (u8)type;
			broken += boot_info_check(&bi) != 0;
			full += bi.nr_mem == BOOT_MAX_MEM;
		}
		for (unsigned int i = 0; i < bi.nr_mem; i++) {
			const struct mem_range *m = &bi.mem[i];

			for (u64 p = m->base >> 12;
			     p < (m->base + m->size) >> 12; p++)
				got[p] = (u8)m->type;
		}
		for (unsigned int p = 0; p < ARRAY_SIZE(page); p++)
			weaker += page[p] > MEM_USABLE
					  ? strict[got[p]] < strict[page[p]]
					  : got[p] == MEM_USABLE && !page[p];
	}
	EXPECT_EQ(broken, 0);
	EXPECT_EQ(weaker, 0);
	EXPECT_GT(full, 10000);
}

SELFTEST(arch, boot_mem, fallback_meminfo, "A BOOT-1", unit)
{
	begin();
	tag(MB2_MEMINFO, 16);
	put32(1000); /* more than there can be below 1 MiB */
	put32(64 * 1024);
	finish();
	EXPECT_EQ(bi.nr_mem, 2);
	expect_range(0, 0, 640 * 1024, MEM_USABLE);
	expect_range(1, 0x100000, 64 << 20, MEM_USABLE);
	EXPECT_EQ(bi.nr_problems, 1);
	EXPECT_EQ(find_problem(BOOT_PROBLEM_MEM_FALLBACK)->tag, MB2_MEMINFO);

	/* A map without usable memory is no map, but stays in force. */
	begin();
	tag_mmap(1);
	mmap_entry(0x180000, 0x1000, MEM_RESERVED);
	tag(MB2_MEMINFO, 16);
	put32(0);
	put32(1024);
	finish();
	EXPECT_EQ(bi.nr_mem, 3);
	expect_range(0, 0x100000, 0x80000, MEM_USABLE);
	expect_range(1, 0x180000, 0x1000, MEM_RESERVED);
	expect_range(2, 0x181000, 0x7f000, MEM_USABLE);
}

static void efi_desc(u32 type, u64 base, u64 pages, u64 attr)
{
	put32(type);
	put32(0);
	put64(base);
	put64(0);
	put64(pages);
	put64(attr);
	put64(0); /* descriptors are longer than the structure */
}

SELFTEST(arch, boot_mem, fallback_efi, "A BOOT-1", unit)
{
	for (int services = 0; services < 2; services++) {
		begin();
		tag(MB2_EFI_MMAP, 16 + 48 * 8);
		put32(48);
		put32(1);
		efi_desc(7, 0x0, 0x9f, 0);
		efi_desc(3, 0x100000, 0x100, 0);
		efi_desc(2, 0x200000, 0x100, 0);
		efi_desc(9, 0x300000, 1, 0);
		efi_desc(10, 0x301000, 1, 0);
		efi_desc(7, 0x302000, 1, 1ULL << 63);
		efi_desc(8, 0x303000, 1, 0);
		efi_desc(7, 0x400000, ~0ULL, 0); /* absurd: ignored */
		if (services)
			tag(MB2_EFI_BS, 8);
		finish();
		EXPECT_TRUE(bi.efi);
		EXPECT_EQ(bi.nr_efi_entries, 8);
		EXPECT_EQ(find_problem(BOOT_PROBLEM_MEM_FALLBACK)->tag,
			  MB2_EFI_MMAP);
		expect_range(0, 0x0, 0x9f000, MEM_USABLE);
		if (services) {
			expect_range(1, 0x100000, 0x100000, MEM_RESERVED);
			expect_range(2, 0x200000, 0x100000, MEM_USABLE);
		} else {
			expect_range(1, 0x100000, 0x200000, MEM_USABLE);
		}
		EXPECT_EQ(bi.nr_mem, 6 + (unsigned int)services);
		expect_range(bi.nr_mem - 4, 0x300000, 0x1000, MEM_ACPI_RECLAIM);
		expect_range(bi.nr_mem - 3, 0x301000, 0x1000, MEM_ACPI_NVS);
		expect_range(bi.nr_mem - 2, 0x302000, 0x1000, MEM_RESERVED);
		expect_range(bi.nr_mem - 1, 0x303000, 0x1000, MEM_BAD);
	}
}

/* With a proper map the EFI map only counts entries. */
SELFTEST(arch, boot_mem, efi_map_beside_map, "A BOOT-1", unit)
{
	begin_with_map();
	tag(MB2_EFI64, 16);
	put64(0x7e00000);
	tag(MB2_EFI64_IH, 16);
	put64(0x7e10000);
	tag(MB2_EFI_MMAP, 16 + 48);
	put32(48);
	put32(1);
	efi_desc(7, 0, 0x9f, 0);
	finish();
	EXPECT_EQ(bi.nr_problems, 0);
	EXPECT_TRUE(bi.efi);
	EXPECT_EQ(bi.nr_efi_entries, 1);
	EXPECT_EQ(bi.nr_mem, 1);

	begin_with_map();
	tag(MB2_EFI_MMAP, 16 + 48);
	put32(39);
	put32(1);
	efi_desc(7, 0, 0x9f, 0);
	finish();
	EXPECT_EQ(find_problem(BOOT_PROBLEM_ENTRY_SIZE)->tag, MB2_EFI_MMAP);
	EXPECT_EQ(bi.nr_efi_entries, 0);
}

SELFTEST(arch, boot_mem, missing, "A BOOT-1", unit)
{
	begin();
	tag_string(MB2_CMDLINE, "x");
	finish();
	EXPECT_EQ(bi.nr_mem, 0);
	EXPECT_EQ(bi.nr_problems, 1);
	EXPECT_EQ(bi.problems[0].kind, BOOT_PROBLEM_MEM_MISSING);
	EXPECT_STREQ(bi.cmdline, "x");
}

/* The validator must notice what it is there for. */
SELFTEST(arch, boot_mem, check_trips, "A BOOT-1", unit)
{
	begin_with_map();
	finish();
	bi.mem[1] = (struct mem_range){0x8000000, 0x1000, MEM_USABLE};
	bi.nr_mem = 2;
	EXPECT_NE(boot_info_check(&bi), 0); /* touches: I4 */
	bi.mem[1].type = MEM_RESERVED;
	EXPECT_EQ(boot_info_check(&bi), 0);
	bi.mem[1].base--;
	EXPECT_NE(boot_info_check(&bi), 0); /* overlaps: I1 */
	bi.mem[1].base = BOOT_PHYS_LIMIT - 0xfff;
	EXPECT_NE(boot_info_check(&bi), 0); /* beyond the limit: I1 */
	bi.mem[1].base--;
	EXPECT_EQ(boot_info_check(&bi), 0);
	bi.mem[1].size = 0;
	EXPECT_NE(boot_info_check(&bi), 0); /* empty: I1 */
	bi.nr_mem = 1;
	memset(bi.cmdline, 'x', sizeof(bi.cmdline));
	EXPECT_NE(boot_info_check(&bi), 0); /* not terminated: I3 */
}
