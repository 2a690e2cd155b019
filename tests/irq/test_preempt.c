/* SPDX-License-Identifier: MIT */
/*
 * test_preempt.c - the census of preempt_count: its value in each context.
 */
#include <lib/preempt.h>

#include <lib/fault.h>
#include <lib/irqflags.h>
#include <lib/selftest.h>
#include <lib/spinlock.h>
#include <lib/string.h>

#include "../../irq/smp_call_private.h"
#include "../workers.h"

static DEFINE_SPINLOCK(lock_a);
static DEFINE_SPINLOCK(lock_b);

SELFTEST(lib, preempt, task_is_zero, "A SIRQ-1, A SIRQ-3")
{
	EXPECT_EQ(preempt_count(), 0U);
	EXPECT_EQ(this_cpu_read(preempt_word), PREEMPT_NEED_RESCHED);
	EXPECT_TRUE(preemptible());
	EXPECT_TRUE(in_task());
	EXPECT_FALSE(in_atomic());
	EXPECT_FALSE(in_interrupt());
}

SELFTEST(lib, preempt, nests, "A SIRQ-1")
{
	preempt_disable();
	EXPECT_EQ(preempt_count(), 1U);
	preempt_disable();
	preempt_disable();
	EXPECT_EQ(preempt_count(), 3U);
	EXPECT_FALSE(preemptible());
	EXPECT_TRUE(in_atomic());
	EXPECT_TRUE(in_task());
	EXPECT_EQ(this_cpu_read(preempt_word), PREEMPT_NEED_RESCHED | 3);
	preempt_enable();
	preempt_enable();
	EXPECT_EQ(preempt_count(), 1U);
	preempt_enable();
	EXPECT_EQ(preempt_count(), 0U);
}

SELFTEST(lib, preempt, with_locks, "A SIRQ-1, A SYNC-S1")
{
	unsigned long flags;

	spin_lock(&lock_a);
	EXPECT_EQ(preempt_count(), 0x1U);
	spin_lock_irqsave(&lock_b, flags);
	EXPECT_EQ(preempt_count(), 0x2U);
	spin_unlock_irqrestore(&lock_b, flags);
	spin_unlock(&lock_a);
	EXPECT_EQ(preempt_count(), 0x0U);
}

SELFTEST(lib, preempt, irqs_off_is_not_counted, "A SYNC-I6")
{
	unsigned long flags;

	local_irq_save(flags);
	EXPECT_EQ(preempt_count(), 0U);
	local_irq_restore(flags);
	local_irq_disable();
	EXPECT_EQ(preempt_count(), 0U);
	EXPECT_TRUE(irqs_disabled());
	local_irq_enable();
	EXPECT_FALSE(irqs_disabled());
}

SELFTEST(lib, preempt, irq_save_nests, "A SYNC-I2, C KB-01")
{
	unsigned long a, b, c;

	local_irq_save(a);
	local_irq_save(b);
	local_irq_save(c);
	EXPECT_FALSE(irqs_disabled_flags(a));
	EXPECT_TRUE(irqs_disabled_flags(b));
	EXPECT_TRUE(irqs_disabled_flags(c));
	local_irq_restore(c);
	EXPECT_TRUE(irqs_disabled());
	local_irq_restore(b);
	EXPECT_TRUE(irqs_disabled());
	local_irq_restore(a);
	EXPECT_FALSE(irqs_disabled());
}

