/* SPDX-License-Identifier: MIT */
/*
 * kfifo.h - a ring buffer that one producer and one consumer share without
 * a lock.
 *
 *	DEFINE_KFIFO(rx, u8, 256);
 *	kfifo_put(&rx, byte);			interrupt handler
 *	while (kfifo_get(&rx, &byte)) ...	task
 *
 * The size is a power of two, fixed when the variable is defined. With more
 * than one producer, the producers lock among themselves; so do consumers.
 * The model, the invariants and the barriers are told in lib/kfifo.c.
 */
#ifndef LIB_KFIFO_H
#define LIB_KFIFO_H

#include <base/atomic.h>
#include <base/bits.h>
#include <base/compiler.h>
#include <base/types.h>

/*
 * Lock key: (p) written by the producer only, (c) by the consumer only,
 * (i) immutable after init.
 */
struct __kfifo {
	unsigned int in;    /* (p) elements ever put */
	unsigned int out;   /* (c) elements ever taken */
	unsigned int mask;  /* (i) number of places - 1 */
	unsigned int esize; /* (i) bytes of an element */
	void *data;	    /* (i) the places; (p) those that are free */
};

/* Behind the macros below; each returns how many elements. */
unsigned int __kfifo_in(struct __kfifo *f, const void *from, unsigned int n);
unsigned int __kfifo_out(struct __kfifo *f, void *to, unsigned int n);
unsigned int __kfifo_out_peek(const struct __kfifo *f, void *to,
			      unsigned int n);
unsigned int __kfifo_len(const struct __kfifo *f);

/* A kfifo variable: the ring and its places, which know the element type. */
#define DECLARE_KFIFO(name, type, size)                                   \
	struct {                                                          \
		struct __kfifo kfifo;                                     \
		type buf[size];                                           \
		_Static_assert(((size) & ((size)-1)) == 0 && (size) >= 2, \
			       "a kfifo's size is a power of two");       \
	} name
#define KFIFO_INIT(name)                                    \
	{                                                   \
		.kfifo = {                                  \
			.mask = ARRAY_SIZE((name).buf) - 1, \
			.esize = sizeof((name).buf[0]),     \
			.data = (name).buf,                 \
		},                                          \
	}
#define DEFINE_KFIFO(name, type, size) \
	DECLARE_KFIFO(name, type, size) = KFIFO_INIT(name)
#define INIT_KFIFO(name)                                        \
	do {                                                    \
		(name).kfifo.in = (name).kfifo.out = 0;         \
		(name).kfifo.mask = ARRAY_SIZE((name).buf) - 1; \
		(name).kfifo.esize = sizeof((name).buf[0]);     \
		(name).kfifo.data = (name).buf;                 \
	} while (0)

/* Producer. One element: true if there was room. */
#define kfifo_put(f, v)                                  \
	({                                               \
		__typeof__((f)->buf[0]) kfp_v = (v);     \
		__kfifo_in(&(f)->kfifo, &kfp_v, 1) == 1; \
	})
/* Producer. Up to @n elements; returns how many found room. */
#define kfifo_in(f, from, n)                                      \
	({                                                        \
		const __typeof__((f)->buf[0]) *kfi_from = (from); \
		__kfifo_in(&(f)->kfifo, kfi_from, (n));           \
	})

/* Consumer. One element; false if there was none. peek leaves it there. */
#define kfifo_get(f, to)                                  \
	({                                                \
		__typeof__((f)->buf[0]) *kfg_to = (to);   \
		__kfifo_out(&(f)->kfifo, kfg_to, 1) == 1; \
	})
#define kfifo_peek(f, to)                                      \
	({                                                     \
		__typeof__((f)->buf[0]) *kfk_to = (to);        \
		__kfifo_out_peek(&(f)->kfifo, kfk_to, 1) == 1; \
	})
/* Consumer. Up to @n elements; returns how many there were. */
#define kfifo_out(f, to, n)                             \
	({                                              \
		__typeof__((f)->buf[0]) *kfo_to = (to); \
		__kfifo_out(&(f)->kfifo, kfo_to, (n));  \
	})
/* Consumer. Forgets what is in it. */
#define kfifo_reset_out(f) \
	smp_store_release(&(f)->kfifo.out, smp_load_acquire(&(f)->kfifo.in))

/* Anybody; the other side may change the answer at once. */
#define kfifo_size(f)	  ((unsigned int)ARRAY_SIZE((f)->buf))
#define kfifo_len(f)	  __kfifo_len(&(f)->kfifo)
#define kfifo_avail(f)	  (kfifo_size(f) - kfifo_len(f))
#define kfifo_is_empty(f) (kfifo_len(f) == 0)
#define kfifo_is_full(f)  (kfifo_len(f) == kfifo_size(f))

#endif /* LIB_KFIFO_H */
