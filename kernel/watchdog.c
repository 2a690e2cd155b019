/* SPDX-License-Identifier: MIT */
/*
 * watchdog.c - noticing that a CPU no longer makes progress.
 *
 * Model. While self-tests run, the boot CPU gets NMIs at WATCHDOG_HZ from a
 * timer that does not care whether interrupts are off (arch_watchdog_start).
 * Each NMI asks the self-test runner whether the current case is over its
 * time; if so the runner panics, and the panic report shows what every CPU
 * was doing. Counting NMIs, not reading a clock, keeps this independent of
 * the clock under test.
 *
 * Contexts. NMI.
 * Limits. Soft and hard lockup detection for the time outside of tests comes
 * with the timers.
 */
#include <arch/machine.h>
#include <arch/upcall.h>
#include <kernel/selftest.h>
#include <kernel/watchdog.h>
#include <lib/printk.h>

static unsigned long nmi_count; /* boot CPU, NMI context only */

void watchdog_start(void)
{
	int err = arch_watchdog_start(WATCHDOG_HZ);

	if (err)
		pr_warn("watchdog: no NMI source (error %d): a hanging test will not be noticed here\n",
			err);
}

void watchdog_stop(void)
{
	arch_watchdog_stop();
}

unsigned long watchdog_nmi_count(void)
{
	return READ_ONCE(nmi_count);
}

void nmi_dispatch(struct pt_regs *regs)
{
	WRITE_ONCE(nmi_count, nmi_count + 1);
	if (selftest_watchdog_expired())
		selftest_watchdog_panic(regs);
}
