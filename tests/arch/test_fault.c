/* SPDX-License-Identifier: MIT */
/*
 * test_fault.c - every exception that can be raised on purpose: vector, error
 * code, address, and which instruction was saved (A INT-1, PG-5, PG-6).
 */
#include <lib/fault.h>

#include <arch/crash.h>
#include <arch/irqvec.h>
#include <arch/page.h>
#include <arch/sections.h>
#include <arch/trap_text.h>
#include <lib/context.h>
#include <lib/irqflags.h>
#include <lib/selftest.h>
#include <lib/string.h>

#include "crash_labels.h"

#include "../../arch/x86_64/cpu.h"
#include "../../arch/x86_64/gdt.h"
#include "../../arch/x86_64/msr.h"
#include "../../arch/x86_64/msr_safe.h"

/* Above the direct map and all stacks; nothing is ever mapped here. */
#define UNMAPPED 0xfffffd0000000000UL
/* Bits 63 to 47 are not all alike. */
#define NON_CANONICAL 0x0000800000000000UL

#define PF(bits) ((u64)(bits))

#define ADDR(label) ((unsigned long)(label))

/* Runs one function with one argument below fault_catch(). */
struct call {
	void (*fn)(unsigned long arg);
	unsigned long arg;
};

static void do_call(void *arg)
{
	const struct call *c = arg;

	c->fn(c->arg);
}

static bool fault_of(void (*fn)(unsigned long), unsigned long arg,
		     struct fault_info *info)
{
	struct call c = {.fn = fn, .arg = arg};

	memset(info, 0xee, sizeof(*info));
	return fault_catch(do_call, &c, info);
}

#define EXPECT_FAULT(info, vec, code, at)                      \
	do {                                                   \
		EXPECT_EQ((info).vector, (unsigned int)(vec)); \
		EXPECT_EQ((info).error_code, (u64)(code));     \
		EXPECT_EQ((info).regs.rip, ADDR(at));          \
	} while (0)

static void divide(unsigned long arg)
{
	(void)arg;
	arch_crash_divide();
}

static void invalid_opcode(unsigned long arg)
{
	(void)arg;
	arch_crash_invalid_opcode();
}

static void breakpoint(unsigned long arg)
{
	(void)arg;
	arch_crash_breakpoint();
}

static void selector(unsigned long arg)
{
	arch_crash_selector((u16)arg);
}

static void stack_selector(unsigned long arg)
{
	arch_crash_stack_selector((u16)arg);
}

static void code_selector(unsigned long arg)
{
	arch_crash_code_selector((u16)arg);
}

static void int_4(unsigned long arg)
{
	(void)arg;
	arch_crash_int();
}

static void bad_rdmsr(unsigned long arg)
{
	arch_crash_rdmsr((u32)arg);
}

SELFTEST(arch, fault, divide, "A INT-1")
{
	struct fault_info f;

	REQUIRE_TRUE(fault_of(divide, 0, &f));
	EXPECT_FAULT(f, X86_TRAP_DE, 0, arch_crash_divide_at);
	EXPECT_STREQ(trap_name(f.vector), "divide error");
}

SELFTEST(arch, fault, invalid_opcode, "A INT-1")
{
	struct fault_info f;

	REQUIRE_TRUE(fault_of(invalid_opcode, 0, &f));
	EXPECT_FAULT(f, X86_TRAP_UD, 0, arch_crash_invalid_opcode_at);
	EXPECT_STREQ(trap_name(f.vector), "invalid opcode");
}

/* A trap, not a fault: the saved instruction is the next one. */
SELFTEST(arch, fault, breakpoint, "A INT-1")
{
	struct fault_info f;

	REQUIRE_TRUE(fault_of(breakpoint, 0, &f));
	EXPECT_FAULT(f, X86_TRAP_BP, 0, arch_crash_breakpoint_next);
	EXPECT_EQ(ADDR(arch_crash_breakpoint_next),
		  ADDR(arch_crash_breakpoint_at) + 1);
}

