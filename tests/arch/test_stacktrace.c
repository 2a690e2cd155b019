/* SPDX-License-Identifier: MIT */
/*
 * test_stacktrace.c - who called whom: plain calls, across an exception,
 * from a bad function pointer, and on stacks full of nonsense.
 */
#include <arch/stacktrace.h>

#include <arch/crash.h>
#include <arch/extable.h>
#include <arch/report.h>
#include <arch/sections.h>
#include <lib/backtrace.h>
#include <lib/context.h>
#include <lib/fault.h>
#include <lib/ksyms.h>
#include <lib/selftest.h>
#include <lib/string.h>

#include "crash_labels.h"

static const char *name_of(unsigned long ip, bool exact)
{
	struct ksym s;

	return ksym_lookup(exact ? ip : ip - 1, &s) ? s.name : "?";
}

static noinline unsigned int innermost(struct backtrace *bt)
{
	backtrace_save(bt, NULL);
	barrier(); /* no tail call */
	return bt->nr;
}

static noinline unsigned int middle(struct backtrace *bt)
{
	unsigned int n = innermost(bt);

	barrier();
	return n;
}

SELFTEST(arch, stacktrace, calls, "")
{
	struct backtrace bt;

	REQUIRE_TRUE(middle(&bt) >= 3);
	EXPECT_STREQ(name_of(bt.ip[0], false), "innermost");
	EXPECT_STREQ(name_of(bt.ip[1], false), "middle");
	EXPECT_STREQ(name_of(bt.ip[2], false),
		     "selftest_arch_stacktrace_calls");
	EXPECT_EQ(bt.exact, 0U);
}

SELFTEST(arch, stacktrace, ends, "")
{
	struct backtrace bt;

	middle(&bt);
	EXPECT_LT(bt.nr, (unsigned int)BACKTRACE_MAX);
	for (unsigned int i = 0; i < bt.nr; i++)
		EXPECT_TRUE(arch_text_address(bt.ip[i]));
}

static void read_it(void *arg)
{
	arch_crash_read((unsigned long)arg);
}

static void call_it(void *arg)
{
	arch_crash_exec((unsigned long)arg);
}

SELFTEST(arch, stacktrace, from_regs, "")
{
	struct fault_info f;
	struct backtrace bt;

	/* The frames below are still on the stack, but abandoned: only the
	   first ones are certain. */
	REQUIRE_TRUE(fault_catch(read_it, (void *)0x10, &f));
	backtrace_save(&bt, &f.regs);
	REQUIRE_TRUE(bt.nr >= 1);
	EXPECT_EQ(bt.ip[0], (unsigned long)arch_crash_read_at);
	EXPECT_EQ(bt.exact & 1, 1U);
}

static struct backtrace seen; /* by a walk that starts inside an exception */

/* A fixup that looks back: runs as if called by the trapped code. */
static bool walk_from_handler(void *cookie, const struct stack_frame *frame)
{
	(void)cookie;
	if (seen.nr < BACKTRACE_MAX) {
		if (frame->exact)
			seen.exact |= 1U << seen.nr;
		seen.ip[seen.nr++] = frame->ip;
	}
	return true;
}

/*
 * A trap frame as the entry stubs leave it: the walker has to recognise the
 * odd frame pointer and go on in the interrupted code.
 */
SELFTEST(arch, stacktrace, crosses_trap_frame, "")
{
	unsigned long interrupted[2] = {0, (unsigned long)middle + 1};
	struct pt_regs frame = {.rip = (unsigned long)innermost,
				.rbp = (unsigned long)interrupted,
				.cs = 0x10,
				.orig_rax = ~0UL};
	unsigned long handler[2] = {(unsigned long)&frame | STACK_FRAME_REGS,
				    (unsigned long)fixup_exception + 1};
	struct pt_regs start = {.rip = (unsigned long)ksym_lookup,
				.rbp = (unsigned long)handler,
				.cs = 0x10,
				.orig_rax = ~0UL};

	memset(&seen, 0, sizeof(seen));
	arch_stack_walk(walk_from_handler, NULL, &start);
	REQUIRE_TRUE(seen.nr >= 4);
	EXPECT_EQ(seen.ip[0], start.rip);
	EXPECT_EQ(seen.ip[1], handler[1]);
	EXPECT_EQ(seen.ip[2], frame.rip);
	EXPECT_EQ(seen.ip[3], interrupted[1]);
	EXPECT_EQ(seen.nr, 4U);
	EXPECT_EQ(seen.exact, 5U);
}

/* Registers that were captured, not trapped: rip is a return address. */
SELFTEST(arch, stacktrace, captured_regs, "")
{
	struct backtrace bt;
	struct pt_regs here;

	arch_capture_regs(&here);
	EXPECT_STREQ(name_of(here.rip, false),
		     "selftest_arch_stacktrace_captured_regs");
	EXPECT_EQ(here.rbp, (unsigned long)__builtin_frame_address(0));
	EXPECT_EQ(here.cs, 0x10UL);
	EXPECT_EQ(here.rdi, (unsigned long)&here);
	EXPECT_EQ(here.orig_rax, 0UL);
	EXPECT_FALSE(arch_regs_trapped(&here));
	backtrace_save(&bt, &here);
	EXPECT_EQ(bt.ip[0], here.rip);
	EXPECT_EQ(bt.ip[1], _RET_IP_);
	EXPECT_EQ(bt.exact, 0U);
}

