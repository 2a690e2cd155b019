/* SPDX-License-Identifier: MIT */
/*
 * test_acpi.c - finding ACPI tables, and the MADT.
 */
#include <base/bits.h>
#include <base/errno.h>
#include <arch/acpi.h>
#include <lib/selftest.h>
#include <lib/string.h>

#include "acpi_builder.h"

/* Two CPUs, no other table. */
static phys_addr_t put_small_madt(void)
{
	madt_begin();
	madt_lapic(0, 0, 1);
	madt_lapic(1, 1, 1);
	return table_end();
}

SELFTEST(arch, acpi, rsdt_only, "", unit)
{
	acpi_begin();
	put_small_madt();
	acpi_finish();
	EXPECT_EQ(parse_result, 0);
	EXPECT_TRUE(ai.present);
	EXPECT_EQ(ai.revision, 0);
	EXPECT_STREQ(ai.oem, "VITRIX");
	EXPECT_EQ(ai.nr_cpus, 2);
	EXPECT_EQ(ai.cpus[1].apic_id, 1);
	EXPECT_EQ(ai.cpus[1].node, NUMA_NO_NODE);
	EXPECT_EQ(ai.lapic_addr, 0xfee00000);
	EXPECT_TRUE(ai.has_8259);
	EXPECT_EQ(ai.nr_nodes, 0);
	/* Nothing else was wrong. */
	EXPECT_EQ(ai.nr_problems, 1);
	EXPECT_STREQ(find_problem(ACPI_PROBLEM_MISSING)->table, "FACP");
}

SELFTEST(arch, acpi, nothing_there, "", unit)
{
	acpi_begin();
	parse();
	EXPECT_EQ(parse_result, -ENODEV);
	EXPECT_FALSE(ai.present);
	EXPECT_EQ(ai.nr_cpus, 0);
	EXPECT_EQ(ai.nr_problems, 1);
	EXPECT_EQ(ai.problems[0].kind, ACPI_PROBLEM_NO_RSDP);
	EXPECT_TRUE(ai.has_8259);
}

SELFTEST(arch, acpi, no_madt, "", unit)
{
	acpi_begin();
	table_begin("XYZZ", 1);
	table_end();
	acpi_finish();
	EXPECT_EQ(parse_result, 0);
	EXPECT_TRUE(ai.present);
	EXPECT_EQ(ai.nr_cpus, 0);
	EXPECT_STREQ(find_problem(ACPI_PROBLEM_MISSING)->table, "APIC");
}

/* The areas that are searched: data area, extended data area, BIOS. */
static u8 bios_data[0x100], ebda[0x400], bios[0x20000];
static u8 no_ebda[0x400]; /* what lies at 0, and just as well at 0xa0000 */

static u8 *low_at(phys_addr_t pa, size_t len)
{
	if (pa >= 0xe0000 && pa < 0x100000 && len <= 0x100000 - pa)
		return bios + (pa - 0xe0000);
	if (pa >= 0x9fc00 && pa < 0xa0000 && len <= 0xa0000 - pa)
		return ebda + (pa - 0x9fc00);
	if (pa >= 0x400 && pa < 0x500 && len <= 0x500 - pa)
		return bios_data + (pa - 0x400);
	if (pa < 0x400 && len <= 0x400 - pa)
		return no_ebda + pa;
	if (pa >= 0xa0000 && pa < 0xa0400 && len <= 0xa0400 - pa)
		return no_ebda + (pa - 0xa0000);
	return NULL;
}

static const void *low_read(phys_addr_t pa, size_t len)
{
	return low_at(pa, len);
}

static void low_begin(void)
{
	memset(bios_data, 0, sizeof(bios_data));
	memset(ebda, 0, sizeof(ebda));
	memset(bios, 0, sizeof(bios));
	memset(no_ebda, 0, sizeof(no_ebda));
	memcpy(low_at(0x40e, 2), "\xc0\x9f", 2); /* segment of the EBDA */
	map_low = low_read;
}

