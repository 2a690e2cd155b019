/* SPDX-License-Identifier: MIT */
/*
 * trap_text.h (arch) - exceptions in words.
 */
#ifndef ARCH_TRAP_TEXT_H
#define ARCH_TRAP_TEXT_H

#include <arch/ptrace.h>
#include <base/types.h>

/* All that is known about one exception. */
struct trap_info {
	unsigned int vector;
	u64 error_code; /* 0 where the vector has none */
	u64 address;	/* page and double fault: CR2, as found on entry */
	const struct pt_regs *regs;
};

/**
 * trap_name() - "page fault" for 14, and so on.
 *
 * Context: any.
 * Return: a constant string; never NULL.
 */
const char *trap_name(unsigned int vector);

/* "#PF" for 14; "" for vectors that have no mnemonic. */
const char *trap_mnemonic(unsigned int vector);

/* Whether the CPU pushes an error code for this vector. */
bool trap_has_error_code(unsigned int vector);

/* Whether CR2 says something about it. */
bool trap_has_address(unsigned int vector);

/**
 * trap_error_describe() - what the bits of an error code say.
 * @vector, @code: the exception.
 * @buf, @size: receive the text; empty where there is nothing to say.
 *
 * Context: any.
 * Return: @buf.
 */
const char *trap_error_describe(unsigned int vector, u64 code, char *buf,
				size_t size);

/**
 * trap_likely_cause() - one sentence for whoever has to find the mistake.
 * @trap: the exception.
 * @buf, @size: receive the sentence.
 *
 * Context: any; reads the page tables and the code, never faults.
 * Return: whether one of the common cases was recognised.
 */
bool trap_likely_cause(const struct trap_info *trap, char *buf, size_t size);

#endif /* ARCH_TRAP_TEXT_H */
