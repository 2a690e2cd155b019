/* SPDX-License-Identifier: MIT */
/*
 * test_slab.c - caches: descriptors, slabs, colours, growth, the short path.
 */
#include <mm/slab.h>

#include <arch/page.h>
#include <base/bits.h>
#include <lib/cpumask.h>
#include <lib/fault.h>
#include <lib/irqflags.h>
#include <lib/string.h>
#include <mm/page.h>

#include "slab_cases.h"

#define MANY 600

static void *objs[MANY];

static void take(struct kmem_cache *c, unsigned int from, unsigned int to)
{
	for (unsigned int i = from; i < to; i++) {
		objs[i] = kmem_cache_alloc(c, GFP_KERNEL);
		EXPECT_TRUE(objs[i]);
	}
}

static void give(struct kmem_cache *c, unsigned int from, unsigned int to)
{
	for (unsigned int i = from; i < to; i++)
		kmem_cache_free(c, objs[i]);
}

/* ---- descriptor and dump ------------------------------------------------ */

SELFTEST(mm, slab, descriptor, "A MM-S1")
{
	struct kmem_cache *c = plain_cache(200, 0);
	struct kmem_cache_info info;

	REQUIRE_TRUE(c);
	EXPECT_STREQ(kmem_cache_name(c), "test-plain");
	EXPECT_EQ(kmem_cache_size(c), 200);
	info = info_of(c);
	EXPECT_EQ(info.object_size, 200);
	EXPECT_EQ(info.buffer_size, 200);
	EXPECT_EQ(info.align, 8);
	EXPECT_EQ(info.order, 0);
	EXPECT_FALSE(info.off_slab);
	EXPECT_PTR_EQ(c->slabp_cache, NULL);
	/* 48 bytes, and 204 for each object and its bufctl. */
	EXPECT_EQ(info.num, 19);
	EXPECT_EQ(info.limit, 120);
	EXPECT_EQ(info.batchcount, 60);
	EXPECT_EQ(info.shared, num_possible_cpus() > 1 ? 8 : 0);
	expect_destroy(c);

	c = plain_cache(2000, SLAB_HWCACHE_ALIGN);
	info = info_of(c);
	EXPECT_EQ(info.buffer_size, 2048);
	EXPECT_TRUE(info.off_slab);
	EXPECT_EQ(info.num, 2);
	EXPECT_EQ(info.limit, 24);
	EXPECT_EQ(c->gfpflags, 0);
	expect_destroy(c);

	c = plain_cache(700, SLAB_RECLAIM_ACCOUNT);
	EXPECT_EQ(c->gfpflags, __GFP_RECLAIMABLE);
	EXPECT_EQ(info_of(c).order, 0); /* small steps are better to reclaim */
	expect_destroy(c);
}

struct sums {
	unsigned int caches, wrong;
	unsigned long active;
	bool ours;
};

static void check_line(const struct kmem_cache_info *i, void *arg)
{
	struct sums *s = arg;

	s->caches++;
	s->active += i->active_objs - (i->off_slab ? i->slabs : 0);
	s->wrong += i->total_objs != i->slabs * i->num;
	s->wrong +=
		i->active_objs + i->cpu_objs + i->shared_objs > i->total_objs;
	s->wrong += i->grown - i->reaped != i->slabs;
	s->wrong += i->batchcount > i->limit || !i->num;
	s->wrong += (u64)i->num * i->buffer_size > PAGE_SIZE << i->order;
	if (!strcmp(i->name, "test-plain")) {
		s->ours = true;
		s->wrong += i->active_objs != 100;
	}
}

static void check_cache(struct kmem_cache *c, void *arg)
{
	const char *wrong = kmem_cache_check(c);

	EXPECT_STREQ(wrong, NULL);
	*(unsigned int *)arg += 1;
}

