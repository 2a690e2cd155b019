/* SPDX-License-Identifier: MIT */
/*
 * test_memleak.c - leaks that were planted, and what is none.
 *
 * Model. Whether something points to an object is to be known exactly, so the
 * only copies of an address are those that a test keeps on purpose: objects
 * are made in functions that have returned, and what the test must know of
 * them it keeps complemented, which is no address.
 */
#include <mm/memleak.h>

#include <arch/page.h>
#include <base/atomic.h>
#include <base/bits.h>
#include <base/compiler.h>
#include <base/errno.h>
#include <lib/cpumask.h>
#include <lib/list.h>
#include <lib/percpu.h>
#include <lib/selftest.h>
#include <lib/string.h>
#include <mm/percpu.h>
#include <mm/slab.h>
#include <mm/vmalloc.h>

#include "../../mm/debug/memleak_private.h"

#define NR 3

static unsigned long hidden[NR]; /* ~address */
static void *shown[NR];		 /* a root: .bss */
static bool was_on;

static void begin(void)
{
	was_on = memleak_on;
	if (!was_on)
		memleak_start();
	memset(shown, 0, sizeof(shown));
	memset(hidden, 0, sizeof(hidden));
}

static void *object(unsigned int i)
{
	return (void *)~hidden[i];
}

/* Whether object @i is among the leaks; then @leak holds what is known. */
static noinline bool is_leak(unsigned int i, struct memleak_leak *leak)
{
	unsigned long cursor = 0;

	leak->start = 0;
	while (memleak_next(&cursor, leak) && leak->start != ~hidden[i])
		;
	if (leak->start != ~hidden[i])
		cursor = 0;
	/* neither may be what leads to it next time */
	WRITE_ONCE(leak->start, 0);
	return xchg(&cursor, 0UL);
}

/*
 * Overwrites what calls have left below the stack pointer: a frame that is
 * made there later has gaps in which the old words would live on.
 */
static noinline void wash_deeper(unsigned int depth)
{
	unsigned long words[64];

	memset(words, 0, sizeof(words));
	__asm__ __volatile__("" ::"r"(words) : "memory");
	if (depth)
		wash_deeper(depth - 1);
	barrier(); /* no tail call */
}

static int scan(struct memleak_result *r)
{
	wash_deeper(12);
	return memleak_scan(r);
}

static void scan_twice(void)
{
	EXPECT_EQ(scan(NULL), 0);
	EXPECT_EQ(scan(NULL), 0);
}

/* What is left below is where the next case keeps its variables. */
static void end(void)
{
	memleak_clear();
	if (!was_on)
		memleak_stop();
	wash_deeper(12);
}

enum {
	KMALLOC,
	VMALLOC
};

static noinline void make(unsigned int i, size_t size, int how)
{
	u8 *p = how == VMALLOC ? vmalloc(size) : kmalloc(size, GFP_KERNEL);

	hidden[i] = ~(unsigned long)p;
	if (!p)
		return;
	for (size_t n = 0; n < size; n++)
		p[n] = how == VMALLOC ? 0 : (u8)(n + 1);
}

static noinline void drop(unsigned int i)
{
	if (is_vmalloc_addr(object(i)))
		vfree(object(i));
	else
		kfree(object(i));
}

/* Whether the last scan came to object @i; that scan does not count then. */
static noinline bool was_reached(unsigned int i)
{
	struct memleak_object *o;
	unsigned long flags;
	bool reached;

	spin_lock_irqsave(&memleak_lock, flags);
	o = memleak_find(~hidden[i]);
	reached = !o || o->reached;
	if (o)
		o->missed = 0;
	spin_unlock_irqrestore(&memleak_lock, flags);
	return reached;
}

/*
 * Object @i, at an address that nothing happens to hold. Variables of other
 * cases may have some left over from objects that were there before: so make
 * many, and keep the first that a scan does not come to.
 */
static void plant_as(unsigned int i, size_t size, int how)
{
	static unsigned long made[96];
	unsigned int good = ARRAY_SIZE(made);

	for (unsigned int n = 0; n < ARRAY_SIZE(made); n++) {
		make(i, size, how);
		made[n] = hidden[i];
	}
	EXPECT_EQ(scan(NULL), 0);
	for (unsigned int n = 0; n < ARRAY_SIZE(made); n++) {
		hidden[i] = made[n];
		if (good == ARRAY_SIZE(made) && !was_reached(i))
			good = n;
		else
			drop(i);
	}
	REQUIRE_TRUE(good < ARRAY_SIZE(made));
	hidden[i] = made[good];
}

