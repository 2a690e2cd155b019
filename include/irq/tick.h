/* SPDX-License-Identifier: MIT */
/*
 * tick.h - the periodic timer interrupt of each CPU.
 */
#ifndef IRQ_TICK_H
#define IRQ_TICK_H

#include <base/types.h>

/**
 * tick_start() - begin to tick on this CPU, HZ times a second.
 * tick_stop() - no more interrupts by time on this CPU, for an idle wait.
 *
 * Context: interrupts off. Both may be called again and again.
 */
void tick_start(void);
void tick_stop(void);

/* The timer interrupt itself: counts and asks for the next. */
void tick_interrupt(void);

/* Whether jitter= was given. */
bool tick_jittered(void);

/* Ticks that @cpu has taken. */
unsigned long tick_count(unsigned int cpu);

#endif /* IRQ_TICK_H */
