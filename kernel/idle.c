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
 * Until there are tasks, the idle flow is the only task context of a CPU but
 * the first. idle_run() leaves a function for it in a list and rings.
 *
 * Invariants.
 *   I1  The list is looked at with interrupts off, after which only the halt
 *       switches them on; so who adds to it and then interrupts is noticed.
 * Contexts. Idle flow, task.
 * Limits. There is no scheduler yet, so nothing else has to be checked before
 * the halt.
 */
#include <kernel/idle.h>

#include <arch/barrier.h>
#include <arch/cpu.h>
#include <arch/time.h>
#include <base/assert.h>
#include <irq/smp_call.h>
#include <irq/tick.h>
#include <lib/irqflags.h>
#include <lib/llist.h>
#include <lib/percpu.h>
#include <lib/preempt.h>

static DEFINE_PER_CPU(unsigned long, halts);
static DEFINE_PER_CPU(struct llist_head, idle_list); /* (a) */

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

static void nothing(void *unused __unused)
{
}

void idle_run(unsigned int cpu, struct idle_work *w)
{
	ASSERT(cpu && cpu != raw_smp_processor_id());
	w->done = false;
	llist_add(&w->node, per_cpu_ptr(&idle_list, cpu));
	smp_call_function_single(cpu, nothing, NULL, true);
}

bool idle_done(const struct idle_work *w)
{
	/* Acquire: pairs with the release in run_list(). */
	return smp_load_acquire(&w->done);
}

/* In task context; back with interrupts off. */
static void run_list(void)
{
	struct llist_node *list = llist_del_all(this_cpu_ptr(&idle_list));
	struct llist_node *node, *next;

	local_irq_enable();
	llist_for_each_safe(node, next, list) {
		struct idle_work *w = llist_entry(node, struct idle_work, node);

		w->fn(w->arg);
		/* Release: pairs with the acquire in idle_done(). */
		smp_store_release(&w->done, true);
	}
	local_irq_disable();
}

void __noreturn cpu_idle_loop(void)
{
	ASSERT(irqs_disabled());
	for (;;) {
		while (!llist_empty(this_cpu_ptr(&idle_list)))
			run_list();
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
