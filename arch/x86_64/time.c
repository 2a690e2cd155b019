/* SPDX-License-Identifier: MIT */
/*
 * time.c - reading time, and being interrupted at a time.
 *
 * Model. Two counters can tell the time: the TSC, one instruction to read but
 * of unknown frequency and possibly different on each CPU; and the HPET, slow
 * to read but one for all CPUs and of known frequency. A clock converts a
 * counter to nanoseconds:
 *
 *	ns = base_ns + (counter - base) * mult / 2^32
 *
 * arch_time_init() measures the TSC and the APIC timer against a reference of
 * known frequency over CALIBRATE_US: the HPET, else the ACPI PM timer, else
 * channel 2 of the PIT. The TSC is the clock until the cross-CPU check, made
 * as each CPU starts, sees a step backward; then the HPET continues where the
 * TSC stopped. (The CPU's own "invariant TSC" bit is printed but not needed:
 * emulators do not set it although their TSC is good.)
 *
 * The cross-CPU check. Two CPUs contend for a lock until it has changed hands
 * often enough: each reads its TSC and compares it with the last reading of
 * either. The lock orders the readings in real time, so a smaller value is a
 * step backward that a program moved between the two CPUs could see.
 *
 * Invariants.
 *   I1  arch_clock_ns() never goes back on one CPU, nor between two that
 *       synchronise by memory.
 *   I2  A change of clock is one pointer store; the new clock's base is a
 *       reading of the old one by the CPU that changes it.
 * Locking. `clock` is published with release and read with acquire: a reader
 * sees the whole new struct. A check is protected by its own lock.
 * Contexts. arch_clock_ns(), udelay(): any. The rest: boot.
 * Limits. A frequency that drifts is not corrected. The PM timer and the PIT
 * wrap too soon to be clocks, they only calibrate (wrongly, by the PIT, if the
 * machine stands still for 55 ms meanwhile); a machine whose TSC fails and
 * that has no HPET keeps the TSC, and says so.
 *
 * References. IA-PC HPET 1.0a; ACPI "Power Management Timer"; Intel 8254;
 * Intel SDM vol. 3B, "Time-Stamp Counter".
 */
#include <arch/time.h>

#include <arch/cpu.h>
#include <arch/irqvec.h>
#include <arch/machine.h>
#include <arch/pgtable.h>
#include <base/assert.h>
#include <base/bits.h>
#include <base/errno.h>
#include <lib/irqflags.h>
#include <lib/param.h>
#include <lib/preempt.h>
#include <lib/printk.h>
#include <lib/string.h>
#include <lib/time.h>

#include "apic.h"
#include "cpu.h"
#include "io.h"
#include "msr.h"
#include "time.h"

#define CALIBRATE_US 5000
#define COUNTS_TRIES 10000 /* readings of a reference until it must move */
#define TIMER_MAX_NS (1ULL << 40) /* about 18 minutes */
#define PM_TIMER_HZ  3579545
#define PIT_HZ	     1193182

/* A counter of known frequency. */
struct reference {
	const char *name;
	u64 (*read)(void);
	u64 hz;
	u64 mask; /* the counter wraps behind this value */
};

/* A counter and its conversion; immutable once published. */
struct clock {
	const char *name;
	u64 (*read)(void);
	u64 base;
	u64 base_ns;
	u64 mult; /* ns for one count, 32.32 fixed point */
};

u64 boot_tsc;

static struct clock tsc_clock = {.name = "tsc", .read = rdtsc_ordered};
/* (p) written before it is published in `clock`, see Locking above. */
static struct clock hpet_clock;
static struct clock tsc_clock_again; /* see clock_back_to_tsc() */
static struct clock *clock;	     /* NULL until calibrated */

/* All (i): written by arch_time_init(), before there is a second CPU. */
static u64 tsc_hz;
static u64 apic_timer_hz;   /* after the divisor of 16 */
static u64 apic_timer_mult; /* counts for one ns, 32.32 fixed point */
static u64 tsc_timer_mult;  /* the same for the TSC */

static volatile u64 *hpet_regs;
static u64 hpet_hz;
static u16 pm_timer_port;
static u64 pm_timer_mask;

static bool want_hpet;

static int set_clocksource(const char *value)
{
	want_hpet = value && !strcmp(value, "hpet");
	if (want_hpet ||
	    (value && (!strcmp(value, "auto") || !strcmp(value, "tsc"))))
		return 0;
	return -EINVAL;
}
PARAM_FN("clocksource", set_clocksource, "auto, tsc or hpet");

