/* SPDX-License-Identifier: MIT */
/*
 * spinlock.c - what a CPU does that did not get a spinlock at once.
 *
 * Purpose. <lib/spinlock.h> takes a free lock with one cmpxchg and releases
 * it with one store. This file is for the others: it lines them up.
 *
 * Model. The lock is one word:
 *
 *	 31      18 17   16 15    8 7       0
 *	| cpu + 1  | node  | unused | locked |
 *	 \______ tail ____/
 *
 * A waiter owns a node, a small record in its own CPU's area. It swaps its
 * name into the tail; the name that comes out is the waiter before it, into
 * whose node it writes a pointer to its own. So the waiters form a list,
 * first come first, of which the lock word knows only the end:
 *
 *	word: locked=1, tail=C          A, the head, spins on the word;
 *	   A.node -> B.node -> C.node   B and C spin on their own "granted"
 *
 * The head waits for the locked byte to clear and sets it. Then it tells its
 * successor that it is the head now. If it has none, it clears the tail in
 * the same cmpxchg. Waiting thus touches no line that other waiters write,
 * and a release disturbs one CPU, however many wait (the idea is the MCS
 * lock of Mellor-Crummey and Scott, 1991; the name of the last waiter packed
 * into the lock word as in Linux's qspinlock; no code taken).
 *
 * The option spin=tas makes waiters spin on the word until all of it is zero
 * and race for it with a cmpxchg (test, then test-and-set). Nothing is fair
 * then, and every release makes all waiters fetch the line.
 *
 * Why have it? Fairness assumes that the next in line runs. On a virtual CPU
 * that the host has descheduled, the next in line does not; the lock is free
 * and yet belongs to a CPU that stands still until the host's scheduler comes
 * round to it, milliseconds later, at every hand-over. With more virtual than
 * real CPUs a queue therefore crawls, while under tas any CPU that runs takes
 * the lock.
 *
 * Invariants.
 *   I1  The locked byte goes from 0 to 1 by a cmpxchg of the whole word from
 *       0, or by the head of the queue. While the tail is not 0 the first
 *       cannot succeed, so at most one CPU is in a position to set it.
 *   I2  Only the holder clears the locked byte.
 *   I3  The tail is 0 exactly when no waiter is queued. It names the last
 *       one; only that waiter, as head, may put it back to 0.
 *   I4  A CPU has at most SPIN_NODES waiters at once, nested as the contexts
 *       are: task, softirq, hard interrupt, NMI. It uses node k at depth k.
 *   I5  A node is read by others from the swap of the tail until its owner
 *       leaves spin_lock_slow(); the owner reuses it only after that.
 *   By I1, waiters of both kinds, and a change of spin_mode at any time, are
 *   safe: a tas waiter merely waits until the queue has drained.
 *
 * Memory order. What the holder did must be seen by the next one:
 *   - raw_spin_unlock() stores 0 to the locked byte with release. Whoever
 *     then takes the lock read that 0 with acquire: the cmpxchg in
 *     raw_spin_lock() and raw_spin_trylock(), the loop of spin_wait_tas(),
 *     or the head's loop in spin_wait_head(). The head sets the byte with a
 *     plain store after that, which nobody needs to order against.
 *   - A waiter fills its node before others can find it: the swap of the tail
 *     is a release, and the successor that gets the name out of it reads it
 *     with acquire (the same instruction of the successor).
 *   - The successor's link is a release store, the reader in spin_pass_on()
 *     loads with acquire; "granted" likewise, from spin_pass_on() to
 *     spin_wait_turn(). The chain unlock -> head -> holder does not depend
 *     on these two; they order the life of the nodes (I5).
 *   On x86-64 all acquires and releases are plain moves or locked
 *   instructions that are needed anyway; the names keep the compiler honest.
 *
 * Locking. This is the bottom: no locks, only atomics. Spinning is done with
 * preemption off, and with interrupts as the caller left them (A SYNC-S7: the
 * kernel of the notes re-enables preemption while it spins; ours does not,
 * because a waiter in the queue that is switched out stops all behind it).
 * Contexts. Any. Before the other CPUs' areas exist only the boot CPU runs,
 * and it can only get here by a mistake that debug builds report.
 * Limits. No priority inheritance, no time limit: a lock that is never
 * released is found by the NMI watchdog. Unlike Linux there is no "pending"
 * bit that spares the first waiter its node.
 */
#include <lib/spinlock.h>

#include <arch/cpu.h>
#include <base/errno.h>
#include <lib/param.h>
#include <lib/percpu.h>
#include <lib/string.h>
#include <lib/trip.h>

struct spin_node {
	struct spin_node *next; /* (a) the waiter behind, NULL: none yet */
	u32 granted;		/* (a) set by the one in front: you are head */
};

/* One cache line each: the waiter in front and its successor write here. */
struct spin_nodes {
	struct spin_node node[SPIN_NODES];
};

static_assert(sizeof(struct spin_nodes) == L1_CACHE_BYTES, "one line");

