/* SPDX-License-Identifier: MIT */
/*
 * test_idr.c - ids for pointers, ids alone: ranges, borders of the levels,
 * what is refused, and random steps against a model.
 */
#include <mm/idr.h>

#include <base/err.h>
#include <base/errno.h>
#include <lib/bitmap.h>
#include <lib/fault.h>
#include <lib/random.h>
#include <lib/selftest.h>
#include <lib/string.h>

#include "../../mm/idr_node.h"

#define INT_LAST 0x7fffffff

static int things[8];

static void *thing(unsigned long n)
{
	return (void *)(0x1000UL + n);
}

SELFTEST(mm, idr, alloc_find_remove, "B LIB-01", unit)
{
	DEFINE_IDR(idr);

	EXPECT_TRUE(idr_is_empty(&idr));
	EXPECT_PTR_EQ(idr_find(&idr, 0), NULL);
	EXPECT_EQ(idr_alloc(&idr, &things[0], 0, 0, GFP_KERNEL), 0);
	EXPECT_EQ(idr_alloc(&idr, &things[1], 0, 0, GFP_KERNEL), 1);
	EXPECT_EQ(idr_alloc(&idr, &things[2], 0, 0, GFP_KERNEL), 2);
	EXPECT_FALSE(idr_is_empty(&idr));
	EXPECT_PTR_EQ(idr_find(&idr, 1), &things[1]);
	EXPECT_PTR_EQ(idr_find(&idr, 3), NULL);
	EXPECT_PTR_EQ(idr_find(&idr, -1), NULL);
	EXPECT_PTR_EQ(idr_find(&idr, INT_LAST), NULL);

	EXPECT_PTR_EQ(idr_remove(&idr, 1), &things[1]);
	EXPECT_PTR_EQ(idr_remove(&idr, 1), NULL); /* twice */
	EXPECT_PTR_EQ(idr_remove(&idr, 70), NULL);
	EXPECT_PTR_EQ(idr_remove(&idr, -1), NULL);
	EXPECT_PTR_EQ(idr_find(&idr, 1), NULL);
	EXPECT_EQ(idr_alloc(&idr, &things[3], 0, 0, GFP_KERNEL), 1);

	EXPECT_PTR_EQ(idr_replace(&idr, &things[4], 2), &things[2]);
	EXPECT_PTR_EQ(idr_find(&idr, 2), &things[4]);
	EXPECT_EQ(PTR_ERR(idr_replace(&idr, &things[4], 3)), -ENOENT);
	EXPECT_EQ(PTR_ERR(idr_replace(&idr, &things[4], -3)), -ENOENT);
	EXPECT_EQ(PTR_ERR(idr_replace(&idr, &things[4], 64)), -ENOENT);
	EXPECT_EQ(idr_check(&idr), 0);
	idr_destroy(&idr);
	EXPECT_TRUE(idr_is_empty(&idr));
	EXPECT_EQ(idr_check(&idr), 0);
}

SELFTEST(mm, idr, ranges, "B LIB-01", unit)
{
	DEFINE_IDR(idr);

	EXPECT_EQ(idr_alloc(&idr, &things[0], 5, 8, GFP_KERNEL), 5);
	EXPECT_EQ(idr_alloc(&idr, &things[0], 5, 8, GFP_KERNEL), 6);
	EXPECT_EQ(idr_alloc(&idr, &things[0], 5, 8, GFP_KERNEL), 7);
	EXPECT_EQ(idr_alloc(&idr, &things[0], 5, 8, GFP_KERNEL), -ENOSPC);
	EXPECT_EQ(idr_alloc(&idr, &things[0], 8, 8, GFP_KERNEL), -ENOSPC);
	EXPECT_EQ(idr_alloc(&idr, &things[0], 9, 8, GFP_KERNEL), -ENOSPC);
	EXPECT_EQ(idr_alloc(&idr, &things[0], 5, 9, GFP_KERNEL), 8);
	EXPECT_EQ(idr_alloc(&idr, &things[0], 0, 1, GFP_KERNEL), 0);
	EXPECT_EQ(idr_alloc(&idr, &things[0], 0, 1, GFP_KERNEL), -ENOSPC);
	warn_expect_begin();
	EXPECT_EQ(idr_alloc(&idr, &things[0], -1, 0, GFP_KERNEL), -EINVAL);
	EXPECT_EQ(warn_expect_end(), 1U);

	/* the last id there is */
	EXPECT_EQ(idr_alloc(&idr, &things[1], INT_LAST, 0, GFP_KERNEL),
		  INT_LAST);
	EXPECT_EQ(idr_alloc(&idr, &things[1], INT_LAST, 0, GFP_KERNEL),
		  -ENOSPC);
	EXPECT_PTR_EQ(idr_find(&idr, INT_LAST), &things[1]);
	EXPECT_EQ(idr.levels, 6);
	EXPECT_EQ(idr_check(&idr), 0);
	EXPECT_PTR_EQ(idr_remove(&idr, INT_LAST), &things[1]);
	EXPECT_EQ(idr.levels, 1); /* only small ones are left */
	EXPECT_EQ(idr.nr, 5);
	EXPECT_EQ(idr_check(&idr), 0);
	idr_destroy(&idr);
}

