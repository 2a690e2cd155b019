/* SPDX-License-Identifier: MIT */
/*
 * test_logbuf.c - the ring of log records, its readers and the line format;
 * the ring that an NMI fills.
 */
#include "lib/logbuf.h"

#include <lib/fmt.h>
#include <lib/random.h>
#include <lib/selftest.h>
#include <lib/string.h>

#define RING  256U
#define SMALL 32U /* bytes of a record with one to eight bytes of text */

static char ring_bytes[RING];
static struct logbuf ring;
static struct nmi_log nmi;

static void ring_reset(void)
{
	static const struct logbuf empty = LOGBUF_INIT(ring_bytes);

	memset(ring_bytes, 0xee, sizeof(ring_bytes));
	ring = empty;
}

static struct log_message message(const char *text, unsigned int n)
{
	return (struct log_message){.ts_ns = 1000ULL * n,
				    .text = text,
				    .len = (u16)strlen(text),
				    .cpu = (u16)(n % 7),
				    .level = (u8)(n % 8)};
}

/* Appends records "r<first>" ... of SMALL bytes each. */
static void append_numbered(unsigned int first, unsigned int nr)
{
	struct log_message m;
	char text[16];

	for (unsigned int i = first; i < first + nr; i++) {
		scnprintf(text, sizeof(text), "r%u", i);
		m = message(text, i);
		logbuf_append(&ring, &m);
	}
}

/* Reads one record and says whether it is "r<n>" in all its parts. */
static bool read_numbered(struct log_reader *r, unsigned int n, u32 lost)
{
	char text[64], want[16];
	struct log_entry e;

	scnprintf(want, sizeof(want), "r%u", n);
	if (!EXPECT_TRUE(logbuf_read(&ring, r, &e, text, sizeof(text))))
		return false;
	EXPECT_EQ(e.seq, n);
	EXPECT_EQ(e.ts_ns, 1000ULL * n);
	EXPECT_EQ(e.cpu, n % 7);
	EXPECT_EQ(e.level, n % 8);
	EXPECT_EQ(e.len, strlen(want));
	EXPECT_EQ(e.lost, lost);
	return EXPECT_STREQ(text, want);
}

static bool at_end(struct log_reader *r)
{
	struct log_entry e;
	char text[8];

	return !logbuf_read(&ring, r, &e, text, sizeof(text));
}

SELFTEST(lib, logbuf, append_read, "", unit)
{
	struct log_reader r = {0};

	ring_reset();
	EXPECT_TRUE(at_end(&r));
	append_numbered(0, 3);
	for (unsigned int i = 0; i < 3; i++)
		read_numbered(&r, i, 0);
	EXPECT_TRUE(at_end(&r));
	append_numbered(3, 1);
	read_numbered(&r, 3, 0);
	EXPECT_EQ(ring.head_seq, 4ULL);
	EXPECT_EQ(ring.head, 4ULL * SMALL);
}

/* Eight records fit to the byte; the ninth pushes out exactly one. */
SELFTEST(lib, logbuf, overwrite_oldest, "", unit)
{
	struct log_reader r = {0}, again = {0};

	ring_reset();
	EXPECT_EQ(logbuf_record_size(8), SMALL);
	EXPECT_EQ(logbuf_record_size(9), SMALL + 8);
	append_numbered(0, RING / SMALL);
	read_numbered(&r, 0, 0);
	append_numbered(8, 1);
	read_numbered(&r, 1, 0);
	read_numbered(&again, 1, 1);
	append_numbered(9, 11); /* 12 ... 19 are left */
	read_numbered(&r, 12, 10);
	for (unsigned int i = 13; i < 20; i++)
		read_numbered(&r, i, 0);
	EXPECT_TRUE(at_end(&r));
}

/* Every place where header and text can wrap, against the text expected. */
SELFTEST(lib, logbuf, wrap_any_byte, "", unit)
{
	struct log_reader r = {0};
	struct log_message m;
	struct log_entry e;
	char text[64], got[64];
	struct rnd_state rnd;
	unsigned int bad = 0;

	prandom_seed_state(&rnd, selftest_seed());
	ring_reset();
	for (unsigned int i = 0; i < 2000; i++) {
		size_t len = prandom_u32_below(&rnd, 60);

		for (size_t k = 0; k < len; k++)
			text[k] = (char)('a' + (i + k) % 26);
		text[len] = '\0';
		m = message(text, i);
		logbuf_append(&ring, &m);
		if (!logbuf_read(&ring, &r, &e, got, sizeof(got)) ||
		    e.seq != i || e.len != len || e.lost ||
		    strcmp(got, text) != 0)
			bad++;
	}
	EXPECT_EQ(bad, 0U);
	EXPECT_EQ(r.seq, 2000ULL);
	EXPECT_EQ(r.pos, ring.head);
}

