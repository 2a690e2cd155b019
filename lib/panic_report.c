/* SPDX-License-Identifier: MIT */
/*
 * panic_report.c - what a panic prints.
 *
 * Purpose. The report is a document for somebody who did not expect it:
 *	what happened, where, the likely cause in one sentence, and then the
 *	evidence, from the nearest to the farthest.
 *
 * Model. The order is: head (what, where, cause, who, context), registers
 *	and code, backtrace, every other CPU, the parts that higher floors
 *	registered, the last lines of the log from before. Each part runs
 *	under panic_catch(), because the machine is broken and any of them
 *	may meet what broke it; a part that fails says so and is left.
 *
 * Locking. None: the other CPUs are stopped. What they left is read after
 *	their stopped flag (acquire).
 * Contexts. The panicking CPU, IRQs off, any kind of stack; so nothing big
 *	lives on the stack here.
 * Limits. File and line of each frame are found by a host program.
 */
#include "panic_parts.h"

#include <arch/report.h>
#include <base/atomic.h>
#include <base/bits.h>
#include <lib/cpumask.h>
#include <lib/fault.h>
#include <lib/fmt.h>
#include <lib/irqflags.h>
#include <lib/panic.h>
#include <lib/preempt.h>
#include <lib/printk.h>
#include <lib/string.h>

#define LAST_LINES 20
#define WRAP_WIDTH 70

static const struct panic_event *event;
static const struct panic_report *extra; /* the part being printed */
static struct log_reader log_from;	 /* the last lines before it all */
static u64 log_end;			 /* the first record of the report */
static char text[LOG_LINE_MAX];
static char failure[PANIC_TEXT_MAX];
static char line[LOG_LINE_MAX + 64];

const char *panic_describe_context(u32 preempt, unsigned long rflags, char *buf,
				   size_t size)
{
	scnprintf(buf, size,
		  "preempt %u, softirq %u, hardirq %u, nmi %u; interrupts %s",
		  (preempt & PREEMPT_MASK) >> PREEMPT_SHIFT,
		  (preempt & SOFTIRQ_MASK) >> SOFTIRQ_SHIFT,
		  (preempt & HARDIRQ_MASK) >> HARDIRQ_SHIFT,
		  (preempt & NMI_MASK) >> NMI_SHIFT,
		  irqs_disabled_flags(rflags) ? "off" : "on");
	return buf;
}

static void print_what(void)
{
	pr_raw("what:    %s\n", event->what);
	if (event->trap) {
		const struct trap_info *t = event->trap;

		trap_error_describe(t->vector, t->error_code, text,
				    sizeof(text));
		if (trap_has_error_code(t->vector) &&
		    (t->error_code || text[0]))
			pr_raw("         error code 0x%llx%s%s\n",
			       t->error_code, text[0] ? ": " : "", text);
	}
	pr_raw("where:   0x%016lx %s\n", event->regs.rip,
	       backtrace_symbol(event->regs.rip,
				arch_regs_trapped(&event->regs), text,
				sizeof(text)));
	if (event->file)
		pr_raw("         %s:%d\n", event->file, event->line);
}

/* A sentence under its label, in lines that fit a terminal. */
static void print_wrapped(const char *label, const char *s)
{
	while (*s) {
		size_t n = strlen(s);

		if (n > WRAP_WIDTH) {
			for (n = WRAP_WIDTH; n && s[n] != ' '; n--)
				;
			if (!n)
				n = WRAP_WIDTH;
		}
		pr_raw("%-8s %.*s\n", label, (int)n, s);
		label = "";
		s += n;
		while (*s == ' ')
			s++;
	}
}

static void print_cause(void)
{
	if (event->trap) {
		if (trap_likely_cause(event->trap, text, sizeof(text)))
			print_wrapped("cause:", text);
	} else if (event->file) {
		print_wrapped(
			"cause:",
			"a check in the code found something that must never be; read that line and ask who made it so");
	}
}

static void print_who(void)
{
	const struct task_ctx *ctx = current_ctx();

	/* early in boot no CPU counts as online yet */
	pr_raw("cpu:     %u (%u online)\n", raw_smp_processor_id(),
	       max(num_online_cpus(), 1U));
	pr_raw("task:    %s, pid %d, stack 0x%lx-0x%lx\n", ctx->comm, ctx->pid,
	       ctx->stack_base, ctx->stack_base + ctx->stack_size);
	pr_raw("context: %s\n",
	       panic_describe_context(preempt_count(), event->regs.rflags, text,
				      sizeof(text)));
}

static void print_registers(void)
{
	arch_report_regs(&event->regs);
	/* Else rip is behind a call, which did its work. */
	if (arch_regs_trapped(&event->regs))
		arch_report_code(&event->regs);
}

static void print_backtrace(void)
{
	backtrace_print(LOG_RAW, &event->regs);
}

static void print_other_cpu(unsigned int cpu)
{
	const struct panic_stop *s = per_cpu_ptr(&panic_stop, cpu);

	/* pairs with the release in stop_here() */
	if (!smp_load_acquire(&s->stopped)) {
		pr_raw("CPU %u did not answer\n", cpu);
		if (s->said[0])
			pr_raw("  it panicked too: %s\n", s->said);
		return;
	}
	pr_raw("CPU %u: %s, pid %d; %s\n", cpu, s->comm, s->pid,
	       panic_describe_context(s->preempt, s->regs.rflags, text,
				      sizeof(text)));
	if (s->said[0])
		pr_raw("  it panicked too: %s\n", s->said);
	backtrace_print_saved(LOG_RAW, &s->bt);
}

static void print_other_cpus(void)
{
	unsigned int cpu;

	for_each_online_cpu(cpu)
		if (cpu != raw_smp_processor_id())
			print_other_cpu(cpu);
}

static void print_log(void)
{
	struct log_entry e;

	while (log_read(&log_from, &e, text, sizeof(text)) && e.seq < log_end) {
		unsigned int off = 0;

		while (log_format_line(&e, text, &off, line, sizeof(line)))
			pr_raw("| %s", line);
	}
}

static void run_part(void *fn)
{
	((void (*)(void))fn)();
}

static void part(const char *title, void (*fn)(void))
{
	if (title)
		pr_raw("%s:\n", title);
	if (panic_catch(run_part, (void *)fn, failure, sizeof(failure)))
		pr_raw("  (this part of the report failed: %s)\n", failure);
}

void panic_report_log_mark(void)
{
	struct log_reader end;

	log_reader_last(&log_from, LAST_LINES);
	log_reader_last(&end, 0);
	log_end = end.seq;
}

void panic_report_print(const struct panic_event *e)
{
	event = e;
	pr_raw("\n================================ KERNEL PANIC ================================\n");
	part(NULL, print_what);
	part(NULL, print_cause);
	part(NULL, print_who);
	part("registers", print_registers);
	part("backtrace", print_backtrace);
	if (num_online_cpus() > 1)
		part("other CPUs", print_other_cpus);
	for (extra = __panic_reports_start; extra < __panic_reports_stop;
	     extra++)
		part(extra->title, extra->fn);
	part("last log lines", print_log);
	pr_raw("============================ END OF KERNEL PANIC =============================\n");
}
