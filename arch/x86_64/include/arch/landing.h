/* SPDX-License-Identifier: MIT */
/*
 * landing.h (arch) - leave a function from anywhere below it.
 *
 * Model. arch_landing_call() saves the callee-saved registers on its own
 * stack frame, notes the stack pointer and calls a function. Until that
 * function returns, the landing can be used once: arch_landing_jump() cuts
 * the stack back and makes arch_landing_call() return true; or
 * arch_landing_set_regs() lets a trap handler return there instead of to the
 * code that trapped. What the abandoned code held (locks, counts) stays held.
 */
#ifndef ARCH_LANDING_H
#define ARCH_LANDING_H

#include <arch/ptrace.h>
#include <base/compiler.h>
#include <base/types.h>

struct arch_landing {
	unsigned long sp;
};

static_assert(offsetof(struct arch_landing, sp) == 0, "landing.asm");

/**
 * arch_landing_call() - call @fn(@arg) so that it can be left.
 *
 * Context: any.
 * Return: false when @fn returned, true when the landing was used.
 */
bool arch_landing_call(struct arch_landing *landing, void (*fn)(void *),
		       void *arg);

/* Leaves at once. Expects to run below the landing's call, on any stack. */
void __noreturn arch_landing_jump(const struct arch_landing *landing);

/* Makes the return from this trap leave; interrupts come on if @irqs_on. */
void arch_landing_set_regs(const struct arch_landing *landing,
			   struct pt_regs *regs, bool irqs_on);

#endif /* ARCH_LANDING_H */
