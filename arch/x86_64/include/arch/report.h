/* SPDX-License-Identifier: MIT */
/*
 * report.h (arch) - the part of a panic report that knows the CPU.
 */
#ifndef ARCH_REPORT_H
#define ARCH_REPORT_H

#include <arch/ptrace.h>
#include <base/types.h>

/**
 * arch_capture_regs() - fill a trap frame as if the caller had trapped here.
 * @regs: receives the registers; rip is the return address of this call, and
 *	orig_rax is 0, which it never is in a trap frame of kernel code.
 *
 * Context: any.
 */
void arch_capture_regs(struct pt_regs *regs);

/* Prints the registers of a trap frame and the control registers. */
void arch_report_regs(const struct pt_regs *regs);

/* Prints the bytes around regs->rip, the one at rip in angle brackets. */
void arch_report_code(const struct pt_regs *regs);

/* Whether rip is an instruction that trapped, not where a call returns to. */
static inline bool arch_regs_trapped(const struct pt_regs *regs)
{
	return (long)regs->orig_rax < 0;
}

#endif /* ARCH_REPORT_H */
