/* SPDX-License-Identifier: MIT */
/*
 * test_gdt.c - segment descriptors, selectors and task-state segments, as
 * every CPU really has them loaded (A SEG-1 .. A SEG-11).
 *
 * The expected words are typed from the specification, not taken from the
 * code's own constants.
 */
#include <lib/fault.h>

#include <arch/crash.h>
#include <arch/irqvec.h>
#include <arch/pgtable.h>
#include <arch/smp.h>
#include <base/bits.h>
#include <base/config.h>
#include <lib/irqflags.h>
#include <lib/random.h>
#include <lib/selftest.h>
#include <lib/string.h>

#include "../../arch/x86_64/cpu.h"
#include "cpu_state.h"

#define ACCESSED (1ULL << 40)

extern const char __per_cpu_start[], __per_cpu_end[];

static struct cpu_state states[NR_CPUS];

/* What each slot must hold, but for the Accessed bit; 0: not present. */
static const u64 wanted[16] = {
	[2] = 0x00af9a000000ffff, /* kernel code, 64-bit */
	[3] = 0x00cf92000000ffff, /* kernel data */
	[4] = 0x00cffa000000ffff, /* user code, 32-bit */
	[5] = 0x00cff2000000ffff, /* user data */
	[6] = 0x00affa000000ffff, /* user code, 64-bit */
};

SELFTEST(arch, gdt, live_descriptors, "A SEG-2, A SEG-4, A SEG-12")
{
	unsigned int cpu;

	cpu_state_read_all(states);
	for_each_online_cpu(cpu) {
		const u64 *gdt = (const u64 *)states[cpu].gdtr.base;

		for (unsigned int i = 0; i < 16; i++) {
			struct segment seg;

			segment_unpack(gdt[i], &seg);
			/* The only S = 0; the next slot is its base's rest. */
			if (i == 8) {
				EXPECT_TRUE(seg.p && !seg.s);
				EXPECT_EQ(seg.type & ~2, 0x9);
				i++;
				EXPECT_EQ(gdt[i], states[cpu].gdtr.base >> 32);
				continue;
			}
			EXPECT_EQ(gdt[i] & ~ACCESSED, wanted[i]);
			if (seg.p) {
				EXPECT_TRUE(seg.s);
				EXPECT_EQ(gdt[i] & ACCESSED, ACCESSED);
			}
		}
	}
}

SELFTEST(arch, gdt, pack_round_trip, "A SEG-3")
{
	struct rnd_state rnd;
	unsigned int wrong = 0;

	prandom_seed_state(&rnd, selftest_seed());
	for (unsigned int i = 0; i < 2000; i++) {
		u64 word = prandom_u64_state(&rnd);
		u32 bits = prandom_u32_state(&rnd);
		struct segment in = {
			.base = prandom_u32_state(&rnd),
			.limit = prandom_u32_state(&rnd) & 0xfffff,
			.type = bits & 15,
			.s = bits & 16,
			.dpl = bits >> 5 & 3,
			.p = bits & 128,
			.avl = bits & 256,
			.l = bits & 512,
			.db = bits & 1024,
			.g = bits & 2048,
		};
		struct segment out;

		/* every bit of a descriptor belongs to exactly one field */
		segment_unpack(word, &out);
		wrong += segment_pack(&out) != word;
		segment_unpack(segment_pack(&in), &out);
		wrong += out.base != in.base || out.limit != in.limit ||
			 out.type != in.type || out.s != in.s ||
			 out.dpl != in.dpl || out.p != in.p ||
			 out.avl != in.avl || out.l != in.l ||
			 out.db != in.db || out.g != in.g;
	}
	EXPECT_EQ(wrong, 0U);
}

