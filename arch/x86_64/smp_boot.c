/* SPDX-License-Identifier: MIT */
/*
 * smp_boot.c - waking the other CPUs, and interrupting them.
 *
 * Model. After reset all CPUs but one wait for two messages from another
 * CPU's local APIC: INIT resets the CPU, a start-up IPI (SIPI) with page
 * number N makes it run real-mode code at N * 4096. We send INIT to all, wait
 * the 10 ms that the MP specification asks for once, and then start one after
 * the other: SIPI, and a second one if the CPU is not seen within 200 us.
 *
 *	boot CPU				new CPU
 *	state = STARTING
 *	SIPI		---------------->	trampoline, own small tables
 *						kernel tables, looks up APIC id
 *	waits, at most	<----------------	state: STARTING -> ALIVE
 *	START_TIMEOUT_MS			own stack and GS; ap_start()
 *	state: STARTING -> GIVEN_UP: -ETIMEDOUT
 *
 * The trampoline's tables: one page mapped at its physical address, read-only
 * and executable, and the kernel half of the real tables, by copying their
 * top-level entries. So the kernel's own tables never have an identity half,
 * nor a page that can be executed besides .text. (While CPUs start, the page
 * is executable in the trampoline's tables and writable in the direct map.)
 *
 * Invariants.
 *   I1  A CPU that did not reach ALIVE in time can never do so later.
 *   I2  The page and its tables are freed only if no CPU was given up.
 *   I3  ap_boot_table[cpu] is complete before state becomes STARTING (release;
 *       pairs with the locked cmpxchg in trampoline.asm).
 * Locking. None: the boot CPU alone brings up CPUs, one by one.
 * Contexts. Bring-up: boot CPU, task. Sending: any.
 *
 * References. Intel MultiProcessor Specification 1.4, "Application Processor
 * Startup"; Intel SDM vol. 3A, "Multiple-Processor Management".
 */
#include <arch/smp.h>

#include <arch/cpu.h>
#include <arch/irqvec.h>
#include <arch/machine.h>
#include <arch/pgtable.h>
#include <arch/time.h>
#include <arch/upcall.h>
#include <base/assert.h>
#include <base/atomic.h>
#include <base/bits.h>
#include <base/errno.h>
#include <lib/context.h>
#include <lib/cpumask.h>
#include <lib/preempt.h>
#include <lib/printk.h>
#include <lib/string.h>

#include "apic.h"
#include "cpu.h"
#include "machine.h"
#include "msr.h"
#include "smp.h"

#define INIT_WAIT_US	 10000
#define SIPI_WAIT_US	 200
#define START_TIMEOUT_MS 1000
#define LEAST_TIMEOUT_MS 20

/* The words at trampoline_patch, see trampoline.asm. */
struct trampoline_patch {
	u32 cr3;
	u32 efer;
	u16 gdt_limit;
	u32 gdt_base;
	u32 entry;
	u16 entry_cs;
} __attribute__((packed));

extern const char trampoline_start[], trampoline_end[], trampoline_patch[];

struct ap_boot ap_boot_table[NR_CPUS];
u32 nr_ap_boot;

/* All (b): written and read by the boot CPU, in task context. */

/* The page below 1 MiB and the four levels of tables for it. */
static phys_addr_t trampoline_phys;
static phys_addr_t trampoline_tables[4];
bool ap_gave_up;

/*
 * APIC id of each CPU: the boot CPU, then the others as the firmware lists
 * them. (i) filled by arch_smp_count(), never changed afterwards.
 */
static u32 cpu_apic_ids[NR_CPUS];

/* Can this APIC be addressed? xAPIC ids have 8 bits, 255 means "all". */
static bool usable_id(u32 id)
{
	return apic_x2() || id < 0xff;
}

unsigned int arch_smp_count(void)
{
	unsigned int n = 1;

	if (!apic_present())
		return 1;
	cpu_apic_ids[0] = apic_id();
	for (unsigned int i = 0; i < acpi_info.nr_cpus; i++) {
		const struct acpi_cpu *c = &acpi_info.cpus[i];

		if (!c->enabled || c->apic_id == cpu_apic_ids[0])
			continue;
		if (!usable_id(c->apic_id)) {
			pr_warn("smp: APIC id %u needs x2APIC mode: ignored\n",
				c->apic_id);
			continue;
		}
		if (n < NR_CPUS)
			cpu_apic_ids[n++] = c->apic_id;
	}
	return n;
}

u32 arch_cpu_apic_id(unsigned int cpu)
{
	ASSERT(cpu < NR_CPUS);
	return cpu_apic_ids[cpu];
}

static void free_pages(void)
{
	for (unsigned int i = 0; i < ARRAY_SIZE(trampoline_tables); i++) {
		if (trampoline_tables[i])
			pt_page_free(trampoline_tables[i]);
		trampoline_tables[i] = 0;
	}
	if (trampoline_phys)
		pt_page_free(trampoline_phys);
	trampoline_phys = 0;
}

/* Tables that map the trampoline's page and the kernel half, nothing else. */
static void build_tables(void)
{
	unsigned long link = _PAGE_PRESENT | _PAGE_RW | _PAGE_ACCESSED;
	unsigned long *table[4];

	for (unsigned int i = 0; i < 4; i++)
		table[i] = __va(trampoline_tables[i]);
	memcpy(table[0] + 256, (unsigned long *)__va(read_cr3()) + 256,
	       256 * sizeof(unsigned long));
	table[0][0] = trampoline_tables[1] | link;
	table[1][0] = trampoline_tables[2] | link;
	table[2][0] = trampoline_tables[3] | link;
	table[3][pte_index(trampoline_phys)] =
		trampoline_phys | _PAGE_PRESENT | _PAGE_ACCESSED;
}

