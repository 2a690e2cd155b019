/* SPDX-License-Identifier: MIT */
/*
 * test_kasan_mm.c - bad accesses to what the allocators hand out, planted and
 * reported with the object that was meant.
 *
 * Only in builds with CONFIG=kasan. Bad accesses are reads where a write would
 * do harm: behind an object lie the owner records of debug builds.
 */
#include <mm/kasan.h>

#include <arch/irqvec.h>
#include <base/compiler.h>
#include <lib/cpumask.h>
#include <lib/fault.h>
#include <lib/fmt.h>
#include <lib/irqflags.h>
#include <lib/percpu.h>
#include <lib/preempt.h>
#include <lib/selftest.h>
#include <lib/string.h>
#include <mm/gfp.h>
#include <mm/percpu.h>
#include <mm/slab.h>
#include <mm/vmalloc.h>

#include "expect_report.h"

static volatile u64 sink;

static void read_byte(void *p)
{
	sink = *(volatile u8 *)p;
}

static void write_byte(void *p)
{
	*(volatile u8 *)p = 1;
}

static void read_u64(void *p)
{
	sink = *(volatile u64 *)p;
}

/* Reads @p[0 .. size), of which nothing may be reported. */
static void expect_good(void *p, size_t size)
{
	warn_expect_begin();
	for (size_t i = 0; i < size; i++)
		read_byte((char *)p + i);
	EXPECT_EQ(warn_expect_end(), 0U);
}

/* ---- slabs --------------------------------------------------------------- */

static struct kmem_cache *cache;

static char *new_object(size_t size)
{
	cache = kmem_cache_create("planted", size, 0, 0, NULL);
	return cache ? kmem_cache_alloc(cache, GFP_KERNEL) : NULL;
}

static void done_with(char *obj)
{
	if (obj)
		kmem_cache_free(cache, obj);
	EXPECT_EQ(kmem_cache_destroy(cache), 0);
}

SELFTEST(mm, kasan, slab_bounds, "")
{
	char *p = new_object(52);

	REQUIRE_TRUE(p);
	expect_good(p, 52);
	expect_report(read_byte, p + 52, "slab-out-of-bounds: read of 1 byte",
		      p + 52, "0 bytes behind the 52 bytes of planted", p);
	expect_report(read_byte, p + 60, "slab-out-of-bounds: read of 1 byte",
		      p + 60, "8 bytes behind the 52 bytes of planted", p);
	expect_report(read_byte, p - 1, "slab-out-of-bounds: read of 1 byte",
		      p - 1, "1 byte before the 52 bytes of planted", p);
	/* half of it is inside */
	expect_report(read_u64, p + 48, "slab-out-of-bounds: read of 8 bytes",
		      p + 48, "0 bytes behind the 52 bytes of planted", p);
	done_with(p);
}

SELFTEST(mm, kasan, slab_use_after_free, "")
{
	char *p = new_object(40);

	REQUIRE_TRUE(p);
	kmem_cache_free(cache, p);
	expect_report(read_u64, p + 16, "slab-use-after-free: read of 8 bytes",
		      p + 16, "16 bytes into the 40 bytes of planted", p);
	done_with(NULL);
}

/* Who comes next does not get what was freed last, as without quarantine. */
SELFTEST(mm, kasan, quarantine, "")
{
	unsigned long before = kasan_slab_kept(NULL);
	char *p = new_object(40), *q;

	REQUIRE_TRUE(p);
	kmem_cache_free(cache, p);
	EXPECT_EQ(kasan_slab_kept(cache), 1UL);
	q = kmem_cache_alloc(cache, GFP_KERNEL);
	REQUIRE_TRUE(q);
	EXPECT_TRUE(q != p);
	kmem_cache_free(cache, q);
	EXPECT_EQ(kasan_slab_kept(cache), 2UL);
	/* the cache's own counts know nothing of it */
	EXPECT_EQ(kmem_cache_shrink(cache) > 0, true);
	EXPECT_EQ(kasan_slab_kept(cache), 0UL);
	EXPECT_LE(kasan_slab_kept(NULL), before);
	done_with(NULL);
}

