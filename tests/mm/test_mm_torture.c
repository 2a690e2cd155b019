/* SPDX-License-Identifier: MIT */
/*
 * test_mm_torture.c - all allocators at once, on all CPUs.
 *
 * Model. Two tables of slots hold blocks of all kinds. Each step puts a new
 * block into a slot of a random table and takes out what was there, which
 * some other CPU allocated, perhaps with another allocator; it is checked to
 * the byte and freed. Between steps, whatever empties, flushes and gives back
 * is called. One of the tables has only what may be used in interrupts, and
 * CPUs interrupt each other to take such steps in the middle of anything.
 *
 *	task:       any kind     <-- xchg --> slot of either table
 *	interrupt:  GFP_ATOMIC   <-- xchg --> slot of the second one
 *
 * A block says at its beginning what it is; the rest is a pattern that
 * depends on its address and a random number. At the end nothing is in use,
 * and all walkers must agree.
 */
#include <base/bits.h>
#include <irq/smp_call.h>
#include <lib/cpumask.h>
#include <lib/percpu.h>
#include <lib/random.h>
#include <lib/string.h>
#include <mm/kasan.h>
#include <mm/percpu.h>
#include <mm/show.h>
#include <mm/vmalloc.h>

#include "../../mm/debug/page_check.h"
#include "../../mm/vmap.h"
#include "../pgtable_check.h"
#include "../workers.h"
#include "slab_cases.h"

#define SLOTS	       48
#define MAX_ORDER_HERE 4
#define MOST_VMALLOC   (12 * PAGE_SIZE)
#define BURST	       250
#define MOST_KMALLOC   20000
#define CTOR_WORD      0xc0de0c0de0c0de0cULL

enum kind {
	SMALL, /* an object of its own cache */
	CTOR,  /* the same, with a constructor */
	LARGE, /* the same, descriptor off the slab */
	KMALLOC,
	PAGES,
	STACK,		   /* allocated in a task, freed anywhere */
	NR_ATOMIC = STACK, /* interrupts may make those before */
	VMALLOC,
	PERCPU, /* a small block, with the pointer in it */
	NR_KINDS,
};

struct block {
	u64 ctor; /* CTOR: always the same */
	u32 kind, order;
	u64 bytes, seed;
	u64 *percpu;
	u64 pattern[];
};

static struct torture {
	struct kmem_cache *cache[LARGE + 1]; /* (i) */
	struct block *slot[2][SLOTS];	     /* (a) [1]: for interrupts too */
	struct rnd_state rnd[NR_CPUS];	     /* that CPU's */
	unsigned int steps;		     /* (i) */
	atomic_t wrong, failed, made[NR_KINDS], in_irq;
} t;

static u64 word(const struct block *b, unsigned long i)
{
	return (b->seed ^ (unsigned long)b) * 0x9e3779b97f4a7c15ULL + i;
}

static unsigned long words(const struct block *b)
{
	return (b->bytes - sizeof(*b)) / 8;
}

static void constructor(void *obj)
{
	((struct block *)obj)->ctor = CTOR_WORD;
}

/* ---- a block of each kind ------------------------------------------------ */

/* Not zero, so that a block is at least its head. */
static size_t random_size(struct rnd_state *rnd, unsigned int most)
{
	return sizeof(struct block) + prandom_u32_below(rnd, most);
}

static bool fill_percpu(struct block *b)
{
	unsigned int cpu;

	b->percpu = alloc_percpu(u64);
	if (!b->percpu)
		return false;
	for_each_possible_cpu(cpu)
		*per_cpu_ptr(b->percpu, cpu) = word(b, cpu);
	return true;
}

static void *raw_alloc(enum kind kind, struct rnd_state *rnd, gfp_t gfp,
		       u64 *bytes, u32 *order)
{
	switch (kind) {
	case SMALL:
	case CTOR:
	case LARGE:
		*bytes = kmem_cache_size(t.cache[kind]);
		return kmem_cache_alloc(t.cache[kind], gfp);
	case KMALLOC:
		*bytes = random_size(rnd, MOST_KMALLOC);
		return kmalloc(*bytes, gfp);
	case PAGES:
		*order = prandom_u32_below(rnd, MAX_ORDER_HERE + 1);
		*bytes = PAGE_SIZE << *order;
		return (void *)__get_free_pages(gfp, *order);
	case STACK:
		*bytes = THREAD_SIZE;
		return alloc_thread_stack(-1);
	case VMALLOC:
		*bytes = random_size(rnd, MOST_VMALLOC);
		return vmalloc(*bytes);
	default:
		*bytes = 64;
		return kmalloc(*bytes, gfp);
	}
}

static struct block *make(enum kind kind, struct rnd_state *rnd, gfp_t gfp)
{
	u64 bytes = 0;
	u32 order = 0;
	struct block *b =
		raw_alloc(kind, rnd, gfp | __GFP_NOWARN, &bytes, &order);