/* A version 1 RSDP of 20 bytes at @pa. */
static void low_rsdp(phys_addr_t pa, phys_addr_t rsdt)
{
	u8 rsdp[36];

	make_rsdp(rsdp, 0, rsdt, 0);
	memcpy(low_at(pa, 20), rsdp, 20);
}

/* Where the loader says nothing, the BIOS areas are searched. */
SELFTEST(arch, acpi, rsdp_scan, "", unit)
{
	static const phys_addr_t places[] = {0x9fc00, 0x9ffe0, 0xe0000, 0xf5ad0,
					     0xfffe0};
	static const u16 no_segment[] = {0, 0xa000};
	phys_addr_t rsdt;

	for (unsigned int i = 0; i < ARRAY_SIZE(places); i++) {
		acpi_begin();
		low_begin();
		put_small_madt();
		rsdt = put_root("RSDT", 4);
		/* One with a bad sum before the good one. */
		low_rsdp(0x9fc10, rsdt);
		*low_at(0x9fc18, 1) += 1;
		low_rsdp(places[i], rsdt);
		parse();
		EXPECT_EQ(parse_result, 0);
		EXPECT_EQ(ai.nr_cpus, 2);
		EXPECT_EQ(ai.rsdp, places[i]);
		EXPECT_EQ(count_problem(ACPI_PROBLEM_RSDP_CHECKSUM), i > 0);
	}

	/* No extended data area: neither vectors nor screen are one. */
	for (unsigned int i = 0; i < ARRAY_SIZE(no_segment); i++) {
		low_begin();
		memcpy(low_at(0x40e, 2), &no_segment[i], 2);
		low_rsdp(no_segment[i] * 16U, put_root("RSDT", 4));
		parse();
		EXPECT_EQ(parse_result, -ENODEV);
	}

	/* Only every 16th byte can start one. */
	low_begin();
	low_rsdp(0xf5ad8, put_root("RSDT", 4));
	parse();
	EXPECT_EQ(parse_result, -ENODEV);
	EXPECT_EQ(ai.problems[0].kind, ACPI_PROBLEM_NO_RSDP);
}

SELFTEST(arch, acpi, rsdp_by_address, "", unit)
{
	phys_addr_t rsdt;

	acpi_begin();
	put_small_madt();
	rsdt = put_root("RSDT", 4);
	bi.rsdp_addr = FW_PHYS + FW_SIZE - 20; /* no 36 bytes are readable */
	make_rsdp(fw, 0, rsdt, 0);
	memcpy(at(bi.rsdp_addr), fw, 20);
	parse();
	EXPECT_EQ(parse_result, 0);
	EXPECT_EQ(ai.rsdp, bi.rsdp_addr);
	EXPECT_EQ(ai.nr_cpus, 2);

	bi.rsdp_addr = FW_PHYS + FW_SIZE - 19;
	parse();
	EXPECT_EQ(parse_result, -ENODEV);
	EXPECT_EQ(count_problem(ACPI_PROBLEM_UNREADABLE), 1);
}

/* A broken copy from the loader: its address, then the BIOS area. */
SELFTEST(arch, acpi, rsdp_broken, "", unit)
{
	phys_addr_t rsdt;

	acpi_begin();
	put_small_madt();
	rsdt = put_root("RSDT", 4);
	make_rsdp(bi.rsdp, 0, rsdt, 0);
	bi.rsdp_size = 20;
	bi.rsdp[16] ^= 1;
	parse();
	EXPECT_EQ(parse_result, -ENODEV);
	EXPECT_EQ(count_problem(ACPI_PROBLEM_RSDP_CHECKSUM), 1);

	low_begin();
	low_rsdp(0xf0000, rsdt);
	parse();
	EXPECT_EQ(parse_result, 0);
	EXPECT_EQ(ai.nr_cpus, 2);

	bi.rsdp[0] = 'X';
	parse();
	EXPECT_EQ(count_problem(ACPI_PROBLEM_RSDP_SIGNATURE), 1);
	EXPECT_EQ(ai.nr_cpus, 2);
}

