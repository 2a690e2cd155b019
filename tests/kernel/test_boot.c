/* SPDX-License-Identifier: MIT */
/*
 * test_boot.c - what boot leaves behind: the command line, the stages, CPUs
 * and their numbers, idle flows and their stacks (B B-02 .. B B-13, C CC-09).
 */
#include <kernel/boot_stage.h>

#include <arch/acpi.h>
#include <arch/boot.h>
#include <arch/cpu.h>
#include <arch/smp.h>
#include <arch/stacktrace.h>
#include <arch/time.h>
#include <base/config.h>
#include <irq/smp_call.h>
#include <irq/tick.h>
#include <kernel/idle.h>
#include <kernel/selftest.h>
#include <lib/context.h>
#include <lib/cpumask.h>
#include <lib/fault.h>
#include <lib/fmt.h>
#include <lib/irqflags.h>
#include <lib/param.h>
#include <lib/preempt.h>
#include <lib/selftest.h>
#include <lib/string.h>
#include <lib/time.h>

#include "../workers.h"

#define NEEDS_2 "needs 2 CPUs"

extern char init_stack[], init_stack_end[];

/* ---- command line and stages -------------------------------------------- */

/* Whether @word, or an option that begins so, was given. */
static const char *given(const char *word)
{
	size_t n = strlen(word);
	const char *s = boot_info.cmdline;

	for (; (s = strstr(s, word)) != NULL; s += n)
		if (s == boot_info.cmdline || s[-1] == ' ')
			return s + n;
	return NULL;
}

SELFTEST(kernel, boot, command_line, "B B-02")
{
	const char *patterns = selftest_requested();

	EXPECT_NE(boot_info.protocol, BOOT_NONE);
	EXPECT_GT(strlen(boot_info.loader), 0UL);
	EXPECT_LT(strlen(boot_info.cmdline), sizeof(boot_info.cmdline));
	if (patterns) {
		const char *value = given("selftest");

		REQUIRE_TRUE(value != NULL);
		value += *value == '=';
		if (!*value || *value == ' ') /* nothing means everything */
			value = "*";
		EXPECT_EQ(strncmp(value, patterns, strlen(patterns)), 0);
	}
}

/* A word nobody declared is no error: it is there for later floors. */
SELFTEST(kernel, boot, unknown_words, "B B-02")
{
	unsigned int first = 0;

	while (param_unknown(first))
		first++;
	if (first + 2 > 32)
		return selftest_skip("the list of unknown words is full");
	EXPECT_EQ(param_parse("xyzzy=1 ro"), 2U);
	EXPECT_STREQ(param_unknown(first), "xyzzy=1");
	EXPECT_STREQ(param_unknown(first + 1), "ro");
	EXPECT_PTR_EQ(param_unknown(first + 2), NULL);
}

SELFTEST(kernel, boot, stages_in_order, "B B-05")
{
	EXPECT_EQ(boot_stage_now(), BOOT_STAGE_READY);
	EXPECT_EQ(BOOT_STAGE_READY, BOOT_STAGES - 1);
	for (int s = 1; s < BOOT_STAGES; s++)
		EXPECT_GT(boot_stage_tsc(s), boot_stage_tsc(s - 1));
	EXPECT_LT(boot_stage_tsc(BOOT_STAGE_READY), rdtsc());
}

static void enter_again(void *arg)
{
	(void)arg;
	boot_stage_enter(BOOT_STAGE_SMP);
}

SELFTEST(kernel, boot, no_stage_twice, "B B-05")
{
	u64 before = boot_stage_tsc(BOOT_STAGE_SMP);
	char msg[80];

	if (!CONFIG_DEBUG)
		return selftest_skip("asserted in debug builds");
	EXPECT_TRUE(panic_catch(enter_again, NULL, msg, sizeof(msg)));
	EXPECT_TRUE(strstr(msg, "last_stage") != NULL);
	EXPECT_EQ(boot_stage_tsc(BOOT_STAGE_SMP), before);
	EXPECT_EQ(boot_stage_now(), BOOT_STAGE_READY);
}

/* ---- idle flows and stacks ---------------------------------------------- */

