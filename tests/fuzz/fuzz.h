/* SPDX-License-Identifier: MIT */
/*
 * fuzz.h - shared by the fuzz drivers.
 *
 * Model. A driver is the function that libFuzzer calls with random bytes. It
 * makes the parser's input from them in blocks of exactly the right size, so
 * that the address sanitizer sees a read of even one byte too many, and
 * aborts when the result breaks an invariant. The parser's calls of memcpy()
 * and the like go to the C library here, whose versions are checked too;
 * support.c stands in for the few functions that the C library lacks.
 *
 *	clang -std=gnu11 -g -O1 -fsanitize=fuzzer,address,undefined
 *		-fno-sanitize-recover=all -ffreestanding -DCONFIG_DEBUG=1
 *		-Iinclude -Iarch/x86_64/include
 *		tests/fuzz/fuzz_acpi.c tests/fuzz/support.c
 *		arch/x86_64/acpi*.c
 *
 * (boot/boot_info.c boot/boot_text.c and the parser for the others.)
 */
#ifndef TESTS_FUZZ_FUZZ_H
#define TESTS_FUZZ_FUZZ_H

#include <base/compiler.h>
#include <base/types.h>
#include <lib/string.h>

/* Of the C library. */
void *malloc(size_t size);
void free(void *p);
void abort(void) __noreturn;

#define FUZZ_CHECK(cond)         \
	do {                     \
		if (!(cond))     \
			abort(); \
	} while (0)

int LLVMFuzzerTestOneInput(const u8 *data, size_t size);

/**
 * fuzz_copy() - a copy in a block of its own, freed by fuzz_free_all().
 *
 * Return: NULL when there have been too many of them for one input.
 */
void *fuzz_copy(const void *data, size_t size);
void fuzz_free_all(void);

#endif /* TESTS_FUZZ_FUZZ_H */
