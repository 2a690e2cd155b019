/* SPDX-License-Identifier: MIT */
/*
 * ptrace.h (arch) - the trap frame: what the entry stubs leave on the stack.
 *
 * One layout for exceptions, interrupts and (later) system calls: B S-01.
 * The first six are the callee-saved registers of the C ABI, the last five
 * are pushed by the CPU.
 */
#ifndef ARCH_PTRACE_H
#define ARCH_PTRACE_H

#include <base/compiler.h>
#include <base/types.h>

struct pt_regs {
	unsigned long r15;
	unsigned long r14;
	unsigned long r13;
	unsigned long r12;
	unsigned long rbp;
	unsigned long rbx;
	unsigned long r11;
	unsigned long r10;
	unsigned long r9;
	unsigned long r8;
	unsigned long rax;
	unsigned long rcx;
	unsigned long rdx;
	unsigned long rsi;
	unsigned long rdi;
	/* -1 for exceptions, ~vector for interrupts, number for syscalls */
	unsigned long orig_rax;
	unsigned long rip;
	unsigned long cs;
	unsigned long rflags;
	unsigned long rsp;
	unsigned long ss;
};

static_assert(sizeof(struct pt_regs) == 168, "21 quadwords (B S-01)");
static_assert(offsetof(struct pt_regs, r15) == 0, "B S-01");
static_assert(offsetof(struct pt_regs, rbx) == 40, "B S-01");
static_assert(offsetof(struct pt_regs, r11) == 48, "B S-01");
static_assert(offsetof(struct pt_regs, rax) == 80, "B S-01");
static_assert(offsetof(struct pt_regs, rdi) == 112, "B S-01");
static_assert(offsetof(struct pt_regs, orig_rax) == 120, "B S-01");
static_assert(offsetof(struct pt_regs, rip) == 128, "B S-01");
static_assert(offsetof(struct pt_regs, ss) == 160, "B S-01");

static inline bool user_mode(const struct pt_regs *regs)
{
	return (regs->cs & 3) == 3;
}

#endif /* ARCH_PTRACE_H */
