/* SPDX-License-Identifier: MIT */
/*
 * cross_call.h - how the memory floor asks other CPUs to do something.
 *
 * Draining a CPU's lists and flushing its TLB need that CPU. Cross-calls
 * belong to a higher floor, which registers its function here when it is
 * ready; until then only this CPU runs.
 */
#ifndef MM_CROSS_CALL_H
#define MM_CROSS_CALL_H

#include <base/types.h>

struct cpumask;

/* Run fn(arg) on all online CPUs of @mask, this one included; wait. */
typedef void (*mm_cross_call_t)(const struct cpumask *mask, void (*fn)(void *),
				void *arg);

/**
 * mm_set_cross_call() - from now on other CPUs can be asked.
 * @call: runs a function on a set of CPUs and waits for all of them.
 *
 * Context: boot, one CPU.
 */
void mm_set_cross_call(mm_cross_call_t call);

/**
 * mm_on_cpus() - run a function on every online CPU of a set, and wait.
 * @mask: the CPUs; this one is called directly.
 * @fn: runs with interrupts off, in interrupt context on other CPUs.
 * @arg: passed to @fn.
 *
 * Context: task or softirq, interrupts on; interrupts may be off as long as
 * no other CPU is online.
 */
void mm_on_cpus(const struct cpumask *mask, void (*fn)(void *), void *arg);

#endif /* MM_CROSS_CALL_H */
