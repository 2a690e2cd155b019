/* SPDX-License-Identifier: MIT */
/*
 * workers.h (tests) - the same function on all CPUs at the same moment.
 *
 * Model. There are no tasks to spread yet, so workers are cross-calls: on
 * the other CPUs the function runs inside the IPI handler, interrupts off; on
 * this CPU with preemption off. All wait at a line until the last one has
 * arrived, so that they really overlap. In deterministic mode one CPU runs at
 * a time and the next one gets its turn at cpu_relax(): a test that wants an
 * interleaving inside a critical section calls cpu_relax() there.
 *
 * Contexts. Task, interrupts on. The function must be short: a few ms.
 */
#ifndef TESTS_WORKERS_H
#define TESTS_WORKERS_H

#include <arch/barrier.h>
#include <arch/cpu.h>
#include <arch/time.h>
#include <base/atomic.h>
#include <irq/smp_call.h>
#include <kernel/idle.h>
#include <lib/cpumask.h>
#include <lib/preempt.h>

#define NO_APIC "this machine has no local APIC"

/* Can a CPU interrupt itself and others? */
static inline bool ipi_possible(void)
{
	return arch_apic_timer_hz() != 0;
}

struct workers {
	void (*fn)(unsigned int cpu, void *arg);
	void *arg;
	int expected;
	atomic_t arrived, done;
};

/* A full barrier: what was done before the line is seen behind it. */
static inline void workers_line_up(atomic_t *arrived, int expected)
{
	smp_mb__before_atomic(); /* pairs with the one below, elsewhere */
	atomic_inc(arrived);
	while (atomic_read(arrived) < expected)
		cpu_relax();
	smp_mb__after_atomic(); /* pairs with the one above, elsewhere */
}

static inline void workers_entry(void *arg)
{
	struct workers *w = arg;

	workers_line_up(&w->arrived, w->expected);
	w->fn(smp_processor_id(), w->arg);
	smp_mb__before_atomic(); /* pairs with the one in workers_run() */
	atomic_inc(&w->done);
}

/* Runs @fn on every online CPU and waits for all; returns their number. */
static inline unsigned int workers_run(void (*fn)(unsigned int cpu, void *arg),
				       void *arg)
{
	struct workers w = {
		.fn = fn,
		.arg = arg,
		.expected = (int)num_online_cpus(),
	};

	preempt_disable();
	smp_call_function(workers_entry, &w, false);
	workers_entry(&w);
	while (atomic_read(&w.done) < w.expected)
		cpu_relax();
	smp_mb__after_atomic(); /* pairs with the one in workers_entry() */
	preempt_enable();
	return (unsigned int)w.expected;
}

static inline void workers_task(void *arg)
{
	struct workers *w = arg;

	workers_line_up(&w->arrived, w->expected);
	w->fn(raw_smp_processor_id(), w->arg);
}

/*
 * The same in task context: interrupts on, so that what may sleep and what
 * interrupts others may be called. For a case that runs on CPU 0.
 */
static inline unsigned int
workers_run_tasks(void (*fn)(unsigned int cpu, void *arg), void *arg)
{
	static struct idle_work work[NR_CPUS];
	struct workers w = {
		.fn = fn,
		.arg = arg,
		.expected = (int)num_online_cpus(),
	};
	unsigned int cpu;

	for_each_online_cpu(cpu) {
		work[cpu] = (struct idle_work){.fn = workers_entry, .arg = &w};
		if (cpu)
			idle_run(cpu, &work[cpu]);
	}
	workers_task(&w);
	for_each_online_cpu(cpu)
		while (cpu && !idle_done(&work[cpu]))
			cpu_relax();
	return (unsigned int)w.expected;
}

/* Any online CPU but this one, or NR_CPUS when this is the only one. */
static inline unsigned int workers_other_cpu(void)
{
	unsigned int cpu;

	for_each_online_cpu(cpu)
		if (cpu != raw_smp_processor_id())
			return cpu;
	return NR_CPUS;
}

#endif /* TESTS_WORKERS_H */
