/* SPDX-License-Identifier: MIT */
/*
 * test_stack_protector.c - a function that smashes its stack is caught by name.
 */
#include <lib/stack_protector.h>

#include <base/compiler.h>
#include <base/config.h>
#include <lib/fault.h>
#include <lib/fmt.h>
#include <lib/selftest.h>
#include <lib/string.h>

/*
 * Fills an array, and if @past all up to the frame's saved rbp. CONFIG=kasan
 * would have something to say, too; here the canary is meant.
 */
static noinline __no_kasan void fill(size_t past)
{
	char array[32];
	char *end = __builtin_frame_address(0);
	size_t n = past ? (size_t)(end - array) : sizeof(array);

	for (size_t i = 0; i < n; i++) {
		char *p = array;

		__asm__ __volatile__("" : "+r"(p)); /* knows no bounds */
		p[i] = 'A';
		barrier();
	}
}

static void smash(void *arg __unused)
{
	fill(1);
}

static void keep_inside(void *arg __unused)
{
	fill(0);
}

SELFTEST(lib, stack_protector, smash, "")
{
	char msg[128], want[128];

	if (!CONFIG_DEBUG) {
		selftest_skip("no stack protector in a release build");
		return;
	}
	EXPECT_TRUE(panic_catch(smash, NULL, msg, sizeof(msg)));
	snprintf(want, sizeof(want),
		 "stack smashed: %ps wrote past the end of a local array",
		 (void *)fill);
	EXPECT_STREQ(msg, want);
	EXPECT_TRUE(strstr(msg, "fill") != NULL);
}

SELFTEST(lib, stack_protector, full_array_is_good, "")
{
	char msg[128];

	EXPECT_FALSE(panic_catch(keep_inside, NULL, msg, sizeof(msg)));
}

extern unsigned long __stack_chk_guard;

SELFTEST(lib, stack_protector, canary, "")
{
	EXPECT_NE(__stack_chk_guard,
		  0x9d5fa31c7be42600UL); /* its first value */
	EXPECT_EQ(__stack_chk_guard & 0xff, 0UL);
}
