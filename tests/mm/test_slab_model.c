/* SPDX-License-Identifier: MIT */
/*
 * test_slab_model.c - lists, chains and layout against the simplest model.
 *
 * Model. Pages come from an array of blocks. What is out is known: a list of
 * pointers, each object filled with a value of its own, so that objects that
 * overlap, or are given out twice, betray themselves. After each step the sums
 * are compared, now and then everything is walked.
 */
#include <arch/page.h>
#include <base/bits.h>
#include <lib/fault.h>
#include <lib/random.h>
#include <lib/selftest.h>
#include <lib/string.h>

#include "../../mm/slab_private.h"

#define BLOCKS	   24
#define BLOCK_SIZE (2 * PAGE_SIZE)
#define MOST	   2048 /* objects out */

static u8 arena[BLOCKS][BLOCK_SIZE] __aligned(4096);
static struct {
	struct slab slab;
	kmem_bufctl_t bufctl[SLAB_MGMT_MAX / 4];
} outside[BLOCKS]; /* descriptors off the slab */

static struct model {
	struct kmem_cache c;
	struct kmem_list3 l3;
	struct slab *slab[BLOCKS]; /* of each block; NULL: not in use */
	void *out[MOST];
	unsigned int nr_out;
	unsigned long nr_slabs, grown;
	unsigned int wrong;
} m;

static u8 value_of(const void *obj)
{
	return (u8)(((unsigned long)obj >> 3) * 37 + 11);
}

static unsigned int block_of(const void *obj)
{
	return (unsigned int)(((const u8 *)obj - arena[0]) / BLOCK_SIZE);
}

static void fill(void *obj)
{
	memset(obj, value_of(obj), m.c.obj_size);
}

static bool is_filled(const void *obj)
{
	const u8 *b = obj;

	for (unsigned int i = 0; i < m.c.obj_size; i++)
		if (b[i] != value_of(obj))
			return false;
	return true;
}

/* A block becomes a slab, as slab_grow.c does it; false: none left. */
static bool grow(void)
{
	unsigned long colour =
		m.l3.colour_next++ * (unsigned long)m.c.colour_off;
	unsigned int b = 0;
	struct slab *slab;

	if (m.l3.colour_next >= m.c.colour)
		m.l3.colour_next = 0;
	while (b < BLOCKS && m.slab[b])
		b++;
	if (b == BLOCKS)
		return false;
	if (m.c.flags & CFLGS_OFF_SLAB) {
		slab = &outside[b].slab;
	} else {
		slab = (struct slab *)(arena[b] + colour);
		colour += m.c.slab_size;
	}
	colour += m.c.obj_offset;
	slab_init(&m.c, slab, arena[b] + colour, colour, 0);
	slab_add(&m.c, &m.l3, slab);
	m.slab[b] = slab;
	m.nr_slabs++;
	m.grown++;
	return true;
}

/* Inside of its slab, aligned, at the start of an object. */
static bool sane(void *obj)
{
	unsigned int b = block_of(obj);
	u8 *end = (u8 *)obj - m.c.obj_offset + m.c.buffer_size;

	return b < BLOCKS && m.slab[b] &&
	       IS_ALIGNED((unsigned long)obj, m.c.align) &&
	       end <= arena[b] + (PAGE_SIZE << m.c.gfporder) &&
	       index_to_obj(&m.c, m.slab[b],
			    obj_to_index(&m.c, m.slab[b], obj)) == obj;
}

static void step_take(struct rnd_state *rnd)
{
	unsigned int want = 1 + prandom_u32_below(rnd, 40), got;

	want = min(want, MOST - m.nr_out);
	got = slab_take(&m.c, &m.l3, &m.out[m.nr_out], want);
	if (got < want) {
		m.wrong += m.l3.free_objects != 0;
		if (grow())
			got += slab_take(&m.c, &m.l3, &m.out[m.nr_out + got],
					 want - got);
	}
	while (got--) {
		void *obj = m.out[m.nr_out++];

		m.wrong += !sane(obj);
		fill(obj);
	}
}

