/* SPDX-License-Identifier: MIT */
/*
 * fixmap.h (arch) - addresses fixed when compiling, frames chosen when
 * running (A MM-F).
 *
 * Model. Each user has an index here. Index 0 is the highest page, and they
 * count down, so an address is a constant in the code: no pointer has to be
 * loaded. The CPU's direct competitor is a pointer variable, which costs a
 * load each time.
 *
 *	FIXADDR_TOP	ffffffffff7ff000  index 0 (nothing: a hole)
 *			ffffffffff7fe000  index 1
 *			...
 *	FIXADDR_START	the last index
 *
 * The highest 8 MiB are left out: an error pointer (ERR_PTR) points there,
 * and must fault.
 */
#ifndef ARCH_FIXMAP_H
#define ARCH_FIXMAP_H

#include <arch/page.h>
#include <arch/pgtable.h>
#include <base/assert.h>
#include <base/compiler.h>
#include <base/config.h>
#include <base/types.h>

/* Who may be inside kmap_atomic() at the same moment on one CPU (A MM-H7). */
enum km_type {
	KM_BOUNCE_READ,
	KM_SKB_SUNRPC_DATA,
	KM_SKB_DATA_SOFTIRQ,
	KM_USER0,
	KM_USER1,
	KM_BIO_SRC_IRQ,
	KM_BIO_DST_IRQ,
	KM_PTE0,
	KM_PTE1,
	KM_IRQ0,
	KM_IRQ1,
	KM_SOFTIRQ0,
	KM_SOFTIRQ1,
	KM_TYPE_NR,
};

enum fixed_addresses {
	FIX_HOLE,  /* so that running over the top faults */
	FIX_TEST0, /* for the self-tests */
	FIX_TEST1,
	FIX_KMAP_BEGIN,
	FIX_KMAP_END = FIX_KMAP_BEGIN + KM_TYPE_NR * NR_CPUS - 1,
	__end_of_fixed_addresses,
};

#define FIXADDR_TOP   0xffffffffff7ff000UL
#define FIXADDR_SIZE  (__end_of_fixed_addresses * PAGE_SIZE)
#define FIXADDR_START (FIXADDR_TOP - FIXADDR_SIZE + PAGE_SIZE)

static_assert(FIXADDR_START > KERNEL_BASE + (8UL << 20),
	      "the window lies behind the image");

/* Defined nowhere: who calls it does not link (A MM-F2). */
void fixmap_index_does_not_exist(void);

/* The arithmetic alone, for an index that is computed (A MM-F3). */
static __always_inline unsigned long __fix_to_virt(unsigned int index)
{
	return FIXADDR_TOP - ((unsigned long)index << PAGE_SHIFT);
}

/**
 * fix_to_virt() - the address of an index known when compiling.
 * @index: a constant; one that does not exist stops the link.
 *
 * Context: any. Return: the address, itself a constant.
 */
static __always_inline unsigned long fix_to_virt(unsigned int index)
{
	if (index >= __end_of_fixed_addresses)
		fixmap_index_does_not_exist();
	return __fix_to_virt(index);
}

/* The reverse; @va lies in the window. */
static inline unsigned int virt_to_fix(unsigned long va)
{
	ASSERT(va >= FIXADDR_START && va < FIXADDR_TOP + PAGE_SIZE);
	return (unsigned int)((FIXADDR_TOP - (va & PAGE_MASK)) >> PAGE_SHIFT);
}

/**
 * fixmap_reserve() - make the tables for some indices.
 * @first, @last: indices; each may be reserved once.
 *
 * Context: any that may allocate.
 * Return: 0, or -ENOMEM with nothing reserved.
 */
int __must_check fixmap_reserve(unsigned int first, unsigned int last);

/**
 * set_fixmap() - let an index lead to a frame.
 * @index: was reserved.
 * @phys: page aligned.
 * @prot: rights; those of PAGE_KERNEL are global, so that the translation
 *	survives the switch to another address space.
 *
 * This CPU forgets what was there before; others have to be told, with
 * flush_tlb_kernel_page(), if they ever used it.
 *
 * Context: any. Locking: the index is the caller's.
 */
void set_fixmap(unsigned int index, phys_addr_t phys, pgprot_t prot);

/* Let it lead nowhere. As set_fixmap(). */
void clear_fixmap(unsigned int index);

/* The entry of an index that was reserved. Context: any. */
pte_t *fixmap_entry(unsigned int index);

#endif /* ARCH_FIXMAP_H */
