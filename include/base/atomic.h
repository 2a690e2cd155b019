/* SPDX-License-Identifier: MIT */
/*
 * atomic.h - integers and bits that several CPUs change at once.
 *
 * Ordering follows the field's rule, which is easy to remember:
 *   - atomic_read() and atomic_set() are plain single accesses, no ordering;
 *   - operations that return nothing (atomic_inc, set_bit, ...) are atomic
 *     but order nothing;
 *   - operations that return a value (xchg, *_return, *_and_test, cmpxchg,
 *     test_and_*_bit) are full barriers; cmpxchg is one also when it fails
 *     here, because a locked x86 instruction always is;
 *   - the suffixes _relaxed, _acquire and _release say less, by name.
 *
 * Built on the compiler's __atomic operations, so the file is the same for
 * every port; on x86-64 each is one locked instruction.
 */
#ifndef BASE_ATOMIC_H
#define BASE_ATOMIC_H

#include <base/bits.h>
#include <base/compiler.h>
#include <base/types.h>

typedef struct {
	int counter;
} atomic_t;

typedef struct {
	s64 counter;
} atomic64_t;

#define ATOMIC_INIT(i) \
	{              \
		(i)    \
	}
#define ATOMIC64_INIT(i) \
	{                \
		(i)      \
	}

#define ATOMIC_OPS(type, name, num)                                           \
	static inline num name##_read(const type *v)                          \
	{                                                                     \
		return __atomic_load_n(&v->counter, __ATOMIC_RELAXED);        \
	}                                                                     \
	static inline num name##_read_acquire(const type *v)                  \
	{                                                                     \
		return __atomic_load_n(&v->counter, __ATOMIC_ACQUIRE);        \
	}                                                                     \
	static inline void name##_set(type *v, num i)                         \
	{                                                                     \
		__atomic_store_n(&v->counter, i, __ATOMIC_RELAXED);           \
	}                                                                     \
	static inline void name##_set_release(type *v, num i)                 \
	{                                                                     \
		__atomic_store_n(&v->counter, i, __ATOMIC_RELEASE);           \
	}                                                                     \
	static inline void name##_add(num i, type *v)                         \
	{                                                                     \
		__atomic_fetch_add(&v->counter, i, __ATOMIC_RELAXED);         \
	}                                                                     \
	static inline void name##_sub(num i, type *v)                         \
	{                                                                     \
		__atomic_fetch_sub(&v->counter, i, __ATOMIC_RELAXED);         \
	}                                                                     \
	static inline void name##_inc(type *v)                                \
	{                                                                     \
		name##_add(1, v);                                             \
	}                                                                     \
	static inline void name##_dec(type *v)                                \
	{                                                                     \
		name##_sub(1, v);                                             \
	}                                                                     \
	static inline void name##_or(num i, type *v)                          \
	{                                                                     \
		__atomic_fetch_or(&v->counter, i, __ATOMIC_RELAXED);          \
	}                                                                     \
	static inline void name##_and(num i, type *v)                         \
	{                                                                     \
		__atomic_fetch_and(&v->counter, i, __ATOMIC_RELAXED);         \
	}                                                                     \
	static inline num name##_add_return(num i, type *v)                   \
	{                                                                     \
		return __atomic_add_fetch(&v->counter, i, __ATOMIC_SEQ_CST);  \
	}                                                                     \
	static inline num name##_sub_return(num i, type *v)                   \
	{                                                                     \
		return __atomic_sub_fetch(&v->counter, i, __ATOMIC_SEQ_CST);  \
	}                                                                     \
	static inline num name##_inc_return(type *v)                          \
	{                                                                     \
		return name##_add_return(1, v);                               \
	}                                                                     \
	static inline num name##_dec_return(type *v)                          \
	{                                                                     \
		return name##_sub_return(1, v);                               \
	}                                                                     \
	static inline num name##_fetch_add(num i, type *v)                    \
	{                                                                     \
		return __atomic_fetch_add(&v->counter, i, __ATOMIC_SEQ_CST);  \
	}                                                                     \
	static inline num name##_fetch_or(num i, type *v)                     \
	{                                                                     \
		return __atomic_fetch_or(&v->counter, i, __ATOMIC_SEQ_CST);   \
	}                                                                     \
	static inline bool name##_dec_and_test(type *v)                       \
	{                                                                     \
		return name##_sub_return(1, v) == 0;                          \
	}                                                                     \
	static inline bool name##_inc_and_test(type *v)                       \
	{                                                                     \
		return name##_add_return(1, v) == 0;                          \
	}                                                                     \
	static inline bool name##_sub_and_test(num i, type *v)                \
	{                                                                     \
		return name##_sub_return(i, v) == 0;                          \
	}                                                                     \
	static inline bool name##_add_negative(num i, type *v)                \
	{                                                                     \
		return name##_add_return(i, v) < 0;                           \
	}                                                                     \
	static inline num name##_xchg(type *v, num i)                         \
	{                                                                     \
		return __atomic_exchange_n(&v->counter, i, __ATOMIC_SEQ_CST); \
	}                                                                     \
	/* Returns the value found; it was replaced iff that equals @old. */  \
	static inline num name##_cmpxchg(type *v, num old, num new)           \
	{                                                                     \
		__atomic_compare_exchange_n(&v->counter, &old, new, false,    \
					    __ATOMIC_SEQ_CST,                 \
					    __ATOMIC_SEQ_CST);                \
		return old;                                                   \
	}                                                                     \
	/* On failure *@old receives the value found. */                      \
	static inline bool name##_try_cmpxchg(type *v, num *old, num new)     \
	{                                                                     \
		return __atomic_compare_exchange_n(&v->counter, old, new,     \
						   false, __ATOMIC_SEQ_CST,   \
						   __ATOMIC_SEQ_CST);         \
	}                                                                     \
	/* Adds @i unless the value is @u; says whether it added. */          \
	static inline bool name##_add_unless(type *v, num i, num u)           \
	{                                                                     \
		num old = name##_read(v);                                     \
                                                                              \
		do {                                                          \
			if (old == u)                                         \
				return false;                                 \
		} while (!name##_try_cmpxchg(v, &old,                         \
					     (num)((u64)old + (u64)i)));      \
		return true;                                                  \
	}                                                                     \
	static inline bool name##_inc_not_zero(type *v)                       \
	{                                                                     \
		return name##_add_unless(v, 1, 0);                            \
	}

