/* SPDX-License-Identifier: MIT */
/*
 * test_spinlock.c - spinlocks: the word, the contexts, the queue, the checks.
 *
 * The exact values of the lock word are asserted, because lib/spinlock.c
 * argues with them. Who waits is made certain, never hoped for: the holder
 * looks at the word until it names the waiter.
 */
#include <lib/spinlock.h>

#include <base/errno.h>
#include <lib/param.h>
#include <lib/selftest.h>
#include <lib/string.h>

#include "../../irq/smp_call_private.h"
#include "../workers.h"

static DEFINE_SPINLOCK(lock_a);
static DEFINE_SPINLOCK(lock_b);

/* ---- one CPU ------------------------------------------------------------ */

SELFTEST(lib, spinlock, init, "A SYNC-S2")
{
	static const spinlock_t by_definition = SPIN_LOCK_UNLOCKED("&lock");
	spinlock_t lock;

	memset(&lock, 0xaa, sizeof(lock));
	spin_lock_init(&lock);
	EXPECT_EQ(lock.word, 0U);
	EXPECT_EQ(lock.word, by_definition.word);
	EXPECT_FALSE(spin_is_locked(&lock));
	EXPECT_FALSE(spin_is_contended(&lock));
#if CONFIG_DEBUG_SPINLOCK
	EXPECT_STREQ(lock.name, "&lock");
	EXPECT_EQ(lock.owner, by_definition.owner);
	EXPECT_EQ(lock.where, by_definition.where);
	EXPECT_EQ(lock.nr_slow, by_definition.nr_slow);
#else
	EXPECT_EQ(sizeof(lock), 4UL);
#endif
}

SELFTEST(lib, spinlock, tail_encoding, "")
{
	unsigned int cpu, node, wrong = 0;
	u16 before = 0; /* also: a tail is never 0 */

	for (cpu = 0; cpu < NR_CPUS; cpu++)
		for (node = 0; node < SPIN_NODES; node++) {
			u16 tail = spin_encode_tail(cpu, node);

			wrong += tail <= before;
			wrong += spin_tail_cpu(tail) != cpu;
			wrong += spin_tail_node(tail) != node;
			before = tail;
		}
	EXPECT_EQ(wrong, 0U);
	EXPECT_EQ((unsigned int)spin_encode_tail(0, 0), 4U);
	EXPECT_EQ((unsigned int)spin_encode_tail(255, 3), 1027U);
}

SELFTEST(lib, spinlock, word_and_count, "A SYNC-S1")
{
	EXPECT_EQ(preempt_count(), 0U);
	spin_lock(&lock_a);
	EXPECT_EQ(lock_a.word, SPIN_LOCKED);
	EXPECT_EQ(preempt_count(), 1U);
	EXPECT_TRUE(spin_is_locked(&lock_a));
	EXPECT_FALSE(spin_is_contended(&lock_a));
	spin_lock(&lock_b);
	EXPECT_EQ(preempt_count(), 2U);
	spin_unlock(&lock_a); /* any order */
	EXPECT_EQ(lock_a.word, 0U);
	EXPECT_EQ(lock_b.word, SPIN_LOCKED);
	EXPECT_EQ(preempt_count(), 1U);
	spin_unlock(&lock_b);
	EXPECT_EQ(lock_b.word, 0U);
	EXPECT_EQ(preempt_count(), 0U);
}

