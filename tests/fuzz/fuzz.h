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
 * Random bytes alone would die at the first length. So each driver also
 * tells what the records of its input are (tags, table entries, ranges), and
 * mutate.c changes, removes, repeats and swaps those, with the lengths around
 * them put right. fuzz.mk builds it all, tools/fuzz.py runs it.
 */
#ifndef TESTS_FUZZ_FUZZ_H
#define TESTS_FUZZ_FUZZ_H

#include <base/compiler.h>
#include <base/types.h>
#include <arch/boot.h>
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
size_t LLVMFuzzerMutate(u8 *data, size_t size, size_t max_size);
size_t LLVMFuzzerCustomMutator(u8 *data, size_t size, size_t max_size,
			       unsigned int seed);

/**
 * fuzz_copy() - a copy in a block of its own, freed by fuzz_free_all().
 *
 * Return: NULL when there have been too many of them for one input.
 */
void *fuzz_copy(const void *data, size_t size);
void fuzz_free_all(void);

/* Was a copy refused since the last fuzz_free_all()? */
bool fuzz_copies_ran_out(void);

/**
 * fuzz_check_boot_info() - what must hold after any input.
 *
 * The invariants, a text for each problem, the modules' rule, and that the
 * boot allocator takes the map and counts the same bytes.
 */
void fuzz_check_boot_info(struct boot_info *bi);

/* A range as it stood in the input, for fuzz_check_overlay(). */
struct fuzz_range {
	u64 base;
	u64 size;
	u32 type;
};

/**
 * fuzz_check_overlay() - I2 of <arch/boot.h> against the plain definition.
 * @in: all ranges of the input, in any order.
 *
 * At each border of a range, the map must say what the most restrictive of
 * the ranges there says. Ranges that did not fit may be missing if usable.
 */
void fuzz_check_overlay(const struct boot_info *bi, const struct fuzz_range *in,
			unsigned int nr);

/* A u32 that tells the size in bytes of something around a record. */
#define FUZZ_SIZES 3

struct fuzz_record {
	u32 off;
	u32 len;
	u32 sizes[FUZZ_SIZES]; /* offsets of such numbers; 0: none */
	u32 count; /* offset of a u32 that counts records; 0: none */
};

#define FUZZ_MAX_RECORDS 400

struct fuzz_records {
	struct fuzz_record r[FUZZ_MAX_RECORDS];
	unsigned int nr;
};

/* The next free record; NULL when the list is full. */
struct fuzz_record *fuzz_record_add(struct fuzz_records *list, size_t off,
				    size_t len);

/**
 * fuzz_list_records() - what of the input may be changed as a unit.
 *
 * Defined by each driver. The input may be garbage: a record must lie inside
 * it, its numbers as well.
 */
void fuzz_list_records(const u8 *data, size_t size, struct fuzz_records *list);

#endif /* TESTS_FUZZ_FUZZ_H */
