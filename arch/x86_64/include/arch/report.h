/* SPDX-License-Identifier: MIT */
/*
 * report.h (arch) - the part of a panic report that knows the CPU.
 */
#ifndef ARCH_REPORT_H
#define ARCH_REPORT_H

#include <arch/ptrace.h>

/**
 * arch_capture_regs() - fill a trap frame as if the caller had trapped here.
 * @regs: receives the registers; rip is the return address of this call.
 *
 * Context: any.
 */
void arch_capture_regs(struct pt_regs *regs);

/* Prints the registers of a trap frame and the control registers. */
void arch_report_regs(const struct pt_regs *regs);

/* Prints the bytes around regs->rip, the one at rip in angle brackets. */
void arch_report_code(const struct pt_regs *regs);

#endif /* ARCH_REPORT_H */
