/* SPDX-License-Identifier: MIT */
/*
 * test_rbtree.c - red-black trees: after every operation the validator looks
 * at all invariants, and the order is compared with a sorted array.
 */
#include <base/bits.h>
#include <base/compiler.h>
#include <base/types.h>
#include <lib/random.h>
#include <lib/rbtree.h>
#include <lib/selftest.h>
#include <lib/string.h>

#define SMALL 32
#define LARGE 2048

struct item {
	struct rb_node node;
	unsigned int key;
	bool linked;
	u64 own, sum; /* augmented: own value, and that of the whole subtree */
};

static struct item items[LARGE];
static struct item *model[SMALL];

#define item_of(n) rb_entry(n, struct item, node)

static bool less(struct rb_node *a, const struct rb_node *b)
{
	return item_of(a)->key < item_of(b)->key;
}

static int cmp_nodes(struct rb_node *a, const struct rb_node *b)
{
	unsigned int x = item_of(a)->key, y = item_of(b)->key;

	return x < y ? -1 : x > y;
}

static int cmp_key(const void *key, const struct rb_node *n)
{
	unsigned int x = *(const unsigned int *)key, y = item_of(n)->key;

	return x < y ? -1 : x > y;
}

static void reset(void)
{
	memset(items, 0, sizeof(items));
}

/* Behind all that are not greater, as rb_add() promises. */
static void model_add(struct item *it, unsigned int *n)
{
	unsigned int at = 0;

	while (at < *n && model[at]->key <= it->key)
		at++;
	memmove(model + at + 1, model + at, (*n - at) * sizeof(*model));
	model[at] = it;
	(*n)++;
}

static void model_del(struct item *it, unsigned int *n)
{
	unsigned int at = 0;

	while (model[at] != it)
		at++;
	(*n)--;
	memmove(model + at, model + at + 1, (*n - at) * sizeof(*model));
}

/* Forwards and backwards. */
static bool same_as_model(const struct rb_root *root, unsigned int n)
{
	struct rb_node *node = rb_first(root);
	unsigned int i;

	for (i = 0; i < n; i++, node = rb_next(node))
		if (!node || item_of(node) != model[i])
			return false;
	if (node)
		return false;
	for (node = rb_last(root); i--; node = rb_prev(node))
		if (!node || item_of(node) != model[i])
			return false;
	return !node;
}

SELFTEST(lib, rbtree, model, "B LIB-01", unit)
{
	struct rb_root_cached tree = RB_ROOT_CACHED;
	unsigned long step, wrong = 0;
	struct rnd_state rnd;
	unsigned int n = 0;

	reset();
	prandom_seed_state(&rnd, selftest_seed());
	for (step = 0; step < 10000 * selftest_scale(); step++) {
		struct item *it = &items[prandom_u32_below(&rnd, SMALL)];
		struct rb_node *ret, *want;

		if (it->linked) {
			want = n > 1 && model[0] == it ? &model[1]->node : NULL;
			ret = rb_erase_cached(&it->node, &tree);
			model_del(it, &n);
		} else {
			/* Half the numbers: many keys come twice. */
			it->key = prandom_u32_below(&rnd, SMALL / 2);
			ret = rb_add_cached(&it->node, &tree, less);
			model_add(it, &n);
			want = model[0] == it ? &it->node : NULL;
		}
		it->linked = !it->linked;
		wrong += ret != want;
		wrong += rb_check_cached(&tree, less) != 0;
		wrong += !same_as_model(&tree.rb_root, n);
		if (wrong)
			break;
	}
	EXPECT_EQ(wrong, 0UL);
	EXPECT_EQ(step, 10000 * selftest_scale());
}

/* The longest way down. */
static unsigned int depth(const struct rb_root *root)
{
	unsigned int deepest = 0;
	struct rb_node *n, *up;

	for (n = rb_first(root); n; n = rb_next(n)) {
		unsigned int d = 0;

		for (up = n; up; up = rb_parent(up))
			d++;
		deepest = max(deepest, d);
	}
	return deepest;
}

