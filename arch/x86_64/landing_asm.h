/* SPDX-License-Identifier: MIT */
/*
 * landing_asm.h - the label in landing.asm that trap returns may aim at.
 */
#ifndef ARCH_X86_64_LANDING_ASM_H
#define ARCH_X86_64_LANDING_ASM_H

/* Not a function to call: expects rsp to be a landing's. */
void arch_landing_land(void);

#endif /* ARCH_X86_64_LANDING_ASM_H */
