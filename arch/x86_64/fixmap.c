/* SPDX-License-Identifier: MIT */
/*
 * fixmap.c - addresses fixed when compiling, frames chosen when running.
 *
 * Model. See <arch/fixmap.h>. fixmap_reserve() fills the entries with
 * PTE_HELD: not present for the CPU, used for the table, which therefore is
 * never pruned. From then on setting an index is one store and one invlpg, in
 * any context.
 *
 * Locking. None: an index has one user at a time, who excludes others.
 * Contexts. Any, after the reservation.
 */
#include <arch/fixmap.h>

#include <arch/tlb.h>
#include <base/assert.h>
#include <base/errno.h>

#include "pgtable_private.h"

int fixmap_reserve(unsigned int first, unsigned int last)
{
	/* The last index has the lowest address. */
	unsigned long va = __fix_to_virt(last);
	unsigned int left = last - first + 1, n;

	for (; left; left -= n, va += n * PAGE_SIZE) {
		pte_t *entry;

		n = left;
		entry = kernel_pte_pin(va, &n);
		if (!entry)
			goto undo;
		for (unsigned int i = 0; i < n; i++)
			set_pte(&entry[i], PTE_HELD);
	}
	return 0;

undo:
	kernel_unmap_pages(__fix_to_virt(last), last - first + 1 - left);
	return -ENOMEM;
}

pte_t *fixmap_entry(unsigned int index)
{
	return kernel_pte_find(__fix_to_virt(index));
}

void set_fixmap(unsigned int index, phys_addr_t phys, pgprot_t prot)
{
	pte_t *entry = fixmap_entry(index);

	ASSERT(entry && !(phys & ~PAGE_MASK));
	set_pte(entry, __pte(phys | (prot.pgprot & supported_pte_mask)));
	invlpg(__fix_to_virt(index));
}

void clear_fixmap(unsigned int index)
{
	set_pte(fixmap_entry(index), PTE_HELD);
	invlpg(__fix_to_virt(index));
}
