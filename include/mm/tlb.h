/* SPDX-License-Identifier: MIT */
/*
 * tlb.h - making all CPUs forget translations (A TLB-2, TLB-5).
 */
#ifndef MM_TLB_H
#define MM_TLB_H

#include <base/types.h>

struct cpumask;

/* Counted per CPU since boot. */
struct tlb_stats {
	unsigned long local_page; /* single invalidations done here */
	unsigned long local_all;  /* whole flushes done here */
	unsigned long sent;	  /* shootdowns this CPU began */
	unsigned long received;	  /* flushes done here for another CPU */
};

void flush_tlb_kernel_page(unsigned long va);
void flush_tlb_kernel_range(unsigned long start, unsigned long end);
void flush_tlb_all(void);
void flush_tlb_range_cpus(const struct cpumask *mask, unsigned long start,
			  unsigned long end);
void local_flush_tlb_page(unsigned long va);
void local_flush_tlb_range(unsigned long start, unsigned long end);
void local_flush_tlb_all(void); /* global entries too */
void tlb_get_stats(unsigned int cpu, struct tlb_stats *stats);

#endif /* MM_TLB_H */
