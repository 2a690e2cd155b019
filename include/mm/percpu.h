/* SPDX-License-Identifier: MIT */
/*
 * percpu.h (mm) - memory for the per-CPU copies.
 */
#ifndef MM_PERCPU_H
#define MM_PERCPU_H

#include <base/compiler.h>
#include <base/types.h>

/**
 * setup_per_cpu_areas() - a copy of the per-CPU template for CPUs 1 .. @nr-1.
 * @nr: CPUs that may come up, 1..NR_CPUS. CPU 0 has its copy already.
 *
 * Context: boot CPU, before any other runs.
 * Return: how many CPUs have one now: less than @nr when memory ran out.
 */
unsigned int __must_check setup_per_cpu_areas(unsigned int nr);

/*
 * Dynamic per-CPU memory. The pointer is to the template, like the address of
 * a DEFINE_PER_CPU variable: per_cpu_ptr(), this_cpu_ptr() and this_cpu_*()
 * work on it. Zeroed on every possible CPU.
 */
void *__must_check __alloc_percpu(size_t size, size_t align);
void free_percpu(void *ptr);
#define alloc_percpu(type) \
	((type *)__alloc_percpu(sizeof(type), __alignof__(type)))

/* Bytes of one CPU handed out now: a leak changes it. */
unsigned long percpu_bytes_in_use(void);

#endif /* MM_PERCPU_H */
