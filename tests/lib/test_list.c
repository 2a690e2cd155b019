/* SPDX-License-Identifier: MIT */
/*
 * test_list.c - lists and hash chains (A PROC-12).
 */
#include <base/compiler.h>
#include <base/types.h>
#include <lib/fault.h>
#include <lib/list.h>
#include <lib/random.h>
#include <lib/selftest.h>
#include <lib/string.h>

#define NR 8

struct item {
	int value;
	struct list_head link;
	struct hlist_node hash;
};

static struct item items[NR];

/* The values in order as decimal digits: 1, 2, 3 -> 123. Both ways. */
static long digits_of(const struct list_head *head)
{
	struct item *it;
	long forward = 0, backward = 0, unit = 1;

	list_for_each_entry(it, head, link)
		forward = forward * 10 + it->value;
	list_for_each_entry_reverse(it, head, link) {
		backward += it->value * unit;
		unit *= 10;
	}
	return list_check(head, NR) && forward == backward ? forward : -1;
}

/* items[0..n-1] with values 1..n at the tail of @head. */
static void build(struct list_head *head, int n)
{
	int i;

	INIT_LIST_HEAD(head);
	for (i = 0; i < n; i++) {
		items[i].value = i + 1;
		list_add_tail(&items[i].link, head);
	}
}

SELFTEST(lib, list, add_both_ends, "A PROC-12", unit)
{
	LIST_HEAD(head);

	EXPECT_TRUE(list_empty(&head));
	EXPECT_EQ(digits_of(&head), 0L);
	build(&head, 3);
	EXPECT_EQ(digits_of(&head), 123L);
	EXPECT_FALSE(list_empty(&head));
	items[3].value = 4;
	list_add(&items[3].link, &head);
	EXPECT_EQ(digits_of(&head), 4123L);
	EXPECT_EQ(list_count_nodes(&head), 4UL);
	EXPECT_EQ(list_first_entry(&head, struct item, link)->value, 4);
	EXPECT_EQ(list_last_entry(&head, struct item, link)->value, 3);
	EXPECT_EQ(list_next_entry(&items[3], link)->value, 1);
	EXPECT_EQ(list_prev_entry(&items[2], link)->value, 2);
	EXPECT_TRUE(list_is_first(&items[3].link, &head));
	EXPECT_TRUE(list_is_last(&items[2].link, &head));
	EXPECT_FALSE(list_is_last(&items[1].link, &head));
}

SELFTEST(lib, list, del_poisons, "A PROC-12", unit)
{
	struct list_head head;

	build(&head, 3);
	list_del(&items[1].link);
	EXPECT_EQ(digits_of(&head), 13L);
	EXPECT_PTR_EQ(items[1].link.next, LIST_POISON1);
	EXPECT_PTR_EQ(items[1].link.prev, LIST_POISON2);
	/* Bits 63..47 are not all equal: no such address can be mapped. */
	EXPECT_NE((u64)LIST_POISON1 >> 47, 0ULL);
	EXPECT_NE((u64)LIST_POISON1 >> 47, 0x1ffffULL);
	EXPECT_NE((u64)LIST_POISON2 >> 47, 0ULL);
	EXPECT_NE((u64)LIST_POISON2 >> 47, 0x1ffffULL);
	list_del(&items[0].link);
	list_del(&items[2].link);
	EXPECT_TRUE(list_empty(&head));
}

static void del(void *entry)
{
	list_del(entry);
}

static void hash_del_twice(void *node)
{
	hlist_del(node);
	hlist_del(node);
}

/* Detectors must be seen to detect. */
SELFTEST(lib, list, corruption_panics, "A PROC-12", unit)
{
	struct list_head head;
	HLIST_HEAD(chain);
	char msg[96];

	if (!CONFIG_DEBUG) {
		selftest_skip("needs CONFIG_DEBUG");
		return;
	}
	build(&head, 3);
	list_del(&items[1].link);
	EXPECT_TRUE(panic_catch(del, &items[1].link, msg, sizeof(msg)));
	EXPECT_TRUE(strstr(msg, "LIST_POISON1") != NULL);
	items[0].link.next->prev = &items[2].link;
	EXPECT_TRUE(panic_catch(del, &items[0].link, msg, sizeof(msg)));
	EXPECT_TRUE(strstr(msg, "list broken") != NULL);
	hlist_add_head(&items[0].hash, &chain);
	EXPECT_TRUE(
		panic_catch(hash_del_twice, &items[0].hash, msg, sizeof(msg)));
	EXPECT_TRUE(strstr(msg, "LIST_POISON2") != NULL);
}

