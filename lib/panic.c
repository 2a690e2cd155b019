/* SPDX-License-Identifier: MIT */
/*
 * panic.c - who panics, who stops, and what then.
 *
 * Purpose. When an invariant is broken, going on destroys the evidence (and
 *	data). One CPU reports; all others stop where they are.
 *
 * Model.
 *	CPU A: panic()              CPU B                 CPU C: panic()
 *	  note the message            |                     note the message
 *	  take panic_owner            |                     it is taken:
 *	  NMI to all others --------->| stop_here():        halt, IRQs off
 *	  wait, at most a second      |  note registers,    (the NMI comes
 *	  print (panic_report.c)      |  backtrace; halt     here as well)
 *	  exit, reboot or halt        v
 *
 * Invariants.
 *   I1  At most one CPU ever owns the panic, and it never gives it back.
 *   I2  A panic inside the report prints one line and ends; the third prints
 *       nothing. So it ends, whatever is broken.
 *   I3  A CPU's struct panic_stop is complete when its stopped flag is set.
 *
 * Locking. panic_owner by cmpxchg. No lock is taken, because anybody may
 *	hold any lock; printk breaks its own (printk_panic_enter()).
 * Contexts. Any, NMI and double fault included.
 * Limits. A CPU that is inside an NMI handler, or hangs in a bus access, does
 *	not answer; it is named and left behind.
 */
#include <lib/panic.h>

#include <arch/console.h>
#include <arch/cpu.h>
#include <arch/machine.h>
#include <arch/report.h>
#include <arch/smp.h>
#include <arch/time.h>
#include <base/assert.h>
#include <base/atomic.h>
#include <base/errno.h>
#include <lib/cpumask.h>
#include <lib/fault.h>
#include <lib/fmt.h>
#include <lib/irqflags.h>
#include <lib/param.h>
#include <lib/preempt.h>
#include <lib/printk.h>
#include <lib/string.h>

#include "panic_parts.h"

#define NO_CPU (-1)

/* Waiting for the other CPUs ends after the first of these. */
#define STOP_WAIT_NS	1000000000ULL
#define STOP_WAIT_SPINS 20000000UL

DEFINE_PER_CPU(struct panic_stop, panic_stop);

static int panic_owner = NO_CPU; /* cmpxchg; see I1 */
static unsigned int panic_depth; /* of the owner; see I2 */
static int nmi_wanted = NO_CPU;	 /* written and read by that CPU */
static struct panic_event event; /* of the owner */

/* Messages that this CPU is making, one inside the other. */
static DEFINE_PER_CPU(unsigned int, formatting);

static enum panic_action action = PANIC_HALT;
static bool action_given; /* on the command line */

static int set_action(const char *value)
{
	static const char *const names[] = {"halt", "exit", "reboot"};

	for (unsigned int i = 0; i < ARRAY_SIZE(names); i++) {
		if (value && strcmp(value, names[i]) == 0) {
			action = (enum panic_action)i;
			action_given = true;
			return 0;
		}
	}
	return -EINVAL;
}
PARAM_FN("panic", set_action, "after a panic: halt, exit or reboot");

void panic_set_default(enum panic_action a)
{
	if (!action_given)
		action = a;
}

static void __noreturn finish(void)
{
	if (action == PANIC_EXIT)
		arch_exit(ARCH_EXIT_FAIL);
	if (action == PANIC_REBOOT)
		arch_reboot();
	arch_halt_forever();
}

/* Leaves behind what the report wants to know of this CPU, and halts. */
static void __noreturn stop_here(const struct pt_regs *regs)
{
	struct panic_stop *s = this_cpu_ptr(&panic_stop);
	const struct task_ctx *ctx = current_ctx();

	s->regs = *regs;
	s->preempt = preempt_count();
	if (in_nmi()) /* what was interrupted counts, not this NMI */
		s->preempt -= NMI_OFFSET + HARDIRQ_OFFSET;
	s->pid = ctx->pid;
	strscpy(s->comm, ctx->comm, sizeof(s->comm));
	backtrace_save(&s->bt, regs);
	/* pairs with the acquire in wait_stopped() and print_other_cpu() */
	smp_store_release(&s->stopped, true);
	arch_halt_forever();
}

void panic_by_nmi(void)
{
	preempt_disable();
	WRITE_ONCE(nmi_wanted, (int)raw_smp_processor_id());
	arch_send_nmi(raw_smp_processor_id());
	for (;;)
		cpu_relax();
}

bool panic_nmi(struct pt_regs *regs)
{
	int owner = READ_ONCE(panic_owner);

	if (READ_ONCE(nmi_wanted) == (int)raw_smp_processor_id()) {
		WRITE_ONCE(nmi_wanted, NO_CPU);
		panic_regs(regs, "panic in an NMI, as was asked for");
	}
	if (owner == NO_CPU)
		return false;
	if (owner == (int)raw_smp_processor_id())
		return true; /* it reports already: nobody else's business */
	stop_here(regs);
}

static bool all_stopped(void)
{
	unsigned int cpu;

	for_each_online_cpu(cpu) {
		if (cpu == raw_smp_processor_id())
			continue;
		/* pairs with the release in stop_here() */
		if (!smp_load_acquire(&per_cpu_ptr(&panic_stop, cpu)->stopped))
			return false;
	}
	return true;
}

