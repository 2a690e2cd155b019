/* SPDX-License-Identifier: MIT */
/*
 * extable.h (arch) - instructions that may fault, and where to go on then.
 *
 * Model. Code that touches what may not be there (a foreign address, an MSR
 * that may not exist) names the one instruction that can fault and a place to
 * continue. Both are kept as distances from the entry itself, four bytes
 * each. The fault path asks fixup_exception() before it calls a fault fatal.
 *
 *	"1: movb (%[src]), %b[val]\n"
 *	"   xorl %[err], %[err]\n"
 *	"2:\n" EX_TABLE("1b", "2b")
 *
 * with err loaded before by the compiler: only the path without a fault
 * clears it.
 */
#ifndef ARCH_EXTABLE_H
#define ARCH_EXTABLE_H

#include <arch/ptrace.h>
#include <base/types.h>

struct ex_entry {
	s32 insn;  /* distance from this word to the instruction */
	s32 fixup; /* distance from this word to where to go on */
};

/* Borders of the table; set by linker.ld. */
extern const struct ex_entry __ex_table_start[], __ex_table_stop[];

/* Goes into the same asm statement as the two labels. */
#define EX_TABLE(insn, fixup)              \
	".pushsection __ex_table, \"a\"\n" \
	".balign 4\n"                      \
	".long " insn " - .\n"             \
	".long " fixup " - .\n"            \
	".popsection\n"

/**
 * extable_init() - put the table in order, for the binary search.
 *
 * Context: boot, one CPU. Before it runs, lookups are linear; both work.
 */
void extable_init(void);

/**
 * extable_fixup() - where to go on after a fault of one instruction.
 * @rip: its address.
 *
 * Context: any. Locking: none.
 * Return: the address, or 0 if no fault is expected there.
 * Complexity: O(log n).
 */
unsigned long extable_fixup(unsigned long rip);

/**
 * fixup_exception() - let an expected fault go on at its fixup.
 * @regs: the trap frame; only its rip changes.
 *
 * Context: the exception path, before anything is reported.
 * Return: whether the fault was expected.
 */
bool fixup_exception(struct pt_regs *regs);

#endif /* ARCH_EXTABLE_H */
