/* SPDX-License-Identifier: MIT */
/*
 * test_smp_call.c - cross-calls: where, how often, in what context, in what
 * order, and what the caller may rely on afterwards.
 */
#include <irq/smp_call.h>

#include <base/errno.h>
#include <lib/fault.h>
#include <lib/irqflags.h>
#include <lib/selftest.h>
#include <lib/string.h>

#include "../../irq/smp_call_private.h"
#include "../workers.h"

static struct {
	unsigned int runs[NR_CPUS];
	unsigned int wrong_arg, irqs_on, not_in_irq;
	atomic_t total;
} seen;

/* Each CPU writes its own slot; the sums are read after waiting. */
static void note_run(void *arg)
{
	if (arg != &seen)
		seen.wrong_arg++;
	if (!irqs_disabled())
		seen.irqs_on++;
	seen.runs[smp_processor_id()]++;
	atomic_inc(&seen.total);
}

static void note_hardirq(void *arg)
{
	note_run(arg);
	if (preempt_count() != HARDIRQ_OFFSET)
		seen.not_in_irq++;
}

static void clear_seen(void)
{
	memset(&seen, 0, sizeof(seen));
}

/* How many CPUs ran other than @times (if in @mask) or 0 (if not). */
static unsigned int runs_wrong(const struct cpumask *mask, unsigned int times)
{
	unsigned int cpu, wrong = 0;

	for (cpu = 0; cpu < NR_CPUS; cpu++)
		wrong += seen.runs[cpu] !=
			 (cpumask_test_cpu(cpu, mask) ? times : 0);
	return wrong;
}

SELFTEST(irq, smp_call, all_others, "A INT-7")
{
	struct cpumask others;

	cpumask_copy(&others, cpu_online_mask);
	__cpumask_clear_cpu(smp_processor_id(), &others);
	clear_seen();
	smp_call_function(note_hardirq, &seen, true);
	/* Waited for: no more waiting here. */
	EXPECT_EQ((unsigned int)atomic_read(&seen.total),
		  num_online_cpus() - 1);
	EXPECT_EQ(runs_wrong(&others, 1), 0U);
	EXPECT_EQ(seen.wrong_arg, 0U);
	EXPECT_EQ(seen.irqs_on, 0U);
	EXPECT_EQ(seen.not_in_irq, 0U);
	EXPECT_EQ(preempt_count(), 0U);
	EXPECT_FALSE(irqs_disabled());
}

SELFTEST(irq, smp_call, all_others_later, "A INT-7")
{
	struct cpumask others;

	cpumask_copy(&others, cpu_online_mask);
	__cpumask_clear_cpu(smp_processor_id(), &others);
	clear_seen();
	smp_call_function(note_hardirq, &seen, false);
	while ((unsigned int)atomic_read(&seen.total) < num_online_cpus() - 1)
		cpu_relax();
	EXPECT_EQ(runs_wrong(&others, 1), 0U);
	EXPECT_EQ(seen.irqs_on, 0U);
}

SELFTEST(irq, smp_call, single, "A INT-7")
{
	unsigned int cpu;

	for_each_online_cpu(cpu) {
		clear_seen();
		EXPECT_EQ(smp_call_function_single(cpu, note_run, &seen, true),
			  0);
		EXPECT_EQ(runs_wrong(cpumask_of(cpu), 1), 0U);
		EXPECT_EQ(seen.wrong_arg, 0U);
		EXPECT_EQ(seen.irqs_on, 0U);
	}
}

SELFTEST(irq, smp_call, single_on_self, "A INT-7")
{
	unsigned int me = smp_processor_id();
	unsigned long flags;

	clear_seen();
	EXPECT_EQ(smp_call_function_single(me, note_run, &seen, false), 0);
	EXPECT_EQ(seen.runs[me], 1U); /* at once, waited for or not */
	EXPECT_FALSE(irqs_disabled());
	local_irq_save(flags); /* allowed here, and only here */
	EXPECT_EQ(smp_call_function_single(me, note_run, &seen, true), 0);
	EXPECT_TRUE(irqs_disabled());
	local_irq_restore(flags);
	EXPECT_EQ(seen.runs[me], 2U);
	EXPECT_EQ(seen.irqs_on, 0U);
}

