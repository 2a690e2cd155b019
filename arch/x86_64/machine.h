/* SPDX-License-Identifier: MIT */
/*
 * machine.h - what the board's file offers to its neighbours.
 */
#ifndef ARCH_X86_64_MACHINE_H
#define ARCH_X86_64_MACHINE_H

/**
 * machine_route_nmi_button() - let external NMIs in on this CPU.
 *
 * Programs the local pins that the MADT calls NMI; on most boards, LINT1 of
 * every CPU: the button on the case, or `nmi` in the emulator's monitor.
 * Context: that CPU, interrupts off, after apic_init_cpu().
 */
void machine_route_nmi_button(void);

#endif /* ARCH_X86_64_MACHINE_H */
