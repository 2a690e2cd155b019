/* SPDX-License-Identifier: MIT */
/*
 * cpu.c - bringing one CPU into the state that C code expects.
 *
 * Model. Every CPU needs: the protections it offers (write protection in ring
 * 0, NX, SMEP, SMAP, UMIP), its own GDT and TSS, and stacks. Stacks live in a
 * region of their own, one slot of 256 KiB for each CPU, in which every stack
 * has unmapped memory below it, so that running over the end faults instead
 * of writing into a neighbour:
 *
 *	CPU_STACKS + cpu * 256 KiB
 *	+ 0x00000  unmapped (guard)
 *	+ 0x04000  idle stack, 16 KiB (CPU 0 idles on init_stack instead)
 *	+ 0x08000  unmapped		+ 0x10000 IST 1 (#DF), 16 KiB
 *	+ 0x14000  unmapped		+ 0x18000 IST 2 (NMI)
 *	+ 0x1c000  unmapped		+ 0x20000 IST 3 (#MC)
 *	+ 0x24000  unmapped		+ 0x28000 IST 4 (#DB)
 *
 * With CONFIG=kasan stacks are twice as large, and so are all these numbers.
 *
 * Invariants.
 *   I1  Stacks are of THREAD_SIZE, naturally aligned (A STK-4).
 *   I2  The lowest word of a task stack holds STACK_END_MAGIC (B B-06).
 *   I3  CR0: PE PG WP NE set, CD NW EM clear on every CPU (A PG-16).
 * Contexts. CPU bring-up; the look-up functions from any context.
 *
 * References. Intel SDM vol. 3A, "Control Registers", "Interrupt Stack Table".
 */
#include "cpu.h"

#include <arch/cpu.h>
#include <arch/kasan.h>
#include <arch/machine.h>
#include <arch/pgtable.h>
#include <arch/stacktrace.h>
#include <arch/upcall.h>
#include <base/bits.h>
#include <base/assert.h>
#include <base/config.h>
#include <base/errno.h>
#include <lib/context.h>
#include <lib/fmt.h>
#include <lib/preempt.h>
#include <lib/string.h>

#include "gdt.h"
#include "msr.h"
#include "pgtable_private.h"

#define CPU_STACKS	 0xfffffe0000000000UL
#define CPU_STACKS_SLOT	 (16UL * THREAD_SIZE)
#define CPU_STACK_IDLE	 (1UL * THREAD_SIZE)
#define CPU_STACK_IST(n) ((2UL + 2UL * (n)) * THREAD_SIZE)

extern char init_stack[], init_stack_end[];

struct cpu_features cpu_features;

static bool cpuid_bit(u32 leaf, unsigned int reg, unsigned int bit)
{
	u32 r[4];

	cpuid(leaf & 0x80000000, 0, r);
	if (r[0] < leaf)
		return false;
	cpuid(leaf, 0, r);
	return r[reg] >> bit & 1;
}

enum {
	EAX,
	EBX,
	ECX,
	EDX
};

void cpu_detect(void)
{
	struct cpu_features *f = &cpu_features;
	u32 r[4];

	f->nx = cpuid_bit(0x80000001, EDX, 20);
	f->gbpages = cpuid_bit(0x80000001, EDX, 26);
	f->pge = cpuid_bit(1, EDX, 13);
	f->mce = cpuid_bit(1, EDX, 7);
	f->pat = cpuid_bit(1, EDX, 16);
	f->apic = cpuid_bit(1, EDX, 9);
	f->x2apic = cpuid_bit(1, ECX, 21);
	f->tsc_deadline = cpuid_bit(1, ECX, 24);
	f->tsc_invariant = cpuid_bit(0x80000007, EDX, 8);
	f->smep = cpuid_bit(7, EBX, 7);
	f->smap = cpuid_bit(7, EBX, 20);
	f->umip = cpuid_bit(7, ECX, 2);
	f->phys_bits = 36;
	cpuid(0x80000000, 0, r);
	if (r[0] >= 0x80000008) {
		cpuid(0x80000008, 0, r);
		f->phys_bits = clamp(r[0] & 0xff, 32U, 52U);
	}
}

u64 arch_random_seed(void)
{
	u64 v = 0;

	/* It may fail for a moment; then the time has to do. */
	if (cpuid_bit(1, ECX, 30))
		__asm__ __volatile__("rdrand %0" : "+r"(v)::"cc");
	/* Knuth's multiplicative hash: spreads the few bits that differ. */
	return v ^ rdtsc() * 0x9e3779b97f4a7c15ULL;
}

const char *arch_cpu_name(void)
{
	static char name[49];
	u32 r[4];

	cpuid(0x80000000, 0, r);
	if (r[0] < 0x80000004)
		return "unnamed x86-64";
	for (u32 i = 0; i < 3; i++) {
		cpuid(0x80000002 + i, 0, r);
		memcpy(name + i * 16, r, 16);
	}
	return name;
}

const char *arch_cpu_features(void)
{
	static char text[96];
	const struct cpu_features *f = &cpu_features;

	snprintf(text, sizeof(text), "%s%s%s%s%s%s%s%s%s", f->nx ? "nx " : "",
		 f->smep ? "smep " : "", f->smap ? "smap " : "",
		 f->umip ? "umip " : "", f->pge ? "pge " : "",
		 f->gbpages ? "1gb-pages " : "", f->x2apic ? "x2apic " : "",
		 f->tsc_deadline ? "tsc-deadline " : "",
		 f->tsc_invariant ? "tsc-invariant " : "");
	return text;
}

