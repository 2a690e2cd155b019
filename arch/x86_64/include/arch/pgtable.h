/* SPDX-License-Identifier: MIT */
/*
 * pgtable.h (arch) - page-table entries and what may be asked of them.
 *
 * Model. Four levels (A PG-8): PGD, PUD, PMD, PTE, each a page of 512 entries
 * of 8 bytes. Each level has a C type of its own, so that mixing levels does
 * not compile (A PG-10). Flags are signed long, so that ~flag keeps the upper
 * bits when it is widened (A PG-11).
 *
 *	63 NX | 62..52 free | 51..12 frame | 11..9 free | 8 G | 7 PS/PAT |
 *	6 D | 5 A | 4 PCD | 3 PWT | 2 US | 1 RW | 0 P		(A PG-4)
 *
 * This header also has what changes the kernel's own tables; how that works
 * stands in arch/x86_64/pgtable.c. Nothing here makes a CPU forget what it
 * has cached: that is <mm/pgtable.h>'s and <mm/tlb.h>'s.
 *
 * Source: Intel SDM vol. 3A, "4-Level Paging".
 */
#ifndef ARCH_PGTABLE_H
#define ARCH_PGTABLE_H

#include <arch/page.h>
#include <base/assert.h>
#include <base/compiler.h>
#include <base/errno.h>
#include <base/types.h>

#define _PAGE_PRESENT  (1L << 0)
#define _PAGE_RW       (1L << 1)
#define _PAGE_USER     (1L << 2)
#define _PAGE_PWT      (1L << 3)
#define _PAGE_PCD      (1L << 4)
#define _PAGE_ACCESSED (1L << 5)
#define _PAGE_DIRTY    (1L << 6)
#define _PAGE_PSE      (1L << 7) /* in a PMD or PUD entry: a large page */
#define _PAGE_GLOBAL   (1L << 8)
#define _PAGE_PROTNONE (1L << 9)  /* ours: there, but no access (A PG-13) */
#define _PAGE_STACK    (1L << 10) /* ours: a thread stack, guarded (C EV-43) */
#define _PAGE_NX       ((long)(1UL << 63))

#define PTE_PFN_MASK 0x000ffffffffff000L

/* clang-format off */
typedef struct { unsigned long pte; } pte_t;
typedef struct { unsigned long pmd; } pmd_t;
typedef struct { unsigned long pud; } pud_t;
typedef struct { unsigned long pgd; } pgd_t;
typedef struct { unsigned long pgprot; } pgprot_t;
/* clang-format on */

#define PTRS_PER_TABLE 512

#define __pgprot(x) ((pgprot_t){(unsigned long)(x)})
#define __pte(x)    ((pte_t){(unsigned long)(x)})

/* Kernel mappings are never writable and executable (W^X). */
#define _KERNPG	       (_PAGE_PRESENT | _PAGE_ACCESSED | _PAGE_GLOBAL)
#define PAGE_KERNEL_RX __pgprot(_KERNPG)
#define PAGE_KERNEL_RO __pgprot(_KERNPG | _PAGE_NX)
#define PAGE_KERNEL    __pgprot(_KERNPG | _PAGE_RW | _PAGE_DIRTY | _PAGE_NX)
#define PAGE_KERNEL_NOCACHE                                                \
	__pgprot(_KERNPG | _PAGE_RW | _PAGE_DIRTY | _PAGE_NX | _PAGE_PCD | \
		 _PAGE_PWT)

/**
 * pgprot_noncached() - rights for device registers: each access as written.
 * pgprot_writecombine() - rights for frame buffers: stores may be collected
 *	and reordered, loads are not cached. Without PAT uncached.
 * @prot: any rights.
 *
 * Context: any, after paging_init().
 * Return: @prot with other cache attributes.
 */
pgprot_t pgprot_noncached(pgprot_t prot);
pgprot_t pgprot_writecombine(pgprot_t prot);

/* Memory that keeps its contents, but faults: P is clear (A PG-13). */
#define PAGE_KERNEL_NONE \
	__pgprot((_KERNPG & ~_PAGE_PRESENT) | _PAGE_PROTNONE | _PAGE_NX)

