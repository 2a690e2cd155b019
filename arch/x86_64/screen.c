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

static void touch(struct screen *s, unsigned int first, unsigned int last)
{
	s->dirty_first = min(s->dirty_first, first);
	s->dirty_last = max(s->dirty_last, last);
}

static void untouch_all(struct screen *s)
{
	s->dirty_first = SCREEN_MAX_ROWS;
	s->dirty_last = 0;
}

static void scroll_up(struct screen *s)
{
	unsigned int by = s->ops.scroll;

	memmove(s->cells[0], s->cells[by],
		(s->ops.rows - by) * sizeof(s->cells[0]));
	memset(s->cells[s->ops.rows - by], ' ', by * sizeof(s->cells[0]));
	s->row = s->ops.rows - by;
	touch(s, 0, s->ops.rows - 1);
}

static void line_feed(struct screen *s)
{
	s->col = 0;
	if (++s->row == s->ops.rows)
		scroll_up(s);
}

static void put_printable(struct screen *s, char c)
{
	if (s->col == s->ops.cols) /* I1 */
		line_feed(s);
	s->cells[s->row][s->col++] = c;
	touch(s, s->row, s->row);
}

static void erase_line(struct screen *s)
{
	memset(s->cells[s->row] + s->col, ' ', s->ops.cols - s->col);
	touch(s, s->row, s->row);
}

static void erase_all(struct screen *s)
{
	memset(s->cells, ' ', sizeof(s->cells));
	touch(s, 0, s->ops.rows - 1);
}

/* One character of an escape sequence; arguments are read over. */
static void put_escape(struct screen *s, char c)
{
	if (s->esc == ESC_SEEN) {
		s->esc = c == '[' ? ESC_CSI : ESC_NONE;
		return;
	}
	if (c < '@')
		return;
	s->esc = ESC_NONE;
	if (c == 'J')
		erase_all(s);
	else if (c == 'K')
		erase_line(s);
	else if (c == 'H')
		s->row = s->col = 0;
}

static void put_char(struct screen *s, char c)
{
	if (s->esc != ESC_NONE) {
		put_escape(s, c);
		return;
	}
	switch (c) {
	case '\n':
		line_feed(s);
		break;
	case '\r':
		s->col = 0;
		break;
	case '\b':
		if (s->col)
			s->col--;
		break;
	case '\t':
		do
			put_printable(s, ' ');
		while (s->col % TAB_WIDTH && s->col < s->ops.cols);
		break;
	case '\033':
		s->esc = ESC_SEEN;
		break;
	default:
		if ((u8)c >= FONT_FIRST) /* bells and the like show nothing */
			put_printable(s, (u8)c <= FONT_LAST ? c : '?');
	}
}

/* Draws what differs in a row, run by run. */
static void paint_row(struct screen *s, unsigned int row)
{
	const char *want = s->cells[row];
	char *have = s->shown[row];
	unsigned int col = 0, end;

	while (col < s->ops.cols) {
		if (want[col] == have[col]) {
			col++;
			continue;
		}
		end = col;
		while (end < s->ops.cols && want[end] != have[end]) {
			have[end] = want[end];
			end++;
		}
		s->ops.draw(&s->ops, s->video, row, col, want + col, end - col);
		col = end;
	}
}

static void paint(struct screen *s)
{
	if (!s->video)
		return; /* the rows stay noted */
	for (unsigned int row = s->dirty_first;
	     row <= s->dirty_last && row < s->ops.rows; row++)
		paint_row(s, row);
	untouch_all(s);
	if (s->ops.cursor)
		s->ops.cursor(s->row, min(s->col, s->ops.cols - 1));
}

void screen_init(struct screen *s, const struct screen_ops *ops)
{
	memset(s, 0, sizeof(*s));
	s->ops = *ops;
	memset(s->cells, ' ', sizeof(s->cells));
	untouch_all(s);
}

void screen_map(struct screen *s, void *video)
{
	s->video = video;
	memset(s->shown, 0, sizeof(s->shown)); /* I2: equals no cell */
	touch(s, 0, s->ops.rows - 1);
	paint(s);
}

void screen_write(struct screen *s, const char *text, size_t n)
{
	/* I1, in case the last writer was stopped half way. */
	s->row = min(s->row, s->ops.rows - 1);
	s->col = min(s->col, s->ops.cols);
	for (size_t i = 0; i < n; i++)
		put_char(s, text[i]);
	paint(s);
}
