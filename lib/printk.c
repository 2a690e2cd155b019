/* SPDX-License-Identifier: MIT */
/*
 * printk.c - the kernel log and its way to the consoles.
 *
 * Purpose. Any code on any CPU in any context can say something; it is kept
 * in order, shown whole, and the last words before a crash are the ones that
 * certainly come out.
 *
 * Model. A message takes three steps, each under its own rule:
 *
 *	format    into this CPU's buffer (IRQs off, no lock)
 *	  |       a fault in here, as by "%s" of a bad pointer, holds nothing
 *	store     one record into the ring (log lock, a few hundred ns)
 *	  |
 *	show      the console's reader follows the ring (console lock, slow)
 *
 *	The log lock is held only to copy, so writers hardly wait. The console
 *	lock is only ever tried: who does not get it leaves its record to the
 *	holder, which looks again after letting go. It is let go after every
 *	record, so that the work moves on to another CPU that prints a lot.
 *
 * Nobody's record is forgotten. Writer W and holder H:
 *
 *	W: store record (head_seq)          H: unlock console
 *	   full barrier (a)                    full barrier (b)
 *	   try the console lock                read head_seq
 *
 *	If W finds the lock taken, its try came before H's unlock, hence by
 *	(a) and (b) its record before H's reading of head_seq, and H goes
 *	round again. If W gets the lock, it shows the record itself. Without
 *	both barriers each could read before its own store is visible: W sees
 *	a lock that is already free, H a ring without the record, and the
 *	record stays unseen until somebody prints again.
 *
 * When the reader falls behind by half the ring, a writer that may wait does
 *	wait: it holds no lock of printk, and the holder waits for nobody.
 *	Contexts that may not (NMI, nested) go on; if the ring overtakes the
 *	console then, the console says how many records it missed.
 *
 * Nesting. An NMI or a fault may come in the middle of each step. depth
 *	counts the calls this CPU is in; each has a line buffer of its own. A
 *	nested call or an NMI gives up on the log lock at once when this CPU
 *	holds it (further down, where it cannot go on), and after a bounded
 *	number of tries when another one does, which may be stopped. Its
 *	message then goes to this CPU's NMI buffer (lib/nmi_log.c), and to the
 *	log with the next printk of this CPU or at irq exit. The console lock
 *	is never waited for, so a fault in a console driver cannot hang.
 *
 * Panic. printk_panic_enter() names one CPU. From then on locks mean nothing
 *	to it (the others are stopped, perhaps with locks held: I3 of
 *	lib/logbuf.c and the hint in struct log_reader keep that sound), and
 *	the others only write to their NMI buffers, which it empties for them.
 *	The record that was being shown is shown again in full; if this CPU
 *	itself was showing it, it is skipped and the devices are cut down to
 *	the simplest one, because one of them has just failed.
 *
 * Locking. console lock, then log lock; both are innermost but for that.
 *	They are not spinlocks of <lib/spinlock.h>: those report their errors
 *	with printk, know no owner to compare oneself with (is it this CPU
 *	that I interrupted?), and a queued lock cannot be broken when a CPU in
 *	the queue has stopped. One word with the owner's number can.
 * Invariants.
 *   I1  A locked word is 1 + the number of the CPU that holds it, IRQs off.
 *   I2  con.seq moves only forward, under the console lock, and after the
 *       record has been shown.
 *   I3  No lock is held while formatting.
 * Contexts. Any.
 * Limits. One text for all consoles: each shows at the speed of the slowest.
 *       No continuation of a line by a second call.
 */
#include "printk_internal.h"

#include "logbuf.h"

#include <arch/barrier.h>
#include <arch/console.h>
#include <arch/cpu.h>
#include <base/assert.h>
#include <base/atomic.h>
#include <lib/fmt.h>
#include <lib/irqflags.h>
#include <lib/param.h>
#include <lib/percpu.h>
#include <lib/preempt.h>
#include <lib/printk.h>
#include <lib/string.h>
#include <lib/time.h>
#include <lib/trip.h>

