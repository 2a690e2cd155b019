/* SPDX-License-Identifier: MIT */
/*
 * time.h - where the clock's zero comes from.
 */
#ifndef ARCH_X86_64_TIME_H
#define ARCH_X86_64_TIME_H

#include <base/types.h>

/* TSC when the first function in C ran: the zero of arch_clock_ns(). */
extern u64 boot_tsc;

#endif /* ARCH_X86_64_TIME_H */
