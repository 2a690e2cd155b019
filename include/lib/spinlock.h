/* SPDX-License-Identifier: MIT */
/*
 * spinlock.h - short mutual exclusion between CPUs.
 *
 *	static DEFINE_SPINLOCK(pool_lock);	// protects pool
 *
 *	spin_lock_irqsave(&pool_lock, flags);
 *	... at most a screen of code that neither sleeps nor returns ...
 *	spin_unlock_irqrestore(&pool_lock, flags);
 *
 * Which form? spin_lock() excludes other CPUs and preemption. If an interrupt
 * handler takes the lock too, everybody else needs the _irqsave form, or the
 * handler may wait for the very flow it interrupted (A SYNC-S8). raw_ forms
 * leave the preempt count alone: for printk, panic and the first lines of
 * boot. They expect a caller that cannot be preempted.
 *
 * The lock is one word, zero when free. The model, the invariants and the
 * argument about memory order stand in lib/spinlock.c.
 *
 * In debug builds a lock knows its name, its holder and where it was taken,
 * and reports a CPU that takes it twice, releases it twice, or releases what
 * another CPU holds. In release builds it is four bytes.
 */
#ifndef LIB_SPINLOCK_H
#define LIB_SPINLOCK_H

#include <base/assert.h>
#include <base/atomic.h>
#include <base/compiler.h>
#include <base/config.h>
#include <base/types.h>
#include <lib/irqflags.h>
#include <lib/preempt.h>

/* The word, low end first: held or not; unused; who waits last. */
#define SPIN_LOCKED	0x00000001U
#define SPIN_TAIL_SHIFT 16
#define SPIN_TAIL_MASK	0xffff0000U

/* Waiters of one CPU: a task, a softirq, a hard interrupt and an NMI. */
#define SPIN_NODES 4

/*
 * Lock key: (a) atomic; (i) immutable after init; (h) written by the holder,
 * read by anybody.
 */
typedef struct spinlock {
	union {
		u32 word; /* (a) everything; 0 is a free lock */
		struct {
			u8 locked; /* (a) 1 while held */
			u8 unused;
			u16 tail; /* (a) the last waiter, spin_encode_tail() */
		};
	};
#if CONFIG_DEBUG_SPINLOCK
	u32 owner;	       /* (h) number of the holder's CPU + 1, 0: free */
	const char *name;      /* (i) */
	unsigned long where;   /* (h) address at which it was taken last */
	unsigned long nr_slow; /* (h) times a taker had to wait */
#endif
} spinlock_t;

#if CONFIG_DEBUG_SPINLOCK
#define SPIN_LOCK_UNLOCKED(name_) ((spinlock_t){.name = (name_)})
#else
#define SPIN_LOCK_UNLOCKED(name_) ((spinlock_t){.word = 0})
static_assert(sizeof(spinlock_t) == 4, "a release lock is one word");
#endif

static_assert(offsetof(spinlock_t, locked) == 0, "SPIN_LOCKED is this byte");
static_assert(offsetof(spinlock_t, tail) * 8 == SPIN_TAIL_SHIFT,
	      "SPIN_TAIL_MASK is this half");

#define DEFINE_SPINLOCK(var) spinlock_t var = SPIN_LOCK_UNLOCKED(#var)

/**
 * spin_lock_init() - make a free lock.
 * @lock: nobody may hold it or wait for it. Its text becomes its name.
 *
 * Context: any.
 */
