/* SPDX-License-Identifier: MIT */
/*
 * test_kasan.c - bad accesses, planted and reported: stack, globals, copies.
 *
 * Only in builds with CONFIG=kasan. Lengths and indices are volatile, so that
 * the compiler cannot know what will happen. Each bad write hits a red zone,
 * where it does no harm. test_kasan_mm.c has those of the allocators.
 */
#include <lib/kasan.h>

#include <arch/irqvec.h>
#include <base/assert.h>
#include <base/compiler.h>
#include <lib/fault.h>
#include <lib/fmt.h>
#include <lib/selftest.h>
#include <lib/string.h>

#include "expect_report.h"

/* Between the shadow and the stacks there is nothing. */
#define NOWHERE 0xfffffd0000000000UL

static volatile long index;
static volatile size_t length;
static volatile u64 sink;

/* The compiler must not know which array it is, nor how long. */
static noinline void store(volatile char *p, long i)
{
	p[i] = 1;
}

/* ---- the shadow ---------------------------------------------------------- */

static u8 bytes[64] __aligned(64);

static void read_byte(void *p)
{
	sink = *(volatile u8 *)p;
}

static void read_u64(void *p)
{
	sink = *(volatile u64 *)p;
}

static bool is_bad(void (*fn)(void *), const void *p)
{
	warn_expect_begin();
	fn((void *)(uintptr_t)p);
	return warn_expect_end();
}

/* What the header says of 0, 1..7 and negative, for each byte of a granule. */
SELFTEST(lib, kasan, shadow_values, "")
{
	for (unsigned int n = 1; n <= 16; n++) {
		kasan_poison(bytes, sizeof(bytes), KASAN_GLOBAL_REDZONE);
		kasan_unpoison(bytes, n);
		for (unsigned int i = 0; i < 24; i++)
			EXPECT_EQ(is_bad(read_byte, bytes + i), i >= n);
		for (unsigned int i = 0; i < 9; i++)
			EXPECT_EQ(is_bad(read_u64, bytes + i), i + 8 > n);
	}
	kasan_unpoison(bytes, sizeof(bytes));
	for (unsigned int i = 0; i < sizeof(bytes) / 8; i++)
		EXPECT_EQ(*kasan_shadow(bytes + 8 * i), 0);
}

static void write_byte(void *p)
{
	*(volatile u8 *)p = 1;
}

/* What has no shadow of its own shares a page of zeroes, for good. */
SELFTEST(lib, kasan, shared_page, "")
{
	static void *const empty[] = {(void *)KASAN_MEM_START, (void *)NOWHERE,
				      (void *)~7UL, (void *)KASAN_SHADOW_START};

	for (unsigned int i = 0; i < ARRAY_SIZE(empty); i++) {
		s8 *shadow = kasan_shadow(empty[i]);
		struct fault_info f = {.vector = ~0U};

		EXPECT_EQ(*shadow, 0);
		EXPECT_TRUE(fault_catch(write_byte, shadow, &f));
		EXPECT_EQ(f.vector, X86_TRAP_PF);
		EXPECT_EQ(f.error_code, 3ULL); /* a write, to what is there */
		EXPECT_EQ(f.address, (u64)(unsigned long)shadow);
		EXPECT_EQ(*shadow, 0);
	}
	/* and what has, keeps it */
	EXPECT_EQ(kasan_shadow_populate((unsigned long)bytes, sizeof(bytes), 0),
		  0);
}

/* A range is looked up whole, however long, and its first bad byte is found. */
SELFTEST(lib, kasan, ranges, "")
{
	char want[160];

	kasan_poison(bytes + 40, 8, KASAN_GLOBAL_REDZONE);
	EXPECT_TRUE(kasan_check_read(bytes, 40));
	EXPECT_TRUE(kasan_check_write(bytes + 48, 16));
	EXPECT_TRUE(kasan_check_read(bytes, 0));
	for (unsigned int from = 0; from <= 40; from++) {
		warn_expect_begin();
		EXPECT_FALSE(kasan_check_read(bytes + from, 64 - from));
		EXPECT_EQ(warn_expect_end(), 1U);
	}
	kasan_unpoison(bytes + 40, 8);

	/* around the end of all addresses: a length below zero */
	warn_expect_begin();
	EXPECT_FALSE(kasan_check_write(bytes, ~0UL));
	snprintf(want, sizeof(want),
		 "kasan: wild-access: write of %lu bytes at 0x%lx", ~0UL,
		 (unsigned long)bytes);
	EXPECT_STREQ(warn_expect_text(), want);
	EXPECT_EQ(warn_expect_end(), 1U);
	/* of the other half nothing is said; the CPU will */
	EXPECT_TRUE(kasan_check_read(NULL, 8));
	EXPECT_TRUE(kasan_check_read((void *)0x7fffffffffffUL, 1));
}

/* ---- globals ------------------------------------------------------------- */

static char table[13];
static const int constants[5] = {1, 2, 3, 4, 5};

static void write_table(void *arg __unused)
{
	table[index] = 1;
}

static void read_constants(void *arg __unused)
{
	sink = (u64)constants[index];
}