#define LOG_RING_SIZE 65536
#define NESTING_MAX   4 /* task or interrupt, fault, NMI, fault in NMI */
#define PREFIX_MAX    48
#define NMI_TRIES     10000   /* many times the copy of one record */
#define PANIC_WAIT    1000000 /* spins: some tens of milliseconds */
#define NO_CPU	      (-1)

struct printk_lock {
	int owner; /* 0: free; else the CPU's number + 1 (I1) */
};

/* Lock key: (c) this CPU only, nested contexts included. */
struct printk_cpu {
	unsigned int depth; /* (c) calls this CPU is in */
	bool show_wanted;   /* (c) an NMI could not show what it stored */
	char line[NESTING_MAX][LOG_LINE_MAX]; /* (c) one for each depth */
	struct nmi_log nmi;		      /* see lib/nmi_log.c */
};

static DEFINE_PER_CPU(struct printk_cpu, printk_cpu);

static struct printk_lock log_lock;	/* protects ring and scratch */
static struct printk_lock console_lock; /* protects con*, the devices */

static char ring_bytes[LOG_RING_SIZE];
static struct logbuf ring = LOGBUF_INIT(ring_bytes); /* (log_lock) */
static char scratch[LOG_LINE_MAX];		     /* (log_lock) */

static struct log_reader con;	    /* (console_lock); seq read bare */
static char con_text[LOG_LINE_MAX]; /* (console_lock) */
static char con_line[LOG_LINE_MAX + PREFIX_MAX]; /* (console_lock) */
static bool con_open;	 /* (console_lock) the last line has no end yet */
static bool con_showing; /* (console_lock) in the middle of a record */
static unsigned int con_interruptions; /* (console_lock); read bare */

static int panic_cpu = NO_CPU; /* atomic */

bool (*printk_console_tap)(const char *s, size_t n);

static unsigned int console_level = LOG_DEBUG; /* set at boot */
static bool ignore_loglevel;		       /* set at boot */
PARAM_UINT("loglevel", console_level,
	   "show messages more important than this, 0 to 8", 0, 8);
PARAM_BOOL("ignore_loglevel", ignore_loglevel, "show all messages");

/*
 * True for a CPU that panics whatever the state of the lock, and then
 * printk_unlock() leaves a lock alone that was not its own.
 */
static bool printk_trylock(struct printk_lock *l)
{
	int me = (int)smp_processor_id() + 1;
	int boss = READ_ONCE(panic_cpu);

	if (unlikely(boss != NO_CPU))
		return boss == me - 1;
	return cmpxchg(&l->owner, 0, me) == 0;
}

/* A full barrier: (b) of the theory block for the console lock. */
static void printk_unlock(struct printk_lock *l)
{
	if (READ_ONCE(l->owner) == (int)smp_processor_id() + 1)
		(void)xchg(&l->owner, 0);
}

static bool printk_owned(const struct printk_lock *l)
{
	return READ_ONCE(l->owner) == (int)smp_processor_id() + 1;
}

/* May this context wait for another CPU? */
static bool may_wait(void)
{
	return !in_nmi() && this_cpu_read(printk_cpu.depth) <= 1 &&
	       READ_ONCE(panic_cpu) == NO_CPU;
}

/* Locking: on success returns with the log lock held. */
static bool log_lock_enter(void)
{
	int tries = 0;

	while (!printk_trylock(&log_lock)) {
		if (printk_owned(&log_lock))
			return false;
		if (!may_wait() && ++tries > NMI_TRIES)
			return false;
		cpu_relax();
	}
	return true;
}

