/* SPDX-License-Identifier: MIT */
/*
 * test_llist.c - the lock-free list, on one CPU; pure, also for the host.
 */
#include <lib/llist.h>
#include <lib/selftest.h>

struct item {
	int value;
	struct llist_node node;
};

static int item_value(struct llist_node *node)
{
	return llist_entry(node, struct item, node)->value;
}

SELFTEST(lib, llist, add_take, "", unit)
{
	LLIST_HEAD(head);
	struct item items[3] = {{.value = 1}, {.value = 2}, {.value = 3}};
	struct llist_node *list;

	EXPECT_TRUE(llist_empty(&head));
	EXPECT_PTR_EQ(llist_del_all(&head), NULL);
	EXPECT_TRUE(llist_add(&items[0].node, &head)); /* it was empty */
	EXPECT_FALSE(llist_empty(&head));
	EXPECT_FALSE(llist_add(&items[1].node, &head));
	EXPECT_FALSE(llist_add(&items[2].node, &head));

	list = llist_del_all(&head);
	EXPECT_TRUE(llist_empty(&head));
	REQUIRE_TRUE(list && list->next && list->next->next);
	EXPECT_EQ(item_value(list), 3); /* last in first */
	EXPECT_EQ(item_value(list->next), 2);
	EXPECT_EQ(item_value(list->next->next), 1);
	EXPECT_PTR_EQ(list->next->next->next, NULL);

	/* Emptied means empty again: the next push says so. */
	EXPECT_TRUE(llist_add(&items[0].node, &head));
	EXPECT_FALSE(llist_add(&items[1].node, &head));
	init_llist_head(&head);
	EXPECT_TRUE(llist_empty(&head));
}

SELFTEST(lib, llist, reverse, "", unit)
{
	struct item items[4] = {
		{.value = 0}, {.value = 1}, {.value = 2}, {.value = 3}};
	LLIST_HEAD(head);
	struct llist_node *pos, *next;
	int expected = 0;
	int i;

	EXPECT_PTR_EQ(llist_reverse_order(NULL), NULL);
	for (i = 0; i < 4; i++)
		llist_add(&items[i].node, &head);
	llist_for_each_safe(pos, next,
			    llist_reverse_order(llist_del_all(&head))) {
		EXPECT_EQ(item_value(pos), expected);
		pos->next = pos; /* handed back: the walk must not need it */
		expected++;
	}
	EXPECT_EQ(expected, 4);
}
