/* SPDX-License-Identifier: MIT */
/*
 * kasan.h - which bytes of memory may be used, checked at every access.
 *
 * With CONFIG=kasan the compiler calls a function before each load and store,
 * which looks at the byte of shadow that describes the eight bytes around the
 * address (<arch/kasan.h>):
 *
 *	0		all eight may be used
 *	1 .. 7		the first so many
 *	negative	none; the value says why: enum kasan_shadow_value
 *
 * An allocator unpoisons what it hands out and poisons the rest: what lies
 * beside an object, and what was freed. In other builds all functions of this
 * header are empty. The model stands in lib/san/kasan.c.
 */
#ifndef LIB_KASAN_H
#define LIB_KASAN_H

#include <arch/kasan.h>
#include <base/compiler.h>
#include <base/config.h>
#include <base/types.h>

enum kasan_shadow_value {
	KASAN_PAGE_FREE = 0xff,	   /* a free page frame */
	KASAN_PAGE_REDZONE = 0xfe, /* behind a kmalloc() of whole pages */
	KASAN_SLAB_REDZONE = 0xfc, /* beside an object of a slab */
	KASAN_SLAB_FREE = 0xfb,	   /* an object that was freed */
	KASAN_GLOBAL_REDZONE = 0xf9,
	KASAN_VMALLOC_INVALID = 0xf7, /* beside or after a vmalloc() */
	KASAN_PERCPU_INVALID = 0xf6,  /* the same of alloc_percpu() */
	/* Written by compilers. */
	KASAN_STACK_LEFT = 0xf1,
	KASAN_STACK_MID = 0xf2,
	KASAN_STACK_RIGHT = 0xf3,
	KASAN_STACK_SCOPE = 0xf8, /* a local variable whose block ended */
};

/* Only where CONFIG_KASAN; callers use the functions further down. */
void kasan_poison_shadow(const void *addr, size_t size, u8 value);
void kasan_unpoison_shadow(const void *addr, size_t size);
bool kasan_check_range(const void *addr, size_t size, bool write,
		       unsigned long ip);
void kasan_unpoison_stack(unsigned long lo, unsigned long hi);
void kasan_start(void);

/**
 * kasan_poison() - a range may not be used from here on.
 * @addr: a multiple of KASAN_GRANULE.
 * @size: bytes; rounded up to whole granules.
 * @value: why, an enum kasan_shadow_value.
 *
 * The range must have shadow of its own: the image, the direct map, or what
 * kasan_shadow_populate() was called for.
 *
 * Context: any. Locking: none; the range belongs to the caller.
 */
static __always_inline void kasan_poison(const void *addr, size_t size,
					 u8 value)
{
	if (CONFIG_KASAN)
		kasan_poison_shadow(addr, size, value);
}

/**
 * kasan_unpoison() - a range may be used from here on.
 * @addr: a multiple of KASAN_GRANULE.
 * @size: bytes, exactly: the rest of the last granule may not be used.
 *
 * Context: any. Locking: none; the range belongs to the caller.
 */
static __always_inline void kasan_unpoison(const void *addr, size_t size)
{
	if (CONFIG_KASAN)
		kasan_unpoison_shadow(addr, size);
}

/**
 * kasan_check_read() - report if not all of a range may be read.
 * @addr, @size: the range, any alignment.
 *
 * For code that the compiler does not see: assembly, string instructions.
 *
 * Context: any. Locking: none. Return: whether all of it may be used.
 */
static __always_inline bool kasan_check_read(const void *addr, size_t size)
{
	return !CONFIG_KASAN || kasan_check_range(addr, size, false, _RET_IP_);
}

/* The same for writing. */
static __always_inline bool kasan_check_write(const void *addr, size_t size)
{
	return !CONFIG_KASAN || kasan_check_range(addr, size, true, _RET_IP_);
}

/**
 * kasan_unpoison_frames() - forget the frames of functions that never return.
 * @lo, @hi: part of a stack; all of it may be used afterwards.
 *
 * Whoever drops frames (a landing), or uses a stack again, must call this: a
 * function clears the shadow of its frame only when it returns.
 *
 * Context: any. Locking: none.
 */
static __always_inline void kasan_unpoison_frames(unsigned long lo,
						  unsigned long hi)
{
	if (CONFIG_KASAN)
		kasan_unpoison_stack(lo, hi);
}

/**
 * kasan_init() - red zones around the globals; checks begin.
 *
 * Context: boot CPU, on the kernel's own page tables.
 */
static inline void kasan_init(void)
{
	if (CONFIG_KASAN)
		kasan_start();
}

/* ---- reports ------------------------------------------------------------ */

/* The memory around an address, as its owner knows it. */
struct kasan_object {
	const char *what;    /* "object", "stack of pages", ... */
	const char *owner;   /* name of the cache or the like; may be NULL */
	unsigned long start; /* of the memory that was asked for */
	size_t size;	     /* in bytes, as it was asked for */
	unsigned long alloc_ip, free_ip;  /* who; 0: not known */
	unsigned int alloc_cpu, free_cpu; /* where */
	u64 alloc_ns, free_ns;		  /* when, of ktime */
};

/* Fills @o if it knows the memory at @addr. Any context, no locks. */
typedef bool (*kasan_describe_fn)(unsigned long addr, struct kasan_object *o);

/**
 * kasan_set_describe() - who knows the objects of the allocators.
 * @fn: called for each report, from any context.
 *
 * Context: boot, one CPU; CONFIG_KASAN only.
 */
void kasan_set_describe(kasan_describe_fn fn);

#endif /* LIB_KASAN_H */