SELFTEST(lib, kasan, global, "")
{
	index = 12;
	write_table(NULL);
	EXPECT_EQ(table[12], 1);
	index = 13;
	expect_report(write_table, NULL,
		      "global-out-of-bounds: write of 1 byte", table + 13,
		      "0 bytes behind the 13 bytes of table", table);
	index = 20;
	expect_report(write_table, NULL,
		      "global-out-of-bounds: write of 1 byte", table + 20,
		      "7 bytes behind the 13 bytes of table", table);
	index = 5;
	expect_report(read_constants, NULL,
		      "global-out-of-bounds: read of 4 bytes", constants + 5,
		      "0 bytes behind the 20 bytes of constants", constants);
}

/* ---- the stack ----------------------------------------------------------- */

static char *volatile in_frame;

static noinline void write_array(void *arg __unused)
{
	char first[10], second[24];

	in_frame = arg ? second : first;
	barrier();
	store(in_frame, index);
	sink = (u64)(first[0] + second[0]);
}

static void expect_stack(void *which, long i, const char *relation)
{
	char want[160];

	index = i;
	warn_expect_begin();
	write_array(which);
	snprintf(
		want, sizeof(want),
		"kasan: stack-out-of-bounds: write of 1 byte at 0x%lx, %s at 0x%lx",
		(unsigned long)in_frame + (unsigned long)i, relation,
		(unsigned long)in_frame);
	EXPECT_STREQ(warn_expect_text(), want);
	EXPECT_EQ(warn_expect_end(), 1U);
}

SELFTEST(lib, kasan, stack, "")
{
	static char any;

	index = 9;
	write_array(NULL);
	expect_stack(NULL, 10, "0 bytes behind the 10 bytes of first");
	expect_stack(NULL, -1, "1 byte before the 10 bytes of first");
	expect_stack(&any, 24, "0 bytes behind the 24 bytes of second");
	expect_stack(&any, 28, "4 bytes behind the 24 bytes of second");
}

static void fall(void *how)
{
	char array[64];

	store(array, 0);
	if (how)
		BUG("planted");
	store((char *)NOWHERE, 0);
}

/* A frame with red zones, and one with more of them below it. */
static noinline void fall_deeper(void *how)
{
	char array[256];

	store(array, 0);
	fall(how);
	store(array, 255);
}

static unsigned int bad_below(unsigned long sp)
{
	unsigned int bad = 0;

	for (unsigned long at = sp - 4096; at < sp - 512; at += 8)
		bad += *kasan_shadow((void *)at) != 0;
	return bad;
}

/* Frames that were left by a landing are no red zones for those after them. */
SELFTEST(lib, kasan, abandoned_frames, "")
{
	unsigned long sp = (unsigned long)__builtin_frame_address(0);
	static char any;
	char msg[80];

	EXPECT_TRUE(panic_catch(fall_deeper, &any, msg, sizeof(msg)));
	EXPECT_STREQ(msg, "planted");
	EXPECT_EQ(bad_below(sp), 0U);
	EXPECT_TRUE(fault_catch(fall_deeper, NULL, NULL));
	EXPECT_EQ(bad_below(sp), 0U);
}

/* ---- copies -------------------------------------------------------------- */

static char from[32], to[24];

static void copy(void *arg __unused)
{
	memcpy(to, from, length);
}

static void move(void *arg __unused)
{
	memmove(to, from, length);
}

static void set(void *arg __unused)
{
	memset(to, 0, length);
}

static void compare(void *arg __unused)
{
	sink = (u64)memcmp(to, from, length);
}

/* Both blocks of a copy are looked at before a byte is moved. */
SELFTEST(lib, kasan, copies, "")
{
	length = 24;
	copy(NULL);
	length = 25;
	expect_report(copy, NULL, "global-out-of-bounds: write of 25 bytes", to,
		      "0 bytes behind the 24 bytes of to", to);
	expect_report(move, NULL, "global-out-of-bounds: write of 25 bytes", to,
		      "0 bytes behind the 24 bytes of to", to);
	expect_report(set, NULL, "global-out-of-bounds: write of 25 bytes", to,
		      "0 bytes behind the 24 bytes of to", to);
	EXPECT_EQ(from[0], 0); /* else the loop of memcmp() ends early */
	expect_report(compare, NULL, "global-out-of-bounds: read of 1 byte",
		      to + 24, "0 bytes behind the 24 bytes of to", to);
	length = 33;
	warn_expect_begin();
	copy(NULL);
	EXPECT_EQ(warn_expect_end(), 2U);
}

/* An overrun that reads a string is found by the loop that walks it. */
static char unterminated[8] = {'e', 'i', 'g', 'h', 't', '!', '!', '!'};

static void measure(void *arg __unused)
{
	sink = strlen(unterminated);
}

SELFTEST(lib, kasan, string, "")
{
	expect_report(measure, NULL, "global-out-of-bounds: read of 1 byte",
		      unterminated + 8,
		      "0 bytes behind the 8 bytes of unterminated",
		      unterminated);
}

/* ---- addresses that are no memory ---------------------------------------- */

/* The CPU faults on these, not the check on their shadow. */
SELFTEST(lib, kasan, no_memory, "")
{
	static void *const nowhere[] = {NULL, (void *)0x7ffffffff000UL,
					(void *)0xfffffd0000000000UL};

	for (unsigned int i = 0; i < ARRAY_SIZE(nowhere); i++) {
		struct fault_info f = {.vector = ~0U};

		EXPECT_TRUE(fault_catch(read_byte, nowhere[i], &f));
		EXPECT_EQ(f.vector, X86_TRAP_PF);
		EXPECT_EQ(f.address, (u64)(unsigned long)nowhere[i]);
	}
}
