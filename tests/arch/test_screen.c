/* SPDX-License-Identifier: MIT */
/*
 * test_screen.c - the terminal in RAM, and glyphs on a framebuffer.
 *
 * Model. A screen of its own beside the live one: six rows of ten columns
 * drawn into an array, which counts what is drawn. The framebuffer is an
 * array with guard bytes on both sides.
 */
#include "arch/x86_64/screen.h"

#include <lib/fmt.h>
#include <lib/selftest.h>
#include <lib/string.h>

#define COLS 10U
#define ROWS 6U

static struct screen scr;
static char seen[ROWS][COLS];
static unsigned int drawn, cursor_row, cursor_col;

static void test_draw(const struct screen_ops *ops, void *video,
		      unsigned int row, unsigned int col, const char *s,
		      unsigned int n)
{
	EXPECT_PTR_EQ(video, seen);
	EXPECT_LT(row, ops->rows);
	EXPECT_LE(col + n, ops->cols);
	memcpy(&seen[row][col], s, n);
	drawn += n;
}

static void test_cursor(unsigned int row, unsigned int col)
{
	cursor_row = row;
	cursor_col = col;
}

static void begin(unsigned int scroll)
{
	const struct screen_ops ops = {.cols = COLS,
				       .rows = ROWS,
				       .scroll = scroll,
				       .draw = test_draw,
				       .cursor = test_cursor};

	memset(seen, '#', sizeof(seen));
	screen_init(&scr, &ops);
	screen_map(&scr, seen);
	drawn = 0;
}

static void show(const char *s)
{
	screen_write(&scr, s, strlen(s));
}

/* A row of what is seen, without the blanks at its end. */
static const char *row(unsigned int r)
{
	static char text[COLS + 1];
	unsigned int n = COLS;

	memcpy(text, seen[r], COLS);
	while (n && text[n - 1] == ' ')
		n--;
	text[n] = '\0';
	return text;
}

SELFTEST(arch, screen, plain_text, "", unit)
{
	begin(1);
	EXPECT_STREQ(row(ROWS - 1), "");
	show("one\ntwo");
	EXPECT_STREQ(row(0), "one");
	EXPECT_STREQ(row(1), "two");
	EXPECT_EQ(cursor_row, 1U);
	EXPECT_EQ(cursor_col, 3U);
	EXPECT_EQ(drawn, 6U);
	show("\n"); /* nothing to see, nothing drawn */
	EXPECT_EQ(drawn, 6U);
}

/* A full line waits: a newline after ten characters is not two. */
SELFTEST(arch, screen, wrap, "", unit)
{
	begin(1);
	show("0123456789");
	EXPECT_EQ(cursor_row, 0U);
	EXPECT_EQ(cursor_col, COLS - 1);
	show("\nabc");
	EXPECT_STREQ(row(1), "abc");
	show("\n0123456789X");
	EXPECT_STREQ(row(2), "0123456789");
	EXPECT_STREQ(row(3), "X");
}

SELFTEST(arch, screen, control_characters, "", unit)
{
	begin(1);
	show("abc\rX\n12\b3\nA\tB\nq\b\b\b\bz\n\a\001\177\303k");
	EXPECT_STREQ(row(0), "Xbc");
	EXPECT_STREQ(row(1), "13");
	EXPECT_STREQ(row(2), "A       B");
	EXPECT_STREQ(row(3), "z");
	EXPECT_STREQ(row(4), "??k");
}

SELFTEST(arch, screen, tab_at_the_edge, "", unit)
{
	begin(1);
	show("123456789\tX");
	EXPECT_STREQ(row(0), "123456789");
	EXPECT_STREQ(row(1), "X");
}

SELFTEST(arch, screen, scroll_one, "", unit)
{
	begin(1);
	show("1\n2\n3\n4\n5\n6");
	EXPECT_STREQ(row(0), "1");
	show("\n");
	EXPECT_STREQ(row(0), "2");
	EXPECT_STREQ(row(4), "6");
	EXPECT_STREQ(row(5), "");
	show("7\n8");
	EXPECT_STREQ(row(0), "3");
	EXPECT_STREQ(row(5), "8");
}

SELFTEST(arch, screen, scroll_many, "", unit)
{
	begin(3);
	show("1\n2\n3\n4\n5\n6\n");
	EXPECT_STREQ(row(0), "4");
	EXPECT_STREQ(row(2), "6");
	EXPECT_STREQ(row(3), "");
	EXPECT_EQ(cursor_row, 3U);
	show("7\n8\n9");
	EXPECT_STREQ(row(0), "4");
	EXPECT_STREQ(row(5), "9");
}

