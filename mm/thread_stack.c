/* SPDX-License-Identifier: MIT */
/*
 * thread_stack.c - kernel stacks between guard pages (C EV-43).
 *
 * Purpose. A stack that grows into its neighbour destroys it silently. Here it
 *	meets a page that is not there, and the CPU says so at once, in a double
 *	fault that has a stack of its own.
 *
 * Model. A stack is an area of the vmalloc region, aligned to its own size:
 *
 *	area->start		stack			stack + THREAD_SIZE
 *	 | THREAD_SIZE, absent | THREAD_SIZE, mapped | 1 page, absent |
 *	 deep guard: even a large array cannot jump over it
 *
 *	The entries of its pages carry a bit that the CPU ignores, _PAGE_STACK.
 *	With it the report of a double fault knows, from nothing but the page
 *	tables and without a lock, whose guard page was hit; see
 *	arch_stack_bounds().
 *
 *	Tasks come and go often, and mapping costs more than it should then. So
 *	each CPU keeps a few free stacks, mapped. A slot is emptied and filled
 *	by one atomic instruction, hence from any context; who finds all slots
 *	taken and may not sleep leaves the stack in a list, which the next one
 *	that may sleep uses or unmaps. The node of that list lies in the stack
 *	itself.
 *
 *	alloc --> own slots --> list --> map a new one
 *	free  --> own slots --> may sleep ? unmap : list
 *
 * Invariants.
 *   I1  A free stack is in one slot or in the list, and its lowest word says
 *       STACK_FREE_MAGIC. That of a stack in use never does.
 *   I2  vmalloc_nr_pages() counts stacks in use, not the free ones.
 * Locking. None: xchg and cmpxchg on the slots; a list without a lock.
 * Contexts. Allocating: task. Freeing: any but NMI.
 * Limits. A stack from a slot lies where it lies, whatever node was wanted.
 */
#include <mm/vmalloc.h>

#include <base/assert.h>
#include <base/atomic.h>
#include <base/config.h>
#include <lib/cpumask.h>
#include <lib/kasan.h>
#include <lib/llist.h>
#include <lib/might_sleep.h>
#include <lib/percpu.h>
#include <lib/preempt.h>
#include <lib/string.h>
#include <mm/reclaim.h>

#include "vmap.h"

#define STACK_PAGES	 (THREAD_SIZE / PAGE_SIZE)
#define STACK_FREE_MAGIC 0x5f7ee57acULL /* lowest word but one */
#define STACKS_KEPT	 2

struct stack_slots {
	void *stack[STACKS_KEPT]; /* (a) */
};

/* What lies at the lowest address of a free stack. */
struct free_stack {
	struct llist_node node; /* (a) in the list */
	u64 magic;		/* (a) I1 */
};

static DEFINE_PER_CPU(struct stack_slots, stack_slots);
static LLIST_HEAD(late_list); /* (a) freed where nobody may sleep */
static atomic_t nr_kept;      /* (a) in slots and in the list */

unsigned long thread_stacks_kept(void)
{
	return (unsigned long)atomic_read(&nr_kept);
}

/* A free stack is used again, or unmapped. */
static void *unkeep(void *stack)
{
	struct free_stack *f = stack;

	WRITE_ONCE(f->magic, 0);
	atomic_dec(&nr_kept);
	return stack;
}

static void *slot_take(struct stack_slots *s)
{
	for (unsigned int i = 0; i < STACKS_KEPT; i++) {
		/* A look first: most slots are empty, and xchg is dear. */
		void *stack = READ_ONCE(s->stack[i]);

		if (stack)
			stack = xchg(&s->stack[i], NULL);
		if (stack)
			return stack;
	}
	return NULL;
}

static bool slot_put(struct stack_slots *s, void *stack)
{
	for (unsigned int i = 0; i < STACKS_KEPT; i++)
		if (!READ_ONCE(s->stack[i]) &&
		    !cmpxchg(&s->stack[i], NULL, stack))
			return true;
	return false;
}

static void unmap_stack(void *stack)
{
	struct vmap_area *a = vmap_area_take((unsigned long)stack, VMAP_STACK,
					     "free_thread_stack", _RET_IP_);

	if (a)
		vmap_free(a);
}