	if (!b) {
		atomic_inc(&t.failed);
		return NULL;
	}
	if (kind == CTOR && b->ctor != CTOR_WORD)
		atomic_inc(&t.wrong);
	b->kind = kind;
	b->order = order;
	b->bytes = bytes;
	b->seed = prandom_u64_state(rnd);
	if (kind == PERCPU && !fill_percpu(b)) {
		atomic_inc(&t.failed);
		kfree(b);
		return NULL;
	}
	for (unsigned long i = 0; i < words(b); i++)
		b->pattern[i] = word(b, i);
	atomic_inc(&t.made[kind]);
	return b;
}

static void check(const struct block *b)
{
	unsigned long bad = 0;
	unsigned int cpu;

	if (b->kind >= NR_KINDS || (b->kind == CTOR && b->ctor != CTOR_WORD)) {
		atomic_inc(&t.wrong);
		return;
	}
	for (unsigned long i = 0; i < words(b); i++)
		bad += b->pattern[i] != word(b, i);
	if (b->kind == PERCPU)
		for_each_possible_cpu(cpu)
			bad += *per_cpu_ptr(b->percpu, cpu) != word(b, cpu);
	if (bad)
		atomic_inc(&t.wrong);
}

static void destroy(struct block *b)
{
	enum kind kind = b->kind;

	check(b);
	b->seed = ~b->seed; /* two who have it would notice */
	switch (kind) {
	case SMALL:
	case CTOR:
	case LARGE:
		kmem_cache_free(t.cache[kind], b);
		break;
	case PAGES:
		free_pages((unsigned long)b, b->order);
		break;
	case STACK:
		free_thread_stack(b);
		break;
	case VMALLOC:
		vfree(b);
		break;
	case PERCPU:
		free_percpu(b->percpu);
		kfree(b);
		break;
	default:
		kfree(b);
	}
}

/* ---- steps --------------------------------------------------------------- */

/* One in four leaves the slot empty. */
static void step(struct rnd_state *rnd, bool irq)
{
	bool second = irq || prandom_u32_below(rnd, 2);
	enum kind kind = prandom_u32_below(rnd, irq	 ? NR_ATOMIC
						: second ? STACK + 1
							 : NR_KINDS);
	struct block **slot = &t.slot[second][prandom_u32_below(rnd, SLOTS)];
	struct block *b = NULL;

	if (prandom_u32_below(rnd, 4))
		b = make(kind, rnd, irq ? GFP_ATOMIC : GFP_KERNEL);
	b = xchg(slot, b);
	if (b)
		destroy(b);
}

/* In an interrupt: sequences of their own, so as not to share one. */
static void interrupted(void *seed)
{
	struct rnd_state rnd;

	prandom_seed_state(&rnd, (unsigned long)seed);
	step(&rnd, true);
	step(&rnd, true);
	atomic_inc(&t.in_irq);
}

static void interrupt_somebody(struct rnd_state *rnd)
{
	unsigned int cpu = prandom_u32_below(rnd, nr_cpu_ids);
	void *seed = (void *)prandom_u64_state(rnd);
	bool wait = prandom_u32_below(rnd, 2);

	if (cpumask_test_cpu(cpu, cpu_online_mask) &&
	    smp_call_function_single(cpu, interrupted, seed, wait))
		atomic_inc(&t.wrong);
}

/*
 * Many of a kind at once, so that lists of CPUs overflow and run empty. They
 * lie in a chain, each with its own address as mark.
 */
static void burst(struct rnd_state *rnd)
{
	unsigned int n = prandom_u32_below(rnd, BURST);
	struct kmem_cache *c =
		prandom_u32_below(rnd, 2) ? t.cache[SMALL] : NULL;
	void **chain = NULL, **p;

	for (unsigned int i = 0; i < n; i++) {
		p = c ? kmem_cache_alloc(c, GFP_KERNEL | __GFP_NOWARN)
		      : (void **)__get_free_page(GFP_KERNEL | __GFP_NOWARN);
		if (!p)
			break;
		p[0] = chain;
		p[1] = p;
		chain = p;
	}
	while (chain) {
		p = chain;
		chain = p[0];
		if (p[1] != p)
			atomic_inc(&t.wrong);
		p[1] = NULL;
		if (c)
			kmem_cache_free(c, p);
		else
			free_page((unsigned long)p);
	}
}

static void short_lived_cache(struct rnd_state *rnd)
{
	struct kmem_cache *c = kmem_cache_create(
		"torture-short", 8 + prandom_u32_below(rnd, 3000), 0, 0, NULL);
	void *a, *b;

	if (!c) {
		atomic_inc(&t.failed);
		return;
	}
	a = kmem_cache_alloc(c, GFP_KERNEL | __GFP_NOWARN);
	b = kmem_cache_alloc(c, GFP_KERNEL | __GFP_NOWARN);
	if (a)
		kmem_cache_free(c, a);
	if (b)
		kmem_cache_free(c, b);
	if (kmem_cache_destroy(c))
		atomic_inc(&t.wrong);
}

