/* SPDX-License-Identifier: MIT */
/*
 * test_cpumask.c - sets of CPUs (C CC-09).
 *
 * On the host no CPU is known, so nr_cpu_ids is NR_CPUS; in the kernel it is
 * what the machine has. The cases work with any value, on masks of their
 * own, and leave the machine's sets alone.
 */
#include <base/compiler.h>
#include <base/config.h>
#include <base/types.h>
#include <lib/cpumask.h>
#include <lib/random.h>
#include <lib/selftest.h>

/* The searches must agree with asking every CPU in turn. */
SELFTEST(lib, cpumask, walks, "B LIB-01", unit)
{
	unsigned int cpu, want, wrong = 0, round;
	struct rnd_state rnd;
	struct cpumask m;

	prandom_seed_state(&rnd, selftest_seed());
	for (round = 0; round < 200; round++) {
		unsigned int weight = 0;

		/* Garbage behind nr_cpu_ids must never be seen. */
		cpumask_setall(&m);
		for (cpu = 0; cpu < nr_cpu_ids; cpu++)
			if (prandom_u32_below(&rnd, 4))
				__cpumask_clear_cpu(cpu, &m);
		want = 0;
		for_each_cpu(cpu, &m) {
			for (; want < cpu; want++)
				wrong += cpumask_test_cpu(want, &m);
			wrong += !cpumask_test_cpu(cpu, &m);
			want = cpu + 1;
			weight++;
		}
		for (; want < nr_cpu_ids; want++)
			wrong += cpumask_test_cpu(want, &m);
		wrong += cpu != nr_cpu_ids;
		wrong += cpumask_weight(&m) != weight;
		wrong += cpumask_empty(&m) != (weight == 0);
		for_each_cpu_not(cpu, &m) {
			wrong += cpumask_test_cpu(cpu, &m);
			weight++;
		}
		wrong += weight != nr_cpu_ids;
	}
	EXPECT_EQ(wrong, 0U);
}

SELFTEST(lib, cpumask, one_cpu_each, "B LIB-01", unit)
{
	unsigned int cpu, other, wrong = 0;

	for (cpu = 0; cpu < NR_CPUS; cpu++)
		for (other = 0; other < NR_CPUS; other++)
			wrong += cpumask_test_cpu(other, cpumask_of(cpu)) !=
				 (cpu == other);
	EXPECT_EQ(wrong, 0U);
	EXPECT_FALSE(cpumask_test_cpu(NR_CPUS, cpu_all_mask));
	EXPECT_TRUE(cpumask_test_cpu(NR_CPUS - 1, cpu_all_mask));
	EXPECT_EQ(cpumask_weight(cpu_all_mask), nr_cpu_ids);
}

SELFTEST(lib, cpumask, set_and_test, "B LIB-01", unit)
{
	struct cpumask a = CPUMASK_ONE(0), b;

	EXPECT_TRUE(cpumask_equal(&a, cpumask_of(0)));
	cpumask_clear(&b);
	EXPECT_TRUE(cpumask_empty(&b));
	EXPECT_FALSE(cpumask_test_and_set_cpu(0, &b));
	EXPECT_TRUE(cpumask_test_and_set_cpu(0, &b));
	EXPECT_TRUE(cpumask_equal(&a, &b));
	EXPECT_TRUE(cpumask_test_and_clear_cpu(0, &b));
	EXPECT_FALSE(cpumask_test_and_clear_cpu(0, &b));
	EXPECT_TRUE(cpumask_subset(&b, &a));
	EXPECT_FALSE(cpumask_intersects(&b, &a));
	EXPECT_EQ(cpumask_any_but(&a, 0), nr_cpu_ids);
	EXPECT_EQ(cpumask_first_and(&a, &b), nr_cpu_ids);
	cpumask_copy(&b, &a);
	EXPECT_EQ(cpumask_first_and(&a, &b), 0U);
	EXPECT_FALSE(cpumask_andnot(&b, &a, &b));
	cpumask_or(&b, &b, &a);
	EXPECT_TRUE(cpumask_equal(&a, &b));
}

/* Up to three CPUs in both sets: each is chosen once in a round. */
SELFTEST(lib, cpumask, distribute, "B LIB-01", unit)
{
	unsigned int both = min(nr_cpu_ids, 3U), i, count[4] = {0};
	struct cpumask a, b;

	cpumask_clear(&a);
	cpumask_clear(&b);
	EXPECT_GE(cpumask_any_and_distribute(&a, &b), nr_cpu_ids);
	for (i = 0; i < both; i++) {
		__cpumask_set_cpu(i, &a);
		__cpumask_set_cpu(i, &b);
	}
	/* One more in the first set only. */
	if (nr_cpu_ids > 3)
		__cpumask_set_cpu(3, &a);
	for (i = 0; i < 100 * both; i++) {
		unsigned int cpu = cpumask_any_and_distribute(&a, &b);

		REQUIRE(EXPECT_LT(cpu, both));
		count[cpu]++;
	}
	for (i = 0; i < both; i++)
		EXPECT_EQ(count[i], 100U);
	/* A single candidate is chosen every time. */
	for (i = 0; i < 3; i++)
		EXPECT_EQ(cpumask_any_distribute(cpumask_of(both - 1)),
			  both - 1);
}

SELFTEST(lib, cpumask, wrap, "B LIB-01", unit)
{
	struct cpumask m;

	cpumask_clear(&m);
	EXPECT_GE(cpumask_next_wrap(-1, &m), nr_cpu_ids);
	__cpumask_set_cpu(0, &m);
	EXPECT_EQ(cpumask_next_wrap(-1, &m), 0U);
	EXPECT_EQ(cpumask_next_wrap(0, &m), 0U);
	if (nr_cpu_ids < 2)
		return;
	__cpumask_set_cpu(nr_cpu_ids - 1, &m);
	EXPECT_EQ(cpumask_next_wrap(0, &m), nr_cpu_ids - 1);
	EXPECT_EQ(cpumask_next_wrap((int)nr_cpu_ids - 1, &m), 0U);
	EXPECT_EQ(cpumask_last(&m), nr_cpu_ids - 1);
	EXPECT_EQ(cpumask_any_but(&m, 0), nr_cpu_ids - 1);
}

/* The sets of the machine contain each other, also while it runs. */
SELFTEST(lib, cpumask, machine_sets, "C CC-09", unit)
{
	EXPECT_TRUE(cpumask_subset(cpu_active_mask, cpu_online_mask));
	EXPECT_TRUE(cpumask_subset(cpu_online_mask, cpu_present_mask));
	EXPECT_TRUE(cpumask_subset(cpu_present_mask, cpu_possible_mask));
	EXPECT_LE(num_possible_cpus(), nr_cpu_ids);
	EXPECT_LE(nr_cpu_ids, (unsigned int)NR_CPUS);
}
