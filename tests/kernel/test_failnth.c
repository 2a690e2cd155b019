/* SPDX-License-Identifier: MIT */
/*
 * test_failnth.c - cases of class alloc are repeated with failing
 * allocations; and the runner notices the ones that cannot bear it.
 */
#include <mm/fail.h>

#include <base/errno.h>
#include <kernel/selftest.h>
#include <lib/context.h>
#include <lib/fault.h>
#include <lib/irqflags.h>
#include <lib/param.h>
#include <lib/preempt.h>
#include <lib/selftest.h>
#include <mm/percpu.h>

#define DEBUG_ONLY "a check of debug builds"

static unsigned int runs; /* of the planted case */

static struct selftest_verdict try_alloc(void (*body)(void))
{
	const struct selftest t = {.name = "planted",
				   .items = "",
				   .file = __FILE__,
				   .cls = SELFTEST_alloc,
				   .fn = body};
	struct selftest_verdict v = {.failed = 99, .checks = 99};

	runs = 0;
	selftest_try(&t, 10, &v);
	return v;
}

/* ---- the countdown --------------------------------------------------- */

SELFTEST(mm, fail, counts_down, "")
{
	if (!CONFIG_DEBUG)
		return selftest_skip(DEBUG_ONLY);
	EXPECT_FALSE(should_fail_alloc(GFP_KERNEL)); /* nothing asked for */
	fail_nth_begin(3);
	EXPECT_FALSE(should_fail_alloc(GFP_KERNEL));
	EXPECT_FALSE(should_fail_alloc(GFP_ATOMIC));
	EXPECT_TRUE(should_fail_alloc(GFP_KERNEL));
	EXPECT_FALSE(should_fail_alloc(GFP_KERNEL)); /* only this one */
	EXPECT_EQ(fail_nth_end(), 1);

	fail_nth_begin(2);
	EXPECT_FALSE(should_fail_alloc(GFP_KERNEL));
	EXPECT_EQ(fail_nth_end(), 0); /* there was no second */
	EXPECT_FALSE(should_fail_alloc(GFP_KERNEL));
	EXPECT_EQ(current_ctx()->fail_nth, 0);
	EXPECT_EQ(current_ctx()->nr_failed, 0);
}

SELFTEST(mm, fail, spares, "")
{
	if (!CONFIG_DEBUG)
		return selftest_skip(DEBUG_ONLY);
	fail_nth_begin(1);
	/* who cannot handle it */
	EXPECT_FALSE(should_fail_alloc(GFP_KERNEL | __GFP_NOFAIL));
	/* an interrupt, which is another flow */
	preempt_count_add(HARDIRQ_OFFSET);
	EXPECT_FALSE(should_fail_alloc(GFP_ATOMIC));
	preempt_count_sub(HARDIRQ_OFFSET);
	/* but not this flow with interrupts off */
	local_irq_disable();
	EXPECT_TRUE(should_fail_alloc(GFP_ATOMIC));
	local_irq_enable();
	EXPECT_EQ(fail_nth_end(), 1);

	fail_nth_begin(1);
	warn_expect_begin();
	fail_nth_begin(1);
	EXPECT_EQ(warn_expect_end(), 1U);
	EXPECT_EQ(fail_nth_end(), 0);
}

/* ---- the runner ------------------------------------------------------ */

static void body_goes_back(void)
{
	u64 *a, *b, *c;

	runs++;
	a = alloc_percpu(u64);
	if (!EXPECT_ALLOC(a))
		return;
	b = alloc_percpu(u64);
	if (!EXPECT_ALLOC(b))
		goto free_a;
	c = alloc_percpu(u64);
	if (!EXPECT_ALLOC(c))
		goto free_b;
	free_percpu(c);
free_b:
	free_percpu(b);
free_a:
	free_percpu(a);
}

/* One normal run, one for each allocation, one in which none is left. */
SELFTEST(kernel, failnth, rounds, "")
{
	struct selftest_verdict v = try_alloc(body_goes_back);

	EXPECT_EQ(v.failed, 0);
	EXPECT_EQ(runs, CONFIG_DEBUG ? 5 : 1);
	EXPECT_EQ(v.checks, CONFIG_DEBUG ? 3 + 1 + 2 + 3 + 3 : 3);
	EXPECT_FALSE(selftest_failing());
}

