/* SPDX-License-Identifier: MIT */
/*
 * param.c - options on the kernel command line.
 *
 * Purpose. Every subsystem declares its options where their variables are;
 *	this file finds them and applies the command line to them.
 * Model. The line is cut into words; a word into name and value:
 *
 *	loglevel=7 nosmp   motd="hello world"
 *	|name  =v| |name|  |name= value, may hold spaces|
 *
 *	The name is looked up in the table, the value is parsed by type.
 * Invariants.
 *	I1  A variable changes only if its whole value was understood and in
 *	    range; of a string, as much as fits.
 *	I2  Of a name that comes twice, the last value that was accepted
 *	    stands.
 * Locking. None: parsed once, at boot, by one CPU.
 * Contexts. Boot; param_unknown() any, later.
 * Limits. A word is at most WORD_MAX bytes; UNKNOWN_MAX unknown words and
 *	UNKNOWN_TEXT bytes of them are kept. A quote opens only right behind
 *	the "="; there is no escape character.
 */
#include <base/compiler.h>
#include <base/errno.h>
#include <base/types.h>
#include <lib/ctype.h>
#include <lib/param.h>
#include <lib/printk.h>
#include <lib/string.h>

#define WORD_MAX     256
#define UNKNOWN_MAX  32
#define UNKNOWN_TEXT 1024

extern const struct param __params_start[], __params_stop[];

/* The words nobody declared. Written at boot, then constant. */
static char unknown_text[UNKNOWN_TEXT];
static size_t unknown_used; /* bytes of unknown_text */
static const char *unknown_words[UNKNOWN_MAX];
static unsigned int unknown_count;

/* A copy of one word, cut into its parts. */
struct word {
	char text[WORD_MAX];
	char *value; /* in text, or NULL for a lone name */
};

/* The character behind the word that starts at @s. */
static const char *word_end(const char *s)
{
	const char *value = NULL;

	for (; *s && !isspace(*s); s++) {
		if (*s != '=' || value)
			continue;
		value = s + 1;
		if (*value == '"') {
			const char *close = strchr(value + 1, '"');

			return close ? close + 1 : value + strlen(value);
		}
	}
	return s;
}

/* Cuts name and value apart; a quoted value loses its quotes. */
static void word_split(struct word *w)
{
	size_t n;

	w->value = strchr(w->text, '=');
	if (!w->value)
		return;
	*w->value++ = '\0';
	if (*w->value != '"')
		return;
	w->value++;
	n = strlen(w->value);
	if (n && w->value[n - 1] == '"')
		w->value[n - 1] = '\0';
}

static int set_bool(const struct param *p, const char *value)
{
	if (value)
		return kstrtobool(value, p->where);
	*(bool *)p->where = true;
	return 0;
}

static int set_number(const struct param *p, const char *value)
{
	u64 n;
	int err;

	if (!value)
		return -EINVAL;
	/* Not base 0: nobody means eight by "010". */
	err = kstrtoull(value, strstarts(value, "0x") ? 16 : 10, &n);
	if (err)
		return err;
	if (n < p->min || n > p->max)
		return -ERANGE;
	if (p->type == PARAM_TYPE_U64)
		*(u64 *)p->where = n;
	else if (n <= UINT32_MAX)
		*(unsigned int *)p->where = (unsigned int)n;
	else
		return -ERANGE;
	return 0;
}

static int set_string(const struct param *p, const char *value)
{
	long n;

	if (!value)
		return -EINVAL;
	n = strscpy(p->where, value, p->max);
	return n < 0 ? (int)n : 0;
}

static int set_value(const struct param *p, const char *value)
{
	switch (p->type) {
	case PARAM_TYPE_BOOL:
		return set_bool(p, value);
	case PARAM_TYPE_UINT:
	case PARAM_TYPE_U64:
		return set_number(p, value);
	case PARAM_TYPE_STR:
		return set_string(p, value);
	case PARAM_TYPE_FN:
		return p->fn(value ? value : "");
	}
	return -EINVAL;
}

/* Says why @value was not taken, with what would have been. */
static void report_refused(const struct param *p, const char *value, int err)
{
	if (err == -E2BIG)
		pr_warn("option %s: cut after %llu characters: \"%s\"\n",
			p->name, p->max - 1, (char *)p->where);
	else if (err == -ERANGE)
		pr_warn("option %s: %s is not in %llu..%llu, ignored\n",
			p->name, value, p->min, p->max);
	else
		pr_warn("option %s: cannot use \"%s\" (error %d): %s\n",
			p->name, value ? value : "", err, p->help);
}

/* Whether the word was understood and taken. @known: was it declared? */
static bool apply_word(struct word *w, const struct param *params,
		       unsigned int nr, bool *known)
{
	unsigned int i;
	int err;

	word_split(w);
	for (i = 0; i < nr; i++)
		if (strcmp(w->text, params[i].name) == 0)
			break;
	*known = i < nr;
	if (!*known) {
		pr_warn("option %s: unknown, kept\n", w->text);
		return false;
	}
	err = set_value(&params[i], w->value);
	if (err)
		report_refused(&params[i], w->value, err);
	return !err;
}

/*
 * Keeps @n characters at @s as a word for param_unknown().
 * Return: false when there is no more room.
 */
static bool keep_unknown(const char *s, size_t n)
{
	if (unknown_count == UNKNOWN_MAX || n >= UNKNOWN_TEXT - unknown_used)
		return false;
	memcpy(unknown_text + unknown_used, s, n);
	unknown_text[unknown_used + n] = '\0';
	unknown_words[unknown_count++] = unknown_text + unknown_used;
	unknown_used += n + 1;
	return true;
}

static unsigned int parse(const char *cmdline, const struct param *params,
			  unsigned int nr, bool keep)
{
	unsigned int bad = 0, dropped = 0;
	struct word w;
	const char *s;
	bool known;
	size_t n;

	for (s = skip_spaces(cmdline); *s; s = skip_spaces(cmdline)) {
		cmdline = word_end(s);
		n = (size_t)(cmdline - s);
		if (n >= WORD_MAX) {
			pr_warn("option longer than %d characters ignored\n",
				WORD_MAX - 1);
			bad++;
			continue;
		}
		memcpy(w.text, s, n);
		w.text[n] = '\0';
		if (apply_word(&w, params, nr, &known))
			continue;
		bad++;
		if (!known && keep)
			dropped += !keep_unknown(s, n);
	}
	if (dropped)
		pr_warn("too many unknown options, %u not kept\n", dropped);
	return bad;
}

unsigned int param_parse_table(const char *cmdline, const struct param *params,
			       unsigned int nr)
{
	return parse(cmdline, params, nr, false);
}

unsigned int param_parse(const char *cmdline)
{
	return parse(cmdline, __params_start,
		     (unsigned int)(__params_stop - __params_start), true);
}

const char *param_unknown(unsigned int n)
{
	return n < unknown_count ? unknown_words[n] : NULL;
}
