/* SPDX-License-Identifier: MIT */
/*
 * irqvec.h (arch) - which vector means what (A IDT-1).
 *
 *	0..31	exceptions and NMI	128	system call (int 0x80)
 *	32..127, 129..238		external interrupts
 *	239	local APIC timer	240	thermal
 *	251..253 interrupts from other CPUs	254 APIC error	255 spurious
 */
#ifndef ARCH_IRQVEC_H
#define ARCH_IRQVEC_H

#define FIRST_EXTERNAL_VECTOR 32
#define SYSCALL_VECTOR	      128
#define LOCAL_TIMER_VECTOR    239
#define THERMAL_VECTOR	      240
#define INVALIDATE_TLB_VECTOR 251
#define RESCHEDULE_VECTOR     252
#define CALL_FUNCTION_VECTOR  253
#define ERROR_APIC_VECTOR     254
#define SPURIOUS_APIC_VECTOR  255

#define NR_VECTORS 256

#define X86_TRAP_DE  0
#define X86_TRAP_DB  1
#define X86_TRAP_NMI 2
#define X86_TRAP_BP  3
#define X86_TRAP_OF  4
#define X86_TRAP_BR  5
#define X86_TRAP_UD  6
#define X86_TRAP_NM  7
#define X86_TRAP_DF  8
#define X86_TRAP_TS  10
#define X86_TRAP_NP  11
#define X86_TRAP_SS  12
#define X86_TRAP_GP  13
#define X86_TRAP_PF  14
#define X86_TRAP_MF  16
#define X86_TRAP_AC  17
#define X86_TRAP_MC  18
#define X86_TRAP_XM  19

/* Page-fault error code: Intel SDM vol. 3A, "Interrupt 14". */
#define X86_PF_PROT  (1UL << 0) /* 0: not present, 1: not allowed */
#define X86_PF_WRITE (1UL << 1)
#define X86_PF_USER  (1UL << 2)
#define X86_PF_RSVD  (1UL << 3)
#define X86_PF_INSTR (1UL << 4)

#endif /* ARCH_IRQVEC_H */
