/* SPDX-License-Identifier: MIT */
/*
 * fuzz_multiboot2.c - random multiboot2 information.
 *
 * Model. The first byte says how far from 8-byte alignment the block lies
 * (low 3 bits); the rest is the block.
 */
#include <arch/boot.h>

#include "fuzz.h"

static struct boot_info bi;

int LLVMFuzzerTestOneInput(const u8 *data, size_t size)
{
	char text[100];
	size_t shift;
	u8 *block;

	if (size < 1)
		return 0;
	/* Aligned at its end, so the first byte beyond is always caught. */
	shift = data[0] & 7;
	block = malloc(size - 1 + shift);
	FUZZ_CHECK(block);
	memcpy(block + shift, data + 1, size - 1);
	multiboot2_parse(block + shift, size - 1, &bi);
	free(block); /* nothing may be referred to afterwards */

	FUZZ_CHECK(boot_info_check(&bi) == 0);
	for (unsigned int i = 0; i < bi.nr_problems; i++)
		boot_problem_describe(&bi.problems[i], text, sizeof(text));
	boot_info_check_modules(&bi, 0x100000, 0x400000);
	FUZZ_CHECK(boot_info_check(&bi) == 0);
	return 0;
}
