/* SPDX-License-Identifier: MIT */
/*
 * fault.h - faults, panics and warnings that are expected.
 *
 * Two needs, two tools:
 *   - the kernel reads an address that may be bad: copy_from_kernel_nofault();
 *   - a test makes something go wrong and looks at what happened:
 *     fault_catch(), panic_catch(), warn_expect_begin().
 *
 * The model and the invariants stand in lib/fault.c.
 */
#ifndef LIB_FAULT_H
#define LIB_FAULT_H

#include <arch/nofault.h>
#include <arch/ptrace.h>
#include <base/compiler.h>
#include <base/types.h>

/* What the CPU reported. */
struct fault_info {
	unsigned int vector;
	u64 error_code;	     /* 0 where the vector has none */
	u64 address;	     /* page fault: the address; else undefined */
	struct pt_regs regs; /* as they were when it happened */
};

/**
 * copy_from_kernel_nofault() - read kernel memory that may not be there.
 * @dst: receives @size bytes; on error, the part before the bad address.
 * @src: a kernel address, or nonsense.
 * @size: bytes.
 *
 * Context: any. Locking: none.
 * Return: 0 or -EFAULT; addresses of the user half are refused unread.
 */
int __must_check copy_from_kernel_nofault(void *dst, const void *src,
					  size_t size);

/* Reads *@ptr into @val, of the same type; 0 or -EFAULT. */
#define get_kernel_nofault(val, ptr)            \
	copy_from_kernel_nofault(&(val), (ptr), \
				 sizeof(val) + 0 * sizeof(&(val) == (ptr)))

/**
 * fault_catch() - run a function in which an exception is expected.
 * @fn: called with @arg; a fault below it abandons it.
 * @info: receives what happened; may be NULL.
 *
 * Nests. Preempt word and interrupt flag are as before afterwards; locks
 * taken by @fn stay held. Faults of interrupt handlers that come in meanwhile
 * are not caught, nor what the exception table handles.
 *
 * Context: any; in NMI only on the way to a panic.
 * Return: whether there was an exception.
 */
bool fault_catch(void (*fn)(void *), void *arg, struct fault_info *info);

/**
 * fault_catch_handle() - the exception path asks: is this one expected?
 * @regs: the trap frame; changed so that the return leads to fault_catch().
 * @vector, @error_code, @address: what the CPU reported; address is CR2.
 *
 * Context: exception, before anything is reported, after fixup_exception().
 * Return: whether to return from the exception.
 */
bool fault_catch_handle(struct pt_regs *regs, unsigned int vector,
			u64 error_code, u64 address);

/**
 * panic_catch() - run a function in which a panic or BUG is expected.
 * @fn: called with @arg; a panic below it abandons it, with no report.
 * @msg, @size: receive the message of the panic; empty if there was none.
 *
 * As fault_catch(). An unexpected exception below @fn is a panic.
 *
 * Context: any; in NMI only on the way to a panic.
 * Return: whether there was a panic.
 */
bool panic_catch(void (*fn)(void *), void *arg, char *msg, size_t size);

/**
 * panic_catch_handle() - panic asks: is this one expected?
 * @msg: its message.
 *
 * Context: any. Does not return if it is.
 */
void panic_catch_handle(const char *msg);

/**
 * warn_expect_begin() - from here on warnings are counted, not reported.
 *
 * Those of all CPUs. Does not nest. Context: any.
 */
void warn_expect_begin(void);

/**
 * warn_expect_end() - warnings are reported again.
 *
 * Context: any.
 * Return: how many there were.
 */
unsigned int warn_expect_end(void);

/* Forgets an expectation that somebody left open; whether there was one. */
bool warn_expect_cancel(void);

/* Text of the first warning since the last warn_expect_begin(); or "". */
const char *warn_expect_text(void);

/**
 * warn_expect_handle() - a warning asks: is it expected?
 * @msg: its text.
 *
 * Context: any. Return: whether to keep quiet.
 */
bool warn_expect_handle(const char *msg);

/* Warnings that were reported since boot; the test runner compares. */
unsigned int warn_unexpected_count(void);

#endif /* LIB_FAULT_H */
