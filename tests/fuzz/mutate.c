/* SPDX-License-Identifier: MIT */
/*
 * mutate.c - changes inputs record by record.
 *
 * Purpose. libFuzzer's own changes know bytes. A tag that is one byte longer
 * than its size says ends every walk, so that what comes behind it is hardly
 * ever reached. Here whole records are removed, repeated and swapped, and
 * numbers inside them become the numbers that break parsers.
 *
 * Model. Half of the time the input goes to libFuzzer's mutators as it is.
 * Otherwise one to four steps, each on a fresh list of records. A step that
 * makes a record longer or shorter adds the difference to the sizes around
 * it, seven times in eight: wrong sizes are wanted, but not always.
 *
 * Locking, Contexts. None: one thread.
 */
#include <base/bits.h>
#include <base/unaligned.h>

#include "fuzz.h"

static u32 state;

static u32 roll(u32 limit)
{
	state ^= state << 13;
	state ^= state >> 17;
	state ^= state << 5;
	return state % limit;
}

struct fuzz_record *fuzz_record_add(struct fuzz_records *list, size_t off,
				    size_t len)
{
	struct fuzz_record *r;

	if (list->nr == FUZZ_MAX_RECORDS)
		return NULL;
	r = &list->r[list->nr++];
	*r = (struct fuzz_record){.off = (u32)off, .len = (u32)len};
	return r;
}

static void add_to(u8 *p, u32 delta)
{
	u32 sum = get_unaligned_le32(p) + delta;

	memcpy(p, &sum, sizeof(sum));
}

/* The sizes and the count around @r, all of which lie before it. */
static void adjust(u8 *data, const struct fuzz_record *r, u32 bytes, u32 count)
{
	if (roll(8) == 0)
		return;
	for (unsigned int i = 0; i < FUZZ_SIZES; i++)
		if (r->sizes[i] && r->sizes[i] + 4 <= r->off)
			add_to(data + r->sizes[i], bytes);
	if (r->count && r->count + 4 <= r->off)
		add_to(data + r->count, count);
}

static size_t drop(u8 *data, size_t size, const struct fuzz_record *r)
{
	memmove(data + r->off, data + r->off + r->len, size - r->off - r->len);
	adjust(data, r, -r->len, -1U);
	return size - r->len;
}

static size_t repeat(u8 *data, size_t size, size_t max,
		     const struct fuzz_record *r)
{
	u32 times = 1 + roll(roll(4) ? 2 : 40);

	while (times-- && size + r->len <= max) {
		memmove(data + r->off + r->len, data + r->off, size - r->off);
		size += r->len;
		adjust(data, r, r->len, 1);
	}
	return size;
}

static void exchange(u8 *data, const struct fuzz_record *a,
		     const struct fuzz_record *b)
{
	u32 len = min(a->len, b->len);

	if (a->off + len > b->off && b->off + len > a->off)
		return;
	for (u32 i = 0; i < len; i++) {
		u8 t = data[a->off + i];

		data[a->off + i] = data[b->off + i];
		data[b->off + i] = t;
	}
}

static size_t change_inside(u8 *data, size_t size, size_t max,
			    const struct fuzz_record *r)
{
	u8 copy[512];
	size_t room = min_t(size_t, sizeof(copy), r->len + (max - size));
	size_t len;

	if (r->len > sizeof(copy) || room < r->len || room == 0)
		return size;
	memcpy(copy, data + r->off, r->len);
	len = LLVMFuzzerMutate(copy, r->len, room);
	memmove(data + r->off + len, data + r->off + r->len,
		size - r->off - r->len);
	memcpy(data + r->off, copy, len);
	adjust(data, r, (u32)len - r->len, 0);
	return size + len - r->len;
}

/* Writes a number that parsers trip over into the record. */
static void poke(u8 *data, const struct fuzz_record *r)
{
	static const u64 numbers[] = {
		0,
		1,
		2,
		3,
		4,
		7,
		8,
		9,
		10,
		15,
		16,
		20,
		23,
		24,
		28,
		35,
		36,
		37,
		40,
		44,
		48,
		0x7f,
		0x80,
		0xff,
		0x100,
		0xfff,
		0x1000,
		0x1001,
		0x7fff,
		0x8000,
		0xffff,
		0xa0000,
		0x100000,
		0x7fffffff,
		0x80000000,
		0xfffffffe,
		0xffffffff,
		0x100000000,
		(1ULL << 52) - 4096,
		(1ULL << 52) - 1,
		1ULL << 52,
		1ULL << 63,
		~0ULL - 4095,
		~0ULL - 1,
		~0ULL,
	};
	u64 n = numbers[roll(ARRAY_SIZE(numbers))];
	u32 width = 1U << roll(4);
	u32 at;

	if (r->len < width)
		return;
	at = r->off + roll((r->len - width) / width + 1) * width;
	if (roll(4) == 0)
		n = r->len - 2 + roll(5);
	if (roll(4) == 0)
		n += data[at];
	while (width--) {
		data[at++] = (u8)n;
		n >>= 8;
	}
}

static size_t step(u8 *data, size_t size, size_t max)
{
	static struct fuzz_records list;
	const struct fuzz_record *r;

	list.nr = 0;
	fuzz_list_records(data, size, &list);
	if (!list.nr)
		return LLVMFuzzerMutate(data, size, max);
	r = &list.r[roll(list.nr)];
	switch (roll(8)) {
	case 0:
		return drop(data, size, r);
	case 1:
		return repeat(data, size, max, r);
	case 2:
		exchange(data, r, &list.r[roll(list.nr)]);
		return size;
	case 3:
	case 4:
		return change_inside(data, size, max, r);
	default:
		poke(data, r);
		return size;
	}
}

size_t LLVMFuzzerCustomMutator(u8 *data, size_t size, size_t max_size,
			       unsigned int seed)
{
	state = seed * 2654435761U | 1;
	if (roll(2))
		return LLVMFuzzerMutate(data, size, max_size);
	for (u32 steps = 1 + roll(4); steps; steps--)
		size = step(data, size, max_size);
	return size;
}
