/* SPDX-License-Identifier: MIT */
/*
 * vmap.c - areas of the vmalloc region: who has which addresses, and when
 * addresses may be used again.
 *
 * Purpose. vmalloc(), vmap(), ioremap() and kernel stacks all need addresses
 *	that nobody else has, with a page behind them that faults.
 *
 * Model. The life of an area:
 *
 *	   hole --vmap_area_get()--> busy --vmap_area_take()--> nobody's
 *	    ^			   (mapped)		           |
 *	    |						vmap_area_put()
 *	    +----- purge: flush all TLBs <------ lazy list <-------+
 *
 *	An area that is freed leaves the page tables at once, and its frames go
 *	back to the page allocator at once. But CPUs may still remember where it
 *	was, and to make all of them forget costs an interrupt on each. So the
 *	addresses wait in the lazy list until many can be flushed together; only
 *	then they become a hole. That is the point: an address that is given out
 *	means its new frame to every CPU.
 *
 *	What of a stale pointer, used before the purge? A CPU that does not
 *	remember the translation faults, as does, in debug builds, the CPU that
 *	freed. A CPU that does remember it reaches the frame, whoever has that
 *	now. Keeping the frames until the purge would not catch this either,
 *	only hide it, and would take from the page allocator memory that it
 *	cannot get back in an interrupt. Who hunts such a pointer boots with
 *	vmalloc_lazy=0: then each free flushes all CPUs, and the first stale
 *	access faults.
 *
 * Invariants.
 *   I1  Nothing of a hole is mapped, nor in any TLB.
 *   I2  The last page of an area is never mapped, nor are its lead pages; so
 *       between what is mapped of two areas there is a page that faults.
 *   I3  A purge flushes after it took the list and before it makes holes.
 *   I4  When vm_unmap_aliases() returns, I1 holds for all that was put before.
 *   I5  lazy_pages counts the pages of areas put and not yet holes.
 * Locking. vmap_lock: both trees. purge_lock, outside of it: one purge at a
 *	time, so that who finds the list empty can wait for the flush under way.
 *	Neither is ever taken with interrupts off, since a flush waits for
 *	other CPUs. Page tables, frames and nodes are worked on without either.
 * Contexts. Task. Limits. A purge takes the lock once per 32 areas.
 */
#include "vmap.h"

#include <base/assert.h>
#include <base/atomic.h>
#include <base/bits.h>
#include <base/errno.h>
#include <lib/context.h>
#include <lib/llist.h>
#include <lib/param.h>
#include <lib/printk.h>
#include <lib/spinlock.h>
#include <mm/memleak.h>
#include <mm/pgtable.h>
#include <mm/slab.h>
#include <mm/tlb.h>
#include <mm/vmalloc.h>

/* Nodes moved from the lazy list into the tree per lock hold. */
#define PURGE_BATCH 32

static DEFINE_SPINLOCK(vmap_lock);
static DEFINE_SPINLOCK(purge_lock);

static struct vmap_space vmap_space;  /* (vmap_lock) */
static struct kmem_cache *area_cache; /* (i) */

unsigned long vmap_most_pages;	    /* (i) */
gfp_t vmap_frames_gfp = GFP_KERNEL; /* (i) */

static LLIST_HEAD(lazy_list);	   /* (a) freed, perhaps in a TLB */
static atomic64_t lazy_pages;	   /* (a) I5 */
static atomic64_t used_pages;	   /* (a) */
static unsigned long purges;	   /* (purge_lock) */
static unsigned long purged_areas; /* (vmap_lock) */

unsigned int vmap_lazy_limit = 4096; /* (t) tests, while they alone free */
PARAM_UINT("vmalloc_lazy", vmap_lazy_limit,
	   "pages of freed addresses that may wait for a flush", 0, 1U << 20);

void vmap_count_pages(long nr)
{
	atomic64_add(nr, &used_pages);
}

unsigned long vmalloc_nr_pages(void)
{
	return (unsigned long)atomic64_read(&used_pages);
}

void vmap_report(size_t bytes, unsigned long caller, const char *why)
{
	if (current_ctx()->nr_failed) /* it was made to fail: <mm/fail.h> */
		return;
	pr_warn_ratelimited("vmalloc: no %zu KiB for %pS: %s\n",
			    bytes / 1024 + (bytes % 1024 != 0), (void *)caller,
			    why);
}

static void free_nodes(struct llist_node *list)
{
	struct llist_node *node, *next;

	llist_for_each_safe(node, next, list)
		kmem_cache_free(area_cache,
				llist_entry(node, struct vmap_area, next));
}

