/* SPDX-License-Identifier: MIT */
/*
 * machine.c - the board: firmware tables, interrupt controllers, the way out.
 *
 * Model. arch_acpi_init() reads the tables; without them the machine still
 * runs, with one CPU and the addresses that every PC uses. arch_irq_init()
 * leaves every interrupt source masked: the 8259s for good, each IO APIC pin
 * until somebody routes it. The NMI watchdog uses one route: channel 0 of the
 * PIT, through its IO APIC pin in NMI delivery mode, to the boot CPU.
 *
 * Contexts. Boot; arch_exit(), arch_reboot(), arch_poweroff() from any.
 * Limits. Power-off knows the S5 values found in the DSDT by search; there is
 * no AML interpreter. With no IO APIC there is no watchdog.
 *
 * References. ACPI 6.4 "PM1 Control", "RESET_REG"; Intel 8254; QEMU
 * docs/specs: isa-debug-exit.
 */
#include <arch/machine.h>

#include <arch/boot.h>
#include <arch/cpu.h>
#include <arch/irqvec.h>
#include <arch/pgtable.h>
#include <arch/smp.h>
#include <arch/time.h>
#include <base/bits.h>
#include <base/errno.h>
#include <lib/printk.h>

#include "apic.h"
#include "io.h"
#include "machine.h"

/* What 16 bits of PIT_HZ reach, and what is no burden. */
#define WATCHDOG_HZ_MIN 19
#define WATCHDOG_HZ_MAX 1000

#define POWEROFF_WAIT_US 500000
#define PM1_SCI_EN	 1 /* the registers are the operating system's */
#define LAPIC_DEFAULT	 0xfee00000
#define DEBUG_EXIT	 0xf4
#define PIT_HZ		 1193182
#define PIT_CHANNEL0	 0x40
#define PIT_COMMAND	 0x43
#define PIT_RATE_MODE	 0x34 /* channel 0, low then high byte, mode 2 */

/* Firmware tables are not in the direct map: they are not usable RAM. */
static const void *map_table(void *ctx, phys_addr_t pa, size_t len)
{
	(void)ctx;
	return arch_memremap(pa, len);
}

void arch_acpi_init(void)
{
	static const struct phys_reader reader = {.map = map_table};
	int err = acpi_parse(&acpi_info, &boot_info, &reader);
	char text[128];

	for (unsigned int i = 0;
	     i < acpi_info.nr_problems && i < ARRAY_SIZE(acpi_info.problems);
	     i++) {
		acpi_problem_describe(&acpi_info.problems[i], text,
				      sizeof(text));
		pr_warn("%s\n", text);
	}
	if (err || !acpi_info.nr_cpus)
		pr_warn("ACPI: no list of CPUs (MADT): one CPU will be used\n");
}

/* Does the MADT mean this CPU? It names CPUs by their ACPI number. */
static bool is_uid_of(u32 uid, u32 id)
{
	if (uid == ACPI_ALL_CPUS)
		return true;
	for (unsigned int i = 0; i < acpi_info.nr_cpus; i++)
		if (acpi_info.cpus[i].apic_id == id)
			return acpi_info.cpus[i].uid == uid;
	return false;
}

void machine_route_nmi_button(void)
{
	u32 id = apic_id();

	for (unsigned int i = 0; i < acpi_info.nr_lapic_nmis; i++) {
		const struct acpi_lapic_nmi *n = &acpi_info.lapic_nmis[i];
		u32 lvt = APIC_DM_NMI;

		if (n->lint > 1 || !is_uid_of(n->uid, id))
			continue;
		if (n->polarity == ACPI_POLARITY_LOW)
			lvt |= APIC_LVT_ACTIVE_LOW;
		apic_write(n->lint ? APIC_LVT1 : APIC_LVT0, lvt);
	}
}