static void stop_others(void)
{
	u64 start = arch_clock_ns();

	if (num_online_cpus() < 2)
		return;
	arch_nmi_other_cpus();
	for (unsigned long spins = 0; spins < STOP_WAIT_SPINS; spins++) {
		if (all_stopped() || arch_clock_ns() - start > STOP_WAIT_NS)
			return;
		cpu_relax();
	}
}

/* A panic inside the report: I2. */
static void __noreturn panic_again(const struct pt_regs *regs, const char *what)
{
	if (panic_depth++ == 1) {
		arch_console_emergency(true);
		pr_raw("\npanic while reporting a panic: %s at 0x%lx; stopping here\n",
		       what, regs->rip);
	}
	finish();
}

/*
 * Everybody's way in. @what is the message; @regs are where it went wrong, a
 * trap frame or the caller's registers.
 */
static void __noreturn panic_at(const struct pt_regs *regs,
				const struct trap_info *trap, const char *file,
				int line, const char *what)
{
	int me = (int)raw_smp_processor_id();
	int owner = NO_CPU;

	this_cpu_write(formatting, 0U);
	panic_catch_handle(what);
	local_irq_disable();
	/* First, since the NMI of another CPU's panic may end this one here. */
	strscpy(this_cpu_ptr(&panic_stop)->said, what, PANIC_TEXT_MAX);
	if (!try_cmpxchg(&panic_owner, &owner, me)) {
		if (owner == me)
			panic_again(regs, what);
		arch_halt_forever(); /* the owner stops it, and tells */
	}
	panic_depth = 1;
	/*
	 * A report from an NMI stands on the NMI stack, and a fault in it that
	 * is survived (nofault loads) lets the next NMI in, on the same stack.
	 */
	arch_watchdog_stop();
	event.regs = *regs;
	event.trap = trap;
	event.file = file;
	event.line = line;
	strscpy(event.what, what, sizeof(event.what));

	stop_others();
	printk_panic_enter();
	panic_report_log_mark();
	panic_report_print(&event);
	if (action == PANIC_HALT)
		pr_raw("The machine is halted. Restart it, or attach a debugger.\n");
	finish();
}

/*
 * A fault while the message is made comes back here to have its own made. If
 * that faults too, the formats are broken, and the next one is a plain text
 * (I2 would come too late: it stands behind the message).
 */
static bool may_format(void)
{
	unsigned int depth = this_cpu_read(formatting);

	this_cpu_write(formatting, depth + 1); /* panic_at(): 0 again */
	return depth < 2;
}

static void __noreturn vpanic_at(const struct pt_regs *regs, const char *file,
				 int line, const char *fmt, va_list ap)
{
	char what[PANIC_TEXT_MAX];

	if (may_format())
		vscnprintf(what, sizeof(what), fmt, ap);
	else
		strscpy(what, fmt, sizeof(what));
	panic_at(regs, NULL, file, line, what);
}

/*
 * For callers without a trap frame: registers as of now, and rip, rsp and
 * rbp of the caller, whose frame is one above the function that uses this.
 */
#define CALLER_REGS(regs)                                          \
	do {                                                       \
		unsigned long *frame = __builtin_frame_address(0); \
		arch_capture_regs(regs);                           \
		(regs)->rip = _RET_IP_;                            \
		(regs)->rsp = (unsigned long)(frame + 2);          \
		(regs)->rbp = frame[0];                            \
	} while (0)

void panic(const char *fmt, ...)
{
	struct pt_regs regs;
	va_list ap;

	CALLER_REGS(&regs);
	va_start(ap, fmt);
	vpanic_at(&regs, NULL, 0, fmt, ap);
}

void panic_regs(const struct pt_regs *regs, const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	vpanic_at(regs, NULL, 0, fmt, ap);
}

void panic_trap(const struct trap_info *trap)
{
	char what[PANIC_TEXT_MAX];
	const char *mnemonic = trap_mnemonic(trap->vector);
	size_t n;

	if (!may_format())
		panic_at(trap->regs, trap, NULL, 0, trap_name(trap->vector));
	n = (size_t)scnprintf(what, sizeof(what), "%s (%s%svector %u)",
			      trap_name(trap->vector), mnemonic,
			      mnemonic[0] ? ", " : "", trap->vector);
	if (trap_has_address(trap->vector))
		scnprintf(what + n, sizeof(what) - n, ", address 0x%llx",
			  trap->address);
	panic_at(trap->regs, trap, NULL, 0, what);
}

void bug_report(const char *file, int line, const char *fmt, ...)
{
	struct pt_regs regs;
	va_list ap;

	CALLER_REGS(&regs);
	va_start(ap, fmt);
	vpanic_at(&regs, file, line, fmt, ap);
}

void warn_report(const char *file, int line, const char *fmt, ...)
{
	const struct task_ctx *ctx = current_ctx();
	char what[WARN_TEXT_MAX];
	struct pt_regs regs;
	va_list ap;

	va_start(ap, fmt);
	vscnprintf(what, sizeof(what), fmt, ap);
	va_end(ap);
	if (warn_expect_handle(what))
		return;

	CALLER_REGS(&regs);
	pr_warn("WARNING: %s\n", what);
	pr_warn("  at %s:%d, CPU %u, %s, pid %d\n", file, line,
		raw_smp_processor_id(), ctx->comm, ctx->pid);
	panic_describe_context(preempt_count(), regs.rflags, what,
			       sizeof(what));
	pr_warn("  %s\n", what);
	backtrace_print(LOG_WARNING, &regs);
}
