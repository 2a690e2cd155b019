/* SPDX-License-Identifier: MIT */
/*
 * test_ubsan.c - each kind of undefined behaviour, planted and reported.
 *
 * Only in builds with CONFIG=ubsan. The operands are volatile, so that the
 * compiler cannot know what will happen; what the operation then really does
 * is not looked at, only the report.
 */
#include <arch/irqvec.h>
#include <base/compiler.h>
#include <base/types.h>
#include <kernel/version.h>
#include <lib/fault.h>
#include <lib/selftest.h>
#include <lib/string.h>

static volatile int one = 1, zero, minus_one = -1, int_max = 0x7fffffff;
static volatile int int_min = -0x7fffffff - 1, forty = 40, result;
static volatile unsigned long huge = ~0UL >> 1;
static char *volatile null;

/* Runs fn, which must be reported once, with this text. */
static void expect_report(void (*fn)(void *), const char *text)
{
	warn_expect_begin();
	fn(NULL);
	EXPECT_STREQ(warn_expect_text(), text);
	EXPECT_EQ(warn_expect_end(), 1U);
}

/* The same where addresses stand in the text: how it begins. */
static void expect_report_like(void (*fn)(void *), const char *start)
{
	warn_expect_begin();
	fn(NULL);
	EXPECT_EQ(strncmp(warn_expect_text(), start, strlen(start)), 0);
	EXPECT_GE(warn_expect_end(), 1U); /* clang: once a step of the way */
}

/* ---- arithmetic --------------------------------------------------------- */

static void add(void *arg __unused)
{
	result = int_max + one;
}

static void subtract(void *arg __unused)
{
	result = int_min - one;
}

static void multiply(void *arg __unused)
{
	result = int_max * forty;
}

static void negate(void *arg __unused)
{
	result = -int_min;
}

SELFTEST(lib, ubsan, overflow, "")
{
	expect_report(add,
		      "ubsan: overflow: 2147483647 + 1 does not fit in 'int'");
	expect_report(subtract,
		      "ubsan: overflow: -2147483648 - 1 does not fit in 'int'");
	expect_report(multiply,
		      "ubsan: overflow: 2147483647 * 40 does not fit in 'int'");
	expect_report(negate,
		      "ubsan: overflow: -(-2147483648) does not fit in 'int'");
}

static void divide_by_zero(void *arg __unused)
{
	result = one / zero;
}

static void divide_too_far(void *arg __unused)
{
	result = int_min / minus_one;
}

/* The report comes first, then the CPU's own opinion. */
static void expect_division(void (*fn)(void *), const char *text)
{
	struct fault_info info = {.vector = ~0U};

	warn_expect_begin();
	EXPECT_TRUE(fault_catch(fn, NULL, &info));
	EXPECT_EQ(info.vector, X86_TRAP_DE);
	EXPECT_STREQ(warn_expect_text(), text);
	EXPECT_EQ(warn_expect_end(), 1U);
}

SELFTEST(lib, ubsan, division, "")
{
	expect_division(divide_by_zero, "ubsan: division by zero");
	expect_division(
		divide_too_far,
		"ubsan: overflow: -2147483648 / -1 does not fit in 'int'");
}

static void shift_too_far(void *arg __unused)
{
	result = one << forty;
}

static void shift_backward(void *arg __unused)
{
	result = one << minus_one;
}

SELFTEST(lib, ubsan, shift, "")
{
	expect_report(shift_too_far,
		      "ubsan: shift: 1 by 40 of the 32 bits of 'int'");
	expect_report(shift_backward, "ubsan: shift: 1 by negative -1");
}

/* ---- memory ------------------------------------------------------------- */

static volatile int table[4 + 64]; /* room behind, for what is done wrong */

static void index_too_far(void *arg __unused)
{
	struct {
		int part[4];
		int rest[64];
	} volatile *t = (void *)table;

	result = t->part[forty];
}

