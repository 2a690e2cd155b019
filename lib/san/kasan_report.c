/* SPDX-License-Identifier: MIT */
/*
 * kasan_report.c - a bad access, in words.
 *
 * Purpose. See lib/san/kasan.c. A report must say which access, what is there
 *	and how far off it was: then the bug is usually found by reading.
 *
 * Model. The value of the shadow says what sort of memory it is, and that who
 *	knows it: of a global, what the compiler registered; of a variable on
 *	the stack, what the compiler wrote at the begin of the frame; of all
 *	other memory, the allocators (kasan_set_describe()).
 *
 *	The first line is the text of a warning, which a test may expect.
 *
 * Invariants.
 *   I1  Each report counts as a warning; it is printed once for each place.
 *   I2  A bad access on the way to a report on the same CPU is left out, so
 *       that no report ends in another.
 *   I3  Only the reporting CPU's stack is looked at, through checked bounds.
 *
 * Locking. None; the set of places is changed by atomic exchange.
 * Contexts. Any from which printk may be called, with per-CPU data set up.
 * Limits. What a report says of an object is what it is when the report is
 *	made: another CPU may have freed it since the access.
 */
#include <lib/kasan.h>

#include <arch/stacktrace.h>
#include <base/atomic.h>
#include <base/bits.h>
#include <lib/backtrace.h>
#include <lib/context.h>
#include <lib/fault.h>
#include <lib/fmt.h>
#include <lib/hash.h>
#include <lib/percpu.h>
#include <lib/preempt.h>
#include <lib/printk.h>
#include <lib/string.h>

#include "../panic_parts.h"
#include "kasan_private.h"

#define TITLE_MAX   160
#define SYMBOL_MAX  96
#define NAME_MAX    32
#define PLACES	    256 /* a power of two */
#define ROW	    16	/* bytes of shadow in a line */
#define ROWS_AROUND 2

/* What gcc and clang write into the first word of a frame with arrays. */
#define FRAME_MAGIC 0x41b58ab3UL

struct report {
	unsigned long addr, bad, ip;
	size_t size;
	bool write;
	const char *kind;
	struct kasan_object object;
	char name[NAME_MAX]; /* of a variable: object.owner points here */
};

static DEFINE_PER_CPU(unsigned int, reporting);
static unsigned long places[PLACES]; /* atomic; reported already */
static kasan_describe_fn describe_fn;

void kasan_set_describe(kasan_describe_fn fn)
{
	describe_fn = fn;
}

/* ---- what is there ------------------------------------------------------- */

/* The value that tells why @bad may not be used. */
static u8 reason(unsigned long bad)
{
	s8 *shadow = kasan_shadow((void *)bad);

	/* A granule that may be used in part: what follows it tells more. */
	if (*shadow > 0 && shadow[1] < 0)
		shadow++;
	return (u8)*shadow;
}

static const char *kind_of(u8 value)
{
	switch (value) {
	case KASAN_PAGE_FREE:
		return "page-use-after-free";
	case KASAN_PAGE_REDZONE:
		return "page-out-of-bounds";
	case KASAN_SLAB_REDZONE:
		return "slab-out-of-bounds";
	case KASAN_SLAB_FREE:
		return "slab-use-after-free";
	case KASAN_GLOBAL_REDZONE:
		return "global-out-of-bounds";
	case KASAN_VMALLOC_INVALID:
		return "vmalloc-out-of-bounds";
	case KASAN_PERCPU_INVALID:
		return "percpu-out-of-bounds";
	case KASAN_STACK_LEFT:
	case KASAN_STACK_MID:
	case KASAN_STACK_RIGHT:
		return "stack-out-of-bounds";
	case KASAN_STACK_SCOPE:
		return "stack-use-after-scope";
	default:
		return value < 0x80 ? "out-of-bounds" : "bad-access";
	}
}

static bool describe_global(struct report *r)
{
	const struct kasan_global *g = kasan_find_global(r->bad);

	if (!g)
		return false;
	r->object.what = "global";
	r->object.owner = g->name;
	r->object.start = (unsigned long)g->start;
	r->object.size = g->size;
	return true;
}