static unsigned long stack_slot(unsigned int cpu)
{
	return CPU_STACKS + cpu * CPU_STACKS_SLOT;
}

unsigned long cpu_idle_stack(unsigned int cpu)
{
	if (!cpu)
		return (unsigned long)init_stack_end;
	return stack_slot(cpu) + CPU_STACK_IDLE + THREAD_SIZE;
}

static int map_stack(unsigned long va)
{
	for (unsigned long off = 0; off < THREAD_SIZE; off += PAGE_SIZE) {
		phys_addr_t page = pt_page_alloc();

		if (!page)
			return -ENOMEM;
		int err = kernel_map(va + off, page, PAGE_SIZE, PAGE_KERNEL,
				     PAGE_SHIFT);
		if (err) {
			pt_page_free(page);
			return err;
		}
	}
	if (CONFIG_KASAN && kasan_shadow_populate(va, THREAD_SIZE, 0) < 0)
		return -ENOMEM;
	*(unsigned long *)va = STACK_END_MAGIC; /* I2 */
	return 0;
}

int cpu_stacks_alloc(unsigned int cpu)
{
	unsigned long slot = stack_slot(cpu);
	int err = 0;

	ASSERT(cpu < NR_CPUS);
	if (cpu)
		err = map_stack(slot + CPU_STACK_IDLE);
	for (unsigned int n = 1; n <= IST_NR && !err; n++)
		err = map_stack(slot + CPU_STACK_IST(n));
	return err;
}

/* Shared by all IST vectors until each has a stack of its own. */
static char early_ist_stack[THREAD_SIZE] __aligned(16);

void cpu_init_early(void)
{
	for (unsigned int n = 0; n < IST_NR; n++)
		this_cpu_ptr(&cpu_tss)->ist[n] =
			(unsigned long)early_ist_stack + THREAD_SIZE;
	gdt_load_cpu(0);
}

void cpu_init(unsigned int cpu)
{
	unsigned long cr4 = X86_CR4_PAE;
	struct tss *tss = per_cpu_ptr(&cpu_tss, cpu);

	/* First, because a fault can only be reported with these in place. */
	tss->rsp[0] = cpu_idle_stack(cpu);
	for (unsigned int n = 1; n <= IST_NR; n++)
		tss->ist[n - 1] =
			stack_slot(cpu) + CPU_STACK_IST(n) + THREAD_SIZE;
	gdt_load_cpu(cpu);

	if (cpu_features.pge)
		cr4 |= X86_CR4_PGE;
	if (cpu_features.mce) /* else a machine check is a silent reset */
		cr4 |= X86_CR4_MCE;
	if (cpu_features.smep)
		cr4 |= X86_CR4_SMEP;
	if (cpu_features.smap)
		cr4 |= X86_CR4_SMAP;
	if (cpu_features.umip)
		cr4 |= X86_CR4_UMIP;
	write_cr4(cr4);
	pat_init_cpu();
}

/* The stack region is regular, so an address tells its CPU and stack. */
static const struct {
	unsigned long offset;
	const char *name;
} slot_stacks[] = {
	{CPU_STACK_IDLE, "idle"},	 {CPU_STACK_IST(IST_DF), "#DF"},
	{CPU_STACK_IST(IST_NMI), "NMI"}, {CPU_STACK_IST(IST_MC), "#MC"},
	{CPU_STACK_IST(IST_DB), "#DB"},
};

static bool in_stack(unsigned long addr, unsigned long base, unsigned long *lo,
		     unsigned long *hi)
{
	*lo = base;
	*hi = base + THREAD_SIZE;
	return addr >= *lo && addr <= *hi;
}

/*
 * Stacks from alloc_thread_stack(): marked in their page-table entries, so
 * that this needs no list of them, no lock, and works in a double fault.
 */
static bool in_thread_stack(unsigned long addr, unsigned long *lo,
			    unsigned long *hi)
{
	struct pt_walk w;

	if (addr < PAGE_OFFSET)
		return false;
	/* The empty stack: its pointer is one behind the last byte. */
	for (unsigned long at = addr; at >= addr - 1; at--)
		if (pt_walk(at, &w) && w.shift == PAGE_SHIFT &&
		    (w.entry.pte & _PAGE_STACK))
			return in_stack(addr, ALIGN_DOWN(at, THREAD_SIZE), lo,
					hi);
	return false;
}

bool arch_stack_bounds(unsigned long addr, unsigned long *lo, unsigned long *hi,
		       const char **name)
{
	unsigned long slot = ALIGN_DOWN(addr, CPU_STACKS_SLOT);

	*name = "init";
	if (in_stack(addr, (unsigned long)init_stack, lo, hi))
		return true;
	*name = "task";
	if (in_thread_stack(addr, lo, hi))
		return true;
	if (addr < CPU_STACKS || addr >= stack_slot(NR_CPUS))
		return false;
	for (unsigned int i = 0; i < ARRAY_SIZE(slot_stacks); i++) {
		*name = slot_stacks[i].name;
		if (in_stack(addr, slot + slot_stacks[i].offset, lo, hi))
			return true;
	}
	return false;
}
