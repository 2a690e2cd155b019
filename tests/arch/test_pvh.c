/* SPDX-License-Identifier: MIT */
/*
 * test_pvh.c - the PVH start_info parser.
 *
 * Model. A window of 16 KiB stands for physical memory from 1 MiB on;
 * whatever lies outside it is refused by the reader, as an address that is
 * not mapped would be.
 */
#include <base/bits.h>
#include <arch/boot.h>
#include <lib/selftest.h>
#include <lib/string.h>

#include "../../boot/boot_parse.h"

#define WINDOW_PHYS 0x100000ULL
#define WINDOW_SIZE 0x4000ULL
#define WINDOW_END  (WINDOW_PHYS + WINDOW_SIZE)

static u8 window[WINDOW_SIZE] __aligned(16);
static size_t window_size; /* of it, what can be read */
static unsigned int refused;
static struct boot_info bi;

static const void *window_map(void *ctx, phys_addr_t pa, size_t len)
{
	(void)ctx;
	if (pa >= WINDOW_PHYS && pa - WINDOW_PHYS < window_size &&
	    len <= window_size - (pa - WINDOW_PHYS))
		return window + (pa - WINDOW_PHYS);
	refused++;
	return NULL;
}

static const struct phys_reader reader = {.map = window_map};

static void put_at(phys_addr_t pa, const void *data, size_t size)
{
	memcpy(window + (pa - WINDOW_PHYS), data, size);
}

static void put_string(phys_addr_t pa, const char *s)
{
	put_at(pa, s, strlen(s) + 1);
}

static void put_range(phys_addr_t pa, u64 base, u64 size, u32 type)
{
	struct hvm_memmap_entry e = {.addr = base, .size = size, .type = type};

	put_at(pa, &e, sizeof(e));
}

/* A start_info as QEMU makes it, with one usable range. */
static struct hvm_start_info start(void)
{
	struct hvm_start_info si = {
		.magic = PVH_START_MAGIC,
		.version = 1,
		.cmdline_paddr = 0x100100,
		.memmap_paddr = 0x101000,
		.memmap_entries = 1,
		.rsdp_paddr = 0xf5ad0,
	};

	memset(window, 0xa5, sizeof(window));
	refused = 0;
	window_size = WINDOW_SIZE;
	put_string(0x100100, "nosmp loglevel=7");
	put_range(0x101000, 0x100000, 0x7ee0000, MEM_USABLE);
	return si;
}

static void parse(const struct hvm_start_info *si)
{
	pvh_parse(si, &reader, &bi);
	EXPECT_EQ(boot_info_check(&bi), 0);
}

static const struct boot_problem *find_problem(enum boot_problem_kind kind)
{
	static const struct boot_problem none;

	for (unsigned int i = 0; i < bi.nr_problems; i++)
		if (bi.problems[i].kind == kind)
			return &bi.problems[i];
	return &none;
}

SELFTEST(arch, pvh, ordinary, "A BOOT-1", unit)
{
	struct hvm_start_info si = start();
	struct hvm_modlist_entry mods[2] = {
		{.paddr = 0x800000, .size = 0x1234, .cmdline_paddr = 0x100200},
		{.paddr = 0x900000, .size = 0x10},
	};

	put_string(0x100200, "initrd");
	put_at(0x100300, mods, sizeof(mods));
	si.nr_modules = 2;
	si.modlist_paddr = 0x100300;
	put_range(0x101000, 0, 0x9fc00, MEM_USABLE);
	put_range(0x101018, 0x9fc00, 0x400, MEM_RESERVED);
	put_range(0x101030, 0x100000, 0x7ee0000, MEM_USABLE);
	put_range(0x101048, 0xfd00000000, 0x300000000, 7); /* unknown type */
	si.memmap_entries = 4;
	parse(&si);

	EXPECT_EQ(bi.protocol, BOOT_PVH);
	EXPECT_EQ(bi.nr_problems, 0);
	EXPECT_STREQ(bi.loader, "PVH");
	EXPECT_STREQ(bi.cmdline, "nosmp loglevel=7");
	EXPECT_EQ(bi.rsdp_addr, 0xf5ad0);
	EXPECT_EQ(bi.rsdp_size, 0);
	EXPECT_EQ(bi.nr_mem, 4);
	EXPECT_EQ(bi.mem[0].size, 0x9fc00);
	EXPECT_EQ(bi.mem[2].base, 0x100000);
	EXPECT_EQ(bi.mem[3].base, 0xfd00000000);
	EXPECT_EQ(bi.mem[3].type, MEM_RESERVED);
	EXPECT_EQ(bi.nr_modules, 2);
	EXPECT_EQ(bi.modules[0].base, 0x800000);
	EXPECT_EQ(bi.modules[0].size, 0x1234);
	EXPECT_STREQ(bi.modules[0].cmdline, "initrd");
	EXPECT_STREQ(bi.modules[1].cmdline, "");
	EXPECT_EQ(refused, 0);
}

