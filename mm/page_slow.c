/* SPDX-License-Identifier: MIT */
/*
 * page_slow.c - what is tried when memory is short, and in which order.
 *
 * Model (A MM-ZA4..ZA8). Each step is for fewer requests than the one before,
 * because it costs more or takes from a smaller rest:
 *
 *	1  down to the low mark			any request (mm/page_alloc.c)
 *	2  wake kswapd of every zone		any
 *	3  down to the min mark			any; GFP_ATOMIC to 3/8 of it
 *	4  all there is				those who free memory
 *	--- who may not wait gives up here ---
 *	5  free memory oneself, then as 3	__GFP_WAIT
 *	6  kill something, then from 1		__GFP_FS, order <= 3
 *	7  from 4 again				as long as 5 frees anything
 *	8  from 4 again, for ever		__GFP_NOFAIL
 *
 * __GFP_NORETRY goes once through 5 and never to 6..8. An order above 3 gets
 * step 7 only with __GFP_REPEAT.
 *
 * Invariants.
 *   I1  Whoever frees memory (PF_MEMALLOC) never starts to free memory.
 *   I2  PF_MEMALLOC is afterwards what it was before.
 *   I3  Without __GFP_NOFAIL the ladder ends: 7 needs a frame that was freed,
 *       6 something that was killed.
 * Locking. Whoever is at step 6 has the oom word of the zonelist; others
 *	start from 1 as if somebody had been killed.
 * Contexts. Steps 1..4 any but NMI; from 5 on task, interrupts on.
 * Limits. There are no tasks: where one would sleep for a while, this spins.
 *	So nobody is more urgent than others either, but for GFP_ATOMIC.
 */
#include "page_alloc.h"

#include <arch/cpu.h>
#include <base/assert.h>
#include <base/atomic.h>
#include <base/bits.h>
#include <lib/context.h>
#include <lib/preempt.h>
#include <lib/trip.h>
#include <mm/reclaim.h>

#include "reclaim.h"
#include "zone.h"

/* Larger blocks are not worth a killed task. */
#define PAGE_ALLOC_COSTLY_ORDER 3

static unsigned int min_mark_flags(gfp_t gfp)
{
	unsigned int flags = ALLOC_WMARK_MIN;

	if (gfp & __GFP_WAIT)
		flags |= ALLOC_CPUSET;
	else
		flags |= ALLOC_HARDER;
	if (gfp & __GFP_HIGH)
		flags |= ALLOC_HIGH;
	return flags;
}

/* Step 2: each node once. */
static void wake_all_kswapd(const struct alloc_request *req)
{
	u64 woken = 0;

	for (struct zone **z = req->zonelist->zones; *z; z++) {
		int nid = zone_to_nid(*z);

		if (!(woken >> nid & 1))
			wakeup_kswapd(nid, req->order);
		woken |= BIT(nid);
	}
}

/* Step 5. Return: frames freed. */
static unsigned long direct_reclaim(const struct alloc_request *req)
{
	struct task_ctx *ctx = current_ctx();
	unsigned int old = ctx->flags & PF_MEMALLOC;
	unsigned long freed;

	trip(page_alloc.reclaim);
	ctx->flags |= PF_MEMALLOC; /* I1 */
	freed = try_to_free_pages(req->zonelist->zones[0], req->order,
				  req->gfp);
	ctx->flags = (ctx->flags & ~PF_MEMALLOC) | old; /* I2 */
	/* What other CPUs keep may be all there is, or the missing buddy. */
	drain_all_pages();
	return freed;
}

/* Step 6. Return: whether to start from the beginning. */
static bool kill_something(const struct alloc_request *req, struct page **page)
{
	unsigned long *oom = &req->zonelist->oom;
	bool again = false;

	*page = NULL;
	if (xchg_acquire(oom, 1UL)) {
		cpu_relax();
		return true;
	}
	/* Somebody may have been killed just now: then enough is free. */
	*page = get_page_from_freelist(req, ALLOC_WMARK_HIGH | ALLOC_CPUSET);
	if (!*page && req->order <= PAGE_ALLOC_COSTLY_ORDER) {
		trip(page_alloc.oom);
		again = out_of_memory(req->gfp, req->order);
	}
	/* pairs with xchg_acquire() above */
	smp_store_release(oom, 0UL);
	return again;
}

/* Step 7 and 8. */
static bool worth_another_round(const struct alloc_request *req,
				unsigned long freed)
{
	if (req->gfp & __GFP_NOFAIL)
		return true;
	if ((req->gfp & __GFP_NORETRY) || !freed)
		return false;
	return req->order <= PAGE_ALLOC_COSTLY_ORDER ||
	       (req->gfp & __GFP_REPEAT);
}

/* Step 4: is this somebody who frees memory? Handlers borrow the context. */
static bool may_use_all(void)
{
	return (current_ctx()->flags & (PF_MEMALLOC | PF_MEMDIE)) &&
	       !in_interrupt();
}

static struct page *use_all(const struct alloc_request *req)
{
	struct page *page;

	if (req->gfp & __GFP_NOMEMALLOC)
		return NULL;
	do {
		page = get_page_from_freelist(req, ALLOC_NO_WATERMARKS);
		if (page)
			break;
		cpu_relax();
	} while (req->gfp & __GFP_NOFAIL);
	return page;
}

struct page *alloc_pages_slow(const struct alloc_request *req)
{
	gfp_t gfp = req->gfp;
	unsigned long freed;
	struct page *page;

	trip(page_alloc.slow);
restart:
	page = get_page_from_freelist(req, ALLOC_WMARK_LOW | ALLOC_CPUSET);
	if (page)
		return page;
	wake_all_kswapd(req);
	page = get_page_from_freelist(req, min_mark_flags(gfp));
	if (page)
		return page;
	do {
		if (may_use_all()) { /* I1 */
			page = use_all(req);
			break;
		}
		if (!(gfp & __GFP_WAIT))
			break;
		freed = direct_reclaim(req);
		page = get_page_from_freelist(req, min_mark_flags(gfp));
		if (page)
			return page;
		if (!freed && (gfp & __GFP_FS) && !(gfp & __GFP_NORETRY)) {
			if (kill_something(req, &page))
				goto restart;
			if (page)
				return page;
		}
		cpu_relax();
	} while (worth_another_round(req, freed));
	if (!page) {
		trip(page_alloc.fail);
		report_alloc_failure(req);
	}
	return page;
}
