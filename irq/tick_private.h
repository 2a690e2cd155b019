/* SPDX-License-Identifier: MIT */
/*
 * tick_private.h - the irregular intervals of jitter=, for tick.c and tests.
 */
#ifndef IRQ_TICK_PRIVATE_H
#define IRQ_TICK_PRIVATE_H

#include <base/config.h>
#include <base/types.h>
#include <lib/random.h>
#include <lib/time.h>

#define TICK_NS (NSEC_PER_SEC / HZ)

/* Starts the sequence of one CPU: another for each seed and each CPU. */
void tick_jitter_seed(struct rnd_state *rnd, u64 seed, unsigned int cpu);

/* The next interval: between 1/16 and 31/16 of a tick. */
u64 tick_jitter_ns(struct rnd_state *rnd);

#endif /* IRQ_TICK_PRIVATE_H */