/* Sorted input, the worst case of a plain tree: depth <= 2 log2(n + 1). */
SELFTEST(lib, rbtree, depth_bound, "B LIB-01", unit)
{
	struct rb_root root = RB_ROOT;
	unsigned int i;

	reset();
	for (i = 0; i < LARGE; i++) {
		items[i].key = i;
		rb_add(&items[i].node, &root, less);
		if (is_power_of_2(i + 1)) {
			EXPECT_EQ(rb_check(&root, less), 0);
			EXPECT_LE(depth(&root), 2 * (ilog2(i + 1) + 1));
		}
	}
	EXPECT_EQ(item_of(rb_last(&root))->key, LARGE - 1U);
	/* And away again from the left, which unbalances it most. */
	for (i = 0; i < LARGE; i++) {
		rb_erase(&items[i].node, &root);
		if (is_power_of_2(LARGE - i - 1))
			EXPECT_EQ(rb_check(&root, less), 0);
	}
	EXPECT_TRUE(RB_EMPTY_ROOT(&root));
}

SELFTEST(lib, rbtree, find, "B LIB-01", unit)
{
	struct rb_root root = RB_ROOT;
	struct item twin = {.key = 10};
	unsigned int i, key, wrong = 0;

	reset();
	for (i = 0; i < 100; i++) {
		items[i].key = i * 37 % 100 * 2;
		wrong += rb_find_add(&items[i].node, &root, cmp_nodes) != NULL;
	}
	EXPECT_EQ(wrong, 0U);
	EXPECT_PTR_EQ(rb_find_add(&twin.node, &root, cmp_nodes),
		      &items[65].node);
	EXPECT_EQ(items[65].key, 10U);
	for (key = 0; key < 200; key++) {
		struct rb_node *n = rb_find(&key, &root, cmp_key);

		wrong += (n != NULL) != (key % 2 == 0);
		wrong += n && item_of(n)->key != key;
	}
	EXPECT_EQ(wrong, 0U);
	EXPECT_EQ(rb_check(&root, less), 0);
}

SELFTEST(lib, rbtree, replace, "B LIB-01", unit)
{
	struct rb_root_cached tree = RB_ROOT_CACHED;
	static struct item other[SMALL];
	unsigned int i;

	reset();
	for (i = 0; i < SMALL; i++) {
		items[i].key = other[i].key = i;
		rb_add_cached(&items[i].node, &tree, less);
	}
	/* One by one every node moves house, root and leftmost included. */
	for (i = 0; i < SMALL; i++) {
		rb_replace_node_cached(&items[i].node, &other[i].node, &tree);
		memset(&items[i], 0xff, sizeof(items[i]));
		EXPECT_EQ(rb_check_cached(&tree, less), 0);
	}
	EXPECT_PTR_EQ(rb_first_cached(&tree), &other[0].node);
	EXPECT_PTR_EQ(rb_last(&tree.rb_root), &other[SMALL - 1].node);
}

SELFTEST(lib, rbtree, empty_and_single, "B LIB-01", unit)
{
	struct rb_root_cached tree = RB_ROOT_CACHED;
	struct item it = {.key = 1};

	EXPECT_TRUE(RB_EMPTY_ROOT(&tree.rb_root));
	EXPECT_PTR_EQ(rb_first(&tree.rb_root), NULL);
	EXPECT_PTR_EQ(rb_last(&tree.rb_root), NULL);
	EXPECT_PTR_EQ(rb_first_postorder(&tree.rb_root), NULL);
	EXPECT_EQ(rb_check_cached(&tree, less), 0);
	RB_CLEAR_NODE(&it.node);
	EXPECT_TRUE(RB_EMPTY_NODE(&it.node));
	EXPECT_PTR_EQ(rb_add_cached(&it.node, &tree, less), &it.node);
	EXPECT_FALSE(RB_EMPTY_NODE(&it.node));
	EXPECT_PTR_EQ(rb_next(&it.node), NULL);
	EXPECT_PTR_EQ(rb_prev(&it.node), NULL);
	EXPECT_PTR_EQ(rb_first_cached(&tree), &it.node);
	EXPECT_PTR_EQ(rb_erase_cached(&it.node, &tree), NULL);
	EXPECT_PTR_EQ(rb_first_cached(&tree), NULL);
	EXPECT_EQ(rb_check_cached(&tree, less), 0);
}

/* Children first: each node can be freed (overwritten) when it is reached. */
SELFTEST(lib, rbtree, postorder, "B LIB-01", unit)
{
	struct rb_root root = RB_ROOT;
	struct rb_node *n, *next;
	unsigned int i, count = 0;

	reset();
	for (i = 0; i < 500; i++) {
		items[i].key = i * 7919 % 500;
		rb_add(&items[i].node, &root, less);
	}
	for (n = rb_first_postorder(&root); n; n = next) {
		next = rb_next_postorder(n);
		EXPECT_FALSE(item_of(n)->linked);
		memset(n, 0xff, sizeof(*n));
		item_of(n)->linked = true;
		count++;
	}
	EXPECT_EQ(count, 500U);
}

