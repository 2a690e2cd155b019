/* SPDX-License-Identifier: MIT */
/*
 * rbtree.c - keeping a binary search tree balanced with one bit per node.
 *
 * Purpose. Order by any key, with every operation O(log n) in the worst
 *	case, no memory but what is inside the elements, and no recursion.
 * Model. Each node is red or black. Read red nodes as part of their black
 *	parent: that gives a tree of nodes with 2 to 4 children whose leaves
 *	all lie at one depth, so the binary tree is at most twice as deep as
 *	the best. A missing child counts as black.
 *
 *	      down                      up
 *	     /    \     rotate       /    \
 *	    x      up   ------->   down    z	(left; keeps x, y, z)
 *	          /  \  <-------   /  \
 *	         y    z           x    y
 *
 * Invariants.
 *	I1  In order, no node is less than the one before it.
 *	I2  The root is black.
 *	I3  A red node has no red child.
 *	I4  Every path from the root to a missing child passes equally many
 *	    black nodes.
 *	I5  A child's parent pointer names the node it hangs on.
 *	I6  In a cached tree, rb_leftmost is the first node.
 * Locking. The caller's. Contexts. Any.
 * Limits. Readers need the lock too: a rotation is not one store.
 * References. Guibas and Sedgewick, "A dichromatic framework for balanced
 *	trees", 1978; Cormen et al., "Introduction to Algorithms", ch. 13.
 */
#include <base/assert.h>
#include <base/compiler.h>
#include <base/types.h>
#include <lib/rbtree.h>

#define RB_BLACK 1UL

typedef void (*rotate_fn)(struct rb_node *old, struct rb_node *new);

static bool is_black(const struct rb_node *n)
{
	return !n || (n->__rb_parent_color & RB_BLACK);
}

static bool is_red(const struct rb_node *n)
{
	return !is_black(n);
}

static void paint_black(struct rb_node *n)
{
	n->__rb_parent_color |= RB_BLACK;
}

static void paint_red(struct rb_node *n)
{
	n->__rb_parent_color &= ~RB_BLACK;
}

static void set_parent(struct rb_node *n, struct rb_node *parent)
{
	n->__rb_parent_color =
		(unsigned long)parent | (n->__rb_parent_color & RB_BLACK);
}

static void copy_color(struct rb_node *to, const struct rb_node *from)
{
	to->__rb_parent_color = (to->__rb_parent_color & ~RB_BLACK) |
				(from->__rb_parent_color & RB_BLACK);
}

static enum rb_side other(enum rb_side side)
{
	return side == RB_LEFT ? RB_RIGHT : RB_LEFT;
}

/* Where @parent (or the root, if NULL) pointed at @old, it points at @new. */
static void change_child(struct rb_root *root, struct rb_node *parent,
			 struct rb_node *old, struct rb_node *new)
{
	if (!parent)
		root->rb_node = new;
	else
		parent->rb_child[parent->rb_left == old ? RB_LEFT : RB_RIGHT] =
			new;
}

/* @down sinks towards @side; its other child takes its place. */
static __always_inline void rotate(struct rb_root *root, struct rb_node *down,
				   enum rb_side side, rotate_fn augment)
{
	struct rb_node *up = down->rb_child[other(side)];
	struct rb_node *between = up->rb_child[side];
	struct rb_node *parent = rb_parent(down);

	down->rb_child[other(side)] = between;
	if (between)
		set_parent(between, down);
	change_child(root, parent, down, up);
	set_parent(up, parent);
	up->rb_child[side] = down;
	set_parent(down, up);
	augment(down, up);
}

/*
 * @node is red and everything holds but perhaps I3 between it and its
 * parent (or I2). Each round either ends, or moves that two levels up.
 */
static __always_inline void
insert_fixup(struct rb_node *node, struct rb_root *root, rotate_fn augment)
{
	struct rb_node *parent, *grandparent, *uncle;

	while ((parent = rb_parent(node)) && is_red(parent)) {
		enum rb_side side;

		grandparent = rb_parent(parent); /* a red node has one: I2 */
		side = parent == grandparent->rb_left ? RB_LEFT : RB_RIGHT;
		uncle = grandparent->rb_child[other(side)];
		paint_black(parent);
		paint_red(grandparent);
		if (is_red(uncle)) {
			paint_black(uncle);
			node = grandparent;
			continue;
		}
		if (node == parent->rb_child[other(side)]) {
			/* An inner grandchild first becomes an outer one. */
			rotate(root, parent, side, augment);
			paint_red(parent);
			paint_black(node);
		}
		rotate(root, grandparent, other(side), augment);
		break;
	}
	paint_black(root->rb_node);
}

