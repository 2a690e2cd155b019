/* SPDX-License-Identifier: MIT */
/*
 * percpu.h (mm) - memory of which every CPU has its own copy.
 *
 *	unsigned long *hits = alloc_percpu(unsigned long);
 *	...
 *	this_cpu_inc(*hits);			// one instruction
 *	for_each_possible_cpu(cpu)
 *		sum += *per_cpu_ptr(hits, cpu);
 *	free_percpu(hits);
 *
 * Model. A pointer from alloc_percpu() is like the address of a
 * DEFINE_PER_CPU variable: it points to the template, where nothing is; with
 * __per_cpu_offset[cpu] added it points to that CPU's copy. How that is
 * arranged stands in mm/percpu.c, the use of it in <lib/percpu.h>.
 */
#ifndef MM_PERCPU_H
#define MM_PERCPU_H

#include <base/compiler.h>
#include <base/types.h>

/* Where the CPUs' copies are, but for CPU 0's; docs/address-space.md. */
#define PERCPU_WINDOW 0xffffe90000000000UL
#define PERCPU_STRIDE (64UL << 20) /* from one CPU's unit to the next */

/* In each unit, CPU 0's and the template included. */
#define PERCPU_DYN_OFFSET (32UL << 20) /* where the dynamic part begins */
#define PERCPU_DYN_SIZE	  (2UL << 20)  /* how long it can get */
#define PERCPU_BOOT_SIZE  (32UL << 10) /* of this is there from the start */

/**
 * setup_per_cpu_areas() - a copy of the per-CPU template for CPUs 1 .. @nr-1.
 * @nr: CPUs that may come up, 1..NR_CPUS. CPU 0 has its copy already.
 *
 * alloc_percpu() works from here on, until the page allocator is there for
 * PERCPU_BOOT_SIZE bytes.
 *
 * Context: boot CPU, before any other runs, while memblock is open.
 * Return: how many CPUs have one now: less than @nr when memory ran out.
 */
unsigned int __must_check setup_per_cpu_areas(unsigned int nr);

/**
 * __alloc_percpu() - memory for each possible CPU, zeroed.
 * @size: bytes of one CPU, 1..PERCPU_DYN_SIZE.
 * @align: bytes, a power of two up to PAGE_SIZE; at least 8 is used.
 *
 * Copies of different CPUs never share a cache line.
 *
 * Context: task; may sleep.
 * Locking: none.
 * Return: a pointer for per_cpu_ptr(), this_cpu_ptr() and this_cpu_*(); NULL
 *	when memory or room is exhausted.
 */
void *__must_check __alloc_percpu(size_t size, size_t align);

#define alloc_percpu(type) \
	((type *)__alloc_percpu(sizeof(type), __alignof__(type)))

/**
 * free_percpu() - give the memory of all CPUs back.
 * @ptr: from __alloc_percpu(), or NULL. Anything else, also one that was
 *	freed before, is reported and left alone.
 *
 * The caller sees to it that no CPU uses its copy any more.
 *
 * Context: any but NMI.
 */
void free_percpu(void *ptr);

/* Bytes of one CPU handed out now: a leak changes it. Context: any. */
unsigned long percpu_bytes_in_use(void);

/*
 * Frames behind the dynamic parts of all CPUs. They are kept when what lies
 * in them is freed. Context: any.
 */
unsigned long percpu_nr_pages(void);

/* What there is, for commands. */
struct percpu_stats {
	unsigned long template; /* its address */
	size_t static_size;	/* bytes of one CPU */
	size_t used;		/* dynamic bytes of one CPU handed out */
	unsigned int pieces;	/* in so many allocations */
	unsigned int pages;	/* dynamic pages of one CPU that are there */
	unsigned int end;	/* pages up to the last one in use */
};

/**
 * percpu_get_stats() - read the counters.
 * @stats: receives them, all of one moment.
 *
 * Context: any but NMI.
 */
void percpu_get_stats(struct percpu_stats *stats);

#define PERCPU_MAP_LINES (4096 / 64)

/**
 * percpu_page_map() - how a page of the dynamic part is used.
 * @page: its number, from 0.
 * @map: receives a character for each 64 bytes: '.' free, '#' handed out,
 *	'+' some of each; and '\0' at the end.
 *
 * Context: any but NMI.
 */
void percpu_page_map(unsigned int page, char map[PERCPU_MAP_LINES + 1]);

#endif /* MM_PERCPU_H */
