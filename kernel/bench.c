/* SPDX-License-Identifier: MIT */
/*
 * bench.c - measures the operations that the image contains.
 *
 * Purpose. What does a spin lock cost, what a page? In guest instructions, so
 *	that the answer is the same on every host and a change of one per cent
 *	can be seen; and by the same method as for other kernels.
 *
 * Model. The benchmarks are the .benches section. For each that matches:
 *
 *	setup -> one repetition to warm up -> eleven that count -> teardown
 *
 *	A repetition is `turns` turns of the loop between two readings of the
 *	time-stamp counter, each behind an lfence. Its figure is the distance
 *	divided by the number of operations, with two decimals; the overhead
 *	of the loop (three instructions) is part of it.
 *
 *	Unit. Under QEMU's -icount the counter moves by a fixed power of two
 *	with each instruction of any CPU. bench_ticks_per_insn() tries that
 *	with a loop of known length, and the unit is "insn" only if it came out
 *	exactly, several times. Else it is "ticks" of the counter.
 *
 *	Interrupts stay on, since allocations that may wait must be measured
 *	too. A repetition in which one arrived on any CPU is thrown away and
 *	done again (I1); if that does not help, it is too long to fit between
 *	two ticks, and the turns are halved.
 *
 *	.all_cpus: the loop runs on all online CPUs at the same time, on the
 *	others inside a cross-call. Since the counter counts the instructions
 *	of all, the figure is still what one operation costs, waiting included.
 *
 *	BENCH BEGIN
 *	{"bench":"lib.loop.empty","unit":"insn","n":10000,"min":3.00,...}
 *	BENCH END
 *
 * Invariants.
 *   I1  A repetition in the result had no interrupt in it, or is counted in
 *       `disturbed`, which the line then shows.
 * Locking. One run at a time, by one CPU.
 * Contexts. Task, interrupts on.
 * Limits. NMIs are not noticed; nothing sends them while no self-test runs.
 */
#include <kernel/bench.h>

#include <arch/barrier.h>
#include <arch/cpu.h>
#include <arch/irqvec.h>
#include <arch/machine.h>
#include <base/atomic.h>
#include <base/errno.h>
#include <irq/dispatch.h>
#include <irq/smp_call.h>
#include <kernel/command.h>
#include <kernel/version.h>
#include <lib/cpumask.h>
#include <lib/fmt.h>
#include <lib/glob.h>
#include <lib/irqflags.h>
#include <lib/panic.h>
#include <lib/param.h>
#include <lib/preempt.h>
#include <lib/printk.h>
#include <lib/sort.h>
#include <lib/string.h>

#define TRIES	    8 /* to have a repetition without an interrupt */
#define CAL_TURNS   10000
#define CAL_SLACK   64 /* instructions around the loop: the readings */
#define CAL_TIMES   7
#define CAL_EQUAL   4 /* readings that must be the same */
#define MAX_BENCHES 256

static char requested[256];

static int request(const char *value)
{
	long n = strscpy(requested, value && *value ? value : "*",
			 sizeof(requested));

	if (n < 0)
		return (int)n;
	panic_set_default(PANIC_EXIT);
	return 0;
}
PARAM_FN("bench", request, "globs of benchmarks to run, then exit");

static u64 calibration_loop(void)
{
	unsigned long flags;
	u64 start, end;

	local_irq_save(flags);
	start = rdtsc_ordered();
	arch_count_down(CAL_TURNS);
	end = rdtsc_ordered();
	local_irq_restore(flags);
	return end - start;
}

/* An NMI may come into a reading, into most of them it does not. */
unsigned int bench_ticks_per_insn(void)
{
	const u64 insns = ARCH_COUNT_DOWN_INSNS * (u64)CAL_TURNS;
	unsigned int equal = 0;
	u64 least = ~0ULL;
	u64 ratio;

	for (int i = 0; i < CAL_TIMES; i++) {
		u64 ticks = calibration_loop();

		equal = ticks < least ? 1 : equal + (ticks == least);
		least = min(least, ticks);
	}
	ratio = least / insns;
	if (equal < CAL_EQUAL || least - ratio * insns > ratio * CAL_SLACK)
		return 0;
	return (unsigned int)ratio;
}

/* Interrupts that all CPUs have taken. */
static unsigned long interrupts(void)
{
	unsigned long sum = 0;
	unsigned int cpu;

	for_each_online_cpu(cpu)
		for (unsigned int v = FIRST_EXTERNAL_VECTOR; v < NR_VECTORS;
		     v++)
			sum += irq_vector_count(cpu, v);
	return sum;
}

/* One repetition on all CPUs. Lock key: (a) atomic; (i) set before. */
struct crew {
	const struct bench *b; /* (i) */
	unsigned long turns;   /* (i) */
	int expected;	       /* (i) */
	atomic_t arrived;      /* (a) */
	atomic_t go;	       /* (a) */
	atomic_t done;	       /* (a) */
};

static void crew_member(void *arg)
{
	struct crew *c = arg;

	atomic_inc(&c->arrived);
	while (!atomic_read(&c->go))
		cpu_relax();
	c->b->loop(c->turns);
	smp_mb__before_atomic(); /* pairs with the one in crew_repetition() */
	atomic_inc(&c->done);
}

/* The interrupts that call the others are over when the clock starts. */
static u64 crew_repetition(const struct bench *b, unsigned long turns,
			   unsigned long *irqs)
{
	struct crew c = {
		.b = b,
		.turns = turns,
		.expected = (int)num_online_cpus() - 1,
	};
	u64 start, end;

	preempt_disable();
	smp_call_function(crew_member, &c, false);
	while (atomic_read(&c.arrived) < c.expected)
		cpu_relax();
	*irqs = interrupts();
	start = rdtsc_ordered();
	atomic_inc(&c.go);
	b->loop(turns);
	while (atomic_read(&c.done) < c.expected)
		cpu_relax();
	end = rdtsc_ordered();
	smp_mb__after_atomic(); /* pairs with the one in crew_member() */
	preempt_enable();
	return end - start;
}

