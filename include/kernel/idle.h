/* SPDX-License-Identifier: MIT */
/*
 * idle.h - a CPU with nothing to do.
 */
#ifndef KERNEL_IDLE_H
#define KERNEL_IDLE_H

#include <base/compiler.h>

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

/* How often @cpu has halted. */
unsigned long cpu_halt_count(unsigned int cpu);

#endif /* KERNEL_IDLE_H */
