/* SPDX-License-Identifier: MIT */
/*
 * backtrace.c - who called whom, with names.
 *
 * Purpose. See <lib/backtrace.h>.
 * Model. arch_stack_walk() delivers addresses; this file names, numbers and
 *	prints them. An endless recursion fills a stack with one frame, which
 *	must not push the interesting end off the screen, so repeated frames
 *	are counted: "the last 3 frames repeat 412 times" is how that looks
 *	for functions that call each other in a ring of up to RING_MAX.
 * Invariants.
 *   I1  At most PRINT_MAX lines are printed, whatever is on the stack.
 * Locking. None. Contexts. Any.
 * Limits. Functions that the compiler inlined do not appear; file and line
 *	numbers are the business of a host program (addr2line).
 */
#include <lib/backtrace.h>

#include <arch/stacktrace.h>
#include <base/compiler.h>
#include <lib/fmt.h>
#include <lib/ksyms.h>

#define PRINT_MAX  48
#define RING_MAX   4
#define SYMBOL_MAX 96

struct printer {
	enum log_level level;
	unsigned int skip;	      /* frames of this file, still to come */
	unsigned int frames;	      /* seen */
	unsigned int printed;	      /* lines */
	unsigned long ring[RING_MAX]; /* the latest ones printed */
	unsigned int period;  /* frames in what repeats now; 0: nothing */
	unsigned int repeats; /* frames not printed because they repeat */
};

const char *backtrace_symbol(unsigned long ip, bool exact, char *buf,
			     size_t size)
{
	struct ksym sym;

	if (ksym_lookup(exact ? ip : ip - 1, &sym))
		scnprintf(buf, size, "%s+0x%lx/0x%lx", sym.name, ip - sym.addr,
			  sym.size);
	else
		scnprintf(buf, size, "?");
	return buf;
}

static void end_repeats(struct printer *p)
{
	if (p->repeats)
		printk(p->level, "      ... %u more like the last %u %s\n",
		       p->repeats, p->period,
		       p->period > 1 ? "frames in turn" : "frame");
	p->repeats = 0;
	p->period = 0;
}

/* ring[] holds the last RING_MAX frames, the newest at frames % RING_MAX. */
static unsigned long ring_back(const struct printer *p, unsigned int back)
{
	return p->ring[(p->frames - back) % RING_MAX];
}

/* Whether @ip goes on with, or starts, a repetition. */
static bool is_repeat(struct printer *p, unsigned long ip)
{
	if (p->period) {
		if (ip == ring_back(p, p->period))
			return true;
		end_repeats(p);
	}
	for (unsigned int n = 1; n <= RING_MAX && n <= p->frames; n++) {
		if (ip == ring_back(p, n)) {
			p->period = n;
			return true;
		}
	}
	return false;
}

static void print_line(struct printer *p, unsigned long ip, bool exact)
{
	char sym[SYMBOL_MAX];

	if (is_repeat(p, ip)) {
		p->repeats++;
	} else if (p->printed < PRINT_MAX) { /* I1 */
		printk(p->level, "  #%-2u 0x%016lx %s\n", p->frames, ip,
		       backtrace_symbol(ip, exact, sym, sizeof(sym)));
		p->printed++;
	}
	p->ring[p->frames % RING_MAX] = ip;
	p->frames++;
}

static bool print_frame(void *cookie, const struct stack_frame *f)
{
	struct printer *p = cookie;

	if (p->skip) {
		p->skip--;
		return true;
	}
	if (f->regs && p->frames) {
		end_repeats(p);
		if ((long)f->regs->orig_rax == -1)
			printk(p->level, "      <exception>\n");
		else
			printk(p->level, "      <interrupt, vector %lu>\n",
			       ~f->regs->orig_rax);
	}
	print_line(p, f->ip, f->exact);
	return true;
}

static void print_end(struct printer *p)
{
	end_repeats(p);
	if (p->frames == 0)
		printk(p->level, "  (no frames)\n");
	else if (p->printed == PRINT_MAX)
		printk(p->level, "      ... %u frames in all\n", p->frames);
}

void backtrace_print(enum log_level level, const struct pt_regs *regs)
{
	struct printer p = {.level = level};

	arch_stack_walk(print_frame, &p, regs);
	print_end(&p);
}

struct saver {
	struct backtrace *bt;
	unsigned int skip; /* as in struct printer */
};

static bool save_frame(void *cookie, const struct stack_frame *f)
{
	struct saver *s = cookie;
	struct backtrace *bt = s->bt;

	if (s->skip) {
		s->skip--;
		return true;
	}
	if (f->exact)
		bt->exact |= 1U << bt->nr;
	bt->ip[bt->nr++] = f->ip;
	return bt->nr < BACKTRACE_MAX;
}

void backtrace_save(struct backtrace *bt, const struct pt_regs *regs)
{
	struct saver s = {.bt = bt, .skip = !regs};

	bt->nr = 0;
	bt->exact = 0;
	arch_stack_walk(save_frame, &s, regs);
	barrier(); /* no tail call: the frame to skip is this one */
}

void backtrace_print_saved(enum log_level level, const struct backtrace *bt)
{
	struct printer p = {.level = level};

	for (unsigned int i = 0; i < bt->nr; i++)
		print_line(&p, bt->ip[i], bt->exact >> i & 1);
	print_end(&p);
}
