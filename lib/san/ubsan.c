/* SPDX-License-Identifier: MIT */
/*
 * ubsan.c - undefined behaviour, reported where it happens.
 *
 * Purpose. An overflow or a shift too far does what the optimiser likes. With
 *	CONFIG=ubsan the compiler checks each such operation and calls one of
 *	the functions below before it goes wrong.
 *
 * Model. The compiler describes the place and the types in a structure and
 *	passes the operands as words: a value of at most 64 bits itself, a
 *	larger one by address. Each handler turns them into one line, which
 *	becomes a warning: the running test fails, the boot goes on.
 *
 *	-fsanitize=undefined:   a + b ---> if (overflow)
 *	                                     __ubsan_handle_add_overflow(
 *	                                       &{place, type}, a, b)
 *
 *	The structures and names are the compilers' common interface, the same
 *	in gcc 12 and clang 14; there is no header for them.
 *
 * Invariants.
 *   I1  A place is reported once, so that a loop cannot drown the log; what a
 *       test expects is counted each time.
 *   I2  A handler does not come back into itself: this file is compiled
 *       without the checks, and a report made on the way to a report is left
 *       out.
 *
 * Locking. The mark of a place is set by an atomic exchange.
 * Contexts. Any from which printk may be called, with per-CPU data set up.
 * Limits. No kinds of C++ and of floating point: nothing emits them here, and
 *	a new kind would not link. Behind an unreachable point there is no code
 *	to go on with: that one panics.
 */
#include <base/assert.h>
#include <base/atomic.h>
#include <lib/fault.h>
#include <lib/fmt.h>
#include <lib/percpu.h>
#include <lib/preempt.h>

/* ---- what the compiler writes -------------------------------------------- */

struct place {
	const char *file;
	u32 line;
	u32 column; /* ~0: was reported */
};

enum type_kind {
	TYPE_INTEGER = 0,
	TYPE_FLOAT = 1,
	TYPE_OTHER = 0xffff,
};

struct type {
	u16 kind; /* enum type_kind */
	u16 info; /* integers: bit 0 signed, above it log2 of the bits */
	char name[];
};

struct overflow {
	struct place place;
	const struct type *type;
};

struct shift {
	struct place place;
	const struct type *left, *right;
};

struct out_of_bounds {
	struct place place;
	const struct type *array, *index;
};

struct mismatch {
	struct place place;
	const struct type *type;
	u8 log_alignment;
	u8 access; /* index of access_names[] */
};

struct nonnull_arg {
	struct place place;
	struct place attribute;
	int index; /* counts from 1 */
};

struct invalid_builtin {
	struct place place;
	u8 kind;
};

struct assumption {
	struct place place;
	struct place told;
	const struct type *type;
};

/* ---- values as text ------------------------------------------------------ */

#define VALUE_MAX  40
#define REPORT_MAX 140

static unsigned int type_bits(const struct type *t)
{
	return 1U << (t->info >> 1);
}

static bool type_signed(const struct type *t)
{
	return t->kind == TYPE_INTEGER && (t->info & 1);
}

/* The integer behind an operand, its low 64 bits, sign extended. */
static s64 value_of(const struct type *t, unsigned long operand)
{
	unsigned int bits = type_bits(t);

	if (bits > 64)
		return *(const s64 *)operand;
	if (type_signed(t))
		return (s64)(operand << (64 - bits)) >> (64 - bits);
	return (s64)operand;
}

static const char *value_text(char *buf, const struct type *t,
			      unsigned long operand)
{
	s64 v;

	if (t->kind != TYPE_INTEGER) {
		snprintf(buf, VALUE_MAX, "?");
		return buf;
	}
	v = value_of(t, operand);
	if (type_bits(t) > 64)
		snprintf(buf, VALUE_MAX, "...%016llx", (u64)v);
	else if (type_signed(t))
		snprintf(buf, VALUE_MAX, "%lld", v);
	else
		snprintf(buf, VALUE_MAX, "%llu", (u64)v);
	return buf;
}

