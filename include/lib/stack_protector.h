/* SPDX-License-Identifier: MIT */
/*
 * stack_protector.h - a canary behind each array on the stack; see
 * lib/debug/stack_protector.c.
 */
#ifndef LIB_STACK_PROTECTOR_H
#define LIB_STACK_PROTECTOR_H

/**
 * stack_protector_init() - make the canary one that this boot alone has.
 *
 * Context: boot CPU, from a function that never returns, before other CPUs
 * are started. In release builds nothing reads the canary.
 */
void stack_protector_init(void);

#endif /* LIB_STACK_PROTECTOR_H */
