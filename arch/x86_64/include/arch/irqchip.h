/* SPDX-License-Identifier: MIT */
/*
 * irqchip.h (arch) - the controller that delivered an interrupt.
 */
#ifndef ARCH_IRQCHIP_H
#define ARCH_IRQCHIP_H

#include <base/types.h>

/**
 * arch_irq_in_service() - did the local controller deliver @vector to us?
 * @vector: 0..255.
 *
 * Context: hardirq entry, interrupts off.
 * Return: false for a spurious interrupt and for a software interrupt, neither
 *	of which may be ended: that would end another one that really is in
 *	service.
 */
bool arch_irq_in_service(unsigned int vector);

/* Ends the interrupt of highest priority that is in service on this CPU. */
void arch_irq_end(void);

#endif /* ARCH_IRQCHIP_H */
