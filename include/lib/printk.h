/* SPDX-License-Identifier: MIT */
/*
 * printk.h - the kernel log.
 *
 * pr_info("cpu%u online\n", cpu): a level, a compiler-checked format, one
 * record in the log ring and on every console. The model, the locking and
 * the NMI rules stand in lib/printk.c.
 */
#ifndef LIB_PRINTK_H
#define LIB_PRINTK_H

#include <base/compiler.h>
#include <base/types.h>
#include <stdarg.h>

enum log_level {
	LOG_EMERG,
	LOG_ALERT,
	LOG_CRIT,
	LOG_ERR,
	LOG_WARNING,
	LOG_NOTICE,
	LOG_INFO,
	LOG_DEBUG,
	/* No prefix, always shown: test protocol, command output, reports. */
	LOG_RAW,
};

/**
 * printk() - write one message to the log and the consoles.
 * @level: its importance; shown on consoles if below the console level.
 * @fmt: as in <lib/fmt.h>. A trailing newline is optional: each call is a
 *	record of its own; newlines inside start new, indented lines.
 *
 * Context: any, NMI included. Never sleeps, never allocates.
 * Locking: takes the log lock (irqsave), then the console lock; in NMI it
 *	only tries, and otherwise leaves the record to be shown soon after.
 */
void __printf(2, 3) printk(enum log_level level, const char *fmt, ...);
void __printf(2, 0) vprintk(enum log_level level, const char *fmt, va_list ap);

#define pr_emerg(...)   printk(LOG_EMERG, __VA_ARGS__)
#define pr_crit(...)    printk(LOG_CRIT, __VA_ARGS__)
#define pr_err(...)     printk(LOG_ERR, __VA_ARGS__)
#define pr_warn(...)    printk(LOG_WARNING, __VA_ARGS__)
#define pr_notice(...)  printk(LOG_NOTICE, __VA_ARGS__)
#define pr_info(...)    printk(LOG_INFO, __VA_ARGS__)
#define pr_debug(...)   printk(LOG_DEBUG, __VA_ARGS__)
#define pr_raw(...)     printk(LOG_RAW, __VA_ARGS__)

#endif /* LIB_PRINTK_H */
