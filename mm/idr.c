/* SPDX-License-Identifier: MIT */
/*
 * idr.c - small numbers for things.
 *
 * Purpose. User programs, log lines and device registers name things by small
 *	numbers. A number must lead to its thing quickly, and a free number
 *	must be found quickly, however many are taken.
 *
 * Model. A radix tree: six bits of the id choose one of 64 slots at each
 *	level. It is as high as the largest id needs: one node up to id 63,
 *	two levels up to 4095, six up to INT_MAX.
 *
 *	id 130 = 2 * 64 + 2	root   present  ...0101  full ...0001
 *	                               |      |
 *	                 ids 0..63, all taken ids 128..191
 *	                                      present ...0101  full ...0101
 *	                                              |      |
 *	                                              128's  130's pointer
 *
 *	Each node keeps two bits for each slot: present, there is something
 *	below; full, there is nothing free below. So a search for the next
 *	free id, or for the next id in use, looks at one word for each level
 *	and never into a subtree that has none.
 *
 *	An ida has no pointers: a slot of the lowest level holds 64 bits, each
 *	an id; the slot is full when all are set. 4096 ids take one node.
 *
 * Invariants.
 *	I1  A node's present is not 0: an empty node is freed at once.
 *	I2  An inner slot is present exactly when it points to a node, and full
 *	    exactly when that node's full is all ones. full is in present.
 *	I3  The root has something outside slot 0, or it is the only level.
 *	I4  An error has changed nothing.
 *
 * Locking. The caller's, for reading too.
 * Contexts. Any; allocating as gfp says. Pure but for its nodes: compiled for
 *	the host too.
 * Limits. Ids are 0..INT_MAX. No lockless lookup: that needs RCU and nodes
 *	that are freed after a grace period.
 */
#include <mm/idr.h>

#include <base/assert.h>
#include <base/bits.h>
#include <base/err.h>
#include <base/errno.h>

#include "idr_node.h"

#define MAX_LEVELS 6 /* 36 bits; an id has 31 */
#define ID_MAX	   0x7fffffffUL
#define ALL	   (~0ULL)

/* The nodes on the way to an index; [0] is the lowest level. */
struct path {
	struct idr_node *node[MAX_LEVELS];
};

static unsigned int slot_of(unsigned long index, unsigned int level)
{
	return (index >> (level * IDR_SHIFT)) % IDR_SLOTS;
}

/* Indexes that a tree of @levels levels has room for. */
static unsigned long capacity(unsigned int levels)
{
	return levels ? 1UL << (levels * IDR_SHIFT) : 0;
}

/* ---- searching ------------------------------------------------------- */

/* The first index behind the node of @level that @index leads to. */
static unsigned long behind_node(unsigned long index, unsigned int level)
{
	return (index | (capacity(level + 1) - 1)) + 1;
}

/*
 * The first index, from @index on, that is not full (@free) or is present.
 * At or behind the tree's capacity: nothing in the tree.
 */
static unsigned long walk(const struct idr *idr, unsigned long index, bool free)
{
	const struct idr_node *node = idr->root;
	unsigned int level = idr->levels;

	while (node && index < capacity(idr->levels)) {
		unsigned int i = slot_of(index, --level), next;
		u64 word = (free ? ~node->full : node->present) & (ALL << i);

		if (!word) {
			index = behind_node(index, level);
			node = idr->root; /* from the top again */
			level = idr->levels;
			continue;
		}
		next = __ffs(word);
		if (next != i) {
			index &= ~(capacity(level + 1) - 1);
			index |= (unsigned long)next << (level * IDR_SHIFT);
		}
		if (!level)
			break;
		node = node->slot[next]; /* NULL: everything is free there */
	}
	return index;
}

static struct idr_node *leaf_of(const struct idr *idr, unsigned long index)
{
	struct idr_node *node = idr->root;

	if (index >= capacity(idr->levels))
		return NULL;
	for (unsigned int level = idr->levels - 1; node && level; level--)
		node = node->slot[slot_of(index, level)];
	return node;
}

/* The leaf in which @index is present, or NULL. */
static struct idr_node *leaf_with(const struct idr *idr, unsigned long index)
{
	struct idr_node *leaf = leaf_of(idr, index);

	return leaf && (leaf->present & BIT(slot_of(index, 0))) ? leaf : NULL;
}

/* ---- changing -------------------------------------------------------- */

static int grow(struct idr *idr, unsigned long index, gfp_t gfp)
{
	while (index >= capacity(idr->levels)) {
		if (idr->root) {
			struct idr_node *node = idr_node_get(gfp);

			if (!node)
				return -ENOMEM;
			node->slot[0] = idr->root;
			node->present = 1;
			node->full = idr->root->full == ALL;
			idr->root = node;
		}
		idr->levels++;
	}
	return 0;
}

