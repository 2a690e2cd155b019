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

/* The biggest text screen kept in RAM. */
#define SCREEN_MAX_COLS 160
#define SCREEN_MAX_ROWS 64

/*
 * What draws characters. All calls come under the console lock.
 * Lock key: (i) immutable after the probe.
 */
struct screen_ops {
	const char *name;    /* (i) */
	unsigned int cols;   /* (i) 1 to SCREEN_MAX_COLS */
	unsigned int rows;   /* (i) 2 to SCREEN_MAX_ROWS */
	unsigned int scroll; /* (i) lines to move up when full, < rows */
	phys_addr_t base;    /* (i) video memory */
	size_t size;	     /* (i) bytes of it */
	/* Draw @n characters of one row; inside the screen. */
	void (*draw)(const struct screen_ops *ops, void *video,
		     unsigned int row, unsigned int col, const char *s,
		     unsigned int n);
	/* Show the cursor there; NULL: there is none. */
	void (*cursor)(unsigned int row, unsigned int col);
	/* Framebuffer only. */
	u32 pitch;	/* (i) bytes from one line to the next */
	u32 pixel;	/* (i) bytes of a pixel */
	u32 ink, paper; /* (i) colours in its own layout */
};

enum screen_escape {
	ESC_NONE,
	ESC_SEEN,
	ESC_CSI
};

/* Lock key: all fields: the console lock. Told in screen.c. */
struct screen {
	struct screen_ops ops;
	void *video; /* or NULL: not to be touched */
	unsigned int row, col;
	unsigned int dirty_first, dirty_last; /* rows; first > last: none */
	enum screen_escape esc;
	char cells[SCREEN_MAX_ROWS][SCREEN_MAX_COLS];
	char shown[SCREEN_MAX_ROWS][SCREEN_MAX_COLS];
};

/* Starts with an empty screen that is not mapped yet; @ops is copied. */
void screen_init(struct screen *s, const struct screen_ops *ops);

/*
 * Video memory is here now; NULL: it must not be touched. What the memory
 * holds is unknown, so all of it is drawn.
 */
void screen_map(struct screen *s, void *video);
void screen_write(struct screen *s, const char *text, size_t n);

/* Each fills in @ops when there is such a screen. */
bool vga_probe(struct screen_ops *ops);
bool fbcon_probe(struct screen_ops *ops, const struct boot_framebuffer *f);

/* Glyphs of 8x16 pixels for ASCII 32 to 126, bit 7 leftmost; see font.c. */
#define FONT_WIDTH  8
#define FONT_HEIGHT 16
#define FONT_FIRST  32
#define FONT_LAST   126
extern const u8 font_glyphs[FONT_LAST - FONT_FIRST + 1][FONT_HEIGHT];

#endif /* X86_SCREEN_H */
