/* SPDX-License-Identifier: MIT */
/*
 * report.c - registers and code bytes, for a panic report.
 *
 * Model. See <arch/report.h>; arch_capture_regs() is in landing.asm.
 * Locking. None. Contexts. Any; reads memory only through nofault loads.
 * Limits. Code bytes are not disassembled; `make debug` and objdump do that.
 */
#include <arch/report.h>

#include <base/types.h>
#include <lib/fault.h>
#include <lib/fmt.h>
#include <lib/printk.h>

/* Bytes shown before rip and from rip on. */
#define CODE_BEFORE 16
#define CODE_AFTER  16

#define read_cr(n)                                        \
	({                                                \
		unsigned long cr_v;                       \
		__asm__ __volatile__("mov %%cr" #n ", %0" \
				     : "=r"(cr_v)         \
				     :                    \
				     : "memory");         \
		cr_v;                                     \
	})

void arch_report_regs(const struct pt_regs *r)
{
	pr_raw(" rip %04lx:%016lx  rflags %08lx%s%s\n", r->cs, r->rip,
	       r->rflags, r->rflags & (1UL << 9) ? " IF" : "",
	       r->rflags & (1UL << 10) ? " DF" : "");
	pr_raw(" rsp %04lx:%016lx\n", r->ss, r->rsp);
	pr_raw(" rax %016lx  rbx %016lx  rcx %016lx\n", r->rax, r->rbx, r->rcx);
	pr_raw(" rdx %016lx  rsi %016lx  rdi %016lx\n", r->rdx, r->rsi, r->rdi);
	pr_raw(" rbp %016lx  r8  %016lx  r9  %016lx\n", r->rbp, r->r8, r->r9);
	pr_raw(" r10 %016lx  r11 %016lx  r12 %016lx\n", r->r10, r->r11, r->r12);
	pr_raw(" r13 %016lx  r14 %016lx  r15 %016lx\n", r->r13, r->r14, r->r15);
	pr_raw(" cr0 %08lx  cr2 %016lx  cr3 %08lx  cr4 %08lx\n", read_cr(0),
	       read_cr(2), read_cr(3), read_cr(4));
}

void arch_report_code(const struct pt_regs *regs)
{
	const u8 *at = (const u8 *)regs->rip - CODE_BEFORE;
	char line[5 * (CODE_BEFORE + CODE_AFTER) + 8];
	size_t len = 0;

	for (int i = 0; i < CODE_BEFORE + CODE_AFTER; i++) {
		char text[4] = "--";
		u8 byte;

		if (!copy_from_kernel_nofault(&byte, at + i, 1))
			scnprintf(text, sizeof(text), "%02x", byte);
		len += (size_t)scnprintf(line + len, sizeof(line) - len,
					 i == CODE_BEFORE ? " <%s>" : " %s",
					 text);
	}
	pr_raw("code:%s\n", line);
}