SELFTEST(lib, spinlock, trylock, "A SYNC-S4")
{
	unsigned long flags = 0;

	EXPECT_TRUE(spin_trylock(&lock_a));
	EXPECT_EQ(lock_a.word, SPIN_LOCKED);
	EXPECT_EQ(preempt_count(), 1U);
	EXPECT_FALSE(spin_trylock(&lock_a));
	EXPECT_EQ(preempt_count(), 1U);
	EXPECT_FALSE(spin_trylock_irq(&lock_a));
	EXPECT_FALSE(irqs_disabled());
	EXPECT_FALSE(spin_trylock_irqsave(&lock_a, flags));
	EXPECT_FALSE(irqs_disabled());
	EXPECT_FALSE(raw_spin_trylock(&lock_a));
	EXPECT_EQ(preempt_count(), 1U);
	EXPECT_EQ(lock_a.word, SPIN_LOCKED);
	spin_unlock(&lock_a);

	EXPECT_TRUE(spin_trylock_irqsave(&lock_a, flags));
	EXPECT_TRUE(irqs_disabled());
	spin_unlock_irqrestore(&lock_a, flags);
	EXPECT_FALSE(irqs_disabled());
	EXPECT_TRUE(spin_trylock_irq(&lock_a));
	EXPECT_TRUE(irqs_disabled());
	spin_unlock_irq(&lock_a);
	EXPECT_FALSE(irqs_disabled());
	EXPECT_EQ(preempt_count(), 0U);
	EXPECT_EQ(lock_a.word, 0U);
}

SELFTEST(lib, spinlock, trylock_gives_way, "A SYNC-S4")
{
	/* A tail without the locked byte: the head is about to take it. */
	spinlock_t lock = SPIN_LOCK_UNLOCKED("lock");

	lock.tail = spin_encode_tail(3, 0);
	EXPECT_FALSE(spin_trylock(&lock));
	EXPECT_EQ(preempt_count(), 0U);
	EXPECT_EQ(lock.word, 16U << SPIN_TAIL_SHIFT);
	EXPECT_TRUE(spin_is_contended(&lock));
	EXPECT_FALSE(spin_is_locked(&lock));
}

SELFTEST(lib, spinlock, irq_state, "A SYNC-I2, C KB-01")
{
	unsigned long outer, middle, inner;

	EXPECT_FALSE(irqs_disabled());
	spin_lock_irqsave(&lock_a, outer);
	EXPECT_TRUE(irqs_disabled());
	spin_lock_irqsave(&lock_b, middle);
	local_irq_save(inner);
	EXPECT_EQ(preempt_count(), 2U);
	local_irq_restore(inner);
	EXPECT_TRUE(irqs_disabled());
	spin_unlock_irqrestore(&lock_b, middle);
	EXPECT_TRUE(irqs_disabled());
	spin_unlock_irqrestore(&lock_a, outer);
	EXPECT_FALSE(irqs_disabled());

	spin_lock_irq(&lock_a);
	EXPECT_TRUE(irqs_disabled());
	EXPECT_EQ(preempt_count(), 1U);
	spin_unlock_irq(&lock_a);
	EXPECT_FALSE(irqs_disabled());
	EXPECT_EQ(preempt_count(), 0U);
}

SELFTEST(lib, spinlock, raw_forms, "")
{
	unsigned long flags;

	raw_spin_lock_irqsave(&lock_a, flags);
	EXPECT_EQ(lock_a.word, SPIN_LOCKED);
	EXPECT_EQ(preempt_count(), 0U);
	EXPECT_TRUE(irqs_disabled());
	EXPECT_FALSE(raw_spin_trylock(&lock_a));
	raw_spin_unlock_irqrestore(&lock_a, flags);
	EXPECT_EQ(lock_a.word, 0U);
	EXPECT_FALSE(irqs_disabled());
}

extern const struct param __params_start[], __params_stop[];

SELFTEST(lib, spinlock, option, "")
{
	enum spin_mode before = spin_mode_get();
	const struct param *p;

	for (p = __params_start; p < __params_stop; p++)
		if (!strcmp(p->name, "spin"))
			break;
	REQUIRE_TRUE(p < __params_stop && p->type == PARAM_TYPE_FN);
	EXPECT_EQ(p->fn("tas"), 0);
	EXPECT_EQ((int)spin_mode_get(), (int)SPIN_TAS);
	EXPECT_EQ(p->fn("ticket"), -EINVAL);
	EXPECT_EQ((int)spin_mode_get(), (int)SPIN_TAS);
	EXPECT_EQ(p->fn("queue"), 0);
	EXPECT_EQ((int)spin_mode_get(), (int)SPIN_QUEUE);
	spin_mode_set(before);
}

/* ---- against this CPU's own interrupts ---------------------------------- */

static atomic_t handled;

