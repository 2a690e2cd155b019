/* SPDX-License-Identifier: MIT */
/*
 * test_vmap_tree.c - which addresses of a region are taken.
 *
 * Model. Each case has a space of its own, of up to PAGES pages from BASE on,
 * and nodes from an array. The last cases compare it, step by step, with an
 * array that holds the owner of each page and is searched from the left.
 */
#include "../../mm/vmap_tree.h"

#include <arch/page.h>
#include <base/errno.h>
#include <lib/random.h>
#include <lib/selftest.h>

#define BASE  0xffffc90000000000UL
#define PAGES 384
#define NODES (PAGES + 8)

static struct vmap_space space;
static struct vmap_area nodes[NODES];
static struct llist_node *spare; /* nodes that are in no tree */

static struct vmap_area *node_get(void)
{
	struct vmap_area *a = llist_entry(spare, struct vmap_area, next);

	spare = a->next.next;
	return a;
}

static void node_put(struct vmap_area *a)
{
	a->next.next = spare;
	spare = &a->next;
}

/* What became idle comes back; the number of nodes. */
static unsigned int collect(void)
{
	struct llist_node *list = vmap_space_take_idle(&space), *next;
	unsigned int nr = 0;

	for (; list; list = next, nr++) {
		next = list->next;
		node_put(llist_entry(list, struct vmap_area, next));
	}
	return nr;
}

static void release(unsigned long first, unsigned long nr)
{
	struct vmap_area *a = node_get();

	a->start = BASE + first * PAGE_SIZE;
	a->end = a->start + nr * PAGE_SIZE;
	vmap_space_release(&space, a);
}

/* A space with pages [0, @nr). */
static void begin(unsigned long nr)
{
	spare = NULL;
	for (unsigned int i = 0; i < NODES; i++)
		node_put(&nodes[i]);
	vmap_space_init(&space);
	if (nr)
		release(0, nr);
}

/* Its first page, or an error. */
static long alloc_in(struct vmap_area **area, unsigned long nr,
		     unsigned long align)
{
	struct vmap_area *a = node_get();
	int err =
		vmap_space_alloc(&space, a, nr * PAGE_SIZE, align * PAGE_SIZE);

	if (err == -EAGAIN) {
		vmap_space_idle(&space, node_get());
		err = vmap_space_alloc(&space, a, nr * PAGE_SIZE,
				       align * PAGE_SIZE);
	}
	if (err) {
		node_put(a);
		return err;
	}
	*area = a;
	return (long)((a->start - BASE) >> PAGE_SHIFT);
}

static long alloc(unsigned long nr, unsigned long align)
{
	struct vmap_area *a;

	return alloc_in(&a, nr, align);
}

/* Gives the area that begins at page @first back. */
static void free_at(unsigned long first)
{
	struct vmap_area *a = vmap_space_find(&space, BASE + first * PAGE_SIZE);

	REQUIRE_TRUE(a != NULL);
	vmap_space_remove(&space, a);
	vmap_space_release(&space, a);
}

SELFTEST(mm, vmap_tree, lowest_first, "A MM-H8", unit)
{
	begin(100);
	EXPECT_EQ(vmap_space_largest(&space), 100 * PAGE_SIZE);
	EXPECT_EQ(alloc(10, 1), 0);
	EXPECT_EQ(alloc(20, 1), 10);
	EXPECT_EQ(alloc(5, 1), 30);
	EXPECT_EQ(space.nr_busy, 3);
	EXPECT_EQ(space.nr_holes, 1); /* only its border moved */
	free_at(0);
	EXPECT_EQ(space.nr_holes, 2);
	EXPECT_EQ(alloc(11, 1), 35); /* does not fit into the first */
	EXPECT_EQ(alloc(10, 1), 0);  /* fits exactly: the hole is gone */
	EXPECT_EQ(space.nr_holes, 1);
	EXPECT_EQ(collect(), 1);
	EXPECT_EQ(alloc(54, 1), 46);
	EXPECT_EQ(space.nr_holes, 0);
	EXPECT_EQ(vmap_space_largest(&space), 0);
	EXPECT_EQ(alloc(1, 1), -ENOSPC);
	EXPECT_EQ(vmap_space_check(&space), 0);
}

