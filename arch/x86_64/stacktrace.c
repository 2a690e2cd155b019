/* SPDX-License-Identifier: MIT */
/*
 * stacktrace.c - who called whom, read from the stack.
 *
 * Purpose. Panic reports, lock and leak records, the watchdog.
 * Model. See <arch/stacktrace.h>. One step of the walk looks at rbp:
 *
 *	odd		a pt_regs: go on at its rip and rbp
 *	in a stack	[rbp] is the next rbp, [rbp + 8] the return address
 *	anything else	the end
 *
 * Invariants.
 *   I1  Nothing is read but through nofault loads, inside a known stack.
 *   I2  Within one stack rbp only grows; each frame is visited once, and the
 *       number of frames is bounded: the walk ends whatever it finds.
 * Locking. None: a stack of another CPU may change meanwhile; then the result
 *	is wrong, but I1 and I2 hold.
 * Contexts. Any, NMI and double fault included.
 * Limits. A function that was interrupted before it had set up its frame
 *	hides its caller. No unwind tables.
 */
#include <arch/stacktrace.h>

#include <arch/report.h>
#include <arch/sections.h>
#include <base/compiler.h>
#include <lib/context.h>
#include <lib/fault.h>

struct walk {
	stack_walk_fn fn;
	void *cookie;
	unsigned long bp;
	unsigned long lo, hi; /* the stack that bp was last found in */
	unsigned int left;    /* frames until the walk is cut (I2) */
};

static bool find_stack(struct walk *w, unsigned long addr)
{
	const struct task_ctx *ctx = current_ctx();
	const char *name;

	if (addr >= w->lo && addr < w->hi)
		return true;
	if (ctx && addr - ctx->stack_base < ctx->stack_size) {
		w->lo = ctx->stack_base;
		w->hi = ctx->stack_base + ctx->stack_size;
		return true;
	}
	return arch_stack_bounds(addr, &w->lo, &w->hi, &name);
}

static bool emit(struct walk *w, unsigned long ip, const struct pt_regs *regs)
{
	struct stack_frame frame = {
		.ip = ip,
		.exact = regs && arch_regs_trapped(regs),
		.regs = regs,
	};

	if (!w->left)
		return false;
	w->left--;
	return w->fn(w->cookie, &frame);
}

/*
 * Code that jumped to nowhere has no frame there, but a call left its return
 * address on top of the stack.
 */
static bool emit_caller_of_nowhere(struct walk *w, const struct pt_regs *regs)
{
	unsigned long ret;

	if (arch_text_address(regs->rip) || !find_stack(w, regs->rsp))
		return true;
	if (get_kernel_nofault(ret, (unsigned long *)regs->rsp) ||
	    !arch_text_address(ret))
		return true;
	return emit(w, ret, NULL);
}

static bool step_regs(struct walk *w)
{
	unsigned long at = w->bp & ~STACK_FRAME_REGS;
	struct pt_regs regs;

	if (!find_stack(w, at) || w->hi - at < sizeof(regs))
		return false;
	if (copy_from_kernel_nofault(&regs, (void *)at, sizeof(regs)))
		return false;
	if (user_mode(&regs) || !emit(w, regs.rip, &regs))
		return false;
	if (!emit_caller_of_nowhere(w, &regs))
		return false;
	/* The interrupted code may be on any stack, above or below. */
	w->lo = w->hi = 0;
	w->bp = regs.rbp;
	return true;
}

static bool step_frame(struct walk *w)
{
	unsigned long frame[2]; /* caller's rbp, return address */

	if (w->bp % sizeof(long) || !find_stack(w, w->bp) ||
	    w->hi - w->bp < sizeof(frame))
		return false;
	if (copy_from_kernel_nofault(frame, (void *)w->bp, sizeof(frame)))
		return false;
	if (!arch_text_address(frame[1]) || !emit(w, frame[1], NULL))
		return false;
	/* Within one stack the caller's frame is above (I2). */
	if (frame[0] <= w->bp && frame[0] >= w->lo &&
	    !(frame[0] & STACK_FRAME_REGS))
		return false;
	w->bp = frame[0];
	return true;
}

void arch_stack_walk(stack_walk_fn fn, void *cookie, const struct pt_regs *regs)
{
	struct walk w = {.fn = fn, .cookie = cookie, .left = STACK_WALK_MAX};

	if (regs) {
		if (!emit(&w, regs->rip, regs) ||
		    !emit_caller_of_nowhere(&w, regs))
			return;
		w.bp = regs->rbp;
	} else {
		w.bp = (unsigned long)__builtin_frame_address(0);
	}
	while (w.bp & STACK_FRAME_REGS ? step_regs(&w) : step_frame(&w))
		;
}