#define pgd_index(a) (((a) >> PGDIR_SHIFT) & 511)
#define pud_index(a) (((a) >> PUD_SHIFT) & 511)
#define pmd_index(a) (((a) >> PMD_SHIFT) & 511)
#define pte_index(a) (((a) >> PAGE_SHIFT) & 511)

static_assert(PMD_MASK == 0xffffffffffe00000UL, "A PG-9, E1");
static_assert(PUD_MASK == 0xffffffffc0000000UL, "A PG-9, E1");
static_assert(PGDIR_MASK == 0xffffff8000000000UL, "A PG-9, E1");
static_assert(((KERNEL_BASE >> 39) & 511) * 8 == 4088, "A BOOT-8");

/* clang-format off */
static inline bool pte_none(pte_t p) { return !p.pte; }
static inline bool pte_present(pte_t p)
{
	return p.pte & (_PAGE_PRESENT | _PAGE_PROTNONE);
}
/* The rest is undefined for an entry that is not present (A PG-12). */
static inline bool pte_write(pte_t p) { return p.pte & _PAGE_RW; }
static inline bool pte_user(pte_t p) { return p.pte & _PAGE_USER; }
static inline bool pte_dirty(pte_t p) { return p.pte & _PAGE_DIRTY; }
static inline bool pte_young(pte_t p) { return p.pte & _PAGE_ACCESSED; }
static inline bool pte_huge(pte_t p) { return p.pte & _PAGE_PSE; }
static inline bool pte_global(pte_t p) { return p.pte & _PAGE_GLOBAL; }
static inline bool pte_exec(pte_t p) { return !(p.pte & _PAGE_NX); }
static inline bool pte_nocache(pte_t p) { return p.pte & _PAGE_PCD; }
/* clang-format on */

static inline unsigned long pte_pfn(pte_t p)
{
	return (p.pte & PTE_PFN_MASK) >> PAGE_SHIFT;
}

static inline pte_t pfn_pte(unsigned long pfn, pgprot_t prot)
{
	return __pte(pfn << PAGE_SHIFT | prot.pgprot);
}

/* clang-format off */
static inline pte_t pte_wrprotect(pte_t p) { return __pte(p.pte & ~_PAGE_RW); }
static inline pte_t pte_mkwrite(pte_t p) { return __pte(p.pte | _PAGE_RW); }
static inline pte_t pte_mkclean(pte_t p) { return __pte(p.pte & ~_PAGE_DIRTY); }
static inline pte_t pte_mkdirty(pte_t p) { return __pte(p.pte | _PAGE_DIRTY); }
static inline pte_t pte_mkexec(pte_t p) { return __pte(p.pte & ~_PAGE_NX); }
static inline pte_t pte_mkhuge(pte_t p) { return __pte(p.pte | _PAGE_PSE); }
/* clang-format on */

static inline pte_t pte_mkold(pte_t p)
{
	return __pte(p.pte & ~_PAGE_ACCESSED);
}

static inline pte_t pte_mkyoung(pte_t p)
{
	return __pte(p.pte | _PAGE_ACCESSED);
}

/* What a walk of the kernel's tables found. */
struct pt_walk {
	pte_t entry;	     /* the last entry read, of whatever level */
	unsigned int shift;  /* log2 of what it maps: 12, 21, 30; 39: none */
	unsigned int tables; /* tables read on the way */
	phys_addr_t phys;    /* where the address leads, if present */
	u64 path[4];	     /* the entries read, from the top down */
};

/**
 * paging_init() - build the kernel's own page tables and switch to them.
 *
 * Image sections with their rights, direct map of all usable RAM, guard page
 * under init_stack, no identity half. Panics when memory is exhausted, since
 * nothing can go on.
 *
 * Context: boot CPU, interrupts off; memblock is filled.
 */
void paging_init(void);

/**
 * kernel_map() - enter a mapping into the kernel's tables.
 * @va, @pa, @size: page aligned, @size > 0.
 * @prot: rights; never writable and executable.
 * @max_shift: largest page to use: PAGE_SHIFT, PMD_SHIFT or PUD_SHIFT.
 *
 * Smaller pages are used where a table is in the way of a large one.
 *
 * Context: any that may allocate. Locking: takes the page-table lock for at
 * most one table's entries at a time.
 * Return: 0, -ENOMEM, or -EEXIST when a page is mapped already. After an
 * error nothing of the range is mapped any more, but it may be in TLBs:
 * kernel_flush_unmapped() before the addresses are used otherwise.
 */
