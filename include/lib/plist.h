/* SPDX-License-Identifier: MIT */
/*
 * plist.h - lists sorted by priority, first in first out within one.
 *
 * A smaller number is a higher priority and stands further ahead. The model
 * and the invariants are told in lib/plist.c.
 *
 * Locking. The caller's. Context: any.
 */
#ifndef LIB_PLIST_H
#define LIB_PLIST_H

#include <base/compiler.h>
#include <base/types.h>
#include <lib/list.h>

struct plist_head {
	struct list_head node_list;
};

struct plist_node {
	int prio;
	struct list_head prio_list; /* ring of the first of each priority */
	struct list_head node_list; /* all nodes, in order */
};

#define PLIST_HEAD_INIT(head)                                 \
	{                                                     \
		.node_list = LIST_HEAD_INIT((head).node_list) \
	}
#define PLIST_HEAD(head) struct plist_head head = PLIST_HEAD_INIT(head)
#define PLIST_NODE_INIT(node, prio_)                           \
	{                                                      \
		.prio = (prio_),                               \
		.prio_list = LIST_HEAD_INIT((node).prio_list), \
		.node_list = LIST_HEAD_INIT((node).node_list), \
	}

static inline void plist_head_init(struct plist_head *head)
{
	INIT_LIST_HEAD(&head->node_list);
}

static inline void plist_node_init(struct plist_node *node, int prio)
{
	node->prio = prio;
	INIT_LIST_HEAD(&node->prio_list);
	INIT_LIST_HEAD(&node->node_list);
}

static inline bool plist_head_empty(const struct plist_head *head)
{
	return list_empty(&head->node_list);
}

/* Whether the node is on no list; needs plist_node_init() or plist_del(). */
static inline bool plist_node_empty(const struct plist_node *node)
{
	return list_empty(&node->node_list);
}

/**
 * plist_add() - insert behind all nodes of the same or a smaller number.
 * @node: initialised, on no list.
 *
 * Context: any. Complexity: O(number of distinct priorities).
 * Locking: the list's.
 */
void plist_add(struct plist_node *node, struct plist_head *head);

/**
 * plist_del() - remove; the node is then as after plist_node_init().
 *
 * Context: any. Complexity: O(1).
 * Locking: the list's.
 */
void plist_del(struct plist_node *node, struct plist_head *head);

/* Behind its equals: the next round of round robin. */
void plist_requeue(struct plist_node *node, struct plist_head *head);

#define plist_entry(ptr, type, member) container_of(ptr, type, member)

/* The ends of a list that is not empty. */
static inline struct plist_node *plist_first(const struct plist_head *head)
{
	return list_entry(head->node_list.next, struct plist_node, node_list);
}

static inline struct plist_node *plist_last(const struct plist_head *head)
{
	return list_entry(head->node_list.prev, struct plist_node, node_list);
}

#define plist_first_entry(head, type, member) \
	plist_entry(plist_first(head), type, member)
#define plist_last_entry(head, type, member) \
	plist_entry(plist_last(head), type, member)
#define plist_next(pos) list_next_entry(pos, node_list)
#define plist_prev(pos) list_prev_entry(pos, node_list)

#define plist_for_each(pos, head) \
	list_for_each_entry(pos, &(head)->node_list, node_list)
#define plist_for_each_safe(pos, n, head) \
	list_for_each_entry_safe(pos, n, &(head)->node_list, node_list)
#define plist_for_each_entry(pos, head, member) \
	list_for_each_entry(pos, &(head)->node_list, member.node_list)
#define plist_for_each_entry_safe(pos, n, head, member) \
	list_for_each_entry_safe(pos, n, &(head)->node_list, member.node_list)

/**
 * plist_check() - validate a list; for tests and debugging walkers.
 *
 * Context: any. Complexity: O(n).
 * Locking: the list's.
 * Return: 0, or the number of the first broken invariant of lib/plist.c.
 */
int plist_check(const struct plist_head *head);

#endif /* LIB_PLIST_H */
