/* SPDX-License-Identifier: MIT */
/*
 * smp_call.h - run a function on another CPU (A INT-7).
 *
 *	smp_call_function_single(3, read_msr, &v, true);	// v is there
 *	on_each_cpu(drop_cache, NULL, true);
 *
 * The function runs on the target in its interrupt handler: interrupts off,
 * so it must be short, must not sleep, and must not call these functions. To
 * wait means: all of it has been done, and what it wrote is visible. Not to
 * wait means: it will run soon; its argument must live until then.
 *
 * Model, invariants and memory order: irq/smp_call.c.
 */
#ifndef IRQ_SMP_CALL_H
#define IRQ_SMP_CALL_H

#include <base/compiler.h>
#include <base/types.h>

struct cpumask;

typedef void (*smp_call_func_t)(void *arg);

/* What one CPU did since boot. */
struct smp_call_stats {
	unsigned long sent;	/* IPIs it sent; fewer than calls it made */
	unsigned long received; /* IPIs it took */
	unsigned long run;	/* functions it ran for others */
};

/**
 * smp_call_init() - allocate the descriptors of calls nobody waits for.
 *
 * Needs the possible CPUs and the boot allocator. Calls to other CPUs are
 * possible from here on.
 *
 * Context: boot, one CPU.
 * Return: 0, -ENOMEM, or -EBUSY when it was done before.
 */
int __must_check smp_call_init(void);

/**
 * smp_call_function_single() - run a function on one CPU.
 * @cpu: where; may be this CPU, then it is called here, interrupts off.
 * @fn: runs in interrupt context.
 * @arg: passed to @fn; without @wait it must outlive the call.
 * @wait: return only after @fn has returned.
 *
 * Calls from one CPU to another run in the order they were made.
 *
 * Context: task or softirq; interrupts on, unless @cpu is this CPU.
 * Locking: none; spins if the last call to @cpu without @wait has not begun.
 * Return: 0, or -ENXIO when @cpu is not online.
 */
int smp_call_function_single(unsigned int cpu, smp_call_func_t fn, void *arg,
			     bool wait);

/**
 * smp_call_function_many() - run a function on several other CPUs.
 * @mask: where; this CPU and those not online are skipped.
 * @fn, @arg, @wait: as above; the CPUs run @fn at the same time.
 *
 * Context: task or softirq, interrupts on, preemption off: @mask usually
 *	depends on which CPU this is.
 * Locking: none.
 */
void smp_call_function_many(const struct cpumask *mask, smp_call_func_t fn,
			    void *arg, bool wait);

/**
 * smp_call_function() - run a function on all other online CPUs.
 * @fn, @arg, @wait: as above.
 *
 * Context: task or softirq, interrupts on.
 * Locking: none.
 */
void smp_call_function(smp_call_func_t fn, void *arg, bool wait);

/**
 * on_each_cpu() - run a function on all online CPUs, this one included.
 * @fn, @arg, @wait: as above; here it runs with interrupts off too.
 *
 * Context: task or softirq, interrupts on.
 * Locking: none.
 */
void on_each_cpu(smp_call_func_t fn, void *arg, bool wait);

/* The same on the online CPUs of @mask, this one only if it is in it. */
void on_each_cpu_mask(const struct cpumask *mask, smp_call_func_t fn, void *arg,
		      bool wait);

/**
 * smp_call_function_interrupt() - the handler of the call-function vector.
 *
 * Context: hardirq, interrupts off; called by the interrupt dispatch.
 */
void smp_call_function_interrupt(void);

/**
 * smp_call_get_stats() - read the counters of one CPU.
 * @cpu: any possible CPU.
 * @stats: filled in; the three values are not one moment's.
 *
 * Context: any.
 */
void smp_call_get_stats(unsigned int cpu, struct smp_call_stats *stats);

#endif /* IRQ_SMP_CALL_H */