/*
 * Paths through @parent's child @node (NULL at first) have one black node
 * too few (I4). Each round ends, or moves that one level up.
 */
static __always_inline void erase_fixup(struct rb_node *parent,
					struct rb_root *root, rotate_fn augment)
{
	struct rb_node *node = NULL;

	for (; parent; node = parent, parent = rb_parent(node)) {
		/* The sibling's side has a black more: it cannot be NULL. */
		enum rb_side side =
			parent->rb_left == node ? RB_LEFT : RB_RIGHT;
		struct rb_node *sibling = parent->rb_child[other(side)];

		if (is_red(sibling)) {
			/* Make it black without changing any path. */
			rotate(root, parent, side, augment);
			paint_black(sibling);
			paint_red(parent);
			sibling = parent->rb_child[other(side)];
		}
		if (is_black(sibling->rb_left) && is_black(sibling->rb_right)) {
			/* Now both sides lack one. */
			paint_red(sibling);
			if (is_black(parent))
				continue;
			paint_black(parent);
			return;
		}
		if (is_black(sibling->rb_child[other(side)])) {
			struct rb_node *near = sibling->rb_child[side];

			rotate(root, sibling, other(side), augment);
			paint_red(sibling);
			paint_black(near);
			sibling = near;
		}
		rotate(root, parent, side, augment);
		copy_color(sibling, parent);
		paint_black(parent);
		paint_black(sibling->rb_child[other(side)]);
		return;
	}
}

/* @node has at most one child. Returns whose paths now lack a black node. */
static __always_inline struct rb_node *
unlink_simple(struct rb_node *node, struct rb_root *root,
	      const struct rb_augment_callbacks *augment)
{
	struct rb_node *child = node->rb_left ? node->rb_left : node->rb_right;
	struct rb_node *parent = rb_parent(node);

	change_child(root, parent, node, child);
	if (child) /* by I4 it is red and @node is black: it replaces @node */
		child->__rb_parent_color = node->__rb_parent_color;
	augment->propagate(parent, NULL);
	return !child && is_black(node) ? parent : NULL;
}

/* @node has two children: its successor, which has no left one, moves up. */
static __always_inline struct rb_node *
unlink_inner(struct rb_node *node, struct rb_root *root,
	     const struct rb_augment_callbacks *augment)
{
	struct rb_node *next = node->rb_right;
	struct rb_node *parent, *child;
	bool black_lost;

	while (next->rb_left)
		next = next->rb_left;
	child = next->rb_right;
	parent = rb_parent(next);
	black_lost = is_black(next) && !child;
	if (parent == node) {
		parent = next;
	} else {
		parent->rb_left = child;
		next->rb_right = node->rb_right;
		set_parent(next->rb_right, next);
	}
	if (child) { /* red, by I4; it keeps the black that @next had */
		set_parent(child, parent);
		paint_black(child);
	}
	next->rb_left = node->rb_left;
	set_parent(next->rb_left, next);
	change_child(root, rb_parent(node), node, next);
	next->__rb_parent_color = node->__rb_parent_color;
	augment->copy(node, next);
	if (parent != next)
		augment->propagate(parent, next);
	augment->propagate(next, NULL);
	return black_lost ? parent : NULL;
}

static __always_inline void erase(struct rb_node *node, struct rb_root *root,
				  const struct rb_augment_callbacks *augment)
{
	struct rb_node *lacking;

	if (node->rb_left && node->rb_right)
		lacking = unlink_inner(node, root, augment);
	else
		lacking = unlink_simple(node, root, augment);
	erase_fixup(lacking, root, augment->rotate);
}

/* A plain tree: inlined, these cost nothing. */
static void no_propagate(struct rb_node *node __unused,
			 struct rb_node *stop __unused)
{
}

static void no_change(struct rb_node *old __unused,
		      struct rb_node *new __unused)
{
}

static const struct rb_augment_callbacks not_augmented = {
	.propagate = no_propagate,
	.copy = no_change,
	.rotate = no_change,
};

void rb_insert_color(struct rb_node *node, struct rb_root *root)
{
	insert_fixup(node, root, no_change);
}

void rb_insert_augmented(struct rb_node *node, struct rb_root *root,
			 const struct rb_augment_callbacks *augment)
{
	insert_fixup(node, root, augment->rotate);
}

void rb_erase(struct rb_node *node, struct rb_root *root)
{
	erase(node, root, &not_augmented);
}

