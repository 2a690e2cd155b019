/* SPDX-License-Identifier: MIT */
/*
 * debug/trip.c - stop the machine at the n-th time somebody comes by.
 *
 * Purpose. "It breaks at the 1374th cross-call" is a place in a run. A run
 * that repeats (MODE=det) can be stopped there, again and again.
 *
 * Model. trip(name) leaves a descriptor in .trips and counts on its own CPU.
 * Once the hits are numbered, each also draws the next number of its point,
 * by one atomic addition, whichever CPU it is on:
 *
 *	trip()          CPU 0: hits 1 2 3       CPU 1: hits 1 2
 *	trip_draw()     numbers 1   3 4                   2   5
 *	                                                      ^ trip_stop.at
 *
 *	The hit whose point and number are those of trip_stop calls
 *	trip_stop.fn: trip_panic(), or trip_hit(), where a debugger has its
 *	breakpoint.
 *
 *	trip=name:n       numbers the hits and sets trip_stop to trip_panic()
 *	trip=name:n:go    the same with trip_hit()
 *	trip=numbered     only numbers them
 *
 * A stop must not change what leads to it. With one instruction more or less
 * each CPU's turn ends elsewhere, and the run is another one. Therefore
 * MODE=det always numbers the hits, stop or no stop; trip_draw() executes
 * the same instructions whether its point is the one to stop at or not
 * (I2); and `make replay` sets the words of trip_stop in the image, not on
 * the command line, whose length counts, too.
 *
 * Invariants.
 *   I1  number is 0 until trip_numbered is set, and the sum of all hits from
 *       then on, seen when no CPU is inside trip().
 *   I2  trip_draw() has one conditional branch, taken at the stop only.
 * Locking. None. number is atomic; trip_stop is written while nobody is
 *	inside trip(): by the image, at boot, by a debugger, by tests.
 * Contexts. Any, NMI included.
 * Limits. One stop at a time. Hits before the command line is read are
 *	counted but cannot be stopped at.
 */
#include <lib/trip.h>

#include <base/atomic.h>
#include <base/errno.h>
#include <lib/cpumask.h>
#include <lib/panic.h>
#include <lib/param.h>
#include <lib/string.h>
#include <lib/time.h>

#define NEVER (~0ULL)

unsigned int trip_numbered;

/* Not in .bss: `make replay` sets it in the image. */
struct trip_stop trip_stop = {.at = NEVER};

void trip_hit(const struct trip *t, u64 number, u64 ns)
{
	/* The arguments must be there to be looked at. */
	__asm__ __volatile__("" ::"r"(t), "r"(number), "r"(ns) : "memory");
}

void trip_panic(const struct trip *t, u64 number, u64 ns)
{
	panic("trip point %s, hit %llu, at %s:%u, %llu ns after the boot",
	      t->name, number, t->file, t->line, ns);
}

void trip_draw(const struct trip *t)
{
	u64 number = (u64)atomic64_inc_return(t->number);
	u64 other =
		(u64)(uintptr_t)t ^ (u64)(uintptr_t)READ_ONCE(trip_stop.what);

	other |= number ^ READ_ONCE(trip_stop.at); /* I2: no && */
	if (unlikely(!other))
		READ_ONCE(trip_stop.fn)(t, number, sched_clock());
}

unsigned long trip_count(const struct trip *t)
{
	unsigned long sum = 0;

	for (unsigned int cpu = 0; cpu < NR_CPUS; cpu++)
		if (__per_cpu_offset[cpu])
			sum += READ_ONCE(*per_cpu_ptr(t->hits, cpu));
	return sum;
}

const struct trip *trip_find(const char *name, size_t len)
{
	const struct trip *t;

	for_each_trip(t)
		if (strlen(t->name) == len && !memcmp(t->name, name, len))
			return t;
	return NULL;
}

/* I1 */
static void number_hits(void)
{
	const struct trip *t;

	if (trip_numbered)
		return;
	for_each_trip(t)
		atomic64_set(t->number, (s64)trip_count(t));
	WRITE_ONCE(trip_numbered, 1U);
}

int trip_arm(const struct trip *t, u64 n, trip_fn fn)
{
	number_hits();
	if (t && n <= (u64)atomic64_read(t->number))
		return -ERANGE;
	WRITE_ONCE(trip_stop.what, t);
	WRITE_ONCE(trip_stop.at, t ? n : NEVER);
	WRITE_ONCE(trip_stop.fn, fn);
	return 0;
}

/* name:n, name:n:go, numbered */
static int trip_param(const char *value)
{
	trip_fn fn = trip_panic;
	const char *colon = strchr(value, ':');
	const struct trip *t;
	char digits[24];
	size_t len;
	u64 n;

	if (!strcmp(value, "numbered")) {
		number_hits(); /* and keep the stop that the image may hold */
		return 0;
	}
	if (!colon)
		return -EINVAL;
	t = trip_find(value, (size_t)(colon - value));
	if (!t)
		return -ENOENT;
	len = strlen(++colon);
	if (len > 3 && !strcmp(colon + len - 3, ":go")) {
		fn = trip_hit;
		len -= 3;
	}
	if (len >= sizeof(digits))
		return -EINVAL;
	memcpy(digits, colon, len);
	digits[len] = '\0';
	if (kstrtoull(digits, 10, &n) || !n)
		return -EINVAL;
	return trip_arm(t, n, fn);
}
PARAM_FN(
	"trip", trip_param,
	"name:n stops at the n-th hit of a trip point, name:n:go for a debugger, numbered only counts");
