/* SPDX-License-Identifier: MIT */
/*
 * pgtable_change.c - taking mappings out of the kernel's page tables, giving
 * them other rights, and freeing tables that are empty.
 *
 * Model. pgtable.c has the picture. A range may begin or end inside a large
 * page. Then that page is split first: a new table with 512 smaller pages of
 * the same frames and rights takes its place, so that at no moment a
 * translation changes. Only the two borders of a range can need this, so all
 * memory is there before the first entry changes, and nothing must be undone.
 *
 *	|     2 MiB      |	    |511 x 4 KiB|     |
 *	      ^ va		==>	  ^ va: now a border
 *
 * Invariants. Those of pgtable.c, and
 *   I6  A split changes neither the frame nor the rights of any address.
 *
 * Locking. pt_lock, for the entries of one table at a time.
 * Contexts. As in <arch/pgtable.h>.
 * Limits. Large pages come back only where kernel_join() is called.
 */
#include <arch/pgtable.h>

#include <arch/upcall.h>
#include <base/assert.h>
#include <base/bits.h>
#include <lib/spinlock.h>

#include "cpu.h"
#include "pgtable_private.h"

/* Goes down to the last entry for @va, but not below @stop; its level. */
static unsigned int find(unsigned long va, unsigned int stop, struct pt_path *p)
{
	unsigned long *e = &kernel_pgd[pgd_index(va)].pgd;
	unsigned int l = PT_TOP;

	for (p->e[l] = e; l > stop; p->e[l] = e) {
		if (!pt_is_table(*e) && !pt_is_dying(*e))
			break;
		e = &table_of(*e)[pt_index(va, --l)];
	}
	return l;
}

/* The next border of pages of @level behind @va; not beyond @end. */
static unsigned long next_border(unsigned long va, unsigned long end,
				 unsigned int level)
{
	unsigned long next = (va | (pt_size(level) - 1)) + 1;

	/* Differences, because @end may be 2^64, which is 0. */
	return next - va > end - va ? end : next;
}

/* Puts a table with pages of the next size in the place of a large page. */
static void split(unsigned long va, unsigned int level, unsigned long *e,
		  phys_addr_t page)
{
	unsigned long *table = table_of(page);
	unsigned long bits = *e;

	if (level == 1)
		bits &= ~_PAGE_PSE;
	for (unsigned int i = 0; i < PTRS_PER_TABLE; i++)
		table[i] = bits + i * pt_size(level - 1);
	/* Compiler order is enough: page walks see stores in order. */
	barrier();
	WRITE_ONCE(*e,
		   page | TABLE_FLAGS | TABLE_SPLIT |
			   (unsigned long)PTRS_PER_TABLE << TABLE_COUNT_SHIFT);
	pt_count_tables(1);
	pt_note_pages(va, level, -1);
	pt_note_pages(va, level - 1, PTRS_PER_TABLE);
}

/* The CPU sets these when it likes; they make no difference here. */
#define CPU_BITS (_PAGE_ACCESSED | _PAGE_DIRTY)

/* The entry that could stand for a whole @table of @level - 1, or 0. */
static unsigned long joined(const unsigned long *table, unsigned int level)
{
	unsigned long first = READ_ONCE(table[0]) | CPU_BITS;

	if (!pt_is_leaf(table[0], level - 1) ||
	    (first & PTE_PFN_MASK & (pt_size(level) - 1)))
		return 0;
	for (unsigned int i = 1; i < PTRS_PER_TABLE; i++)
		if ((READ_ONCE(table[i]) | CPU_BITS) !=
		    first + i * pt_size(level - 1))
			return 0;
	return first | _PAGE_PSE;
}

phys_addr_t kernel_join(unsigned long va, unsigned int shift)
{
	unsigned int level = (shift - PAGE_SHIFT) / 9;
	phys_addr_t table = 0;
	unsigned long flags;
	struct pt_path p;

	if (level == 2 && !cpu_features.gbpages)
		return 0;
	spin_lock_irqsave(&pt_lock, flags);
	if (find(va, level, &p) == level && pt_is_table(*p.e[level]) &&
	    (*p.e[level] & TABLE_SPLIT)) {
		unsigned long e = joined(table_of(*p.e[level]), level);

		if (e) {
			table = *p.e[level] & PTE_PFN_MASK;
			WRITE_ONCE(*p.e[level], e);
			pt_count_tables(-1);
			pt_note_pages(va, level - 1, -PTRS_PER_TABLE);
			pt_note_pages(va, level, 1);
		}
	}
	spin_unlock_irqrestore(&pt_lock, flags);
	return table;
}

/* Sees to it that no page reaches over @va: 0 or -ENOMEM. */
static int make_border(unsigned long va)
{
	phys_addr_t spare = 0;
	unsigned long flags;
	struct pt_path p;
	bool done = false;
	int err = 0;

	while (!err && !done) {
		spin_lock_irqsave(&pt_lock, flags);
		unsigned int l = find(va, 0, &p);

		done = !l || !pt_is_leaf(*p.e[l], l) ||
		       IS_ALIGNED(va, pt_size(l));
		if (!done && spare) {
			split(va, l, p.e[l], spare);
			spare = 0;
		} else if (!done) {
			err = -EAGAIN;
		}
		spin_unlock_irqrestore(&pt_lock, flags);
		if (err == -EAGAIN)
			err = pt_get_spare(&spare);
	}
	pt_put_spare(spare);
	return err;
}

