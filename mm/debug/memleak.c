/* SPDX-License-Identifier: MIT */
/*
 * debug/memleak.c - every allocation that is in use, in a tree.
 *
 * Purpose. Memory that was allocated and not freed is no fault, only a number
 *	that grows. But if nothing points to it any more, nobody can ever free
 *	it: that can be found out.
 *
 * Model. Each slab object, large kmalloc() and vmalloc() has an entry here,
 *	with who allocated it, where and when. The entries come from frames of
 *	their own, so that tracking an allocation allocates nothing that is
 *	tracked; a few are there from the start.
 *
 *	memleak_tree, by address		pool
 *	      [0x..40, 61 bytes]		[free] -> [free] -> ...
 *	       /               \
 *	[0x..00, 8 bytes]   [0x..80, 40 bytes]
 *
 *	A scan (memleak_scan.c) looks for words that are the address of a byte
 *	of an object, from what is reachable anyway on.
 *
 * Invariants.
 *   I1  Ranges in the tree do not overlap.
 *   I2  While memleak_on, an object that was handed out since memleak_start()
 *       is in the tree, or counts in memleak_lost.
 *   I3  Entries do not count as references, or all would be referenced:
 *       frames are no objects, and memleak_own() names the rest.
 *
 * Locking. memleak_lock: the tree and the pool. No lock is taken under it;
 *	frames for the pool are asked for without it.
 * Contexts. Any but NMI.
 * Limits. Frames are not tracked, nor what memblock gave, nor per-CPU memory.
 *	Without memory for an entry tracking goes on, but scans refuse.
 */
#include <mm/memleak.h>

#include <arch/page.h>
#include <base/assert.h>
#include <base/bits.h>
#include <lib/context.h>
#include <lib/param.h>
#include <lib/percpu.h>
#include <lib/printk.h>
#include <lib/time.h>
#include <mm/gfp.h>

#include "memleak_private.h"

static bool wanted;
PARAM_BOOL("memleak", wanted, "track allocations, for the command memleak");

bool memleak_on;
DEFINE_SPINLOCK(memleak_lock);
struct rb_root memleak_tree = RB_ROOT;
unsigned long memleak_lost;

/* ---- entries ------------------------------------------------------------- */

/* A frame of entries; all of them on a list, to be given back. */
struct pool_frame {
	struct pool_frame *next;
	struct memleak_object objects[];
};

#define PER_FRAME                                  \
	((PAGE_SIZE - sizeof(struct pool_frame)) / \
	 sizeof(struct memleak_object))
#define BOOT_ENTRIES 64

static struct memleak_object boot_pool[BOOT_ENTRIES];
static struct pool_frame *frames;	  /* (memleak_lock) */
static struct memleak_object *pool_first; /* (memleak_lock) */
static unsigned long nr_frames;		  /* (memleak_lock) */

/* Caller holds memleak_lock. */
static void pool_put(struct memleak_object *o)
{
	o->node.rb_left = (struct rb_node *)pool_first;
	pool_first = o;
}

/* Caller holds memleak_lock. */
static struct memleak_object *pool_get(void)
{
	struct memleak_object *o = pool_first;

	if (o)
		pool_first = (struct memleak_object *)o->node.rb_left;
	return o;
}

/* A frame, asked for as nobody's allocation: tests count theirs. */
static struct pool_frame *new_frame(void)
{
	struct task_ctx *ctx = current_ctx();
	unsigned int nth = ctx->fail_nth;
	struct pool_frame *f;

	ctx->fail_nth = 0;
	f = (struct pool_frame *)__get_free_page(GFP_ATOMIC | __GFP_NOWARN);
	ctx->fail_nth = nth;
	return f;
}

static bool pool_grow(void)
{
	struct pool_frame *f = new_frame();
	unsigned long flags;

	if (!f)
		return false;
	spin_lock_irqsave(&memleak_lock, flags);
	f->next = frames;
	frames = f;
	nr_frames++;
	for (unsigned int i = 0; i < PER_FRAME; i++)
		pool_put(&f->objects[i]);
	spin_unlock_irqrestore(&memleak_lock, flags);
	return true;
}

