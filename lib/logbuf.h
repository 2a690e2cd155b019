/* SPDX-License-Identifier: MIT */
/*
 * logbuf.h - a ring of log records, and the small ring that an NMI fills.
 *
 * Both are told in the theory blocks of lib/logbuf.c and lib/nmi_log.c.
 */
#ifndef LOGBUF_H
#define LOGBUF_H

#include <base/types.h>
#include <lib/printk.h>

/* Positions count bytes since boot; a byte is at position modulo size. */
struct logbuf_index {
	u64 head_seq, head; /* of the record to come */
	u64 tail_seq, tail; /* of the oldest record */
};

/*
 * Lock key: (i) immutable after init; (l) the caller's lock; (a) written
 * under the lock, read without it.
 */
struct logbuf {
	char *data;		    /* (l) */
	u32 size;		    /* (i) a power of two */
	u32 cur;		    /* (l) which index is valid */
	struct logbuf_index idx[2]; /* (l) */
	u64 head_seq;		    /* (a) idx[cur].head_seq */
	u64 head;		    /* (a) idx[cur].head */
};

#define LOGBUF_INIT(buf)                           \
	{                                          \
		.data = (buf), .size = sizeof(buf) \
	}

/* One message on its way into a ring. */
struct log_message {
	u64 ts_ns;
	const char *text;
	u16 len;
	u16 cpu;
	u8 level;
};

/* Bytes that a record with @len bytes of text takes up. */
u32 logbuf_record_size(u16 len);
void logbuf_append(struct logbuf *lb, const struct log_message *m);
bool logbuf_read(const struct logbuf *lb, struct log_reader *r,
		 struct log_entry *e, char *text, size_t size);
void logbuf_reader_last(const struct logbuf *lb, struct log_reader *r, u64 n);

#define NMI_LOG_SIZE 8192U

/* Lock key: (w) contexts of the owning CPU, nested; (r) the one reader. */
struct nmi_log {
	u32 reserved; /* (w) end of the space handed out */
	u32 head;     /* (w) end of what the reader may read */
	u32 tail;     /* (r) start of it */
	u32 writers;  /* (w) how many are at it, one interrupting the other */
	u32 lost;     /* (w) messages without room; the reader takes it to 0 */
	char data[NMI_LOG_SIZE];
};

bool nmi_log_put(struct nmi_log *nl, const struct log_message *m);
bool nmi_log_get(struct nmi_log *nl, struct log_message *m, char *text,
		 size_t size);

/* Whether nmi_log_get() would find one, or messages were lost. */
static inline bool nmi_log_pending(const struct nmi_log *nl)
{
	return READ_ONCE(nl->head) != READ_ONCE(nl->tail) ||
	       READ_ONCE(nl->lost);
}

#endif /* LOGBUF_H */
