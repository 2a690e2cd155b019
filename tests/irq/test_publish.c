/* SPDX-License-Identifier: MIT */
/*
 * test_publish.c - fill, then publish (A SYNC-B5).
 *
 * Model. One CPU adds nodes to the head of a list; all others walk it without
 * a lock. A node is complete, its link included, before its address is
 * stored. A reader that comes between the two sees the list as it was; one
 * that came too early would find a checksum or a link that is not there.
 *
 * The writer waits for readers now and then, so that whole walks really lie
 * between its steps.
 */
#include <arch/barrier.h>
#include <arch/cpu.h>
#include <base/atomic.h>
#include <lib/selftest.h>
#include <lib/string.h>

#include "../workers.h"

#define NODES  400
#define ENOUGH ((int)num_online_cpus()) /* walks: one of these is new */
#define SECRET 0x5a17c0de5a17c0deULL

struct node {
	u64 key;
	u64 sum; /* key ^ SECRET ^ address of next */
	struct node *next;
};

static struct {
	struct node nodes[NODES];
	struct node *head; /* published with release, read with acquire */
	unsigned int writer;
	unsigned int done;
	atomic_t walks, bad, longest;
} pub;

static u64 sum_of(const struct node *n, const struct node *next)
{
	return n->key ^ SECRET ^ (u64)(uintptr_t)next;
}

/* Between two steps of the writer: a whole walk, for some of the nodes. */
static void let_walk(u64 key)
{
	int walks = atomic_read(&pub.walks);

	cpu_relax();
	/* The first that ends may have begun before. */
	while (key % 50 == 0 && atomic_read(&pub.walks) - walks < ENOUGH)
		cpu_relax();
}

static void add_node(struct node *n, u64 key)
{
	n->next = pub.head;
	let_walk(key);
	n->key = key;
	let_walk(key);
	n->sum = sum_of(n, n->next);
	let_walk(key);
	/* pairs with the acquire in walk() */
	smp_store_release(&pub.head, n);
}

/* The keys go down by one a node; the last is 0. */
static void walk(void)
{
	/* pairs with the release in add_node() */
	const struct node *n = smp_load_acquire(&pub.head);
	int len = 0;

	for (u64 key = n ? n->key : 0; n; n = n->next, key--, len++) {
		if (n < pub.nodes || n >= pub.nodes + NODES || n->key != key ||
		    n->sum != sum_of(n, n->next) || !n->next != !key) {
			atomic_inc(&pub.bad);
			break;
		}
	}
	if (len > atomic_read(&pub.longest))
		atomic_set(&pub.longest, len);
	atomic_inc(&pub.walks);
}

static void write_or_walk(unsigned int cpu, void *arg)
{
	(void)arg;
	if (cpu != pub.writer) {
		while (!READ_ONCE(pub.done)) {
			walk();
			cpu_relax();
		}
		walk();
		return;
	}
	for (unsigned int i = 0; i < NODES; i++)
		add_node(&pub.nodes[i], i);
	WRITE_ONCE(pub.done, 1U);
}

SELFTEST(irq, publish, filled_before_seen, "A SYNC-B5", race)
{
	if (num_online_cpus() < 2)
		return selftest_skip("needs 2 CPUs");
	memset(&pub, 0, sizeof(pub));
	memset(pub.nodes, 0xa5, sizeof(pub.nodes)); /* stray if seen early */
	preempt_disable();
	pub.writer = smp_processor_id();
	workers_run(write_or_walk, NULL);
	preempt_enable();
	EXPECT_EQ(atomic_read(&pub.bad), 0);
	EXPECT_EQ(atomic_read(&pub.longest), NODES); /* the last walk */
	EXPECT_GE(atomic_read(&pub.walks), 3 * ENOUGH * NODES / 50);
}
