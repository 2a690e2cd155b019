/* SPDX-License-Identifier: MIT */
/*
 * cpumask.c - the machine's sets of CPUs, and choosing one from a set.
 *
 * Purpose. Who may run, who is there, who runs, who takes tasks (C CC-09).
 * Model. See <lib/cpumask.h>. cpumask_of(cpu) points into one table: row r
 *	has bit r set in its first word, then zeroes; stepping back by whole
 *	words makes that bit appear in a later word. So NR_CPUS one-bit masks
 *	need 64 rows, not NR_CPUS.
 *
 *	     row 3:   8 0 0 0 0		mask of CPU 67: starts one word
 *	   row 2: 4 0 0 0 0		before row 3: "0 8 0 0"
 *
 * Invariants.
 *	I1  active is a subset of online, online of present, present of
 *	    possible, possible of [0, NR_CPUS).
 *	I2  In the table, the words before a row's first are zero.
 * Locking. Atomic bit operations on the four sets; see the header.
 * Contexts. Any.
 */
#include <base/assert.h>
#include <base/bits.h>
#include <base/compiler.h>
#include <base/config.h>
#include <base/types.h>
#include <lib/bitmap.h>
#include <lib/cpumask.h>

#define MASK_WORDS BITS_TO_LONGS(NR_CPUS)

struct cpumask __cpu_possible_mask;
struct cpumask __cpu_present_mask;
struct cpumask __cpu_online_mask;
struct cpumask __cpu_active_mask;
unsigned int nr_cpu_ids = NR_CPUS;

const struct cpumask cpu_all_mask_value = {
	.bits = {[0 ... MASK_WORDS - 1] = ~0UL},
};

/* Row 0 is empty: it is what lies before row 1 (I2). */
#define ROW(n)	[(n) + 1][0] = 1UL << (n)
#define ROWS(n) ROW(n), ROW((n) + 1), ROW((n) + 2), ROW((n) + 3)
static const unsigned long one_cpu[BITS_PER_LONG + 1][MASK_WORDS] = {
	ROWS(0),  ROWS(4),  ROWS(8),  ROWS(12), ROWS(16), ROWS(20),
	ROWS(24), ROWS(28), ROWS(32), ROWS(36), ROWS(40), ROWS(44),
	ROWS(48), ROWS(52), ROWS(56), ROWS(60),
};

const struct cpumask *cpumask_of(unsigned int cpu)
{
	const unsigned long *row = one_cpu[1 + cpu % BITS_PER_LONG];

	ASSERT(cpu < NR_CPUS);
	return (const struct cpumask *)(uintptr_t)(row - cpu / BITS_PER_LONG);
}

/* Where the last distributing search ended: a hint, torn by nobody. */
static unsigned int last_choice;

unsigned int cpumask_any_but(const struct cpumask *m, unsigned int cpu)
{
	unsigned int i;

	for_each_cpu(i, m)
		if (i != cpu)
			break;
	return i;
}

unsigned int cpumask_next_wrap(int n, const struct cpumask *m)
{
	unsigned int cpu = cpumask_next(n, m);

	return cpu < nr_cpu_ids ? cpu : cpumask_first(m);
}

unsigned int cpumask_any_and_distribute(const struct cpumask *a,
					const struct cpumask *b)
{
	/* Pairs with the store below on any CPU; a lost update is harmless. */
	int last = (int)READ_ONCE(last_choice);
	unsigned int cpu = cpumask_next_and(last, a, b);

	if (cpu >= nr_cpu_ids)
		cpu = cpumask_first_and(a, b);
	if (cpu < nr_cpu_ids)
		WRITE_ONCE(last_choice, cpu);
	return cpu;
}

unsigned int cpumask_any_distribute(const struct cpumask *m)
{
	return cpumask_any_and_distribute(m, m);
}

static void mask_assign(struct cpumask *m, unsigned int cpu, bool yes)
{
	BUG_ON(cpu >= NR_CPUS); /* I1 */
	if (yes)
		cpumask_set_cpu(cpu, m);
	else
		cpumask_clear_cpu(cpu, m);
}

void set_cpu_possible(unsigned int cpu, bool yes)
{
	mask_assign(&__cpu_possible_mask, cpu, yes);
}

void set_cpu_present(unsigned int cpu, bool yes)
{
	mask_assign(&__cpu_present_mask, cpu, yes);
}

void set_cpu_online(unsigned int cpu, bool yes)
{
	mask_assign(&__cpu_online_mask, cpu, yes);
}

void set_cpu_active(unsigned int cpu, bool yes)
{
	mask_assign(&__cpu_active_mask, cpu, yes);
}

void setup_nr_cpu_ids(void)
{
	nr_cpu_ids = find_last_bit(__cpu_possible_mask.bits, NR_CPUS) + 1;
	BUG_ON(nr_cpu_ids > NR_CPUS); /* no CPU is possible at all */
}
