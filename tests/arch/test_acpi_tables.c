/* SPDX-License-Identifier: MIT */
/*
 * test_acpi_tables.c - SRAT, SLIT, HPET, FADT and the search for \_S5.
 */
#include <base/bits.h>
#include <base/errno.h>
#include <arch/acpi.h>
#include <lib/selftest.h>
#include <lib/string.h>

#include "../../arch/x86_64/acpi_tables.h"
#include "acpi_builder.h"

static void put_madt(u32 nr_cpus)
{
	madt_begin();
	for (u32 i = 0; i < nr_cpus; i++)
		madt_x2apic(i, i, 1);
	table_end();
}

static void srat_begin(u8 revision)
{
	table_begin("SRAT", revision);
	put32(1);
	put64(0);
}

static void srat_lapic(u32 domain, u8 apic_id, u32 flags)
{
	put8(0);
	put8(16);
	put8((u8)domain);
	put8(apic_id);
	put32(flags);
	put8(0);
	put8((u8)(domain >> 8));
	put8((u8)(domain >> 16));
	put8((u8)(domain >> 24));
	put32(0);
}

static void srat_mem(u32 domain, u64 base, u64 size, u32 flags)
{
	put8(1);
	put8(40);
	put32(domain);
	put16(0);
	put64(base);
	put64(size);
	put32(0);
	put32(flags);
	put64(0);
}

static void srat_x2apic(u32 domain, u32 apic_id, u32 flags)
{
	put8(2);
	put8(24);
	put16(0);
	put32(domain);
	put32(apic_id);
	put32(flags);
	put64(0);
}

SELFTEST(arch, acpi, srat, "", unit)
{
	acpi_begin();
	put_madt(5);
	srat_begin(3);
	srat_lapic(0x01020304, 0, 1);
	srat_x2apic(9, 1, 1);
	srat_lapic(9, 2, 1);
	srat_lapic(9, 3, 0);   /* not enabled */
	srat_x2apic(9, 77, 1); /* no such CPU */
	srat_mem(9, 0x100000, 0x1000000, 1);
	srat_mem(11, 0x100000000, 0x40000000, 1 | 2);
	srat_mem(11, 0x200000000, 0x40000000, 1 | 4);
	srat_mem(12, 0x300000000, 0x1000, 0);	 /* not enabled */
	srat_mem(13, 0x300000000, 0, 1);	 /* empty */
	srat_mem(14, 1ULL << 51, 1ULL << 52, 1); /* absurd */
	table_end();
	acpi_finish();

	EXPECT_EQ(ai.nr_nodes, 3);
	EXPECT_EQ(ai.node_domain[0], 0x01020304);
	EXPECT_EQ(ai.node_domain[1], 9);
	EXPECT_EQ(ai.node_domain[2], 11);
	EXPECT_EQ(ai.cpus[0].node, 0);
	EXPECT_EQ(ai.cpus[1].node, 1);
	EXPECT_EQ(ai.cpus[2].node, 1);
	EXPECT_EQ(ai.cpus[3].node, NUMA_NO_NODE);
	EXPECT_EQ(ai.nr_mem, 3);
	EXPECT_EQ(ai.mem[0].base, 0x100000);
	EXPECT_EQ(ai.mem[0].size, 0x1000000);
	EXPECT_EQ(ai.mem[0].node, 1);
	EXPECT_EQ(ai.mem[1].node, 2);
	EXPECT_TRUE(ai.mem[1].hotplug);
	EXPECT_FALSE(ai.mem[1].nonvolatile);
	EXPECT_TRUE(ai.mem[2].nonvolatile);
	EXPECT_EQ(count_problem(ACPI_PROBLEM_VALUE), 1);
	/* Without a SLIT: 10 and 20. */
	EXPECT_EQ(ai.distance[1][1], 10);
	EXPECT_EQ(ai.distance[0][2], 20);
}

/* Revision 1 had 8-bit domains; the other bytes are not to be used. */
SELFTEST(arch, acpi, srat_revision_1, "", unit)
{
	acpi_begin();
	put_madt(2);
	srat_begin(1);
	srat_lapic(0xdeadbe01, 0, 1);
	srat_mem(0xdeadbe01, 0x100000, 0x1000, 1);
	srat_lapic(0x02, 1, 1);
	table_end();
	acpi_finish();
	EXPECT_EQ(ai.nr_nodes, 2);
	EXPECT_EQ(ai.node_domain[0], 1);
	EXPECT_EQ(ai.mem[0].node, 0);
	EXPECT_EQ(ai.cpus[1].node, 1);
}

