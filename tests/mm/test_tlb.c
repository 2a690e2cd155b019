/* SPDX-License-Identifier: MIT */
/*
 * test_tlb.c - what CPUs remember, and that they forget it in time.
 *
 * Model. A page at PT_TEST is read on a CPU, so that it has the translation;
 * then the entry is taken away. Before the flush the CPU may or may not see
 * the old page: a test can only say "may". After the flush it must fault.
 */
#include <mm/tlb.h>

#include <arch/crash.h>
#include <arch/irqvec.h>
#include <arch/tlb.h>
#include <base/errno.h>
#include <lib/cpumask.h>
#include <lib/fault.h>
#include <lib/string.h>
#include <mm/pgtable.h>

#include "../pgtable_check.h"
#include "../workers.h"

#define NOTHING (~0U) /* read() of a page that faults */

static u8 frames[4][PAGE_SIZE] __aligned(4096);

/* What each CPU saw. */
static struct {
	unsigned long va;
	unsigned int value[NR_CPUS];
	atomic_t faults;
} seen;

static void read_byte(void *arg)
{
	unsigned int *value = arg;

	*value = *(volatile u8 *)seen.va;
}

static void look_here(void *arg __unused)
{
	unsigned int value = NOTHING;

	if (fault_catch(read_byte, &value, NULL)) {
		atomic_inc(&seen.faults);
		value = NOTHING;
	}
	seen.value[smp_processor_id()] = value;
}

static unsigned int look_at(unsigned int cpu, unsigned long va)
{
	seen.va = va;
	smp_call_function_single(cpu, look_here, NULL, true);
	return seen.value[cpu];
}

/* How many CPUs see something else than @value. */
static unsigned int others_see(unsigned long va, unsigned int value)
{
	unsigned int cpu, wrong = 0;

	seen.va = va;
	atomic_set(&seen.faults, 0);
	on_each_cpu(look_here, NULL, true);
	for_each_online_cpu(cpu)
		wrong += seen.value[cpu] != value;
	return wrong;
}

static int map_page(unsigned long va, unsigned int i, pgprot_t prot)
{
	for (unsigned int n = 0; n < ARRAY_SIZE(frames); n++)
		frames[n][0] = (u8)(n + 1);
	return kernel_map(va, __pa_symbol(frames[i]), PAGE_SIZE, prot,
			  PAGE_SHIFT);
}

/* ---- one CPU ------------------------------------------------------------ */

static pgprot_t not_global(void)
{
	return __pgprot(PAGE_KERNEL.pgprot & ~_PAGE_GLOBAL);
}

/* CR3 written: what is not global is gone. */
SELFTEST(mm, tlb, cr3_drops_local, "A TLB-4")
{
	unsigned int me;

	preempt_disable();
	me = smp_processor_id();
	REQUIRE_EQ(map_page(PT_TEST, 0, not_global()), 0);
	EXPECT_EQ(look_at(me, PT_TEST), 1U);
	kernel_unmap_noflush(PT_TEST, PAGE_SIZE);
	arch_flush_tlb_user();
	EXPECT_EQ(look_at(me, PT_TEST), NOTHING);
	EXPECT_EQ(read_cr3(), read_cr3());
	preempt_enable();
	kernel_flush_unmapped(PT_TEST, PT_TEST + PAGE_SIZE);
}

/* A global entry may survive CR3 (E13), but not the toggle of PGE. */
SELFTEST(mm, tlb, all_drops_global, "A TLB-5")
{
	unsigned long cr4 = read_cr4(), flags;
	unsigned int me, after_cr3;

	preempt_disable();
	me = smp_processor_id();
	REQUIRE_EQ(map_page(PT_TEST, 1, PAGE_KERNEL), 0);
	EXPECT_EQ(look_at(me, PT_TEST), 2U);
	kernel_unmap_noflush(PT_TEST, PAGE_SIZE);
	arch_flush_tlb_user();
	after_cr3 = look_at(me, PT_TEST);
	EXPECT_TRUE(after_cr3 == 2 || after_cr3 == NOTHING);
	local_irq_save(flags);
	arch_flush_tlb_all();
	local_irq_restore(flags);
	EXPECT_EQ(look_at(me, PT_TEST), NOTHING);
	EXPECT_EQ(read_cr4(), cr4);
	EXPECT_EQ(!!(cr4 & X86_CR4_PGE), !!(supported_pte_mask & _PAGE_GLOBAL));
	preempt_enable();
	kernel_flush_unmapped(PT_TEST, PT_TEST + PAGE_SIZE);
}

