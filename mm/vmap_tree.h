/* SPDX-License-Identifier: MIT */
/*
 * vmap_tree.h - which addresses of a region are taken (mm/ only).
 *
 * The model and the invariants stand in mm/vmap_tree.c.
 */
#ifndef MM_VMAP_TREE_H
#define MM_VMAP_TREE_H

#include <base/types.h>
#include <lib/llist.h>
#include <lib/rbtree.h>

struct page;

/* What an area is for, and so who may give it back. */
enum vmap_kind {
	VMAP_ALLOC,   /* vmalloc(): the frames belong to it */
	VMAP_MAP,     /* vmap(): the frames belong to the caller */
	VMAP_IOREMAP, /* ioremap(): no frames at all */
	VMAP_STACK,   /* alloc_thread_stack() */
};

/*
 * A hole or an area. Lock key: (s) the lock of the space; (o) whoever took it
 * out of the tree; (i) immutable while busy.
 */
struct vmap_area {
	unsigned long start; /* (s) */
	unsigned long end;   /* (s) the guard page behind included */
	struct rb_node node; /* (s) in one of the two trees */
	union {
		unsigned long max_hole; /* (s) hole: largest in its subtree */
		struct llist_node next; /* (o) in no tree: in some list */
	};
	struct page *frames;  /* (i) its own, linked by page->private */
	unsigned long caller; /* (i) who asked for it */
	unsigned long nr;     /* (i) pages mapped */
	unsigned int lead;    /* (i) guard pages before them */
	enum vmap_kind kind;  /* (i) */
};

struct vmap_space {
	struct rb_root holes;	 /* by address, augmented by max_hole */
	struct rb_root busy;	 /* by address */
	unsigned long nr_holes;	 /* nodes in the first */
	unsigned long nr_busy;	 /* nodes in the second */
	struct llist_node *idle; /* nodes that nothing needs any more */
};

/* No addresses at all; vmap_space_release() adds some. */
void vmap_space_init(struct vmap_space *s);

/**
 * vmap_space_alloc() - take addresses out of a hole, and enter them as busy.
 * @s: the space.
 * @a: receives start and end, and hangs in the busy tree then.
 * @size: bytes, whole pages, not 0, guard included.
 * @align: of the start; a power of two, at least a page.
 *
 * The lowest hole that is large enough wherever it begins; if there is none,
 * the lowest that happens to be aligned well.
 *
 * Context: any. Locking: that of @s.
 * Return: 0; -ENOSPC; -EAGAIN: it takes one more node than there are, add one
 *	to s->idle by vmap_space_idle() and ask again.
 */
int vmap_space_alloc(struct vmap_space *s, struct vmap_area *a,
		     unsigned long size, unsigned long align);

/**
 * vmap_space_release() - make addresses a hole, united with its neighbours.
 * @s: the space.
 * @a: start and end say which; in no tree. Belongs to @s from now on.
 *
 * Up to two nodes become idle. Context: any. Locking: that of @s.
 */
void vmap_space_release(struct vmap_space *s, struct vmap_area *a);

/* The busy area with @addr in it, guard included; or NULL. */
struct vmap_area *vmap_space_find(const struct vmap_space *s,
				  unsigned long addr);

/* The busy area, or the hole, that ends above @addr and is lowest; or NULL. */
struct vmap_area *vmap_space_next(const struct vmap_space *s,
				  unsigned long addr);
struct vmap_area *vmap_space_next_hole(const struct vmap_space *s,
				       unsigned long addr);

/* Takes an area out of the busy tree; its addresses are nobody's then. */
void vmap_space_remove(struct vmap_space *s, struct vmap_area *a);

/* Adds an idle node; takes all of them, as a list. */
void vmap_space_idle(struct vmap_space *s, struct vmap_area *a);
struct llist_node *vmap_space_take_idle(struct vmap_space *s);

/* Bytes of the largest hole; 0 if there is none. */
unsigned long vmap_space_largest(const struct vmap_space *s);

/**
 * vmap_space_check() - validate both trees (mm/debug/vmap_check.c).
 *
 * Context: any. Complexity: O(n log n). Locking: that of @s.
 * Return: 0, or the number of the first broken invariant of mm/vmap_tree.c.
 */
int vmap_space_check(const struct vmap_space *s);

#endif /* MM_VMAP_TREE_H */
