/* SPDX-License-Identifier: MIT */
/*
 * fbcon.c - characters on a linear framebuffer.
 *
 * Model. A boot loader on UEFI leaves a picture of width x height pixels,
 * each line "pitch" bytes after the one before. A glyph is 8x16 pixels; the
 * text screen is as many whole glyphs as fit. The border that is left over
 * stays as it is. What to draw is decided in screen.c; a pixel is only ever
 * written.
 *
 * Invariants.
 *   I1  Every pixel written lies inside [base, base + size): the geometry is
 *       checked once, in 64 bits, in fbcon_probe(); screen.c keeps row and
 *       column inside cols x rows.
 * Locking. The console lock.
 * Limits. Direct colour of 15, 16, 24 or 32 bits a pixel; no palettes.
 */
#include "screen.h"

#include <base/bits.h>
#include <base/compiler.h>

/* The colour made of 8-bit parts, in the framebuffer's own layout. */
static u32 fb_colour(const struct boot_framebuffer *f, u32 r, u32 g, u32 b)
{
	return r >> (8 - f->red_bits) << f->red_shift |
	       g >> (8 - f->green_bits) << f->green_shift |
	       b >> (8 - f->blue_bits) << f->blue_shift;
}

static void put_pixel(u8 *at, u32 bytes, u32 colour)
{
	if (bytes == 2) {
		WRITE_ONCE(*(u16 *)at, (u16)colour);
		return;
	}
	WRITE_ONCE(at[0], (u8)colour);
	WRITE_ONCE(at[1], (u8)(colour >> 8));
	WRITE_ONCE(at[2], (u8)(colour >> 16));
}

/* One line of a glyph: eight pixels. */
static void draw_bits(const struct screen_ops *ops, u8 *at, u8 bits)
{
	for (unsigned int bit = 0x80; bit; bit >>= 1) {
		put_pixel(at, ops->pixel, bits & bit ? ops->ink : ops->paper);
		at += ops->pixel;
	}
}

/* The same for 32 bits a pixel, which is what one meets. */
static void draw_bits32(const struct screen_ops *ops, u32 *at, u8 bits)
{
	u32 flip = ops->ink ^ ops->paper;

	for (unsigned int i = 0; i < FONT_WIDTH; i++)
		WRITE_ONCE(at[i],
			   ops->paper ^ (flip & -(u32)(bits >> (7 - i) & 1)));
}

static void draw_glyph(const struct screen_ops *ops, u8 *at, u8 c)
{
	const u8 *glyph = font_glyphs[c - FONT_FIRST];

	for (unsigned int y = 0; y < FONT_HEIGHT; y++, at += ops->pitch) {
		if (ops->pixel == 4)
			draw_bits32(ops, (u32 *)at, glyph[y]);
		else
			draw_bits(ops, at, glyph[y]);
	}
}

static void fbcon_draw(const struct screen_ops *ops, void *video,
		       unsigned int row, unsigned int col, const char *s,
		       unsigned int n)
{
	u8 *at = (u8 *)video + (u64)row * FONT_HEIGHT * ops->pitch +
		 (u64)col * FONT_WIDTH * ops->pixel;

	for (unsigned int i = 0; i < n; i++)
		draw_glyph(ops, at + (u64)i * FONT_WIDTH * ops->pixel,
			   (u8)s[i]);
}

static bool channel_ok(u8 shift, u8 bits, u8 bpp)
{
	return bits >= 1 && bits <= 8 && shift + bits <= bpp;
}

/* I1: does what the loader says about itself make sense? */
static bool geometry_ok(const struct boot_framebuffer *f)
{
	u64 bytes = DIV_ROUND_UP(f->bpp, 8);
	u64 size = (u64)f->pitch * f->height;

	if (f->type != BOOT_FB_RGB || !f->base)
		return false;
	if (f->bpp != 15 && f->bpp != 16 && f->bpp != 24 && f->bpp != 32)
		return false;
	if (!channel_ok(f->red_shift, f->red_bits, f->bpp) ||
	    !channel_ok(f->green_shift, f->green_bits, f->bpp) ||
	    !channel_ok(f->blue_shift, f->blue_bits, f->bpp))
		return false;
	if (f->width < FONT_WIDTH || f->height < 2 * FONT_HEIGHT)
		return false;
	if (f->width * bytes > f->pitch)
		return false;
	return f->base < BOOT_PHYS_LIMIT && size <= BOOT_PHYS_LIMIT - f->base;
}

bool fbcon_probe(struct screen_ops *ops, const struct boot_framebuffer *f)
{
	unsigned int rows;

	if (!geometry_ok(f))
		return false;
	rows = min_t(unsigned int, f->height / FONT_HEIGHT, SCREEN_MAX_ROWS);
	*ops = (struct screen_ops){
		.name = "framebuffer",
		.cols = min_t(unsigned int, f->width / FONT_WIDTH,
			      SCREEN_MAX_COLS),
		.rows = rows,
		/* Redrawing everything is dear: do it for several lines. */
		.scroll = max(rows / 4, 1U),
		.base = f->base,
		.size = (size_t)f->pitch * f->height,
		.draw = fbcon_draw,
		.pitch = f->pitch,
		.pixel = DIV_ROUND_UP(f->bpp, 8),
		.ink = fb_colour(f, 0xc8, 0xd0, 0xc8),
		.paper = fb_colour(f, 0x10, 0x14, 0x1c),
	};
	return true;
}
