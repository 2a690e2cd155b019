/* SPDX-License-Identifier: MIT */
/*
 * selftest.h (kernel) - running the tests that <lib/selftest.h> declares.
 *
 * On the command line: selftest=<glob>[,<glob>] runs and leaves the emulator;
 * seed=, scale= and testlimit= go with it. At the prompt: tests, test <glob>.
 */
#ifndef KERNEL_SELFTEST_H
#define KERNEL_SELFTEST_H

#include <arch/ptrace.h>
#include <base/types.h>
#include <lib/selftest.h>

/* All cases of the image; set by linker.ld. */
extern const struct selftest __selftests_start[], __selftests_stop[];

/* One run. */
struct selftest_totals {
	unsigned int pass, fail, skip;
	u64 checks;
};

/**
 * selftest_run() - run the cases that match, and report in KTAP.
 * @patterns: globs, separated by commas.
 * @totals: receives the sums.
 *
 * The order is that of the names, or, if seed= was given, a shuffle that
 * depends on nothing but the seed.
 *
 * Context: task, interrupts on. One run at a time.
 * Return: 0; -ENOENT: no case matches, which counts as one failure.
 */
int selftest_run(const char *patterns, struct selftest_totals *totals);

/* What became of one case. */
struct selftest_verdict {
	unsigned int failed; /* checks and conditions not met */
	u64 checks;
	bool skipped;
	const char *leak; /* the first total that has changed, or NULL */
};

/**
 * selftest_try() - run a case that is in no list, and say nothing.
 * @test: the case; only its function and class count.
 * @limit_s: seconds it may take; then the watchdog panics as for any case.
 * @v: receives the verdict.
 *
 * With it the runner's own checks are tried, so it may be used inside of a
 * case, whose counts it leaves alone.
 *
 * Context: as selftest_run().
 */
void selftest_try(const struct selftest *test, unsigned int limit_s,
		  struct selftest_verdict *v);

/**
 * selftest_boot() - do what the command line said.
 *
 * With selftest=, runs and leaves the emulator with pass or fail. Without,
 * returns at once.
 *
 * Context: boot CPU, task context, interrupts on, all CPUs up.
 */
void selftest_boot(void);

/**
 * selftest_add_total() - a quantity that no case may change.
 * @name: for the message, such as "boot allocator bytes".
 * @read: its value now.
 *
 * Context: boot. At most 8.
 */
void selftest_add_total(const char *name, unsigned long (*read)(void));

/**
 * selftest_add_settle() - something to do before totals are compared.
 * @settle: gives back what caches keep for later, which is no leak.
 *
 * Called in the order of addition; task context, interrupts on.
 *
 * Context: boot. At most 8.
 */
void selftest_add_settle(void (*settle)(void));

/**
 * selftest_watchdog_expired() - has the running case used up its time?
 *
 * Each call counts as 1/WATCHDOG_HZ seconds.
 *
 * Context: the watchdog's NMI, on one CPU.
 * Return: true from then on, until the case ends.
 */
bool selftest_watchdog_expired(void);

/**
 * selftest_watchdog_panic() - end the run: name the case, show all CPUs.
 * @regs: what the NMI interrupted.
 *
 * Context: NMI. Does not return.
 */
void __noreturn selftest_watchdog_panic(const struct pt_regs *regs);

/* The patterns given with selftest=, or NULL. */
const char *selftest_requested(void);

#endif /* KERNEL_SELFTEST_H */
