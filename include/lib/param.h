/* SPDX-License-Identifier: MIT */
/*
 * param.h - options on the kernel command line.
 *
 *	static unsigned int limit = 4;
 *	PARAM_UINT("limit", limit, "how many, 1 to 64", 1, 64);
 *
 * Model. PARAM_*() leaves a descriptor in the .params section. Words of the
 * command line are separated by spaces; "key=value", "key" alone (a flag),
 * and "key=\"two words\"" are understood. A word nobody declared is
 * reported and kept, see param_unknown(); a value that does not parse or is
 * out of range is reported and leaves the default. Neither is fatal.
 */
#ifndef LIB_PARAM_H
#define LIB_PARAM_H

#include <base/compiler.h>
#include <base/types.h>

enum param_type {
	PARAM_TYPE_BOOL, /* present, or =0|1|on|off|yes|no */
	PARAM_TYPE_UINT, /* unsigned int, decimal or 0x */
	PARAM_TYPE_U64,
	PARAM_TYPE_STR, /* char[size]; cut values are reported */
	PARAM_TYPE_FN,	/* int fn(const char *value): 0 or -errno */
};

struct param {
	const char *name;
	const char *help;
	enum param_type type;
	void *where;
	int (*fn)(const char *value);
	u64 min, max; /* range; for STR max is the size of the buffer */
};

#define PARAM_DEFINE(name_, help_, ...)                              \
	static const struct param CONCATENATE(param_desc_, __LINE__) \
		__used __aligned(8) __section(".params") = {         \
			.name = name_, .help = help_, __VA_ARGS__}

#define PARAM_BOOL(name, var, help) \
	PARAM_DEFINE(name, help, .type = PARAM_TYPE_BOOL, .where = &(var))
#define PARAM_UINT(name, var, help, lo, hi)                                \
	PARAM_DEFINE(name, help, .type = PARAM_TYPE_UINT, .where = &(var), \
		     .min = (lo), .max = (hi))
#define PARAM_U64(name, var, help)                                        \
	PARAM_DEFINE(name, help, .type = PARAM_TYPE_U64, .where = &(var), \
		     .max = ~0ULL)
#define PARAM_STR(name, buf, help)                                       \
	PARAM_DEFINE(name, help, .type = PARAM_TYPE_STR, .where = (buf), \
		     .max = sizeof(buf))
#define PARAM_FN(name, func, help) \
	PARAM_DEFINE(name, help, .type = PARAM_TYPE_FN, .fn = (func))

/**
 * param_parse_table() - apply a command line to a table of parameters.
 * @cmdline: the text; not modified.
 * @params, @nr: the table.
 *
 * Context: boot, one CPU; or a test with its own table.
 * Return: number of words that were unknown or refused.
 */
unsigned int param_parse_table(const char *cmdline, const struct param *params,
			       unsigned int nr);

/* The same with the .params section of the image; keeps unknown words. */
unsigned int param_parse(const char *cmdline);

/* The @n-th word nobody declared, or NULL: kept for later floors (init). */
const char *param_unknown(unsigned int n);

#endif /* LIB_PARAM_H */
