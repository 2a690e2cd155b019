/* SPDX-License-Identifier: MIT */
/*
 * llist.h - a list that many CPUs push to and one empties, without a lock.
 *
 * Model. A stack: llist_add() puts a node in front with a cmpxchg, from any
 * context on any CPU; llist_del_all() takes everything in one xchg. There is
 * no operation that removes a single node, because two CPUs doing that would
 * meet the ABA problem; so nodes that were taken belong to the taker alone.
 * The list taken is in reverse order of arrival: llist_reverse_order().
 *
 * Invariants.
 *   I1  A node is on at most one list; its owner touches it again only after
 *       the taker has said, by means of its own, that it is done.
 *   I2  Exactly one llist_add() between two llist_del_all() returns true: the
 *       one that found the list empty. Who rings the bell then, rings once.
 *
 * Memory order. llist_add() is a full barrier and llist_del_all() too: what
 * was written before the push is seen by who takes the node, and what the
 * taker writes after the take is seen by whoever finds the list empty.
 * Locking. None. Limits. No length, no ordered insertion, no removal.
 */
#ifndef LIB_LLIST_H
#define LIB_LLIST_H

#include <base/atomic.h>
#include <base/compiler.h>
#include <base/types.h>

struct llist_node {
	struct llist_node *next;
};

struct llist_head {
	struct llist_node *first; /* (a) */
};

#define LLIST_HEAD_INIT(name) \
	{                     \
		NULL          \
	}
#define LLIST_HEAD(name) struct llist_head name = LLIST_HEAD_INIT(name)

#define llist_entry(ptr, type, member) container_of(ptr, type, member)

/* Walk nodes that were taken; the body may hand @pos back to its owner. */
#define llist_for_each_safe(pos, n, node) \
	for ((pos) = (node); (pos) && ((n) = (pos)->next, true); (pos) = (n))

static inline void init_llist_head(struct llist_head *head)
{
	WRITE_ONCE(head->first, NULL);
}

/* Any context; old when it arrives. */
static inline bool llist_empty(const struct llist_head *head)
{
	return READ_ONCE(head->first) == NULL;
}

/**
 * llist_add() - push one node.
 * @node: on no list; from now on the taker's.
 * @head: the list.
 *
 * Context: any, NMI included. Complexity: O(1) but for other pushers.
 * Return: whether the list was empty (I2).
 */
static inline bool llist_add(struct llist_node *node, struct llist_head *head)
{
	struct llist_node *first = READ_ONCE(head->first);

	do {
		WRITE_ONCE(node->next, first);
		/* Pairs with the xchg in llist_del_all(). */
	} while (!try_cmpxchg(&head->first, &first, node));
	return first == NULL;
}

/**
 * llist_del_all() - take all nodes.
 * @head: the list; empty afterwards.
 *
 * Context: any.
 * Return: the nodes, last pushed first; NULL if there were none.
 */
static inline struct llist_node *llist_del_all(struct llist_head *head)
{
	/* Pairs with the cmpxchg in llist_add(). */
	return xchg(&head->first, (struct llist_node *)NULL);
}

/**
 * llist_reverse_order() - turn taken nodes into order of arrival.
 * @node: what llist_del_all() returned.
 *
 * Context: any. Complexity: O(n).
 * Return: the first one pushed.
 */
static inline struct llist_node *llist_reverse_order(struct llist_node *node)
{
	struct llist_node *done = NULL;

	while (node) {
		struct llist_node *next = node->next;

		node->next = done;
		done = node;
		node = next;
	}
	return done;
}

#endif /* LIB_LLIST_H */
