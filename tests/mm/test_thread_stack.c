/* SPDX-License-Identifier: MIT */
/*
 * test_thread_stack.c - kernel stacks between guard pages.
 */
#include <mm/vmalloc.h>

#include <arch/stack_call.h>
#include <arch/stacktrace.h>
#include <arch/trap_text.h>
#include <base/config.h>
#include <irq/smp_call.h>
#include <lib/random.h>
#include <mm/mmzone.h>
#include <mm/page.h>
#include <mm/reclaim.h>

#include "../../mm/vmap.h"
#include "../workers.h"
#include "vmalloc_check.h"

#define KEPT_PER_CPU 2 /* STACKS_KEPT of mm/thread_stack.c */

static unsigned long top_of(void *stack)
{
	return (unsigned long)stack + THREAD_SIZE;
}

SELFTEST(mm, thread_stack, guards, "C EV-43, A STK-1, A STK-3")
{
	unsigned long used = vmalloc_nr_pages();
	unsigned long s = (unsigned long)alloc_thread_stack(-1);

	REQUIRE_TRUE(s != 0);
	EXPECT_EQ(s % THREAD_SIZE, 0); /* so masking finds it */
	EXPECT_EQ(vmalloc_nr_pages(), used + THREAD_SIZE / PAGE_SIZE);
	for (unsigned long a = s; a < s + THREAD_SIZE; a += PAGE_SIZE)
		EXPECT_TRUE(can_read(a));
	EXPECT_TRUE(can_read(s + THREAD_SIZE - 8));
	EXPECT_TRUE(is_absent(s + THREAD_SIZE));
	EXPECT_TRUE(is_absent(s - 8));
	/* as deep as a large local array might jump */
	for (unsigned long a = s - THREAD_SIZE; a < s; a += PAGE_SIZE)
		EXPECT_TRUE(is_absent(a));
	EXPECT_STREQ(info_at((void *)s).kind, "stack");
	EXPECT_EQ(info_at((void *)s).addr, s);
	free_thread_stack((void *)s);
	EXPECT_EQ(vmalloc_nr_pages(), used);
}

/* Zeros, so that the words that were used can be counted (A STK-3). */
SELFTEST(mm, thread_stack, zeroed, "A STK-3")
{
	unsigned long dirty = 0;
	u64 *stack;

	if (!CONFIG_DEBUG)
		return selftest_skip("a check of debug builds");
	for (unsigned int round = 0; round < 2; round++) {
		stack = alloc_thread_stack(-1);
		REQUIRE_TRUE(stack != NULL);
		for (unsigned int i = 0; i < THREAD_SIZE / 8; i++)
			dirty += stack[i] != 0;
		memset(stack, 0xee, THREAD_SIZE);
		free_thread_stack(stack); /* the second is this one */
	}
	EXPECT_EQ(dirty, 0);
}

/* What is freed is kept, mapped, and taken again; but not any number. */
SELFTEST(mm, thread_stack, reuse, "C EV-43")
{
	unsigned long areas, kept;
	void *s[5];

	thread_stacks_drain();
	EXPECT_EQ(thread_stacks_kept(), 0);
	areas = areas_now();
	for (unsigned int i = 0; i < ARRAY_SIZE(s); i++)
		s[i] = alloc_thread_stack(-1);
	EXPECT_EQ(areas_now(), areas + ARRAY_SIZE(s));
	for (unsigned int i = 0; i < ARRAY_SIZE(s); i++) {
		free_thread_stack(s[i]);
		kept = i < KEPT_PER_CPU ? i + 1 : KEPT_PER_CPU;
		EXPECT_EQ(thread_stacks_kept(), kept);
		EXPECT_EQ(vmalloc_to_page(s[i]) != NULL, i < KEPT_PER_CPU);
	}
	EXPECT_EQ(areas_now(), areas + KEPT_PER_CPU);
	EXPECT_PTR_EQ(alloc_thread_stack(-1), s[0]);
	EXPECT_PTR_EQ(alloc_thread_stack(0), s[1]);
	EXPECT_EQ(thread_stacks_kept(), 0);
	free_thread_stack(s[1]);
	free_thread_stack(s[0]);
	free_thread_stack(NULL);
	EXPECT_EQ(thread_stacks_drain(), KEPT_PER_CPU);
	EXPECT_EQ(areas_now(), areas);
	EXPECT_EQ(thread_stacks_drain(), 0);
}

