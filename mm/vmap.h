/* SPDX-License-Identifier: MIT */
/*
 * vmap.h - areas of the vmalloc region (mm/ only).
 *
 * The model and the invariants stand in mm/vmap.c.
 */
#ifndef MM_VMAP_H
#define MM_VMAP_H

#include <arch/page.h>
#include <arch/pgtable.h>
#include <base/types.h>
#include <mm/gfp.h>

#include "vmap_tree.h"

/* What is asked of vmap_area_get(). */
struct vmap_request {
	unsigned long nr;    /* pages that will be mapped, > 0 */
	unsigned int lead;   /* guard pages before them */
	unsigned long align; /* of the lead, bytes */
	enum vmap_kind kind;
	unsigned long caller;
};

static inline unsigned long vmap_addr(const struct vmap_area *a)
{
	return a->start + (unsigned long)a->lead * PAGE_SIZE;
}

/**
 * vmap_area_get() - addresses for @r->nr pages, guard pages around them.
 * @r: what is wanted.
 *
 * Purges when there are none.
 *
 * Context: task, may sleep. Locking: takes vmap_lock, perhaps purge_lock.
 * Return: the area, in the busy tree, nothing mapped; or NULL.
 */
struct vmap_area *vmap_area_get(const struct vmap_request *r);

/**
 * vmap_area_take() - take the area out of the busy tree that somebody frees.
 * @addr: what the caller was given.
 * @kind: what it must be.
 * @fn: name of the public function, for the report.
 * @caller: who called that.
 *
 * Context: task. Locking: takes vmap_lock.
 * Return: the area, the caller's now; NULL, with a warning, if @addr is not
 * the beginning of an area of this kind.
 */
struct vmap_area *vmap_area_take(unsigned long addr, enum vmap_kind kind,
				 const char *fn, unsigned long caller);

/**
 * vmap_area_put() - the area is unmapped; its addresses wait for a purge.
 * @a: out of the busy tree, nothing of it mapped.
 *
 * Context: task, may sleep. Locking: may take purge_lock, vmap_lock.
 */
void vmap_area_put(struct vmap_area *a);

/* Takes the area out of the busy tree and puts it: for what was never used. */
void vmap_area_abandon(struct vmap_area *a);

/**
 * vmap_report() - why there is no memory; not too often.
 * @bytes: that were wanted.
 * @caller: by whom.
 * @why: in words.
 *
 * Context: task.
 */
void vmap_report(size_t bytes, unsigned long caller, const char *why);

/* Counts pages of vmalloc and of stacks that are in use; negative: less. */
void vmap_count_pages(long nr);

/**
 * vmap_alloc() - an area with frames of its own (mm/vmalloc.c).
 * @r: the area.
 * @gfp: for the frames.
 * @nid: their node, or -1.
 * @prot: rights.
 *
 * Context: task, may sleep. Locking: takes vmap_lock.
 * Return: its first mapped byte; or NULL, and that has been reported.
 */
void *vmap_alloc(const struct vmap_request *r, gfp_t gfp, int nid,
		 pgprot_t prot);

/* The reverse; @a is out of the busy tree. Context: as vmap_alloc(). */
void vmap_free(struct vmap_area *a);

/**
 * vmap_frames_get() - single frames, linked by page->private.
 * @nr: how many, > 0.
 * @gfp: how to get them.
 * @nid: their node, or -1.
 *
 * Context: as @gfp says. Return: the first; or NULL and none is taken.
 */
struct page *vmap_frames_get(unsigned long nr, gfp_t gfp, int nid);

/* The reverse. Context: any but NMI. */
void vmap_frames_put(struct page *list);

/* Validates the trees, as vmap_space_check(). Context: task. */
int vmalloc_check(void);

/* Frames of the machine; larger areas cannot be filled. Set at boot. */
extern unsigned long vmap_most_pages;

/* What vmalloc() asks for: high memory, if there is any. Set at boot. */
extern gfp_t vmap_frames_gfp;

/* Option vmalloc_lazy=: more pages than this are not left waiting. */
extern unsigned int vmap_lazy_limit;

/* How many stacks are free but mapped (mm/thread_stack.c). */
unsigned long thread_stacks_kept(void);

void thread_stack_init(void);

#endif /* MM_VMAP_H */