/* Scrolling draws what differs, not everything. */
SELFTEST(arch, screen, scroll_draws_little, "", unit)
{
	begin(1);
	show("same 1\nsame 2\nsame 3\nsame 4\nsame 5\nsame 6");
	drawn = 0;
	show("\n");
	EXPECT_EQ(drawn, 5U + 5); /* five digits, and the last row goes */
}

SELFTEST(arch, screen, escapes, "", unit)
{
	begin(1);
	show("abcdef\nxyz\033[H123\033[K");
	EXPECT_STREQ(row(0), "123");
	EXPECT_STREQ(row(1), "xyz");
	show("\033[");
	show("J");
	EXPECT_STREQ(row(0), "");
	EXPECT_STREQ(row(1), "");
	show("\033[1;31mred\033[0m\033x!");
	EXPECT_STREQ(row(0), "   red!");
}

/* Written to while unmapped: nothing is touched, nothing is lost. */
SELFTEST(arch, screen, unmapped, "", unit)
{
	begin(1);
	show("one\n");
	screen_map(&scr, NULL);
	memset(seen, '#', sizeof(seen));
	drawn = 0;
	show("two\nthree");
	EXPECT_EQ(drawn, 0U);
	screen_map(&scr, seen);
	EXPECT_EQ(drawn, ROWS * COLS);
	EXPECT_STREQ(row(0), "one");
	EXPECT_STREQ(row(2), "three");
	EXPECT_STREQ(row(3), "");
}

/* A writer stopped half way left row and column anywhere. */
SELFTEST(arch, screen, stopped_writer, "", unit)
{
	begin(1);
	scr.row = ROWS;
	scr.col = COLS + 7;
	show("x");
	EXPECT_LT(scr.row, ROWS);
	EXPECT_LE(scr.col, COLS);
	EXPECT_STREQ(row(ROWS - 1), "x");
}

/* ---- framebuffer -------------------------------------------------------- */

#define FB_WIDTH  (3 * FONT_WIDTH + 5)
#define FB_HEIGHT (2 * FONT_HEIGHT + 3)
#define FB_PITCH  (FB_WIDTH * 4 + 12)
#define GUARD	  64

static u8 fb_bytes[GUARD + FB_PITCH * FB_HEIGHT + GUARD];

static struct boot_framebuffer fb_of(u8 bpp)
{
	bool wide = bpp > 16;

	return (struct boot_framebuffer){
		.type = BOOT_FB_RGB,
		.base = 0xfd000000,
		.pitch = FB_PITCH,
		.width = FB_WIDTH,
		.height = FB_HEIGHT,
		.bpp = bpp,
		.red_shift = wide ? 16 : bpp - 5,
		.red_bits = wide ? 8 : 5,
		.green_shift = wide ? 8 : 5,
		.green_bits = wide ? 8 : bpp - 10,
		.blue_shift = 0,
		.blue_bits = wide ? 8 : 5,
	};
}

static u32 pixel_at(unsigned int bytes, unsigned int x, unsigned int y)
{
	const u8 *at = fb_bytes + GUARD + y * FB_PITCH + x * bytes;
	u32 v = 0;

	memcpy(&v, at, bytes);
	return v;
}

/* Every pixel of two rows of text is a bit of the font; none is outside. */
static void check_drawing(u8 bpp, const struct screen_ops *ops)
{
	const char *text = "A@~i \"";
	unsigned int wrong = 0, outside = 0;

	for (unsigned int y = 0; y < 2 * FONT_HEIGHT; y++) {
		for (unsigned int x = 0; x < 3 * FONT_WIDTH; x++) {
			u8 c = (u8)text[y / FONT_HEIGHT * 3 + x / FONT_WIDTH];
			u8 bits = font_glyphs[c - FONT_FIRST][y % FONT_HEIGHT];
			u32 want = bits & (0x80 >> x % FONT_WIDTH) ? ops->ink
								   : ops->paper;

			wrong += pixel_at(ops->pixel, x, y) != want;
		}
	}
	EXPECT_EQ(wrong, 0U);
	for (unsigned int i = 0; i < sizeof(fb_bytes); i++) {
		unsigned int at = i - GUARD;
		bool inside = i >= GUARD && at / FB_PITCH < 2 * FONT_HEIGHT &&
			      at % FB_PITCH < 3U * FONT_WIDTH * ops->pixel;

		outside += !inside && fb_bytes[i] != 0xcc;
	}
	EXPECT_EQ(outside, 0U);
	EXPECT_EQ(ops->pixel, (bpp + 7U) / 8);
}