/* What slabinfo shows adds up, for every cache of the machine. */
SELFTEST(mm, slab, dump_is_consistent, "A MM-S1, A MM-S2")
{
	struct kmem_cache *c = plain_cache(40, 0);
	struct sums s = {.caches = 0};
	unsigned int checked = 0;

	REQUIRE_TRUE(c);
	take(c, 0, 100);
	kmem_cache_for_each(check_line, &s);
	EXPECT_EQ(s.wrong, 0);
	EXPECT_TRUE(s.ours);
	EXPECT_LE(s.active, slab_objects_in_use());
	kmem_cache_walk(check_cache, &checked);
	EXPECT_EQ(checked, s.caches);
	EXPECT_GE(checked, 28); /* kmalloc's, twice, the first, and ours */
	give(c, 0, 100);
	expect_destroy(c);
}

/* ---- slabs -------------------------------------------------------------- */

/* Each slab on the list that its use says; sums; while it comes and goes. */
SELFTEST(mm, slab, three_lists, "A MM-S2")
{
	struct kmem_cache *c = plain_cache(512, 0);
	struct kmem_list3 *l3;
	struct slab *slab;

	REQUIRE_TRUE(c);
	l3 = c->nodelists[numa_mem_id()];
	EXPECT_EQ(do_tune_cpucache(c, 1, 1, 0), 0); /* arrays hide nothing */
	EXPECT_EQ(c->num, 8);
	take(c, 0, 1);
	EXPECT_EQ(list_count_nodes(&l3->slabs_partial), 1);
	take(c, 1, 8);
	EXPECT_EQ(list_count_nodes(&l3->slabs_full), 1);
	EXPECT_EQ(list_count_nodes(&l3->slabs_partial), 0);
	EXPECT_EQ(l3->free_objects, 0);
	take(c, 8, 20);
	EXPECT_EQ(list_count_nodes(&l3->slabs_full), 2);
	EXPECT_EQ(list_count_nodes(&l3->slabs_partial), 1);
	slab = list_first_entry(&l3->slabs_partial, struct slab, list);
	EXPECT_EQ(slab->inuse, 4);
	EXPECT_EQ(l3->free_objects, 4);
	EXPECT_STREQ(kmem_cache_check(c), NULL);
	give(c, 0, 8);
	kmem_cache_free(c, objs[8]);
	EXPECT_EQ(list_count_nodes(&l3->slabs_free), 1); /* of the first 8 */
	EXPECT_EQ(list_count_nodes(&l3->slabs_partial), 1);
	EXPECT_EQ(list_count_nodes(&l3->slabs_full), 1);
	EXPECT_STREQ(kmem_cache_check(c), NULL);
	give(c, 9, 20);
	expect_destroy(c);
}

/* The chain of free objects; the cache of any byte of an object. */
SELFTEST(mm, slab, bufctl_chain, "A MM-S3")
{
	struct kmem_cache *c = plain_cache(100, 0);
	unsigned int n = 0, wrong = 0;
	struct slab *slab;

	REQUIRE_TRUE(c);
	do_tune_cpucache(c, 1, 1, 0);
	take(c, 0, 5);
	slab = virt_to_slab(objs[0]);
	EXPECT_EQ(slab->inuse, 5);
	for (kmem_bufctl_t i = slab->free; i != BUFCTL_END;
	     i = slab_bufctl(slab)[i], n++)
		REQUIRE_TRUE(i <= SLAB_LIMIT && i < c->num && n < c->num);
	EXPECT_EQ(n, c->num - 5);
	for (unsigned int i = 0; i < 5; i++)
		for (unsigned int k = 0; k < 100; k++) {
			char *p = (char *)objs[i] + k;

			wrong += page_get_cache(virt_to_page(p)) != c ||
				 virt_to_slab(p) != slab ||
				 index_to_obj(c, slab,
					      obj_to_index(c, slab, p)) !=
					 objs[i];
		}
	EXPECT_EQ(wrong, 0);
	EXPECT_EQ(BUFCTL_END, 0xffffffffU);
	EXPECT_EQ(BUFCTL_FREE, 0xfffffffeU);
	EXPECT_EQ(BUFCTL_ACTIVE, 0xfffffffdU);
	EXPECT_EQ(SLAB_LIMIT, 0xfffffffcU);
	give(c, 0, 5);
	expect_destroy(c);
}