/* NULL is a pointer like any other, but nothing can be found by it. */
SELFTEST(mm, idr, null_is_a_value, "B LIB-01", unit)
{
	DEFINE_IDR(idr);

	EXPECT_EQ(idr_alloc(&idr, NULL, 0, 0, GFP_KERNEL), 0);
	EXPECT_EQ(idr_alloc(&idr, &things[0], 0, 0, GFP_KERNEL), 1);
	EXPECT_PTR_EQ(idr_find(&idr, 0), NULL);
	EXPECT_PTR_EQ(idr_replace(&idr, &things[1], 0), NULL);
	EXPECT_PTR_EQ(idr_find(&idr, 0), &things[1]);
	idr_destroy(&idr);
}

SELFTEST(mm, idr, levels, "B LIB-01", unit)
{
	static const struct {
		int id;
		unsigned int levels;
	} want[] = {{0, 1},	   {63, 1},	{64, 2},     {4095, 2},
		    {4096, 3},	   {262143, 3}, {262144, 4}, {16777215, 4},
		    {16777216, 5}, {1 << 30, 6}};
	DEFINE_IDR(idr);

	for (unsigned int i = 0; i < ARRAY_SIZE(want); i++) {
		int id = want[i].id;

		EXPECT_EQ(idr_alloc(&idr, thing(i), id, id + 1, GFP_KERNEL),
			  id);
		EXPECT_EQ(idr.levels, want[i].levels);
		EXPECT_EQ(idr_check(&idr), 0);
	}
	for (unsigned int i = 0; i < ARRAY_SIZE(want); i++)
		EXPECT_PTR_EQ(idr_find(&idr, want[i].id), thing(i));
	for (unsigned int i = ARRAY_SIZE(want); i--;) {
		EXPECT_EQ(idr.levels, want[i].levels);
		EXPECT_PTR_EQ(idr_remove(&idr, want[i].id), thing(i));
		EXPECT_EQ(idr_check(&idr), 0);
	}
	EXPECT_TRUE(idr_is_empty(&idr));
}

SELFTEST(mm, idr, cyclic, "B LIB-01", unit)
{
	DEFINE_IDR(idr);

	EXPECT_EQ(idr_alloc_cyclic(&idr, thing(0), 10, 13, GFP_KERNEL), 10);
	EXPECT_PTR_EQ(idr_remove(&idr, 10), thing(0));
	EXPECT_EQ(idr_alloc_cyclic(&idr, thing(1), 10, 13, GFP_KERNEL), 11);
	EXPECT_EQ(idr_alloc_cyclic(&idr, thing(2), 10, 13, GFP_KERNEL), 12);
	EXPECT_EQ(idr_alloc_cyclic(&idr, thing(3), 10, 13, GFP_KERNEL), 10);
	EXPECT_EQ(idr_alloc_cyclic(&idr, thing(4), 10, 13, GFP_KERNEL),
		  -ENOSPC);
	EXPECT_PTR_EQ(idr_remove(&idr, 11), thing(1));
	EXPECT_EQ(idr_alloc_cyclic(&idr, thing(5), 10, 13, GFP_KERNEL), 11);

	/* behind the last id there is comes the first one */
	EXPECT_EQ(idr_alloc_cyclic(&idr, thing(6), INT_LAST, 0, GFP_KERNEL),
		  INT_LAST);
	EXPECT_EQ(idr_alloc_cyclic(&idr, thing(7), 0, 0, GFP_KERNEL), 0);
	EXPECT_EQ(idr_check(&idr), 0);
	idr_destroy(&idr);
	EXPECT_EQ(idr_alloc_cyclic(&idr, thing(0), 3, 0, GFP_KERNEL), 3);
	idr_destroy(&idr);
}