#define HPET_CAPABILITIES  0 /* indices of u64 registers */
#define HPET_CONFIG	   2
#define HPET_COUNTER	   30
#define HPET_CONFIG_ENABLE 1

/*
 * In halves, since a bus may split an access of 64 bits anyway, and then the
 * low half can wrap in between: every 43 s at 100 MHz.
 */
static u64 hpet_read(void)
{
	volatile u32 *half = (volatile u32 *)&hpet_regs[HPET_COUNTER];
	u32 high, low;

	do {
		high = half[1];
		low = half[0];
	} while (half[1] != high);
	return (u64)high << 32 | low;
}

static u64 pm_timer_read(void)
{
	return inl(pm_timer_port);
}

/* Latches channel 2 and makes its down-counter count up. */
static u64 pit_read(void)
{
	outb(0x43, 0x80);
	u16 lo = inb(0x42);

	return (u16) ~(lo | inb(0x42) << 8);
}

static void hpet_start(void)
{
	u64 period_fs;

	if (!acpi_info.hpet.present)
		return;
	hpet_regs = arch_map_io(acpi_info.hpet.addr, 0x400);
	if (!hpet_regs) {
		pr_warn("HPET: there can be none at %#llx\n",
			acpi_info.hpet.addr);
		return;
	}
	period_fs = hpet_regs[HPET_CAPABILITIES] >> 32;
	/* The specification allows up to 100 ns; 32-bit counters wrap. */
	if (!period_fs || period_fs > 100000000 ||
	    !(hpet_regs[HPET_CAPABILITIES] & BIT(13))) {
		pr_warn("HPET: no usable 64-bit counter (period %llu fs)\n",
			period_fs);
		hpet_regs = NULL;
		return;
	}
	hpet_hz = 1000000000000000ULL / period_fs;
	hpet_regs[HPET_CONFIG] |= HPET_CONFIG_ENABLE;
}

/* Channel 2, mode 2, full range, gate on, speaker off. */
static void pit_start(void)
{
	outb(0x61, (inb(0x61) & ~0x2) | 0x1);
	outb(0x43, 0xb4);
	outb(0x42, 0);
	outb(0x42, 0);
}

/* What does not count is not there, or tables gave a wrong address. */
static bool counts(const struct reference *ref)
{
	u64 first = ref->read();

	for (unsigned int i = 0; i < COUNTS_TRIES; i++)
		if (ref->read() != first)
			return true;
	pr_warn("time: the %s does not count\n", ref->name);
	return false;
}

static bool find_reference(struct reference *ref)
{
	if (hpet_regs) {
		*ref = (struct reference){"HPET", hpet_read, hpet_hz, ~0ULL};
		if (counts(ref))
			return true;
		hpet_regs = NULL; /* no clock to fall back to, either */
	}
	if (pm_timer_port) {
		*ref = (struct reference){"PM timer", pm_timer_read,
					  PM_TIMER_HZ, pm_timer_mask};
		if (counts(ref))
			return true;
	}
	pit_start();
	*ref = (struct reference){"PIT", pit_read, PIT_HZ, 0xffff};
	return counts(ref);
}

/* One look at all three counters, as close together as they will come. */
struct sample {
	u64 tsc, ref;
	u32 apic;
};

static void take_sample(const struct reference *ref, struct sample *best)
{
	u64 best_gap = ~0ULL;

	/* The shortest of a few tries was disturbed least. */
	for (unsigned int i = 0; i < 5; i++) {
		u64 before = rdtsc_ordered();
		u64 count = ref->read();
		u32 apic = apic_present() ? apic_read(APIC_TMCCT) : 0;
		u64 after = rdtsc_ordered();

		if (after - before >= best_gap)
			continue;
		best_gap = after - before;
		*best = (struct sample){
			.tsc = before, .ref = count, .apic = apic};
	}
}

/* a * b / c with a product of 128 bits; the quotient must fit 64. */
static u64 mul_div(u64 a, u64 b, u64 c)
{
	u64 lo, hi;

	__asm__("mulq %3" : "=a"(lo), "=d"(hi) : "a"(a), "rm"(b) : "cc");
	ASSERT(hi < c);
	__asm__("divq %2" : "+a"(lo), "+d"(hi) : "rm"(c) : "cc");
	return lo;
}