/* A record as large as the ring leaves only itself. */
SELFTEST(lib, logbuf, record_fills_ring, "", unit)
{
	struct log_reader r = {0};
	struct log_entry e;
	struct log_message m;
	char text[RING], got[RING];

	ring_reset();
	append_numbered(0, 5);
	memset(text, 'x', sizeof(text));
	text[RING - 24] = '\0';
	m = message(text, 5);
	EXPECT_EQ(logbuf_record_size(m.len), RING);
	logbuf_append(&ring, &m);
	REQUIRE_TRUE(logbuf_read(&ring, &r, &e, got, sizeof(got)));
	EXPECT_EQ(e.lost, 5U);
	EXPECT_EQ(e.seq, 5ULL);
	EXPECT_STREQ(got, text);
}

/* The place in a reader is a guess: wrong ones do no harm. */
SELFTEST(lib, logbuf, torn_reader, "", unit)
{
	static const u64 wrong[] = {
		0, 1, 8, 3 * SMALL, 5 * SMALL, 5 * SMALL + 8, 12 * SMALL, ~0ULL,
	};

	ring_reset();
	append_numbered(0, 11); /* 3 ... 10 are there */
	for (unsigned int i = 0; i < ARRAY_SIZE(wrong); i++) {
		struct log_reader r = {.seq = 6, .pos = wrong[i]};

		read_numbered(&r, 6, 0);
		EXPECT_EQ(r.pos, 7ULL * SMALL);
		read_numbered(&r, 7, 0);
	}
}

/*
 * I3: the writer was stopped after the tail had moved, with half of the new
 * bytes in place and the idle index half written.
 */
SELFTEST(lib, logbuf, stopped_writer, "", unit)
{
	struct log_reader r = {0};
	struct logbuf_index *idle;

	ring_reset();
	append_numbered(0, 8);
	idle = &ring.idx[ring.cur ^ 1];
	*idle = ring.idx[ring.cur];
	idle->tail += SMALL;
	idle->tail_seq++;
	ring.cur ^= 1;
	memset(ring_bytes, 0x5a, SMALL / 2); /* over what was record 0 */
	idle = &ring.idx[ring.cur ^ 1];
	idle->head_seq = ~0ULL;
	idle->tail = 12345;

	read_numbered(&r, 1, 1);
	append_numbered(8, 2);
	for (unsigned int i = 2; i < 10; i++)
		read_numbered(&r, i, 0);
	EXPECT_TRUE(at_end(&r));
}

SELFTEST(lib, logbuf, reader_last, "", unit)
{
	struct log_reader r;

	ring_reset();
	logbuf_reader_last(&ring, &r, 3);
	EXPECT_TRUE(at_end(&r));
	append_numbered(0, 10); /* 2 ... 9 are there */
	logbuf_reader_last(&ring, &r, 3);
	read_numbered(&r, 7, 0);
	logbuf_reader_last(&ring, &r, 100);
	read_numbered(&r, 2, 0);
	logbuf_reader_last(&ring, &r, 0);
	EXPECT_TRUE(at_end(&r));
	append_numbered(10, 1);
	read_numbered(&r, 10, 0);
}

/* A reader with a small buffer gets the beginning, and the next in full. */
SELFTEST(lib, logbuf, read_small_buffer, "", unit)
{
	struct log_message m = message("0123456789", 0);
	struct log_reader r = {0};
	struct log_entry e;
	char text[5];

	ring_reset();
	logbuf_append(&ring, &m);
	append_numbered(1, 1);
	REQUIRE_TRUE(logbuf_read(&ring, &r, &e, text, sizeof(text)));
	EXPECT_EQ(e.len, 4);
	EXPECT_STREQ(text, "0123");
	read_numbered(&r, 1, 0);
}

/* All lines of a record, joined. */
static const char *format_all(u64 ts_ns, u16 cpu, u8 level, const char *text,
			      size_t size)
{
	static char all[512];
	struct log_entry e = {.ts_ns = ts_ns,
			      .cpu = cpu,
			      .level = level,
			      .len = (u16)strlen(text)};
	unsigned int off = 0;
	size_t len = 0, n;
	char line[128];

	all[0] = '\0';
	while ((n = log_format_line(&e, text, &off, line, size))) {
		EXPECT_EQ(n, strlen(line));
		EXPECT_LT(n, size);
		len += (size_t)scnprintf(all + len, sizeof(all) - len, "%s",
					 line);
	}
	return all;
}

SELFTEST(lib, logbuf, format_prefix, "", unit)
{
	EXPECT_STREQ(format_all(123456789, 2, LOG_INFO, "text", 128),
		     "[    0.123456] 2: text\n");
	EXPECT_STREQ(format_all(0, 0, LOG_EMERG, "", 128),
		     "[    0.000000] 0: \n");
	EXPECT_STREQ(format_all(98765000001999ULL, 255, LOG_DEBUG, "x", 128),
		     "[98765.000001] 255: x\n");
	EXPECT_STREQ(format_all(123456000000000ULL, 1, LOG_ERR, "x", 128),
		     "[123456.000000] 1: x\n");
}

