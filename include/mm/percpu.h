/* SPDX-License-Identifier: MIT */
/*
 * percpu.h (mm) - memory for the per-CPU copies.
 */
#ifndef MM_PERCPU_H
#define MM_PERCPU_H

#include <base/compiler.h>

/**
 * setup_per_cpu_areas() - a copy of the per-CPU template for CPUs 1 .. @nr-1.
 * @nr: CPUs that may come up, 1..NR_CPUS. CPU 0 has its copy already.
 *
 * Context: boot CPU, before any other runs.
 * Return: how many CPUs have one now: less than @nr when memory ran out.
 */
unsigned int __must_check setup_per_cpu_areas(unsigned int nr);

#endif /* MM_PERCPU_H */