SELFTEST(arch, acpi, xsdt, "", unit)
{
	phys_addr_t rsdt, xsdt;

	acpi_begin();
	rsdt = put_root("RSDT", 4); /* empty: must not be used */
	put_small_madt();
	fw_used += 4;
	xsdt = put_root("XSDT", 8);
	make_rsdp(bi.rsdp, 2, rsdt, xsdt);
	bi.rsdp_size = 36;
	parse();
	EXPECT_EQ(ai.nr_cpus, 2);
	EXPECT_EQ(ai.revision, 2);
	EXPECT_EQ(count_problem(ACPI_PROBLEM_XSDT_BROKEN), 0);

	/* The 8 bytes behind the table are not an entry. */
	put64(tables[0]);
	parse();
	EXPECT_EQ(ai.nr_cpus, 2);
	EXPECT_EQ(count_problem(ACPI_PROBLEM_DUPLICATE), 0);

	/* No RSDT at all is right for version 2. */
	make_rsdp(bi.rsdp, 2, 0, xsdt);
	parse();
	EXPECT_EQ(parse_result, 0);
	EXPECT_EQ(ai.nr_cpus, 2);
}

/* Each way for the XSDT to be wrong leads to the RSDT. */
SELFTEST(arch, acpi, xsdt_broken, "", unit)
{
	static const enum acpi_problem_kind why[] = {
		ACPI_PROBLEM_CHECKSUM, ACPI_PROBLEM_SIGNATURE,
		ACPI_PROBLEM_LENGTH,   ACPI_PROBLEM_LENGTH,
		ACPI_PROBLEM_LENGTH,   ACPI_PROBLEM_UNREADABLE,
	};

	for (unsigned int i = 0; i < ARRAY_SIZE(why); i++) {
		phys_addr_t rsdt, xsdt;

		acpi_begin();
		put_small_madt();
		rsdt = put_root("RSDT", 4);
		nr_tables = 0;
		xsdt = put_root("XSDT", 8);
		if (i == 0)
			at(xsdt)[20]++;
		else if (i == 1)
			at(xsdt)[0] = 'Y';
		else if (i < 5)
			set32(xsdt + 4, i == 2	 ? 35
					: i == 3 ? 0xffffffff
						 : (u32)FW_SIZE);
		else
			xsdt = FW_PHYS + FW_SIZE - 8;
		make_rsdp(bi.rsdp, 2, rsdt, xsdt);
		bi.rsdp_size = 36;
		parse();
		EXPECT_EQ(parse_result, 0);
		EXPECT_EQ(ai.nr_cpus, 2);
		EXPECT_EQ(ai.problems[0].kind, why[i]);
		EXPECT_STREQ(ai.problems[0].table, "XSDT");
		EXPECT_EQ(find_problem(ACPI_PROBLEM_XSDT_BROKEN)->value, xsdt);
		EXPECT_LE(largest_map, 2 << 20);
	}
}

/* Only version 2 made the RSDP longer. */
SELFTEST(arch, acpi, rsdp_version_1, "", unit)
{
	phys_addr_t rsdt;

	acpi_begin();
	put_small_madt();
	rsdt = put_root("RSDT", 4);
	make_rsdp(bi.rsdp, 1, rsdt, 0);
	bi.rsdp_size = 20;
	parse();
	EXPECT_EQ(ai.nr_cpus, 2);
	EXPECT_EQ(count_problem(ACPI_PROBLEM_RSDP_LENGTH), 0);
}

/* The second checksum or length wrong: what it protects is not used. */
SELFTEST(arch, acpi, rsdp_extended_part, "", unit)
{
	for (int what = 0; what < 3; what++) {
		phys_addr_t rsdt, xsdt;

		acpi_begin();
		put_small_madt();
		rsdt = put_root("RSDT", 4);
		nr_tables = 0;
		xsdt = put_root("XSDT", 8);
		make_rsdp(bi.rsdp, 2, rsdt, xsdt);
		bi.rsdp_size = what == 2 ? 20 : 36;
		if (what == 0)
			bi.rsdp[33]++;
		if (what == 1)
			bi.rsdp[20] = 35;
		parse();
		EXPECT_EQ(ai.nr_cpus, 2);
		EXPECT_EQ(count_problem(what ? ACPI_PROBLEM_RSDP_LENGTH
					     : ACPI_PROBLEM_RSDP_CHECKSUM),
			  1);
	}
}

