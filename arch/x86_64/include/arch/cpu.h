/* SPDX-License-Identifier: MIT */
/*
 * cpu.h (arch) - this CPU: waiting, halting, counting.
 */
#ifndef ARCH_CPU_H
#define ARCH_CPU_H

#include <base/compiler.h>
#include <base/types.h>

/* Inside every spin loop: tells the core, and an emulator, that we wait. */
static __always_inline void cpu_relax(void)
{
	__asm__ __volatile__("pause" ::: "memory");
}

/* Halts for ever with interrupts off; an NMI only wakes it for a moment. */
static inline void __noreturn arch_halt_forever(void)
{
	for (;;)
		__asm__ __volatile__("cli; hlt" ::: "memory");
}

/*
 * Enables interrupts and halts until one comes. "sti" takes effect after the
 * next instruction, so an interrupt that was pending cannot slip in between
 * and leave the CPU halted (B B-11). Called with interrupts off.
 */
static __always_inline void arch_safe_halt(void)
{
	__asm__ __volatile__("sti; hlt" ::: "memory");
}

/* The time-stamp counter; not ordered against other instructions. */
static __always_inline u64 rdtsc(void)
{
	u32 lo, hi;

	__asm__ __volatile__("rdtsc" : "=a"(lo), "=d"(hi)::"memory");
	return (u64)hi << 32 | lo;
}

/* The same after all earlier loads and before all later ones. */
static __always_inline u64 rdtsc_ordered(void)
{
	__asm__ __volatile__("lfence" ::: "memory");
	u64 t = rdtsc();

	__asm__ __volatile__("lfence" ::: "memory");
	return t;
}

/* A loop of known length, to find out what the counter counts. */
#define ARCH_COUNT_DOWN_INSNS 2 /* in each turn */
static __always_inline void arch_count_down(unsigned long turns)
{
	__asm__ __volatile__("1: dec %0\n"
			     "jnz 1b"
			     : "+r"(turns)::"cc");
}

#endif /* ARCH_CPU_H */
