/* SPDX-License-Identifier: MIT */
/*
 * stacktrace.h (arch) - who called whom, read from the stack.
 *
 * Model. All code keeps frame pointers, so each frame begins with
 *
 *	rbp -> [caller's rbp] [return address]
 *
 * The entry stubs build a pt_regs and then set rbp to its address with bit 0
 * set. No real frame has an odd address, so a walk recognises the border
 * between a handler and the code that it interrupted, and goes on there with
 * the interrupted rip and rbp, on whatever stack that was.
 */
#ifndef ARCH_STACKTRACE_H
#define ARCH_STACKTRACE_H

#include <arch/ptrace.h>
#include <base/types.h>

/* Set in rbp by the entry stubs: this "frame" is a struct pt_regs. */
#define STACK_FRAME_REGS 1UL

/* No walk visits more frames: a stack of 16 KiB holds 1024 empty ones. */
#define STACK_WALK_MAX 1100

struct stack_frame {
	unsigned long ip;
	/* ip is an instruction that was interrupted, not a return address */
	bool exact;
	/* a copy of the trap frame that ip comes from, else NULL */
	const struct pt_regs *regs;
};

/* Returns whether to go on. */
typedef bool (*stack_walk_fn)(void *cookie, const struct stack_frame *frame);

/**
 * arch_stack_walk() - visit the return addresses, innermost first.
 * @fn: called for each; the frame is only valid during the call.
 * @cookie: handed through.
 * @regs: start at the code that was interrupted there; NULL: at the caller.
 *
 * Reads only inside known stacks, through loads that cannot fault; a frame
 * that makes no sense ends the walk.
 *
 * Context: any, NMI included. Locking: none.
 */
void arch_stack_walk(stack_walk_fn fn, void *cookie,
		     const struct pt_regs *regs);

/**
 * arch_stack_bounds() - the stack that an address lies in.
 * @addr: any address.
 * @lo, @hi: receive its lowest address and the first one above it.
 * @name: receives "task", "double fault", "NMI", ...
 *
 * Knows all stacks of all CPUs. Context: any. Locking: none.
 * Return: whether @addr is in a stack.
 */
bool arch_stack_bounds(unsigned long addr, unsigned long *lo, unsigned long *hi,
		       const char **name);

#endif /* ARCH_STACKTRACE_H */