/* Locking: expects the log lock. */
static void take_over(struct nmi_log *nl, u16 cpu)
{
	struct log_message m;
	unsigned int lost;

	while (nmi_log_get(nl, &m, scratch, sizeof(scratch)))
		logbuf_append(&ring, &m);
	if (!READ_ONCE(nl->lost))
		return;
	lost = xchg(&nl->lost, 0);
	m.ts_ns = sched_clock();
	m.level = LOG_WARNING;
	m.cpu = cpu;
	m.text = scratch;
	m.len = (u16)scnprintf(scratch, sizeof(scratch),
			       "printk: %u messages lost (nested or NMI)",
			       lost);
	logbuf_append(&ring, &m);
}

/*
 * Empties this CPU's NMI buffer unless it may be in use below us, and in a
 * panic everybody's.
 * Locking: expects the log lock.
 */
static void take_over_all(void)
{
	unsigned int me = smp_processor_id();
	struct nmi_log *nl = this_cpu_ptr(&printk_cpu.nmi);

	if (likely(READ_ONCE(panic_cpu) == NO_CPU)) {
		if (unlikely(nmi_log_pending(nl)) && may_wait())
			take_over(nl, (u16)me);
		return;
	}
	if (nmi_log_pending(nl))
		take_over(nl, (u16)me);
	for (unsigned int cpu = 0; cpu < NR_CPUS; cpu++) {
		if (cpu == me || !__per_cpu_offset[cpu])
			continue;
		nl = per_cpu_ptr(&printk_cpu.nmi, cpu);
		if (nmi_log_pending(nl))
			take_over(nl, (u16)cpu);
	}
}

static void store(const struct log_message *m)
{
	if (!log_lock_enter()) {
		nmi_log_put(this_cpu_ptr(&printk_cpu.nmi), m);
		return;
	}
	take_over_all();
	logbuf_append(&ring, m);
	trip(printk.store);
	printk_unlock(&log_lock); /* full barrier: (a) of the theory block */
}

/* Ends a text that did not fit so that the reader can tell. */
static size_t mark_cut(char *line)
{
	static const char mark[] = " [cut]";

	memcpy(line + LOG_LINE_MAX - sizeof(mark), mark, sizeof(mark));
	return LOG_LINE_MAX - 1;
}

/* Context: IRQs off, depth counted. */
static void log_message(enum log_level level, char *line, const char *fmt,
			va_list ap)
{
	int full = vsnprintf(line, LOG_LINE_MAX, fmt, ap); /* I3 */
	size_t len = (size_t)max(full, 0);
	struct log_message m;

	if (len >= LOG_LINE_MAX)
		len = mark_cut(line);
	else if (len && line[len - 1] == '\n')
		len--;
	m.ts_ns = sched_clock();
	m.text = line;
	m.len = (u16)len;
	m.cpu = (u16)smp_processor_id();
	m.level = (u8)level;
	store(&m);
}

/* Locking: expects the console lock. */
static void console_emit(const char *s, size_t n)
{
	if (unlikely(printk_console_tap) && printk_console_tap(s, n))
		return;
	arch_console_write(s, n);
}

/* Locking: expects the console lock. */
static void console_show(const struct log_entry *e)
{
	unsigned int off = 0;
	size_t n;

	if (con_open) {
		con_open = false;
		WRITE_ONCE(con_interruptions, con_interruptions + 1);
		console_emit("\n", 1);
	}
	if (e->lost) {
		n = (size_t)scnprintf(con_line, sizeof(con_line),
				      "[%u messages lost]\n", e->lost);
		console_emit(con_line, n);
	}
	if (e->level >= console_level && e->level < LOG_RAW && !ignore_loglevel)
		return;
	while ((n = log_format_line(e, con_text, &off, con_line,
				    sizeof(con_line))))
		console_emit(con_line, n);
}

enum show_result {
	SHOW_DONE,  /* look again */
	SHOW_BUSY,  /* another CPU has the console lock */
	SHOW_STUCK, /* the log lock cannot be had from here */
};

/*
 * Shows one record, if one is left. If none is, this still is SHOW_DONE: a
 * writer may have found the console lock taken after we found nothing, so
 * the caller has to look again after letting go.
 * Locking: expects the console lock; takes the log lock.
 */
