/* SPDX-License-Identifier: MIT */
/*
 * test_highmem.c - windows onto memory outside the direct map. Needs the
 * option highmem=64; without it only the arithmetic and low frames are left.
 */
#include "mm/history/highmem.h"

#include <arch/pgtable.h>
#include <base/errno.h>
#include <lib/cpumask.h>
#include <lib/fault.h>
#include <lib/preempt.h>
#include <lib/selftest.h>
#include <lib/string.h>
#include <mm/cross_call.h>
#include <mm/gfp.h>
#include <mm/slab.h>
#include <mm/tlb.h>

#include "../pgtable_check.h"
#include "../workers.h"

#define NO_HIGHMEM "needs the option highmem=64"

static char message[128];

/* LAST_PKMAP frames and a few. */
#define PAGES (LAST_PKMAP + 4)
static struct page *pages[PAGES];

static bool get_pages(unsigned int n)
{
	for (unsigned int i = 0; i < n; i++) {
		pages[i] = alloc_page(GFP_HIGHUSER);
		if (!pages[i] || !PageHighMem(pages[i]))
			return false;
	}
	return true;
}

static void put_pages(unsigned int n)
{
	for (unsigned int i = 0; i < n; i++)
		__free_page(pages[i]);
}

SELFTEST(mm, highmem, slots, "A MM-H3", unit)
{
	unsigned int wrong = 0;

	EXPECT_EQ(LAST_PKMAP, 512U);
	EXPECT_EQ(PKMAP_BASE % PMD_SIZE, 0UL); /* one table */
	for (unsigned int nr = 0; nr < LAST_PKMAP; nr++)
		wrong += PKMAP_NR(PKMAP_ADDR(nr)) != nr ||
			 PKMAP_NR(PKMAP_ADDR(nr) + 4095) != nr;
	EXPECT_EQ(wrong, 0U);
	EXPECT_GT(FIXADDR_START, PKMAP_ADDR(LAST_PKMAP));
}

SELFTEST(mm, highmem, zone, "A BOOT-3, A MM-H1")
{
	unsigned long limit = PFN_DOWN(arch_direct_map_limit());
	struct page *page;
	struct pt_walk w;

	EXPECT_LT(min_low_pfn, max_low_pfn);
	EXPECT_LE(max_low_pfn, max_pfn);
	EXPECT_EQ(num_physpages, max_pfn);
	if (!totalhigh_pages()) {
		EXPECT_EQ(highstart_pfn, 0UL);
		EXPECT_EQ(highend_pfn, 0UL);
		EXPECT_EQ(max_low_pfn, max_pfn);
		return;
	}
	EXPECT_EQ(highstart_pfn, limit);
	EXPECT_EQ(max_low_pfn, limit);
	EXPECT_EQ(highend_pfn, max_pfn);
	EXPECT_LE(totalhigh_pages(), highend_pfn - highstart_pfn);
	EXPECT_FALSE(pt_walk((unsigned long)__va(PFN_PHYS(limit)), &w));
	EXPECT_TRUE(pt_walk((unsigned long)__va(PFN_PHYS(limit)) - 1, &w));
	EXPECT_FALSE(virt_addr_valid(__va(PFN_PHYS(limit))));
	/* who cannot use it never gets it */
	page = alloc_page(GFP_KERNEL);
	REQUIRE_TRUE(page != NULL);
	EXPECT_FALSE(PageHighMem(page));
	EXPECT_LT(page_to_pfn(page), limit);
	__free_page(page);
	kmap_flush_unused(); /* else an old window may lead to it still */
	page = alloc_page(GFP_HIGHUSER);
	REQUIRE_TRUE(page != NULL);
	EXPECT_TRUE(PageHighMem(page));
	EXPECT_GE(page_to_pfn(page), limit);
	EXPECT_PTR_EQ(page_address(page), NULL); /* E69 */
	__free_page(page);
}

/* Low frames have their address; only the rules are the same. */
SELFTEST(mm, highmem, low_frame, "A MM-H4, A MM-H7")
{
	struct page *page = alloc_page(GFP_KERNEL);
	unsigned int count = preempt_count();
	void *p;

	REQUIRE_TRUE(page != NULL);
	EXPECT_PTR_EQ(kmap(page), page_address(page));
	EXPECT_PTR_EQ(kmap_try(page), page_address(page));
	kunmap(page);
	kunmap(page);
	p = kmap_atomic(page, KM_USER0);
	EXPECT_PTR_EQ(p, page_address(page));
	EXPECT_EQ(preempt_count(), count + 1);
	kunmap_atomic(p, KM_USER0);
	EXPECT_EQ(preempt_count(), count);
	__free_page(page);
}

