/* SPDX-License-Identifier: MIT */
/*
 * time.h - where the clock's zero comes from.
 */
#ifndef ARCH_X86_64_TIME_H
#define ARCH_X86_64_TIME_H

#include <base/types.h>

/* TSC when the first function in C ran: the zero of arch_clock_ns(). */
extern u64 boot_tsc;

/*
 * Undoes arch_tsc_mark_unstable(), for tests that know the TSC to be good.
 * The clock goes on without a step back. One CPU, the others not asking.
 */
void clock_back_to_tsc(void);

/* The HPET's counter and frequency; hz is 0 when it is not used. */
u64 hpet_count(void);
u64 hpet_frequency(void);

#endif /* ARCH_X86_64_TIME_H */
