/* SPDX-License-Identifier: MIT */
/*
 * test_selftest.c - the hooks that tests of detectors stand on.
 */
#include <lib/fault.h>

#include <arch/crash.h>
#include <arch/irqvec.h>
#include <arch/page.h>
#include <base/assert.h>
#include <kernel/selftest.h>
#include <kernel/watchdog.h>
#include <lib/context.h>
#include <lib/irqflags.h>
#include <lib/panic.h>
#include <lib/preempt.h>
#include <lib/selftest.h>
#include <lib/string.h>
#include <mm/gfp.h>

#include "../workers.h"

static void do_panic(void *arg)
{
	panic("value %d", *(int *)arg);
}

static void do_bug(void *arg)
{
	BUG("%s", (const char *)arg);
}

static void do_assert(void *arg)
{
	int two = *(int *)arg;

	BUG_ON(two == 2);
}

static void do_nothing(void *arg)
{
	(*(int *)arg)++;
}

static void do_null(void *arg)
{
	(void)arg;
	arch_crash_read(0x18);
}

SELFTEST(kernel, selftest, panic_catch, "")
{
	char text[] = "odd page";
	char msg[64] = "x";
	int v = 42;

	REQUIRE_TRUE(panic_catch(do_panic, &v, msg, sizeof(msg)));
	EXPECT_STREQ(msg, "value 42");
	REQUIRE_TRUE(panic_catch(do_bug, text, msg, sizeof(msg)));
	EXPECT_STREQ(msg, "odd page");
	v = 2;
	REQUIRE_TRUE(panic_catch(do_assert, &v, msg, sizeof(msg)));
	EXPECT_STREQ(msg, "BUG_ON(two == 2)");
	EXPECT_PTR_EQ(current_ctx()->catch, NULL);
}

SELFTEST(kernel, selftest, panic_catch_none, "")
{
	char msg[8] = "x";
	int v = 1;

	EXPECT_FALSE(panic_catch(do_nothing, &v, msg, sizeof(msg)));
	EXPECT_EQ(v, 2);
	EXPECT_STREQ(msg, "");
	EXPECT_FALSE(fault_catch(do_nothing, &v, NULL));
	EXPECT_EQ(v, 3);
	EXPECT_PTR_EQ(current_ctx()->catch, NULL);
}

SELFTEST(kernel, selftest, panic_catch_cuts_message, "")
{
	char msg[6];
	int v = 7;

	REQUIRE_TRUE(panic_catch(do_panic, &v, msg, sizeof(msg)));
	EXPECT_STREQ(msg, "value");
}

static void panic_irqs_on(void *arg)
{
	(void)arg;
	local_irq_enable();
	panic("on");
}

static void panic_irqs_off(void *arg)
{
	(void)arg;
	local_irq_disable();
	panic("off");
}

/* The interrupt flag is that of the caller, whatever the panicking code did. */
SELFTEST(kernel, selftest, panic_catch_keeps_irq_flag, "")
{
	unsigned long flags;
	bool off;

	local_irq_save(flags);
	EXPECT_TRUE(panic_catch(panic_irqs_on, NULL, NULL, 0));
	off = irqs_disabled();
	local_irq_restore(flags);
	EXPECT_TRUE(off);

	local_irq_save(flags);
	local_irq_enable();
	EXPECT_TRUE(panic_catch(panic_irqs_off, NULL, NULL, 0));
	off = irqs_disabled();
	local_irq_restore(flags);
	EXPECT_FALSE(off);
}

/* A fault that nobody catches is a panic, and can be caught as one. */
SELFTEST(kernel, selftest, fault_becomes_panic, "")
{
	char msg[96];

	REQUIRE_TRUE(panic_catch(do_null, NULL, msg, sizeof(msg)));
	EXPECT_STREQ(msg, "page fault (#PF, vector 14), address 0x18");
}

struct nest {
	struct fault_info inner_info;
	char inner_msg[32];
	bool inner;
	int after;
};

static void fault_in_fault(void *arg)
{
	struct nest *n = arg;

	n->inner = fault_catch(do_null, NULL, &n->inner_info);
	n->after = 1;
	arch_crash_invalid_opcode();
	n->after = 2;
}

SELFTEST(kernel, selftest, catches_nest, "")
{
	struct fault_info outer = {.vector = 99};
	struct nest n = {.inner = false};

	REQUIRE_TRUE(fault_catch(fault_in_fault, &n, &outer));
	EXPECT_TRUE(n.inner);
	EXPECT_EQ(n.inner_info.vector, (unsigned int)X86_TRAP_PF);
	EXPECT_EQ(outer.vector, (unsigned int)X86_TRAP_UD);
	EXPECT_EQ(n.after, 1);
	EXPECT_PTR_EQ(current_ctx()->catch, NULL);
}

static void panic_in_fault(void *arg)
{
	struct nest *n = arg;
	int v = 5;

	n->inner = fault_catch(do_panic, &v, &n->inner_info);
	n->after = 1; /* not reached: the panic goes past a catch for faults */
}