/* Slabs that left: none of their objects may be out. */
static void forget(struct list_head *empty)
{
	struct slab *slab, *next;

	list_for_each_entry_safe(slab, next, empty, list) {
		unsigned int b = block_of(slab->s_mem);

		m.wrong += slab->inuse != 0 || m.slab[b] != slab;
		for (unsigned int i = 0; i < m.nr_out; i++)
			m.wrong += block_of(m.out[i]) == b;
		m.slab[b] = NULL;
		m.nr_slabs--;
		memset(arena[b], 0xee, BLOCK_SIZE);
	}
}

static void give_one(unsigned int i)
{
	void *obj = m.out[i];
	struct slab *slab = m.slab[block_of(obj)];
	bool leaves =
		slab->inuse == 1 && m.l3.free_objects + 1 > m.l3.free_limit;
	LIST_HEAD(empty);

	m.wrong += !is_filled(obj);
	m.out[i] = m.out[--m.nr_out];
	m.wrong += !slab_give(&m.c, &m.l3, slab, obj, &empty);
	m.wrong += list_empty(&empty) == leaves; /* I4 */
	/* A second time: refused, if the slab is still there. */
	if (list_empty(&empty))
		m.wrong += slab_give(&m.c, &m.l3, slab, obj, &empty);
	forget(&empty);
}

static void step_drop(struct rnd_state *rnd)
{
	unsigned int max = prandom_u32_below(rnd, 4), n;
	unsigned long before = m.l3.nr_free_slabs;
	LIST_HEAD(empty);

	n = slab_drop_free(&m.c, &m.l3, max, &empty);
	m.wrong += n != min((unsigned long)max, before);
	m.wrong += list_count_nodes(&empty) != n;
	forget(&empty);
}

static void step(struct rnd_state *rnd)
{
	unsigned int what = prandom_u32_below(rnd, 100);

	if (what < 45) {
		step_take(rnd);
	} else if (what < 97) {
		unsigned int n = prandom_u32_below(rnd, 40);

		while (n-- && m.nr_out)
			give_one(prandom_u32_below(rnd, m.nr_out));
	} else {
		step_drop(rnd);
	}
	m.wrong += m.l3.nr_slabs != m.nr_slabs;
	m.wrong += m.l3.nr_grown != m.grown;
	m.wrong += m.l3.nr_grown - m.l3.nr_reaped != m.nr_slabs;
	m.wrong += m.l3.free_objects + m.nr_out != m.nr_slabs * m.c.num;
}

/* @steps steps with objects of @size. */
static void run(size_t size, unsigned long flags, unsigned long steps,
		struct rnd_state *rnd)
{
	const char *sound = NULL;

	memset(&m, 0, sizeof(m));
	m.c.name = "model";
	m.c.flags = flags;
	REQUIRE_TRUE(slab_layout(&m.c, size, 0));
	REQUIRE_TRUE((PAGE_SIZE << m.c.gfporder) <= BLOCK_SIZE);
	kmem_list3_init(&m.l3);
	m.l3.free_limit = m.c.num * prandom_u32_below(rnd, 6);
	for (unsigned long i = 0; i < steps && !m.wrong && !sound; i++) {
		step(rnd);
		if (i % 64 == 0)
			sound = slab_check_list3(&m.c, &m.l3);
	}
	EXPECT_EQ(m.wrong, 0);
	EXPECT_STREQ(sound, NULL);
	while (m.nr_out && !m.wrong)
		give_one(m.nr_out - 1);
	EXPECT_EQ(m.wrong, 0);
	EXPECT_STREQ(slab_check_list3(&m.c, &m.l3), NULL);
	EXPECT_TRUE(list_empty(&m.l3.slabs_full));
	EXPECT_TRUE(list_empty(&m.l3.slabs_partial));
}

SELFTEST(mm, slab_model, random_steps, "A MM-S2, A MM-S3", unit)
{
	static const unsigned int sizes[] = {8,	  20,  64,  100,  192,
					     400, 512, 700, 1024, 4096};
	unsigned long steps = 1000 * selftest_scale();
	struct rnd_state rnd;

	prandom_seed_state(&rnd, selftest_seed());
	for (unsigned int i = 0; i < ARRAY_SIZE(sizes); i++) {
		run(sizes[i], 0, steps, &rnd);
		run(sizes[i], SLAB_HWCACHE_ALIGN, steps / 4, &rnd);
	}
}

/* ---- layout ------------------------------------------------------------- */

