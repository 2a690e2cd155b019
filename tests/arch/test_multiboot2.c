/* SPDX-License-Identifier: MIT */
/*
 * test_multiboot2.c - the walk over multiboot2 tags, good and malformed.
 *
 * Model. Each case builds a block of tags and states what must come out of
 * it; what the memory ranges in it become is tested in test_boot_mem.c.
 */
#include <base/bits.h>
#include <arch/boot.h>
#include <lib/selftest.h>
#include <lib/string.h>

#include "multiboot2_builder.h"

SELFTEST(arch, multiboot2, ordinary, "A BOOT-1, B B-02", unit)
{
	begin();
	tag_string(MB2_CMDLINE, "nr_cpus=4 selftest=*");
	tag_string(MB2_LOADER, "GRUB 2.06");
	tag(MB2_MODULE, 16 + 7);
	put32(0x200000);
	put32(0x234567);
	put("initrd", 7);
	tag(MB2_MEMINFO, 16);
	put32(639);
	put32(130048);
	tag_mmap(4);
	mmap_entry(0, 0x9fc00, MEM_USABLE);
	mmap_entry(0x9fc00, 0x400, MEM_RESERVED);
	mmap_entry(0x100000, 0x7ee0000, MEM_USABLE);
	mmap_entry(0x7fe0000, 0x20000, MEM_ACPI_RECLAIM);
	tag(MB2_LOAD_BASE, 12);
	put32(0x100000);
	finish();

	EXPECT_EQ(bi.protocol, BOOT_MULTIBOOT2);
	EXPECT_EQ(bi.nr_problems, 0);
	EXPECT_STREQ(bi.cmdline, "nr_cpus=4 selftest=*");
	EXPECT_STREQ(bi.loader, "GRUB 2.06");
	EXPECT_EQ(bi.nr_modules, 1);
	EXPECT_EQ(bi.modules[0].base, 0x200000);
	EXPECT_EQ(bi.modules[0].size, 0x34567);
	EXPECT_STREQ(bi.modules[0].cmdline, "initrd");
	EXPECT_EQ(bi.nr_mem, 4);
	expect_range(0, 0, 0x9fc00, MEM_USABLE);
	expect_range(1, 0x9fc00, 0x400, MEM_RESERVED);
	expect_range(2, 0x100000, 0x7ee0000, MEM_USABLE);
	expect_range(3, 0x7fe0000, 0x20000, MEM_ACPI_RECLAIM);
	EXPECT_FALSE(bi.efi);
	EXPECT_EQ(bi.rsdp_size, 0);
}

SELFTEST(arch, multiboot2, total_size, "", unit)
{
	u32 total;

	/* Nothing at all may be read. */
	begin_with_map();
	multiboot2_parse(info, 7, &bi);
	EXPECT_EQ(find_problem(BOOT_PROBLEM_INFO_SIZE)->value, 7);
	EXPECT_EQ(count_problem(BOOT_PROBLEM_MEM_MISSING), 1);

	/* The block claims more than is there: what is there counts. */
	finish();
	total = 0xfffffff0;
	memcpy(info, &total, 4);
	multiboot2_parse(info, used, &bi);
	EXPECT_EQ(find_problem(BOOT_PROBLEM_INFO_SIZE)->value, 0xfffffff0);
	EXPECT_EQ(bi.nr_mem, 1);
	EXPECT_EQ(count_problem(BOOT_PROBLEM_NO_END_TAG), 0);

	/* It claims to be empty. */
	total = 0;
	memcpy(info, &total, 4);
	multiboot2_parse(info, used, &bi);
	EXPECT_EQ(count_problem(BOOT_PROBLEM_INFO_SIZE), 1);
	EXPECT_EQ(bi.nr_mem, 0);
	EXPECT_EQ(boot_info_check(&bi), 0);
}

