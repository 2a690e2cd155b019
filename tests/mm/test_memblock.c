/* SPDX-License-Identifier: MIT */
/*
 * test_memblock.c - the boot allocator.
 *
 * Model. Each case has an allocator of its own, so the memory of the machine
 * is not disturbed. "Memory" that is really written lies in the array arena,
 * at physical address ARENA_PHYS.
 */
#include <base/bits.h>
#include <base/errno.h>
#include <arch/page.h>
#include <lib/selftest.h>
#include <lib/string.h>
#include <mm/memblock.h>

#include "../../mm/memblock_internal.h"

#define ARENA_PHYS 0x200000ULL
#define ARENA_SIZE (4 * PAGE_SIZE)

static struct memblock mb;
static u8 arena[ARENA_SIZE] __aligned(4096);

static void *arena_va(phys_addr_t phys)
{
	return arena + (phys - ARENA_PHYS);
}

/* An allocator with memory [@base, @base + @size). */
static void begin(phys_addr_t base, u64 size)
{
	mb_init(&mb, arena_va);
	EXPECT_EQ(mb_add(&mb, base, size), 0);
}

static phys_addr_t alloc(u64 size, u64 align)
{
	return mb_phys_alloc(&mb, size, align, 0, MEMBLOCK_ALLOC_ACCESSIBLE);
}

static void expect_region(const struct memblock_type *t, unsigned int i,
			  phys_addr_t base, u64 size)
{
	EXPECT_LT(i, t->cnt);
	EXPECT_EQ(t->regions[i].base, base);
	EXPECT_EQ(t->regions[i].size, size);
}

SELFTEST(mm, memblock, add_unites, "A BOOT-1", unit)
{
	mb_init(&mb, arena_va);
	EXPECT_EQ(mb_add(&mb, 0x5000, 0x1000), 0);
	EXPECT_EQ(mb_add(&mb, 0x1000, 0x1000), 0);
	EXPECT_EQ(mb_add(&mb, 0x3000, 0x1000), 0);
	EXPECT_EQ(mb.memory.cnt, 3);
	EXPECT_EQ(mb_add(&mb, 0x2000, 0x1000), 0); /* touches two */
	EXPECT_EQ(mb.memory.cnt, 2);
	expect_region(&mb.memory, 0, 0x1000, 0x3000);
	EXPECT_EQ(mb_add(&mb, 0x0, 0x8000), 0); /* covers all */
	EXPECT_EQ(mb.memory.cnt, 1);
	expect_region(&mb.memory, 0, 0, 0x8000);
	EXPECT_EQ(mb_add(&mb, 0x1000, 0x10), 0); /* inside */
	EXPECT_EQ(mb_add(&mb, 0x7fff, 0x2), 0);	 /* over the end */
	expect_region(&mb.memory, 0, 0, 0x8001);
	EXPECT_EQ(mb.memory.total_size, 0x8001);
	EXPECT_EQ(mb_check(&mb), 0);
}

SELFTEST(mm, memblock, add_refuses, "", unit)
{
	begin(0x1000, 0x1000);
	EXPECT_EQ(mb_add(&mb, 0x8000, 0), 0);
	EXPECT_EQ(mb_add(&mb, ~0ULL - 0xfff, 0x2000), -EINVAL);
	EXPECT_EQ(mb_reserve(&mb, 0x2000, ~0ULL), -EINVAL);
	EXPECT_EQ(mb.memory.cnt, 1);
	EXPECT_EQ(mb.reserved.cnt, 0);
	EXPECT_EQ(mb_check(&mb), 0);
}

SELFTEST(mm, memblock, top_down, "", unit)
{
	begin(0x100000, 0x100000);
	EXPECT_EQ(mb_add(&mb, 0x400000, 0x8000), 0);
	EXPECT_EQ(alloc(0x1000, 0x1000), 0x407000);
	EXPECT_EQ(alloc(0x10, 0x10), 0x406ff0);
	EXPECT_EQ(alloc(0x1000, 0x1000), 0x405000);
	EXPECT_EQ(alloc(0x10, 1), 0x406fe0);   /* fills what alignment left */
	EXPECT_EQ(alloc(0x6000, 1), 0x1fa000); /* does not fit on top */
	EXPECT_EQ(alloc(0x5000, 1), 0x400000);
	EXPECT_EQ(alloc(0x4000, 0x80000), 0x180000);
	EXPECT_EQ(mb_check(&mb), 0);
}