/* ---- reporting ----------------------------------------------------------- */

static DEFINE_PER_CPU(unsigned int, reporting);

static void __printf(2, 3) report(struct place *p, const char *fmt, ...)
{
	char text[REPORT_MAX];
	va_list ap;

	preempt_disable();
	if (this_cpu_add_return(reporting, 1) == 1) { /* I2 */
		va_start(ap, fmt);
		vscnprintf(text, sizeof(text), fmt, ap);
		va_end(ap);
		if (!warn_expect_handle(text) && xchg(&p->column, ~0U) != ~0U)
			warn_report(p->file, (int)p->line, "%s", text);
	}
	this_cpu_sub(reporting, 1);
	preempt_enable();
}

static void arithmetic(struct overflow *d, const char *op, unsigned long a,
		       unsigned long b)
{
	char left[VALUE_MAX], right[VALUE_MAX];

	report(&d->place, "ubsan: overflow: %s %s %s does not fit in %s",
	       value_text(left, d->type, a), op, value_text(right, d->type, b),
	       d->type->name);
}

/* The compiler's names, which no header declares. */
void __ubsan_handle_add_overflow(struct overflow *d, unsigned long a,
				 unsigned long b);
void __ubsan_handle_sub_overflow(struct overflow *d, unsigned long a,
				 unsigned long b);
void __ubsan_handle_mul_overflow(struct overflow *d, unsigned long a,
				 unsigned long b);
void __ubsan_handle_negate_overflow(struct overflow *d, unsigned long a);
void __ubsan_handle_divrem_overflow(struct overflow *d, unsigned long a,
				    unsigned long b);
void __ubsan_handle_shift_out_of_bounds(struct shift *d, unsigned long a,
					unsigned long b);
void __ubsan_handle_out_of_bounds(struct out_of_bounds *d, unsigned long index);
void __ubsan_handle_type_mismatch_v1(struct mismatch *d, unsigned long ptr);
void __ubsan_handle_pointer_overflow(struct place *d, unsigned long base,
				     unsigned long result);
void __ubsan_handle_load_invalid_value(struct overflow *d, unsigned long value);
void __ubsan_handle_vla_bound_not_positive(struct overflow *d,
					   unsigned long bound);
void __ubsan_handle_nonnull_arg(struct nonnull_arg *d);
void __ubsan_handle_nonnull_return_v1(struct place *attribute, struct place *p);
void __ubsan_handle_invalid_builtin(struct invalid_builtin *d);
void __ubsan_handle_alignment_assumption(struct assumption *d,
					 unsigned long ptr, unsigned long align,
					 unsigned long offset);
void __noreturn __ubsan_handle_builtin_unreachable(struct place *d);

/* ---- arithmetic ---------------------------------------------------------- */

void __ubsan_handle_add_overflow(struct overflow *d, unsigned long a,
				 unsigned long b)
{
	arithmetic(d, "+", a, b);
}

void __ubsan_handle_sub_overflow(struct overflow *d, unsigned long a,
				 unsigned long b)
{
	arithmetic(d, "-", a, b);
}

void __ubsan_handle_mul_overflow(struct overflow *d, unsigned long a,
				 unsigned long b)
{
	arithmetic(d, "*", a, b);
}

void __ubsan_handle_negate_overflow(struct overflow *d, unsigned long a)
{
	char value[VALUE_MAX];

	report(&d->place, "ubsan: overflow: -(%s) does not fit in %s",
	       value_text(value, d->type, a), d->type->name);
}

/* The CPU itself raises #DE right behind this. */
void __ubsan_handle_divrem_overflow(struct overflow *d, unsigned long a,
				    unsigned long b)
{
	if (d->type->kind == TYPE_INTEGER && value_of(d->type, b) == 0)
		report(&d->place, "ubsan: division by zero");
	else
		arithmetic(d, "/", a, b);
}

