/* SPDX-License-Identifier: MIT */
/*
 * ioapic.c - the interrupt controllers outside the CPUs.
 *
 * Model. An IO APIC turns each of its inputs into a message to some local
 * APIC, as its redirection table says: vector, delivery mode, polarity,
 * trigger mode, mask, destination. Inputs of all IO APICs are numbered
 * through: global system interrupts. The pair of 8259s of the original PC is
 * still there; it is moved off the exception vectors (a spurious interrupt 7
 * can come even from a masked 8259) and masked for good.
 *
 * Locking. Boot only, one CPU, until the IRQ floor has its chip locks: the
 * index and data registers of one IO APIC are two accesses.
 * Contexts. Boot.
 */
#include <arch/boot.h>
#include <arch/pgtable.h>
#include <base/assert.h>
#include <base/errno.h>
#include <lib/irqflags.h>

#include "apic.h"
#include "io.h"

#define IOAPIC_MAX    8
#define IOAPIC_VER    0x01
#define IOAPIC_TABLE  0x10
#define IOAPIC_SELECT 0
#define IOAPIC_WINDOW 4 /* index of a u32: offset 0x10 */

/* Lock key: all (i): filled at boot, one CPU, immutable afterwards. */
static struct {
	volatile u32 *regs;
	u32 gsi_base;
	u32 pins;
} ioapics[IOAPIC_MAX];
static unsigned int nr_ioapics;

static u32 reg_read(volatile u32 *regs, u32 reg)
{
	regs[IOAPIC_SELECT] = reg;
	return regs[IOAPIC_WINDOW];
}

static void reg_write(volatile u32 *regs, u32 reg, u32 v)
{
	regs[IOAPIC_SELECT] = reg;
	regs[IOAPIC_WINDOW] = v;
}

/* Masked first and unmasked last: a half-written entry must never fire. */
static void entry_write(volatile u32 *regs, u32 pin, u64 entry)
{
	u32 reg = IOAPIC_TABLE + 2 * pin;
	unsigned long flags;

	local_irq_save(flags);
	reg_write(regs, reg, (u32)IOAPIC_MASKED);
	reg_write(regs, reg + 1, (u32)(entry >> 32));
	reg_write(regs, reg, (u32)entry);
	local_irq_restore(flags);
}

/*
 * Is there an IO APIC behind @regs? The tables may be wrong. What nobody
 * answers reads as ones, and a window into memory shows what was written
 * through it last, whatever is selected.
 */
static bool is_ioapic(volatile u32 *regs)
{
	u32 version = reg_read(regs, IOAPIC_VER);

	if (version == ~0U || (version >> 16 & 0xff) == 0)
		return false;
	reg_write(regs, IOAPIC_TABLE, (u32)IOAPIC_MASKED);
	return reg_read(regs, IOAPIC_VER) == version;
}

int ioapic_init(phys_addr_t phys, u32 gsi_base)
{
	volatile u32 *regs;

	if (nr_ioapics == IOAPIC_MAX)
		return -ENOSPC;
	regs = arch_map_io(phys, 0x20);
	if (!regs)
		return -ENOMEM;
	if (!is_ioapic(regs))
		return -ENODEV;
	ioapics[nr_ioapics].regs = regs;
	ioapics[nr_ioapics].gsi_base = gsi_base;
	ioapics[nr_ioapics].pins =
		(reg_read(regs, IOAPIC_VER) >> 16 & 0xff) + 1;
	for (u32 pin = 0; pin < ioapics[nr_ioapics].pins; pin++)
		entry_write(regs, pin, IOAPIC_MASKED);
	nr_ioapics++;
	return 0;
}

static volatile u32 *find_pin(u32 gsi, u32 *pin)
{
	for (unsigned int i = 0; i < nr_ioapics; i++) {
		*pin = gsi - ioapics[i].gsi_base;
		if (gsi >= ioapics[i].gsi_base && *pin < ioapics[i].pins)
			return ioapics[i].regs;
	}
	return NULL;
}

int ioapic_route(u32 gsi, u64 entry)
{
	u32 pin;
	volatile u32 *regs = find_pin(gsi, &pin);

	if (!regs)
		return -ENXIO;
	entry_write(regs, pin, entry);
	return 0;
}

int ioapic_read(u32 gsi, u64 *entry)
{
	u32 pin;
	volatile u32 *regs = find_pin(gsi, &pin);

	if (!regs)
		return -ENXIO;
	*entry = reg_read(regs, IOAPIC_TABLE + 2 * pin) |
		 (u64)reg_read(regs, IOAPIC_TABLE + 2 * pin + 1) << 32;
	return 0;
}

#define PIC1 0x20
#define PIC2 0xa0

void pic_disable(void)
{
	outb(PIC1, 0x11); /* ICW1: edge triggered, cascade, ICW4 follows */
	outb(PIC2, 0x11);
	outb(PIC1 + 1, 32); /* ICW2: vectors 32..39 and 40..47 */
	outb(PIC2 + 1, 40);
	outb(PIC1 + 1, 1 << 2); /* ICW3: the second hangs on line 2 */
	outb(PIC2 + 1, 2);
	outb(PIC1 + 1, 1); /* ICW4: 8086 mode */
	outb(PIC2 + 1, 1);
	outb(PIC1 + 1, 0xff); /* all masked */
	outb(PIC2 + 1, 0xff);
}
