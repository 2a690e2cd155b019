/* SPDX-License-Identifier: MIT */
/*
 * jiffies.h - comparing and converting times counted in ticks.
 *
 * Model. A tick counter wraps. Which of two times is later is still known as
 * long as they are less than half the range apart: their difference, taken
 * as a signed number, is then small, and its sign is the answer. So
 * "timeout > now" is a bug, time_after(timeout, now) is right.
 *
 * One tick is 1/HZ second. Converting to ticks rounds up: a timeout may be
 * late, but never early. What does not fit becomes MAX_JIFFY_OFFSET, which
 * every later addition of a current time leaves comparable.
 *
 * The counter itself belongs to the timekeeping code. Context: any.
 */
#ifndef LIB_JIFFIES_H
#define LIB_JIFFIES_H

#include <base/bits.h>
#include <base/compiler.h>
#include <base/config.h>
#include <base/types.h>

#define NSEC_PER_USEC 1000ULL
#define NSEC_PER_MSEC 1000000ULL
#define NSEC_PER_SEC  1000000000ULL
#define USEC_PER_SEC  1000000ULL
#define MSEC_PER_SEC  1000ULL

#define NSEC_PER_TICK (NSEC_PER_SEC / HZ)

_Static_assert(NSEC_PER_SEC % HZ == 0, "a tick is whole nanoseconds");
_Static_assert(HZ <= 1000, "a tick is at least a millisecond");

/* The longest distance that still compares as "later", with reserve. */
#define MAX_JIFFY_OFFSET ((unsigned long)(INT64_MAX >> 1) - 1)

/* Both are unsigned long, which the comparison of the pointers checks. */
#define time_difference(a, b)                        \
	({                                           \
		__typeof__(a) td_a = (a);            \
		__typeof__(b) td_b = (b);            \
		(void)(&td_a == (unsigned long *)0); \
		(void)(&td_b == (unsigned long *)0); \
		(long)(td_a - td_b);                 \
	})

#define time_after(a, b)     (time_difference((b), (a)) < 0)
#define time_before(a, b)    time_after((b), (a))
#define time_after_eq(a, b)  (time_difference((a), (b)) >= 0)
#define time_before_eq(a, b) time_after_eq((b), (a))
/* From @b to @c, both included. */
#define time_in_range(a, b, c) \
	(time_after_eq((a), (b)) && time_before_eq((a), (c)))
/* From @b to @c, without @c. */
#define time_in_range_open(a, b, c) \
	(time_after_eq((a), (b)) && time_before((a), (c)))

/* The same for u64 times, such as nanoseconds. */
#define time_after64(a, b)     ((s64)((u64)(b) - (u64)(a)) < 0)
#define time_before64(a, b)    time_after64((b), (a))
#define time_after_eq64(a, b)  ((s64)((u64)(a) - (u64)(b)) >= 0)
#define time_before_eq64(a, b) time_after_eq64((b), (a))

static inline unsigned long nsecs_to_jiffies(u64 ns)
{
	/* Not (ns + NSEC_PER_TICK - 1) / ...: that sum can wrap. */
	return ns / NSEC_PER_TICK + (ns % NSEC_PER_TICK != 0);
}

static inline unsigned long usecs_to_jiffies(u64 us)
{
	u64 per_tick = USEC_PER_SEC / HZ;

	return min_t(unsigned long, us / per_tick + (us % per_tick != 0),
		     MAX_JIFFY_OFFSET);
}

/* An unsigned int that is negative as an int means "for ever". */
static inline unsigned long msecs_to_jiffies(unsigned int ms)
{
	u64 per_tick = MSEC_PER_SEC / HZ;

	if ((int)ms < 0)
		return MAX_JIFFY_OFFSET;
	return ms / per_tick + (ms % per_tick != 0);
}

/* From ticks; too many for the result become the greatest result. */
static inline u64 jiffies_to_nsecs(unsigned long j)
{
	u64 ns;

	return __builtin_mul_overflow((u64)j, NSEC_PER_TICK, &ns) ? ~0ULL : ns;
}

static inline u64 jiffies_to_usecs(unsigned long j)
{
	u64 us;

	return __builtin_mul_overflow((u64)j, USEC_PER_SEC / HZ, &us) ? ~0ULL
								      : us;
}

static inline u64 jiffies_to_msecs(unsigned long j)
{
	u64 ms;

	return __builtin_mul_overflow((u64)j, MSEC_PER_SEC / HZ, &ms) ? ~0ULL
								      : ms;
}

#endif /* LIB_JIFFIES_H */
