/* SPDX-License-Identifier: MIT */
/*
 * rbtree.h - balanced search trees whose nodes live inside the elements.
 *
 * Model. The user writes the descent, because only the user knows the order:
 * either rb_add() and rb_find() with a comparison, or a loop of one's own
 * ending in rb_link_node() and rb_insert_color(). The library keeps the tree
 * balanced. How, and the invariants, is told in lib/rbtree.c.
 *
 * struct rb_root_cached also remembers the leftmost node, so that asking for
 * the smallest element takes one load (run queues, timers).
 *
 * An augmented tree keeps in each node a value computed from its whole
 * subtree (the largest end of an interval, the largest hole). The user
 * updates it on the way down when inserting; the callbacks do the rest.
 *
 * Locking. The caller's, for readers and writers alike. Context: any.
 * Complexity: O(log n) unless said; rb_next() O(1) on average.
 */
#ifndef LIB_RBTREE_H
#define LIB_RBTREE_H

#include <base/compiler.h>
#include <base/types.h>

enum rb_side {
	RB_LEFT,
	RB_RIGHT,
};

struct rb_node {
	unsigned long __rb_parent_color; /* parent's address | 1 if black */
	union {
		struct {
			struct rb_node *rb_left;
			struct rb_node *rb_right;
		};
		struct rb_node *rb_child[2]; /* by enum rb_side */
	};
} __aligned(8);

struct rb_root {
	struct rb_node *rb_node;
};

struct rb_root_cached {
	struct rb_root rb_root;
	struct rb_node *rb_leftmost;
};

/**
 * struct rb_augment_callbacks - how to keep the subtree values right.
 * @propagate: recompute @node and its ancestors, up to but not @stop (NULL:
 *	to the root); may end early at a value that did not change.
 * @copy: @new takes the place of @old: it gets the same value.
 * @rotate: @new took the place of @old and @old is now its child: @new gets
 *	@old's value, @old is recomputed.
 */
struct rb_augment_callbacks {
	void (*propagate)(struct rb_node *node, struct rb_node *stop);
	void (*copy)(struct rb_node *old, struct rb_node *new);
	void (*rotate)(struct rb_node *old, struct rb_node *new);
};

#define RB_ROOT	       ((struct rb_root){NULL})
#define RB_ROOT_CACHED ((struct rb_root_cached){{NULL}, NULL})

#define rb_entry(ptr, type, member) container_of(ptr, type, member)
#define rb_entry_safe(ptr, type, member)                          \
	({                                                        \
		__typeof__(ptr) res_ptr = (ptr);                  \
		res_ptr ? rb_entry(res_ptr, type, member) : NULL; \
	})

#define RB_EMPTY_ROOT(root) (READ_ONCE((root)->rb_node) == NULL)

/* A node that is in no tree can say so, if it was cleared: parent of itself. */
#define RB_EMPTY_NODE(node) ((node)->__rb_parent_color == (unsigned long)(node))
#define RB_CLEAR_NODE(node) ((node)->__rb_parent_color = (unsigned long)(node))

static inline struct rb_node *rb_parent(const struct rb_node *node)
{
	return (struct rb_node *)(node->__rb_parent_color & ~1UL);
}

/**
 * rb_link_node() - hang a new node into its place, not yet balanced.
 * @parent: the leaf found by the descent, or NULL in an empty tree.
 * @link: the empty pointer in @parent, or that of the root.
 *
 * Context: any.
 * Locking: the tree's.
 */
static inline void rb_link_node(struct rb_node *node, struct rb_node *parent,
				struct rb_node **link)
{
	node->__rb_parent_color = (unsigned long)parent; /* red */
	node->rb_left = NULL;
	node->rb_right = NULL;
	*link = node;
}

/* Balances the tree after rb_link_node(). */
void rb_insert_color(struct rb_node *node, struct rb_root *root);
void rb_insert_augmented(struct rb_node *node, struct rb_root *root,
			 const struct rb_augment_callbacks *augment);

/* Takes a node out and balances the tree. The node's links keep garbage. */
void rb_erase(struct rb_node *node, struct rb_root *root);
void rb_erase_augmented(struct rb_node *node, struct rb_root *root,
			const struct rb_augment_callbacks *augment);

/* In order; NULL at the ends and in an empty tree. */
struct rb_node *rb_first(const struct rb_root *root);
struct rb_node *rb_last(const struct rb_root *root);
struct rb_node *rb_next(const struct rb_node *node);
struct rb_node *rb_prev(const struct rb_node *node);

/* Children before their parents: what frees a whole tree without balancing. */
struct rb_node *rb_first_postorder(const struct rb_root *root);
struct rb_node *rb_next_postorder(const struct rb_node *node);

/* @new, of the same order, takes @victim's place. */
void rb_replace_node(struct rb_node *victim, struct rb_node *new,
		     struct rb_root *root);

#define rb_first_cached(tree) ((tree)->rb_leftmost)

static inline void rb_insert_color_cached(struct rb_node *node,
					  struct rb_root_cached *tree,
					  bool leftmost)
{
	if (leftmost)
		tree->rb_leftmost = node;
	rb_insert_color(node, &tree->rb_root);
}

/* Returns the new leftmost node if that changed, else NULL. */
static inline struct rb_node *rb_erase_cached(struct rb_node *node,
					      struct rb_root_cached *tree)
{
	struct rb_node *leftmost = NULL;