static u64 sum_below(const struct rb_node *n)
{
	return n ? item_of(n)->sum : 0;
}

static bool compute_sum(struct item *it, bool exit)
{
	u64 sum = it->own + sum_below(it->node.rb_left) +
		  sum_below(it->node.rb_right);

	if (exit && it->sum == sum)
		return true;
	it->sum = sum;
	return false;
}

RB_DECLARE_CALLBACKS(sums, struct item, node, sum, compute_sum);

static void add_with_sum(struct item *it, struct rb_root *root)
{
	struct rb_node **link = &root->rb_node;
	struct rb_node *parent = NULL;

	it->sum = it->own;
	while (*link) {
		parent = *link;
		item_of(parent)->sum += it->own;
		link = less(&it->node, parent) ? &parent->rb_left
					       : &parent->rb_right;
	}
	rb_link_node(&it->node, parent, link);
	rb_insert_augmented(&it->node, root, &sums);
}

static unsigned int wrong_sums(const struct rb_root *root)
{
	unsigned int wrong = 0;
	struct rb_node *n;

	for (n = rb_first(root); n; n = rb_next(n))
		wrong += item_of(n)->sum != item_of(n)->own +
						    sum_below(n->rb_left) +
						    sum_below(n->rb_right);
	return wrong;
}

/* The root's value is always the total, and every node's that of its tree. */
SELFTEST(lib, rbtree, augmented, "B LIB-01", unit)
{
	struct rb_root root = RB_ROOT;
	unsigned long step, wrong = 0;
	struct rnd_state rnd;
	u64 total = 0;

	reset();
	prandom_seed_state(&rnd, selftest_seed());
	for (step = 0; step < 10000 * selftest_scale(); step++) {
		struct item *it = &items[prandom_u32_below(&rnd, 2 * SMALL)];

		if (it->linked) {
			rb_erase_augmented(&it->node, &root, &sums);
			total -= it->own;
		} else {
			it->key = prandom_u32_below(&rnd, 1000);
			/* Zeroes make a value stay: the early end is used. */
			it->own = prandom_u32_below(&rnd, 3);
			add_with_sum(it, &root);
			total += it->own;
		}
		it->linked = !it->linked;
		wrong += sum_below(root.rb_node) != total;
		wrong += wrong_sums(&root);
		wrong += rb_check(&root, less) != 0;
		if (wrong)
			break;
	}
	EXPECT_EQ(wrong, 0UL);
	EXPECT_EQ(step, 10000 * selftest_scale());
}

/* The validator itself: each kind of damage is named by its number. */
SELFTEST(lib, rbtree, validator_detects, "B LIB-01", unit)
{
	struct rb_root_cached tree = RB_ROOT_CACHED;
	struct rb_node *top, *leaf;
	unsigned int i;

	reset();
	for (i = 0; i < 20; i++) {
		items[i].key = i;
		rb_add_cached(&items[i].node, &tree, less);
	}
	top = tree.rb_root.rb_node;
	leaf = rb_last(&tree.rb_root);
	EXPECT_EQ(rb_check_cached(&tree, less), 0);
	items[7].key = 100;
	EXPECT_EQ(rb_check_cached(&tree, less), 1);
	EXPECT_EQ(rb_check_cached(&tree, NULL), 0);
	items[7].key = 7;
	top->__rb_parent_color ^= 1;
	EXPECT_EQ(rb_check_cached(&tree, less), 2);
	top->__rb_parent_color ^= 1;
	leaf->__rb_parent_color ^= 1;
	i = (unsigned int)rb_check_cached(&tree, less);
	EXPECT_TRUE(i == 3 || i == 4);
	leaf->__rb_parent_color ^= 1;
	tree.rb_leftmost = top;
	EXPECT_EQ(rb_check_cached(&tree, less), 6);
	tree.rb_leftmost = &items[0].node;
	EXPECT_EQ(rb_check_cached(&tree, less), 0);
	/* A left child that does not know its parent. */
	top->rb_left->__rb_parent_color =
		(unsigned long)leaf | (top->rb_left->__rb_parent_color & 1);
	EXPECT_EQ(rb_check(&tree.rb_root, NULL), 5);
	/* A root that has one. */
	top->__rb_parent_color |= (unsigned long)leaf;
	EXPECT_EQ(rb_check(&tree.rb_root, NULL), 5);
}
