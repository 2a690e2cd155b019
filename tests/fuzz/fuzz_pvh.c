/* SPDX-License-Identifier: MIT */
/*
 * fuzz_pvh.c - random PVH start_info and what it points to.
 *
 * Model. Input: 56 bytes of start_info (40 are given to the parser when the
 * version is 0), then physical memory from 0x1000 on.
 */
#include <base/unaligned.h>
#include <arch/boot.h>

#include "fuzz.h"

#define MEMORY_PHYS 0x1000ULL
#define START_INFO  56
#define START_V0    40

static struct boot_info bi;

struct memory {
	const u8 *data;
	size_t size;
};

static const void *memory_map(void *ctx, phys_addr_t pa, size_t len)
{
	const struct memory *m = ctx;

	if (pa < MEMORY_PHYS || pa - MEMORY_PHYS > m->size ||
	    len > m->size - (pa - MEMORY_PHYS))
		return NULL;
	return fuzz_copy(m->data + (pa - MEMORY_PHYS), len);
}

int LLVMFuzzerTestOneInput(const u8 *data, size_t size)
{
	struct memory m = {.data = data + START_INFO};
	struct phys_reader rd = {.map = memory_map, .ctx = &m};
	char text[100];
	void *si;

	if (size < START_INFO)
		return 0;
	m.size = size - START_INFO;
	si = fuzz_copy(data,
		       get_unaligned_le32(data + 4) ? START_INFO : START_V0);
	pvh_parse(si, &rd, &bi);
	fuzz_free_all();

	FUZZ_CHECK(boot_info_check(&bi) == 0);
	for (unsigned int i = 0; i < bi.nr_problems; i++)
		boot_problem_describe(&bi.problems[i], text, sizeof(text));
	return 0;
}
