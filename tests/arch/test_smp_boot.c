/* SPDX-License-Identifier: MIT */
/*
 * test_smp_boot.c - starting a CPU that is not there, or only just (B B-13).
 *
 * No real CPU is started here: the entry handed to arch_cpu_start() is not in
 * the table that the trampoline searches.
 */
#include <arch/smp.h>

#include <arch/acpi.h>
#include <arch/cpu.h>
#include <arch/time.h>
#include <base/atomic.h>
#include <base/errno.h>
#include <lib/selftest.h>
#include <mm/gfp.h>

#include "../../arch/x86_64/apic.h"
#include "../../arch/x86_64/smp.h"
#include "../workers.h"

#define NO_APIC	   "this machine has no local APIC"
#define TIMEOUT_NS 3000000ULL

/* An id that no CPU has and that does not mean "all"; 0: none found. */
static u32 absent_id(void)
{
	for (u32 id = 0xfe; id; id--) {
		bool used = apic_id() == id;

		for (unsigned int i = 0; i < acpi_info.nr_cpus; i++)
			used |= acpi_info.cpus[i].apic_id == id;
		if (!used)
			return id;
	}
	return 0;
}

/* Without the page below 1 MiB, which is kept for this and counts nowhere. */
static unsigned long frames_in_use(void)
{
	return totalram_pages() - nr_free_pages();
}

SELFTEST(arch, smp_boot, absent_cpu_times_out, "B B-13")
{
	static struct ap_boot ap;
	unsigned long before = frames_in_use();
	u64 start, took;
	u32 nr = nr_ap_boot;

	if (!apic_present() || apic_x2())
		return selftest_skip("needs a local APIC with short ids");
	ap = (struct ap_boot){.apic_id = absent_id()};
	REQUIRE_NE(ap.apic_id, 0);
	REQUIRE_EQ(arch_smp_prepare(1), 0); /* 1: nobody gets an INIT */
	EXPECT_EQ(frames_in_use(), before + 4);
	start = arch_clock_ns();
	EXPECT_EQ(arch_cpu_start(&ap, TIMEOUT_NS), -ETIMEDOUT);
	took = arch_clock_ns() - start;
	EXPECT_GE(took, TIMEOUT_NS);
	EXPECT_LT(took, 2000000000ULL);
	/* for good: a late CPU finds its entry closed */
	EXPECT_EQ(ap.state, AP_GIVEN_UP);
	EXPECT_EQ(cmpxchg(&ap.state, AP_STARTING, AP_ALIVE), AP_GIVEN_UP);
	/* it may still run through the page, so that is kept */
	arch_smp_finish();
	EXPECT_EQ(frames_in_use(), before + 4);

	ap_gave_up = false; /* we know better */
	arch_smp_finish();
	EXPECT_EQ(frames_in_use(), before);
	nr_ap_boot = nr;
}

/* Plays the trampoline: takes the entry as soon as it is offered. */
static void come_alive(void *arg)
{
	struct ap_boot *ap = arg;

	for (unsigned long i = 0; i < 1UL << 28; i++) {
		if (cmpxchg(&ap->state, AP_STARTING, AP_ALIVE) == AP_STARTING)
			return;
		cpu_relax();
	}
}

SELFTEST(arch, smp_boot, cpu_comes_alive, "B B-13", race)
{
	static struct ap_boot ap;
	unsigned int cpu = workers_other_cpu();
	u32 nr = nr_ap_boot;

	if (cpu == NR_CPUS || apic_x2())
		return selftest_skip("needs 2 CPUs with short APIC ids");
	REQUIRE_EQ(arch_smp_prepare(1), 0);
	for (unsigned int i = 0; i < 20; i++) {
		ap = (struct ap_boot){.apic_id = absent_id()};
		smp_call_function_single(cpu, come_alive, &ap, false);
		EXPECT_EQ(arch_cpu_start(&ap, 1000000000ULL), 0);
		EXPECT_EQ(ap.state, AP_ALIVE);
	}
	EXPECT_FALSE(ap_gave_up);
	arch_smp_finish();
	nr_ap_boot = nr;
}

/* Whichever page is missing: an error, and nothing is lost. */
SELFTEST(arch, smp_boot, no_memory, "", alloc)
{
	unsigned long before = frames_in_use();
	u32 nr = nr_ap_boot;

	if (!apic_present())
		return selftest_skip(NO_APIC);
	if (!EXPECT_ALLOC_OK(arch_smp_prepare(1))) {
		EXPECT_EQ(frames_in_use(), before);
		EXPECT_EQ(nr_ap_boot, nr);
	}
	arch_smp_finish(); /* with nothing prepared: nothing happens */
	nr_ap_boot = nr;
	EXPECT_EQ(frames_in_use(), before);
}