/* Everything that takes away what others hold ready. */
static void disturb(struct rnd_state *rnd)
{
	switch (prandom_u32_below(rnd, 24)) {
	case 0:
		drain_all_pages();
		break;
	case 1:
		drain_local_pages();
		break;
	case 2:
		kmem_cache_shrink(t.cache[prandom_u32_below(rnd, LARGE + 1)]);
		break;
	case 3:
		kmem_cache_reap_all();
		break;
	case 4:
		cache_reap();
		break;
	case 5:
		vm_unmap_aliases();
		break;
	case 6:
		thread_stacks_drain();
		break;
	case 7:
		short_lived_cache(rnd);
		break;
	case 8:
	case 9:
	case 10:
	case 11:
		interrupt_somebody(rnd);
		break;
	case 12:
	case 13:
	case 14:
	case 15:
		burst(rnd);
		break;
	default:
		break;
	}
}

static void torture(unsigned int cpu, void *unused __unused)
{
	struct rnd_state *rnd = &t.rnd[cpu];

	prandom_seed_state(rnd, selftest_seed() + cpu);
	for (unsigned int i = 0; i < t.steps; i++) {
		step(rnd, false);
		disturb(rnd);
	}
}

/* ---- before and after ---------------------------------------------------- */

static void empty_slots(void)
{
	for (unsigned int i = 0; i < 2 * SLOTS; i++) {
		struct block *b = xchg(&t.slot[i / SLOTS][i % SLOTS], NULL);

		if (b)
			destroy(b);
	}
}

static void give_back_all(void)
{
	thread_stacks_drain();
	vm_unmap_aliases();
	kmem_cache_reap_all();
	drain_all_pages();
}

/* Per-CPU pages once made are kept. */
static unsigned long frames_here(void)
{
	return totalram_pages() - nr_free_pages() - percpu_nr_pages() -
	       kasan_frames();
}

static void sound(struct kmem_cache *c, void *unused __unused)
{
	EXPECT_STREQ(kmem_cache_check(c), NULL);
}

/* After drain_all_pages(), while the other CPUs do nothing. */
static unsigned long frames_on_lists(void)
{
	unsigned long sum = 0;
	struct zone *zone;
	unsigned int cpu;

	for_each_populated_zone(zone)
		for_each_online_cpu(cpu)
			sum += (unsigned long)zone_cpu_frames(zone, cpu);
	return sum;
}

static void expect_all_sound(void)
{
	EXPECT_EQ(frames_on_lists(), 0UL);
	EXPECT_STREQ(page_check_all(), "");
	kmem_cache_walk(sound, NULL);
	EXPECT_EQ(vmalloc_check(), 0);
	pt_expect_sound();
}

static bool make_caches(void)
{
	memset(&t, 0, sizeof(t));
	t.cache[SMALL] = kmem_cache_create("torture-small", 72, 0, 0, NULL);
	t.cache[CTOR] = kmem_cache_create("torture-ctor", 200, 0,
					  SLAB_HWCACHE_ALIGN, constructor);
	t.cache[LARGE] = kmem_cache_create("torture-large", 1500, 0, 0, NULL);
	if (!t.cache[SMALL] || !t.cache[CTOR] || !t.cache[LARGE])
		return false;
	/* Small arrays: batches all the time, with and without a shared one. */
	return !do_tune_cpucache(t.cache[SMALL], 12, 5, 2) &&
	       !do_tune_cpucache(t.cache[CTOR], 4, 4, 1) &&
	       !do_tune_cpucache(t.cache[LARGE], 2, 1, 0);
}

/* Nothing is lost, nothing has two owners, and all books agree. */
SELFTEST(mm, torture, all_at_once, "A MM-S11, A MM-C5, A MM-B6, A MM-H8",
	 stress)
{
	unsigned long frames, objects, pages, bytes;

	give_back_all();
	frames = frames_here();
	objects = slab_objects_in_use();
	pages = vmalloc_nr_pages();
	bytes = percpu_bytes_in_use();
	REQUIRE_TRUE(make_caches());
	t.steps = 150;
	for (unsigned long i = 0; i < selftest_scale(); i++)
		workers_run_tasks(torture, NULL);
	drain_all_pages(); /* behind all calls that nobody waited for */
	empty_slots();
	EXPECT_EQ(atomic_read(&t.wrong), 0);
	EXPECT_EQ(atomic_read(&t.failed), 0);
	for (unsigned int k = 0; k < NR_KINDS; k++)
		EXPECT_GT(atomic_read(&t.made[k]), 0);
	EXPECT_GT(atomic_read(&t.in_irq), 0);
	give_back_all();
	expect_all_sound();
	for (unsigned int k = 0; k <= LARGE; k++)
		expect_destroy(t.cache[k]);
	give_back_all();
	EXPECT_EQ(slab_objects_in_use(), objects);
	EXPECT_EQ(vmalloc_nr_pages(), pages);
	EXPECT_EQ(percpu_bytes_in_use(), bytes);
	EXPECT_EQ(frames_here(), frames);
}
