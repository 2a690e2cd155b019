/* SPDX-License-Identifier: MIT */
/*
 * acpi_numa.c - which CPU and which memory are near each other.
 *
 * Purpose. The SRAT puts CPUs and memory ranges into proximity domains; the
 * SLIT says how far these are from each other.
 *
 * Model. Domains are any 32-bit numbers; the kernel wants small dense ones,
 * so each new domain gets the next node number, in the order of appearance.
 * The SLIT is a square matrix indexed by domain; rows of domains that no
 * SRAT entry named are of no interest. It is taken whole or not at all.
 *
 * Invariants. I1, I3 and I4 of <arch/acpi.h>.
 * Locking, Contexts. None, any; compiled for the host too.
 * Limits. Generic initiators and the HMAT's bandwidths are passed over.
 * References. ACPI Specification 6.4, "System Resource Affinity Table",
 * "System Locality Information Table".
 */
#include <base/bits.h>
#include <base/unaligned.h>
#include <arch/acpi.h>
#include <arch/boot.h>

#include "acpi_tables.h"

#define SRAT_FIRST_ENTRY 48
#define SRAT_ENABLED	 BIT(0)
#define SRAT_HOTPLUG	 BIT(1)
#define SRAT_NONVOLATILE BIT(2)

#define SLIT_MATRIX 44

/* Node of a domain; a new one if there is room, else NUMA_NO_NODE. */
static s32 domain_node(struct acpi_info *ai, u32 domain, u8 type)
{
	for (unsigned int i = 0; i < ai->nr_nodes; i++)
		if (ai->node_domain[i] == domain)
			return (s32)i;
	if (ai->nr_nodes == ACPI_MAX_NODES) {
		acpi_problem_add(ai, ACPI_PROBLEM_FULL, "SRAT", type);
		return NUMA_NO_NODE;
	}
	ai->node_domain[ai->nr_nodes] = domain;
	return (s32)ai->nr_nodes++;
}

static void srat_cpu(struct acpi_info *ai, u8 type, u32 apic_id, u32 domain)
{
	s32 node = domain_node(ai, domain, type);

	for (unsigned int i = 0; i < ai->nr_cpus; i++)
		if (ai->cpus[i].apic_id == apic_id)
			ai->cpus[i].node = node;
}

static void srat_mem(struct acpi_info *ai, const u8 *e, u32 domain)
{
	u32 flags = get_unaligned_le32(e + 28);
	struct acpi_mem m = {
		.base = get_unaligned_le64(e + 8),
		.size = get_unaligned_le64(e + 16),
		.hotplug = flags & SRAT_HOTPLUG,
		.nonvolatile = flags & SRAT_NONVOLATILE,
	};

	if (m.size == 0)
		return; /* a slot without a module */
	if (m.base >= BOOT_PHYS_LIMIT || m.size > BOOT_PHYS_LIMIT - m.base) {
		acpi_problem_add(ai, ACPI_PROBLEM_VALUE, "SRAT", m.base);
		return;
	}
	if (ai->nr_mem == ACPI_MAX_MEM) {
		acpi_problem_add(ai, ACPI_PROBLEM_FULL, "SRAT", e[0]);
		return;
	}
	m.node = domain_node(ai, domain, e[0]);
	ai->mem[ai->nr_mem++] = m;
}

/* One entry of a known type and sufficient length. */
static void srat_entry(struct acpi_info *ai, const u8 *e, bool wide_domain)
{
	u32 domain;

	switch (e[0]) {
	case 0: /* CPU by 8-bit APIC id; the domain's bytes are scattered */
		domain = e[2];
		if (wide_domain)
			domain |= (get_unaligned_le32(e + 8) & 0xffffff00);
		if (get_unaligned_le32(e + 4) & SRAT_ENABLED)
			srat_cpu(ai, e[0], e[3], domain);
		break;
	case 1: /* memory */
		domain = get_unaligned_le32(e + 2);
		if (!wide_domain)
			domain &= 0xff;
		if (get_unaligned_le32(e + 28) & SRAT_ENABLED)
			srat_mem(ai, e, domain);
		break;
	case 2: /* CPU by x2APIC id */
		if (get_unaligned_le32(e + 12) & SRAT_ENABLED)
			srat_cpu(ai, e[0], get_unaligned_le32(e + 8),
				 get_unaligned_le32(e + 4));
		break;
	}
}

static void default_distances(struct acpi_info *ai)
{
	for (unsigned int a = 0; a < ai->nr_nodes; a++)
		for (unsigned int b = 0; b < ai->nr_nodes; b++)
			ai->distance[a][b] =
				a == b ? LOCAL_DISTANCE : REMOTE_DISTANCE;
}

void acpi_parse_srat(struct acpi_info *ai, const struct acpi_table *t)
{
	static const u8 min_len[] = {16, 40, 24};
	/* Revision 1 knew 8-bit domains only; the other bytes were junk. */
	bool wide = acpi_revision(t) >= 2;
	u32 off = SRAT_FIRST_ENTRY;

	if (t->len < SRAT_FIRST_ENTRY) {
		acpi_problem_add(ai, ACPI_PROBLEM_LENGTH, "SRAT", t->len);
		return;
	}
	while (off < t->len) {
		const u8 *e = t->data + off;
		u32 left = t->len - off;

		if (left < 2 || e[1] < 2 || e[1] > left) {
			acpi_problem_add(ai, ACPI_PROBLEM_ENTRY, "SRAT", off);
			break;
		}
		if (e[0] < ARRAY_SIZE(min_len)) {
			if (e[1] >= min_len[e[0]])
				srat_entry(ai, e, wide);
			else
				acpi_problem_add(ai, ACPI_PROBLEM_ENTRY, "SRAT",
						 off);
		}
		off += e[1];
	}
	default_distances(ai);
}

void acpi_parse_slit(struct acpi_info *ai, const struct acpi_table *t)
{
	const u8 *matrix = t->data + SLIT_MATRIX;
	u64 n;

	if (t->len < SLIT_MATRIX) {
		acpi_problem_add(ai, ACPI_PROBLEM_LENGTH, "SLIT", t->len);
		return;
	}
	n = get_unaligned_le64(t->data + 36);
	/* Compared by division: n * n could wrap. */
	if (n == 0 || n > ACPI_MAX_TABLE || (t->len - SLIT_MATRIX) / n < n) {
		acpi_problem_add(ai, ACPI_PROBLEM_VALUE, "SLIT", n);
		return;
	}
	for (u64 a = 0; a < n; a++) {
		for (u64 b = 0; b < n; b++) {
			u8 d = matrix[a * n + b];

			if (a == b ? d == LOCAL_DISTANCE : d >= LOCAL_DISTANCE)
				continue;
			acpi_problem_add(ai, ACPI_PROBLEM_VALUE, "SLIT", d);
			return;
		}
	}
	for (unsigned int a = 0; a < ai->nr_nodes; a++) {
		for (unsigned int b = 0; b < ai->nr_nodes; b++) {
			u64 from = ai->node_domain[a], to = ai->node_domain[b];

			if (from < n && to < n)
				ai->distance[a][b] = matrix[from * n + to];
		}
	}
}
