/* SPDX-License-Identifier: MIT */
/*
 * watchdog.h - noticing that a CPU no longer makes progress.
 */
#ifndef KERNEL_WATCHDOG_H
#define KERNEL_WATCHDOG_H

/* Non-maskable interrupts a second while self-tests run. */
#define WATCHDOG_HZ 20

/**
 * watchdog_start() - watch the running self-test; it may hang from now on.
 * watchdog_stop() - no more.
 *
 * A machine without a source of NMIs runs its tests unwatched, and says so.
 * Context: boot CPU, task.
 */
void watchdog_start(void);
void watchdog_stop(void);

/**
 * watchdog_nmi_count() - NMIs of whatever source.
 *
 * Context: any.
 * Return: how many the boot CPU has taken since boot.
 */
unsigned long watchdog_nmi_count(void);

#endif /* KERNEL_WATCHDOG_H */
