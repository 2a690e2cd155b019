/* SPDX-License-Identifier: MIT */
/*
 * test_trap_text.c - exceptions in words, and the decoder behind them.
 */
#include <arch/trap_text.h>

#include <arch/irqvec.h>
#include <arch/page.h>
#include <arch/sections.h>
#include <lib/context.h>
#include <lib/fmt.h>
#include <lib/list.h>
#include <lib/selftest.h>
#include <lib/string.h>

#include "../../arch/x86_64/operand.h"

static char text[256];

static const char *error_text(unsigned int vector, u64 code)
{
	return trap_error_describe(vector, code, text, sizeof(text));
}

SELFTEST(arch, trap_text, names, "")
{
	EXPECT_STREQ(trap_name(0), "divide error");
	EXPECT_STREQ(trap_name(8), "double fault");
	EXPECT_STREQ(trap_name(13), "general protection fault");
	EXPECT_STREQ(trap_name(14), "page fault");
	EXPECT_STREQ(trap_name(15), "reserved exception");
	EXPECT_STREQ(trap_name(31), "reserved exception");
	EXPECT_STREQ(trap_name(32), "interrupt");
	EXPECT_STREQ(trap_name(~0U), "interrupt");
	EXPECT_STREQ(trap_mnemonic(14), "#PF");
	EXPECT_STREQ(trap_mnemonic(15), "");
	EXPECT_STREQ(trap_mnemonic(255), "");
}

/* A INT-8: 8, 10-14, 17, 21, 29, 30 have an error code. */
SELFTEST(arch, trap_text, which_have_codes, "A INT-8")
{
	u64 mask = 0;

	for (unsigned int v = 0; v < 64; v++)
		if (trap_has_error_code(v))
			mask |= 1ULL << v;
	EXPECT_EQ(mask, 0x60227d00ULL);
}

SELFTEST(arch, trap_text, page_fault_codes, "")
{
	EXPECT_STREQ(error_text(14, 0),
		     "read by kernel code, page not present");
	EXPECT_STREQ(error_text(14, 2),
		     "write by kernel code, page not present");
	EXPECT_STREQ(error_text(14, 3),
		     "write by kernel code, page present but protected");
	EXPECT_STREQ(
		error_text(14, 0x11),
		"instruction fetch by kernel code, page present but protected");
	EXPECT_STREQ(error_text(14, 4), "read by user code, page not present");
	EXPECT_STREQ(
		error_text(14, 9),
		"read by kernel code, page present but protected, reserved bit set in a table");
}

SELFTEST(arch, trap_text, selector_codes, "")
{
	EXPECT_STREQ(error_text(13, 0), "");
	EXPECT_STREQ(error_text(13, 0x40), "GDT entry 8 (selector 0x40)");
	EXPECT_STREQ(error_text(13, 14 * 8 + 2), "IDT entry 14 (vector 0xe)");
	EXPECT_STREQ(error_text(11, 0x0c), "LDT entry 1 (selector 0x8)");
	EXPECT_STREQ(
		error_text(13, 0x41),
		"GDT entry 8 (selector 0x40), during delivery of another event");
	EXPECT_STREQ(error_text(6, 0x40), "");
	EXPECT_STREQ(error_text(8, 0), "");
}

/* Whether the sentence about this trap begins with @want. */
static bool cause_begins(unsigned int vector, u64 code, u64 address,
			 const struct pt_regs *regs, const char *want)
{
	const struct trap_info t = {.vector = vector,
				    .error_code = code,
				    .address = address,
				    .regs = regs};
	char sentence[256] = "";
	bool found = trap_likely_cause(&t, sentence, sizeof(sentence));

	sentence[strlen(want)] = '\0';
	return EXPECT_STREQ(sentence, want) && found;
}