static enum show_result console_next(void)
{
	struct log_reader next = con;
	struct log_entry e;
	bool found;

	if (!log_lock_enter())
		return SHOW_STUCK;
	take_over_all();
	found = logbuf_read(&ring, &next, &e, con_text, sizeof(con_text));
	printk_unlock(&log_lock);
	if (!found)
		return SHOW_DONE;
	con_showing = true;
	console_show(&e);
	con_showing = false;
	WRITE_ONCE(con.pos, next.pos);
	WRITE_ONCE(con.seq, next.seq); /* I2 */
	return SHOW_DONE;
}

static bool console_behind(void)
{
	/* Not !=: a writer cut in two may have left head_seq behind. */
	return READ_ONCE(con.seq) < READ_ONCE(ring.head_seq);
}

/* Half the ring is waiting to be shown: time for writers to hold on. */
static bool console_far_behind(void)
{
	return READ_ONCE(ring.head) - READ_ONCE(con.pos) > LOG_RING_SIZE / 2;
}

/* One record, with IRQs off only for that long. */
static enum show_result console_show_one(void)
{
	enum show_result ret = SHOW_BUSY;
	unsigned long flags;

	local_irq_save(flags);
	this_cpu_inc(printk_cpu.depth);
	if (printk_trylock(&console_lock)) {
		ret = console_next();
		if (ret == SHOW_STUCK)
			this_cpu_write(printk_cpu.show_wanted, true);
		printk_unlock(&console_lock);
	} else if (may_wait() && console_far_behind()) {
		cpu_relax();
		ret = SHOW_DONE; /* look again */
	}
	this_cpu_dec(printk_cpu.depth);
	local_irq_restore(flags);
	return ret;
}

/*
 * Shows what there is. SHOW_BUSY leaves the rest to the CPU that has the
 * lock; it will look at head_seq after it has let go. Preemption is off so
 * that this promise is not delayed.
 */
static void console_flush(void)
{
	if (!arch_console_ready())
		return;
	preempt_disable();
	while (console_behind() && console_show_one() == SHOW_DONE)
		;
	preempt_enable();
}

void vprintk(enum log_level level, const char *fmt, va_list ap)
{
	unsigned long flags;
	unsigned int depth;

	local_irq_save(flags);
	this_cpu_inc(printk_cpu.depth);
	depth = this_cpu_read(printk_cpu.depth);
	if (likely(depth <= NESTING_MAX))
		log_message(level, this_cpu_ptr(&printk_cpu)->line[depth - 1],
			    fmt, ap);
	else
		this_cpu_inc(printk_cpu.nmi.lost);
	this_cpu_dec(printk_cpu.depth);
	local_irq_restore(flags);
	console_flush();
}

void printk(enum log_level level, const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	vprintk(level, fmt, ap);
	va_end(ap);
}

void printk_flush_nmi(void)
{
	unsigned long flags;

	if (likely(!nmi_log_pending(this_cpu_ptr(&printk_cpu.nmi)) &&
		   !this_cpu_read(printk_cpu.show_wanted)))
		return;
	if (in_nmi() || this_cpu_read(printk_cpu.depth))
		return;
	this_cpu_write(printk_cpu.show_wanted, false);
	local_irq_save(flags);
	this_cpu_inc(printk_cpu.depth);
	if (log_lock_enter()) {
		take_over_all();
		printk_unlock(&log_lock);
	}
	this_cpu_dec(printk_cpu.depth);
	local_irq_restore(flags);
	console_flush();
}

