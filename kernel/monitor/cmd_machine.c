/* SPDX-License-Identifier: MIT */
/*
 * cmd_machine.c - commands that show the machine: cpus, mem, acpi.
 *
 * Locking. None: each value is a single word, and a display may be a moment
 * old.
 * Contexts. Task.
 */
#include <kernel/command.h>

#include <arch/acpi.h>
#include <arch/boot.h>
#include <arch/machine.h>
#include <arch/pgtable.h>
#include <arch/smp.h>
#include <arch/time.h>
#include <base/errno.h>
#include <irq/smp_call.h>
#include <irq/tick.h>
#include <kernel/idle.h>
#include <lib/cpumask.h>
#include <lib/printk.h>
#include <mm/memblock.h>

static void show_cpu(unsigned int cpu)
{
	struct smp_call_stats calls;

	smp_call_get_stats(cpu, &calls);
	pr_raw("%4u %8u  %-8s %10lu %10lu %10lu %10lu %10lu\n", cpu,
	       arch_cpu_apic_id(cpu), cpu_online(cpu) ? "online" : "offline",
	       tick_count(cpu), cpu_halt_count(cpu), calls.sent, calls.received,
	       calls.run);
}

static int cmd_cpus(int argc, char **argv)
{
	unsigned int cpu;

	(void)argv;
	if (argc != 1)
		return -EINVAL;
	pr_raw("%s\nfeatures in use: %s\n", arch_cpu_name(),
	       arch_cpu_features());
	pr_raw("clock: %s, TSC %llu MHz\n", arch_clock_name(),
	       arch_tsc_hz() / 1000000);
	pr_raw(" cpu  APIC id  state         ticks      halts  IPIs sent   IPIs got  calls run\n");
	for_each_possible_cpu(cpu)
		show_cpu(cpu);
	pr_raw("%u of %u CPUs online\n", num_online_cpus(), nr_cpu_ids);
	return 0;
}
COMMAND("cpus", "the CPUs: state, ticks, halts, cross-calls", "", cmd_cpus);

static int cmd_mem(int argc, char **argv)
{
	(void)argv;
	if (argc != 1)
		return -EINVAL;
	for (unsigned int i = 0; i < boot_info.nr_mem; i++) {
		const struct mem_range *r = &boot_info.mem[i];

		pr_raw("0x%012llx-0x%012llx %9llu KiB  %s\n", r->base,
		       r->base + r->size - 1, r->size >> 10,
		       mem_type_name(r->type));
	}
	pr_raw("usable %llu KiB, reserved by the kernel %llu KiB, free %llu KiB\n",
	       memblock_phys_mem_size() >> 10, memblock_reserved_size() >> 10,
	       (memblock_phys_mem_size() - memblock_reserved_size()) >> 10);
	pr_raw("direct map: %lu pages of 4 KiB, %lu of 2 MiB, %lu of 1 GiB\n",
	       direct_map_pages[0], direct_map_pages[1], direct_map_pages[2]);
	return 0;
}
COMMAND("mem", "the memory map, and what is free", "", cmd_mem);

static void show_numa(const struct acpi_info *ai)
{
	for (unsigned int i = 0; i < ai->nr_mem; i++)
		pr_raw("node %d: %#llx-%#llx\n", ai->mem[i].node,
		       ai->mem[i].base, ai->mem[i].base + ai->mem[i].size - 1);
	for (unsigned int i = 0; i < ai->nr_nodes; i++)
		for (unsigned int j = 0; j < ai->nr_nodes; j++)
			pr_raw("distance %u-%u: %u\n", i, j,
			       ai->distance[i][j]);
}

static int cmd_acpi(int argc, char **argv)
{
	const struct acpi_info *ai = &acpi_info;
	char text[128];

	(void)argv;
	if (argc != 1)
		return -EINVAL;
	if (!ai->present) {
		pr_raw("no ACPI tables\n");
		return 0;
	}
	pr_raw("ACPI revision %u, made by %s\n", ai->revision, ai->oem);
	pr_raw("CPUs: %u listed, %u disabled, %u more than fit\n", ai->nr_cpus,
	       ai->nr_cpus_off, ai->nr_cpus_ignored);
	pr_raw("local APICs at %#llx\n", ai->lapic_addr);
	for (unsigned int i = 0; i < ai->nr_ioapics; i++)
		pr_raw("IO APIC %u at %#llx, interrupts from %u on\n",
		       ai->ioapics[i].id, ai->ioapics[i].addr,
		       ai->ioapics[i].gsi_base);
	for (unsigned int i = 0; i < ai->nr_overrides; i++)
		pr_raw("ISA interrupt %u arrives at input %u%s%s\n",
		       ai->overrides[i].source, ai->overrides[i].gsi,
		       ai->overrides[i].polarity == ACPI_POLARITY_LOW
			       ? ", active low"
			       : "",
		       ai->overrides[i].trigger == ACPI_TRIGGER_LEVEL
			       ? ", level"
			       : "");
	if (ai->hpet.present)
		pr_raw("HPET at %#llx\n", ai->hpet.addr);
	if (ai->pm_timer.width)
		pr_raw("PM timer at port %#llx, %u bits\n",
		       ai->pm_timer.reg.addr, ai->pm_timer.width);
	show_numa(ai);
	for (unsigned int i = 0; i < ai->nr_problems; i++) {
		acpi_problem_describe(&ai->problems[i], text, sizeof(text));
		pr_raw("problem: %s\n", text);
	}
	return 0;
}
COMMAND("acpi", "what the firmware's tables say", "", cmd_acpi);