SELFTEST(mm, vmap_tree, holes_unite, "A MM-H8", unit)
{
	begin(0);
	EXPECT_EQ(alloc(1, 1), -ENOSPC);
	release(10, 10);
	release(30, 10);
	release(50, 10);
	EXPECT_EQ(space.nr_holes, 3);
	release(20, 5); /* behind the first */
	EXPECT_EQ(space.nr_holes, 3);
	EXPECT_EQ(collect(), 1);
	release(45, 5); /* before the third */
	EXPECT_EQ(space.nr_holes, 3);
	EXPECT_EQ(collect(), 1);
	EXPECT_EQ(vmap_space_largest(&space), 15 * PAGE_SIZE);
	release(25, 5); /* between two */
	EXPECT_EQ(space.nr_holes, 2);
	EXPECT_EQ(collect(), 2);
	EXPECT_EQ(vmap_space_largest(&space), 30 * PAGE_SIZE);
	EXPECT_EQ(vmap_space_check(&space), 0);
	release(40, 5);
	EXPECT_EQ(space.nr_holes, 1);
	EXPECT_EQ(vmap_space_largest(&space), 50 * PAGE_SIZE);
	EXPECT_EQ(vmap_space_check(&space), 0);
}

SELFTEST(mm, vmap_tree, alignment, "A MM-H8", unit)
{
	struct vmap_area *a;

	begin(64);
	EXPECT_EQ(alloc(1, 1), 0);
	/* out of the middle: pages 1..3 stay a hole of their own */
	EXPECT_EQ(alloc(4, 4), 4);
	EXPECT_EQ(space.nr_holes, 2);
	EXPECT_EQ(alloc(3, 1), 1);
	EXPECT_EQ(alloc(8, 16), 16);
	/* 8..15 would do, but that is luck: 24..63 is large enough anyway */
	EXPECT_EQ(alloc(8, 8), 24);
	EXPECT_EQ(vmap_space_check(&space), 0);
	/* now only luck is left: 32..63 happens to begin well */
	EXPECT_EQ(alloc_in(&a, 32, 32), 32);
	EXPECT_EQ(a->start & (32 * PAGE_SIZE - 1), 0);
	EXPECT_EQ(alloc(9, 1), -ENOSPC);
	EXPECT_EQ(alloc(8, 16), -ENOSPC);
	EXPECT_EQ(alloc(8, 8), 8);
	EXPECT_EQ(space.nr_holes, 0);
	EXPECT_EQ(vmap_space_check(&space), 0);
}

/* A cut out of the middle needs a node; without one nothing has changed. */
SELFTEST(mm, vmap_tree, needs_a_node, "", unit)
{
	struct vmap_area *a;

	begin(64);
	EXPECT_EQ(alloc(1, 1), 0);
	a = node_get();
	EXPECT_EQ(vmap_space_alloc(&space, a, 4 * PAGE_SIZE, 8 * PAGE_SIZE),
		  -EAGAIN);
	EXPECT_EQ(space.nr_busy, 1);
	EXPECT_EQ(space.nr_holes, 1);
	EXPECT_EQ(vmap_space_largest(&space), 63 * PAGE_SIZE);
	EXPECT_EQ(vmap_space_check(&space), 0);
	/* to the very end of the hole it needs none */
	EXPECT_EQ(vmap_space_alloc(&space, a, 32 * PAGE_SIZE, 32 * PAGE_SIZE),
		  0);
	EXPECT_EQ(space.nr_holes, 1);
	EXPECT_EQ(vmap_space_check(&space), 0);
	/* sizes at which sums wrap around */
	EXPECT_EQ(vmap_space_alloc(&space, node_get(), PAGE_MASK, PAGE_SIZE),
		  -ENOSPC);
	EXPECT_EQ(vmap_space_alloc(&space, node_get(), PAGE_SIZE, 1UL << 63),
		  -ENOSPC);
}