/* The queue ends: by the number of objects, and by their size. */
SELFTEST(mm, kasan, quarantine_limit, "")
{
	static const size_t sizes[] = {16, 4096};

	for (unsigned int s = 0; s < ARRAY_SIZE(sizes); s++) {
		unsigned long most = 0;

		kasan_slab_drain();
		for (unsigned int i = 0; i < 3000; i++) {
			void *p = kmalloc(sizes[s], GFP_KERNEL);

			REQUIRE_TRUE(p);
			kfree(p);
			most = max(most, kasan_slab_kept(NULL));
		}
		EXPECT_LE(most, 1024UL);
		EXPECT_LE(most * sizes[s], 256UL << 10);
		EXPECT_GE(most, 50UL);
	}
	kasan_slab_drain();
	EXPECT_EQ(kasan_slab_kept(NULL), 0UL);
}

static void free_twice(void *p)
{
	kfree(p);
}

/* Refused by the checks of debug builds, also while it is in the queue. */
SELFTEST(mm, kasan, double_free, "")
{
	char *p = kmalloc(64, GFP_KERNEL), want[64];

	REQUIRE_TRUE(p);
	kfree(p);
	snprintf(want, sizeof(want), "slab kmalloc-64: double free\nobject %p",
		 p);
	warn_expect_begin();
	free_twice(p);
	EXPECT_EQ(strncmp(warn_expect_text(), want, strlen(want)), 0);
	EXPECT_EQ(warn_expect_end(), 1U);
	expect_report(read_byte, p, "slab-use-after-free: read of 1 byte", p,
		      "0 bytes into the 64 bytes of kmalloc-64", p);
}

/* ---- kmalloc ------------------------------------------------------------- */

/* One too many, and still inside the object of the class. */
SELFTEST(mm, kasan, kmalloc_inside_class, "")
{
	char *p = kmalloc(57, GFP_KERNEL);

	REQUIRE_TRUE(p);
	expect_good(p, 57);
	expect_report(read_byte, p + 57, "slab-out-of-bounds: read of 1 byte",
		      p + 57, "0 bytes behind the 57 bytes of kmalloc-64", p);
	/* ksize() says that one may, and from then on one may */
	EXPECT_EQ(ksize(p), 64UL);
	expect_good(p, 64);
	kfree(p);
}

SELFTEST(mm, kasan, krealloc, "")
{
	char *p = kmalloc(60, GFP_KERNEL), *q;

	REQUIRE_TRUE(p);
	q = krealloc(p, 20, GFP_KERNEL);
	EXPECT_PTR_EQ(q, p);
	expect_report(read_byte, p + 20, "slab-out-of-bounds: read of 1 byte",
		      p + 20, "0 bytes behind the 20 bytes of kmalloc-64", p);
	q = krealloc(p, 100, GFP_KERNEL);
	REQUIRE_TRUE(q);
	expect_good(q, 100);
	expect_report(read_byte, p, "slab-use-after-free: read of 1 byte", p,
		      "0 bytes into the 20 bytes of kmalloc-64", p);
	kfree(q);
}

SELFTEST(mm, kasan, kmalloc_large, "")
{
	char *p = kmalloc(20001, GFP_KERNEL);

	REQUIRE_TRUE(p);
	EXPECT_TRUE(kasan_check_read(p, 20001));
	expect_report(write_byte, p + 20001,
		      "page-out-of-bounds: write of 1 byte", p + 20001,
		      "0 bytes behind the 20001 bytes of large kmalloc", p);
	expect_report(write_byte, p + 32767,
		      "page-out-of-bounds: write of 1 byte", p + 32767,
		      "12766 bytes behind the 20001 bytes of large kmalloc", p);
	kfree(p);
	expect_report(read_byte, p + 5, "page-use-after-free: read of 1 byte",
		      p + 5, "5 bytes into the 4096 bytes of free frame", p);
}

static char *victim;

static void overrun_copy(void *arg __unused)
{
	char buf[48] = "";

	memcpy(buf, victim, 33);
	sink = (u64)buf[0];
}

SELFTEST(mm, kasan, memcpy_overrun, "")
{
	victim = kmalloc(32, GFP_KERNEL);
	REQUIRE_TRUE(victim);
	expect_report(overrun_copy, NULL,
		      "slab-out-of-bounds: read of 33 bytes", victim,
		      "0 bytes behind the 32 bytes of kmalloc-32", victim);
	kfree(victim);
}

/* ---- frames -------------------------------------------------------------- */

