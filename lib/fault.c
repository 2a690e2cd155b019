/* SPDX-License-Identifier: MIT */
/*
 * fault.c - faults, panics and warnings that are expected.
 *
 * Purpose. A check that cannot fail is no check, so every detector of the
 *	kernel is tripped by a test on purpose; and code that looks at a broken
 *	machine (panic, stack walks) must survive what it finds.
 *
 * Model. Each flow of control has a chain of catches, innermost first, in
 *	its struct task_ctx. A catch is a landing (<arch/landing.h>) and what
 *	to restore there:
 *
 *	current_ctx()->catch -> [fault] -> [panic] -> [fault] -> NULL
 *
 *	A fault goes to the innermost catch if that one is for faults. If it
 *	is for panics, the fault becomes a panic first. A panic goes to the
 *	innermost catch for panics and drops those further in.
 *
 * Invariants.
 *   I1  A catch is in the chain exactly while its *_catch() call has not
 *       returned, so its landing is good.
 *   I2  Landing restores the interrupt-related fields of the preempt word,
 *       the preempt count and the interrupt flag of the *_catch() call.
 *   I3  A catch is only used at the interrupt nesting at which it was made:
 *       unwinding a handler would leave its interrupt unacknowledged.
 *
 * Locking. The chain belongs to its flow of control. Warning counters are
 *	atomic; warn_text is written by whoever counts the first warning.
 * Contexts. Any; in NMI only on the way to a panic, because the return from
 *	a fault lets the next NMI in.
 * Limits. Locks held by what is abandoned stay held; tests know what they do.
 */
#include <lib/fault.h>

#include <arch/landing.h>
#include <base/assert.h>
#include <base/atomic.h>
#include <lib/context.h>
#include <lib/irqflags.h>
#include <lib/kasan.h>
#include <lib/preempt.h>
#include <lib/printk.h>
#include <lib/string.h>

#define NESTING_MASK (NMI_MASK | HARDIRQ_MASK | SOFTIRQ_MASK)

struct fault_catch {
	struct arch_landing landing;
	struct fault_catch *outer;
	unsigned int printk_depth; /* printk calls under way */
	u32 preempt;		   /* preempt_count() to restore (I2) */
	bool irqs_on;		   /* interrupt flag to restore (I2) */
	bool panics;		   /* for panics, not for faults */
	struct fault_info *info;
	char *msg;
	size_t msg_size;
};

static atomic_t warn_expecting;	 /* 0 or 1 */
static atomic_t warn_swallowed;	 /* since warn_expect_begin() */
static atomic_t warn_unexpected; /* since boot */
static char warn_text[512];	 /* a report may have several lines */

int copy_from_kernel_nofault(void *dst, const void *src, size_t size)
{
	const u8 *s = src;
	u8 *d = dst;
	int err;

	while (size) {
		u64 word;

		if (!arch_kernel_address(s))
			return -EFAULT;
		if (size >= sizeof(word) && ((uintptr_t)s & 7) == 0) {
			err = arch_load64_nofault(s, &word);
			if (err)
				return err;
			memcpy(d, &word, sizeof(word));
			s += sizeof(word);
			d += sizeof(word);
			size -= sizeof(word);
		} else {
			err = arch_load8_nofault(s, d);
			if (err)
				return err;
			s++;
			d++;
			size--;
		}
	}
	return 0;
}

static bool catch_run(struct fault_catch *c, void (*fn)(void *), void *arg)
{
	struct task_ctx *ctx = current_ctx();
	bool landed;

	c->outer = ctx->catch;
	c->preempt = preempt_count();
	c->irqs_on = !irqs_disabled();
	c->printk_depth = printk_nesting();
	ctx->catch = c;
	barrier(); /* the chain is complete before fn can fault */
	landed = arch_landing_call(&c->landing, fn, arg);
	barrier();
	if (landed)
		kasan_unpoison_frames(ctx->stack_base, c->landing.sp);
	current_ctx()->catch = c->outer;
	return landed;
}

/* Undoes what the abandoned code counted (I2). */
static void catch_restore(const struct fault_catch *c)
{
	unsigned long flags;
	u32 resched;

	local_irq_save(flags);
	current_ctx()->catch = c->outer;
	resched = this_cpu_read(preempt_word) & PREEMPT_NEED_RESCHED;
	this_cpu_write(preempt_word, c->preempt | resched);
	printk_nesting_restore(c->printk_depth);
	local_irq_restore(flags);
}

static bool catch_usable(const struct fault_catch *c)
{
	return ((c->preempt ^ preempt_count()) & NESTING_MASK) == 0; /* I3 */
}

bool fault_catch(void (*fn)(void *), void *arg, struct fault_info *info)
{
	struct fault_catch c = {.info = info};

	return catch_run(&c, fn, arg);
}

bool fault_catch_handle(struct pt_regs *regs, unsigned int vector,
			u64 error_code, u64 address)
{
	struct task_ctx *ctx = current_ctx();
	struct fault_catch *c = ctx ? ctx->catch : NULL;

	if (!c || c->panics || user_mode(regs) || !catch_usable(c))
		return false;
	if (c->info) {
		c->info->vector = vector;
		c->info->error_code = error_code;
		c->info->address = address;
		c->info->regs = *regs;
	}
	catch_restore(c);
	arch_landing_set_regs(&c->landing, regs, c->irqs_on);
	return true;
}

bool panic_catch(void (*fn)(void *), void *arg, char *msg, size_t size)
{
	struct fault_catch c = {.panics = true, .msg = msg, .msg_size = size};

	if (size)
		msg[0] = '\0';
	return catch_run(&c, fn, arg);
}

void panic_catch_handle(const char *msg)
{
	struct task_ctx *ctx = current_ctx();
	struct fault_catch *c = ctx ? ctx->catch : NULL;

	while (c && !c->panics)
		c = c->outer;
	if (!c || !catch_usable(c))
		return;
	if (c->msg_size)
		strscpy(c->msg, msg, c->msg_size);
	catch_restore(c);
	if (c->irqs_on)
		local_irq_enable();
	else
		local_irq_disable();
	arch_landing_jump(&c->landing);
}

void warn_expect_begin(void)
{
	warn_text[0] = '\0';
	atomic_set(&warn_swallowed, 0);
	BUG_ON(atomic_xchg(&warn_expecting, 1));
}

unsigned int warn_expect_end(void)
{
	BUG_ON(!atomic_xchg(&warn_expecting, 0));
	return (unsigned int)atomic_read(&warn_swallowed);
}

bool warn_expect_cancel(void)
{
	return atomic_xchg(&warn_expecting, 0);
}

const char *warn_expect_text(void)
{
	return warn_text;
}

bool warn_expect_handle(const char *msg)
{
	if (!atomic_read(&warn_expecting)) {
		atomic_inc(&warn_unexpected);
		return false;
	}
	if (atomic_inc_return(&warn_swallowed) == 1)
		strscpy(warn_text, msg, sizeof(warn_text));
	return true;
}

unsigned int warn_unexpected_count(void)
{
	return (unsigned int)atomic_read(&warn_unexpected);
}
