/* SPDX-License-Identifier: MIT */
/*
 * time.h (arch) - counting time and asking to be interrupted.
 */
#ifndef ARCH_TIME_H
#define ARCH_TIME_H

#include <base/atomic.h>
#include <base/compiler.h>
#include <base/types.h>

/**
 * arch_time_init() - find a reference clock, calibrate TSC and APIC timer.
 *
 * Context: boot CPU, interrupts off, after the ACPI tables are known.
 * Return: 0, or -ENODEV when the machine has no usable reference.
 */
int __must_check arch_time_init(void);

/**
 * arch_clock_ns() - the time since the boot loader was left.
 *
 * Context: any, NMI included.
 * Return: nanoseconds, never fewer than any CPU saw before; 0 before
 *	arch_time_init().
 */
u64 arch_clock_ns(void);

/**
 * arch_clock_name() - what counts the time.
 *
 * Context: any.
 * Return: "tsc", "hpet" or "none".
 */
const char *arch_clock_name(void);

/**
 * arch_tsc_hz() - how fast the time stamp counter was found to run.
 * arch_apic_timer_hz() - the same of the local timers.
 *
 * Context: any, after arch_time_init().
 * Return: Hz; 0: not known, or there is none.
 */
u64 arch_tsc_hz(void);
u64 arch_apic_timer_hz(void);

/*
 * One comparison of the counters of two CPUs. Filled with zeroes before either
 * side starts; the target's last access is its increment of finished.
 */
struct tsc_check {
	u32 lock;  /* 1: a side is reading; a word, since locks come above */
	u64 last;  /* (lock) latest reading of either side */
	u64 worst; /* (lock) largest step backward, cycles */
	int side;  /* (lock) who read last */
	int turns; /* (lock) how often that was the other side */
	atomic_t arrived;
	atomic_t finished; /* 1 when the target is done */
	u32 wait_ms;	   /* (i) patience with the other side; 0: a second */
};

/**
 * tsc_check_source() - compare with the CPU that runs the next one.
 * tsc_check_target() - the other side of it.
 * @c: one fresh object for the two.
 * @skew: added to this side's readings, cycles: 0, or a planted error.
 *
 * Context: any but NMI; spins until the other side came and went, bounded.
 * Return: the largest step backward seen, 0 when the counters agree.
 */
u64 tsc_check_source(struct tsc_check *c, s64 skew);
void tsc_check_target(struct tsc_check *c, s64 skew);

/**
 * arch_tsc_mark_unstable() - give up the TSC and go on with the HPET.
 * @why: for the log.
 *
 * The time goes on without a step back. Without a HPET the TSC is kept.
 * Context: any, one caller at a time.
 */
void arch_tsc_mark_unstable(const char *why);

/**
 * arch_timer_set() - interrupt this CPU once with LOCAL_TIMER_VECTOR.
 * arch_timer_stop() - do not.
 * @delta_ns: from now, at least 1; very large values are cut.
 *
 * Context: any, interrupts off.
 */
void arch_timer_set(u64 delta_ns);
void arch_timer_stop(void);

/**
 * udelay() - wait, and keep the CPU busy.
 * @usecs: at least so many microseconds.
 *
 * Context: any, after arch_time_init().
 */
void udelay(unsigned long usecs);

#endif /* ARCH_TIME_H */
