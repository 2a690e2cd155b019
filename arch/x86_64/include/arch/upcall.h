/* SPDX-License-Identifier: MIT */
/*
 * upcall.h (arch) - the few functions that the arch code calls upward.
 *
 * Declared at the bottom, defined on the floor named with each. Apart from
 * linker-section registries and pointers in objects, nothing else may call
 * from a lower floor into a higher one.
 */
#ifndef ARCH_UPCALL_H
#define ARCH_UPCALL_H

#include <arch/ptrace.h>
#include <base/compiler.h>
#include <base/types.h>

/**
 * start_kernel() - C entry of the kernel proper (kernel/main.c).
 *
 * Context: boot CPU, interrupts off, on init_stack. boot_info is filled and
 * the console works; nothing is allocated yet.
 */
void __noreturn start_kernel(void);

/**
 * secondary_start() - the same for every further CPU (kernel/smp.c).
 * @cpu: its number.
 *
 * Context: that CPU, interrupts off, on its idle stack, with its own GDT,
 * TSS, per-CPU area and local APIC set up.
 */
void __noreturn secondary_start(unsigned int cpu);

/**
 * irq_dispatch() - an interrupt with vector >= 32 arrived (irq/dispatch.c).
 * @regs: the interrupted context.
 * @vector: 32..255.
 *
 * Context: hardirq entry, interrupts off; the callee counts itself in.
 */
void irq_dispatch(struct pt_regs *regs, unsigned int vector);

/**
 * nmi_dispatch() - a non-maskable interrupt that is not a stop request
 * (kernel/watchdog.c).
 *
 * Context: NMI, on the NMI stack. May print, may not take ordinary locks.
 */
void nmi_dispatch(struct pt_regs *regs);

/**
 * pt_page_alloc() - a zeroed page for a page table (mm/).
 *
 * Context: boot or any that may allocate.
 * Return: its physical address, or 0 when memory is exhausted.
 */
phys_addr_t pt_page_alloc(void);

/* The same from below an address: for code that runs in 16 or 32 bits. */
phys_addr_t pt_page_alloc_below(phys_addr_t limit);

/**
 * pt_page_free() - give such a page back (mm/).
 *
 * Context: as pt_page_alloc().
 */
void pt_page_free(phys_addr_t page);

#endif /* ARCH_UPCALL_H */
