/* SPDX-License-Identifier: MIT */
/*
 * test_percpu_area.c - the book of places in the dynamic per-CPU area.
 */
#include "../../mm/percpu_area.h"

#include <base/errno.h>
#include <lib/bitmap.h>
#include <lib/random.h>
#include <lib/selftest.h>
#include <lib/string.h>

#define GRANULES 1000 /* not a multiple of 64 */

static DECLARE_BITMAP(taken, GRANULES);
static DECLARE_BITMAP(first, GRANULES);

static struct pcpu_area fresh(unsigned int nr)
{
	struct pcpu_area a;

	memset(taken, 0xff, sizeof(taken));
	memset(first, 0xff, sizeof(first));
	pcpu_area_init(&a, nr, taken, first);
	return a;
}

SELFTEST(mm, percpu_area, first_fit, "A SYNC-P4, B LIB-01", unit)
{
	struct pcpu_area a = fresh(100);

	EXPECT_EQ(pcpu_area_alloc(&a, 10, 1), 0);
	EXPECT_EQ(pcpu_area_alloc(&a, 5, 1), 10);
	EXPECT_EQ(pcpu_area_alloc(&a, 85, 1), 15);
	EXPECT_EQ(a.used, 100);
	EXPECT_EQ(pcpu_area_alloc(&a, 1, 1), -ENOSPC);
	EXPECT_EQ(pcpu_area_check(&a), 0);

	/* the hole in the middle, from its start, and no more than fits */
	EXPECT_EQ(pcpu_area_free(&a, 10), 5);
	EXPECT_EQ(pcpu_area_alloc(&a, 6, 1), -ENOSPC);
	EXPECT_EQ(pcpu_area_alloc(&a, 2, 1), 10);
	EXPECT_EQ(pcpu_area_alloc(&a, 3, 1), 12);
	EXPECT_EQ(pcpu_area_alloc(&a, 1, 1), -ENOSPC);

	/* neighbours that are free make one hole */
	EXPECT_EQ(pcpu_area_free(&a, 12), 3);
	EXPECT_EQ(pcpu_area_free(&a, 0), 10);
	EXPECT_EQ(pcpu_area_free(&a, 10), 2);
	EXPECT_EQ(pcpu_area_alloc(&a, 15, 1), 0);
	EXPECT_EQ(pcpu_area_free(&a, 0), 15);
	EXPECT_EQ(pcpu_area_free(&a, 15), 85);
	EXPECT_EQ(a.used, 0);
	EXPECT_EQ(a.hint, 0);
	EXPECT_EQ(pcpu_area_check(&a), 0);
	EXPECT_EQ(pcpu_area_alloc(&a, 100, 1), 0);
}

SELFTEST(mm, percpu_area, alignment, "A SYNC-P4", unit)
{
	struct pcpu_area a = fresh(100);

	EXPECT_EQ(pcpu_area_alloc(&a, 1, 8), 0);
	EXPECT_EQ(pcpu_area_alloc(&a, 1, 8), 8);
	EXPECT_EQ(pcpu_area_alloc(&a, 1, 64), 64);
	EXPECT_EQ(pcpu_area_alloc(&a, 1, 64), -ENOSPC);
	EXPECT_EQ(pcpu_area_alloc(&a, 7, 1), 1); /* the room between */
	EXPECT_EQ(pcpu_area_alloc(&a, 55, 2), -ENOSPC);
	EXPECT_EQ(pcpu_area_alloc(&a, 54, 2), 10);
	EXPECT_EQ(pcpu_area_check(&a), 0);
}

SELFTEST(mm, percpu_area, wrong_free, "A SYNC-P4", unit)
{
	struct pcpu_area a = fresh(100);

	EXPECT_EQ(pcpu_area_free(&a, 0), -EINVAL);
	EXPECT_EQ(pcpu_area_alloc(&a, 4, 1), 0);
	EXPECT_EQ(pcpu_area_alloc(&a, 4, 1), 4);
	EXPECT_EQ(pcpu_area_free(&a, 1), -EINVAL); /* the middle of one */
	EXPECT_EQ(pcpu_area_free(&a, 100), -EINVAL);
	EXPECT_EQ(pcpu_area_free(&a, ~0U), -EINVAL);
	EXPECT_EQ(pcpu_area_size(&a, 0), 4);
	EXPECT_EQ(pcpu_area_size(&a, 3), -EINVAL);
	EXPECT_EQ(pcpu_area_free(&a, 0), 4);
	EXPECT_EQ(pcpu_area_free(&a, 0), -EINVAL); /* twice */
	EXPECT_EQ(pcpu_area_size(&a, 0), -EINVAL);
	EXPECT_EQ(a.used, 4);
	EXPECT_EQ(pcpu_area_check(&a), 0);
}

