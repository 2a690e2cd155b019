/* SPDX-License-Identifier: MIT */
/*
 * dispatch.c - from an interrupt vector to the code that handles it.
 *
 * Model. arch calls irq_dispatch() for each vector from 32 on. It counts the
 * CPU into hardirq context, runs the handler, ends the interrupt at the local
 * APIC, and counts out. What an NMI meanwhile had to leave unprinted is then
 * brought to the log. A vector that nobody handles is reported once and
 * counted from then on.
 *
 * Invariants.
 *   I1  The preempt word is the same before and after.
 *   I2  A spurious interrupt is not ended: it was never in service (A IDT-1);
 *       nor is a software interrupt (int n).
 * Locking. Counters are per CPU. `reported` is a bitmap of atomic bits.
 * Contexts. Hardirq, interrupts off.
 * Limits. No descriptors, sharing or flow control: they come with the IRQ
 * layer.
 */
#include <irq/dispatch.h>

#include <arch/irqchip.h>
#include <arch/irqvec.h>
#include <arch/ptrace.h>
#include <arch/upcall.h>
#include <base/assert.h>
#include <base/atomic.h>
#include <irq/smp_call.h>
#include <irq/tick.h>
#include <lib/irqflags.h>
#include <lib/percpu.h>
#include <lib/preempt.h>
#include <lib/printk.h>

static DEFINE_PER_CPU(unsigned long, vector_count[NR_VECTORS]);
static unsigned long reported[NR_VECTORS / BITS_PER_LONG];
/* Lock key: (q) written while the vector is quiet, read by any CPU. */
static void (*test_handler)(void); /* (q) */
static unsigned int test_vector;   /* (q) */

unsigned long irq_vector_count(unsigned int cpu, unsigned int vector)
{
	return READ_ONCE(per_cpu(vector_count, cpu)[vector]);
}

void irq_set_test_handler(unsigned int vector, void (*fn)(void))
{
	ASSERT(vector >= FIRST_EXTERNAL_VECTOR && vector < LOCAL_TIMER_VECTOR);
	ASSERT(vector != SYSCALL_VECTOR);
	WRITE_ONCE(test_vector, fn ? vector : 0);
	WRITE_ONCE(test_handler, fn);
}

static void handle_vector(struct pt_regs *regs, unsigned int vector)
{
	void (*fn)(void);

	switch (vector) {
	case LOCAL_TIMER_VECTOR:
		tick_interrupt();
		return;
	case CALL_FUNCTION_VECTOR:
		smp_call_function_interrupt();
		return;
	case RESCHEDULE_VECTOR: /* passing through the exit path is the point */
	case SPURIOUS_APIC_VECTOR:
		return;
	default:
		break;
	}
	fn = READ_ONCE(test_handler); /* may be taken away meanwhile */
	if (vector == READ_ONCE(test_vector) && fn) {
		fn();
		return;
	}
	if (!test_and_set_bit(vector, reported))
		pr_warn("irq: nobody handles vector %u (at %pS); counted from now on\n",
			vector, (void *)regs->rip);
}

void irq_dispatch(struct pt_regs *regs, unsigned int vector)
{
	unsigned int cpu = smp_processor_id();
	u32 count = preempt_count();

	ASSERT(irqs_disabled());
	ASSERT(vector >= FIRST_EXTERNAL_VECTOR && vector < NR_VECTORS);
	preempt_count_add(HARDIRQ_OFFSET);
	per_cpu(vector_count, cpu)[vector]++;
	handle_vector(regs, vector);
	if (arch_irq_in_service(vector)) /* I2 */
		arch_irq_end();
	preempt_count_sub(HARDIRQ_OFFSET);
	ASSERT(preempt_count() == count); /* I1 */
	printk_flush_nmi();		  /* what an NMI had to leave behind */
}