SELFTEST(lib, ubsan, bounds, "")
{
	expect_report_like(index_too_far, "ubsan: bounds: index 40 of '");
}

/* Not through a volatile pointer: those clang does not check. */
static void load_unaligned(void *arg __unused)
{
	const char *bytes = (const char *)table + one;

	result = *(const int *)bytes;
}

SELFTEST(lib, ubsan, alignment, "")
{
	expect_report_like(load_unaligned, "ubsan: alignment: load 0x");
}

static void load_null(void *arg __unused)
{
	result = *(int *)null;
}

SELFTEST(lib, ubsan, null, "")
{
	struct fault_info info = {.vector = ~0U};

	warn_expect_begin();
	EXPECT_TRUE(fault_catch(load_null, NULL, &info));
	EXPECT_EQ(info.vector, X86_TRAP_PF);
	EXPECT_STREQ(warn_expect_text(),
		     "ubsan: null: load a null pointer to 'int'");
	EXPECT_EQ(warn_expect_end(), 1U);
}

static u64 one_pair[2];

struct four {
	u64 a[4];
};

static void read_past_object(void *arg __unused)
{
	barrier(); /* one_pair may hold anything */
	result = (int)((const struct four *)one_pair)->a[3];
}

SELFTEST(lib, ubsan, object_size, "")
{
	expect_report_like(read_past_object, "ubsan: object size: ");
}

static char *volatile moved;

static void move_past_the_end(void *arg __unused)
{
	char *p = (char *)table;

	moved = p + huge;
}

SELFTEST(lib, ubsan, pointer, "")
{
	expect_report_like(move_past_the_end, "ubsan: pointer: 0x");
}

/* As long as a variable says, which is 0: nothing moves on the stack. */
static void array_of_nothing(void *arg __unused)
{
	volatile int array[zero];

	result = (int)sizeof(array);
}

SELFTEST(lib, ubsan, array_length, "")
{
	expect_report(array_of_nothing, "ubsan: array: length 0");
}

static void assume_aligned(void *arg __unused)
{
	char *p = (char *)table + one;

	moved = __builtin_assume_aligned(p, 64);
}

SELFTEST(lib, ubsan, alignment_promise, "")
{
	if (!strstr(VITRIX_COMPILER, "clang"))
		return selftest_skip("only clang checks promised alignment");
	expect_report_like(assume_aligned, "ubsan: assumption: 0x");
}

/* ---- values and promises ------------------------------------------------ */

static volatile u8 seven = 7;

static void load_bool(void *arg __unused)
{
	result = *(volatile bool *)&seven;
}

SELFTEST(lib, ubsan, value, "")
{
	expect_report_like(load_bool, "ubsan: value: 7 is none of '");
}

static noinline void __attribute__((nonnull)) takes_pointer(const char *p)
{
	__asm__ __volatile__("" ::"r"(p) : "memory");
}

static void pass_null(void *arg __unused)
{
	takes_pointer(null);
}

static noinline char *__attribute__((returns_nonnull)) gives_pointer(void)
{
	return null;
}

static void return_null(void *arg __unused)
{
	moved = gives_pointer();
}

SELFTEST(lib, ubsan, promise, "")
{
	expect_report(pass_null, "ubsan: null: argument 1 must not be null");
	expect_report(return_null, "ubsan: null: result must not be null");
}

static void count_zeroes(void *arg __unused)
{
	result = __builtin_clz((unsigned int)zero);
}

SELFTEST(lib, ubsan, builtin, "")
{
	expect_report(count_zeroes, "ubsan: builtin: clz of zero is undefined");
}

static void go_where_nobody_goes(void *arg __unused)
{
	if (one)
		__builtin_unreachable();
	result = 2;
}

SELFTEST(lib, ubsan, unreachable, "")
{
	char msg[80];

	EXPECT_TRUE(panic_catch(go_where_nobody_goes, NULL, msg, sizeof(msg)));
	EXPECT_STREQ(msg, "ubsan: an unreachable point was reached");
}
