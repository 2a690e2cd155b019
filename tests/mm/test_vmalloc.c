/* SPDX-License-Identifier: MIT */
/*
 * test_vmalloc.c - memory that is contiguous in addresses only: what it is
 * made of, what lies around it, and what is refused.
 */
#include <mm/vmalloc.h>

#include <arch/trap_text.h>
#include <base/config.h>
#include <lib/preempt.h>
#include <lib/printk.h>
#include <mm/fail.h>
#include <mm/highmem.h>
#include <mm/page.h>
#include <mm/pgtable.h>

#include "../../mm/vmap.h"
#include "vmalloc_check.h"

#define RWX __pgprot(PAGE_KERNEL.pgprot & ~_PAGE_NX)

/* How many of its frames are followed by the frame of the next page. */
static unsigned int neighbours(const void *area, unsigned int pages)
{
	unsigned int n = 0;

	for (unsigned int i = 0; i + 1 < pages; i++) {
		const char *at = (const char *)area + i * PAGE_SIZE;
		long diff =
			vmalloc_to_page(at + PAGE_SIZE) - vmalloc_to_page(at);

		n += diff == 1 || diff == -1;
	}
	return n;
}

/*
 * Makes the frames that are given out next lie apart from each other: odd
 * ones have no odd neighbour, in whatever order they lay on the list.
 */
static void scatter(struct page **held, unsigned int n)
{
	for (unsigned int i = 0; i < n; i++)
		held[i] = alloc_page(vmap_frames_gfp);
	for (unsigned int i = 0; i < n; i++) {
		if (!held[i] || !(page_to_pfn(held[i]) & 1))
			continue;
		__free_page(held[i]);
		held[i] = NULL;
	}
}

static void give_back(struct page **held, unsigned int n)
{
	for (unsigned int i = 0; i < n; i++)
		if (held[i])
			__free_page(held[i]);
}

/* The frames are anywhere, the array is one (A MM-H8). */
SELFTEST(mm, vmalloc, scattered_frames, "A MM-H8")
{
	struct page *held[24];
	u64 *area;

	scatter(held, ARRAY_SIZE(held));
	area = vmalloc(5 * PAGE_SIZE);
	EXPECT_TRUE(area != NULL);
	if (area) {
		EXPECT_EQ((unsigned long)area % PAGE_SIZE, 0);
		EXPECT_EQ(neighbours(area, 5), 0);
		fill(area, 5 * PAGE_SIZE, 1);
		EXPECT_EQ(wrong_words(area, 5 * PAGE_SIZE, 1), 0);
		/* each page is its frame, seen at another address, too */
		for (unsigned int i = 0; i < 5; i++) {
			u64 *at = area + i * PAGE_SIZE / sizeof(*area);
			struct page *page = vmalloc_to_page(at);

			*at = mark(2, i);
			EXPECT_EQ(*(u64 *)kmap(page), mark(2, i));
			kunmap(page);
		}
	}
	vfree(area);
	give_back(held, ARRAY_SIZE(held));
}

/* The third way to use frames that are not in the direct map (A MM-H8). */
SELFTEST(mm, vmalloc, high_memory, "A MM-H8")
{
	unsigned long size = 6 * PAGE_SIZE;
	char *area;

	if (!totalhigh_pages())
		return selftest_skip("needs the option highmem=64");
	area = vzalloc(size);
	REQUIRE_TRUE(area != NULL);
	for (unsigned long i = 0; i < size; i += PAGE_SIZE) {
		struct page *page = vmalloc_to_page(area + i);

		EXPECT_EQ(page_zonenum(page), ZONE_HIGHMEM);
		EXPECT_PTR_EQ(page_address(page), NULL);
	}
	EXPECT_PTR_EQ(memchr_inv(area, 0, size), NULL);
	fill(area, size, 4);
	EXPECT_EQ(wrong_words(area, size, 4), 0);
	vfree(area);
}