/* The begin of the frame: its left red zone, which lies below @addr. */
static const unsigned long *find_frame(unsigned long addr)
{
	unsigned long lo, hi;
	const char *name;
	s8 *shadow, *lowest;

	if (!arch_stack_bounds(addr, &lo, &hi, &name)) {
		const struct task_ctx *ctx = current_ctx();

		if (addr - ctx->stack_base >= ctx->stack_size)
			return NULL;
		lo = ctx->stack_base;
	}
	shadow = kasan_shadow((void *)addr);
	lowest = kasan_shadow((void *)lo);
	while (shadow > lowest && (u8)*shadow != KASAN_STACK_LEFT)
		shadow--;
	while (shadow > lowest && (u8)shadow[-1] == KASAN_STACK_LEFT)
		shadow--;
	addr = ((unsigned long)shadow - KASAN_SHADOW_OFFSET)
	       << KASAN_SHADOW_SHIFT;
	return addr >= lo && *(unsigned long *)addr == FRAME_MAGIC
		       ? (const unsigned long *)addr
		       : NULL;
}

static size_t number(const char **s)
{
	size_t n = 0;

	while (**s == ' ')
		(*s)++;
	for (; **s >= '0' && **s <= '9'; (*s)++)
		n = n * 10 + (size_t)(**s - '0');
	return n;
}

static size_t distance(unsigned long addr, unsigned long start, size_t size)
{
	if (addr < start)
		return start - addr;
	return addr < start + size ? 0 : addr - (start + size) + 1;
}

/*
 * The compiler's text: the number of variables, and for each its offset in
 * the frame, its size, the length of its name, and the name, which may end in
 * a colon and a line. The nearest one is what was meant.
 */
static bool describe_stack(struct report *r)
{
	const unsigned long *frame = find_frame(r->bad);
	size_t nearest = ~0UL, n;
	const char *s;

	if (!frame)
		return false;
	s = (const char *)frame[1];
	for (n = number(&s); n; n--) {
		unsigned long start = (unsigned long)frame + number(&s);
		size_t size = number(&s), length = number(&s);

		s++; /* the blank before the name */
		if (distance(r->bad, start, size) < nearest) {
			nearest = distance(r->bad, start, size);
			r->object.start = start;
			r->object.size = size;
			snprintf(r->name, sizeof(r->name), "%.*s", (int)length,
				 s);
		}
		s += length;
	}
	s = strchr(r->name, ':');
	if (s)
		r->name[s - r->name] = '\0';
	r->object.what = "local variable";
	r->object.owner = r->name;
	return nearest != ~0UL;
}

static void describe(struct report *r)
{
	u8 value = reason(r->bad);
	bool known;

	memset(&r->object, 0, sizeof(r->object));
	r->kind = r->addr + r->size - 1 < r->addr ? "wild-access"
						  : kind_of(value);
	if (value == KASAN_GLOBAL_REDZONE)
		known = describe_global(r);
	else if (value >= KASAN_STACK_LEFT && value <= KASAN_STACK_RIGHT)
		known = describe_stack(r);
	else
		known = describe_fn && describe_fn(r->bad, &r->object);
	if (!known)
		r->object.what = NULL;
}

/* ---- saying it ----------------------------------------------------------- */

static const char *plural(size_t n)
{
	return n == 1 ? "" : "s";
}

/* "3 bytes behind the 61 bytes of kmalloc-64 at 0xffff..." */
static void add_object(char *text, size_t size, const struct report *r)
{
	const struct kasan_object *o = &r->object;
	unsigned long end = o->start + o->size, off;
	const char *where = "into";

	if (r->bad < o->start) {
		off = o->start - r->bad;
		where = "before";
	} else if (r->bad >= end) {
		off = r->bad - end;
		where = "behind";
	} else {
		off = r->bad - o->start;
	}
	scnprintf(text, size, ", %lu byte%s %s the %zu byte%s of %s at 0x%lx",
		  off, plural(off), where, o->size, plural(o->size),
		  o->owner ? o->owner : o->what, o->start);
}

static void make_title(char *text, size_t size, const struct report *r)
{
	size_t n = (size_t)scnprintf(
		text, size, "kasan: %s: %s of %zu byte%s at 0x%lx", r->kind,
		r->write ? "write" : "read", r->size, plural(r->size), r->addr);

	if (r->object.what)
		add_object(text + n, size - n, r);
}

