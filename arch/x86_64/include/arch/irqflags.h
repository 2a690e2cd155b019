/* SPDX-License-Identifier: MIT */
/*
 * irqflags.h (arch) - this CPU's interrupt-enable flag, the raw forms.
 *
 * Generic code uses <lib/irqflags.h>. A change of the flag is also a compiler
 * barrier: nothing moves into or out of the protected region.
 * Source: Intel SDM vol. 1, "EFLAGS Register"; vol. 2, CLI, STI, PUSHF.
 */
#ifndef ARCH_IRQFLAGS_H
#define ARCH_IRQFLAGS_H

#include <base/compiler.h>
#include <base/types.h>

#define X86_EFLAGS_IF (1UL << 9)

static __always_inline unsigned long arch_local_save_flags(void)
{
	unsigned long flags;

	__asm__ __volatile__("pushfq; popq %0" : "=r"(flags)::"memory");
	return flags;
}

static __always_inline void arch_local_irq_disable(void)
{
	__asm__ __volatile__("cli" ::: "memory");
}

static __always_inline void arch_local_irq_enable(void)
{
	__asm__ __volatile__("sti" ::: "memory");
}

static __always_inline bool arch_irqs_disabled_flags(unsigned long flags)
{
	return !(flags & X86_EFLAGS_IF);
}

static __always_inline unsigned long arch_local_irq_save(void)
{
	unsigned long flags = arch_local_save_flags();

	arch_local_irq_disable();
	return flags;
}

static __always_inline void arch_local_irq_restore(unsigned long flags)
{
	if (likely(!arch_irqs_disabled_flags(flags)))
		arch_local_irq_enable();
}

#endif /* ARCH_IRQFLAGS_H */
