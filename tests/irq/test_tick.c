/* SPDX-License-Identifier: MIT */
/*
 * test_tick.c - the periodic interrupt and its irregular form (B B-13).
 */
#include <irq/tick.h>

#include <arch/cpu.h>
#include <arch/time.h>
#include <lib/cpumask.h>
#include <lib/irqflags.h>
#include <lib/preempt.h>
#include <lib/selftest.h>

#include "../../irq/tick_private.h"

SELFTEST(irq, tick, jitter_range, "", stress)
{
	unsigned long n = 20000 * selftest_scale();
	u64 lowest = ~0ULL, highest = 0, sum = 0;
	unsigned long low = 0, high = 0, wrong = 0;
	struct rnd_state rnd;

	tick_jitter_seed(&rnd, selftest_seed(), 0);
	for (unsigned long i = 0; i < n; i++) {
		u64 ns = tick_jitter_ns(&rnd);

		wrong += ns < TICK_NS / 16 || ns > TICK_NS / 16 * 31;
		lowest = min(lowest, ns);
		highest = max(highest, ns);
		low += ns < TICK_NS / 2;
		high += ns > TICK_NS / 2 * 3;
		sum += ns;
	}
	EXPECT_EQ(wrong, 0UL);
	/* the whole range is used, evenly */
	EXPECT_LT(lowest, TICK_NS / 16 + TICK_NS / 100);
	EXPECT_GT(highest, TICK_NS / 16 * 31 - TICK_NS / 100);
	EXPECT_GT(low, n / 5); /* 7/30 each */
	EXPECT_LT(low, n / 4);
	EXPECT_GT(high, n / 5);
	EXPECT_LT(high, n / 4);
	/* one tick on average, so the load is that of the regular tick */
	EXPECT_GT(sum / n, TICK_NS - TICK_NS / 50);
	EXPECT_LT(sum / n, TICK_NS + TICK_NS / 50);
}

static unsigned int equal_intervals(u64 seed_a, unsigned int cpu_a, u64 seed_b,
				    unsigned int cpu_b)
{
	struct rnd_state a, b;
	unsigned int equal = 0;

	tick_jitter_seed(&a, seed_a, cpu_a);
	tick_jitter_seed(&b, seed_b, cpu_b);
	for (unsigned int i = 0; i < 200; i++)
		equal += tick_jitter_ns(&a) == tick_jitter_ns(&b);
	return equal;
}

SELFTEST(irq, tick, jitter_seeds, "")
{
	EXPECT_EQ(equal_intervals(7, 3, 7, 3), 200U); /* repeats */
	EXPECT_LT(equal_intervals(7, 0, 7, 1), 5U);   /* each CPU its own */
	EXPECT_LT(equal_intervals(7, 1, 7, 2), 5U);
	EXPECT_LT(equal_intervals(7, 0, 8, 0), 5U); /* each seed */
	EXPECT_LT(equal_intervals(7, 1, 8, 0), 5U);
}

static unsigned long ticks_within(u64 ns)
{
	unsigned long before = tick_count(raw_smp_processor_id());
	u64 start = arch_clock_ns();

	while (arch_clock_ns() - start < ns)
		cpu_relax();
	return tick_count(raw_smp_processor_id()) - before;
}

/* Bounded generously: an emulator's timers may come late, all of them. */
static bool wait_ticks(unsigned long n)
{
	unsigned long before = tick_count(raw_smp_processor_id());
	u64 start = arch_clock_ns();

	while (arch_clock_ns() - start < 5 * NSEC_PER_SEC) {
		if (tick_count(raw_smp_processor_id()) - before >= n)
			return true;
		cpu_relax();
	}
	return false;
}

/*
 * One-shot, asked for again by each tick: at most one in a sixteenth of a
 * tick (jitter=), fewer when this CPU stood still.
 */
SELFTEST(irq, tick, advances, "")
{
	unsigned long n;

	if (!arch_apic_timer_hz())
		return selftest_skip("this machine has no local APIC");
	local_irq_disable();
	tick_start();
	tick_start(); /* a second time changes nothing */
	local_irq_enable();
	n = ticks_within(20 * TICK_NS);
	EXPECT_LE(n, 16 * 20 + 1UL);
	EXPECT_TRUE(wait_ticks(2));

	local_irq_disable();
	tick_stop();
	tick_stop();
	local_irq_enable();
	cpu_relax(); /* one that was pending */
	EXPECT_EQ(ticks_within(5 * TICK_NS), 0UL);

	local_irq_disable();
	tick_start();
	local_irq_enable();
	EXPECT_TRUE(wait_ticks(2));
}

/* No tick while interrupts are off, at most one right afterwards. */
SELFTEST(irq, tick, waits_while_irqs_off, "A SYNC-I1")
{
	unsigned long during, after;
	bool resumed;

	if (!arch_apic_timer_hz())
		return selftest_skip("this machine has no local APIC");
	local_irq_disable();
	during = ticks_within(5 * TICK_NS);
	tick_stop(); /* so that the one pending asks for no other */
	after = tick_count(raw_smp_processor_id());
	local_irq_enable();
	ticks_within(2 * TICK_NS);
	after = tick_count(raw_smp_processor_id()) - after;
	local_irq_disable();
	tick_start();
	local_irq_enable();
	resumed = wait_ticks(1);
	EXPECT_EQ(during, 0UL);
	EXPECT_LE(after, 1UL);
	EXPECT_TRUE(resumed);
}