SELFTEST(kernel, selftest, panic_passes_fault_catch, "")
{
	struct nest n = {.inner = true};
	char msg[32];

	REQUIRE_TRUE(panic_catch(panic_in_fault, &n, msg, sizeof(msg)));
	EXPECT_STREQ(msg, "value 5");
	EXPECT_EQ(n.after, 0);
	EXPECT_PTR_EQ(current_ctx()->catch, NULL);
}

static void lose_counts(void *arg)
{
	preempt_disable();
	preempt_disable();
	local_irq_disable();
	if (arg)
		arch_crash_read(0x18);
	panic("now");
}

/* Whatever the abandoned code had switched off is on again, or off. */
SELFTEST(kernel, selftest, catch_restores, "")
{
	u32 count = preempt_count();
	unsigned long flags;
	char msg[8];

	EXPECT_FALSE(irqs_disabled());
	EXPECT_TRUE(fault_catch(lose_counts, msg, NULL));
	EXPECT_EQ(preempt_count(), count);
	EXPECT_FALSE(irqs_disabled());
	EXPECT_TRUE(panic_catch(lose_counts, NULL, msg, sizeof(msg)));
	EXPECT_EQ(preempt_count(), count);
	EXPECT_FALSE(irqs_disabled());

	preempt_disable();
	local_irq_save(flags);
	EXPECT_TRUE(fault_catch(lose_counts, msg, NULL));
	EXPECT_EQ(preempt_count(), count + 1);
	EXPECT_TRUE(irqs_disabled());
	EXPECT_TRUE(panic_catch(lose_counts, NULL, msg, sizeof(msg)));
	EXPECT_EQ(preempt_count(), count + 1);
	EXPECT_TRUE(irqs_disabled());
	local_irq_restore(flags);
	preempt_enable();
}

SELFTEST(kernel, selftest, warn_expect, "")
{
	unsigned int before = warn_unexpected_count();

	warn_expect_begin();
	EXPECT_FALSE(WARN_ON(before == ~0U));
	EXPECT_EQ(warn_expect_end(), 0U);
	EXPECT_STREQ(warn_expect_text(), "");

	warn_expect_begin();
	EXPECT_TRUE(WARN(before != ~0U, "count %d", 17));
	EXPECT_TRUE(WARN_ON(before != ~0U));
	EXPECT_EQ(warn_expect_end(), 2U);
	EXPECT_STREQ(warn_expect_text(), "count 17");

	/* each expectation counts from zero */
	warn_expect_begin();
	EXPECT_STREQ(warn_expect_text(), "");
	EXPECT_EQ(warn_expect_end(), 0U);
	EXPECT_EQ(warn_unexpected_count(), before);
}

SELFTEST(kernel, selftest, warn_expect_cancel, "")
{
	EXPECT_FALSE(warn_expect_cancel());
	warn_expect_begin();
	EXPECT_TRUE(warn_expect_cancel());
	EXPECT_FALSE(warn_expect_cancel());
}

static void expect_twice(void *arg)
{
	(void)arg;
	warn_expect_begin();
	warn_expect_begin();
}

SELFTEST(kernel, selftest, warn_expect_misuse, "")
{
	char msg[64];

	EXPECT_TRUE(panic_catch(expect_twice, NULL, msg, sizeof(msg)));
	EXPECT_TRUE(warn_expect_cancel());
}

SELFTEST(kernel, selftest, parameters, "")
{
	EXPECT_GE(selftest_scale(), 1UL);
	EXPECT_NE(selftest_seed(), 0ULL);
}

/* --- the runner's own checks, each tripped by a case made for it --- */

static void body_passes(void)
{
	EXPECT_EQ(1, 1);
	EXPECT_STREQ("a", "a");
}

static void body_fails(void)
{
	EXPECT_EQ(1, 1);
	EXPECT_EQ(1, 2);
	EXPECT_STREQ("a", "b");
	EXPECT_STREQ(NULL, "b");
}

static void body_checks_nothing(void)
{
}

static void body_skips(void)
{
	selftest_skip("because");
}

static void body_keeps_count(void)
{
	EXPECT_EQ(1, 1);
	preempt_disable();
}

static void body_keeps_irqs_off(void)
{
	EXPECT_EQ(1, 1);
	local_irq_disable();
}

static void body_expects_for_ever(void)
{
	EXPECT_EQ(1, 1);
	warn_expect_begin();
}

static struct page *leaked;

static void body_leaks(void)
{
	leaked = alloc_page(GFP_ATOMIC);
	EXPECT_TRUE(leaked != NULL);
}

static void body_returns_early(void)
{
	REQUIRE_EQ(1, 2);
	EXPECT_EQ(1, 1);
}

static struct selftest_verdict try(void (*body)(void))
{
	const struct selftest t = {
		.name = "planted", .items = "", .file = __FILE__, .fn = body};
	struct selftest_verdict v = {.failed = 99, .checks = 99};

