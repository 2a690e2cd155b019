/* SPDX-License-Identifier: MIT */
/*
 * crash.c - the `panic` command: what each mistake looks like.
 *
 * Purpose. A student who has once seen the report of a null pointer knows it
 *	when it comes uninvited. Each kind really causes its event; nothing is
 *	simulated, and the machine is over afterwards.
 * Model. A table of kinds. Those that have to be one known instruction are
 *	in <arch/crash.h>.
 * Locking. None. Contexts. Task.
 * Limits. There is no way back: the machine halts, exits or reboots (panic=).
 */
#include <arch/crash.h>
#include <arch/cpu.h>
#include <arch/stack_call.h>
#include <base/assert.h>
#include <base/atomic.h>
#include <base/errno.h>
#include <irq/smp_call.h>
#include <kernel/command.h>
#include <kernel/selftest.h>
#include <lib/context.h>
#include <lib/cpumask.h>
#include <lib/irqflags.h>
#include <lib/panic.h>
#include <lib/percpu.h>
#include <lib/printk.h>
#include <lib/selftest.h>
#include <lib/string.h>
#include <mm/vmalloc.h>

/* Bits 63 to 47 are not all alike. */
#define NON_CANONICAL 0x0000900000000000UL

/* Nothing is ever mapped here, above the direct map and the stacks. */
#define NOWHERE 0xfffffd0000000000UL

struct victim {
	u64 header[3];
	u64 value;
};

static const u64 constant = 42;

static void crash_null(void)
{
	arch_crash_read(offsetof(struct victim, value));
}

static void crash_readonly(void)
{
	arch_crash_write((unsigned long)&constant);
}

static void crash_nx(void)
{
	static u8 data[16] = {0xc3}; /* a RET, if it could be executed */

	arch_crash_exec((unsigned long)data);
}

static void crash_noncanonical(void)
{
	arch_crash_read(NON_CANONICAL);
}

static void crash_gp(void)
{
	arch_crash_selector(0x7ff8); /* far behind the end of the table */
}

static void crash_double_fault(void)
{
	arch_crash_push(NOWHERE);
}

static void crash_bug(void)
{
	unsigned int nr_pages = 3;

	BUG("%u pages are on a list of %u", nr_pages, nr_pages - 1);
}

/* Deeper than any stack, but the compiler shall not know. */
static volatile u64 depth_limit = ~0ULL;

/* Kept from becoming a loop by using the array after the call. */
static noinline u64 recurse(u64 depth)
{
	volatile u64 local[32];

	local[depth % 32] = depth;
	if (depth == depth_limit)
		return 0;
	return recurse(depth + 1) + local[depth % 32];
}

static void crash_stack_overflow(void)
{
	recurse(0);
}

static void overflow(void *unused __unused)
{
	recurse(0);
}

/* As if this flow were a task on a stack of its own. */
static void crash_task_overflow(void)
{
	struct task_ctx *ctx = current_ctx();
	void *stack = alloc_thread_stack(-1);

	if (!stack) {
		pr_raw("no memory for a stack\n");
		return;
	}
	ctx->stack_base = (unsigned long)stack;
	ctx->stack_size = THREAD_SIZE;
	arch_call_on_stack(overflow, NULL, (unsigned long)stack + THREAD_SIZE);
}

static void loop_for_ever(void)
{
	local_irq_disable();
	for (;;)
		cpu_relax();
}

/* As a test case, because the watchdog watches those. */
static void crash_hang(void)
{
	static const struct selftest hang = {
		.name = "kernel.crash.hang",
		.items = "",
		.file = __FILE__,
		.fn = loop_for_ever,
	};
	struct selftest_verdict v;

	selftest_try(&hang, 1, &v);
}

static void panic_together(void *arg)
{
	atomic_t *arrived = arg;

	atomic_inc(arrived);
	while (atomic_read(arrived) < (int)num_online_cpus())
		cpu_relax();
	panic("CPU %u, together with all others", raw_smp_processor_id());
}

/* One of them reports, and tells what the others wanted to say. */
static void crash_all_cpus(void)
{
	static atomic_t arrived;

	on_each_cpu(panic_together, &arrived, false);
}

/* clang-format off */
static const struct {
	const char *name;
	const char *help;
	void (*fn)(void);
} kinds[] = {
	{ "null", "read a member of a structure through a NULL pointer", crash_null },
	{ "stack-overflow", "recursion without an end", crash_stack_overflow },
	{ "task-overflow", "the same on the stack of a task", crash_task_overflow },
	{ "nx", "call a function that is data", crash_nx },
	{ "divide", "divide by zero", arch_crash_divide },
	{ "readonly", "write to a constant", crash_readonly },
	{ "noncanonical", "use a pointer with impossible bits", crash_noncanonical },
	{ "ud", "an instruction that does not exist", arch_crash_invalid_opcode },
	{ "gp", "load a segment that does not exist", crash_gp },
	{ "bug", "fail a check in the code", crash_bug },
	{ "double-fault", "push to a stack that is not there", crash_double_fault },
	{ "hang", "loop with interrupts off until the watchdog notices", crash_hang },
	{ "all-cpus", "panic on every CPU at the same moment", crash_all_cpus },
	{ "nmi", "panic inside an NMI handler", panic_by_nmi },
};
/* clang-format on */

static int cmd_panic(int argc, char **argv)
{
	for (unsigned int i = 0; i < ARRAY_SIZE(kinds); i++)
		if (argc == 2 && strcmp(argv[1], kinds[i].name) == 0)
			kinds[i].fn();
	if (argc == 2)
		return -EINVAL;
	for (unsigned int i = 0; i < ARRAY_SIZE(kinds); i++)
		pr_raw("  %-15s %s\n", kinds[i].name, kinds[i].help);
	return 0;
}
COMMAND("panic", "crash on purpose; without a kind, list the kinds", "[kind]",
	cmd_panic);
