/* SPDX-License-Identifier: MIT */
/*
 * page_init.h - descriptors, and the hand-over; see mm/page_init.c.
 */
#ifndef MM_PAGE_INIT_H
#define MM_PAGE_INIT_H

#include <base/compiler.h>

/* Maps descriptors of all memory. 0 or -ENOMEM. Context: boot. */
int __must_check vmemmap_init(void);

/* Every frame to its zone, free ones to its lists; memblock closes. */
void frames_hand_over(void);

/* Keeps one page below 1 MiB for pt_page_alloc_below(). Context: boot. */
void reserve_low_page(void);

#endif /* MM_PAGE_INIT_H */