SELFTEST(mm, vmalloc, guard_pages, "A MM-H8")
{
	unsigned long a = (unsigned long)vmalloc(3 * PAGE_SIZE);
	unsigned long b = (unsigned long)vmalloc(PAGE_SIZE);

	EXPECT_TRUE(a && b);
	EXPECT_TRUE(is_absent(a - 8));
	EXPECT_TRUE(is_absent(a + 3 * PAGE_SIZE));
	EXPECT_TRUE(is_absent(a + 4 * PAGE_SIZE - 8));
	EXPECT_TRUE(can_read(a));
	EXPECT_TRUE(can_read(a + 3 * PAGE_SIZE - 8));
	EXPECT_EQ(write_error(a + 3 * PAGE_SIZE), X86_PF_WRITE);
	EXPECT_EQ(write_error(a - 8), X86_PF_WRITE);
	EXPECT_TRUE(is_absent(b - 8));
	EXPECT_TRUE(is_absent(b + PAGE_SIZE));
	vfree((void *)b);
	vfree((void *)a);
}

/* What the report of a panic would say of a read of @addr. */
static const char *cause_of_read(unsigned long addr, char *buf, size_t size)
{
	struct fault_info f;
	struct trap_info t = {.regs = &f.regs};

	if (!fault_catch(touch_read, (void *)addr, &f))
		return "no fault";
	t.vector = f.vector;
	t.error_code = f.error_code;
	t.address = f.address;
	return trap_likely_cause(&t, buf, size) ? buf : "";
}

SELFTEST(mm, vmalloc, likely_cause, "")
{
	unsigned long a = (unsigned long)vmalloc(3 * PAGE_SIZE);
	char text[200];

	REQUIRE_TRUE(a != 0);
	EXPECT_TRUE(strstr(cause_of_read(a + 3 * PAGE_SIZE, text, sizeof(text)),
			   "end of a vmalloc area: 0x"));
	EXPECT_TRUE(strstr(cause_of_read(a - 8, text, sizeof(text)),
			   "beginning of a vmalloc area: 0x"));
	EXPECT_STREQ(cause_of_read(a, text, sizeof(text)), "no fault");
	vfree((void *)a);
	vm_unmap_aliases();
	EXPECT_TRUE(strstr(cause_of_read(a + PAGE_SIZE, text, sizeof(text)),
			   "no vmalloc area: nothing is mapped at 0x"));
}

SELFTEST(mm, vmalloc, whole_pages, "A MM-H8")
{
	static const struct {
		size_t size;
		unsigned long pages;
	} cases[] = {{1, 1},
		     {PAGE_SIZE - 1, 1},
		     {PAGE_SIZE, 1},
		     {PAGE_SIZE + 1, 2},
		     {512 * PAGE_SIZE, 512},
		     {700 * PAGE_SIZE + 7, 701}};
	unsigned long before = vmalloc_nr_pages(), areas = areas_now();

	for (unsigned int i = 0; i < ARRAY_SIZE(cases); i++) {
		char *area = vmalloc(cases[i].size);
		struct vmalloc_info info = info_at(area);

		EXPECT_TRUE(area != NULL);
		EXPECT_EQ(info.nr_pages, cases[i].pages);
		EXPECT_EQ(info.addr, (unsigned long)area);
		EXPECT_EQ(info.end, (unsigned long)area +
					    (cases[i].pages + 1) * PAGE_SIZE);
		EXPECT_STREQ(info.kind, "vmalloc");
		EXPECT_EQ(vmalloc_nr_pages(), before + cases[i].pages);
		EXPECT_EQ(areas_now(), areas + 1);
		if (cases[i].size >= sizeof(u64)) {
			fill(area, cases[i].size, i);
			EXPECT_EQ(wrong_words(area, cases[i].size, i), 0);
		}
		vfree(area);
		EXPECT_EQ(vmalloc_nr_pages(), before);
		EXPECT_EQ(areas_now(), areas);
	}
	vfree(NULL);
	vunmap(NULL);
	iounmap(NULL);
	EXPECT_EQ(areas_now(), areas);
}

SELFTEST(mm, vmalloc, zeroed, "")
{
	unsigned long size = 9 * PAGE_SIZE, dirty = 0;
	unsigned char *area = vmalloc(size);

	EXPECT_TRUE(area != NULL);
	if (area)
		memset(area, 0xa5, size);
	vfree(area);
	area = vzalloc(size);
	EXPECT_TRUE(area != NULL);
	for (unsigned long i = 0; area && i < size; i++)
		dirty += area[i] != 0;
	EXPECT_EQ(dirty, 0);
	vfree(area);
}