/* What lies behind the readable part is not ours, whatever the total says. */
SELFTEST(arch, multiboot2, avail_is_the_end, "", unit)
{
	size_t avail;

	begin_with_map();
	avail = used;
	tag_string(MB2_LOADER, "beyond");
	finish();
	EXPECT_STREQ(bi.loader, "beyond");
	for (size_t cut = 0; cut <= 24; cut++) {
		multiboot2_parse(info, avail - cut, &bi);
		EXPECT_STREQ(bi.loader, "");
		EXPECT_EQ(bi.nr_mem, cut == 0);
		EXPECT_EQ(count_problem(BOOT_PROBLEM_INFO_SIZE), 1);
		EXPECT_EQ(count_problem(BOOT_PROBLEM_NO_END_TAG), 1);
		EXPECT_EQ(boot_info_check(&bi), 0);
	}
}

SELFTEST(arch, multiboot2, unaligned, "", unit)
{
	begin_with_map();
	finish();
	memmove(info + 4, info, used);
	multiboot2_parse(info + 4, used, &bi);
	EXPECT_EQ(count_problem(BOOT_PROBLEM_INFO_ALIGN), 1);
	EXPECT_EQ(bi.nr_mem, 1);
	expect_range(0, 0x100000, 0x7f00000, MEM_USABLE);
}

SELFTEST(arch, multiboot2, no_end_tag, "", unit)
{
	u32 total;

	begin_with_map();
	total = (u32)used;
	memcpy(info, &total, 4);
	multiboot2_parse(info, used, &bi);
	EXPECT_EQ(bi.nr_problems, 1);
	EXPECT_EQ(count_problem(BOOT_PROBLEM_NO_END_TAG), 1);
	EXPECT_EQ(bi.nr_mem, 1);
}

/* After a size below 8 the next tag cannot be found. */
SELFTEST(arch, multiboot2, tag_size_0_and_7, "", unit)
{
	for (u32 size = 0; size < 8; size += 7) {
		begin_with_map();
		tag(MB2_BOOTDEV, size);
		tag_string(MB2_LOADER, "not reached");
		finish();
		EXPECT_EQ(find_problem(BOOT_PROBLEM_TAG_SIZE)->tag,
			  MB2_BOOTDEV);
		EXPECT_EQ(find_problem(BOOT_PROBLEM_TAG_SIZE)->value, size);
		EXPECT_EQ(count_problem(BOOT_PROBLEM_NO_END_TAG), 1);
		EXPECT_EQ(bi.nr_mem, 1);
		EXPECT_STREQ(bi.loader, "");
	}
}

/* A tag that reaches past the end is used as far as it goes. */
SELFTEST(arch, multiboot2, tag_past_end, "A BOOT-1", unit)
{
	static const u32 claims[] = {49, 100, 0xffffffff, 0x80000000};

	for (unsigned int i = 0; i < ARRAY_SIZE(claims); i++) {
		begin();
		tag(MB2_MMAP, claims[i]);
		put32(24);
		put32(0);
		mmap_entry(0x100000, 0x100000, MEM_USABLE);
		finish();
		EXPECT_EQ(find_problem(BOOT_PROBLEM_TAG_SIZE)->value,
			  claims[i]);
		EXPECT_EQ(bi.nr_mem, 1);
		expect_range(0, 0x100000, 0x100000, MEM_USABLE);
	}
}

/* Each tag cut to its bare head is reported and skipped, the next is read. */
SELFTEST(arch, multiboot2, short_tags, "", unit)
{
	static const u32 fixed[] = {MB2_MODULE,	     MB2_MEMINFO, MB2_MMAP,
				    MB2_FRAMEBUFFER, MB2_ELF,	  MB2_ACPI_OLD,
				    MB2_ACPI_NEW,    MB2_EFI_MMAP};

	for (unsigned int i = 0; i < ARRAY_SIZE(fixed); i++) {
		begin();
		tag(fixed[i], 12);
		put32(0);
		tag_string(MB2_LOADER, "next");
		finish();
		EXPECT_EQ(count_problem(BOOT_PROBLEM_TAG_SIZE), 1);
		EXPECT_EQ(find_problem(BOOT_PROBLEM_TAG_SIZE)->tag, fixed[i]);
		EXPECT_STREQ(bi.loader, "next");
	}
}

