/* SPDX-License-Identifier: MIT */
/*
 * cmd_percpu.c - the command that shows per-CPU memory (mm/percpu.c).
 *
 * Contexts. Task. The map is read while others may allocate.
 */
#include <kernel/command.h>

#include <base/errno.h>
#include <lib/cpumask.h>
#include <lib/percpu.h>
#include <lib/printk.h>
#include <mm/mmzone.h>
#include <mm/percpu.h>

static int cmd_percpu(int argc, char **argv)
{
	char map[PERCPU_MAP_LINES + 1];
	struct percpu_stats s;
	unsigned int cpu;

	(void)argv;
	if (argc != 1)
		return -EINVAL;
	percpu_get_stats(&s);
	pr_raw("static part: %zu bytes\n", s.static_size);
	pr_raw("dynamic part: %zu of %lu bytes used, %u pieces, %u pages\n",
	       s.used, PERCPU_DYN_SIZE, s.pieces, s.pages);
	pr_raw("          static part         dynamic part\n");
	pr_raw("template  0x%lx\n", s.template);
	for_each_possible_cpu(cpu) {
		unsigned long unit = s.template + __per_cpu_offset[cpu];

		pr_raw("cpu%-6u 0x%lx  0x%lx  node %d\n", cpu, unit,
		       unit + PERCPU_DYN_OFFSET, cpu_to_node(cpu));
	}
	for (unsigned int page = 0; page < s.end; page++) {
		percpu_page_map(page, map);
		pr_raw("+%05x %s\n", page * PERCPU_MAP_LINES * 64, map);
	}
	return 0;
}
COMMAND("percpu", "where the CPUs have their copies; what is handed out", "",
	cmd_percpu);