/* Refused at once and cleanly; sizes that wrap around among them. */
SELFTEST(mm, vmalloc, impossible_sizes, "")
{
	static const size_t sizes[] = {0, SIZE_MAX, SIZE_MAX - PAGE_SIZE,
				       1UL << 45, 1UL << 44};
	unsigned long free = nr_free_pages(), used = vmalloc_nr_pages();
	struct page *page = alloc_page(GFP_KERNEL);

	for (unsigned int i = 0; i < ARRAY_SIZE(sizes); i++) {
		EXPECT_PTR_EQ(vmalloc(sizes[i]), NULL);
		EXPECT_PTR_EQ(__vmalloc(sizes[i], GFP_KERNEL | __GFP_NOWARN,
					PAGE_KERNEL),
			      NULL);
	}
	EXPECT_PTR_EQ(vmalloc((totalram_pages() + 1) * PAGE_SIZE), NULL);
	EXPECT_PTR_EQ(vmap(&page, 0, PAGE_KERNEL), NULL);
	EXPECT_PTR_EQ(vmap(&page, ~0U, PAGE_KERNEL), NULL);
	EXPECT_EQ(vmalloc_nr_pages(), used);
	__free_page(page);
	EXPECT_EQ(nr_free_pages(), free);
}

SELFTEST(mm, vmalloc, rights, "")
{
	struct page *page = alloc_page(GFP_KERNEL);
	unsigned long a;

	a = (unsigned long)__vmalloc(PAGE_SIZE, GFP_KERNEL, PAGE_KERNEL_RO);
	EXPECT_TRUE(a != 0);
	EXPECT_TRUE(can_read(a));
	EXPECT_EQ(write_error(a), X86_PF_WRITE | X86_PF_PROT);
	vfree((void *)a);

	warn_expect_begin();
	EXPECT_PTR_EQ(__vmalloc(PAGE_SIZE, GFP_KERNEL, RWX), NULL);
	EXPECT_STREQ(warn_expect_text(),
		     "a mapping that can be written and executed");
	EXPECT_PTR_EQ(vmap(&page, 1, RWX), NULL);
	EXPECT_EQ(warn_expect_end(), 2);
	__free_page(page);
}

/* Two mappings of the same frames, the second in the reverse order. */
SELFTEST(mm, vmalloc, two_mappings, "A MM-H8")
{
	enum {
		N = 7
	};
	char *a = vmalloc(N * PAGE_SIZE), *b;
	struct page *pages[N];
	unsigned long used = vmalloc_nr_pages(), wrong = 0;

	REQUIRE_TRUE(a != NULL);
	for (unsigned int i = 0; i < N; i++)
		pages[N - 1 - i] = vmalloc_to_page(a + i * PAGE_SIZE);
	b = vmap(pages, N, PAGE_KERNEL);
	EXPECT_TRUE(b != NULL);
	if (b) {
		EXPECT_STREQ(info_at(b).kind, "vmap");
		EXPECT_EQ(vmalloc_nr_pages(), used); /* no frame more */
		for (unsigned int i = 0; i < N; i++)
			fill(a + i * PAGE_SIZE, PAGE_SIZE, i);
		for (unsigned int i = 0; i < N; i++)
			wrong += wrong_words(b + i * PAGE_SIZE, PAGE_SIZE,
					     N - 1 - i);
		EXPECT_EQ(wrong, 0);
		fill(b, PAGE_SIZE, 99);
		EXPECT_EQ(wrong_words(a + (N - 1) * PAGE_SIZE, PAGE_SIZE, 99),
			  0);
		EXPECT_TRUE(is_absent((unsigned long)b - 8));
		EXPECT_TRUE(is_absent((unsigned long)b + N * PAGE_SIZE));
	}
	vunmap(b);
	/* the frames and the other mapping are as before */
	EXPECT_EQ(wrong_words(a + (N - 1) * PAGE_SIZE, PAGE_SIZE, 99), 0);
	vfree(a);
}

