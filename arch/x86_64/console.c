/* SPDX-License-Identifier: MIT */
/*
 * console.c - which devices are the console.
 *
 * Model. The serial line, if there is a UART, and one screen: the
 * framebuffer if the loader described one, else the EGA text screen, unless
 * UEFI firmware started us (it leaves the adapter in a graphics mode). Every
 * text goes to both.
 *
 * The screen's video memory moves: at first it is seen through the early
 * window (all of the first 4 GiB at PAGE_OFFSET), then not at all, then at
 * the address arch_map_io() gives. See arch_console_unmap().
 *
 * Locking. printk's console lock for output.
 * Contexts. Any.
 */
#include "screen.h"

#include <arch/console.h>
#include <arch/page.h>
#include <arch/pgtable.h>
#include <lib/printk.h>

#define EARLY_WINDOW (1ULL << 32)

static bool have_serial;     /* immutable after early init */
static struct screen screen; /* console lock */
static bool screen_on;	     /* console lock */
static bool serial_only;     /* console lock; set in a panic */
static bool ready;	     /* set once, by the boot CPU */

static bool screen_probe(struct screen_ops *ops)
{
	if (fbcon_probe(ops, &boot_info.fb))
		return true;
	return boot_info.fb.type != BOOT_FB_RGB && !boot_info.efi &&
	       vga_probe(ops);
}

static void report(void)
{
	if (have_serial)
		pr_info("console: serial line COM1, 115200 8N1\n");
	if (screen_on)
		pr_info("console: %s, %u x %u characters, at 0x%llx\n",
			screen.ops.name, screen.ops.cols, screen.ops.rows,
			screen.ops.base);
	else if (boot_info.fb.type == BOOT_FB_RGB)
		pr_warn("console: unusable framebuffer %ux%ux%u, pitch %u\n",
			boot_info.fb.width, boot_info.fb.height,
			boot_info.fb.bpp, boot_info.fb.pitch);
}

void arch_console_early_init(void)
{
	have_serial = serial_init();
	ready = true;
}

void arch_console_screen_init(void)
{
	struct screen_ops ops;

	if (screen_probe(&ops)) {
		screen_init(&screen, &ops);
		screen_on = true;
		if (ops.base + ops.size <= EARLY_WINDOW)
			screen_map(&screen, __va(ops.base));
	}
	report();
}

void arch_console_unmap(void)
{
	if (screen_on)
		screen_map(&screen, NULL);
}

void arch_console_remap(void)
{
	void *base;

	if (!screen_on)
		return;
	base = (void *)arch_map_io(screen.ops.base, screen.ops.size);
	if (base)
		screen_map(&screen, base);
	else
		pr_warn("console: no mapping for the %s\n", screen.ops.name);
}

bool arch_console_ready(void)
{
	return ready;
}

void arch_console_write(const char *s, size_t n)
{
	if (have_serial)
		serial_write(s, n);
	if (screen_on && !serial_only)
		screen_write(&screen, s, n);
}

void arch_console_emergency(bool on)
{
	serial_only = on && have_serial;
}

int arch_console_getc(void)
{
	return serial_getc();
}
