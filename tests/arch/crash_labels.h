/* SPDX-License-Identifier: MIT */
/*
 * crash_labels.h - the instructions of arch/x86_64/crash.asm that trap, and
 * those behind them.
 */
#ifndef TESTS_ARCH_CRASH_LABELS_H
#define TESTS_ARCH_CRASH_LABELS_H

#define CRASH_LABELS(name)                                                     \
	extern const char arch_crash_##name##_at[] __asm__("arch_crash_" #name \
							   ".at");             \
	extern const char arch_crash_##name##_next[] __asm__(                  \
		"arch_crash_" #name ".next")

CRASH_LABELS(read);
CRASH_LABELS(write);
CRASH_LABELS(exec);
CRASH_LABELS(push);
CRASH_LABELS(divide);
CRASH_LABELS(breakpoint);
CRASH_LABELS(invalid_opcode);
CRASH_LABELS(selector);
CRASH_LABELS(stack_selector);
CRASH_LABELS(code_selector);
CRASH_LABELS(int);
CRASH_LABELS(rdmsr);

#endif /* TESTS_ARCH_CRASH_LABELS_H */
