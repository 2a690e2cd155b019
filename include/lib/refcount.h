/* SPDX-License-Identifier: MIT */
/*
 * refcount.h - counting the users of an object, safe against miscounting.
 *
 * Model. Like atomic_t, but a count that goes wrong sticks at a value far
 * from 0 and from INT_MAX: the object is then never freed, which leaks it;
 * a plain counter that wraps frees it under its users. Each misuse warns:
 * taking a reference to an object that has none (it may be freed already),
 * dropping one too many, and overflow.
 *
 * Ordering. Taking a reference orders nothing: who takes one has one. The
 * drop is a release, and the drop to zero also an acquire, so that all
 * users' accesses come before the destruction.
 *
 * Locking. None. Context: any.
 */
#ifndef LIB_REFCOUNT_H
#define LIB_REFCOUNT_H

#include <base/atomic.h>
#include <base/compiler.h>
#include <base/types.h>

typedef struct {
	atomic_t refs; /* (a) */
} refcount_t;

/* Half way between INT_MIN and 0: racing CPUs cannot carry it to either. */
#define REFCOUNT_SATURATED (-0x40000000)
#define REFCOUNT_INIT(n)               \
	{                              \
		.refs = ATOMIC_INIT(n) \
	}

enum refcount_misuse {
	REFCOUNT_ADD_ON_ZERO,
	REFCOUNT_OVERFLOW,
	REFCOUNT_UNDERFLOW,
};

/* Makes the count stick and warns. */
void __cold refcount_warn_saturate(refcount_t *r, enum refcount_misuse why);

static inline void refcount_set(refcount_t *r, int n)
{
	atomic_set(&r->refs, n);
}

static inline unsigned int refcount_read(const refcount_t *r)
{
	return (unsigned int)atomic_read(&r->refs);
}

/**
 * refcount_add() - take @n more references; the caller holds one.
 *
 * Context: any.
 * Locking: none.
 */
static inline void refcount_add(int n, refcount_t *r)
{
	int old = __atomic_fetch_add(&r->refs.counter, n, __ATOMIC_RELAXED);

	if (unlikely(old == 0))
		refcount_warn_saturate(r, REFCOUNT_ADD_ON_ZERO);
	else if (unlikely(old < 0 || old > INT32_MAX - n))
		refcount_warn_saturate(r, REFCOUNT_OVERFLOW);
}

static inline void refcount_inc(refcount_t *r)
{
	refcount_add(1, r);
}

/**
 * refcount_inc_not_zero() - take a reference to an object found by a search.
 *
 * Context: any.
 * Locking: none; the memory must be there (a lock of the search, or RCU).
 * Return: false if the object is being destroyed: leave it alone.
 */
static inline bool __must_check refcount_inc_not_zero(refcount_t *r)
{
	int old = atomic_read(&r->refs);

	do {
		if (!old)
			return false;
	} while (!atomic_try_cmpxchg(&r->refs, &old,
				     (int)((unsigned int)old + 1)));
	if (unlikely(old < 0 || old == INT32_MAX))
		refcount_warn_saturate(r, REFCOUNT_OVERFLOW);
	return true;
}

/**
 * refcount_sub_and_test() - drop @n references.
 *
 * Context: any.
 * Locking: none.
 * Return: whether they were the last: the caller destroys the object.
 */
static inline bool __must_check refcount_sub_and_test(int n, refcount_t *r)
{
	int old = __atomic_fetch_sub(&r->refs.counter, n, __ATOMIC_RELEASE);

	if (old == n) {
		/* Pairs with the release above on every other CPU. */
		__atomic_thread_fence(__ATOMIC_ACQUIRE);
		return true;
	}
	if (unlikely(old < 0 || old < n))
		refcount_warn_saturate(r, REFCOUNT_UNDERFLOW);
	return false;
}

static inline bool __must_check refcount_dec_and_test(refcount_t *r)
{
	return refcount_sub_and_test(1, r);
}

/* Drops a reference that cannot be the last. */
static inline void refcount_dec(refcount_t *r)
{
	int old = __atomic_fetch_sub(&r->refs.counter, 1, __ATOMIC_RELEASE);

	if (unlikely(old <= 1))
		refcount_warn_saturate(r, REFCOUNT_UNDERFLOW);
}

#endif /* LIB_REFCOUNT_H */
