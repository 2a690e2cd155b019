/* SPDX-License-Identifier: MIT */
/*
 * test_time.c - clock, waits and timer of every CPU, measured against the
 * HPET where there is one (A INT-2, B B-13).
 *
 * A virtual CPU can stand still at any point while time goes on, so lower
 * bounds are strict, and upper bounds hold for the best of several tries.
 */
#include <arch/time.h>

#include <arch/cpu.h>
#include <arch/irqvec.h>
#include <arch/machine.h>
#include <base/bits.h>
#include <base/errno.h>
#include <irq/tick.h>
#include <kernel/watchdog.h>
#include <lib/irqflags.h>
#include <lib/selftest.h>
#include <lib/string.h>
#include <lib/time.h>

#include "../../arch/x86_64/apic.h"
#include "../../arch/x86_64/time.h"
#include "../workers.h"

#define NO_HPET "this machine has no HPET"
#define NO_APIC "this machine has no local APIC"

static void spin_ns(u64 ns)
{
	u64 start = arch_clock_ns();

	while (arch_clock_ns() - start < ns)
		cpu_relax();
}

/* ---- the clock ---------------------------------------------------------- */

SELFTEST(arch, time, monotonic_here, "")
{
	u64 first = arch_clock_ns(), last = first;
	unsigned int back = 0;

	for (unsigned int i = 0; i < 20000; i++) {
		u64 now = arch_clock_ns();

		back += now < last;
		last = now;
	}
	EXPECT_EQ(back, 0U);
	EXPECT_GT(last, first);
}

/* Each CPU in turn reads the clock and hands its reading to the next. */
struct relay {
	atomic_t turn; /* readings taken so far; release and acquire */
	u64 last;      /* of whose turn it is */
	u64 worst;     /* largest step backward */
	int rounds;
};

static void relay_run(unsigned int cpu, void *arg)
{
	struct relay *r = arg;
	int cpus = (int)num_online_cpus(), place = 0;
	unsigned int other;

	for_each_online_cpu(other)
		place += other < cpu;
	for (int i = 0; i < r->rounds; i++) {
		u64 now;

		/* pairs with the release by the CPU before */
		while (atomic_read_acquire(&r->turn) != i * cpus + place)
			cpu_relax();
		now = arch_clock_ns();
		if (now < r->last)
			r->worst = max(r->worst, r->last - now);
		r->last = now;
		/* pairs with the acquire of the next one */
		atomic_set_release(&r->turn, i * cpus + place + 1);
	}
}

static void expect_relay_forward(int rounds)
{
	struct relay r = {.rounds = rounds};
	unsigned int cpus = workers_run(relay_run, &r);

	EXPECT_EQ(atomic_read(&r.turn), rounds * (int)cpus);
	EXPECT_EQ(r.worst, 0ULL);
}

SELFTEST(arch, time, monotonic_across_cpus, "", race)
{
	expect_relay_forward(100);
}

/* For differences of a few minutes at most. */
static u64 hpet_to_ns(u64 counts)
{
	return counts * NSEC_PER_SEC / hpet_frequency();
}

/* One look at both, undisturbed: within @gap_ns by the HPET. */
static bool sample(u64 *clock_ns, u64 *counts, u64 gap_ns)
{
	for (unsigned int i = 0; i < 10000; i++) {
		u64 before = hpet_count(), after;

		*clock_ns = arch_clock_ns();
		after = hpet_count();
		*counts = before;
		if (hpet_to_ns(after - before) < gap_ns)
			return true;
	}
	return false;
}

/* The clock runs at the speed of the HPET, within half a percent. */
static void expect_rate(u64 ns)
{
	u64 clock[2], hpet[2], c, h;

	REQUIRE_TRUE(sample(&clock[0], &hpet[0], ns / 500));
	spin_ns(ns);
	REQUIRE_TRUE(sample(&clock[1], &hpet[1], ns / 500));
	c = clock[1] - clock[0];
	h = hpet_to_ns(hpet[1] - hpet[0]);
	EXPECT_GE(c, h - h / 200);
	EXPECT_LE(c, h + h / 200);
}

SELFTEST(arch, time, rate, "")
{
	EXPECT_GT(arch_tsc_hz(), 0ULL);
	EXPECT_NE(strcmp(arch_clock_name(), "none"), 0);
	if (!hpet_frequency())
		return selftest_skip(NO_HPET);
	expect_rate(20000000);
}

