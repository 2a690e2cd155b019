/* SPDX-License-Identifier: MIT */
/*
 * pgtable.c - entering mappings into the kernel's page tables.
 *
 * Purpose. vmalloc, per-CPU memory, devices and stacks map and unmap all the
 * time, on all CPUs at once, often beside each other in the same table.
 *
 * Model. A table is used by many, so the tables are under one lock; an entry
 * of the last level is its owner's, who got the address from some allocator,
 * so the entries themselves need no lock. What connects the two is a count:
 * each entry that points to a table has, in bits that the CPU ignores, the
 * number of entries used there.
 *
 *	63  62    61..52  51..12  11..0
 *	0   dying  count   frame   flags	entry that points to a table
 *
 *	PMD entry: count 3 --> table: [ ][ ][p][p][p][ ] ... 512 entries
 *
 * A table with count 0 maps nothing. It is not freed at once, because a CPU
 * may have cached the way to it, and because the next mapping may want it:
 *
 *	linked --kernel_prune_begin()--> dying --all CPUs flushed--> freed
 *	   ^                               |	 kernel_prune_finish()
 *	   +------ needed after all -------+
 *
 * A dying table has its P bit clear, so that no CPU finds it afresh. Who
 * needs it sets P again. It is the same table, so a CPU that still had the
 * way to it cached was never wrong.
 *
 * Tables are allocated outside the lock: an operation that lacks one returns
 * -EAGAIN, its caller gets a spare page and tries again from where it was.
 *
 * Invariants.
 *   I1  The count of a table is the number of its entries that are not zero
 *       and not dying, or that somebody has pinned and not yet filled. For
 *       tables below the top level; that is copied, so it has no counts.
 *   I2  A linked or dying table is written by its owners; a freed one by
 *       nobody: between are prune_finish() and a flush of all CPUs.
 *   I3  Top-level entries never go away (A BOOT-5).
 *   I4  No page of the kernel is writable and executable.
 *   I5  A and D are set beforehand where the kernel needs no note of them, so
 *       the CPU never writes an entry that the lock protects.
 *
 * Locking. pt_lock, with interrupts off, since handlers may map: all entries
 * that point to tables, splits, and the counters. Held for one table at most.
 * Contexts. Any but NMI; where tables may be missing, any that may allocate.
 * Limits. Tables of neighbouring nodes are not told apart.
 *
 * References. Intel SDM vol. 3A, "Caching Translation Information".
 */
#include <arch/pgtable.h>

#include <arch/upcall.h>
#include <base/assert.h>
#include <base/bits.h>
#include <lib/spinlock.h>

#include "cpu.h"
#include "pgtable_private.h"

DEFINE_SPINLOCK(pt_lock);

static unsigned long nr_tables; /* (pt_lock) */

unsigned long direct_map_pages[3]; /* (pt_lock) */

unsigned long supported_pte_mask = ~0UL; /* (i) */

unsigned long nr_page_table_pages(void)
{
	return READ_ONCE(nr_tables);
}

unsigned int pt_entry_used(u64 entry)
{
	return pt_used(entry);
}

void pt_count_tables(long n)
{
	WRITE_ONCE(nr_tables, nr_tables + (unsigned long)n);
}

void pt_note_pages(unsigned long va, unsigned int level, long n)
{
	if (va >= PAGE_OFFSET && va < IO_MAP_BASE)
		direct_map_pages[level] += (unsigned long)n;
}

/* @e gets a table again; @parent points to the table that @e is in. */
static void link_table(unsigned long *e, unsigned long *parent,
		       unsigned long frame)
{
	WRITE_ONCE(*e, frame | TABLE_FLAGS);
	pt_count(parent, 1);
}

/*
 * Goes down to the entry for @va at @level, making the tables on the way. 0;
 * -EAGAIN: @spare is empty; -EEXIST: a large page is in the way.
 */
static int descend(unsigned long va, unsigned int level, struct pt_path *p,
		   phys_addr_t *spare)
{
	unsigned long *e = &kernel_pgd[pgd_index(va)].pgd;
	unsigned int l = PT_TOP;

	for (p->e[l] = e; l > level; p->e[l] = e) {
		unsigned long *parent = l < PT_TOP ? pt_parent(p, l) : NULL;

		if (pt_is_dying(*e)) {
			link_table(e, parent, *e & PTE_PFN_MASK);
		} else if (!*e) {
			if (!*spare)
				return -EAGAIN;
			link_table(e, parent, *spare);
			*spare = 0;
			pt_count_tables(1);
		} else if (!pt_is_table(*e)) {
			return -EEXIST;
		}
		e = &table_of(*e)[pt_index(va, --l)];
	}
	return 0;
}

int pt_get_spare(phys_addr_t *spare)
{
	*spare = pt_page_alloc();
	return *spare ? 0 : -ENOMEM;
}

void pt_put_spare(phys_addr_t spare)
{
	if (spare)
		pt_page_free(spare);
}

struct map_request {
	unsigned long va;
	phys_addr_t pa;
	u64 size;
	unsigned long bits;
	unsigned int max_level;
};

/* Level of the largest page that fits the beginning of @r. */
static unsigned int level_for(const struct map_request *r)
{
	unsigned int l = r->max_level;

	if (l == 2 && !cpu_features.gbpages)
		l = 1;
	while (l &&
	       (((r->va | r->pa) & (pt_size(l) - 1)) || r->size < pt_size(l)))
		l--;
	return l;
}

