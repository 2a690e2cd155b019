/* SPDX-License-Identifier: MIT */
/*
 * cpumask.h - sets of CPUs, and the four sets that describe the machine.
 *
 * Model (C CC-09). Each set contains the next:
 *
 *	possible	may ever run: in the firmware's table, below NR_CPUS
 *			and the nr_cpus= limit; fixed after boot
 *	present		is there now
 *	online		runs our code and takes interrupts
 *	active		may be given tasks; left first when going offline
 *
 * nr_cpu_ids is one more than the highest possible CPU. All loops and
 * searches end there, so that a build for 256 CPUs on a machine with 4
 * looks at one word. A result >= nr_cpu_ids means "none".
 *
 * Locking. The machine's sets are written with atomic bit operations, by the
 * boot and hotplug code only; everybody reads them without a lock and may see
 * an answer that has just changed. Other masks are their owner's business.
 */
#ifndef LIB_CPUMASK_H
#define LIB_CPUMASK_H

#include <base/atomic.h>
#include <base/compiler.h>
#include <base/config.h>
#include <base/types.h>
#include <lib/bitmap.h>

struct cpumask {
	DECLARE_BITMAP(bits, NR_CPUS);
};

/* Lock key: (i) immutable after boot, (a) atomic bit operations. */
extern struct cpumask __cpu_possible_mask; /* (i) */
extern struct cpumask __cpu_present_mask;  /* (a) */
extern struct cpumask __cpu_online_mask;   /* (a) */
extern struct cpumask __cpu_active_mask;   /* (a) */
extern unsigned int nr_cpu_ids;		   /* (i) NR_CPUS until it is known */

#define cpu_possible_mask ((const struct cpumask *)&__cpu_possible_mask)
#define cpu_present_mask  ((const struct cpumask *)&__cpu_present_mask)
#define cpu_online_mask	  ((const struct cpumask *)&__cpu_online_mask)
#define cpu_active_mask	  ((const struct cpumask *)&__cpu_active_mask)

/* All NR_CPUS bits set. */
extern const struct cpumask cpu_all_mask_value;
#define cpu_all_mask (&cpu_all_mask_value)

/* Initialiser of a mask with exactly one CPU, a constant. */
#define CPUMASK_ONE(cpu)                                                     \
	{                                                                    \
		.bits = {                                                    \
			[(cpu) / BITS_PER_LONG] = BIT((cpu) % BITS_PER_LONG) \
		}                                                            \
	}

/* The plain names are atomic bit operations, those with __ are not. */
static inline void cpumask_set_cpu(unsigned int cpu, struct cpumask *m)
{
	set_bit(cpu, m->bits);
}

static inline void cpumask_clear_cpu(unsigned int cpu, struct cpumask *m)
{
	clear_bit(cpu, m->bits);
}

static inline void __cpumask_set_cpu(unsigned int cpu, struct cpumask *m)
{
	__set_bit(cpu, m->bits);
}

static inline void __cpumask_clear_cpu(unsigned int cpu, struct cpumask *m)
{
	__clear_bit(cpu, m->bits);
}

/* False for any number that is not a CPU of this build. */
static inline bool cpumask_test_cpu(unsigned int cpu, const struct cpumask *m)
{
	return cpu < NR_CPUS && test_bit(cpu, m->bits);
}

static inline bool cpumask_test_and_set_cpu(unsigned int cpu, struct cpumask *m)
{
	return test_and_set_bit(cpu, m->bits);
}

static inline bool cpumask_test_and_clear_cpu(unsigned int cpu,
					      struct cpumask *m)
{
	return test_and_clear_bit(cpu, m->bits);
}

/* Searches; a result >= nr_cpu_ids means none. */
static inline unsigned int cpumask_first(const struct cpumask *m)
{
	return find_next_bit(m->bits, nr_cpu_ids, 0);
}

static inline unsigned int cpumask_last(const struct cpumask *m)
{
	return find_last_bit(m->bits, nr_cpu_ids);
}

/* The first one behind @n; start with -1. */
static inline unsigned int cpumask_next(int n, const struct cpumask *m)
{
	return find_next_bit(m->bits, nr_cpu_ids, (unsigned int)(n + 1));
}

static inline unsigned int cpumask_next_zero(int n, const struct cpumask *m)
{
	return find_next_zero_bit(m->bits, nr_cpu_ids, (unsigned int)(n + 1));
}

static inline unsigned int cpumask_first_and(const struct cpumask *a,
					     const struct cpumask *b)
{
	return find_next_and_bit(a->bits, b->bits, nr_cpu_ids, 0);
}

static inline unsigned int cpumask_next_and(int n, const struct cpumask *a,
					    const struct cpumask *b)
{
	return find_next_and_bit(a->bits, b->bits, nr_cpu_ids,
				 (unsigned int)(n + 1));
}

#define cpumask_any(m)	      cpumask_first(m)
#define cpumask_any_and(a, b) cpumask_first_and((a), (b))

/* Any CPU of @m but @cpu. */
unsigned int cpumask_any_but(const struct cpumask *m, unsigned int cpu);