/* The chain itself notices an object that comes back twice. */
SELFTEST(mm, slab, chain_refuses, "A MM-S3")
{
	struct kmem_cache *c = plain_cache(100, 0);
	struct kmem_list3 *l3;
	unsigned long flags;
	LIST_HEAD(empty);

	REQUIRE_TRUE(c);
	take(c, 0, 1);
	kmem_cache_free(c, objs[0]);
	kmem_cache_shrink(c);
	take(c, 0, 2);
	kmem_cache_free(c, objs[0]);
	l3 = c->nodelists[page_to_nid(virt_to_page(objs[0]))];
	local_irq_save(flags);
	drain_cpu_array(c);
	EXPECT_FALSE(slab_give(c, l3, virt_to_slab(objs[0]), objs[0], &empty));
	warn_expect_begin();
	slab_give_block(c, l3, objs, 1, &empty);
	EXPECT_EQ(warn_expect_end(), 1);
	local_irq_restore(flags);
	EXPECT_TRUE(strstarts(warn_expect_text(), "slab test-plain: double"));
	EXPECT_STREQ(kmem_cache_check(c), NULL);
	kmem_cache_free(c, objs[1]);
	expect_destroy(c);
}

/* The walker is no decoration: it finds what is planted. */
SELFTEST(mm, slab, walker_sees, "A MM-S2, A MM-S3")
{
	struct kmem_cache *c = plain_cache(100, 0);
	struct kmem_list3 *l3;
	struct array_cache *ac;
	struct slab *slab;

	REQUIRE_TRUE(c);
	take(c, 0, 2);
	give(c, 0, 1);
	slab = virt_to_slab(objs[1]);
	l3 = c->nodelists[slab->nodeid];
	ac = *per_cpu_ptr(c->array, raw_smp_processor_id());
	EXPECT_STREQ(kmem_cache_check(c), NULL);

#define EXPECT_FOUND(plant, remove, text)                  \
	do {                                               \
		plant;                                     \
		EXPECT_STREQ(kmem_cache_check(c), (text)); \
		remove;                                    \
	} while (0)

	EXPECT_FOUND(l3->free_objects++, l3->free_objects--,
		     "free_objects is not the sum");
	EXPECT_FOUND(slab->nodeid++, slab->nodeid--,
		     "a slab is on the wrong node");
	EXPECT_FOUND(slab->colouroff++, slab->colouroff--,
		     "s_mem - colouroff is no page");
	EXPECT_FOUND(virt_to_page(slab)->slab_page = NULL,
		     virt_to_page(slab)->slab_page = slab,
		     "a page does not point at its slab");
	EXPECT_FOUND(ac->limit = 0, ac->limit = c->limit,
		     "an array holds more than its limit");
	EXPECT_FOUND(slab_bufctl(slab)[obj_to_index(c, slab, objs[0])] =
			     BUFCTL_ACTIVE,
		     slab_bufctl(slab)[obj_to_index(c, slab, objs[0])] =
			     BUFCTL_FREE,
		     "an object in an array is not marked free");
	give(c, 1, 2);
	expect_destroy(c);
}

/* Slab after slab the first object lies a line later, then all over. */
SELFTEST(mm, slab, colours, "A MM-S4")
{
	struct kmem_cache *c = plain_cache(700, 0);
	unsigned int num, colours;
	unsigned long first = 0;

	REQUIRE_TRUE(c);
	do_tune_cpucache(c, 1, 1, 0);
	num = c->num;
	colours = info_of(c).colours;
	EXPECT_EQ(c->colour_off, L1_CACHE_BYTES);
	REQUIRE_TRUE(colours >= 3 && (colours + 2) * num <= MANY);
	take(c, 0, (colours + 2) * num);
	for (unsigned int i = 0; i < colours + 2; i++) {
		struct slab *slab = virt_to_slab(objs[i * num]);
		unsigned long offset = (unsigned long)slab->s_mem & ~PAGE_MASK;

		if (!i)
			first = offset;
		EXPECT_EQ(offset - first, i % colours * 64UL);
	}
	give(c, 0, (colours + 2) * num);
	expect_destroy(c);
}

