/* SPDX-License-Identifier: MIT */
/*
 * init.h (mm) - from the loader's memory map to working allocators.
 */
#ifndef MM_INIT_H
#define MM_INIT_H

#include <base/types.h>

/**
 * mm_init() - fill memblock from boot_info, build the kernel's page tables.
 *
 * Panics with advice when there is too little memory to go on.
 * Context: boot CPU, interrupts off.
 */
void mm_init(void);

/**
 * page_alloc_init() - descriptors, zones, lists; memblock hands over.
 *
 * From here on frames come from alloc_pages(). Panics when memory is
 * exhausted, since nothing can go on.
 * Context: boot CPU, interrupts off; per-CPU areas and the nodes are known.
 */
void page_alloc_init(void);

/* Whether that is done. Context: any. */
bool page_alloc_ready(void);

#endif /* MM_INIT_H */
