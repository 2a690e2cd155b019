/* SPDX-License-Identifier: MIT */
/*
 * page_check.h - walks free blocks and frames, and says what is wrong.
 */
#ifndef MM_PAGE_CHECK_H
#define MM_PAGE_CHECK_H

#include <mm/mmzone.h>

/*
 * The parts, for a zone that nobody changes: its lists; the descriptors
 * [first, end), which lie in one piece. @blocks counts free blocks up.
 * Return: "" or what is wrong.
 */
const char *page_check_lists(const struct zone *zone);
const char *page_check_frames(const struct zone *zone, const struct page *first,
			      const struct page *end, unsigned long *blocks);

/**
 * page_check_zone() - I1..I4 of mm/buddy.c, over all frames of a zone.
 * @zone: any.
 *
 * Context: any but NMI; takes long. Locking: takes zone->lock.
 * Return: "" or what is wrong.
 */
const char *page_check_zone(struct zone *zone);

/* All zones, and I1 and I2 of mm/pcp.c on this CPU. Context: as above. */
const char *page_check_all(void);

/* What the frames of the machine are used for (A MM-P1). */
struct frame_census {
	unsigned long holes;	/* have a descriptor and are no memory */
	unsigned long reserved; /* never handed to the buddy */
	unsigned long free;	/* in free blocks */
	unsigned long kept;	/* on the lists of CPUs */
	unsigned long slab;	/* in use, for objects */
	unsigned long other;	/* in use, for something else */
};

/**
 * frame_census() - count all frames by what they are used for.
 * @c: receives the numbers.
 *
 * Context: task, while nobody allocates or frees.
 */
void frame_census(struct frame_census *c);

#endif /* MM_PAGE_CHECK_H */
