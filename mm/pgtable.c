/* SPDX-License-Identifier: MIT */
/*
 * pgtable.c - what follows when the kernel's page tables have changed.
 *
 * Model. arch changes tables and cannot reach other CPUs; tlb.c reaches them
 * and knows no tables. Here they meet. An empty table is freed in this order:
 *
 *	kernel_prune_begin()	no CPU finds the table any more
 *	flush on all CPUs	no CPU remembers the way to it any more
 *	kernel_prune_finish()	the page is nobody's
 *
 * so one flush does for the pages and for the tables that mapped them.
 *
 * Invariants.
 *   I1  Between begin and finish of one pruning no other one begins: else
 *       finish could free a table that the other's begin took out, and whose
 *       flush is still under way.
 *
 * Locking. prune_lock (I1) is held over a flush, so with interrupts on: who
 * waits for it answers cross-calls.
 * Contexts. Task.
 */
#include <mm/pgtable.h>

#include <lib/spinlock.h>
#include <mm/tlb.h>

static DEFINE_SPINLOCK(prune_lock);

void kernel_flush_unmapped(unsigned long start, unsigned long end)
{
	unsigned int dying;

	if (start == end)
		return;
	spin_lock(&prune_lock);
	dying = kernel_prune_begin(start, end);
	flush_tlb_kernel_range(start, end);
	if (dying)
		kernel_prune_finish(start, end);
	spin_unlock(&prune_lock);
}

int kernel_unmap(unsigned long va, u64 size)
{
	int err = kernel_unmap_noflush(va, size);

	if (!err)
		kernel_flush_unmapped(va, va + size);
	return err;
}

int kernel_protect(unsigned long va, u64 size, pgprot_t prot)
{
	int err = kernel_protect_noflush(va, size, prot);

	if (!err)
		flush_tlb_kernel_range(va, va + size);
	return err;
}