/* The TSC is given up and taken back; the clock notices neither. */
SELFTEST(arch, time, fallback, "", race)
{
	u64 before, after;

	if (!hpet_frequency())
		return selftest_skip(NO_HPET);
	if (strcmp(arch_clock_name(), "tsc") != 0)
		return selftest_skip("the clock is not the TSC");
	before = arch_clock_ns();
	arch_tsc_mark_unstable("a test wants to see the fallback");
	after = arch_clock_ns();
	EXPECT_STREQ(arch_clock_name(), "hpet");
	EXPECT_GE(after, before);
	EXPECT_LT(after - before, NSEC_PER_SEC); /* nor a jump */
	expect_rate(5000000);
	expect_relay_forward(20);
	/* a second time does nothing */
	before = arch_clock_ns();
	arch_tsc_mark_unstable("twice");
	EXPECT_STREQ(arch_clock_name(), "hpet");

	clock_back_to_tsc();
	after = arch_clock_ns();
	EXPECT_STREQ(arch_clock_name(), "tsc");
	EXPECT_GE(after, before);
	EXPECT_LT(after - before, NSEC_PER_SEC);
	expect_rate(5000000);
	expect_relay_forward(20);
}

/* ---- two CPUs' counters ------------------------------------------------- */

static struct tsc_check check;
static s64 target_skew;

static void check_target(void *arg)
{
	(void)arg;
	tsc_check_target(&check, target_skew);
}

static u64 check_with(unsigned int cpu, s64 source, s64 target)
{
	check = (struct tsc_check){0};
	target_skew = target;
	smp_call_function_single(cpu, check_target, NULL, false);
	return tsc_check_source(&check, source);
}

SELFTEST(arch, time, tsc_check, "", race)
{
	unsigned int cpu = workers_other_cpu();
	const char *before = arch_clock_name();
	s64 skew = (s64)arch_tsc_hz() / 2;
	/* clang-format off */
	const s64 planted[][2] = {
		{skew, 0}, {-skew, 0}, {0, skew}, {0, -skew},
	};
	/* clang-format on */

	if (cpu == NR_CPUS)
		return selftest_skip("needs 2 CPUs");
	EXPECT_EQ(check_with(cpu, 0, 0), 0ULL);
	EXPECT_EQ(check_with(cpu, skew, skew), 0ULL);
	for (unsigned int i = 0; i < ARRAY_SIZE(planted); i++) {
		u64 found = check_with(cpu, planted[i][0], planted[i][1]);

		/* less the time from one reading to the next */
		EXPECT_LE(found, (u64)skew);
		EXPECT_GE(found, (u64)skew / 2);
	}
	EXPECT_STREQ(arch_clock_name(), before); /* it only measures */
}

/* A CPU that dies on its way must not hold up the boot for long. */
SELFTEST(arch, time, tsc_check_alone, "B B-13")
{
	u64 start = arch_clock_ns(), waited;

	check = (struct tsc_check){.wait_ms = 5};
	EXPECT_EQ(tsc_check_source(&check, 0), 0ULL);
	waited = arch_clock_ns() - start;
	EXPECT_GE(waited, 4 * NSEC_PER_MSEC);
	EXPECT_LT(waited, 2 * NSEC_PER_SEC);
}

/* ---- waiting ------------------------------------------------------------ */

static u64 hpet_ns_of(unsigned long usecs)
{
	u64 start = hpet_count();

	udelay(usecs);
	return hpet_to_ns(hpet_count() - start);
}

SELFTEST(arch, time, udelay, "")
{
	static const unsigned long usecs[] = {1, 20, 1000, 5000};

	if (!hpet_frequency())
		return selftest_skip(NO_HPET);
	for (unsigned int i = 0; i < ARRAY_SIZE(usecs); i++) {
		u64 wanted = usecs[i] * NSEC_PER_USEC, best = ~0ULL;

		for (unsigned int n = 0; n < 8; n++)
			best = min(best, hpet_ns_of(usecs[i]));
		EXPECT_GE(best, wanted - wanted / 200);
		EXPECT_LE(best, 2 * wanted + 100000);
	}
}

/* ---- the timer ---------------------------------------------------------- */

static bool timer_pending(void)
{
	return apic_read(APIC_IRR + LOCAL_TIMER_VECTOR / 32 * 0x10) >>
		       (LOCAL_TIMER_VECTOR % 32) &
	       1;
}