SELFTEST(arch, pvh, wrong_magic, "", unit)
{
	struct hvm_start_info si = start();

	si.magic = MULTIBOOT2_BOOT_MAGIC;
	parse(&si);
	EXPECT_EQ(find_problem(BOOT_PROBLEM_MAGIC)->value,
		  MULTIBOOT2_BOOT_MAGIC);
	EXPECT_EQ(bi.nr_mem, 0);
	EXPECT_STREQ(bi.cmdline, "");
}

/* Version 0 ends before the map: what lies there is something else. */
SELFTEST(arch, pvh, version_0, "", unit)
{
	struct hvm_start_info si = start();

	si.version = 0;
	parse(&si);
	EXPECT_EQ(bi.nr_mem, 0);
	EXPECT_EQ(bi.nr_problems, 1);
	EXPECT_EQ(bi.problems[0].kind, BOOT_PROBLEM_MEM_MISSING);
	EXPECT_STREQ(bi.cmdline, "nosmp loglevel=7");

	/* A later version only adds. */
	si.version = 9;
	parse(&si);
	EXPECT_EQ(bi.nr_problems, 0);
	EXPECT_EQ(bi.nr_mem, 1);
}

SELFTEST(arch, pvh, nothing_given, "", unit)
{
	struct hvm_start_info si = {.magic = PVH_START_MAGIC, .version = 1};

	start();
	parse(&si);
	EXPECT_EQ(bi.nr_problems, 1);
	EXPECT_EQ(bi.problems[0].kind, BOOT_PROBLEM_MEM_MISSING);
	EXPECT_STREQ(bi.cmdline, "");
	EXPECT_EQ(refused, 0);
}

/* Each pointer outside of memory is noted; the rest is used. */
SELFTEST(arch, pvh, bad_pointers, "", unit)
{
	static const phys_addr_t bad[] = {WINDOW_END, 0x1000, ~0ULL,
					  BOOT_PHYS_LIMIT, ~0ULL << 12};

	for (unsigned int i = 0; i < ARRAY_SIZE(bad); i++) {
		struct hvm_start_info si = start();

		si.cmdline_paddr = bad[i];
		si.nr_modules = 3;
		si.modlist_paddr = bad[i];
		parse(&si);
		EXPECT_EQ(bi.nr_problems, 2);
		EXPECT_EQ(bi.problems[0].kind, BOOT_PROBLEM_UNREADABLE);
		EXPECT_EQ(bi.problems[0].value, bad[i]);
		EXPECT_EQ(bi.problems[1].kind, BOOT_PROBLEM_UNREADABLE);
		EXPECT_EQ(bi.nr_modules, 0);
		EXPECT_EQ(bi.nr_mem, 1);

		si.memmap_paddr = bad[i];
		parse(&si);
		EXPECT_EQ(bi.nr_problems, 4);
		EXPECT_EQ(bi.nr_mem, 0);
	}
}

/* A map that runs out of readable memory is used as far as it goes. */
SELFTEST(arch, pvh, map_cut_off, "A BOOT-1", unit)
{
	struct hvm_start_info si = start();

	si.memmap_paddr = WINDOW_END - 2 * 24 - 10;
	si.memmap_entries = 0xffffffff;
	put_range(si.memmap_paddr, 0x100000, 0x1000, MEM_USABLE);
	put_range(si.memmap_paddr + 24, 0x200000, 0x1000, MEM_USABLE);
	parse(&si);
	EXPECT_EQ(bi.nr_mem, 2);
	EXPECT_EQ(bi.mem[1].base, 0x200000);
	EXPECT_EQ(find_problem(BOOT_PROBLEM_UNREADABLE)->value,
		  si.memmap_paddr + 48);
	EXPECT_EQ(refused, 1);
}