/* A new one lies on the node that was asked for. */
SELFTEST(mm, thread_stack, node, "")
{
	for (int nid = 0; nid < (int)nr_online_nodes; nid++) {
		unsigned int elsewhere = 0;
		char *s;

		thread_stacks_drain();
		s = alloc_thread_stack(nid);
		REQUIRE_TRUE(s != NULL);
		for (unsigned long i = 0; i < THREAD_SIZE; i += PAGE_SIZE)
			elsewhere += page_to_nid(vmalloc_to_page(s + i)) != nid;
		if (NODE_DATA(nid)->node_present_pages)
			EXPECT_EQ(elsewhere, 0);
		free_thread_stack(s);
	}
	thread_stacks_drain();
}

/* Memory that is kept can be had back. */
SELFTEST(mm, thread_stack, reclaim, "")
{
	struct page *page = alloc_page(GFP_KERNEL);

	REQUIRE_TRUE(page != NULL);
	free_thread_stack(alloc_thread_stack(-1));
	EXPECT_GE(thread_stacks_kept(), 1);
	try_to_free_pages(page_zone(page), 0, GFP_KERNEL);
	EXPECT_EQ(thread_stacks_kept(), 0);
	__free_page(page);
}

SELFTEST(mm, thread_stack, bad_frees, "")
{
	char *s = alloc_thread_stack(-1);

	REQUIRE_TRUE(s != NULL);
	warn_expect_begin();
	free_thread_stack(s + 8);
	EXPECT_TRUE(strstr(warn_expect_text(), "no stack begins there"));
	free_thread_stack(s - THREAD_SIZE);
	free_thread_stack(&s);
	vfree(s);
	EXPECT_EQ(warn_expect_end(), 4);
	EXPECT_TRUE(can_read((unsigned long)s));

	free_thread_stack(s);
	warn_expect_begin();
	free_thread_stack(s); /* kept */
	EXPECT_TRUE(strstr(warn_expect_text(), "it is free already"));
	EXPECT_EQ(warn_expect_end(), 1);
	EXPECT_EQ(thread_stacks_drain(), 1);
	warn_expect_begin();
	free_thread_stack(s); /* unmapped */
	EXPECT_TRUE(strstr(warn_expect_text(), "no stack begins there"));
	EXPECT_EQ(warn_expect_end(), 1);
}

/* ---- running on one ----------------------------------------------------- */

struct visit {
	unsigned long local;   /* address of a local variable */
	unsigned int in_order; /* frames seen: this one, the call, the case */
	unsigned int frames;
};

static bool look_at_frame(void *cookie, const struct stack_frame *frame)
{
	struct visit *v = cookie;
	unsigned long lo = (unsigned long)arch_call_on_stack;

	v->frames++;
	if (frame->ip >= lo && frame->ip < lo + 64)
		v->in_order = v->frames;
	return v->frames < 16;
}

static void visit(void *arg)
{
	struct visit *v = arg;

	v->local = (unsigned long)__builtin_frame_address(0);
	arch_stack_walk(look_at_frame, v, NULL);
}

SELFTEST(mm, thread_stack, call, "C EV-43")
{
	void *stack = alloc_thread_stack(-1);
	struct visit v = {.frames = 0};

	REQUIRE_TRUE(stack != NULL);
	arch_call_on_stack(visit, &v, top_of(stack));
	EXPECT_GE(v.local, (unsigned long)stack);
	EXPECT_LT(v.local, top_of(stack));
	/* the way back leads through the call to the other stack */
	EXPECT_GT(v.in_order, 0);
	EXPECT_GT(v.frames, v.in_order + 2);
	free_thread_stack(stack);
}

static volatile u64 never = ~0ULL;

static noinline u64 recurse(u64 depth)
{
	volatile u64 local[16];

	local[depth % 16] = depth;
	if (depth == never)
		return 0;
	return recurse(depth + 1) + local[depth % 16];
}

static void overflow(void *arg __unused)
{
	recurse(0);
}

