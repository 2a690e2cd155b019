/* SPDX-License-Identifier: MIT */
/*
 * fmt.c - formatted text.
 *
 * Purpose. One formatter below everything that prints. It must work in a
 *	panic, in NMI, with a broken heap: so no lock, no memory but the
 *	caller's buffer and a few words of stack.
 * Model. The format is cut into literal text and conversions. A conversion
 *	"%[flags][width][.precision][length]letter" is read into struct spec,
 *	then one put_*() function emits it. Output goes through put_char(),
 *	which counts every character and stores those that fit.
 *
 *	     |<------- width ------->|
 *	     | pad | prefix | 0s | digits |	put_number()
 *	                    |<- precision >|
 *
 * Invariants.
 *	I1  At most size bytes are written, and with size > 0 one is the
 *	    terminator.
 *	I2  len counts what the whole text needs, whether it fits or not.
 * Locking. None. Contexts. Any.
 * Limits. Width and precision are capped at FIELD_MAX. No floating point, no
 *	%n, no positional arguments.
 */
#include <base/bits.h>
#include <base/compiler.h>
#include <base/types.h>
#include <lib/bitmap.h>
#include <lib/cpumask.h>
#include <lib/ctype.h>
#include <lib/fmt.h>
#include <lib/ksyms.h>
#include <lib/string.h>

#define FIELD_MAX     4096
#define NO_PRECISION  (-1)
#define OCTAL_DIGITS  22 /* of 2^64 - 1: the longest text of a number */
#define POINTER_WIDTH 16

#define FLAG_LEFT  BIT(0) /* - */
#define FLAG_PLUS  BIT(1) /* + */
#define FLAG_SPACE BIT(2) /* blank in place of the plus */
#define FLAG_ALT   BIT(3) /* # */
#define FLAG_ZERO  BIT(4) /* 0 */
#define FLAG_UPPER BIT(5) /* %X */

struct out {
	char *buf;
	size_t size;
	size_t len; /* I2 */
};

struct spec {
	unsigned long flags;
	int width;
	int precision; /* NO_PRECISION when none was given */
	char length;   /* 0, 'h', 'H' for hh, 'l' for l, ll, z and t */
};

/* A va_list is an array on x86-64; in a struct it can be passed along. */
struct args {
	va_list ap;
};

static void put_char(struct out *o, char c)
{
	if (o->len < o->size)
		o->buf[o->len] = c;
	o->len++;
}

static void put_repeat(struct out *o, char c, int n)
{
	while (n-- > 0)
		put_char(o, c);
}

static void put_text(struct out *o, const char *s, size_t n)
{
	while (n--)
		put_char(o, *s++);
}

/* @n characters in a field of the width asked for. */
static void put_field(struct out *o, const struct spec *sp, const char *s,
		      size_t n)
{
	int pad = n < FIELD_MAX ? sp->width - (int)n : 0;

	if (!(sp->flags & FLAG_LEFT))
		put_repeat(o, ' ', pad);
	put_text(o, s, n);
	if (sp->flags & FLAG_LEFT)
		put_repeat(o, ' ', pad);
}

static void put_string(struct out *o, const struct spec *sp, const char *s)
{
	if (!s)
		s = "(null)";
	/* With a precision the text need not be terminated. */
	put_field(o, sp, s,
		  sp->precision == NO_PRECISION
			  ? strlen(s)
			  : strnlen(s, (size_t)sp->precision));
}

/* Writes backwards from @end; returns the first digit. Zero has no digits. */
static char *digits(char *end, u64 value, unsigned int base, bool upper)
{
	const char *set = upper ? "0123456789ABCDEF" : "0123456789abcdef";

	for (; value; value /= base)
		*--end = set[value % base];
	return end;
}