/* Each field by itself lands where the manual's drawing has it. */
SELFTEST(arch, gdt, pack_fields, "A SEG-3, A SEG-4")
{
	static const struct {
		struct segment seg;
		u64 word;
	} cases[] = {
		{{.limit = 0xabcde}, 0x000a00000000bcdeULL},
		{{.base = 0x12345678}, 0x1200003456780000ULL},
		{{.type = 0xf}, 0x00000f0000000000ULL},
		{{.s = true}, 0x0000100000000000ULL},
		{{.dpl = 3}, 0x0000600000000000ULL},
		{{.p = true}, 0x0000800000000000ULL},
		{{.avl = true}, 0x0010000000000000ULL},
		{{.l = true}, 0x0020000000000000ULL},
		{{.db = true}, 0x0040000000000000ULL},
		{{.g = true}, 0x0080000000000000ULL},
	};
	struct segment code = {.limit = 0xfffff,
			       .type = 10,
			       .s = true,
			       .p = true,
			       .l = true,
			       .g = true};
	struct segment data = {.limit = 0xfffff,
			       .type = 2,
			       .s = true,
			       .dpl = 3,
			       .p = true,
			       .db = true,
			       .g = true};

	for (unsigned int i = 0; i < ARRAY_SIZE(cases); i++)
		EXPECT_EQ(segment_pack(&cases[i].seg), cases[i].word);
	EXPECT_EQ(segment_pack(&code), 0x00af9a000000ffffULL);
	EXPECT_EQ(segment_pack(&data), 0x00cff2000000ffffULL);
	EXPECT_EQ(sizeof(wanted[0]), 8UL);
}

SELFTEST(arch, gdt, selectors, "A SEG-1, A SEG-5")
{
	unsigned int cpu;

	EXPECT_EQ(KERNEL_CS, 2 * 8 + 0);
	EXPECT_EQ(KERNEL_DS, KERNEL_CS + 8); /* SYSCALL: SS is CS + 8 */
	EXPECT_EQ(USER_DS, USER32_CS + 8);   /* SYSRET: SS is base + 8 */
	EXPECT_EQ(USER_CS, USER32_CS + 16);  /* SYSRET: CS64 is base + 16 */
	EXPECT_EQ(USER_CS & 3, 3);
	EXPECT_EQ(USER_DS & 3, 3);
	cpu_state_read_all(states);
	for_each_online_cpu(cpu) {
		const struct cpu_state *s = &states[cpu];

		EXPECT_EQ(s->cs, 0x10);
		EXPECT_EQ(s->ss, 0x18);
		EXPECT_EQ(s->ds, 0x18);
		EXPECT_EQ(s->es, 0x18);
		EXPECT_EQ(s->fs, 0);
		EXPECT_EQ(s->gs, 0);
	}
}

SELFTEST(arch, gdt, one_for_each_cpu, "A SEG-8")
{
	unsigned long area = (unsigned long)(__per_cpu_end - __per_cpu_start);
	unsigned int cpu, other;

	cpu_state_read_all(states);
	for_each_online_cpu(cpu) {
		unsigned long lo =
			(unsigned long)__per_cpu_start + __per_cpu_offset[cpu];
		unsigned long base = states[cpu].gdtr.base;

		EXPECT_TRUE(states[cpu].seen);
		EXPECT_EQ(base, (unsigned long)per_cpu_ptr(&gdt_page, cpu));
		EXPECT_EQ(states[cpu].gdtr.limit, 16 * 8 - 1);
		EXPECT_EQ(base % PAGE_SIZE, 0UL);
		EXPECT_GE(base, lo);
		EXPECT_LE(base + 16 * 8, lo + area);
		EXPECT_EQ(states[cpu].gs_base, __per_cpu_offset[cpu]);
		for_each_online_cpu(other)
			if (other != cpu)
				EXPECT_NE(states[other].gdtr.base, base);
	}
}

SELFTEST(arch, gdt, no_ldt, "A SEG-11")
{
	unsigned int cpu;

	cpu_state_read_all(states);
	for_each_online_cpu(cpu)
		EXPECT_EQ(states[cpu].ldtr, 0);
}

/* Base of a 16-byte system descriptor. */
static unsigned long system_base(const u64 *desc)
{
	struct segment seg;

	segment_unpack(desc[0], &seg);
	return seg.base | desc[1] << 32;
}