SELFTEST(mm, kasan, page_use_after_free, "")
{
	char *p = (char *)__get_free_pages(GFP_KERNEL, 1);

	REQUIRE_TRUE(p);
	EXPECT_TRUE(kasan_check_write(p, 2 * PAGE_SIZE));
	free_pages((unsigned long)p, 1);
	expect_report(read_u64, p + PAGE_SIZE + 8,
		      "page-use-after-free: read of 8 bytes", p + PAGE_SIZE + 8,
		      "8 bytes into the 4096 bytes of free frame",
		      p + PAGE_SIZE);
	/* single frames go another way */
	p = (char *)__get_free_page(GFP_KERNEL);
	REQUIRE_TRUE(p);
	EXPECT_TRUE(kasan_check_write(p, PAGE_SIZE));
	free_page((unsigned long)p);
	expect_report(read_byte, p, "page-use-after-free: read of 1 byte", p,
		      "0 bytes into the 4096 bytes of free frame", p);
}

/* ---- vmalloc ------------------------------------------------------------- */

SELFTEST(mm, kasan, vmalloc_partial_page, "")
{
	char *p = vmalloc(5000);

	REQUIRE_TRUE(p);
	EXPECT_TRUE(kasan_check_write(p, 5000));
	expect_report(write_byte, p + 5000,
		      "vmalloc-out-of-bounds: write of 1 byte", p + 5000,
		      "0 bytes behind the 5000 bytes of vmalloc area", p);
	expect_report(write_byte, p + 2 * PAGE_SIZE - 1,
		      "vmalloc-out-of-bounds: write of 1 byte",
		      p + 2 * PAGE_SIZE - 1,
		      "3191 bytes behind the 5000 bytes of vmalloc area", p);
	vfree(p);
	/* whoever gets the addresses next may use all of them */
	p = vmalloc(2 * PAGE_SIZE);
	REQUIRE_TRUE(p);
	EXPECT_TRUE(kasan_check_write(p, 2 * PAGE_SIZE));
	vfree(p);
	vm_unmap_aliases(); /* what waits for a purge counts as in use */
}

/* The page behind an area is the CPU's to find. */
SELFTEST(mm, kasan, vmalloc_guard_page, "")
{
	struct fault_info f = {.vector = ~0U};
	char *p = vmalloc(PAGE_SIZE);

	REQUIRE_TRUE(p);
	EXPECT_TRUE(fault_catch(read_byte, p + PAGE_SIZE, &f));
	EXPECT_EQ(f.vector, X86_TRAP_PF);
	EXPECT_EQ(f.address, (u64)(unsigned long)(p + PAGE_SIZE));
	vfree(p);
	vm_unmap_aliases();
}

/* Frames that were left on a stack do not harm its next owner. */
SELFTEST(mm, kasan, thread_stack, "")
{
	char *stack = alloc_thread_stack(-1);

	REQUIRE_TRUE(stack);
	kasan_poison(stack + 4096, 64, KASAN_STACK_LEFT);
	free_thread_stack(stack);
	stack = alloc_thread_stack(-1);
	REQUIRE_TRUE(stack);
	EXPECT_TRUE(kasan_check_write(stack, THREAD_SIZE));
	free_thread_stack(stack);
	thread_stacks_drain();
	vm_unmap_aliases();
}

/* ---- per-CPU memory ------------------------------------------------------ */

SELFTEST(mm, kasan, percpu_bounds, "")
{
	char *p = __alloc_percpu(21, 1), *copy;
	unsigned int cpu;

	REQUIRE_TRUE(p);
	for_each_possible_cpu(cpu) {
		copy = per_cpu_ptr(p, cpu);
		expect_good(copy, 21);
		expect_report(read_byte, copy + 21,
			      "percpu-out-of-bounds: read of 1 byte", copy + 21,
			      "0 bytes behind the 21 bytes of per-CPU memory",
			      copy);
	}
	free_percpu(p);
	copy = per_cpu_ptr(p, 0);
	warn_expect_begin();
	read_byte(copy);
	EXPECT_EQ(
		strncmp(warn_expect_text(), "kasan: percpu-out-of-bounds", 27),
		0);
	EXPECT_EQ(warn_expect_end(), 1U);
}

/* ---- from interrupts ----------------------------------------------------- */

static void read_with_irqs_off(void *p)
{
	unsigned long flags;

	local_irq_save(flags);
	preempt_count_add(HARDIRQ_OFFSET);
	read_byte(p);
	preempt_count_sub(HARDIRQ_OFFSET);
	local_irq_restore(flags);
}

SELFTEST(mm, kasan, in_interrupt, "")
{
	char *p = kmalloc(16, GFP_ATOMIC);

	REQUIRE_TRUE(p);
	expect_report(read_with_irqs_off, p + 16,
		      "slab-out-of-bounds: read of 1 byte", p + 16,
		      "0 bytes behind the 16 bytes of kmalloc-16", p);
	kfree(p);
}