SELFTEST(arch, acpi, srat_malformed, "", unit)
{
	acpi_begin();
	put_madt(1);
	srat_begin(3);
	put8(1); /* shorter than a memory entry */
	put8(8);
	put("\0\0\0\0\0\0", 6);
	put("\5\4\0\0", 4); /* type not for us */
	srat_lapic(3, 0, 1);
	put8(2); /* past the end */
	put8(24);
	table_end();
	acpi_finish();
	EXPECT_EQ(count_problem(ACPI_PROBLEM_ENTRY), 2);
	EXPECT_EQ(ai.nr_nodes, 1);
	EXPECT_EQ(ai.cpus[0].node, 0);

	acpi_begin();
	put_madt(1);
	srat_begin(3);
	srat_lapic(1, 0, 1);
	put8(0);
	put8(0);
	put64(0);
	table_end();
	acpi_finish();
	EXPECT_EQ(count_problem(ACPI_PROBLEM_ENTRY), 1);
	EXPECT_EQ(ai.nr_nodes, 1);

	acpi_begin();
	put_madt(1);
	table_begin("SRAT", 3);
	put32(1);
	table_end();
	acpi_finish();
	EXPECT_EQ(count_problem(ACPI_PROBLEM_LENGTH), 1);
}

SELFTEST(arch, acpi, srat_full, "", unit)
{
	acpi_begin();
	put_madt(ACPI_MAX_NODES + 1);
	srat_begin(3);
	for (u32 i = 0; i <= ACPI_MAX_NODES; i++)
		srat_x2apic(1000 + i, i, 1);
	for (u32 i = 0; i <= ACPI_MAX_MEM; i++)
		srat_mem(1000, 0x100000 * (i + 1ULL), 0x1000, 1);
	table_end();
	acpi_finish();
	EXPECT_EQ(ai.nr_nodes, ACPI_MAX_NODES);
	EXPECT_EQ(ai.cpus[ACPI_MAX_NODES - 1].node, ACPI_MAX_NODES - 1);
	EXPECT_EQ(ai.cpus[ACPI_MAX_NODES].node, NUMA_NO_NODE);
	EXPECT_EQ(ai.nr_mem, ACPI_MAX_MEM);
	EXPECT_EQ(count_problem(ACPI_PROBLEM_FULL), 2);
}

/* Three domains, two of them ours: 2 is node 0, 0 is node 1. */
static void slit_machine(u64 n, const u8 *matrix, size_t size)
{
	acpi_begin();
	put_madt(2);
	srat_begin(3);
	srat_x2apic(2, 0, 1);
	srat_x2apic(0, 1, 1);
	table_end();
	table_begin("SLIT", 1);
	put64(n);
	put(matrix, size);
	table_end();
	acpi_finish();
}

SELFTEST(arch, acpi, slit, "", unit)
{
	static const u8 matrix[9] = {10, 21, 31, 22, 10, 41, 32, 42, 10};

	slit_machine(3, matrix, 9);
	EXPECT_EQ(count_problem(ACPI_PROBLEM_VALUE), 0);
	EXPECT_EQ(ai.distance[0][0], 10);
	EXPECT_EQ(ai.distance[0][1], 32); /* from domain 2 to domain 0 */
	EXPECT_EQ(ai.distance[1][0], 31);
	EXPECT_EQ(ai.distance[1][1], 10);

	/* A matrix that is too small for a domain leaves its default. */
	slit_machine(1, matrix, 1);
	EXPECT_EQ(count_problem(ACPI_PROBLEM_VALUE), 0);
	EXPECT_EQ(ai.distance[0][1], 20);
}

