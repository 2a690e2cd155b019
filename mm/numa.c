/* SPDX-License-Identifier: MIT */
/*
 * numa.c - which node a frame and a CPU belong to, and how far nodes are.
 *
 * Model. The SRAT and the SLIT, as <arch/acpi.h> tells them, are asked once,
 * at boot. Without them there is one node, 0. A frame that no entry of the
 * SRAT mentions belongs to node 0, and so does a CPU.
 *
 * Invariants.
 *   I1  Nodes are 0 .. nr_online_nodes - 1; nr_online_nodes >= 1.
 *   I2  All frames of a largest block belong to the node of its first one.
 *       What a block is meant for is noted once (mm/buddy.c, I4), and two
 *       zones with two locks could not agree about it.
 *   I3  cpu_mem[] is cpu_node[], or the nearest node where that has no
 *       memory. Who puts frames by for a CPU goes by it: a CPU without
 *       memory of its own would find all of them to be another's.
 * Locking. None: set at boot, only read afterwards.
 * Contexts. Boot; the questions from any.
 * Limits. Nodes neither come nor go.
 */
#include "numa.h"

#include <arch/acpi.h>
#include <arch/smp.h>
#include <base/assert.h>
#include <base/bits.h>
#include <lib/cpumask.h>
#include <mm/mmzone.h>

unsigned int nr_online_nodes = 1;

static u8 cpu_node[NR_CPUS]; /* (i) */
static u8 cpu_mem[NR_CPUS];  /* (i) */

static_assert(MAX_NUMNODES >= ACPI_MAX_NODES, "I1");

static s32 node_of_apic_id(u32 apic_id)
{
	for (unsigned int i = 0; i < acpi_info.nr_cpus; i++)
		if (acpi_info.cpus[i].apic_id == apic_id)
			return acpi_info.cpus[i].node;
	return NUMA_NO_NODE;
}

void numa_init(void)
{
	unsigned int cpu;

	nr_online_nodes = max(acpi_info.nr_nodes, 1U);
	for_each_possible_cpu(cpu)
		cpu_node[cpu] =
			(u8)max(node_of_apic_id(arch_cpu_apic_id(cpu)), (s32)0);
}

/* As the SRAT says; *@end is lowered to where another node may begin. */
static int node_of(unsigned long pfn, unsigned long *end)
{
	unsigned long limit = *end;

	for (unsigned int i = 0; i < acpi_info.nr_mem; i++) {
		const struct acpi_mem *m = &acpi_info.mem[i];
		unsigned long first = PFN_UP(m->base);
		unsigned long last = PFN_UP(m->base + m->size);

		if (pfn >= first && pfn < last) {
			*end = min(limit, last);
			return max(m->node, (s32)0);
		}
		if (first > pfn)
			limit = min(limit, first);
	}
	*end = limit;
	return 0;
}

int numa_node_of_pfn(unsigned long pfn, unsigned long *end)
{
	unsigned long block = ALIGN_DOWN(pfn, MAX_ORDER_NR_PAGES);
	unsigned long limit = *end;
	int nid = node_of(block, &limit); /* I2 */

	*end = min(*end, ALIGN(limit, MAX_ORDER_NR_PAGES));
	return nid;
}

int cpu_to_node(unsigned int cpu)
{
	return cpu < NR_CPUS ? cpu_node[cpu] : 0;
}

int numa_node_id(void)
{
	return cpu_node[raw_smp_processor_id()];
}

void numa_set_mem(unsigned int cpu, int nid)
{
	cpu_mem[cpu] = (u8)nid; /* I3 */
}

int cpu_to_mem(unsigned int cpu)
{
	return cpu < NR_CPUS ? cpu_mem[cpu] : 0;
}

int numa_mem_id(void)
{
	return cpu_mem[raw_smp_processor_id()];
}

unsigned int node_distance(int from, int to)
{
	if (acpi_info.nr_nodes <= 1)
		return LOCAL_DISTANCE;
	return acpi_info.distance[from][to];
}
