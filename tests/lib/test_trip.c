/* SPDX-License-Identifier: MIT */
/*
 * test_trip.c - counts, numbers and stops of trip points.
 *
 * The points of these cases are passed by nobody else, so that numbers are
 * exact although other CPUs run.
 */
#include <lib/trip.h>

#include <arch/cpu.h>
#include <base/errno.h>
#include <lib/cpumask.h>
#include <lib/fault.h>
#include <lib/preempt.h>
#include <lib/selftest.h>
#include <lib/string.h>

#include "../workers.h"

static noinline void pass_one(void)
{
	trip(test.trip.one);
}

static noinline void pass_two(void)
{
	trip(test.trip.two);
}

static const struct trip *point(const char *name)
{
	return trip_find(name, strlen(name));
}

/*
 * What a case changes. Everything is put back, and by the same instructions
 * whether a stop was armed or not: a run of all tests can be replayed.
 *
 * Numbering is switched on by a case, never off: hits of other CPUs at that
 * moment would get no number, and the n-th would be another one ever after.
 * Only what was off is off again at the end; whoever switches it on later
 * counts all numbers anew.
 */
struct before {
	struct trip_stop stop;
	unsigned int numbered;
};

static void save(struct before *b)
{
	b->stop = trip_stop;
	b->numbered = trip_numbered;
}

static void restore(const struct before *b)
{
	trip_stop = b->stop;
	WRITE_ONCE(trip_numbered, b->numbered);
}

SELFTEST(lib, trip, names, "")
{
	const struct trip *t, *other;
	unsigned int n = 0;

	for_each_trip(t) {
		n++;
		EXPECT_PTR_EQ(point(t->name), t); /* the first of this name */
		EXPECT_TRUE(t->line > 0);
		EXPECT_TRUE(strlen(t->name) > 0 && !strchr(t->name, ' '));
		for (other = __trips_start; other < t; other++)
			EXPECT_TRUE(other->hits != t->hits);
	}
	EXPECT_EQ(n, (unsigned int)(__trips_stop - __trips_start));
	EXPECT_PTR_EQ(point("test.trip"), NULL);
	EXPECT_PTR_EQ(trip_find("test.trip.oneself", 13),
		      point("test.trip.one"));
	EXPECT_STREQ(point("test.trip.two")->name, "test.trip.two");
}

SELFTEST(lib, trip, counts, "")
{
	const struct trip *t = point("test.trip.one");
	unsigned long sum, here;
	unsigned int cpu;

	preempt_disable();
	cpu = smp_processor_id();
	sum = trip_count(t);
	here = *per_cpu_ptr(t->hits, cpu);
	for (unsigned int i = 0; i < 5; i++)
		pass_one();
	pass_two();
	EXPECT_EQ(*per_cpu_ptr(t->hits, cpu), here + 5);
	EXPECT_EQ(trip_count(t), sum + 5);
	preempt_enable();
}

/* Where the stop came, for cases that have their own. */
static struct {
	const struct trip *t;
	u64 number;
	unsigned int times;
} stopped;

static void note_stop(const struct trip *t, u64 number, u64 ns)
{
	(void)ns;
	stopped.t = t;
	stopped.number = number;
	stopped.times++;
}

static void pass_three_times(void *arg)
{
	unsigned int *passed = arg;

	for (unsigned int i = 0; i < 3; i++) {
		pass_one();
		pass_two();
		++*passed;
	}
}

SELFTEST(lib, trip, stops_at_the_number, "")
{
	const struct trip *t = point("test.trip.one");
	struct before b;
	unsigned int passed = 0;
	unsigned long before;
	char msg[160];

	save(&b);
	pass_one();
	before = trip_count(t);
	EXPECT_EQ(trip_arm(t, before + 2, trip_panic), 0);
	EXPECT_PTR_EQ(trip_stop.what, t);
	EXPECT_EQ(trip_numbered, 1U);
	EXPECT_EQ(atomic64_read(t->number), (s64)before);

	EXPECT_TRUE(panic_catch(pass_three_times, &passed, msg, sizeof(msg)));
	EXPECT_EQ(passed, 1U); /* the second was the one */
	EXPECT_TRUE(strstr(msg, "trip point test.trip.one, hit "));
	EXPECT_TRUE(strstr(msg, "tests/lib/test_trip.c:"));
	EXPECT_EQ(trip_count(t), before + 2);

	/* It is over: the same stop does not come again. */
	EXPECT_FALSE(panic_catch(pass_three_times, &passed, msg, sizeof(msg)));
	EXPECT_EQ(passed, 4U);
	EXPECT_EQ(atomic64_read(t->number), (s64)before + 5);
	restore(&b);
}

SELFTEST(lib, trip, goes_on_behind_the_stop, "")
{
	const struct trip *t = point("test.trip.two");
	struct before b;
	unsigned int passed = 0;
	u64 n;

	save(&b);
	memset(&stopped, 0, sizeof(stopped));
	n = trip_count(t) + 2;
	EXPECT_EQ(trip_arm(t, n, note_stop), 0);
	pass_three_times(&passed);
	EXPECT_EQ(passed, 3U);
	EXPECT_EQ(stopped.times, 1U);
	EXPECT_EQ(stopped.number, n);
	EXPECT_PTR_EQ(stopped.t, t);
	restore(&b);
}

