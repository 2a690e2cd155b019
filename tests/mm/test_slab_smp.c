/* SPDX-License-Identifier: MIT */
/*
 * test_slab_smp.c - several CPUs, several nodes, interrupts.
 *
 * Model. What one CPU allocates another frees. The object carries a mark that
 * depends on its address, so that two users of one object are noticed.
 */
#include <mm/slab.h>

#include <arch/page.h>
#include <lib/cpumask.h>
#include <lib/irqflags.h>
#include <lib/kfifo.h>
#include <lib/random.h>
#include <lib/string.h>
#include <mm/mmzone.h>
#include <mm/page.h>

#include "../workers.h"
#include "slab_cases.h"

#define TWO_CPUS "needs 2 CPUs"

static u64 mark_of(const void *obj)
{
	return (unsigned long)obj * 0x9e3779b97f4a7c15ULL;
}

/* ---- from one CPU to the other ------------------------------------------ */

#define BELT 64

/* A belt of pointers: CPU @from fills, the next one empties. */
struct belt {
	struct kmem_cache *c;
	unsigned int from, to;
	unsigned long rounds;
	unsigned long wrong;  /* (to) */
	unsigned long failed; /* (from) */
	void *slot[BELT];     /* (a) NULL: free for @from */
};

static void put_on(struct belt *b)
{
	for (unsigned long i = 0; i < b->rounds; i++) {
		void **slot = &b->slot[i % BELT];
		u64 *obj;

		while (READ_ONCE(*slot))
			cpu_relax();
		do {
			obj = kmem_cache_alloc(b->c, GFP_ATOMIC);
			if (!obj)
				b->failed++;
		} while (!obj && b->failed < 1000);
		if (!obj)
			return;
		*obj = mark_of(obj);
		/* Pairs with the acquire in take_off(). */
		smp_store_release(slot, (void *)obj);
	}
}

static void take_off(struct belt *b)
{
	for (unsigned long i = 0; i < b->rounds; i++) {
		void **slot = &b->slot[i % BELT];
		u64 *obj;

		/* Pairs with the release in put_on(). */
		while (!(obj = smp_load_acquire(slot)))
			cpu_relax();
		b->wrong += *obj != mark_of(obj);
		WRITE_ONCE(*slot, NULL);
		kmem_cache_free(b->c, obj);
	}
}

static void run_belt(unsigned int cpu, void *arg)
{
	struct belt *b = arg;

	if (cpu == b->from)
		put_on(b);
	else if (cpu == b->to)
		take_off(b);
}

/* Allocated on one CPU, freed on the other: nothing lost, nothing broken. */
SELFTEST(mm, slab_smp, cross_cpu_free, "A MM-S11", stress)
{
	static struct belt b;
	struct kmem_cache_info info;

	if (num_online_cpus() < 2)
		return selftest_skip(TWO_CPUS);
	memset(&b, 0, sizeof(b));
	b.c = kmem_cache_create("test-belt", 72, 0, 0, NULL);
	REQUIRE_TRUE(b.c);
	b.from = raw_smp_processor_id();
	b.to = workers_other_cpu();
	b.rounds = 10000;
	for (unsigned long i = 0; i < selftest_scale(); i++)
		workers_run(run_belt, &b);
	EXPECT_EQ(b.wrong, 0);
	EXPECT_EQ(b.failed, 0);
	info = info_of(b.c);
	EXPECT_EQ(info.active_objs, 0);
	/* it did not stay where it was freed, but flowed back or home */
	EXPECT_GT(info.flushes + info.alien, 0);
	EXPECT_LT(info.slabs * info.num, 10000); /* but came round again */
	kmem_cache_shrink(b.c);
	EXPECT_EQ(info_of(b.c).slabs, 0);
	expect_destroy(b.c);
}

/* ---- everybody with everybody ------------------------------------------- */

#define POOL 128

/* Slots that all CPUs exchange objects with. */
struct pool {
	struct kmem_cache *c;
	unsigned int steps;
	atomic_t wrong, allocs;
	u64 *slot[POOL]; /* (a) */
};

static void mix(unsigned int cpu, void *arg)
{
	struct pool *p = arg;
	struct rnd_state rnd;

	prandom_seed_state(&rnd, selftest_seed() + cpu);
	for (unsigned int i = 0; i < p->steps; i++) {
		u64 **slot = &p->slot[prandom_u32_below(&rnd, POOL)];
		u64 *new = NULL, *old;

		if (prandom_u32_below(&rnd, 3)) {
			new = kmem_cache_alloc(p->c, GFP_ATOMIC);
			if (new) {
				*new = mark_of(new);
				atomic_inc(&p->allocs);
			}
		}
		old = xchg(slot, new);
		if (!old)
			continue;
		if (*old != mark_of(old))
			atomic_inc(&p->wrong);
		*old = 0;
		kmem_cache_free(p->c, old);
	}
}

static void empty_pool(struct pool *p)
{
	for (unsigned int i = 0; i < POOL; i++) {
		if (p->slot[i])
			kmem_cache_free(p->c, p->slot[i]);
		p->slot[i] = NULL;
	}
}

SELFTEST(mm, slab_smp, mixed, "A MM-S11, A MM-S6", stress)
{
	static const unsigned int sizes[] = {40, 300, 2000};
	static struct pool p;

	for (unsigned int i = 0; i < ARRAY_SIZE(sizes); i++) {
		memset(&p, 0, sizeof(p));
		p.c = kmem_cache_create("test-mix", sizes[i], 0, 0, NULL);
		REQUIRE_TRUE(p.c);
		/* Small arrays: batches all the time. */
		EXPECT_EQ(do_tune_cpucache(p.c, 6, 3, i), 0);
		p.steps = 1000;
		for (unsigned long k = 0; k < selftest_scale(); k++)
			workers_run(mix, &p);
		EXPECT_EQ(atomic_read(&p.wrong), 0);
		EXPECT_GT(atomic_read(&p.allocs), 0);
		EXPECT_STREQ(kmem_cache_check(p.c), NULL);
		empty_pool(&p);
		expect_destroy(p.c);
	}
}