SELFTEST(mm, memblock, limits, "", unit)
{
	begin(0, 0x1000000);
	EXPECT_EQ(mb_phys_alloc(&mb, 0x1000, 0x1000, 0x4000, 0x6000), 0x5000);
	EXPECT_EQ(mb_phys_alloc(&mb, 0x1000, 0x1000, 0x4000, 0x6000), 0x4000);
	EXPECT_EQ(mb_phys_alloc(&mb, 0x1000, 0x1000, 0x4000, 0x6000), 0);
	EXPECT_EQ(mb_phys_alloc(&mb, 0x1000, 0x1000, 0x6800, 0x7fff), 0);
	EXPECT_EQ(mb_phys_alloc(&mb, 0x1000, 0x1000, 0x6800, 0x8000), 0x7000);
	/* @max in the middle of nowhere, above all memory, below all. */
	EXPECT_EQ(mb_phys_alloc(&mb, 1, 1, 0x2000000, 0x3000000), 0);
	EXPECT_EQ(mb_phys_alloc(&mb, 0x1000, 1, 0, 0xfff), 0);
	mb.current_limit = 0x100000;
	EXPECT_EQ(alloc(0x1000, 0x1000), 0xff000);
	mb.current_limit = ~0ULL;
	EXPECT_EQ(alloc(0x1000, 0x1000), 0xfff000);
	EXPECT_EQ(mb_check(&mb), 0);
}

SELFTEST(mm, memblock, limit_inside_region, "", unit)
{
	begin(0x100000, 0x100000);
	EXPECT_EQ(mb_phys_alloc(&mb, 0x1000, 0x1000, 0, 0x110000), 0x10f000);
	EXPECT_EQ(mb_phys_alloc(&mb, 0x10000, 1, 0, 0x110000), 0);
	EXPECT_EQ(mb_phys_alloc(&mb, 0xf000, 1, 0, 0x110000), 0x100000);
}

/* Address 0 means failure, so the first frame is never given out. */
SELFTEST(mm, memblock, never_frame_0, "A BOOT-1", unit)
{
	begin(0, 0x2000);
	EXPECT_EQ(alloc(0x1000, 0x1000), 0x1000);
	EXPECT_EQ(alloc(0x1000, 0x1000), 0);
	EXPECT_EQ(alloc(1, 1), 0);
	EXPECT_EQ(mb.reserved.total_size, 0x1000);
}

SELFTEST(mm, memblock, bad_sizes, "", unit)
{
	begin(0x100000, 0x10000);
	EXPECT_EQ(alloc(0, 1), 0);
	EXPECT_EQ(alloc(0x10001, 1), 0);
	EXPECT_EQ(alloc(~0ULL, 1), 0);
	EXPECT_EQ(alloc(0x1000, 1ULL << 63), 0);
	EXPECT_EQ(mb.reserved.cnt, 0);
	EXPECT_EQ(alloc(0x10000, 1), 0x100000);
	EXPECT_EQ(alloc(1, 1), 0);
}

SELFTEST(mm, memblock, alloc_around_reserved, "A BOOT-1", unit)
{
	begin(0x100000, 0x10000);
	EXPECT_EQ(mb_reserve(&mb, 0x10e000, 0x10000), 0); /* over the end */
	EXPECT_EQ(mb_reserve(&mb, 0x0, 0x102000), 0);	  /* over the start */
	EXPECT_EQ(mb_reserve(&mb, 0x106000, 0x1000), 0);
	EXPECT_EQ(alloc(0x7000, 1), 0x107000);
	EXPECT_EQ(alloc(0x1000, 1), 0x105000);
	EXPECT_EQ(alloc(0x3000, 1), 0x102000);
	EXPECT_EQ(alloc(1, 1), 0);
	EXPECT_EQ(mb.reserved.cnt, 1);
	expect_region(&mb.reserved, 0, 0, 0x11e000);
}

SELFTEST(mm, memblock, zeroed, "", unit)
{
	u8 *p, *q;

	begin(ARENA_PHYS, ARENA_SIZE);
	memset(arena, 0xee, sizeof(arena));
	p = mb_alloc(&mb, 100, 64);
	REQUIRE_TRUE(p != NULL);
	EXPECT_PTR_EQ(p, arena + ARENA_SIZE - 128);
	EXPECT_PTR_EQ(memchr_inv(p, 0, 100), NULL);
	EXPECT_EQ(p[100], 0xee);
	EXPECT_EQ(p[-1], 0xee);
	q = mb_alloc(&mb, ARENA_SIZE, 1);
	EXPECT_PTR_EQ(q, NULL);
}

