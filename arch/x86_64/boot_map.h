/* SPDX-License-Identifier: MIT */
/*
 * boot_map.h - the first page tables, which boot.asm made (A BOOT-6).
 *
 * They map physical 0 .. BOOT_MAP_LIMIT at 0 and at PAGE_OFFSET, and the first
 * GiB at the address where the kernel is linked.
 */
#ifndef ARCH_X86_64_BOOT_MAP_H
#define ARCH_X86_64_BOOT_MAP_H

#include <base/types.h>

#define BOOT_MAP_LIMIT	(1ULL << 32)
#define BOOT_ALIAS_WORD 0x0ff1ce0ff1ce0ff1ULL

/* The top level; no longer in use, but still as it was. */
extern u64 boot_pml4[512];

/* BOOT_ALIAS_WORD as arch_start() read it: low, direct map, image. */
extern u64 boot_aliases[3];

#endif /* ARCH_X86_64_BOOT_MAP_H */
