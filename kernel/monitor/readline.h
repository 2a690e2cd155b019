/* SPDX-License-Identifier: MIT */
/*
 * readline.h - the line editor of the monitor. Told in readline.c.
 */
#ifndef READLINE_H
#define READLINE_H

#include <base/compiler.h>
#include <base/types.h>

#define READLINE_MAX	 256 /* bytes of a line, terminator included */
#define READLINE_HISTORY 32  /* lines remembered */
#define READLINE_WINDOW	 128 /* the widest terminal made use of */

struct readline_ops {
	/* Show text; at least one byte. */
	void (*write)(void *cookie, const char *s, size_t n);
	/* The @n-th word that may stand first in a line, or NULL. */
	const char *(*word)(void *cookie, unsigned int n);
};

enum readline_event {
	READLINE_MORE,	 /* nothing to do yet */
	READLINE_LINE,	 /* a line is in text[], the terminal on the next */
	READLINE_CANCEL, /* ctrl-C: likewise, but the line is to be dropped */
	READLINE_EOF,	 /* ctrl-D on an empty line */
};

enum readline_escape {
	RL_ESC_NONE,
	RL_ESC_SEEN,
	RL_ESC_CSI,
	RL_ESC_SS3
};

/* One terminal. Lock key: all fields belong to the one who calls. */
struct readline {
	const struct readline_ops *ops;
	void *cookie;
	const char *prompt;
	unsigned int columns; /* of the terminal */

	/* The model: what is being typed. */
	char text[READLINE_MAX];
	unsigned int len, pos; /* pos: the cursor, 0 to len */

	/* The view: what the terminal shows behind the prompt. */
	char shown[READLINE_WINDOW];
	unsigned int shown_len, shown_pos;
	unsigned int first; /* the character in the leftmost column */

	/* Lines given before; line n is in history[n % READLINE_HISTORY]. */
	char history[READLINE_HISTORY][READLINE_MAX];
	unsigned int nr_history, at; /* at == nr_history: not in history */
	char draft[READLINE_MAX];    /* what was typed before going there */
	char killed[READLINE_MAX];   /* what ctrl-K, -U, -W took; ctrl-Y */

	enum readline_escape esc;
	unsigned int esc_arg; /* first number of the sequence */
	bool esc_more;	      /* a second number has begun: ignored */
	bool skip_lf;	      /* the last key was CR */
};

/**
 * readline_init() - an editor with an empty history.
 * @columns: width of the terminal; at least the prompt and 10 more.
 *
 * Context: any.
 */
void readline_init(struct readline *rl, const struct readline_ops *ops,
		   void *cookie, const char *prompt, unsigned int columns);

/* Begins a line: shows the prompt at the start of the terminal's line. */
void readline_start(struct readline *rl);

/* Draws prompt and line again on an empty line of the terminal. */
void readline_redraw(struct readline *rl);

/**
 * readline_feed() - one byte from the keyboard.
 *
 * Context: any; does not block.
 * Return: what has come of it. After anything but READLINE_MORE call
 * readline_start() for the next line.
 */
enum readline_event readline_feed(struct readline *rl, char c);

#endif /* READLINE_H */
