/* SPDX-License-Identifier: MIT */
/*
 * idle.c - a CPU with nothing to do halts.
 *
 * Model. Work comes to an idle CPU by interrupt only. The CPU halts by "sti;
 * hlt" with interrupts off before, so an interrupt that came in between is
 * taken by the hlt and not lost (B B-11).
 *
 * Without a timer (no local APIC) a CPU that waits for something it polls
 * must not halt at all.
 *
 * Contexts. Idle flow, task.
 * Limits. There is no scheduler yet, so nothing has to be checked before the
 * halt.
 */
#include <kernel/idle.h>

#include <arch/cpu.h>
#include <arch/time.h>
#include <base/assert.h>
#include <irq/tick.h>
#include <lib/irqflags.h>
#include <lib/percpu.h>
#include <lib/preempt.h>

static DEFINE_PER_CPU(unsigned long, halts);

void cpu_idle_once(void)
{
	ASSERT(!irqs_disabled());
	ASSERT(preemptible());
	if (!arch_apic_timer_hz()) {
		cpu_relax(); /* nothing would end the halt */
		return;
	}
	local_irq_disable();
	tick_start();
	this_cpu_inc(halts);
	arch_safe_halt();
}

void __noreturn cpu_idle_loop(void)
{
	ASSERT(irqs_disabled());
	for (;;) {
		tick_stop();
		this_cpu_inc(halts);
		arch_safe_halt();
		local_irq_disable();
	}
}

unsigned long cpu_halt_count(unsigned int cpu)
{
	return READ_ONCE(per_cpu(halts, cpu));
}
