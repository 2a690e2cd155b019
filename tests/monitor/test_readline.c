/* SPDX-License-Identifier: MIT */
/*
 * test_readline.c - the line editor, typed at and looked at.
 *
 * Model. A terminal of one row is made of an array; it understands printable
 * characters, backspace, CR and LF, which starts an empty row. After every
 * key the row must be the prompt and the window onto the line, with the
 * cursor in the right place: I2 of readline.c is checked by type() itself.
 */
#include "kernel/monitor/readline.h"

#include <lib/fmt.h>
#include <lib/random.h>
#include <lib/selftest.h>
#include <lib/string.h>

#define PROMPT	"> "
#define COLUMNS 40U
#define WINDOW	(COLUMNS - 3) /* without prompt and last column */

#define UP     "\033[A"
#define DOWN   "\033[B"
#define RIGHT  "\033[C"
#define LEFT   "\033[D"
#define DELETE "\033[3~"

static struct {
	char row[COLUMNS + 1];
	unsigned int col, rows, bells, bytes;
	bool broken;		  /* the cursor left the row */
	char before[COLUMNS + 1]; /* the row above */
} tty;

static struct readline rl;

static void tty_put(char c)
{
	tty.bytes++;
	switch (c) {
	case '\b':
		tty.broken |= !tty.col;
		tty.col -= tty.col > 0;
		break;
	case '\n':
		memcpy(tty.before, tty.row, sizeof(tty.row));
		memset(tty.row, ' ', COLUMNS);
		tty.col = 0;
		tty.rows++;
		break;
	case '\a':
		tty.bells++;
		break;
	default:
		tty.broken |= c < ' ' || tty.col == COLUMNS - 1;
		if (!tty.broken)
			tty.row[tty.col++] = c;
	}
}

static void tty_write(void *cookie, const char *s, size_t n)
{
	EXPECT_PTR_EQ(cookie, &tty);
	EXPECT_GT(n, 0UL);
	/* ctrl-L is the only one that sends an escape sequence. */
	if (n == 6 && memcmp(s, "\033[H\033[J", 6) == 0) {
		memset(tty.row, ' ', COLUMNS);
		tty.col = 0;
		tty.rows = 0;
		return;
	}
	for (size_t i = 0; i < n; i++)
		tty_put(s[i]);
}

static const char *tty_word(void *cookie, unsigned int n)
{
	static const char *const words[] = {"cpus", "panic", "poweroff",
					    "test", "tests", "version"};

	EXPECT_PTR_EQ(cookie, &tty);
	return n < ARRAY_SIZE(words) ? words[n] : NULL;
}

static const struct readline_ops tty_ops = {tty_write, tty_word};

static void begin(void)
{
	memset(&tty, 0, sizeof(tty));
	memset(tty.row, ' ', COLUMNS);
	readline_init(&rl, &tty_ops, &tty, PROMPT, COLUMNS);
	readline_start(&rl);
}

/* The row as it has to be: I2. */
static bool view_is_right(void)
{
	char want[COLUMNS + 1];
	int n;

	n = scnprintf(want, sizeof(want), PROMPT "%.*s", WINDOW,
		      rl.text + rl.first);
	memset(want + n, ' ', (size_t)(COLUMNS - n));
	want[COLUMNS] = '\0';
	return !tty.broken && strcmp(want, tty.row) == 0 &&
	       tty.col == strlen(PROMPT) + rl.pos - rl.first &&
	       rl.len == strlen(rl.text) && rl.pos <= rl.len;
}

/* Feeds keys; stops at the end of a line, whose event it returns. */
static int type(const char *keys)
{
	enum readline_event event = READLINE_MORE;

	for (; *keys && event == READLINE_MORE; keys++) {
		event = readline_feed(&rl, *keys);
		if (event == READLINE_MORE && !view_is_right()) {
			EXPECT_TRUE(view_is_right());
			EXPECT_STREQ(tty.row, rl.text);
		}
	}
	return (int)event;
}

/* Types, gives the line, and begins the next one. */
static void enter(const char *line)
{
	type(line);
	EXPECT_EQ(type("\r"), READLINE_LINE);
	readline_start(&rl);
}

static void expect(const char *text, unsigned int pos)
{
	EXPECT_STREQ(rl.text, text);
	EXPECT_EQ(rl.pos, pos);
	EXPECT_TRUE(view_is_right());
}

SELFTEST(monitor, readline, type_line, "", unit)
{
	begin();
	EXPECT_EQ(type("echo a b"), READLINE_MORE);
	expect("echo a b", 8);
	EXPECT_EQ(tty.bytes, 2U + 8); /* one byte for one key */
	EXPECT_EQ(type("\r"), READLINE_LINE);
	EXPECT_STREQ(rl.text, "echo a b");
	EXPECT_EQ(tty.rows, 1U);
	EXPECT_EQ(tty.bells, 0U);
}

