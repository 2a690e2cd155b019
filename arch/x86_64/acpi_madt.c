/* SPDX-License-Identifier: MIT */
/*
 * acpi_madt.c - CPUs and interrupt controllers from the MADT.
 *
 * Purpose. The multiple APIC description table is a header and a list of
 * entries of different types and lengths:
 *
 *	+--------+------------+-------+------+-----+------+-----+-----
 *	| header | LAPIC addr | flags | type | len | ...  | type| len ...
 *	+--------+------------+-------+------+-----+------+-----+-----
 *
 * Model. One pass; a table says how long an entry of each type must be. An
 * entry that is too short is skipped by its own length. After a length below
 * 2, or one past the end, nobody knows where the next one starts: the pass
 * ends there, and what was read so far is kept.
 *
 * Invariants. I1 and I2 of <arch/acpi.h>.
 * Locking, Contexts. None, any; compiled for the host too.
 * Limits. Types that are not for a PC (SAPIC, GIC, ...) are passed over.
 * References. ACPI Specification 6.4, "Multiple APIC Description Table".
 */
#include <base/bits.h>
#include <base/unaligned.h>
#include <arch/acpi.h>

#include "acpi_tables.h"

#define MADT_FIRST_ENTRY 44
#define MADT_PCAT_COMPAT BIT(0)

#define MADT_ENABLED	    BIT(0)
#define MADT_ONLINE_CAPABLE BIT(1)

/* Broadcast addresses: no CPU can have them. */
#define APIC_ID_ALL   0xffU
#define X2APIC_ID_ALL 0xffffffffU

#define ISA_IRQS 16

struct madt_handler {
	u8 min_len;
	void (*fn)(struct acpi_info *ai, const u8 *e);
};

static void add_cpu(struct acpi_info *ai, const struct acpi_cpu *cpu)
{
	if (!cpu->enabled && !cpu->online_capable) {
		ai->nr_cpus_off++;
		return;
	}
	if (cpu->apic_id == (cpu->x2apic ? X2APIC_ID_ALL : APIC_ID_ALL)) {
		acpi_problem_add(ai, ACPI_PROBLEM_CPU_ID, "APIC", cpu->apic_id);
		return;
	}
	for (unsigned int i = 0; i < ai->nr_cpus; i++) {
		if (ai->cpus[i].apic_id != cpu->apic_id)
			continue;
		acpi_problem_add(ai, ACPI_PROBLEM_CPU_DUPLICATE, "APIC",
				 cpu->apic_id);
		return;
	}
	if (ai->nr_cpus == NR_CPUS) {
		ai->nr_cpus_ignored++;
		return;
	}
	ai->cpus[ai->nr_cpus++] = *cpu;
}

static void entry_lapic(struct acpi_info *ai, const u8 *e)
{
	u32 flags = get_unaligned_le32(e + 4);
	struct acpi_cpu cpu = {
		.uid = e[2],
		.apic_id = e[3],
		.node = NUMA_NO_NODE,
		.enabled = flags & MADT_ENABLED,
		.online_capable = flags & MADT_ONLINE_CAPABLE,
	};

	add_cpu(ai, &cpu);
}

static void entry_x2apic(struct acpi_info *ai, const u8 *e)
{
	u32 flags = get_unaligned_le32(e + 8);
	struct acpi_cpu cpu = {
		.uid = get_unaligned_le32(e + 12),
		.apic_id = get_unaligned_le32(e + 4),
		.node = NUMA_NO_NODE,
		.enabled = flags & MADT_ENABLED,
		.online_capable = flags & MADT_ONLINE_CAPABLE,
		.x2apic = true,
	};

	add_cpu(ai, &cpu);
}

static void entry_ioapic(struct acpi_info *ai, const u8 *e)
{
	struct acpi_ioapic io = {
		.id = e[2],
		.addr = get_unaligned_le32(e + 4),
		.gsi_base = get_unaligned_le32(e + 8),
	};

	if (io.addr == 0) {
		acpi_problem_add(ai, ACPI_PROBLEM_VALUE, "APIC", io.addr);
		return;
	}
	if (ai->nr_ioapics == ACPI_MAX_IOAPICS) {
		acpi_problem_add(ai, ACPI_PROBLEM_FULL, "APIC", e[0]);
		return;
	}
	ai->ioapics[ai->nr_ioapics++] = io;
}

/* Bits 0-1 of the MPS INTI flags; 2 is not defined. */
static enum acpi_polarity inti_polarity(struct acpi_info *ai, u16 flags)
{
	if ((flags & 3) == 2) {
		acpi_problem_add(ai, ACPI_PROBLEM_VALUE, "APIC", flags);
		return ACPI_POLARITY_BUS;
	}
	return (enum acpi_polarity)(flags & 3);
}

/* Bits 2-3, likewise. */
static enum acpi_trigger inti_trigger(struct acpi_info *ai, u16 flags)
{
	if ((flags >> 2 & 3) == 2) {
		acpi_problem_add(ai, ACPI_PROBLEM_VALUE, "APIC", flags);
		return ACPI_TRIGGER_BUS;
	}
	return (enum acpi_trigger)(flags >> 2 & 3);
}

