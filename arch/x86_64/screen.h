/* SPDX-License-Identifier: MIT */
/*
 * screen.h - console devices, inside arch/x86_64 only.
 */
#ifndef X86_SCREEN_H
#define X86_SCREEN_H

#include <arch/boot.h>
#include <base/types.h>

/* The 16550 on COM1; see serial.c. */
bool serial_init(void);
void serial_write(const char *s, size_t n);
int serial_getc(void);

/* The larger of them is the biggest text screen kept in RAM. */
#define SCREEN_MAX_COLS 160
#define SCREEN_MAX_ROWS 64

/*
 * What draws characters. All calls come under the console lock.
 * Lock key: (i) immutable after init.
 */
struct screen_ops {
	const char *name;    /* (i) */
	unsigned int cols;   /* (i) 1 to SCREEN_MAX_COLS */
	unsigned int rows;   /* (i) 2 to SCREEN_MAX_ROWS */
	unsigned int scroll; /* (i) lines to move up when full, < rows */
	phys_addr_t base;    /* (i) video memory */
	size_t size;	     /* (i) bytes of it */
	/* Draw @n characters of one row; inside the screen. */
	void (*draw)(void *base, unsigned int row, unsigned int col,
		     const char *s, unsigned int n);
	/* Show the cursor there; NULL: there is none. */
	void (*cursor)(unsigned int row, unsigned int col);
};

void screen_init(const struct screen_ops *ops);
void screen_map(void *base); /* NULL: not to be touched */
void screen_write(const char *s, size_t n);

bool vga_probe(struct screen_ops *ops);
bool fbcon_probe(struct screen_ops *ops, const struct boot_framebuffer *fb);

/* Glyphs of 8x16 pixels for ASCII 32 to 126, bit 7 leftmost; see font.c. */
#define FONT_WIDTH  8
#define FONT_HEIGHT 16
#define FONT_FIRST  32
#define FONT_LAST   126
extern const u8 font_glyphs[FONT_LAST - FONT_FIRST + 1][FONT_HEIGHT];

#endif /* X86_SCREEN_H */
