/* SPDX-License-Identifier: MIT */
/*
 * debug/memleak_scan.c - what can be reached, and what cannot.
 *
 * Model. A word that is the address of any byte of an object counts as a
 *	pointer to it, whatever the word really is. Looked at are first the
 *	roots, then each object that was reached, until there is no new one:
 *
 *	roots			objects
 *	.data, .bss	--+
 *	per-CPU areas	--+--> grey --> [a] --> [b]	reached
 *	live stacks	--+		  ^------'
 *	registers	--'	[c] --> [d]		not reached: both leak
 *
 *	The rule for pointers into an object: from its first byte to the last
 *	that was asked for, so a list_head inside is enough. One behind the end
 *	is none. A pointer that is stored shifted, packed or complemented is
 *	none, either.
 *
 *	Other CPUs stand still in an interrupt: what they had in registers lies
 *	on their stack then. Of a stack only the part that is in use counts.
 *
 * Invariants.
 *   I1  While objects are marked no CPU allocates, frees or moves a pointer.
 *   I2  An object is a leak after MEMLEAK_MISSED scans in a row that did not
 *	reach it.
 *
 * Locking. scan_lock: one scan at a time. memleak_lock during the marking.
 * Contexts. Task.
 * Limits. Conservative: a number that looks like an address hides a leak, and
 *	so does a stale pointer in an object that is in use. Frames are not
 *	looked at: a pointer that is kept only there is not seen. Interrupts are
 *	off on all CPUs meanwhile, a few milliseconds for some MiB.
 */
#include <arch/cpu.h>
#include <arch/landing.h>
#include <arch/pgtable.h>
#include <arch/sections.h>
#include <arch/stacktrace.h>
#include <base/atomic.h>
#include <base/bits.h>
#include <base/errno.h>
#include <lib/cpumask.h>
#include <lib/percpu.h>
#include <lib/string.h>
#include <mm/cross_call.h>
#include <mm/percpu.h>

#include "memleak_private.h"

extern char init_stack_guard[], init_stack_end[];
extern const char __per_cpu_start[], __per_cpu_end[];

static DEFINE_SPINLOCK(scan_lock);
static unsigned long stack_at[NR_CPUS]; /* where each CPU stands */

/* ---- marking: memleak_lock is held, all other CPUs stand ----------------- */

struct scan {
	unsigned int scanner; /* the CPU that does it */
	/* Pages of the lowest and the highest object; no addresses of them. */
	unsigned long first, last;
	struct list_head grey;
	struct memleak_result result;
	atomic_t arrived; /* CPUs that stand still */
	bool done;	  /* release: they may go on */
};

static void look_at_word(struct scan *s, unsigned long value)
{
	unsigned long page = value >> PAGE_SHIFT;
	struct memleak_object *o;

	if (page < s->first || page > s->last)
		return;
	o = memleak_find(value);
	if (!o || o->reached)
		return;
	o->reached = true;
	if (!o->ignored)
		list_add_tail(&o->grey, &s->grey);
}

static void look_at(struct scan *s, unsigned long lo, unsigned long hi)
{
	lo = ALIGN(lo, sizeof(long));
	for (; lo + sizeof(long) <= hi; lo += sizeof(long)) {
		s->result.words++;
		if (!memleak_own(lo))
			look_at_word(s, READ_ONCE(*(unsigned long *)lo));
	}
}

static void look_at_image(struct scan *s)
{
	look_at(s, (unsigned long)_data, (unsigned long)_edata);
	/* The boot stack and its guard are in the middle of .bss. */
	look_at(s, (unsigned long)__bss_start, (unsigned long)init_stack_guard);
	look_at(s, (unsigned long)init_stack_end, (unsigned long)__bss_end);
}

static void look_at_percpu(struct scan *s, unsigned int cpu)
{
	unsigned long start =
		(unsigned long)__per_cpu_start + __per_cpu_offset[cpu];
	unsigned long dyn = start + PERCPU_DYN_OFFSET;
	struct pt_walk w;

	if (cpu) /* the boot CPU's copy is part of .bss */
		look_at(s, start,
			start + (unsigned long)(__per_cpu_end -
						__per_cpu_start));
	for (unsigned long at = dyn; at < dyn + PERCPU_DYN_SIZE;
	     at += PAGE_SIZE)
		if (pt_walk(at, &w))
			look_at(s, at, at + PAGE_SIZE);
}

static void look_at_stack(struct scan *s, unsigned int cpu)
{
	unsigned long lo, hi;
	const char *name;

	if (arch_stack_bounds(stack_at[cpu], &lo, &hi, &name))
		look_at(s, stack_at[cpu], hi);
}

