/* SPDX-License-Identifier: MIT */
/*
 * memblock.h - the boot allocator.
 *
 * Two sorted lists of byte ranges: what is memory, and what of the address
 * space is taken. Memory that is not taken is free. Lives from the first C
 * code until memblock_hand_over() gives every frame to the page allocator.
 * The model and the rules stand in mm/memblock.c.
 */
#ifndef MM_MEMBLOCK_H
#define MM_MEMBLOCK_H

#include <base/compiler.h>
#include <base/types.h>

/* As @max of an allocation: up to the current limit. */
#define MEMBLOCK_ALLOC_ACCESSIBLE 0

/**
 * memblock_add() - declare usable memory.
 * @base, @size: in bytes; may overlap or touch what is there (they merge).
 *
 * Context: early boot, one CPU.
 * Locking: none.
 * Return: 0; -EINVAL if the range wraps; -ENOSPC if the list is full, and
 *	then nothing has changed. An empty range is accepted and ignored.
 */
int __must_check memblock_add(phys_addr_t base, u64 size);

/**
 * memblock_reserve() - declare a range as taken.
 *
 * It may lie in or outside memory and may overlap other reservations.
 *
 * Context: early boot, one CPU.
 * Locking: none.
 * Return: as memblock_add().
 */
int __must_check memblock_reserve(phys_addr_t base, u64 size);

/**
 * memblock_free() - give back a reserved range or a part of one.
 *
 * Context: early boot, one CPU.
 * Locking: none.
 * Return: 0; -EINVAL if not all of it is reserved (a double free); -ENOSPC
 *	if it would split a range and the list is full. Errors change nothing.
 */
int memblock_free(phys_addr_t base, u64 size);

/**
 * memblock_phys_alloc() - take memory, from the top down.
 * @size: bytes, not 0.
 * @align: a power of two.
 * @min, @max: the result lies in [@min, @max); @max may be
 *	MEMBLOCK_ALLOC_ACCESSIBLE.
 *
 * Frame 0 is never given out, so that 0 can mean failure.
 *
 * Context: early boot, one CPU, until the hand-over.
 * Locking: none.
 * Return: the physical address, or 0.
 */
phys_addr_t __must_check memblock_phys_alloc(u64 size, u64 align,
					     phys_addr_t min, phys_addr_t max);

/**
 * memblock_alloc() - take zeroed memory in the direct map.
 * @size, @align: as for memblock_phys_alloc().
 *
 * Context: early boot, one CPU, until the hand-over.
 * Locking: none.
 * Return: its address in the direct map, or NULL.
 */
void *__must_check memblock_alloc(u64 size, u64 align);

/* Allocations without an own maximum stay below @limit from now on. */
void memblock_set_current_limit(phys_addr_t limit);

/**
 * memblock_next_free() - find free memory at or above an address.
 * @cursor: where to look from; moved behind the range found.
 * @start, @end: receive the range [*@start, *@end).
 *
 * The position is an address, so the lists may change between two calls.
 *
 * Context: early boot, one CPU.
 * Locking: none.
 * Return: false when there is no more.
 */
bool memblock_next_free(u64 *cursor, phys_addr_t *start, phys_addr_t *end);

/* u64 i; phys_addr_t start, end; for_each_free_mem_range(i, &start, &end) */
#define for_each_free_mem_range(i, p_start, p_end) \
	for ((i) = 0; memblock_next_free(&(i), (p_start), (p_end));)

/**
 * memblock_next_memory() - the next range that was added, taken or not.
 * @region: start with 0; moved on.
 * @start, @end: receive the range [*@start, *@end).
 *
 * Context: early boot, one CPU; the lists must not change between two calls.
 * Locking: none.
 * Return: false when there is no more.
 */
bool memblock_next_memory(unsigned int *region, phys_addr_t *start,
			  phys_addr_t *end);

/* Totals in bytes; the first and the end of the last byte of memory. */
u64 memblock_phys_mem_size(void);
u64 memblock_reserved_size(void);
phys_addr_t memblock_start_of_DRAM(void);
phys_addr_t memblock_end_of_DRAM(void);

/* Does @addr lie in a range that was added, or in a reserved one? */
bool memblock_is_memory(phys_addr_t addr);
bool memblock_is_reserved(phys_addr_t addr);

/**
 * memblock_allocated_bytes() - a number that a leak changes.
 *
 * Bytes reserved now. Taken before and after a piece of code that should
 * free what it allocates, both must be equal.
 *
 * Context: any.
 * Return: that number.
 */
u64 memblock_allocated_bytes(void);

/**
 * memblock_fail_nth() - make one allocation fail, for tests.
 * @n: 1 is the next allocation; 0 turns it off.
 *
 * Context: early boot, one CPU.
 */
void memblock_fail_nth(unsigned int n);

/**
 * memblock_hand_over() - report every frame of memory and close the allocator.
 * @fn: gets frames [@pfn, @end_pfn) in ascending order, each frame that has
 *	any byte of memory exactly once. @free: every byte of these frames is
 *	memory and none is reserved; so a frame that is only partly memory
 *	comes as not free.
 * @ctx: passed on to @fn.
 *
 * Afterwards allocations fail; reading the lists stays possible.
 *
 * Context: early boot, one CPU.
 * Locking: none.
 */
void memblock_hand_over(void (*fn)(void *ctx, u64 pfn, u64 end_pfn, bool free),
			void *ctx);

/**
 * memblock_check() - validate the lists.
 *
 * Context: any. Return: 0, or -EINVAL when an invariant does not hold.
 */
int memblock_check(void);

#endif /* MM_MEMBLOCK_H */
