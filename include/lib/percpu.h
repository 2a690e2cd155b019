/* SPDX-License-Identifier: MIT */
/*
 * percpu.h - variables of which every CPU has its own copy (C CC-10).
 *
 * Model. DEFINE_PER_CPU puts the variable into a template section; each CPU
 * gets a copy of the section, page aligned, so copies of different CPUs never
 * share a cache line. this_cpu_*() is a single instruction on the caller's
 * own copy, safe against interrupts and migration. A pointer taken with
 * this_cpu_ptr() is only good while preemption is off, which is what
 * get_cpu_var() ... put_cpu_var() are for. Nothing here protects a sequence
 * of accesses against an interrupt handler on the same CPU: use
 * local_irq_save().
 *
 * All of it works alike on dynamic memory, alloc_percpu() of <mm/percpu.h>:
 * per_cpu_ptr(p, cpu), this_cpu_ptr(p), this_cpu_inc(*p).
 */
#ifndef LIB_PERCPU_H
#define LIB_PERCPU_H

#include <arch/percpu.h>
#include <base/compiler.h>
#include <base/config.h>
#include <base/types.h>

#define PERCPU_SECTION ".data..percpu"

#define DECLARE_PER_CPU(type, name) extern __typeof__(type) name
#define DEFINE_PER_CPU(type, name) \
	__section(PERCPU_SECTION) __typeof__(type) name
/* Starts on a cache line of its own: for what other CPUs write to. */
#define DEFINE_PER_CPU_ALIGNED(type, name)                                    \
	__section(PERCPU_SECTION ".aligned") __typeof__(type) name __aligned( \
		L1_CACHE_BYTES)
#define DEFINE_PER_CPU_PAGE_ALIGNED(type, name) \
	__section(PERCPU_SECTION ".page") __typeof__(type) name __aligned(4096)

/* Distance from the template to each CPU's copy; 0 for absent CPUs. */
extern unsigned long __per_cpu_offset[NR_CPUS];

#define per_cpu_ptr(ptr, cpu) \
	((__typeof__(ptr))((unsigned long)(ptr) + __per_cpu_offset[(cpu)]))
#define per_cpu(var, cpu) (*per_cpu_ptr(&(var), (cpu)))

/* This CPU's own distance and number; both words of its own copy. */
DECLARE_PER_CPU(unsigned long, this_cpu_off);
DECLARE_PER_CPU(unsigned int, cpu_number);

#define this_cpu_read(var)     arch_this_cpu_read(var)
#define this_cpu_write(var, v) arch_this_cpu_write(var, v)
#define this_cpu_add(var, v)   arch_this_cpu_add(var, v)
/* The type of @var first: -(v) of a narrower unsigned would not borrow. */
#define this_cpu_sub(var, v)	    this_cpu_add(var, -(__typeof__(var))(v))
#define this_cpu_inc(var)	    this_cpu_add(var, 1)
#define this_cpu_dec(var)	    this_cpu_add(var, -1)
#define this_cpu_and(var, v)	    arch_this_cpu_and(var, v)
#define this_cpu_or(var, v)	    arch_this_cpu_or(var, v)
#define this_cpu_add_return(var, v) arch_this_cpu_add_return(var, v)
#define this_cpu_xchg(var, new)	    arch_this_cpu_xchg(var, new)
#define this_cpu_cmpxchg(v, o, n)   arch_this_cpu_cmpxchg(v, o, n)

/* Expects preemption off, or a caller that cannot migrate. */
#define this_cpu_ptr(ptr) \
	((__typeof__(ptr))((unsigned long)(ptr) + this_cpu_read(this_cpu_off)))

/* The number of the CPU this runs on; stale at once unless pinned. */
#define raw_smp_processor_id() this_cpu_read(cpu_number)

#endif /* LIB_PERCPU_H */
