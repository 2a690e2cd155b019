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

#endif /* MM_INIT_H */
