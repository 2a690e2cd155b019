/* SPDX-License-Identifier: MIT */
/*
 * test_percpu.c - per-CPU variables: where they lie, what one instruction
 * does to them, what they protect against and what not.
 */
#include <lib/percpu.h>

#include <lib/context.h>
#include <lib/fault.h>
#include <lib/irqflags.h>
#include <lib/preempt.h>
#include <lib/printk.h>
#include <lib/selftest.h>
#include <lib/string.h>

#include "../../irq/smp_call_private.h"
#include "../workers.h"

static DEFINE_PER_CPU(u8, tiny_before) = 0x11;
static DEFINE_PER_CPU(u8, tiny) = 200;
static DEFINE_PER_CPU(u8, tiny_after) = 0x22;
static DEFINE_PER_CPU(u16, small);
static DEFINE_PER_CPU(u32, medium);
static DEFINE_PER_CPU(u64, large) = 0x1122334455667788ULL;
static DEFINE_PER_CPU(void *, pointer);
static DEFINE_PER_CPU_ALIGNED(unsigned long, own_line);
static DEFINE_PER_CPU(unsigned long, counter);

SELFTEST(lib, percpu, areas, "A SYNC-P1, C CC-10")
{
	unsigned int cpu, other, wrong = 0;

	for_each_possible_cpu(cpu) {
		unsigned long here = (unsigned long)&per_cpu(large, cpu);

		/* The same distance for every variable, whole lines. */
		wrong += here - (unsigned long)&large != __per_cpu_offset[cpu];
		wrong += __per_cpu_offset[cpu] % L1_CACHE_BYTES != 0;
		wrong += per_cpu(large, cpu) != 0x1122334455667788ULL;
		wrong += per_cpu(tiny, cpu) != 200;
		wrong += (unsigned long)&per_cpu(own_line, cpu) %
				 L1_CACHE_BYTES !=
			 0;
		for_each_possible_cpu(other) {
			unsigned long there =
				(unsigned long)&per_cpu(large, other);
			unsigned long gap =
				here > there ? here - there : there - here;

			wrong += other != cpu && gap < L1_CACHE_BYTES;
		}
	}
	for (cpu = nr_cpu_ids; cpu < NR_CPUS; cpu++)
		wrong += __per_cpu_offset[cpu] != 0; /* none to spare */
	EXPECT_EQ(wrong, 0U);
}

static struct {
	atomic_t numbers, offsets, pointers;
} mismatch;

static void check_identity(unsigned int cpu, void *arg)
{
	(void)arg;
	if (this_cpu_read(cpu_number) != cpu || smp_processor_id() != cpu ||
	    !cpu_online(cpu))
		atomic_inc(&mismatch.numbers);
	if (this_cpu_read(this_cpu_off) != __per_cpu_offset[cpu])
		atomic_inc(&mismatch.offsets);
	if (this_cpu_ptr(&large) != &per_cpu(large, cpu))
		atomic_inc(&mismatch.pointers);
	this_cpu_write(counter, 1000UL + cpu);
}

SELFTEST(lib, percpu, identity, "A SYNC-P1, C CC-10, B B-13")
{
	unsigned int cpu, wrong = 0;

	memset(&mismatch, 0, sizeof(mismatch));
	EXPECT_EQ(workers_run(check_identity, NULL), num_online_cpus());
	EXPECT_EQ(atomic_read(&mismatch.numbers), 0);
	EXPECT_EQ(atomic_read(&mismatch.offsets), 0);
	EXPECT_EQ(atomic_read(&mismatch.pointers), 0);
	for_each_online_cpu(cpu)
		wrong += per_cpu(counter, cpu) != 1000UL + cpu;
	EXPECT_EQ(wrong, 0U);
	EXPECT_EQ(counter, 0UL); /* the template is nobody's copy */
}

SELFTEST(lib, percpu, one_byte, "C CC-10")
{
	preempt_disable();
	EXPECT_EQ(this_cpu_read(tiny), (u8)200);
	this_cpu_add(tiny, 100);
	EXPECT_EQ(this_cpu_read(tiny), (u8)44); /* 300 - 256 */
	this_cpu_sub(tiny, 45);
	EXPECT_EQ(this_cpu_read(tiny), (u8)255);
	this_cpu_inc(tiny);
	EXPECT_EQ(this_cpu_read(tiny), (u8)0);
	this_cpu_dec(tiny);
	EXPECT_EQ(this_cpu_read(tiny), (u8)255);
	this_cpu_and(tiny, 0x3c);
	this_cpu_or(tiny, 0x81);
	EXPECT_EQ(this_cpu_read(tiny), (u8)0xbd);
	EXPECT_EQ(this_cpu_add_return(tiny, 0x43), (u8)0);
	EXPECT_EQ(this_cpu_xchg(tiny, 0x77), (u8)0);
	EXPECT_EQ(this_cpu_read(tiny), (u8)0x77);
	EXPECT_EQ(this_cpu_read(tiny_before), (u8)0x11);
	EXPECT_EQ(this_cpu_read(tiny_after), (u8)0x22);
	this_cpu_write(tiny, 200);
	preempt_enable();
	EXPECT_EQ(tiny, (u8)200);
}

