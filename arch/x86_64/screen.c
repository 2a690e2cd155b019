/* SPDX-License-Identifier: MIT */
/*
 * screen.c - a small terminal in RAM, painted onto whatever can draw.
 *
 * Purpose. Turn a stream of characters into a grid of cells once, for the
 * text screen and the framebuffer alike, and touch slow video memory as
 * little as possible.
 *
 * Model. Two grids: cells[] is what should be seen, shown[] what has been
 * drawn. A write changes cells[] only and notes the rows it touched; at its
 * end the cells that differ are drawn, in runs. Video memory is never read.
 * Scrolling moves cells[] and costs drawing only where text really differs.
 * Without a mapping nothing is drawn and cells[] goes on; screen_map()
 * paints everything.
 *
 *	write -> [ESC state] -> cells[row][col] -> compare -> shown[], draw()
 *
 * Invariants.
 *   I1  row < rows and col <= cols; col == cols means that the line is full
 *       and the next character starts a new one.
 *   I2  Cells hold printable characters only.
 * Locking. printk's console lock. In a panic the other CPUs stand still,
 *       maybe in here; I1 is established anew by each write.
 * Contexts. Any.
 * Limits. One colour; of the ANSI sequences only ESC[J, ESC[K, ESC[H without
 *       arguments or with any, which are ignored.
 */
#include "screen.h"

#include <base/bits.h>
#include <lib/string.h>

#define TAB_WIDTH 8

enum esc_state {
	ESC_NONE,
	ESC_SEEN,
	ESC_CSI
};

/* Lock key: all fields but the (i) ones of ops: the console lock. */
static struct {
	struct screen_ops ops; /* (i) */
	void *base;	       /* video memory, or NULL */
	unsigned int row, col;
	unsigned int dirty_first, dirty_last; /* rows; first > last: none */
	enum esc_state esc;
	char cells[SCREEN_MAX_ROWS][SCREEN_MAX_COLS];
	char shown[SCREEN_MAX_ROWS][SCREEN_MAX_COLS];
} scr;

static void touch(unsigned int first, unsigned int last)
{
	scr.dirty_first = min(scr.dirty_first, first);
	scr.dirty_last = max(scr.dirty_last, last);
}

static void untouch_all(void)
{
	scr.dirty_first = SCREEN_MAX_ROWS;
	scr.dirty_last = 0;
}

static void scroll_up(void)
{
	unsigned int by = scr.ops.scroll;

	memmove(scr.cells[0], scr.cells[by],
		(scr.ops.rows - by) * sizeof(scr.cells[0]));
	memset(scr.cells[scr.ops.rows - by], ' ', by * sizeof(scr.cells[0]));
	scr.row = scr.ops.rows - by;
	touch(0, scr.ops.rows - 1);
}

static void line_feed(void)
{
	scr.col = 0;
	if (++scr.row == scr.ops.rows)
		scroll_up();
}

static void put_printable(char c)
{
	if (scr.col == scr.ops.cols) /* I1 */
		line_feed();
	scr.cells[scr.row][scr.col++] = c;
	touch(scr.row, scr.row);
}

static void erase_line(void)
{
	memset(scr.cells[scr.row] + scr.col, ' ', scr.ops.cols - scr.col);
	touch(scr.row, scr.row);
}

static void erase_all(void)
{
	memset(scr.cells, ' ', sizeof(scr.cells));
	touch(0, scr.ops.rows - 1);
}

/* One character of an escape sequence; arguments are read over. */
static void put_escape(char c)
{
	if (scr.esc == ESC_SEEN) {
		scr.esc = c == '[' ? ESC_CSI : ESC_NONE;
		return;
	}
	if (c < '@')
		return;
	scr.esc = ESC_NONE;
	if (c == 'J')
		erase_all();
	else if (c == 'K')
		erase_line();
	else if (c == 'H')
		scr.row = scr.col = 0;
}

static void put_char(char c)
{
	if (scr.esc != ESC_NONE) {
		put_escape(c);
		return;
	}
	switch (c) {
	case '\n':
		line_feed();
		break;
	case '\r':
		scr.col = 0;
		break;
	case '\b':
		if (scr.col)
			scr.col--;
		break;
	case '\t':
		do
			put_printable(' ');
		while (scr.col % TAB_WIDTH && scr.col < scr.ops.cols);
		break;
	case '\033':
		scr.esc = ESC_SEEN;
		break;
	default:
		if ((u8)c >= FONT_FIRST) /* bells and the like show nothing */
			put_printable((u8)c <= FONT_LAST ? c : '?');
	}
}

/* Draws what differs in a row, run by run. */
static void paint_row(unsigned int row)
{
	const char *want = scr.cells[row];
	char *have = scr.shown[row];
	unsigned int col = 0, end;

	while (col < scr.ops.cols) {
		if (want[col] == have[col]) {
			col++;
			continue;
		}
		end = col;
		while (end < scr.ops.cols && want[end] != have[end]) {
			have[end] = want[end];
			end++;
		}
		scr.ops.draw(scr.base, row, col, want + col, end - col);
		col = end;
	}
}

static void paint(void)
{
	if (!scr.base)
		return; /* the rows stay noted */
	for (unsigned int row = scr.dirty_first;
	     row <= scr.dirty_last && row < scr.ops.rows; row++)
		paint_row(row);
	untouch_all();
	if (scr.ops.cursor)
		scr.ops.cursor(scr.row, min(scr.col, scr.ops.cols - 1));
}

/**
 * screen_init() - start with an empty screen that is not mapped yet.
 * @ops: who draws; copied.
 */
void screen_init(const struct screen_ops *ops)
{
	scr.ops = *ops;
	memset(scr.cells, ' ', sizeof(scr.cells));
	untouch_all();
}

/**
 * screen_map() - video memory is here now; NULL: it must not be touched.
 *
 * What the memory holds is unknown, so all of it is drawn.
 */
void screen_map(void *base)
{
	scr.base = base;
	memset(scr.shown, 0, sizeof(scr.shown)); /* I2: equals no cell */
	touch(0, scr.ops.rows - 1);
	paint();
}

void screen_write(const char *s, size_t n)
{
	if (!scr.ops.draw)
		return;
	/* I1, in case the last writer was stopped half way. */
	scr.row = min(scr.row, scr.ops.rows - 1);
	scr.col = min(scr.col, scr.ops.cols);
	for (size_t i = 0; i < n; i++)
		put_char(s[i]);
	paint();
}