struct visit {
	struct idr *idr;
	unsigned int calls, wrong;
	int last, stop_at;
};

static int visit(int id, void *ptr, void *data)
{
	struct visit *v = data;

	v->calls++;
	v->wrong += id <= v->last || ptr != thing((unsigned long)id);
	v->last = id;
	if (id == v->stop_at)
		return 77;
	if (v->idr)
		v->wrong += idr_remove(v->idr, id) != ptr;
	return 0;
}

SELFTEST(mm, idr, walks, "B LIB-01", unit)
{
	static const int ids[] = {0,	1,    63,    64,      200,
				  4095, 4096, 99999, INT_LAST};
	struct visit v = {.last = -1, .stop_at = -1};
	unsigned int n = 0;
	DEFINE_IDR(idr);
	void *ptr;
	int id;

	EXPECT_EQ(idr_for_each(&idr, visit, &v), 0);
	EXPECT_EQ(v.calls, 0);
	for (unsigned int i = 0; i < ARRAY_SIZE(ids); i++)
		EXPECT_EQ(idr_alloc(&idr, thing((unsigned long)ids[i]), ids[i],
				    0, GFP_KERNEL),
			  ids[i]);
	idr_for_each_entry(&idr, ptr, id) {
		EXPECT_EQ(id, ids[n]);
		EXPECT_PTR_EQ(ptr, thing((unsigned long)id));
		n++;
	}
	EXPECT_EQ(n, ARRAY_SIZE(ids));
	id = 201;
	EXPECT_PTR_EQ(idr_get_next(&idr, &id), thing(4095));
	EXPECT_EQ(id, 4095);
	id = 4097;
	EXPECT_PTR_EQ(idr_get_next(&idr, &id), thing(99999));

	EXPECT_EQ(idr_for_each(&idr, visit, &v), 0);
	EXPECT_EQ(v.calls, ARRAY_SIZE(ids));
	v = (struct visit){.last = -1, .stop_at = 64};
	EXPECT_EQ(idr_for_each(&idr, visit, &v), 77);
	EXPECT_EQ(v.calls, 4);
	v = (struct visit){.last = -1, .stop_at = -1, .idr = &idr};
	EXPECT_EQ(idr_for_each(&idr, visit, &v), 0); /* removes all */
	EXPECT_EQ(v.calls, ARRAY_SIZE(ids));
	EXPECT_EQ(v.wrong, 0);
	EXPECT_TRUE(idr_is_empty(&idr));
}

/* A check that nobody has seen fail is no check: each invariant broken. */
SELFTEST(mm, idr, check_finds, "B LIB-01", unit)
{
	DEFINE_IDR(idr);
	struct idr_node *leaf;

	for (unsigned long i = 0; i < 65; i++)
		EXPECT_EQ(idr_alloc(&idr, thing(i), 0, 0, GFP_KERNEL), i);
	REQUIRE_EQ(idr_check(&idr), 0);
	idr.nr++;
	EXPECT_EQ(idr_check(&idr), -EINVAL);
	idr.nr--;
	idr.root->full ^= 1; /* I2: slot 0 has all 64 */
	EXPECT_EQ(idr_check(&idr), -EINVAL);
	idr.root->full ^= 1;
	idr.root->present ^= 2; /* I2: a node, not present */
	EXPECT_EQ(idr_check(&idr), -EINVAL);
	idr.root->present ^= 2;
	idr.root->full |= 4; /* I2: full, not present */
	EXPECT_EQ(idr_check(&idr), -EINVAL);
	idr.root->full &= ~4ULL;
	leaf = idr.root->slot[1];
	leaf->present = 0; /* I1 */
	leaf->full = 0;
	EXPECT_EQ(idr_check(&idr), -EINVAL);
	leaf->present = 1;
	leaf->full = 1;
	EXPECT_EQ(idr_check(&idr), 0);
	idr_destroy(&idr);
}