static void overflow_on(void *stack)
{
	arch_call_on_stack(overflow, NULL, top_of(stack));
}

/* The report's sentence about a fault. */
static const char *cause_of(const struct fault_info *f, char *buf, size_t size)
{
	struct trap_info t = {.vector = f->vector,
			      .error_code = f->error_code,
			      .address = f->address,
			      .regs = &f->regs};

	return trap_likely_cause(&t, buf, size) ? buf : "";
}

/* Deep recursion ends in a report, and in nothing worse (C EV-43). */
SELFTEST(mm, thread_stack, overflow, "C EV-43, A STK-6, A IDT-9")
{
	unsigned long s = (unsigned long)alloc_thread_stack(-1);
	void *other = alloc_thread_stack(-1);
	struct fault_info f;
	char text[200];

	REQUIRE_TRUE(s && other);
	fill(other, THREAD_SIZE, 5);
	for (unsigned int round = 0; round < 2; round++) {
		REQUIRE_TRUE(fault_catch(overflow_on, (void *)s, &f));
		EXPECT_EQ(f.vector, X86_TRAP_DF);
		EXPECT_LT(f.address, s);
		EXPECT_GE(f.address, s - PAGE_SIZE);
		EXPECT_TRUE(strstr(cause_of(&f, text, sizeof(text)),
				   "kernel stack overflow: "));
		EXPECT_TRUE(strstr(text, "guard page below the task stack"));
	}
	EXPECT_EQ(wrong_words(other, THREAD_SIZE, 5), 0);
	free_thread_stack(other);
	free_thread_stack((void *)s);
}

/* A large array does not push, it is just written to: a page fault. */
SELFTEST(mm, thread_stack, big_array, "C EV-43")
{
	unsigned long s = (unsigned long)alloc_thread_stack(-1);
	struct fault_info f;
	char text[200];

	REQUIRE_TRUE(s != 0);
	for (unsigned long off = 8; off <= THREAD_SIZE; off += PAGE_SIZE) {
		EXPECT_TRUE(fault_catch(touch_write, (void *)(s - off), &f));
		EXPECT_EQ(f.vector, X86_TRAP_PF);
		EXPECT_TRUE(strstr(cause_of(&f, text, sizeof(text)),
				   "kernel stack overflow: "));
	}
	free_thread_stack((void *)s);
	thread_stacks_drain();
	/* it is no stack's any more */
	EXPECT_TRUE(fault_catch(touch_write, (void *)(s - 8), &f));
	EXPECT_TRUE(!strstr(cause_of(&f, text, sizeof(text)), "overflow"));
}

/* Without a list, without a lock: from the page tables alone. */
SELFTEST(mm, thread_stack, bounds, "C EV-43")
{
	unsigned long s = (unsigned long)alloc_thread_stack(-1);
	unsigned long v = (unsigned long)vmalloc(THREAD_SIZE), lo, hi;
	const char *name;

	REQUIRE_TRUE(s && v);
	for (unsigned long a = s; a <= s + THREAD_SIZE; a += 2048) {
		EXPECT_TRUE(arch_stack_bounds(a, &lo, &hi, &name));
		EXPECT_EQ(lo, s);
		EXPECT_EQ(hi, s + THREAD_SIZE);
		EXPECT_STREQ(name, "task");
	}
	EXPECT_FALSE(arch_stack_bounds(s - 1, &lo, &hi, &name));
	EXPECT_FALSE(arch_stack_bounds(s + THREAD_SIZE + 1, &lo, &hi, &name));
	EXPECT_FALSE(arch_stack_bounds(v + 64, &lo, &hi, &name));
	/* the same low bits in the half of the address space for users */
	EXPECT_FALSE(arch_stack_bounds(s & ~(1UL << 63), &lo, &hi, &name));
	free_thread_stack((void *)s);
	vfree((void *)v);
	thread_stacks_drain();
	EXPECT_FALSE(arch_stack_bounds(s + 64, &lo, &hi, &name));
}

/* ---- several CPUs ------------------------------------------------------- */

static void *in_transit[NR_CPUS][4];
static atomic_t same_again;