SELFTEST(arch, acpi, no_root, "", unit)
{
	acpi_begin();
	make_rsdp(bi.rsdp, 2, 0, 0);
	bi.rsdp_size = 36;
	parse();
	EXPECT_EQ(parse_result, -ENODEV);
	EXPECT_FALSE(ai.present);
	EXPECT_EQ(count_problem(ACPI_PROBLEM_NO_ROOT), 1);
}

SELFTEST(arch, acpi, root_entries, "", unit)
{
	phys_addr_t rsdt, second;

	acpi_begin();
	tables[nr_tables++] = 0; /* a null entry */
	tables[nr_tables++] = 0xfffffff0;
	put_small_madt();
	madt_begin();
	second = table_end();
	rsdt = put_root("RSDT", 4);
	set32(rsdt + 4, 36 + 4 * 4 + 3); /* not a whole number of entries */
	fix_table(rsdt);
	make_rsdp(bi.rsdp, 0, rsdt, 0);
	bi.rsdp_size = 20;
	parse();
	EXPECT_EQ(ai.nr_cpus, 2);
	EXPECT_EQ(count_problem(ACPI_PROBLEM_UNREADABLE), 2);
	EXPECT_EQ(find_problem(ACPI_PROBLEM_DUPLICATE)->value, second);
	EXPECT_EQ(find_problem(ACPI_PROBLEM_LENGTH)->value, 36 + 4 * 4 + 3);
	EXPECT_STREQ(find_problem(ACPI_PROBLEM_LENGTH)->table, "RSDT");
}

/* The list of tables is read up to its 512th entry. */
SELFTEST(arch, acpi, root_limit, "", unit)
{
	for (unsigned int at = 511; at <= 512; at++) {
		phys_addr_t madt, xsdt;

		acpi_begin();
		madt = put_small_madt();
		table_begin("XSDT", 1);
		for (unsigned int i = 0; i <= 512; i++)
			put64(i == at ? madt : 0);
		xsdt = table_end();
		make_rsdp(bi.rsdp, 2, 0, xsdt);
		bi.rsdp_size = 36;
		parse();
		EXPECT_EQ(ai.nr_cpus, at == 511 ? 2 : 0);
		EXPECT_EQ(find_problem(ACPI_PROBLEM_FULL)->value, 513);
		EXPECT_STREQ(find_problem(ACPI_PROBLEM_FULL)->table, "XSDT");
	}
}

SELFTEST(arch, acpi, table_checksum, "", unit)
{
	phys_addr_t madt, rsdt;

	acpi_begin();
	madt = put_small_madt();
	rsdt = put_root("RSDT", 4);
	make_rsdp(bi.rsdp, 0, rsdt, 0);
	bi.rsdp_size = 20;
	at(madt)[47]++; /* an APIC id */
	parse();
	EXPECT_EQ(parse_result, 0);
	EXPECT_EQ(ai.nr_cpus, 0);
	EXPECT_EQ(find_problem(ACPI_PROBLEM_CHECKSUM)->value, 1);
	EXPECT_STREQ(find_problem(ACPI_PROBLEM_CHECKSUM)->table, "APIC");
}

/* ---- MADT ---------------------------------------------------------------- */

