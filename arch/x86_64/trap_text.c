/* SPDX-License-Identifier: MIT */
/*
 * trap_text.c - exceptions in words.
 *
 * Purpose. "vector 14, error 2" helps those who know the manual by heart.
 *	Everybody else needs the name, what the bits say, and a guess at the
 *	mistake behind it.
 *
 * Model. Names and error codes are tables. trap_likely_cause() goes through
 *	the usual mistakes of kernel code, most specific first, and takes the
 *	first one that fits; it says nothing rather than something vague.
 *
 * Locking. None: constant data, and nofault reads.
 * Contexts. Any; called from the panic path with everything broken.
 * Limits. A guess is a guess: the report gives the facts beside it.
 * References. Intel SDM vol. 3A, "Exception and Interrupt Reference",
 *	"Page-Fault Error Code", "Error Code".
 */
#include <arch/trap_text.h>

#include <arch/irqvec.h>
#include <arch/page.h>
#include <arch/pgtable.h>
#include <arch/sections.h>
#include <arch/stacktrace.h>
#include <base/compiler.h>
#include <base/config.h>
#include <lib/fault.h>
#include <lib/fmt.h>
#include <lib/list.h>

#include "operand.h"

#define PF_KEY	  (1U << 5)
#define PF_SHADOW (1U << 6)

/* A pointer this close to a poison value came from a member of a dead list. */
#define POISON_REACH 512UL

/* clang-format off */
static const struct {
	const char *mnemonic;
	const char *name;
	bool has_code;
} traps[32] = {
	[0]  = { "#DE", "divide error", false },
	[1]  = { "#DB", "debug exception", false },
	[2]  = { "NMI", "non-maskable interrupt", false },
	[3]  = { "#BP", "breakpoint", false },
	[4]  = { "#OF", "overflow", false },
	[5]  = { "#BR", "bound range exceeded", false },
	[6]  = { "#UD", "invalid opcode", false },
	[7]  = { "#NM", "device not available", false },
	[8]  = { "#DF", "double fault", true },
	[9]  = { "",    "coprocessor segment overrun", false },
	[10] = { "#TS", "invalid TSS", true },
	[11] = { "#NP", "segment not present", true },
	[12] = { "#SS", "stack segment fault", true },
	[13] = { "#GP", "general protection fault", true },
	[14] = { "#PF", "page fault", true },
	[16] = { "#MF", "x87 floating-point error", false },
	[17] = { "#AC", "alignment check", true },
	[18] = { "#MC", "machine check", false },
	[19] = { "#XM", "SIMD floating-point exception", false },
	[20] = { "#VE", "virtualization exception", false },
	[21] = { "#CP", "control protection exception", true },
	[28] = { "#HV", "hypervisor injection exception", false },
	[29] = { "#VC", "VMM communication exception", true },
	[30] = { "#SX", "security exception", true },
};
/* clang-format on */

const char *trap_name(unsigned int vector)
{
	if (vector >= ARRAY_SIZE(traps))
		return "interrupt";
	return traps[vector].name ? traps[vector].name : "reserved exception";
}

const char *trap_mnemonic(unsigned int vector)
{
	if (vector >= ARRAY_SIZE(traps) || !traps[vector].mnemonic)
		return "";
	return traps[vector].mnemonic;
}

bool trap_has_error_code(unsigned int vector)
{
	return vector < ARRAY_SIZE(traps) && traps[vector].has_code;
}

bool trap_has_address(unsigned int vector)
{
	return vector == X86_TRAP_PF;
}

static void describe_page_fault(u64 code, char *buf, size_t size)
{
	const char *access = code & X86_PF_INSTR   ? "instruction fetch"
			     : code & X86_PF_WRITE ? "write"
						   : "read";

	scnprintf(buf, size, "%s by %s code, %s%s%s%s", access,
		  code & X86_PF_USER ? "user" : "kernel",
		  code & X86_PF_PROT ? "page present but protected"
				     : "page not present",
		  code & X86_PF_RSVD ? ", reserved bit set in a table" : "",
		  code & PF_KEY ? ", protection key" : "",
		  code & PF_SHADOW ? ", shadow stack" : "");
}

/* EXT in bit 0, the table in bits 1 and 2, the index above. */
static void describe_selector(u64 code, char *buf, size_t size)
{
	static const char *const table[4] = {"GDT", "IDT", "LDT", "IDT"};
	unsigned int index = (unsigned int)(code >> 3) & 0x1fff;

	scnprintf(buf, size, "%s entry %u (%s 0x%x)%s", table[code >> 1 & 3],
		  index, code & 2 ? "vector" : "selector",
		  code & 2 ? index : (unsigned int)code & 0xfff8,
		  code & 1 ? ", during delivery of another event" : "");
}

