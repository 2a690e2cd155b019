/* SPDX-License-Identifier: MIT */
/*
 * readline.c - a line editor as a pure state machine.
 *
 * Purpose. Turn keys into lines: cursor keys, history, completion. It does
 * no input or output of its own, so its tests feed it bytes and look at a
 * terminal made of an array.
 *
 * Model. Every key changes the model only (text, len, pos). refresh() then
 * makes the view equal to it: it works out which part of the text the window
 * shows, compares that with what is shown, and sends the difference. Moving
 * left is a backspace, moving right is sending the character again, so any
 * terminal that knows backspace will do. Typing at the end sends one byte.
 *
 *	key -> text/pos -> window -> difference to shown[] -> write()
 *
 *	A line longer than the window scrolls sideways: the window is moved by
 *	half its width when the cursor leaves it.
 *
 * Invariants.
 *   I1  pos <= len < READLINE_MAX; text[len] == 0.
 *   I2  After each readline_feed() the terminal shows what shown[], shown_len
 *       and shown_pos say, and that is the window onto the model.
 *   I3  first <= pos < first + window width.
 * Locking. None; one caller.
 * Limits. ASCII only; other bytes are dropped with a bell. One level of
 *       completion, for the first word.
 */
#include "readline.h"

#include <base/assert.h>
#include <base/bits.h>
#include <lib/string.h>

#define KEY_CTRL(c) ((c) - '@')
#define KEY_DEL	    0x7f
#define KEY_ESC	    0x1b
#define LIST_MAX    64 /* words in a list of completions */

static void put(struct readline *rl, const char *s, size_t n)
{
	if (n)
		rl->ops->write(rl->cookie, s, n);
}

static void put_str(struct readline *rl, const char *s)
{
	put(rl, s, strlen(s));
}

static void bell(struct readline *rl)
{
	put(rl, "\a", 1);
}

/* Columns for the text; the last one stays free, terminals wrap there. */
static unsigned int window_width(const struct readline *rl)
{
	size_t prompt = strlen(rl->prompt);

	return min_t(unsigned int, rl->columns - (unsigned int)prompt - 1,
		     READLINE_WINDOW);
}

/* I3. */
static void window_follow(struct readline *rl)
{
	unsigned int width = window_width(rl);

	if (rl->pos < rl->first)
		rl->first = rl->pos > width / 2 ? rl->pos - width / 2 : 0;
	else if (rl->pos >= rl->first + width)
		rl->first = rl->pos - width / 2;
	ASSERT(rl->first <= rl->pos && rl->pos < rl->first + width);
}

/* Moves the terminal's cursor inside what is shown. */
static void view_move(struct readline *rl, unsigned int to)
{
	while (rl->shown_pos > to) {
		put(rl, "\b", 1);
		rl->shown_pos--;
	}
	put(rl, rl->shown + rl->shown_pos, to - rl->shown_pos);
	rl->shown_pos = to;
}

/* Makes the terminal show the model: I2. */
static void refresh(struct readline *rl)
{
	unsigned int from = 0, to, n;
	const char *want;

	ASSERT(rl->pos <= rl->len && rl->len < READLINE_MAX); /* I1 */
	window_follow(rl);
	want = rl->text + rl->first;
	n = min(rl->len - rl->first, window_width(rl));
	while (from < n && from < rl->shown_len &&
	       want[from] == rl->shown[from])
		from++;
	to = n;
	if (n == rl->shown_len)
		while (to > from && want[to - 1] == rl->shown[to - 1])
			to--;
	if (from < to || n < rl->shown_len) {
		view_move(rl, from);
		put(rl, want + from, to - from);
		memcpy(rl->shown + from, want + from, to - from);
		rl->shown_pos = to;
	}
	if (n < rl->shown_len) { /* wipe what is left over behind the end */
		unsigned int old = rl->shown_len;

		memset(rl->shown + n, ' ', old - n);
		view_move(rl, old);
	}
	rl->shown_len = n;
	view_move(rl, rl->pos - rl->first);
}