SELFTEST(arch, acpi, slit_malformed, "", unit)
{
	static const u8 good[9] = {10, 21, 31, 22, 10, 41, 32, 42, 10};
	static const u8 diagonal[9] = {10, 21, 31, 22, 11, 41, 32, 42, 10};
	static const u8 tiny[9] = {10, 21, 31, 22, 10, 9, 32, 42, 10};
	static const struct {
		u64 n;
		const u8 *matrix;
		size_t size;
	} bad[] = {
		{3, good, 8},	  {0, good, 9},	    {1ULL << 32, good, 9},
		{~0ULL, good, 9}, {3, diagonal, 9}, {3, tiny, 9},
	};

	for (unsigned int i = 0; i < ARRAY_SIZE(bad); i++) {
		slit_machine(bad[i].n, bad[i].matrix, bad[i].size);
		EXPECT_EQ(count_problem(ACPI_PROBLEM_VALUE), 1);
		EXPECT_EQ(ai.distance[0][0], 10);
		EXPECT_EQ(ai.distance[0][1], 20);
	}
}

/* The last byte of a good matrix lies behind the table. */
SELFTEST(arch, acpi, slit_cut_short, "", unit)
{
	static const u8 matrix[16] = {10, 21, 22, 23, 24, 10, 25, 26,
				      27, 28, 10, 29, 30, 31, 32, 10};

	for (int cut = 0; cut < 2; cut++) {
		acpi_begin();
		put_madt(2);
		srat_begin(3);
		srat_x2apic(0, 0, 1);
		srat_x2apic(3, 1, 1);
		table_end();
		table_begin("SLIT", 1);
		put64(4);
		put(matrix, 16);
		fw_used -= (size_t)cut;
		table_end();
		acpi_finish();
		EXPECT_EQ(count_problem(ACPI_PROBLEM_VALUE), cut);
		EXPECT_EQ(ai.distance[0][1], cut ? 20 : 23);
	}
}

static void hpet_machine(u8 space, u64 addr, size_t cut)
{
	acpi_begin();
	table_begin("HPET", 1);
	put32(0x8086a201);
	put8(space);
	put8(64);
	put8(0);
	put8(0);
	put64(addr);
	put8(3);
	put16(0x1234);
	put8(0);
	fw_used -= cut;
	table_end();
	acpi_finish();
}

SELFTEST(arch, acpi, hpet, "", unit)
{
	hpet_machine(0, 0xfed00000, 0);
	EXPECT_TRUE(ai.hpet.present);
	EXPECT_EQ(ai.hpet.addr, 0xfed00000);
	EXPECT_EQ(ai.hpet.id, 0x8086a201);
	EXPECT_EQ(ai.hpet.number, 3);
	EXPECT_EQ(ai.hpet.min_tick, 0x1234);

	hpet_machine(0, 0xfed00000, 1);
	EXPECT_FALSE(ai.hpet.present);
	EXPECT_EQ(find_problem(ACPI_PROBLEM_LENGTH)->value, 55);

	hpet_machine(1, 0xfed0, 0); /* ports */
	EXPECT_FALSE(ai.hpet.present);
	hpet_machine(0, 0, 0);
	EXPECT_FALSE(ai.hpet.present);
	hpet_machine(0, 1ULL << 52, 0);
	EXPECT_FALSE(ai.hpet.present);
	EXPECT_EQ(find_problem(ACPI_PROBLEM_VALUE)->value, 1ULL << 52);
}

/* ---- FADT and DSDT ------------------------------------------------------- */

static const u8 s5_plain[] = {0x08, '_',  'S',	'5', '_',  0x12,
			      0x06, 0x04, 0x0a, 5,   0x0a, 6};

/* A DSDT with @code after some other bytes; not listed in the root table. */
static phys_addr_t put_dsdt(const void *code, size_t size)
{
	table_begin("DSDT", 1);
	put("\x10\x20_SB_", 6);
	put(code, size);
	table_end();
	nr_tables--;
	return table_start;
}

/* A FADT of @len bytes, all zero behind the header. */
static phys_addr_t put_fadt(u8 revision, size_t len)
{
	table_begin("FACP", revision);
	memset(fw + fw_used, 0, len - 36);
	fw_used += len - 36;
	return table_end();
}

static void put_gas(phys_addr_t pa, u8 space, u8 width, u64 addr)
{
	at(pa)[0] = space;
	at(pa)[1] = width;
	set64(pa + 4, addr);
}

