/* SPDX-License-Identifier: MIT */
/*
 * preempt.h - the per-CPU word that says what this CPU must not do.
 *
 * Model. One 32-bit word per CPU (A SIRQ-1):
 *
 *    31       23..20   19..16    15..8     7..0
 *   !resched   NMI    hardirq   softirq   preempt
 *
 * The low fields count nested reasons not to switch tasks. Bit 31 is the
 * inverse of "a switch is wanted", so that the whole word is zero exactly
 * when a switch is wanted and allowed: preempt_enable() needs one
 * decrement-and-test. preempt_count() masks bit 31.
 *
 * Invariants.
 *   I1  Each field counts what is nested now; none under- or overflows.
 *   I2  Only this CPU writes its word, each write is one instruction, and an
 *       interrupt leaves the word as it found it (but for bit 31).
 * Locking. None: I2.
 * Limits. There is no scheduler yet, so bit 31 stays set and
 *       preempt_enable() never has to switch.
 */
#ifndef LIB_PREEMPT_H
#define LIB_PREEMPT_H

#include <base/assert.h>
#include <base/bits.h>
#include <base/compiler.h>
#include <base/config.h>
#include <lib/irqflags.h>
#include <lib/percpu.h>

#define PREEMPT_SHIFT 0
#define SOFTIRQ_SHIFT 8
#define HARDIRQ_SHIFT 16
#define NMI_SHIFT     20

#define PREEMPT_MASK 0x000000ffU
#define SOFTIRQ_MASK 0x0000ff00U
#define HARDIRQ_MASK 0x000f0000U
#define NMI_MASK     0x00f00000U

#define PREEMPT_OFFSET (1U << PREEMPT_SHIFT)
#define SOFTIRQ_OFFSET (1U << SOFTIRQ_SHIFT)
#define HARDIRQ_OFFSET (1U << HARDIRQ_SHIFT)
#define NMI_OFFSET     (1U << NMI_SHIFT)

#define PREEMPT_NEED_RESCHED 0x80000000U

DECLARE_PER_CPU(u32, preempt_word);

/**
 * preempt_count() - the nested reasons not to switch tasks on this CPU.
 *
 * Context: any.
 * Return: the word without the need-resched bit; 0 in plain task context.
 */
static __always_inline u32 preempt_count(void)
{
	return this_cpu_read(preempt_word) & ~PREEMPT_NEED_RESCHED;
}

static __always_inline void preempt_count_add(u32 n)
{
	this_cpu_add(preempt_word, n);
}

static __always_inline void preempt_count_sub(u32 n)
{
	this_cpu_sub(preempt_word, n);
}

/* What context is this? Any context may ask. */
#define hardirq_count() (preempt_count() & HARDIRQ_MASK)
#define softirq_count() (preempt_count() & SOFTIRQ_MASK)
#define in_nmi()	(preempt_count() & NMI_MASK)
#define in_irq()	(preempt_count() & HARDIRQ_MASK)
#define in_softirq()	(preempt_count() & SOFTIRQ_MASK)
#define in_interrupt() \
	(preempt_count() & (NMI_MASK | HARDIRQ_MASK | SOFTIRQ_MASK))
#define in_task()   (!in_interrupt())
#define in_atomic() (preempt_count() != 0)

/* Deeper than this nobody nests: somebody forgets preempt_enable(). */
#define PREEMPT_DEEP (PREEMPT_MASK - 10)

/* Debug builds, before a count from 244 on grows; see lib/debug/preempt.c. */
void preempt_check_deep(void);

/* Debug builds, instead of a count that would fall below 0. */
void preempt_warn_unbalanced(void);

/**
 * preempt_disable() - stay on this CPU until preempt_enable(); nests.
 *
 * Context: any. At most 255 deep; debug builds warn at 245.
 */
static __always_inline void preempt_disable(void)
{
	if (CONFIG_DEBUG && /* I1 */
	    unlikely((preempt_count() & PREEMPT_MASK) >= PREEMPT_DEEP - 1))
		preempt_check_deep();
	preempt_count_add(PREEMPT_OFFSET);
	barrier(); /* the protected accesses stay below */
}

/**
 * preempt_enable() - undo one preempt_disable().
 *
 * Context: any that called preempt_disable(). Debug builds warn of one too
 * many, and leave the count at 0.
 */
static __always_inline void preempt_enable(void)
{
	barrier(); /* the protected accesses stay above */
	if (CONFIG_DEBUG && unlikely(!(preempt_count() & PREEMPT_MASK))) {
		preempt_warn_unbalanced(); /* I1 */
		return;
	}
	preempt_count_sub(PREEMPT_OFFSET);
}

/* May this flow be interrupted by another task here? Any context may ask. */
static __always_inline bool preemptible(void)
{
	return preempt_count() == 0 && !irqs_disabled();
}

/* This CPU's number, and no migration until put_cpu(). */
static __always_inline unsigned int get_cpu(void)
{
	preempt_disable();
	return this_cpu_read(cpu_number);
}

static __always_inline void put_cpu(void)
{
	preempt_enable();
}

#define get_cpu_var(var)              \
	(*({                          \
		preempt_disable();    \
		this_cpu_ptr(&(var)); \
	}))
#define put_cpu_var(var)          \
	do {                      \
		(void)&(var);     \
		preempt_enable(); \
	} while (0)

/**
 * smp_processor_id() - the CPU this runs on.
 *
 * Context: any in which the caller cannot migrate: preemption or interrupts
 * off, an interrupt handler, or a flow that is bound to its CPU. Debug builds
 * report anything else (lib/debug/smp_processor_id.c). Who can do with a
 * number that may be stale uses raw_smp_processor_id().
 */
#define smp_processor_id() \
	(CONFIG_DEBUG ? debug_smp_processor_id() : raw_smp_processor_id())

/* The same, with the check. */
unsigned int debug_smp_processor_id(void);

/* How often it was asked by somebody who might migrate. Context: any. */
unsigned int smp_processor_id_reports(void);

#endif /* LIB_PREEMPT_H */