void rb_erase_augmented(struct rb_node *node, struct rb_root *root,
			const struct rb_augment_callbacks *augment)
{
	erase(node, root, augment);
}

void rb_replace_node(struct rb_node *victim, struct rb_node *new,
		     struct rb_root *root)
{
	*new = *victim;
	if (new->rb_left)
		set_parent(new->rb_left, new);
	if (new->rb_right)
		set_parent(new->rb_right, new);
	change_child(root, rb_parent(victim), victim, new);
}

/* The last node in the direction of @side, below and including @n. */
static struct rb_node *outermost(struct rb_node *n, enum rb_side side)
{
	while (n && n->rb_child[side])
		n = n->rb_child[side];
	return n;
}

struct rb_node *rb_first(const struct rb_root *root)
{
	return outermost(root->rb_node, RB_LEFT);
}

struct rb_node *rb_last(const struct rb_root *root)
{
	return outermost(root->rb_node, RB_RIGHT);
}

/* Down if possible, else up to the first ancestor on the side wanted. */
static struct rb_node *neighbour(const struct rb_node *n, enum rb_side side)
{
	struct rb_node *parent;

	if (n->rb_child[side])
		return outermost(n->rb_child[side], other(side));
	while ((parent = rb_parent(n)) && n == parent->rb_child[side])
		n = parent;
	return parent;
}

struct rb_node *rb_next(const struct rb_node *node)
{
	return neighbour(node, RB_RIGHT);
}

struct rb_node *rb_prev(const struct rb_node *node)
{
	return neighbour(node, RB_LEFT);
}

/* Deepest node reached by going left where possible, else right. */
static struct rb_node *left_deepest(struct rb_node *n)
{
	while (n && (n->rb_left || n->rb_right))
		n = n->rb_left ? n->rb_left : n->rb_right;
	return n;
}

struct rb_node *rb_first_postorder(const struct rb_root *root)
{
	return left_deepest(root->rb_node);
}

struct rb_node *rb_next_postorder(const struct rb_node *node)
{
	struct rb_node *parent = rb_parent(node);

	if (parent && node == parent->rb_left && parent->rb_right)
		return left_deepest(parent->rb_right);
	return parent;
}

/* Black nodes from @n up to the root. */
static unsigned int black_above(const struct rb_node *n)
{
	unsigned int blacks = 0;

	for (; n; n = rb_parent(n))
		blacks += is_black(n);
	return blacks;
}

static bool parent_is(const struct rb_node *child, const struct rb_node *n)
{
	return !child || rb_parent(child) == n;
}

/*
 * Parents before their children: rb_check() looks at a node's children before
 * it goes on to them, so the way back up is known to be sound.
 */
static struct rb_node *next_preorder(struct rb_node *n)
{
	struct rb_node *parent;

	if (n->rb_left)
		return n->rb_left;
	if (n->rb_right)
		return n->rb_right;
	for (; (parent = rb_parent(n)); n = parent)
		if (n == parent->rb_left && parent->rb_right)
			return parent->rb_right;
	return NULL;
}

static int check_node(const struct rb_node *n, unsigned int *blacks)
{
	unsigned int above;

	if (!parent_is(n->rb_left, n) || !parent_is(n->rb_right, n))
		return 5;
	if (n->rb_left && n->rb_left == n->rb_right)
		return 5;
	if (is_red(n) && (is_red(n->rb_left) || is_red(n->rb_right)))
		return 3;
	if (n->rb_left && n->rb_right)
		return 0;
	above = black_above(n);
	if (!*blacks)
		*blacks = above; /* the first way down sets the measure */
	return above == *blacks ? 0 : 4;
}

int rb_check(const struct rb_root *root,
	     bool (*less)(struct rb_node *, const struct rb_node *))
{
	struct rb_node *n = root->rb_node, *prev = NULL;
	unsigned int blacks = 0;
	int broken;

	if (is_red(n))
		return 2;
	if (!parent_is(n, NULL))
		return 5;
	for (; n; n = next_preorder(n)) {
		broken = check_node(n, &blacks);
		if (broken)
			return broken;
	}
	for (n = rb_first(root); n && less; prev = n, n = rb_next(n))
		if (prev && less(n, prev))
			return 1;
	return 0;
}

int rb_check_cached(const struct rb_root_cached *tree,
		    bool (*less)(struct rb_node *, const struct rb_node *))
{
	if (tree->rb_leftmost != rb_first(&tree->rb_root))
		return 6;
	return rb_check(&tree->rb_root, less);
}
