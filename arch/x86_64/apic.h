/* SPDX-License-Identifier: MIT */
/*
 * apic.h - the local APIC of this CPU, the IO APICs, the old 8259 pair.
 *
 * Register offsets and bits: Intel SDM vol. 3A, "Local APIC"; 82093AA IO APIC
 * data sheet; 8259A data sheet.
 */
#ifndef ARCH_X86_64_APIC_H
#define ARCH_X86_64_APIC_H

#include <base/compiler.h>
#include <base/types.h>

#define APIC_ID	       0x020
#define APIC_VERSION   0x030
#define APIC_TPR       0x080
#define APIC_EOI       0x0b0
#define APIC_SPIV      0x0f0
#define APIC_ISR       0x100 /* + 0x10 for each 32 vectors */
#define APIC_IRR       0x200
#define APIC_ESR       0x280
#define APIC_ICR       0x300
#define APIC_ICR_HIGH  0x310
#define APIC_LVTT      0x320
#define APIC_LVT_THERM 0x330
#define APIC_LVT_PERF  0x340
#define APIC_LVT0      0x350
#define APIC_LVT1      0x360
#define APIC_LVTERR    0x370
#define APIC_TMICT     0x380 /* timer: initial count */
#define APIC_TMCCT     0x390 /* timer: current count */
#define APIC_TDCR      0x3e0 /* timer: divisor */

#define APIC_SPIV_ENABLE    (1U << 8)
#define APIC_DM_FIXED	    (0U << 8)
#define APIC_DM_NMI	    (4U << 8)
#define APIC_DM_INIT	    (5U << 8)
#define APIC_DM_STARTUP	    (6U << 8)
#define APIC_ICR_BUSY	    (1U << 12)
#define APIC_ICR_ASSERT	    (1U << 14)
#define APIC_ICR_LEVEL	    (1U << 15)
#define APIC_LVT_MASKED	    (1U << 16)
#define APIC_LVT_ACTIVE_LOW (1U << 13)
#define APIC_TIMER_DEADLINE (2U << 17)
#define APIC_TDR_DIV_16	    0x3

/**
 * apic_init() - find the local APIC and map it.
 * @phys: where the firmware says it is; the CPU's own word goes first.
 *
 * Context: boot CPU. Return: 0; -ENODEV without one; -ENOMEM.
 */
int __must_check apic_init(phys_addr_t phys);

/* Enables this CPU's APIC with everything masked; on each CPU. */
void apic_init_cpu(void);

bool apic_present(void);
bool apic_x2(void); /* in x2APIC mode: ids have 32 bits */
u32 apic_read(unsigned int reg);
void apic_write(unsigned int reg, u32 v);
u32 apic_id(void);
void apic_eoi(void);

/* Sends an interrupt command; waits, bounded, until it was accepted. */
void apic_send(u32 apic_id, u32 command);

/* Maps and masks one IO APIC; its inputs are gsi_base and up. */
int __must_check ioapic_init(phys_addr_t phys, u32 gsi_base);

/**
 * ioapic_route() - program the pin of a global interrupt.
 * @gsi: its number.
 * @entry: redirection entry: vector, delivery mode, polarity, trigger, mask,
 *	destination in bits 56..63 (A INT-5).
 *
 * Return: 0 or -ENXIO when no IO APIC has that input.
 */
int __must_check ioapic_route(u32 gsi, u64 entry);
int __must_check ioapic_read(u32 gsi, u64 *entry);

#define IOAPIC_MASKED	  (1ULL << 16)
#define IOAPIC_LEVEL	  (1ULL << 15)
#define IOAPIC_ACTIVE_LOW (1ULL << 13)
#define IOAPIC_DM_NMI	  (4ULL << 8)

/* Moves the 8259 pair to vectors 32..47 and masks all its lines. */
void pic_disable(void);

#endif /* ARCH_X86_64_APIC_H */
