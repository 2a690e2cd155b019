/* SPDX-License-Identifier: MIT */
/*
 * might_sleep.c - see <lib/might_sleep.h>.
 *
 * Contexts. Any. Locking. None: system_state is written once.
 */
#include <lib/might_sleep.h>

#include <base/assert.h>
#include <lib/irqflags.h>
#include <lib/preempt.h>
#include <lib/printk.h>

enum system_states system_state;

void __might_sleep(void)
{
	if (READ_ONCE(system_state) == SYSTEM_BOOTING || preemptible())
		return;
	WARN(1, "may sleep, but preempt count is 0x%x, interrupts are %s",
	     preempt_count(), irqs_disabled() ? "off" : "on");
}