	selftest_try(&t, 10, &v);
	return v;
}

#define EXPECT_VERDICT(v, failed_, checks_)                     \
	do {                                                    \
		EXPECT_EQ((v).failed, (unsigned int)(failed_)); \
		EXPECT_EQ((v).checks, (u64)(checks_));          \
	} while (0)

SELFTEST(kernel, selftest, verdict, "")
{
	struct selftest_verdict v = try(body_passes);

	EXPECT_VERDICT(v, 0, 2);
	EXPECT_FALSE(v.skipped);
	v = try(body_fails);
	EXPECT_VERDICT(v, 3, 4);
	v = try(body_returns_early);
	EXPECT_VERDICT(v, 1, 1);
}

SELFTEST(kernel, selftest, no_check_fails, "")
{
	struct selftest_verdict v = try(body_checks_nothing);

	EXPECT_VERDICT(v, 1, 0);
	v = try(body_skips);
	EXPECT_VERDICT(v, 0, 0);
	EXPECT_TRUE(v.skipped);
}

SELFTEST(kernel, selftest, state_is_compared, "")
{
	u32 count = preempt_count();

	EXPECT_VERDICT(try(body_keeps_count), 1, 1);
	EXPECT_EQ(preempt_count(), count);
	EXPECT_VERDICT(try(body_keeps_irqs_off), 1, 1);
	EXPECT_FALSE(irqs_disabled());
	EXPECT_VERDICT(try(body_expects_for_ever), 1, 1);
	EXPECT_FALSE(warn_expect_cancel());
}

SELFTEST(kernel, selftest, leak_is_found, "")
{
	struct selftest_verdict v = try(body_leaks);

	EXPECT_VERDICT(v, 1, 1);
	__free_page(leaked);
}

static unsigned int polls;

static void body_polls_watchdog(void)
{
	EXPECT_FALSE(selftest_watchdog_expired());
	while (!selftest_watchdog_expired())
		polls++;
}

/* Each call counts as one NMI; the real ones are off meanwhile. */
SELFTEST(kernel, selftest, time_limit, "")
{
	const struct selftest t = {.name = "planted",
				   .items = "",
				   .file = __FILE__,
				   .fn = body_polls_watchdog};
	struct selftest_verdict v;

	polls = 0;
	watchdog_stop();
	selftest_try(&t, 3, &v);
	watchdog_start();
	EXPECT_VERDICT(v, 0, 1);
	EXPECT_EQ(polls, 3U * WATCHDOG_HZ - 1);
}

/* --- what a catch must not take --- */

static void fault_as_interrupt(void *arg)
{
	(void)arg;
	preempt_count_add(HARDIRQ_OFFSET);
	arch_crash_read(0x18);
}

static void catch_then_interrupt(void *arg)
{
	bool *caught = arg;

	preempt_count_sub(HARDIRQ_OFFSET); /* a task again */
	*caught = fault_catch(fault_as_interrupt, NULL, NULL);
}

/*
 * A handler that interrupts a function below fault_catch() and faults must
 * not be unwound: its interrupt would never be acknowledged. The counts are
 * played here; the panic goes to a catch made at the same nesting.
 */
SELFTEST(kernel, selftest, interrupt_is_not_caught, "A INT-11")
{
	bool caught = false;
	char msg[96];

	preempt_count_add(HARDIRQ_OFFSET);
	EXPECT_TRUE(
		panic_catch(catch_then_interrupt, &caught, msg, sizeof(msg)));
	EXPECT_EQ(hardirq_count(), HARDIRQ_OFFSET);
	preempt_count_sub(HARDIRQ_OFFSET);
	EXPECT_STREQ(msg, "page fault (#PF, vector 14), address 0x18");
	EXPECT_FALSE(caught);
}

static void fault_of_cpu(void *arg)
{
	arch_crash_read(*(unsigned int *)arg * 8UL);
}

static void catch_on_cpu(unsigned int cpu, void *arg)
{
	atomic_t *right = arg;
	bool off = irqs_disabled();
	struct fault_info f;

	for (unsigned int i = 0; i < 100; i++)
		if (fault_catch(fault_of_cpu, &cpu, &f) &&
		    f.vector == X86_TRAP_PF && f.address == cpu * 8 &&
		    !current_ctx()->catch && irqs_disabled() == off)
			atomic_inc(right);
}

/* Every CPU catches its own faults, all at the same time. */
SELFTEST(kernel, selftest, catches_of_all_cpus, "", race)
{
	atomic_t right = ATOMIC_INIT(0);
	unsigned int cpus = workers_run(catch_on_cpu, &right);

	EXPECT_EQ(atomic_read(&right), (int)cpus * 100);
}

SELFTEST(kernel, selftest, nmi_is_not_a_stop, "")
{
	struct pt_regs regs = {.cs = 0x10};

	EXPECT_FALSE(panic_nmi(&regs));
}