#define spin_lock_init(lock)                         \
	do {                                         \
		*(lock) = SPIN_LOCK_UNLOCKED(#lock); \
	} while (0)

/* How those wait who do not get the lock at once: option spin=. */
enum spin_mode {
	SPIN_QUEUE, /* first come, first served; each spins on its own line */
	SPIN_TAS,   /* all spin on the word, whoever is quick gets it */
};

/**
 * spin_mode_set() - choose how to wait from now on.
 *
 * Context: any, at any time: waiters of both kinds share a lock safely.
 */
void spin_mode_set(enum spin_mode mode);

/* The choice in force. */
enum spin_mode spin_mode_get(void);

/* How often this @cpu had to wait for any lock since boot. */
unsigned long spin_slow_count(unsigned int cpu);

/* The way out of line for a taker that found the word not zero. */
void spin_lock_slow(spinlock_t *lock);

/* The checks of debug builds, lib/debug/spinlock.c. */
void spin_debug_before_lock(spinlock_t *lock);
void spin_debug_locked(spinlock_t *lock);
bool spin_debug_may_unlock(spinlock_t *lock);
bool spin_debug_held(const spinlock_t *lock);
void spin_debug_slow(spinlock_t *lock);

/* What a waiter writes into spinlock.tail; never 0. */
static __always_inline u16 spin_encode_tail(unsigned int cpu, unsigned int node)
{
	return (u16)((cpu + 1) * SPIN_NODES + node);
}

static __always_inline unsigned int spin_tail_cpu(u16 tail)
{
	return tail / SPIN_NODES - 1U;
}

static __always_inline unsigned int spin_tail_node(u16 tail)
{
	return tail % SPIN_NODES;
}

static_assert((NR_CPUS + 1) * SPIN_NODES <= 0x10000, "a tail is 16 bits");

/**
 * spin_is_locked() - does anybody hold the lock at this moment?
 * @lock: any spinlock.
 *
 * Context: any.
 * Return: an answer that is old when it arrives; for assertions and hints.
 */
static __always_inline bool spin_is_locked(const spinlock_t *lock)
{
	return READ_ONCE(lock->locked);
}

/**
 * spin_is_contended() - does somebody queue for the lock?
 * @lock: any spinlock.
 *
 * Context: any.
 * Return: true if so. Waiters of mode SPIN_TAS leave no trace, are not seen.
 */
static __always_inline bool spin_is_contended(const spinlock_t *lock)
{
	return READ_ONCE(lock->tail);
}

/* Locked, and as far as this build can tell, by this CPU. */
#define assert_spin_locked(lock)                             \
	ASSERT(CONFIG_DEBUG_SPINLOCK ? spin_debug_held(lock) \
				     : spin_is_locked(lock))

/**
 * raw_spin_trylock() - take the lock if it is free and nobody queues for it.
 * @lock: the lock.
 *
 * Context: any, NMI included; the caller cannot be preempted.
 * Locking: returns with @lock held when true.
 * Return: whether it was taken.
 */
static __always_inline bool raw_spin_trylock(spinlock_t *lock)
{
	u32 old = READ_ONCE(lock->word);

	/* Acquire: pairs with the release store in raw_spin_unlock(). */
	if (old ||
	    !__atomic_compare_exchange_n(&lock->word, &old, SPIN_LOCKED, false,
					 __ATOMIC_ACQUIRE, __ATOMIC_RELAXED))
		return false;
	if (CONFIG_DEBUG_SPINLOCK)
		spin_debug_locked(lock);
	return true;
}

/**
 * raw_spin_lock() - take the lock, spinning until it is free.
 * @lock: the lock; this CPU does not hold it.
 *
 * Context: any in which the caller cannot be preempted. In an NMI handler
 *	only for locks that nothing but NMI handlers take.
 * Locking: returns with @lock held.
 */
static __always_inline void raw_spin_lock(spinlock_t *lock)
{
	u32 old = 0;

	if (CONFIG_DEBUG_SPINLOCK)
		spin_debug_before_lock(lock);
	/* Acquire: pairs with the release store in raw_spin_unlock(). */
	if (unlikely(!__atomic_compare_exchange_n(
		    &lock->word, &old, SPIN_LOCKED, false, __ATOMIC_ACQUIRE,
		    __ATOMIC_RELAXED)))
		spin_lock_slow(lock);
	if (CONFIG_DEBUG_SPINLOCK)
		spin_debug_locked(lock);
}

/**
 * raw_spin_unlock() - release the lock.
 * @lock: a lock this CPU holds.
 *
 * Context: that of the matching lock.
 * Locking: expects @lock, returns without it.
 */
static __always_inline void raw_spin_unlock(spinlock_t *lock)
{
	if (CONFIG_DEBUG_SPINLOCK && !spin_debug_may_unlock(lock))
		return;
	/*
	 * Release: pairs with the acquire in raw_spin_lock(), in
	 * raw_spin_trylock() and at the head of the queue in spin_lock_slow().
	 */
	smp_store_release(&lock->locked, (u8)0);
}

/* Interrupts off on this CPU until the matching raw_spin_unlock_irqrestore. */
#define raw_spin_lock_irqsave(lock, flags) \
	do {                               \
		local_irq_save(flags);     \
		raw_spin_lock(lock);       \
	} while (0)
#define raw_spin_unlock_irqrestore(lock, flags) \
	do {                                    \
		raw_spin_unlock(lock);          \
		local_irq_restore(flags);       \
	} while (0)

/**
 * spin_lock() - take the lock; preemption is off until spin_unlock().
 * @lock: the lock; this CPU does not hold it, no interrupt handler takes it.
 *
 * Preemption goes off before the wait and stays off during it.
 *
 * Context: task; a handler for locks that only one kind of handler takes.
 * Locking: returns with @lock held.
 */
static __always_inline void spin_lock(spinlock_t *lock)
{
	preempt_disable();
	raw_spin_lock(lock);
}

/**
 * spin_trylock() - take the lock if that needs no waiting.
 * @lock: the lock.
 *
 * Context: any.
 * Locking: returns with @lock held and preemption off when true.
 * Return: whether it was taken; if not, the preempt count is as before.
 */
static __always_inline bool spin_trylock(spinlock_t *lock)
{
	preempt_disable();
	if (raw_spin_trylock(lock))
		return true;
	preempt_enable();
	return false;
}

/**
 * spin_unlock() - release the lock and undo its preempt_disable().
 * @lock: a lock this CPU holds.
 *
 * Context: that of the matching lock.
 * Locking: expects @lock, returns without it.
 */
static __always_inline void spin_unlock(spinlock_t *lock)
{
	raw_spin_unlock(lock);
	preempt_enable();
}

/**
 * spin_lock_irq() - take the lock with this CPU's interrupts off.
 * @lock: the lock; a caller that may have them off already uses _irqsave.
 *
 * Interrupts go off before the wait and stay off during it.
 *
 * Context: task, interrupts on.
 * Locking: returns with @lock held.
 */
static __always_inline void spin_lock_irq(spinlock_t *lock)
{
	local_irq_disable();
	spin_lock(lock);
}

/* The reverse; interrupts are on afterwards, whatever they were before. */
static __always_inline void spin_unlock_irq(spinlock_t *lock)
{
	raw_spin_unlock(lock);
	local_irq_enable();
	preempt_enable();
}

static __always_inline bool spin_trylock_irq(spinlock_t *lock)
{
	local_irq_disable();
	if (spin_trylock(lock))
		return true;
	local_irq_enable();
	return false;
}

/**
 * spin_lock_irqsave() - take the lock with interrupts off; nests.
 * @lock: the lock.
 * @flags: an unsigned long of the caller's, receives the state to restore.
 *
 * Context: any but NMI.
 * Locking: returns with @lock held.
 */
#define spin_lock_irqsave(lock, flags) \
	do {                           \
		local_irq_save(flags); \
		spin_lock(lock);       \
	} while (0)

#define spin_unlock_irqrestore(lock, flags) \
	do {                                \
		raw_spin_unlock(lock);      \
		local_irq_restore(flags);   \
		preempt_enable();           \
	} while (0)

#define spin_trylock_irqsave(lock, flags)         \
	({                                        \
		bool spin_got;                    \
                                                  \
		local_irq_save(flags);            \
		spin_got = spin_trylock(lock);    \
		if (!spin_got)                    \
			local_irq_restore(flags); \
		spin_got;                         \
	})

#endif /* LIB_SPINLOCK_H */