static void map_in_interrupt(void *arg)
{
	kmap(arg);
}

static unsigned int caught;

static void try_in_interrupt(void *arg)
{
	caught = panic_catch(map_in_interrupt, arg, message, sizeof(message));
}

SELFTEST(mm, highmem, not_in_interrupts, "A MM-H4")
{
	struct page *page = alloc_page(GFP_KERNEL);
	unsigned int cpu = workers_other_cpu();

	REQUIRE_TRUE(page != NULL);
	if (cpu == NR_CPUS) {
		__free_page(page);
		return selftest_skip("needs 2 CPUs");
	}
	smp_call_function_single(cpu, try_in_interrupt, page, true);
	EXPECT_TRUE(caught);
	EXPECT_TRUE(strstr(message, "in_interrupt"));
	__free_page(page);
}

SELFTEST(mm, highmem, one_window, "A MM-H4, A MM-H5")
{
	unsigned int nr;
	u8 *a, *b;

	if (!totalhigh_pages())
		return selftest_skip(NO_HIGHMEM);
	REQUIRE_TRUE(get_pages(1));
	a = kmap(pages[0]);
	b = kmap(pages[0]);
	EXPECT_PTR_EQ(a, b);
	EXPECT_PTR_EQ(page_address(pages[0]), a);
	nr = PKMAP_NR((unsigned long)a);
	EXPECT_LT(nr, LAST_PKMAP);
	EXPECT_EQ(pkmap_count_of(nr), 3U);
	*a = 77;
	/* the same frame through another window */
	b = kmap_atomic(pages[0], KM_USER1);
	EXPECT_NE((unsigned long)b, (unsigned long)a);
	EXPECT_EQ(*b, 77);
	*b = 78;
	kunmap_atomic(b, KM_USER1);
	EXPECT_EQ(*a, 78);
	kunmap(pages[0]);
	EXPECT_EQ(pkmap_count_of(nr), 2U);
	kunmap(pages[0]);
	EXPECT_EQ(pkmap_count_of(nr), 1U);
	/* not flushed: it may be found again */
	EXPECT_PTR_EQ(page_address(pages[0]), a);
	EXPECT_PTR_EQ(kmap(pages[0]), a);
	EXPECT_EQ(pkmap_count_of(nr), 2U);
	kunmap(pages[0]);
	put_pages(1);
}

/* Which window a frame got, for a moment. */
static unsigned int window_of(struct page *page)
{
	unsigned long addr = (unsigned long)kmap(page);

	kunmap(page);
	return PKMAP_NR(addr);
}

/* A window at 1 waits for the wrap; the wrap is one flush. */
SELFTEST(mm, highmem, wrap, "A MM-H5, A MM-H6")
{
	struct pkmap_stats s, s2;
	unsigned int nr, last, first = 0, reused = 0, turns = 0;
	struct tlb_stats t, t2;

	if (!totalhigh_pages())
		return selftest_skip(NO_HIGHMEM);
	REQUIRE_TRUE(get_pages(PAGES));
	kmap_flush_unused(); /* none of the frames is in a window any more */
	pkmap_get_stats(&s);
	EXPECT_EQ(s.stale, 0U);
	nr = window_of(pages[0]);
	if (!nr) /* a wrap brought us here; begin behind it */
		nr = window_of(pages[++first]);
	pkmap_get_stats(&s);
	last = nr;
	for (unsigned int i = first + 1; i < PAGES; i++, turns++) {
		tlb_get_stats(smp_processor_id(), &t);
		last = window_of(pages[i]);
		pkmap_get_stats(&s2);
		if (s2.wraps != s.wraps)
			break;
		reused += last <= nr; /* only upward until then */
	}
	tlb_get_stats(smp_processor_id(), &t2);
	EXPECT_LT(turns, LAST_PKMAP);
	EXPECT_EQ(reused, 0U);
	EXPECT_EQ(last, 0U);
	EXPECT_EQ(s2.wraps, s.wraps + 1);
	EXPECT_EQ(t2.local_all, t.local_all + 1);
	/* all others are free now, and their frames have no address */
	EXPECT_EQ(s2.stale, 1U);
	EXPECT_EQ(s2.used, 0U);
	EXPECT_EQ(pkmap_count_of(nr), 0U);
	EXPECT_PTR_EQ(page_address(pages[first]), NULL);
	EXPECT_EQ(page_address_pool(), LAST_PKMAP - 1);
	put_pages(PAGES);
	pt_expect_sound();
}

