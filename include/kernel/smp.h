/* SPDX-License-Identifier: MIT */
/*
 * smp.h (kernel) - bringing up the other CPUs.
 */
#ifndef KERNEL_SMP_H
#define KERNEL_SMP_H

/**
 * smp_init_boot_cpu() - note that CPU 0 runs; the first step of all.
 *
 * Context: boot CPU.
 */
void smp_init_boot_cpu(void);

/**
 * smp_setup_masks() - decide which CPUs may run: possible and present masks.
 *
 * From the firmware's list, NR_CPUS, nr_cpus= and nosmp. Allocates their
 * per-CPU areas.
 * Context: boot CPU, after the ACPI tables were read.
 */
void smp_setup_masks(void);

/**
 * smp_init() - start every present CPU; prints "N of M CPUs online".
 *
 * One that does not come up is reported and left out.
 * Context: boot CPU, task context, interrupts on.
 */
void smp_init(void);

#endif /* KERNEL_SMP_H */
