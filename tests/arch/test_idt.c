/* SPDX-License-Identifier: MIT */
/*
 * test_idt.c - gates, what the CPU and the stubs leave on the stack, and what
 * the stubs keep (A IDT-1 .. A IDT-11, A INT-8). Interrupts: test_irq.c.
 */
#include <lib/fault.h>

#include <arch/irqchip.h>
#include <arch/irqvec.h>
#include <arch/page.h>
#include <arch/smp.h>
#include <base/bits.h>
#include <irq/dispatch.h>
#include <irq/tick.h>
#include <lib/irqflags.h>
#include <lib/printk.h>
#include <lib/random.h>
#include <lib/selftest.h>
#include <lib/string.h>

#include "../../arch/x86_64/apic.h"
#include "../../arch/x86_64/idt.h"
#include "../workers.h"
#include "cpu_state.h"

#define TEST_VECTOR 0x60
#define NO_APIC	    "this machine has no local APIC"
#define UNMAPPED    0xfffffd0000000000UL

extern const u8 trap_stubs[];

static struct cpu_state states[NR_CPUS];

/* ---- the table ---------------------------------------------------------- */

SELFTEST(arch, idt, one_for_all_cpus, "A IDT-7, A IDT-2")
{
	unsigned int cpu;

	cpu_state_read_all(states);
	for_each_online_cpu(cpu) {
		EXPECT_EQ(states[cpu].idtr.limit, 256 * 16 - 1);
		EXPECT_EQ(states[cpu].idtr.base, (unsigned long)idt_table);
	}
}

SELFTEST(arch, idt, pack_round_trip, "A IDT-2")
{
	struct rnd_state rnd;
	unsigned int wrong = 0;

	prandom_seed_state(&rnd, selftest_seed());
	for (unsigned int i = 0; i < 2000; i++) {
		unsigned long handler = prandom_u64_state(&rnd);
		unsigned int dpl = prandom_u32_below(&rnd, 4);
		unsigned int ist = prandom_u32_below(&rnd, 8);
		unsigned int type = i & 1 ? GATE_TRAP : GATE_INTERRUPT;
		struct idt_gate gate;
		u64 raw[2];

		memset(&gate, 0xff, sizeof(gate));
		gate_pack(&gate, handler, type, dpl, ist);
		wrong += gate_handler(&gate) != handler;
		memcpy(raw, &gate, sizeof(raw));
		/* A IDT-2: where the manual has each field */
		wrong += (raw[0] & 0xffff) != (handler & 0xffff);
		wrong += (raw[0] >> 16 & 0xffff) != 0x10;
		wrong += (raw[0] >> 32 & 0xff) != ist;
		wrong += (raw[0] >> 40 & 0xff) != (0x80 | dpl << 5 | type);
		wrong += raw[0] >> 48 != (handler >> 16 & 0xffff);
		wrong += raw[1] != handler >> 32; /* and the rest is zero */
	}
	EXPECT_EQ(wrong, 0U);
	EXPECT_EQ(sizeof(struct idt_gate), 16UL);
}

/* Type (interrupt or trap), DPL and IST of every vector. */
SELFTEST(arch, idt, live_gates, "A IDT-1, A IDT-6, A IDT-9")
{
	/* clang-format off */
	static const u8 trap[] = {0, 4, 5, 6, 7, 9, 10, 11, 12, 13, 15, 16,
				  17, 19};
	static const struct { u8 vector, ist; } ist[] = {
		{8, 1}, {2, 2}, {18, 3}, {1, 4},
	};
	/* clang-format on */
	u8 type[256], ist_of[256], dpl[256];

	memset(type, GATE_INTERRUPT, sizeof(type));
	memset(ist_of, 0, sizeof(ist_of));
	memset(dpl, 0, sizeof(dpl));
	for (unsigned int i = 0; i < ARRAY_SIZE(trap); i++)
		type[trap[i]] = GATE_TRAP;
	for (unsigned int i = 0; i < ARRAY_SIZE(ist); i++)
		ist_of[ist[i].vector] = ist[i].ist;
	dpl[3] = dpl[4] = 3; /* a user may say int3 and into */

	for (unsigned int v = 0; v < 256; v++) {
		const struct idt_gate *g = &idt_table[v];

		EXPECT_EQ(g->attr, 0x80 | dpl[v] << 5 | type[v]);
		EXPECT_EQ(g->ist, ist_of[v]);
		EXPECT_EQ(g->selector, 0x10);
		EXPECT_EQ(g->reserved, 0U);
		EXPECT_EQ(gate_handler(g), (unsigned long)trap_stubs + 16 * v);
	}
}

