/* SPDX-License-Identifier: MIT */
/*
 * ratelimit.c - a message that could come a million times comes ten times.
 *
 * Model. Each printk_ratelimited() has a budget of its own: RATELIMIT_BURST
 * messages in RATELIMIT_INTERVAL_NS, counted from the first of them. What was
 * left out is counted and said with the next message let through.
 * Invariants.
 *   I1  begin_ns and printed belong to whoever set busy.
 * Locking. busy, only ever tried: two CPUs that meet here have one message
 *	too many anyway, and an NMI that meets its own CPU must not wait.
 */
#include <base/atomic.h>
#include <base/bits.h>
#include <lib/printk.h>
#include <lib/time.h>

bool printk_ratelimit(struct printk_ratelimit *rl)
{
	u64 now = sched_clock();
	unsigned int missed = 0;
	bool ok = false;

	/* Whoever meets another CPU here counts as too many. */
	if (!xchg_acquire(&rl->busy, true)) {
		if (!rl->begin_ns ||
		    now - rl->begin_ns >= RATELIMIT_INTERVAL_NS) {
			rl->begin_ns = max(now, 1ULL);
			rl->printed = 0;
		}
		ok = rl->printed < RATELIMIT_BURST;
		rl->printed += ok;
		/* pairs with xchg_acquire() above */
		smp_store_release(&rl->busy, false);
	}
	if (!ok)
		__atomic_fetch_add(&rl->missed, 1, __ATOMIC_RELAXED);
	else if (READ_ONCE(rl->missed))
		missed = xchg(&rl->missed, 0);
	if (missed)
		printk(LOG_WARNING, "printk: %u similar messages left out",
		       missed);
	return ok;
}