SELFTEST(arch, gdt, tss_loaded, "A SEG-9, A SEG-2")
{
	unsigned int cpu;

	cpu_state_read_all(states);
	for_each_online_cpu(cpu) {
		const struct cpu_state *s = &states[cpu];
		const u64 *desc = (const u64 *)(s->gdtr.base + s->tr);
		struct segment seg;

		REQUIRE_EQ(s->tr, 0x40);
		segment_unpack(desc[0], &seg);
		EXPECT_EQ(seg.type, 0xb); /* the CPU made it busy */
		EXPECT_EQ(seg.limit, 104U - 1);
		EXPECT_EQ(seg.dpl, 0);
		EXPECT_FALSE(seg.g);
		EXPECT_EQ(system_base(desc),
			  (unsigned long)per_cpu_ptr(&cpu_tss, cpu));
	}
}

static void load_tr(void *arg)
{
	(void)arg;
	__asm__ __volatile__("ltr %w0" ::"r"(0x40));
}

static void load_tr_again(void *arg)
{
	struct fault_info *f = (struct fault_info *)arg + smp_processor_id();

	f->vector = ~0U;
	fault_catch(load_tr, NULL, f);
}

/* A busy TSS cannot be loaded, on any CPU. */
SELFTEST(arch, gdt, tss_busy, "A SEG-9")
{
	static struct fault_info faults[NR_CPUS];
	unsigned int cpu;

	on_each_cpu(load_tr_again, faults, true);
	for_each_online_cpu(cpu) {
		EXPECT_EQ(faults[cpu].vector, X86_TRAP_GP);
		EXPECT_EQ(faults[cpu].error_code, 0x40ULL);
	}
}

SELFTEST(arch, gdt, tss_fields, "A SEG-9, A IDT-9")
{
	unsigned int cpu;

	for_each_online_cpu(cpu) {
		const u8 *raw = (const u8 *)per_cpu_ptr(&cpu_tss, cpu);
		unsigned long rsp0, ist[7];
		u16 io_map;

		memcpy(&rsp0, raw + 4, 8);
		memcpy(ist, raw + 0x24, sizeof(ist));
		memcpy(&io_map, raw + 0x66, 2);
		EXPECT_EQ(rsp0, arch_idle_stack_top(cpu));
		EXPECT_EQ(io_map, 104); /* behind the limit: no ports */
		for (unsigned int n = 0; n < 4; n++) {
			struct pt_walk w;

			EXPECT_EQ(ist[n] % THREAD_SIZE, 0UL);
			EXPECT_TRUE(pt_walk(ist[n] - 8, &w));
			EXPECT_TRUE(pt_walk(ist[n] - THREAD_SIZE, &w));
			EXPECT_FALSE(pt_walk(ist[n] - THREAD_SIZE - 1, &w));
			EXPECT_FALSE(pt_walk(ist[n], &w));
			EXPECT_NE(ist[n], rsp0);
			for (unsigned int m = 0; m < n; m++)
				EXPECT_NE(ist[n], ist[m]);
		}
		for (unsigned int n = 4; n < 7; n++)
			EXPECT_EQ(ist[n], 0UL);
	}
}

/* Two CPUs must not share a stack: the physical pages differ as well. */
SELFTEST(arch, gdt, stacks_distinct, "A SEG-9, A IDT-9")
{
	unsigned int cpu, other;

	if (num_online_cpus() < 2)
		return selftest_skip("needs 2 CPUs");
	for_each_online_cpu(cpu) {
		for_each_online_cpu(other) {
			unsigned long a = per_cpu_ptr(&cpu_tss, cpu)->ist[0];
			unsigned long b = per_cpu_ptr(&cpu_tss, other)->ist[0];
			struct pt_walk wa, wb;

			if (other == cpu)
				continue;
			EXPECT_NE(a, b);
			pt_walk(a - 8, &wa);
			pt_walk(b - 8, &wb);
			EXPECT_NE(wa.phys, wb.phys);
		}
	}
}

static u64 fs_base_after_load(u16 selector)
{
	__asm__ __volatile__("mov %0, %%fs" ::"r"((u32)selector));
	return rdmsr(MSR_FS_BASE);
}

