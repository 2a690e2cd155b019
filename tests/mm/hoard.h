/* SPDX-License-Identifier: MIT */
/*
 * hoard.h (tests) - frames held for a while, up to all there are.
 *
 * Model. Memory is used up from the largest blocks down: thousands of
 * requests instead of millions, and still not a frame is left. Blocks know
 * their order, so the list of them is all that is needed.
 */
#ifndef TESTS_MM_HOARD_H
#define TESTS_MM_HOARD_H

#include <lib/context.h>
#include <lib/list.h>
#include <mm/gfp.h>
#include <mm/mmzone.h>

#include "../../mm/pcp.h"
#include "../../mm/zone.h"

struct hoard {
	struct list_head blocks;
	unsigned long frames;
};

#define HOARD(name) struct hoard name = {LIST_HEAD_INIT(name.blocks), 0}

/* NULL is passed through. */
static inline struct page *hoard_keep(struct hoard *h, struct page *page)
{
	if (page) {
		list_add(&page->lru, &h->blocks);
		h->frames += BIT(page_order(page));
	}
	return page;
}

static inline struct page *hoard_take(struct hoard *h, gfp_t gfp,
				      unsigned int order)
{
	return hoard_keep(h, alloc_pages(gfp | __GFP_NOWARN, order));
}

/*
 * Until a request of @least fails, even after the frames that came along in
 * the last batch have gone back. Return: frames taken.
 */
static inline unsigned long hoard_all(struct hoard *h, gfp_t gfp,
				      unsigned int least)
{
	unsigned long before = h->frames, last;

	do {
		last = h->frames;
		for (unsigned int k = MAX_ORDER; k-- > least;)
			while (hoard_take(h, gfp, k))
				;
		drain_local_pages();
	} while (h->frames != last);
	return h->frames - before;
}

/* The same without regard to any watermark. */
static inline unsigned long hoard_last(struct hoard *h, gfp_t gfp)
{
	unsigned int old = current_ctx()->flags;
	unsigned long n;

	current_ctx()->flags |= PF_MEMALLOC;
	n = hoard_all(h, gfp, 0);
	current_ctx()->flags = old;
	return n;
}

/* Gives one block back. Return: its frames; 0: there is none. */
static inline unsigned long hoard_free_one(struct hoard *h)
{
	struct page *page;
	unsigned long n;

	if (list_empty(&h->blocks))
		return 0;
	page = list_first_entry(&h->blocks, struct page, lru);
	n = BIT(page_order(page));
	list_del(&page->lru);
	h->frames -= n;
	__free_pages(page, page_order(page));
	return n;
}

static inline void hoard_free(struct hoard *h)
{
	while (hoard_free_one(h))
		;
}

/* Why a case does nothing where memory is too little for such a block. */
#define NO_LARGEST "needs a free block of 4 MiB"

static inline bool largest_is_free(void)
{
	struct page *page =
		alloc_pages(GFP_KERNEL | __GFP_NOWARN, MAX_ORDER - 1);

	if (page)
		__free_pages(page, MAX_ORDER - 1);
	return page != NULL;
}

static inline bool has_memory(int nid)
{
	return NODE_DATA(nid)->node_present_pages != 0;
}

/* A node may have CPUs only. */
static inline unsigned int nodes_with_memory(void)
{
	unsigned int n = 0;
	int nid;

	for_each_online_node(nid)
		n += has_memory(nid);
	return n;
}

/* The zone that a plain request on this CPU is served from first. */
static inline struct zone *first_choice(void)
{
	return this_cpu_read(page_cpu.zone);
}

/* Frames in use, those on the lists of CPUs not among them. */
static inline unsigned long frames_used(void)
{
	return totalram_pages() - nr_free_pages();
}

#endif /* TESTS_MM_HOARD_H */
