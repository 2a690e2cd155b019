/* SPDX-License-Identifier: MIT */
/*
 * smp_call_private.h - the parts of irq/smp_call.c that its tests reach for.
 */
#ifndef IRQ_SMP_CALL_PRIVATE_H
#define IRQ_SMP_CALL_PRIVATE_H

#include <base/types.h>
#include <irq/smp_call.h>
#include <lib/llist.h>

/*
 * One call to one CPU. Lock key: (a) atomic; (c) the caller's while flags is
 * 0, the target's while it is not.
 */
struct call_single_data {
	struct llist_node node; /* (c) */
	smp_call_func_t fn;	/* (c) */
	void *arg;		/* (c) */
	u32 flags;		/* (a) CSD_BUSY from claim to release */
};

#define CSD_BUSY 1U /* in use; 0 hands it back to the caller */
#define CSD_SYNC 2U /* somebody waits: hand it back after fn has returned */

/**
 * call_table_alloc() - descriptors for each pair of @nr CPUs.
 *
 * Context: boot. Return: @nr * @nr idle ones, or NULL: no memory.
 */
struct call_single_data *call_table_alloc(unsigned int nr);

/**
 * smp_call_post() - have @fn run by the IPI handler of @cpu, soon.
 * @cpu: online; may be this CPU, which is then interrupted.
 *
 * Context: task, preemption off. With interrupts off only if the last post
 *	to @cpu has begun to run, else it would wait for ever.
 */
void smp_call_post(unsigned int cpu, smp_call_func_t fn, void *arg);

#endif /* IRQ_SMP_CALL_PRIVATE_H */