SELFTEST(arch, multiboot2, unknown_and_silent_tags, "", unit)
{
	static const u32 silent[] = {MB2_BOOTDEV, MB2_VBE,	MB2_APM,
				     MB2_SMBIOS,  MB2_SMBIOS,	MB2_NETWORK,
				     MB2_NETWORK, MB2_LOAD_BASE};

	begin_with_map();
	for (unsigned int i = 0; i < ARRAY_SIZE(silent); i++)
		tag(silent[i], 8);
	finish();
	EXPECT_EQ(bi.nr_problems, 0);

	begin_with_map();
	tag(22, 8);
	tag(0xdeadbeef, 9);
	put("x", 1);
	tag_string(MB2_LOADER, "after");
	finish();
	EXPECT_EQ(bi.nr_problems, 2);
	EXPECT_EQ(bi.problems[0].kind, BOOT_PROBLEM_TAG_UNKNOWN);
	EXPECT_EQ(bi.problems[0].tag, 22);
	EXPECT_EQ(bi.problems[1].tag, 0xdeadbeef);
	EXPECT_STREQ(bi.loader, "after");
}

SELFTEST(arch, multiboot2, duplicate_tags, "A BOOT-1, B B-02", unit)
{
	begin_with_map();
	tag_string(MB2_CMDLINE, "first");
	tag_string(MB2_CMDLINE, "second");
	tag_mmap(1);
	mmap_entry(0, 0x1000, MEM_USABLE);
	finish();
	EXPECT_EQ(count_problem(BOOT_PROBLEM_TAG_DUPLICATE), 2);
	EXPECT_EQ(find_problem(BOOT_PROBLEM_TAG_DUPLICATE)->tag, MB2_CMDLINE);
	EXPECT_STREQ(bi.cmdline, "first");
	EXPECT_EQ(bi.nr_mem, 1);
	expect_range(0, 0x100000, 0x7f00000, MEM_USABLE);
}

SELFTEST(arch, multiboot2, strings_open, "B B-02", unit)
{
	begin_with_map();
	tag(MB2_CMDLINE, 8 + 4);
	put("abcd", 4);
	tag(MB2_LOADER, 8); /* no room for even the terminator */
	tag(MB2_MODULE, 16 + 3);
	put32(0x1000);
	put32(0x1000);
	put("xyz", 3);
	finish();
	EXPECT_EQ(count_problem(BOOT_PROBLEM_STRING_OPEN), 3);
	EXPECT_STREQ(bi.cmdline, "abcd");
	EXPECT_STREQ(bi.loader, "");
	EXPECT_STREQ(bi.modules[0].cmdline, "xyz");
	EXPECT_EQ(bi.modules[0].size, 0);
}

/* 64 KiB of words are cut between two words. */
SELFTEST(arch, multiboot2, long_cmdline, "B B-02", unit)
{
	static const char word[] = "nr_cpus=16 ";
	size_t len, cut;

	begin_with_map();
	tag(MB2_CMDLINE, 8 + 65536);
	for (len = 0; len < 65535; len++)
		put(&word[len % (sizeof(word) - 1)], 1);
	put("", 1);
	finish();
	EXPECT_EQ(bi.nr_problems, 1);
	EXPECT_EQ(find_problem(BOOT_PROBLEM_CMDLINE_LONG)->value, 65535);
	cut = strlen(bi.cmdline);
	EXPECT_LT(cut, BOOT_CMDLINE_SIZE);
	EXPECT_EQ(cut % 11, 0);
	EXPECT_EQ(cut, 4092);
	EXPECT_EQ(bi.cmdline[cut - 1], ' ');

	/* The longest that fits is not a problem. */
	begin_with_map();
	tag(MB2_CMDLINE, 8 + BOOT_CMDLINE_SIZE);
	for (len = 0; len < BOOT_CMDLINE_SIZE - 1; len++)
		put("x", 1);
	put("", 1);
	finish();
	EXPECT_EQ(bi.nr_problems, 0);
	EXPECT_EQ(strlen(bi.cmdline), BOOT_CMDLINE_SIZE - 1);
}

