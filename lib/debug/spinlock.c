/* SPDX-License-Identifier: MIT */
/*
 * debug/spinlock.c - a lock that knows who holds it and complains.
 *
 * Purpose. Three mistakes turn into a hang or into silent corruption far from
 * where they were made. Debug builds report them on the spot, with the name
 * of the lock and the place where it was taken:
 *   recursion      this CPU holds the lock and takes it again: it would wait
 *                  for itself for ever. BUG.
 *   double unlock  the lock is free. WARN; the word is left alone, because
 *                  another CPU may be taking it right now.
 *   wrong CPU      another CPU holds it. WARN; it stays held, so that its
 *                  holder is still alone.
 *
 * Model. The holder writes owner and where after it took the lock and clears
 * owner before it releases it.
 *
 * Invariants.
 *   I1  owner is this CPU's number + 1 only between two writes of this CPU:
 *       it put it there and has not cleared it. So "owner == me" is exact
 *       however the read races with other CPUs, and recursion is never
 *       reported wrongly.
 * Locking. The fields are written by the holder, read by anybody.
 * Contexts. Any. The reports print; printk therefore uses no spinlock.
 * Limits. The time between taking the lock and writing owner is not covered:
 * an interrupt in it that takes the same lock hangs unreported (the NMI
 * watchdog shows it). Lock order is not looked at here; that is lockdep's.
 */
#include <lib/spinlock.h>

#if CONFIG_DEBUG_SPINLOCK

static u32 spin_me(void)
{
	return raw_smp_processor_id() + 1;
}

static const char *spin_name(const spinlock_t *lock)
{
	return lock->name ? lock->name : "(not initialised)";
}

void spin_debug_before_lock(spinlock_t *lock)
{
	if (unlikely(READ_ONCE(lock->owner) == spin_me()))
		BUG("spinlock %s: CPU %u takes it at %pS but holds it since %pS",
		    spin_name(lock), raw_smp_processor_id(), (void *)_RET_IP_,
		    (void *)READ_ONCE(lock->where));
}

void spin_debug_locked(spinlock_t *lock)
{
	WRITE_ONCE(lock->where, _RET_IP_);
	WRITE_ONCE(lock->owner, spin_me());
}

bool spin_debug_may_unlock(spinlock_t *lock)
{
	u32 owner = READ_ONCE(lock->owner);

	if (likely(owner == spin_me())) {
		WRITE_ONCE(lock->owner, 0U);
		return true;
	}
	if (!spin_is_locked(lock))
		WARN(true,
		     "spinlock %s: released at %pS but free; last taken at %pS",
		     spin_name(lock), (void *)_RET_IP_,
		     (void *)READ_ONCE(lock->where));
	else
		WARN(true,
		     "spinlock %s: CPU %u releases it at %pS but CPU %d holds it since %pS",
		     spin_name(lock), raw_smp_processor_id(), (void *)_RET_IP_,
		     (int)owner - 1, (void *)READ_ONCE(lock->where));
	return false;
}

bool spin_debug_held(const spinlock_t *lock)
{
	return READ_ONCE(lock->owner) == spin_me();
}

/* The taker holds the lock by now, so a plain count will do. */
void spin_debug_slow(spinlock_t *lock)
{
	lock->nr_slow++;
}

#endif /* CONFIG_DEBUG_SPINLOCK */
