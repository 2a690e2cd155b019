/* SPDX-License-Identifier: MIT */
/*
 * selftest.h - how a test case is written.
 *
 *	SELFTEST(lib, list, add_tail, "A PROC-12", unit)
 *	{
 *		...
 *		EXPECT_EQ(list_count(&head), 3);
 *	}
 *
 * Model. SELFTEST puts a descriptor into the .selftests section; the runner
 * (kernel/selftest.c, or tests/host/ for class unit) finds it there, so no
 * list of tests exists anywhere. The third argument but one names the
 * specification items that the case proves.
 *
 * Classes.
 *   unit   pure code; also compiled for the host under ASan and UBSan
 *   func   one mechanism of the running kernel (default)
 *   race   wants several CPUs and many seeds
 *   alloc  few allocations, with EXPECT_ALLOC(); run again with each of them
 *	    failing, which must neither leak nor crash
 *   stress long; loop counts multiplied by scale=
 *
 * EXPECT_*() records a failure with both values and goes on; REQUIRE_*()
 * also leaves the function it stands in, for when going on makes no sense.
 * Both count as checks: a case that checked nothing fails. They may be used
 * from any CPU and from interrupt handlers.
 */
#ifndef LIB_SELFTEST_H
#define LIB_SELFTEST_H

#include <base/compiler.h>
#include <base/errno.h>
#include <base/types.h>

enum selftest_class {
	SELFTEST_func,
	SELFTEST_unit,
	SELFTEST_race,
	SELFTEST_alloc,
	SELFTEST_stress,
};

struct selftest {
	const char *name;  /* "floor.concept.case" */
	const char *items; /* "A PROC-12, B LIB-01" */
	const char *file;
	enum selftest_class cls;
	void (*fn)(void);
};

#define SELFTEST_DEFINE(floor, concept, name_, items_, cls_)                  \
	static void selftest_##floor##_##concept##_##name_(void);             \
	static const struct selftest                                          \
		selftest_desc_##floor##_##concept##_##name_ __used __aligned( \
			8) __section(".selftests") = {                        \
			.name = #floor "." #concept "." #name_,               \
			.items = items_,                                      \
			.file = __FILE__,                                     \
			.cls = SELFTEST_##cls_,                               \
			.fn = selftest_##floor##_##concept##_##name_,         \
	};                                                                    \
	static void selftest_##floor##_##concept##_##name_(void)

#define SELFTEST4(f, c, n, i)		     SELFTEST_DEFINE(f, c, n, i, func)
#define SELFTEST5(f, c, n, i, cls)	     SELFTEST_DEFINE(f, c, n, i, cls)
#define SELFTEST_PICK(a, b, c, d, e, m, ...) m
#define SELFTEST(...) \
	SELFTEST_PICK(__VA_ARGS__, SELFTEST5, SELFTEST4, 0)(__VA_ARGS__)

/**
 * selftest_check() - count one check, and report it if it failed.
 * @ok: the verdict.
 * @expr: its source text.
 * @got, @want: the two values compared; printed when @ok is false.
 *
 * Context: any.
 * Return: @ok.
 */
bool selftest_check(bool ok, const char *file, int line, const char *expr,
		    u64 got, u64 want);
bool selftest_check_str(const char *file, int line, const char *expr,
			const char *got, const char *want);

/**
 * selftest_skip() - end of a case that cannot run here (say why), for
 * example for want of a second CPU. Reported as "# SKIP", never as a pass.
 * @why: a constant text; the case returns right after the call.
 *
 * Context: the CPU that runs the case.
 */
void selftest_skip(const char *why);

/**
 * selftest_failing() - was an allocation of this run made to fail?
 *
 * For the checks of a case of class alloc that are true only when it got all
 * the memory it wanted.
 *
 * Context: the CPU that runs the case.
 * Return: true from the allocation that failed until the case ends.
 */
bool selftest_failing(void);

/* Loop counts of stress cases are multiplied by this (scale=, default 1). */
unsigned long selftest_scale(void);

/* Seed of this run (seed=); cases derive their generators from it. */
u64 selftest_seed(void);