SELFTEST(arch, fault, read_unmapped, "A PG-6")
{
	struct fault_info f;

	REQUIRE_TRUE(fault_of(arch_crash_read, UNMAPPED + 0x123, &f));
	EXPECT_FAULT(f, X86_TRAP_PF, 0, arch_crash_read_at);
	EXPECT_EQ(f.address, (u64)UNMAPPED + 0x123);
}

SELFTEST(arch, fault, write_unmapped, "A PG-6")
{
	struct fault_info f;

	REQUIRE_TRUE(fault_of(arch_crash_write, UNMAPPED + 8, &f));
	EXPECT_FAULT(f, X86_TRAP_PF, X86_PF_WRITE, arch_crash_write_at);
	EXPECT_EQ(f.address, (u64)UNMAPPED + 8);
}

SELFTEST(arch, fault, null, "A PG-6")
{
	struct fault_info f;

	REQUIRE_TRUE(fault_of(arch_crash_read, 0, &f));
	EXPECT_FAULT(f, X86_TRAP_PF, 0, arch_crash_read_at);
	EXPECT_EQ(f.address, 0ULL);
}

/* The fetch faults at the address itself, with the return address pushed. */
SELFTEST(arch, fault, exec_unmapped, "A PG-6")
{
	struct fault_info f;

	/* Only a CPU with NX or SMEP tells a fetch from a read. */
	u64 fetch = cpu_features.nx || cpu_features.smep ? X86_PF_INSTR : 0;

	REQUIRE_TRUE(fault_of(arch_crash_exec, UNMAPPED, &f));
	EXPECT_FAULT(f, X86_TRAP_PF, fetch, UNMAPPED);
	EXPECT_EQ(f.address, (u64)UNMAPPED);
}

static u64 variable = 7;
static const u64 constant = 42;

SELFTEST(arch, fault, exec_data, "A PG-4")
{
	struct fault_info f;

	if (!cpu_features.nx)
		return selftest_skip("this CPU has no NX");
	REQUIRE_TRUE(fault_of(arch_crash_exec, (unsigned long)&variable, &f));
	EXPECT_FAULT(f, X86_TRAP_PF, X86_PF_INSTR | X86_PF_PROT, &variable);
	REQUIRE_TRUE(fault_of(arch_crash_exec, (unsigned long)&constant, &f));
	EXPECT_FAULT(f, X86_TRAP_PF, X86_PF_INSTR | X86_PF_PROT, &constant);
	/* the same memory through the direct map */
	REQUIRE_TRUE(fault_of(arch_crash_exec,
			      (unsigned long)__va(__pa_symbol(&variable)), &f));
	EXPECT_EQ(f.error_code, PF(X86_PF_INSTR | X86_PF_PROT));
}

SELFTEST(arch, fault, write_readonly, "A PG-4, A PG-16")
{
	struct fault_info f;

	REQUIRE_TRUE(fault_of(arch_crash_write, (unsigned long)&constant, &f));
	EXPECT_FAULT(f, X86_TRAP_PF, X86_PF_WRITE | X86_PF_PROT,
		     arch_crash_write_at);
	EXPECT_EQ(f.address, (u64)(unsigned long)&constant);
	REQUIRE_TRUE(fault_of(arch_crash_write, (unsigned long)_text, &f));
	EXPECT_EQ(f.error_code, PF(X86_PF_WRITE | X86_PF_PROT));
	/* the alias of text and constants in the direct map */
	REQUIRE_TRUE(fault_of(arch_crash_write,
			      (unsigned long)__va(__pa_symbol(&constant)), &f));
	EXPECT_EQ(f.error_code, PF(X86_PF_WRITE | X86_PF_PROT));
	REQUIRE_TRUE(fault_of(arch_crash_write,
			      (unsigned long)__va(__pa_symbol(_text)), &f));
	EXPECT_EQ(f.error_code, PF(X86_PF_WRITE | X86_PF_PROT));
	EXPECT_EQ(*(const volatile u64 *)&constant, 42ULL);
}