void __ubsan_handle_shift_out_of_bounds(struct shift *d, unsigned long a,
					unsigned long b)
{
	char left[VALUE_MAX], right[VALUE_MAX];
	s64 by = value_of(d->right, b);

	value_text(left, d->left, a);
	value_text(right, d->right, b);
	if (type_signed(d->right) && by < 0)
		report(&d->place, "ubsan: shift: %s by negative %s", left,
		       right);
	else if ((u64)by >= type_bits(d->left))
		report(&d->place, "ubsan: shift: %s by %s of the %u bits of %s",
		       left, right, type_bits(d->left), d->left->name);
	else if (type_signed(d->left) && value_of(d->left, a) < 0)
		report(&d->place, "ubsan: shift: left shift of negative %s",
		       left);
	else
		report(&d->place, "ubsan: shift: %s << %s does not fit in %s",
		       left, right, d->left->name);
}

/* ---- memory -------------------------------------------------------------- */

void __ubsan_handle_out_of_bounds(struct out_of_bounds *d, unsigned long index)
{
	char value[VALUE_MAX];

	report(&d->place, "ubsan: bounds: index %s of %s",
	       value_text(value, d->index, index), d->array->name);
}

static const char *access_name(unsigned int access)
{
	static const char *const access_names[] = {
		"load",	       "store",	     "reference to",
		"member of",   "call on",    "constructor call on",
		"downcast of", "downcast of"};

	return access < ARRAY_SIZE(access_names) ? access_names[access]
						 : "access to";
}

void __ubsan_handle_type_mismatch_v1(struct mismatch *d, unsigned long ptr)
{
	unsigned long align = 1UL << d->log_alignment;
	const char *what = access_name(d->access);

	if (!ptr)
		report(&d->place, "ubsan: null: %s a null pointer to %s", what,
		       d->type->name);
	else if (ptr & (align - 1))
		report(&d->place,
		       "ubsan: alignment: %s 0x%lx, %s needs a multiple of %lu",
		       what, ptr, d->type->name, align);
	else
		report(&d->place,
		       "ubsan: object size: %s 0x%lx, too small for %s", what,
		       ptr, d->type->name);
}

void __ubsan_handle_pointer_overflow(struct place *d, unsigned long base,
				     unsigned long result)
{
	report(d, "ubsan: pointer: 0x%lx + offset gives 0x%lx", base, result);
}

void __ubsan_handle_alignment_assumption(struct assumption *d,
					 unsigned long ptr, unsigned long align,
					 unsigned long offset)
{
	report(&d->place,
	       "ubsan: assumption: 0x%lx - %lu is no multiple of %lu", ptr,
	       offset, align);
}

/* ---- values and promises ------------------------------------------------- */

void __ubsan_handle_load_invalid_value(struct overflow *d, unsigned long value)
{
	char text[VALUE_MAX];

	report(&d->place, "ubsan: value: %s is none of %s",
	       value_text(text, d->type, value), d->type->name);
}

void __ubsan_handle_vla_bound_not_positive(struct overflow *d,
					   unsigned long bound)
{
	char text[VALUE_MAX];

	report(&d->place, "ubsan: array: length %s",
	       value_text(text, d->type, bound));
}

void __ubsan_handle_nonnull_arg(struct nonnull_arg *d)
{
	report(&d->place, "ubsan: null: argument %d must not be null",
	       d->index);
}

void __ubsan_handle_nonnull_return_v1(struct place *attribute __unused,
				      struct place *p)
{
	report(p, "ubsan: null: result must not be null");
}

void __ubsan_handle_invalid_builtin(struct invalid_builtin *d)
{
	report(&d->place, "ubsan: builtin: %s of zero is undefined",
	       d->kind ? "clz" : "ctz");
}

void __noreturn __ubsan_handle_builtin_unreachable(struct place *d)
{
	bug_report(d->file, (int)d->line,
		   "ubsan: an unreachable point was reached");
}