int __must_check kernel_map(unsigned long va, phys_addr_t pa, u64 size,
			    pgprot_t prot, unsigned int max_shift);

/**
 * kernel_unmap_noflush() - take mappings out of the kernel's tables.
 * @va, @size: page aligned; what is not mapped is skipped.
 *
 * A large page that the range begins or ends inside is split first. The
 * tables stay, and TLBs keep what they have: the addresses and the frames
 * may be used for something else only after kernel_flush_unmapped().
 *
 * Context: any that may allocate; of whole pages: any but NMI.
 * Locking: as kernel_map().
 * Return: 0, or -ENOMEM with nothing changed: no table for a split. Cannot
 * fail when the range begins and ends where pages do.
 */
int kernel_unmap_noflush(unsigned long va, u64 size);

/**
 * kernel_protect_noflush() - give mapped pages other rights.
 * @va, @size: page aligned; what is not mapped is skipped.
 * @prot: all rights and the cache attributes; frames stay.
 *
 * Splits like kernel_unmap_noflush(). Who takes rights away flushes next.
 *
 * Context: as kernel_unmap_noflush(). Locking: as kernel_map().
 * Return: as kernel_unmap_noflush().
 */
int kernel_protect_noflush(unsigned long va, u64 size, pgprot_t prot);

/**
 * kernel_rights_noflush() - change some bits of mapped pages' entries.
 * @va, @size: page aligned; what is not mapped is skipped.
 * @clear, @set: bits of all entries; no frame, size or P bits.
 *
 * Context: as kernel_unmap_noflush(). Locking: as kernel_map().
 * Return: as kernel_unmap_noflush().
 */
int kernel_rights_noflush(unsigned long va, u64 size, pgprot_t clear,
			  pgprot_t set);

/**
 * kernel_join() - make one large page of 512 that could be one.
 * @va: an address in it; @shift: PMD_SHIFT or PUD_SHIFT, of the large page.
 *
 * The reverse of a split, and only of that: frames in a row, all with the
 * same rights, in a table that took the place of a large page.
 *
 * Context: any but NMI. Locking: takes the page-table lock; the caller
 * excludes changes of parts of that page (mm/set_memory.c).
 * Return: the table that is not needed any more, for pt_page_free() after a
 * flush of any of the addresses on all CPUs; 0: they cannot be one page.
 */
phys_addr_t kernel_join(unsigned long va, unsigned int shift);

/**
 * kernel_pte_pin() - entries for pages of 4 KiB, which the caller fills.
 * @va: page aligned; the range must not be mapped, nor be anybody else's.
 * @nr: in: entries wanted, > 0; out: how many lie in the same table.
 *
 * The tables are made if they are not there. From here on they count the
 * entries as used, until kernel_unmap_pages().
 *
 * Context: any that may allocate. Locking: takes the page-table lock; the
 * entries need none, because they are the caller's.
 * Return: the first entry, or NULL without memory.
 */
pte_t *kernel_pte_pin(unsigned long va, unsigned int *nr);

/**
 * kernel_unmap_pages() - the reverse of kernel_map_pages(), as fast.
 * @va, @nr: page aligned; all of them mapped by pages of 4 KiB.
 *
 * No flush, and tables stay: as kernel_unmap_noflush().
 *
 * Context: any but NMI. Locking: takes the page-table lock.
 */
void kernel_unmap_pages(unsigned long va, unsigned int nr);

/* What this CPU knows of rights: entries have no other bits set. */
extern unsigned long supported_pte_mask;

/* An entry that maps nothing and still is somebody's: its table stays. */
#define PTE_HELD __pte(1UL << 11)

/**
 * kernel_pte_find() - the entry of an address that is mapped, or held.
 * @va: in pages of 4 KiB.
 *
 * Context: any. Locking: none: whose address it is keeps the table.
 * Return: the entry, or NULL where there is no table.
 */
pte_t *kernel_pte_find(unsigned long va);

static __always_inline void set_pte(pte_t *entry, pte_t value)
{
	__atomic_store_n(&entry->pte, value.pte, __ATOMIC_RELAXED);
}

