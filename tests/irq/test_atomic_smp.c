/* SPDX-License-Identifier: MIT */
/*
 * test_atomic_smp.c - atomics and plain variables under all CPUs at once.
 *
 * Every case runs one loop on all CPUs and compares sums. cpu_relax() stands
 * where another CPU does the most harm; see ../workers.h.
 */
#include <base/atomic.h>
#include <lib/bitmap.h>
#include <lib/llist.h>
#include <lib/selftest.h>
#include <lib/string.h>

#include "../workers.h"

#define ROUNDS 400

static struct {
	atomic_t counter;
	atomic64_t wide;
	unsigned long plain;
	atomic_t zeros, winners;
	atomic_t between; /* CPUs that came between a read and its write */
	unsigned long taken[4]; /* 256 bits */
	unsigned long seen[BITS_TO_LONGS(NR_CPUS * ROUNDS + 1)];
	void *ptr;
} shared;

static void count_exactly(unsigned int cpu, void *arg)
{
	unsigned int i;

	(void)cpu;
	(void)arg;
	for (i = 0; i < ROUNDS; i++) {
		atomic_inc(&shared.counter);
		atomic_add(3, &shared.counter);
		atomic_dec(&shared.counter);
		atomic64_add(0x100000001LL, &shared.wide);
		if (i % 16 == 0)
			cpu_relax();
	}
}

SELFTEST(lib, atomic, sum_is_exact, "A SYNC-A1, A SYNC-A5, C CC-06", race)
{
	unsigned long n, scale = selftest_scale();

	for (n = 0; n < scale; n++) {
		int cpus;

		memset(&shared, 0, sizeof(shared));
		cpus = (int)workers_run(count_exactly, NULL);
		EXPECT_EQ(atomic_read(&shared.counter), cpus * ROUNDS * 3);
		EXPECT_EQ(atomic64_read(&shared.wide),
			  0x100000001LL * cpus * ROUNDS);
	}
}

/* Between a read and the write: wait, not for ever, until two are there. */
static void meet_between(void)
{
	unsigned int i;

	atomic_inc(&shared.between);
	for (i = 0; i < 100000 && atomic_read(&shared.between) < 2; i++)
		cpu_relax();
}

/* Read, let another CPU run, write: the classic. */
static void count_badly(unsigned int cpu, void *arg)
{
	unsigned int i;

	(void)cpu;
	(void)arg;
	for (i = 0; i < ROUNDS; i++) {
		unsigned long old = READ_ONCE(shared.plain);

		if (i == 0)
			meet_between();
		cpu_relax();
		WRITE_ONCE(shared.plain, old + 1);
	}
}

SELFTEST(lib, atomic, plain_update_is_lost, "A SYNC-A1, C CC-06", race)
{
	unsigned int tries;
	unsigned long all = 0;

	if (num_online_cpus() < 2) {
		selftest_skip("needs 2 CPUs");
		return;
	}
	/* Not every try overlaps when the host runs one CPU at a time. */
	for (tries = 0; tries < 200; tries++) {
		memset(&shared, 0, sizeof(shared));
		all = (unsigned long)workers_run(count_badly, NULL) * ROUNDS;
		if (shared.plain != all)
			break;
	}
	EXPECT_LT(shared.plain, all);
	EXPECT_GT(shared.plain, 0UL);
}

static void drop_references(unsigned int cpu, void *arg)
{
	unsigned int i;

	(void)cpu;
	(void)arg;
	for (i = 0; i < ROUNDS; i++) {
		if (atomic_dec_and_test(&shared.counter))
			atomic_inc(&shared.zeros);
		if (i % 8 == 0)
			cpu_relax();
	}
}

SELFTEST(lib, atomic, one_sees_zero, "A SYNC-A5", race)
{
	memset(&shared, 0, sizeof(shared));
	atomic_set(&shared.counter, (int)num_online_cpus() * ROUNDS);
	workers_run(drop_references, NULL);
	EXPECT_EQ(atomic_read(&shared.counter), 0);
	EXPECT_EQ(atomic_read(&shared.zeros), 1);
}

static void draw_numbers(unsigned int cpu, void *arg)
{
	unsigned int i;

	(void)cpu;
	(void)arg;
	for (i = 0; i < ROUNDS; i++) {
		unsigned int nr =
			(unsigned int)atomic_inc_return(&shared.counter);

		if (nr > NR_CPUS * ROUNDS || test_and_set_bit(nr, shared.seen))
			atomic_inc(&shared.zeros); /* drawn twice, or wild */
		if (i % 8 == 0)
			cpu_relax();
	}
}

SELFTEST(lib, atomic, returns_a_permutation, "A SYNC-A6", race)
{
	unsigned long all;

	memset(&shared, 0, sizeof(shared));
	all = (unsigned long)workers_run(draw_numbers, NULL) * ROUNDS;
	EXPECT_EQ(atomic_read(&shared.zeros), 0);
	EXPECT_FALSE(test_bit(0, shared.seen));
	EXPECT_EQ(
		(unsigned long)bitmap_weight(shared.seen, NR_CPUS * ROUNDS + 1),
		all);
	EXPECT_EQ(
		(unsigned long)find_last_bit(shared.seen, NR_CPUS * ROUNDS + 1),
		all);
}

