/* SPDX-License-Identifier: MIT */
/*
 * boot_stage.c - the boot timeline.
 *
 * Model. Boot is a fixed sequence of stages (B B-05). Each is entered exactly
 * once and in order, which is asserted, with the TSC at that moment noted.
 * Times are computed when printed, since the first stages pass before the
 * clock is calibrated.
 *
 * Locking. None: boot CPU only; read-only afterwards.
 */
#include <kernel/boot_stage.h>

#include <arch/cpu.h>
#include <arch/time.h>
#include <base/assert.h>
#include <lib/printk.h>

static const char *const stage_names[BOOT_STAGES] = {
	[BOOT_STAGE_ENTRY] = "entry",
	[BOOT_STAGE_CONSOLE] = "console, command line",
	[BOOT_STAGE_MEMORY] = "memory, page tables",
	[BOOT_STAGE_ACPI] = "ACPI tables",
	[BOOT_STAGE_IRQ] = "interrupt controllers",
	[BOOT_STAGE_TIME] = "clock calibration",
	[BOOT_STAGE_IRQS_ON] = "interrupts on",
	[BOOT_STAGE_SMP] = "other CPUs",
	[BOOT_STAGE_READY] = "ready",
};

static u64 stage_tsc[BOOT_STAGES];
static int last_stage = -1;

void boot_stage_enter(enum boot_stage stage)
{
	ASSERT((int)stage == last_stage + 1);
	last_stage = (int)stage;
	stage_tsc[stage] = rdtsc();
}

enum boot_stage boot_stage_now(void)
{
	ASSERT(last_stage >= 0);
	return (enum boot_stage)last_stage;
}

u64 boot_stage_tsc(enum boot_stage stage)
{
	ASSERT(stage < BOOT_STAGES);
	return stage_tsc[stage];
}

void boot_stage_report(void)
{
	u64 mhz = arch_tsc_hz() / 1000000;

	if (!mhz)
		return;
	/* The TSC starts at 0 on reset, if the firmware left it alone. */
	pr_info("boot timeline (us), from %llu us after reset on:\n",
		stage_tsc[0] / mhz);
	for (int s = 1; s <= last_stage; s++)
		pr_info("  %8llu  +%-8llu %s\n",
			(stage_tsc[s] - stage_tsc[0]) / mhz,
			(stage_tsc[s] - stage_tsc[s - 1]) / mhz,
			stage_names[s]);
}