static void handler_takes_lock(void *arg)
{
	spinlock_t *lock = arg;

	spin_lock(lock);
	atomic_inc(&handled);
	spin_unlock(lock);
}

SELFTEST(lib, spinlock, irqsave_keeps_handler_out, "A SYNC-S8, A SYNC-I1")
{
	unsigned long flags;
	unsigned int i;

	if (!ipi_possible())
		return selftest_skip(NO_APIC);
	atomic_set(&handled, 0);
	spin_lock_irqsave(&lock_a, flags);
	smp_call_post(smp_processor_id(), handler_takes_lock, &lock_a);
	for (i = 0; i < 1000; i++)
		cpu_relax();
	EXPECT_EQ(atomic_read(&handled), 0);
	spin_unlock_irqrestore(&lock_a, flags);
	while (!atomic_read(&handled)) /* taken at once, or very soon */
		cpu_relax();
	EXPECT_EQ(atomic_read(&handled), 1);
	EXPECT_EQ(lock_a.word, 0U);
}

/* ---- mutual exclusion --------------------------------------------------- */

static struct {
	unsigned int rounds;   /* of each CPU */
	unsigned long counter; /* not atomic: lock_a protects it */
	unsigned int inside;   /* the same */
	atomic_t overlaps, tried;
	atomic_t trying; /* CPUs on their way to the lock */
	bool flip;
} race;

static void critical_section(void)
{
	unsigned long old = race.counter;

	if (race.inside++)
		atomic_inc(&race.overlaps);
	cpu_relax(); /* here the others get their chance */
	race.counter = old + 1;
	race.inside--;
}

/* Holding the lock: give another CPU the time to come and wait for it. */
static void hold_until_wanted(void)
{
	unsigned int i;

	for (i = 0; i < 20000 && !atomic_read(&race.trying); i++)
		cpu_relax();
	for (i = 0; i < 100; i++) /* from the announcement to the lock */
		cpu_relax();
}

static void compete(unsigned int cpu, void *arg)
{
	unsigned int i;

	(void)arg;
	for (i = 0; i < race.rounds; i++) {
		atomic_inc(&race.trying);
		if (i % 8 != 7 || !spin_trylock(&lock_a))
			spin_lock(&lock_a);
		atomic_dec(&race.trying);
		if (i == 0)
			hold_until_wanted();
		critical_section();
		spin_unlock(&lock_a);
		if ((cpu + i) % 4 == 0)
			cpu_relax(); /* else every turn ends in the section */
		if (race.flip && i % 3 == 0)
			spin_mode_set(i & 1 ? SPIN_QUEUE : SPIN_TAS);
	}
}

static unsigned long slow_total(void)
{
	unsigned long sum = 0;
	unsigned int cpu;

	for_each_online_cpu(cpu)
		sum += spin_slow_count(cpu);
	return sum;
}

/* All CPUs compete; nothing is lost, nobody is left in the queue. */
static void check_exclusion(enum spin_mode mode, bool flip)
{
	enum spin_mode before = spin_mode_get();
	unsigned long n, slow = slow_total(), scale = selftest_scale();
	bool contest = num_online_cpus() > 1;

	/* On a busy host CPUs may miss each other: again until they met. */
	for (n = 0; n < scale || (contest && slow_total() == slow && n < 200);
	     n++) {
		unsigned int cpus;

		memset(&race, 0, sizeof(race));
		race.rounds = max(1200 / num_online_cpus(), 20U);
		race.flip = flip;
		spin_mode_set(mode);
		cpus = workers_run(compete, NULL);
		spin_mode_set(before);
		EXPECT_EQ(race.counter, (unsigned long)cpus * race.rounds);
		EXPECT_EQ(atomic_read(&race.overlaps), 0);
		EXPECT_EQ(lock_a.word, 0U);
	}
	if (contest)
		EXPECT_GT(slow_total(), slow);
}

/*
 * spin=tas says that virtual CPUs outnumber real ones. Each hand-over of a
 * queue would then wait for the host's scheduler (see lib/spinlock.c).
 */
static bool queue_would_crawl(void)
{
	if (spin_mode_get() != SPIN_TAS || num_online_cpus() <= 2)
		return false;
	selftest_skip("spin=tas: more CPUs than the host has");
	return true;
}

