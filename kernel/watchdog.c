/* SPDX-License-Identifier: MIT */
/*
 * watchdog.c - noticing that a CPU no longer makes progress.
 *
 * Model. While self-tests run, the boot CPU gets NMIs at WATCHDOG_HZ from a
 * timer that does not care whether interrupts are off (arch_watchdog_start).
 * Each NMI asks the self-test runner whether the current case is over its
 * time; if so the runner panics, and the panic report shows what every CPU
 * was doing. Counting NMIs, not reading a clock, keeps this independent of
 * the clock under test. (An NMI that somebody sends to the boot CPU counts as
 * one of them: a case ends too early only if it sends a great many.)
 *
 * Outside of test runs an NMI is somebody's question what the machine is doing
 * (the button on the case, `nmi` in the emulator's monitor): each CPU that
 * gets it prints where it was.
 *
 * Contexts. NMI.
 * Limits. Soft and hard lockup detection for the time outside of tests comes
 * with the timers.
 */
#include <arch/machine.h>
#include <arch/upcall.h>
#include <kernel/selftest.h>
#include <kernel/watchdog.h>
#include <lib/backtrace.h>
#include <lib/percpu.h>
#include <lib/printk.h>

static DEFINE_PER_CPU(unsigned long, nmi_count); /* NMI of that CPU */

/* Written by the boot CPU in task context, read by its NMI. */
static bool running;

void watchdog_start(void)
{
	int err;

	WRITE_ONCE(running, true); /* before the first NMI asks */
	err = arch_watchdog_start(WATCHDOG_HZ);
	if (err)
		pr_warn("watchdog: no NMI source (error %d): a hanging test will not be noticed here\n",
			err);
}

void watchdog_stop(void)
{
	arch_watchdog_stop();
	WRITE_ONCE(running, false);
}

unsigned long watchdog_nmi_count(void)
{
	return READ_ONCE(per_cpu(nmi_count, 0));
}

void nmi_dispatch(struct pt_regs *regs)
{
	unsigned int cpu = raw_smp_processor_id();

	this_cpu_inc(nmi_count);
	if (!READ_ONCE(running)) {
		pr_warn("NMI: cpu%u was at %pS\n", cpu, (void *)regs->rip);
		backtrace_print(LOG_WARNING, regs);
		return;
	}
	/* NMIs of other CPUs were sent by somebody and measure no time. */
	if (cpu == 0 && selftest_watchdog_expired())
		selftest_watchdog_panic(regs);
}