/* A selector load copies the descriptor; the table is not looked at again. */
SELFTEST(arch, gdt, hidden_part, "A SEG-7")
{
	unsigned long flags;
	u64 *slot, before, base[3];
	struct segment seg = {
		.base = 0x1000,
		.limit = 0xfffff,
		.type = 3,
		.s = true,
		.p = true,
		.db = true,
		.g = true,
	};

	local_irq_save(flags);
	slot = &this_cpu_ptr(&gdt_page)->entry[GDT_ENTRY_TLS];
	before = rdmsr(MSR_FS_BASE);
	*slot = segment_pack(&seg);
	base[0] = fs_base_after_load(GDT_ENTRY_TLS * 8);
	seg.base = 0x2000;
	*slot = segment_pack(&seg);
	barrier();
	base[1] = rdmsr(MSR_FS_BASE);
	base[2] = fs_base_after_load(GDT_ENTRY_TLS * 8);
	*slot = 0;
	fs_base_after_load(0);
	wrmsr(MSR_FS_BASE, before);
	local_irq_restore(flags);

	EXPECT_EQ(base[0], 0x1000ULL);
	EXPECT_EQ(base[1], 0x1000ULL);
	EXPECT_EQ(base[2], 0x2000ULL);
	EXPECT_EQ(rdmsr(MSR_FS_BASE), before);
}

/* ---- stacks of the exceptions that have their own ----------------------- */

static void single_step(void *arg)
{
	(void)arg;
	__asm__ __volatile__("pushfq\n\t"
			     "orl $0x100, (%%rsp)\n\t"
			     "popfq\n\t"
			     "nop\n"
			     ".globl test_step_next\n"
			     "test_step_next:\n\t"
			     "nop" ::
				     : "memory", "cc");
}

extern const char test_step_next[];

static void int_18(void *arg)
{
	(void)arg;
	__asm__ __volatile__("int $18");
}

static void bad_stack(void *arg)
{
	(void)arg;
	arch_crash_push(0xfffffd0000001000UL);
}

/* What the CPU pushed on the stack @ist of this CPU, at the very top. */
static const unsigned long *ist_frame(unsigned int ist)
{
	return (const unsigned long *)this_cpu_ptr(&cpu_tss)->ist[ist - 1] - 5;
}

static void expect_on_ist(unsigned int ist, unsigned int vector,
			  void (*fn)(void *))
{
	unsigned long *frame = (unsigned long *)ist_frame(ist);
	struct fault_info f = {.vector = ~0U};

	memset(frame, 0, 5 * sizeof(*frame));
	EXPECT_TRUE(fault_catch(fn, NULL, &f));
	EXPECT_EQ(f.vector, vector);
	EXPECT_EQ(frame[1], 0x10UL); /* CS */
	EXPECT_NE(frame[0], 0UL);    /* RIP */
}

SELFTEST(arch, gdt, double_fault_stack, "A IDT-9")
{
	expect_on_ist(1, X86_TRAP_DF, bad_stack);
}

SELFTEST(arch, gdt, nmi_stack, "A IDT-9")
{
	unsigned long here = (unsigned long)__builtin_frame_address(0);
	unsigned long *frame = (unsigned long *)ist_frame(2);

	memset(frame, 0, 5 * sizeof(*frame));
	arch_nmi_self();
	EXPECT_EQ(frame[1], 0x10UL);
	/* it interrupted this function or one below, on this stack */
	EXPECT_LE(frame[3], here);
	EXPECT_GT(frame[3], here - 4096);
}

SELFTEST(arch, gdt, machine_check_stack, "A IDT-9")
{
	expect_on_ist(3, X86_TRAP_MC, int_18);
}

/* Also a trap: the saved instruction is the one behind the step (A INT-1). */
SELFTEST(arch, gdt, debug_stack, "A IDT-9, A INT-1")
{
	struct fault_info f = {.vector = ~0U};

	expect_on_ist(4, X86_TRAP_DB, single_step);
	REQUIRE_TRUE(fault_catch(single_step, NULL, &f));
	EXPECT_EQ(f.regs.rip, (unsigned long)test_step_next);
	/* the landing does not step on */
	EXPECT_EQ(arch_local_save_flags() & 0x100, 0UL);
}
