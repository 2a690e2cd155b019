/* SPDX-License-Identifier: MIT */
/*
 * test_irq.c - what becomes of an interrupt: context, order, end; what must
 * not be ended; CR2 (A IDT-1, A IDT-3, A IDT-6, A IDT-8, A INT-2 .. A INT-7).
 */
#include <arch/acpi.h>
#include <arch/irqchip.h>
#include <arch/irqvec.h>
#include <arch/smp.h>
#include <base/bits.h>
#include <irq/dispatch.h>
#include <irq/tick.h>
#include <lib/fault.h>
#include <lib/irqflags.h>
#include <lib/printk.h>
#include <lib/selftest.h>
#include <lib/string.h>

#include "../../arch/x86_64/apic.h"
#include "../../arch/x86_64/msr.h"
#include "../workers.h"

#define TEST_VECTOR 0x60
#define NO_APIC	    "this machine has no local APIC"

#define IF_OF(flags) ((flags) >> 9 & 1)

static struct {
	u64 flags;
	u32 preempt;
	unsigned int runs;
	bool in_service, in_service_later;
	u64 text_check;
} seen;

static void note_context(void)
{
	seen.flags = arch_local_save_flags();
	seen.preempt = preempt_count();
	seen.runs++;
	seen.in_service = arch_irq_in_service(TEST_VECTOR);
}

static void watch_vector(void (*fn)(void))
{
	memset(&seen, 0, sizeof(seen));
	irq_set_test_handler(TEST_VECTOR, fn);
}

/* A self-IPI is taken at the latest a few instructions after it was sent. */
static bool wait_runs(unsigned int n)
{
	for (unsigned int i = 0; i < 1000000; i++) {
		if (READ_ONCE(seen.runs) >= n)
			return true;
		cpu_relax();
	}
	return false;
}

/* Bits set in all of ISR or IRR. */
static unsigned int bits_in(unsigned int reg)
{
	unsigned int n = 0;

	for (unsigned int i = 0; i < 8; i++)
		n += hweight_long(apic_read(reg + i * 0x10));
	return n;
}

SELFTEST(arch, irq, irq_context, "A IDT-3, A SIRQ-1")
{
	if (!apic_present())
		return selftest_skip(NO_APIC);
	watch_vector(note_context);
	arch_send_self_ipi(TEST_VECTOR);
	EXPECT_TRUE(wait_runs(1));
	EXPECT_EQ(IF_OF(seen.flags), 0);
	EXPECT_EQ(seen.preempt, 0x10000U);
	EXPECT_TRUE(seen.in_service);
	EXPECT_FALSE(irqs_disabled());
	EXPECT_EQ(preempt_count(), 0U);
	irq_set_test_handler(TEST_VECTOR, NULL);
}

/* Afterwards nothing is in service, so the next one of any priority comes. */
SELFTEST(arch, irq, irq_is_ended, "")
{
	unsigned long flags;
	unsigned int isr;

	if (!apic_present())
		return selftest_skip(NO_APIC);
	watch_vector(note_context);
	for (unsigned int i = 1; i <= 5; i++) {
		arch_send_self_ipi(TEST_VECTOR);
		EXPECT_TRUE(wait_runs(i));
	}
	local_irq_save(flags);
	isr = bits_in(APIC_ISR);
	local_irq_restore(flags);
	EXPECT_EQ(isr, 0U);
	EXPECT_EQ(seen.runs, 5U);
	EXPECT_EQ(apic_read(APIC_TPR), 0U);
	irq_set_test_handler(TEST_VECTOR, NULL);
}

/* The board's NMI line comes in where the firmware says. */
SELFTEST(arch, irq, nmi_button, "")
{
	unsigned int lines = 0;

	for (unsigned int i = 0; i < acpi_info.nr_lapic_nmis; i++) {
		const struct acpi_lapic_nmi *n = &acpi_info.lapic_nmis[i];
		u32 lvt;

		if (n->uid != ACPI_ALL_CPUS || !apic_present())
			continue;
		lvt = apic_read(n->lint ? APIC_LVT1 : APIC_LVT0);
		EXPECT_EQ(lvt & 0x700, APIC_DM_NMI);
		EXPECT_EQ(lvt & APIC_LVT_MASKED, 0U);
		EXPECT_EQ((lvt & APIC_LVT_ACTIVE_LOW) != 0,
			  n->polarity == ACPI_POLARITY_LOW);
		lines++;
	}
	if (!lines)
		selftest_skip("this machine names no line for all CPUs");
}

static struct {
	atomic_t checked, wrong_isr, wrong_tpr;
} remote;