SELFTEST(arch, acpi, madt_all_types, "", unit)
{
	acpi_begin();
	madt_begin();
	madt_lapic(7, 2, 1);
	put("\1\14\0\0\0\0\xc0\xfe\0\0\0\0", 12);   /* IO APIC */
	put("\1\14\1\0\0\20\xc0\xfe\30\0\0\0", 12); /* second, GSI 24 on */
	put("\2\12\0\0\2\0\0\0\0\0", 10);	    /* timer to GSI 2 */
	put("\2\12\0\11\11\0\0\0\15\0", 10);	    /* SCI high, level */
	put("\2\12\0\5\5\0\0\0\17\0", 10);	    /* low, level */
	put("\3\10\5\0\27\0\0\0", 8);		    /* GSI 23 is an NMI */
	put("\4\6\xff\0\0\1", 6);		    /* LINT1 of all */
	put("\4\6\7\7\0\0", 6);			    /* LINT0 of one */
	put("\5\14\0\0\0\0\xe0\xfe\1\0\0\0", 12);   /* LAPIC at 4 GiB+ */
	madt_x2apic(0x1234, 0x100, 1);
	put("\12\14\5\0\x34\22\0\0\1\0\0\0", 12); /* LINT1 of 0x1234 */
	put("\20\4\0\0", 4);			  /* type not for us */
	table_end();
	acpi_finish();

	EXPECT_EQ(ai.nr_cpus, 2);
	EXPECT_EQ(ai.cpus[0].uid, 7);
	EXPECT_EQ(ai.cpus[0].apic_id, 2);
	EXPECT_TRUE(ai.cpus[0].enabled);
	EXPECT_FALSE(ai.cpus[0].x2apic);
	EXPECT_EQ(ai.cpus[1].uid, 0x1234);
	EXPECT_EQ(ai.cpus[1].apic_id, 0x100);
	EXPECT_TRUE(ai.cpus[1].x2apic);
	EXPECT_EQ(ai.lapic_addr, 0x1fee00000);
	EXPECT_EQ(ai.nr_ioapics, 2);
	EXPECT_EQ(ai.ioapics[0].addr, 0xfec00000);
	EXPECT_EQ(ai.ioapics[1].addr, 0xfec01000);
	EXPECT_EQ(ai.ioapics[1].gsi_base, 24);
	EXPECT_EQ(ai.ioapics[1].id, 1);
	EXPECT_EQ(ai.nr_nmi_sources, 1);
	EXPECT_EQ(ai.nmi_sources[0].gsi, 23);
	EXPECT_EQ(ai.nmi_sources[0].polarity, ACPI_POLARITY_HIGH);
	EXPECT_EQ(ai.nr_lapic_nmis, 3);
	EXPECT_EQ(ai.lapic_nmis[0].uid, ACPI_ALL_CPUS);
	EXPECT_EQ(ai.lapic_nmis[0].lint, 1);
	EXPECT_EQ(ai.lapic_nmis[0].polarity, ACPI_POLARITY_BUS);
	EXPECT_EQ(ai.lapic_nmis[0].trigger, ACPI_TRIGGER_BUS);
	EXPECT_EQ(ai.lapic_nmis[1].uid, 7);
	EXPECT_EQ(ai.lapic_nmis[1].lint, 0);
	EXPECT_EQ(ai.lapic_nmis[1].polarity, ACPI_POLARITY_LOW);
	EXPECT_EQ(ai.lapic_nmis[1].trigger, ACPI_TRIGGER_EDGE);
	EXPECT_EQ(ai.lapic_nmis[2].uid, 0x1234);
	EXPECT_EQ(ai.lapic_nmis[2].lint, 1);
	EXPECT_EQ(ai.lapic_nmis[2].polarity, ACPI_POLARITY_HIGH);
	EXPECT_EQ(ai.lapic_nmis[2].trigger, ACPI_TRIGGER_EDGE);
	EXPECT_EQ(ai.nr_problems, 1);
	EXPECT_STREQ(ai.problems[0].table, "FACP");
}