static void set_text(struct readline *rl, const char *s)
{
	rl->len = (unsigned int)strnlen(s, READLINE_MAX - 1);
	memmove(rl->text, s, rl->len);
	rl->text[rl->len] = '\0';
	rl->pos = rl->len;
}

static void insert(struct readline *rl, const char *s, unsigned int n)
{
	if (n > READLINE_MAX - 1 - rl->len) {
		bell(rl);
		return;
	}
	memmove(rl->text + rl->pos + n, rl->text + rl->pos,
		rl->len - rl->pos + 1);
	memcpy(rl->text + rl->pos, s, n);
	rl->len += n;
	rl->pos += n;
}

/* Takes out [from, to); the cursor is left at @from. */
static void cut(struct readline *rl, unsigned int from, unsigned int to)
{
	memmove(rl->text + from, rl->text + to, rl->len - to + 1);
	rl->len -= to - from;
	rl->pos = from;
}

static void kill(struct readline *rl, unsigned int from, unsigned int to)
{
	if (from == to)
		return;
	memcpy(rl->killed, rl->text + from, to - from);
	rl->killed[to - from] = '\0';
	cut(rl, from, to);
}

static unsigned int word_left(const struct readline *rl)
{
	unsigned int p = rl->pos;

	while (p && rl->text[p - 1] == ' ')
		p--;
	while (p && rl->text[p - 1] != ' ')
		p--;
	return p;
}

static unsigned int word_right(const struct readline *rl)
{
	unsigned int p = rl->pos;

	while (p < rl->len && rl->text[p] == ' ')
		p++;
	while (p < rl->len && rl->text[p] != ' ')
		p++;
	return p;
}

static char *history_slot(struct readline *rl, unsigned int n)
{
	return rl->history[n % READLINE_HISTORY];
}

/* Empty lines and repetitions are not worth a place. */
static void history_add(struct readline *rl)
{
	if (rl->len &&
	    !(rl->nr_history &&
	      strcmp(history_slot(rl, rl->nr_history - 1), rl->text) == 0)) {
		memcpy(history_slot(rl, rl->nr_history), rl->text, rl->len + 1);
		rl->nr_history++;
	}
	rl->at = rl->nr_history;
}

static void history_older(struct readline *rl)
{
	unsigned int oldest = rl->nr_history > READLINE_HISTORY
				      ? rl->nr_history - READLINE_HISTORY
				      : 0;

	if (rl->at == oldest) {
		bell(rl);
		return;
	}
	if (rl->at == rl->nr_history)
		memcpy(rl->draft, rl->text, rl->len + 1);
	set_text(rl, history_slot(rl, --rl->at));
}

static void history_newer(struct readline *rl)
{
	if (rl->at == rl->nr_history) {
		bell(rl);
		return;
	}
	rl->at++;
	set_text(rl, rl->at == rl->nr_history ? rl->draft
					      : history_slot(rl, rl->at));
}

/*
 * The words that begin like the text left of the cursor: how many, and how
 * many characters they all share; one of them in *any.
 */
static unsigned int matches(struct readline *rl, unsigned int *shared,
			    const char **any)
{
	unsigned int nr = 0;
	const char *w;

	for (unsigned int i = 0; (w = rl->ops->word(rl->cookie, i)); i++) {
		if (strncmp(w, rl->text, rl->pos) != 0)
			continue;
		if (!nr++) {
			*any = w;
			*shared = (unsigned int)strlen(w);
		}
		for (unsigned int k = 0; k < *shared; k++)
			if (w[k] != (*any)[k])
				*shared = k;
	}
	return nr;
}

