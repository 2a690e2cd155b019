/* SPDX-License-Identifier: MIT */
/*
 * fuzz_multiboot2.c - random multiboot2 information.
 *
 * Model. The first byte says how far from 8-byte alignment the block lies
 * (low 3 bits); the rest is the block. Records are the tags and, inside the
 * memory maps, the entries.
 */
#include <base/bits.h>
#include <base/unaligned.h>
#include <arch/boot.h>

#include "fuzz.h"

#define BLOCK	 1 /* offset of the block in the input */
#define TAG_MMAP 6
#define TAG_EFI	 17

static struct boot_info bi;

static void list_entries(const u8 *data, size_t tag, u32 len,
			 struct fuzz_records *list)
{
	u32 step = get_unaligned_le32(data + tag + 8);

	if (step < 24 || step > 64)
		return;
	for (u32 at = 16; at + step <= len; at += step) {
		struct fuzz_record *r = fuzz_record_add(list, tag + at, step);

		if (!r)
			return;
		r->sizes[0] = BLOCK;
		r->sizes[1] = (u32)tag + 4;
	}
}

void fuzz_list_records(const u8 *data, size_t size, struct fuzz_records *list)
{
	size_t off = BLOCK + 8;

	while (off < size && size - off >= 8) {
		u32 type = get_unaligned_le32(data + off);
		u32 len = get_unaligned_le32(data + off + 4);
		struct fuzz_record *r;

		if (len < 8 || len > size - off)
			len = 8;
		r = fuzz_record_add(list, off,
				    min_t(size_t, ALIGN(len, 8), size - off));
		if (r)
			r->sizes[0] = BLOCK;
		if ((type == TAG_MMAP || type == TAG_EFI) && len > 16)
			list_entries(data, off, len, list);
		off += ALIGN(len, 8);
	}
}

int LLVMFuzzerTestOneInput(const u8 *data, size_t size)
{
	size_t shift;
	u8 *block;

	if (size < BLOCK)
		return 0;
	/* Aligned at its end, so the first byte beyond is always caught. */
	shift = data[0] & 7;
	block = malloc(size - BLOCK + shift);
	FUZZ_CHECK(block);
	memcpy(block + shift, data + BLOCK, size - BLOCK);
	multiboot2_parse(block + shift, size - BLOCK, &bi);
	free(block); /* nothing may be referred to afterwards */
	fuzz_check_boot_info(&bi);
	return 0;
}
