/* SPDX-License-Identifier: MIT */
/*
 * console.h (arch) - the devices that show text and take keys.
 *
 * Model. Text goes to every device found: the 16550 on COM1 and one screen,
 * which is the EGA text screen or a linear framebuffer. Keys come from the
 * serial line. The screen keeps its contents in RAM, so it may be written
 * to before it is mapped and while the page tables change: nothing of it is
 * lost, it is painted when it can be.
 *
 * Locking. The caller serialises all output calls: lib/printk.c does, under
 * its console lock. On panic one CPU calls with every other CPU stopped,
 * perhaps in the middle of a call; the devices stand that (a line may be
 * shown twice or cut, no memory is corrupted).
 */
#ifndef ARCH_CONSOLE_H
#define ARCH_CONSOLE_H

#include <base/types.h>

/**
 * arch_console_early_init() - start using the serial line, if there is one.
 *
 * Needs nothing: the first thing to do, so that whatever fails is seen.
 *
 * Context: boot, one CPU, IRQs off.
 */
void arch_console_early_init(void);

/**
 * arch_console_screen_init() - find the screen and start using it.
 *
 * Expects boot_info to be filled in, and physical memory below 4 GiB to be
 * mapped at PAGE_OFFSET. Says on the log which devices were found.
 *
 * Context: boot, one CPU, IRQs off.
 */
void arch_console_screen_init(void);

/**
 * arch_console_unmap() - stop touching video memory.
 *
 * Call before page tables without the early window are loaded.
 * Context: boot, one CPU.
 */
void arch_console_unmap(void);

/**
 * arch_console_remap() - map the screen for good and paint it.
 *
 * Call once arch_map_io() works. Without a mapping the screen stays dark.
 * Context: boot, one CPU.
 */
void arch_console_remap(void);

/* Whether arch_console_early_init() is over; any context. */
bool arch_console_ready(void);

/**
 * arch_console_write() - show text on every device.
 * @s, @n: the text; LF alone also returns the carriage. CR, TAB, backspace
 *	and the escape sequences "ESC [ J K H" work on all devices.
 *
 * Context: any, NMI included. Never waits without bound for a device.
 * Locking: expects printk's console lock, or the machine in panic.
 */
void arch_console_write(const char *s, size_t n);

/**
 * arch_console_emergency() - keep to the simplest device from now on.
 * @on: false: use all devices again, for a panic that a test expected.
 *
 * For a fault inside the console code itself.
 * Context: panic.
 */
void arch_console_emergency(bool on);

/**
 * arch_console_getc() - the next key, if there is one.
 *
 * Context: any; one caller at a time.
 * Return: 0 to 255, or -1 when no key waits.
 */
int arch_console_getc(void);

#endif /* ARCH_CONSOLE_H */