static void print_who(const char *what, unsigned long ip, unsigned int cpu,
		      u64 ns)
{
	char sym[SYMBOL_MAX];

	if (ip)
		pr_warn("  %s by %s, CPU %u, at %llu us\n", what,
			backtrace_symbol(ip, false, sym, sizeof(sym)), cpu,
			ns / 1000);
}

static void print_row(unsigned long addr, unsigned long bad)
{
	char line[ROW * 4 + 1];
	size_t n = 0;

	for (unsigned int i = 0; i < ROW; i++) {
		unsigned long at = addr + i * KASAN_GRANULE;
		bool here = at == ALIGN_DOWN(bad, KASAN_GRANULE);

		n += (size_t)scnprintf(line + n, sizeof(line) - n, "%c%02x%s",
				       here ? '[' : ' ',
				       (u8)*kasan_shadow((void *)at),
				       here ? "]" : "");
	}
	pr_warn("  0x%016lx:%s\n", addr, line);
}

static void print_shadow(unsigned long bad)
{
	unsigned long bytes = ROW * KASAN_GRANULE;
	unsigned long row = ALIGN_DOWN(bad, bytes);

	pr_warn("  shadow, one byte for 8 bytes of memory (00: all may be used, 01 to 07: so many):\n");
	for (int i = -ROWS_AROUND; i <= ROWS_AROUND; i++) {
		unsigned long at = row + (unsigned long)i * bytes;

		if (kasan_has_shadow(at)) /* else around the end */
			print_row(at, bad);
	}
}

/* The frames from @ip on: not those of the check. */
static void print_calls(unsigned long ip)
{
	struct backtrace bt;
	unsigned int from = 0;

	backtrace_save(&bt, NULL);
	for (unsigned int i = 0; i < bt.nr && !from; i++)
		if (bt.ip[i] == ip)
			from = i;
	bt.nr -= from;
	bt.exact >>= from;
	memmove(bt.ip, bt.ip + from, bt.nr * sizeof(bt.ip[0]));
	backtrace_print_saved(LOG_WARNING, &bt);
}

static void print_report(const char *title, const struct report *r)
{
	const struct kasan_object *o = &r->object;
	const struct task_ctx *ctx = current_ctx();
	char sym[SYMBOL_MAX];

	pr_warn("WARNING: %s\n", title);
	pr_warn("  by %s, CPU %u, %s, pid %d\n",
		backtrace_symbol(r->ip, false, sym, sizeof(sym)),
		raw_smp_processor_id(), ctx->comm, ctx->pid);
	if (r->bad != r->addr)
		pr_warn("  the first byte that may not be used is at 0x%lx\n",
			r->bad);
	if (o->what) {
		pr_warn("  %s%s%s of %zu bytes at 0x%lx\n", o->what,
			o->owner ? " " : "", o->owner ? o->owner : "", o->size,
			o->start);
		print_who("allocated", o->alloc_ip, o->alloc_cpu, o->alloc_ns);
		print_who("freed", o->free_ip, o->free_cpu, o->free_ns);
	}
	print_shadow(r->bad);
	print_calls(r->ip);
}

/* Whether it is the first report from there. A set that is full forgets. */
static bool first_from(unsigned long ip)
{
	return xchg(&places[hash_64(ip, ilog2(PLACES))], ip) != ip;
}

static void tell(struct report *r)
{
	char title[TITLE_MAX];

	make_title(title, sizeof(title), r);
	if (!warn_expect_handle(title) && first_from(r->ip)) /* I1 */
		print_report(title, r);
}

void kasan_report(unsigned long addr, size_t size, bool write,
		  unsigned long bad, unsigned long ip)
{
	struct report r = {.addr = addr,
			   .size = size,
			   .write = write,
			   .bad = bad,
			   .ip = ip};

	preempt_disable();
	if (this_cpu_add_return(reporting, 1) == 1) { /* I2 */
		describe(&r);
		tell(&r);
	}
	this_cpu_sub(reporting, 1);
	preempt_enable();
}
