/* SPDX-License-Identifier: MIT */
/*
 * test_leaks.c - whatever a case forgets to give back, the runner names it.
 *
 * Model. For each allocator a planted case that leaks one thing. Its verdict
 * must name the right total; then the thing is given back, so that this case
 * itself leaves nothing.
 */
#include <kernel/selftest.h>

#include <arch/page.h>
#include <arch/pgtable.h>
#include <lib/selftest.h>
#include <mm/gfp.h>
#include <mm/idr.h>
#include <mm/percpu.h>
#include <mm/pgtable.h>
#include <mm/slab.h>
#include <mm/vmalloc.h>

static void *kept;
static struct kmem_cache *cache;
static DEFINE_IDR(idr);

static const char *leak_of(void (*body)(void))
{
	const struct selftest t = {
		.name = "planted", .items = "", .file = __FILE__, .fn = body};
	struct selftest_verdict v = {.failed = 99, .leak = "?"};

	selftest_try(&t, 10, &v);
	EXPECT_GE(v.failed, 1);
	return v.leak;
}

static void body_keeps_nothing(void)
{
	EXPECT_EQ(1, 1);
}

static void body_keeps_page(void)
{
	kept = (void *)__get_free_page(GFP_KERNEL);
	EXPECT_TRUE(kept);
}

static void body_keeps_block(void)
{
	kept = alloc_pages(GFP_KERNEL, 3);
	EXPECT_TRUE(kept);
}

static void body_keeps_object(void)
{
	kept = kmem_cache_alloc(cache, GFP_KERNEL);
	EXPECT_TRUE(kept);
}

static void body_keeps_kmalloc(void)
{
	kept = kmalloc(100, GFP_KERNEL);
	EXPECT_TRUE(kept);
}

static void body_keeps_large(void)
{
	kept = kmalloc(5 * PAGE_SIZE, GFP_KERNEL);
	EXPECT_TRUE(kept);
}

static void body_keeps_vmalloc(void)
{
	kept = vmalloc(3 * PAGE_SIZE);
	EXPECT_TRUE(kept);
}

static void body_keeps_stack(void)
{
	kept = alloc_thread_stack(-1);
	EXPECT_TRUE(kept);
}

static void body_keeps_percpu(void)
{
	kept = alloc_percpu(char);
	EXPECT_TRUE(kept);
}

static void body_keeps_id(void)
{
	EXPECT_EQ(idr_alloc(&idr, &idr, 0, 0, GFP_KERNEL), 0);
}

/* Behind all units, in a top-level entry that is there already. */
#define UNUSED_VA (PERCPU_WINDOW + (1UL << 38))

static void body_keeps_table(void)
{
	EXPECT_EQ(
		kernel_map(UNUSED_VA, 0, PAGE_SIZE, PAGE_KERNEL_RO, PAGE_SHIFT),
		0);
}

SELFTEST(kernel, leaks, pages, "")
{
	const struct selftest t = {.name = "planted",
				   .items = "",
				   .file = __FILE__,
				   .fn = body_keeps_nothing};
	struct selftest_verdict v;

	selftest_try(&t, 10, &v);
	EXPECT_EQ(v.failed, 0);
	EXPECT_PTR_EQ(v.leak, NULL);
	EXPECT_STREQ(leak_of(body_keeps_page), "page frames in use");
	free_page((unsigned long)kept);
	EXPECT_STREQ(leak_of(body_keeps_block), "page frames in use");
	__free_pages(kept, 3);
}

SELFTEST(kernel, leaks, slab_objects, "")
{
	cache = kmem_cache_create("leaks", 200, 0, 0, NULL);
	REQUIRE_TRUE(cache);
	EXPECT_STREQ(leak_of(body_keeps_object), "slab objects");
	kmem_cache_free(cache, kept);
	EXPECT_EQ(kmem_cache_destroy(cache), 0);
	EXPECT_STREQ(leak_of(body_keeps_kmalloc), "slab objects");
	kfree(kept);
	EXPECT_STREQ(leak_of(body_keeps_large), "slab objects");
	kfree(kept);
	EXPECT_STREQ(leak_of(body_keeps_id), "slab objects");
	idr_destroy(&idr);
}

SELFTEST(kernel, leaks, addresses, "")
{
	EXPECT_STREQ(leak_of(body_keeps_vmalloc), "vmalloc pages");
	vfree(kept);
	EXPECT_STREQ(leak_of(body_keeps_stack), "vmalloc pages");
	free_thread_stack(kept);
	EXPECT_STREQ(leak_of(body_keeps_table), "page-table pages");
	EXPECT_EQ(kernel_unmap(UNUSED_VA, PAGE_SIZE), 0);
}

SELFTEST(kernel, leaks, per_cpu, "")
{
	EXPECT_STREQ(leak_of(body_keeps_percpu), "per-CPU bytes");
	free_percpu(kept);
}
