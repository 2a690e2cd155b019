/* SPDX-License-Identifier: MIT */
/*
 * vmalloc.c - memory that is contiguous in addresses only.
 *
 * Purpose. After some hours of work there are many free frames, but few
 *	beside each other. What does not need to lie together physically should
 *	not ask for it: large tables, and stacks.
 *
 * Model. Single frames, mapped one behind the other into an area (mm/vmap.c):
 *
 *	struct vmap_area		   page tables
 *	 start ----------------------> [pte][pte][pte][  ] guard page
 *	 frames --> page --> page --> page  ^	   |
 *		    (linked by page->private)	   v frames, anywhere
 *
 *	The frames of an area are a list through their descriptors, which are
 *	in the cache anyway when frames are allocated or freed. So no array has
 *	to be allocated, however large the area is.
 *
 *	Everything that can fail is done before addresses are mapped: frames
 *	first, then the area, the tables last. An error gives back what there
 *	is.
 *
 * Invariants. Those of mm/vmap.c, and
 *   I6  A frame on the list of an area is allocated, and mapped by it alone.
 * Locking. None of its own: who took an area out of the tree owns it.
 * Contexts. Task. Limits. All frames at once, so all of the memory or nothing;
 *	pages of 4 KiB only.
 */
#include <mm/vmalloc.h>

#include <base/assert.h>
#include <base/bits.h>
#include <lib/might_sleep.h>
#include <lib/string.h>
#include <mm/gfp.h>
#include <mm/kasan.h>
#include <mm/memleak.h>
#include <mm/memblock.h>
#include <mm/page.h>

#include "vmap.h"

/* Said by vmap_report() in the same words everywhere. */
static const char no_memory[] = "no memory";

void vmap_frames_put(struct page *list)
{
	while (list) {
		struct page *next = (struct page *)list->private;

		__free_page(list);
		list = next;
	}
}

struct page *vmap_frames_get(unsigned long nr, gfp_t gfp, int nid)
{
	struct page *list = NULL;

	while (nr--) {
		struct page *page = nid < 0 ? alloc_page(gfp)
					    : alloc_pages_node(nid, gfp, 0);

		if (unlikely(!page)) {
			vmap_frames_put(list);
			return NULL;
		}
		page->private = (unsigned long)list;
		list = page;
	}
	return list;
}

/* The next frame of the list that @ctx points to. */
static __always_inline phys_addr_t next_frame(void *ctx,
					      unsigned int i __unused)
{
	struct page **list = ctx;
	struct page *page = *list;

	*list = (struct page *)page->private;
	return page_to_phys(page);
}

void *vmap_alloc(const struct vmap_request *r, gfp_t gfp, int nid,
		 pgprot_t prot)
{
	struct page *frames = vmap_frames_get(r->nr, gfp, nid), *cursor;
	struct vmap_area *a;

	if (unlikely(!frames)) {
		if (!(gfp & __GFP_NOWARN))
			vmap_report(r->nr << PAGE_SHIFT, r->caller, no_memory);
		return NULL;
	}
	a = vmap_area_get(r);
	if (unlikely(!a))
		goto free_frames;
	cursor = frames;
	if (unlikely(kernel_map_pages(vmap_addr(a), (unsigned int)r->nr, prot,
				      next_frame, &cursor)))
		goto abandon;
	a->frames = frames;
	if (unlikely(kasan_map_vmalloc(vmap_addr(a), r->nr << PAGE_SHIFT)))
		goto unmap;
	return (void *)vmap_addr(a);

unmap:
	kernel_unmap_pages(vmap_addr(a), (unsigned int)r->nr);
abandon:
	vmap_area_abandon(a);
	vmap_report(r->nr << PAGE_SHIFT, r->caller, "no page tables");
free_frames:
	vmap_frames_put(frames);
	return NULL;
}

void vmap_free(struct vmap_area *a)
{
	kasan_unpoison((void *)vmap_addr(a), a->nr << PAGE_SHIFT);
	kernel_unmap_pages(vmap_addr(a), (unsigned int)a->nr);
	vmap_frames_put(a->frames);
	vmap_area_put(a);
}