/* A stub supplies the error code exactly where the CPU does not. */
SELFTEST(arch, idt, stubs_normalise, "A IDT-10, A INT-8")
{
	static const u8 with_code[] = {8, 10, 11, 12, 13, 14, 17, 21, 29, 30};
	bool code[256] = {false};

	for (unsigned int i = 0; i < ARRAY_SIZE(with_code); i++)
		code[with_code[i]] = true;
	for (unsigned int v = 0; v < 256; v++) {
		const u8 *stub = trap_stubs + 16 * v;
		u32 vector;

		if (!code[v]) {
			EXPECT_EQ(stub[0], 0x6a); /* push byte 0 */
			EXPECT_EQ(stub[1], 0);
			stub += 2;
		}
		EXPECT_EQ(stub[0], 0x57); /* push rdi */
		EXPECT_EQ(stub[1], 0xbf); /* mov edi, vector */
		memcpy(&vector, stub + 2, 4);
		EXPECT_EQ(vector, v);
	}
}

SELFTEST(arch, idt, vector_map, "A IDT-1")
{
	EXPECT_EQ(FIRST_EXTERNAL_VECTOR, 32);
	EXPECT_EQ(SYSCALL_VECTOR, 128);
	EXPECT_EQ(LOCAL_TIMER_VECTOR, 239);
	EXPECT_EQ(THERMAL_VECTOR, 240);
	EXPECT_EQ(INVALIDATE_TLB_VECTOR, 251);
	EXPECT_EQ(RESCHEDULE_VECTOR, 252);
	EXPECT_EQ(CALL_FUNCTION_VECTOR, 253);
	EXPECT_EQ(ERROR_APIC_VECTOR, 254);
	EXPECT_EQ(SPURIOUS_APIC_VECTOR, 255);
	if (apic_present()) {
		EXPECT_EQ(apic_read(APIC_LVTT) & 0xff, 239U);
		EXPECT_EQ(apic_read(APIC_LVTERR) & 0x100ff, 254U);
		EXPECT_EQ(apic_read(APIC_SPIV) & 0x1ff, 0x1ffU);
	}
}

/* ---- what the CPU itself does at a gate --------------------------------- */

/*
 * A handler without our stubs: notes the stack pointer, the flags and the
 * five words that it finds, adds record.skip to the saved RIP and returns.
 */
struct record {
	u64 flags, handler_rsp;
	u64 rip, cs, rflags, rsp, ss;
	u64 skip;
	u64 before; /* RSP before the instruction that came here */
};
extern struct record test_record;
struct record test_record;
extern const char test_record_stub[];

__asm__(".pushsection .text\n"
	".globl test_record_stub\n"
	"test_record_stub:\n\t"
	"pushq %rax\n\t"
	"pushfq\n\t"
	"popq test_record+0\n\t"
	"leaq 8(%rsp), %rax\n\t"
	"movq %rax, test_record+8\n\t"
	"movq 8(%rsp), %rax\n\t"
	"movq %rax, test_record+16\n\t"
	"movq 16(%rsp), %rax\n\t"
	"movq %rax, test_record+24\n\t"
	"movq 24(%rsp), %rax\n\t"
	"movq %rax, test_record+32\n\t"
	"movq 32(%rsp), %rax\n\t"
	"movq %rax, test_record+40\n\t"
	"movq 40(%rsp), %rax\n\t"
	"movq %rax, test_record+48\n\t"
	"movq test_record+56, %rax\n\t"
	"addq %rax, 8(%rsp)\n\t"
	"popq %rax\n\t"
	"iretq\n"
	".popsection");

/* Points a live gate at the recorder; its type, DPL and IST stay. */
static struct idt_gate divert(unsigned int vector, u64 skip)
{
	struct idt_gate before = idt_table[vector], gate = before;
	unsigned long to = (unsigned long)test_record_stub;

