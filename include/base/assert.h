/* SPDX-License-Identifier: MIT */
/*
 * assert.h - say it, then check it.
 *
 *   ASSERT(cond)       a stated invariant; panics when false. Debug builds.
 *   BUG_ON(cond)       the same, kept in release builds: continuing would
 *                      destroy data.
 *   BUG(fmt, ...)      this point cannot be reached; prints values, panics.
 *   WARN_ON(cond)      something is wrong but survivable: a full report, the
 *                      test that runs at that moment fails, boot goes on.
 *   WARN(cond, fmt...) the same with values.
 *
 * The functions behind them live in lib/panic.c.
 */
#ifndef BASE_ASSERT_H
#define BASE_ASSERT_H

#include <base/compiler.h>
#include <base/config.h>
#include <base/types.h>

/* What BUG() and WARN() expand to; @file and @line are the caller's. */
void __noreturn __cold __printf(3, 4)
	bug_report(const char *file, int line, const char *fmt, ...);
void __cold __printf(3, 4)
	warn_report(const char *file, int line, const char *fmt, ...);

#define BUG(...) bug_report(__FILE__, __LINE__, __VA_ARGS__)

#define BUG_ON(cond)                                    \
	do {                                            \
		if (unlikely(cond))                     \
			BUG("%s", "BUG_ON(" #cond ")"); \
	} while (0)

#define ASSERT(cond)                                           \
	do {                                                   \
		if (CONFIG_DEBUG && unlikely(!(cond)))         \
			BUG("%s", "assertion failed: " #cond); \
	} while (0)

#define WARN(cond, ...)                                               \
	({                                                            \
		bool warn_hit = !!(cond);                             \
		if (unlikely(warn_hit))                               \
			warn_report(__FILE__, __LINE__, __VA_ARGS__); \
		unlikely(warn_hit);                                   \
	})

#define WARN_ON(cond) WARN(cond, "%s", "WARN_ON(" #cond ")")

#endif /* BASE_ASSERT_H */
