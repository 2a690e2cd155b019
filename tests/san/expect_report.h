/* SPDX-License-Identifier: MIT */
/*
 * expect_report.h - run something that CONFIG=kasan must report, once.
 */
#ifndef TESTS_SAN_EXPECT_REPORT_H
#define TESTS_SAN_EXPECT_REPORT_H

#include <lib/fault.h>
#include <lib/fmt.h>
#include <lib/selftest.h>

/*
 * @what: "<kind>: write of 1 byte"; @addr: where; @relation: "0 bytes behind
 * the 13 bytes of table"; @object: where that begins.
 */
static inline void expect_report(void (*fn)(void *), void *arg,
				 const char *what, const void *addr,
				 const char *relation, const void *object)
{
	char want[160];

	snprintf(want, sizeof(want), "kasan: %s at 0x%lx, %s at 0x%lx", what,
		 (unsigned long)addr, relation, (unsigned long)object);
	warn_expect_begin();
	fn(arg);
	EXPECT_STREQ(warn_expect_text(), want);
	EXPECT_EQ(warn_expect_end(), 1U);
}

#endif /* TESTS_SAN_EXPECT_REPORT_H */
