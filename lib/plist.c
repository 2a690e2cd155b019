/* SPDX-License-Identifier: MIT */
/*
 * plist.c - lists sorted by priority.
 *
 * Purpose. Waiters and pushable real-time tasks: few priorities, many nodes;
 *	the first must be at hand, equals must be served in turn.
 * Model. All nodes are on one list in order. The first node of each priority
 *	(its leader) is also on a ring of leaders, along which an insertion
 *	jumps from priority to priority:
 *
 *	head -> 3 --> 3 --> 5 --> 5 --> 5 --> 9 -> head	node_list
 *	        '-----------'-----------------'		prio_list
 *
 *	The ring has no head: it starts at the first node, always a leader.
 * Invariants.
 *	I1  Priorities never descend along node_list; equals are in the order
 *	    of insertion.
 *	I2  The prio_list of each node that is not a leader is empty.
 *	I3  The ring passes exactly the leaders, in the order of node_list.
 * Locking. The caller's. Contexts. Any.
 */
#include <base/assert.h>
#include <base/types.h>
#include <lib/list.h>
#include <lib/plist.h>

static struct plist_node *next_leader(const struct plist_node *leader)
{
	return list_entry(leader->prio_list.next, struct plist_node, prio_list);
}

void plist_add(struct plist_node *node, struct plist_head *head)
{
	struct plist_node *first, *leader;
	struct list_head *before = &head->node_list;

	ASSERT(plist_node_empty(node));
	ASSERT(list_empty(&node->prio_list));
	if (plist_head_empty(head)) {
		list_add(&node->node_list, &head->node_list);
		return;
	}
	/* The first leader with a greater number, or round to the start. */
	first = leader = plist_first(head);
	do {
		if (leader->prio > node->prio) {
			before = &leader->node_list;
			break;
		}
		leader = next_leader(leader);
	} while (leader != first);
	/* A new priority: between the leaders before and behind (I3). */
	if (list_prev_entry(leader, prio_list)->prio != node->prio)
		list_add_tail(&node->prio_list, &leader->prio_list);
	list_add_tail(&node->node_list, before);
}

void plist_del(struct plist_node *node, struct plist_head *head)
{
	ASSERT(!plist_node_empty(node));
	if (!list_is_last(&node->node_list, &head->node_list)) {
		struct plist_node *next = plist_next(node);

		/*
		 * The next of the same priority becomes the leader. A lone
		 * leader's ring is empty, and so is the ring of its heir.
		 */
		if (next->prio == node->prio && list_empty(&next->prio_list))
			list_add(&next->prio_list, &node->prio_list);
	}
	list_del_init(&node->prio_list);
	list_del_init(&node->node_list);
}

void plist_requeue(struct plist_node *node, struct plist_head *head)
{
	plist_del(node, head);
	plist_add(node, head);
}

int plist_check(const struct plist_head *head)
{
	const struct plist_node *node, *prev = NULL, *leader = NULL;

	plist_for_each(node, head) {
		if (prev && prev->prio > node->prio)
			return 1;
		if (prev && prev->prio == node->prio) {
			if (!list_empty(&node->prio_list))
				return 2;
		} else {
			if (leader && next_leader(leader) != node)
				return 3;
			leader = node;
		}
		prev = node;
	}
	if (leader && next_leader(leader) != plist_first(head))
		return 3;
	return 0;
}
