/* SPDX-License-Identifier: MIT */
/*
 * asm-offsets.c - constants that assembly shares with C.
 *
 * Never linked. The build compiles this file to assembly text and turns every
 * line "#->NAME value" into "%define NAME value" in asm-offsets.inc, so that
 * no number is typed twice.
 */
#include <arch/kasan.h>
#include <arch/page.h>
#include <arch/ptrace.h>
#include <base/config.h>
#include <lib/context.h>

#include "gdt.h"
#include "smp.h"

#define DEFINE(sym, val) \
	__asm__ __volatile__("\n#->" #sym " %0" : : "i"((long)(val)))

void asm_offsets(void);

void asm_offsets(void)
{
	DEFINE(KERNEL_BASE, KERNEL_BASE);
	DEFINE(PAGE_OFFSET, PAGE_OFFSET);
	DEFINE(THREAD_SIZE, THREAD_SIZE);
	DEFINE(NR_CPUS, NR_CPUS);
	DEFINE(STACK_END_MAGIC, STACK_END_MAGIC);
	DEFINE(CONFIG_KASAN, CONFIG_KASAN);
	DEFINE(KASAN_SHADOW_START, KASAN_SHADOW_START);
	DEFINE(KASAN_SHADOW_END, KASAN_SHADOW_END);

	DEFINE(KERNEL_CS, KERNEL_CS);
	DEFINE(KERNEL_DS, KERNEL_DS);
	DEFINE(TSS_SELECTOR, TSS_SELECTOR);
	DEFINE(TSS_SIZE, sizeof(struct tss));
	DEFINE(TSS_IST, offsetof(struct tss, ist));
	DEFINE(IST_DF, IST_DF);
	DEFINE(IST_NMI, IST_NMI);
	DEFINE(IST_MC, IST_MC);
	DEFINE(IST_DB, IST_DB);

	DEFINE(PT_REGS_SIZE, sizeof(struct pt_regs));
	DEFINE(PT_ORIG_RAX, offsetof(struct pt_regs, orig_rax));
	DEFINE(PT_RDI, offsetof(struct pt_regs, rdi));

	DEFINE(AP_BOOT_SIZE, sizeof(struct ap_boot));
	DEFINE(AP_BOOT_APIC_ID, offsetof(struct ap_boot, apic_id));
	DEFINE(AP_BOOT_STATE, offsetof(struct ap_boot, state));
	DEFINE(AP_BOOT_STACK, offsetof(struct ap_boot, stack_top));
	DEFINE(AP_BOOT_GS_BASE, offsetof(struct ap_boot, gs_base));
	DEFINE(AP_STARTING, AP_STARTING);
	DEFINE(AP_ALIVE, AP_ALIVE);
}