	memset(&test_record, 0, sizeof(test_record));
	test_record.skip = skip;
	gate.offset_low = to & 0xffff;
	gate.offset_mid = to >> 16 & 0xffff;
	gate.offset_high = to >> 32;
	idt_table[vector] = gate;
	barrier();
	return before;
}

#define IF_OF(flags) ((flags) >> 9 & 1)

/* ud2 is two bytes long and a fault: the recorder steps over it. */
SELFTEST(arch, idt, trap_gate_keeps_if, "A IDT-4")
{
	struct idt_gate before = divert(X86_TRAP_UD, 2);
	u64 on, off;

	__asm__ __volatile__("ud2" ::: "memory");
	on = test_record.flags;
	local_irq_disable();
	__asm__ __volatile__("ud2" ::: "memory");
	off = test_record.flags;
	local_irq_enable();
	idt_table[X86_TRAP_UD] = before;
	EXPECT_EQ(IF_OF(on), 1);
	EXPECT_EQ(IF_OF(off), 0);
	EXPECT_EQ(IF_OF(test_record.rflags), 0);
}

SELFTEST(arch, idt, interrupt_gate_clears_if, "A IDT-3, A IDT-6")
{
	struct idt_gate before = divert(X86_TRAP_BP, 0);

	__asm__ __volatile__("int3" ::: "memory");
	idt_table[X86_TRAP_BP] = before;
	EXPECT_EQ(IF_OF(test_record.flags), 0);
	EXPECT_EQ(IF_OF(test_record.rflags), 1); /* the interrupted code's */
	EXPECT_FALSE(irqs_disabled());

	before = divert(TEST_VECTOR, 0);
	__asm__ __volatile__("int %0" ::"i"(TEST_VECTOR) : "memory");
	idt_table[TEST_VECTOR] = before;
	EXPECT_EQ(IF_OF(test_record.flags), 0);
}

/* Five words, below the old RSP rounded down to 16; no stack switch. */
SELFTEST(arch, idt, hardware_frame, "A INT-8, A INT-1")
{
	struct idt_gate before = divert(TEST_VECTOR, 0);
	struct record r[2];
	u64 next[2];

	local_irq_disable();
	__asm__ __volatile__("movq %%rsp, %%rbx\n\t"
			     "andq $-16, %%rsp\n\t"
			     "movq %%rsp, test_record+64\n\t"
			     "leaq 1f(%%rip), %0\n\t"
			     "int %1\n"
			     "1:\tmovq %%rbx, %%rsp"
			     : "=&r"(next[0])
			     : "i"(TEST_VECTOR)
			     : "rbx", "memory");
	r[0] = test_record;
	__asm__ __volatile__("movq %%rsp, %%rbx\n\t"
			     "andq $-16, %%rsp\n\t"
			     "subq $8, %%rsp\n\t"
			     "movq %%rsp, test_record+64\n\t"
			     "leaq 1f(%%rip), %0\n\t"
			     "int %1\n"
			     "1:\tmovq %%rbx, %%rsp"
			     : "=&r"(next[1])
			     : "i"(TEST_VECTOR)
			     : "rbx", "memory");
	r[1] = test_record;
	local_irq_enable();
	idt_table[TEST_VECTOR] = before;

	for (unsigned int i = 0; i < 2; i++) {
		EXPECT_EQ(r[i].rsp, r[i].before);
		EXPECT_EQ(r[i].before % 16, i ? 8 : 0);
		EXPECT_EQ(r[i].handler_rsp, (r[i].before & ~15UL) - 5 * 8);
		EXPECT_EQ(r[i].rip, next[i]); /* behind the instruction */
		EXPECT_EQ(r[i].cs, 0x10);
		EXPECT_EQ(r[i].ss, 0x18);
		EXPECT_EQ(IF_OF(r[i].rflags), 0);
	}
}

/* ---- what the stubs keep ------------------------------------------------ */

/* Fifteen registers in the order of struct pt_regs, without RSP. */
#define NR_GPRS 15