/* Sizes that exactly fill, both places of the descriptor, large objects. */
SELFTEST(mm, slab, all_sizes, "A MM-S1, A MM-S3")
{
	static const unsigned int sizes[] = {1,	   8,	 13,   64,   500,
					     511,  512,	 1000, 2048, 3000,
					     4096, 5000, 8192, 70000};

	for (unsigned int i = 0; i < ARRAY_SIZE(sizes); i++) {
		struct kmem_cache *c =
			kmem_cache_create("test-size", sizes[i], 0, 0, NULL);

		REQUIRE_TRUE(c);
		take(c, 0, 40);
		for (unsigned int k = 0; k < 40; k++)
			memset(objs[k], (int)k, sizes[i]);
		for (unsigned int k = 0; k < 40; k++) {
			EXPECT_EQ(*(u8 *)objs[k], k);
			EXPECT_EQ(((u8 *)objs[k])[sizes[i] - 1], k);
		}
		EXPECT_STREQ(kmem_cache_check(c), NULL);
		give(c, 0, 40);
		expect_destroy(c);
	}
}

/* ---- growth ------------------------------------------------------------- */

static unsigned int constructed;

static void ctor(void *obj)
{
	constructed++;
	*(u32 *)obj = 0xc0ffee;
}

SELFTEST(mm, slab, growth, "A MM-S5")
{
	struct kmem_cache *c =
		kmem_cache_create("test-ctor", 120, 0, SLAB_NO_DEBUG, ctor);
	unsigned int num;

	REQUIRE_TRUE(c);
	num = c->num;
	constructed = 0;
	EXPECT_EQ(info_of(c).slabs, 0); /* a new cache has no page */
	take(c, 0, 1);
	EXPECT_EQ(info_of(c).slabs, 1);
	EXPECT_EQ(constructed, num);
	EXPECT_EQ(*(u32 *)objs[0], 0xc0ffee);
	give(c, 0, 1);
	take(c, 0, num);
	EXPECT_EQ(constructed, num); /* not for each allocation */
	EXPECT_EQ(info_of(c).slabs, 1);
	take(c, num, num + 1);
	EXPECT_EQ(constructed, 2 * num);
	EXPECT_EQ(info_of(c).slabs, 2);
	give(c, 0, num + 1);
	expect_destroy(c);
	EXPECT_EQ(constructed, 2 * num);
}

/* An object comes back as it was given: with checks on as well. */
SELFTEST(mm, slab, constructed_state, "A MM-S5")
{
	struct kmem_cache *c = kmem_cache_create("test-ctor", 120, 0, 0, ctor);
	unsigned int wrong = 0;

	REQUIRE_TRUE(c);
	for (unsigned int round = 0; round < 3; round++) {
		take(c, 0, 300);
		for (unsigned int i = 0; i < 300; i++)
			wrong += *(u32 *)objs[i] != 0xc0ffee;
		give(c, 0, 300);
	}
	EXPECT_EQ(wrong, 0);
	expect_destroy(c);
}

/* Who may wait gets memory with interrupts on, who may not with them off. */
static bool seen_enabled;

static void look_at_irqs(void *obj __unused)
{
	seen_enabled = !irqs_disabled();
}

SELFTEST(mm, slab, growth_and_interrupts, "A MM-S5")
{
	struct kmem_cache *c = kmem_cache_create("test-irqs", 3000, 0,
						 SLAB_NO_DEBUG, look_at_irqs);

	REQUIRE_TRUE(c);
	do_tune_cpucache(c, 1, 1, 0);
	seen_enabled = false;
	take(c, 0, 1);
	EXPECT_TRUE(seen_enabled);
	EXPECT_FALSE(irqs_disabled());
	for (unsigned int i = 1; i < 20; i++) {
		objs[i] = kmem_cache_alloc(c, GFP_ATOMIC);
		EXPECT_TRUE(objs[i]);
	}
	EXPECT_FALSE(seen_enabled);
	EXPECT_FALSE(irqs_disabled());
	give(c, 0, 20);
	expect_destroy(c);
}