SELFTEST(lib, list, del_init_and_careful, "A PROC-12", unit)
{
	struct list_head head;

	build(&head, 2);
	EXPECT_FALSE(list_empty_careful(&items[0].link));
	list_del_init(&items[0].link);
	EXPECT_TRUE(list_empty(&items[0].link));
	EXPECT_TRUE(list_empty_careful(&items[0].link));
	/* A second time is harmless, and so is adding again. */
	list_del_init(&items[0].link);
	list_add(&items[0].link, &head);
	EXPECT_EQ(digits_of(&head), 12L);
	/* Halfway through a removal: list_empty is fooled, careful is not. */
	INIT_LIST_HEAD(&head);
	head.prev = &items[0].link;
	EXPECT_TRUE(list_empty(&head));
	EXPECT_FALSE(list_empty_careful(&head));
	head.prev = &head;
	head.next = &items[0].link;
	EXPECT_FALSE(list_empty_careful(&head));
}

SELFTEST(lib, list, safe_loops_with_deletion, "A PROC-12", unit)
{
	struct list_head head, *pos, *next;
	struct item *it, *n;
	int visited = 0;

	build(&head, 6);
	list_for_each_entry_safe(it, n, &head, link) {
		visited = visited * 10 + it->value;
		if (it->value % 2)
			list_del(&it->link);
	}
	EXPECT_EQ(visited, 123456);
	EXPECT_EQ(digits_of(&head), 246L);
	visited = 0;
	list_for_each_safe(pos, next, &head) {
		visited++;
		list_del_init(pos);
	}
	EXPECT_EQ(visited, 3);
	EXPECT_TRUE(list_empty(&head));
}

SELFTEST(lib, list, move_and_replace, "A PROC-12", unit)
{
	struct list_head head;
	LIST_HEAD(other);
	struct item extra = {.value = 9};

	build(&head, 4);
	list_move(&items[2].link, &head);
	EXPECT_EQ(digits_of(&head), 3124L);
	list_move_tail(&items[0].link, &head);
	EXPECT_EQ(digits_of(&head), 3241L);
	list_move_tail(&items[3].link, &other);
	EXPECT_EQ(digits_of(&head), 321L);
	EXPECT_EQ(digits_of(&other), 4L);
	EXPECT_TRUE(list_is_singular(&other));
	EXPECT_FALSE(list_is_singular(&head));
	list_replace_init(&items[1].link, &extra.link);
	EXPECT_EQ(digits_of(&head), 391L);
	EXPECT_TRUE(list_empty(&items[1].link));
	list_rotate_left(&head);
	EXPECT_EQ(digits_of(&head), 913L);
	list_rotate_left(&other);
	EXPECT_EQ(digits_of(&other), 4L);
}

SELFTEST(lib, list, splice_and_cut, "A PROC-12", unit)
{
	struct list_head head, front;
	LIST_HEAD(other);

	build(&head, 5);
	list_cut_position(&front, &head, &items[1].link);
	EXPECT_EQ(digits_of(&front), 12L);
	EXPECT_EQ(digits_of(&head), 345L);
	list_splice_init(&front, &head);
	EXPECT_EQ(digits_of(&head), 12345L);
	EXPECT_TRUE(list_empty(&front));
	list_cut_position(&front, &head, &items[1].link);
	list_splice_tail_init(&front, &head);
	EXPECT_EQ(digits_of(&head), 34512L);
	list_splice(&other, &head);
	list_splice_tail(&other, &head);
	EXPECT_EQ(digits_of(&head), 34512L);
	list_cut_position(&front, &head, &head);
	EXPECT_TRUE(list_empty(&front));
	list_cut_position(&front, &head, &items[1].link);
	EXPECT_TRUE(list_empty(&head));
	EXPECT_EQ(digits_of(&front), 34512L);
	EXPECT_PTR_EQ(list_first_entry_or_null(&head, struct item, link), NULL);
	EXPECT_PTR_EQ(list_first_entry_or_null(&front, struct item, link),
		      &items[2]);
}

