/* SPDX-License-Identifier: MIT */
/*
 * context.h - the part of "who is running" that the lower floors may see.
 *
 * Model. Every flow of control in task context has a struct task_ctx; it is
 * the first member of the task_struct of the sched floor, and until there are
 * tasks each CPU's idle flow has a static one. lib and mm leave words here
 * for the floors above (and read words those left), which is how they reach
 * "the current task" without knowing what a task is.
 */
#ifndef LIB_CONTEXT_H
#define LIB_CONTEXT_H

#include <base/types.h>
#include <lib/percpu.h>

#define TASK_COMM_LEN	16
#define STACK_END_MAGIC 0x57ac6e9dUL /* B B-06: lowest word of each stack */

struct fault_catch; /* <lib/fault.h> */

/* Bits of task_ctx.flags. */
#define PF_MEMALLOC	  0x00000800U /* is freeing memory: may use all */
#define PF_MEMDIE	  0x00001000U /* was killed for its memory: the same */
#define PF_NO_SETAFFINITY 0x04000000U /* bound to its CPU for ever */

/*
 * Lock key: (o) the owning flow of control only; (i) immutable after init.
 */
struct task_ctx {
	int pid;		   /* (i) 0 for idle */
	char comm[TASK_COMM_LEN];  /* (i) "swapper/3" */
	unsigned long stack_base;  /* (i) lowest address of the stack */
	unsigned long stack_size;  /* (i) bytes */
	struct fault_catch *catch; /* (o) innermost expected-fault landing */
	unsigned int flags;	   /* (o) PF_ bits */
	unsigned int fail_nth;	   /* (o) the n-th allocation fails; 0: none */
	unsigned int nr_failed;	   /* (o) allocations failed by fail_nth */
};

DECLARE_PER_CPU(struct task_ctx *, current_ctx_ptr);

/* Any context; never NULL once the boot CPU runs C code. */
static inline struct task_ctx *current_ctx(void)
{
	return this_cpu_read(current_ctx_ptr);
}

#endif /* LIB_CONTEXT_H */
