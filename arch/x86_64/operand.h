/* SPDX-License-Identifier: MIT */
/*
 * operand.h - which address was this instruction about to use?
 */
#ifndef ARCH_X86_64_OPERAND_H
#define ARCH_X86_64_OPERAND_H

#include <arch/ptrace.h>
#include <base/types.h>

/* No instruction is longer. */
#define INSN_MAX 15

/**
 * operand_address() - the memory operand of one instruction.
 * @code, @size: its bytes; may be more.
 * @regs: the registers before it ran.
 * @addr: receives the effective address.
 *
 * Context: any.
 * Return: whether the instruction has one that this decoder understands.
 */
bool operand_address(const u8 *code, size_t size, const struct pt_regs *regs,
		     unsigned long *addr);

#endif /* ARCH_X86_64_OPERAND_H */
