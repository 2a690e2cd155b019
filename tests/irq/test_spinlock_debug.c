/* SPDX-License-Identifier: MIT */
/*
 * test_spinlock_debug.c - each mistake with a spinlock that debug builds
 * report is made, and the report is looked at: the lock's name, and what
 * became of the lock.
 */
#include <base/assert.h>
#include <lib/fault.h>
#include <lib/selftest.h>
#include <lib/spinlock.h>
#include <lib/string.h>

#include "../../irq/smp_call_private.h"
#include "../workers.h"

static DEFINE_SPINLOCK(lock_a);

static atomic_t handled;
static char message[160];
static bool caught;

static void take_a(void *arg)
{
	(void)arg;
	raw_spin_lock(&lock_a);
}

static bool no_debug(void)
{
	if (!CONFIG_DEBUG_SPINLOCK)
		selftest_skip("a check of debug builds");
	return !CONFIG_DEBUG_SPINLOCK;
}

SELFTEST(lib, spinlock, recursion_reported, "")
{
	if (no_debug())
		return;
	spin_lock(&lock_a);
	message[0] = 0;
	EXPECT_TRUE(panic_catch(take_a, NULL, message, sizeof(message)));
	EXPECT_TRUE(strstr(message, "lock_a"));
	EXPECT_TRUE(strstr(message, "holds it since"));
	EXPECT_EQ(lock_a.word, SPIN_LOCKED);
	EXPECT_EQ(preempt_count(), 1U);
	raw_spin_unlock(&lock_a);
	/* Free again: taking it is no recursion. */
	EXPECT_FALSE(panic_catch(take_a, NULL, message, sizeof(message)));
	EXPECT_EQ(lock_a.word, SPIN_LOCKED);
	spin_unlock(&lock_a);
}

SELFTEST(lib, spinlock, double_unlock_reported, "")
{
	if (no_debug())
		return;
	spin_lock(&lock_a);
	spin_unlock(&lock_a);
	warn_expect_begin();
	raw_spin_unlock(&lock_a);
	EXPECT_EQ(warn_expect_end(), 1U);
	EXPECT_TRUE(strstr(warn_expect_text(), "lock_a"));
	EXPECT_TRUE(strstr(warn_expect_text(), "but free"));
	EXPECT_EQ(lock_a.word, 0U);
}

static void unlock_a_raw(void *arg)
{
	(void)arg;
	raw_spin_unlock(&lock_a);
}

SELFTEST(lib, spinlock, foreign_unlock_reported, "")
{
	unsigned int cpu = workers_other_cpu();

	if (no_debug())
		return;
	if (cpu == NR_CPUS) {
		selftest_skip("needs 2 CPUs");
		return;
	}
	spin_lock(&lock_a);
	warn_expect_begin();
	smp_call_function_single(cpu, unlock_a_raw, NULL, true);
	EXPECT_EQ(warn_expect_end(), 1U);
	EXPECT_TRUE(strstr(warn_expect_text(), "lock_a"));
	EXPECT_TRUE(strstr(warn_expect_text(), "holds it since"));
	EXPECT_EQ(lock_a.word, SPIN_LOCKED); /* its holder is still alone */
	spin_unlock(&lock_a);
	EXPECT_EQ(lock_a.word, 0U);
}

static void assert_a(void *arg)
{
	(void)arg;
	assert_spin_locked(&lock_a);
}

static void assert_a_there(void *arg)
{
	*(bool *)arg = panic_catch(assert_a, NULL, message, sizeof(message));
}

SELFTEST(lib, spinlock, assert_locked, "")
{
	unsigned int cpu = workers_other_cpu();
	bool there = false;

	if (no_debug())
		return;
	EXPECT_TRUE(panic_catch(assert_a, NULL, message, sizeof(message)));
	spin_lock(&lock_a);
	EXPECT_FALSE(panic_catch(assert_a, NULL, message, sizeof(message)));
	if (cpu != NR_CPUS) {
		/* Somebody holds it, but not that CPU. */
		smp_call_function_single(cpu, assert_a_there, &there, true);
		EXPECT_TRUE(there);
	}
	spin_unlock(&lock_a);
}

static void handler_deadlocks(void *arg)
{
	(void)arg;
	caught = panic_catch(take_a, NULL, message, sizeof(message));
	atomic_inc(&handled);
}

SELFTEST(lib, spinlock, plain_lock_meets_handler, "A SYNC-S8")
{
	if (!ipi_possible())
		return selftest_skip(NO_APIC);
	if (!CONFIG_DEBUG_SPINLOCK) {
		selftest_skip("would hang: only debug builds report it");
		return;
	}
	atomic_set(&handled, 0);
	caught = false;
	spin_lock(&lock_a); /* interrupts on: the mistake */
	smp_call_post(smp_processor_id(), handler_deadlocks, NULL);
	while (!atomic_read(&handled))
		cpu_relax();
	EXPECT_TRUE(caught);
	EXPECT_TRUE(strstr(message, "lock_a"));
	EXPECT_EQ(preempt_count(), 1U);
	EXPECT_EQ(lock_a.word, SPIN_LOCKED);
	spin_unlock(&lock_a);
}