static unsigned int frames_from(unsigned long rbp)
{
	struct pt_regs start = {
		.rip = (unsigned long)ksym_lookup, .rbp = rbp, .cs = 0x10};

	memset(&seen, 0, sizeof(seen));
	arch_stack_walk(walk_from_handler, NULL, &start);
	return seen.nr;
}

SELFTEST(arch, stacktrace, nonsense, "")
{
	unsigned long top =
		current_ctx()->stack_base + current_ctx()->stack_size;
	unsigned long frame[4] = {0};
	unsigned long text = (unsigned long)ksym_lookup + 1;

	/* rbp that points nowhere: only rip itself */
	EXPECT_EQ(frames_from(0), 1U);
	EXPECT_EQ(frames_from(1), 1U);
	EXPECT_EQ(frames_from(~0UL), 1U);
	EXPECT_EQ(frames_from(~7UL), 1U);
	EXPECT_EQ(frames_from(0x0000800000000000UL), 1U);
	EXPECT_EQ(frames_from(top), 1U);
	EXPECT_EQ(frames_from(top - 8), 1U);
	EXPECT_EQ(frames_from((top - 8) | 1), 1U);
	EXPECT_EQ(frames_from(current_ctx()->stack_base - 16), 1U);
	/* a misaligned frame, and one that is no stack */
	EXPECT_EQ(frames_from((unsigned long)frame + 4), 1U);
	EXPECT_EQ(frames_from((unsigned long)&seen), 1U);

	/* a return address that is not in the code */
	frame[0] = (unsigned long)&frame[2];
	frame[1] = 0x1234;
	EXPECT_EQ(frames_from((unsigned long)frame), 1U);

	/* frames that point at themselves, or down */
	frame[0] = (unsigned long)frame;
	frame[1] = text;
	EXPECT_EQ(frames_from((unsigned long)frame), 2U);
	frame[2] = (unsigned long)frame;
	frame[3] = text;
	EXPECT_EQ(frames_from((unsigned long)&frame[2]), 2U);
}

/* A trap frame whose rbp leads back to itself must not go round for ever. */
SELFTEST(arch, stacktrace, loop_through_trap_frames, "")
{
	struct pt_regs frame = {.rip = (unsigned long)ksym_lookup, .cs = 0x10};
	unsigned int n;

	frame.rbp = (unsigned long)&frame | STACK_FRAME_REGS;
	n = frames_from(frame.rbp);
	EXPECT_EQ(n, (unsigned int)BACKTRACE_MAX);
}

/* A call of nothing leaves its return address, and so its caller, behind. */
SELFTEST(arch, stacktrace, caller_of_nowhere, "")
{
	unsigned long stack[2] = {(unsigned long)arch_crash_exec_next, 0};
	struct pt_regs start = {
		.rip = 0, .rsp = (unsigned long)stack, .rbp = 0, .cs = 0x10};
	struct fault_info f;

	memset(&seen, 0, sizeof(seen));
	arch_stack_walk(walk_from_handler, NULL, &start);
	REQUIRE_TRUE(seen.nr == 2);
	EXPECT_EQ(seen.ip[0], 0UL);
	EXPECT_EQ(seen.ip[1], (unsigned long)arch_crash_exec_next);

	/* the same behind a trap frame, in the middle of a walk */
	REQUIRE_TRUE(frames_from((unsigned long)&start | STACK_FRAME_REGS) ==
		     3);
	EXPECT_EQ(seen.ip[1], 0UL);
	EXPECT_EQ(seen.ip[2], (unsigned long)arch_crash_exec_next);

	REQUIRE_TRUE(fault_catch(call_it, NULL, &f));
	EXPECT_EQ(f.regs.rip, 0UL);
}

SELFTEST(arch, extable, lookup, "A IDT-12")
{
	size_t nr = (size_t)(__ex_table_stop - __ex_table_start);
	unsigned int found = 0;

	REQUIRE_TRUE(nr >= 4);
	for (size_t i = 0; i < nr; i++) {
		const struct ex_entry *e = &__ex_table_start[i];
		unsigned long insn =
			(unsigned long)&e->insn + (unsigned long)(long)e->insn;
		unsigned long fixup = (unsigned long)&e->fixup +
				      (unsigned long)(long)e->fixup;

		EXPECT_TRUE(arch_text_address(insn));
		EXPECT_TRUE(arch_text_address(fixup));
		if (extable_fixup(insn) == fixup)
			found++;
		EXPECT_EQ(extable_fixup(insn + 1), 0UL);
	}
	EXPECT_EQ(found, (unsigned int)nr);
	EXPECT_EQ(extable_fixup(0), 0UL);
	EXPECT_EQ(extable_fixup(~0UL), 0UL);
}

SELFTEST(arch, extable, only_kernel_code, "A IDT-12")
{
	const struct ex_entry *e = __ex_table_start;
	unsigned long insn =
		(unsigned long)&e->insn + (unsigned long)(long)e->insn;
	struct pt_regs r = {.rip = insn, .cs = 0x33};

	EXPECT_FALSE(fixup_exception(&r));
	EXPECT_EQ(r.rip, insn);
	r.cs = 0x10;
	EXPECT_TRUE(fixup_exception(&r));
	EXPECT_NE(r.rip, insn);
}