/* ---- alignment ---------------------------------------------------------- */

SELFTEST(mm, slab, alignment, "A MM-S8")
{
	static const unsigned int sizes[] = {8, 20, 33, 64, 65};
	static const unsigned int aligns[] = {8, 32, 64, 64, 64};
	unsigned int wrong = 0, across = 0;

	for (unsigned int i = 0; i < ARRAY_SIZE(sizes); i++) {
		struct kmem_cache *c = kmem_cache_create(
			"test-align", sizes[i], 0, SLAB_HWCACHE_ALIGN, NULL);

		REQUIRE_TRUE(c);
		EXPECT_EQ(info_of(c).align, aligns[i]);
		take(c, 0, 200);
		for (unsigned int k = 0; k < 200; k++) {
			unsigned long a = (unsigned long)objs[k];

			wrong += a % aligns[i] != 0;
			if (sizes[i] <= 64)
				across += a / 64 != (a + sizes[i] - 1) / 64;
		}
		give(c, 0, 200);
		expect_destroy(c);
	}
	EXPECT_EQ(wrong, 0);
	EXPECT_EQ(across, 0);
}

SELFTEST(mm, slab, alignment_asked_for, "A MM-S8")
{
	for (unsigned int align = 1; align <= PAGE_SIZE; align *= 4) {
		struct kmem_cache *c =
			kmem_cache_create("test-align", 100, align, 0, NULL);

		REQUIRE_TRUE(c);
		EXPECT_EQ(info_of(c).align, max(align, 8U));
		take(c, 0, 50);
		for (unsigned int k = 0; k < 50; k++)
			EXPECT_EQ((unsigned long)objs[k] % max(align, 8U), 0);
		give(c, 0, 50);
		expect_destroy(c);
	}
}

/* ---- the short path ----------------------------------------------------- */

SELFTEST(mm, slab, no_lock_on_the_short_path, "A MM-S6")
{
	struct kmem_cache *c =
		kmem_cache_create("test-hot", 64, 0, SLAB_NO_QUARANTINE, NULL);
	unsigned long locked;

	REQUIRE_TRUE(c);
	take(c, 0, 1);
	give(c, 0, 1);
	locked = info_of(c).locked;
	for (unsigned int i = 0; i < 1000; i++) {
		take(c, 0, 1);
		give(c, 0, 1);
	}
	/* info_of() itself does not count. */
	EXPECT_EQ(info_of(c).locked, locked);
	expect_destroy(c);
}

SELFTEST(mm, slab, last_in_first_out, "A MM-S6")
{
	struct kmem_cache *c =
		kmem_cache_create("test-lifo", 64, 0, SLAB_NO_QUARANTINE, NULL);
	void *again[3];

	REQUIRE_TRUE(c);
	take(c, 0, 3);
	give(c, 0, 3);
	for (unsigned int i = 0; i < 3; i++) {
		again[i] = kmem_cache_alloc(c, GFP_KERNEL);
		EXPECT_PTR_EQ(again[i], objs[2 - i]);
	}
	give(c, 0, 3);
	expect_destroy(c);
}

SELFTEST(mm, slab, zeroed, "A MM-S6")
{
	struct kmem_cache *c = kmem_cache_create("test-zero", 100, 0, 0, NULL);
	u8 *p;

	REQUIRE_TRUE(c);
	p = kmem_cache_alloc(c, GFP_KERNEL);
	memset(p, 0xff, 100);
	kmem_cache_free(c, p);
	p = kmem_cache_zalloc(c, GFP_KERNEL);
	for (unsigned int i = 0; i < 100; i++)
		EXPECT_EQ(p[i], 0);
	memset(p, 0xff, 100);
	kmem_cache_free(c, p);
	p = kmem_cache_alloc(c, GFP_KERNEL | __GFP_ZERO);
	EXPECT_EQ(p[0] | p[99], 0);
	kmem_cache_free(c, p);
	expect_destroy(c);
}