static void calibrate(const struct reference *ref)
{
	u64 wanted = ref->hz * CALIBRATE_US / 1000000;
	struct sample a, b;
	u64 passed;

	if (apic_present())
		apic_write(APIC_TMICT, ~0U); /* masked: it only counts */
	take_sample(ref, &a);
	do {
		cpu_relax();
		passed = (ref->read() - a.ref) & ref->mask;
	} while (passed < wanted);
	take_sample(ref, &b);
	passed = (b.ref - a.ref) & ref->mask;
	if (apic_present()) {
		apic_write(APIC_TMICT, 0);
		apic_timer_hz = mul_div(a.apic - b.apic, ref->hz, passed);
	}
	tsc_hz = mul_div(b.tsc - a.tsc, ref->hz, passed);
}

/* Fixed-point factors from counts to nanoseconds and back, rounded down. */
static u64 clock_mult(u64 hz)
{
	return (NSEC_PER_SEC << 32) / hz;
}

static u64 timer_mult(u64 hz)
{
	return (hz << 16) / NSEC_PER_SEC << 16 |
	       (((hz << 16) % NSEC_PER_SEC) << 16) / NSEC_PER_SEC;
}

static u64 scale(u64 v, u64 mult)
{
	return (u64)(((unsigned __int128)v * mult) >> 32);
}

static u64 clock_ns(const struct clock *c, u64 counter)
{
	return c->base_ns + scale(counter - c->base, c->mult);
}

u64 arch_clock_ns(void)
{
	/* Pairs with the release in clock_switch(). */
	const struct clock *c = smp_load_acquire(&clock);

	return c ? clock_ns(c, c->read()) : 0;
}

static void clock_switch(struct clock *next)
{
	/* Pairs with the acquire in arch_clock_ns(). */
	smp_store_release(&clock, next);
}

int arch_time_init(void)
{
	struct reference ref;

	if (acpi_info.pm_timer.width &&
	    acpi_info.pm_timer.reg.space == ACPI_SPACE_IO) {
		pm_timer_port = (u16)acpi_info.pm_timer.reg.addr;
		pm_timer_mask = BIT(acpi_info.pm_timer.width) - 1;
	}
	hpet_start();
	if (!find_reference(&ref))
		return -ENODEV;
	calibrate(&ref);
	if (!tsc_hz)
		return -ENODEV;
	apic_timer_mult = timer_mult(apic_timer_hz);
	tsc_timer_mult = timer_mult(tsc_hz);
	tsc_clock.base = boot_tsc;
	tsc_clock.mult = clock_mult(tsc_hz);
	clock_switch(&tsc_clock);
	pr_info("time: TSC %llu.%03llu MHz, APIC timer %llu.%03llu MHz, by %s\n",
		tsc_hz / 1000000, tsc_hz / 1000 % 1000, apic_timer_hz / 1000000,
		apic_timer_hz / 1000 % 1000, ref.name);
	if (want_hpet)
		arch_tsc_mark_unstable("clocksource=hpet");
	return 0;
}

void arch_tsc_mark_unstable(const char *why)
{
	u64 count;

	if (!clock || clock->read != rdtsc_ordered)
		return;
	if (!hpet_regs) {
		pr_warn("time: TSC is unreliable (%s), but there is no HPET: kept\n",
			why);
		return;
	}
	count = hpet_read();
	hpet_clock = (struct clock){.name = "hpet",
				    .read = hpet_read,
				    .base = count,
				    .base_ns = arch_clock_ns(),
				    .mult = clock_mult(hpet_hz)};
	clock_switch(&hpet_clock);
	pr_warn("time: TSC given up (%s), clock is now hpet\n", why);
}

void clock_back_to_tsc(void)
{
	u64 count = rdtsc_ordered();

	ASSERT(clock == &hpet_clock);
	tsc_clock_again = (struct clock){.name = "tsc",
					 .read = rdtsc_ordered,
					 .base = count,
					 .base_ns = arch_clock_ns(),
					 .mult = tsc_clock.mult};
	clock_switch(&tsc_clock_again);
}

const char *arch_clock_name(void)
{
	return clock ? clock->name : "none";
}

u64 hpet_count(void)
{
	return hpet_read();
}

u64 hpet_frequency(void)
{
	return hpet_regs ? hpet_hz : 0;
}

u64 arch_tsc_hz(void)
{
	return tsc_hz;
}

u64 arch_apic_timer_hz(void)
{
	return apic_timer_hz;
}

void udelay(unsigned long usecs)
{
	/* Rounded up: never less than was asked for. */
	u64 cycles = mul_div(usecs, tsc_hz, 1000000) + 1;
	u64 start = rdtsc();

	while (rdtsc() - start < cycles)
		cpu_relax();
}