ATOMIC_OPS(atomic_t, atomic, int)
ATOMIC_OPS(atomic64_t, atomic64, s64)

/* The same on any plain word of 1, 2, 4 or 8 bytes. */
#define xchg(ptr, v)	     __atomic_exchange_n((ptr), (v), __ATOMIC_SEQ_CST)
#define xchg_acquire(ptr, v) __atomic_exchange_n((ptr), (v), __ATOMIC_ACQUIRE)
#define cmpxchg(ptr, old, new)                                            \
	({                                                                \
		__typeof__(*(ptr)) cx_old = (old);                        \
		__atomic_compare_exchange_n((ptr), &cx_old, (new), false, \
					    __ATOMIC_SEQ_CST,             \
					    __ATOMIC_SEQ_CST);            \
		cx_old;                                                   \
	})
#define try_cmpxchg(ptr, oldp, new)                              \
	__atomic_compare_exchange_n((ptr), (oldp), (new), false, \
				    __ATOMIC_SEQ_CST, __ATOMIC_SEQ_CST)

/* A load after which later accesses stay; a store before which earlier stay. */
#define smp_load_acquire(p)	__atomic_load_n((p), __ATOMIC_ACQUIRE)
#define smp_store_release(p, v) __atomic_store_n((p), (v), __ATOMIC_RELEASE)

/* Bit @nr of the bitmap at @addr, atomically; __foo() are the plain twins. */
static inline void set_bit(unsigned int nr, unsigned long *addr)
{
	__atomic_fetch_or(&addr[nr / BITS_PER_LONG], BIT(nr % BITS_PER_LONG),
			  __ATOMIC_RELAXED);
}

static inline void clear_bit(unsigned int nr, unsigned long *addr)
{
	__atomic_fetch_and(&addr[nr / BITS_PER_LONG], ~BIT(nr % BITS_PER_LONG),
			   __ATOMIC_RELAXED);
}

static inline void change_bit(unsigned int nr, unsigned long *addr)
{
	__atomic_fetch_xor(&addr[nr / BITS_PER_LONG], BIT(nr % BITS_PER_LONG),
			   __ATOMIC_RELAXED);
}

static inline bool test_bit(unsigned int nr, const unsigned long *addr)
{
	return READ_ONCE(addr[nr / BITS_PER_LONG]) >> (nr % BITS_PER_LONG) & 1;
}

static inline bool test_and_set_bit(unsigned int nr, unsigned long *addr)
{
	unsigned long mask = BIT(nr % BITS_PER_LONG);

	return __atomic_fetch_or(&addr[nr / BITS_PER_LONG], mask,
				 __ATOMIC_SEQ_CST) &
	       mask;
}

static inline bool test_and_clear_bit(unsigned int nr, unsigned long *addr)
{
	unsigned long mask = BIT(nr % BITS_PER_LONG);

	return __atomic_fetch_and(&addr[nr / BITS_PER_LONG], ~mask,
				  __ATOMIC_SEQ_CST) &
	       mask;
}

static inline bool test_and_change_bit(unsigned int nr, unsigned long *addr)
{
	unsigned long mask = BIT(nr % BITS_PER_LONG);

	return __atomic_fetch_xor(&addr[nr / BITS_PER_LONG], mask,
				  __ATOMIC_SEQ_CST) &
	       mask;
}

static inline void __set_bit(unsigned int nr, unsigned long *addr)
{
	addr[nr / BITS_PER_LONG] |= BIT(nr % BITS_PER_LONG);
}

static inline void __clear_bit(unsigned int nr, unsigned long *addr)
{
	addr[nr / BITS_PER_LONG] &= ~BIT(nr % BITS_PER_LONG);
}

#endif /* BASE_ATOMIC_H */
