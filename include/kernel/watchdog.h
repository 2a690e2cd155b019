/* SPDX-License-Identifier: MIT */
/*
 * watchdog.h - noticing that a CPU no longer makes progress.
 */
#ifndef KERNEL_WATCHDOG_H
#define KERNEL_WATCHDOG_H

/* Non-maskable interrupts a second while self-tests run. */
#define WATCHDOG_HZ 20

/* Both: boot CPU, task context. */
void watchdog_start(void);
void watchdog_stop(void);

/* NMIs that the boot CPU has taken, of whatever source. */
unsigned long watchdog_nmi_count(void);

#endif /* KERNEL_WATCHDOG_H */