static void plant(unsigned int i, size_t size)
{
	plant_as(i, size, KMALLOC);
}

/* Makes *@root point to byte @offset of object @i, and nothing else. */
static noinline void point(void *root, unsigned int i, long offset)
{
	*(void *volatile *)root = (char *)object(i) + offset;
}

SELFTEST(mm, memleak, planted_is_found, "")
{
	struct memleak_leak leak;

	if (!CONFIG_DEBUG)
		return selftest_skip("a check of debug builds");
	begin();
	plant(0, 40);
	EXPECT_EQ(scan(NULL), 0);
	EXPECT_FALSE(is_leak(0, &leak)); /* once is not enough */
	EXPECT_EQ(scan(NULL), 0);
	EXPECT_TRUE(is_leak(0, &leak));
	EXPECT_EQ(leak.size, 40UL);
	EXPECT_EQ(leak.cpu, raw_smp_processor_id());
	EXPECT_GE(leak.caller, (unsigned long)make);
	EXPECT_LT(leak.caller, (unsigned long)make + 256);
	for (unsigned int n = 0; n < MEMLEAK_BYTES; n++)
		EXPECT_EQ(leak.first[n], n + 1);
	drop(0);
	EXPECT_FALSE(is_leak(0, &leak)); /* freed: forgotten */
	end();
}

/* By a root, from its first byte to its last, and no farther. */
SELFTEST(mm, memleak, referenced_is_none, "")
{
	static const struct {
		long offset;
		bool leak;
	} rows[] = {
		{0, false}, {1, false}, {39, false}, {40, true}, {-1, true}};

	if (!CONFIG_DEBUG)
		return selftest_skip("a check of debug builds");
	begin();
	for (unsigned int i = 0; i < ARRAY_SIZE(rows); i++) {
		struct memleak_leak leak;

		plant(0, 40);
		point(&shown[0], 0, rows[i].offset);
		scan_twice();
		EXPECT_EQ(is_leak(0, &leak), rows[i].leak);
		/* lost only now */
		shown[0] = NULL;
		scan_twice();
		EXPECT_TRUE(is_leak(0, &leak));
		drop(0);
	}
	end();
}

struct node {
	char pad[24];
	struct list_head list;
};

/* 0 -> 1 -> 2 -> 0, by pointers into the middle of the objects. */
static noinline void make_chain(void)
{
	struct node *n[NR];

	for (unsigned int i = 0; i < NR; i++) {
		n[i] = object(i);
		INIT_LIST_HEAD(&n[i]->list);
	}
	list_add_tail(&n[1]->list, &n[0]->list);
	list_add_tail(&n[2]->list, &n[0]->list);
	shown[0] = &n[0]->list;
}

/* What is reached leads on, by interior pointers; a ring alone is lost. */
SELFTEST(mm, memleak, reached_through_others, "")
{
	struct memleak_leak leak;

	if (!CONFIG_DEBUG)
		return selftest_skip("a check of debug builds");
	begin();
	for (unsigned int i = 0; i < NR; i++)
		plant(i, sizeof(struct node));
	make_chain();
	scan_twice();
	for (unsigned int i = 0; i < NR; i++)
		EXPECT_FALSE(is_leak(i, &leak));
	shown[0] = NULL;
	scan_twice();
	for (unsigned int i = 0; i < NR; i++)
		EXPECT_TRUE(is_leak(i, &leak));
	for (unsigned int i = 0; i < NR; i++)
		drop(i);
	end();
}

