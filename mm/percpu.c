/* SPDX-License-Identifier: MIT */
/*
 * percpu.c - a copy of the per-CPU template for every CPU.
 *
 * Model. See <lib/percpu.h>. The template is read-only; a copy starts with
 * the template's values, then gets its CPU's number and distance. Copies are
 * page aligned, so no two CPUs share a cache line.
 *
 * Contexts. Boot.
 */
#include <mm/percpu.h>

#include <arch/page.h>
#include <base/assert.h>
#include <lib/percpu.h>
#include <lib/printk.h>
#include <lib/string.h>
#include <mm/memblock.h>

extern const char __per_cpu_start[], __per_cpu_end[];

unsigned int setup_per_cpu_areas(unsigned int nr)
{
	size_t size = (size_t)(__per_cpu_end - __per_cpu_start);

	ASSERT(nr >= 1 && nr <= NR_CPUS);
	for (unsigned int cpu = 1; cpu < nr; cpu++) {
		char *area = memblock_alloc(size, PAGE_SIZE);

		if (!area) {
			pr_err("percpu: no memory for cpu%u and above\n", cpu);
			return cpu;
		}
		memcpy(area, __per_cpu_start, size);
		__per_cpu_offset[cpu] =
			(unsigned long)area - (unsigned long)__per_cpu_start;
		per_cpu(this_cpu_off, cpu) = __per_cpu_offset[cpu];
		per_cpu(cpu_number, cpu) = cpu;
	}
	return nr;
}
