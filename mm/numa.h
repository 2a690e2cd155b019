/* SPDX-License-Identifier: MIT */
/*
 * numa.h - nodes while the machine boots; see mm/numa.c.
 */
#ifndef MM_NUMA_H
#define MM_NUMA_H

/* Reads what the firmware says. Context: boot; the CPUs are known. */
void numa_init(void);

/**
 * numa_node_of_pfn() - the node of a run of frames.
 * @pfn: its first frame.
 * @end: the end of the run; lowered to where another node may begin.
 *
 * Context: boot. Return: the node.
 */
int numa_node_of_pfn(unsigned long pfn, unsigned long *end);

/* Where a CPU's memory comes from first: see cpu_to_mem(). Context: boot. */
void numa_set_mem(unsigned int cpu, int nid);

#endif /* MM_NUMA_H */
