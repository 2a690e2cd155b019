/* SPDX-License-Identifier: MIT */
/*
 * nmi_log.c - where a CPU leaves messages when it cannot have the log lock.
 *
 * Purpose. An NMI, or a fault in the middle of printk, may have interrupted
 * the very code that holds the log lock on this CPU; waiting would be for
 * ever. Such a context leaves its message in this small ring of its CPU.
 *
 * Model. One ring per CPU. Writers are contexts of that one CPU, each
 * interrupting the one before, so they end in reverse order of their start.
 * There is one reader at a time: the CPU itself when it is back outside
 * printk, or the panicking CPU when this one prints no more by itself.
 *
 *	   tail        head      reserved
 *	    v           v           v
 *	....[rec][rec][rec][nested..]......
 *	    readable       being written
 *
 *	A writer moves "reserved" first, so that whoever interrupts it writes
 *	behind it. The outermost writer moves "head" when it is done: everyone
 *	who interrupted it has finished by then.
 *
 * Invariants.
 *   I1  Bytes from tail to head are complete records.
 *   I2  reserved - tail <= NMI_LOG_SIZE; a message without room is counted
 *       in lost, the older ones stay.
 *   I3  Only the reader moves tail; only writers move head and reserved.
 * Locking. None; a writer never waits.
 * Limits. A CPU stopped for good inside a writer hides that message and those
 *       that interrupted it.
 */
#include "logbuf.h"

#include <base/atomic.h>
#include <base/bits.h>
#include <lib/string.h>

struct nmi_header {
	u64 ts_ns;
	u16 len;
	u16 cpu;
	u8 level;
};

static void nmi_copy_in(struct nmi_log *nl, u32 pos, const void *src, u32 n)
{
	u32 off = pos & (NMI_LOG_SIZE - 1);
	u32 first = min(n, NMI_LOG_SIZE - off);

	memcpy(nl->data + off, src, first);
	memcpy(nl->data, (const char *)src + first, n - first);
}

static void nmi_copy_out(const struct nmi_log *nl, u32 pos, void *dst, u32 n)
{
	u32 off = pos & (NMI_LOG_SIZE - 1);
	u32 first = min(n, NMI_LOG_SIZE - off);

	memcpy(dst, nl->data + off, first);
	memcpy((char *)dst + first, nl->data, n - first);
}

static u32 nmi_record_size(u16 len)
{
	return ALIGN((u32)sizeof(struct nmi_header) + len, 8);
}

/* Space behind everyone this context interrupted; false: none left. */
static bool nmi_reserve(struct nmi_log *nl, u32 need, u32 *pos)
{
	u32 old = READ_ONCE(nl->reserved);

	do {
		/* pairs with the release of tail in nmi_log_get() */
		if (old + need - smp_load_acquire(&nl->tail) > NMI_LOG_SIZE)
			return false; /* I2 */
	} while (!try_cmpxchg(&nl->reserved, &old, old + need));
	*pos = old;
	return true;
}

/*
 * Ends a writer; the outermost one publishes. A context that interrupts it
 * between the decrement and the store of head publishes by itself, and the
 * store would take that back: hence the second look.
 */
static void nmi_finish(struct nmi_log *nl)
{
	u32 end;

	if (__atomic_sub_fetch(&nl->writers, 1, __ATOMIC_SEQ_CST))
		return;
	do {
		end = READ_ONCE(nl->reserved);
		/* pairs with the acquire in nmi_log_get() */
		smp_store_release(&nl->head, end);
	} while (end != READ_ONCE(nl->reserved));
}

/**
 * nmi_log_put() - leave a message.
 *
 * Context: any, on the CPU that owns @nl; not reentered by its reader.
 * Return: false when there was no room.
 */
bool nmi_log_put(struct nmi_log *nl, const struct log_message *m)
{
	struct nmi_header h = {.ts_ns = m->ts_ns,
			       .len = m->len,
			       .cpu = m->cpu,
			       .level = m->level};
	bool fits;
	u32 pos;

	__atomic_fetch_add(&nl->writers, 1, __ATOMIC_SEQ_CST);
	fits = nmi_reserve(nl, nmi_record_size(m->len), &pos);
	if (fits) {
		nmi_copy_in(nl, pos, &h, sizeof(h));
		nmi_copy_in(nl, pos + sizeof(h), m->text, m->len);
	} else {
		__atomic_fetch_add(&nl->lost, 1, __ATOMIC_RELAXED);
	}
	nmi_finish(nl);
	return fits;
}

/**
 * nmi_log_get() - take the oldest message out.
 * @m: receives it; @m->text points to @text, of @size bytes.
 *
 * Context: the one reader.
 * Return: false when there is none.
 */
bool nmi_log_get(struct nmi_log *nl, struct log_message *m, char *text,
		 size_t size)
{
	u32 tail = nl->tail;
	struct nmi_header h;

	/* pairs with the release in nmi_finish() */
	if (tail == smp_load_acquire(&nl->head))
		return false;
	nmi_copy_out(nl, tail, &h, sizeof(h));
	m->ts_ns = h.ts_ns;
	m->level = h.level;
	m->cpu = h.cpu;
	m->len = (u16)min((size_t)h.len, size - 1);
	m->text = text;
	nmi_copy_out(nl, tail + sizeof(h), text, m->len);
	text[m->len] = '\0';
	/* pairs with the acquire in nmi_reserve(): the bytes are read */
	smp_store_release(&nl->tail, tail + nmi_record_size(h.len));
	return true;
}
