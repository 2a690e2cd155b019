/* SPDX-License-Identifier: MIT */
/*
 * kstrto.c - a number out of text, all of it or none.
 *
 * Purpose. Options and commands are typed by people; "12x" must be refused,
 *	not read as 12, and 2^64 must not come out as 0.
 * Model. sign? prefix? digits newline? end. Everything is read as u64
 *	first; narrower and signed results check the range afterwards.
 * Invariants.
 *	I1  *res is written exactly when 0 is returned.
 * Locking. None. Contexts. Any.
 */
#include <base/compiler.h>
#include <base/errno.h>
#include <base/types.h>
#include <lib/ctype.h>
#include <lib/string.h>

/* The value of a digit in any base up to 36; 36 for anything else. */
static unsigned int digit_value(char c)
{
	if (isdigit(c))
		return (unsigned int)(c - '0');
	if (isalpha(c))
		return (unsigned int)(tolower(c) - 'a') + 10;
	return 36;
}

/* Settles the base and steps over its prefix, if a digit follows it. */
static const char *skip_prefix(const char *s, unsigned int *base)
{
	bool hex = s[0] == '0' && tolower(s[1]) == 'x' && isxdigit(s[2]);

	if (*base == 0)
		*base = hex ? 16 : s[0] == '0' ? 8 : 10;
	return hex && *base == 16 ? s + 2 : s;
}

/* Digits and an optional newline up to the end of the text. */
static int parse_magnitude(const char *s, unsigned int base, u64 *res)
{
	bool overflow = false;
	u64 value = 0;

	if (base == 1 || base > 36)
		return -EINVAL;
	s = skip_prefix(s, &base);
	if (digit_value(*s) >= base)
		return -EINVAL;
	for (; digit_value(*s) < base; s++) {
		u64 next;

		if (__builtin_mul_overflow(value, base, &next) ||
		    __builtin_add_overflow(next, digit_value(*s), &next))
			overflow = true;
		value = next;
	}
	if (*s == '\n')
		s++;
	if (*s)
		return -EINVAL;
	if (overflow)
		return -ERANGE;
	*res = value;
	return 0;
}

int kstrtoull(const char *s, unsigned int base, u64 *res)
{
	return parse_magnitude(*s == '+' ? s + 1 : s, base, res);
}

int kstrtoll(const char *s, unsigned int base, s64 *res)
{
	bool negative = *s == '-';
	u64 limit = (u64)INT64_MAX + negative;
	u64 value;
	int err;

	err = parse_magnitude(negative || *s == '+' ? s + 1 : s, base, &value);
	if (err)
		return err;
	if (value > limit)
		return -ERANGE;
	*res = (s64)(negative ? -value : value);
	return 0;
}

int kstrtoul(const char *s, unsigned int base, unsigned long *res)
{
	u64 value;
	int err = kstrtoull(s, base, &value);

	if (!err)
		*res = value;
	return err;
}

int kstrtouint(const char *s, unsigned int base, unsigned int *res)
{
	u64 value;
	int err = kstrtoull(s, base, &value);

	if (err)
		return err;
	if (value > UINT32_MAX)
		return -ERANGE;
	*res = (unsigned int)value;
	return 0;
}

int kstrtoint(const char *s, unsigned int base, int *res)
{
	s64 value;
	int err = kstrtoll(s, base, &value);

	if (err)
		return err;
	if (value < INT32_MIN || value > INT32_MAX)
		return -ERANGE;
	*res = (int)value;
	return 0;
}

int kstrtobool(const char *s, bool *res)
{
	static const char *const yes[] = {"1", "y", "yes", "on", "t", "true"};
	static const char *const no[] = {"0", "n", "no", "off", "f", "false"};
	size_t i;

	for (i = 0; i < ARRAY_SIZE(yes); i++) {
		if (strcasecmp(s, yes[i]) == 0) {
			*res = true;
			return 0;
		}
		if (strcasecmp(s, no[i]) == 0) {
			*res = false;
			return 0;
		}
	}
	return -EINVAL;
}
