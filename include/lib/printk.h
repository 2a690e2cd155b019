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

#include <base/atomic.h>
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
 * Locking: takes the log lock (irqsave), then tries the console lock; in
 *	NMI it only tries both, and otherwise leaves the record to be shown
 *	soon after.
 */
void __printf(2, 3) printk(enum log_level level, const char *fmt, ...);
void __printf(2, 0) vprintk(enum log_level level, const char *fmt, va_list ap);

#define pr_emerg(...)  printk(LOG_EMERG, __VA_ARGS__)
#define pr_crit(...)   printk(LOG_CRIT, __VA_ARGS__)
#define pr_err(...)    printk(LOG_ERR, __VA_ARGS__)
#define pr_warn(...)   printk(LOG_WARNING, __VA_ARGS__)
#define pr_notice(...) printk(LOG_NOTICE, __VA_ARGS__)
#define pr_info(...)   printk(LOG_INFO, __VA_ARGS__)
#define pr_debug(...)  printk(LOG_DEBUG, __VA_ARGS__)
#define pr_raw(...)    printk(LOG_RAW, __VA_ARGS__)

/* Only the first time this line of code is reached, on whatever CPU. */
#define printk_once(level, ...)                                       \
	do {                                                          \
		static bool once_done;                                \
		if (!READ_ONCE(once_done) && !xchg(&once_done, true)) \
			printk(level, __VA_ARGS__);                   \
	} while (0)
#define pr_warn_once(...) printk_once(LOG_WARNING, __VA_ARGS__)
#define pr_info_once(...) printk_once(LOG_INFO, __VA_ARGS__)

/*
 * A budget of messages: @burst in each interval. Lock key: (b) whoever set
 * busy; (a) atomic.
 */
struct printk_ratelimit {
	u64 begin_ns;	      /* (b) start of this interval; 0: none yet */
	unsigned int printed; /* (b) in this interval */
	unsigned int missed;  /* (a) since the last message let through */
	bool busy;	      /* (a) */
};

#define RATELIMIT_INTERVAL_NS 5000000000ULL
#define RATELIMIT_BURST	      10

/**
 * printk_ratelimit() - may this caller print now?
 * @rl: the caller's own budget, zero at first.
 *
 * Says how many messages were left out when the next one is let through.
 *
 * Context: any.
 * Return: whether to print.
 */
bool printk_ratelimit(struct printk_ratelimit *rl);

#define printk_ratelimited(level, ...)                   \
	do {                                             \
		static struct printk_ratelimit rl_state; \
		if (printk_ratelimit(&rl_state))         \
			printk(level, __VA_ARGS__);      \
	} while (0)
#define pr_warn_ratelimited(...) printk_ratelimited(LOG_WARNING, __VA_ARGS__)

/* The longest text of one record, terminator included; the rest is cut. */
#define LOG_LINE_MAX 1024

/* What is known of a record besides its text. */
struct log_entry {
	u64 seq;   /* counts records from 0 */
	u64 ts_ns; /* when: sched_clock() */
	u32 lost;  /* records overwritten before the reader got to this one */
	u16 len;   /* of the text */
	u16 cpu;
	u8 level;
};

/* Where a reader stands; zero stands before the first record ever. */
struct log_reader {
	u64 seq; /* of the record to read next */
	u64 pos; /* where that one starts, if it is there: a hint */
};

/**
 * log_reader_last() - stand before the newest @n records.
 *
 * Context: any. Locking: takes the log lock (in NMI only tries).
 */
void log_reader_last(struct log_reader *r, u64 n);

/**
 * log_read() - the next record.
 * @r: moves on by one record.
 * @e: receives what is known about it.
 * @text: receives its text, terminated, cut to @size.
 *
 * Context: any. Locking: takes the log lock (in NMI only tries).
 * Return: false when there is no further record (or the lock was taken).
 */
bool log_read(struct log_reader *r, struct log_entry *e, char *text,
	      size_t size);

/**
 * log_format_line() - the next line of a record as a console shows it.
 * @e, @text: the record.
 * @off: start with 0; moves on to the next line.
 * @out: receives prefix, text and newline, terminated, cut to @size (>= 2).
 *
 * Context: any.
 * Return: bytes in @out without the terminator; 0 after the last line.
 */
size_t log_format_line(const struct log_entry *e, const char *text,
		       unsigned int *off, char *out, size_t size);

/**
 * console_write() - text to the consoles only, not to the log.
 * @s, @n: shown in one piece; need not be a whole line.
 *
 * For the prompt and the echo of keys. A record that comes while a line is
 * open ends that line first; see console_interruptions().
 *
 * Context: any but NMI.
 * Locking: takes the console lock (irqsave for the length of the text).
 */
void console_write(const char *s, size_t n);

/* How often a record cut off an open line: if it changed, draw it again. */
unsigned int console_interruptions(void);

/**
 * printk_flush_nmi() - move to the log what this CPU had to leave in its NMI
 * buffer. Called by irq exit; cheap when there is nothing.
 *
 * Context: any; does nothing in NMI.
 */
void printk_flush_nmi(void);

/**
 * printk_panic_enter() - from now on only this CPU prints.
 *
 * Waits a little for the other CPUs to leave the printk locks, breaks what
 * they do not leave, and shows all that is still in the log. What other CPUs
 * print later waits in their NMI buffers and is shown with this CPU's next
 * message. Works before or after the other CPUs are stopped. There is no way
 * back but printk_panic_leave().
 *
 * Context: any; IRQs off.
 * Return: false when another CPU was first; the caller should halt.
 */
bool printk_panic_enter(void);

/* Undoes it: for a panic that a test expected, all CPUs being sound. */
void printk_panic_leave(void);

/**
 * printk_nesting() - how deep inside printk this CPU is.
 * printk_nesting_restore() - forget deeper calls: a fault inside them was
 * caught and control left them for good. Frees the locks they held.
 * @depth: what printk_nesting() gave before.
 *
 * Context: any; IRQs off for the second.
 * Return: calls of this CPU that have not come back, 0 outside of printk.
 */
unsigned int printk_nesting(void);
void printk_nesting_restore(unsigned int depth);

#endif /* LIB_PRINTK_H */