/**
 * cpumask_next_wrap() - the first CPU behind @n, going round the end.
 * @n: where to begin, or -1.
 *
 * Context: any.
 * Locking: the caller's.
 * Return: a CPU of @m (@n itself if it is the only one), or >= nr_cpu_ids.
 */
unsigned int cpumask_next_wrap(int n, const struct cpumask *m);

/**
 * cpumask_any_and_distribute() - a CPU of both sets, another each time.
 *
 * Going on where the last call ended spreads tasks whose masks overlap over
 * the CPUs, instead of giving them all to the first one.
 * Context: any.
 * Locking: none; the memory of the last choice is a hint.
 * Return: a CPU, or >= nr_cpu_ids when the sets share none.
 */
unsigned int cpumask_any_and_distribute(const struct cpumask *a,
					const struct cpumask *b);
unsigned int cpumask_any_distribute(const struct cpumask *m);

static inline void cpumask_clear(struct cpumask *m)
{
	bitmap_zero(m->bits, NR_CPUS);
}

static inline void cpumask_setall(struct cpumask *m)
{
	bitmap_fill(m->bits, NR_CPUS);
}

static inline void cpumask_copy(struct cpumask *dst, const struct cpumask *src)
{
	bitmap_copy(dst->bits, src->bits, NR_CPUS);
}

static inline bool cpumask_and(struct cpumask *dst, const struct cpumask *a,
			       const struct cpumask *b)
{
	return bitmap_and(dst->bits, a->bits, b->bits, NR_CPUS);
}

static inline bool cpumask_andnot(struct cpumask *dst, const struct cpumask *a,
				  const struct cpumask *b)
{
	return bitmap_andnot(dst->bits, a->bits, b->bits, NR_CPUS);
}

static inline void cpumask_or(struct cpumask *dst, const struct cpumask *a,
			      const struct cpumask *b)
{
	bitmap_or(dst->bits, a->bits, b->bits, NR_CPUS);
}

static inline void cpumask_xor(struct cpumask *dst, const struct cpumask *a,
			       const struct cpumask *b)
{
	bitmap_xor(dst->bits, a->bits, b->bits, NR_CPUS);
}

static inline bool cpumask_equal(const struct cpumask *a,
				 const struct cpumask *b)
{
	return bitmap_equal(a->bits, b->bits, nr_cpu_ids);
}

static inline bool cpumask_subset(const struct cpumask *a,
				  const struct cpumask *b)
{
	return bitmap_subset(a->bits, b->bits, nr_cpu_ids);
}

static inline bool cpumask_intersects(const struct cpumask *a,
				      const struct cpumask *b)
{
	return bitmap_intersects(a->bits, b->bits, nr_cpu_ids);
}

static inline bool cpumask_empty(const struct cpumask *m)
{
	return bitmap_empty(m->bits, nr_cpu_ids);
}

static inline unsigned int cpumask_weight(const struct cpumask *m)
{
	return bitmap_weight(m->bits, nr_cpu_ids);
}

/* A mask with just this CPU, for as long as the kernel runs. */
const struct cpumask *cpumask_of(unsigned int cpu);

#define for_each_cpu(cpu, m)                               \
	for ((cpu) = cpumask_first(m); (cpu) < nr_cpu_ids; \
	     (cpu) = cpumask_next((int)(cpu), (m)))
#define for_each_cpu_not(cpu, m)                                     \
	for ((cpu) = cpumask_next_zero(-1, (m)); (cpu) < nr_cpu_ids; \
	     (cpu) = cpumask_next_zero((int)(cpu), (m)))
#define for_each_cpu_and(cpu, a, b)                                   \
	for ((cpu) = cpumask_first_and((a), (b)); (cpu) < nr_cpu_ids; \
	     (cpu) = cpumask_next_and((int)(cpu), (a), (b)))
#define for_each_possible_cpu(cpu) for_each_cpu(cpu, cpu_possible_mask)
#define for_each_present_cpu(cpu)  for_each_cpu(cpu, cpu_present_mask)
#define for_each_online_cpu(cpu)   for_each_cpu(cpu, cpu_online_mask)

#define num_possible_cpus() cpumask_weight(cpu_possible_mask)
#define num_present_cpus()  cpumask_weight(cpu_present_mask)
#define num_online_cpus()   cpumask_weight(cpu_online_mask)
#define num_active_cpus()   cpumask_weight(cpu_active_mask)

#define cpu_possible(cpu) cpumask_test_cpu((cpu), cpu_possible_mask)
#define cpu_present(cpu)  cpumask_test_cpu((cpu), cpu_present_mask)
#define cpu_online(cpu)	  cpumask_test_cpu((cpu), cpu_online_mask)
#define cpu_active(cpu)	  cpumask_test_cpu((cpu), cpu_active_mask)

/* Boot and hotplug code only. */
void set_cpu_possible(unsigned int cpu, bool yes);
void set_cpu_present(unsigned int cpu, bool yes);
void set_cpu_online(unsigned int cpu, bool yes);
void set_cpu_active(unsigned int cpu, bool yes);

/**
 * setup_nr_cpu_ids() - derive nr_cpu_ids from the possible set.
 *
 * Context: boot, one CPU, after the last set_cpu_possible().
 * Locking: none.
 */
void setup_nr_cpu_ids(void);

#endif /* LIB_CPUMASK_H */