static void grab_bits(unsigned int cpu, void *arg)
{
	unsigned int i;

	(void)cpu;
	(void)arg;
	for (i = 0; i < 256; i++)
		if (!test_and_set_bit(i, shared.taken))
			atomic_inc(&shared.winners);
}

SELFTEST(lib, atomic, bit_has_one_winner, "B LIB-01", race)
{
	unsigned int n, rounds = 40 * (unsigned int)selftest_scale();
	unsigned int wins = 0, clear = 0;

	for (n = 0; n < rounds; n++) {
		memset(&shared, 0, sizeof(shared));
		workers_run(grab_bits, NULL);
		wins += (unsigned int)atomic_read(&shared.winners);
		clear += 256 - bitmap_weight(shared.taken, 256);
	}
	EXPECT_EQ(wins, 256 * rounds);
	EXPECT_EQ(clear, 0U);
}

/* The "allocation" that each CPU would install: its own slot. */
static char slots[NR_CPUS];

/* Time passes between the test and the store. */
static void allocate(void)
{
	unsigned int i;

	for (i = 0; i < 50; i++)
		cpu_relax();
}

static void install_racy(unsigned int cpu, void *arg)
{
	(void)arg;
	if (!READ_ONCE(shared.ptr)) {
		meet_between();
		WRITE_ONCE(shared.ptr, &slots[cpu]);
		atomic_inc(&shared.winners);
	}
}

static void install_cmpxchg(unsigned int cpu, void *arg)
{
	(void)arg;
	if (!READ_ONCE(shared.ptr)) {
		allocate();
		if (!cmpxchg(&shared.ptr, (void *)NULL, (void *)&slots[cpu]))
			atomic_inc(&shared.winners);
	}
}

SELFTEST(lib, atomic, getmem_race, "C CC-01", race)
{
	unsigned int tries, doubles = 0;

	if (num_online_cpus() < 2) {
		selftest_skip("needs 2 CPUs");
		return;
	}
	for (tries = 0; tries < 200 && !doubles; tries++) {
		memset(&shared, 0, sizeof(shared));
		workers_run(install_racy, NULL);
		doubles += atomic_read(&shared.winners) > 1;
	}
	EXPECT_EQ(doubles, 1U); /* two allocations, one of them lost */
	for (tries = 0; tries < 20; tries++) {
		memset(&shared, 0, sizeof(shared));
		workers_run(install_cmpxchg, NULL);
		EXPECT_EQ(atomic_read(&shared.winners), 1);
	}
}

static struct llist_head pushed;
static struct {
	struct llist_node node;
	unsigned long value, check;
} items[16][64];

static void push_items(unsigned int cpu, void *arg)
{
	unsigned int i;

	(void)arg;
	if (cpu >= ARRAY_SIZE(items))
		return;
	for (i = 0; i < ARRAY_SIZE(items[0]); i++) {
		items[cpu][i].value = cpu * 100 + i;
		items[cpu][i].check = ~items[cpu][i].value;
		if (llist_add(&items[cpu][i].node, &pushed))
			atomic_inc(&shared.winners);
		if (i % 16 == 0)
			cpu_relax();
	}
}

/* Takes all; how many there were, and in *@wrong how many were bad. */
static unsigned int take_items(unsigned int *wrong)
{
	struct llist_node *list, *pos, *next;
	int last[ARRAY_SIZE(items)];
	unsigned int count = 0;

	memset(last, 0xff, sizeof(last)); /* -1 */
	list = llist_reverse_order(llist_del_all(&pushed));
	llist_for_each_safe(pos, next, list) {
		__typeof__(&items[0][0]) item =
			llist_entry(pos, __typeof__(items[0][0]), node);
		unsigned long cpu = item->value / 100;
		int i = (int)(item->value % 100);

		count++;
		/* Whole when published, and each pusher's in its order. */
		*wrong += item->check != ~item->value || i <= last[cpu];
		last[cpu] = i;
	}
	return count;
}

SELFTEST(lib, llist, many_pushers, "", race)
{
	unsigned int n, wrong = 0, lost = 0, winners = 0;
	unsigned int rounds = 20 * (unsigned int)selftest_scale();

	init_llist_head(&pushed);
	for (n = 0; n < rounds; n++) {
		unsigned int cpus;

		memset(&shared, 0, sizeof(shared));
		memset(items, 0, sizeof(items));
		cpus = workers_run(push_items, NULL);
		cpus = min(cpus, (unsigned int)ARRAY_SIZE(items));
		winners += (unsigned int)atomic_read(&shared.winners);
		lost += cpus * (unsigned int)ARRAY_SIZE(items[0]) -
			take_items(&wrong);
	}
	EXPECT_EQ(winners, rounds); /* each time one found it empty */
	EXPECT_EQ(lost, 0U);
	EXPECT_EQ(wrong, 0U);
}
