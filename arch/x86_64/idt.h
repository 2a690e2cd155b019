/* SPDX-License-Identifier: MIT */
/*
 * idt.h - gates of the interrupt descriptor table.
 *
 * Source: Intel SDM vol. 3A, "64-Bit Mode IDT".
 */
#ifndef ARCH_X86_64_IDT_H
#define ARCH_X86_64_IDT_H

#include <arch/irqvec.h>
#include <base/compiler.h>
#include <base/types.h>

#define GATE_INTERRUPT 0xe /* clears IF on entry */
#define GATE_TRAP      0xf /* leaves IF alone */

struct idt_gate {
	u16 offset_low;
	u16 selector;
	u8 ist;	 /* 0: stay on the stack, or take rsp[0] from ring 3 */
	u8 attr; /* P, DPL (2 bits), 0, type (4 bits) */
	u16 offset_mid;
	u32 offset_high;
	u32 reserved;
} __packed;

static_assert(sizeof(struct idt_gate) == 16, "A IDT-2");

/* One table for all CPUs, first filled by boot.asm. */
extern struct idt_gate idt_table[NR_VECTORS];

void gate_pack(struct idt_gate *gate, unsigned long handler, unsigned int type,
	       unsigned int dpl, unsigned int ist);
unsigned long gate_handler(const struct idt_gate *gate);

#endif /* ARCH_X86_64_IDT_H */
