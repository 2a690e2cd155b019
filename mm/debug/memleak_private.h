/* SPDX-License-Identifier: MIT */
/*
 * memleak_private.h - the tree of objects, shared by memleak.c, which keeps
 * it, and memleak_scan.c, which walks it.
 */
#ifndef MM_MEMLEAK_PRIVATE_H
#define MM_MEMLEAK_PRIVATE_H

#include <base/types.h>
#include <lib/list.h>
#include <lib/rbtree.h>
#include <lib/spinlock.h>
#include <mm/memleak.h>

/*
 * Lock key: (m) memleak_lock; (i) since it was made.
 */
struct memleak_object {
	struct rb_node node;   /* (m) by start; or, free, the next free one */
	struct list_head grey; /* (m) reached in this scan, not yet looked at */
	unsigned long start;   /* (i) */
	size_t size;	       /* (i) */
	unsigned long caller;  /* (i) */
	u64 when;	       /* (i) */
	unsigned int cpu;      /* (i) */
	bool ignored;	       /* (m) neither a leak nor looked at */
	bool reached;	       /* (m) in this scan */
	u8 missed;	       /* (m) scans in a row that did not reach it */
};

/* Scans in a row that do not reach an object before it is a leak. */
#define MEMLEAK_MISSED 2

extern spinlock_t memleak_lock;
extern struct rb_root memleak_tree; /* (m) */
extern unsigned long memleak_lost;  /* (m) objects that are not in the tree */

/* The object that @addr points into, or NULL. Caller holds memleak_lock. */
struct memleak_object *memleak_find(unsigned long addr);

/* Whether @addr is in an entry that lies in .bss. */
bool memleak_own(unsigned long addr);

/* All objects, ascending. Caller holds memleak_lock. */
#define for_each_memleak_object(o)                             \
	for ((o) = rb_entry_safe(rb_first(&memleak_tree),      \
				 struct memleak_object, node); \
	     (o); (o) = rb_entry_safe(rb_next(&(o)->node),     \
				      struct memleak_object, node))

#endif /* MM_MEMLEAK_PRIVATE_H */