/* What becomes of each mapped entry of a range: entry & keep | set. */
struct change {
	unsigned long keep, set;
};

/* As far as one table goes; returns where the next one begins. */
static unsigned long change_some(unsigned long va, unsigned long end,
				 const struct change *c)
{
	struct pt_path p;
	unsigned int l = find(va, 0, &p);
	unsigned long *e = p.e[l];
	bool gone = !(c->keep | c->set);
	long n = 0;

	do {
		if (pt_is_leaf(*e, l)) {
			/* The borders were made: no page reaches over one. */
			ASSERT(!l || (IS_ALIGNED(va, pt_size(l)) &&
				      end - va >= pt_size(l)));
			WRITE_ONCE(*e, (*e & c->keep) | c->set);
			n++;
		}
		e++;
		va = next_border(va, end, l);
	} while (!l && va != end && pte_index(va));
	if (n && gone) {
		pt_count(pt_parent(&p, l), -n);
		pt_note_pages(va - 1, l, -n);
	}
	return va;
}

static int change(unsigned long va, u64 size, const struct change *c)
{
	unsigned long flags, end = va + size;
	int err;

	ASSERT(IS_ALIGNED(va | size, PAGE_SIZE));
	err = make_border(va);
	if (!err)
		err = make_border(end);
	if (err)
		return err;
	while (va != end) {
		spin_lock_irqsave(&pt_lock, flags);
		va = change_some(va, end, c);
		spin_unlock_irqrestore(&pt_lock, flags);
	}
	return 0;
}

int kernel_unmap_noflush(unsigned long va, u64 size)
{
	static const struct change gone = {0, 0};

	return change(va, size, &gone);
}

int kernel_protect_noflush(unsigned long va, u64 size, pgprot_t prot)
{
	struct change c = {
		.keep = PTE_PFN_MASK | _PAGE_PSE,
		.set = prot.pgprot & supported_pte_mask,
	};

	ASSERT(!pt_writable_executable(c.set)); /* I4 */
	return change(va, size, &c);
}

int kernel_rights_noflush(unsigned long va, u64 size, pgprot_t clear,
			  pgprot_t set)
{
	const unsigned long fixed = PTE_PFN_MASK | _PAGE_PSE | _PAGE_PRESENT;
	struct change c = {
		.keep = ~clear.pgprot,
		.set = set.pgprot & supported_pte_mask,
	};

	ASSERT(!((clear.pgprot | set.pgprot) & fixed));
	return change(va, size, &c);
}

/* The entry for @va, if it is at @level and points to a table. */
static unsigned long *table_at(unsigned long va, unsigned int level,
			       struct pt_path *p, unsigned int *stopped)
{
	unsigned long *e;

	*stopped = find(va, level, p);
	e = p->e[*stopped];
	return *stopped == level && !pt_is_leaf(*e, level) && *e ? e : NULL;
}

/* Empty tables of one level begin to die; how many. */
static unsigned int begin_level(unsigned long start, unsigned long end,
				unsigned int level)
{
	unsigned int l, n = 0;
	unsigned long flags;
	struct pt_path p;

	for (unsigned long va = start; va != end;
	     va = next_border(va, end, l)) {
		spin_lock_irqsave(&pt_lock, flags);
		unsigned long *e = table_at(va, level, &p, &l);

		if (e && pt_is_table(*e) && !pt_used(*e)) {
			WRITE_ONCE(*e, (*e & PTE_PFN_MASK) | TABLE_DYING);
			pt_count(pt_parent(&p, level), -1);
			n++;
		}
		spin_unlock_irqrestore(&pt_lock, flags);
	}
	return n;
}

unsigned int kernel_prune_begin(unsigned long start, unsigned long end)
{
	unsigned int n = begin_level(start, end, 1);

	return n + begin_level(start, end, 2); /* the top level stays: I3 */
}

/* Those of one level that are dying still are nobody's now. */
static void finish_level(unsigned long start, unsigned long end,
			 unsigned int level)
{
	unsigned long flags;
	struct pt_path p;
	unsigned int l;

	for (unsigned long va = start; va != end;
	     va = next_border(va, end, l)) {
		phys_addr_t page = 0;

		spin_lock_irqsave(&pt_lock, flags);
		unsigned long *e = table_at(va, level, &p, &l);

		if (e && pt_is_dying(*e)) {
			page = *e & PTE_PFN_MASK;
			WRITE_ONCE(*e, 0);
			pt_count_tables(-1);
		}
		spin_unlock_irqrestore(&pt_lock, flags);
		if (page)
			pt_page_free(page);
	}
}

void kernel_prune_finish(unsigned long start, unsigned long end)
{
	finish_level(start, end, 1);
	finish_level(start, end, 2);
}