#define CHECK_TURNS   200 /* changes from one side to the other */
#define CHECK_FEW     4	  /* so many will do after CHECK_LONG_MS */
#define CHECK_LONG_MS 2
#define CHECK_WAIT_MS 1000
#define CHECK_ROUNDS  (1U << 22)

enum {
	NOBODY,
	SOURCE,
	TARGET
};

/* Bounded by this CPU's own counter, be it good or bad. */
static bool check_wait(const struct tsc_check *c, const atomic_t *counter,
		       int wanted)
{
	u64 limit = tsc_hz / 1000 * (c->wait_ms ? c->wait_ms : CHECK_WAIT_MS);
	u64 start = rdtsc();

	do {
		/* Pairs with the increments by the other side. */
		if (atomic_read_acquire(counter) >= wanted)
			return true;
		cpu_relax();
	} while (rdtsc() - start < limit);
	return false;
}

/* The two sides take turns at the counter; interrupts may come in between. */
static void check_lock(struct tsc_check *c)
{
	preempt_disable();
	while (xchg(&c->lock, 1)) /* pairs with check_unlock() */
		cpu_relax();
}

static void check_unlock(struct tsc_check *c)
{
	smp_store_release(&c->lock, 0); /* pairs with check_lock() */
	preempt_enable();
}

/*
 * Only a reading right behind one of the other side tells anything, so these
 * are counted: under an emulator one side may be done before the other begins.
 * With fewer real than virtual CPUs each turn can take a time slice of the
 * host, so after a while a few turns are enough.
 */
static void check_rounds(struct tsc_check *c, s64 skew, int side)
{
	u64 start = rdtsc();
	bool done = false;

	for (unsigned int i = 0; i < CHECK_ROUNDS && !done; i++) {
		bool late = rdtsc() - start > tsc_hz / 1000 * CHECK_LONG_MS;

		check_lock(c);
		u64 now = rdtsc_ordered() + (u64)skew;

		/* Differences only: a counter may stand near its wrap. */
		if (c->side && (s64)(c->last - now) > (s64)c->worst)
			c->worst = c->last - now;
		c->last = now;
		if (c->side != side)
			c->turns++;
		c->side = side;
		done = c->turns >= (late ? CHECK_FEW : CHECK_TURNS);
		check_unlock(c);
		cpu_relax();
	}
}

void tsc_check_target(struct tsc_check *c, s64 skew)
{
	atomic_inc_return(&c->arrived);
	if (check_wait(c, &c->arrived, 2))
		check_rounds(c, skew, TARGET);
	/* The last touch: from here on the object may be gone. */
	atomic_inc_return(&c->finished);
}

u64 tsc_check_source(struct tsc_check *c, s64 skew)
{
	atomic_inc_return(&c->arrived);
	if (!check_wait(c, &c->arrived, 2)) {
		pr_warn("time: TSC check: the other CPU did not come\n");
		return 0;
	}
	check_rounds(c, skew, SOURCE);
	if (!check_wait(c, &c->finished, 1))
		pr_warn("time: TSC check: the other CPU did not finish\n");
	return c->worst;
}

void arch_timer_set(u64 delta_ns)
{
	u64 ticks;

	ASSERT(irqs_disabled());
	if (!apic_timer_hz)
		return;
	delta_ns = min(delta_ns, TIMER_MAX_NS); /* nothing below overflows */
	/* One count more, since the product is rounded down: never early. */
	if (cpu_features.tsc_deadline) {
		u64 cycles = scale(delta_ns, tsc_timer_mult) + 1;

		apic_write(APIC_LVTT, LOCAL_TIMER_VECTOR | APIC_TIMER_DEADLINE);
		/* The LVT store must be seen before the deadline (SDM). */
		__asm__ __volatile__("mfence" ::: "memory");
		wrmsr(MSR_TSC_DEADLINE, rdtsc() + cycles);
		return;
	}
	ticks = scale(delta_ns, apic_timer_mult) + 1;
	apic_write(APIC_LVTT, LOCAL_TIMER_VECTOR);
	apic_write(APIC_TMICT, (u32)min(ticks, 0xffffffffULL));
}

void arch_timer_stop(void)
{
	if (!apic_timer_hz)
		return;
	if (cpu_features.tsc_deadline)
		wrmsr(MSR_TSC_DEADLINE, 0);
	apic_write(APIC_LVTT, LOCAL_TIMER_VECTOR | APIC_LVT_MASKED);
	apic_write(APIC_TMICT, 0);
}