SELFTEST(arch, trap_text, causes_page_fault, "")
{
	struct pt_regs r = {.rip = (unsigned long)_text};
	unsigned long guard = current_ctx()->stack_base - 8;

	EXPECT_TRUE(
		cause_begins(14, 0, 0, &r, "null pointer: the code used a"));
	EXPECT_TRUE(cause_begins(
		14, 0, 24, &r,
		"null pointer: the code used what lies 24 bytes behind NULL"));
	EXPECT_TRUE(cause_begins(14, 0x10, 0, &r, "null function pointer"));
	EXPECT_TRUE(cause_begins(14, 2, guard, &r, "kernel stack overflow"));
	EXPECT_TRUE(cause_begins(14, 0x11, (u64)(unsigned long)text, &r,
				 "execution of data"));
	EXPECT_TRUE(cause_begins(14, 3, (u64)(unsigned long)_text, &r,
				 "write to read-only memory"));
	EXPECT_TRUE(cause_begins(14, 9, PAGE_OFFSET, &r, "corrupt page table"));
	EXPECT_TRUE(
		cause_begins(14, 0, 0x100000, &r, "address of the user half"));
	EXPECT_TRUE(cause_begins(14, 0, PAGE_OFFSET + (1ULL << 45), &r,
				 "hole in the direct map"));
	EXPECT_TRUE(cause_begins(14, 0, (u64)(unsigned long)LIST_POISON1 + 8,
				 &r, "list poison"));
}

SELFTEST(arch, trap_text, causes_others, "")
{
	/* mov rax, [rdi] */
	static const u8 load[16] = {0x48, 0x8b, 0x07};
	static const u8 wrmsr[16] = {0x0f, 0x30};
	static const u8 rdmsr[16] = {0x0f, 0x32};
	static const u8 ud2[16] = {0x0f, 0x0b};
	struct pt_regs r = {.rip = (unsigned long)load,
			    .rdi = 0x1234567812345678UL};

	EXPECT_TRUE(cause_begins(
		13, 0, 0, &r,
		"non-canonical address: the instruction used 0x1234567812345678"));
	EXPECT_TRUE(cause_begins(13, 0x40, 0, &r, "bad selector"));
	EXPECT_TRUE(cause_begins(11, 0x60, 0, &r, "bad selector"));
	r.rip = (unsigned long)wrmsr;
	r.rcx = 0x77;
	EXPECT_TRUE(cause_begins(13, 0, 0, &r, "MSR 0x77 does not exist"));
	r.rip = (unsigned long)rdmsr;
	r.rcx = 0xffffffff00000078UL;
	EXPECT_TRUE(cause_begins(13, 0, 0, &r, "MSR 0x78 does not exist"));
	r.rip = (unsigned long)ud2;
	EXPECT_TRUE(cause_begins(6, 0, 0, &r, "ud2: the compiler's way"));
	r.rip = 0;
	EXPECT_TRUE(cause_begins(6, 0, 0, &r, "rip is outside"));
	EXPECT_TRUE(cause_begins(0, 0, 0, &r, "divide error: the divisor"));

	r.rsp = current_ctx()->stack_base - 16;
	EXPECT_TRUE(cause_begins(8, 0, 0, &r, "kernel stack overflow"));
	r.rsp = 0xfffffd0000000000UL;
	EXPECT_TRUE(
		cause_begins(8, 0, 0, &r, "double fault, bad stack pointer"));
	r.rsp = current_ctx()->stack_base + 64;
	EXPECT_TRUE(cause_begins(8, 0, 0, &r, "double fault: an exception"));
}

/* The sentence is cut, never written beyond its buffer. */
SELFTEST(arch, trap_text, small_buffer, "")
{
	struct pt_regs r = {.rip = 0};
	const struct trap_info t = {.vector = 14, .regs = &r};
	char buf[8] = "1234567";

	EXPECT_TRUE(trap_likely_cause(&t, buf, 5));
	EXPECT_STREQ(buf, "null");
	EXPECT_EQ(buf[5], '6');
}

#define OPERAND(...)                                                    \
	({                                                              \
		static const u8 code[] = {__VA_ARGS__};                 \
		unsigned long a = 1;                                    \
		operand_address(code, sizeof(code), &regs, &a) ? a : 1; \
	})

