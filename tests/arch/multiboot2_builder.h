/* SPDX-License-Identifier: MIT */
/*
 * multiboot2_builder.h - makes multiboot2 information for tests.
 *
 * Model. begin(), then a tag*() and put*() for each tag, as a loader would
 * do it, or a broken loader; finish() closes the block and parses it in
 * place into bi. The host build checks each access. Each test file that
 * includes this has its own block.
 */
#ifndef TESTS_ARCH_MULTIBOOT2_BUILDER_H
#define TESTS_ARCH_MULTIBOOT2_BUILDER_H

#include <base/compiler.h>
#include <base/types.h>
#include <arch/boot.h>
#include <lib/selftest.h>
#include <lib/string.h>

#include "../../boot/boot_parse.h"

#define INFO_SIZE (80 * 1024)

static u8 info[INFO_SIZE] __aligned(8);
static size_t used;
static struct boot_info bi;

static inline void put(const void *data, size_t size)
{
	memcpy(info + used, data, size);
	used += size;
}

static inline void put32(u32 v)
{
	put(&v, 4);
}

static inline void put64(u64 v)
{
	put(&v, 8);
}

static inline void begin(void)
{
	memset(info, 0xa5, sizeof(info));
	used = 0;
	put64(0); /* total size comes in finish() */
}

/* Starts a tag of @size bytes, head included; data follow by put*(). */
static inline void tag(u32 type, u32 size)
{
	while (used % 8)
		info[used++] = 0;
	put32(type);
	put32(size);
}

static inline void tag_string(u32 type, const char *s)
{
	tag(type, 8 + (u32)strlen(s) + 1);
	put(s, strlen(s) + 1);
}

static inline void tag_mmap(u32 nr_entries)
{
	tag(MB2_MMAP, 16 + 24 * nr_entries);
	put32(24);
	put32(0);
}

static inline void mmap_entry(u64 base, u64 size, u32 type)
{
	put64(base);
	put64(size);
	put32(type);
	put32(0);
}

/* Writes the end tag and the total, and parses. */
static inline void finish(void)
{
	u32 total;

	tag(MB2_END, 8);
	total = (u32)used;
	memcpy(info, &total, 4);
	multiboot2_parse(info, used, &bi);
	EXPECT_EQ(boot_info_check(&bi), 0);
}

/* A block with only a map of one usable range, so that it can boot. */
static inline void begin_with_map(void)
{
	begin();
	tag_mmap(1);
	mmap_entry(0x100000, 0x7f00000, MEM_USABLE);
}

static inline unsigned int count_problem(enum boot_problem_kind kind)
{
	unsigned int n = 0;

	for (unsigned int i = 0; i < bi.nr_problems; i++)
		n += bi.problems[i].kind == kind;
	return n;
}

static inline const struct boot_problem *
find_problem(enum boot_problem_kind kind)
{
	static const struct boot_problem none;

	for (unsigned int i = 0; i < bi.nr_problems; i++)
		if (bi.problems[i].kind == kind)
			return &bi.problems[i];
	return &none;
}

static inline void expect_range(unsigned int i, u64 base, u64 size,
				enum mem_type type)
{
	EXPECT_LT(i, bi.nr_mem);
	EXPECT_EQ(bi.mem[i].base, base);
	EXPECT_EQ(bi.mem[i].size, size);
	EXPECT_EQ(bi.mem[i].type, type);
}

#endif /* TESTS_ARCH_MULTIBOOT2_BUILDER_H */