SELFTEST(lib, logbuf, format_lines, "", unit)
{
	EXPECT_STREQ(format_all(1000000, 3, LOG_INFO, "one\ntwo\n\nfour", 128),
		     "[    0.001000] 3: one\n"
		     "                  two\n"
		     "                  \n"
		     "                  four\n");
	EXPECT_STREQ(format_all(1000000, 3, LOG_RAW, "ok 1\n# two", 128),
		     "ok 1\n# two\n");
	EXPECT_STREQ(format_all(1000000, 3, LOG_RAW, "", 128), "\n");
}

SELFTEST(lib, logbuf, format_cut, "", unit)
{
	/* 18 of prefix, 3 of text, newline, terminator */
	EXPECT_STREQ(format_all(0, 0, LOG_INFO, "abcdef\nghijkl", 23),
		     "[    0.000000] 0: abc\n"
		     "                  ghi\n");
	EXPECT_STREQ(format_all(0, 0, LOG_RAW, "abcdef", 4), "ab\n");
	EXPECT_STREQ(format_all(0, 0, LOG_RAW, "abcdef", 2), "\n");
}

static bool nmi_expect(const char *want, unsigned int n)
{
	struct log_message m;
	char text[64];

	if (!EXPECT_TRUE(nmi_log_get(&nmi, &m, text, sizeof(text))))
		return false;
	EXPECT_EQ(m.ts_ns, 1000ULL * n);
	EXPECT_EQ(m.level, n % 8);
	EXPECT_EQ(m.cpu, n % 7);
	EXPECT_EQ(m.len, strlen(want));
	return EXPECT_STREQ(m.text, want);
}

static bool nmi_put(const char *text, unsigned int n)
{
	struct log_message m = message(text, n);

	return nmi_log_put(&nmi, &m);
}

static bool nmi_empty(void)
{
	struct log_message m;
	char text[8];

	return !nmi_log_get(&nmi, &m, text, sizeof(text));
}

SELFTEST(lib, nmi_log, put_get, "", unit)
{
	memset(&nmi, 0, sizeof(nmi));
	EXPECT_TRUE(nmi_empty());
	EXPECT_FALSE(nmi_log_pending(&nmi));
	EXPECT_TRUE(nmi_put("one", 1));
	EXPECT_TRUE(nmi_put("", 2));
	EXPECT_TRUE(nmi_log_pending(&nmi));
	nmi_expect("one", 1);
	nmi_expect("", 2);
	EXPECT_TRUE(nmi_empty());
}

/* Full: the older ones stay, the newer ones are counted. */
SELFTEST(lib, nmi_log, overflow, "", unit)
{
	unsigned int n = 0;

	memset(&nmi, 0, sizeof(nmi));
	while (nmi_put("eight...", n))
		n++;
	EXPECT_EQ(n, NMI_LOG_SIZE / 24); /* 16 of header, 8 of text */
	EXPECT_FALSE(nmi_put("eight...", 0));
	EXPECT_EQ(nmi.lost, 2U);
	nmi_expect("eight...", 0);
	EXPECT_TRUE(nmi_put("again...", n));
	for (unsigned int i = 1; i < n; i++)
		nmi_expect("eight...", i);
	nmi_expect("again...", n);
	EXPECT_TRUE(nmi_empty());
}

SELFTEST(lib, nmi_log, wrap, "", unit)
{
	char text[64];

	memset(&nmi, 0, sizeof(nmi));
	for (unsigned int i = 0; i < 2000; i++) {
		scnprintf(text, sizeof(text), "%.*s%u", (int)(i % 41),
			  "the quick brown fox jumps over the lazy dog", i);
		nmi_put(text, i);
		if (!nmi_expect(text, i))
			return;
	}
	EXPECT_GT(nmi.tail, 5 * NMI_LOG_SIZE);
}

/* Who interrupts a writer is seen only when that one is done, behind it. */
SELFTEST(lib, nmi_log, nested_writer, "", unit)
{
	struct log_message outer = message("outer...", 1);
	struct nmi_log saved;

	memset(&nmi, 0, sizeof(nmi));
	/* The outer writer has reserved and written, but not published. */
	nmi_log_put(&nmi, &outer);
	saved = nmi;
	nmi.head = 0;
	nmi.writers = 1;
	EXPECT_TRUE(nmi_put("inner", 2));
	EXPECT_TRUE(nmi_empty());
	EXPECT_EQ(nmi.writers, 1U);
	EXPECT_EQ(nmi.reserved, saved.reserved + 24);
	/* The outer one ends, as another one does. */
	nmi.writers = 0;
	EXPECT_TRUE(nmi_put("later", 3));
	nmi_expect("outer...", 1);
	nmi_expect("inner", 2);
	nmi_expect("later", 3);
	EXPECT_TRUE(nmi_empty());
}
