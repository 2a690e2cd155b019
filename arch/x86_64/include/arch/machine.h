/* SPDX-License-Identifier: MIT */
/*
 * machine.h (arch) - the boot steps of the machine, and leaving it.
 */
#ifndef ARCH_MACHINE_H
#define ARCH_MACHINE_H

#include <arch/acpi.h>
#include <base/compiler.h>
#include <base/types.h>

/* Fills acpi_info from the firmware's tables; problems are only printed. */
void arch_acpi_init(void);

/* The boot CPU's final GDT, TSS and exception stacks; needs an allocator. */
void arch_cpu_init_boot(void);

/* Brings the interrupt controllers into a known, masked state. */
void arch_irq_init(void);

/* A number that differs from boot to boot, or repeats with QEMU's -seed. */
u64 arch_random_seed(void);

/* The CPU's name from CPUID, and the features in use, as one line each. */
const char *arch_cpu_name(void);
const char *arch_cpu_features(void);

/**
 * arch_watchdog_start() - periodic NMIs to the boot CPU, @hz times a second.
 *
 * The PIT through the IO APIC in NMI delivery mode: arrives with interrupts
 * off, with one CPU, and without a performance counter.
 * @hz: 19 .. 1000.
 *
 * Context: boot CPU, after arch_irq_init().
 * Return: 0; -EINVAL; -ENODEV when there is no such route.
 */
int __must_check arch_watchdog_start(unsigned int hz);
void arch_watchdog_stop(void);

/* End the emulator: 0x10 passes (status 33), 0x11 fails (status 35). */
#define ARCH_EXIT_PASS 0x10
#define ARCH_EXIT_FAIL 0x11
void __noreturn arch_exit(unsigned int code);
void __noreturn arch_reboot(void);
void __noreturn arch_poweroff(void);

#endif /* ARCH_MACHINE_H */
