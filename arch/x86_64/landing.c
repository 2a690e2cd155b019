/* SPDX-License-Identifier: MIT */
/*
 * landing.c - leave a function through the return from a trap.
 *
 * The rest is landing.asm. Flags: of those that code may have changed, only
 * the interrupt flag is chosen by the caller; the others become what compiled
 * code expects (direction, trap and alignment-check off).
 */
#include <arch/landing.h>

#include <arch/irqflags.h>

#include "landing_asm.h"

#define X86_EFLAGS_FIXED (1UL << 1)

void arch_landing_set_regs(const struct arch_landing *landing,
			   struct pt_regs *regs, bool irqs_on)
{
	regs->rip = (unsigned long)arch_landing_land;
	regs->rsp = landing->sp;
	regs->rflags = X86_EFLAGS_FIXED | (irqs_on ? X86_EFLAGS_IF : 0);
}