/* Unmaps a list of free stacks but, if @one, the first; that, or NULL. */
static void *unmap_list(struct llist_node *list, bool one, unsigned int *freed)
{
	struct llist_node *node, *next;
	void *keep = NULL;

	llist_for_each_safe(node, next, list) {
		void *stack = llist_entry(node, struct free_stack, node);

		if (one && !keep) {
			keep = stack;
			continue;
		}
		unmap_stack(unkeep(stack));
		++*freed;
	}
	return keep;
}

/* After a migration they are another CPU's, which does no harm. */
static struct stack_slots *my_slots(void)
{
	return per_cpu_ptr(&stack_slots, raw_smp_processor_id());
}

static void *find_free(void)
{
	void *stack = slot_take(my_slots());
	unsigned int freed = 0;

	if (!stack && !llist_empty(&late_list))
		stack = unmap_list(llist_del_all(&late_list), true, &freed);
	return stack ? unkeep(stack) : NULL;
}

void *alloc_thread_stack(int nid)
{
	struct vmap_request r = {
		.nr = STACK_PAGES,
		.lead = STACK_PAGES,
		.align = THREAD_SIZE,
		.kind = VMAP_STACK,
		.caller = _RET_IP_,
	};
	void *stack;

	might_sleep();
	stack = find_free();
	if (!stack)
		stack = vmap_alloc(&r, GFP_KERNEL, nid,
				   __pgprot(PAGE_KERNEL.pgprot | _PAGE_STACK));
	if (!stack)
		return NULL;
	vmap_count_pages(STACK_PAGES);
	/* The frames of whoever left it without a return. */
	kasan_unpoison_frames((unsigned long)stack,
			      (unsigned long)stack + THREAD_SIZE);
	if (CONFIG_DEBUG)
		memset(stack, 0, THREAD_SIZE);
	return stack;
}

/* Is it the lowest address of a stack that is in use? */
static bool in_use(void *stack, unsigned long caller)
{
	unsigned long addr = (unsigned long)stack;
	struct pt_walk w;

	if (WARN(addr % THREAD_SIZE || !pt_walk(addr, &w) ||
			 !(w.entry.pte & _PAGE_STACK),
		 "free_thread_stack of %#lx by %pS: no stack begins there",
		 addr, (void *)caller))
		return false;
	return !WARN(READ_ONCE(((struct free_stack *)stack)->magic) ==
			     STACK_FREE_MAGIC,
		     "free_thread_stack of %#lx by %pS: it is free already",
		     addr, (void *)caller);
}

void free_thread_stack(void *stack)
{
	struct free_stack *f = stack;

	if (!stack || !in_use(stack, _RET_IP_))
		return;
	vmap_count_pages(-(long)STACK_PAGES);
	atomic_inc(&nr_kept);
	WRITE_ONCE(f->magic, STACK_FREE_MAGIC);
	if (slot_put(my_slots(), stack))
		return;
	if (preemptible())
		unmap_stack(unkeep(stack));
	else
		llist_add(&f->node, &late_list);
}

unsigned int thread_stacks_drain(void)
{
	unsigned int cpu, freed = 0;
	void *stack;

	might_sleep();
	for_each_possible_cpu(cpu) {
		struct stack_slots *s = per_cpu_ptr(&stack_slots, cpu);

		while ((stack = slot_take(s))) {
			unmap_stack(unkeep(stack));
			freed++;
		}
	}
	unmap_list(llist_del_all(&late_list), false, &freed);
	return freed;
}

/* Free stacks are memory that can be had back. */
static long shrink(struct shrinker *s __unused, unsigned long nr, gfp_t gfp)
{
	if (nr && (!(gfp & __GFP_WAIT) || !preemptible()))
		return -1;
	if (nr)
		thread_stacks_drain();
	return (long)thread_stacks_kept();
}

static struct shrinker shrinker = {
	.name = "thread stacks",
	.shrink = shrink,
};

void thread_stack_init(void)
{
	register_shrinker(&shrinker);
}