static void reuse_here(unsigned int cpu, void *unused __unused)
{
	void *s = alloc_thread_stack(-1);

	free_thread_stack(s);
	in_transit[cpu][0] = alloc_thread_stack(-1);
	if (in_transit[cpu][0] == s)
		atomic_inc(&same_again);
	free_thread_stack(in_transit[cpu][0]);
}

SELFTEST(mm, thread_stack, reuse_on_each_cpu, "C EV-43", race)
{
	unsigned int cpus, different = 0;

	thread_stacks_drain();
	atomic_set(&same_again, 0);
	cpus = workers_run_tasks(reuse_here, NULL);
	EXPECT_EQ(atomic_read(&same_again), (int)cpus);
	EXPECT_EQ(thread_stacks_kept(), cpus);
	for (unsigned int a = 0; a < cpus; a++)
		for (unsigned int b = 0; b < a; b++)
			different += in_transit[a][0] != in_transit[b][0];
	EXPECT_EQ(different, cpus * (cpus - 1) / 2);
	EXPECT_EQ(thread_stacks_drain(), cpus);
}

static void free_here(void *arg)
{
	void **stacks = arg;

	for (unsigned int i = 0; i < ARRAY_SIZE(in_transit[0]); i++)
		free_thread_stack(stacks[i]);
}

/* By an interrupt handler of another CPU, more than it can keep. */
SELFTEST(mm, thread_stack, freed_elsewhere, "C EV-43", race)
{
	unsigned int other = workers_other_cpu();
	unsigned long areas;
	void *again;

	if (other == NR_CPUS)
		return selftest_skip("needs 2 CPUs");
	thread_stacks_drain();
	areas = areas_now();
	for (unsigned int i = 0; i < 4; i++)
		in_transit[0][i] = alloc_thread_stack(-1);
	smp_call_function_single(other, free_here, in_transit[0], true);
	EXPECT_EQ(thread_stacks_kept(), 4); /* two wait for somebody */
	EXPECT_EQ(areas_now(), areas + 4);
	/* who comes next takes one of those, and unmaps the rest */
	again = alloc_thread_stack(-1);
	EXPECT_TRUE(again == in_transit[0][2] || again == in_transit[0][3]);
	EXPECT_EQ(thread_stacks_kept(), 2);
	EXPECT_EQ(areas_now(), areas + 3);
	free_thread_stack(again);
	thread_stacks_drain();
	EXPECT_EQ(areas_now(), areas);
}

#define EXCHANGE 8

static struct {
	void *place[EXCHANGE]; /* (a) stacks that anybody may free */
	atomic_t damaged;
	unsigned long rounds;
} swap;

/* Each stack says of itself where it is: nobody else has it. */
static void swap_stacks(unsigned int cpu, void *unused __unused)
{
	struct rnd_state rnd;

	prandom_seed_state(&rnd, selftest_seed() + cpu);
	for (unsigned long i = 0; i < swap.rounds; i++) {
		u64 *s = alloc_thread_stack(-1);

		if (s) {
			s[0] = (u64)s;
			s[THREAD_SIZE / 8 - 1] = ~(u64)s;
		}
		s = xchg(&swap.place[prandom_u32_below(&rnd, EXCHANGE)], s);
		if (!s)
			continue;
		if (s[0] != (u64)s || s[THREAD_SIZE / 8 - 1] != ~(u64)s)
			atomic_inc(&swap.damaged);
		free_thread_stack(s);
	}
}

SELFTEST(mm, thread_stack, all_cpus, "C EV-43", stress)
{
	unsigned long used = vmalloc_nr_pages(), areas;

	thread_stacks_drain();
	areas = areas_now();
	atomic_set(&swap.damaged, 0);
	swap.rounds = 100 * selftest_scale();
	workers_run_tasks(swap_stacks, NULL);
	for (unsigned int i = 0; i < EXCHANGE; i++)
		free_thread_stack(xchg(&swap.place[i], NULL));
	EXPECT_EQ(atomic_read(&swap.damaged), 0);
	EXPECT_EQ(vmalloc_nr_pages(), used);
	thread_stacks_drain();
	EXPECT_EQ(thread_stacks_kept(), 0);
	EXPECT_EQ(areas_now(), areas);
	EXPECT_EQ(vmalloc_check(), 0);
}