/* A text right at the end of what can be read, with and without an end. */
SELFTEST(arch, pvh, cmdline_at_edge, "", unit)
{
	struct hvm_start_info si = start();

	si.cmdline_paddr = WINDOW_END - 5;
	put_string(WINDOW_END - 5, "edge");
	parse(&si);
	EXPECT_STREQ(bi.cmdline, "edge");
	EXPECT_EQ(bi.nr_problems, 0);

	put_at(WINDOW_END - 5, "edges", 5);
	parse(&si);
	EXPECT_STREQ(bi.cmdline, "edges");
	EXPECT_EQ(find_problem(BOOT_PROBLEM_UNREADABLE)->value, WINDOW_END);
}

/* The same where what can be read ends within one of the chunks. */
SELFTEST(arch, pvh, cmdline_at_odd_edge, "", unit)
{
	struct hvm_start_info si = start();

	window_size = WINDOW_SIZE - 13;
	si.cmdline_paddr = WINDOW_END - 18;
	put_string(WINDOW_END - 18, "edge");
	parse(&si);
	EXPECT_STREQ(bi.cmdline, "edge");
	EXPECT_EQ(bi.nr_problems, 0);

	window_size--;
	parse(&si);
	EXPECT_STREQ(bi.cmdline, "edge");
	EXPECT_EQ(find_problem(BOOT_PROBLEM_UNREADABLE)->value,
		  WINDOW_END - 14);
}

SELFTEST(arch, pvh, long_cmdline, "", unit)
{
	struct hvm_start_info si = start();
	phys_addr_t pa = 0x102000;

	/* 600 words of 10 characters, not aligned to the chunks read. */
	si.cmdline_paddr = pa + 3;
	for (unsigned int i = 0; i < 600; i++)
		put_at(pa + 3 + i * 10, "abcde=123 ", 10);
	put_at(pa + 3 + 6000, "", 1);
	parse(&si);
	EXPECT_EQ(find_problem(BOOT_PROBLEM_CMDLINE_LONG)->value, 6000);
	EXPECT_EQ(strlen(bi.cmdline), 4090);
	EXPECT_EQ(memcmp(bi.cmdline + 4080, "abcde=123 ", 11), 0);
}

/* Counts that cannot be true do not keep the parser busy. */
SELFTEST(arch, pvh, wild_counts, "", unit)
{
	struct hvm_start_info si = start();

	si.nr_modules = 0xffffffff;
	si.modlist_paddr = 0x100800;
	memset(window + 0x800, 0, 0x600);
	si.memmap_entries = 0xffffffff;
	parse(&si);
	EXPECT_EQ(bi.nr_modules, BOOT_MAX_MODULES);
	EXPECT_EQ(bi.modules[0].size, 0);
	EXPECT_NE(find_problem(BOOT_PROBLEM_MODULE_FULL)->value, 0);
	EXPECT_LT(refused, 10000);
}

/* Memory that is zero wherever one looks. */
static const void *zero_map(void *ctx, phys_addr_t pa, size_t len)
{
	static const u8 zeros[64];
	unsigned int *calls = ctx;

	(void)pa;
	(*calls)++;
	return len <= sizeof(zeros) ? zeros : NULL;
}

SELFTEST(arch, pvh, work_is_bounded, "", unit)
{
	unsigned int calls = 0;
	const struct phys_reader zeros = {.map = zero_map, .ctx = &calls};
	struct hvm_start_info si = start();

	si.nr_modules = 1000000;
	si.modlist_paddr = 0x1000;
	si.memmap_entries = 1000000;
	pvh_parse(&si, &zeros, &bi);
	EXPECT_LE(calls, 10000);
	EXPECT_EQ(bi.nr_modules, BOOT_MAX_MODULES);
	EXPECT_EQ(bi.nr_mem, 0);
	EXPECT_EQ(find_problem(BOOT_PROBLEM_MEM_FULL)->kind,
		  BOOT_PROBLEM_MEM_FULL);
}

SELFTEST(arch, pvh, module_range, "A BOOT-1", unit)
{
	struct hvm_start_info si = start();
	struct hvm_modlist_entry mods[3] = {
		{.paddr = 0x800000, .size = ~0ULL},
		{.paddr = BOOT_PHYS_LIMIT, .size = 1},
		{.paddr = BOOT_PHYS_LIMIT - 16, .size = 16},
	};

	put_at(0x100300, mods, sizeof(mods));
	si.nr_modules = 3;
	si.modlist_paddr = 0x100300;
	parse(&si);
	EXPECT_EQ(bi.nr_modules, 1);
	EXPECT_EQ(bi.modules[0].base, BOOT_PHYS_LIMIT - 16);
	EXPECT_EQ(bi.nr_problems, 2);
	EXPECT_EQ(find_problem(BOOT_PROBLEM_MODULE_RANGE)->value, 0x800000);
}
