/* SPDX-License-Identifier: MIT */
/*
 * compound.c - blocks that count as one page.
 *
 * Model (A MM-B8, E67). With __GFP_COMP a block of several frames behaves as
 * one page: every tail knows its head (first_page), and references taken on
 * any of them are counted in the head. The last put_page() frees the block,
 * with the order that stands in the head's flags.
 *
 * Invariants.
 *   I1  Head: PG_compound, not PG_tail. Tail: both, and first_page.
 *   I2  The count of a tail is 0.
 * Locking. None: the block belongs to the caller, who has not shown it to
 *	anybody yet, or has the last reference.
 * Contexts. Any.
 */
#include "compound.h"

#include <base/atomic.h>
#include <base/bits.h>

void prep_compound_page(struct page *page, unsigned int order)
{
	page->flags |= BIT(PG_compound);
	for (unsigned long i = 1; i < BIT(order); i++) {
		page[i].flags |= BIT(PG_compound) | BIT(PG_tail);
		page[i].first_page = page;
	}
}

bool destroy_compound_page(struct page *page, unsigned int order)
{
	for (unsigned long i = 1; i < BIT(order); i++)
		if (unlikely(!PageTail(page + i) ||
			     page[i].first_page != page ||
			     atomic_read(&page[i]._count)))
			return false;
	for (unsigned long i = 1; i < BIT(order); i++) {
		page[i].flags &= ~(BIT(PG_compound) | BIT(PG_tail));
		page[i].private = 0;
	}
	page->flags &= ~BIT(PG_compound);
	return true;
}