/* Where the node of @level on the way to @index hangs. */
static struct idr_node **link_of(struct idr *idr, const struct path *path,
				 unsigned long index, unsigned int level)
{
	if (level + 1 == idr->levels)
		return &idr->root;
	return (struct idr_node **)&path->node[level + 1]
		->slot[slot_of(index, level + 1)];
}

/* All nodes down to the leaf; settle() must follow, also after an error. */
static int make_path(struct idr *idr, unsigned long index, gfp_t gfp,
		     struct path *path)
{
	int err = grow(idr, index, gfp);

	for (unsigned int level = idr->levels; !err && level--;) {
		struct idr_node **link = link_of(idr, path, index, level);

		if (!*link)
			*link = idr_node_get(gfp);
		path->node[level] = *link;
		if (!*link)
			err = -ENOMEM;
	}
	return err;
}

static void find_path(struct idr *idr, unsigned long index, struct path *path)
{
	for (unsigned int level = idr->levels; level--;)
		path->node[level] = *link_of(idr, path, index, level);
}

static void assign_bit(u64 *word, unsigned int bit, bool set)
{
	*word = set ? *word | BIT(bit) : *word & ~BIT(bit);
}

/* I3; and an empty tree has no level. */
static void shrink(struct idr *idr)
{
	if (!idr->root)
		idr->levels = 0;
	while (idr->levels > 1 && idr->root->present == 1) {
		struct idr_node *child = idr->root->slot[0];

		idr_node_put(idr->root);
		idr->root = child;
		idr->levels--;
	}
}

/* The nodes of @path may have changed: I1 to I3 from the leaf upward. */
static void settle(struct idr *idr, unsigned long index, struct path *path)
{
	for (unsigned int level = 0; level < idr->levels; level++) {
		struct idr_node *node = path->node[level];
		struct idr_node *up = NULL;

		if (!node)
			continue;
		if (level + 1 < idr->levels)
			up = path->node[level + 1];
		if (up) {
			unsigned int i = slot_of(index, level + 1);

			assign_bit(&up->present, i, node->present != 0);
			assign_bit(&up->full, i, node->full == ALL);
		}
		if (!node->present) {
			*link_of(idr, path, index, level) = NULL;
			idr_node_put(node);
		}
	}
	shrink(idr);
}

/* ---- idr ------------------------------------------------------------- */

static int alloc_between(struct idr *idr, void *ptr, unsigned long start,
			 unsigned long max, gfp_t gfp)
{
	unsigned long id = walk(idr, start, true);
	struct path path = {.node = {NULL}};
	unsigned int i = slot_of(id, 0);
	int err;

	if (id > max)
		return -ENOSPC;
	err = make_path(idr, id, gfp, &path);
	if (!err) {
		path.node[0]->slot[i] = ptr;
		path.node[0]->present |= BIT(i);
		path.node[0]->full |= BIT(i);
		idr->nr++;
	}
	settle(idr, id, &path);
	return err ? err : (int)id;
}

int idr_alloc(struct idr *idr, void *ptr, int start, int end, gfp_t gfp)
{
	unsigned long max = end > 0 ? (unsigned long)end - 1 : ID_MAX;

	if (WARN_ON(start < 0))
		return -EINVAL;
	return alloc_between(idr, ptr, (unsigned long)start, max, gfp);
}

int idr_alloc_cyclic(struct idr *idr, void *ptr, int start, int end, gfp_t gfp)
{
	unsigned long max = end > 0 ? (unsigned long)end - 1 : ID_MAX;
	int id = -ENOSPC;

	if (WARN_ON(start < 0))
		return -EINVAL;
	if (idr->next > (unsigned int)start && idr->next <= max)
		id = alloc_between(idr, ptr, idr->next, max, gfp);
	if (id == -ENOSPC)
		id = alloc_between(idr, ptr, (unsigned long)start, max, gfp);
	if (id >= 0)
		idr->next = (unsigned int)id + 1;
	return id;
}

void *idr_find(const struct idr *idr, int id)
{
	struct idr_node *leaf;

	if (id < 0)
		return NULL;
	leaf = leaf_of(idr, (unsigned long)id);
	return leaf ? leaf->slot[slot_of((unsigned long)id, 0)] : NULL;
}

/* @index is present. */
static void *take_out(struct idr *idr, unsigned long index)
{
	unsigned int i = slot_of(index, 0);
	struct path path;
	void *ptr;

	find_path(idr, index, &path);
	ptr = path.node[0]->slot[i];
	path.node[0]->slot[i] = NULL;
	path.node[0]->present &= ~BIT(i);
	path.node[0]->full &= ~BIT(i);
	idr->nr--;
	settle(idr, index, &path);
	return ptr;
}