SELFTEST(kernel, boot, idle_contexts, "B B-06, A STK-1")
{
	unsigned int cpu, other;

	for_each_online_cpu(cpu) {
		struct task_ctx *ctx = per_cpu(current_ctx_ptr, cpu);
		char name[16];

		snprintf(name, sizeof(name), "swapper/%u", cpu);
		EXPECT_EQ(ctx->pid, 0);
		EXPECT_STREQ(ctx->comm, name);
		EXPECT_EQ(ctx->stack_size, (unsigned long)THREAD_SIZE);
		EXPECT_EQ(ctx->stack_base % THREAD_SIZE, 0UL);
		EXPECT_EQ(ctx->stack_base + THREAD_SIZE,
			  arch_idle_stack_top(cpu));
		for_each_online_cpu(other)
			if (other != cpu)
				EXPECT_NE(per_cpu(current_ctx_ptr, other)
						  ->stack_base,
					  ctx->stack_base);
	}
	EXPECT_PTR_EQ(current_ctx(), per_cpu(current_ctx_ptr, 0));
	EXPECT_EQ(current_ctx()->stack_base, (unsigned long)init_stack);
}

/* Nothing has run over the end of any stack: idle and exception stacks. */
SELFTEST(kernel, boot, stack_end_magic, "B B-06, A STK-1")
{
	unsigned int cpu, stacks = 0;

	EXPECT_EQ(STACK_END_MAGIC, 0x57ac6e9dUL);
	for_each_online_cpu(cpu) {
		struct task_ctx *ctx = per_cpu(current_ctx_ptr, cpu);

		EXPECT_EQ(*(unsigned long *)ctx->stack_base, STACK_END_MAGIC);
		for (unsigned long n = 0; n < 4; n++) {
			unsigned long slot = 0xfffffe0000000000UL +
					     cpu * (16UL * THREAD_SIZE) +
					     (4 + 2 * n) * THREAD_SIZE;
			unsigned long lo, hi;
			const char *name;

			REQUIRE_TRUE(
				arch_stack_bounds(slot + 8, &lo, &hi, &name));
			EXPECT_EQ(lo, slot);
			EXPECT_EQ(hi, slot + THREAD_SIZE);
			EXPECT_EQ(*(unsigned long *)lo, STACK_END_MAGIC);
			stacks++;
		}
	}
	EXPECT_EQ(stacks, 4 * num_online_cpus());
}

static unsigned long mask_of(unsigned long sp, unsigned long size)
{
	return sp & ~(size - 1);
}

static void check_mask(unsigned int cpu, void *arg)
{
	unsigned long *base = arg;

	base[cpu] =
		mask_of((unsigned long)__builtin_frame_address(0), THREAD_SIZE);
}

/* The stack pointer alone and the per-CPU word name the same stack. */
SELFTEST(kernel, boot, stack_by_mask, "A STK-4, A STK-5")
{
	static unsigned long base[NR_CPUS];
	unsigned int cpu;

	EXPECT_EQ(mask_of(0xffffbfff, 8192), 0xffffa000UL);
	workers_run(check_mask, base);
	for_each_online_cpu(cpu)
		EXPECT_EQ(base[cpu], per_cpu(current_ctx_ptr, cpu)->stack_base);
}

/* ---- CPUs --------------------------------------------------------------- */

SELFTEST(kernel, boot, cpu_sets, "C CC-09, B B-13")
{
	unsigned int listed = arch_smp_count(), limit = NR_CPUS, cpu;
	const char *nr = given("nr_cpus=");

	if (nr) {
		unsigned long long n = 0;

		for (; *nr >= '0' && *nr <= '9'; nr++)
			n = n * 10 + (unsigned int)(*nr - '0');
		limit = n >= 1 && n <= NR_CPUS ? (unsigned int)n : NR_CPUS;
	}
	if (given("nosmp"))
		limit = 1;
	EXPECT_EQ(nr_cpu_ids, min(listed, limit));
	EXPECT_EQ(num_possible_cpus(), nr_cpu_ids);
	EXPECT_EQ(num_present_cpus(), nr_cpu_ids);
	EXPECT_EQ(num_online_cpus(), nr_cpu_ids);
	EXPECT_EQ(num_active_cpus(), nr_cpu_ids);
	for (cpu = 0; cpu < NR_CPUS; cpu++) {
		EXPECT_EQ(cpu_possible(cpu), cpu < nr_cpu_ids);
		EXPECT_EQ(cpu_online(cpu), cpu < nr_cpu_ids);
		EXPECT_EQ(cpu_active(cpu), cpu < nr_cpu_ids);
	}
	EXPECT_EQ(smp_processor_id(), 0U);
}