static bool write_and_execute(pgprot_t prot)
{
	return WARN((prot.pgprot & (_PAGE_RW | _PAGE_NX)) == _PAGE_RW,
		    "a mapping that can be written and executed");
}

static __always_inline void *vmalloc_for(size_t size, gfp_t gfp, pgprot_t prot,
					 unsigned long caller)
{
	struct vmap_request r = {
		.nr = size / PAGE_SIZE + (size % PAGE_SIZE != 0),
		.align = PAGE_SIZE,
		.kind = VMAP_ALLOC,
		.caller = caller,
	};
	void *addr;

	might_sleep();
	if (unlikely(!size || r.nr > vmap_most_pages)) {
		if (!(gfp & __GFP_NOWARN))
			vmap_report(size, caller,
				    size ? "more than the machine has"
					 : "nothing was asked for");
		return NULL;
	}
	/* Zeros through the new mapping: it reaches any frame. */
	addr = vmap_alloc(&r, gfp & ~__GFP_ZERO, -1, prot);
	if (unlikely(!addr))
		return NULL;
	vmap_count_pages((long)r.nr);
	if (gfp & __GFP_ZERO)
		memset(addr, 0, r.nr << PAGE_SHIFT);
	kasan_vmalloc_size(addr, size);
	memleak_alloc(addr, size, caller);
	return addr;
}

void *vmalloc(size_t size)
{
	return vmalloc_for(size, vmap_frames_gfp, PAGE_KERNEL, _RET_IP_);
}

void *vzalloc(size_t size)
{
	return vmalloc_for(size, vmap_frames_gfp | __GFP_ZERO, PAGE_KERNEL,
			   _RET_IP_);
}

void *__vmalloc(size_t size, gfp_t gfp, pgprot_t prot)
{
	if (write_and_execute(prot))
		return NULL;
	return vmalloc_for(size, gfp, prot, _RET_IP_);
}

void vfree(const void *addr)
{
	struct vmap_area *a;

	might_sleep();
	if (!addr)
		return;
	a = vmap_area_take((unsigned long)addr, VMAP_ALLOC, "vfree", _RET_IP_);
	if (unlikely(!a))
		return;
	memleak_free(addr);
	vmap_count_pages(-(long)a->nr);
	vmap_free(a);
}

static __always_inline phys_addr_t frame_of(void *ctx, unsigned int i)
{
	return page_to_phys(((struct page **)ctx)[i]);
}

void *vmap(struct page **pages, unsigned int nr, pgprot_t prot)
{
	struct vmap_request r = {
		.nr = nr,
		.align = PAGE_SIZE,
		.kind = VMAP_MAP,
		.caller = _RET_IP_,
	};
	struct vmap_area *a;

	might_sleep();
	if (!nr || nr > vmap_most_pages || write_and_execute(prot))
		return NULL;
	a = vmap_area_get(&r);
	if (!a)
		return NULL;
	if (kernel_map_pages(vmap_addr(a), nr, prot, frame_of, pages)) {
		vmap_area_abandon(a);
		vmap_report(r.nr << PAGE_SHIFT, r.caller, "no page tables");
		return NULL;
	}
	return (void *)vmap_addr(a);
}

void vunmap(const void *addr)
{
	struct vmap_area *a;

	might_sleep();
	if (!addr)
		return;
	a = vmap_area_take((unsigned long)addr, VMAP_MAP, "vunmap", _RET_IP_);
	if (!a)
		return;
	kernel_unmap_pages(vmap_addr(a), (unsigned int)a->nr);
	vmap_area_put(a);
}

struct page *vmalloc_to_page(const void *addr)
{
	struct pt_walk w;

	/* Holes between memory have descriptors, too. */
	if (!is_vmalloc_addr(addr) || !pt_walk((unsigned long)addr, &w) ||
	    !pfn_valid(PFN_DOWN(w.phys)) || !memblock_is_memory(w.phys))
		return NULL;
	return pfn_to_page(PFN_DOWN(w.phys));
}