/* ---- purging ------------------------------------------------------------ */

/* Makes up to PURGE_BATCH areas of @list holes; the rest of it. */
static struct llist_node *make_holes(struct llist_node *list)
{
	struct llist_node *idle;

	spin_lock(&vmap_lock);
	for (unsigned int i = 0; list && i < PURGE_BATCH; i++) {
		struct vmap_area *a = llist_entry(list, struct vmap_area, next);

		list = list->next;
		purged_areas++;
		vmap_space_release(&vmap_space, a);
	}
	idle = vmap_space_take_idle(&vmap_space);
	spin_unlock(&vmap_lock);
	free_nodes(idle);
	return list;
}

/* Caller holds purge_lock. */
static void purge(void)
{
	struct llist_node *list = llist_del_all(&lazy_list);
	unsigned long start = VMALLOC_END, end = VMALLOC_START, pages = 0;

	if (!list)
		return;
	for (struct llist_node *n = list; n; n = n->next) {
		struct vmap_area *a = llist_entry(n, struct vmap_area, next);

		start = min(start, a->start);
		end = max(end, a->end);
		pages += (a->end - a->start) >> PAGE_SHIFT;
	}
	kernel_flush_unmapped(start, end); /* I3 */
	purges++;
	while (list)
		list = make_holes(list);
	atomic64_sub((s64)pages, &lazy_pages);
}

void vm_unmap_aliases(void)
{
	spin_lock(&purge_lock); /* waits for a flush under way: I4 */
	purge();
	spin_unlock(&purge_lock);
}

void vmap_area_put(struct vmap_area *a)
{
	unsigned long pages = (a->end - a->start) >> PAGE_SHIFT;

	if (CONFIG_DEBUG) {
		preempt_disable();
		local_flush_tlb_range(a->start, a->end);
		preempt_enable();
	}
	llist_add(&a->next, &lazy_list);
	if ((unsigned long)atomic64_add_return((s64)pages, &lazy_pages) <=
	    vmap_lazy_limit)
		return;
	/* If somebody purges already, the next one will take this, too. */
	if (!vmap_lazy_limit) {
		vm_unmap_aliases();
	} else if (spin_trylock(&purge_lock)) {
		purge();
		spin_unlock(&purge_lock);
	}
}

/* ---- areas -------------------------------------------------------------- */

static int place(struct vmap_area *a, unsigned long size, unsigned long align)
{
	struct vmap_area *spare = NULL;
	struct llist_node *idle;
	int err;

	for (;;) {
		spin_lock(&vmap_lock);
		if (spare)
			vmap_space_idle(&vmap_space, spare);
		err = vmap_space_alloc(&vmap_space, a, size, align);
		idle = vmap_space_take_idle(&vmap_space);
		spin_unlock(&vmap_lock);
		if (unlikely(idle))
			free_nodes(idle);
		if (likely(err != -EAGAIN))
			return err;
		spare = kmem_cache_alloc(area_cache, GFP_KERNEL);
		if (!spare)
			return -ENOMEM;
	}
}

struct vmap_area *vmap_area_get(const struct vmap_request *r)
{
	struct vmap_area *a = kmem_cache_alloc(area_cache, GFP_KERNEL);
	unsigned long size = (r->lead + r->nr + 1) << PAGE_SHIFT; /* I2 */
	int err;

	if (unlikely(!a)) {
		vmap_report(r->nr << PAGE_SHIFT, r->caller, "no memory");
		return NULL;
	}
	memleak_ignore(a); /* else it would point to its area */
	a->caller = r->caller;
	a->nr = r->nr;
	a->lead = r->lead;
	a->kind = r->kind;
	err = place(a, size, r->align);
	if (unlikely(err == -ENOSPC)) {
		vm_unmap_aliases();
		err = place(a, size, r->align);
	}
	if (likely(!err))
		return a;
	kmem_cache_free(area_cache, a);
	vmap_report(r->nr << PAGE_SHIFT, r->caller,
		    err == -ENOSPC ? "no addresses" : "no memory");
	return NULL;
}

static const char *const kind_names[] = {
	[VMAP_ALLOC] = "vmalloc",
	[VMAP_MAP] = "vmap",
	[VMAP_IOREMAP] = "ioremap",
	[VMAP_STACK] = "stack",
};