	if (tree->rb_leftmost == node)
		leftmost = tree->rb_leftmost = rb_next(node);
	rb_erase(node, &tree->rb_root);
	return leftmost;
}

static inline void rb_replace_node_cached(struct rb_node *victim,
					  struct rb_node *new,
					  struct rb_root_cached *tree)
{
	if (tree->rb_leftmost == victim)
		tree->rb_leftmost = new;
	rb_replace_node(victim, new, &tree->rb_root);
}

/*
 * The descents below are inline so that the comparison is, too.
 */

/**
 * rb_add() - insert a node behind all that are not greater.
 * @less: whether the first node belongs strictly before the second.
 *
 * Context: any.
 * Locking: the tree's.
 */
static __always_inline void rb_add(struct rb_node *node, struct rb_root *root,
				   bool (*less)(struct rb_node *,
						const struct rb_node *))
{
	struct rb_node **link = &root->rb_node;
	struct rb_node *parent = NULL;

	while (*link) {
		parent = *link;
		link = less(node, parent) ? &parent->rb_left
					  : &parent->rb_right;
	}
	rb_link_node(node, parent, link);
	rb_insert_color(node, root);
}

/* The same; returns @node if it became the leftmost one, else NULL. */
static __always_inline struct rb_node *
rb_add_cached(struct rb_node *node, struct rb_root_cached *tree,
	      bool (*less)(struct rb_node *, const struct rb_node *))
{
	struct rb_node **link = &tree->rb_root.rb_node;
	struct rb_node *parent = NULL;
	bool leftmost = true;

	while (*link) {
		parent = *link;
		if (less(node, parent)) {
			link = &parent->rb_left;
		} else {
			link = &parent->rb_right;
			leftmost = false;
		}
	}
	rb_link_node(node, parent, link);
	rb_insert_color_cached(node, tree, leftmost);
	return leftmost ? node : NULL;
}

/**
 * rb_find_add() - insert a node unless an equal one is there.
 * @cmp: < 0, 0 or > 0 as the first node is before, equal to or behind the
 *	second.
 *
 * Context: any.
 * Locking: the tree's.
 * Return: the equal node, or NULL when @node was inserted.
 */
static __always_inline struct rb_node *
rb_find_add(struct rb_node *node, struct rb_root *root,
	    int (*cmp)(struct rb_node *, const struct rb_node *))
{
	struct rb_node **link = &root->rb_node;
	struct rb_node *parent = NULL;

	while (*link) {
		int c;

		parent = *link;
		c = cmp(node, parent);
		if (!c)
			return parent;
		link = c < 0 ? &parent->rb_left : &parent->rb_right;
	}
	rb_link_node(node, parent, link);
	rb_insert_color(node, root);
	return NULL;
}

/**
 * rb_find() - a node with a given key.
 * @cmp: < 0, 0 or > 0 as @key is before, equal to or behind the node's.
 *
 * Context: any.
 * Locking: the tree's.
 * Return: some node that is equal, or NULL.
 */
static __always_inline struct rb_node *
rb_find(const void *key, const struct rb_root *root,
	int (*cmp)(const void *key, const struct rb_node *))
{
	struct rb_node *node = root->rb_node;

	while (node) {
		int c = cmp(key, node);

		if (!c)
			return node;
		node = c < 0 ? node->rb_left : node->rb_right;
	}
	return NULL;
}

/**
 * RB_DECLARE_CALLBACKS() - callbacks for a value computed by a function.
 * @name: the struct rb_augment_callbacks that is defined.
 * @type, @member: the element and its rb_node.
 * @value: the element's field that holds the value.
 * @compute: bool f(type *e, bool exit): sets the value from the element and
 *	its children; with @exit, says true instead when it is right already.
 *
 * Context: file level. The callbacks run under the lock of the tree.
 */
#define RB_DECLARE_CALLBACKS(name, type, member, value, compute)            \
	static void name##_propagate(struct rb_node *node,                  \
				     struct rb_node *stop)                  \
	{                                                                   \
		for (; node != stop; node = rb_parent(node))                \
			if (compute(rb_entry(node, type, member), true))    \
				break;                                      \
	}                                                                   \
	static void name##_copy(struct rb_node *old, struct rb_node *new)   \
	{                                                                   \
		rb_entry(new, type, member)->value =                        \
			rb_entry(old, type, member)->value;                 \
	}                                                                   \
	static void name##_rotate(struct rb_node *old, struct rb_node *new) \
	{                                                                   \
		name##_copy(old, new);                                      \
		compute(rb_entry(old, type, member), false);                \
	}                                                                   \
	static const struct rb_augment_callbacks name = {                   \
		.propagate = name##_propagate,                              \
		.copy = name##_copy,                                        \
		.rotate = name##_rotate,                                    \
	}

/**
 * rb_check() - validate a tree; for tests and debugging walkers.
 * @root: the tree.
 * @less: its order, or NULL if that shall not be checked.
 *
 * Context: any. Complexity: O(n log n).
 * Locking: the tree's.
 * Return: 0, or the number of the first broken invariant of lib/rbtree.c.
 */
int rb_check(const struct rb_root *root,
	     bool (*less)(struct rb_node *, const struct rb_node *));
int rb_check_cached(const struct rb_root_cached *tree,
		    bool (*less)(struct rb_node *, const struct rb_node *));

#endif /* LIB_RBTREE_H */
