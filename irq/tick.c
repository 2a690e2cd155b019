/* SPDX-License-Identifier: MIT */
/*
 * tick.c - the periodic timer interrupt of each CPU.
 *
 * Model. The timer hardware is one-shot: each tick asks for the next one.
 * Normally 1/HZ later; with jitter=SEED at an interval between 1/16 and 31/16
 * of that, from a generator of each CPU's own. In a deterministic emulator
 * this makes each seed another interleaving, that repeats exactly.
 *
 * Invariants.
 *   I1  At most one timer is pending on a CPU, and only while it ticks.
 * Locking. All state is this CPU's, touched with interrupts off.
 * Contexts. Hardirq, or interrupts off.
 */
#include <irq/tick.h>

#include <arch/time.h>
#include <base/assert.h>
#include <base/config.h>
#include <lib/irqflags.h>
#include <lib/param.h>
#include <lib/percpu.h>
#include <lib/preempt.h>
#include <lib/random.h>
#include <lib/time.h>
#include <lib/trip.h>

#include "tick_private.h"

static u64 jitter_seed;
PARAM_U64("jitter", jitter_seed,
	  "seed of irregular timer intervals; 0: regular");

static DEFINE_PER_CPU(unsigned long, ticks);
static DEFINE_PER_CPU(bool, ticking);
static DEFINE_PER_CPU(bool, jitter_ready); /* jitter_rnd was seeded */
static DEFINE_PER_CPU(struct rnd_state, jitter_rnd);

void tick_jitter_seed(struct rnd_state *rnd, u64 seed, unsigned int cpu)
{
	prandom_seed_state(rnd, seed + ((u64)cpu << 32));
}

u64 tick_jitter_ns(struct rnd_state *rnd)
{
	/* 1/16 .. 31/16 of a tick, both included: one tick on average. */
	return TICK_NS / 16 + prandom_u32_below(rnd, TICK_NS / 16 * 30 + 1);
}

static u64 next_interval(void)
{
	if (!jitter_seed)
		return TICK_NS;
	return tick_jitter_ns(this_cpu_ptr(&jitter_rnd));
}

bool tick_jittered(void)
{
	return jitter_seed != 0;
}

void tick_start(void)
{
	ASSERT(irqs_disabled());
	if (this_cpu_read(ticking))
		return;
	if (jitter_seed && !this_cpu_read(jitter_ready)) {
		tick_jitter_seed(this_cpu_ptr(&jitter_rnd), jitter_seed,
				 smp_processor_id());
		this_cpu_write(jitter_ready, true);
	}
	this_cpu_write(ticking, true);
	arch_timer_set(next_interval());
}

void tick_stop(void)
{
	ASSERT(irqs_disabled());
	this_cpu_write(ticking, false);
	arch_timer_stop();
}

void tick_interrupt(void)
{
	this_cpu_inc(ticks);
	trip(tick);
	if (this_cpu_read(ticking))
		arch_timer_set(next_interval());
}

unsigned long tick_count(unsigned int cpu)
{
	return READ_ONCE(per_cpu(ticks, cpu));
}
