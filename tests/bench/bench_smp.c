/* SPDX-License-Identifier: MIT */
/*
 * bench_smp.c - the same operations on all CPUs at the same time.
 *
 * Model. smp.*: every CPU works for itself. What such an operation costs must
 * not depend on how many others do the same; if it does, they wait for each
 * other somewhere. remote.*: what one CPU allocates, its neighbour
 * frees.
 *
 * Contexts. Interrupts off on the other CPUs, so GFP_ATOMIC.
 */
#include <kernel/bench.h>

#include <arch/barrier.h>
#include <arch/cpu.h>
#include <base/atomic.h>
#include <base/config.h>
#include <lib/cpumask.h>
#include <lib/percpu.h>
#include <lib/preempt.h>
#include <mm/gfp.h>
#include <mm/slab.h>

/* ---- everyone for himself ---------------------------------------------- */

static volatile size_t size = 64;
static volatile unsigned int order; /* 0 */

static void loop_kmalloc(unsigned long n)
{
	for_each_turn(n)
		kfree(kmalloc(size, GFP_ATOMIC));
}
BENCH("smp.kmalloc.64", 200, loop_kmalloc, .all_cpus = true);

static void loop_page(unsigned long n)
{
	for_each_turn(n)
		__free_pages(alloc_pages(GFP_ATOMIC, order), order);
}
BENCH("smp.page.0", 200, loop_page, .all_cpus = true);

#define HELD 32 /* more than the hottest few */

/* Allocates some and frees them, as code does that builds something. */
static void loop_page_some(unsigned long n)
{
	struct page *pages[HELD];

	for_each_turn(n) {
		for (unsigned int i = 0; i < HELD; i++)
			pages[i] = alloc_pages(GFP_ATOMIC, order);
		for (unsigned int i = 0; i < HELD; i++)
			__free_pages(pages[i], order);
	}
}
BENCH("smp.page.32x0", 10, loop_page_some, .ops = HELD, .all_cpus = true);

/* ---- for a neighbour ----------------------------------------------------- */

#define BOX 64 /* objects that change hands at once */

/* Lock key: (b) written before a line-up, read behind it. */
struct box {
	void *object[BOX]; /* (b) */
};
static DEFINE_PER_CPU(struct box, box);
static atomic_t arrived; /* since the first repetition */

/* All CPUs of the benchmark come here equally often. */
static void line_up(void)
{
	int cpus = (int)num_online_cpus();
	int turn;

	smp_mb__before_atomic(); /* pairs with the one below, elsewhere */
	turn = (atomic_inc_return(&arrived) - 1) / cpus;
	while (atomic_read(&arrived) < (turn + 1) * cpus)
		cpu_relax();
	smp_mb__after_atomic(); /* pairs with the one above, elsewhere */
}

static int start_count(void)
{
	atomic_set(&arrived, 0);
	return 0;
}

/*
 * Of two neighbours the even one allocates and the odd one frees, so that
 * objects travel one way for as long as it lasts. Who has no neighbour does
 * both, with half as many: BOX / 2 is what a turn of each CPU counts.
 */
struct role {
	unsigned int gets, frees; /* objects in a turn */
	struct box *box;
};

static struct role my_role(void)
{
	unsigned int me = smp_processor_id();
	struct role r = {.box = per_cpu_ptr(&box, me & ~1U)};

	if (!cpu_online(me ^ 1))
		r.gets = r.frees = BOX / 2;
	else if (me & 1)
		r.frees = BOX;
	else
		r.gets = BOX;
	return r;
}

static void loop_remote_kmalloc(unsigned long n)
{
	struct role r = my_role();

	for_each_turn(n) {
		for (unsigned int i = 0; i < r.gets; i++)
			r.box->object[i] = kmalloc(size, GFP_ATOMIC);
		line_up();
		for (unsigned int i = 0; i < r.frees; i++)
			kfree(r.box->object[i]);
		line_up();
	}
}
BENCH("remote.kmalloc.64", 10, loop_remote_kmalloc, .ops = BOX / 2,
      .all_cpus = true, .setup = start_count);

static void loop_remote_page(unsigned long n)
{
	struct role r = my_role();

	for_each_turn(n) {
		for (unsigned int i = 0; i < r.gets; i++)
			r.box->object[i] = alloc_pages(GFP_ATOMIC, order);
		line_up();
		for (unsigned int i = 0; i < r.frees; i++)
			__free_pages(r.box->object[i], order);
		line_up();
	}
}
BENCH("remote.page.0", 10, loop_remote_page, .ops = BOX / 2, .all_cpus = true,
      .setup = start_count);
