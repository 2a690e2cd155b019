/* SPDX-License-Identifier: MIT */
/*
 * reclaim.h (private) - hooks as the allocator calls them; mm/reclaim.c.
 */
#ifndef MM_RECLAIM_PRIVATE_H
#define MM_RECLAIM_PRIVATE_H

#include <base/compiler.h>
#include <mm/gfp.h>

/* Tells the thread of a node that frames are short. Context: any but NMI. */
void wakeup_kswapd(int nid, unsigned int order);

/* Kills something. Context: task. Return: whether memory is to be expected. */
bool out_of_memory(gfp_t gfp, unsigned int order);

#endif /* MM_RECLAIM_PRIVATE_H */