/* ---- in the middle of it ------------------------------------------------ */

struct shrinking {
	struct pool pool;
	unsigned int mixer;
};

static void mix_on_one(void *arg)
{
	struct shrinking *s = arg;

	mix(raw_smp_processor_id(), &s->pool);
}

/* A cache is emptied and tuned while another CPU uses it. */
SELFTEST(mm, slab_smp, shrink_under_load, "A MM-S10, A MM-S9", stress)
{
	static struct shrinking s;
	unsigned int other = workers_other_cpu();

	if (other >= NR_CPUS)
		return selftest_skip(TWO_CPUS);
	memset(&s, 0, sizeof(s));
	s.pool.c = kmem_cache_create("test-load", 200, 0, 0, NULL);
	REQUIRE_TRUE(s.pool.c);
	s.pool.steps = 300;
	for (unsigned long i = 0; i < 10 * selftest_scale(); i++) {
		smp_call_function_single(other, mix_on_one, &s, false);
		kmem_cache_shrink(s.pool.c);
		EXPECT_EQ(do_tune_cpucache(s.pool.c, 4 + i % 8, 2, i % 3), 0);
		cache_reap();
		mix(0, &s.pool);
	}
	/* The last one has run when this has. */
	smp_call_function_single(other, mix_on_one, &s, true);
	EXPECT_EQ(atomic_read(&s.pool.wrong), 0);
	empty_pool(&s.pool);
	expect_destroy(s.pool.c);
}

/* ---- interrupts --------------------------------------------------------- */

struct irq_case {
	struct kmem_cache *c;
	void *obj[8];
	unsigned int n;
	bool in_irq;
};

static void in_handler(void *arg)
{
	struct irq_case *t = arg;

	t->in_irq = in_irq() && irqs_disabled();
	for (t->n = 0; t->n < 8; t->n++) {
		t->obj[t->n] = kmem_cache_alloc(t->c, GFP_ATOMIC);
		if (!t->obj[t->n])
			break;
	}
	kmem_cache_free(t->c, t->obj[0]);
}

/* Allocated and freed by an interrupt handler, from nothing at all. */
SELFTEST(mm, slab_smp, from_interrupts, "A MM-S6")
{
	unsigned int other = workers_other_cpu();
	struct irq_case t;

	if (other >= NR_CPUS)
		return selftest_skip(TWO_CPUS);
	t.c = kmem_cache_create("test-irq", 1000, 0, 0, NULL);
	REQUIRE_TRUE(t.c);
	EXPECT_EQ(smp_call_function_single(other, in_handler, &t, true), 0);
	EXPECT_TRUE(t.in_irq);
	EXPECT_EQ(t.n, 8);
	for (unsigned int i = 1; i < t.n; i++)
		kmem_cache_free(t.c, t.obj[i]);
	expect_destroy(t.c);
}

/* ---- nodes -------------------------------------------------------------- */

/* A CPU whose memory is on another node than this one's, or NR_CPUS. */
static unsigned int far_cpu(void)
{
	unsigned int cpu;

	for_each_online_cpu(cpu)
		if (cpu_to_mem(cpu) != numa_mem_id())
			return cpu;
	return NR_CPUS;
}

static void alloc_far(void *arg)
{
	struct irq_case *t = arg;

	for (t->n = 0; t->n < 8; t->n++)
		t->obj[t->n] = kmem_cache_alloc(t->c, GFP_ATOMIC);
}

/* An object freed on another node goes back to the node it lies on. */
SELFTEST(mm, slab_smp, goes_home, "A MM-S11, A MM-Z1")
{
	unsigned int cpu = far_cpu();
	struct irq_case t;
	int home, here = numa_mem_id();

	if (cpu >= NR_CPUS)
		return selftest_skip("needs CPUs on 2 nodes with memory");
	home = cpu_to_mem(cpu);
	t.c = kmem_cache_create("test-node", 100, 0, 0, NULL);
	REQUIRE_TRUE(t.c);
	EXPECT_EQ(smp_call_function_single(cpu, alloc_far, &t, true), 0);
	for (unsigned int i = 0; i < t.n; i++) {
		EXPECT_EQ(page_to_nid(virt_to_page(t.obj[i])), home);
		EXPECT_EQ(virt_to_slab(t.obj[i])->nodeid, home);
		kmem_cache_free(t.c, t.obj[i]);
	}
	EXPECT_EQ(info_of(t.c).alien, 8);
	EXPECT_EQ((*per_cpu_ptr(t.c->array, 0))->avail, 0);
	EXPECT_EQ(t.c->nodelists[here]->nr_slabs, 0);
	/* Without a shared array: straight onto the chain. */
	EXPECT_EQ(do_tune_cpucache(t.c, 10, 5, 0), 0);
	EXPECT_EQ(smp_call_function_single(cpu, alloc_far, &t, true), 0);
	for (unsigned int i = 0; i < t.n; i++)
		kmem_cache_free(t.c, t.obj[i]);
	EXPECT_EQ(info_of(t.c).alien, 16);
	EXPECT_EQ(info_of(t.c).active_objs, 0);
	expect_destroy(t.c);
}