unsigned long memleak_frames(void)
{
	return READ_ONCE(nr_frames);
}

bool memleak_own(unsigned long addr)
{
	return addr - (unsigned long)boot_pool < sizeof(boot_pool);
}

/* ---- the tree ------------------------------------------------------------ */

struct memleak_object *memleak_find(unsigned long addr)
{
	struct rb_node *n = memleak_tree.rb_node;

	while (n) {
		struct memleak_object *o =
			rb_entry(n, struct memleak_object, node);

		if (addr < o->start)
			n = n->rb_left;
		else if (addr >= o->start + o->size)
			n = n->rb_right;
		else
			return o;
	}
	return NULL;
}

/* Caller holds memleak_lock. */
static void insert(struct memleak_object *o)
{
	struct rb_node **link = &memleak_tree.rb_node, *parent = NULL;

	while (*link) {
		struct memleak_object *p =
			rb_entry(*link, struct memleak_object, node);

		parent = *link;
		link = o->start < p->start ? &parent->rb_left
					   : &parent->rb_right;
	}
	rb_link_node(&o->node, parent, link);
	rb_insert_color(&o->node, &memleak_tree);
}

static void drop(struct memleak_object *o)
{
	rb_erase(&o->node, &memleak_tree);
	pool_put(o);
}

void memleak_track(const void *p, size_t size, unsigned long caller)
{
	struct memleak_object *o, *old;
	unsigned long flags;

	spin_lock_irqsave(&memleak_lock, flags);
	while (!pool_first) {
		bool grown;

		spin_unlock_irqrestore(&memleak_lock, flags);
		grown = pool_grow();
		/* Others may have used it all up already. */
		spin_lock_irqsave(&memleak_lock, flags);
		if (!grown)
			break;
	}
	/* It came back on a way that nobody told us of. */
	old = memleak_find((unsigned long)p);
	if (old)
		drop(old);
	o = pool_get();
	if (o) {
		*o = (struct memleak_object){
			.start = (unsigned long)p,
			.size = size,
			.caller = caller,
			.when = sched_clock(),
			.cpu = raw_smp_processor_id(),
		};
		insert(o);
	} else {
		memleak_lost++;
	}
	spin_unlock_irqrestore(&memleak_lock, flags);
}

void memleak_forget(const void *p)
{
	struct memleak_object *o;
	unsigned long flags;

	spin_lock_irqsave(&memleak_lock, flags);
	o = memleak_find((unsigned long)p);
	if (o && o->start == (unsigned long)p)
		drop(o);
	spin_unlock_irqrestore(&memleak_lock, flags);
}

void memleak_set_ignored(const void *p)
{
	struct memleak_object *o;
	unsigned long flags;

	spin_lock_irqsave(&memleak_lock, flags);
	o = memleak_find((unsigned long)p);
	if (o)
		o->ignored = true;
	spin_unlock_irqrestore(&memleak_lock, flags);
}

/* ---- on and off ---------------------------------------------------------- */

void memleak_start(void)
{
	unsigned long flags;

	BUG_ON(memleak_on);
	spin_lock_irqsave(&memleak_lock, flags);
	memleak_lost = 0;
	for (unsigned int i = 0; i < BOOT_ENTRIES; i++)
		pool_put(&boot_pool[i]);
	spin_unlock_irqrestore(&memleak_lock, flags);
	WRITE_ONCE(memleak_on, true);
}

void memleak_stop(void)
{
	struct pool_frame *f, *next;
	unsigned long flags;

	WRITE_ONCE(memleak_on, false);
	spin_lock_irqsave(&memleak_lock, flags);
	f = frames;
	frames = NULL;
	nr_frames = 0;
	pool_first = NULL;
	memleak_tree = RB_ROOT;
	spin_unlock_irqrestore(&memleak_lock, flags);
	for (; f; f = next) {
		next = f->next;
		free_page((unsigned long)f);
	}
}

void memleak_init(void)
{
	if (!wanted)
		return;
	if (CONFIG_DEBUG)
		memleak_start();
	else
		pr_warn("memleak: only in debug builds\n");
}
