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
 *	trip_stop.fn: trip_panic(), or trip_freeze() for a debugger, which has
 *	its breakpoint at trip_hit().
 *
 *	trip=name:n       numbers the hits and sets trip_stop to trip_panic()
 *	trip=name:n:go    the same with trip_freeze()
 *	trip=numbered     only numbers them
 *
 * A stop must not change what leads to it. With one instruction more or less
 * each CPU's turn ends elsewhere, and the run is another one. Therefore
 * MODE=det always numbers the hits, stop or no stop; trip_draw() executes
 * the same instructions whether its point is the one to stop at or not
 * (I2); and `make replay` sets the words of trip_stop in the image, not on
 * the command line, whose length counts, too.
 *
 * Why freeze? QEMU takes a moment to stop all CPUs when one has come to a
 * breakpoint, and how far the others get meanwhile is its host's business.
 * An NMI from inside the machine is not: it comes at the same instruction in
 * each repetition, and the interrupted registers lie below the NMI's frame.
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

#include <arch/barrier.h>
#include <arch/cpu.h>
#include <arch/smp.h>
#include <base/atomic.h>
#include <base/errno.h>
#include <lib/cpumask.h>
#include <lib/irqflags.h>
#include <lib/panic.h>
#include <lib/param.h>
#include <lib/string.h>
#include <lib/time.h>

#define NEVER (~0ULL)

/* Waiting for the other CPUs to stand still ends after so many looks. */
#define FREEZE_SPINS 20000000UL
#define NO_CPU	     (-1)

unsigned int trip_numbered;

/* Not in .bss: `make replay` sets it in the image. */
struct trip_stop trip_stop = {.at = NEVER};

void trip_hit(const struct trip *t, u64 number, u64 ns)
{
	/* The arguments must be there to be looked at. */
	__asm__ __volatile__("" ::"r"(t), "r"(number), "r"(ns) : "memory");
}

static int freezer = NO_CPU; /* atomic; whom the others wait for */
static atomic_t nr_frozen;

bool trip_nmi(void)
{
	int owner = READ_ONCE(freezer);

	if (owner == NO_CPU || owner == (int)raw_smp_processor_id())
		return false;
	atomic_inc(&nr_frozen);
	/* pairs with the release in trip_freeze_for() */
	while (smp_load_acquire(&freezer) != NO_CPU)
		cpu_relax();
	atomic_dec(&nr_frozen);
	return true;
}

void trip_freeze_for(trip_fn fn, const struct trip *t, u64 number, u64 ns)
{
	int others = (int)num_online_cpus() - 1, free = NO_CPU;
	unsigned long flags, spins = 0;

	local_irq_save(flags);
	if (try_cmpxchg(&freezer, &free, (int)raw_smp_processor_id())) {
		arch_nmi_other_cpus();
		while (atomic_read(&nr_frozen) < others &&
		       spins++ < FREEZE_SPINS)
			cpu_relax();
		fn(t, number, ns);
		/* pairs with the acquire in trip_nmi() */
		smp_store_release(&freezer, NO_CPU);
		while (atomic_read(&nr_frozen))
			cpu_relax();
	}
	local_irq_restore(flags);
}

void trip_freeze(const struct trip *t, u64 number, u64 ns)
{
	trip_freeze_for(trip_hit, t, number, ns);
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
		fn = trip_freeze;
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