SELFTEST(lib, spinlock, exclusion_queue, "A SYNC-S5, C CC-06", race)
{
	if (queue_would_crawl())
		return;
	check_exclusion(SPIN_QUEUE, false);
}

SELFTEST(lib, spinlock, exclusion_tas, "C CC-06", race)
{
	check_exclusion(SPIN_TAS, false);
}

SELFTEST(lib, spinlock, exclusion_mixed, "", race)
{
	if (queue_would_crawl())
		return;
	check_exclusion(SPIN_QUEUE, true);
}

/* ---- the queue ---------------------------------------------------------- */

static struct {
	unsigned int order[NR_CPUS];
	unsigned int nr; /* lock_a protects it */
	atomic_t done;
} fifo;

static void note_turn(void *arg)
{
	(void)arg;
	spin_lock(&lock_a);
	fifo.order[fifo.nr++] = smp_processor_id();
	cpu_relax();
	spin_unlock(&lock_a);
	atomic_inc(&fifo.done);
}

/* Start a waiter on each other CPU, highest first; back when all queue. */
static unsigned int queue_up_all(void)
{
	unsigned int cpu, waiters = 0;

	for (cpu = nr_cpu_ids; cpu-- > 0;) {
		u16 tail = spin_encode_tail(cpu, 0);

		if (!cpu_online(cpu) || cpu == smp_processor_id())
			continue;
		smp_call_function_single(cpu, note_turn, NULL, false);
		while (READ_ONCE(lock_a.tail) != tail)
			cpu_relax();
		waiters++;
	}
	return waiters;
}

SELFTEST(lib, spinlock, first_come_first_served, "A SYNC-S6", race)
{
	enum spin_mode before = spin_mode_get();
	unsigned int i, waiters, wrong = 0;

	if (queue_would_crawl())
		return;
	if (num_online_cpus() < 2) {
		selftest_skip("needs 2 CPUs");
		return;
	}
	memset(&fifo, 0, sizeof(fifo));
	spin_mode_set(SPIN_QUEUE);
	spin_lock(&lock_a);
	waiters = queue_up_all();
	EXPECT_TRUE(spin_is_contended(&lock_a));
	EXPECT_EQ((unsigned int)lock_a.locked, 1U);
	EXPECT_EQ(fifo.nr, 0U);
	spin_unlock(&lock_a);
	while (atomic_read(&fifo.done) < (int)waiters)
		cpu_relax();
	spin_mode_set(before);

	EXPECT_EQ(waiters, num_online_cpus() - 1);
	EXPECT_EQ(fifo.nr, waiters);
	for (i = 1; i < waiters; i++)
		wrong += fifo.order[i] >= fifo.order[i - 1];
	EXPECT_EQ(wrong, 0U); /* highest first, as they came */
	EXPECT_EQ(lock_a.word, 0U);
}

static struct {
	atomic_t waiting, got, release;
	u32 word;
} handoff;

static void wait_and_look(void *arg)
{
	(void)arg;
	spin_lock(&lock_a);
	handoff.word = READ_ONCE(lock_a.word);
	atomic_set_release(&handoff.got, 1);
	while (!atomic_read(&handoff.release))
		cpu_relax();
	spin_unlock(&lock_a);
	atomic_set_release(&handoff.got, 2);
}

/* The last waiter takes its name out of the word; then the lock is free. */
SELFTEST(lib, spinlock, hand_over_words, "A SYNC-S5", race)
{
	enum spin_mode before = spin_mode_get();
	unsigned int cpu = workers_other_cpu();
	u32 tail = (u32)spin_encode_tail(cpu, 0) << SPIN_TAIL_SHIFT;

	if (cpu == NR_CPUS) {
		selftest_skip("needs 2 CPUs");
		return;
	}
	memset(&handoff, 0, sizeof(handoff));
	spin_mode_set(SPIN_QUEUE);
	spin_lock(&lock_a);
	smp_call_function_single(cpu, wait_and_look, NULL, false);
	while (!spin_is_contended(&lock_a))
		cpu_relax();
	EXPECT_EQ(lock_a.word, tail | SPIN_LOCKED);
	EXPECT_FALSE(spin_trylock(&lock_a));
	EXPECT_EQ(atomic_read(&handoff.got), 0);
	spin_unlock(&lock_a);
	while (!atomic_read_acquire(&handoff.got))
		cpu_relax();
	EXPECT_EQ(handoff.word, SPIN_LOCKED);
	EXPECT_EQ(lock_a.word, SPIN_LOCKED);
	atomic_set(&handoff.release, 1);
	while (atomic_read_acquire(&handoff.got) != 2)
		cpu_relax();
	EXPECT_EQ(lock_a.word, 0U);
	spin_mode_set(before);
}

