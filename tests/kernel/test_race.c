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
#include <lib/percpu.h>
#include <lib/printk.h>
#include <lib/selftest.h>

#include "../workers.h"

/* Each tick of the first CPU cuts one update in two, or does not. */
#define TICKS	   60
#define CHUNK	   1000UL
#define MAX_CHUNKS 50000UL /* should the tick stand still */

static struct {
	unsigned long counter;
	atomic64_t updates; /* what counter should be */
	atomic_t arrived, stop, left;
	int cpus;
} race;

static void increment_unlocked(void)
{
	for (unsigned long i = 0; i < CHUNK; i++) {
		unsigned long v = READ_ONCE(race.counter);

		barrier(); /* two instructions, with any compiler */
		WRITE_ONCE(race.counter, v + 1);
	}
	atomic64_add(CHUNK, &race.updates);
}

/*
 * The others: in an interrupt handler, so nothing cuts them short; between
 * chunks they let go of the emulator.
 */
static void racer(void *arg)
{
	(void)arg;
	workers_line_up(&race.arrived, race.cpus);
	while (!atomic_read(&race.stop)) {
		increment_unlocked();
		cpu_relax();
	}
	atomic_dec(&race.left);
}

SELFTEST(kernel, race, planted_counter, "C CC-06", race)
{
	unsigned long all, lost, first;

	race.cpus = (int)num_online_cpus();
	if (race.cpus < 2) {
		selftest_skip("needs 2 CPUs");
		return;
	}
	race.counter = 0;
	atomic64_set(&race.updates, 0);
	atomic_set(&race.arrived, 0);
	atomic_set(&race.stop, 0);
	atomic_set(&race.left, race.cpus - 1);

	smp_call_function(racer, NULL, false);
	workers_line_up(&race.arrived, race.cpus);
	first = tick_count(raw_smp_processor_id());
	for (unsigned long i = 0; i < MAX_CHUNKS; i++) {
		if (tick_count(raw_smp_processor_id()) - first >= TICKS)
			break;
		increment_unlocked();
	}
	atomic_set(&race.stop, 1);
	while (atomic_read(&race.left))
		cpu_relax();

	all = (unsigned long)atomic64_read(&race.updates);
	lost = all - race.counter;
	pr_raw("# lost %lu of %lu\n", lost, all);
	EXPECT_LE(race.counter, all);
	EXPECT_GE(race.counter, CHUNK);
	if (tick_jittered())
		EXPECT_GT(lost, 0UL);
}
