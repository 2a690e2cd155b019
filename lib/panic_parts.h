/* SPDX-License-Identifier: MIT */
/*
 * panic_parts.h - between lib/panic.c (who panics, who stops, what then) and
 * lib/panic_report.c (what is printed).
 */
#ifndef LIB_PANIC_PARTS_H
#define LIB_PANIC_PARTS_H

#include <arch/ptrace.h>
#include <arch/trap_text.h>
#include <base/config.h>
#include <base/types.h>
#include <lib/backtrace.h>
#include <lib/context.h>

#define PANIC_TEXT_MAX 200
/* A warning may have several lines: who owned what, for example. */
#define WARN_TEXT_MAX 480

/* Everything that is known when it begins. */
struct panic_event {
	char what[PANIC_TEXT_MAX]; /* one line */
	struct pt_regs regs;	   /* where */
	const char *file;	   /* BUG, ASSERT: the source line; or NULL */
	int line;
	const struct trap_info *trap; /* an exception; or NULL */
};

/*
 * What a CPU leaves for the report when it is told to stop. Written by the
 * CPU itself before it sets stopped; read by the panicking CPU after that.
 */
struct panic_stop {
	struct pt_regs regs;
	struct backtrace bt;
	u32 preempt;
	int pid;
	char comm[TASK_COMM_LEN];
	char said[PANIC_TEXT_MAX]; /* it panicked too, a moment later: this */
	bool stopped;		   /* release: the rest is complete */
};

DECLARE_PER_CPU(struct panic_stop, panic_stop);

/**
 * panic_report_log_mark() - remember where the log ends before the report.
 * panic_report_print() - the whole document.
 * @e: the event.
 *
 * Context: the panicking CPU; the others are stopped as far as they answer.
 */
void panic_report_log_mark(void);
void panic_report_print(const struct panic_event *e);

/* "preempt 1, softirq 0, hardirq 0, nmi 0; interrupts off" */
const char *panic_describe_context(u32 preempt, unsigned long rflags, char *buf,
				   size_t size);

#endif /* LIB_PANIC_PARTS_H */
