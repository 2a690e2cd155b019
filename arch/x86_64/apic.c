/* SPDX-License-Identifier: MIT */
/*
 * apic.c - the local APIC: each CPU's own interrupt controller.
 *
 * Model. Every CPU has one, at the same physical address, reachable only by
 * itself. It takes interrupts from the IO APIC and from other CPUs, holds them
 * by priority (IRR), hands one to the CPU (then in ISR) until the end of
 * interrupt is written, and has a timer. Two ways to reach its registers:
 * memory (xAPIC, ids of 8 bits) or MSRs (x2APIC, ids of 32 bits); used as
 * found: if the firmware left x2APIC on, or the CPU has it.
 *
 * A spurious interrupt (vector 255) is one that was withdrawn before it could
 * be delivered; it was never put into ISR, so it must not be ended (A IDT-1).
 *
 * Invariants.
 *   I1  TPR is 0 on every CPU: nothing is held back by priority (A INT-6).
 *   I2  Every local vector but that of APIC errors is masked unless
 *       somebody set it up.
 *   I3  No interrupt is in service when a CPU enables interrupts first.
 * Locking. None: a CPU touches its own APIC. apic_send() is one register
 * write in x2APIC mode but two in xAPIC mode: interrupts are off between.
 * Contexts. Any. An NMI between the two writes may itself send: the sender
 * restores the high half that it found.
 * Limits. The x2APIC branch cannot run under an emulator without it.
 */
#include "apic.h"

#include <arch/cpu.h>
#include <arch/irqchip.h>
#include <arch/irqvec.h>
#include <arch/pgtable.h>
#include <base/assert.h>
#include <base/errno.h>
#include <lib/irqflags.h>
#include <lib/printk.h>

#include "cpu.h"
#include "msr.h"

/* Lock key: (i) set by apic_init() on the boot CPU, immutable afterwards. */
static volatile u32 *apic_regs; /* (i) xAPIC; NULL in x2APIC mode */
static bool x2apic;		/* (i) */

int apic_init(phys_addr_t phys)
{
	u64 base;

	if (!cpu_features.apic)
		return -ENODEV; /* nor is there the register then */
	base = rdmsr(MSR_APIC_BASE);
	/* The CPU knows where it decodes the address; tables may be wrong. */
	if (phys != (base & APIC_BASE_ADDR))
		pr_warn("APIC: tables say %#llx, the CPU says %#llx\n", phys,
			base & APIC_BASE_ADDR);
	phys = base & APIC_BASE_ADDR;
	x2apic = cpu_features.x2apic || (base & APIC_BASE_X2APIC);
	if (!x2apic) {
		apic_regs = arch_map_io(phys, PAGE_SIZE);
		if (!apic_regs)
			return -ENOMEM;
	}
	return 0;
}

bool apic_present(void)
{
	return apic_regs || x2apic;
}

bool apic_x2(void)
{
	return x2apic;
}

u32 apic_read(unsigned int reg)
{
	ASSERT(apic_present());
	if (x2apic)
		return (u32)rdmsr(MSR_X2APIC + reg / 16);
	return apic_regs[reg / 4];
}

void apic_write(unsigned int reg, u32 v)
{
	ASSERT(apic_present());
	if (x2apic)
		wrmsr(MSR_X2APIC + reg / 16, v);
	else
		apic_regs[reg / 4] = v;
}

u32 apic_id(void)
{
	return x2apic ? apic_read(APIC_ID) : apic_read(APIC_ID) >> 24;
}

void apic_eoi(void)
{
	apic_write(APIC_EOI, 0);
}

/* Bounded: a controller that never becomes ready must not hang the sender. */
static void wait_icr_idle(void)
{
	for (unsigned int i = 0; i < 100000; i++) {
		if (!(apic_read(APIC_ICR) & APIC_ICR_BUSY))
			return;
		cpu_relax();
	}
}

void apic_send(u32 id, u32 command)
{
	unsigned long flags;
	u32 high;

	if (x2apic) {
		/* Unlike a store to memory, this MSR write orders nothing. */
		__asm__ __volatile__("mfence; lfence" ::: "memory");
		wrmsr(MSR_X2APIC + APIC_ICR / 16, (u64)id << 32 | command);
		return;
	}
	local_irq_save(flags);
	wait_icr_idle();
	high = apic_read(APIC_ICR_HIGH);
	apic_write(APIC_ICR_HIGH, id << 24);
	apic_write(APIC_ICR, command);
	wait_icr_idle();
	apic_write(APIC_ICR_HIGH, high);
	local_irq_restore(flags);
}

/* What firmware left in service would hold back all that is below it. */
static void end_leftovers(void)
{
	for (unsigned int reg = 0; reg < 8; reg++)
		for (unsigned int n = 0; n < 32; n++)
			if (apic_read(APIC_ISR + reg * 0x10))
				apic_eoi();
}

void apic_init_cpu(void)
{
	u64 base = rdmsr(MSR_APIC_BASE) | APIC_BASE_ENABLE;

	wrmsr(MSR_APIC_BASE, base);
	if (x2apic)
		wrmsr(MSR_APIC_BASE, base | APIC_BASE_X2APIC);
	apic_write(APIC_SPIV, SPURIOUS_APIC_VECTOR | APIC_SPIV_ENABLE);
	apic_write(APIC_TPR, 0);				     /* I1 */
	apic_write(APIC_LVTT, LOCAL_TIMER_VECTOR | APIC_LVT_MASKED); /* I2 */
	apic_write(APIC_LVT0, APIC_LVT_MASKED);
	apic_write(APIC_LVT1, APIC_LVT_MASKED);
	apic_write(APIC_LVT_PERF, APIC_LVT_MASKED);
	apic_write(APIC_LVT_THERM, THERMAL_VECTOR | APIC_LVT_MASKED);
	apic_write(APIC_LVTERR, ERROR_APIC_VECTOR);
	apic_write(APIC_TDCR, APIC_TDR_DIV_16);
	apic_write(APIC_TMICT, 0);
	apic_write(APIC_ESR, 0);
	end_leftovers();
}

bool arch_irq_in_service(unsigned int vector)
{
	if (!apic_present())
		return false;
	return apic_read(APIC_ISR + vector / 32 * 0x10) >> (vector % 32) & 1;
}

void arch_irq_end(void)
{
	apic_eoi();
}