/* CR, LF and CR LF each end one line, not two. */
SELFTEST(monitor, readline, line_ends, "", unit)
{
	begin();
	EXPECT_EQ(type("a\r"), READLINE_LINE);
	readline_start(&rl);
	EXPECT_EQ(type("\nb"), READLINE_MORE);
	expect("b", 1);
	EXPECT_EQ(type("\n"), READLINE_LINE);
	readline_start(&rl);
	EXPECT_EQ(type("\n"), READLINE_LINE);
	readline_start(&rl);
	EXPECT_EQ(type("\r"), READLINE_LINE);
	readline_start(&rl);
	EXPECT_EQ(type("\r"), READLINE_LINE);
	EXPECT_EQ(tty.rows, 5U);
}

SELFTEST(monitor, readline, left_right_insert, "", unit)
{
	begin();
	type("hlo" LEFT LEFT "el");
	expect("hello", 3);
	type(RIGHT RIGHT RIGHT "!");
	expect("hello!", 6);
	type("\002\002\006_"); /* ctrl-B, ctrl-B, ctrl-F */
	expect("hello_!", 6);
	type(LEFT LEFT LEFT LEFT LEFT LEFT LEFT LEFT "^");
	expect("^hello_!", 1);
}

SELFTEST(monitor, readline, home_end, "", unit)
{
	static const char *const home[] = {"\001", "\033[H", "\033[1~",
					   "\033[7~", "\033OH"};
	static const char *const end[] = {"\005", "\033[F", "\033[4~",
					  "\033[8~", "\033OF"};

	for (unsigned int i = 0; i < ARRAY_SIZE(home); i++) {
		begin();
		type("word");
		type(home[i]);
		expect("word", 0);
		type("<");
		expect("<word", 1);
		type(end[i]);
		expect("<word", 5);
		type(">");
		expect("<word>", 6);
	}
}

SELFTEST(monitor, readline, backspace, "", unit)
{
	begin();
	type("abcd\177");
	expect("abc", 3);
	type(LEFT "\b");
	expect("ac", 1);
	type("\b");
	expect("c", 0);
	EXPECT_EQ(tty.bells, 0U);
	type("\b");
	expect("c", 0);
	EXPECT_EQ(tty.bells, 1U);
}

SELFTEST(monitor, readline, delete, "", unit)
{
	begin();
	type("abcd\001" DELETE);
	expect("bcd", 0);
	type(RIGHT "\004"); /* ctrl-D in a line */
	expect("bd", 1);
	type(RIGHT DELETE);
	expect("bd", 2);
	EXPECT_EQ(tty.bells, 1U);
}

SELFTEST(monitor, readline, kill_to_end, "", unit)
{
	begin();
	type("one two three" LEFT LEFT LEFT LEFT LEFT "\013");
	expect("one two ", 8);
	type("\013");
	expect("one two ", 8);
	type("\031"); /* ctrl-Y brings it back */
	expect("one two three", 13);
}

SELFTEST(monitor, readline, kill_to_begin, "", unit)
{
	begin();
	type("one two three" LEFT LEFT LEFT LEFT LEFT "\025");
	expect("three", 0);
	type("\005\031");
	expect("threeone two ", 13);
}

SELFTEST(monitor, readline, kill_word, "", unit)
{
	begin();
	type("one two  three  \027");
	expect("one two  ", 9);
	type("\027");
	expect("one ", 4);
	type("x" LEFT "\027");
	expect("x", 0);
	type("\027");
	expect("x", 0);
}

SELFTEST(monitor, readline, word_moves, "", unit)
{
	begin();
	type("one two\033[1;5D");
	expect("one two", 4);
	type("\033[1;5D");
	expect("one two", 0);
	type("\033[1;5C");
	expect("one two", 3);
	type("\033[1;5C\033[1;5C");
	expect("one two", 7);
}

/* The line disappears, and the event says so. */
SELFTEST(monitor, readline, cancel, "", unit)
{
	begin();
	type("some" LEFT LEFT);
	EXPECT_EQ(type("\003"), READLINE_CANCEL);
	EXPECT_STREQ(rl.text, "some");
	EXPECT_EQ(memcmp(tty.before, "> some^C ", 9), 0);
	readline_start(&rl);
	expect("", 0);
	type(UP); /* it was not given, so it is not remembered */
	expect("", 0);
}