static void copy_trampoline(void)
{
	char *page = __va(trampoline_phys);
	struct trampoline_patch *patch =
		(void *)(page + (trampoline_patch - trampoline_start));

	memcpy(page, trampoline_start,
	       (size_t)(trampoline_end - trampoline_start));
	patch->cr3 = (u32)trampoline_tables[0];
	patch->efer = EFER_LME | EFER_SCE | (cpu_features.nx ? EFER_NXE : 0);
	patch->gdt_base += (u32)trampoline_phys;
	patch->entry += (u32)trampoline_phys;
}

int arch_smp_prepare(unsigned int nr)
{
	ASSERT(nr <= NR_CPUS);
	ASSERT(trampoline_end - trampoline_start <= (long)PAGE_SIZE);
	trampoline_phys = pt_page_alloc_below(1 << 20);
	if (!trampoline_phys)
		goto out_of_memory;
	for (unsigned int i = 0; i < ARRAY_SIZE(trampoline_tables); i++) {
		/* The first level's address must fit the 32-bit load of CR3. */
		trampoline_tables[i] = pt_page_alloc_below(1ULL << 32);
		if (!trampoline_tables[i])
			goto out_of_memory;
	}
	build_tables();
	copy_trampoline();
	nr_ap_boot = nr;
	for (unsigned int cpu = 1; cpu < nr; cpu++)
		apic_send(arch_cpu_apic_id(cpu),
			  APIC_DM_INIT | APIC_ICR_LEVEL | APIC_ICR_ASSERT);
	udelay(INIT_WAIT_US);
	return 0;

out_of_memory:
	free_pages();
	return -ENOMEM;
}

void arch_smp_finish(void)
{
	if (ap_gave_up)
		pr_warn("smp: the trampoline stays in memory for a CPU that may still wake\n");
	else
		free_pages(); /* I2 */
}

static bool wait_alive(const struct ap_boot *ap, u64 timeout_ns)
{
	u64 start = arch_clock_ns();

	do {
		/* Pairs with the locked cmpxchg in trampoline.asm. */
		if (smp_load_acquire(&ap->state) == AP_ALIVE)
			return true;
		cpu_relax();
	} while (arch_clock_ns() - start < timeout_ns);
	return false;
}

int arch_cpu_start(struct ap_boot *ap, u64 timeout_ns)
{
	u32 sipi = APIC_DM_STARTUP | (u32)(trampoline_phys >> PAGE_SHIFT);

	smp_store_release(&ap->state, AP_STARTING); /* I3 */
	apic_send(ap->apic_id, sipi);
	if (wait_alive(ap, SIPI_WAIT_US * 1000))
		return 0;
	apic_send(ap->apic_id, sipi);
	if (wait_alive(ap, timeout_ns))
		return 0;
	if (cmpxchg(&ap->state, AP_STARTING, AP_GIVEN_UP) == AP_ALIVE)
		return 0;  /* it made it between the last look and now */
	ap_gave_up = true; /* I1 */
	return -ETIMEDOUT;
}

/*
 * Tables may list hundreds of CPUs that are not there. Each that does not
 * come halves the patience for the next; they come within microseconds.
 */
static u64 start_timeout_ns(bool failed)
{
	static unsigned int ms = START_TIMEOUT_MS;

	if (failed)
		ms = max(ms / 2, (unsigned int)LEAST_TIMEOUT_MS);
	return ms * 1000000ULL;
}

int arch_cpu_up(unsigned int cpu)
{
	struct ap_boot *ap = &ap_boot_table[cpu];
	int err;

	ASSERT(cpu > 0 && cpu < nr_ap_boot);
	ASSERT(ap->state == AP_ABSENT);
	err = cpu_stacks_alloc(cpu);
	if (err)
		return err;
	ap->apic_id = arch_cpu_apic_id(cpu);
	ap->stack_top = cpu_idle_stack(cpu);
	ap->gs_base = __per_cpu_offset[cpu];
	err = arch_cpu_start(ap, start_timeout_ns(false));
	if (err)
		start_timeout_ns(true);
	return err;
}

void __noreturn ap_start(unsigned int cpu)
{
	cpu_init(cpu);
	apic_init_cpu();
	machine_route_nmi_button();
	secondary_start(cpu);
}

void arch_send_call_function_ipi(unsigned int cpu)
{
	apic_send(arch_cpu_apic_id(cpu), CALL_FUNCTION_VECTOR | APIC_DM_FIXED);
}

void arch_send_reschedule_ipi(unsigned int cpu)
{
	apic_send(arch_cpu_apic_id(cpu), RESCHEDULE_VECTOR | APIC_DM_FIXED);
}

void arch_send_nmi(unsigned int cpu)
{
	apic_send(arch_cpu_apic_id(cpu), APIC_DM_NMI);
}

void arch_send_self_ipi(unsigned int vector)
{
	apic_send(arch_cpu_apic_id(smp_processor_id()), vector | APIC_DM_FIXED);
}

void arch_nmi_other_cpus(void)
{
	unsigned int self = raw_smp_processor_id();
	unsigned int cpu;

	if (!apic_present())
		return;
	for_each_online_cpu(cpu)
		if (cpu != self)
			arch_send_nmi(cpu);
}

void arch_nmi_self(void)
{
	if (apic_present())
		arch_send_nmi(raw_smp_processor_id());
	else
		__asm__ __volatile__("int $2");
}

unsigned long arch_idle_stack_top(unsigned int cpu)
{
	return cpu_idle_stack(cpu);
}