static struct {
	unsigned int target;
	u16 tail_a, tail_b;
	atomic_t holding, done;
} nest;

static void take_b_in_handler(void *arg)
{
	(void)arg;
	spin_lock(&lock_b);
	spin_unlock(&lock_b);
	atomic_inc(&nest.done);
}

/* Holds both, interrupts the CPU that waits for one so it waits for both. */
static void hold_both(void *arg)
{
	(void)arg;
	spin_lock(&lock_a);
	spin_lock(&lock_b);
	atomic_set(&nest.holding, 1);
	while (!(nest.tail_a = READ_ONCE(lock_a.tail)))
		cpu_relax();
	smp_call_post(nest.target, take_b_in_handler, NULL);
	while (!(nest.tail_b = READ_ONCE(lock_b.tail)))
		cpu_relax();
	spin_unlock(&lock_a); /* its waiter is interrupted: stays queued */
	spin_unlock(&lock_b);
	atomic_inc(&nest.done);
}

SELFTEST(lib, spinlock, waiter_is_interrupted, "", race)
{
	enum spin_mode before = spin_mode_get();
	unsigned int cpu = workers_other_cpu();

	if (cpu == NR_CPUS) {
		selftest_skip("needs 2 CPUs");
		return;
	}
	memset(&nest, 0, sizeof(nest));
	spin_mode_set(SPIN_QUEUE);
	nest.target = smp_processor_id();
	smp_call_function_single(cpu, hold_both, NULL, false);
	while (!atomic_read(&nest.holding))
		cpu_relax();
	spin_lock(&lock_a);
	EXPECT_EQ(lock_a.word, SPIN_LOCKED);
	spin_unlock(&lock_a);
	while (atomic_read(&nest.done) < 2)
		cpu_relax();
	spin_mode_set(before);
	EXPECT_EQ(nest.tail_a, spin_encode_tail(nest.target, 0));
	EXPECT_EQ(nest.tail_b, spin_encode_tail(nest.target, 1));
	EXPECT_EQ(lock_a.word, 0U);
	EXPECT_EQ(lock_b.word, 0U);
	EXPECT_EQ(preempt_count(), 0U);
}

SELFTEST(lib, spinlock, waiting_is_counted, "", race)
{
	enum spin_mode before = spin_mode_get();
	unsigned int cpu = workers_other_cpu();
	unsigned long mine, theirs;

	if (cpu == NR_CPUS) {
		selftest_skip("needs 2 CPUs");
		return;
	}
	memset(&handoff, 0, sizeof(handoff));
	atomic_set(&handoff.release, 1);
	spin_lock_init(&lock_a);
	spin_mode_set(SPIN_QUEUE);
	mine = spin_slow_count(smp_processor_id());
	theirs = spin_slow_count(cpu);
	spin_lock(&lock_a);
	smp_call_function_single(cpu, wait_and_look, NULL, false);
	while (!spin_is_contended(&lock_a))
		cpu_relax();
	spin_unlock(&lock_a);
	while (atomic_read_acquire(&handoff.got) != 2)
		cpu_relax();
	spin_mode_set(before);
	EXPECT_EQ(spin_slow_count(cpu), theirs + 1);
	EXPECT_EQ(spin_slow_count(smp_processor_id()), mine);
#if CONFIG_DEBUG_SPINLOCK
	EXPECT_EQ(lock_a.nr_slow, 1UL);
#endif
	EXPECT_EQ(lock_a.word, 0U);
}