/* @a: a copy of the area that @addr lies in; of size 0 if there is none. */
static void __cold report_bad_free(unsigned long addr, const char *fn,
				   unsigned long caller,
				   const struct vmap_area *a)
{
	if (a->start == a->end)
		WARN(1,
		     "%s of %#lx by %pS: nothing there: freed twice, or never allocated",
		     fn, addr, (void *)caller);
	else
		WARN(1,
		     "%s of %#lx by %pS: %s the %s area %#lx of %lu pages, allocated by %pS",
		     fn, addr, (void *)caller,
		     addr == vmap_addr(a) ? "but that is" : "but it is inside",
		     kind_names[a->kind], vmap_addr(a), a->nr,
		     (void *)a->caller);
}

struct vmap_area *vmap_area_take(unsigned long addr, enum vmap_kind kind,
				 const char *fn, unsigned long caller)
{
	struct vmap_area *a, other = {.start = 0};

	spin_lock(&vmap_lock);
	a = vmap_space_find(&vmap_space, addr);
	if (likely(a && vmap_addr(a) == addr && a->kind == kind)) {
		vmap_space_remove(&vmap_space, a);
		spin_unlock(&vmap_lock);
		return a;
	}
	if (a)
		other = *a;
	spin_unlock(&vmap_lock);
	report_bad_free(addr, fn, caller, &other);
	return NULL;
}

void vmap_area_abandon(struct vmap_area *a)
{
	spin_lock(&vmap_lock);
	vmap_space_remove(&vmap_space, a);
	spin_unlock(&vmap_lock);
	vmap_area_put(a);
}

/* ---- looking at them ---------------------------------------------------- */

/* What lies at @at, which is no address of a hole or an area behind it. */
static void describe(unsigned long at, const struct vmap_area *busy,
		     const struct vmap_area *hole, struct vmalloc_info *info)
{
	unsigned long end = VMALLOC_END + 1;

	if (busy && busy->start <= at) {
		*info = (struct vmalloc_info){
			.start = busy->start,
			.end = busy->end,
			.kind = kind_names[busy->kind],
			.addr = vmap_addr(busy),
			.nr_pages = busy->nr,
			.caller = busy->caller,
		};
		return;
	}
	if (hole && hole->start <= at) {
		*info = (struct vmalloc_info){
			.start = hole->start, .end = hole->end, .kind = "hole"};
		return;
	}
	end = busy ? min(end, busy->start) : end;
	end = hole ? min(end, hole->start) : end;
	*info = (struct vmalloc_info){.start = at, .end = end, .kind = "freed"};
}

bool vmalloc_info_next(unsigned long *cursor, struct vmalloc_info *info)
{
	unsigned long at = max(*cursor, VMALLOC_START);

	if (at > VMALLOC_END)
		return false;
	spin_lock(&vmap_lock);
	describe(at, vmap_space_next(&vmap_space, at),
		 vmap_space_next_hole(&vmap_space, at), info);
	spin_unlock(&vmap_lock);
	*cursor = info->end;
	return true;
}

void vmalloc_get_stats(struct vmalloc_stats *stats)
{
	spin_lock(&vmap_lock);
	*stats = (struct vmalloc_stats){
		.areas = vmap_space.nr_busy,
		.holes = vmap_space.nr_holes,
		.largest_hole = vmap_space_largest(&vmap_space),
		.pages = vmalloc_nr_pages(),
		.lazy_pages = (unsigned long)atomic64_read(&lazy_pages),
		.lazy_limit = vmap_lazy_limit,
		.purges = READ_ONCE(purges),
		.purged_areas = purged_areas,
		.kept_stacks = thread_stacks_kept(),
	};
	spin_unlock(&vmap_lock);
}

int vmalloc_check(void)
{
	int err;

	spin_lock(&vmap_lock);
	err = vmap_space_check(&vmap_space);
	spin_unlock(&vmap_lock);
	return err;
}

void vmalloc_init(void)
{
	struct vmap_area *all;

	area_cache = kmem_cache_create("vmap_area", sizeof(struct vmap_area), 0,
				       SLAB_PANIC, NULL);
	all = kmem_cache_alloc(area_cache, GFP_KERNEL);
	BUG_ON(!all);
	vmap_most_pages = totalram_pages();
	/* Few others can use them (A MM-H8). */
	if (totalhigh_pages())
		vmap_frames_gfp |= __GFP_HIGHMEM;
	vmap_space_init(&vmap_space);
	all->start = VMALLOC_START;
	all->end = VMALLOC_END + 1;
	vmap_space_release(&vmap_space, all);
	thread_stack_init();
}
