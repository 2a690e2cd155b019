/* SPDX-License-Identifier: MIT */
/*
 * boot_stage.h - how far boot has come, and how long each step took.
 */
#ifndef KERNEL_BOOT_STAGE_H
#define KERNEL_BOOT_STAGE_H

#include <base/types.h>

enum boot_stage {
	BOOT_STAGE_ENTRY,   /* first C code */
	BOOT_STAGE_CONSOLE, /* log and command line work */
	BOOT_STAGE_MEMORY,  /* memory map known, own page tables */
	BOOT_STAGE_ACPI,    /* firmware tables read */
	BOOT_STAGE_IRQ,	    /* interrupt controllers masked, ready */
	BOOT_STAGE_TIME,    /* clock calibrated */
	BOOT_STAGE_IRQS_ON, /* interrupts enabled on the boot CPU */
	BOOT_STAGE_SMP,	    /* all CPUs online */
	BOOT_STAGE_READY,   /* prompt or self-tests */
	BOOT_STAGES,
};

/**
 * boot_stage_enter() - a stage is complete.
 * @stage: must be the one after the last.
 *
 * Context: boot CPU.
 */
void boot_stage_enter(enum boot_stage stage);

/* The last stage completed; BOOT_STAGES - 1 when boot is over. */
enum boot_stage boot_stage_now(void);

/* TSC at the end of a stage, 0 if not reached. */
u64 boot_stage_tsc(enum boot_stage stage);

/* Prints the timeline. */
void boot_stage_report(void);

#endif /* KERNEL_BOOT_STAGE_H */