static void look_at_reached(struct scan *s)
{
	while (!list_empty(&s->grey)) {
		struct memleak_object *o =
			list_first_entry(&s->grey, struct memleak_object, grey);

		list_del(&o->grey);
		look_at(s, o->start, o->start + o->size);
	}
}

static void unmark(struct scan *s)
{
	struct memleak_object *o;

	INIT_LIST_HEAD(&s->grey);
	s->first = ~0UL;
	s->last = 0;
	for_each_memleak_object(o) {
		o->reached = false;
		s->first = min(s->first, o->start >> PAGE_SHIFT);
		s->last = max(s->last, (o->start + o->size) >> PAGE_SHIFT);
	}
}

static void count(struct scan *s)
{
	struct memleak_object *o;

	for_each_memleak_object(o) {
		s->result.objects++;
		s->result.bytes += o->size;
		if (o->reached || o->ignored) {
			o->missed = 0;
			continue;
		}
		if (o->missed < MEMLEAK_MISSED)
			o->missed++;
		s->result.unreferenced++;
		s->result.leaks += o->missed == MEMLEAK_MISSED; /* I2 */
	}
}

static void mark(struct scan *s)
{
	unsigned int cpu;

	spin_lock(&memleak_lock);
	unmark(s);
	look_at_image(s);
	for_each_possible_cpu(cpu)
		look_at_percpu(s, cpu);
	for_each_online_cpu(cpu)
		look_at_stack(s, cpu);
	look_at_reached(s);
	count(s);
	spin_unlock(&memleak_lock);
}

/* ---- standing still ------------------------------------------------------ */

static struct scan scan; /* (scan_lock) not on the stack: see do_scan() */

/* On every CPU, interrupts off. */
static void stand_still(void *unused __unused)
{
	unsigned int cpu = raw_smp_processor_id();

	if (cpu != scan.scanner) {
		stack_at[cpu] = (unsigned long)__builtin_frame_address(0);
		atomic_inc(&scan.arrived); /* full barrier: stack_at is there */
		while (!smp_load_acquire(&scan.done))
			cpu_relax();
		return;
	}
	while ((unsigned int)atomic_read(&scan.arrived) + 1 < num_online_cpus())
		cpu_relax();
	mark(&scan);
	smp_store_release(&scan.done, true);
}

/*
 * Below the landing lie frames of the scan only. They are full of addresses of
 * objects, some of them left over from calls that have returned.
 */
static void do_scan(void *landing)
{
	scan.scanner = raw_smp_processor_id();
	stack_at[scan.scanner] = ((struct arch_landing *)landing)->sp;
	mm_on_cpus(cpu_online_mask, stand_still, NULL);
}

int memleak_scan(struct memleak_result *r)
{
	struct arch_landing landing;

	if (!memleak_on)
		return -EPERM;
	if (READ_ONCE(memleak_lost))
		return -ENOMEM;
	spin_lock(&scan_lock);
	memset(&scan, 0, sizeof(scan));
	/* Never used to land: it puts all registers of the caller there. */
	arch_landing_call(&landing, do_scan, &landing);
	if (r)
		*r = scan.result;
	spin_unlock(&scan_lock);
	return 0;
}

/* ---- what was found ------------------------------------------------------ */

static bool is_leak(const struct memleak_object *o)
{
	return o->missed == MEMLEAK_MISSED;
}

bool memleak_next(unsigned long *cursor, struct memleak_leak *leak)
{
	struct memleak_object *o;
	unsigned long flags;
	bool found = false;

	spin_lock_irqsave(&memleak_lock, flags);
	for_each_memleak_object(o) {
		if (!is_leak(o) || o->start < *cursor)
			continue;
		*leak = (struct memleak_leak){
			.start = o->start,
			.size = o->size,
			.caller = o->caller,
			.cpu = o->cpu,
			.when = o->when,
		};
		/* It is not freed before its entry has gone. */
		memcpy(leak->first, (void *)o->start,
		       min(o->size, sizeof(leak->first)));
		*cursor = o->start + 1;
		found = true;
		break;
	}
	spin_unlock_irqrestore(&memleak_lock, flags);
	return found;
}

unsigned long memleak_clear(void)
{
	struct memleak_object *o;
	unsigned long flags, n = 0;

	spin_lock_irqsave(&memleak_lock, flags);
	for_each_memleak_object(o) {
		if (!is_leak(o))
			continue;
		o->ignored = true;
		o->missed = 0;
		n++;
	}
	spin_unlock_irqrestore(&memleak_lock, flags);
	return n;
}