SELFTEST(arch, fbcon, draw, "", unit)
{
	static const u8 depths[] = {15, 16, 24, 32};

	for (unsigned int i = 0; i < ARRAY_SIZE(depths); i++) {
		struct boot_framebuffer f = fb_of(depths[i]);
		struct screen_ops ops;

		memset(fb_bytes, 0xcc, sizeof(fb_bytes));
		REQUIRE_TRUE(fbcon_probe(&ops, &f));
		EXPECT_EQ(ops.cols, 3U);
		EXPECT_EQ(ops.rows, 2U);
		EXPECT_EQ(ops.scroll, 1U);
		EXPECT_EQ(ops.size, (size_t)FB_PITCH * FB_HEIGHT);
		ops.draw(&ops, fb_bytes + GUARD, 0, 0, "A@~", 3);
		ops.draw(&ops, fb_bytes + GUARD, 1, 0, "i \"", 3);
		check_drawing(depths[i], &ops);
	}
}

SELFTEST(arch, fbcon, colours, "", unit)
{
	struct boot_framebuffer f = fb_of(32);
	struct screen_ops ops;

	REQUIRE_TRUE(fbcon_probe(&ops, &f));
	EXPECT_EQ(ops.ink, 0xc8d0c8U);
	f = fb_of(16);
	REQUIRE_TRUE(fbcon_probe(&ops, &f));
	EXPECT_EQ(ops.ink, 0x19U << 11 | 0x34U << 5 | 0x19U);
}

/* A huge screen is used as far as the RAM copy goes. */
SELFTEST(arch, fbcon, clipped, "", unit)
{
	struct boot_framebuffer f = fb_of(32);
	struct screen_ops ops;

	f.width = 7680;
	f.height = 4320;
	f.pitch = 7680 * 4;
	REQUIRE_TRUE(fbcon_probe(&ops, &f));
	EXPECT_EQ(ops.cols, (unsigned int)SCREEN_MAX_COLS);
	EXPECT_EQ(ops.rows, (unsigned int)SCREEN_MAX_ROWS);
	EXPECT_EQ(ops.scroll, SCREEN_MAX_ROWS / 4U);
}

SELFTEST(arch, fbcon, bad_geometry, "", unit)
{
	struct screen_ops ops;
	struct boot_framebuffer f;

#define EXPECT_REFUSED(field, value)                 \
	do {                                         \
		f = fb_of(32);                       \
		f.field = (value);                   \
		EXPECT_FALSE(fbcon_probe(&ops, &f)); \
	} while (0)
	EXPECT_REFUSED(type, BOOT_FB_NONE);
	EXPECT_REFUSED(type, BOOT_FB_TEXT);
	EXPECT_REFUSED(base, 0);
	EXPECT_REFUSED(bpp, 0);
	EXPECT_REFUSED(bpp, 8);
	EXPECT_REFUSED(bpp, 64);
	EXPECT_REFUSED(pitch, FB_WIDTH * 4 - 1);
	EXPECT_REFUSED(pitch, 0);
	EXPECT_REFUSED(width, 7);
	EXPECT_REFUSED(width, 0x40000000); /* times 4 is 0 in 32 bits */
	EXPECT_REFUSED(height, 31);
	EXPECT_REFUSED(red_bits, 0);
	EXPECT_REFUSED(red_bits, 9);
	EXPECT_REFUSED(green_shift, 25);
	EXPECT_REFUSED(blue_shift, 255);
	EXPECT_REFUSED(base, BOOT_PHYS_LIMIT);
	EXPECT_REFUSED(base, BOOT_PHYS_LIMIT - FB_PITCH * FB_HEIGHT + 1);
	EXPECT_REFUSED(base, ~0ULL);
	f = fb_of(32);
	f.base = BOOT_PHYS_LIMIT - FB_PITCH * FB_HEIGHT;
	EXPECT_TRUE(fbcon_probe(&ops, &f));
	/* pitch times height needs more than 32 bits */
	f.pitch = 0x80000000;
	f.height = 0x80000000;
	f.base = BOOT_PHYS_LIMIT - (1ULL << 40);
	EXPECT_FALSE(fbcon_probe(&ops, &f));
}

/* Every printable character has a picture of its own. */
SELFTEST(arch, font, distinct, "", unit)
{
	unsigned int same = 0, in_gap = 0;

	for (unsigned int a = 0; a < ARRAY_SIZE(font_glyphs); a++) {
		for (unsigned int b = 0; b < a; b++)
			same += memcmp(font_glyphs[a], font_glyphs[b],
				       FONT_HEIGHT) == 0;
		for (unsigned int y = 0; y < FONT_HEIGHT; y++)
			in_gap += font_glyphs[a][y] & 1;
	}
	EXPECT_EQ(same, 0U);
	EXPECT_EQ(in_gap, 0U);
	EXPECT_EQ(font_glyphs['-' - FONT_FIRST][8], 0x7c);
}