SELFTEST(mm, memblock, free, "", unit)
{
	phys_addr_t p;

	begin(0x100000, 0x10000);
	p = alloc(0x4000, 0x1000);
	EXPECT_EQ(mb_free(&mb, p + 0x1000, 0x1000), 0); /* splits */
	EXPECT_EQ(mb.reserved.cnt, 2);
	EXPECT_EQ(mb.reserved.total_size, 0x3000);
	EXPECT_EQ(mb_check(&mb), 0);
	EXPECT_EQ(alloc(0x1000, 0x1000), p + 0x1000);
	EXPECT_EQ(mb.reserved.cnt, 1);
	EXPECT_EQ(mb_free(&mb, p, 0x800), 0);	       /* head */
	EXPECT_EQ(mb_free(&mb, p + 0x3800, 0x800), 0); /* tail */
	expect_region(&mb.reserved, 0, p + 0x800, 0x3000);
	EXPECT_EQ(mb_free(&mb, p + 0x800, 0x3000), 0); /* all */
	EXPECT_EQ(mb.reserved.cnt, 0);
	EXPECT_EQ(mb.reserved.total_size, 0);
}

SELFTEST(mm, memblock, double_free, "", unit)
{
	phys_addr_t p;

	begin(0x100000, 0x10000);
	p = alloc(0x2000, 0x1000);
	EXPECT_EQ(mb_free(&mb, p, 0x1000), 0);
	EXPECT_EQ(mb_free(&mb, p, 0x1000), -EINVAL);
	EXPECT_EQ(mb_free(&mb, p, 0x2000), -EINVAL); /* half of it */
	EXPECT_EQ(mb_free(&mb, p + 0x1000, 0x1001), -EINVAL);
	EXPECT_EQ(mb_free(&mb, p + 0xfff, 2), -EINVAL);
	EXPECT_EQ(mb_free(&mb, p + 0x1000, ~0ULL), -EINVAL);
	EXPECT_EQ(mb_free(&mb, 0x500000, 0x1000), -EINVAL);
	EXPECT_EQ(mb_free(&mb, 0x500000, 0), 0);
	EXPECT_EQ(mb.reserved.total_size, 0x1000);
	EXPECT_EQ(mb_check(&mb), 0);
}

/* A full list is an error, and nothing is lost by it. */
SELFTEST(mm, memblock, lists_full, "", unit)
{
	u64 before;

	begin(0, 1ULL << 30);
	for (u64 i = 0; i < MEMBLOCK_MAX_REGIONS; i++)
		EXPECT_EQ(mb_reserve(&mb, 0x10000 + i * 0x3000, 0x2000), 0);
	before = mb.reserved.total_size;
	EXPECT_EQ(mb_reserve(&mb, 0x20000000, 0x1000), -ENOSPC);
	EXPECT_EQ(mb_free(&mb, 0x10800, 0x800), -ENOSPC); /* would split */
	EXPECT_EQ(alloc(0x1000, 0x1000), 0);
	EXPECT_EQ(mb.reserved.total_size, before);
	EXPECT_EQ(mb.reserved.cnt, MEMBLOCK_MAX_REGIONS);
	expect_region(&mb.reserved, 0, 0x10000, 0x2000);
	/* Growing a region needs no new entry; joining two frees one. */
	EXPECT_EQ(mb_reserve(&mb, 0x12000, 0x800), 0);
	EXPECT_EQ(mb_reserve(&mb, 0x12800, 0x800), 0);
	EXPECT_EQ(mb.reserved.cnt, MEMBLOCK_MAX_REGIONS - 1);
	EXPECT_EQ(alloc(0x1000, 0x1000), 0x3ffff000);
	EXPECT_EQ(mb_check(&mb), 0);

	begin(0, 0x1000);
	for (u64 i = 1; i < MEMBLOCK_MAX_REGIONS; i++)
		EXPECT_EQ(mb_add(&mb, i * 0x2000, 0x1000), 0);
	EXPECT_EQ(mb_add(&mb, 0x40000000, 0x1000), -ENOSPC);
	EXPECT_EQ(mb.memory.cnt, MEMBLOCK_MAX_REGIONS);
	EXPECT_EQ(mb_check(&mb), 0);
}

SELFTEST(mm, memblock, exhaustion, "A BOOT-1", unit)
{
	unsigned int pages = 0;
	phys_addr_t p, lowest = ~0ULL;

	begin(0x100000, 0x40000);
	EXPECT_EQ(mb_reserve(&mb, 0x110800, 0x10), 0);
	while ((p = alloc(PAGE_SIZE, PAGE_SIZE)) != 0) {
		lowest = min(lowest, p);
		pages++;
	}
	EXPECT_EQ(pages, 63);
	EXPECT_EQ(lowest, 0x100000);
	EXPECT_EQ(mb.reserved.total_size, 63 * PAGE_SIZE + 0x10);
	EXPECT_EQ(mb_free(&mb, 0x120000, PAGE_SIZE), 0);
	EXPECT_EQ(alloc(PAGE_SIZE, PAGE_SIZE), 0x120000);
	EXPECT_EQ(alloc(0x800, 0x800), 0x110000);
}

