/* SPDX-License-Identifier: MIT */
/*
 * smp.h - what the bring-up code in C shares with the trampoline.
 */
#ifndef ARCH_X86_64_SMP_H
#define ARCH_X86_64_SMP_H

#include <base/config.h>
#include <base/types.h>

/*
 * A starting CPU finds its entry by its own APIC id. The state makes "it came
 * up" and "we gave up on it" exclude each other: both are one cmpxchg away
 * from AP_STARTING, so a late CPU halts instead of running on a stack that is
 * not its own any more.
 */
enum ap_state {
	AP_ABSENT,
	AP_STARTING, /* set by the boot CPU before the first SIPI */
	AP_ALIVE,    /* set by the CPU itself, in the trampoline */
	AP_GIVEN_UP, /* set by the boot CPU at the time-out */
};

struct ap_boot {
	u32 apic_id;
	u32 state; /* enum ap_state, changed by cmpxchg only */
	u64 stack_top;
	u64 gs_base;
	u64 reserved; /* keeps the size a power of two */
};

extern struct ap_boot ap_boot_table[NR_CPUS];
extern u32 nr_ap_boot; /* entries in use; read by the trampoline */

/*
 * A CPU was given up, so arch_smp_finish() keeps the trampoline's pages.
 * A test that knows that there is no such CPU takes it back.
 */
extern bool ap_gave_up;

/*
 * Sends the start-up IPIs to ap->apic_id and waits for AP_ALIVE. Returns 0 or
 * -ETIMEDOUT; then ap->state is AP_GIVEN_UP for good. After arch_smp_prepare.
 */
int __attribute__((warn_unused_result))
arch_cpu_start(struct ap_boot *ap, u64 timeout_ns);

/* Called by the trampoline on the new CPU's own stack and per-CPU area. */
void __attribute__((noreturn)) ap_start(unsigned int cpu);

#endif /* ARCH_X86_64_SMP_H */
