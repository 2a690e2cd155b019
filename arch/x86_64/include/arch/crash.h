/* SPDX-License-Identifier: MIT */
/*
 * crash.h (arch) - causing exceptions on purpose.
 *
 * Each function raises exactly what its name says, at an instruction of its
 * own; none returns unless an expected-fault hook lets it. For tests and for
 * the monitor's `panic` command.
 */
#ifndef ARCH_CRASH_H
#define ARCH_CRASH_H

#include <base/types.h>

/* What each does: see above, and beside it. */
void arch_crash_read(unsigned long addr);
void arch_crash_write(unsigned long addr);
void arch_crash_exec(unsigned long addr);     /* calls it */
void arch_crash_push(unsigned long sp);	      /* pushes with rsp = @sp */
void arch_crash_divide(void);		      /* #DE by a divisor of 0 */
void arch_crash_breakpoint(void);	      /* int3 */
void arch_crash_invalid_opcode(void);	      /* ud2 */
void arch_crash_selector(u16 selector);	      /* loads it into ds */
void arch_crash_code_selector(u16 selector);  /* far return to it */
void arch_crash_stack_selector(u16 selector); /* loads it into ss */
void arch_crash_int(void);		      /* int 4: overflow, by program */
u64 arch_crash_rdmsr(u32 msr);

#endif /* ARCH_CRASH_H */