SELFTEST(arch, acpi, fadt_1, "", unit)
{
	phys_addr_t dsdt, fadt;

	acpi_begin();
	dsdt = put_dsdt(s5_plain, sizeof(s5_plain));
	fadt = put_fadt(1, 116);
	set32(fadt + 40, (u32)dsdt);
	at(fadt)[46] = 9;
	set32(fadt + 48, 0xb2);
	at(fadt)[52] = 0xf1;
	set32(fadt + 64, 0x604);
	set32(fadt + 76, 0x608);
	at(fadt)[89] = 2;
	at(fadt)[91] = 4;
	fix_table(fadt);
	acpi_finish();

	EXPECT_EQ(ai.sci_irq, 9);
	EXPECT_EQ(ai.smi_cmd, 0xb2);
	EXPECT_EQ(ai.acpi_enable, 0xf1);
	EXPECT_EQ(ai.pm1a_cnt.space, ACPI_SPACE_IO);
	EXPECT_EQ(ai.pm1a_cnt.addr, 0x604);
	EXPECT_EQ(ai.pm1a_cnt.width, 16);
	EXPECT_EQ(ai.pm1b_cnt.addr, 0);
	EXPECT_EQ(ai.pm_timer.reg.addr, 0x608);
	EXPECT_EQ(ai.pm_timer.width, 24);
	EXPECT_FALSE(ai.reset.present);
	/* ACPI 1.0 did not say, so all of these are there. */
	EXPECT_FALSE(ai.no_8042);
	EXPECT_FALSE(ai.no_vga);
	EXPECT_FALSE(ai.no_legacy);
	EXPECT_TRUE(ai.s5.valid);
	EXPECT_EQ(ai.s5.type_a, 5);
	EXPECT_EQ(ai.s5.type_b, 6);
	EXPECT_EQ(count_problem(ACPI_PROBLEM_NO_S5), 0);
}

SELFTEST(arch, acpi, fadt_extended, "", unit)
{
	phys_addr_t dsdt, fadt;

	acpi_begin();
	dsdt = put_dsdt(s5_plain, sizeof(s5_plain));
	fadt = put_fadt(4, 244);
	set32(fadt + 40, 0x10); /* the 64-bit field counts */
	set64(fadt + 140, dsdt);
	set32(fadt + 64, 0x999);
	at(fadt)[89] = 2;
	at(fadt)[91] = 4;
	at(fadt)[109] = 4; /* no 8042, no legacy devices, no VGA */
	set32(fadt + 112, 1 << 8 | 1 << 10);
	put_gas(fadt + 116, 1, 8, 0xcf9);
	at(fadt)[128] = 0xf;
	put_gas(fadt + 172, 1, 16, 0x604);
	put_gas(fadt + 208, 0, 32, 0xfed80000);
	fix_table(fadt);
	acpi_finish();

	EXPECT_EQ(ai.pm1a_cnt.addr, 0x604);
	EXPECT_EQ(ai.pm_timer.reg.space, ACPI_SPACE_MEMORY);
	EXPECT_EQ(ai.pm_timer.reg.addr, 0xfed80000);
	EXPECT_EQ(ai.pm_timer.width, 32);
	EXPECT_TRUE(ai.reset.present);
	EXPECT_EQ(ai.reset.reg.addr, 0xcf9);
	EXPECT_EQ(ai.reset.reg.space, ACPI_SPACE_IO);
	EXPECT_EQ(ai.reset.value, 0xf);
	EXPECT_TRUE(ai.no_8042);
	EXPECT_TRUE(ai.no_vga);
	EXPECT_TRUE(ai.no_legacy);
	EXPECT_TRUE(ai.s5.valid);

	/* Fields beyond a shorter table are not there, whatever follows it. */
	set32(fadt + 4, 128);
	fix_table(fadt);
	parse();
	EXPECT_FALSE(ai.reset.present);
	EXPECT_EQ(ai.pm1a_cnt.addr, 0x999);
	EXPECT_EQ(ai.pm_timer.width, 0);
	EXPECT_FALSE(ai.s5.valid);
	EXPECT_EQ(count_problem(ACPI_PROBLEM_NO_S5), 1);

	set32(fadt + 4, 115);
	fix_table(fadt);
	parse();
	EXPECT_EQ(find_problem(ACPI_PROBLEM_LENGTH)->value, 115);
	EXPECT_EQ(ai.pm1a_cnt.addr, 0);
}

