/* SPDX-License-Identifier: MIT */
/*
 * pgtable_private.h - what the files about page tables share.
 *
 * Levels are numbered from the bottom: 0 PTE, 1 PMD, 2 PUD, 3 PGD. An entry
 * is an unsigned long here, because most of this is the same at each level.
 */
#ifndef ARCH_X86_64_PGTABLE_PRIVATE_H
#define ARCH_X86_64_PGTABLE_PRIVATE_H

#include <arch/pgtable.h>
#include <base/assert.h>
#include <lib/spinlock.h>

#define IO_MAP_BASE 0xffffb00000000000UL

#define PT_TOP 3

/* Of an entry that points to a table. A is set, so the CPU never writes it. */
#define TABLE_FLAGS	  (_PAGE_PRESENT | _PAGE_RW | _PAGE_ACCESSED)
#define TABLE_SPLIT	  (1L << 10) /* was a large page before */
#define TABLE_COUNT_SHIFT 52
#define TABLE_COUNT_MASK  0x3ffUL
#define TABLE_DYING	  (1L << 62)

extern pgd_t kernel_pgd[PTRS_PER_TABLE];
extern spinlock_t pt_lock;

/*
 * One word as it read through the boot tables: by its physical address,
 * through the direct map, and where it is linked (A BOOT-6).
 */
extern u64 boot_map_words[3];

/* The entries on the way to an address; those below the last are unset. */
struct pt_path {
	unsigned long *e[PT_TOP + 1];
};

static inline u64 pt_size(unsigned int level)
{
	return 1ULL << (PAGE_SHIFT + 9 * level);
}

static inline unsigned int pt_index(unsigned long va, unsigned int level)
{
	return (va >> (PAGE_SHIFT + 9 * level)) & 511;
}

/* The table that an entry of a higher level points to. */
static inline unsigned long *table_of(unsigned long entry)
{
	return __va(entry & PTE_PFN_MASK);
}

/* Of entries above level 0. */
static inline bool pt_is_table(unsigned long entry)
{
	return (entry & (_PAGE_PRESENT | _PAGE_PSE)) == _PAGE_PRESENT;
}

static inline bool pt_is_dying(unsigned long entry)
{
	return (entry & (_PAGE_PRESENT | _PAGE_PSE | TABLE_DYING)) ==
	       TABLE_DYING;
}

/* Of any entry: does it map a page, even one without access? */
static inline bool pt_is_leaf(unsigned long entry, unsigned int level)
{
	return level ? entry & _PAGE_PSE : entry;
}

static inline bool pt_writable_executable(unsigned long bits)
{
	return (bits & (_PAGE_RW | _PAGE_NX)) == _PAGE_RW &&
	       (supported_pte_mask & _PAGE_NX);
}

static inline unsigned int pt_used(unsigned long entry)
{
	return (entry >> TABLE_COUNT_SHIFT) & TABLE_COUNT_MASK;
}

/* @n more entries are used in the table of @e; NULL: the top level. */
static inline void pt_count(unsigned long *e, long n)
{
	if (!e)
		return;
	ASSERT((long)pt_used(*e) + n >= 0 &&
	       (long)pt_used(*e) + n <= PTRS_PER_TABLE); /* I1 */
	WRITE_ONCE(*e, *e + ((unsigned long)n << TABLE_COUNT_SHIFT));
}

/* What points to the table that p->e[@level] is in, if that has a count. */
static inline unsigned long *pt_parent(const struct pt_path *p,
				       unsigned int level)
{
	return level + 1 < PT_TOP ? p->e[level + 1] : NULL;
}

/* All with pt_lock: the counters that change with the tables. */
void pt_count_tables(long n);
void pt_note_pages(unsigned long va, unsigned int level, long n);

/* Programs the cache attributes of entries on this CPU (pat.c). */
void pat_init_cpu(void);

/* A zeroed page for the next table, without pt_lock: 0 or -ENOMEM. */
int pt_get_spare(phys_addr_t *spare);

/* A page that was not needed goes back; 0 is none. */
void pt_put_spare(phys_addr_t spare);

#endif /* ARCH_X86_64_PGTABLE_PRIVATE_H */