SELFTEST(arch, trap_text, operand_forms, "")
{
	const struct pt_regs regs = {
		.rax = 0x1000,
		.rbx = 0x20,
		.rcx = 3,
		.rsp = 0x9000,
		.rbp = 0x8000,
		.rsi = 0x5000,
		.rdi = 0x6000,
		.r8 = 0x70000,
		.r12 = 0x80000,
		.r13 = 0x90000,
	};

	EXPECT_EQ(OPERAND(0x48, 0x8b, 0x07), 0x6000UL); /* mov rax,[rdi] */
	EXPECT_EQ(OPERAND(0x8b, 0x40, 0x10), 0x1010UL); /* mov eax,[rax+16] */
	EXPECT_EQ(OPERAND(0x8b, 0x40, 0xf0), 0xff0UL);	/* mov eax,[rax-16] */
	/* mov [rax+0x12345678],ebx */
	EXPECT_EQ(OPERAND(0x89, 0x98, 0x78, 0x56, 0x34, 0x12), 0x12346678UL);
	/* mov eax,[rax+rcx*8] */
	EXPECT_EQ(OPERAND(0x8b, 0x04, 0xc8), 0x1018UL);
	/* mov rax,[r8+rcx*4+4] */
	EXPECT_EQ(OPERAND(0x49, 0x8b, 0x44, 0x88, 0x04), 0x70010UL);
	EXPECT_EQ(OPERAND(0x49, 0x8b, 0x04, 0x24), 0x80000UL); /* [r12] */
	EXPECT_EQ(OPERAND(0x49, 0x8b, 0x45, 0x00), 0x90000UL); /* [r13] */
	EXPECT_EQ(OPERAND(0x4a, 0x8b, 0x04, 0x20), 0x81000UL); /* [rax+r12] */
	/* mov eax,[rcx*2+0x100] */
	EXPECT_EQ(OPERAND(0x8b, 0x04, 0x4d, 0x00, 0x01, 0x00, 0x00), 0x106UL);
	EXPECT_EQ(OPERAND(0x0f, 0xb6, 0x07), 0x6000UL); /* movzx eax,[rdi] */
	EXPECT_EQ(OPERAND(0xf0, 0xff, 0x00), 0x1000UL); /* lock inc [rax] */
	EXPECT_EQ(OPERAND(0xc3), 0x9000UL);		/* ret */
	EXPECT_EQ(OPERAND(0x55), 0x8ff8UL);		/* push rbp */
	EXPECT_EQ(OPERAND(0xf3, 0x48, 0xab), 0x6000UL); /* rep stosq */
	EXPECT_EQ(OPERAND(0xf3, 0xa4), 0x5000UL);	/* rep movsb */
}

SELFTEST(arch, trap_text, operand_none, "")
{
	const struct pt_regs regs = {.rax = 0x1000};

	EXPECT_EQ(OPERAND(0x89, 0xc8), 1UL);		 /* mov eax,ecx */
	EXPECT_EQ(OPERAND(0x65, 0x8b, 0x00), 1UL);	 /* gs: has a base */
	EXPECT_EQ(OPERAND(0x0f, 0x0b), 1UL);		 /* ud2 */
	EXPECT_EQ(OPERAND(0x0f, 0x32), 1UL);		 /* rdmsr */
	EXPECT_EQ(OPERAND(0x8b, 0x05, 0, 0, 0, 0), 1UL); /* [rip+0] */
	EXPECT_EQ(OPERAND(0x90), 1UL);			 /* nop */
	EXPECT_EQ(OPERAND(0xeb, 0xfe), 1UL);		 /* jmp */
	/* cut short */
	EXPECT_EQ(OPERAND(0x48), 1UL);
	EXPECT_EQ(OPERAND(0x48, 0x8b), 1UL);
	EXPECT_EQ(OPERAND(0x8b, 0x04), 1UL);
	EXPECT_EQ(OPERAND(0x8b, 0x80, 1, 2, 3), 1UL);
	EXPECT_EQ(OPERAND(0x66, 0x66, 0x66), 1UL);
}
