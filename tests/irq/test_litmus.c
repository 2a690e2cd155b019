/* SPDX-License-Identifier: MIT */
/*
 * test_litmus.c - what barriers between two CPUs are for, in two programs.
 *
 * Store buffering: each CPU writes one variable and reads the other's. That
 * both read the old value is impossible in any interleaving, and happens all
 * the same, because a store may wait in a buffer while the load behind it is
 * served. Message passing: data, then flag; flag, then data.
 *
 * In deterministic mode one CPU runs at a time: nothing is ever reordered,
 * and the forms without barrier show 0. That they can show more is recorded,
 * not asserted; that the forms with barriers never do is asserted.
 */
#include <arch/barrier.h>
#include <lib/printk.h>
#include <lib/selftest.h>
#include <lib/string.h>

#include "../workers.h"

struct litmus {
	void (*first)(struct litmus *t), (*second)(struct litmus *t);
	atomic_t arrived; /* lines both up before each round */
	int rounds;
	int x __aligned(64);
	int y __aligned(64);
	int r1 __aligned(64);
	int r2 __aligned(64);
	int odd; /* rounds with the outcome in question */
};

static struct litmus litmus;

static void litmus_there(void *arg)
{
	struct litmus *t = arg;
	int round;

	for (round = 0; round < t->rounds; round++) {
		workers_line_up(&t->arrived, 4 * round + 2);
		t->second(t);
		workers_line_up(&t->arrived, 4 * round + 4);
	}
}

static void nothing(void *arg)
{
	(void)arg;
}

/* @rounds rounds, one half here and one on @cpu; how many were odd. */
static int litmus_run(unsigned int cpu, void (*first)(struct litmus *t),
		      void (*second)(struct litmus *t),
		      bool (*odd)(const struct litmus *t), int rounds)
{
	struct litmus *t = &litmus;
	int round;

	memset(t, 0, sizeof(*t));
	t->first = first;
	t->second = second;
	t->rounds = rounds;
	smp_call_function_single(cpu, litmus_there, t, false);
	for (round = 0; round < rounds; round++) {
		workers_line_up(&t->arrived, 4 * round + 2);
		t->first(t);
		/* The last to arrive ends the round: the other one waits. */
		while (atomic_read(&t->arrived) < 4 * round + 3)
			cpu_relax();
		t->odd += odd(t);
		WRITE_ONCE(t->x, 0);
		WRITE_ONCE(t->y, 0);
		smp_mb__before_atomic(); /* pairs with the line-up there */
		atomic_inc(&t->arrived);
	}
	/* It comes behind litmus_there(), which then needs @t no more. */
	smp_call_function_single(cpu, nothing, NULL, true);
	return t->odd;
}

static void buffer_first(struct litmus *t)
{
	WRITE_ONCE(t->x, 1);
	barrier();
	WRITE_ONCE(t->r1, READ_ONCE(t->y));
}

static void buffer_second(struct litmus *t)
{
	WRITE_ONCE(t->y, 1);
	barrier();
	WRITE_ONCE(t->r2, READ_ONCE(t->x));
}

static void buffer_first_mb(struct litmus *t)
{
	WRITE_ONCE(t->x, 1);
	smp_mb(); /* pairs with smp_mb() in buffer_second_mb() */
	WRITE_ONCE(t->r1, READ_ONCE(t->y));
}

static void buffer_second_mb(struct litmus *t)
{
	WRITE_ONCE(t->y, 1);
	smp_mb(); /* pairs with smp_mb() in buffer_first_mb() */
	WRITE_ONCE(t->r2, READ_ONCE(t->x));
}

static bool both_missed(const struct litmus *t)
{
	return !READ_ONCE(t->r1) && !READ_ONCE(t->r2);
}

#define LITMUS_ROUNDS 1000

SELFTEST(irq, litmus, store_buffering, "A SYNC-B2", race)
{
	int rounds = LITMUS_ROUNDS * (int)min(selftest_scale(), 100UL);
	unsigned int cpu = workers_other_cpu();
	int seen_without;

	if (cpu == NR_CPUS) {
		selftest_skip("needs 2 CPUs");
		return;
	}
	seen_without = litmus_run(cpu, buffer_first, buffer_second, both_missed,
				  rounds);
	/* 0 in deterministic mode, which knows no store buffers. */
	pr_info("store buffering without barrier: %d of %d\n", seen_without,
		rounds);
	EXPECT_LE(seen_without, rounds);
	EXPECT_EQ(litmus_run(cpu, buffer_first_mb, buffer_second_mb,
			     both_missed, rounds),
		  0);
}

static void message_write(struct litmus *t)
{
	WRITE_ONCE(t->x, 1);
	smp_wmb(); /* pairs with smp_rmb() in message_read() */
	WRITE_ONCE(t->y, 1);
}

static void message_read(struct litmus *t)
{
	WRITE_ONCE(t->r1, READ_ONCE(t->y));
	smp_rmb(); /* pairs with smp_wmb() in message_write() */
	WRITE_ONCE(t->r2, READ_ONCE(t->x));
}

static bool flag_without_data(const struct litmus *t)
{
	return READ_ONCE(t->r1) && !READ_ONCE(t->r2);
}

static void message_release(struct litmus *t)
{
	WRITE_ONCE(t->x, 1);
	smp_store_release(&t->y, 1); /* pairs with message_acquire() */
}

static void message_acquire(struct litmus *t)
{
	/* pairs with message_release() */
	WRITE_ONCE(t->r1, smp_load_acquire(&t->y));
	WRITE_ONCE(t->r2, READ_ONCE(t->x));
}

SELFTEST(irq, litmus, message_passing, "A SYNC-B2", race)
{
	int rounds = LITMUS_ROUNDS * (int)min(selftest_scale(), 100UL);
	unsigned int cpu = workers_other_cpu();

	if (cpu == NR_CPUS) {
		selftest_skip("needs 2 CPUs");
		return;
	}
	EXPECT_EQ(litmus_run(cpu, message_write, message_read,
			     flag_without_data, rounds),
		  0);
	EXPECT_EQ(litmus_run(cpu, message_release, message_acquire,
			     flag_without_data, rounds),
		  0);
}