const char *trap_error_describe(unsigned int vector, u64 code, char *buf,
				size_t size)
{
	if (size)
		buf[0] = '\0';
	if (vector == X86_TRAP_PF)
		describe_page_fault(code, buf, size);
	else if (vector >= X86_TRAP_TS && vector <= X86_TRAP_GP && code)
		describe_selector(code, buf, size);
	return buf;
}

static bool canonical(unsigned long addr)
{
	return (long)(addr << 16) >> 16 == (long)addr;
}

/*
 * Below each stack at least a page is unmapped, below most of them as much as
 * a stack has; a big local array may reach that far in one step.
 */
static bool in_stack_guard(unsigned long addr, const char **stack_name)
{
	unsigned long lo, hi;

	for (unsigned int n = 1; n <= THREAD_SIZE / PAGE_SIZE; n++)
		if (arch_stack_bounds(addr + n * PAGE_SIZE, &lo, &hi,
				      stack_name))
			return addr < lo;
	return false;
}

static bool is_list_poison(unsigned long addr)
{
	return addr - (unsigned long)LIST_POISON1 < POISON_REACH ||
	       addr - (unsigned long)LIST_POISON2 < POISON_REACH;
}

static bool cause_poison(unsigned long addr, char *buf, size_t size)
{
	if (!is_list_poison(addr))
		return false;
	scnprintf(
		buf, size,
		"list poison: 0x%lx is what list_del() leaves in an entry; the entry was used or deleted again after its removal",
		addr);
	return true;
}

static bool cause_overflow(unsigned long addr, char *buf, size_t size)
{
	const char *stack;

	if (!in_stack_guard(addr, &stack))
		return false;
	scnprintf(
		buf, size,
		"kernel stack overflow: 0x%lx is in the guard page below the %s stack; look for endless recursion or a big local array",
		addr, stack);
	return true;
}

/* What lies at a kernel address, for "the code tried to execute/write it". */
static const char *region_name(unsigned long addr)
{
	unsigned long lo, hi;
	const char *stack;

	if (arch_stack_bounds(addr, &lo, &hi, &stack))
		return "a stack";
	if (arch_text_address(addr))
		return "the kernel's code";
	if (addr >= (unsigned long)__rodata_start &&
	    addr < (unsigned long)__rodata_end)
		return "the kernel's constants";
	if (addr >= (unsigned long)_data && addr < (unsigned long)_end)
		return "the kernel's data";
	if (addr >= PAGE_OFFSET && addr < PAGE_OFFSET + (1UL << 46))
		return "the direct map";
	return "another mapping";
}

static bool cause_null(const struct trap_info *t, char *buf, size_t size)
{
	if (t->address >= PAGE_SIZE)
		return false;
	if (t->error_code & X86_PF_INSTR)
		scnprintf(
			buf, size,
			"null function pointer: the code called address 0x%llx",
			t->address);
	else if (t->address == 0)
		scnprintf(buf, size,
			  "null pointer: the code used a pointer that is NULL");
	else
		scnprintf(
			buf, size,
			"null pointer: the code used what lies %llu bytes behind NULL, such as a member at that offset of a structure whose pointer is NULL",
			t->address);
	return true;
}

static bool cause_protection(const struct trap_info *t, char *buf, size_t size)
{
	unsigned long addr = t->address;

	if (!(t->error_code & X86_PF_PROT) || (long)addr >= 0)
		return false;
	if (t->error_code & X86_PF_INSTR)
		scnprintf(
			buf, size,
			"execution of data: 0x%lx is in %s, which is not executable; a bad function pointer or a smashed return address",
			addr, region_name(addr));
	else if (t->error_code & X86_PF_WRITE)
		scnprintf(
			buf, size,
			"write to read-only memory: 0x%lx is in %s; a pointer to a constant was written through, or a stray pointer",
			addr, region_name(addr));
	else
		return false;
	return true;
}

/*
 * Behind each area of vmalloc lies a page that is never mapped. The tables
 * are all that can be asked here: its trees may be locked.
 */
static bool cause_vmalloc(unsigned long addr, char *buf, size_t size)
{
	struct pt_walk w;

	/* The first area may begin where the region does. */
	if (addr < VMALLOC_START - PAGE_SIZE || addr > VMALLOC_END)
		return false;
	if (pt_walk(addr - PAGE_SIZE, &w))
		scnprintf(
			buf, size,
			"end of a vmalloc area: 0x%lx is in the guard page behind it; an array was used beyond its end",
			addr);
	else if (pt_walk(addr + PAGE_SIZE, &w))
		scnprintf(
			buf, size,
			"beginning of a vmalloc area: 0x%lx is in the page before it; an index was negative",
			addr);
	else
		scnprintf(
			buf, size,
			"no vmalloc area: nothing is mapped at 0x%lx; it was freed, or the pointer is wrong",
			addr);
	return true;
}