/* ---- refill and flush --------------------------------------------------- */

SELFTEST(mm, slab, batches, "A MM-S9")
{
	struct kmem_cache *c = plain_cache(64, 0);
	struct array_cache *ac;

	REQUIRE_TRUE(c);
	EXPECT_EQ(do_tune_cpucache(c, 10, 4, 0), 0);
	ac = *per_cpu_ptr(c->array, raw_smp_processor_id());
	EXPECT_EQ(ac->limit, 10);
	take(c, 0, 1);
	EXPECT_EQ(ac->avail, 3);	  /* a batch of 4 came, one went */
	EXPECT_EQ(info_of(c).refills, 2); /* the first found nothing */
	take(c, 1, 4);
	EXPECT_EQ(ac->avail, 0);
	take(c, 4, 5);
	EXPECT_EQ(ac->avail, 3);
	EXPECT_EQ(info_of(c).refills, 3);
	take(c, 5, 30);
	EXPECT_EQ(ac->avail, 2);
	for (unsigned int i = 0; i < 8; i++)
		kmem_cache_free(c, objs[i]);
	EXPECT_EQ(ac->avail, 10); /* the limit */
	EXPECT_EQ(info_of(c).flushes, 0);
	kmem_cache_free(c, objs[8]);
	EXPECT_EQ(ac->avail, 7); /* 10 - 4 + 1 */
	EXPECT_EQ(info_of(c).flushes, 1);
	for (unsigned int i = 9; i < 30; i++) {
		kmem_cache_free(c, objs[i]);
		EXPECT_LE(ac->avail, ac->limit);
	}
	expect_destroy(c);
}

/* The shared array takes the batches first, and gives them first. */
SELFTEST(mm, slab, shared_array, "A MM-S9, A MM-S2")
{
	struct kmem_cache *c = plain_cache(64, 0);
	struct kmem_list3 *l3;
	void *oldest;

	REQUIRE_TRUE(c);
	l3 = c->nodelists[numa_mem_id()];
	EXPECT_EQ(do_tune_cpucache(c, 4, 2, 3), 0);
	EXPECT_EQ(l3->shared->limit, 6);
	take(c, 0, 20);
	for (unsigned int i = 0; i < 5; i++)
		kmem_cache_free(c, objs[i]);
	EXPECT_EQ(l3->shared->avail, 2);
	oldest = l3->shared->entry[0];
	for (unsigned int i = 5; i < 20; i++)
		kmem_cache_free(c, objs[i]);
	EXPECT_EQ(l3->shared->avail, 6); /* its limit; then to the slabs */
	EXPECT_STREQ(kmem_cache_check(c), NULL);
	take(c, 0, 4 + 1);
	EXPECT_LT(l3->shared->avail, 6);
	EXPECT_PTR_EQ(l3->shared->entry[0], oldest);
	/* Room for less than a batch takes less than a batch. */
	kmem_cache_shrink(c);
	l3->shared->limit = 1;
	take(c, 5, 20);
	give(c, 5, 20);
	EXPECT_EQ(l3->shared->avail, 1);
	EXPECT_STREQ(kmem_cache_check(c), NULL);
	give(c, 0, 5);
	expect_destroy(c);
}

/* Free objects that are kept: a batch for each CPU of the node, and one. */
SELFTEST(mm, slab, free_limit, "A MM-S2, A MM-S9")
{
	struct kmem_cache *c = plain_cache(1000, 0);
	unsigned int cpu, cpus = 0;
	int node = numa_mem_id();

	REQUIRE_TRUE(c);
	for_each_possible_cpu(cpu)
		cpus += cpu_to_mem(cpu) == node;
	/* So many that the part of memory does not matter. */
	EXPECT_EQ(do_tune_cpucache(c, 1100, 1100, 0), 0);
	EXPECT_EQ(c->nodelists[node]->free_limit, (1 + cpus) * 1100 + c->num);
	expect_destroy(c);
}

