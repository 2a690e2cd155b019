/* SPDX-License-Identifier: MIT */
/*
 * set_memory.c - other rights for pages of the kernel that are mapped.
 *
 * Model. A look at all pages first, then one change of the tables, then one
 * flush. So a range that cannot be changed is not changed by halves. Where
 * the change made 512 pages alike again, they become one large page again.
 *
 * Invariants.
 *   I1  No frame is writable through one mapping and executable through
 *       another one: frames of the image that are read-only there never
 *       become writable in the direct map.
 * Locking. rights_lock: a large page that was split for one user must not be
 *	joined for another one before the first has changed his part, nor
 *	while he looks at the tables. Whose pages these are excludes others
 *	from the same pages.
 * Contexts. Task.
 */
#include <mm/set_memory.h>

#include <arch/page.h>
#include <arch/pgtable.h>
#include <arch/sections.h>
#include <arch/upcall.h>
#include <base/errno.h>
#include <lib/spinlock.h>
#include <mm/tlb.h>

static DEFINE_SPINLOCK(rights_lock);

/* Is the frame one of .text or .rodata? */
static bool in_read_only_image(phys_addr_t pa)
{
	return pa >= __pa_symbol(_text) && pa < __pa_symbol(__rodata_end);
}

static int look(unsigned long addr, unsigned int nr, bool to_write)
{
	struct pt_walk w;

	for (; nr; nr--, addr += PAGE_SIZE) {
		if (!pt_walk(addr, &w))
			return -EFAULT;
		if (!to_write)
			continue;
		/* Without NX in the CPU every page is executable. */
		if ((supported_pte_mask & _PAGE_NX) && pte_exec(w.entry))
			return -EPERM;
		if (in_read_only_image(w.phys))
			return -EPERM;
	}
	return 0;
}

/* Large pages again, where all parts of one are alike. */
static void join(unsigned long start, unsigned long end, unsigned int shift)
{
	unsigned long mask = ~((1UL << shift) - 1);

	for (unsigned long va = start & mask; va < end; va += 1UL << shift) {
		phys_addr_t table;

		spin_lock(&rights_lock);
		table = kernel_join(va, shift);
		spin_unlock(&rights_lock);
		if (!table)
			continue;
		flush_tlb_kernel_page(va); /* and all ways to the table */
		pt_page_free(table);
	}
}

static int set_memory(unsigned long addr, unsigned int nr, long clear, long set)
{
	u64 size = nr * PAGE_SIZE;
	int err;

	spin_lock(&rights_lock);
	err = look(addr, nr, set & _PAGE_RW);
	if (!err)
		err = kernel_rights_noflush(addr, size, __pgprot(clear),
					    __pgprot(set));
	spin_unlock(&rights_lock);
	if (err)
		return err;
	flush_tlb_kernel_range(addr, addr + size);
	join(addr, addr + size, PMD_SHIFT);
	join(addr, addr + size, PUD_SHIFT);
	return 0;
}

int set_memory_ro(unsigned long addr, unsigned int nr)
{
	return set_memory(addr, nr, _PAGE_RW, 0);
}

int set_memory_rw(unsigned long addr, unsigned int nr)
{
	return set_memory(addr, nr, 0, _PAGE_RW);
}

int set_memory_nx(unsigned long addr, unsigned int nr)
{
	return set_memory(addr, nr, 0, _PAGE_NX);
}