/* Writes @r's beginning: one large page, or up to the end of a table. */
static int map_some(struct map_request *r, phys_addr_t *spare)
{
	unsigned int l = level_for(r);
	struct pt_path p;
	unsigned long *e;
	long n = 0;
	int err;

	for (;; l--) {
		err = descend(r->va, l, &p, spare);
		if (err)
			return err;
		e = p.e[l];
		if (!l || !(pt_is_table(*e) || pt_is_dying(*e)))
			break;
	}
	do {
		if (*e) {
			err = -EEXIST;
			break;
		}
		WRITE_ONCE(*e++, r->pa | r->bits | (l ? _PAGE_PSE : 0));
		pt_note_pages(r->va, l, 1);
		n++;
		r->va += pt_size(l);
		r->pa += pt_size(l);
		r->size -= pt_size(l);
	} while (!l && r->size && pte_index(r->va));
	pt_count(pt_parent(&p, l), n);
	return err;
}

int kernel_map(unsigned long va, phys_addr_t pa, u64 size, pgprot_t prot,
	       unsigned int max_shift)
{
	struct map_request r = {
		.va = va,
		.pa = pa,
		.size = size,
		.bits = prot.pgprot & supported_pte_mask,
		.max_level = (max_shift - PAGE_SHIFT) / 9,
	};
	phys_addr_t spare = 0;
	unsigned long flags;
	int err;

	ASSERT(size && IS_ALIGNED(va | pa | size, PAGE_SIZE));
	ASSERT(!pt_writable_executable(r.bits)); /* I4 */
	do {
		spin_lock_irqsave(&pt_lock, flags);
		err = map_some(&r, &spare);
		spin_unlock_irqrestore(&pt_lock, flags);
		if (err == -EAGAIN)
			err = pt_get_spare(&spare);
	} while (!err && r.size);
	pt_put_spare(spare);
	/* Begins and ends where our pages do, so it cannot fail. */
	if (err && r.va != va)
		kernel_unmap_noflush(va, r.va - va);
	return err;
}

/* The entry that points to the last table for @va, if that is linked. */
static __always_inline unsigned long *last_table(unsigned long va)
{
	unsigned long e = kernel_pgd[pgd_index(va)].pgd;
	unsigned long *entry;

	if (unlikely(!pt_is_table(e)))
		return NULL;
	e = table_of(e)[pud_index(va)];
	if (unlikely(!pt_is_table(e)))
		return NULL;
	entry = &table_of(e)[pmd_index(va)];
	return likely(pt_is_table(*entry)) ? entry : NULL;
}

static noinline pte_t *pin_slow(unsigned long va, unsigned int nr)
{
	phys_addr_t spare = 0;
	struct pt_path p;
	unsigned long flags;
	int err;

	do {
		spin_lock_irqsave(&pt_lock, flags);
		err = descend(va, 0, &p, &spare);
		if (!err)
			pt_count(p.e[1], nr);
		spin_unlock_irqrestore(&pt_lock, flags);
		if (err != -EAGAIN)
			break;
		err = pt_get_spare(&spare);
	} while (!err);
	pt_put_spare(spare);
	BUG_ON(err == -EEXIST);
	return err ? NULL : (pte_t *)p.e[0];
}

pte_t *kernel_pte_pin(unsigned long va, unsigned int *nr)
{
	unsigned int index = pte_index(va);
	unsigned long *entry, flags;
	pte_t *pte;

	*nr = min(*nr, PTRS_PER_TABLE - index);
	spin_lock_irqsave(&pt_lock, flags);
	entry = last_table(va);
	if (unlikely(!entry)) {
		spin_unlock_irqrestore(&pt_lock, flags);
		return pin_slow(va, *nr);
	}
	pte = (pte_t *)table_of(*entry) + index;
	pt_count(entry, *nr);
	spin_unlock_irqrestore(&pt_lock, flags);
	return pte;
}

pte_t *kernel_pte_find(unsigned long va)
{
	unsigned long *entry = last_table(va);

	return entry ? (pte_t *)table_of(*entry) + pte_index(va) : NULL;
}

void kernel_unmap_pages(unsigned long va, unsigned int nr)
{
	unsigned long *entry, flags;

	while (nr) {
		unsigned int index = pte_index(va);
		unsigned int n = min(nr, PTRS_PER_TABLE - index);
		unsigned long *pte;

		spin_lock_irqsave(&pt_lock, flags);
		entry = last_table(va);
		ASSERT(entry);
		pte = table_of(*entry) + index;
		for (unsigned int i = 0; i < n; i++) {
			ASSERT(pte[i]);
			WRITE_ONCE(pte[i], 0);
		}
		pt_count(entry, -(long)n);
		spin_unlock_irqrestore(&pt_lock, flags);
		va += n * PAGE_SIZE;
		nr -= n;
	}
}

int kernel_pgd_reserve(unsigned long start, unsigned long end)
{
	for (unsigned long i = pgd_index(start); i <= pgd_index(end); i++) {
		unsigned long *e = &kernel_pgd[i].pgd;
		phys_addr_t page;

		if (*e)
			continue;
		page = pt_page_alloc();
		if (!page)
			return -ENOMEM;
		link_table(e, NULL, page);
		pt_count_tables(1);
	}
	return 0;
}