SELFTEST(irq, smp_call, many_subsets, "A INT-7")
{
	unsigned int me, subset, nr = min(nr_cpu_ids, 4U);

	preempt_disable();
	me = smp_processor_id();
	for (subset = 0; subset < 1U << nr; subset++) {
		struct cpumask mask, targets;

		cpumask_clear(&mask);
		mask.bits[0] = subset;
		cpumask_and(&mask, &mask, cpu_online_mask);
		cpumask_copy(&targets, &mask);
		__cpumask_clear_cpu(me, &targets);
		clear_seen();
		smp_call_function_many(&mask, note_hardirq, &seen, true);
		EXPECT_EQ(runs_wrong(&targets, 1), 0U);
		clear_seen();
		on_each_cpu_mask(&mask, note_run, &seen, true);
		EXPECT_EQ(runs_wrong(&mask, 1), 0U);
		EXPECT_EQ(seen.irqs_on, 0U);
	}
	preempt_enable();
}

SELFTEST(irq, smp_call, on_each, "A INT-7")
{
	clear_seen();
	on_each_cpu(note_run, &seen, true);
	EXPECT_EQ((unsigned int)atomic_read(&seen.total), num_online_cpus());
	EXPECT_EQ(runs_wrong(cpu_online_mask, 1), 0U);
	EXPECT_EQ(seen.irqs_on, 0U);
	EXPECT_FALSE(irqs_disabled());
	EXPECT_EQ(preempt_count(), 0U);
}

SELFTEST(irq, smp_call, offline, "")
{
	static const unsigned int none[] = {NR_CPUS - 1, NR_CPUS, NR_CPUS + 1,
					    ~0U};
	struct cpumask mask;
	unsigned int i;

	clear_seen();
	for (i = 0; i < ARRAY_SIZE(none); i++) {
		if (cpu_online(none[i]))
			continue;
		EXPECT_EQ(smp_call_function_single(none[i], note_run, &seen,
						   true),
			  -ENXIO);
		EXPECT_EQ(smp_call_function_single(none[i], note_run, &seen,
						   false),
			  -ENXIO);
	}
	EXPECT_EQ(atomic_read(&seen.total), 0);
	EXPECT_EQ(preempt_count(), 0U);

	/* In a mask they are skipped, and not waited for. */
	cpumask_setall(&mask);
	on_each_cpu_mask(&mask, note_run, &seen, true);
	EXPECT_EQ(runs_wrong(cpu_online_mask, 1), 0U);
}

SELFTEST(irq, smp_call, gone_offline, "")
{
	unsigned int cpu = workers_other_cpu();
	struct cpumask before;
	int err;

	if (cpu == NR_CPUS) {
		selftest_skip("needs 2 CPUs");
		return;
	}
	clear_seen();
	cpumask_copy(&before, cpu_online_mask);
	set_cpu_online(cpu, false); /* it runs, but nobody may know */
	err = smp_call_function_single(cpu, note_run, &seen, false);
	on_each_cpu_mask(&before, note_run, &seen, true);
	set_cpu_online(cpu, true);
	EXPECT_EQ(err, -ENXIO);
	EXPECT_EQ(seen.runs[cpu], 0U);
	__cpumask_clear_cpu(cpu, &before);
	EXPECT_EQ(runs_wrong(&before, 1), 0U);
}

/* ---- order and reuse ---------------------------------------------------- */

#define CALLS 200

static struct {
	unsigned long next, wrong;
	unsigned int cpu;
	atomic_t ran;
} order;

static void in_sequence(void *arg)
{
	if ((unsigned long)arg != order.next)
		order.wrong++;
	order.next++;
	atomic_inc(&order.ran);
}

SELFTEST(irq, smp_call, reuse_without_waiting, "A INT-7", race)
{
	struct smp_call_stats before, after;
	unsigned int cpu = workers_other_cpu();
	unsigned long i;

	if (cpu == NR_CPUS) {
		selftest_skip("needs 2 CPUs");
		return;
	}
	memset(&order, 0, sizeof(order));
	smp_call_get_stats(cpu, &before);
	for (i = 0; i < CALLS; i++)
		smp_call_function_single(cpu, in_sequence, (void *)i, false);
	/* One that is waited for comes behind all of them. */
	smp_call_function_single(cpu, in_sequence, (void *)i, true);
	EXPECT_EQ(order.next, CALLS + 1UL);
	EXPECT_EQ(order.wrong, 0UL);
	smp_call_get_stats(cpu, &after);
	EXPECT_EQ(after.run - before.run, CALLS + 1UL);
	EXPECT_LE(after.received - before.received, CALLS + 1UL);
	EXPECT_GE(after.received - before.received, 1UL);
}

