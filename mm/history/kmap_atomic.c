/* SPDX-License-Identifier: MIT */
/*
 * kmap_atomic.c - a window for a moment, without waiting and without a lock.
 *
 * Model (A MM-H7). Each CPU has a window for each of 13 uses, at a fixed
 * address: index = FIX_KMAP_BEGIN + type + 13 * CPU. The windows are the
 * CPU's own, so no lock and no flush on other CPUs; the use is the caller's
 * alone, so nobody waits. Preemption must be off first, for low frames too: a
 * caller must not find out only with high memory that it may not sleep.
 *
 * Invariants.
 *   I1  An entry is PTE_HELD exactly while its slot is not in use.
 * Locking. None: per CPU.
 * Contexts. Any but NMI.
 * Limits. Faults on user addresses need no further guard: there are none yet,
 * and their handler will look at the preempt count.
 */
#include "highmem.h"

#include <arch/fixmap.h>
#include <arch/pgtable.h>
#include <base/assert.h>
#include <lib/preempt.h>

static unsigned int slot(enum km_type type)
{
	return FIX_KMAP_BEGIN + type + KM_TYPE_NR * smp_processor_id();
}

void *kmap_atomic(struct page *page, enum km_type type)
{
	unsigned int index;

	preempt_disable();
	if (!PageHighMem(page))
		return lowmem_page_address(page);
	BUG_ON(type >= KM_TYPE_NR);
	index = slot(type);
	BUG_ON(pte_present(*fixmap_entry(index))); /* I1 */
	set_fixmap(index, page_to_phys(page), PAGE_KERNEL);
	return (void *)__fix_to_virt(index);
}

void kunmap_atomic(void *addr, enum km_type type)
{
	unsigned long va = (unsigned long)addr;

	if (va >= FIXADDR_START && va < FIXADDR_TOP + PAGE_SIZE) {
		BUG_ON(virt_to_fix(va) != slot(type));
		clear_fixmap(virt_to_fix(va));
	}
	preempt_enable();
}