SELFTEST(mm, memblock, fail_nth, "", unit)
{
	for (unsigned int n = 1; n <= 5; n++) {
		begin(0x100000, 0x10000);
		mb.fail_in = n;
		for (unsigned int i = 1; i <= 5; i++)
			EXPECT_EQ(alloc(0x1000, 0x1000) == 0, i == n);
		EXPECT_EQ(mb.reserved.total_size, 0x4000);
	}
}

SELFTEST(mm, memblock, free_ranges, "A BOOT-1", unit)
{
	static const phys_addr_t want[][2] = {
		{0x2000, 0x3000},
		{0x3400, 0x8000},
		{0x10000, 0x12000},
		{0x20100, 0x20200},
	};
	phys_addr_t start, end;
	unsigned int n = 0;
	u64 cursor = 0;

	begin(0x1000, 0x7000);
	EXPECT_EQ(mb_add(&mb, 0x10000, 0x4000), 0);
	EXPECT_EQ(mb_add(&mb, 0x20000, 0x300), 0);
	EXPECT_EQ(mb_reserve(&mb, 0, 0x2000), 0);
	EXPECT_EQ(mb_reserve(&mb, 0x3000, 0x400), 0);
	EXPECT_EQ(mb_reserve(&mb, 0x8000, 0x1000), 0);	/* no memory there */
	EXPECT_EQ(mb_reserve(&mb, 0x12000, 0xe100), 0); /* over a hole */
	EXPECT_EQ(mb_reserve(&mb, 0x20200, 0x1000), 0);
	while (mb_next_free(&mb, &cursor, &start, &end)) {
		REQUIRE_TRUE(n < ARRAY_SIZE(want));
		EXPECT_EQ(start, want[n][0]);
		EXPECT_EQ(end, want[n][1]);
		n++;
	}
	EXPECT_EQ(n, ARRAY_SIZE(want));
}

/* What a hand-over reports, one cell a frame: 0 not yet, else as below. */
enum {
	SEEN_RESERVED = 1,
	SEEN_FREE = 2,
	SEEN_TWICE = 3
};

#define MODEL_FRAMES 128

static u8 seen[MODEL_FRAMES];

static void take_over(void *ctx, u64 pfn, u64 end_pfn, bool free)
{
	unsigned int *calls = ctx;

	(*calls)++;
	EXPECT_LT(pfn, end_pfn);
	EXPECT_LE(end_pfn, MODEL_FRAMES);
	for (; pfn < end_pfn && pfn < MODEL_FRAMES; pfn++)
		seen[pfn] = seen[pfn] ? SEEN_TWICE
			    : free    ? SEEN_FREE
				      : SEEN_RESERVED;
}

SELFTEST(mm, memblock, hand_over, "A BOOT-1", unit)
{
	unsigned int calls = 0;

	begin(0x0, 0x9fc0);			   /* ends inside frame 9 */
	EXPECT_EQ(mb_add(&mb, 0x10800, 0x400), 0); /* two in frame 0x10 */
	EXPECT_EQ(mb_add(&mb, 0x10d00, 0x2300), 0);
	EXPECT_EQ(mb_add(&mb, 0x20000, 0x10000), 0);
	EXPECT_EQ(mb_reserve(&mb, 0x2ff0, 0x20), 0); /* over an edge */
	EXPECT_EQ(mb_reserve(&mb, 0x25000, 0x2000), 0);
	memset(seen, 0, sizeof(seen));
	mb_hand_over(&mb, take_over, &calls);

	for (unsigned int f = 0; f < MODEL_FRAMES; f++) {
		bool memory = f <= 9 || (f >= 0x10 && f < 0x13) ||
			      (f >= 0x20 && f < 0x30);
		bool taken = f == 2 || f == 3 || f == 9 || f == 0x10 ||
			     f == 0x25 || f == 0x26;

		EXPECT_EQ(seen[f], !memory ? 0
				   : taken ? SEEN_RESERVED
					   : SEEN_FREE);
	}
	/* Runs, not frames, are what is reported. */
	EXPECT_EQ(calls, 10);
	/* Nothing is given out twice. */
	EXPECT_EQ(alloc(0x1000, 0x1000), 0);
	EXPECT_EQ(mb.closed, true);
}

