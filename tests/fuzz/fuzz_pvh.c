/* SPDX-License-Identifier: MIT */
/*
 * fuzz_pvh.c - random PVH start_info and what it points to.
 *
 * Model. Input: 56 bytes of start_info (40 are given to the parser when the
 * version is 0), then physical memory from 0x1000 on; from 1 MiB to 2 MiB
 * every byte is an x, so that texts and lists can be long. Records are
 * start_info, the modules and the entries of the map, which are also read
 * here, to compare the parser's map with.
 */
#include <base/bits.h>
#include <base/unaligned.h>
#include <arch/boot.h>

#include "fuzz.h"

#define MEMORY_PHYS 0x1000ULL
#define ENDLESS	    0x100000ULL
#define START_INFO  56
#define START_V0    40

/* Offsets in start_info. */
#define SI_VERSION    4
#define SI_NR_MODULES 12
#define SI_MODLIST    16
#define SI_MEMMAP     40
#define SI_NR_MEMMAP  48

#define MODULE_SIZE 32
#define RANGE_SIZE  24
#define MAX_RANGES  300 /* compared; longer maps are parsed only */

static struct boot_info bi;

struct memory {
	const u8 *data;
	size_t size;
};

static const void *memory_map(void *ctx, phys_addr_t pa, size_t len)
{
	const struct memory *m = ctx;
	char xs[64];

	if (pa >= ENDLESS && pa < 2 * ENDLESS && len <= sizeof(xs)) {
		memset(xs, 'x', sizeof(xs));
		return fuzz_copy(xs, len);
	}
	if (pa < MEMORY_PHYS || pa - MEMORY_PHYS > m->size ||
	    len > m->size - (pa - MEMORY_PHYS))
		return NULL;
	return fuzz_copy(m->data + (pa - MEMORY_PHYS), len);
}

/* The part of the list at @field that lies in the input. */
static u32 list_at(const u8 *data, size_t size, u32 field, u32 count_field,
		   u32 step, size_t *off)
{
	u64 pa = get_unaligned_le64(data + field);
	u32 count = get_unaligned_le32(data + count_field);

	if (pa < MEMORY_PHYS || pa - MEMORY_PHYS >= size - START_INFO)
		return 0;
	*off = START_INFO + (size_t)(pa - MEMORY_PHYS);
	return (u32)min_t(size_t, count, (size - *off) / step);
}

static void list_records_of(const u8 *data, size_t size, u32 field,
			    u32 count_field, u32 step,
			    struct fuzz_records *list)
{
	size_t off = 0;
	u32 nr = list_at(data, size, field, count_field, step, &off);

	for (u32 i = 0; i < nr; i++) {
		struct fuzz_record *r =
			fuzz_record_add(list, off + i * step, step);

		if (!r)
			return;
		r->count = count_field;
	}
}

void fuzz_list_records(const u8 *data, size_t size, struct fuzz_records *list)
{
	if (size < START_INFO)
		return;
	fuzz_record_add(list, 0, START_INFO);
	list_records_of(data, size, SI_MODLIST, SI_NR_MODULES, MODULE_SIZE,
			list);
	list_records_of(data, size, SI_MEMMAP, SI_NR_MEMMAP, RANGE_SIZE, list);
}

static void check_map(const u8 *data, size_t size)
{
	static struct fuzz_range in[MAX_RANGES];
	size_t off = 0;
	u32 nr = list_at(data, size, SI_MEMMAP, SI_NR_MEMMAP, RANGE_SIZE, &off);

	if (bi.protocol != BOOT_PVH || !get_unaligned_le32(data + SI_VERSION) ||
	    get_unaligned_le32(data) != PVH_START_MAGIC || nr > MAX_RANGES)
		return;
	for (u32 i = 0; i < nr; i++) {
		const u8 *e = data + off + (size_t)i * RANGE_SIZE;

		in[i] = (struct fuzz_range){
			.base = get_unaligned_le64(e),
			.size = get_unaligned_le64(e + 8),
			.type = get_unaligned_le32(e + 16),
		};
	}
	fuzz_check_overlay(&bi, in, nr);
}

int LLVMFuzzerTestOneInput(const u8 *data, size_t size)
{
	struct memory m = {.data = data + START_INFO};
	struct phys_reader rd = {.map = memory_map, .ctx = &m};
	void *si;

	if (size < START_INFO)
		return 0;
	m.size = size - START_INFO;
	si = fuzz_copy(data, get_unaligned_le32(data + SI_VERSION) ? START_INFO
								   : START_V0);
	pvh_parse(si, &rd, &bi);
	/* What the reader refused for want of room here is no wrong map. */
	if (!fuzz_copies_ran_out())
		check_map(data, size);
	fuzz_free_all();
	fuzz_check_boot_info(&bi);
	return 0;
}
