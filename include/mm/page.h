/* SPDX-License-Identifier: MIT */
/*
 * page.h (mm) - struct page: what is known of each page frame (A MM-P).
 *
 * Model. One descriptor for each frame that exists, in a virtually contiguous
 * array at VMEMMAP_START indexed by frame number, of which only the parts that
 * describe memory are mapped (whole blocks of the largest order, so the buddy
 * of a frame always has a descriptor; those of holes are PG_reserved).
 * page <-> pfn <-> address are a subtraction and a shift.
 *
 * flags: PG_ bits from the bottom, zone and node from the top (A MM-P5).
 * Between them the order of a block, free or allocated, in its first frame
 * only, so that a block freed with another order is noticed.
 * _count: 0 free, n users (A MM-P3, E66).
 */
#ifndef MM_PAGE_H
#define MM_PAGE_H

#include <arch/page.h>
#include <base/assert.h>
#include <base/atomic.h>
#include <base/bits.h>
#include <base/types.h>
#include <lib/list.h>

#define VMEMMAP_START 0xffffea0000000000UL

#define MAX_ORDER	   11 /* blocks of 2^0 .. 2^(MAX_ORDER-1) frames */
#define MAX_ORDER_NR_PAGES (1UL << (MAX_ORDER - 1))

/* Bits of page->flags, numbered as in the notes (A MM-P4). */
enum pageflags {
	PG_locked = 0,
	PG_error = 1,
	PG_referenced = 2,
	PG_uptodate = 3,
	PG_dirty = 4,
	PG_lru = 5,
	PG_active = 6,
	PG_slab = 7,
	PG_owner_priv_1 = 8,
	PG_arch_1 = 9,
	PG_reserved = 10,
	PG_private = 11,
	PG_writeback = 12,
	PG_compound = 14,
	PG_swapcache = 15,
	PG_mappedtodisk = 16,
	PG_reclaim = 17,
	PG_tail = 18, /* compound, and not its head */
	PG_buddy = 19,
	NR_PAGEFLAGS = 20,
};

/* In flags of the first frame of a block. */
#define PG_ORDER_SHIFT NR_PAGEFLAGS
#define PG_ORDER_WIDTH 4
#define PG_ORDER_MASK  (((1UL << PG_ORDER_WIDTH) - 1) << PG_ORDER_SHIFT)

#define ZONES_WIDTH	     3
#define NODES_WIDTH	     6
#define NODES_SHIFT_IN_FLAGS (64 - NODES_WIDTH)
#define ZONES_SHIFT_IN_FLAGS (NODES_SHIFT_IN_FLAGS - ZONES_WIDTH)
#define PAGE_ZONE_MASK	     (~0UL << ZONES_SHIFT_IN_FLAGS)
static_assert(PG_ORDER_SHIFT + PG_ORDER_WIDTH <= 32 &&
		      ZONES_SHIFT_IN_FLAGS >= 32,
	      "flags_low is what is not zone and node");

struct kmem_cache;
struct slab;

/*
 * Lock key: (a) atomic; (z) zone->lock while PG_buddy; (u) the user of the
 * frame; (i) set at boot.
 */
struct page {
	union {
		unsigned long flags; /* (a), zone and node (i) */
		u32 flags_low;	     /* of a free frame: all but those (z) */
	};
	atomic_t _count;    /* (a) 0: free */
	atomic_t _mapcount; /* (a) user mappings - 1 */
	union {
		unsigned long private;	       /* (z) order, or (u) */
		struct page *first_page;       /* tail of a compound page */
		struct kmem_cache *slab_cache; /* PG_slab */
	};
	union {
		void *mapping;		/* (u) bit 0 set: anonymous */
		struct slab *slab_page; /* PG_slab: its descriptor */
	};
	unsigned long index;  /* (u) */
	struct list_head lru; /* (z) free list, or (u) */
	u32 owner;	      /* debug: low half of the last caller's address */
	u16 owner_cpu;	      /* debug: where that was */
	u8 block_type;	/* (z) first of a largest block: its migratetype */
	u8 block_mixed; /* (i) the same: parts are of different zones */
};
static_assert(sizeof(struct page) == 64, "A MM-P2: at most a cache line");

#define mem_map ((struct page *)VMEMMAP_START)