extern u64 test_gprs_in[NR_GPRS], test_gprs_out[NR_GPRS];
u64 test_gprs_in[NR_GPRS], test_gprs_out[NR_GPRS];
extern u64 test_flags_out;
u64 test_flags_out;
void test_plant_int(void *arg);
void test_plant_ud2(void *arg);

/* clang-format off */
#define MOVE_GPRS(MOVE)                                                        \
	MOVE(r15, 0) MOVE(r14, 8) MOVE(r13, 16) MOVE(r12, 24) MOVE(rbp, 32)    \
	MOVE(rbx, 40) MOVE(r11, 48) MOVE(r10, 56) MOVE(r9, 64) MOVE(r8, 72)    \
	MOVE(rax, 80) MOVE(rcx, 88) MOVE(rdx, 96) MOVE(rsi, 104) MOVE(rdi, 112)
#define LOAD_GPR(reg, off)  "movq test_gprs_in+" #off ", %" #reg "\n\t"
#define STORE_GPR(reg, off) "movq %" #reg ", test_gprs_out+" #off "\n\t"
#define PLANT(name, insn)                                                      \
	".globl " #name "\n" #name ":\n\t"                                     \
	"pushq %rbp\n\tpushq %rbx\n\tpushq %r12\n\tpushq %r13\n\t"             \
	"pushq %r14\n\tpushq %r15\n\tpushq %rax\n\t"                           \
	MOVE_GPRS(LOAD_GPR)                                                    \
	"std\n\t" insn "\n\t"                                                  \
	MOVE_GPRS(STORE_GPR)                                                   \
	"pushfq\n\tpopq test_flags_out\n\tcld\n\t"                             \
	"popq %rax\n\tpopq %r15\n\tpopq %r14\n\tpopq %r13\n\tpopq %r12\n\t"    \
	"popq %rbx\n\tpopq %rbp\n\tret\n"
__asm__(".pushsection .text\n"
	PLANT(test_plant_int, "int $0x60")
	PLANT(test_plant_ud2, "ud2")
	".popsection");
/* clang-format on */

#define DF_OF(flags) ((flags) >> 10 & 1)

static void plant(u64 seed)
{
	struct rnd_state rnd;

	prandom_seed_state(&rnd, seed);
	for (unsigned int i = 0; i < NR_GPRS; i++)
		test_gprs_in[i] = prandom_u64_state(&rnd);
	memset(test_gprs_out, 0, sizeof(test_gprs_out));
}

/* struct pt_regs has every register where the stub found it. */
SELFTEST(arch, idt, frame_has_registers, "A IDT-10, B S-01")
{
	struct fault_info f = {.vector = ~0U};
	const unsigned long *frame = (const unsigned long *)&f.regs;

	plant(selftest_seed());
	REQUIRE_TRUE(fault_catch(test_plant_ud2, NULL, &f));
	EXPECT_EQ(f.vector, X86_TRAP_UD);
	for (unsigned int i = 0; i < NR_GPRS; i++)
		EXPECT_EQ(frame[i], test_gprs_in[i]);
	EXPECT_EQ(f.regs.orig_rax, ~0UL);
	EXPECT_EQ(f.regs.cs, 0x10UL);
	EXPECT_EQ(f.regs.ss, 0x18UL);
	EXPECT_EQ(DF_OF(f.regs.rflags), 1UL);
}

static struct {
	u64 flags;
	unsigned int runs;
} planted;

static void note_flags(void)
{
	planted.flags = arch_local_save_flags();
	planted.runs++;
}

/* An interrupt changes no register, and DF is clear while it is handled. */
SELFTEST(arch, idt, interrupt_keeps_registers, "A IDT-10")
{
	planted.runs = 0;
	irq_set_test_handler(TEST_VECTOR, note_flags);
	for (unsigned int i = 0; i < 20; i++) {
		plant(selftest_seed() + i);
		test_plant_int(NULL);
		for (unsigned int r = 0; r < NR_GPRS; r++)
			EXPECT_EQ(test_gprs_out[r], test_gprs_in[r]);
		EXPECT_EQ(DF_OF(test_flags_out), 1); /* as it was */
		EXPECT_EQ(DF_OF(planted.flags), 0);
	}
	irq_set_test_handler(TEST_VECTOR, NULL);
	EXPECT_EQ(planted.runs, 20U);
}
