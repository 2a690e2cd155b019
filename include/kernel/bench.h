/* SPDX-License-Identifier: MIT */
/*
 * bench.h - how an operation is measured.
 *
 *	static void loop_pair(unsigned long n)
 *	{
 *		for_each_turn(n) {
 *			preempt_disable();
 *			preempt_enable();
 *		}
 *	}
 *	BENCH("lib.preempt.pair", 10000, loop_pair);
 *
 * Model. BENCH leaves a descriptor in the .benches section; kernel/bench.c
 * finds it there. A repetition is one call of the loop; a figure is what a
 * repetition cost, divided by the operations in it. It contains the three
 * instructions of the loop itself.
 *
 * On the command line: bench=<glob>[,<glob>] measures and leaves the
 * emulator. At the prompt: bench <glob>.
 */
#ifndef KERNEL_BENCH_H
#define KERNEL_BENCH_H

#include <base/compiler.h>
#include <base/types.h>

struct bench {
	const char *name;	       /* "floor.concept.case" */
	unsigned int turns;	       /* of the loop in one repetition */
	void (*loop)(unsigned long n); /* n turns */
	unsigned int ops;	       /* operations in a turn; 0 means 1 */
	bool all_cpus;		       /* on every CPU at the same time */
	int (*setup)(void);	       /* before the first: 0 or -errno */
	void (*teardown)(void);	       /* after the last, if setup() was 0 */
};

/* Borders of the .benches section. */
extern const struct bench __benches_start[], __benches_stop[];

/*
 * @name_: "floor.concept.case"; @turns_: so many that a repetition is shorter
 * than a tick, or every one is disturbed. Further members follow as
 * ".ops = 1000". With .all_cpus the loop runs in interrupt context on the
 * other CPUs.
 */
#define BENCH(name_, turns_, loop_, ...)                                      \
	static const struct bench CONCATENATE(bench_desc_, __LINE__)          \
		__used __aligned(8) __section(".benches") = {.name = name_,   \
							     .turns = turns_, \
							     .loop = loop_,   \
							     ##__VA_ARGS__}

/* Keeps the compiler from moving work out of the loop, or the loop away. */
static __always_inline bool bench_more(unsigned long turn, unsigned long n)
{
	barrier();
	return turn != n;
}

/* The loop of every benchmark: add, compare, jump. */
#define for_each_turn(n)                                              \
	for (unsigned long bench_turn = 0; bench_more(bench_turn, n); \
	     bench_turn++)

#define BENCH_REPETITIONS 11

/* What one benchmark gave: hundredths of a unit for one operation. */
struct bench_result {
	bool exact;		/* the unit is instructions, else ticks */
	unsigned long n;	/* operations in a repetition, all CPUs */
	unsigned int cpus;	/* that took part */
	unsigned int disturbed; /* repetitions with an interrupt in them */
	u64 min, median, max;
};

/**
 * bench_measure() - warm up, measure eleven times, sort.
 * @b: what to measure.
 * @r: receives the figures.
 *
 * Context: task, interrupts on. One at a time.
 * Locking: none.
 * Return: 0, or what the benchmark's setup() returned.
 */
int bench_measure(const struct bench *b, struct bench_result *r);

/**
 * bench_run() - measure all that match and print a line of JSON for each.
 * @patterns: globs, separated by commas.
 *
 * Context: task, interrupts on. One at a time.
 * Locking: none.
 * Return: how many could not be measured; -ENOENT: none matches.
 */
int bench_run(const char *patterns);

/**
 * bench_boot() - do what the command line said.
 *
 * With bench=, measures and leaves the emulator with pass or fail. Without,
 * returns at once.
 *
 * Context: boot CPU, task context, interrupts on, all CPUs up.
 * Locking: none.
 */
void bench_boot(void);

/**
 * bench_ticks_per_insn() - is the tick counter a count of instructions?
 *
 * In an emulator that counts instructions (QEMU's -icount shift=n) the
 * counter moves by 2^n with each, of whatever CPU. Found out by trying.
 *
 * Context: any; interrupts are off for some ten thousand instructions.
 * Locking: none.
 * Return: how far it moves with an instruction; 0: it is a clock.
 */
unsigned int bench_ticks_per_insn(void);

#endif /* KERNEL_BENCH_H */
