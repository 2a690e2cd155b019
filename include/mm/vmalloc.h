/* SPDX-License-Identifier: MIT */
/*
 * vmalloc.h - memory that is contiguous in addresses only.
 */
#ifndef MM_VMALLOC_H
#define MM_VMALLOC_H

#include <arch/pgtable.h>
#include <base/compiler.h>
#include <base/types.h>
#include <mm/gfp.h>

#define VMALLOC_START 0xffffc90000000000UL
#define VMALLOC_END   0xffffe8ffffffffffUL /* 32 TiB */

void *__must_check vmalloc(size_t size);
void *__must_check vzalloc(size_t size);
void *__must_check __vmalloc(size_t size, gfp_t gfp, pgprot_t prot);
void vfree(const void *addr); /* NULL is fine; not from interrupts */
void *__must_check vmap(struct page **pages, unsigned int nr, pgprot_t prot);
void vunmap(const void *addr);
volatile void *__must_check ioremap(phys_addr_t phys,
				    size_t len); /* uncached */
volatile void *__must_check ioremap_wc(phys_addr_t phys, size_t len);
void iounmap(volatile void *addr);
bool is_vmalloc_addr(const void *addr);
struct page *vmalloc_to_page(const void *addr);
void vm_unmap_aliases(void); /* purge now: nothing stale in any TLB */

/* THREAD_SIZE bytes, so aligned, between unmapped guard pages (C EV-43). */
void *__must_check alloc_thread_stack(int nid);
void free_thread_stack(void *stack);

unsigned long vmalloc_nr_pages(void); /* in use now: a leak changes it */
void vmalloc_init(void);

#endif /* MM_VMALLOC_H */