SELFTEST(arch, acpi, fadt_absurd_registers, "", unit)
{
	phys_addr_t fadt;

	acpi_begin();
	fadt = put_fadt(4, 244);
	set32(fadt + 64, 0x10000); /* no such port */
	set32(fadt + 76, 0x608);
	at(fadt)[91] = 3; /* only 4 is possible */
	set32(fadt + 112, 1 << 10);
	put_gas(fadt + 116, 1, 8, 0x10cf9);
	put_gas(fadt + 172, 9, 8, 0x604); /* space not for us */
	fix_table(fadt);
	acpi_finish();
	EXPECT_EQ(ai.pm1a_cnt.addr, 0);
	EXPECT_EQ(ai.pm_timer.width, 0);
	EXPECT_EQ(ai.pm_timer.reg.addr, 0);
	EXPECT_FALSE(ai.reset.present);
	EXPECT_EQ(find_problem(ACPI_PROBLEM_VALUE)->value, 3);
	EXPECT_EQ(count_problem(ACPI_PROBLEM_MISSING), 2); /* MADT, DSDT */
}

SELFTEST(arch, acpi, s5_forms, "", unit)
{
	/* clang-format off */
	static const struct {
		u8 code[20];
		u8 size;
		bool found;
		u8 a, b;
	} c[] = {
		/* \_S5, ZeroOp and OneOp, length in two bytes */
		{ { 8, 0x5c, '_', 'S', '5', '_', 0x12, 0x47, 0, 4, 0, 1, 0, 0 },
		  14, true, 0, 1 },
		/* word, one element only */
		{ { 8, '_', 'S', '5', '_', 0x12, 5, 1, 0x0b, 7, 0 },
		  11, true, 7, 0 },
		/* double word and quad word */
		{ { 8, '_', 'S', '5', '_', 0x12, 17, 2, 0x0c, 3, 0, 0, 0,
		    0x0a, 2 }, 15, true, 3, 2 },
		/* a use of the name, then the definition */
		{ { '_', 'S', '5', '_', 8, '_', 'S', '5', '_', 0x12, 4, 2, 1,
		    0 }, 14, true, 1, 0 },
		/* not a package */
		{ { 8, '_', 'S', '5', '_', 0x0a, 5, 0, 0, 0 },
		  10, false, 0, 0 },
		/* no elements */
		{ { 8, '_', 'S', '5', '_', 0x12, 2, 0, 0, 0 },
		  10, false, 0, 0 },
		/* no such sleep type */
		{ { 8, '_', 'S', '5', '_', 0x12, 5, 1, 0x0a, 8 },
		  10, false, 0, 0 },
		/* a string in place of a number */
		{ { 8, '_', 'S', '5', '_', 0x12, 5, 1, 0x0d, 8, 0 },
		  11, false, 0, 0 },
		/* the table ends: in the length, the count, the number */
		{ { 8, '_', 'S', '5', '_', 0x12, 0xc0 }, 7, false, 0, 0 },
		{ { 8, '_', 'S', '5', '_', 0x12, 5 }, 7, false, 0, 0 },
		{ { 8, '_', 'S', '5', '_', 0x12, 5, 1 }, 8, false, 0, 0 },
		{ { 8, '_', 'S', '5', '_', 0x12, 5, 1, 0x0c, 1, 0, 0 },
		  12, false, 0, 0 },
		{ { 8, '_', 'S', '5', '_' }, 5, false, 0, 0 },
	};
	/* clang-format on */

	for (unsigned int i = 0; i < ARRAY_SIZE(c); i++) {
		phys_addr_t fadt, dsdt;

		acpi_begin();
		dsdt = put_dsdt(c[i].code, c[i].size);
		fadt = put_fadt(1, 116);
		set32(fadt + 40, (u32)dsdt);
		fix_table(fadt);
		acpi_finish();
		EXPECT_EQ(ai.s5.valid, c[i].found);
		EXPECT_EQ(ai.s5.type_a, c[i].a);
		EXPECT_EQ(ai.s5.type_b, c[i].b);
		EXPECT_EQ(count_problem(ACPI_PROBLEM_NO_S5), !c[i].found);
	}
}