/* invlpg: this page must go, its neighbour may stay. */
SELFTEST(mm, tlb, one_page, "A TLB-5")
{
	unsigned int me, neighbour;

	preempt_disable();
	me = smp_processor_id();
	REQUIRE_EQ(map_page(PT_TEST, 0, PAGE_KERNEL), 0);
	REQUIRE_EQ(map_page(PT_TEST + PAGE_SIZE, 1, PAGE_KERNEL), 0);
	EXPECT_EQ(look_at(me, PT_TEST), 1U);
	EXPECT_EQ(look_at(me, PT_TEST + PAGE_SIZE), 2U);
	kernel_unmap_noflush(PT_TEST, 2 * PAGE_SIZE);
	local_flush_tlb_page(PT_TEST + 17);
	EXPECT_EQ(look_at(me, PT_TEST), NOTHING);
	neighbour = look_at(me, PT_TEST + PAGE_SIZE);
	EXPECT_TRUE(neighbour == 2 || neighbour == NOTHING);
	preempt_enable();
	kernel_flush_unmapped(PT_TEST, PT_TEST + 2 * PAGE_SIZE);
	EXPECT_EQ(look_at(me, PT_TEST + PAGE_SIZE), NOTHING);
}

/* ---- all CPUs ----------------------------------------------------------- */

SELFTEST(mm, tlb, shootdown, "A TLB-2")
{
	unsigned int cpu;

	for_each_online_cpu(cpu) {
		REQUIRE_EQ(map_page(PT_TEST, 2, PAGE_KERNEL), 0);
		EXPECT_EQ(look_at(cpu, PT_TEST), 3U);
		EXPECT_EQ(kernel_unmap(PT_TEST, PAGE_SIZE), 0);
		EXPECT_EQ(look_at(cpu, PT_TEST), NOTHING);
	}
	/* each time another frame at the address, on every CPU */
	for (unsigned int i = 0; i < 8; i++) {
		REQUIRE_EQ(map_page(PT_TEST, i % 4, PAGE_KERNEL), 0);
		EXPECT_EQ(others_see(PT_TEST, i % 4 + 1), 0U);
		EXPECT_EQ(kernel_unmap(PT_TEST, PAGE_SIZE), 0);
		EXPECT_EQ(others_see(PT_TEST, NOTHING), 0U);
	}
	/* the same for a large page, of which one small one goes */
	REQUIRE_EQ(kernel_map(PT_TEST, 0x1000000, PMD_SIZE, PAGE_KERNEL_RO,
			      PMD_SHIFT),
		   0);
	EXPECT_EQ(others_see(PT_TEST + 5 * PAGE_SIZE, NOTHING),
		  num_online_cpus());
	EXPECT_EQ(kernel_unmap(PT_TEST + 5 * PAGE_SIZE, PAGE_SIZE), 0);
	EXPECT_EQ(others_see(PT_TEST + 5 * PAGE_SIZE, NOTHING), 0U);
	EXPECT_EQ(kernel_unmap(PT_TEST, PMD_SIZE), 0);
	EXPECT_EQ(others_see(PT_TEST, NOTHING), 0U);
}

static void flush_long_range(void)
{
	flush_tlb_kernel_range(PT_TEST, PT_TEST + PMD_SIZE);
}

/* Everything is dropped: also what no range named. */
SELFTEST(mm, tlb, drop_everything, "A TLB-5")
{
	static void (*const flush[])(void) = {flush_tlb_all, flush_long_range};

	for (unsigned int i = 0; i < ARRAY_SIZE(flush); i++) {
		unsigned long va = PT_TEST + 5 * PAGE_SIZE;

		REQUIRE_EQ(map_page(va, i, PAGE_KERNEL), 0);
		EXPECT_EQ(others_see(va, i + 1), 0U);
		kernel_unmap_noflush(va, PAGE_SIZE);
		flush[i]();
		EXPECT_EQ(others_see(va, NOTHING), 0U);
	}
	kernel_flush_unmapped(PT_TEST, PT_TEST + PMD_SIZE);
}

static unsigned long received(unsigned int cpu)
{
	struct tlb_stats s;

	tlb_get_stats(cpu, &s);
	return s.received;
}

/* Without the interrupt the other CPU may still read what is not there. */
SELFTEST(mm, tlb, without_shootdown, "A TLB-2")
{
	unsigned int cpu = workers_other_cpu(), stale;
	unsigned long before;

	if (cpu == NR_CPUS)
		return selftest_skip("needs 2 CPUs");
	REQUIRE_EQ(map_page(PT_TEST, 3, PAGE_KERNEL), 0);
	EXPECT_EQ(look_at(cpu, PT_TEST), 4U);
	before = received(cpu);
	tlb_suppress_remote = true;
	kernel_unmap_noflush(PT_TEST, PAGE_SIZE);
	flush_tlb_kernel_page(PT_TEST);
	tlb_suppress_remote = false;
	EXPECT_EQ(received(cpu), before);
	EXPECT_EQ(look_at(smp_processor_id(), PT_TEST), NOTHING);
	stale = look_at(cpu, PT_TEST);
	EXPECT_TRUE(stale == 4 || stale == NOTHING);
	kernel_flush_unmapped(PT_TEST, PT_TEST + PAGE_SIZE);
	EXPECT_EQ(received(cpu), before + 1);
	EXPECT_EQ(look_at(cpu, PT_TEST), NOTHING);
}

