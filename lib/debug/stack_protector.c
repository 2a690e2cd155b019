/* SPDX-License-Identifier: MIT */
/*
 * debug/stack_protector.c - a canary behind each array on the stack.
 *
 * Purpose. Writing past the end of a local array destroys the return address;
 *	the crash comes later and elsewhere. Debug builds notice it at the end
 *	of the function that did it, and say its name.
 *
 * Model. -fstack-protector-strong: a function with an array, or with a local
 *	whose address is taken, puts the canary between them and its saved
 *	registers, and compares before it returns:
 *
 *	| return address | saved rbp | ... | canary | arrays | other locals |
 *	                                        <---- a write past the end
 *
 *	The compilers read the canary from a word of ours:
 *	-mstack-protector-guard=global.
 *
 * Invariants.
 *   I1  The canary changes once, at a time when no function that compares it
 *       is to return: start_kernel() and its callers never do.
 *   I2  Its lowest byte is 0, which ends any string that runs into it.
 *
 * Locking. None: written before other CPUs run.
 * Contexts. __stack_chk_fail(): any.
 * Limits. One canary for all stacks and until the next boot: whoever reads one
 *	stack knows them all. It catches accidents; an attacker who can read
 *	needs a canary a task.
 */
#include <lib/stack_protector.h>

#include <arch/machine.h>
#include <lib/panic.h>

#define FIRST_CANARY 0x9d5fa31c7be42600UL /* until stack_protector_init() */

/* Known to the compiler by name; written once (I1). */
extern unsigned long __stack_chk_guard;
unsigned long __stack_chk_guard = FIRST_CANARY;
void __noreturn __stack_chk_fail(void);

void __no_stack_protector stack_protector_init(void)
{
	__stack_chk_guard ^= arch_random_seed() & ~0xffUL; /* I2 */
}

void __noreturn __stack_chk_fail(void)
{
	/*
	 * The call is the last instruction of a function that never goes on,
	 * so its return address may be the next function's first byte.
	 */
	panic("stack smashed: %ps wrote past the end of a local array",
	      (void *)(_RET_IP_ - 1));
}