/* Arrays of exactly the table's size: a byte more would be noticed. */
SELFTEST(arch, acpi, s5_at_the_end, "", unit)
{
	static const u8 count[36 + 7] = {[36] = 8, '_', 'S', '5', '_', 0x12, 5};
	static const u8 number[36 + 9] = {[36] = 8, '_', 'S', '5', '_',
					  0x12,	    5,	 1,   0x0a};
	static const u8 name[36 + 5] = {[36] = 8, '_', 'S', '5', '_'};
	static const u8 header[36];
	const struct acpi_table cut[] = {
		{count, sizeof(count)},
		{number, sizeof(number)},
		{name, sizeof(name)},
		{header, sizeof(header)},
	};

	for (unsigned int i = 0; i < ARRAY_SIZE(cut); i++)
		EXPECT_FALSE(acpi_find_s5(&ai, &cut[i]));
}

SELFTEST(arch, acpi, s5_in_ssdt, "", unit)
{
	phys_addr_t fadt, dsdt;

	acpi_begin();
	dsdt = put_dsdt("nothing", 7);
	table_begin("SSDT", 1);
	put(s5_plain, sizeof(s5_plain));
	table_end();
	fadt = put_fadt(1, 116);
	set32(fadt + 40, (u32)dsdt);
	fix_table(fadt);
	acpi_finish();
	EXPECT_TRUE(ai.s5.valid);
	EXPECT_EQ(ai.s5.type_a, 5);

	/* Not from a DSDT with a wrong checksum. */
	acpi_begin();
	dsdt = put_dsdt(s5_plain, sizeof(s5_plain));
	at(dsdt)[9]++;
	fadt = put_fadt(1, 116);
	set32(fadt + 40, (u32)dsdt);
	fix_table(fadt);
	acpi_finish();
	EXPECT_FALSE(ai.s5.valid);
	EXPECT_STREQ(find_problem(ACPI_PROBLEM_CHECKSUM)->table, "DSDT");
}

/* Each kind has a sentence of its own. */
SELFTEST(arch, acpi, describe, "", unit)
{
	struct acpi_problem p = {.table = "SRAT", .value = 77};
	char text[160], tiny[7], last[160] = "";

	for (u32 k = ACPI_PROBLEM_NO_RSDP; k < ACPI_PROBLEM_KINDS; k++) {
		p.kind = (enum acpi_problem_kind)k;
		memset(text, 0xff, sizeof(text));
		acpi_problem_describe(&p, text, sizeof(text));
		EXPECT_EQ(memcmp(text, "ACPI: ", 6), 0);
		EXPECT_LT(strlen(text), 90);
		EXPECT_PTR_EQ(strstr(text, "unknown problem"), NULL);
		EXPECT_NE(strcmp(text, last), 0);
		memcpy(last, text, sizeof(last));
		memset(tiny, 0xff, sizeof(tiny));
		acpi_problem_describe(&p, tiny, sizeof(tiny));
		EXPECT_STREQ(tiny, "ACPI: ");
	}
	p.kind = ACPI_PROBLEM_CPUS_IGNORED;
	acpi_problem_describe(&p, text, sizeof(text));
	EXPECT_STREQ(text, "ACPI: 77 CPUs ignored: this kernel runs 256");
}

/* The validator must notice what it is there for. */
SELFTEST(arch, acpi, check_trips, "", unit)
{
	acpi_begin();
	put_madt(2);
	srat_begin(3);
	srat_x2apic(1, 0, 1);
	srat_x2apic(2, 1, 1);
	table_end();
	acpi_finish();
	ai.cpus[1].apic_id = 0;
	EXPECT_EQ(acpi_check(&ai), -EINVAL); /* I2 */
	ai.cpus[1].apic_id = 1;
	ai.cpus[1].node = 2;
	EXPECT_EQ(acpi_check(&ai), -EINVAL); /* I3 */
	ai.cpus[1].node = 1;
	ai.distance[0][1] = 9;
	EXPECT_EQ(acpi_check(&ai), -EINVAL); /* I4 */
	ai.distance[0][1] = 10;
	EXPECT_EQ(acpi_check(&ai), 0);
	ai.distance[1][1] = 11;
	EXPECT_EQ(acpi_check(&ai), -EINVAL); /* I4 */
	ai.distance[1][1] = 10;
	ai.nr_ioapics = ACPI_MAX_IOAPICS + 1;
	EXPECT_EQ(acpi_check(&ai), -EINVAL); /* I1 */
}