/* ---- all windows in use ------------------------------------------------- */

static unsigned int waited;
static void *mapped_meanwhile;

/* What another task would do while this one sleeps. */
static void unmap_one(int before __unused)
{
	waited++;
	kunmap(pages[5]);
}

/* It also wants the frame that we wait for. */
static void map_it_first(int before __unused)
{
	waited++;
	kunmap(pages[6]);
	mapped_meanwhile = kmap(pages[LAST_PKMAP]);
}

SELFTEST(mm, highmem, all_in_use, "A MM-H6, A MM-H2")
{
	void (*normally)(int before) = pkmap_wait;
	void *five, *six, *p;
	struct pkmap_stats s;

	if (!totalhigh_pages())
		return selftest_skip(NO_HIGHMEM);
	REQUIRE_TRUE(get_pages(PAGES));
	for (unsigned int i = 0; i < LAST_PKMAP; i++)
		kmap(pages[i]);
	pkmap_get_stats(&s);
	EXPECT_EQ(s.used, LAST_PKMAP);
	EXPECT_EQ(page_address_pool(), 0U);
	EXPECT_PTR_EQ(kmap_try(pages[LAST_PKMAP]), NULL);
	five = page_address(pages[5]);
	six = page_address(pages[6]);

	/* the 513th waits, one kunmap() lets it go on, in that window */
	waited = 0;
	pkmap_wait = unmap_one;
	p = kmap(pages[LAST_PKMAP + 1]);
	EXPECT_EQ(waited, 1U);
	EXPECT_PTR_EQ(p, five);
	EXPECT_PTR_EQ(page_address(pages[5]), NULL);

	/* two wait for one frame: the second finds the first one's window */
	waited = 0;
	pkmap_wait = map_it_first;
	p = kmap(pages[LAST_PKMAP]);
	pkmap_wait = normally;
	EXPECT_EQ(waited, 1U);
	EXPECT_PTR_EQ(mapped_meanwhile, six);
	EXPECT_PTR_EQ(p, six);
	EXPECT_EQ(pkmap_count_of(PKMAP_NR((unsigned long)p)), 3U);

	kunmap(pages[LAST_PKMAP]);
	kunmap(pages[LAST_PKMAP]);
	kunmap(pages[LAST_PKMAP + 1]);
	for (unsigned int i = 0; i < LAST_PKMAP; i++)
		if (i != 5 && i != 6)
			kunmap(pages[i]);
	pkmap_get_stats(&s);
	EXPECT_EQ(s.used, 0U);
	EXPECT_EQ(s.stale, LAST_PKMAP);
	put_pages(PAGES);
}

static void (*really_wait)(int before);

/* A window becomes free when it was seen that none is, and nobody waits yet. */
static void unmap_and_wait(int before)
{
	kunmap(pages[5]);
	really_wait(before);
}

SELFTEST(mm, highmem, freed_before_the_wait, "A MM-H6")
{
	if (!totalhigh_pages())
		return selftest_skip(NO_HIGHMEM);
	REQUIRE_TRUE(get_pages(PAGES));
	for (unsigned int i = 0; i < LAST_PKMAP; i++)
		kmap(pages[i]);
	really_wait = pkmap_wait;
	pkmap_wait = unmap_and_wait;
	EXPECT_TRUE(kmap(pages[LAST_PKMAP])); /* and not for ever */
	pkmap_wait = really_wait;
	for (unsigned int i = 0; i <= LAST_PKMAP; i++)
		if (i != 5)
			kunmap(pages[i]);
	put_pages(PAGES);
}

static void clear_one(void *arg)
{
	struct page **page = arg;

	*page = alloc_page(GFP_ATOMIC | __GFP_HIGHMEM | __GFP_ZERO);
}

/* A handler that clears a frame leaves the window it interrupted alone. */
SELFTEST(mm, highmem, cleared_in_interrupt, "A MM-H7, A MM-A3")
{
	struct page *page = NULL;
	u8 *p;

	if (!totalhigh_pages())
		return selftest_skip(NO_HIGHMEM);
	REQUIRE_TRUE(get_pages(1));
	p = kmap_atomic(pages[0], KM_USER0);
	p[17] = 0x5a;
	mm_on_cpus(cpumask_of(smp_processor_id()), clear_one, &page);
	EXPECT_EQ(p[17], 0x5a);
	kunmap_atomic(p, KM_USER0);
	REQUIRE_TRUE(page);
	p = kmap_atomic(page, KM_USER0);
	EXPECT_PTR_EQ(memchr_inv(p, 0, PAGE_SIZE), NULL);
	kunmap_atomic(p, KM_USER0);
	__free_page(page);
	put_pages(1);
}

