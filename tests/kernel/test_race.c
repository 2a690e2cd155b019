/* SPDX-License-Identifier: MIT */
/*
 * test_race.c - a race planted on purpose: does this way of running the
 * kernel show races at all?
 *
 * Every CPU increments one counter without a lock: load, add, store. An
 * update is lost when another CPU stores between the load and the store of
 * this one (C CC-06). On real or multi-threaded CPUs that happens by itself.
 * A deterministic emulator runs one CPU at a time and hands over when a
 * timer is due, so it is the irregular timers of jitter=SEED that put the
 * border into the middle of an update. The host program runs this with many
 * seeds and wants each of them to lose updates, and to lose the same number
 * again when it is repeated.
 */
#include <arch/cpu.h>
#include <base/atomic.h>
#include <irq/smp_call.h>
#include <irq/tick.h>
#include <lib/cpumask.h>
#include <lib/printk.h>
#include <lib/selftest.h>

#include "../workers.h"

#define ROUNDS 100000UL

static struct {
	unsigned long counter;
	atomic_t arrived, done;
	int cpus;
} race;

/* The load and the store are instructions of their own, on any compiler. */
static void increment_unlocked(void)
{
	for (unsigned long i = 0; i < ROUNDS; i++) {
		unsigned long v = READ_ONCE(race.counter);

		WRITE_ONCE(race.counter, v + 1);
	}
}

static void racer(void *arg)
{
	(void)arg;
	workers_line_up(&race.arrived, race.cpus);
	increment_unlocked();
	atomic_inc(&race.done);
}

SELFTEST(kernel, race, planted_counter, "C CC-06", race)
{
	unsigned long all, lost;

	race.cpus = (int)num_online_cpus();
	if (race.cpus < 2) {
		selftest_skip("needs 2 CPUs");
		return;
	}
	race.counter = 0;
	atomic_set(&race.arrived, 0);
	atomic_set(&race.done, 0);

	/* Here with interrupts on: the ticks are what cuts updates in two. */
	smp_call_function(racer, NULL, false);
	racer(NULL);
	while (atomic_read(&race.done) < race.cpus)
		cpu_relax();

	all = (unsigned long)race.cpus * ROUNDS;
	lost = all - race.counter;
	pr_raw("# lost %lu of %lu\n", lost, all);
	EXPECT_LE(race.counter, all);
	EXPECT_GE(race.counter, 2UL);
	if (tick_jittered())
		EXPECT_GT(lost, 0UL);
}