/*
 * EXPECT_EQ(count, 3) must compile whatever the sign of count's type. The
 * text is made by the macro that the test names: one further in would print
 * what the arguments expand to.
 */
#define EXPECT_CMP(a, op, b, text)                                        \
	({                                                                \
		__typeof__(a) exp_a = (a);                                \
		__typeof__(b) exp_b = (b);                                \
		_Pragma("GCC diagnostic push") _Pragma(                   \
			"GCC diagnostic ignored \"-Wsign-compare\"") bool \
			exp_ok = exp_a op exp_b;                          \
		_Pragma("GCC diagnostic pop")                             \
			selftest_check(exp_ok, __FILE__, __LINE__, text,  \
				       (u64)exp_a, (u64)exp_b);           \
	})
#define EXPECT_EQ(a, b) EXPECT_CMP(a, ==, b, #a " == " #b)
#define EXPECT_NE(a, b) EXPECT_CMP(a, !=, b, #a " != " #b)
#define EXPECT_LT(a, b) EXPECT_CMP(a, <, b, #a " < " #b)
#define EXPECT_LE(a, b) EXPECT_CMP(a, <=, b, #a " <= " #b)
#define EXPECT_GT(a, b) EXPECT_CMP(a, >, b, #a " > " #b)
#define EXPECT_GE(a, b) EXPECT_CMP(a, >=, b, #a " >= " #b)
#define EXPECT_BOOL(a, want, text)                                             \
	({                                                                     \
		bool exp_a = !!(a);                                            \
		selftest_check(exp_a == want, __FILE__, __LINE__, text, exp_a, \
			       want);                                          \
	})
#define EXPECT_TRUE(a)	EXPECT_BOOL(a, true, #a " is true")
#define EXPECT_FALSE(a) EXPECT_BOOL(a, false, #a " is false")
#define EXPECT_PTR_EQ(a, b)                                         \
	({                                                          \
		const void *exp_a = (a);                            \
		const void *exp_b = (b);                            \
		selftest_check(exp_a == exp_b, __FILE__, __LINE__,  \
			       #a " == " #b, (u64)(uintptr_t)exp_a, \
			       (u64)(uintptr_t)exp_b);              \
	})
#define EXPECT_STREQ(a, b) \
	selftest_check_str(__FILE__, __LINE__, #a " is " #b, (a), (b))

/*
 * The result of an allocation, in a case of class alloc: a pointer that must
 * not be NULL, or an error that must be 0. An exception is the run in which
 * an allocation was made to fail: then NULL and -ENOMEM are as good, and the
 * case goes its way back. Value: whether the thing is there.
 *
 *	p = kmalloc(8, GFP_KERNEL);
 *	if (!EXPECT_ALLOC(p))
 *		return;
 *	err = idr_alloc(&idr, p, 0, 0, GFP_KERNEL);
 *	if (EXPECT_ALLOC_OK(err < 0 ? err : 0))
 *		...
 */
#define EXPECT_ALLOC(p)                                               \
	({                                                            \
		const volatile void *exp_p = (p);                     \
		selftest_check(exp_p || selftest_failing(), __FILE__, \
			       __LINE__, #p " is allocated",          \
			       (u64)(uintptr_t)exp_p, 1);             \
		exp_p != NULL;                                        \
	})
#define EXPECT_ALLOC_OK(err)                                                \
	({                                                                  \
		int exp_e = (err);                                          \
		selftest_check(                                             \
			!exp_e || (exp_e == -ENOMEM && selftest_failing()), \
			__FILE__, __LINE__, #err " is 0 or ENOMEM",         \
			(u64)exp_e, 0);                                     \
		exp_e == 0;                                                 \
	})

#define REQUIRE(check)          \
	do {                    \
		if (!(check))   \
			return; \
	} while (0)
#define REQUIRE_EQ(a, b) REQUIRE(EXPECT_CMP(a, ==, b, #a " == " #b))
#define REQUIRE_NE(a, b) REQUIRE(EXPECT_CMP(a, !=, b, #a " != " #b))
#define REQUIRE_TRUE(a)	 REQUIRE(EXPECT_BOOL(a, true, #a " is true"))

#endif /* LIB_SELFTEST_H */