SELFTEST(mm, slab, tuning, "A MM-S9")
{
	struct kmem_cache *c = kmem_cache_create("test-tune", 64, 0, 0, NULL);

	REQUIRE_TRUE(c);
	EXPECT_EQ(do_tune_cpucache(c, 0, 1, 0), -EINVAL);
	EXPECT_EQ(do_tune_cpucache(c, 4, 0, 0), -EINVAL);
	EXPECT_EQ(do_tune_cpucache(c, 4, 5, 0), -EINVAL);
	take(c, 0, 100);
	give(c, 0, 50);
	EXPECT_EQ(do_tune_cpucache(c, 7, 3, 2), 0); /* what it held goes home */
	EXPECT_EQ(info_of(c).cpu_objs + info_of(c).shared_objs, 0);
	EXPECT_EQ(info_of(c).limit, 7);
	EXPECT_EQ(info_of(c).active_objs, 50);
	give(c, 50, 100);
	EXPECT_LE(info_of(c).cpu_objs, 7);
	expect_destroy(c);
}

/* ---- making and destroying ---------------------------------------------- */

/* Descriptors of slabs do not count as somebody's objects. */
SELFTEST(mm, slab, objects_in_use, "A MM-S7, A MM-S2")
{
	struct kmem_cache *c = plain_cache(2048, 0);
	unsigned long in_use = slab_objects_in_use();

	REQUIRE_TRUE(c && info_of(c).off_slab);
	take(c, 0, 20);
	EXPECT_EQ(slab_objects_in_use(), in_use + 20);
	give(c, 0, 20);
	EXPECT_GT(info_of(c).slabs, 0);
	EXPECT_EQ(slab_objects_in_use(), in_use);
	expect_destroy(c);
}

/* The descriptor is an object of the first cache; all of it comes back. */
SELFTEST(mm, slab, cache_of_caches, "A MM-S7")
{
	unsigned long caches = info_of(&cache_cache).active_objs;
	unsigned long in_use = slab_objects_in_use();
	struct kmem_cache *c = plain_cache(64, 0);

	REQUIRE_TRUE(c);
	EXPECT_PTR_EQ(page_get_cache(virt_to_page(c)), &cache_cache);
	EXPECT_EQ(info_of(&cache_cache).active_objs, caches + 1);
	EXPECT_GT(slab_objects_in_use(), in_use);
	take(c, 0, 300);
	give(c, 0, 300);
	expect_destroy(c);
	EXPECT_EQ(info_of(&cache_cache).active_objs, caches);
	EXPECT_EQ(slab_objects_in_use(), in_use);
}

SELFTEST(mm, slab, bad_arguments, "A MM-S1")
{
	static const struct {
		const char *name;
		size_t size, align;
		unsigned long flags;
	} bad[] = {
		{NULL, 8, 0, 0},	 {"x", 0, 0, 0},
		{"x", 8, 3, 0},		 {"x", 8, 2 * PAGE_SIZE, 0},
		{"x", 8, 0, 0x80000000}, {"x", SLAB_MAX_OBJ_SIZE + 1, 0, 0},
	};

	for (unsigned int i = 0; i < ARRAY_SIZE(bad); i++) {
		warn_expect_begin();
		EXPECT_PTR_EQ(kmem_cache_create(bad[i].name, bad[i].size,
						bad[i].align, bad[i].flags,
						NULL),
			      NULL);
		EXPECT_EQ(warn_expect_end(), 1);
	}
}

/* Every allocation of a creation fails once: nothing is left of it. */
SELFTEST(mm, slab, creation_fails, "A MM-S5, A MM-ZA9", alloc)
{
	struct kmem_cache *c = kmem_cache_create("test-fail", 600, 0, 0, NULL);
	void *obj;

	if (!EXPECT_ALLOC(c))
		return;
	obj = kmem_cache_alloc(c, GFP_KERNEL);
	if (EXPECT_ALLOC(obj))
		kmem_cache_free(c, obj);
	EXPECT_STREQ(kmem_cache_check(c), NULL);
	EXPECT_EQ(kmem_cache_destroy(c), 0);
}