void console_write(const char *s, size_t n)
{
	unsigned long flags;
	bool done = false;

	ASSERT(!in_nmi());
	while (n && !done && READ_ONCE(panic_cpu) == NO_CPU) {
		console_flush(); /* what was said before comes before */
		local_irq_save(flags);
		this_cpu_inc(printk_cpu.depth);
		done = printk_trylock(&console_lock);
		if (done) {
			console_emit(s, n);
			con_open = s[n - 1] != '\n';
			printk_unlock(&console_lock);
		}
		this_cpu_dec(printk_cpu.depth);
		local_irq_restore(flags);
		if (!done)
			cpu_relax();
	}
	console_flush(); /* what was left to us meanwhile */
}

unsigned int console_interruptions(void)
{
	return READ_ONCE(con_interruptions);
}

bool log_read(struct log_reader *r, struct log_entry *e, char *text,
	      size_t size)
{
	unsigned long flags;
	bool found = false;

	local_irq_save(flags);
	this_cpu_inc(printk_cpu.depth);
	if (log_lock_enter()) {
		found = logbuf_read(&ring, r, e, text, size);
		printk_unlock(&log_lock);
	}
	this_cpu_dec(printk_cpu.depth);
	local_irq_restore(flags);
	return found;
}

void log_reader_last(struct log_reader *r, u64 n)
{
	unsigned long flags;

	local_irq_save(flags);
	this_cpu_inc(printk_cpu.depth);
	if (log_lock_enter()) {
		logbuf_reader_last(&ring, r, n);
		printk_unlock(&log_lock);
	}
	this_cpu_dec(printk_cpu.depth);
	local_irq_restore(flags);
}

/* Gives the others a moment to leave; false: they did not. */
static bool panic_wait(const struct printk_lock *l)
{
	for (int i = 0; i < PANIC_WAIT; i++) {
		if (!READ_ONCE(l->owner) || printk_owned(l))
			return true;
		cpu_relax();
	}
	return false;
}

bool printk_panic_enter(void)
{
	int me = (int)smp_processor_id();
	int boss = cmpxchg(&panic_cpu, NO_CPU, me);

	if (boss != NO_CPU)
		return boss == me;
	panic_wait(&log_lock);
	if (!panic_wait(&console_lock)) {
		con_open = true; /* somebody's line broke off: end it */
	} else if (printk_owned(&console_lock)) {
		arch_console_emergency(true);
		con_open = true;
		if (con_showing)
			WRITE_ONCE(con.seq, con.seq + 1);
	}
	/* I1 again, for printk_panic_leave() and for whoever looks. */
	WRITE_ONCE(log_lock.owner, 0);
	WRITE_ONCE(console_lock.owner, 0);
	if (log_lock_enter())
		take_over_all();
	console_flush();
	return true;
}

void printk_panic_leave(void)
{
	ASSERT(READ_ONCE(panic_cpu) == (int)smp_processor_id());
	console_flush();
	arch_console_emergency(false);
	smp_store_release(&panic_cpu, NO_CPU);
}

unsigned int printk_nesting(void)
{
	return this_cpu_read(printk_cpu.depth);
}

void printk_nesting_restore(unsigned int depth)
{
	ASSERT(irqs_disabled());
	if (depth >= this_cpu_read(printk_cpu.depth))
		return;
	this_cpu_write(printk_cpu.depth, depth);
	if (depth)
		return; /* the locks may belong to a call that goes on */
	printk_unlock(&log_lock);
	printk_unlock(&console_lock);
}

bool printk_log_trylock(void)
{
	return printk_trylock(&log_lock);
}

void printk_log_unlock(void)
{
	printk_unlock(&log_lock);
}

bool printk_console_trylock(void)
{
	return printk_trylock(&console_lock);
}

void printk_console_unlock(void)
{
	printk_unlock(&console_lock);
}

u64 printk_console_seq(void)
{
	return READ_ONCE(con.seq);
}

u64 printk_head_seq(void)
{
	return READ_ONCE(ring.head_seq);
}

unsigned int printk_nmi_pending(void)
{
	const struct nmi_log *nl = this_cpu_ptr(&printk_cpu.nmi);

	return READ_ONCE(nl->head) - READ_ONCE(nl->tail);
}