/* Time until the timer's interrupt is pending; 0: it did not come. */
static u64 timer_ns(u64 delta, u64 limit)
{
	u64 start = arch_clock_ns();

	arch_timer_set(delta);
	while (arch_clock_ns() - start < limit) {
		if (timer_pending())
			return arch_clock_ns() - start; /* not read before */
		cpu_relax();
	}
	return 0;
}

/* Interrupts off: the tick must not disturb, nothing is taken. */
static void quiet_timer(void)
{
	local_irq_disable();
	tick_stop();
	/* what was pending already comes now, and asks for no other */
	local_irq_enable();
	cpu_relax();
	local_irq_disable();
}

static void tick_again(void)
{
	tick_start();
	local_irq_enable();
}

SELFTEST(arch, time, timer_once, "A INT-2")
{
	static const u64 deltas[] = {1000000, 50000, 4000000};
	unsigned long before;

	if (!arch_apic_timer_hz())
		return selftest_skip(NO_APIC);
	for (unsigned int i = 0; i < ARRAY_SIZE(deltas); i++) {
		u64 delta = deltas[i], took;

		quiet_timer();
		before = tick_count(raw_smp_processor_id());
		took = timer_ns(delta, NSEC_PER_SEC);
		EXPECT_GE(took, delta - delta / 200);
		local_irq_enable();
		spin_ns(3 * delta);
		/* one interrupt, and not another */
		EXPECT_EQ(tick_count(raw_smp_processor_id()), before + 1);
		local_irq_disable();
		tick_again();
	}
}

/*
 * Sets and stops the timer; a CPU that stood still in between, by its own
 * clock or by that of the timer, tries again.
 */
static void stop_in_time(u64 delta)
{
	u64 start;

	do {
		local_irq_enable();
		quiet_timer();
		start = arch_clock_ns();
		arch_timer_set(delta);
		arch_timer_stop();
	} while (arch_clock_ns() - start >= delta || timer_pending());
}

SELFTEST(arch, time, timer_stop, "")
{
	u64 stopped = 0, huge, tiny;

	if (!arch_apic_timer_hz())
		return selftest_skip(NO_APIC);
	stop_in_time(1000000);
	for (u64 start = arch_clock_ns(); arch_clock_ns() - start < 3000000;)
		stopped |= timer_pending();
	/* the longest there is: cut, but not to something short */
	huge = timer_ns(~0ULL, 3000000);
	arch_timer_stop();
	tiny = timer_ns(1, NSEC_PER_SEC);
	tick_again();
	EXPECT_EQ(stopped, 0ULL);
	EXPECT_EQ(huge, 0ULL);
	EXPECT_GT(tiny, 0ULL);
}

static u64 took_on[NR_CPUS];

static void timer_here(void *arg)
{
	(void)arg;
	took_on[smp_processor_id()] = timer_ns(200000, NSEC_PER_SEC);
}

/* Each CPU has one of its own, of the same speed. */
SELFTEST(arch, time, timer_on_every_cpu, "B B-13")
{
	unsigned int cpu;

	if (!arch_apic_timer_hz())
		return selftest_skip(NO_APIC);
	quiet_timer();
	local_irq_enable();
	on_each_cpu(timer_here, NULL, true);
	local_irq_disable();
	tick_again();
	for_each_online_cpu(cpu)
		EXPECT_GE(took_on[cpu], 200000ULL - 1000);
}

/* ---- the watchdog's source ---------------------------------------------- */

SELFTEST(arch, time, watchdog_ignores_if, "")
{
	unsigned long before, running, stopped;
	u64 start;

	EXPECT_EQ(arch_watchdog_start(0), -EINVAL);
	EXPECT_EQ(arch_watchdog_start(18), -EINVAL);
	EXPECT_EQ(arch_watchdog_start(1001), -EINVAL);
	if (arch_watchdog_start(1000))
		return selftest_skip("this machine has no source of NMIs");
	local_irq_disable();
	before = watchdog_nmi_count();
	start = arch_clock_ns();
	while (watchdog_nmi_count() < before + 5 &&
	       arch_clock_ns() - start < NSEC_PER_SEC)
		cpu_relax();
	running = watchdog_nmi_count() - before;
	arch_watchdog_stop();
	spin_ns(100000); /* what was on its way */
	before = watchdog_nmi_count();
	spin_ns(10000000);
	stopped = watchdog_nmi_count() - before;
	local_irq_enable();
	EXPECT_EQ(arch_watchdog_start(WATCHDOG_HZ), 0);
	EXPECT_GE(running, 5UL);
	EXPECT_EQ(stopped, 0UL);
}