/* On another CPU exactly this cross-call is in service; here nothing is. */
static void check_isr(void *arg)
{
	bool self = smp_processor_id() == *(unsigned int *)arg;

	atomic_inc(&remote.checked);
	if (bits_in(APIC_ISR) != (self ? 0 : 1))
		atomic_inc(&remote.wrong_isr);
	if (!self && !arch_irq_in_service(CALL_FUNCTION_VECTOR))
		atomic_inc(&remote.wrong_isr);
	if (apic_read(APIC_TPR))
		atomic_inc(&remote.wrong_tpr);
}

SELFTEST(arch, irq, isr_on_every_cpu, "A INT-6")
{
	unsigned int self = raw_smp_processor_id();

	if (!apic_present())
		return selftest_skip(NO_APIC);
	memset(&remote, 0, sizeof(remote));
	for (unsigned int i = 0; i < 3; i++)
		on_each_cpu(check_isr, &self, true);
	EXPECT_EQ(atomic_read(&remote.checked), 3 * (int)num_online_cpus());
	EXPECT_EQ(atomic_read(&remote.wrong_isr), 0);
	EXPECT_EQ(atomic_read(&remote.wrong_tpr), 0);
}

/* Interrupts off: nothing comes; several of a kind become one. */
SELFTEST(arch, irq, pending_ones_merge, "A SYNC-I1, A INT-3")
{
	unsigned int during;

	if (!apic_present())
		return selftest_skip(NO_APIC);
	watch_vector(note_context);
	local_irq_disable();
	for (unsigned int i = 0; i < 5; i++)
		arch_send_self_ipi(TEST_VECTOR);
	during = seen.runs;
	EXPECT_TRUE(apic_read(APIC_IRR + TEST_VECTOR / 32 * 0x10) >>
			    (TEST_VECTOR % 32) &
		    1);
	local_irq_enable();
	EXPECT_TRUE(wait_runs(1));
	arch_send_self_ipi(TEST_VECTOR); /* and the next is counted anew */
	EXPECT_TRUE(wait_runs(2));
	EXPECT_EQ(during, 0U);
	EXPECT_EQ(seen.runs, 2U);
	irq_set_test_handler(TEST_VECTOR, NULL);
}

/*
 * The task priority holds back all classes up to its own, and loses none:
 * what came several times meanwhile comes once.
 */
SELFTEST(arch, irq, task_priority, "A INT-6, A INT-3")
{
	unsigned int same, lower;

	if (!apic_present())
		return selftest_skip(NO_APIC);
	watch_vector(note_context);
	apic_write(APIC_TPR, TEST_VECTOR & 0xf0);
	for (unsigned int i = 0; i < 3; i++)
		arch_send_self_ipi(TEST_VECTOR);
	for (unsigned int i = 0; i < 1000; i++)
		cpu_relax();
	same = READ_ONCE(seen.runs);
	apic_write(APIC_TPR, (TEST_VECTOR & 0xf0) - 0x10);
	wait_runs(1);
	for (unsigned int i = 0; i < 1000; i++)
		cpu_relax();
	lower = READ_ONCE(seen.runs);
	apic_write(APIC_TPR, 0);
	irq_set_test_handler(TEST_VECTOR, NULL);
	EXPECT_EQ(same, 0U);
	EXPECT_EQ(lower, 1U);
}

static void int_255_inside(void)
{
	seen.runs++;
	seen.in_service = arch_irq_in_service(TEST_VECTOR);
	__asm__ __volatile__("int $255");
	__asm__ __volatile__("int $0x61");
	seen.in_service_later = arch_irq_in_service(TEST_VECTOR);
}

/*
 * An end of interrupt ends the highest in service. If the spurious one, or a
 * software interrupt, were ended, that would end another's too early.
 */
SELFTEST(arch, irq, spurious_is_not_ended, "A IDT-1")
{
	unsigned long before = irq_vector_count(0, 255);

	if (!apic_present())
		return selftest_skip(NO_APIC);
	watch_vector(int_255_inside);
	arch_send_self_ipi(TEST_VECTOR);
	EXPECT_TRUE(wait_runs(1));
	EXPECT_TRUE(seen.in_service);
	EXPECT_TRUE(seen.in_service_later);
	EXPECT_EQ(irq_vector_count(0, 255), before + 1);
	EXPECT_EQ(bits_in(APIC_ISR), 0U); /* its own was ended */
	irq_set_test_handler(TEST_VECTOR, NULL);
}

static unsigned int log_mentions(struct log_reader *r, const char *text)
{
	static char line[LOG_LINE_MAX];
	struct log_entry e;
	unsigned int n = 0;

	while (log_read(r, &e, line, sizeof(line)))
		n += strstr(line, text) != NULL;
	return n;
}