SELFTEST(mm, memleak, large_and_vmalloc, "")
{
	struct memleak_leak leak;

	if (!CONFIG_DEBUG)
		return selftest_skip("a check of debug builds");
	begin();
	plant(0, 20000);
	plant_as(1, 5000, VMALLOC);
	scan_twice();
	EXPECT_TRUE(is_leak(0, &leak));
	EXPECT_EQ(leak.size, 20000UL);
	EXPECT_TRUE(is_leak(1, &leak));
	EXPECT_EQ(leak.size, 5000UL);
	/* the last word of the one leads to the other */
	point((char *)object(0) + 20000 - 8, 1, 4999);
	point(&shown[0], 0, 0);
	EXPECT_EQ(scan(NULL), 0);
	EXPECT_FALSE(is_leak(0, &leak));
	EXPECT_FALSE(is_leak(1, &leak));
	shown[0] = NULL;
	drop(0);
	drop(1);
	vm_unmap_aliases();
	end();
}

static DEFINE_PER_CPU(void *, percpu_root);

/* The copies of other CPUs, and what alloc_percpu() gave, are roots, too. */
SELFTEST(mm, memleak, percpu_roots, "")
{
	unsigned int last = nr_cpu_ids - 1;
	struct memleak_leak leak;
	void **dyn;

	if (!CONFIG_DEBUG)
		return selftest_skip("a check of debug builds");
	dyn = alloc_percpu(void *);
	REQUIRE_TRUE(dyn);
	begin();
	plant(0, 100);
	plant(1, 100);
	plant(2, 100);
	point(&per_cpu(percpu_root, last), 0, 0);
	point(per_cpu_ptr(dyn, last), 1, 0);
	scan_twice();
	EXPECT_FALSE(is_leak(0, &leak));
	EXPECT_FALSE(is_leak(1, &leak));
	EXPECT_TRUE(is_leak(2, &leak));
	per_cpu(percpu_root, last) = NULL;
	free_percpu(dyn);
	for (unsigned int i = 0; i < NR; i++)
		drop(i);
	end();
}

/* The caller's stack and registers are roots: a local variable is enough. */
SELFTEST(mm, memleak, stack_is_a_root, "")
{
	struct memleak_leak leak;
	void *volatile local;

	if (!CONFIG_DEBUG)
		return selftest_skip("a check of debug builds");
	begin();
	plant(0, 64);
	point((void *)&local, 0, 0);
	scan_twice();
	EXPECT_FALSE(is_leak(0, &leak));
	local = NULL;
	scan_twice();
	EXPECT_TRUE(is_leak(0, &leak));
	drop(0);
	end();
	(void)local;
}

SELFTEST(mm, memleak, clear_and_ignore, "")
{
	struct memleak_leak leak;
	struct memleak_result r;

	if (!CONFIG_DEBUG)
		return selftest_skip("a check of debug builds");
	begin();
	plant(0, 64);
	plant(1, 64);
	memleak_ignore(object(1));
	scan_twice();
	EXPECT_TRUE(is_leak(0, &leak));
	EXPECT_FALSE(is_leak(1, &leak));
	EXPECT_GE(memleak_clear(), 1UL);
	EXPECT_FALSE(is_leak(0, &leak));
	EXPECT_EQ(scan(NULL), 0);
	EXPECT_EQ(scan(&r), 0);
	EXPECT_EQ(r.leaks, 0UL);
	EXPECT_GE(r.objects, 2UL);
	EXPECT_GE(r.bytes, 128UL);
	EXPECT_GT(r.words, 10000UL);
	drop(0);
	drop(1);
	end();
}

/* More objects than entries of one frame, freed again. */
SELFTEST(mm, memleak, many_objects, "")
{
	static void *many[300];
	struct memleak_result before, r;

	if (!CONFIG_DEBUG)
		return selftest_skip("a check of debug builds");
	begin();
	EXPECT_EQ(scan(&before), 0);
	for (unsigned int i = 0; i < ARRAY_SIZE(many); i++)
		many[i] = kmalloc(24, GFP_KERNEL);
	EXPECT_EQ(scan(&r), 0);
	EXPECT_EQ(r.objects, before.objects + ARRAY_SIZE(many));
	EXPECT_EQ(r.unreferenced, before.unreferenced);
	for (unsigned int i = 0; i < ARRAY_SIZE(many); i++) {
		kfree(many[i]);
		many[i] = NULL;
	}
	EXPECT_EQ(scan(&r), 0);
	EXPECT_EQ(r.objects, before.objects);
	end();
	if (!was_on)
		EXPECT_EQ(memleak_scan(NULL), -EPERM);
}