SELFTEST(mm, vmalloc, to_page, "")
{
	char *area = vmalloc(2 * PAGE_SIZE);
	struct page *page = vmalloc_to_page(area + PAGE_SIZE + 123);

	EXPECT_TRUE(page != NULL);
	EXPECT_PTR_EQ(vmalloc_to_page(area + PAGE_SIZE), page);
	EXPECT_PTR_EQ(vmalloc_to_page(area + 2 * PAGE_SIZE), NULL);
	EXPECT_PTR_EQ(vmalloc_to_page(area - 1), NULL);
	EXPECT_PTR_EQ(vmalloc_to_page(page_address(page)), NULL);
	vfree(area);
	EXPECT_PTR_EQ(vmalloc_to_page(area), NULL);
}

/* The region has nothing of its neighbours in it. */
SELFTEST(mm, vmalloc, region, "A MM-H8")
{
	EXPECT_TRUE(is_vmalloc_addr((void *)VMALLOC_START));
	EXPECT_TRUE(is_vmalloc_addr((void *)VMALLOC_END));
	EXPECT_FALSE(is_vmalloc_addr((void *)(VMALLOC_START - 1)));
	EXPECT_FALSE(is_vmalloc_addr((void *)(VMALLOC_END + 1)));
	EXPECT_FALSE(is_vmalloc_addr(__va(arch_direct_map_limit() - 1)));
	EXPECT_FALSE(is_vmalloc_addr((void *)VMEMMAP_START));
	EXPECT_FALSE(is_vmalloc_addr((void *)&is_absent));
	EXPECT_EQ(VMALLOC_START % PGDIR_SIZE, 0);
	EXPECT_EQ((VMALLOC_END + 1) % PGDIR_SIZE, 0);
}

/* ---- misuse ------------------------------------------------------------- */

static void expect_refused(void (*fn)(const void *), const void *addr,
			   const char *text)
{
	unsigned long areas = areas_now();
	char *at;

	warn_expect_begin();
	fn(addr);
	at = strstr(warn_expect_text(), text);
	EXPECT_TRUE(at != NULL);
	if (!at)
		pr_raw("# \"%s\" is not in \"%s\"\n", text, warn_expect_text());
	EXPECT_EQ(warn_expect_end(), 1);
	EXPECT_EQ(areas_now(), areas);
}

static void call_iounmap(const void *addr)
{
	iounmap((volatile void *)addr);
}

static void call_free_stack(const void *addr)
{
	free_thread_stack((void *)addr);
}

SELFTEST(mm, vmalloc, bad_frees, "")
{
	char *a = vmalloc(3 * PAGE_SIZE), *b = NULL;
	struct page *page = alloc_page(GFP_KERNEL);

	if (page)
		b = vmap(&page, 1, PAGE_KERNEL);
	REQUIRE_TRUE(a && b);
	fill(a, 3 * PAGE_SIZE, 3);
	expect_refused(vfree, a + 1, "it is inside the vmalloc area");
	expect_refused(vfree, a + PAGE_SIZE, "it is inside the vmalloc area");
	expect_refused(vfree, a + 3 * PAGE_SIZE, "of 3 pages, allocated by");
	expect_refused(vfree, b, "that is the vmap area");
	expect_refused(vunmap, a, "vunmap of");
	expect_refused(call_iounmap, a, "that is the vmalloc area");
	expect_refused(call_free_stack, a, "no stack begins there");
	expect_refused(vfree, page_address(page), "never allocated");
	expect_refused(vfree, &page, "nothing there");
	EXPECT_EQ(wrong_words(a, 3 * PAGE_SIZE, 3), 0);
	vunmap(b);
	vfree(a);
	expect_refused(vfree, a, "freed twice");
	expect_refused(vunmap, b, "freed twice");
	vm_unmap_aliases();
	expect_refused(vfree, a, "freed twice");
	__free_page(page);
}

static void sleep_where_none_may(void *arg)
{
	preempt_disable();
	vfree(arg);
	preempt_enable();
}

SELFTEST(mm, vmalloc, atomic_context, "")
{
	if (!CONFIG_DEBUG)
		return selftest_skip("a check of debug builds");
	warn_expect_begin();
	sleep_where_none_may(NULL);
	EXPECT_TRUE(strstr(warn_expect_text(), "may sleep") != NULL);
	EXPECT_EQ(warn_expect_end(), 1);
}

