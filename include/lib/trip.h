/* SPDX-License-Identifier: MIT */
/*
 * trip.h - places in the code that are counted, and where a run can stop.
 *
 *	trip(smp_call.send);
 *
 * Model. Each CPU counts how often it comes by. Nothing else happens until
 * the hits are numbered (option trip=): then all CPUs draw numbers from one
 * counter of the point, and the n-th hit of the machine can stop it. See
 * lib/debug/trip.c.
 *
 * What it costs when idle, the count included, is four instructions:
 *
 *	addq $1, %gs:hits ; movl trip_numbered, %eax ; testl %eax, %eax ; jne
 *
 * Limits. Not in inline functions of headers, since each copy would be a
 * point of the same name; not in sources that the host tests compile.
 */
#ifndef LIB_TRIP_H
#define LIB_TRIP_H

#include <base/atomic.h>
#include <base/compiler.h>
#include <base/types.h>
#include <lib/percpu.h>

/* Lock key: (i) immutable after link. */
struct trip {
	const char *name;    /* (i) "smp_call.send" */
	const char *file;    /* (i) */
	unsigned int line;   /* (i) */
	unsigned long *hits; /* (i) per-CPU: how often that CPU came by */
	atomic64_t *number;  /* (i) the last number drawn */
};

/* Borders of the .trips section; set by linker.ld. */
extern const struct trip __trips_start[], __trips_stop[];

/* Whether the hits are numbered; set while the boot CPU is alone. */
extern unsigned int trip_numbered;

/**
 * trip() - a named place where a run can be stopped.
 * @name_: words with dots between, not a string.
 *
 * Context: any. Locking: none.
 */
#define trip(name_)                                                     \
	do {                                                            \
		static DEFINE_PER_CPU(unsigned long, trip_hits);        \
		static atomic64_t trip_number;                          \
		static const struct trip trip_point __used __aligned(8) \
			__section(".trips") = {.name = #name_,          \
					       .file = __FILE__,        \
					       .line = __LINE__,        \
					       .hits = &trip_hits,      \
					       .number = &trip_number}; \
                                                                        \
		this_cpu_inc(trip_hits);                                \
		if (unlikely(READ_ONCE(trip_numbered)))                 \
			trip_draw(&trip_point);                         \
	} while (0)

/* The slow part of trip(): draw a number, stop if it is the one. */
void trip_draw(const struct trip *t);

/**
 * trip_count() - how often all CPUs came by.
 * @t: the point.
 *
 * Context: any. The CPUs go on counting meanwhile.
 * Return: hits since boot; of a moment when no CPU is counting, exact.
 */
unsigned long trip_count(const struct trip *t);

/* The point with this name, or NULL. */
const struct trip *trip_find(const char *name, size_t len);

#define for_each_trip(t) for (t = __trips_start; t < __trips_stop; t++)

/* Called at the stop, on the CPU whose hit it is. @ns: sched_clock(). */
typedef void (*trip_fn)(const struct trip *t, u64 number, u64 ns);

/* Reports where and by whom, and halts the machine. */
void trip_panic(const struct trip *t, u64 number, u64 ns);

/* Does nothing: a debugger has its breakpoint here. */
void trip_hit(const struct trip *t, u64 number, u64 ns);

/* Calls trip_hit() while all other CPUs stand still, in an NMI. */
void trip_freeze(const struct trip *t, u64 number, u64 ns);

/* The same with another function: what tests use. */
void trip_freeze_for(trip_fn fn, const struct trip *t, u64 number, u64 ns);

/**
 * trip_nmi() - the NMI path asks: am I to stand still?
 *
 * Context: NMI. Returns when the other CPU goes on.
 * Return: false: the NMI has another reason.
 */
bool trip_nmi(void);

/**
 * trip_arm() - stop at the @n-th hit of @t, counted from the boot on.
 * @t: the point; NULL takes the stop away.
 * @n: 1 is the first hit.
 * @fn: what to do there.
 *
 * Numbers the hits of all points if they are not yet.
 *
 * Context: any. Points that other CPUs pass at this moment may be numbered
 * wrongly by the hits of the moment; the boot CPU alone has no such trouble.
 * Return: 0; -ERANGE: that hit is over.
 */
int trip_arm(const struct trip *t, u64 n, trip_fn fn);

/*
 * Where the machine is to stop. Known by name to debuggers and to
 * tools/replay.py. Lock key: (q) written while no CPU is inside trip().
 */
struct trip_stop {
	const struct trip *what; /* (q) NULL: nowhere */
	u64 at;			 /* (q) stop at this number */
	trip_fn fn;		 /* (q) */
};
extern struct trip_stop trip_stop;

#endif /* LIB_TRIP_H */
