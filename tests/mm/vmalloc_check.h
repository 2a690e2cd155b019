/* SPDX-License-Identifier: MIT */
/*
 * vmalloc_check.h (tests) - what several files of vmalloc tests need.
 */
#ifndef TESTS_MM_VMALLOC_CHECK_H
#define TESTS_MM_VMALLOC_CHECK_H

#include <arch/crash.h>
#include <arch/irqvec.h>
#include <arch/page.h>
#include <arch/ptrace.h>
#include <base/types.h>
#include <lib/cpumask.h>
#include <lib/fault.h>
#include <lib/selftest.h>
#include <lib/string.h>
#include <mm/tlb.h>
#include <mm/vmalloc.h>

static inline void touch_read(void *addr)
{
	arch_crash_read((unsigned long)addr);
}

static inline void touch_write(void *addr)
{
	arch_crash_write((unsigned long)addr);
}

/* Whether a read of @addr faults because nothing is mapped there. */
static inline bool is_absent(unsigned long addr)
{
	struct fault_info f = {.vector = 0};

	return fault_catch(touch_read, (void *)addr, &f) &&
	       f.vector == X86_TRAP_PF && f.error_code == 0 &&
	       f.address == addr;
}

static inline bool can_read(unsigned long addr)
{
	return !fault_catch(touch_read, (void *)addr, NULL);
}

/* The error code of the page fault that a write gives; ~0: it gives none. */
static inline u64 write_error(unsigned long addr)
{
	struct fault_info f;

	return fault_catch(touch_write, (void *)addr, &f) ? f.error_code
							  : ~0ULL;
}

/* A number for each word of a pattern. */
static inline u64 mark(u64 seed, unsigned long i)
{
	return (seed + 1) * 0x9e3779b97f4a7c15ULL + i;
}

static inline void fill(void *area, unsigned long bytes, u64 seed)
{
	u64 *w = area;

	for (unsigned long i = 0; i < bytes / sizeof(*w); i += 61)
		w[i] = mark(seed, i);
	w[bytes / sizeof(*w) - 1] = mark(seed, ~0UL);
}

/* Words that differ from what fill() left. */
static inline unsigned long wrong_words(const void *area, unsigned long bytes,
					u64 seed)
{
	unsigned long wrong = 0, last = bytes / sizeof(u64) - 1;
	const u64 *w = area;

	for (unsigned long i = 0; i < last; i += 61)
		wrong += w[i] != mark(seed, i);
	return wrong + (w[last] != mark(seed, ~0UL));
}

/* The area that @addr lies in; of no pages if there is none. */
static inline struct vmalloc_info info_at(const void *addr)
{
	unsigned long cursor = (unsigned long)addr;
	struct vmalloc_info i = {.nr_pages = 0};

	if (!vmalloc_info_next(&cursor, &i))
		i.nr_pages = 0;
	return i;
}

static inline bool nothing_there(const char *kind)
{
	return !strcmp(kind, "hole") || !strcmp(kind, "freed");
}

/* Sums over all CPUs. */
static inline struct tlb_stats tlb_totals(void)
{
	struct tlb_stats sum = {.sent = 0}, s;
	unsigned int cpu;

	for_each_online_cpu(cpu) {
		tlb_get_stats(cpu, &s);
		sum.local_page += s.local_page;
		sum.local_all += s.local_all;
		sum.sent += s.sent;
		sum.received += s.received;
	}
	return sum;
}

static inline unsigned long purges_now(void)
{
	struct vmalloc_stats s;

	vmalloc_get_stats(&s);
	return s.purges;
}

static inline unsigned long lazy_now(void)
{
	struct vmalloc_stats s;

	vmalloc_get_stats(&s);
	return s.lazy_pages;
}

static inline unsigned long areas_now(void)
{
	struct vmalloc_stats s;

	vmalloc_get_stats(&s);
	return s.areas;
}

#endif /* TESTS_MM_VMALLOC_CHECK_H */
