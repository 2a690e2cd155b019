/* SPDX-License-Identifier: MIT */
/*
 * logbuf.c - a ring of log records in a fixed number of bytes.
 *
 * Purpose. Keep the newest messages, whatever their lengths, and let any
 * number of readers follow at their own speed.
 *
 * Model. Records lie one behind the other, a header and its text, and wrap
 * around the end of the buffer at any byte. A record is named by its sequence
 * number; new ones push out the oldest.
 *
 *	   tail                        head
 *	    v                           v
 *	....[hdr|text..][hdr|text][hdr|t]..........
 *	     seq 7       seq 8     seq 9   (then seq 10)
 *
 *	A reader is a sequence number and a guess where that record starts.
 *	The guess is believed only if a header with that number is found there;
 *	otherwise the reader walks from the tail. So a reader torn in the
 *	middle of an update (its CPU was stopped for ever) is still good.
 *
 * Invariants.
 *   I1  Records tail_seq ... head_seq - 1 are complete and in order.
 *   I2  head - tail <= size.
 *   I3  I1 holds after every single store of an append, so a ring whose
 *       writer was stopped half way can be read and appended to: the index
 *       lives twice, the idle copy is written and then made current by one
 *       store; the tail moves before its bytes are reused, the head after the
 *       new bytes are written.
 * Locking. The caller's, for every function here.
 * Contexts. Any. Nothing here blocks, allocates or prints.
 * Limits. A reader that walks costs O(records). No per-subsystem filters and
 *       no structured fields beside the text.
 */
#include "logbuf.h"

#include <arch/barrier.h>
#include <base/assert.h>
#include <base/bits.h>
#include <lib/fmt.h>
#include <lib/string.h>

struct log_header {
	u64 seq;
	u64 ts_ns;
	u16 len;
	u16 cpu;
	u8 level;
};

static void ring_put(struct logbuf *lb, u64 pos, const void *src, size_t n)
{
	size_t off = pos & (lb->size - 1);
	size_t first = min(n, lb->size - off);

	memcpy(lb->data + off, src, first);
	memcpy(lb->data, (const char *)src + first, n - first);
}

static void ring_get(const struct logbuf *lb, u64 pos, void *dst, size_t n)
{
	size_t off = pos & (lb->size - 1);
	size_t first = min(n, lb->size - off);

	memcpy(dst, lb->data + off, first);
	memcpy((char *)dst + first, lb->data, n - first);
}

u32 logbuf_record_size(u16 len)
{
	return ALIGN((u32)sizeof(struct log_header) + len, 8);
}

/* I3: fill the idle copy, then switch to it. */
static void index_publish(struct logbuf *lb, const struct logbuf_index *idx)
{
	u32 idle = lb->cur ^ 1;

	lb->idx[idle] = *idx;
	smp_wmb(); /* pairs with the stop of this CPU: see I3 */
	WRITE_ONCE(lb->cur, idle);
}

/**
 * logbuf_append() - add one record, pushing out the oldest for want of room.
 */
void logbuf_append(struct logbuf *lb, const struct log_message *m)
{
	struct logbuf_index idx = lb->idx[lb->cur];
	u32 need = logbuf_record_size(m->len);
	struct log_header h;

	ASSERT(need <= lb->size);
	while (idx.head + need - idx.tail > lb->size) { /* I2 */
		ring_get(lb, idx.tail, &h, sizeof(h));
		ASSERT(h.seq == idx.tail_seq); /* I1 */
		idx.tail += logbuf_record_size(h.len);
		idx.tail_seq++;
	}
	index_publish(lb, &idx);

	smp_wmb(); /* I3: the old record is gone before it is overwritten */
	memset(&h, 0, sizeof(h));
	h.seq = idx.head_seq;
	h.ts_ns = m->ts_ns;
	h.len = m->len;
	h.cpu = m->cpu;
	h.level = m->level;
	ring_put(lb, idx.head, &h, sizeof(h));
	ring_put(lb, idx.head + sizeof(h), m->text, m->len);

	idx.head += need;
	idx.head_seq++;
	smp_wmb(); /* I3: complete before it is in the index */
	index_publish(lb, &idx);
	WRITE_ONCE(lb->head, idx.head);
	WRITE_ONCE(lb->head_seq, idx.head_seq);
}

/* Where the record @r wants starts; @r is inside the ring. */
static u64 reader_locate(const struct logbuf *lb, const struct log_reader *r,
			 const struct logbuf_index *idx)
{
	u64 pos = r->pos;
	struct log_header h;

	if (pos >= idx->tail && pos < idx->head && IS_ALIGNED(pos, 8)) {
		ring_get(lb, pos, &h, sizeof(h));
		if (h.seq == r->seq)
			return pos;
	}
	pos = idx->tail;
	for (u64 seq = idx->tail_seq; seq != r->seq; seq++) {
		ring_get(lb, pos, &h, sizeof(h));
		ASSERT(h.seq == seq); /* I1 */
		pos += logbuf_record_size(h.len);
	}
	return pos;
}

/**
 * logbuf_read() - the next record for a reader, see log_read().
 */
bool logbuf_read(const struct logbuf *lb, struct log_reader *r,
		 struct log_entry *e, char *text, size_t size)
{
	const struct logbuf_index *idx = &lb->idx[lb->cur];
	struct log_header h;
	u64 pos;

	e->lost = 0;
	if (r->seq < idx->tail_seq) {
		e->lost = (u32)(idx->tail_seq - r->seq);
		r->seq = idx->tail_seq;
	}
	if (r->seq >= idx->head_seq)
		return false;
	pos = reader_locate(lb, r, idx);
	ring_get(lb, pos, &h, sizeof(h));
	e->seq = h.seq;
	e->ts_ns = h.ts_ns;
	e->cpu = h.cpu;
	e->level = h.level;
	e->len = (u16)min((size_t)h.len, size - 1);
	ring_get(lb, pos + sizeof(h), text, e->len);
	text[e->len] = '\0';
	r->seq++;
	r->pos = pos + logbuf_record_size(h.len);
	return true;
}

/**
 * logbuf_reader_last() - stand before the newest @n records.
 */
void logbuf_reader_last(const struct logbuf *lb, struct log_reader *r, u64 n)
{
	const struct logbuf_index *idx = &lb->idx[lb->cur];

	r->seq = idx->head_seq - min(n, idx->head_seq - idx->tail_seq);
	r->pos = 0;
}

/* "[    1.234567] 3: ", or as many spaces on the later lines of a record. */
static size_t format_prefix(const struct log_entry *e, bool first, char *out,
			    size_t size)
{
	u64 us = e->ts_ns / 1000;
	size_t n;

	if (e->level == LOG_RAW)
		return 0;
	n = (size_t)scnprintf(out, size, "[%5llu.%06llu] %u: ", us / 1000000,
			      us % 1000000, e->cpu);
	if (!first)
		memset(out, ' ', n);
	return n;
}

size_t log_format_line(const struct log_entry *e, const char *text,
		       unsigned int *off, char *out, size_t size)
{
	const char *line = text + *off;
	size_t left, len, n;
	const char *end;

	if (*off > e->len) /* beyond the end of the last line */
		return 0;
	left = e->len - *off;
	end = memchr(line, '\n', left);
	len = end ? (size_t)(end - line) : left;
	/* Room for the newline and the terminator. */
	n = format_prefix(e, *off == 0, out, size - 1);
	*off += (unsigned int)len + 1;
	len = min(len, size - 2 - n);
	memcpy(out + n, line, len);
	n += len;
	out[n++] = '\n';
	out[n] = '\0';
	return n;
}
