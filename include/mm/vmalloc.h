/* SPDX-License-Identifier: MIT */
/*
 * vmalloc.h - memory that is contiguous in addresses only.
 *
 *	table = vzalloc(nr * sizeof(*table));	// any size, any frames
 *	...
 *	vfree(table);
 *
 * Also: a second mapping of given frames (vmap), device registers (ioremap),
 * and kernel stacks between guard pages. The model and the invariants stand
 * in mm/vmap.c, the chapter is docs/vmalloc.md.
 *
 * Behind each area lies a page that is never mapped, so no two areas touch.
 */
#ifndef MM_VMALLOC_H
#define MM_VMALLOC_H

#include <arch/pgtable.h>
#include <base/compiler.h>
#include <base/types.h>
#include <mm/gfp.h>

/**
 * vmalloc() - memory for large tables.
 * @size: bytes; rounded up to whole pages.
 *
 * Context: task, may sleep. Locking: takes vmap_lock.
 * Return: page aligned, contents undefined; NULL, with a message in the log,
 * when @size is 0 or more than the machine has, or memory is exhausted.
 */
void *__must_check vmalloc(size_t size);

/* The same, filled with zeros. */
void *__must_check vzalloc(size_t size);

/**
 * __vmalloc() - the same with a choice of frames and rights.
 * @size: bytes.
 * @gfp: for the frames, which may be __GFP_HIGHMEM. The bookkeeping is always
 *	allocated with GFP_KERNEL.
 * @prot: such as PAGE_KERNEL; not writable and executable.
 *
 * Context: task, may sleep. Locking: takes vmap_lock.
 * Return: as vmalloc().
 */
void *__must_check __vmalloc(size_t size, gfp_t gfp, pgprot_t prot);

/**
 * vfree() - give vmalloc()ed memory back.
 * @addr: what vmalloc() returned, or NULL. Anything else is reported and
 *	left alone.
 *
 * Using the memory afterwards faults, but for CPUs that still have the
 * translation: see vm_unmap_aliases().
 *
 * Context: task, may sleep. Locking: takes vmap_lock.
 */
void vfree(const void *addr);

/**
 * vmap() - map frames one behind the other.
 * @pages: the frames; they stay the caller's, and must exist until vunmap().
 * @nr: how many, > 0.
 * @prot: rights; not writable and executable.
 *
 * Context: task, may sleep. Locking: takes vmap_lock.
 * Return: the address of the first, or NULL.
 */
void *__must_check vmap(struct page **pages, unsigned int nr, pgprot_t prot);

/**
 * vunmap() - the reverse.
 * @addr: what vmap() returned, or NULL; as vfree().
 *
 * Context: task, may sleep. Locking: takes vmap_lock.
 */
void vunmap(const void *addr);

/**
 * ioremap() - map device registers, uncached.
 * @phys: first byte; any alignment.
 * @len: bytes, > 0.
 *
 * Context: task, may sleep. Locking: takes vmap_lock.
 * Return: pointer to the byte at @phys; NULL: it is memory, or this CPU has
 * not so many address lines, or memory is exhausted.
 */
volatile void *__must_check ioremap(phys_addr_t phys, size_t len);

/* The same, write-combining: for frame buffers. */
volatile void *__must_check ioremap_wc(phys_addr_t phys, size_t len);

/**
 * iounmap() - the reverse.
 * @addr: what ioremap() returned, or NULL; as vfree().
 *
 * Context: task, may sleep. Locking: takes vmap_lock.
 */
void iounmap(volatile void *addr);

/* Whether it lies in the region, mapped or not. */
static inline bool is_vmalloc_addr(const void *addr)
{
	unsigned long a = (unsigned long)addr;

	return a >= VMALLOC_START && a <= VMALLOC_END;
}

/**
 * vmalloc_to_page() - the frame behind an address of the region.
 * @addr: any.
 *
 * Context: any. Locking: none: the caller knows that the area stays.
 * Return: its descriptor; NULL: not mapped, not of this region, or a device.
 */
struct page *vmalloc_to_page(const void *addr);

/**
 * vm_unmap_aliases() - purge: nothing that was freed is in any TLB.
 *
 * One flush for all areas freed since the last purge; then their addresses
 * may be used again. Happens by itself, when enough has been collected or
 * addresses run out; for who must know that nobody can reach a frame.
 *
 * Context: task, interrupts on. Locking: takes purge_lock, vmap_lock.
 */
void vm_unmap_aliases(void);

/**
 * alloc_thread_stack() - a kernel stack (C EV-43).
 * @nid: node of the frames, or -1 for any. A stack that this CPU has kept is
 *	taken wherever it lies.
 *
 * THREAD_SIZE bytes, so aligned; at least so many bytes below and a page
 * above are not mapped. In debug builds filled with zeros, so that it can be
 * measured how deep it was used (A STK-3).
 *
 * Context: task, may sleep. Locking: takes vmap_lock.
 * Return: the lowest address, or NULL.
 */
void *__must_check alloc_thread_stack(int nid);

/**
 * free_thread_stack() - give a stack back that nobody runs on.
 * @stack: what alloc_thread_stack() returned. Anything else is reported and
 *	left alone, so is a stack that is free already.
 *
 * Context: any but NMI. Locking: takes vmap_lock if it may sleep.
 */
void free_thread_stack(void *stack);

/* Frees the stacks that CPUs keep; how many. Context: as vfree(). */
unsigned int thread_stacks_drain(void);

/* Pages of vmalloc() and of stacks in use now: a leak changes it. */
unsigned long vmalloc_nr_pages(void);

/* After the slab allocator, before other CPUs run. */
void vmalloc_init(void);

/* Some addresses of the region, all in the same state. */
struct vmalloc_info {
	unsigned long start, end; /* guard pages included */
	const char *kind;	  /* "hole"; "freed": waits for a purge; or: */
	unsigned long addr;	  /* of an area: its first byte mapped */
	unsigned long nr_pages;	  /* mapped; 0: no area */
	unsigned long caller;	  /* who asked for it */
};

/**
 * vmalloc_info_next() - walk the region from its beginning to its end.
 * @cursor: start with 0; moved on behind what was found.
 * @info: receives it. The infos leave no address out.
 *
 * The position is an address, so areas may come and go between two calls.
 *
 * Context: task. Locking: takes vmap_lock.
 * Return: false at the end.
 */
bool vmalloc_info_next(unsigned long *cursor, struct vmalloc_info *info);

/* Since boot, and now. */
struct vmalloc_stats {
	unsigned long areas, holes;
	unsigned long largest_hole; /* bytes */
	unsigned long pages;	    /* as vmalloc_nr_pages() */
	unsigned long lazy_pages;   /* addresses that wait for a purge */
	unsigned long lazy_limit;   /* more than this starts one */
	unsigned long purges;	    /* that had something to do */
	unsigned long purged_areas; /* in all of them */
	unsigned long kept_stacks;  /* free, but mapped */
};

/**
 * vmalloc_get_stats() - read the counters.
 * @stats: filled in.
 *
 * Context: task. Locking: takes vmap_lock.
 */
void vmalloc_get_stats(struct vmalloc_stats *stats);

#endif /* MM_VMALLOC_H */
