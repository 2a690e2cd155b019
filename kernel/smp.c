/* SPDX-License-Identifier: MIT */
/*
 * smp.c - bringing up the other CPUs.
 *
 * Model. The firmware lists M CPUs; NR_CPUS, nr_cpus= and nosmp limit how
 * many are possible. Each possible CPU gets a per-CPU area before any of them
 * starts. Then, one by one, arch starts a CPU; it arrives in
 * secondary_start(), marks itself online and idles.
 *
 *	CPU 0				CPU n
 *	arch_cpu_up(n)	------------->	ap_start(n)
 *	tsc_check_source() <-------->	tsc_check_target()
 *	waits for online  <----------	set_cpu_online(n)
 *
 * Invariants.
 *   I1  A CPU is online iff it takes interrupts and runs cross-calls.
 *   I2  CPU numbers are dense: 0 .. nr_cpu_ids - 1, in the firmware's order
 *       with the boot CPU first.
 * Locking. Masks are written by atomic bit operations; the boot CPU starts
 * one CPU at a time.
 * Contexts. Boot.
 * Limits. No CPU goes offline again.
 */
#include <kernel/smp.h>

#include <arch/cpu.h>
#include <arch/smp.h>
#include <arch/time.h>
#include <arch/upcall.h>
#include <base/assert.h>
#include <base/bits.h>
#include <irq/tick.h>
#include <kernel/idle.h>
#include <lib/context.h>
#include <lib/cpumask.h>
#include <lib/fmt.h>
#include <lib/irqflags.h>
#include <lib/param.h>
#include <lib/preempt.h>
#include <lib/printk.h>
#include <lib/time.h>
#include <lib/trip.h>
#include <mm/percpu.h>

static unsigned int nr_cpus_limit = NR_CPUS;
PARAM_UINT("nr_cpus", nr_cpus_limit, "use at most this many CPUs", 1, NR_CPUS);

static bool nosmp;
PARAM_BOOL("nosmp", nosmp, "use one CPU only");

/* How long an alive CPU may take to C code that marks it online. */
#define ONLINE_TIMEOUT_NS (2 * NSEC_PER_SEC)

static unsigned int nr_firmware; /* CPUs that the firmware listed */

/*
 * One for each CPU: one that is late may still use its own when the boot CPU
 * has gone on to the next.
 */
static DEFINE_PER_CPU_ALIGNED(struct tsc_check, boot_check);

/* The context of each CPU's idle flow; CPU 0's is arch's init context. */
static DEFINE_PER_CPU(struct task_ctx, idle_ctx);

void smp_init_boot_cpu(void)
{
	set_cpu_possible(0, true);
	set_cpu_present(0, true);
	set_cpu_online(0, true);
	set_cpu_active(0, true);
}

void smp_setup_masks(void)
{
	unsigned int nr;

	nr_firmware = arch_smp_count();
	nr = min(nr_firmware, (unsigned int)NR_CPUS);
	nr = nosmp ? 1 : min(nr, nr_cpus_limit);
	if (nr < nr_firmware)
		pr_info("smp: %u CPUs found, limited to %u (%s)\n", nr_firmware,
			nr, nosmp ? "nosmp" : "nr_cpus=");
	nr = setup_per_cpu_areas(nr);
	nr_cpu_ids = nr;
	for (unsigned int cpu = 1; cpu < nr; cpu++) {
		set_cpu_possible(cpu, true);
		set_cpu_present(cpu, true);
	}
}

static void init_idle_ctx(unsigned int cpu)
{
	struct task_ctx *ctx = per_cpu_ptr(&idle_ctx, cpu);
	unsigned long top = arch_idle_stack_top(cpu);

	snprintf(ctx->comm, sizeof(ctx->comm), "swapper/%u", cpu);
	ctx->stack_base = top - THREAD_SIZE;
	ctx->stack_size = THREAD_SIZE;
	ctx->flags = PF_NO_SETAFFINITY;
	per_cpu(current_ctx_ptr, cpu) = ctx;
}

static bool wait_online(unsigned int cpu)
{
	u64 start = sched_clock();

	do {
		if (cpu_active(cpu)) /* the last step */
			return true;
		cpu_relax();
	} while (sched_clock() - start < ONLINE_TIMEOUT_NS);
	return false;
}

static void bring_up(unsigned int cpu)
{
	struct tsc_check *check = per_cpu_ptr(&boot_check, cpu);
	int err;

	init_idle_ctx(cpu);
	*check = (struct tsc_check){0};
	err = arch_cpu_up(cpu);
	if (err) {
		pr_err("smp: cpu%u (APIC id %u) did not start: error %d\n", cpu,
		       arch_cpu_apic_id(cpu), err);
		return;
	}
	if (tsc_check_source(check, 0))
		arch_tsc_mark_unstable("counters of two CPUs differ");
	if (!wait_online(cpu))
		pr_err("smp: cpu%u started but is not online\n", cpu);
}

void smp_init(void)
{
	unsigned int cpu;
	int err;

	if (nr_cpu_ids > 1 && !arch_tsc_hz()) {
		/* No wait for a CPU could ever be given up. */
		pr_err("smp: cannot start other CPUs without a clock\n");
	} else if (nr_cpu_ids > 1) {
		err = arch_smp_prepare(nr_cpu_ids);
		if (err)
			pr_err("smp: cannot start other CPUs: error %d\n", err);
		for_each_present_cpu(cpu)
			if (!err && cpu)
				bring_up(cpu);
		arch_smp_finish();
	}
	pr_info("smp: %u of %u CPUs online\n", num_online_cpus(), nr_firmware);
}

void __noreturn secondary_start(unsigned int cpu)
{
	ASSERT(cpu == smp_processor_id());
	ASSERT(irqs_disabled());
	trip(smp.arrive);
	tsc_check_target(this_cpu_ptr(&boot_check), 0);
	set_cpu_online(cpu, true); /* I1: idles, so takes interrupts, at once */
	set_cpu_active(cpu, true); /* in this order: online contains active */
	cpu_idle_loop();
}
