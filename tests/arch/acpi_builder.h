/* SPDX-License-Identifier: MIT */
/*
 * acpi_builder.h - makes ACPI tables for tests.
 *
 * Model. The array fw stands for physical memory from 1 MiB on.
 * table_begin() starts a table at the next free place, put*() append to it,
 * table_end() fills in length and checksum and notes it for the root tables;
 * acpi_finish() makes the RSDT and the RSDP and parses. A case that wants
 * something broken breaks it afterwards. What lies outside of fw cannot be
 * read, unless map_low() is set and knows it.
 */
#ifndef TESTS_ARCH_ACPI_BUILDER_H
#define TESTS_ARCH_ACPI_BUILDER_H

#include <base/bits.h>
#include <base/compiler.h>
#include <base/types.h>
#include <arch/acpi.h>
#include <arch/boot.h>
#include <lib/selftest.h>
#include <lib/string.h>

#define FW_PHYS	 0x100000ULL
#define FW_SIZE	 0x10000ULL
#define LOW_PHYS 0x400ULL /* BIOS data area up to 1 MiB */
#define LOW_SIZE (FW_PHYS - LOW_PHYS)

static u8 fw[FW_SIZE];
static const void *(*map_low)(phys_addr_t pa, size_t len);
static size_t fw_used;
static size_t largest_map; /* most bytes asked for at once */
static phys_addr_t table_start;
static phys_addr_t tables[16];
static unsigned int nr_tables;

static struct boot_info bi;
static struct acpi_info ai;
static int parse_result;

static inline const void *fw_map(void *ctx, phys_addr_t pa, size_t len)
{
	(void)ctx;
	largest_map = max(largest_map, len);
	if (pa >= FW_PHYS && pa < FW_PHYS + FW_SIZE &&
	    len <= FW_PHYS + FW_SIZE - pa)
		return fw + (pa - FW_PHYS);
	return map_low ? map_low(pa, len) : NULL;
}

static const struct phys_reader fw_reader = {.map = fw_map};

static inline u8 *at(phys_addr_t pa)
{
	return fw + (pa - FW_PHYS);
}

static inline void put(const void *data, size_t size)
{
	memcpy(fw + fw_used, data, size);
	fw_used += size;
}

static inline void put8(u8 v)
{
	put(&v, 1);
}

static inline void put16(u16 v)
{
	put(&v, 2);
}

static inline void put32(u32 v)
{
	put(&v, 4);
}

static inline void put64(u64 v)
{
	put(&v, 8);
}

static inline void set32(phys_addr_t pa, u32 v)
{
	memcpy(at(pa), &v, 4);
}

static inline void set64(phys_addr_t pa, u64 v)
{
	memcpy(at(pa), &v, 8);
}

/* Makes the bytes sum to 0 by the one at @sum_at. */
static inline void fix_sum(u8 *p, size_t len, size_t sum_at)
{
	u8 sum = 0;

	p[sum_at] = 0;
	for (size_t i = 0; i < len; i++)
		sum += p[i];
	p[sum_at] = (u8)-sum;
}

static inline void fix_table(phys_addr_t pa)
{
	u32 len;

	memcpy(&len, at(pa) + 4, 4);
	fix_sum(at(pa), len, 9);
}

static inline void acpi_begin(void)
{
	memset(fw, 0, sizeof(fw));
	map_low = NULL;
	memset(&bi, 0, sizeof(bi));
	fw_used = 0x104; /* aligned to 4 only, as real tables may be */
	nr_tables = 0;
}

static inline void table_begin(const char *signature, u8 revision)
{
	fw_used = ALIGN(fw_used, 4);
	table_start = FW_PHYS + fw_used;
	put(signature, 4);
	put32(0);
	put8(revision);
	put8(0);
	put("VITRIXTESTTABLE\1\0\0\0TEST\1\0\0\0", 26);
}

/* Return: the table's address. */
static inline phys_addr_t table_end(void)
{
	set32(table_start + 4, (u32)(FW_PHYS + fw_used - table_start));
	fix_table(table_start);
	tables[nr_tables++] = table_start;
	return table_start;
}

/* A root table with entries of @size bytes; not listed in itself. */
static inline phys_addr_t put_root(const char *signature, size_t size)
{
	unsigned int count = nr_tables;

	table_begin(signature, 1);
	for (unsigned int i = 0; i < count; i++)
		put(&tables[i], size);
	table_end();
	nr_tables = count;
	return table_start;
}

/* An RSDP of 36 bytes at @p; either address may be 0. */
static inline void make_rsdp(u8 *p, u8 revision, phys_addr_t rsdt,
			     phys_addr_t xsdt)
{
	u32 rsdt32 = (u32)rsdt, len = 36;

	memset(p, 0, 36);
	memcpy(p, "RSD PTR ", 8);
	memcpy(p + 9, "VITRIX", 6);
	p[15] = revision;
	memcpy(p + 16, &rsdt32, 4);
	memcpy(p + 20, &len, 4);
	memcpy(p + 24, &xsdt, 8);
	fix_sum(p, 20, 8);
	fix_sum(p, 36, 32);
}

static inline void parse(void)
{
	parse_result = acpi_parse(&ai, &bi, &fw_reader);
	EXPECT_EQ(acpi_check(&ai), 0);
}

/* ACPI 1.0: RSDT only, the RSDP copied by the loader. */
static inline void acpi_finish(void)
{
	phys_addr_t rsdt = put_root("RSDT", 4);

	make_rsdp(bi.rsdp, 0, rsdt, 0);
	bi.rsdp_size = 20;
	parse();
}

static inline unsigned int count_problem(enum acpi_problem_kind kind)
{
	unsigned int n = 0;

	for (unsigned int i = 0; i < ai.nr_problems; i++)
		n += ai.problems[i].kind == kind;
	return n;
}

static inline const struct acpi_problem *
find_problem(enum acpi_problem_kind kind)
{
	static const struct acpi_problem none;

	for (unsigned int i = 0; i < ai.nr_problems; i++)
		if (ai.problems[i].kind == kind)
			return &ai.problems[i];
	return &none;
}

static inline void madt_begin(void)
{
	table_begin("APIC", 3);
	put32(0xfee00000);
	put32(1);
}

static inline void madt_lapic(u8 uid, u8 apic_id, u32 flags)
{
	put8(0);
	put8(8);
	put8(uid);
	put8(apic_id);
	put32(flags);
}

static inline void madt_x2apic(u32 uid, u32 apic_id, u32 flags)
{
	put8(9);
	put8(16);
	put16(0);
	put32(apic_id);
	put32(flags);
	put32(uid);
}

#endif /* TESTS_ARCH_ACPI_BUILDER_H */
