/* SPDX-License-Identifier: MIT */
/*
 * kfifo.c - one producer, one consumer, no lock.
 *
 * Purpose. From an interrupt handler to a task, or from one CPU to another,
 *	where neither side may wait for the other.
 * Model. Two counters run freely and wrap at 2^32; a counter's low bits name
 *	a place. Each counter has one writer.
 *
 *	     out            in
 *	      v              v
 *	| . | x | x | x | x | . | . | . |	in - out elements
 *
 *	The producer fills places and then publishes them by storing in; the
 *	consumer empties places and then gives them back by storing out.
 *
 *	  B1  in:  store-release by the producer, load-acquire by the
 *	      consumer: who sees the new in also sees the elements.
 *	  B2  out: store-release by the consumer, load-acquire by the
 *	      producer: who sees the new out may overwrite; the consumer has
 *	      read the places before.
 * Invariants.
 *	I1  0 <= in - out <= number of places, in wrapping arithmetic.
 *	I2  Only the producer writes in, only the consumer writes out.
 * Locking. None: I2, B1, B2. Contexts. Any, NMI included.
 * Limits. Both counters share a cache line, which travels between two CPUs.
 */
#include <base/assert.h>
#include <base/atomic.h>
#include <base/bits.h>
#include <base/types.h>
#include <lib/kfifo.h>
#include <lib/string.h>

/* The places run on from the end to the start: at most two pieces. */
static void copy_in(struct __kfifo *f, unsigned int at, const u8 *from,
		    unsigned int n)
{
	unsigned int place = at & f->mask;
	unsigned int first = min(n, f->mask + 1 - place);
	size_t bytes = (size_t)first * f->esize;

	memcpy((u8 *)f->data + (size_t)place * f->esize, from, bytes);
	memcpy(f->data, from + bytes, (size_t)(n - first) * f->esize);
}

static void copy_out(const struct __kfifo *f, unsigned int at, u8 *to,
		     unsigned int n)
{
	unsigned int place = at & f->mask;
	unsigned int first = min(n, f->mask + 1 - place);
	size_t bytes = (size_t)first * f->esize;

	memcpy(to, (const u8 *)f->data + (size_t)place * f->esize, bytes);
	memcpy(to + bytes, f->data, (size_t)(n - first) * f->esize);
}

unsigned int __kfifo_in(struct __kfifo *f, const void *from, unsigned int n)
{
	unsigned int in = f->in;		      /* own: I2 */
	unsigned int out = smp_load_acquire(&f->out); /* B2 */

	ASSERT(in - out <= f->mask + 1); /* I1 */
	n = min(n, f->mask + 1 - (in - out));
	copy_in(f, in, from, n);
	smp_store_release(&f->in, in + n); /* B1 */
	return n;
}

unsigned int __kfifo_out_peek(const struct __kfifo *f, void *to, unsigned int n)
{
	unsigned int out = f->out;		    /* own: I2 */
	unsigned int in = smp_load_acquire(&f->in); /* B1 */

	ASSERT(in - out <= f->mask + 1); /* I1 */
	n = min(n, in - out);
	copy_out(f, out, to, n);
	return n;
}

unsigned int __kfifo_out(struct __kfifo *f, void *to, unsigned int n)
{
	n = __kfifo_out_peek(f, to, n);
	smp_store_release(&f->out, f->out + n); /* B2 */
	return n;
}

/* out first: then in - out may be too large, which is cut, never negative. */
unsigned int __kfifo_len(const struct __kfifo *f)
{
	unsigned int out = smp_load_acquire(&f->out);
	unsigned int in = smp_load_acquire(&f->in);

	return min(in - out, f->mask + 1);
}