static __always_inline struct page *pfn_to_page(unsigned long pfn)
{
	return mem_map + pfn;
}

static __always_inline unsigned long page_to_pfn(const struct page *page)
{
	return (unsigned long)(page - mem_map);
}

static __always_inline phys_addr_t page_to_phys(const struct page *page)
{
	return PFN_PHYS(page_to_pfn(page));
}

/* @addr lies in the direct map. */
static __always_inline struct page *virt_to_page(const void *addr)
{
	return pfn_to_page(((unsigned long)addr - PAGE_OFFSET) >> PAGE_SHIFT);
}

/* The direct-map address; for a frame that is in it (A MM-A7). */
static __always_inline void *lowmem_page_address(const struct page *page)
{
	return __va(page_to_phys(page));
}

/**
 * page_address() - where the kernel sees the frame.
 * @page: any.
 *
 * Context: any. Return: the address; NULL for high memory that is not mapped
 * (E69), never the descriptor.
 */
void *page_address(const struct page *page);

/*
 * What needs a window to see high memory. Set once, at boot, by whoever has
 * one (mm/history/); while it is NULL no high memory is given out.
 */
struct highmem_ops {
	void *(*address)(const struct page *page); /* or NULL: not mapped */
	void (*clear)(struct page *page, unsigned int order);
};
extern const struct highmem_ops *highmem_ops; /* (i) */

/**
 * pfn_valid() - whether a frame has a descriptor.
 * @pfn: any number.
 *
 * Context: any, after the hand-over. Return: true for memory, and for what
 * lies in one largest block with memory.
 */
bool pfn_valid(unsigned long pfn);

/**
 * virt_addr_valid() - whether an address is that of a frame of memory.
 * @addr: any.
 *
 * Context: any, after the hand-over. Return: true in the direct map only.
 */
bool virt_addr_valid(const void *addr);

static inline bool PageSlab(const struct page *p)
{
	return p->flags & (1UL << PG_slab);
}

static inline bool PageReserved(const struct page *p)
{
	return p->flags & (1UL << PG_reserved);
}

static inline bool PageBuddy(const struct page *p)
{
	return p->flags & (1UL << PG_buddy);
}

static inline bool PageCompound(const struct page *p)
{
	return p->flags & (1UL << PG_compound);
}

static inline bool PageTail(const struct page *p)
{
	return p->flags & (1UL << PG_tail);
}

static inline struct page *compound_head(struct page *p)
{
	return PageTail(p) ? p->first_page : p;
}

static inline int page_to_nid(const struct page *p)
{
	return (int)(p->flags >> NODES_SHIFT_IN_FLAGS);
}

static inline unsigned int page_zonenum(const struct page *p)
{
	return (p->flags >> ZONES_SHIFT_IN_FLAGS) & ((1U << ZONES_WIDTH) - 1);
}

/* Of a block, asked of its first frame. */
static inline unsigned int page_order(const struct page *p)
{
	return (unsigned int)((p->flags & PG_ORDER_MASK) >> PG_ORDER_SHIFT);
}

/* The smallest order whose blocks hold @size bytes, @size >= 1. */
static inline unsigned int get_order(size_t size)
{
	return fls64((size - 1) >> PAGE_SHIFT);
}

/**
 * page_count() - users of a frame; 0: it is free.
 * @page: any; a tail counts through its head (A MM-B8).
 *
 * Context: any. Return: the count; others may change it at once.
 */
int page_count(struct page *page);

/**
 * get_page() - one more user.
 * @page: in use; BUG if it is free.
 *
 * Context: any.
 */
void get_page(struct page *page);

/**
 * put_page() - one user less; the last one frees.
 * @page: a single frame or any part of a compound page; BUG if it is free.
 *
 * Context: any but NMI.
 */
void put_page(struct page *page);

/**
 * split_page() - make single frames of a block, each freed on its own.
 * @page: first frame of a block, not compound, that nobody else uses.
 * @order: with which it was allocated.
 *
 * Context: any.
 */
void split_page(struct page *page, unsigned int order);

/**
 * free_reserved_page() - give the allocator a frame that it never had.
 * @page: was allocated by the boot allocator; nobody uses it any more.
 *
 * Context: any but NMI. The totals of the machine grow.
 */
void free_reserved_page(struct page *page);

#endif /* MM_PAGE_H */
