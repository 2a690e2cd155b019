/* SPDX-License-Identifier: MIT */
/*
 * printk_internal.h - the inside of printk, for its tests.
 */
#ifndef PRINTK_INTERNAL_H
#define PRINTK_INTERNAL_H

#include <base/types.h>

/*
 * The log lock as printk takes it. While a test holds it, with IRQs off, its
 * own CPU is in the state in which an NMI finds a printk cut in two.
 * Context: IRQs off. Return: whether it was free.
 */
bool printk_log_trylock(void);
void printk_log_unlock(void);
bool printk_console_trylock(void);
void printk_console_unlock(void);

/*
 * Receives every piece of text before the devices do, under the console
 * lock; they do not get what it returns true for. NULL: nobody. Set and
 * cleared by a test that holds the console lock.
 */
extern bool (*printk_console_tap)(const char *s, size_t n);

/* Records on the consoles so far, shown or hidden by the level. */
u64 printk_console_seq(void);
u64 printk_head_seq(void); /* records ever stored */

/* Bytes waiting in this CPU's NMI buffer. */
unsigned int printk_nmi_pending(void);

#endif /* PRINTK_INTERNAL_H */