/* ---- against models -------------------------------------------------- */

#define IDS 5000 /* three levels */

struct dense {
	struct idr idr;
	unsigned long seen[BITS_TO_LONGS(IDS)];
	unsigned long mark[IDS]; /* which pointer */
	unsigned int wrong, full;
};

static void dense_step(struct dense *d, struct rnd_state *rnd, unsigned long n)
{
	unsigned int start = prandom_u32_below(rnd, IDS);
	unsigned int end = start + 1 + prandom_u32_below(rnd, IDS - start);
	unsigned int want = find_next_zero_bit(d->seen, end, start);
	unsigned int id = prandom_u32_below(rnd, IDS);
	int got;

	if (prandom_u32_below(rnd, 16) < (n >> 13 & 1 ? 6U : 12U)) {
		got = idr_alloc(&d->idr, thing(n), (int)start, (int)end,
				GFP_KERNEL);
		d->wrong += got != (want < end ? (int)want : -ENOSPC);
		d->full += got == -ENOSPC;
		if (got < 0)
			return;
		__set_bit((unsigned int)got, d->seen);
		d->mark[got] = n;
	} else if (test_bit(id, d->seen)) {
		d->wrong += idr_remove(&d->idr, (int)id) != thing(d->mark[id]);
		__clear_bit(id, d->seen);
	} else {
		d->wrong += idr_remove(&d->idr, (int)id) != NULL;
	}
	id = prandom_u32_below(rnd, IDS);
	d->wrong += idr_find(&d->idr, (int)id) !=
		    (test_bit(id, d->seen) ? thing(d->mark[id]) : NULL);
}

SELFTEST(mm, idr, model, "B LIB-01", unit)
{
	unsigned long steps = 10000 * selftest_scale();
	static struct dense d;
	struct rnd_state rnd;

	memset(&d, 0, sizeof(d));
	prandom_seed_state(&rnd, selftest_seed());
	for (unsigned long i = 0; i < steps; i++) {
		dense_step(&d, &rnd, i);
		if (i % 256)
			continue;
		d.wrong += idr_check(&d.idr) != 0;
		d.wrong += d.idr.nr != bitmap_weight(d.seen, IDS);
	}
	EXPECT_EQ(d.wrong, 0);
	EXPECT_GT(d.full, 0);
	idr_destroy(&d.idr);
	EXPECT_EQ(idr_check(&d.idr), 0);
}

#define SPARSE 48

struct sparse {
	struct ida ida;
	unsigned int id[SPARSE], nr;
	unsigned int wrong, full;
};

static bool sparse_has(const struct sparse *s, unsigned long id)
{
	for (unsigned int i = 0; i < s->nr; i++)
		if (s->id[i] == id)
			return true;
	return false;
}

static unsigned int any_id(struct rnd_state *rnd)
{
	/* near a border of some level, so that ids meet */
	return ((1U << prandom_u32_below(rnd, 32)) - 1 +
		prandom_u32_below(rnd, 4)) &
	       IDA_MAX;
}

static void sparse_step(struct sparse *s, struct rnd_state *rnd)
{
	unsigned int min = any_id(rnd), max = any_id(rnd), i;
	unsigned long want = min;
	int got;

	if (s->nr == SPARSE || (s->nr && prandom_u32_below(rnd, 2))) {
		i = prandom_u32_below(rnd, s->nr);
		ida_free(&s->ida, s->id[i]);
		s->wrong += ida_exists(&s->ida, s->id[i]);
		s->id[i] = s->id[--s->nr];
		return;
	}
	while (sparse_has(s, want))
		want++;
	got = ida_alloc_range(&s->ida, min, max, GFP_KERNEL);
	s->wrong += got != (want <= max ? (int)want : -ENOSPC);
	if (got < 0) {
		s->full++;
		return;
	}
	s->wrong += !ida_exists(&s->ida, (unsigned int)got);
	s->id[s->nr++] = (unsigned int)got;
}