/* A check that nobody has seen fail is no check: each invariant broken. */
SELFTEST(mm, percpu_area, check_finds, "A SYNC-P4", unit)
{
	struct pcpu_area a = fresh(100);

	EXPECT_EQ(pcpu_area_alloc(&a, 70, 1), 0);
	EXPECT_EQ(pcpu_area_check(&a), 0);
	__set_bit(80, first); /* I1 */
	EXPECT_EQ(pcpu_area_check(&a), -EINVAL);
	__clear_bit(80, first);
	__set_bit(80, taken); /* I2 */
	a.used++;
	EXPECT_EQ(pcpu_area_check(&a), -EINVAL);
	__clear_bit(80, taken);
	EXPECT_EQ(pcpu_area_check(&a), -EINVAL); /* I3 */
	a.used--;
	a.hint = 71; /* I4 */
	EXPECT_EQ(pcpu_area_check(&a), -EINVAL);
	a.hint = 70;
	EXPECT_EQ(pcpu_area_check(&a), 0);
}

/* The model: the number of the allocation that owns each granule. */
struct model {
	u16 owner[GRANULES];
	unsigned int used;
};

static int model_alloc(struct model *m, unsigned int nr, unsigned int align,
		       u16 id)
{
	for (unsigned int at = 0; at + nr <= GRANULES; at += align) {
		unsigned int n = 0;

		while (n < nr && !m->owner[at + n])
			n++;
		if (n < nr)
			continue;
		for (n = 0; n < nr; n++)
			m->owner[at + n] = id;
		m->used += nr;
		return (int)at;
	}
	return -ENOSPC;
}

static int model_free(struct model *m, u16 id)
{
	int nr = 0;

	for (unsigned int i = 0; i < GRANULES; i++) {
		if (m->owner[i] != id)
			continue;
		m->owner[i] = 0;
		nr++;
	}
	m->used -= (unsigned int)nr;
	return nr;
}

#define LIVE 64

struct walk {
	struct pcpu_area area;
	struct model model;
	int start[LIVE]; /* -1: not allocated; place n is owner n + 1 */
	unsigned int full, frees, wrong;
};

static void step(struct walk *w, struct rnd_state *rnd)
{
	unsigned int i = prandom_u32_below(rnd, LIVE);
	unsigned int nr = 1 + prandom_u32_below(rnd, 40);
	unsigned int align = 1U << prandom_u32_below(rnd, 6);

	if (w->start[i] >= 0) {
		w->wrong +=
			pcpu_area_free(&w->area, (unsigned int)w->start[i]) !=
			model_free(&w->model, (u16)(i + 1));
		w->start[i] = -1;
		w->frees++;
		return;
	}
	w->start[i] = pcpu_area_alloc(&w->area, nr, align);
	w->wrong +=
		w->start[i] != model_alloc(&w->model, nr, align, (u16)(i + 1));
	if (w->start[i] < 0) {
		w->full++;
		w->start[i] = -1;
	}
}

SELFTEST(mm, percpu_area, model, "A SYNC-P4, B LIB-01", unit)
{
	unsigned long steps = 10000 * selftest_scale();
	static struct walk w;
	struct rnd_state rnd;

	memset(&w, 0, sizeof(w));
	w.area = fresh(GRANULES);
	for (unsigned int i = 0; i < LIVE; i++)
		w.start[i] = -1;
	prandom_seed_state(&rnd, selftest_seed());
	for (unsigned long i = 0; i < steps; i++) {
		step(&w, &rnd);
		w.wrong += w.area.used != w.model.used;
		if (i % 64 == 0)
			w.wrong += pcpu_area_check(&w.area) != 0;
	}
	EXPECT_EQ(w.wrong, 0);
	EXPECT_GT(w.full, 0);
	EXPECT_GT(w.frees, steps / 4);
}