/* failnth=2: the normal run, and the one round. */
SELFTEST(kernel, failnth, only_one_round, "")
{
	struct selftest_verdict v;

	param_parse("failnth=2");
	v = try_alloc(body_goes_back);
	param_parse("failnth=0");
	EXPECT_EQ(v.failed, 0);
	EXPECT_EQ(runs, CONFIG_DEBUG ? 2 : 1);
	EXPECT_EQ(v.checks, CONFIG_DEBUG ? 3 + 2 : 3);
}

static u64 *kept[3];

/* Forgets to free the second thing when it does not get the third. */
static void body_leaks_in_round_3(void)
{
	unsigned int n;

	runs++;
	for (n = 0; n < ARRAY_SIZE(kept); n++) {
		kept[n] = alloc_percpu(u64);
		if (!EXPECT_ALLOC(kept[n]))
			break;
	}
	for (unsigned int i = 0; i < n; i++)
		if (!(n == 2 && i == 1))
			free_percpu(kept[i]);
}

SELFTEST(kernel, failnth, leak_on_the_way_back, "")
{
	struct selftest_verdict v;

	if (!CONFIG_DEBUG)
		return selftest_skip(DEBUG_ONLY);
	v = try_alloc(body_leaks_in_round_3);
	EXPECT_EQ(v.failed, 1);
	EXPECT_EQ(runs, 1 + 3); /* it ends with the round that failed */
	free_percpu(kept[1]);
}

/* Not ready for NULL: the check of an ordinary result fails. */
static void body_takes_it_for_granted(void)
{
	u64 *p;

	runs++;
	p = alloc_percpu(u64);
	EXPECT_TRUE(p);
	free_percpu(p);
}

static void body_wrong_error(void)
{
	u64 *p;

	runs++;
	p = alloc_percpu(u64);
	EXPECT_ALLOC_OK(p ? 0 : -EINVAL);
	free_percpu(p);
}

static void body_right_error(void)
{
	u64 *p;

	runs++;
	p = alloc_percpu(u64);
	EXPECT_ALLOC_OK(p ? 0 : -ENOMEM);
	free_percpu(p);
}

/* Failure is no excuse in a run without one. */
static void body_always_null(void)
{
	runs++;
	EXPECT_ALLOC(NULL);
}

static void body_always_enomem(void)
{
	runs++;
	EXPECT_ALLOC_OK(-ENOMEM);
}

SELFTEST(kernel, failnth, verdicts, "")
{
	struct selftest_verdict v;

	v = try_alloc(body_always_null);
	EXPECT_EQ(v.failed, 1);
	EXPECT_EQ(runs, 1); /* no rounds after a failure */
	v = try_alloc(body_always_enomem);
	EXPECT_EQ(v.failed, 1);
	if (!CONFIG_DEBUG)
		return;
	v = try_alloc(body_takes_it_for_granted);
	EXPECT_EQ(v.failed, 1);
	EXPECT_EQ(runs, 2);
	v = try_alloc(body_wrong_error);
	EXPECT_EQ(v.failed, 1);
	v = try_alloc(body_right_error);
	EXPECT_EQ(v.failed, 0);
	EXPECT_EQ(runs, 3);
}

static void body_allocates_for_ever(void)
{
	runs++;
	for (unsigned int i = 0; i < 1200 && !selftest_failing(); i++) {
		u64 *p = alloc_percpu(u64);

		free_percpu(p);
	}
	EXPECT_EQ(1, 1);
}

SELFTEST(kernel, failnth, too_many, "")
{
	struct selftest_verdict v;

	if (!CONFIG_DEBUG)
		return selftest_skip(DEBUG_ONLY);
	v = try_alloc(body_allocates_for_ever);
	EXPECT_EQ(v.failed, 1);
	EXPECT_EQ(runs, 1001);
}