void arch_irq_init(void)
{
	phys_addr_t lapic = acpi_info.lapic_addr;
	int err;

	pic_disable();
	err = apic_init(lapic ? lapic : LAPIC_DEFAULT);
	if (err) {
		pr_err("APIC: no local APIC (error %d): no timer, one CPU\n",
		       err);
		return;
	}
	apic_init_cpu();
	machine_route_nmi_button();
	for (unsigned int i = 0; i < acpi_info.nr_ioapics; i++) {
		err = ioapic_init(acpi_info.ioapics[i].addr,
				  acpi_info.ioapics[i].gsi_base);
		if (err)
			pr_warn("APIC: IO APIC %u is not used: error %d\n", i,
				err);
	}
}

int arch_watchdog_start(unsigned int hz)
{
	u64 dest = (u64)arch_cpu_apic_id(0) << 56;
	u32 reload;
	int err;

	if (hz < WATCHDOG_HZ_MIN || hz > WATCHDOG_HZ_MAX)
		return -EINVAL;
	reload = PIT_HZ / hz;
	err = ioapic_route(acpi_isa_irq(&acpi_info, 0).gsi,
			   IOAPIC_DM_NMI | dest);
	if (err)
		return -ENODEV;
	outb(PIT_COMMAND, PIT_RATE_MODE);
	outb(PIT_CHANNEL0, (u8)reload);
	outb(PIT_CHANNEL0, (u8)(reload >> 8));
	return 0;
}

void arch_watchdog_stop(void)
{
	if (ioapic_route(acpi_isa_irq(&acpi_info, 0).gsi, IOAPIC_MASKED))
		return; /* it was never started */
}

void __noreturn arch_exit(unsigned int code)
{
	outl(DEBUG_EXIT, code);
	/* Only an emulator with the exit device is gone by now. */
	arch_halt_forever();
}

void __noreturn arch_reboot(void)
{
	struct {
		u16 limit;
		u64 base;
	} __packed no_idt = {0, 0};

	const struct acpi_reset *reset = &acpi_info.reset;

	if (reset->present && reset->reg.space == ACPI_SPACE_IO)
		outb((u16)reset->reg.addr, reset->value);
	outb(0x64, 0xfe); /* the keyboard controller pulls the reset line */
	for (unsigned int i = 0; i < 1000000; i++)
		cpu_relax();
	/* A fault without an IDT is a triple fault, and that is a reset. */
	__asm__ __volatile__("lidt %0; int3" ::"m"(no_idt));
	arch_halt_forever();
}

/* SLP_TYP in bits 10..12, SLP_EN in bit 13. */
static void enter_sleep(const struct acpi_reg *reg, u8 type)
{
	if (reg->addr && reg->space == ACPI_SPACE_IO)
		outw((u16)reg->addr, (u16)(type << 10 | BIT(13)));
}

/* Firmware may still own the power registers: ask for them, wait a moment. */
static void enter_acpi_mode(void)
{
	const struct acpi_reg *cnt = &acpi_info.pm1a_cnt;

	if (!acpi_info.smi_cmd || !acpi_info.acpi_enable || !cnt->addr ||
	    cnt->space != ACPI_SPACE_IO)
		return;
	outb((u16)acpi_info.smi_cmd, acpi_info.acpi_enable);
	for (unsigned int i = 0; i < 1000; i++) {
		if (inw((u16)cnt->addr) & PM1_SCI_EN)
			return;
		udelay(1000);
	}
}

void __noreturn arch_poweroff(void)
{
	const struct acpi_s5 *s5 = &acpi_info.s5;

	if (s5->valid) {
		enter_acpi_mode();
		enter_sleep(&acpi_info.pm1a_cnt, s5->type_a);
		enter_sleep(&acpi_info.pm1b_cnt, s5->type_b);
		udelay(POWEROFF_WAIT_US); /* it need not happen at once */
	}
	pr_emerg("The machine cannot switch itself off; you may do it now.\n");
	arch_halt_forever();
}