SELFTEST(arch, multiboot2, modules, "A BOOT-1", unit)
{
	static char name[300];

	memset(name, 'm', sizeof(name) - 1);
	begin_with_map();
	tag(MB2_MODULE, 16 + sizeof(name));
	put32(0x3000);
	put32(0x2000); /* ends before it starts */
	put(name, sizeof(name));
	for (u32 i = 0; i < 20; i++) {
		tag(MB2_MODULE, 16 + sizeof(name));
		put32(0x200000 + i * 0x1000);
		put32(0x200800 + i * 0x1000);
		put(name, sizeof(name));
	}
	finish();
	EXPECT_EQ(bi.nr_modules, BOOT_MAX_MODULES);
	EXPECT_EQ(find_problem(BOOT_PROBLEM_MODULE_RANGE)->value, 0x3000);
	EXPECT_NE(count_problem(BOOT_PROBLEM_MODULE_FULL), 0);
	EXPECT_EQ(bi.modules[15].base, 0x20f000);
	EXPECT_EQ(bi.modules[15].size, 0x800);
	EXPECT_EQ(strlen(bi.modules[15].cmdline), 127);
}

SELFTEST(arch, multiboot2, module_over_kernel, "A BOOT-1", unit)
{
	begin_with_map();
	for (u32 i = 0; i < 4; i++) {
		tag(MB2_MODULE, 17);
		put32(0x100000 * i);
		put32(0x100000 * i + 0x80000);
		put("", 1);
	}
	finish();
	boot_info_check_modules(&bi, 0x17ffff, 0x80002);
	EXPECT_EQ(bi.nr_modules, 2);
	EXPECT_EQ(bi.modules[0].base, 0);
	EXPECT_EQ(bi.modules[1].base, 0x300000);
	EXPECT_EQ(count_problem(BOOT_PROBLEM_MODULE_OVERLAP), 2);
	/* Touching is not overlapping. */
	boot_info_check_modules(&bi, 0x80000, 0x280000);
	EXPECT_EQ(bi.nr_modules, 2);
}

static void tag_fb(u8 type, u8 bpp, u32 width, u32 pitch)
{
	static const u8 colours[] = {16, 8, 8, 8, 0, 8};

	tag(MB2_FRAMEBUFFER, 38);
	put64(0xfd000000);
	put32(pitch);
	put32(width);
	put32(768);
	put(&bpp, 1);
	put(&type, 1);
	put("\0", 2);
	put(colours, 6);
}

SELFTEST(arch, multiboot2, framebuffer, "", unit)
{
	static const struct {
		u8 type, bpp;
		u32 width, pitch;
		u64 found;
	} bad[] = {
		{0, 8, 1024, 1024, 0},	    /* palette */
		{7, 32, 1024, 4096, 7},	    /* no such type */
		{1, 33, 1024, 8192, 33},    /* no such depth */
		{1, 32, 1024, 4095, 32},    /* lines overlap */
		{1, 32, 0, 4096, 32},	    /* no width */
		{1, 32, 0x40000001, 4, 32}, /* width * 4 wraps 32 bits */
		{1, 16, 1024, 2048, 1},	    /* red above the pixel */
	};

	begin_with_map();
	tag_fb(1, 32, 1024, 4096);
	finish();
	EXPECT_EQ(bi.nr_problems, 0);
	EXPECT_EQ(bi.fb.type, BOOT_FB_RGB);
	EXPECT_EQ(bi.fb.base, 0xfd000000);
	EXPECT_EQ(bi.fb.width, 1024);
	EXPECT_EQ(bi.fb.height, 768);
	EXPECT_EQ(bi.fb.pitch, 4096);
	EXPECT_EQ(bi.fb.bpp, 32);
	EXPECT_EQ(bi.fb.red_shift, 16);
	EXPECT_EQ(bi.fb.green_shift, 8);
	EXPECT_EQ(bi.fb.blue_bits, 8);

	begin_with_map();
	tag_fb(2, 16, 80, 160);
	finish();
	EXPECT_EQ(bi.fb.type, BOOT_FB_TEXT);
	EXPECT_EQ(bi.fb.width, 80);

	for (unsigned int i = 0; i < ARRAY_SIZE(bad); i++) {
		begin_with_map();
		tag_fb(bad[i].type, bad[i].bpp, bad[i].width, bad[i].pitch);
		finish();
		EXPECT_EQ(bi.fb.type, BOOT_FB_NONE);
		EXPECT_EQ(find_problem(BOOT_PROBLEM_FRAMEBUFFER)->value,
			  bad[i].found);
	}
}

