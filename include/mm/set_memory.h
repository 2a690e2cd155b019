/* SPDX-License-Identifier: MIT */
/*
 * set_memory.h - other rights for pages of the kernel that are mapped.
 */
#ifndef MM_SET_MEMORY_H
#define MM_SET_MEMORY_H

#include <base/compiler.h>
#include <base/types.h>

/**
 * set_memory_ro() - no CPU can write to some pages any more.
 * @addr: page aligned; in the direct map, in vmalloc's range or in the image.
 * @nr: pages.
 *
 * A large page that the range is a part of is split.
 *
 * Context: task, interrupts on; off while no other CPU is online.
 * Return: 0; with nothing changed: -EFAULT, not all of it is mapped; -ENOMEM.
 */
int __must_check set_memory_ro(unsigned long addr, unsigned int nr);

/**
 * set_memory_rw() - the reverse.
 * @addr, @nr: as above.
 *
 * Context: as set_memory_ro().
 * Return: as set_memory_ro(), and -EPERM: a page is executable, or is the
 * second mapping of the kernel's code or constants.
 */
int __must_check set_memory_rw(unsigned long addr, unsigned int nr);

/**
 * set_memory_nx() - no CPU can execute some pages any more.
 * @addr, @nr: as above.
 *
 * There is no reverse: pages that were ever writable stay data.
 *
 * Context: as set_memory_ro(). Return: as set_memory_ro().
 */
int __must_check set_memory_nx(unsigned long addr, unsigned int nr);

#endif /* MM_SET_MEMORY_H */