/* Under the line, in as many rows as it takes; then the line again. */
static void list_matches(struct readline *rl)
{
	size_t col = 0;
	const char *w;

	put_str(rl, "\n");
	for (unsigned int i = 0; (w = rl->ops->word(rl->cookie, i)); i++) {
		size_t len = strlen(w) + 2;

		if (strncmp(w, rl->text, rl->pos) != 0)
			continue;
		if (col && col + len >= rl->columns) {
			put_str(rl, "\n");
			col = 0;
		}
		put_str(rl, w);
		put_str(rl, "  ");
		col += len;
	}
	put_str(rl, "\n");
	readline_redraw(rl);
}

/* Tab: finishes the first word as far as it is certain, else lists. */
static void complete(struct readline *rl)
{
	unsigned int shared = 0, nr;
	const char *any = NULL;

	if (memchr(rl->text, ' ', rl->pos)) {
		bell(rl);
		return;
	}
	nr = matches(rl, &shared, &any);
	if (!nr) {
		bell(rl);
	} else if (shared > rl->pos || nr == 1) {
		insert(rl, any + rl->pos, shared - rl->pos);
		if (nr == 1 && rl->text[rl->pos] != ' ')
			insert(rl, " ", 1);
	} else {
		list_matches(rl);
	}
}

static void key_up_down(struct readline *rl, bool up)
{
	if (up)
		history_older(rl);
	else
		history_newer(rl);
}

/* ctrl-D in a line, and the Delete key. */
static void delete_right(struct readline *rl)
{
	if (rl->pos < rl->len)
		cut(rl, rl->pos, rl->pos + 1);
	else
		bell(rl);
}

static void clear_screen(struct readline *rl)
{
	put_str(rl, "\033[H\033[J");
	readline_redraw(rl);
}

static void paste(struct readline *rl)
{
	insert(rl, rl->killed, (unsigned int)strlen(rl->killed));
}

static void left(struct readline *rl)
{
	rl->pos -= rl->pos > 0;
}

static void right(struct readline *rl)
{
	rl->pos += rl->pos < rl->len;
}

static void backspace(struct readline *rl)
{
	if (rl->pos)
		cut(rl, rl->pos - 1, rl->pos);
	else
		bell(rl);
}

/* A key that edits: control characters and printable ones. */
static void edit_key(struct readline *rl, char c)
{
	switch (c) {
	case KEY_CTRL('A'):
		rl->pos = 0;
		break;
	case KEY_CTRL('B'):
		left(rl);
		break;
	case KEY_CTRL('D'):
		delete_right(rl);
		break;
	case KEY_CTRL('E'):
		rl->pos = rl->len;
		break;
	case KEY_CTRL('F'):
		right(rl);
		break;
	case KEY_CTRL('H'):
	case KEY_DEL:
		backspace(rl);
		break;
	case KEY_CTRL('I'):
		complete(rl);
		break;
	case KEY_CTRL('K'):
		kill(rl, rl->pos, rl->len);
		break;
	case KEY_CTRL('L'):
		clear_screen(rl);
		break;
	case KEY_CTRL('N'):
	case KEY_CTRL('P'):
		key_up_down(rl, c == KEY_CTRL('P'));
		break;
	case KEY_CTRL('U'):
		kill(rl, 0, rl->pos);
		break;
	case KEY_CTRL('W'):
		kill(rl, word_left(rl), rl->pos);
		break;
	case KEY_CTRL('Y'):
		paste(rl);
		break;
	default:
		if (c >= ' ' && c < KEY_DEL)
			insert(rl, &c, 1);
		else
			bell(rl);
	}
}

/* ESC [ number ~ : the keys of the block above the arrows. */
static void tilde_key(struct readline *rl)
{
	switch (rl->esc_arg) {
	case 1:
	case 7:
		rl->pos = 0;
		break;
	case 3:
		delete_right(rl);
		break;
	case 4:
	case 8:
		rl->pos = rl->len;
		break;
	default: /* Insert, page up and down, function keys: no meaning */
		break;
	}
}

