/* SPDX-License-Identifier: MIT */
/*
 * machine.h (arch) - the boot steps of the machine, and leaving it.
 */
#ifndef ARCH_MACHINE_H
#define ARCH_MACHINE_H

#include <arch/acpi.h>
#include <base/compiler.h>
#include <base/types.h>

/**
 * arch_acpi_init() - fill acpi_info from the firmware's tables.
 *
 * Problems are only printed; what is not known stays 0.
 * Context: boot CPU, after paging_init(), before other CPUs run.
 */
void arch_acpi_init(void);

/**
 * arch_cpu_init_boot() - the boot CPU's final GDT, TSS and exception stacks.
 *
 * Context: boot CPU, interrupts off, once memory can be allocated. Panics
 * if there is none.
 */
void arch_cpu_init_boot(void);

/**
 * arch_irq_init() - bring the interrupt controllers into a known state.
 *
 * All lines are masked afterwards, the local APIC accepts what it is sent.
 * Context: boot CPU, interrupts off, after arch_acpi_init().
 */
void arch_irq_init(void);

/**
 * arch_random_seed() - a number that differs from boot to boot.
 *
 * Context: any.
 * Return: all 64 bits; it repeats where QEMU's -seed makes everything repeat.
 */
u64 arch_random_seed(void);

/**
 * arch_cpu_name() - the CPU's name from CPUID.
 * arch_cpu_features() - the features in use.
 *
 * Context: any, after the boot CPU has been looked at.
 * Return: one line without its end; valid until the next call.
 */
const char *arch_cpu_name(void);
const char *arch_cpu_features(void);

/**
 * arch_watchdog_start() - periodic NMIs to the boot CPU.
 * arch_watchdog_stop() - no more.
 * @hz: how many a second, 19 .. 1000.
 *
 * The PIT through the IO APIC in NMI delivery mode: arrives with interrupts
 * off, with one CPU, and without a performance counter.
 * Context: boot CPU, after arch_irq_init().
 * Return: 0; -EINVAL; -ENODEV when there is no such route.
 */
int __must_check arch_watchdog_start(unsigned int hz);
void arch_watchdog_stop(void);

#define ARCH_EXIT_PASS 0x10
#define ARCH_EXIT_FAIL 0x11

/**
 * arch_exit() - end the emulator; a machine without its exit port halts.
 * @code: ARCH_EXIT_PASS (QEMU's status is 33) or ARCH_EXIT_FAIL (35).
 *
 * Context: any.
 */
void __noreturn arch_exit(unsigned int code);

/**
 * arch_reboot() - reset the machine.
 * arch_poweroff() - switch it off; it halts where that is not possible.
 *
 * Context: any; nothing is saved.
 */
void __noreturn arch_reboot(void);
void __noreturn arch_poweroff(void);

#endif /* ARCH_MACHINE_H */
