/* SPDX-License-Identifier: MIT */
/*
 * pgtable.h (mm) - unmapping and protecting, complete: tables changed, CPUs
 * flushed, empty tables freed. The parts are <arch/pgtable.h>'s.
 *
 * Who unmaps often collects: many times kernel_unmap_pages(), which leaves
 * stale translations behind, then once kernel_flush_unmapped() for all.
 */
#ifndef MM_PGTABLE_H
#define MM_PGTABLE_H

#include <arch/pgtable.h>
#include <base/types.h>

/**
 * kernel_flush_unmapped() - make unmapped addresses fit for use again.
 * @start, @end: page aligned; may contain mapped ranges of others.
 *
 * Flushes the range on all CPUs and frees the tables in it that are empty.
 *
 * Context: task, interrupts on; off while no other CPU is online.
 * Locking: takes prune_lock.
 */
void kernel_flush_unmapped(unsigned long start, unsigned long end);

/**
 * kernel_unmap() - take mappings away, at once and from all CPUs.
 * @va, @size: page aligned; what is not mapped is skipped.
 *
 * Context: as kernel_flush_unmapped(). Locking: takes prune_lock.
 * Return: 0, or -ENOMEM with nothing changed: a large page that the range
 * begins or ends inside could not be split.
 */
int kernel_unmap(unsigned long va, u64 size);

/**
 * kernel_protect() - change the rights of pages, at once and for all CPUs.
 * @va, @size: page aligned; what is not mapped is skipped.
 * @prot: the new rights and cache attributes.
 *
 * Context: as kernel_flush_unmapped(). Return: as kernel_unmap().
 */
int kernel_protect(unsigned long va, u64 size, pgprot_t prot);

#endif /* MM_PGTABLE_H */