/* @prefix: a sign, "0x", or "". */
static void put_number(struct out *o, const struct spec *sp, u64 value,
		       unsigned int base, const char *prefix)
{
	char tmp[OCTAL_DIGITS];
	char *end = tmp + sizeof(tmp);
	char *s = digits(end, value, base, sp->flags & FLAG_UPPER);
	int ndigits = (int)(end - s);
	int nprefix = (int)strlen(prefix);
	int zeros, pad;

	zeros = (sp->precision == NO_PRECISION ? 1 : sp->precision) - ndigits;
	if (base == 8 && (sp->flags & FLAG_ALT))
		zeros = max(zeros, 1); /* "#" promises a leading zero */
	zeros = max(zeros, 0);
	pad = max(sp->width - nprefix - zeros - ndigits, 0);
	if ((sp->flags & FLAG_ZERO) && !(sp->flags & FLAG_LEFT) &&
	    sp->precision == NO_PRECISION) {
		zeros += pad;
		pad = 0;
	}
	if (!(sp->flags & FLAG_LEFT))
		put_repeat(o, ' ', pad);
	put_text(o, prefix, (size_t)nprefix);
	put_repeat(o, '0', zeros);
	put_text(o, s, (size_t)ndigits);
	if (sp->flags & FLAG_LEFT)
		put_repeat(o, ' ', pad);
}

static void put_signed(struct out *o, const struct spec *sp, struct args *a)
{
	const char *prefix = "";
	s64 v;

	if (sp->length == 'l')
		v = va_arg(a->ap, long);
	else
		v = va_arg(a->ap, int);
	if (sp->length == 'h')
		v = (short)v;
	else if (sp->length == 'H')
		v = (signed char)v;
	if (v < 0)
		prefix = "-";
	else if (sp->flags & FLAG_PLUS)
		prefix = "+";
	else if (sp->flags & FLAG_SPACE)
		prefix = " ";
	/* Negated as unsigned: the most negative number has no positive. */
	put_number(o, sp, v < 0 ? -(u64)v : (u64)v, 10, prefix);
}

static void put_unsigned(struct out *o, struct spec *sp, struct args *a,
			 char conv)
{
	const char *prefix = "";
	unsigned int base = 10;
	u64 v;

	if (sp->length == 'l')
		v = va_arg(a->ap, unsigned long);
	else
		v = va_arg(a->ap, unsigned int);
	if (sp->length == 'h')
		v = (unsigned short)v;
	else if (sp->length == 'H')
		v = (unsigned char)v;
	if (conv == 'o')
		base = 8;
	else if (conv != 'u')
		base = 16;
	if (conv == 'X')
		sp->flags |= FLAG_UPPER;
	if (base == 16 && (sp->flags & FLAG_ALT) && v)
		prefix = conv == 'X' ? "0X" : "0x";
	put_number(o, sp, v, base, prefix);
}

/* %pS and %ps; an address without a name is shown as a number. */
static void put_symbol(struct out *o, const struct spec *sp, unsigned long addr,
		       bool offset)
{
	const struct spec plain = {.precision = NO_PRECISION};
	struct ksym sym;

	if (!ksym_lookup(addr, &sym)) {
		put_number(o, sp, addr, 16, "0x");
		return;
	}
	if (!offset) {
		put_string(o, sp, sym.name);
		return;
	}
	put_string(o, &plain, sym.name);
	put_char(o, '+');
	put_number(o, &plain, addr - sym.addr, 16, "0x");
	put_char(o, '/');
	put_number(o, &plain, sym.size, 16, "0x");
}

/* %pb: "0-3,7". */
static void put_cpumask(struct out *o, const struct cpumask *m)
{
	const struct spec plain = {.precision = NO_PRECISION};
	unsigned int start = 0, end;
	bool first = true;

	while (bitmap_next_range(m->bits, nr_cpu_ids, &start, &end)) {
		if (!first)
			put_char(o, ',');
		first = false;
		put_number(o, &plain, start, 10, "");
		if (end - start > 1) {
			put_char(o, '-');
			put_number(o, &plain, end - 1, 10, "");
		}
		start = end;
	}
}

/* @fmt points at the 'p'; returns the last character that belongs to it. */
static const char *put_pointer(struct out *o, struct spec *sp, struct args *a,
			       const char *fmt)
{
	const void *p = va_arg(a->ap, const void *);

	switch (fmt[1]) {
	case 'S':
	case 's':
		put_symbol(o, sp, (unsigned long)p, fmt[1] == 'S');
		return fmt + 1;
	case 'b':
		put_cpumask(o, p);
		return fmt + 1;
	default:
		if (sp->precision == NO_PRECISION)
			sp->precision = POINTER_WIDTH;
		put_number(o, sp, (unsigned long)p, 16, "");
		return fmt;
	}
}