/* Ticks of one repetition; false: every attempt was disturbed. */
static bool repetition(const struct bench *b, unsigned long turns,
		       unsigned int tries, u64 *ticks)
{
	unsigned long irqs;

	while (tries--) {
		if (b->all_cpus) {
			*ticks = crew_repetition(b, turns, &irqs);
		} else {
			irqs = interrupts();
			*ticks = rdtsc_ordered();
			b->loop(turns);
			*ticks = rdtsc_ordered() - *ticks;
		}
		if (interrupts() == irqs)
			return true;
	}
	return false;
}

static int compare_u64(const void *a, const void *b)
{
	u64 x = *(const u64 *)a, y = *(const u64 *)b;

	return x < y ? -1 : x > y;
}

/* Fills @ticks; returns the turns that a repetition had in the end. */
static unsigned long repeat(const struct bench *b, u64 *ticks,
			    unsigned int *disturbed)
{
	unsigned long turns = b->turns;
	unsigned int tries = TRIES;
	u64 warm_up;
	int i;

again:
	*disturbed = 0;
	repetition(b, turns, 1, &warm_up);
	for (i = 0; i < BENCH_REPETITIONS; i++) {
		if (repetition(b, turns, tries, &ticks[i]))
			continue;
		if (turns > 1) {
			turns /= 2;
			goto again;
		}
		(*disturbed)++; /* I1 */
		tries = 1;	/* it is too long: no use in waiting */
	}
	return turns;
}

int bench_measure(const struct bench *b, struct bench_result *r)
{
	unsigned int ratio = bench_ticks_per_insn();
	u64 ticks[BENCH_REPETITIONS];
	u64 per;
	int err = b->setup ? b->setup() : 0;

	if (err)
		return err;
	r->cpus = b->all_cpus ? num_online_cpus() : 1;
	r->n = repeat(b, ticks, &r->disturbed) * r->cpus;
	r->n *= b->ops ? b->ops : 1;
	if (b->teardown)
		b->teardown();

	sort(ticks, ARRAY_SIZE(ticks), sizeof(ticks[0]), compare_u64, NULL);
	per = (u64)r->n * (ratio ? ratio : 1);
	r->exact = ratio != 0;
	r->min = ticks[0] * 100 / per;
	r->median = ticks[BENCH_REPETITIONS / 2] * 100 / per;
	r->max = ticks[BENCH_REPETITIONS - 1] * 100 / per;
	return 0;
}

static void print_result(const struct bench *b, const struct bench_result *r)
{
	char more[48] = "";
	size_t len = 0;

	if (b->all_cpus)
		len += (size_t)scnprintf(more, sizeof(more), ",\"cpus\":%u",
					 r->cpus);
	if (r->disturbed)
		scnprintf(more + len, sizeof(more) - len, ",\"disturbed\":%u",
			  r->disturbed);
	pr_raw("{\"bench\":\"%s\",\"unit\":\"%s\",\"n\":%lu,"
	       "\"min\":%llu.%02llu,\"median\":%llu.%02llu,"
	       "\"max\":%llu.%02llu%s}\n",
	       b->name, r->exact ? "insn" : "ticks", r->n, r->min / 100,
	       r->min % 100, r->median / 100, r->median % 100, r->max / 100,
	       r->max % 100, more);
}

/* By insertion, in the order of the names: there are few. */
static unsigned int choose(const char *patterns, const struct bench **chosen)
{
	unsigned int nr = 0;

	for (const struct bench *b = __benches_start; b < __benches_stop; b++) {
		unsigned int at = nr;

		if (!glob_match_list(patterns, b->name) || nr == MAX_BENCHES)
			continue;
		while (at && strcmp(chosen[at - 1]->name, b->name) > 0) {
			chosen[at] = chosen[at - 1];
			at--;
		}
		chosen[at] = b;
		nr++;
	}
	return nr;
}

static const struct bench *chosen[MAX_BENCHES]; /* one run at a time */

int bench_run(const char *patterns)
{
	unsigned int nr = choose(patterns, chosen);
	struct bench_result r;
	int failed = 0;

	pr_raw("bench: compiled by %s\n", VITRIX_COMPILER);
	pr_raw("BENCH BEGIN\n");
	for (unsigned int i = 0; i < nr; i++) {
		int err = bench_measure(chosen[i], &r);

		if (err) {
			pr_raw("# %s: cannot be set up, error %d\n",
			       chosen[i]->name, -err);
			failed++;
		} else {
			print_result(chosen[i], &r);
		}
	}
	if (!nr)
		pr_raw("# no benchmark matches \"%s\"\n", patterns);
	pr_raw("BENCH END\n");
	return nr ? failed : -ENOENT;
}

void bench_boot(void)
{
	if (!requested[0])
		return;
	arch_exit(bench_run(requested) ? ARCH_EXIT_FAIL : ARCH_EXIT_PASS);
}

static int cmd_bench(int argc, char **argv)
{
	if (argc > 2)
		return -EINVAL;
	if (argc == 2)
		return bench_run(argv[1]) ? 1 : 0;
	for (unsigned int i = 0, nr = choose("*", chosen); i < nr; i++)
		pr_raw("%s\n", chosen[i]->name);
	return 0;
}
COMMAND("bench", "measure the operations that match; without a glob: list them",
	"[<glob>[,<glob>...]]", cmd_bench);
