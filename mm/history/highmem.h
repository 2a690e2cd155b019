/* SPDX-License-Identifier: MIT */
/*
 * highmem.h (private) - between the files of the high-memory lesson.
 */
#ifndef MM_HISTORY_HIGHMEM_H
#define MM_HISTORY_HIGHMEM_H

#include <mm/highmem.h>

/* Where a high frame is mapped, or NULL (A MM-H2). */
void *high_page_address(const struct page *page);

/* It is mapped at @addr now; NULL: not any more. BUG for a low frame. */
void set_page_address(struct page *page, void *addr);

/* Makes the pool; how many entries are in it now. */
void page_address_init(void);
unsigned int page_address_pool(void);

/* Users of a window, plus one (A MM-H5). */
unsigned int pkmap_count_of(unsigned int nr);

/*
 * What kmap() does while no window is free, until there are tasks that can
 * sleep: wait until more windows have lost their last user than @before. It is
 * called without locks; tests put another one in its place.
 */
extern void (*pkmap_wait)(int before);

#endif /* MM_HISTORY_HIGHMEM_H */