SELFTEST(mm, ida, model, "B LIB-01", unit)
{
	unsigned long steps = 10000 * selftest_scale();
	static struct sparse s;
	struct rnd_state rnd;

	memset(&s, 0, sizeof(s));
	prandom_seed_state(&rnd, selftest_seed());
	for (unsigned long i = 0; i < steps; i++) {
		sparse_step(&s, &rnd);
		if (i % 16 == 0)
			s.wrong += idr_check(&s.ida.words) != 0;
	}
	EXPECT_EQ(s.wrong, 0);
	EXPECT_GT(s.full, 0);
	ida_destroy(&s.ida);
	EXPECT_TRUE(ida_is_empty(&s.ida));
}

SELFTEST(mm, ida, lowest_free, "B LIB-01", unit)
{
	unsigned int wrong = 0;
	DEFINE_IDA(ida);

	EXPECT_TRUE(ida_is_empty(&ida));
	for (int i = 0; i < 5000; i++)
		wrong += ida_alloc(&ida, GFP_KERNEL) != i;
	EXPECT_EQ(wrong, 0);
	EXPECT_EQ(ida.words.levels, 2); /* 79 words */
	EXPECT_EQ(idr_check(&ida.words), 0);
	ida_free(&ida, 4097);
	ida_free(&ida, 100);
	EXPECT_FALSE(ida_exists(&ida, 100));
	EXPECT_TRUE(ida_exists(&ida, 101));
	EXPECT_EQ(ida_alloc_range(&ida, 101, 4096, GFP_KERNEL), -ENOSPC);
	EXPECT_EQ(ida_alloc_range(&ida, 101, 4097, GFP_KERNEL), 4097);
	EXPECT_EQ(ida_alloc_min(&ida, 101, GFP_KERNEL), 5000);
	EXPECT_EQ(ida_alloc_max(&ida, 99, GFP_KERNEL), -ENOSPC);
	EXPECT_EQ(ida_alloc_max(&ida, 100, GFP_KERNEL), 100);
	ida_destroy(&ida);
	EXPECT_TRUE(ida_is_empty(&ida));
	EXPECT_EQ(idr_check(&ida.words), 0);
}

/* A word whose free ids all lie below the range is no help. */
SELFTEST(mm, ida, inside_a_word, "B LIB-01", unit)
{
	DEFINE_IDA(ida);

	for (int i = 10; i < 64; i++)
		EXPECT_EQ(ida_alloc_range(&ida, 10, 63, GFP_KERNEL), i);
	EXPECT_EQ(ida_alloc_range(&ida, 10, 63, GFP_KERNEL), -ENOSPC);
	EXPECT_EQ(ida_alloc_min(&ida, 10, GFP_KERNEL), 64);
	EXPECT_EQ(ida_alloc_min(&ida, 10, GFP_KERNEL), 65);
	EXPECT_EQ(ida_alloc_range(&ida, 3, 5, GFP_KERNEL), 3);
	EXPECT_EQ(ida_alloc_range(&ida, IDA_MAX, IDA_MAX, GFP_KERNEL),
		  (int)IDA_MAX);
	EXPECT_EQ(ida_alloc_range(&ida, IDA_MAX, IDA_MAX, GFP_KERNEL), -ENOSPC);
	EXPECT_EQ(ida_alloc_range(&ida, 5, 4, GFP_KERNEL), -ENOSPC);
	warn_expect_begin();
	EXPECT_EQ(ida_alloc_range(&ida, 0, IDA_MAX + 1, GFP_KERNEL), -EINVAL);
	ida_free(&ida, 9); /* never given out */
	ida_free(&ida, 5000);
	ida_free(&ida, ~0U);
	EXPECT_EQ(warn_expect_end(), 4U);
	EXPECT_EQ(idr_check(&ida.words), 0);
	ida_destroy(&ida);
}
