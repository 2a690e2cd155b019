/* SPDX-License-Identifier: MIT */
/*
 * time.h - the time for everyone.
 *
 * sched_clock() counts nanoseconds since the kernel's first function ran.
 * It works from that function on, but stands at 0 until the counters are
 * calibrated, and never goes back, not even when read on another CPU later.
 *
 * Limits. No wall time, no timers yet; they come with the clock chapter.
 */
#ifndef LIB_TIME_H
#define LIB_TIME_H

#include <arch/time.h>
#include <base/types.h>

#define NSEC_PER_USEC 1000ULL
#define NSEC_PER_MSEC 1000000ULL
#define NSEC_PER_SEC  1000000000ULL

/**
 * sched_clock() - the time since boot, monotonic across CPUs.
 *
 * Context: any, NMI included. Locking: none.
 * Return: nanoseconds; 0 until the clock has been found.
 */
static inline u64 sched_clock(void)
{
	return arch_clock_ns();
}

#endif /* LIB_TIME_H */