/* ---- failures ----------------------------------------------------------- */

/* The runner repeats it with each allocation failing in turn. */
SELFTEST(mm, vmalloc, each_failure, "", alloc)
{
	unsigned long areas = areas_now(), used = vmalloc_nr_pages();
	struct page *page = alloc_page(GFP_KERNEL);
	/* beyond what has tables: those can fail, too */
	void *a = vmalloc(600 * PAGE_SIZE / 5), *b = NULL;
	void *stack = alloc_thread_stack(-1);

	if (page)
		b = vmap(&page, 1, PAGE_KERNEL);
	EXPECT_EQ(areas_now(),
		  areas + (a != NULL) + (b != NULL) + (stack != NULL));
	EXPECT_EQ(vmalloc_nr_pages(),
		  used + (a ? 120 : 0) + (stack ? THREAD_SIZE / PAGE_SIZE : 0));
	EXPECT_EQ(vmalloc_check(), 0);
	free_thread_stack(stack);
	thread_stacks_drain();
	vunmap(b);
	vfree(a);
	if (page)
		__free_page(page);
	EXPECT_EQ(areas_now(), areas);
	EXPECT_EQ(vmalloc_nr_pages(), used);
}

/* The same by hand: where it fails, NULL, and everything is given back. */
SELFTEST(mm, vmalloc, partial_failure, "")
{
	unsigned long free, used = vmalloc_nr_pages(), areas = areas_now();
	unsigned int n, hit = 1;

	if (!CONFIG_DEBUG)
		return selftest_skip("needs CONFIG_DEBUG");
	vm_unmap_aliases();
	free = nr_free_pages();
	for (n = 1; hit; n++) {
		void *area;

		fail_nth_begin(n);
		area = vmalloc(8 * PAGE_SIZE);
		hit = fail_nth_end();
		EXPECT_EQ(area == NULL, hit == 1);
		vfree(area);
		vm_unmap_aliases();
		EXPECT_EQ(vmalloc_nr_pages(), used);
		EXPECT_EQ(areas_now(), areas);
		EXPECT_EQ(vmalloc_check(), 0);
		/* the node's slab, that of its cache, may be there now */
		EXPECT_LE(free - nr_free_pages(), 2);
	}
	EXPECT_GE(n, 1 + 8 + 1); /* frames, and the node at least */
}

/* Linked through their first words. */
static unsigned long take_all(void **list, unsigned long pages)
{
	unsigned long taken = 0;

	for (; pages; pages /= 2) {
		void **area;

		while ((area = __vmalloc(pages * PAGE_SIZE,
					 GFP_KERNEL | __GFP_NOWARN,
					 PAGE_KERNEL))) {
			*area = *list;
			*list = area;
			taken += pages;
		}
	}
	return taken;
}

/* To the last page, and back. On the small machine of the test runs. */
SELFTEST(mm, vmalloc, exhaustion, "A MM-H8")
{
	unsigned long free, taken, used = vmalloc_nr_pages();
	void *list = NULL, *area;

	if (totalram_pages() > 256 * 256)
		return selftest_skip("needs a machine of at most 256 MiB");
	vm_unmap_aliases();
	drain_all_pages();
	free = nr_free_pages();
	taken = take_all(&list, totalram_pages() / 8);
	EXPECT_GT(taken, free * 3 / 4);
	EXPECT_EQ(vmalloc_nr_pages(), used + taken);
	EXPECT_PTR_EQ(vmalloc(free * PAGE_SIZE), NULL);
	EXPECT_EQ(vmalloc_check(), 0);
	while (list) {
		void *next = *(void **)list;

		vfree(list);
		list = next;
	}
	vm_unmap_aliases();
	EXPECT_EQ(vmalloc_nr_pages(), used);
	/* nodes of free areas, in slabs that may be kept */
	EXPECT_LE(free - nr_free_pages(), 64);
	area = vmalloc(taken / 2 * PAGE_SIZE);
	EXPECT_TRUE(area != NULL);
	vfree(area);
}