SELFTEST(mm, vmap_tree, find, "", unit)
{
	struct vmap_area *a;

	begin(64);
	EXPECT_PTR_EQ(vmap_space_next(&space, 0), NULL);
	EXPECT_EQ(alloc(3, 1), 0);
	EXPECT_EQ(alloc(4, 1), 3);
	EXPECT_EQ(alloc(5, 1), 7);
	free_at(3);
	a = vmap_space_find(&space, BASE + 3 * PAGE_SIZE - 1);
	REQUIRE_TRUE(a != NULL);
	EXPECT_EQ(a->start, BASE);
	EXPECT_PTR_EQ(vmap_space_find(&space, BASE - 1), NULL);
	EXPECT_PTR_EQ(vmap_space_find(&space, BASE + 3 * PAGE_SIZE), NULL);
	EXPECT_PTR_EQ(vmap_space_find(&space, BASE + 7 * PAGE_SIZE - 1), NULL);
	EXPECT_PTR_EQ(vmap_space_find(&space, BASE + 12 * PAGE_SIZE), NULL);
	EXPECT_PTR_EQ(vmap_space_next(&space, 0), a);
	a = vmap_space_next(&space, a->end);
	REQUIRE_TRUE(a != NULL);
	EXPECT_EQ(a->start, BASE + 7 * PAGE_SIZE);
	EXPECT_PTR_EQ(vmap_space_find(&space, a->end - 1), a);
	EXPECT_PTR_EQ(vmap_space_next(&space, a->end), NULL);
	a = vmap_space_next_hole(&space, 0);
	REQUIRE_TRUE(a != NULL);
	EXPECT_EQ(a->start, BASE + 3 * PAGE_SIZE);
	a = vmap_space_next_hole(&space, a->end);
	REQUIRE_TRUE(a != NULL);
	EXPECT_EQ(a->start, BASE + 12 * PAGE_SIZE);
	EXPECT_EQ(a->end, BASE + 64 * PAGE_SIZE);
}

/* The checker must find what it is for. */
SELFTEST(mm, vmap_tree, check_finds_faults, "", unit)
{
	struct vmap_area *hole, *busy;

	begin(64);
	EXPECT_EQ(alloc(4, 1), 0);
	EXPECT_EQ(alloc(4, 1), 4);
	free_at(0);
	EXPECT_EQ(vmap_space_check(&space), 0);
	hole = vmap_space_next_hole(&space, 0);
	busy = vmap_space_next(&space, 0);
	hole->end += PAGE_SIZE;
	hole->max_hole += PAGE_SIZE;
	EXPECT_EQ(vmap_space_check(&space), 2);
	hole->end -= PAGE_SIZE;
	hole->max_hole -= PAGE_SIZE;
	busy->end += 8;
	EXPECT_EQ(vmap_space_check(&space), 3);
	busy->end -= 8;
	vmap_space_next_hole(&space, busy->end)->max_hole--;
	EXPECT_EQ(vmap_space_check(&space), 4);
	vmap_space_next_hole(&space, busy->end)->max_hole++;
	hole->end = vmap_space_next_hole(&space, busy->end)->start;
	hole->max_hole = hole->end - hole->start;
	EXPECT_EQ(vmap_space_check(&space), 1);
	hole->end = busy->start;
	hole->max_hole = hole->end - hole->start;
	space.nr_busy++;
	EXPECT_EQ(vmap_space_check(&space), 5);
	space.nr_busy--;
	space.nr_holes--;
	EXPECT_EQ(vmap_space_check(&space), 5);
}

/* ---- against a reference ------------------------------------------------- */

#define FREE 0 /* owner of a page: the number of its area + 1 */
#define GONE 0xffff

struct reference {
	u16 owner[PAGES];
};

/* First place in the hole [@lo, @hi), or -1. */
static long ref_fit(long lo, long hi, long nr, long align)
{
	long at = (lo + align - 1) / align * align;

	return at + nr <= hi ? at : -1;
}

/*
 * The lowest hole with @nr + @align - 1 pages; else the lowest that fits.
 */
static long ref_place(const struct reference *r, long nr, long align)
{
	long lucky = -1;

	for (long lo = 0, hi; lo < PAGES; lo = hi) {
		hi = lo + 1;
		if (r->owner[lo] != FREE)
			continue;
		while (hi < PAGES && r->owner[hi] == FREE)
			hi++;
		if (hi - lo >= nr + align - 1)
			return ref_fit(lo, hi, nr, align);
		if (lucky < 0)
			lucky = ref_fit(lo, hi, nr, align);
	}
	return lucky < 0 ? -ENOSPC : lucky;
}

static void ref_mark(struct reference *r, const struct vmap_area *a, u16 owner)
{
	unsigned long first = (a->start - BASE) / PAGE_SIZE;

	for (unsigned long p = first; p < (a->end - BASE) / PAGE_SIZE; p++)
		r->owner[p] = owner;
}

