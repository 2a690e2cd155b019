/* SPDX-License-Identifier: MIT */
/*
 * irqflags.h - interrupts off and on again, on this CPU only (C KB-01).
 *
 * Interrupts off excludes this CPU's handlers (and so preemption by them);
 * it excludes nothing on another CPU (C CC-08). local_irq_save() nests,
 * local_irq_enable() does not. Disabling does not touch preempt_count().
 */
#ifndef LIB_IRQFLAGS_H
#define LIB_IRQFLAGS_H

#include <arch/irqflags.h>
#include <base/compiler.h>

#define local_irq_disable() arch_local_irq_disable()
#define local_irq_enable()  arch_local_irq_enable()

#define local_irq_save(flags)                    \
	do {                                     \
		(flags) = arch_local_irq_save(); \
	} while (0)
#define local_irq_restore(flags) arch_local_irq_restore(flags)
#define local_save_flags(flags)                    \
	do {                                       \
		(flags) = arch_local_save_flags(); \
	} while (0)

#define irqs_disabled_flags(flags) arch_irqs_disabled_flags(flags)
#define irqs_disabled()		   irqs_disabled_flags(arch_local_save_flags())

#endif /* LIB_IRQFLAGS_H */