SELFTEST(lib, percpu, two_and_four_bytes, "C CC-10")
{
	unsigned int n = 3;

	preempt_disable();
	this_cpu_write(small, 0xfffe);
	EXPECT_EQ(this_cpu_add_return(small, 3), (u16)1);
	this_cpu_sub(small, n);
	EXPECT_EQ(this_cpu_read(small), (u16)0xfffe);
	this_cpu_write(small, 0);

	this_cpu_write(medium, 0xfffffffeU);
	EXPECT_EQ(this_cpu_add_return(medium, 3), 1U);
	this_cpu_sub(medium, n);
	EXPECT_EQ(this_cpu_read(medium), 0xfffffffeU);
	this_cpu_and(medium, 0x0ffffff0U);
	this_cpu_or(medium, 5U);
	EXPECT_EQ(this_cpu_read(medium), 0x0ffffff5U);
	EXPECT_EQ(this_cpu_cmpxchg(medium, 1U, 2U), 0x0ffffff5U);
	EXPECT_EQ(this_cpu_read(medium), 0x0ffffff5U);
	EXPECT_EQ(this_cpu_cmpxchg(medium, 0x0ffffff5U, 2U), 0x0ffffff5U);
	EXPECT_EQ(this_cpu_read(medium), 2U);
	EXPECT_EQ(this_cpu_xchg(medium, 0x80000001U), 2U);
	EXPECT_EQ(this_cpu_read(medium), 0x80000001U);
	this_cpu_write(medium, 0);
	preempt_enable();
}

SELFTEST(lib, percpu, eight_bytes, "C CC-10")
{
	unsigned int n = 3;

	preempt_disable();
	this_cpu_write(counter, 0xffffffffUL);
	this_cpu_inc(counter);
	EXPECT_EQ(this_cpu_read(counter), 0x100000000UL);
	this_cpu_sub(counter, n); /* a narrower type, all 64 bits borrow */
	EXPECT_EQ(this_cpu_read(counter), 0xfffffffdUL);
	this_cpu_write(counter, 0x123456789abcdef0UL);
	EXPECT_EQ(this_cpu_read(counter), 0x123456789abcdef0UL);
	EXPECT_EQ(this_cpu_add_return(counter, 0x10UL), 0x123456789abcdf00UL);
	EXPECT_EQ(this_cpu_cmpxchg(counter, 0x9abcdf00UL, 1UL),
		  0x123456789abcdf00UL);
	EXPECT_EQ(this_cpu_cmpxchg(counter, 0x123456789abcdf00UL, 7UL),
		  0x123456789abcdf00UL);
	EXPECT_EQ(this_cpu_read(counter), 7UL);
	EXPECT_EQ(this_cpu_xchg(counter, 0x8000000000000001UL), 7UL);
	EXPECT_EQ(this_cpu_read(counter), 0x8000000000000001UL);
	this_cpu_write(counter, 0);

	this_cpu_write(pointer, &mismatch);
	EXPECT_PTR_EQ(this_cpu_read(pointer), &mismatch);
	EXPECT_PTR_EQ(this_cpu_cmpxchg(pointer, NULL, &counter), &mismatch);
	EXPECT_PTR_EQ(this_cpu_cmpxchg(pointer, &mismatch, &counter),
		      &mismatch);
	EXPECT_PTR_EQ(this_cpu_xchg(pointer, &mismatch), &counter);
	EXPECT_PTR_EQ(this_cpu_read(pointer), &mismatch);
	this_cpu_write(pointer, NULL);
	preempt_enable();
	EXPECT_PTR_EQ(pointer, NULL);
}

SELFTEST(lib, percpu, get_and_put, "A SYNC-P2, C CC-10")
{
	unsigned int cpu;

	EXPECT_EQ(preempt_count(), 0U);
	get_cpu_var(counter) = 5; /* an lvalue */
	EXPECT_EQ(preempt_count(), 1U);
	get_cpu_var(counter) += 2;
	EXPECT_EQ(preempt_count(), 2U);
	put_cpu_var(counter);
	EXPECT_EQ(preempt_count(), 1U);
	EXPECT_EQ(this_cpu_read(counter), 7UL);
	EXPECT_PTR_EQ(this_cpu_ptr(&counter),
		      &per_cpu(counter, smp_processor_id()));
	this_cpu_write(counter, 0);
	put_cpu_var(counter);
	EXPECT_EQ(preempt_count(), 0U);
	cpu = get_cpu();
	EXPECT_EQ(preempt_count(), 1U);
	EXPECT_EQ(cpu, smp_processor_id());
	put_cpu();
	EXPECT_EQ(preempt_count(), 0U);
}

/*
 * A flow that may be preempted and moved has no use for the number. The idle
 * flow that runs this is bound to its CPU: it plays a task that is not.
 */