SELFTEST(lib, preempt, fields, "A SIRQ-1, A SIRQ-3")
{
	preempt_count_add(SOFTIRQ_OFFSET);
	EXPECT_EQ(preempt_count(), 0x100U);
	EXPECT_TRUE(in_softirq());
	EXPECT_TRUE(in_interrupt());
	EXPECT_FALSE(in_irq());
	preempt_count_add(HARDIRQ_OFFSET);
	preempt_disable();
	EXPECT_EQ(preempt_count(), 0x10101U);
	EXPECT_EQ(hardirq_count(), 0x10000U);
	EXPECT_EQ(softirq_count(), 0x100U);
	EXPECT_FALSE(in_nmi());
	preempt_enable();
	preempt_count_sub(HARDIRQ_OFFSET);
	preempt_count_sub(SOFTIRQ_OFFSET);
	preempt_count_add(NMI_OFFSET);
	EXPECT_EQ(preempt_count(), 0x100000U);
	EXPECT_TRUE(in_nmi());
	EXPECT_FALSE(in_irq());
	preempt_count_sub(NMI_OFFSET);
	EXPECT_EQ(preempt_count(), 0U);

	/* The fields are neighbours and do not overlap. */
	EXPECT_EQ(PREEMPT_MASK ^ SOFTIRQ_MASK ^ HARDIRQ_MASK ^ NMI_MASK,
		  0x00ffffffU);
}

/* ---- in an interrupt handler -------------------------------------------- */

static struct {
	u32 count, locked, after;
	bool irq, task, atomic, interrupt, irqs_off;
	atomic_t done;
} seen;

static void look(void *arg)
{
	(void)arg;
	seen.count = preempt_count();
	seen.irq = in_irq();
	seen.task = in_task();
	seen.atomic = in_atomic();
	seen.interrupt = in_interrupt();
	seen.irqs_off = irqs_disabled();
	spin_lock(&lock_a);
	seen.locked = preempt_count();
	spin_unlock(&lock_a);
	seen.after = preempt_count();
	atomic_set_release(&seen.done, 1);
}

static void look_from_interrupt(void)
{
	memset(&seen, 0, sizeof(seen));
	smp_call_post(smp_processor_id(), look, NULL);
	while (!atomic_read_acquire(&seen.done))
		cpu_relax();
}

SELFTEST(lib, preempt, in_handler, "A SIRQ-1, A SIRQ-3")
{
	unsigned long flags;

	if (!ipi_possible())
		return selftest_skip(NO_APIC);
	/* smp_call_post() wants preemption off, and so the count is 1. */
	preempt_disable();
	look_from_interrupt();
	EXPECT_EQ(seen.count, 0x10001U);
	EXPECT_EQ(seen.locked, 0x10002U);
	EXPECT_EQ(seen.after, 0x10001U);
	EXPECT_EQ(preempt_count(), 0x1U);
	preempt_enable();
	EXPECT_TRUE(seen.irq);
	EXPECT_TRUE(seen.interrupt);
	EXPECT_TRUE(seen.atomic);
	EXPECT_TRUE(seen.irqs_off);
	EXPECT_FALSE(seen.task);

	/* Over plain task context: posted with interrupts off, taken later. */
	memset(&seen, 0, sizeof(seen));
	local_irq_save(flags);
	preempt_disable();
	smp_call_post(smp_processor_id(), look, NULL);
	preempt_enable();
	local_irq_restore(flags);
	while (!atomic_read_acquire(&seen.done))
		cpu_relax();
	EXPECT_EQ(seen.count, 0x10000U);
	EXPECT_EQ(seen.locked, 0x10001U);
	EXPECT_EQ(preempt_count(), 0U);
}

SELFTEST(lib, preempt, over_softirq, "A SIRQ-1")
{
	if (!ipi_possible())
		return selftest_skip(NO_APIC);
	preempt_disable();
	preempt_count_add(SOFTIRQ_OFFSET);
	look_from_interrupt();
	preempt_count_sub(SOFTIRQ_OFFSET);
	preempt_enable();
	EXPECT_EQ(seen.count, 0x10101U);
}

static u32 counts[NR_CPUS];

static void note_count(void *arg)
{
	(void)arg;
	counts[smp_processor_id()] = preempt_count();
}

