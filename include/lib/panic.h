/* SPDX-License-Identifier: MIT */
/*
 * panic.h - the end, told so that it can be understood.
 *
 * The order of the report and how it survives a broken machine stand in
 * lib/panic.c. BUG(), ASSERT() and WARN() of <base/assert.h> end up there
 * too.
 */
#ifndef LIB_PANIC_H
#define LIB_PANIC_H

#include <arch/ptrace.h>
#include <base/compiler.h>
#include <base/types.h>

struct trap_info; /* <arch/trap_text.h> */

/**
 * panic() - report and stop the machine.
 * @fmt: what is wrong, in one line.
 *
 * Context: any. Locking: none; works with any lock held.
 */
void __noreturn __cold __printf(1, 2) panic(const char *fmt, ...);

/* The same, with the registers and the backtrace of the code at @regs. */
void __noreturn __cold __printf(2, 3)
	panic_regs(const struct pt_regs *regs, const char *fmt, ...);

/* The same for an exception: name, error code and likely cause are added. */
void __noreturn __cold panic_trap(const struct trap_info *trap);

/**
 * panic_nmi() - the NMI path asks: am I to stop?
 * @regs: what was interrupted.
 *
 * Context: NMI. Does not return if another CPU panics.
 * Return: true: nothing more to do, this CPU is reporting a panic; false:
 * the NMI has another reason.
 */
bool panic_nmi(struct pt_regs *regs);

/* Panics, from within an NMI that this CPU sends to itself. */
void panic_by_nmi(void);

/* What to do after the report; panic= on the command line goes first. */
enum panic_action {
	PANIC_HALT,
	PANIC_EXIT, /* leave the emulator with "fail" */
	PANIC_REBOOT,
};

/**
 * panic_set_default() - what to do after the report if panic= is not given.
 *
 * Context: boot.
 */
void panic_set_default(enum panic_action action);

/*
 * A part of the report that a higher floor adds: held locks, run queues, ...
 *
 *	PANIC_REPORT("run queues", print_all_rqs);
 *
 * The function runs on the panicking CPU with all others stopped, perhaps
 * while they hold locks: it reads without locking. If it faults, the report
 * goes on with the next part.
 */
struct panic_report {
	const char *title;
	void (*fn)(void);
};

#define PANIC_REPORT(title_, fn_)                                             \
	static const struct panic_report CONCATENATE(panic_report_,           \
						     fn_) __used __aligned(8) \
		__section(".panic_reports") = {.title = title_, .fn = fn_}

/* All of them; set by linker.ld. */
extern const struct panic_report __panic_reports_start[],
	__panic_reports_stop[];

#endif /* LIB_PANIC_H */
