/* SPDX-License-Identifier: MIT */
/*
 * idle.h - a CPU with nothing to do.
 */
#ifndef KERNEL_IDLE_H
#define KERNEL_IDLE_H

#include <base/compiler.h>
#include <base/types.h>
#include <lib/llist.h>

/**
 * cpu_idle_once() - halt until the next interrupt of any kind, once.
 *
 * The caller polls something (the serial line, say); the tick goes on, so
 * this returns at least HZ times a second.
 * Context: task, interrupts on.
 */
void cpu_idle_once(void);

/**
 * cpu_idle_loop() - the last thing a CPU does when there are no tasks.
 *
 * Halts with the tick off: only other CPUs or devices wake it.
 * Context: idle flow, interrupts off.
 */
void __noreturn cpu_idle_loop(void);

/* Lock key: (o) the caller until idle_run(), then the CPU until done. */
struct idle_work {
	void (*fn)(void *arg);	/* (o) */
	void *arg;		/* (o) */
	struct llist_node node; /* (o) */
	bool done;		/* written by the CPU, read by anybody */
};

/**
 * idle_run() - run a function in task context on another CPU.
 * @cpu: online, not this one, and not CPU 0, which has other things to do.
 * @w: fn and arg are set; the caller's again when idle_done().
 *
 * There are no tasks yet, so the idle flow does it: interrupts on, and until
 * it returns nothing else runs there but interrupts.
 *
 * Context: task, interrupts on.
 */
void idle_run(unsigned int cpu, struct idle_work *w);

/* Whether the function has returned; then all that it wrote is seen. */
bool idle_done(const struct idle_work *w);

/* How often @cpu has halted. */
unsigned long cpu_halt_count(unsigned int cpu);

#endif /* KERNEL_IDLE_H */