SELFTEST(lib, preempt, each_cpu_its_own, "C CC-08, A SIRQ-1")
{
	unsigned int cpu, wrong = 0;

	memset(counts, 0xff, sizeof(counts));
	preempt_disable();
	preempt_disable();
	on_each_cpu(note_count, NULL, true);
	/* Here it is called with two of ours and one of on_each_cpu(). */
	EXPECT_EQ(counts[smp_processor_id()], 0x3U);
	for_each_online_cpu(cpu)
		if (cpu != smp_processor_id())
			wrong += counts[cpu] != 0x10000U;
	preempt_enable();
	preempt_enable();
	EXPECT_EQ(wrong, 0U);
}

/* ---- I1: no field over- or underflows ----------------------------------- */

static char message[128];

static void disable_once_more(void *arg)
{
	(void)arg;
	preempt_disable();
}

/* Warnings on the way from @depth to @depth + 1 and back. */
static unsigned int warnings_at(u32 depth)
{
	unsigned int before;

	preempt_count_add(depth);
	warn_expect_begin();
	preempt_disable();
	before = warn_expect_end();
	preempt_enable();
	preempt_count_sub(depth);
	return before;
}

/* A forgotten preempt_enable() is reported long before the field is full. */
SELFTEST(lib, preempt, deep_nesting_warns, "A SIRQ-2")
{
	unsigned long flags;
	unsigned int at[3];

	if (!CONFIG_DEBUG) {
		selftest_skip("assertions are in debug builds");
		return;
	}
	local_irq_save(flags);
	at[0] = warnings_at(243); /* 244 deep */
	at[1] = warnings_at(244);
	EXPECT_TRUE(strstr(warn_expect_text(), "245 deep"));
	at[2] = warnings_at(245); /* said already */
	local_irq_restore(flags);
	EXPECT_EQ(at[0], 0U);
	EXPECT_EQ(at[1], 1U);
	EXPECT_EQ(at[2], 0U);
	EXPECT_EQ(preempt_count(), 0U);
}

SELFTEST(lib, preempt, unbalanced_enable_warns, "A SIRQ-2")
{
	unsigned long flags;
	u32 alone, in_softirq;

	if (!CONFIG_DEBUG) {
		selftest_skip("assertions are in debug builds");
		return;
	}
	local_irq_save(flags);
	warn_expect_begin();
	preempt_enable();
	alone = preempt_count();
	preempt_count_add(SOFTIRQ_OFFSET);
	preempt_enable(); /* would borrow from the neighbour */
	in_softirq = preempt_count();
	preempt_count_sub(SOFTIRQ_OFFSET);
	EXPECT_EQ(warn_expect_end(), 2U);
	local_irq_restore(flags);
	EXPECT_TRUE(strstr(warn_expect_text(), "preempt_enable()"));
	EXPECT_EQ(alone, 0U);
	EXPECT_EQ(in_softirq, SOFTIRQ_OFFSET);
	EXPECT_EQ(preempt_count(), 0U);
}

SELFTEST(lib, preempt, limits, "A SIRQ-1")
{
	unsigned long flags;
	bool allowed, refused;
	u32 after;

	if (!CONFIG_DEBUG) {
		selftest_skip("assertions are in debug builds");
		return;
	}
	/* With a full field even a handler's spin_lock() would be too much. */
	local_irq_save(flags);
	preempt_count_add(254);
	allowed =
		!panic_catch(disable_once_more, NULL, message, sizeof(message));
	this_cpu_write(preempt_word, PREEMPT_NEED_RESCHED | 255);
	refused =
		panic_catch(disable_once_more, NULL, message, sizeof(message));
	after = preempt_count();
	preempt_count_sub(255);
	local_irq_restore(flags);
	EXPECT_TRUE(allowed); /* 255 deep */
	EXPECT_TRUE(refused);
	EXPECT_TRUE(strstr(message, "PREEMPT_MASK"));
	EXPECT_EQ(after, 255U);
	EXPECT_EQ(preempt_count(), 0U);
}