static void entry_override(struct acpi_info *ai, const u8 *e)
{
	u16 flags = get_unaligned_le16(e + 8);
	struct acpi_override o = {
		.source = e[3],
		.gsi = get_unaligned_le32(e + 4),
		.polarity = inti_polarity(ai, flags),
		.trigger = inti_trigger(ai, flags),
	};

	/* Bus 0 is ISA; no other is defined. */
	if (e[2] != 0 || o.source >= ISA_IRQS) {
		acpi_problem_add(ai, ACPI_PROBLEM_VALUE, "APIC", o.source);
		return;
	}
	if (ai->nr_overrides == ACPI_MAX_OVERRIDES) {
		acpi_problem_add(ai, ACPI_PROBLEM_FULL, "APIC", e[0]);
		return;
	}
	ai->overrides[ai->nr_overrides++] = o;
}

static void entry_nmi_source(struct acpi_info *ai, const u8 *e)
{
	u16 flags = get_unaligned_le16(e + 2);
	struct acpi_nmi_source n = {
		.gsi = get_unaligned_le32(e + 4),
		.polarity = inti_polarity(ai, flags),
		.trigger = inti_trigger(ai, flags),
	};

	if (ai->nr_nmi_sources == ACPI_MAX_NMI_SOURCES) {
		acpi_problem_add(ai, ACPI_PROBLEM_FULL, "APIC", e[0]);
		return;
	}
	ai->nmi_sources[ai->nr_nmi_sources++] = n;
}

static void add_lapic_nmi(struct acpi_info *ai, u8 type, u32 uid, u8 lint,
			  u16 flags)
{
	struct acpi_lapic_nmi n = {
		.uid = uid,
		.lint = lint,
		.polarity = inti_polarity(ai, flags),
		.trigger = inti_trigger(ai, flags),
	};

	if (lint > 1) {
		acpi_problem_add(ai, ACPI_PROBLEM_VALUE, "APIC", lint);
		return;
	}
	if (ai->nr_lapic_nmis == ACPI_MAX_LAPIC_NMIS) {
		acpi_problem_add(ai, ACPI_PROBLEM_FULL, "APIC", type);
		return;
	}
	ai->lapic_nmis[ai->nr_lapic_nmis++] = n;
}

static void entry_lapic_nmi(struct acpi_info *ai, const u8 *e)
{
	u32 uid = e[2] == 0xff ? ACPI_ALL_CPUS : e[2];

	add_lapic_nmi(ai, e[0], uid, e[5], get_unaligned_le16(e + 3));
}

static void entry_x2apic_nmi(struct acpi_info *ai, const u8 *e)
{
	add_lapic_nmi(ai, e[0], get_unaligned_le32(e + 4), e[8],
		      get_unaligned_le16(e + 2));
}

static void entry_lapic_addr(struct acpi_info *ai, const u8 *e)
{
	u64 addr = get_unaligned_le64(e + 4);

	if (addr == 0 || addr >= BOOT_PHYS_LIMIT) {
		acpi_problem_add(ai, ACPI_PROBLEM_VALUE, "APIC", addr);
		return;
	}
	ai->lapic_addr = addr;
}

/* clang-format off */
static const struct madt_handler handlers[] = {
	[0x0] = {  8, entry_lapic },
	[0x1] = { 12, entry_ioapic },
	[0x2] = { 10, entry_override },
	[0x3] = {  8, entry_nmi_source },
	[0x4] = {  6, entry_lapic_nmi },
	[0x5] = { 12, entry_lapic_addr },
	[0x9] = { 16, entry_x2apic },
	[0xa] = { 12, entry_x2apic_nmi },
};
/* clang-format on */

void acpi_parse_madt(struct acpi_info *ai, const struct acpi_table *t)
{
	u32 off = MADT_FIRST_ENTRY;

	if (t->len < MADT_FIRST_ENTRY) {
		acpi_problem_add(ai, ACPI_PROBLEM_LENGTH, "APIC", t->len);
		return;
	}
	ai->lapic_addr = get_unaligned_le32(t->data + 36);
	ai->has_8259 = get_unaligned_le32(t->data + 40) & MADT_PCAT_COMPAT;

	while (off < t->len) {
		const u8 *e = t->data + off;
		u32 left = t->len - off;

		if (left < 2 || e[1] < 2 || e[1] > left) {
			acpi_problem_add(ai, ACPI_PROBLEM_ENTRY, "APIC", off);
			break;
		}
		if (e[0] < ARRAY_SIZE(handlers) && handlers[e[0]].fn) {
			if (e[1] >= handlers[e[0]].min_len)
				handlers[e[0]].fn(ai, e);
			else
				acpi_problem_add(ai, ACPI_PROBLEM_ENTRY, "APIC",
						 off);
		}
		off += e[1];
	}
	if (ai->nr_cpus_ignored)
		acpi_problem_add(ai, ACPI_PROBLEM_CPUS_IGNORED, "APIC",
				 ai->nr_cpus_ignored);
}