/* ---- counters ----------------------------------------------------------- */

static struct tlb_stats stats[2][NR_CPUS];

static void note(unsigned int when)
{
	unsigned int cpu;

	for_each_online_cpu(cpu)
		tlb_get_stats(cpu, &stats[when][cpu]);
}

/* How many CPUs of @mask did other than this, or others anything at all. */
static unsigned int differs(const struct cpumask *mask, unsigned long pages,
			    unsigned long all)
{
	unsigned int cpu, wrong = 0;

	note(1);
	for_each_online_cpu(cpu) {
		const struct tlb_stats *a = &stats[0][cpu];
		const struct tlb_stats *b = &stats[1][cpu];
		bool in = cpumask_test_cpu(cpu, mask);
		bool me = cpu == smp_processor_id();

		wrong += b->local_page - a->local_page != (in ? pages : 0);
		wrong += b->local_all - a->local_all != (in ? all : 0);
		wrong += b->received - a->received != (in && !me);
		wrong += b->sent - a->sent != me;
	}
	note(0);
	return wrong;
}

SELFTEST(mm, tlb, counters, "A TLB-2, A TLB-5")
{
	unsigned long va = PT_TEST, far = TLB_FLUSH_CEILING * PAGE_SIZE;
	struct cpumask mask;
	unsigned int cpu;

	note(0);
	flush_tlb_kernel_page(va + 123);
	EXPECT_EQ(differs(cpu_online_mask, 1, 0), 0U);
	flush_tlb_kernel_range(va, va + 7 * PAGE_SIZE);
	EXPECT_EQ(differs(cpu_online_mask, 7, 0), 0U);
	flush_tlb_kernel_range(va, va + far);
	EXPECT_EQ(differs(cpu_online_mask, TLB_FLUSH_CEILING, 0), 0U);
	flush_tlb_kernel_range(va, va + far + PAGE_SIZE);
	EXPECT_EQ(differs(cpu_online_mask, 0, 1), 0U);
	flush_tlb_all();
	EXPECT_EQ(differs(cpu_online_mask, 0, 1), 0U);
	/* up to the very last address, and nothing at all */
	flush_tlb_kernel_range(-2 * PAGE_SIZE, 0);
	EXPECT_EQ(differs(cpu_online_mask, 2, 0), 0U);
	flush_tlb_kernel_range(va, va);
	note(1);
	EXPECT_EQ(memcmp(stats[0], stats[1], sizeof(stats[0])), 0);

	/* some CPUs: this one, another one, all but one */
	for_each_online_cpu(cpu) {
		flush_tlb_range_cpus(cpumask_of(cpu), va, va + 2 * PAGE_SIZE);
		EXPECT_EQ(differs(cpumask_of(cpu), 2, 0), 0U);
		cpumask_copy(&mask, cpu_online_mask);
		__cpumask_clear_cpu(cpu, &mask);
		flush_tlb_range_cpus(&mask, va, va + 2 * far);
		EXPECT_EQ(differs(&mask, 0, 1), 0U);
	}
	/* CPUs that are not there are not waited for */
	cpumask_setall(&mask);
	flush_tlb_range_cpus(&mask, va, va + PAGE_SIZE);
	EXPECT_EQ(differs(cpu_online_mask, 1, 0), 0U);
}

/* While one CPU is all there is, interrupts may be off. */
SELFTEST(mm, tlb, alone_irqs_off, "")
{
	unsigned long flags;

	if (num_online_cpus() > 1)
		return selftest_skip("needs to be alone");
	note(0);
	local_irq_save(flags);
	flush_tlb_all();
	flush_tlb_kernel_page(PT_TEST);
	EXPECT_TRUE(irqs_disabled());
	local_irq_restore(flags);
	note(1);
	EXPECT_EQ(stats[1][0].local_all - stats[0][0].local_all, 1UL);
	EXPECT_EQ(stats[1][0].local_page - stats[0][0].local_page, 1UL);
}

/* ---- at the same time --------------------------------------------------- */

static atomic_t flushes;

static void flush_now(void *arg)
{
	(void)arg;
	atomic_inc(&flushes);
}

/* A flush while others call this CPU as well: both get through. */
SELFTEST(mm, tlb, crossing_calls, "A TLB-2", race)
{
	unsigned long rounds = 20 * selftest_scale();

	atomic_set(&flushes, 0);
	for (unsigned long i = 0; i < rounds; i++) {
		smp_call_function(flush_now, NULL, false);
		REQUIRE_EQ(map_page(PT_TEST, i % 4, PAGE_KERNEL), 0);
		EXPECT_EQ(others_see(PT_TEST, i % 4 + 1), 0U);
		EXPECT_EQ(kernel_unmap(PT_TEST, PAGE_SIZE), 0);
		EXPECT_EQ(others_see(PT_TEST, NOTHING), 0U);
	}
	EXPECT_EQ((unsigned long)atomic_read(&flushes),
		  rounds * (num_online_cpus() - 1));
}