SELFTEST(arch, acpi, isa_overrides, "", unit)
{
	struct acpi_override o;

	acpi_begin();
	madt_begin();
	put("\2\12\0\0\2\0\0\0\0\0", 10);    /* as usual for the bus */
	put("\2\12\0\11\24\0\0\0\15\0", 10); /* high, level, GSI 20 */
	put("\2\12\0\12\12\0\0\0\17\0", 10); /* low, level */
	put("\2\12\1\3\3\0\0\0\17\0", 10);   /* not ISA */
	put("\2\12\0\20\3\0\0\0\17\0", 10);  /* there is no IRQ 16 */
	put("\2\12\0\7\7\0\0\0\12\0", 10);   /* undefined values */
	table_end();
	acpi_finish();
	EXPECT_EQ(ai.nr_overrides, 4);
	EXPECT_EQ(count_problem(ACPI_PROBLEM_VALUE), 4);

	o = acpi_isa_irq(&ai, 0);
	EXPECT_EQ(o.gsi, 2);
	EXPECT_EQ(o.polarity, ACPI_POLARITY_HIGH);
	EXPECT_EQ(o.trigger, ACPI_TRIGGER_EDGE);
	o = acpi_isa_irq(&ai, 9);
	EXPECT_EQ(o.gsi, 20);
	EXPECT_EQ(o.polarity, ACPI_POLARITY_HIGH);
	EXPECT_EQ(o.trigger, ACPI_TRIGGER_LEVEL);
	o = acpi_isa_irq(&ai, 10);
	EXPECT_EQ(o.polarity, ACPI_POLARITY_LOW);
	o = acpi_isa_irq(&ai, 7);
	EXPECT_EQ(o.polarity, ACPI_POLARITY_HIGH);
	EXPECT_EQ(o.trigger, ACPI_TRIGGER_EDGE);
	o = acpi_isa_irq(&ai, 4);
	EXPECT_EQ(o.gsi, 4);
	EXPECT_EQ(o.trigger, ACPI_TRIGGER_EDGE);
}

SELFTEST(arch, acpi, madt_300_cpus, "C CC-09", unit)
{
	acpi_begin();
	madt_begin();
	for (u32 i = 0; i < 255; i++)
		madt_lapic((u8)i, (u8)i, 1);
	for (u32 i = 255; i < 300; i++)
		madt_x2apic(i, i, 1);
	table_end();
	acpi_finish();
	EXPECT_EQ(parse_result, 0);
	EXPECT_EQ(ai.nr_cpus, NR_CPUS);
	EXPECT_EQ(ai.nr_cpus_ignored, 300 - NR_CPUS);
	EXPECT_EQ(ai.cpus[NR_CPUS - 1].apic_id, NR_CPUS - 1);
	EXPECT_EQ(count_problem(ACPI_PROBLEM_CPUS_IGNORED), 1);
	EXPECT_EQ(find_problem(ACPI_PROBLEM_CPUS_IGNORED)->value,
		  300 - NR_CPUS);
}

SELFTEST(arch, acpi, madt_cpu_states, "C CC-09", unit)
{
	acpi_begin();
	madt_begin();
	madt_lapic(0, 0, 1);
	madt_lapic(1, 1, 0);	       /* not there */
	madt_lapic(2, 2, 2);	       /* may be plugged in */
	madt_lapic(3, 0, 1);	       /* the first one again */
	madt_x2apic(4, 0, 1);	       /* and again */
	madt_lapic(5, 0xff, 1);	       /* everybody */
	madt_x2apic(6, 0xffffffff, 1); /* everybody */
	madt_x2apic(7, 0xff, 1);       /* allowed in x2APIC mode */
	madt_lapic(8, 0xff, 0);	       /* an unused slot: no problem */
	table_end();
	acpi_finish();
	EXPECT_EQ(ai.nr_cpus, 3);
	EXPECT_EQ(ai.nr_cpus_off, 2);
	EXPECT_FALSE(ai.cpus[1].enabled);
	EXPECT_TRUE(ai.cpus[1].online_capable);
	EXPECT_EQ(ai.cpus[1].apic_id, 2);
	EXPECT_EQ(ai.cpus[2].apic_id, 0xff);
	EXPECT_EQ(count_problem(ACPI_PROBLEM_CPU_DUPLICATE), 2);
	EXPECT_EQ(count_problem(ACPI_PROBLEM_CPU_ID), 2);
}

/* After a length below 2 nothing more can be found. */
SELFTEST(arch, acpi, madt_zero_length, "", unit)
{
	for (u8 len = 0; len < 2; len++) {
		acpi_begin();
		madt_begin();
		madt_lapic(0, 0, 1);
		put8(0);
		put8(len);
		madt_lapic(1, 1, 1);
		table_end();
		acpi_finish();
		EXPECT_EQ(ai.nr_cpus, 1);
		EXPECT_EQ(find_problem(ACPI_PROBLEM_ENTRY)->value, 52);
		EXPECT_EQ(count_problem(ACPI_PROBLEM_ENTRY), 1);
	}
}