/* Everything fits, for all sizes, alignments and checks. */
SELFTEST(mm, slab_model, layout_fits, "A MM-S1, A MM-S8", unit)
{
	static const unsigned long flags[] = {
		0, SLAB_HWCACHE_ALIGN, SLAB_RED_ZONE | SLAB_STORE_USER,
		SLAB_RECLAIM_ACCOUNT, CFLGS_ON_SLAB};
	unsigned int wrong = 0, off = 0, layouts = 0;

	for (size_t size = 1; size <= 9000; size += 1 + size / 64) {
		for (unsigned int f = 0; f < ARRAY_SIZE(flags); f++) {
			struct kmem_cache c = {.flags = flags[f]};
			size_t used, bytes;

			if (!slab_layout(&c, size, 0)) {
				wrong++;
				continue;
			}
			layouts++;
			off += !!(c.flags & CFLGS_OFF_SLAB);
			bytes = PAGE_SIZE << c.gfporder;
			used = (size_t)c.num * c.buffer_size;
			if (c.flags & CFLGS_OFF_SLAB)
				wrong += c.slab_size > SLAB_MGMT_MAX;
			else
				used += c.slab_size;
			if (c.colour)
				used += (c.colour - 1) * (size_t)c.colour_off;
			wrong += used > bytes; /* I1 */
			wrong += c.slab_size < sizeof(struct slab) + c.num * 4;
			wrong += c.buffer_size % c.align != 0;
			wrong += c.buffer_size < size + c.obj_offset;
			wrong += flags[f] == CFLGS_ON_SLAB &&
				 c.flags & CFLGS_OFF_SLAB;
		}
	}
	EXPECT_EQ(wrong, 0);
	EXPECT_GT(layouts, 1000);
	EXPECT_GT(off, 30);
}

static size_t up(size_t n, size_t align)
{
	return (n + align - 1) / align * align;
}

/* As many as fit, and not one more. */
SELFTEST(mm, slab_model, estimate_is_exact, "A MM-S1", unit)
{
	unsigned int wrong = 0;

	for (size_t align = 8; align <= 1024; align *= 2) {
		for (size_t size = align; size <= 6000; size += align) {
			size_t left, head = sizeof(struct slab), n = 0;

			while (up(head + (n + 1) * 4, align) + (n + 1) * size <=
			       PAGE_SIZE)
				n++;
			wrong += slab_estimate(0, size, align, false, &left) !=
				 n;
			if (n)
				wrong +=
					left != PAGE_SIZE - n * size -
							up(head + n * 4, align);
			wrong += slab_estimate(1, size, align, true, &left) !=
				 2 * PAGE_SIZE / size;
			wrong += left != 2 * PAGE_SIZE % size;
		}
	}
	EXPECT_EQ(wrong, 0);
}

/* What comes out for some sizes; in words in slab_layout.c. */
SELFTEST(mm, slab_model, layout_table, "A MM-S1, A MM-S4", unit)
{
	static const struct {
		unsigned int size, num, order, off, mgmt, colour;
	} table[] = {
		{8, 337, 0, 0, 1400, 0}, {64, 59, 0, 0, 288, 0},
		{256, 15, 0, 0, 112, 2}, {504, 7, 0, 0, 80, 7},
		{512, 8, 0, 1, 80, 0},	 {704, 11, 1, 0, 96, 5},
		{1024, 4, 0, 1, 64, 0},	 {1304, 3, 0, 0, 64, 1},
		{2048, 2, 0, 1, 56, 0},	 {2056, 3, 1, 0, 64, 30},
		{4096, 1, 0, 1, 56, 0},	 {5000, 1, 1, 0, 56, 49},
		{8192, 1, 1, 1, 56, 0},	 {8200, 1, 2, 0, 56, 127},
	};

	for (unsigned int i = 0; i < ARRAY_SIZE(table); i++) {
		struct kmem_cache c = {.flags = 0};

		EXPECT_TRUE(slab_layout(&c, table[i].size, 0));
		EXPECT_EQ(c.buffer_size, table[i].size);
		EXPECT_EQ(c.obj_offset, 0);
		EXPECT_EQ(c.num, table[i].num);
		EXPECT_EQ(c.gfporder, table[i].order);
		EXPECT_EQ(!!(c.flags & CFLGS_OFF_SLAB), table[i].off);
		EXPECT_EQ(c.slab_size, table[i].mgmt);
		EXPECT_EQ(c.colour, table[i].colour);
		EXPECT_EQ(c.colour_off, 64);
	}
}

