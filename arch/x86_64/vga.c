/* SPDX-License-Identifier: MIT */
/*
 * vga.c - the EGA text screen: 80 by 25 characters at 0xb8000.
 *
 * Model. Two bytes a cell, the character and its colours; the adapter draws
 * with the font of its ROM. What to show is decided in screen.c.
 * Locking. The console lock.
 * Limits. One page, one colour. References. IBM EGA/VGA: CRT controller,
 *	"Cursor Location".
 */
#include "io.h"
#include "screen.h"

#include <base/compiler.h>

#define VGA_BASE 0xb8000
#define VGA_COLS 80
#define VGA_ROWS 25
#define VGA_ATTR 0x0700 /* light grey on black */

#define CRTC_INDEX	 0x3d4
#define CRTC_DATA	 0x3d5
#define CRTC_CURSOR_HIGH 0x0e
#define CRTC_CURSOR_LOW	 0x0f

static void vga_draw(const struct screen_ops *ops, void *video,
		     unsigned int row, unsigned int col, const char *s,
		     unsigned int n)
{
	u16 *cell = (u16 *)video + row * ops->cols + col;

	for (unsigned int i = 0; i < n; i++)
		WRITE_ONCE(cell[i], (u16)(VGA_ATTR | (u8)s[i]));
}

static void vga_cursor(unsigned int row, unsigned int col)
{
	unsigned int at = row * VGA_COLS + col;

	outb(CRTC_INDEX, CRTC_CURSOR_HIGH);
	outb(CRTC_DATA, (u8)(at >> 8));
	outb(CRTC_INDEX, CRTC_CURSOR_LOW);
	outb(CRTC_DATA, (u8)at);
}

/* Whether a colour CRT controller is there: a register keeps a value. */
static bool crtc_answers(void)
{
	u8 old;
	bool ok;

	outb(CRTC_INDEX, CRTC_CURSOR_LOW);
	old = inb(CRTC_DATA);
	outb(CRTC_DATA, 0x55);
	ok = inb(CRTC_DATA) == 0x55;
	outb(CRTC_DATA, 0xaa);
	ok = ok && inb(CRTC_DATA) == 0xaa;
	outb(CRTC_DATA, old);
	return ok;
}

/* The caller knows that the adapter is in text mode. */
bool vga_probe(struct screen_ops *ops)
{
	if (!crtc_answers())
		return false;
	*ops = (struct screen_ops){
		.name = "EGA text",
		.cols = VGA_COLS,
		.rows = VGA_ROWS,
		.scroll = 1,
		.base = VGA_BASE,
		.size = (size_t)VGA_COLS * VGA_ROWS * 2,
		.draw = vga_draw,
		.cursor = vga_cursor,
	};
	return true;
}