void *idr_remove(struct idr *idr, int id)
{
	if (id < 0 || !leaf_with(idr, (unsigned long)id))
		return NULL;
	return take_out(idr, (unsigned long)id);
}

void *idr_replace(struct idr *idr, void *ptr, int id)
{
	struct idr_node *leaf =
		id < 0 ? NULL : leaf_with(idr, (unsigned long)id);
	void *old;

	if (!leaf)
		return ERR_PTR(-ENOENT);
	old = leaf->slot[slot_of((unsigned long)id, 0)];
	leaf->slot[slot_of((unsigned long)id, 0)] = ptr;
	return old;
}

void *idr_get_next(const struct idr *idr, int *id)
{
	for (unsigned long at = (unsigned int)*id; at <= ID_MAX; at++) {
		void *ptr;

		at = walk(idr, at, false);
		if (at >= capacity(idr->levels))
			return NULL;
		ptr = leaf_of(idr, at)->slot[slot_of(at, 0)];
		*id = (int)at;
		if (ptr)
			return ptr;
	}
	return NULL;
}

int idr_for_each(const struct idr *idr,
		 int (*fn)(int id, void *ptr, void *data), void *data)
{
	for (unsigned long at = 0;; at++) {
		void *ptr;
		int ret;

		at = walk(idr, at, false);
		if (at >= capacity(idr->levels))
			return 0;
		ptr = leaf_of(idr, at)->slot[slot_of(at, 0)];
		ret = fn((int)at, ptr, data);
		if (ret)
			return ret;
	}
}

/* Leaf by leaf, so that no stack of nodes is needed. */
void idr_destroy(struct idr *idr)
{
	while (idr->root) {
		unsigned long at = walk(idr, 0, false);
		struct path path;

		find_path(idr, at, &path);
		idr->nr -= hweight_long(path.node[0]->present);
		path.node[0]->present = 0;
		path.node[0]->full = 0;
		settle(idr, at, &path);
	}
	idr->next = 0;
}

/* ---- ida ------------------------------------------------------------- */

static u64 word_of(const struct ida *ida, unsigned long index)
{
	const struct idr_node *leaf = leaf_of(&ida->words, index);

	return leaf ? (u64)leaf->slot[slot_of(index, 0)] : 0;
}

/* The lowest id from @min on that is free; may be above any limit. */
static unsigned long ida_first_free(const struct ida *ida, unsigned long min)
{
	unsigned long index = walk(&ida->words, min / 64, true);
	u64 free = ~word_of(ida, index);

	if (index > min / 64)
		return index * 64 + __ffs(free);
	free &= ALL << (min % 64);
	if (free)
		return index * 64 + __ffs(free);
	/* What is free in this word lies below @min. */
	index = walk(&ida->words, index + 1, true);
	return index * 64 + __ffs(~word_of(ida, index));
}

static void ida_store(struct idr *words, unsigned long index, struct path *path,
		      u64 word)
{
	struct idr_node *leaf = path->node[0];
	unsigned int i = slot_of(index, 0);

	words->nr += (word != 0) - (leaf->slot[i] != NULL);
	leaf->slot[i] = (void *)word;
	assign_bit(&leaf->present, i, word != 0);
	assign_bit(&leaf->full, i, word == ALL);
}

int ida_alloc_range(struct ida *ida, unsigned int min, unsigned int max,
		    gfp_t gfp)
{
	unsigned long id = ida_first_free(ida, min), index = id / 64;
	struct path path = {.node = {NULL}};
	int err;

	if (WARN_ON(max > IDA_MAX))
		return -EINVAL;
	if (id > max)
		return -ENOSPC;
	err = make_path(&ida->words, index, gfp, &path);
	if (!err)
		ida_store(&ida->words, index, &path,
			  word_of(ida, index) | BIT(id % 64));
	settle(&ida->words, index, &path);
	return err ? err : (int)id;
}

bool ida_exists(const struct ida *ida, unsigned int id)
{
	return word_of(ida, id / 64) & BIT(id % 64);
}

void ida_free(struct ida *ida, unsigned int id)
{
	unsigned long index = id / 64;
	struct path path;

	if (WARN(!ida_exists(ida, id), "ida_free: %u is not in use", id))
		return;
	find_path(&ida->words, index, &path);
	ida_store(&ida->words, index, &path,
		  word_of(ida, index) & ~BIT(id % 64));
	settle(&ida->words, index, &path);
}

void ida_destroy(struct ida *ida)
{
	idr_destroy(&ida->words);
}