static bool cause_page_fault(const struct trap_info *t, char *buf, size_t size)
{
	unsigned long addr = t->address;

	if (cause_null(t, buf, size) || cause_overflow(addr, buf, size) ||
	    cause_poison(addr, buf, size))
		return true;
	if (t->error_code & X86_PF_RSVD) {
		scnprintf(
			buf, size,
			"corrupt page table: an entry on the way to 0x%lx has a reserved bit set",
			addr);
		return true;
	}
	if (cause_protection(t, buf, size) || cause_vmalloc(addr, buf, size))
		return true;
	if ((long)addr >= 0 && !(t->error_code & X86_PF_USER)) {
		scnprintf(
			buf, size,
			"address of the user half: the kernel has nothing mapped at 0x%lx; a physical address used as a pointer (see __va()), or an uninitialised pointer",
			addr);
		return true;
	}
	if (addr >= PAGE_OFFSET && addr < PAGE_OFFSET + (1UL << 46)) {
		scnprintf(
			buf, size,
			"hole in the direct map: there is no RAM at physical address 0x%lx",
			addr - PAGE_OFFSET);
		return true;
	}
	return false;
}

static bool code_is(const struct trap_info *t, u8 first, u8 second)
{
	u8 code[2];

	return !copy_from_kernel_nofault(code, (void *)t->regs->rip, 2) &&
	       code[0] == first && code[1] == second;
}

static bool cause_protection_fault(const struct trap_info *t, char *buf,
				   size_t size)
{
	u8 code[INSN_MAX];
	unsigned long addr;
	size_t n = 0;

	if (t->error_code) {
		scnprintf(
			buf, size,
			"bad selector: a segment register, a far return or iret, or an interrupt gate used 0x%llx, which names no usable descriptor",
			t->error_code & 0xfffe);
		return true;
	}
	while (n < sizeof(code) &&
	       !copy_from_kernel_nofault(&code[n], (u8 *)t->regs->rip + n, 1))
		n++;
	if (operand_address(code, n, t->regs, &addr) && !canonical(addr)) {
		if (cause_poison(addr, buf, size))
			return true;
		scnprintf(
			buf, size,
			"non-canonical address: the instruction used 0x%lx, whose bits 63 to 47 are not all alike; a corrupted or uninitialised pointer",
			addr);
		return true;
	}
	if (code_is(t, 0x0f, 0x32) || code_is(t, 0x0f, 0x30)) {
		scnprintf(
			buf, size,
			"MSR 0x%lx does not exist on this CPU or does not take the value; see rdmsr_safe()",
			t->regs->rcx & 0xffffffff);
		return true;
	}
	return false;
}

static bool cause_double_fault(const struct trap_info *t, char *buf,
			       size_t size)
{
	unsigned long lo, hi;
	const char *stack;

	if (cause_overflow(t->regs->rsp, buf, size) ||
	    cause_overflow(t->regs->rsp - 1, buf, size) ||
	    cause_overflow(t->address, buf, size))
		return true;
	if (!arch_stack_bounds(t->regs->rsp, &lo, &hi, &stack)) {
		scnprintf(
			buf, size,
			"double fault, bad stack pointer: rsp is 0x%lx, in no stack, so the CPU could not deliver the first exception",
			t->regs->rsp);
		return true;
	}
	scnprintf(
		buf, size,
		"double fault: an exception could not be delivered; its gate, its code segment or its stack is not usable");
	return true;
}

static const char *cause_simple(const struct trap_info *t)
{
	switch (t->vector) {
	case X86_TRAP_DE:
		return "divide error: the divisor is 0, or the quotient does not fit its register";
	case X86_TRAP_NMI:
		return "nobody expected this NMI: a hardware error, a watchdog, or a test";
	case X86_TRAP_UD:
		if (code_is(t, 0x0f, 0x0b))
			return "ud2: the compiler's way to say that this point cannot be reached, or __builtin_trap()";
		if (!arch_text_address(t->regs->rip))
			return "rip is outside the kernel's code: a bad function pointer or a smashed return address";
		return "an instruction that this CPU does not have";
	case X86_TRAP_NM:
	case X86_TRAP_MF:
	case X86_TRAP_XM:
		return "floating point in the kernel: it has no registers saved for that";
	case X86_TRAP_MC:
		return "the hardware reports an error of its own";
	default:
		return NULL;
	}
}

bool trap_likely_cause(const struct trap_info *trap, char *buf, size_t size)
{
	const char *simple;

	switch (trap->vector) {
	case X86_TRAP_PF:
		return cause_page_fault(trap, buf, size);
	case X86_TRAP_TS:
	case X86_TRAP_NP:
	case X86_TRAP_SS:
	case X86_TRAP_GP:
		return cause_protection_fault(trap, buf, size);
	case X86_TRAP_DF:
		return cause_double_fault(trap, buf, size);
	}
	simple = cause_simple(trap);
	if (!simple)
		return false;
	scnprintf(buf, size, "%s", simple);
	return true;
}
