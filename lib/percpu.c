/* SPDX-License-Identifier: MIT */
/*
 * percpu.c - the words that make <lib/percpu.h>, preempt.h and context.h work.
 *
 * Invariants. In CPU n's copy: cpu_number == n, this_cpu_off ==
 * __per_cpu_offset[n]; both are written once, before the CPU runs.
 */
#include <lib/context.h>
#include <lib/percpu.h>
#include <lib/preempt.h>

unsigned long __per_cpu_offset[NR_CPUS];

DEFINE_PER_CPU(unsigned long, this_cpu_off);
DEFINE_PER_CPU(unsigned int, cpu_number);

/* Need-resched is inverted: set means that no switch is wanted. */
DEFINE_PER_CPU(u32, preempt_word) = PREEMPT_NEED_RESCHED;

DEFINE_PER_CPU(struct task_ctx *, current_ctx_ptr);
