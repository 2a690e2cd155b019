/* SPDX-License-Identifier: MIT */
/*
 * test_plist.c - priority lists against a sorted array.
 */
#include <base/compiler.h>
#include <base/types.h>
#include <lib/plist.h>
#include <lib/random.h>
#include <lib/selftest.h>
#include <lib/string.h>

#define NR 40

struct waiter {
	int id;
	struct plist_node node;
};

static struct waiter waiters[NR];
static struct waiter *model[NR];

static void init(void)
{
	int i;

	for (i = 0; i < NR; i++) {
		waiters[i].id = i;
		plist_node_init(&waiters[i].node, 0);
	}
}

static void model_add(struct waiter *w, unsigned int *n)
{
	unsigned int at = 0;

	while (at < *n && model[at]->node.prio <= w->node.prio)
		at++;
	memmove(model + at + 1, model + at, (*n - at) * sizeof(*model));
	model[at] = w;
	(*n)++;
}

static void model_del(struct waiter *w, unsigned int *n)
{
	unsigned int at = 0;

	while (model[at] != w)
		at++;
	(*n)--;
	memmove(model + at, model + at + 1, (*n - at) * sizeof(*model));
}

static unsigned int compare(const struct plist_head *head, unsigned int n)
{
	unsigned int i = 0, wrong = plist_check(head) != 0;
	struct waiter *w;

	plist_for_each_entry(w, head, node)
		wrong += i >= n || model[i++] != w;
	wrong += i != n;
	wrong += plist_head_empty(head) != (n == 0);
	if (n) {
		wrong += plist_first_entry(head, struct waiter, node) !=
			 model[0];
		wrong += plist_last_entry(head, struct waiter, node) !=
			 model[n - 1];
	}
	return wrong;
}

SELFTEST(lib, plist, model, "B LIB-01", unit)
{
	unsigned long step, wrong = 0;
	struct rnd_state rnd;
	unsigned int n = 0;
	PLIST_HEAD(head);

	init();
	prandom_seed_state(&rnd, selftest_seed());
	for (step = 0; step < 10000 * selftest_scale(); step++) {
		struct waiter *w = &waiters[prandom_u32_below(&rnd, NR)];
		bool again = prandom_u32_below(&rnd, 4) == 0;

		if (plist_node_empty(&w->node)) {
			w->node.prio = (int)prandom_u32_below(&rnd, 7) - 3;
			plist_add(&w->node, &head);
			model_add(w, &n);
		} else if (again) {
			plist_requeue(&w->node, &head);
			model_del(w, &n);
			model_add(w, &n);
		} else {
			plist_del(&w->node, &head);
			model_del(w, &n);
		}
		wrong += compare(&head, n);
		if (wrong)
			break;
	}
	EXPECT_EQ(wrong, 0UL);
	EXPECT_EQ(step, 10000 * selftest_scale());
}

SELFTEST(lib, plist, equals_are_fifo, "B LIB-01", unit)
{
	static const int prios[] = {5, 3, 5, 9, 3, 5, 3};
	static const int want[] = {1, 4, 6, 0, 2, 5, 3};
	struct plist_node *node, *next;
	PLIST_HEAD(head);
	unsigned int i;

	init();
	for (i = 0; i < ARRAY_SIZE(prios); i++) {
		plist_node_init(&waiters[i].node, prios[i]);
		plist_add(&waiters[i].node, &head);
		EXPECT_EQ(plist_check(&head), 0);
	}
	i = 0;
	plist_for_each_safe(node, next, &head) {
		EXPECT_EQ(plist_entry(node, struct waiter, node)->id,
			  want[i++]);
		plist_del(node, &head);
		EXPECT_TRUE(plist_node_empty(node));
		EXPECT_EQ(plist_check(&head), 0);
	}
	EXPECT_EQ(i, ARRAY_SIZE(want));
	EXPECT_TRUE(plist_head_empty(&head));
}

/* When a leader leaves, the next of its priority takes over the ring. */
SELFTEST(lib, plist, leaders, "B LIB-01", unit)
{
	PLIST_HEAD(head);
	int i;

	init();
	for (i = 0; i < 6; i++) {
		plist_node_init(&waiters[i].node, i / 2);
		plist_add(&waiters[i].node, &head);
	}
	EXPECT_FALSE(list_empty(&waiters[2].node.prio_list));
	EXPECT_TRUE(list_empty(&waiters[3].node.prio_list));
	plist_del(&waiters[2].node, &head);
	EXPECT_FALSE(list_empty(&waiters[3].node.prio_list));
	EXPECT_EQ(plist_check(&head), 0);
	plist_del(&waiters[3].node, &head);
	EXPECT_EQ(plist_check(&head), 0);
	/* The priority is gone from the ring, and comes back in its place. */
	plist_add(&waiters[3].node, &head);
	EXPECT_EQ(plist_check(&head), 0);
	EXPECT_PTR_EQ(plist_next(&waiters[1].node), &waiters[3].node);
	EXPECT_PTR_EQ(plist_prev(&waiters[4].node), &waiters[3].node);
}

SELFTEST(lib, plist, validator_detects, "B LIB-01", unit)
{
	PLIST_HEAD(head);
	int i;

	init();
	for (i = 0; i < 4; i++) {
		plist_node_init(&waiters[i].node, i / 2);
		plist_add(&waiters[i].node, &head);
	}
	waiters[3].node.prio = -1;
	EXPECT_EQ(plist_check(&head), 1);
	waiters[3].node.prio = 1;
	list_add(&waiters[1].node.prio_list, &waiters[0].node.prio_list);
	EXPECT_EQ(plist_check(&head), 2);
	list_del_init(&waiters[1].node.prio_list);
	EXPECT_EQ(plist_check(&head), 0);
	/* a stranger between the last leader and the first */
	plist_node_init(&waiters[4].node, 2);
	list_add_tail(&waiters[4].node.prio_list, &waiters[0].node.prio_list);
	EXPECT_EQ(plist_check(&head), 3);
	list_del_init(&waiters[4].node.prio_list);
	EXPECT_EQ(plist_check(&head), 0);
	list_del_init(&waiters[2].node.prio_list);
	EXPECT_EQ(plist_check(&head), 3);
}
