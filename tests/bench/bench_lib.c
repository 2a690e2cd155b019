/* SPDX-License-Identifier: MIT */
/*
 * bench_lib.c - what the ground floors cost: loop, call, guards, locks.
 *
 * Model. What is a function for other parts of the kernel is called as one;
 * what they get inlined is inlined here. Nobody else knows the locks and
 * words of this file, so that nothing is contended.
 */
#include <kernel/bench.h>

#include <base/atomic.h>
#include <lib/irqflags.h>
#include <lib/list.h>
#include <lib/llist.h>
#include <lib/percpu.h>
#include <lib/preempt.h>
#include <lib/rbtree.h>
#include <lib/spinlock.h>

/* ---- the method itself ------------------------------------------------ */

static void loop_empty(unsigned long n)
{
	for_each_turn(n)
		;
}
BENCH("lib.loop.empty", 10000, loop_empty);

static noinline void nothing(void)
{
	barrier();
}

static void loop_call(unsigned long n)
{
	for_each_turn(n)
		nothing();
}
BENCH("lib.loop.call", 10000, loop_call);

/* ---- words ------------------------------------------------------------ */

static DEFINE_PER_CPU(unsigned long, word);

static void loop_percpu(unsigned long n)
{
	for_each_turn(n)
		this_cpu_inc(word);
}
BENCH("lib.percpu.inc", 10000, loop_percpu);

static atomic_t number;

static void loop_atomic(unsigned long n)
{
	for_each_turn(n)
		atomic_inc(&number);
}
BENCH("lib.atomic.inc", 10000, loop_atomic);

static void loop_cmpxchg(unsigned long n)
{
	for_each_turn(n)
		atomic_cmpxchg(&number, 1, 2);
}
BENCH("lib.atomic.cmpxchg", 10000, loop_cmpxchg);

/* ---- guards ----------------------------------------------------------- */

static void loop_preempt(unsigned long n)
{
	for_each_turn(n) {
		preempt_disable();
		preempt_enable();
	}
}
BENCH("lib.preempt.pair", 10000, loop_preempt);

static void loop_irq(unsigned long n)
{
	unsigned long flags;

	for_each_turn(n) {
		local_irq_save(flags);
		local_irq_restore(flags);
	}
}
BENCH("lib.irq.save_restore", 10000, loop_irq);

/* ---- locks ------------------------------------------------------------ */

static DEFINE_SPINLOCK(lock);

static void loop_spin(unsigned long n)
{
	for_each_turn(n) {
		spin_lock(&lock);
		spin_unlock(&lock);
	}
}
BENCH("lib.spinlock.pair", 10000, loop_spin);

static void loop_spin_irqsave(unsigned long n)
{
	unsigned long flags;

	for_each_turn(n) {
		spin_lock_irqsave(&lock, flags);
		spin_unlock_irqrestore(&lock, flags);
	}
}
BENCH("lib.spinlock.irqsave_pair", 10000, loop_spin_irqsave);

/* ---- structures ------------------------------------------------------- */

#define NODES 128 /* in the tree, beside the one that goes in and out */

struct node {
	struct rb_node rb;
	struct llist_node ll;
	unsigned long key;
};

static struct node nodes[NODES + 1];
static struct rb_root root;
static LLIST_HEAD(stack);

static bool before(struct rb_node *a, const struct rb_node *b)
{
	return rb_entry(a, struct node, rb)->key <
	       rb_entry(b, struct node, rb)->key;
}

/* Keys in an order that makes the tree turn; the last one in the middle. */
static int tree_setup(void)
{
	root = RB_ROOT;
	for (unsigned int i = 0; i < NODES; i++) {
		nodes[i].key = 2UL * (i * 37 % NODES);
		rb_add(&nodes[i].rb, &root, before);
	}
	nodes[NODES].key = NODES + 1;
	return 0;
}

static void loop_rbtree(unsigned long n)
{
	for_each_turn(n) {
		rb_add(&nodes[NODES].rb, &root, before);
		rb_erase(&nodes[NODES].rb, &root);
	}
}
BENCH("lib.rbtree.add_erase_128", 1000, loop_rbtree, .setup = tree_setup);

static void loop_llist(unsigned long n)
{
	for_each_turn(n) {
		llist_add(&nodes[0].ll, &stack);
		llist_del_all(&stack);
	}
}
BENCH("lib.llist.add_del", 10000, loop_llist);

/* ---- on all CPUs ------------------------------------------------------- */

BENCH("smp.percpu.inc", 1000, loop_percpu, .all_cpus = true);
