/* SPDX-License-Identifier: MIT */
/*
 * kasan.h (arch) - where the shadow lies, and making it.
 *
 * One byte of shadow describes KASAN_GRANULE bytes of memory; the shadow of
 * the whole kernel half is one range of addresses, 16 TiB of them:
 *
 *	shadow(addr) = (addr >> 3) + KASAN_SHADOW_OFFSET
 *
 *	ffffffffffffffff +----------+ ---.
 *	                 |          |     `--- +----------+ fffffc0000000000
 *	                 | kernel   |          |  shadow  |
 *	                 |  half    |     .--- +----------+ ffffec0000000000
 *	ffff800000000000 +----------+ ---'
 *
 * See <lib/kasan.h> for what the bytes say.
 */
#ifndef ARCH_KASAN_H
#define ARCH_KASAN_H

#include <base/compiler.h>
#include <base/types.h>

#define KASAN_SHADOW_SHIFT  3
#define KASAN_GRANULE	    (1UL << KASAN_SHADOW_SHIFT)
#define KASAN_SHADOW_OFFSET 0xdffffc0000000000UL
#define KASAN_MEM_START	    0xffff800000000000UL /* what has a shadow */
#define KASAN_SHADOW_START  0xffffec0000000000UL
#define KASAN_SHADOW_END    0xfffffc0000000000UL

static_assert((KASAN_MEM_START >> KASAN_SHADOW_SHIFT) + KASAN_SHADOW_OFFSET ==
		      KASAN_SHADOW_START,
	      "the shadow of the first address");
static_assert((~0UL >> KASAN_SHADOW_SHIFT) + KASAN_SHADOW_OFFSET ==
		      KASAN_SHADOW_END - 1,
	      "the shadow of the last address");

/* The byte that describes @addr, an address of the kernel half. */
static __always_inline s8 *kasan_shadow(const void *addr)
{
	return (s8 *)(((unsigned long)addr >> KASAN_SHADOW_SHIFT) +
		      KASAN_SHADOW_OFFSET);
}

/**
 * kasan_shadow_init() - shadow for the image and the direct map.
 * @pgd: the top level of the tables that are about to be used.
 *
 * All other memory gets the shadow "may be used", from one page that is
 * mapped everywhere, read-only. Panics when memory is exhausted.
 *
 * Context: boot CPU, on the boot tables; CONFIG_KASAN only.
 */
void kasan_shadow_init(unsigned long *pgd);

/**
 * kasan_shadow_populate() - shadow that can be written, for a range.
 * @addr, @size: the memory, in the kernel half; any alignment.
 * @fill: what the bytes of shadow of a page that is new say.
 *
 * What has such shadow keeps it. Other CPUs may go on to read the old shadow
 * from their TLB until they flush it.
 *
 * Context: any that may allocate a table page; CONFIG_KASAN only.
 * Locking: takes a spinlock for each page.
 * Return: pages of shadow that are new, perhaps 0; or -ENOMEM, and then part
 * of the range may be done.
 */
int __must_check kasan_shadow_populate(unsigned long addr, size_t size,
				       u8 fill);

/* Frames taken for shadow since kasan_shadow_init(), tables included. */
extern unsigned long kasan_shadow_frames;

#endif /* ARCH_KASAN_H */