/* How many pages, holes or areas differ in what both say about page @p. */
static unsigned int compare_page(const struct reference *r, unsigned long p)
{
	unsigned long addr = BASE + p * PAGE_SIZE;
	struct vmap_area *a = vmap_space_find(&space, addr);
	struct vmap_area *h = vmap_space_next_hole(&space, addr);
	bool in_hole = h && h->start <= addr;

	if (r->owner[p] == FREE)
		return a || !in_hole;
	if (r->owner[p] == GONE)
		return a || in_hole;
	return a != &nodes[r->owner[p] - 1] || in_hole;
}

/* What was freed and not yet released, as by a lazy purge. */
struct lazy {
	struct vmap_area *area[16];
	unsigned int nr;
};

static void step_free(struct reference *r, struct lazy *lazy, unsigned long p)
{
	struct vmap_area *a = vmap_space_find(&space, BASE + p * PAGE_SIZE);

	if (!a)
		return;
	vmap_space_remove(&space, a);
	ref_mark(r, a, GONE);
	lazy->area[lazy->nr++] = a;
	if (lazy->nr < ARRAY_SIZE(lazy->area))
		return;
	while (lazy->nr) {
		a = lazy->area[--lazy->nr];
		ref_mark(r, a, FREE);
		vmap_space_release(&space, a);
	}
}

static unsigned int step_alloc(struct reference *r, struct rnd_state *rnd,
			       bool *full)
{
	unsigned long nr = 1 + prandom_u32_below(rnd, 24);
	unsigned long align = 1UL << (prandom_u32_below(rnd, 12) / 2);
	long want = ref_place(r, (long)nr, (long)align);
	struct vmap_area *a;
	long got = alloc_in(&a, nr, align);

	*full = got == -ENOSPC;
	if (got < 0)
		return got != want;
	ref_mark(r, a, (u16)(a - nodes + 1));
	return got != want || a->end - a->start != nr * PAGE_SIZE;
}

/* A million steps at scale=100. */
SELFTEST(mm, vmap_tree, against_reference, "A MM-H8", unit)
{
	static struct reference r;
	unsigned long steps = 10000 * selftest_scale();
	unsigned int wrong = 0, broken = 0, exhausted = 0;
	struct lazy lazy = {.nr = 0};
	struct rnd_state rnd;

	begin(PAGES);
	r = (struct reference){{FREE}};
	prandom_seed_state(&rnd, selftest_seed());
	for (unsigned long i = 0; i < steps; i++) {
		/* By turns it fills and empties. */
		unsigned int odds = i / 512 % 2 ? 3 : 5;
		bool full = false;

		if (prandom_u32_below(&rnd, 8) < odds)
			wrong += step_alloc(&r, &rnd, &full);
		else
			step_free(&r, &lazy, prandom_u32_below(&rnd, PAGES));
		collect();
		exhausted += full;
		wrong += compare_page(&r, prandom_u32_below(&rnd, PAGES));
		broken += vmap_space_check(&space) != 0;
	}
	for (unsigned long p = 0; p < PAGES; p++)
		wrong += compare_page(&r, p);
	EXPECT_EQ(wrong, 0);
	EXPECT_EQ(broken, 0);
	EXPECT_GT(exhausted, steps / 100);
}

/* Once all is free again there is one hole, as at the beginning. */
SELFTEST(mm, vmap_tree, all_comes_back, "", unit)
{
	unsigned long steps = 1000 * selftest_scale();
	struct rnd_state rnd;
	struct vmap_area *a;

	begin(PAGES);
	prandom_seed_state(&rnd, selftest_seed() + 1);
	for (unsigned long i = 0; i < steps; i++) {
		unsigned long p = prandom_u32_below(&rnd, PAGES);

		if (alloc_in(&a, 1 + prandom_u32_below(&rnd, 8),
			     1UL << prandom_u32_below(&rnd, 3)) >= 0)
			a->caller = i;
		a = vmap_space_find(&space, BASE + p * PAGE_SIZE);
		if (a && a->caller != i) {
			vmap_space_remove(&space, a);
			vmap_space_release(&space, a);
		}
		collect();
	}
	EXPECT_EQ(vmap_space_check(&space), 0);
	while ((a = vmap_space_next(&space, 0))) {
		vmap_space_remove(&space, a);
		vmap_space_release(&space, a);
		collect();
	}
	EXPECT_EQ(space.nr_holes, 1);
	EXPECT_EQ(vmap_space_largest(&space), PAGES * PAGE_SIZE);
	EXPECT_EQ(vmap_space_check(&space), 0);
}
