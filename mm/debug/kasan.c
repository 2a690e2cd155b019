/* SPDX-License-Identifier: MIT */
/*
 * debug/kasan.c - the allocators' part of CONFIG=kasan.
 *
 * Purpose. lib/san/kasan.c checks each access against the shadow. Here the
 *	shadow is made to say what the allocators mean, and reports learn whose
 *	memory it is.
 *
 * Model. What is poisoned, by whom:
 *
 *	frames	 while they are free
 *	slab	 all but the bytes that were asked for of objects in use:
 *		 red zones, owner records, objects in arrays and on chains
 *	kmalloc	 the rest of the class's object, too; of large blocks the rest
 *		 of the frames
 *	vmalloc	 the rest of the last page; pages around it are not mapped
 *	per-CPU	 what alloc_percpu() has not handed out, in each unit
 *
 *	Quarantine. An object that is freed is what the next allocation gets,
 *	and then a stale pointer to it is as good as any. So freed objects wait
 *	in a queue until it holds too many or too much, poisoned meanwhile:
 *
 *	kfree() -> | newest |   ...   | oldest | -> the array of the CPU
 *
 * Invariants.
 *   I1  An object in the queue counts as free everywhere; nobody but the
 *       queue has it.
 *   I2  kept_bytes is the sum of the sizes of the objects in the queue, at
 *       most KEPT_BYTES.
 *
 * Locking. kept_lock for the queue; no lock is taken under it, and objects
 *	are freed without it.
 * Contexts. Those of the allocators; describing from any, without locks.
 * Limits. The queue is one for all CPUs. An object that left it can be handed
 *	out: an access after that is not seen. Objects of caches with
 *	SLAB_NO_DEBUG have no red zones, and do not wait. kmem_cache_shrink()
 *	and reaping empty the queue, as does reclaim. The checks of debug builds
 *	are not checked themselves (NO_KASAN in the Makefile).
 */
#include <mm/kasan.h>

#include <arch/page.h>
#include <base/bits.h>
#include <base/errno.h>
#include <lib/might_sleep.h>
#include <lib/spinlock.h>
#include <mm/tlb.h>

#include "../slab_private.h"

#define KEPT_OBJECTS 1024
#define KEPT_BYTES   (256UL << 10)

struct kept {
	struct kmem_cache *cache;
	unsigned long obj; /* complemented: no reference for memleak */
};

static DEFINE_SPINLOCK(kept_lock);
static struct kept queue[KEPT_OBJECTS]; /* (kept_lock) a ring */
static unsigned int oldest, nr_kept;	/* (kept_lock) */
static size_t kept_bytes;		/* (kept_lock) I2 */

/* ---- quarantine ---------------------------------------------------------- */

/* Takes the oldest out if there is too much, or in any case. */
static bool take_oldest(struct kept *k, bool in_any_case)
{
	unsigned long flags;
	bool take;

	spin_lock_irqsave(&kept_lock, flags);
	take = nr_kept && (in_any_case || kept_bytes > KEPT_BYTES ||
			   nr_kept == KEPT_OBJECTS);
	if (take) {
		*k = queue[oldest];
		oldest = (oldest + 1) % KEPT_OBJECTS;
		nr_kept--;
		kept_bytes -= k->cache->buffer_size;
	}
	spin_unlock_irqrestore(&kept_lock, flags);
	return take;
}

bool kasan_quarantine_put(struct kmem_cache *c, void *obj)
{
	unsigned long flags;
	struct kept k;

	kasan_poison(obj, c->obj_size, KASAN_SLAB_FREE);
	if (c->flags & (SLAB_NO_DEBUG | SLAB_NO_QUARANTINE) ||
	    c->buffer_size > KEPT_BYTES / 4)
		return false;
	while (take_oldest(&k, false))
		slab_free_now(k.cache, (void *)~k.obj);
	spin_lock_irqsave(&kept_lock, flags);
	if (nr_kept == KEPT_OBJECTS) { /* another CPU was faster */
		spin_unlock_irqrestore(&kept_lock, flags);
		return false;
	}
	queue[(oldest + nr_kept++) % KEPT_OBJECTS] =
		(struct kept){c, ~(unsigned long)obj};
	kept_bytes += c->buffer_size;
	spin_unlock_irqrestore(&kept_lock, flags);
	return true;
}

void kasan_quarantine_drain(void)
{
	struct kept k;

	while (take_oldest(&k, true))
		slab_free_now(k.cache, (void *)~k.obj);
}

unsigned long kasan_quarantined(const struct kmem_cache *c)
{
	unsigned long flags, n = 0;

	spin_lock_irqsave(&kept_lock, flags);
	for (unsigned int i = 0; i < nr_kept; i++)
		n += !c || queue[(oldest + i) % KEPT_OBJECTS].cache == c;
	spin_unlock_irqrestore(&kept_lock, flags);
	return n;
}

/* ---- objects ------------------------------------------------------------- */

void kasan_new_slab(struct kmem_cache *c, const void *first, unsigned int num)
{
	kasan_poison((const char *)first - c->obj_offset,
		     (size_t)c->buffer_size * num, KASAN_SLAB_REDZONE);
	for (unsigned int i = 0; i < num; i++)
		kasan_poison((const char *)first + (size_t)c->buffer_size * i,
			     c->obj_size, KASAN_SLAB_FREE);
}

void kasan_object(struct kmem_cache *c, const void *obj, size_t want)
{
	size_t all = ALIGN((size_t)c->obj_size, KASAN_GRANULE);
	size_t used = ALIGN(min(want, all), KASAN_GRANULE);

	kasan_unpoison(obj, min(want, all));
	kasan_poison((const char *)obj + used, all - used, KASAN_SLAB_REDZONE);
}

void kasan_large(const void *p, size_t size, size_t block)
{
	size_t used = ALIGN(size, KASAN_GRANULE);

	kasan_unpoison(p, size);
	kasan_poison((const char *)p + used, block - used, KASAN_PAGE_REDZONE);
}

/* Shadow of its own for [addr, addr + size); what is new of it says @fill. */
static int populate(unsigned long addr, size_t size, u8 fill)
{
	unsigned long from = (unsigned long)kasan_shadow((void *)addr);
	int pages = kasan_shadow_populate(addr, size, fill);

	if (pages < 0)
		return pages;
	/* Other CPUs may remember the page of zeroes that was there. */
	if (pages && system_state == SYSTEM_RUNNING)
		flush_tlb_kernel_range(from & PAGE_MASK,
				       PAGE_ALIGN(from + size / KASAN_GRANULE));
	return 0;
}

int kasan_vmalloc_area(unsigned long addr, size_t size)
{
	int err = populate(addr, size, 0);

	if (!err)
		kasan_unpoison((void *)addr, size);
	return err;
}

/*
 * Filled when it is made, in one go with that: later another flow may have
 * been given part of it.
 */
int kasan_percpu_area(unsigned long addr, size_t size)
{
	return populate(addr, size, KASAN_PERCPU_INVALID);
}