static DEFINE_PER_CPU_ALIGNED(struct spin_nodes, spin_nodes);

/* Nodes in use on this CPU; only this CPU writes, one instruction (I4). */
static DEFINE_PER_CPU(unsigned int, spin_depth);

/* Visits of spin_lock_slow(); written like spin_depth. */
static DEFINE_PER_CPU(unsigned long, spin_slow);

/* An enum spin_mode; any CPU may change it at any time (I1). */
static unsigned int spin_mode = SPIN_QUEUE;

static int spin_mode_param(const char *value)
{
	if (!strcmp(value, "queue"))
		spin_mode_set(SPIN_QUEUE);
	else if (!strcmp(value, "tas"))
		spin_mode_set(SPIN_TAS);
	else
		return -EINVAL;
	return 0;
}

PARAM_FN("spin", spin_mode_param, "how CPUs wait for a lock: queue or tas");

/* Whole word zero, then race for it: gives way to any queue (I1). */
static void spin_wait_tas(spinlock_t *lock)
{
	u32 old;

	do {
		while (READ_ONCE(lock->word))
			cpu_relax();
		old = 0;
		/* Acquire: pairs with the release in raw_spin_unlock(). */
	} while (!__atomic_compare_exchange_n(&lock->word, &old, SPIN_LOCKED,
					      false, __ATOMIC_ACQUIRE,
					      __ATOMIC_RELAXED));
}

/* Join behind the waiter named by @prev_tail; back as the head. */
static void spin_wait_turn(struct spin_node *node, u16 prev_tail)
{
	unsigned int cpu = spin_tail_cpu(prev_tail);
	struct spin_node *prev =
		&per_cpu(spin_nodes, cpu).node[spin_tail_node(prev_tail)];

	/* Release: pairs with the acquire in spin_pass_on(). */
	smp_store_release(&prev->next, node);
	/* Acquire: pairs with the release in spin_pass_on(). */
	while (!smp_load_acquire(&node->granted))
		cpu_relax();
}

/* The head: wait for the holder, return the word, whose byte is clear. */
static u32 spin_wait_head(spinlock_t *lock)
{
	u32 word;

	/* Acquire: pairs with the release in raw_spin_unlock(). */
	while ((word = smp_load_acquire(&lock->word)) & SPIN_LOCKED)
		cpu_relax();
	return word;
}

/* Holding the lock: make the waiter behind the head. */
static void spin_pass_on(struct spin_node *node)
{
	struct spin_node *next;

	/*
	 * It has swapped the tail but maybe not linked itself yet. Acquire:
	 * pairs with the release in spin_wait_turn().
	 */
	while (!(next = smp_load_acquire(&node->next)))
		cpu_relax();
	/* Release: pairs with the acquire in spin_wait_turn(). */
	smp_store_release(&next->granted, 1U);
}

static void spin_wait_queue(spinlock_t *lock, unsigned int depth)
{
	struct spin_node *node = &this_cpu_ptr(&spin_nodes)->node[depth];
	u16 tail = spin_encode_tail(raw_smp_processor_id(), depth);
	u16 prev_tail;
	u32 word;

	node->next = NULL;
	node->granted = 0;
	/*
	 * Release publishes the node, acquire sees that of the waiter before:
	 * pairs with this same instruction of our neighbours.
	 */
	prev_tail = __atomic_exchange_n(&lock->tail, tail, __ATOMIC_ACQ_REL);
	if (prev_tail)
		spin_wait_turn(node, prev_tail);

	word = spin_wait_head(lock);
	if (word >> SPIN_TAIL_SHIFT == tail &&
	    __atomic_compare_exchange_n(&lock->word, &word, SPIN_LOCKED, false,
					__ATOMIC_RELAXED, __ATOMIC_RELAXED))
		return;		     /* nobody behind: tail cleared (I3) */
	WRITE_ONCE(lock->locked, 1); /* only the head may (I1) */
	spin_pass_on(node);
}

void spin_lock_slow(spinlock_t *lock)
{
	unsigned int depth;

	ASSERT(irqs_disabled() || preempt_count()); /* nodes are this CPU's */
	depth = this_cpu_add_return(spin_depth, 1U) - 1;
	/* I4. Deeper is impossible, but waiting without a node is safe. */
	if (READ_ONCE(spin_mode) == SPIN_TAS || WARN_ON(depth >= SPIN_NODES))
		spin_wait_tas(lock);
	else
		spin_wait_queue(lock, depth);
	this_cpu_dec(spin_depth);
	this_cpu_inc(spin_slow);
	trip(spinlock.slow);
	if (CONFIG_DEBUG_SPINLOCK)
		spin_debug_slow(lock);
}

unsigned long spin_slow_count(unsigned int cpu)
{
	return READ_ONCE(per_cpu(spin_slow, cpu));
}

void spin_mode_set(enum spin_mode mode)
{
	WRITE_ONCE(spin_mode, mode);
}

enum spin_mode spin_mode_get(void)
{
	return READ_ONCE(spin_mode);
}