/* A framebuffer that would end above all addresses. */
SELFTEST(arch, multiboot2, framebuffer_end, "", unit)
{
	u64 base = BOOT_PHYS_LIMIT - 4096ULL * 768;

	for (int over = 0; over < 2; over++) {
		begin_with_map();
		tag_fb(1, 32, 1024, 4096);
		base += (u64)over;
		memcpy(info + used - 30, &base, 8);
		finish();
		EXPECT_EQ(bi.fb.type, over ? BOOT_FB_NONE : BOOT_FB_RGB);
		EXPECT_EQ(bi.nr_problems, over);
	}
}

/* The last byte of the screen decides, and the map may come behind it. */
SELFTEST(arch, multiboot2, framebuffer_in_memory, "", unit)
{
	u64 end = 0x40000000, size = 4096ULL * 768;

	for (u64 over = 0; over < 2; over++) {
		u64 base = end - size + over;

		begin();
		tag_fb(1, 32, 1024, 4096);
		memcpy(info + used - 30, &base, 8);
		tag_mmap(2);
		mmap_entry(0x100000, 0x100000, MEM_USABLE);
		mmap_entry(end, 0x1000, MEM_USABLE);
		finish();
		EXPECT_EQ(bi.fb.type, over ? BOOT_FB_NONE : BOOT_FB_RGB);
		EXPECT_EQ(bi.nr_problems, over);
		EXPECT_EQ(count_problem(BOOT_PROBLEM_FB_OVERLAP), over);
	}
	/* Memory of another type is where a screen may be. */
	begin();
	tag_fb(1, 32, 1024, 4096);
	tag_mmap(2);
	mmap_entry(0x100000, 0x100000, MEM_USABLE);
	mmap_entry(0xfd000000, 0x1000000, MEM_RESERVED);
	finish();
	EXPECT_EQ(bi.fb.type, BOOT_FB_RGB);
}

SELFTEST(arch, multiboot2, elf_sections, "", unit)
{
	static const struct {
		u32 num, entsize, want;
		enum boot_problem_kind kind;
	} c[] = {
		{2, 64, 2, BOOT_PROBLEM_NONE},
		{3, 64, 2, BOOT_PROBLEM_TAG_SIZE},
		{0xffffffff, 64, 2, BOOT_PROBLEM_TAG_SIZE},
		{2, 0, 0, BOOT_PROBLEM_ENTRY_SIZE},
		{0, 0, 0, BOOT_PROBLEM_NONE},
		{1, 0xffffffff, 0, BOOT_PROBLEM_TAG_SIZE},
	};

	for (unsigned int i = 0; i < ARRAY_SIZE(c); i++) {
		begin_with_map();
		tag(MB2_ELF, 20 + 128);
		put32(c[i].num);
		put32(c[i].entsize);
		put32(1);
		used += 128;
		finish();
		EXPECT_EQ(bi.nr_elf_sections, c[i].want);
		EXPECT_EQ(bi.nr_problems, c[i].kind != BOOT_PROBLEM_NONE);
		EXPECT_EQ(bi.problems[0].kind, c[i].kind);
	}
}

static void put_rsdp(u8 revision, size_t size)
{
	u8 rsdp[36] = "RSD PTR xVITRIX";

	rsdp[15] = revision;
	rsdp[35] = 0x35;
	put(rsdp, size);
}