/**
 * kernel_map_pages() - map single frames one behind the other, fast.
 * @va: page aligned; the range is the caller's and not mapped.
 * @nr: pages.
 * @prot: rights.
 * @frame: the physical address of page @i of the range; give a function
 *	that can be inlined.
 * @ctx: passed to @frame.
 *
 * Context: any that may allocate. Locking: as kernel_pte_pin().
 * Return: 0, or -ENOMEM with nothing mapped (flush as after kernel_map()).
 */
static __always_inline int __must_check
kernel_map_pages(unsigned long va, unsigned int nr, pgprot_t prot,
		 phys_addr_t (*frame)(void *ctx, unsigned int i), void *ctx)
{
	unsigned long bits = prot.pgprot & supported_pte_mask;
	unsigned int done = 0;

	while (done < nr) {
		unsigned int n = nr - done;
		pte_t *entry = kernel_pte_pin(va + done * PAGE_SIZE, &n);

		if (unlikely(!entry)) {
			kernel_unmap_pages(va, done);
			return -ENOMEM;
		}
		for (unsigned int end = done + n; done < end; done++) {
			ASSERT(pte_none(*entry));
			set_pte(entry++, __pte(frame(ctx, done) | bits));
		}
	}
	return 0;
}

/**
 * kernel_prune_begin() - take tables that map nothing out of the way.
 * @start, @end: the tables of these addresses; page aligned.
 *
 * From here on CPUs cannot reach them afresh, but may have cached the way.
 * kernel_flush_unmapped() of <mm/pgtable.h> is what others want.
 *
 * Context: any but NMI. Locking: the caller excludes other prunings.
 * Return: how many tables kernel_prune_finish() may free.
 */
unsigned int kernel_prune_begin(unsigned long start, unsigned long end);

/**
 * kernel_prune_finish() - free them, unless they were needed meanwhile.
 * @start, @end: as before.
 *
 * Context: any that may free; all CPUs were flushed since the begin.
 * Locking: as kernel_prune_begin().
 */
void kernel_prune_finish(unsigned long start, unsigned long end);

/* Pages in use as tables of the kernel, the top level not counted. */
unsigned long nr_page_table_pages(void);

/**
 * kernel_pgd_reserve() - make the top-level entries of a region.
 * @start, @end: first and last byte.
 *
 * Top-level entries are copied into every address space, so one that is made
 * later would be missing there (A BOOT-5). paging_init() does it for the
 * regions of docs/address-space.md.
 *
 * Context: boot, one CPU. Return: 0 or -ENOMEM.
 */
int __must_check kernel_pgd_reserve(unsigned long start, unsigned long end);

/**
 * pt_walk() - follow the kernel's tables for an address.
 * @va: any canonical address.
 * @w: receives what was found.
 *
 * Context: any. Locking: none: while the tables of @va are being pruned it
 * may find nothing or nonsense, but does not fault.
 * Return: whether it is mapped.
 */
bool pt_walk(unsigned long va, struct pt_walk *w);

/**
 * pt_entry_used() - how many entries of a table are in use.
 * @entry: points to the table; of struct pt_walk's path.
 *
 * Context: any.
 * Return: 0 to 512; for the top level's entries always 0, they do not count.
 */
unsigned int pt_entry_used(u64 entry);

/*
 * The direct map covers whole usable pages below this address only. After
 * the options are parsed.
 */
phys_addr_t arch_direct_map_limit(void);

/*
 * No memory above this address can be used. Between the two lies high memory,
 * if the option highmem= asks for it.
 */
phys_addr_t arch_memory_limit(void);

/* The first physical address that this CPU has no line for. */
phys_addr_t arch_phys_limit(void);

/* How many entries of 4 KiB, 2 MiB and 1 GiB make up the direct map. */
extern unsigned long direct_map_pages[3];

/**
 * arch_map_io() - map device registers, uncached.
 * arch_memremap() - map RAM that is not in the direct map (firmware tables),
 *	cached and read-only.
 * @phys, @len: any alignment; @len > 0.
 *
 * Context: boot, after paging_init(). The mapping is never taken away.
 * Return: pointer to the byte at @phys, or NULL: no memory, no room, or an
 * address that this CPU cannot reach.
 */
volatile void *arch_map_io(phys_addr_t phys, size_t len);
const void *arch_memremap(phys_addr_t phys, size_t len);

#endif /* ARCH_PGTABLE_H */
