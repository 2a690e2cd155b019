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
 * Source: Intel SDM vol. 3A, "4-Level Paging".
 */
#ifndef ARCH_PGTABLE_H
#define ARCH_PGTABLE_H

#include <arch/page.h>
#include <base/compiler.h>
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

#define pgd_index(a) (((a) >> PGDIR_SHIFT) & 511)
#define pud_index(a) (((a) >> PUD_SHIFT) & 511)
#define pmd_index(a) (((a) >> PMD_SHIFT) & 511)
#define pte_index(a) (((a) >> PAGE_SHIFT) & 511)

static_assert(PMD_MASK == 0xffffffffffe00000UL, "A PG-9, E1");
static_assert(PUD_MASK == 0xffffffffc0000000UL, "A PG-9, E1");
static_assert(PGDIR_MASK == 0xffffff8000000000UL, "A PG-9, E1");
static_assert(((KERNEL_BASE >> 39) & 511) * 8 == 4088, "A BOOT-8");

/* clang-format off */
static inline bool pte_present(pte_t p) { return p.pte & _PAGE_PRESENT; }
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
 * @prot: rights.
 * @max_shift: largest page to use: PAGE_SHIFT, PMD_SHIFT or PUD_SHIFT.
 *
 * Context: boot, one CPU. Locking: none yet; nothing is unmapped either.
 * Return: 0, -ENOMEM, or -EEXIST when a page is mapped already. After an
 * error, what lies before the page that failed stays mapped.
 */
int __must_check kernel_map(unsigned long va, phys_addr_t pa, u64 size,
			    pgprot_t prot, unsigned int max_shift);

/**
 * pt_walk() - follow the kernel's tables for an address.
 * @va: any canonical address.
 * @w: receives what was found.
 *
 * Context: any. Return: whether it is mapped.
 */
bool pt_walk(unsigned long va, struct pt_walk *w);

/*
 * The direct map covers whole usable pages below this address only: no more
 * fits the window, or the CPU has no more address lines.
 */
phys_addr_t arch_direct_map_limit(void);

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
