/* SPDX-License-Identifier: MIT */
/*
 * test_kmalloc.c - memory by size.
 */
#include <mm/slab.h>

#include <arch/page.h>
#include <base/bits.h>
#include <lib/fault.h>
#include <lib/irqflags.h>
#include <lib/selftest.h>
#include <lib/string.h>
#include <mm/page.h>

#include "../../mm/slab_private.h"
#include "hoard.h"

static const unsigned int classes[] = {8,   16,	 32,   64,   96,   128, 192,
				       256, 512, 1024, 2048, 4096, 8192};

static unsigned int class_for(size_t size)
{
	for (unsigned int i = 0; i < ARRAY_SIZE(classes); i++)
		if (size <= classes[i])
			return classes[i];
	return 0;
}

static const u8 *first_nonzero(const u8 *p, size_t n)
{
	for (; n; p++, n--)
		if (*p)
			return p;
	return NULL;
}

/* Every size there is a class for: the smallest that holds it. */
SELFTEST(mm, kmalloc, right_class, "A MM-S7")
{
	unsigned int wrong = 0, unaligned = 0;

	for (size_t size = 1; size <= KMALLOC_MAX_CACHE_SIZE; size++) {
		u8 *p = kmalloc(size, GFP_KERNEL);
		unsigned int class = class_for(size);

		REQUIRE_TRUE(p);
		wrong += page_get_cache(virt_to_page(p))->obj_size != class;
		wrong += ksize(p) != class;
		unaligned += !IS_ALIGNED((unsigned long)p, 8);
		if (is_power_of_2(class))
			unaligned +=
				!IS_ALIGNED((unsigned long)p, min(class, 64U));
		p[0] = p[size - 1] = 1;
		kfree(p);
	}
	EXPECT_EQ(wrong, 0);
	EXPECT_EQ(unaligned, 0);
}

/* Above the classes: whole pages, up to the largest block. */
SELFTEST(mm, kmalloc, large, "A MM-S7, A MM-B8")
{
	static const size_t sizes[] = {8193,   12288,
				       16384,  16385,
				       131072, PAGE_SIZE << (MAX_ORDER - 1)};

	if (!largest_is_free())
		return selftest_skip(NO_LARGEST);
	for (unsigned int i = 0; i < ARRAY_SIZE(sizes); i++) {
		unsigned long before = slab_objects_in_use();
		char *p = kmalloc(sizes[i], GFP_KERNEL);

		REQUIRE_TRUE(p);
		EXPECT_TRUE(IS_ALIGNED((unsigned long)p, PAGE_SIZE));
		EXPECT_TRUE(PageCompound(virt_to_page(p)));
		EXPECT_FALSE(PageSlab(virt_to_page(p)));
		EXPECT_EQ(ksize(p), roundup_pow_of_two(sizes[i]));
		EXPECT_EQ(slab_objects_in_use(), before + 1);
		memset(p, 0x11, sizes[i]);
		kfree(p);
		EXPECT_EQ(slab_objects_in_use(), before);
	}
	EXPECT_PTR_EQ(kmalloc(KMALLOC_MAX_SIZE + 1, GFP_KERNEL | __GFP_NOWARN),
		      NULL);
	EXPECT_PTR_EQ(kmalloc(~0UL, GFP_KERNEL | __GFP_NOWARN), NULL);
}

SELFTEST(mm, kmalloc, nothing, "")
{
	void *p = kmalloc(0, GFP_KERNEL);

	EXPECT_PTR_EQ(p, ZERO_SIZE_PTR);
	EXPECT_EQ(ksize(p), 0);
	EXPECT_EQ(ksize(NULL), 0);
	kfree(p);
	kfree(NULL);
	EXPECT_PTR_EQ(kzalloc(0, GFP_KERNEL), ZERO_SIZE_PTR);
	EXPECT_PTR_EQ(kmalloc_array(0, 8, GFP_KERNEL), ZERO_SIZE_PTR);
}

/* Cleared even where the last user left something. */
SELFTEST(mm, kmalloc, zeroed, "A MM-S6")
{
	static const size_t sizes[] = {1, 8, 100, 512, 5000, 8192, 20000};

	for (unsigned int i = 0; i < ARRAY_SIZE(sizes); i++) {
		u8 *p = kmalloc(sizes[i], GFP_KERNEL);

		REQUIRE_TRUE(p);
		memset(p, 0xff, sizes[i]);
		kfree(p);
		p = kzalloc(sizes[i], GFP_KERNEL);
		REQUIRE_TRUE(p);
		EXPECT_PTR_EQ(first_nonzero(p, sizes[i]), NULL);
		kfree(p);
	}
}

SELFTEST(mm, kmalloc, arrays, "")
{
	u32 *a = kmalloc_array(10, 20, GFP_KERNEL);
	u8 *z = kcalloc(7, 9, GFP_KERNEL);

	EXPECT_EQ(ksize(a), 256);
	EXPECT_EQ(ksize(z), 64);
	EXPECT_PTR_EQ(first_nonzero(z, 63), NULL);
	kfree(a);
	kfree(z);
	/* 2^32 * (2^32 + 1) would be 2^32 with the top cut off. */
	EXPECT_PTR_EQ(kmalloc_array(1UL << 32, (1UL << 32) + 1, GFP_KERNEL),
		      NULL);
	EXPECT_PTR_EQ(kcalloc(~0UL, 2, GFP_KERNEL), NULL);
	EXPECT_PTR_EQ(kcalloc(2, ~0UL / 2 + 1, GFP_KERNEL), NULL);
}