/* #GP, or #SS through a stack register; never #PF (A PG-5). */
SELFTEST(arch, fault, non_canonical, "A PG-5")
{
	struct fault_info f;

	REQUIRE_TRUE(fault_of(arch_crash_read, NON_CANONICAL, &f));
	EXPECT_FAULT(f, X86_TRAP_GP, 0, arch_crash_read_at);
	REQUIRE_TRUE(fault_of(arch_crash_write, ~NON_CANONICAL, &f));
	EXPECT_FAULT(f, X86_TRAP_GP, 0, arch_crash_write_at);
	/* the last address of the lower half is canonical */
	REQUIRE_TRUE(fault_of(arch_crash_read, NON_CANONICAL - 8, &f));
	EXPECT_FAULT(f, X86_TRAP_PF, 0, arch_crash_read_at);
	EXPECT_EQ(f.address, (u64)NON_CANONICAL - 8);
}

/*
 * With a stack that is not there the page fault cannot be delivered: the CPU
 * gives the double fault, on a stack of its own (A IDT-9).
 */
SELFTEST(arch, fault, double_fault, "A IDT-9")
{
	struct fault_info f;

	REQUIRE_TRUE(fault_of(arch_crash_push, UNMAPPED + PAGE_SIZE, &f));
	EXPECT_FAULT(f, X86_TRAP_DF, 0, arch_crash_push_at);
	EXPECT_EQ(f.regs.rsp, UNMAPPED + PAGE_SIZE);
	/* CR2 still tells whose delivery failed */
	EXPECT_GE(f.address, (u64)UNMAPPED);
	EXPECT_LT(f.address, (u64)UNMAPPED + PAGE_SIZE);
}

/* Twice: the first one must have left the stack of the double fault. */
SELFTEST(arch, fault, double_fault_again, "A IDT-9")
{
	struct fault_info f;

	for (int i = 0; i < 3; i++) {
		REQUIRE_TRUE(fault_of(arch_crash_push, UNMAPPED, &f));
		EXPECT_EQ(f.vector, (unsigned int)X86_TRAP_DF);
	}
}

static volatile u64 never = ~0ULL;

static noinline u64 recurse(u64 depth)
{
	volatile u64 local[16];

	local[depth % 16] = depth;
	if (depth == never)
		return 0;
	return recurse(depth + 1) + local[depth % 16];
}

static void overflow_stack(unsigned long arg)
{
	recurse(arg);
}

/* Running over the end of the stack meets the guard page (A STK-6). */
SELFTEST(arch, fault, stack_overflow, "A STK-6, A IDT-9, B S-19")
{
	unsigned long base = current_ctx()->stack_base;
	unsigned long *last = (unsigned long *)base;
	unsigned long before = *last;
	struct fault_info f;
	struct trap_info t = {.regs = &f.regs};
	char cause[32];

	REQUIRE_TRUE(fault_of(overflow_stack, 0, &f));
	*last = before; /* the mark at the end of the stack (B B-06) */
	EXPECT_EQ(f.vector, (unsigned int)X86_TRAP_DF);
	EXPECT_EQ(f.error_code, 0ULL);
	EXPECT_LT(f.address, (u64)base);
	EXPECT_GE(f.address, (u64)base - PAGE_SIZE);
	t.vector = f.vector;
	t.address = f.address;
	EXPECT_TRUE(trap_likely_cause(&t, cause, sizeof(cause)));
	cause[21] = '\0';
	EXPECT_STREQ(cause, "kernel stack overflow");
}

