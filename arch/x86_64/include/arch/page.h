/* SPDX-License-Identifier: MIT */
/*
 * page.h (arch) - page sizes and the three address windows of the kernel.
 *
 *   0xffffffff80000000  the image, linked here, loaded at 1 MiB
 *   0xffff888000000000  direct map: every byte of RAM at PAGE_OFFSET + phys
 *   (pages, devices)    see docs/address-space.md for the whole picture
 *
 * __pa()/__va() are for the direct map; an image address (of a variable or
 * function) goes through __pa_symbol(). __pa() accepts both, as in Linux.
 */
#ifndef ARCH_PAGE_H
#define ARCH_PAGE_H

#include <base/types.h>

#define PAGE_SHIFT  12
#define PAGE_SIZE   (1UL << PAGE_SHIFT)
#define PAGE_MASK   (~(PAGE_SIZE - 1))
#define PMD_SHIFT   21
#define PMD_SIZE    (1UL << PMD_SHIFT)
#define PMD_MASK    (~(PMD_SIZE - 1))
#define PUD_SHIFT   30
#define PUD_SIZE    (1UL << PUD_SHIFT)
#define PUD_MASK    (~(PUD_SIZE - 1))
#define PGDIR_SHIFT 39
#define PGDIR_SIZE  (1UL << PGDIR_SHIFT)
#define PGDIR_MASK  (~(PGDIR_SIZE - 1))

#define KERNEL_BASE 0xffffffff80000000UL /* image: virtual minus physical */
#define PAGE_OFFSET 0xffff888000000000UL /* direct map */

/* 32 TiB of addresses for <mm/vmalloc.h>; the last byte is theirs. */
#define VMALLOC_START 0xffffc90000000000UL
#define VMALLOC_END   0xffffe8ffffffffffUL

#define PAGE_ALIGN(x) (((x) + PAGE_SIZE - 1) & PAGE_MASK)
#define PFN_UP(x)     (((x) + PAGE_SIZE - 1) >> PAGE_SHIFT)
#define PFN_DOWN(x)   ((x) >> PAGE_SHIFT)
#define PFN_PHYS(x)   ((phys_addr_t)(x) << PAGE_SHIFT)

static inline void *__va(phys_addr_t phys)
{
	return (void *)(PAGE_OFFSET + (unsigned long)phys);
}

static inline phys_addr_t __pa_symbol(const void *sym)
{
	return (unsigned long)sym - KERNEL_BASE;
}

static inline phys_addr_t __pa(const void *addr)
{
	unsigned long a = (unsigned long)addr;

	return a >= KERNEL_BASE ? a - KERNEL_BASE : a - PAGE_OFFSET;
}

#endif /* ARCH_PAGE_H */
