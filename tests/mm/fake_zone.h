/* SPDX-License-Identifier: MIT */
/*
 * fake_zone.h (tests) - a zone of a few largest blocks that nobody else has.
 *
 * For the pure part of the allocator, in the kernel and on the host. Its
 * frames are an array of descriptors; there is no memory behind them.
 */
#ifndef TESTS_MM_FAKE_ZONE_H
#define TESTS_MM_FAKE_ZONE_H

#include <base/bits.h>
#include <lib/string.h>
#include <mm/mmzone.h>

#include "../../mm/buddy.h"
#include "../../mm/debug/page_check.h"

#define FAKE_BLOCKS 4
#define FAKE_FRAMES (FAKE_BLOCKS * MAX_ORDER_NR_PAGES)
/* The last node of the build: no machine of these tests has that many. */
#define FAKE_ZONE_BITS	((MAX_NUMNODES - 1UL) << NODES_SHIFT_IN_FLAGS)
#define OTHER_ZONE_BITS (FAKE_ZONE_BITS | 1UL << ZONES_SHIFT_IN_FLAGS)

struct fake_zone {
	struct page frame[FAKE_FRAMES];
	struct zone zone, other;
} __aligned(sizeof(struct page) * MAX_ORDER_NR_PAGES);

/* All frames reserved, all blocks of type movable. */
static inline void fake_zone_init(struct fake_zone *f)
{
	memset(f, 0, sizeof(*f));
	buddy_init(&f->zone);
	buddy_init(&f->other);
	for (unsigned long i = 0; i < FAKE_FRAMES; i++) {
		f->frame[i].flags = FAKE_ZONE_BITS | BIT(PG_reserved);
		f->frame[i].block_type = MIGRATE_MOVABLE;
	}
	zone_table[FAKE_ZONE_BITS >> ZONES_SHIFT_IN_FLAGS] = &f->zone;
	zone_table[OTHER_ZONE_BITS >> ZONES_SHIFT_IN_FLAGS] = &f->other;
}

/* Takes the other zone's and this one's place in the table away. */
static inline void fake_zone_exit(void)
{
	zone_table[FAKE_ZONE_BITS >> ZONES_SHIFT_IN_FLAGS] = NULL;
	zone_table[OTHER_ZONE_BITS >> ZONES_SHIFT_IN_FLAGS] = NULL;
}

/* Hands frames [@at, @at + 2^order) over, as the boot does. */
static inline void fake_give(struct fake_zone *f, unsigned long at,
			     unsigned int order)
{
	for (unsigned long i = at; i < at + BIT(order); i++)
		f->frame[i].flags &= PAGE_ZONE_MASK;
	buddy_free(&f->zone, &f->frame[at], order);
}

static inline void fake_give_all(struct fake_zone *f)
{
	for (unsigned long b = 0; b < FAKE_BLOCKS; b++)
		fake_give(f, b * MAX_ORDER_NR_PAGES, MAX_ORDER - 1);
}

static inline const char *fake_check(const struct fake_zone *f)
{
	unsigned long listed = 0, marked = 0;
	const char *why = page_check_lists(&f->zone);

	if (!*why)
		why = page_check_frames(&f->zone, f->frame,
					f->frame + FAKE_FRAMES, &marked);
	for (unsigned int k = 0; k < MAX_ORDER; k++)
		listed += nr_free_blocks(&f->zone, k);
	if (!*why && listed != marked)
		why = "a block is marked but on no list";
	return why;
}

#endif /* TESTS_MM_FAKE_ZONE_H */