SELFTEST(arch, fault, bad_selector, "")
{
	u16 beyond = GDT_ENTRIES * 8;
	struct fault_info f;

	REQUIRE_TRUE(fault_of(selector, beyond, &f));
	EXPECT_FAULT(f, X86_TRAP_GP, beyond, arch_crash_selector_at);
	/* a system descriptor is no data segment */
	REQUIRE_TRUE(fault_of(selector, TSS_SELECTOR, &f));
	EXPECT_FAULT(f, X86_TRAP_GP, TSS_SELECTOR, arch_crash_selector_at);
	/* the table bit of the selector comes back in the error code */
	REQUIRE_TRUE(fault_of(selector, 0x0c, &f));
	EXPECT_EQ(f.vector, (unsigned int)X86_TRAP_GP);
	EXPECT_EQ(f.error_code, 0x0cULL);
}

SELFTEST(arch, fault, bad_stack_selector, "")
{
	struct fault_info f;

	/* a code segment cannot be a stack */
	REQUIRE_TRUE(fault_of(stack_selector, KERNEL_CS, &f));
	EXPECT_FAULT(f, X86_TRAP_GP, KERNEL_CS, arch_crash_stack_selector_at);
}

SELFTEST(arch, fault, bad_code_selector, "")
{
	struct fault_info f;

	REQUIRE_TRUE(fault_of(code_selector, KERNEL_DS, &f));
	EXPECT_FAULT(f, X86_TRAP_GP, KERNEL_DS, arch_crash_code_selector_at);
}

/* #NP, #SS: descriptors of this CPU's GDT with their present bit taken away. */
SELFTEST(arch, fault, not_present, "A SEG-3")
{
	u64 *spare = &this_cpu_ptr(&gdt_page)->entry[GDT_ENTRY_TLS];
	u64 before = *spare;
	struct fault_info f;

	*spare = DESC_KERNEL_DS & ~(1ULL << 47);
	EXPECT_TRUE(fault_of(selector, GDT_ENTRY_TLS * 8, &f));
	EXPECT_FAULT(f, X86_TRAP_NP, GDT_ENTRY_TLS * 8, arch_crash_selector_at);
	EXPECT_TRUE(fault_of(stack_selector, GDT_ENTRY_TLS * 8, &f));
	EXPECT_FAULT(f, X86_TRAP_SS, GDT_ENTRY_TLS * 8,
		     arch_crash_stack_selector_at);
	*spare = before;
}

/*
 * A programmed exception, the fourth class: as a trap. (A vector with an
 * error code must not be raised this way: the CPU would push none.)
 */
SELFTEST(arch, fault, software_int, "A INT-1")
{
	struct fault_info f;

	REQUIRE_TRUE(fault_of(int_4, 0, &f));
	EXPECT_FAULT(f, X86_TRAP_OF, 0, arch_crash_int_next);
	EXPECT_EQ(ADDR(arch_crash_int_next), ADDR(arch_crash_int_at) + 2);
}

SELFTEST(arch, fault, bogus_msr, "A IDT-12")
{
	struct fault_info f;
	u64 val = 1;

	if (!fault_of(bad_rdmsr, 0xdeadbeef, &f)) {
		selftest_skip("this CPU reads unknown MSRs as 0 (TCG does)");
		return;
	}
	EXPECT_FAULT(f, X86_TRAP_GP, 0, arch_crash_rdmsr_at);
	EXPECT_EQ(rdmsr_safe(0xdeadbeef, &val), -EIO);
	EXPECT_EQ(val, 0ULL);
	EXPECT_EQ(wrmsr_safe(0xdeadbeef, 1), -EIO);
}

/* The safe forms do read and write what is there. */
SELFTEST(arch, fault, msr_safe, "")
{
	u64 before, val = 0;

	REQUIRE_EQ(rdmsr_safe(MSR_FS_BASE, &before), 0);
	EXPECT_EQ(wrmsr_safe(MSR_FS_BASE, 0x1234567000ULL), 0);
	EXPECT_EQ(rdmsr_safe(MSR_FS_BASE, &val), 0);
	EXPECT_EQ(val, 0x1234567000ULL);
	EXPECT_EQ(wrmsr_safe(MSR_FS_BASE, before), 0);
}

/* Protection keys for supervisor pages: also TCG checks this register. */
#define MSR_PKRS 0x6e1

