/* SPDX-License-Identifier: MIT */
/*
 * page_alloc.h - what the parts of the page allocator share.
 */
#ifndef MM_PAGE_ALLOC_H
#define MM_PAGE_ALLOC_H

#include <base/compiler.h>
#include <mm/gfp.h>
#include <mm/mmzone.h>
#include <mm/page.h>

/*
 * Flags that no frame has when it is given out, and those that a frame must
 * not have when it comes back. The order is looked at as well.
 */
#define PAGE_FLAGS_ALL (BIT(NR_PAGEFLAGS) - 1)
#define PAGE_FLAGS_CHECK_AT_FREE                                        \
	(BIT(PG_locked) | BIT(PG_lru) | BIT(PG_active) | BIT(PG_slab) | \
	 BIT(PG_reserved) | BIT(PG_private) | BIT(PG_writeback) |       \
	 BIT(PG_compound) | BIT(PG_swapcache) | BIT(PG_tail) | BIT(PG_buddy))

/* An allocation on its way. Lock key: its caller's. */
struct alloc_request {
	gfp_t gfp;
	unsigned int order;
	int type;		/* migrate type */
	int nid;		/* the node that is asked first */
	unsigned int class_idx; /* of the first zone of the list */
	struct zonelist *zonelist;
};

/* One walk of the zonelist (A MM-ZA2). NULL: no zone may give a block. */
struct page *get_page_from_freelist(const struct alloc_request *req,
				    unsigned int alloc_flags);

/* The ladder after the first try has failed; mm/page_slow.c. */
struct page *alloc_pages_slow(const struct alloc_request *req);

/* Says what is wrong with a frame, WARN, once for each call. */
void bad_page(const struct page *page, const char *why);

/* Says that memory is exhausted; not too often, never with __GFP_NOWARN. */
void report_alloc_failure(const struct alloc_request *req);

#endif /* MM_PAGE_ALLOC_H */