SELFTEST(irq, smp_call, counters, "A INT-7")
{
	struct smp_call_stats mine[2], theirs[2];
	unsigned int cpu = workers_other_cpu();

	if (cpu == NR_CPUS) {
		selftest_skip("needs 2 CPUs");
		return;
	}
	clear_seen();
	smp_call_get_stats(smp_processor_id(), &mine[0]);
	smp_call_get_stats(cpu, &theirs[0]);
	smp_call_function_single(cpu, note_run, &seen, true);
	smp_call_get_stats(smp_processor_id(), &mine[1]);
	smp_call_get_stats(cpu, &theirs[1]);
	EXPECT_EQ(mine[1].sent - mine[0].sent, 1UL);
	EXPECT_EQ(mine[1].run - mine[0].run, 0UL);
	EXPECT_EQ(theirs[1].received - theirs[0].received, 1UL);
	EXPECT_EQ(theirs[1].run - theirs[0].run, 1UL);
	EXPECT_EQ(theirs[1].sent - theirs[0].sent, 0UL);
}

static struct {
	atomic_t inside, release, posted;
	unsigned int target;
} block;

static void block_here(void *arg)
{
	(void)arg;
	atomic_set(&block.inside, 1);
	while (!atomic_read(&block.release))
		cpu_relax();
}

static void post_one_more(void *arg)
{
	(void)arg;
	smp_call_post(block.target, note_run, &seen);
	atomic_inc(&block.posted);
}

/*
 * The target is inside a handler: its queue is empty. All others push; the
 * first push rings, the rest find the bell rung.
 */
SELFTEST(irq, smp_call, one_interrupt_for_many, "A INT-7", race)
{
	unsigned int cpu, me = smp_processor_id();
	unsigned long sent = 0, received = 0, pushes = num_online_cpus() - 1;
	struct smp_call_stats stats;

	if (num_online_cpus() < 3) {
		selftest_skip("needs 3 CPUs");
		return;
	}
	clear_seen();
	memset(&block, 0, sizeof(block));
	block.target = workers_other_cpu();
	preempt_disable();
	smp_call_function_single(block.target, block_here, NULL, false);
	while (!atomic_read(&block.inside))
		cpu_relax();
	for_each_online_cpu(cpu) {
		smp_call_get_stats(cpu, &stats);
		sent -= stats.sent;
		if (cpu == block.target)
			received = stats.received;
	}
	for_each_online_cpu(cpu)
		if (cpu != block.target && cpu != me)
			smp_call_function_single(cpu, post_one_more, NULL,
						 true);
	post_one_more(NULL);
	EXPECT_EQ((unsigned long)atomic_read(&block.posted), pushes);
	EXPECT_EQ(atomic_read(&seen.total), 0); /* it is still inside */
	atomic_set(&block.release, 1);
	while ((unsigned long)atomic_read(&seen.total) < pushes)
		cpu_relax();
	preempt_enable();
	for_each_online_cpu(cpu) {
		smp_call_get_stats(cpu, &stats);
		sent += stats.sent;
		if (cpu == block.target)
			received = stats.received - received;
	}
	/* Mine to each of the others, and one to the target. */
	EXPECT_EQ(sent, pushes - 1 + 1);
	EXPECT_EQ(received, 1UL);
	EXPECT_EQ(seen.runs[block.target], (unsigned int)pushes);
}

/* ---- crossing ----------------------------------------------------------- */

static atomic_t crossed[NR_CPUS];

static void count_crossed(void *arg)
{
	(void)arg;
	atomic_inc(&crossed[smp_processor_id()]);
}