/* A vector that never came yet: the report is given once since boot. */
static unsigned int quiet_vector(void)
{
	for (unsigned int v = 0xb0; v < 0xe0; v++) {
		unsigned long n = 0;
		unsigned int cpu;

		for_each_possible_cpu(cpu)
			n += irq_vector_count(cpu, v);
		if (!n)
			return v;
	}
	return 0;
}

SELFTEST(arch, irq, unexpected_vector, "A IDT-8")
{
	unsigned int v = quiet_vector();
	struct log_reader r = {0};

	if (!apic_present())
		return selftest_skip(NO_APIC);
	if (!v)
		return selftest_skip("all spare vectors were used up");
	log_reader_last(&r, 0);
	for (unsigned long n = 1; n <= 4; n++) {
		arch_send_self_ipi(v);
		for (unsigned int i = 0; i < 100000; i++)
			if (irq_vector_count(0, v) == n)
				break;
		EXPECT_EQ(irq_vector_count(0, v), n);
	}
	EXPECT_EQ(log_mentions(&r, "nobody handles vector"), 1U);
	EXPECT_EQ(bits_in(APIC_ISR), 0U);
}

/* The timer comes at its own vector, never at an exception's or a PIC's. */
SELFTEST(arch, irq, timer_vector, "A INT-2")
{
	unsigned int cpu;

	for_each_online_cpu(cpu) {
		unsigned long timer, ticks;
		unsigned long flags;

		local_irq_save(flags);
		timer = irq_vector_count(cpu, 239);
		ticks = tick_count(cpu);
		local_irq_restore(flags);
		if (cpu == raw_smp_processor_id())
			EXPECT_EQ(timer, ticks);
		for (unsigned int v = 32; v < 48; v++)
			EXPECT_EQ(irq_vector_count(cpu, v), 0UL);
	}
}

static void on_target(void *arg)
{
	(*(unsigned int *)arg)++;
}

SELFTEST(arch, irq, ipi_counters, "A INT-7")
{
	unsigned int cpu = workers_other_cpu(), runs = 0;
	unsigned long call, resched;

	if (cpu == NR_CPUS)
		return selftest_skip("needs 2 CPUs");
	call = irq_vector_count(cpu, 253);
	resched = irq_vector_count(cpu, 252);
	for (unsigned int i = 0; i < 10; i++)
		EXPECT_EQ(smp_call_function_single(cpu, on_target, &runs, true),
			  0);
	EXPECT_EQ(runs, 10U);
	EXPECT_EQ(irq_vector_count(cpu, 253) - call, 10UL);
	arch_send_reschedule_ipi(cpu);
	/* ordered behind it: a cross-call of higher vector could overtake */
	for (unsigned int i = 0; i < 100000000; i++) {
		if (irq_vector_count(cpu, 252) != resched)
			break;
		cpu_relax();
	}
	EXPECT_EQ(irq_vector_count(cpu, 252) - resched, 1UL);
}

/* ---- CR2 ---------------------------------------------------------------- */

#define OUTER 0xfffffd0000123000UL
#define INNER 0xfffffd0000456000UL

static void fault_inside(void)
{
	u64 v;

	seen.text_check =
		(u64)copy_from_kernel_nofault(&v, (void *)INNER, sizeof(v));
	seen.runs++;
}

/*
 * The interrupt is pending and "sti" lets the next instruction through, so
 * the CPU would take it at the first instruction of the page-fault handler,
 * if the gate let it; and its handler faults as well.
 */
static void fault_with_pending(void *arg)
{
	(void)arg;
	local_irq_disable();
	arch_send_self_ipi(TEST_VECTOR);
	__asm__ __volatile__("sti\n\t"
			     "movq (%0), %%rax" ::"r"(OUTER)
			     : "rax", "memory");
}

SELFTEST(arch, irq, cr2_survives, "A IDT-6")
{
	struct fault_info f;

	if (!apic_present())
		return selftest_skip(NO_APIC);
	for (unsigned int i = 1; i <= 20; i++) {
		watch_vector(fault_inside);
		f.vector = ~0U;
		EXPECT_TRUE(fault_catch(fault_with_pending, NULL, &f));
		EXPECT_EQ(f.vector, X86_TRAP_PF);
		EXPECT_EQ(f.address, OUTER);
		EXPECT_EQ(f.error_code, 0ULL);
		EXPECT_TRUE(wait_runs(1));
		EXPECT_EQ(seen.text_check, (u64)-EFAULT);
		EXPECT_EQ(read_cr2(), INNER);
	}
	irq_set_test_handler(TEST_VECTOR, NULL);
}