/* The last byte of an escape sequence; ones unknown do nothing. */
static void escape_key(struct readline *rl, char c)
{
	/* With a second number, a modifier key was held: by words then. */
	bool words = rl->esc_more;

	switch (c) {
	case 'A':
	case 'B':
		key_up_down(rl, c == 'A');
		break;
	case 'C':
		if (words)
			rl->pos = word_right(rl);
		else
			right(rl);
		break;
	case 'D':
		if (words)
			rl->pos = word_left(rl);
		else
			left(rl);
		break;
	case 'F':
		rl->pos = rl->len;
		break;
	case 'H':
		rl->pos = 0;
		break;
	case '~':
		tilde_key(rl);
		break;
	default:
		break;
	}
}

/* A byte of an escape sequence; sequences may arrive in pieces. */
static void feed_escape(struct readline *rl, char c)
{
	if (c == KEY_ESC) {
		rl->esc = RL_ESC_SEEN;
	} else if (rl->esc == RL_ESC_SEEN) {
		rl->esc = c == '['   ? RL_ESC_CSI
			  : c == 'O' ? RL_ESC_SS3
				     : RL_ESC_NONE;
		rl->esc_arg = 0;
		rl->esc_more = false;
	} else if (c >= '0' && c <= '9') {
		if (!rl->esc_more && rl->esc_arg < 1000)
			rl->esc_arg =
				rl->esc_arg * 10 + (unsigned int)(c - '0');
	} else if (c == ';') {
		rl->esc_more = true;
	} else if (c >= '@' && c <= '~') {
		rl->esc = RL_ESC_NONE;
		escape_key(rl, c);
	} else if (c < ' ' || c > '~') {
		rl->esc = RL_ESC_NONE; /* not a sequence after all */
	}
}

/*
 * The line is given: @mark behind its end, then to the next line. Where the
 * window is full the mark takes the last columns: terminals wrap behind them.
 */
static enum readline_event finish(struct readline *rl, const char *mark,
				  enum readline_event event)
{
	size_t end;

	rl->pos = rl->len;
	refresh(rl);
	for (end = rl->shown_pos + strlen(mark); end > window_width(rl); end--)
		put(rl, "\b", 1);
	if (*mark)
		put_str(rl, mark);
	put(rl, "\n", 1);
	return event;
}

void readline_init(struct readline *rl, const struct readline_ops *ops,
		   void *cookie, const char *prompt, unsigned int columns)
{
	ASSERT(columns >= strlen(prompt) + 10);
	memset(rl, 0, sizeof(*rl));
	rl->ops = ops;
	rl->cookie = cookie;
	rl->prompt = prompt;
	rl->columns = columns;
}

void readline_start(struct readline *rl)
{
	set_text(rl, "");
	rl->first = 0;
	rl->at = rl->nr_history;
	readline_redraw(rl);
}

void readline_redraw(struct readline *rl)
{
	put_str(rl, rl->prompt);
	rl->shown_len = 0;
	rl->shown_pos = 0;
	refresh(rl);
}

enum readline_event readline_feed(struct readline *rl, char c)
{
	bool lf_of_crlf = rl->skip_lf && c == '\n';

	rl->skip_lf = c == '\r';
	if (lf_of_crlf)
		return READLINE_MORE;
	if (rl->esc != RL_ESC_NONE || c == KEY_ESC) {
		feed_escape(rl, c);
		refresh(rl);
		return READLINE_MORE;
	}
	switch (c) {
	case '\r':
	case '\n':
		history_add(rl);
		return finish(rl, "", READLINE_LINE);
	case KEY_CTRL('C'):
		return finish(rl, "^C", READLINE_CANCEL);
	case KEY_CTRL('D'):
		if (!rl->len)
			return finish(rl, "", READLINE_EOF);
		break;
	default:
		break;
	}
	edit_key(rl, c);
	refresh(rl);
	return READLINE_MORE;
}