static void post_to_everybody(unsigned int cpu, void *arg)
{
	unsigned int target;

	(void)arg;
	(void)cpu;
	preempt_disable();
	for_each_online_cpu(target) {
		smp_call_post(target, count_crossed, NULL);
		cpu_relax();
	}
	preempt_enable();
}

SELFTEST(irq, smp_call, all_to_all, "A INT-7", race)
{
	unsigned int cpu, round, cpus = num_online_cpus();
	unsigned long rounds = 5 * selftest_scale();

	if (!ipi_possible())
		return selftest_skip(NO_APIC);
	memset(crossed, 0, sizeof(crossed));
	for (round = 1; round <= rounds; round++) {
		workers_run(post_to_everybody, NULL);
		for_each_online_cpu(cpu)
			while (atomic_read(&crossed[cpu]) < (int)(round * cpus))
				cpu_relax();
	}
	for_each_online_cpu(cpu)
		EXPECT_EQ(atomic_read(&crossed[cpu]), (int)(rounds * cpus));
}

static struct {
	unsigned int first;
	atomic_t answered;
	bool while_waiting;
} cross;

static void answer(void *arg)
{
	(void)arg;
	atomic_set_release(&cross.answered, 1);
}

/* Runs there, calls back, and does not return before that has been run. */
static void call_back(void *arg)
{
	(void)arg;
	smp_call_post(cross.first, answer, NULL);
	while (!atomic_read_acquire(&cross.answered))
		cpu_relax();
	cross.while_waiting = true;
}

SELFTEST(irq, smp_call, waiting_cpu_answers, "A INT-7", race)
{
	unsigned int cpu;

	for_each_online_cpu(cpu) {
		if (cpu == smp_processor_id())
			continue;
		memset(&cross, 0, sizeof(cross));
		cross.first = smp_processor_id();
		smp_call_function_single(cpu, call_back, NULL, true);
		EXPECT_TRUE(cross.while_waiting);
	}
	if (num_online_cpus() < 2)
		selftest_skip("needs 2 CPUs");
}

/* An IPI sent to a CPU with interrupts off is taken when they come on. */
SELFTEST(irq, smp_call, pends_while_irqs_off, "A SYNC-I1, C KB-01")
{
	unsigned int me = smp_processor_id();
	unsigned long flags;
	unsigned int i;

	if (!ipi_possible())
		return selftest_skip(NO_APIC);
	clear_seen();
	preempt_disable();
	local_irq_save(flags);
	smp_call_post(me, note_run, &seen);
	for (i = 0; i < 1000; i++)
		cpu_relax();
	EXPECT_EQ(seen.runs[me], 0U);
	local_irq_restore(flags);
	while (!atomic_read(&seen.total))
		cpu_relax();
	EXPECT_EQ(seen.runs[me], 1U);
	preempt_enable();
}

/* ---- misuse and memory -------------------------------------------------- */

static char message[128];

static void call_all_irqs_off(void *arg)
{
	(void)arg;
	local_irq_disable();
	smp_call_function(note_run, &seen, true);
}

static void call_one_irqs_off(void *arg)
{
	local_irq_disable();
	smp_call_function_single(*(unsigned int *)arg, note_run, &seen, true);
}

SELFTEST(irq, smp_call, irqs_off_reported, "")
{
	unsigned int cpu = workers_other_cpu();

	if (!CONFIG_DEBUG) {
		selftest_skip("assertions are in debug builds");
		return;
	}
	clear_seen();
	EXPECT_TRUE(
		panic_catch(call_all_irqs_off, NULL, message, sizeof(message)));
	EXPECT_TRUE(strstr(message, "irqs_disabled"));
	EXPECT_FALSE(irqs_disabled());
	if (cpu != NR_CPUS) {
		EXPECT_TRUE(panic_catch(call_one_irqs_off, &cpu, message,
					sizeof(message)));
		EXPECT_TRUE(strstr(message, "irqs_disabled"));
	}
	EXPECT_EQ(atomic_read(&seen.total), 0);
	EXPECT_EQ(preempt_count(), 0U);
}

SELFTEST(irq, smp_call, no_memory, "", alloc)
{
	/* 32 TiB of descriptors. */
	EXPECT_PTR_EQ(call_table_alloc(1U << 20), NULL);
	EXPECT_EQ(smp_call_init(), -EBUSY); /* the one of boot stays */
}
