/* SPDX-License-Identifier: MIT */
/*
 * test_kfifo_smp.c - rings and reference counts between CPUs that run at the
 * same time; see ../workers.h. Their values on one CPU are asked in
 * tests/lib/.
 */
#include <arch/cpu.h>
#include <base/atomic.h>
#include <lib/kfifo.h>
#include <lib/refcount.h>
#include <lib/selftest.h>

#include "../workers.h"

#define ROUNDS 2000

/* Three words that belong together: a torn element shows. */
struct triple {
	u64 n, inverse, cube;
};

static DEFINE_KFIFO(ring, struct triple, 8);
static unsigned int producer, consumer;
static unsigned int taken, wrong, met_empty, met_full;

static void produce(void)
{
	u64 n;

	for (n = 0; n < ROUNDS; n++) {
		struct triple t = {n, ~n, n * n * n};

		while (!kfifo_put(&ring, t)) {
			met_full++;
			cpu_relax();
		}
		if (n % 7 == 0)
			cpu_relax();
	}
}

static void consume(void)
{
	struct triple t;

	while (taken < ROUNDS) {
		if (!kfifo_get(&ring, &t)) {
			met_empty++;
			cpu_relax();
			continue;
		}
		wrong += t.n != taken || t.inverse != ~t.n ||
			 t.cube != t.n * t.n * t.n;
		wrong += kfifo_len(&ring) > kfifo_size(&ring);
		taken++;
	}
}

static void pass_on(unsigned int cpu, void *arg)
{
	(void)arg;
	if (cpu == producer)
		produce();
	else if (cpu == consumer)
		consume();
}

/* Nothing lost, nothing twice, nothing torn, in order, in both directions. */
SELFTEST(lib, kfifo, two_cpus, "", race)
{
	unsigned int here = raw_smp_processor_id();
	unsigned int there = workers_other_cpu();
	unsigned long round;

	if (there >= NR_CPUS) {
		selftest_skip("needs 2 CPUs");
		return;
	}
	met_empty = met_full = 0;
	for (round = 0; round < 4 * selftest_scale(); round++) {
		producer = round % 2 ? here : there;
		consumer = round % 2 ? there : here;
		taken = wrong = 0;
		INIT_KFIFO(ring);
		/* Half of the rounds pass the wrap of the counters. */
		if (round & 2)
			ring.kfifo.in = ring.kfifo.out = ~0U - ROUNDS / 2;
		workers_run(pass_on, NULL);
		EXPECT_EQ(taken, ROUNDS);
		EXPECT_EQ(wrong, 0U);
		EXPECT_TRUE(kfifo_is_empty(&ring));
	}
	/* Otherwise the two never met. */
	EXPECT_GT(met_empty + met_full, 0U);
}

static refcount_t refs;
static atomic_t destroyers;

static void use_and_drop(unsigned int cpu, void *arg)
{
	unsigned int i;

	(void)cpu;
	(void)arg;
	for (i = 0; i < ROUNDS; i++) {
		refcount_inc(&refs);
		if (refcount_dec_and_test(&refs))
			atomic_inc(&destroyers);
	}
	if (refcount_dec_and_test(&refs))
		atomic_inc(&destroyers);
}

/* Each CPU starts with one reference; exactly one CPU drops the last. */
SELFTEST(lib, refcount, one_destroyer, "B LIB-01", race)
{
	unsigned long round;

	for (round = 0; round < 4 * selftest_scale(); round++) {
		refcount_set(&refs, (int)num_online_cpus());
		atomic_set(&destroyers, 0);
		workers_run(use_and_drop, NULL);
		EXPECT_EQ(atomic_read(&destroyers), 1);
		EXPECT_EQ(refcount_read(&refs), 0U);
		EXPECT_FALSE(refcount_inc_not_zero(&refs));
	}
}
