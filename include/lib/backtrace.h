/* SPDX-License-Identifier: MIT */
/*
 * backtrace.h - who called whom, with names.
 *
 *	#0  0xffffffff80104a12 cmd_panic+0x12/0x40
 *	#1  0xffffffff80103b07 monitor_execute+0x97/0x140
 *	    <interrupt, vector 239>
 *	#2  0xffffffff80100c31 idle+0x11/0x20
 */
#ifndef LIB_BACKTRACE_H
#define LIB_BACKTRACE_H

#include <arch/ptrace.h>
#include <base/types.h>
#include <lib/printk.h>

/* The most frames that are kept for later. */
#define BACKTRACE_MAX 32

struct backtrace {
	unsigned int nr;
	u32 exact; /* bit n: ip[n] is an instruction, not a return address */
	unsigned long ip[BACKTRACE_MAX];
};

/**
 * backtrace_save() - note the return addresses without looking up names.
 * @bt: receives them.
 * @regs: the interrupted code to start at; NULL: the caller.
 *
 * Context: any, NMI included. Locking: none.
 */
void backtrace_save(struct backtrace *bt, const struct pt_regs *regs);

/**
 * backtrace_print() - print the calls that led to a place, innermost first.
 * @level: of the log lines.
 * @regs: the interrupted code to start at; NULL: the caller.
 *
 * A frame that repeats the one before is counted, not printed.
 *
 * Context: any.
 */
void backtrace_print(enum log_level level, const struct pt_regs *regs);

/* The same for one that was saved. */
void backtrace_print_saved(enum log_level level, const struct backtrace *bt);

/**
 * backtrace_symbol() - "name+0xoff/0xsize" of a place in the code.
 * @ip: the address.
 * @exact: it is an instruction; false: it is where a call returns to, which
 *	may lie behind the end of a function that never expected that.
 * @buf, @size: receive the text, "?" if there is no name.
 *
 * Context: any. Return: @buf.
 */
const char *backtrace_symbol(unsigned long ip, bool exact, char *buf,
			     size_t size);

#endif /* LIB_BACKTRACE_H */