SELFTEST(arch, multiboot2, rsdp, "", unit)
{
	/* Both tags: the new one wins, in either order. */
	for (int swapped = 0; swapped < 2; swapped++) {
		begin_with_map();
		tag(swapped ? MB2_ACPI_NEW : MB2_ACPI_OLD, swapped ? 44 : 28);
		put_rsdp(2, swapped ? 36 : 20);
		tag(swapped ? MB2_ACPI_OLD : MB2_ACPI_NEW, swapped ? 28 : 44);
		put_rsdp(2, swapped ? 20 : 36);
		finish();
		EXPECT_EQ(bi.nr_problems, 0);
		EXPECT_EQ(bi.rsdp_size, 36);
		EXPECT_EQ(bi.rsdp[35], 0x35);
	}

	begin_with_map();
	tag(MB2_ACPI_OLD, 28);
	put_rsdp(0, 20);
	finish();
	EXPECT_EQ(bi.rsdp_size, 20);
	EXPECT_EQ(memcmp(bi.rsdp, "RSD PTR ", 8), 0);

	/* Too short for what it is: the 1.0 part is taken. */
	begin_with_map();
	tag(MB2_ACPI_NEW, 8 + 35);
	put_rsdp(2, 35);
	finish();
	EXPECT_EQ(bi.rsdp_size, 20);
	EXPECT_EQ(find_problem(BOOT_PROBLEM_RSDP)->value, 35);

	begin_with_map();
	tag(MB2_ACPI_NEW, 44);
	memset(info + used, 'R', 36);
	used += 36;
	finish();
	EXPECT_EQ(bi.rsdp_size, 0);
	EXPECT_EQ(find_problem(BOOT_PROBLEM_RSDP)->tag, MB2_ACPI_NEW);
}

/* One kind cannot fill the list: others are still noted. */
SELFTEST(arch, multiboot2, problem_limit, "", unit)
{
	begin();
	for (u32 i = 0; i < 100; i++)
		tag(100 + i, 8);
	finish();
	EXPECT_EQ(count_problem(BOOT_PROBLEM_TAG_UNKNOWN), 4);
	EXPECT_EQ(count_problem(BOOT_PROBLEM_MEM_MISSING), 1);
	EXPECT_EQ(bi.nr_problems, 5);
	EXPECT_EQ(bi.nr_problems_cut, 96);
}

/* Each kind has a sentence of its own. */
SELFTEST(arch, multiboot2, describe, "", unit)
{
	struct boot_problem p = {.tag = MB2_MMAP, .value = 0x1234};
	char text[160], tiny[8], last[160] = "";

	for (u32 k = BOOT_PROBLEM_MAGIC; k < BOOT_PROBLEM_KINDS; k++) {
		p.kind = (enum boot_problem_kind)k;
		memset(text, 0xff, sizeof(text));
		boot_problem_describe(&p, text, sizeof(text));
		EXPECT_GT(strlen(text), 15);
		EXPECT_LT(strlen(text), 100);
		EXPECT_PTR_EQ(strstr(text, "unknown problem"), NULL);
		EXPECT_NE(strcmp(text, last), 0);
		memcpy(last, text, sizeof(last));
		memset(tiny, 0xff, sizeof(tiny));
		boot_problem_describe(&p, tiny, sizeof(tiny));
		EXPECT_EQ(strlen(tiny), 7);
	}
	p.kind = BOOT_PROBLEM_TAG_SIZE;
	boot_problem_describe(&p, text, sizeof(text));
	EXPECT_STREQ(text, "memory map tag (6) has the impossible size 4660");
	p.kind = BOOT_PROBLEM_KINDS;
	boot_problem_describe(&p, text, sizeof(text));
	EXPECT_PTR_EQ(strstr(text, "unknown problem"), text);
	EXPECT_STREQ(mem_type_name(MEM_ACPI_NVS), "ACPI NVS");
	EXPECT_STREQ(mem_type_name((enum mem_type)9), "unknown");
}
