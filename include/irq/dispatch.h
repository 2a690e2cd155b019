/* SPDX-License-Identifier: MIT */
/*
 * dispatch.h - counting interrupts by vector.
 */
#ifndef IRQ_DISPATCH_H
#define IRQ_DISPATCH_H

#include <base/types.h>

/* How often @vector (0..255) arrived on @cpu. */
unsigned long irq_vector_count(unsigned int cpu, unsigned int vector);

/**
 * irq_set_test_handler() - call a function for one otherwise unused vector.
 * @vector: FIRST_EXTERNAL_VECTOR .. 238, not SYSCALL_VECTOR.
 * @fn: called in hardirq context; NULL takes it away again.
 *
 * For self-tests, until the IRQ layer hands out vectors.
 * Context: task. The caller sees to it that the vector is quiet meanwhile.
 */
void irq_set_test_handler(unsigned int vector, void (*fn)(void));

#endif /* IRQ_DISPATCH_H */
