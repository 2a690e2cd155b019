/* SPDX-License-Identifier: MIT */
/*
 * stack_call.h (arch) - calling a function on another stack.
 */
#ifndef ARCH_STACK_CALL_H
#define ARCH_STACK_CALL_H

/**
 * arch_call_on_stack() - run a function on a stack of one's choice.
 * @fn: called with @arg; returns here as usual.
 * @arg: passed on.
 * @top: one behind the last byte of the stack, 16-byte aligned.
 *
 * Context: any; nothing else may use that stack meanwhile.
 */
void arch_call_on_stack(void (*fn)(void *arg), void *arg, unsigned long top);

#endif /* ARCH_STACK_CALL_H */