SELFTEST(lib, trip, late_or_no_stop, "")
{
	const struct trip *t = point("test.trip.one");
	struct before b;
	unsigned int passed = 0;
	char msg[160];

	save(&b);
	pass_one();
	EXPECT_EQ(trip_arm(NULL, 0, trip_panic), 0);
	EXPECT_EQ(trip_arm(t, trip_count(t), trip_panic), -ERANGE);
	EXPECT_PTR_EQ(trip_stop.what, NULL);
	EXPECT_EQ(trip_arm(t, trip_count(t) + 1, trip_panic), 0);
	EXPECT_EQ(trip_arm(NULL, 0, trip_panic), 0);
	EXPECT_FALSE(panic_catch(pass_three_times, &passed, msg, sizeof(msg)));
	EXPECT_EQ(passed, 3U);
	restore(&b);
}

/* Without numbers there is no stop, but a count. */
SELFTEST(lib, trip, unnumbered, "")
{
	const struct trip *t = point("test.trip.one");
	struct before b;
	unsigned int passed = 0;
	unsigned long count;

	save(&b);
	if (b.numbered) {
		selftest_skip("this run numbers its hits from the boot on");
		return;
	}
	memset(&stopped, 0, sizeof(stopped));
	count = trip_count(t);
	EXPECT_EQ(trip_arm(t, count + 1, note_stop), 0);
	WRITE_ONCE(trip_numbered, 0U); /* as it was */
	pass_three_times(&passed);
	EXPECT_EQ(trip_count(t), count + 3);
	EXPECT_EQ(stopped.times, 0U);
	/* Counted anew, the hit that was to be the stop is over. */
	EXPECT_EQ(trip_arm(t, count + 1, note_stop), -ERANGE);
	EXPECT_EQ(atomic64_read(t->number), (s64)count + 3);
	restore(&b);
}

/* A CPU that was stopped on its way from the count to the number. */
static void numbers_follow(const struct trip *unused, u64 number, u64 ns)
{
	s64 others = (s64)num_online_cpus() - 1;
	const struct trip *t;

	note_stop(unused, number, ns);
	for_each_trip(t) {
		s64 late = (s64)trip_count(t) - atomic64_read(t->number);

		EXPECT_GE(late, 0);
		EXPECT_LE(late, others);
	}
}

/* All that ran before this case left no hit without its number. */
SELFTEST(lib, trip, every_hit_has_a_number, "")
{
	const struct trip *t = point("test.trip.one");

	if (!READ_ONCE(trip_numbered)) {
		selftest_skip("hits are not numbered in this run");
		return;
	}
	memset(&stopped, 0, sizeof(stopped));
	pass_one();
	pass_two();
	trip_freeze_for(numbers_follow, t, 1, 2);
	EXPECT_EQ(stopped.times, 1U);
	EXPECT_EQ(trip_count(t), (unsigned long)atomic64_read(t->number));
}

/* The others count; this CPU freezes them and watches. */
static struct {
	unsigned long counts[NR_CPUS];
	unsigned long at_stop, later;
	unsigned int go;
} race;

static unsigned long counted(void)
{
	unsigned long sum = 0;

	for (unsigned int cpu = 0; cpu < nr_cpu_ids; cpu++)
		sum += READ_ONCE(race.counts[cpu]);
	return sum;
}

static void watch_still(const struct trip *t, u64 number, u64 ns)
{
	note_stop(t, number, ns);
	race.at_stop = counted();
	for (unsigned int i = 0; i < 10000; i++)
		cpu_relax();
	race.later = counted();
}

static void count_or_freeze(unsigned int cpu, void *arg)
{
	unsigned int *boss = arg;

	if (cpu != *boss) {
		while (READ_ONCE(race.go)) {
			WRITE_ONCE(race.counts[cpu], race.counts[cpu] + 1);
			cpu_relax();
		}
		return;
	}
	while (counted() < 1000)
		cpu_relax();
	trip_freeze_for(watch_still, point("test.trip.one"), 7, 8);
	while (counted() < race.later + 1000) /* they go on */
		cpu_relax();
	WRITE_ONCE(race.go, 0U);
}

SELFTEST(lib, trip, freezes_the_others, "")
{
	unsigned int boss;

	if (num_online_cpus() < 2) {
		selftest_skip("needs 2 CPUs");
		return;
	}
	memset(&race, 0, sizeof(race));
	memset(&stopped, 0, sizeof(stopped));
	race.go = 1;
	preempt_disable();
	boss = smp_processor_id();
	workers_run(count_or_freeze, &boss);
	preempt_enable();
	EXPECT_EQ(stopped.times, 1U);
	EXPECT_EQ(stopped.number, 7ULL);
	EXPECT_TRUE(race.at_stop >= 1000);
	EXPECT_EQ(race.later, race.at_stop);
	EXPECT_FALSE(trip_nmi()); /* nobody freezes now */
}

SELFTEST(lib, trip, points_of_the_kernel, "")
{
	unsigned long ticks;
	static const char *const names[] = {
		"smp_call.send", "smp_call.run", "spinlock.slow", "tick",
		"trap.entry",	 "printk.store", "smp.arrive"};

	for (unsigned int i = 0; i < ARRAY_SIZE(names); i++)
		EXPECT_TRUE(point(names[i]));
	EXPECT_EQ(trip_count(point("smp.arrive")), num_online_cpus() - 1);
	ticks = trip_count(point("tick")); /* before the larger one */
	EXPECT_LE(ticks, trip_count(point("trap.entry")));
	EXPECT_TRUE(trip_count(point("printk.store")) > 0);
}