struct identity {
	unsigned int number;
	unsigned long offset;
	struct task_ctx *ctx;
	u32 preempt;
};

static void identify(void *arg)
{
	struct identity *id = arg;

	*id = (struct identity){
		.number = raw_smp_processor_id(),
		.offset = this_cpu_read(this_cpu_off),
		.ctx = current_ctx(),
		.preempt = preempt_count(),
	};
}

/* Asked one by one, each CPU knows itself; its hardware name is its own. */
SELFTEST(kernel, boot, cpu_identity, "B B-13")
{
	unsigned int cpu, other;

	for_each_online_cpu(cpu) {
		struct identity id = {.number = ~0U};

		EXPECT_EQ(smp_call_function_single(cpu, identify, &id, true),
			  0);
		EXPECT_EQ(id.number, cpu);
		EXPECT_EQ(id.offset, __per_cpu_offset[cpu]);
		EXPECT_PTR_EQ(id.ctx, per_cpu(current_ctx_ptr, cpu));
		/* the interrupt only: the idle flow itself holds nothing */
		if (cpu)
			EXPECT_EQ(id.preempt, 0x10000U);
		for_each_online_cpu(other)
			if (other != cpu)
				EXPECT_NE(arch_cpu_apic_id(cpu),
					  arch_cpu_apic_id(other));
	}
}

static void nothing(void *arg)
{
	(void)arg;
}

/* Waits for the next halt of @cpu: its counter rises just before it. */
static bool wait_halt(unsigned int cpu, unsigned long before)
{
	for (unsigned long i = 0; i < 1UL << 30; i++) {
		if (cpu_halt_count(cpu) != before)
			return true;
		cpu_relax();
	}
	return false;
}

/*
 * The counter rises with interrupts off right before "sti; hlt". A call that
 * is sent at that moment must end the halt: were it lost, this would hang
 * (and the case's time limit would tell), since idle CPUs have no tick.
 */
SELFTEST(kernel, boot, no_lost_wakeup, "B B-11", stress)
{
	unsigned int cpu = workers_other_cpu();
	unsigned long calls = 2000 * selftest_scale(), first, h;

	if (cpu == NR_CPUS)
		return selftest_skip(NEEDS_2);
	for_each_online_cpu(cpu) {
		if (cpu == raw_smp_processor_id())
			continue;
		first = cpu_halt_count(cpu);
		for (unsigned long i = 0; i < calls; i++) {
			h = cpu_halt_count(cpu);
			smp_call_function_single(cpu, nothing, NULL, true);
			REQUIRE_TRUE(wait_halt(cpu, h));
		}
		EXPECT_GE(cpu_halt_count(cpu) - first, calls);
	}
}

/* An idle wait of this CPU ends by its tick. */
SELFTEST(kernel, boot, idle_once, "B B-11")
{
	unsigned long halts = cpu_halt_count(0);

	for (unsigned int i = 0; i < 5; i++)
		cpu_idle_once();
	EXPECT_FALSE(irqs_disabled());
	if (arch_apic_timer_hz())
		EXPECT_EQ(cpu_halt_count(0) - halts, 5UL);
	else
		EXPECT_EQ(cpu_halt_count(0) - halts, 0UL);
}

/*
 * Each CPU takes ticks from its own timer. An idle flow stops its tick before
 * each halt, so the tick has to come first: the call waits for it.
 */
static void tick_here(void *arg)
{
	u64 start = arch_clock_ns();

	(void)arg;
	tick_start();
	while (arch_clock_ns() - start < 2 * NSEC_PER_SEC / HZ)
		cpu_relax();
}

SELFTEST(kernel, boot, tick_on_every_cpu, "B B-13")
{
	unsigned int cpu;

	if (!arch_apic_timer_hz())
		return selftest_skip("this machine has no local APIC");
	for_each_online_cpu(cpu) {
		unsigned long before = tick_count(cpu), h;

		if (cpu == raw_smp_processor_id())
			continue;
		/* more than three tries where virtual CPUs stand still */
		for (unsigned int i = 0; i < 300; i++) {
			if (tick_count(cpu) - before >= 3)
				break;
			h = cpu_halt_count(cpu);
			smp_call_function_single(cpu, tick_here, NULL, true);
			REQUIRE_TRUE(wait_halt(cpu, h));
		}
		EXPECT_GE(tick_count(cpu) - before, 3UL);
	}
	EXPECT_GT(tick_count(0), 0UL);
}