/* With checks: a word before, one behind, two owners; all aligned. */
SELFTEST(mm, slab_model, layout_checked, "A MM-S1", unit)
{
	struct kmem_cache c = {.flags = SLAB_RED_ZONE};

	if (!CONFIG_DEBUG)
		return selftest_skip("checks are for debug builds");
	EXPECT_TRUE(slab_layout(&c, 100, 0));
	EXPECT_EQ(c.obj_offset, 8);
	EXPECT_EQ(c.buffer_size, 8 + 104 + 8 + 48);
	c = (struct kmem_cache){.flags = SLAB_POISON | SLAB_HWCACHE_ALIGN};
	EXPECT_TRUE(slab_layout(&c, 100, 0));
	EXPECT_EQ(c.obj_offset, 64);
	EXPECT_EQ(c.buffer_size, 256); /* 64 + 104 + 8 + 48 and up */
	c = (struct kmem_cache){.flags = SLAB_STORE_USER};
	EXPECT_TRUE(slab_layout(&c, 8, 16));
	EXPECT_EQ(c.obj_offset, 16);
	EXPECT_EQ(c.buffer_size, 80);
}

/* cache_reap() leaves alone what was used. */
SELFTEST(mm, slab_model, touched, "A MM-S10", unit)
{
	memset(&m, 0, sizeof(m));
	EXPECT_TRUE(slab_layout(&m.c, 400, 0));
	kmem_list3_init(&m.l3);
	EXPECT_EQ(slab_take(&m.c, &m.l3, m.out, 1), 0);
	EXPECT_EQ(m.l3.free_touched, 0);
	grow();
	EXPECT_EQ(m.l3.free_touched, 0);
	EXPECT_EQ(slab_take(&m.c, &m.l3, m.out, 1), 1);
	EXPECT_EQ(m.l3.free_touched, 1);
	m.l3.free_touched = 0;
	EXPECT_EQ(slab_take(&m.c, &m.l3, m.out, 1), 1); /* a partial one */
	EXPECT_EQ(m.l3.free_touched, 0);
}

/* The quotient by multiplication is the quotient, for every byte of a slab. */
SELFTEST(mm, slab_model, index_of_any_byte, "A MM-S3", unit)
{
	unsigned int wrong = 0;

	for (unsigned int size = 8; size <= 8192; size += 8) {
		struct kmem_cache c = {
			.buffer_size = size,
			.reciprocal_buffer_size = reciprocal_value(size),
		};
		u8 *base = (u8 *)arena;
		struct slab slab = {.s_mem = base};

		for (unsigned int i = 0; i < 4 * PAGE_SIZE; i += 1 + size / 9)
			wrong += obj_to_index(&c, &slab, base + i) != i / size;
	}
	EXPECT_EQ(wrong, 0);
}

SELFTEST(mm, slab_model, alignment_table, "A MM-S8", unit)
{
	static const u16 table[][2] = {{1, 8},	 {8, 8},   {9, 16},  {16, 16},
				       {17, 32}, {20, 32}, {32, 32}, {33, 64},
				       {64, 64}, {65, 64}, {500, 64}};

	for (unsigned int i = 0; i < ARRAY_SIZE(table); i++) {
		EXPECT_EQ(slab_calc_align(SLAB_HWCACHE_ALIGN, table[i][0], 0),
			  table[i][1]);
		EXPECT_EQ(slab_calc_align(0, table[i][0], 0), 8);
		EXPECT_EQ(slab_calc_align(0, table[i][0], 128), 128);
	}
}

