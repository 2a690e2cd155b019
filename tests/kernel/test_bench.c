/* SPDX-License-Identifier: MIT */
/*
 * test_bench.c - the runner of benchmarks measures what it says.
 *
 * Benchmarks of this file are in no list: they are handed to the runner.
 */
#include <kernel/bench.h>

#include <arch/cpu.h>
#include <base/atomic.h>
#include <base/errno.h>
#include <irq/tick.h>
#include <lib/cpumask.h>
#include <lib/preempt.h>
#include <lib/selftest.h>

#include "../workers.h"

#define TURNS 40

static unsigned int setups, teardowns, loops;
static unsigned long turns_asked;
static int setup_result;

static int count_setup(void)
{
	setups++;
	return setup_result;
}

static void count_teardown(void)
{
	teardowns++;
}

static void count_loop(unsigned long n)
{
	loops++;
	turns_asked = n;
}

static void reset(void)
{
	setups = teardowns = loops = 0;
	turns_asked = 0;
	setup_result = 0;
}

SELFTEST(kernel, bench, repetitions, "")
{
	static const struct bench b = {
		.name = "test",
		.turns = TURNS,
		.ops = 5,
		.loop = count_loop,
		.setup = count_setup,
		.teardown = count_teardown,
	};
	struct bench_result r;

	reset();
	REQUIRE_EQ(bench_measure(&b, &r), 0);
	EXPECT_EQ(setups, 1);
	EXPECT_EQ(teardowns, 1);
	EXPECT_GE(loops, 1 + BENCH_REPETITIONS);
	EXPECT_EQ(r.cpus, 1);
	EXPECT_EQ(r.n, turns_asked * 5);
	EXPECT_LE(r.min, r.median);
	EXPECT_LE(r.median, r.max);
}

SELFTEST(kernel, bench, setup_fails, "")
{
	static const struct bench b = {
		.name = "test",
		.turns = TURNS,
		.loop = count_loop,
		.setup = count_setup,
		.teardown = count_teardown,
	};
	struct bench_result r;

	reset();
	setup_result = -ENOMEM;
	EXPECT_EQ(bench_measure(&b, &r), -ENOMEM);
	EXPECT_EQ(setups, 1);
	EXPECT_EQ(loops, 0);
	EXPECT_EQ(teardowns, 0);
}

#define KNOWN 500

static void known_loop(unsigned long n)
{
	for_each_turn(n)
		arch_count_down(KNOWN);
}

/* A thousand instructions, the loop, and what is between two readings. */
SELFTEST(kernel, bench, instructions, "")
{
	static const struct bench b = {
		.name = "test",
		.turns = TURNS,
		.loop = known_loop,
	};
	struct bench_result r;

	if (!bench_ticks_per_insn()) {
		selftest_skip("the counter does not count instructions");
		return;
	}
	REQUIRE_EQ(bench_measure(&b, &r), 0);
	EXPECT_TRUE(r.exact);
	EXPECT_GE(r.min, 100UL * (ARCH_COUNT_DOWN_INSNS * KNOWN + 3));
	EXPECT_LE(r.min, 100UL * (ARCH_COUNT_DOWN_INSNS * KNOWN + 10));
}

/* Comes back only after a tick: no repetition is left alone. */
static void ticked_loop(unsigned long n)
{
	unsigned long before = tick_count(0);

	turns_asked = n;
	while (tick_count(0) == before)
		cpu_relax();
}

SELFTEST(kernel, bench, disturbed, "")
{
	static const struct bench b = {
		.name = "test",
		.turns = 3,
		.loop = ticked_loop,
	};
	struct bench_result r;

	if (!arch_apic_timer_hz()) {
		selftest_skip(NO_APIC);
		return;
	}
	reset();
	REQUIRE_EQ(bench_measure(&b, &r), 0);
	EXPECT_EQ(turns_asked, 1); /* 3 were halved in vain */
	EXPECT_EQ(r.n, 1);
	EXPECT_EQ(r.disturbed, BENCH_REPETITIONS);
}

static atomic_t here, most;
static struct cpumask came;

static void together_loop(unsigned long n)
{
	unsigned int cpus = num_online_cpus();

	(void)n;
	cpumask_set_cpu(smp_processor_id(), &came);
	atomic_inc(&here);
	while ((unsigned int)atomic_read(&here) % cpus)
		cpu_relax(); /* nobody leaves before the last has come */
	atomic_inc(&most);
}

SELFTEST(kernel, bench, all_cpus, "")
{
	static const struct bench b = {
		.name = "test",
		.turns = 1,
		.loop = together_loop,
		.all_cpus = true,
	};
	struct bench_result r;

	if (!ipi_possible()) {
		selftest_skip(NO_APIC);
		return;
	}
	atomic_set(&here, 0);
	atomic_set(&most, 0);
	cpumask_clear(&came);
	REQUIRE_EQ(bench_measure(&b, &r), 0);
	EXPECT_EQ(r.cpus, num_online_cpus());
	EXPECT_EQ(r.n, num_online_cpus());
	EXPECT_EQ(cpumask_weight(&came), num_online_cpus());
	EXPECT_EQ((unsigned int)atomic_read(&most) % num_online_cpus(), 0);
	EXPECT_GE((unsigned int)atomic_read(&most),
		  (1 + BENCH_REPETITIONS) * num_online_cpus());
}

SELFTEST(kernel, bench, no_match, "")
{
	EXPECT_EQ(bench_run("no.such.benchmark"), -ENOENT);
}