/* Shorter than its type demands: skipped; past the end: the last. */
SELFTEST(arch, acpi, madt_short_entries, "", unit)
{
	static const u8 types[] = {0, 1, 2, 3, 4, 5, 9, 10};
	static const u8 needs[] = {8, 12, 10, 8, 6, 12, 16, 12};

	for (unsigned int i = 0; i < ARRAY_SIZE(types); i++) {
		acpi_begin();
		madt_begin();
		put8(types[i]);
		put8(needs[i] - 1);
		for (u8 k = 2; k < needs[i] - 1; k++)
			put8(1);
		madt_lapic(1, 1, 1);
		put8(types[i]);
		put8(needs[i]);
		for (u8 k = 2; k < needs[i] - 1; k++)
			put8(1);
		table_end();
		acpi_finish();
		EXPECT_EQ(ai.nr_cpus, 1);
		EXPECT_EQ(ai.nr_ioapics + ai.nr_overrides + ai.nr_nmi_sources +
				  ai.nr_lapic_nmis,
			  0);
		EXPECT_EQ(ai.lapic_addr, 0xfee00000);
		EXPECT_EQ(count_problem(ACPI_PROBLEM_ENTRY), 2);
		EXPECT_EQ(find_problem(ACPI_PROBLEM_ENTRY)->value, 44);
	}
}

SELFTEST(arch, acpi, madt_truncated, "", unit)
{
	acpi_begin();
	table_begin("APIC", 1);
	put32(0xfee00000); /* ends before its flags */
	table_end();
	acpi_finish();
	EXPECT_EQ(ai.nr_cpus, 0);
	EXPECT_EQ(find_problem(ACPI_PROBLEM_LENGTH)->value, 40);

	acpi_begin();
	madt_begin();
	madt_lapic(0, 0, 1);
	put8(0); /* one byte of an entry */
	table_end();
	acpi_finish();
	EXPECT_EQ(ai.nr_cpus, 1);
	EXPECT_EQ(count_problem(ACPI_PROBLEM_ENTRY), 1);
}

SELFTEST(arch, acpi, madt_full_lists, "", unit)
{
	acpi_begin();
	madt_begin();
	for (unsigned int i = 0; i < 40; i++) {
		put("\1\14\0\0\0\0\xc0\xfe\0\0\0\0", 12);
		put("\2\12\0\5\5\0\0\0\0\0", 10);
		put("\3\10\0\0\27\0\0\0", 8);
	}
	for (unsigned int i = 0; i < ACPI_MAX_LAPIC_NMIS + 1; i++)
		put("\4\6\xff\0\0\1", 6);
	put("\4\6\xff\0\0\2", 6);		/* there is no LINT2 */
	put("\1\14\0\0\0\0\0\0\0\0\0\0", 12);	/* IO APIC at 0 */
	put("\5\14\0\0\0\0\0\0\0\0\0\x80", 12); /* beyond 2^52 */
	table_end();
	acpi_finish();
	EXPECT_EQ(ai.nr_ioapics, ACPI_MAX_IOAPICS);
	EXPECT_EQ(ai.nr_overrides, ACPI_MAX_OVERRIDES);
	EXPECT_EQ(ai.nr_nmi_sources, ACPI_MAX_NMI_SOURCES);
	EXPECT_EQ(ai.nr_lapic_nmis, ACPI_MAX_LAPIC_NMIS);
	EXPECT_EQ(ai.lapic_addr, 0xfee00000);
	EXPECT_EQ(count_problem(ACPI_PROBLEM_FULL), 4);
	EXPECT_EQ(count_problem(ACPI_PROBLEM_VALUE), 3);
	EXPECT_EQ(ai.nr_problems_cut, 24 + 8 + 32 + 1 - 4);
}
