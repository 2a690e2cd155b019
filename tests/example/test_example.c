/* SPDX-License-Identifier: MIT */
/*
 * test_example.c - how to test the running kernel: copy this file.
 *
 * Model. A case is a function that the runner calls in task context, with
 * interrupts on and nothing locked. It makes its own objects, asserts, and
 * leaves everything as it was: the runner compares preempt count, interrupt
 * flag, warnings and allocated memory before and after, and fails the case
 * that leaks.
 *
 * To add such a test: put it into tests/<floor>/test_<concept>.c; nothing else
 * has to know of it. make run TESTS='lib.example.*' runs it, and
 * make run MODE=det SEED=7 TESTS=... repeats a run bit for bit.
 *
 * Classes (the last argument): func is the default; race for cases that want
 * several CPUs and many seeds; alloc, stress: see <lib/selftest.h>.
 *
 * A kernel thread and a device handler to copy come with the floors that make
 * them: there are no tasks and no device interrupts yet.
 */
#include <lib/spinlock.h>

#include <arch/irqvec.h>
#include <base/assert.h>
#include <lib/fault.h>
#include <lib/selftest.h>
#include <lib/string.h>

#include "../workers.h"

#define ROUNDS 500

/* ---- the same thing on all CPUs ----------------------------------------- */

static DEFINE_SPINLOCK(lock);
static unsigned int counter; /* (lock) */

/* Runs on every CPU at the same moment; may be an interrupt handler. */
static void count(unsigned int cpu __unused, void *arg __unused)
{
	for (unsigned int i = 0; i < ROUNDS; i++) {
		spin_lock(&lock);
		unsigned int seen = counter;

		cpu_relax(); /* MODE=det: another CPU gets its turn here */
		counter = seen + 1;
		spin_unlock(&lock);
	}
}

/* Take the lock out of count(), and this fails: try it. */
SELFTEST(lib, example, no_update_is_lost, "", race)
{
	unsigned int cpus;

	/* What cannot be tested here is said, and is no pass. */
	if (num_online_cpus() < 2) {
		selftest_skip("needs 2 CPUs");
		return;
	}
	counter = 0;
	cpus = workers_run(count, NULL);
	EXPECT_EQ(counter, cpus * ROUNDS);
}

/* ---- things that go wrong on purpose ------------------------------------ */

static void write_to_nowhere(void *arg)
{
	*(volatile int *)arg = 1;
}

/* A fault: look at what the CPU reported. */
SELFTEST(lib, example, expected_fault, "")
{
	/* Not canonical: no address of either half. */
	void *nowhere = (void *)0x0123456789abcde0UL;
	struct fault_info info = {.vector = ~0U};

	REQUIRE_TRUE(fault_catch(write_to_nowhere, nowhere, &info));
	EXPECT_EQ(info.vector, X86_TRAP_GP);
}

static void check_age(void *arg)
{
	int age = *(int *)arg;

	WARN(age > 150, "an age of %d", age);
	BUG_ON(age < 0);
}

/* A warning and a panic: a check that nobody has seen fail is no check. */
SELFTEST(lib, example, expected_complaints, "")
{
	int young = 7, old = 200, unborn = -1;
	char msg[80];

	warn_expect_begin();
	check_age(&young);
	EXPECT_STREQ(warn_expect_text(), "");
	check_age(&old);
	EXPECT_STREQ(warn_expect_text(), "an age of 200");
	EXPECT_EQ(warn_expect_end(), 1U);

	EXPECT_FALSE(panic_catch(check_age, &young, msg, sizeof(msg)));
	EXPECT_TRUE(panic_catch(check_age, &unborn, msg, sizeof(msg)));
	EXPECT_STREQ(msg, "BUG_ON(age < 0)");
}