SELFTEST(lib, percpu, number_in_preemptible_context, "A SYNC-P3")
{
	unsigned int before = smp_processor_id_reports();
	unsigned int me = raw_smp_processor_id();
	struct task_ctx *ctx = current_ctx();
	unsigned int bound = ctx->flags & PF_NO_SETAFFINITY;

	if (!CONFIG_DEBUG)
		return selftest_skip("a check of debug builds");
	EXPECT_NE(bound, 0);
	EXPECT_EQ(smp_processor_id(), me); /* bound */
	EXPECT_EQ(smp_processor_id_reports(), before);

	ctx->flags &= ~PF_NO_SETAFFINITY;
	preempt_disable();
	EXPECT_EQ(smp_processor_id(), me);
	preempt_enable();
	local_irq_disable();
	EXPECT_EQ(smp_processor_id(), me);
	local_irq_enable();
	EXPECT_EQ(raw_smp_processor_id(), me); /* may be stale, and says so */
	EXPECT_EQ(smp_processor_id_reports(), before);

	warn_expect_begin();
	EXPECT_EQ(smp_processor_id(), me);
	EXPECT_EQ(warn_expect_end(), 1U);
	EXPECT_EQ(smp_processor_id_reports(), before + 1);
	EXPECT_TRUE(strstr(warn_expect_text(),
			   "selftest_lib_percpu_number_in_preemptible"));

	/* The log and the locks know better than to ask. */
	pr_debug("from a flow that may be preempted\n");
	workers_run(check_identity, NULL);
	EXPECT_EQ(smp_processor_id_reports(), before + 1);
	ctx->flags |= bound;
}

static void add_to_own(unsigned int cpu, void *arg)
{
	unsigned int i;

	(void)arg;
	for (i = 0; i < 100 + cpu; i++) {
		/* Not atomic, and need not be: nobody else writes here. */
		unsigned long old = this_cpu_read(counter);

		cpu_relax();
		this_cpu_write(counter, old + 1);
	}
}

SELFTEST(lib, percpu, no_lost_update, "C CC-06, C CC-10", race)
{
	unsigned int cpu, wrong = 0;

	for_each_possible_cpu(cpu)
		per_cpu(counter, cpu) = 0;
	workers_run(add_to_own, NULL);
	for_each_online_cpu(cpu) {
		wrong += per_cpu(counter, cpu) != 100UL + cpu;
		per_cpu(counter, cpu) = 0;
	}
	EXPECT_EQ(wrong, 0U);
}

/* ---- against this CPU's own interrupts ---------------------------------- */

static atomic_t handled;

static void handler_increments(void *arg)
{
	(void)arg;
	this_cpu_inc(counter);
	atomic_inc(&handled);
}

/* Let the handler run now; it can if interrupts are on. */
static void provoke_handler(void)
{
	unsigned int i;

	smp_call_post(smp_processor_id(), handler_increments, NULL);
	for (i = 0; i < 1000 && !atomic_read(&handled); i++)
		cpu_relax();
}

SELFTEST(lib, percpu, handler_corrupts, "C CC-10")
{
	unsigned long flags, old;

	if (!ipi_possible())
		return selftest_skip(NO_APIC);
	/* Preemption off keeps other tasks out, the handler does not care. */
	preempt_disable();
	this_cpu_write(counter, 0);
	atomic_set(&handled, 0);
	old = this_cpu_read(counter);
	provoke_handler();
	while (!atomic_read(&handled))
		cpu_relax();
	this_cpu_write(counter, old + 1);
	EXPECT_EQ(this_cpu_read(counter), 1UL); /* two increments, one lost */

	/* Interrupts off: the handler comes afterwards. */
	this_cpu_write(counter, 0);
	atomic_set(&handled, 0);
	local_irq_save(flags);
	old = this_cpu_read(counter);
	provoke_handler();
	EXPECT_EQ(atomic_read(&handled), 0);
	this_cpu_write(counter, old + 1);
	local_irq_restore(flags);
	while (!atomic_read(&handled))
		cpu_relax();
	EXPECT_EQ(this_cpu_read(counter), 2UL);

	/* One instruction cannot be interrupted in the middle. */
	this_cpu_write(counter, 0);
	atomic_set(&handled, 0);
	this_cpu_inc(counter);
	provoke_handler();
	while (!atomic_read(&handled))
		cpu_relax();
	this_cpu_inc(counter);
	EXPECT_EQ(this_cpu_read(counter), 3UL);
	this_cpu_write(counter, 0);
	preempt_enable();
}

#define STORM 300

/* Interrupts its own CPU again as soon as it has returned. */
static void storm(void *arg)
{
	this_cpu_inc(counter);
	if (atomic_inc_return(&handled) < STORM)
		smp_call_post(smp_processor_id(), storm, arg);
}

SELFTEST(lib, percpu, one_instruction_in_a_storm, "C CC-10", race)
{
	unsigned long mine = 0;

	if (!ipi_possible())
		return selftest_skip(NO_APIC);
	preempt_disable();
	this_cpu_write(counter, 0);
	atomic_set(&handled, 0);
	smp_call_post(smp_processor_id(), storm, NULL);
	while (atomic_read(&handled) < STORM) {
		this_cpu_inc(counter);
		mine++;
	}
	EXPECT_EQ(this_cpu_read(counter), mine + STORM);
	this_cpu_write(counter, 0);
	preempt_enable();
}
