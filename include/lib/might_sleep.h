/* SPDX-License-Identifier: MIT */
/*
 * might_sleep.h - catching a function that may wait where nobody may.
 *
 * Model. A function that may sleep says so at its top, in every call, not
 * only in the rare one that does sleep. So a wrong caller is found at the
 * first try. While the machine boots on one CPU nothing can sleep, nor is
 * anything wrong with it: the check begins with system_state SYSTEM_RUNNING.
 */
#ifndef LIB_MIGHT_SLEEP_H
#define LIB_MIGHT_SLEEP_H

#include <base/compiler.h>
#include <base/config.h>
#include <base/types.h>

enum system_states {
	SYSTEM_BOOTING,
	SYSTEM_RUNNING, /* interrupts are on, other CPUs may run */
};

/* Written once by the boot CPU, before other CPUs start. */
extern enum system_states system_state;

/* Warns, with the caller's name, when preemption or interrupts are off. */
void __might_sleep(void);

/**
 * might_sleep() - the caller may have to wait.
 *
 * Context: task, preemption and interrupts on; anything else is reported in
 * debug builds.
 */
static __always_inline void might_sleep(void)
{
	if (CONFIG_DEBUG)
		__might_sleep();
}

#define might_sleep_if(cond)           \
	do {                           \
		if (cond)              \
			might_sleep(); \
	} while (0)

#endif /* LIB_MIGHT_SLEEP_H */