SELFTEST(mm, memblock, check_trips, "", unit)
{
	begin(0x1000, 0x1000);
	EXPECT_EQ(mb_add(&mb, 0x3000, 0x1000), 0);
	EXPECT_EQ(mb_check(&mb), 0);
	mb.memory.regions[1].base = 0x2000;
	EXPECT_EQ(mb_check(&mb), -EINVAL); /* touches */
	mb.memory.regions[1].base = 0x800;
	EXPECT_EQ(mb_check(&mb), -EINVAL); /* not sorted */
	mb.memory.regions[1].base = 0x3000;
	mb.memory.total_size++;
	EXPECT_EQ(mb_check(&mb), -EINVAL); /* sum */
	mb.memory.total_size--;
	mb.reserved.cnt = MEMBLOCK_MAX_REGIONS + 1;
	EXPECT_EQ(mb_check(&mb), -EINVAL);
}

/* ---- random operations against one cell for each 256 bytes ------------- */

#define CELL  256
#define CELLS (MODEL_FRAMES * 4096 / CELL)

static bool is_mem[CELLS], is_taken[CELLS];
static u64 rnd_state;

static u32 rnd(u32 limit)
{
	rnd_state = rnd_state * 6364136223846793005ULL + 1442695040888963407ULL;
	return (u32)(rnd_state >> 33) % limit;
}

static bool cells_are(const bool *cells, u32 at, u32 n, bool want)
{
	for (u32 i = at; i < at + n; i++)
		if (i >= CELLS || cells[i] != want)
			return false;
	return true;
}

/* The highest place the model allows, in cells; 0: none. */
static u32 model_place(u32 n, u32 align)
{
	for (u32 at = CELLS; at-- > 4096 / CELL;)
		if (at % align == 0 && cells_are(is_mem, at, n, true) &&
		    cells_are(is_taken, at, n, false))
			return at;
	return 0;
}

/* One random operation on both. Return: false when they differ. */
static bool model_step(void)
{
	u32 n = rnd(24) + 1, at = rnd(CELLS - n), align = 1U << rnd(6);
	bool taken;
	phys_addr_t p;

	switch (rnd(8)) {
	case 0:
		memset(is_mem + at, true, n);
		return mb_add(&mb, (u64)at * CELL, (u64)n * CELL) == 0;
	case 1:
		memset(is_taken + at, true, n);
		return mb_reserve(&mb, (u64)at * CELL, (u64)n * CELL) == 0;
	case 2:
	case 3:
	case 4:
		taken = cells_are(is_taken, at, n, true);
		if (taken)
			memset(is_taken + at, false, n);
		return mb_free(&mb, (u64)at * CELL, (u64)n * CELL) ==
		       (taken ? 0 : -EINVAL);
	default:
		at = model_place(n, align);
		p = alloc((u64)n * CELL, (u64)align * CELL);
		if (at)
			memset(is_taken + at, true, n);
		return p == (u64)at * CELL;
	}
}

static u64 count_cells(const bool *cells)
{
	u64 n = 0;

	for (u32 i = 0; i < CELLS; i++)
		n += cells[i];
	return n;
}

static void model_round(u32 steps)
{
	u32 wrong = 0, frames_wrong = 0;
	unsigned int calls = 0;

	mb_init(&mb, arena_va);
	memset(is_mem, 0, sizeof(is_mem));
	memset(is_taken, 0, sizeof(is_taken));
	for (u32 i = 0; i < steps; i++)
		wrong += !model_step() || mb_check(&mb) != 0;
	EXPECT_EQ(wrong, 0);
	EXPECT_EQ(mb.memory.total_size, count_cells(is_mem) * CELL);
	EXPECT_EQ(mb.reserved.total_size, count_cells(is_taken) * CELL);

	memset(seen, 0, sizeof(seen));
	mb_hand_over(&mb, take_over, &calls);
	for (u32 f = 0; f < MODEL_FRAMES; f++) {
		u32 at = f * (4096 / CELL), n = 4096 / CELL;
		u8 want = cells_are(is_mem, at, n, false) ? 0
			  : cells_are(is_mem, at, n, true) &&
					  cells_are(is_taken, at, n, false)
				  ? SEEN_FREE
				  : SEEN_RESERVED;

		frames_wrong += seen[f] != want;
	}
	EXPECT_EQ(frames_wrong, 0);
}

SELFTEST(mm, memblock, random_model, "A BOOT-1", unit)
{
	u32 rounds = (u32)min(4 * selftest_scale(), 400UL);

	rnd_state = selftest_seed() + 99;
	for (u32 round = 0; round < rounds; round++)
		model_round(200);
}