static bool cpu_has_pks(void)
{
	u32 r[4];

	cpuid(0, 0, r);
	if (r[0] < 7)
		return false;
	cpuid(7, 0, r);
	return r[2] >> 31;
}

SELFTEST(arch, fault, msr_refuses, "A IDT-12")
{
	u64 val = 1;

	if (!cpu_has_pks()) {
		selftest_skip("needs a register that refuses values (PKRS)");
		return;
	}
	EXPECT_EQ(wrmsr_safe(MSR_PKRS, 1ULL << 32), -EIO);
	EXPECT_EQ(rdmsr_safe(MSR_PKRS, &val), 0);
	EXPECT_EQ(val, 0ULL);
	EXPECT_EQ(wrmsr_safe(MSR_PKRS, 0), 0);
}

SELFTEST(arch, fault, nofault_copy, "A PG-6, A IDT-12")
{
	static const char text[32] = "0123456789abcdef0123456789abcde";
	char buf[32];
	u64 word = 5;

	for (unsigned int off = 0; off < 9; off++) {
		memset(buf, '#', sizeof(buf));
		EXPECT_EQ(copy_from_kernel_nofault(buf, text + off, 20), 0);
		EXPECT_EQ(memcmp(buf, text + off, 20), 0);
		EXPECT_EQ(buf[20], '#');
	}
	EXPECT_EQ(copy_from_kernel_nofault(buf, (void *)UNMAPPED, 1), -EFAULT);
	EXPECT_EQ(copy_from_kernel_nofault(buf, (void *)UNMAPPED, 8), -EFAULT);
	EXPECT_EQ(copy_from_kernel_nofault(buf, (void *)(UNMAPPED + 3), 20),
		  -EFAULT);
	EXPECT_EQ(copy_from_kernel_nofault(buf, (void *)~NON_CANONICAL, 1),
		  -EFAULT);
	/* the user half is refused, mapped or not */
	EXPECT_EQ(copy_from_kernel_nofault(buf, NULL, 1), -EFAULT);
	EXPECT_EQ(copy_from_kernel_nofault(buf, (void *)0x100000, 8), -EFAULT);
	/* wrapping around the end of the address space */
	EXPECT_EQ(copy_from_kernel_nofault(buf, (void *)~7UL, 16), -EFAULT);
	EXPECT_EQ(copy_from_kernel_nofault(buf, (void *)UNMAPPED, 0), 0);

	EXPECT_EQ(get_kernel_nofault(word, (u64 *)UNMAPPED), -EFAULT);
	EXPECT_EQ(word, 5ULL);
	EXPECT_EQ(get_kernel_nofault(word, &constant), 0);
	EXPECT_EQ(word, 42ULL);
}

static void fault_with_flags(unsigned long arg)
{
	if (arg)
		__asm__ __volatile__("std" ::: "cc");
	arch_crash_read(UNMAPPED);
}

/* The landing runs compiled code, so the direction flag must be clear. */
SELFTEST(arch, fault, direction_flag, "A IDT-10")
{
	struct fault_info f;

	REQUIRE_TRUE(fault_of(fault_with_flags, 1, &f));
	EXPECT_EQ(f.regs.rflags & (1UL << 10), 1UL << 10);
	EXPECT_EQ(arch_local_save_flags() & (1UL << 10), 0UL);
}

/* Exceptions never look like a system call that could be restarted. */
SELFTEST(arch, fault, frame, "A IDT-10, B S-01")
{
	struct fault_info f;

	REQUIRE_TRUE(fault_of(arch_crash_read, UNMAPPED, &f));
	EXPECT_EQ(f.regs.orig_rax, ~0UL);
	EXPECT_EQ(f.regs.rdi, UNMAPPED);
	EXPECT_EQ(f.regs.cs, (unsigned long)KERNEL_CS);
	EXPECT_EQ(f.regs.ss & ~3UL, f.regs.ss);
	EXPECT_TRUE(f.regs.rflags & (1UL << 9));
}
