/* SPDX-License-Identifier: MIT */
/*
 * setup.c - the first C code: from the assembly entry to start_kernel().
 *
 * Model. The order, and why. GDT, TSS and gates first, so that any fault below
 * is reported; the console next, so that the report can be read; then the
 * loader's information, which is copied out of the loader's memory while the
 * boot tables still map all of the first 4 GiB.
 *
 * Contexts. Boot CPU, interrupts off, on init_stack.
 */
#include <arch/boot.h>
#include <arch/console.h>
#include <arch/cpu.h>
#include <arch/machine.h>
#include <arch/page.h>
#include <arch/sections.h>
#include <arch/upcall.h>
#include <base/config.h>
#include <lib/context.h>
#include <lib/panic.h>
#include <lib/percpu.h>

#include "boot_map.h"
#include "cpu.h"
#include "time.h"

extern char init_stack[], cpu0_percpu[], __per_cpu_start[];

/* Called by boot.asm with what the loader left in EAX or start_info. */
void arch_start(u32 magic, u32 info);

u64 boot_aliases[3];

static struct task_ctx init_ctx = {
	.flags = PF_NO_SETAFFINITY,
	.comm = "swapper/0",
	.stack_base = (unsigned long)init_stack,
	.stack_size = THREAD_SIZE,
};

static const void *map_early(void *ctx, phys_addr_t pa, size_t len)
{
	(void)ctx;
	if (pa >= BOOT_MAP_LIMIT || len > BOOT_MAP_LIMIT - pa)
		return NULL;
	return __va(pa);
}

static void read_boot_info(u32 magic, u32 info)
{
	static const struct phys_reader reader = {.map = map_early};
	phys_addr_t image = __pa_symbol(_text) & ~0xfffffULL; /* 1 MiB */

	if (magic == MULTIBOOT2_BOOT_MAGIC)
		multiboot2_parse(__va(info), BOOT_MAP_LIMIT - info, &boot_info);
	else
		pvh_parse(__va(info), &reader, &boot_info);
	boot_info_check_modules(&boot_info, image, __pa_symbol(_end) - image);
}

/* This CPU's own copies of what percpu.h needs; the rest is zero already. */
static void init_boot_percpu(void)
{
	__per_cpu_offset[0] =
		(unsigned long)cpu0_percpu - (unsigned long)__per_cpu_start;
	this_cpu_write(this_cpu_off, __per_cpu_offset[0]);
	this_cpu_write(current_ctx_ptr, &init_ctx);
}

/*
 * The same word through each mapping of boot.asm, for the test of them:
 * soon the low half is gone (A BOOT-6).
 */
static const u64 alias_word = BOOT_ALIAS_WORD;

static void read_aliases(void)
{
	phys_addr_t pa = __pa_symbol(&alias_word);

	boot_aliases[0] = *(const volatile u64 *)pa;
	boot_aliases[1] = *(const volatile u64 *)__va(pa);
	boot_aliases[2] = *(const volatile u64 *)&alias_word;
}

void arch_start(u32 magic, u32 info)
{
	boot_tsc = rdtsc();
	init_boot_percpu();
	read_aliases();
	cpu_init_early();
	trap_init();
	arch_console_early_init();
	cpu_detect();
	read_boot_info(magic, info);
	arch_console_screen_init();
	start_kernel();
}

void arch_cpu_init_boot(void)
{
	int err = cpu_stacks_alloc(0);

	if (err)
		panic("no memory for exception stacks: error %d", err);
	cpu_init(0);
}
