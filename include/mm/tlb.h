/* SPDX-License-Identifier: MIT */
/*
 * tlb.h - making CPUs forget translations (A TLB-2, A TLB-5).
 *
 *	kernel_unmap_noflush(va, PAGE_SIZE);
 *	flush_tlb_kernel_page(va);	// no CPU can reach the frame any more
 *
 * Model and invariants: mm/tlb.c.
 */
#ifndef MM_TLB_H
#define MM_TLB_H

#include <base/types.h>

struct cpumask;

/* More pages than this are flushed by dropping everything. */
#define TLB_FLUSH_CEILING 33

/* Counted per CPU since boot. */
struct tlb_stats {
	unsigned long local_page; /* single invalidations done here */
	unsigned long local_all;  /* whole flushes done here */
	unsigned long sent;	  /* shootdowns this CPU began */
	unsigned long received;	  /* flushes done here for another CPU */
};

/**
 * flush_tlb_kernel_page() - no CPU remembers a page any more.
 * @va: any address in it.
 *
 * Context: task or softirq, interrupts on; they may be off as long as no
 * other CPU is online.
 */
void flush_tlb_kernel_page(unsigned long va);

/**
 * flush_tlb_kernel_range() - no CPU remembers a range any more.
 * @start, @end: page aligned; nothing is done when they are equal.
 *
 * Also drops what CPUs have cached of the tables' upper levels. More than
 * TLB_FLUSH_CEILING pages become a flush of everything.
 *
 * Context: as flush_tlb_kernel_page().
 */
void flush_tlb_kernel_range(unsigned long start, unsigned long end);

/**
 * flush_tlb_all() - no CPU remembers anything, global entries included.
 *
 * Context: as flush_tlb_kernel_page().
 */
void flush_tlb_all(void);

/**
 * flush_tlb_range_cpus() - some CPUs forget a range.
 * @mask: which; those not online are skipped.
 * @start, @end: as flush_tlb_kernel_range().
 *
 * Context: as flush_tlb_kernel_page().
 */
void flush_tlb_range_cpus(const struct cpumask *mask, unsigned long start,
			  unsigned long end);

/**
 * local_flush_tlb_page() - this CPU forgets one page.
 * @va: any address in it.
 *
 * Context: any; preemption off, or "this CPU" means nothing.
 */
void local_flush_tlb_page(unsigned long va);

/* The same for a range, and for everything, global entries included. */
void local_flush_tlb_range(unsigned long start, unsigned long end);
void local_flush_tlb_all(void);

/**
 * tlb_get_stats() - read the counters of one CPU.
 * @cpu: any possible CPU.
 * @stats: filled in; the values are not one moment's.
 *
 * Context: any.
 */
void tlb_get_stats(unsigned int cpu, struct tlb_stats *stats);

/*
 * For tests: while true, flushes stay on the CPU that asks for them, which
 * is what a kernel without shootdown would do.
 */
extern bool tlb_suppress_remote;

#endif /* MM_TLB_H */