/* The mark stays on the row, however long the line is. */
SELFTEST(monitor, readline, cancel_full, "", unit)
{
	for (unsigned int len = WINDOW - 3; len < WINDOW + 3; len++) {
		begin();
		for (unsigned int i = 0; i < len; i++)
			type("x");
		EXPECT_EQ(type("\003"), READLINE_CANCEL);
		EXPECT_FALSE(tty.broken);
		EXPECT_EQ(tty.rows, 1U);
		EXPECT_TRUE(strstr(tty.before, "x^C ") != NULL);
		readline_start(&rl);
		expect("", 0);
	}
}

SELFTEST(monitor, readline, end_of_input, "", unit)
{
	begin();
	EXPECT_EQ(type("\004"), READLINE_EOF);
	EXPECT_EQ(tty.rows, 1U);
	readline_start(&rl);
	EXPECT_EQ(type("a\177\004"), READLINE_EOF);
}

SELFTEST(monitor, readline, clear_screen, "", unit)
{
	begin();
	enter("x");
	type("abc" LEFT "\014");
	EXPECT_EQ(tty.rows, 0U);
	expect("abc", 2);
	type("!");
	expect("ab!c", 3);
}

SELFTEST(monitor, readline, history_walk, "", unit)
{
	begin();
	enter("first");
	enter("second");
	type("dra" LEFT UP);
	expect("second", 6);
	type(UP);
	expect("first", 5);
	type(UP);
	expect("first", 5);
	EXPECT_EQ(tty.bells, 1U);
	type(DOWN DOWN);
	expect("dra", 3);
	type(DOWN);
	expect("dra", 3);
	EXPECT_EQ(tty.bells, 2U);
	type("\020\020\016"); /* ctrl-P, ctrl-P, ctrl-N */
	expect("second", 6);
}

/* Changing a remembered line changes a copy. */
SELFTEST(monitor, readline, history_edit, "", unit)
{
	begin();
	enter("first");
	enter("second");
	type(UP UP "!");
	expect("first!", 6);
	enter("");
	type(UP);
	expect("first!", 6);
	type(UP UP);
	expect("first", 5);
}

SELFTEST(monitor, readline, history_skips, "", unit)
{
	begin();
	enter("same");
	enter("same");
	enter("");
	EXPECT_EQ(rl.nr_history, 1U);
	type(UP UP);
	expect("same", 4);
	EXPECT_EQ(tty.bells, 1U);
}

/* The oldest of 32 is the limit. */
SELFTEST(monitor, readline, history_full, "", unit)
{
	char line[16];

	begin();
	for (unsigned int i = 0; i < READLINE_HISTORY + 8; i++) {
		scnprintf(line, sizeof(line), "line %u", i);
		enter(line);
	}
	for (unsigned int i = 0; i < READLINE_HISTORY; i++)
		type(UP);
	EXPECT_EQ(tty.bells, 0U);
	expect("line 8", 6);
	type(UP);
	EXPECT_EQ(tty.bells, 1U);
	expect("line 8", 6);
}

SELFTEST(monitor, readline, complete_unique, "", unit)
{
	begin();
	type("ver\t");
	expect("version ", 8);
	type("\025po\tx");
	expect("poweroff x", 10);
	type("\t"); /* not in the second word */
	expect("poweroff x", 10);
	EXPECT_EQ(tty.bells, 1U);
}

SELFTEST(monitor, readline, complete_common, "", unit)
{
	begin();
	type("t\t");
	expect("test", 4);
	EXPECT_EQ(tty.rows, 0U);
	type("\t"); /* no further: both are listed, the line drawn again */
	EXPECT_EQ(tty.rows, 2U);
	EXPECT_EQ(memcmp(tty.before, "test  tests  ", 13), 0);
	expect("test", 4);
	type("s\t");
	expect("tests ", 6);
}

SELFTEST(monitor, readline, complete_none, "", unit)
{
	begin();
	type("xyz\t");
	expect("xyz", 3);
	EXPECT_EQ(tty.bells, 1U);
	type("\025\t"); /* nothing typed: all of them */
	expect("", 0);
	EXPECT_EQ(tty.rows, 3U); /* in two rows */
	EXPECT_EQ(memcmp(tty.before, "version  ", 9), 0);
}

/* Only what is left of the cursor counts. */
SELFTEST(monitor, readline, complete_middle, "", unit)
{
	begin();
	type("ver all\001" RIGHT RIGHT RIGHT "\t");
	expect("version all", 7);
}