/* Random adds, moves and removals against an array of values. */
SELFTEST(lib, list, model, "A PROC-12, B LIB-01", unit)
{
	unsigned long step, wrong = 0;
	int model[NR];
	unsigned int n = 0, i, at;
	struct rnd_state rnd;
	struct item *it;
	LIST_HEAD(head);

	prandom_seed_state(&rnd, selftest_seed());
	for (i = 0; i < NR; i++) {
		items[i].value = (int)i;
		INIT_LIST_HEAD(&items[i].link);
	}
	for (step = 0; step < 10000 * selftest_scale(); step++) {
		bool front = prandom_u32_below(&rnd, 2);

		it = &items[prandom_u32_below(&rnd, NR)];
		if (!list_empty(&it->link)) {
			for (at = 0; model[at] != it->value; at++)
				;
			memmove(model + at, model + at + 1,
				(--n - at) * sizeof(*model));
			list_del_init(&it->link);
		} else if (front) {
			memmove(model + 1, model, n++ * sizeof(*model));
			model[0] = it->value;
			list_add(&it->link, &head);
		} else {
			model[n++] = it->value;
			list_add_tail(&it->link, &head);
		}
		wrong += !list_check(&head, NR);
		i = 0;
		list_for_each_entry(it, &head, link)
			wrong += i >= n || model[i++] != it->value;
		wrong += i != n;
	}
	EXPECT_EQ(wrong, 0UL);
}

/* The chain as digits; -1 if a node's pprev is wrong. */
static long chain_digits(const struct hlist_head *h)
{
	struct hlist_node *const *link = &h->first;
	struct item *it;
	long v = 0;

	hlist_for_each_entry(it, h, hash) {
		if (it->hash.pprev != link || *link != &it->hash)
			return -1;
		link = &it->hash.next;
		v = v * 10 + it->value;
	}
	return v;
}

SELFTEST(lib, hlist, add_del, "B LIB-01", unit)
{
	HLIST_HEAD(h);
	struct hlist_node *n;
	struct item *it;
	int i;

	EXPECT_TRUE(hlist_empty(&h));
	for (i = 0; i < NR; i++) {
		items[i].value = i + 1;
		INIT_HLIST_NODE(&items[i].hash);
		EXPECT_TRUE(hlist_unhashed(&items[i].hash));
	}
	hlist_add_head(&items[0].hash, &h);
	hlist_add_head(&items[1].hash, &h);
	EXPECT_EQ(chain_digits(&h), 21L);
	hlist_add_before(&items[2].hash, &items[1].hash);
	hlist_add_before(&items[3].hash, &items[0].hash);
	hlist_add_behind(&items[4].hash, &items[0].hash);
	hlist_add_behind(&items[5].hash, &items[2].hash);
	EXPECT_EQ(chain_digits(&h), 362415L);
	hlist_del_init(&items[2].hash);
	hlist_del_init(&items[2].hash);
	EXPECT_TRUE(hlist_unhashed(&items[2].hash));
	EXPECT_EQ(chain_digits(&h), 62415L);
	hlist_del(&items[4].hash);
	EXPECT_PTR_EQ(items[4].hash.next, LIST_POISON1);
	EXPECT_PTR_EQ(items[4].hash.pprev, LIST_POISON2);
	EXPECT_EQ(chain_digits(&h), 6241L);
	hlist_for_each_entry_safe(it, n, &h, hash)
		if (it->value % 2 == 0)
			hlist_del_init(&it->hash);
	EXPECT_EQ(chain_digits(&h), 1L);
	hlist_del(&items[0].hash);
	EXPECT_TRUE(hlist_empty(&h));
}