/* ---- page_address ------------------------------------------------------- */

static void name_low(void *arg)
{
	set_page_address(arg, &waited);
}

static void unmap_unmapped(void *arg)
{
	kunmap(arg);
}

SELFTEST(mm, highmem, misuse, "A MM-H2, A MM-H4")
{
	struct page *low = alloc_page(GFP_KERNEL);

	REQUIRE_TRUE(low != NULL);
	EXPECT_TRUE(panic_catch(name_low, low, message, sizeof(message)));
	EXPECT_TRUE(strstr(message, "PageHighMem"));
	__free_page(low);
	if (!totalhigh_pages())
		return;
	/* unmapped once too often, while its window still leads to it */
	REQUIRE_TRUE(get_pages(1));
	kmap(pages[0]);
	kunmap(pages[0]);
	EXPECT_TRUE(panic_catch(unmap_unmapped, pages[0], message,
				sizeof(message)));
	EXPECT_TRUE(strstr(message, "mapped"));
	put_pages(1);
}

/* ---- kmap_atomic -------------------------------------------------------- */

static struct {
	struct page *page;
	unsigned long va[NR_CPUS];
	unsigned int nested[NR_CPUS], value[NR_CPUS];
} atomic_map;

static void map_same_type(void *arg __unused)
{
	kmap_atomic(atomic_map.page, KM_USER0);
}

static void map_here(unsigned int cpu, void *arg __unused)
{
	unsigned int count = preempt_count();
	u8 *a = kmap_atomic(atomic_map.page, KM_USER0), *b;
	char msg[80];

	atomic_map.va[cpu] = (unsigned long)a;
	atomic_map.value[cpu] = *a;
	/* another type works, the same one is a bug */
	b = kmap_atomic(atomic_map.page, KM_USER1);
	EXPECT_EQ(preempt_count(), count + 2);
	EXPECT_TRUE(a != b && *b == *a);
	kunmap_atomic(b, KM_USER1);
	atomic_map.nested[cpu] =
		panic_catch(map_same_type, NULL, msg, sizeof(msg));
	EXPECT_EQ(preempt_count(), count + 1);
	kunmap_atomic(a, KM_USER0);
	EXPECT_EQ(preempt_count(), count);
	EXPECT_EQ(copy_from_kernel_nofault(msg, a, 1), -EFAULT);
}

SELFTEST(mm, highmem, atomic_windows, "A MM-H7", race)
{
	unsigned int cpu, wrong = 0;
	u8 *p;

	if (!totalhigh_pages())
		return selftest_skip(NO_HIGHMEM);
	REQUIRE_TRUE(get_pages(1));
	memset(&atomic_map, 0, sizeof(atomic_map));
	atomic_map.page = pages[0];
	p = kmap(pages[0]);
	*p = 99;
	workers_run(map_here, NULL);
	kunmap(pages[0]);
	for_each_online_cpu(cpu) {
		/* each CPU its own address: 13 pages apart */
		wrong += atomic_map.va[cpu] !=
			 __fix_to_virt(FIX_KMAP_BEGIN + KM_USER0 + 13 * cpu);
		wrong += atomic_map.nested[cpu] != 1;
		wrong += atomic_map.value[cpu] != 99;
	}
	EXPECT_EQ(wrong, 0U);
	put_pages(1);
	pt_expect_sound();
}

/* Zeroed, though nobody had an address for it. */
SELFTEST(mm, highmem, zeroed, "A MM-H7")
{
	struct page *page;
	unsigned int wrong = 0;
	u8 *p;

	if (!totalhigh_pages())
		return selftest_skip(NO_HIGHMEM);
	for (unsigned int turn = 0; turn < 2; turn++) {
		page = alloc_pages(GFP_HIGHUSER | __GFP_ZERO, 2);
		REQUIRE_TRUE(page != NULL);
		for (unsigned int i = 0; i < 4; i++) {
			p = kmap(page + i);
			for (unsigned int j = 0; j < PAGE_SIZE; j++)
				wrong += p[j] != 0;
			memset(p, 0xee, PAGE_SIZE);
			kunmap(page + i);
		}
		__free_pages(page, 2);
	}
	EXPECT_EQ(wrong, 0U);
}