SELFTEST(mm, kmalloc, resize, "")
{
	char *p = krealloc(NULL, 10, GFP_KERNEL), *q;

	REQUIRE_TRUE(p);
	strscpy(p, "123456789", 10);
	q = krealloc(p, 16, GFP_KERNEL); /* the class has room */
	EXPECT_PTR_EQ(q, p);
	q[15] = 1;
	q = krealloc(p, 17, GFP_KERNEL);
	EXPECT_FALSE(q == p);
	EXPECT_STREQ(q, "123456789");
	EXPECT_EQ(ksize(q), 32);
	p = krealloc(q, 10000, GFP_KERNEL);
	EXPECT_STREQ(p, "123456789");
	EXPECT_EQ(ksize(p), 16384);
	/* No memory: the old one stays. */
	EXPECT_PTR_EQ(krealloc(p, KMALLOC_MAX_SIZE + 1, GFP_KERNEL), NULL);
	EXPECT_STREQ(p, "123456789");
	EXPECT_PTR_EQ(krealloc(p, 5, GFP_KERNEL), p); /* stays where it is */
	EXPECT_PTR_EQ(krealloc(p, 0, GFP_KERNEL), ZERO_SIZE_PTR);
}

SELFTEST(mm, kmalloc, copies, "")
{
	static const u8 bytes[] = {1, 2, 3, 4, 5};
	char *s = kstrdup("a text", GFP_KERNEL);
	u8 *b = kmemdup(bytes, sizeof(bytes), GFP_KERNEL);

	EXPECT_STREQ(s, "a text");
	EXPECT_EQ(memcmp(b, bytes, sizeof(bytes)), 0);
	EXPECT_PTR_EQ(kstrdup(NULL, GFP_KERNEL), NULL);
	EXPECT_PTR_EQ(kmemdup(NULL, 5, GFP_KERNEL), NULL);
	kfree(s);
	kfree(b);
}

/* The first 16 MiB, and a class of its own. */
SELFTEST(mm, kmalloc, dma, "A MM-Z3, A MM-S7")
{
	void *p = kmalloc(100, GFP_KERNEL | GFP_DMA);
	void *large = kmalloc(10000, GFP_KERNEL | GFP_DMA);

	REQUIRE_TRUE(p && large);
	EXPECT_LT(__pa(p), 16ULL << 20);
	EXPECT_LT(__pa(large), 16ULL << 20);
	EXPECT_STREQ(kmem_cache_name(page_get_cache(virt_to_page(p))),
		     "kmalloc-dma-128");
	kfree(p);
	kfree(large);
}

/* A cache has one kind of memory; a request for another is a mistake. */
SELFTEST(mm, kmalloc, wrong_zone, "A MM-Z3")
{
	static const gfp_t wrong[] = {__GFP_DMA, __GFP_DMA32, __GFP_HIGHMEM};
	struct kmem_cache *c = kmem_cache_create("test-zone", 64, 0, 0, NULL);

	REQUIRE_TRUE(c);
	for (unsigned int i = 0; i < ARRAY_SIZE(wrong); i++) {
		warn_expect_begin();
		EXPECT_PTR_EQ(kmem_cache_alloc(c, GFP_KERNEL | wrong[i]), NULL);
		EXPECT_EQ(warn_expect_end(), 1);
	}
	EXPECT_EQ(kmem_cache_destroy(c), 0);
}

/* Each allocation of these fails once: nothing is lost. */
SELFTEST(mm, kmalloc, failing, "A MM-ZA9", alloc)
{
	char *a = kstrdup("text", GFP_KERNEL);
	u64 *b = kcalloc(100, sizeof(*b), GFP_KERNEL);
	char *c = NULL;

	if (EXPECT_ALLOC(a))
		c = krealloc(a, 9000, GFP_KERNEL);
	if (a && EXPECT_ALLOC(c))
		a = c; /* else a is as it was */
	if (a)
		EXPECT_STREQ(a, "text");
	if (EXPECT_ALLOC(b))
		EXPECT_EQ(b[99], 0);
	kfree(a);
	kfree(b);
}

/* Whoever may not wait is not made to. */
SELFTEST(mm, kmalloc, atomic, "A MM-S6")
{
	unsigned long flags;
	static void *p[200];

	kmem_cache_reap_all(); /* so that slabs must be made */
	local_irq_save(flags);
	for (unsigned int i = 0; i < ARRAY_SIZE(p); i++)
		p[i] = kmalloc(256, GFP_ATOMIC);
	EXPECT_TRUE(irqs_disabled());
	for (unsigned int i = 0; i < ARRAY_SIZE(p); i++) {
		EXPECT_TRUE(p[i]);
		kfree(p[i]);
	}
	p[0] = kmalloc(8, GFP_ATOMIC); /* now there is one to be had */
	kfree(p[0]);
	warn_expect_begin();
	p[0] = kmalloc(8, GFP_KERNEL); /* but it might have had to wait */
	EXPECT_EQ(warn_expect_end(), CONFIG_DEBUG);
	local_irq_restore(flags);
	kfree(p[0]);
}