/* A number in the format, or a '*' that takes it from the arguments. */
static const char *parse_count(const char *fmt, struct args *a, int *count)
{
	int n = 0;

	if (*fmt == '*') {
		n = va_arg(a->ap, int);
		fmt++;
	} else {
		for (; isdigit(*fmt); fmt++)
			n = min(n * 10 + (*fmt - '0'), FIELD_MAX);
	}
	*count = clamp(n, -FIELD_MAX, FIELD_MAX);
	return fmt;
}

static const char *parse_flags(const char *fmt, struct spec *sp)
{
	for (;; fmt++) {
		switch (*fmt) {
		case '-':
			sp->flags |= FLAG_LEFT;
			break;
		case '+':
			sp->flags |= FLAG_PLUS;
			break;
		case ' ':
			sp->flags |= FLAG_SPACE;
			break;
		case '#':
			sp->flags |= FLAG_ALT;
			break;
		case '0':
			sp->flags |= FLAG_ZERO;
			break;
		default:
			return fmt;
		}
	}
}

/* @fmt is behind the '%'; returns the conversion letter. */
static const char *parse_spec(const char *fmt, struct args *a, struct spec *sp)
{
	sp->flags = 0;
	sp->precision = NO_PRECISION;
	sp->length = 0;
	fmt = parse_flags(fmt, sp);
	fmt = parse_count(fmt, a, &sp->width);
	if (sp->width < 0) {
		sp->flags |= FLAG_LEFT;
		sp->width = -sp->width;
	}
	if (*fmt == '.') {
		fmt = parse_count(fmt + 1, a, &sp->precision);
		sp->precision = max(sp->precision, NO_PRECISION);
	}
	if (*fmt == 'h') {
		sp->length = fmt[1] == 'h' ? 'H' : 'h';
		fmt += fmt[1] == 'h' ? 2 : 1;
	} else if (*fmt == 'l') {
		sp->length = 'l';
		fmt += fmt[1] == 'l' ? 2 : 1;
	} else if (*fmt == 'z' || *fmt == 't') {
		sp->length = 'l';
		fmt++;
	}
	return fmt;
}

/* @start is at the '%'; returns the last character used. */
static const char *put_conversion(struct out *o, struct args *a,
				  const char *start)
{
	struct spec sp;
	const char *fmt = parse_spec(start + 1, a, &sp);
	char c;

	switch (*fmt) {
	case 'd':
	case 'i':
		put_signed(o, &sp, a);
		break;
	case 'u':
	case 'x':
	case 'X':
	case 'o':
		put_unsigned(o, &sp, a, *fmt);
		break;
	case 'c':
		c = (char)va_arg(a->ap, int);
		put_field(o, &sp, &c, 1);
		break;
	case 's':
		put_string(o, &sp, va_arg(a->ap, const char *));
		break;
	case 'p':
		return put_pointer(o, &sp, a, fmt);
	case '%':
		put_char(o, '%');
		break;
	case '\0':
		/* The format ends inside the conversion: show what there is. */
		fmt--;
		put_text(o, start, (size_t)(fmt - start) + 1);
		break;
	default:
		put_text(o, start, (size_t)(fmt - start) + 1);
	}
	return fmt;
}

int vsnprintf(char *buf, size_t size, const char *fmt, va_list ap)
{
	struct out o = {.buf = buf, .size = size};
	struct args a;

	va_copy(a.ap, ap);
	for (; *fmt; fmt++) {
		if (*fmt == '%')
			fmt = put_conversion(&o, &a, fmt);
		else
			put_char(&o, *fmt);
	}
	va_end(a.ap);
	if (size)
		buf[min(o.len, size - 1)] = '\0'; /* I1 */
	return (int)o.len;
}

int snprintf(char *buf, size_t size, const char *fmt, ...)
{
	va_list ap;
	int len;

	va_start(ap, fmt);
	len = vsnprintf(buf, size, fmt, ap);
	va_end(ap);
	return len;
}

int vscnprintf(char *buf, size_t size, const char *fmt, va_list ap)
{
	int len = vsnprintf(buf, size, fmt, ap);

	if (!size)
		return 0;
	return (size_t)len < size ? len : (int)(size - 1);
}

int scnprintf(char *buf, size_t size, const char *fmt, ...)
{
	va_list ap;
	int len;

	va_start(ap, fmt);
	len = vscnprintf(buf, size, fmt, ap);
	va_end(ap);
	return len;
}