SELFTEST(mm, slab_model, tuning_table, "A MM-S9", unit)
{
	static const struct {
		unsigned int size, limit, batch, shared;
	} table[] = {
		{8, 120, 60, 8},   {256, 120, 60, 8}, {257, 54, 27, 8},
		{1024, 54, 27, 8}, {1025, 24, 12, 8}, {4096, 24, 12, 8},
		{4097, 8, 4, 0},   {131072, 8, 4, 0}, {131073, 1, 1, 0},
	};
	unsigned int limit, batch, shared;

	for (unsigned int i = 0; i < ARRAY_SIZE(table); i++) {
		struct kmem_cache c = {.obj_size = table[i].size};

		slab_default_tuning(&c, true, &limit, &batch, &shared);
		EXPECT_EQ(limit, table[i].limit);
		EXPECT_EQ(batch, table[i].batch);
		EXPECT_EQ(shared, table[i].shared);
		slab_default_tuning(&c, false, &limit, &batch, &shared);
		EXPECT_EQ(shared, 0);
		c.flags = SLAB_CACHE_DMA;
		slab_default_tuning(&c, true, &limit, &batch, &shared);
		EXPECT_EQ(limit, 8);
	}
}

SELFTEST(mm, slab_model, free_limit, "A MM-S2", unit)
{
	struct kmem_cache c = {.batchcount = 60, .num = 30, .buffer_size = 64};

	EXPECT_EQ(slab_free_limit(&c, 4, 0), 5 * 60 + 30);
	EXPECT_EQ(slab_free_limit(&c, 4, 64UL << 20), 2048);
	EXPECT_EQ(slab_free_limit(&c, 4, 8UL << 30), 16384); /* 1 MiB */
}

SELFTEST(mm, slab_model, transfer, "A MM-S9", unit)
{
	static u64 memory[2][16];
	struct array_cache *a = (void *)memory[0], *b = (void *)memory[1];

	a->limit = b->limit = 8;
	a->avail = 5;
	b->avail = 6;
	for (unsigned int i = 0; i < 8; i++)
		a->entry[i] = &arena[0][i];
	EXPECT_EQ(transfer_objects(b, a, 4), 2); /* no more room */
	EXPECT_EQ(a->avail, 3);
	EXPECT_EQ(a->touched, 1);
	EXPECT_EQ(b->touched, 1);
	EXPECT_PTR_EQ(b->entry[6], &arena[0][3]); /* the hottest */
	EXPECT_PTR_EQ(b->entry[7], &arena[0][4]);
	a->touched = b->touched = 0;
	EXPECT_EQ(transfer_objects(b, a, 4), 0);
	EXPECT_EQ(a->touched | b->touched, 0);
	b->avail = 0;
	EXPECT_EQ(transfer_objects(b, a, 2), 2);
	EXPECT_EQ(transfer_objects(b, a, 2), 1); /* no more there */
	EXPECT_EQ(b->avail, 3);
}

/* ---- the checker -------------------------------------------------------- */

static void one_slab(void)
{
	memset(&m, 0, sizeof(m));
	m.c.name = "broken";
	EXPECT_TRUE(slab_layout(&m.c, 400, 0));
	kmem_list3_init(&m.l3);
	m.l3.free_limit = 1000;
	grow();
	m.nr_out = slab_take(&m.c, &m.l3, m.out, 3);
	EXPECT_STREQ(slab_check_list3(&m.c, &m.l3), NULL);
}

#define EXPECT_BROKEN(how, text)                                   \
	do {                                                       \
		one_slab();                                        \
		struct slab *slab __unused = m.slab[0];            \
		how;                                               \
		EXPECT_STREQ(slab_check_list3(&m.c, &m.l3), text); \
	} while (0)

/* What it is for: each damage has its words. */
SELFTEST(mm, slab_model, checker_sees, "A MM-S2, A MM-S3", unit)
{
	EXPECT_BROKEN(slab->inuse = m.c.num + 1,
		      "inuse is larger than the number of objects");
	EXPECT_BROKEN(slab->free = m.c.num, "the chain leads out of the slab");
	EXPECT_BROKEN(slab_bufctl(slab)[5] = 3, "the chain is a circle");
	EXPECT_BROKEN(slab->free = 4,
		      "the chain does not have num - inuse objects");
	EXPECT_BROKEN(slab_bufctl(slab)[0] = 1,
		      "other objects off the chain than are in use");
	EXPECT_BROKEN(list_move(&slab->list, &m.l3.slabs_full),
		      "a slab is on the wrong list");
	EXPECT_BROKEN(m.l3.free_objects++, "free_objects is not the sum");
	EXPECT_BROKEN(m.l3.nr_slabs++, "slabs are counted wrongly");
	EXPECT_BROKEN(m.l3.nr_free_slabs++, "slabs are counted wrongly");
}