/* One character too many: a bell, and the line stays. */
SELFTEST(monitor, readline, overlong, "", unit)
{
	begin();
	for (unsigned int i = 0; i < READLINE_MAX - 1; i++)
		type("x");
	EXPECT_EQ(rl.len, READLINE_MAX - 1U);
	EXPECT_EQ(tty.bells, 0U);
	type("y");
	EXPECT_EQ(rl.len, READLINE_MAX - 1U);
	EXPECT_EQ(rl.text[READLINE_MAX - 2], 'x');
	EXPECT_EQ(tty.bells, 1U);
	type("\001y");
	EXPECT_EQ(rl.text[0], 'x');
	EXPECT_EQ(tty.bells, 2U);
	EXPECT_EQ(type("\r"), READLINE_LINE);
	EXPECT_EQ(strlen(rl.text), READLINE_MAX - 1UL);
}

/* Killed text comes back only as a whole. */
SELFTEST(monitor, readline, overlong_paste, "", unit)
{
	begin();
	for (unsigned int i = 0; i < 150; i++)
		type("x");
	type("\025\031\031");
	EXPECT_EQ(rl.len, 150U);
	EXPECT_EQ(tty.bells, 1U);
}

/* A line longer than the terminal moves sideways under the cursor. */
SELFTEST(monitor, readline, scrolls_sideways, "", unit)
{
	begin();
	for (unsigned int i = 0; i < 60; i++) {
		char key[2] = {(char)('A' + i % 26), '\0'};

		type(key);
		EXPECT_LT(rl.pos - rl.first, WINDOW);
	}
	EXPECT_GT(rl.first, 0U);
	EXPECT_EQ(rl.len, 60U);
	type("\001");
	EXPECT_EQ(rl.first, 0U);
	EXPECT_EQ(memcmp(tty.row, "> ABCDEF", 8), 0);
	type("\005");
	EXPECT_EQ(tty.row[tty.col - 1], 'A' + 59 % 26);
}

/* The bytes of a sequence may come one by one, with a pause anywhere. */
SELFTEST(monitor, readline, split_escape, "", unit)
{
	begin();
	type("ab");
	type("\033");
	expect("ab", 2);
	type("[");
	expect("ab", 2);
	type("D");
	expect("ab", 1);
	type("\033[");
	type("3");
	type("~");
	expect("a", 1);
}

/* Nothing of a sequence without a meaning gets into the line. */
SELFTEST(monitor, readline, unknown_escape, "", unit)
{
	static const char *const unknown[] = {
		"\033[15~",  "\033[2~",	     "\033[5~",		  "\033OP",
		"\033[Z",    "\033[?25h",    "\033[1;2P",	  "\033x",
		"\033[200~", "\033\033[24~", "\033[99999999999~",
	};

	begin();
	type("ab" LEFT);
	for (unsigned int i = 0; i < ARRAY_SIZE(unknown); i++) {
		type(unknown[i]);
		expect("ab", 1);
	}
	EXPECT_EQ(tty.bells, 0U);
	type("\033[\003!"); /* broken off by a control character */
	expect("a!b", 2);
}

SELFTEST(monitor, readline, not_ascii, "", unit)
{
	begin();
	type("a\303\244\200\001b");
	expect("ba", 1);
	EXPECT_EQ(tty.bells, 3U);
	readline_feed(&rl, '\0');
	EXPECT_EQ(tty.bells, 4U);
	expect("ba", 1);
}

/* A message of the kernel came between: the line is there again. */
SELFTEST(monitor, readline, redraw, "", unit)
{
	begin();
	type("panic null" LEFT LEFT);
	tty_put('\n');
	readline_redraw(&rl);
	expect("panic null", 8);
	type("_");
	expect("panic nu_ll", 9);
}

/* Any keys at all leave terminal and line in agreement. */
SELFTEST(monitor, readline, random_keys, "", unit)
{
	static const char *const keys[] = {
		"a",
		"b",
		" ",
		"word",
		"\b",
		"\t",
		"\001",
		"\002",
		"\004",
		"\005",
		"\006",
		"\013",
		"\014",
		"\016",
		"\020",
		"\025",
		"\027",
		"\031",
		UP,
		DOWN,
		LEFT,
		RIGHT,
		DELETE,
		"\033[1;5D",
		"\r",
		"\n",
		"\003",
		"\033",
		"abcdefghijklmnopqrstuvwxyz",
	};
	struct rnd_state rnd;
	unsigned int wrong = 0;

	prandom_seed_state(&rnd, selftest_seed());
	begin();
	for (unsigned int i = 0; i < 3000 && !wrong; i++) {
		u32 k = prandom_u32_below(&rnd, ARRAY_SIZE(keys));

		if (type(keys[k]) != READLINE_MORE)
			readline_start(&rl);
		wrong += !view_is_right();
	}
	EXPECT_EQ(wrong, 0U);
}
