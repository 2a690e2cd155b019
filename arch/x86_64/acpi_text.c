/* SPDX-License-Identifier: MIT */
/*
 * acpi_text.c - what went wrong with the ACPI tables, in words; the validator.
 *
 * Purpose. acpi_parse() runs early and notes a kind, a table and a number;
 * each becomes a sentence here when it is printed. acpi_check() holds the
 * result against the invariants of <arch/acpi.h>, for tests.
 * Locking, Contexts. None, any; compiled for the host too.
 */
#include <base/bits.h>
#include <base/errno.h>
#include <arch/acpi.h>
#include <lib/fmt.h>

#include "acpi_tables.h"

/* Problems of the search for tables; false when @p is of another sort. */
static bool describe_search(const struct acpi_problem *p, char *buf,
			    size_t size)
{
	u64 v = p->value;

	switch (p->kind) {
	case ACPI_PROBLEM_NO_RSDP:
		scnprintf(buf, size,
			  "ACPI: no RSDP found; one CPU, legacy timers");
		return true;
	case ACPI_PROBLEM_RSDP_SIGNATURE:
		scnprintf(buf, size,
			  "ACPI: no RSDP where one should be (%#llx)", v);
		return true;
	case ACPI_PROBLEM_RSDP_CHECKSUM:
		scnprintf(buf, size, "ACPI: RSDP at %#llx has a bad checksum",
			  v);
		return true;
	case ACPI_PROBLEM_RSDP_LENGTH:
		scnprintf(buf, size,
			  "ACPI: RSDP of %llu bytes; using its 1.0 part", v);
		return true;
	case ACPI_PROBLEM_NO_ROOT:
		scnprintf(buf, size,
			  "ACPI: neither XSDT nor RSDT is usable; one CPU");
		return true;
	case ACPI_PROBLEM_XSDT_BROKEN:
		scnprintf(buf, size,
			  "ACPI: XSDT at %#llx is broken; using the RSDT", v);
		return true;
	default:
		return false;
	}
}

/* Problems of CPUs and of power-off. */
static bool describe_cpu(const struct acpi_problem *p, char *buf, size_t size)
{
	u64 v = p->value;

	switch (p->kind) {
	case ACPI_PROBLEM_CPU_DUPLICATE:
		scnprintf(buf, size,
			  "ACPI: APIC id %llu given twice; the first counts",
			  v);
		return true;
	case ACPI_PROBLEM_CPU_ID:
		scnprintf(buf, size,
			  "ACPI: no CPU can have the broadcast APIC id %#llx",
			  v);
		return true;
	case ACPI_PROBLEM_CPUS_IGNORED:
		scnprintf(buf, size,
			  "ACPI: %llu CPUs ignored: this kernel runs %u", v,
			  NR_CPUS);
		return true;
	case ACPI_PROBLEM_NO_S5:
		scnprintf(buf, size,
			  "ACPI: \\_S5 not found; power-off may not work");
		return true;
	default:
		return false;
	}
}

void acpi_problem_describe(const struct acpi_problem *p, char *buf, size_t size)
{
	const char *t = p->table;
	u64 v = p->value;

	if (describe_search(p, buf, size) || describe_cpu(p, buf, size))
		return;

	switch (p->kind) {
	case ACPI_PROBLEM_UNREADABLE:
		scnprintf(buf, size, "ACPI: %s at %#llx cannot be read", t, v);
		break;
	case ACPI_PROBLEM_SIGNATURE:
		scnprintf(buf, size, "ACPI: no %s at %#llx", t, v);
		break;
	case ACPI_PROBLEM_LENGTH:
		scnprintf(buf, size, "ACPI: %s has the bad length %llu", t, v);
		break;
	case ACPI_PROBLEM_CHECKSUM:
		scnprintf(buf, size,
			  "ACPI: %s ignored: bytes sum to %#llx, not 0", t, v);
		break;
	case ACPI_PROBLEM_DUPLICATE:
		scnprintf(buf, size, "ACPI: second %s at %#llx ignored", t, v);
		break;
	case ACPI_PROBLEM_MISSING:
		scnprintf(buf, size, "ACPI: there is no %s%s", t,
			  t[0] == 'A' ? " (MADT); one CPU" : "");
		break;
	case ACPI_PROBLEM_ENTRY:
		scnprintf(buf, size, "ACPI: %s: bad entry at offset %llu", t,
			  v);
		break;
	case ACPI_PROBLEM_FULL:
		scnprintf(buf, size, "ACPI: %s: too many entries (%llu)", t, v);
		break;
	case ACPI_PROBLEM_VALUE:
		scnprintf(buf, size, "ACPI: %s: impossible value %#llx", t, v);
		break;
	default:
		scnprintf(buf, size, "ACPI: unknown problem %u",
			  (unsigned int)p->kind);
		break;
	}
}

static bool node_ok(const struct acpi_info *ai, s32 node)
{
	return node == NUMA_NO_NODE || (node >= 0 && (u32)node < ai->nr_nodes);
}

int acpi_check(const struct acpi_info *ai)
{
	if (ai->nr_cpus > NR_CPUS || ai->nr_ioapics > ACPI_MAX_IOAPICS ||
	    ai->nr_overrides > ACPI_MAX_OVERRIDES ||
	    ai->nr_nmi_sources > ACPI_MAX_NMI_SOURCES ||
	    ai->nr_lapic_nmis > ACPI_MAX_LAPIC_NMIS ||
	    ai->nr_nodes > ACPI_MAX_NODES || ai->nr_mem > ACPI_MAX_MEM ||
	    ai->nr_problems > ACPI_MAX_PROBLEMS)
		return -EINVAL; /* I1 */
	for (unsigned int i = 0; i < ai->nr_cpus; i++) {
		for (unsigned int j = 0; j < i; j++)
			if (ai->cpus[i].apic_id == ai->cpus[j].apic_id)
				return -EINVAL; /* I2 */
		if (!node_ok(ai, ai->cpus[i].node))
			return -EINVAL; /* I3 */
	}
	for (unsigned int i = 0; i < ai->nr_mem; i++)
		if (!node_ok(ai, ai->mem[i].node))
			return -EINVAL; /* I3 */
	for (unsigned int a = 0; a < ai->nr_nodes; a++) {
		for (unsigned int b = 0; b < ai->nr_nodes; b++)
			if (ai->distance[a][b] < LOCAL_DISTANCE)
				return -EINVAL; /* I4 */
		if (ai->distance[a][a] != LOCAL_DISTANCE)
			return -EINVAL; /* I4 */
	}
	return 0;
}
