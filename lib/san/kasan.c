/* SPDX-License-Identifier: MIT */
/*
 * kasan.c - every access is looked up before it happens.
 *
 * Purpose. A pointer that is wrong by a few bytes, or to what was freed, hits
 *	memory that is mapped: the CPU is content, and somebody else's data
 *	changes. With CONFIG=kasan that access is reported where it happens.
 *
 * Model. See <lib/kasan.h> for the shadow. The compiler does three things:
 *	- before an access of n bytes it calls __asan_loadN or __asan_storeN;
 *	- it puts a red zone behind each global and tells where, in functions
 *	  that the constructors' list of linker.ld names;
 *	- it puts red zones around each array on the stack, and the function
 *	  writes their shadow itself when it begins and when it ends:
 *
 *	      low                                               high
 *	      | left red zone | buf[10] |..| red zone | x | right red zone |
 *	 shadow: f1 f1 f1 f1    00 02       f2 f2 f2   04   f3 f3 f3 f3
 *
 *	What the compiler does not see (string instructions) calls
 *	kasan_check_read() and kasan_check_write(). Allocators poison what
 *	nobody may use (mm/debug/kasan.c).
 *
 * Invariants.
 *   I1  Nothing in this file is itself checked: it is compiled without.
 *   I2  Before kasan_start() there may be no real shadow: nothing is reported.
 *   I3  An address of the other half is left to the CPU, which faults on it.
 *   I4  The shadow of each address of the kernel half can be read, so a check
 *       never faults.
 *
 * Locking. None: the shadow of a range belongs to whoever owns the range. A
 *	check that meets another CPU's poisoning sees either byte.
 * Contexts. Any, NMI included.
 * Limits. Not seen: accesses in assembly and through %gs, an index so wrong
 *	that it jumps over the red zone, an overrun from one member of a
 *	structure into the next, the use of memory that was given out again
 *	since. An access that is not aligned is looked up by its first and its
 *	last byte. There are no arrays of variable length (-Wvla), so their
 *	functions are missing here.
 */
#include <lib/kasan.h>

#include <arch/sections.h>
#include <arch/stacktrace.h>
#include <base/assert.h>
#include <base/bits.h>
#include <lib/context.h>

#include "kasan_private.h"

typedef void (*constructor_fn)(void);

extern const constructor_fn __constructors_start[], __constructors_stop[];

static bool started; /* (i) from kasan_start() on */

/* ---- writing the shadow -------------------------------------------------- */

/* memset() is checked, and its loop would be turned into a call of it. */
static void set_shadow(s8 *from, s8 value, size_t n)
{
	__asm__ __volatile__("rep stosb"
			     : "+D"(from), "+c"(n)
			     : "a"(value)
			     : "memory");
}

void kasan_poison_shadow(const void *addr, size_t size, u8 value)
{
	ASSERT(IS_ALIGNED((unsigned long)addr, KASAN_GRANULE));
	set_shadow(kasan_shadow(addr), (s8)value,
		   (size + KASAN_GRANULE - 1) / KASAN_GRANULE);
}

void kasan_unpoison_shadow(const void *addr, size_t size)
{
	size_t whole = size / KASAN_GRANULE;

	ASSERT(IS_ALIGNED((unsigned long)addr, KASAN_GRANULE));
	set_shadow(kasan_shadow(addr), 0, whole);
	if (size % KASAN_GRANULE)
		kasan_shadow(addr)[whole] = (s8)(size % KASAN_GRANULE);
}

void kasan_unpoison_stack(unsigned long lo, unsigned long hi)
{
	lo = ALIGN_DOWN(lo, KASAN_GRANULE);
	if (lo < hi)
		kasan_unpoison_shadow((void *)lo,
				      ALIGN_DOWN(hi, KASAN_GRANULE) - lo);
}

/* ---- looking it up ------------------------------------------------------- */

static __always_inline bool byte_is_bad(unsigned long addr)
{
	s8 v = *kasan_shadow((void *)addr);

	return unlikely(v) && (s8)(addr & (KASAN_GRANULE - 1)) >= v;
}

/* 2, 4 or 8 bytes, which lie in one granule or in two. */
static __always_inline bool word_is_bad(unsigned long addr, size_t size)
{
	unsigned long last = addr + size - 1;

	/* It decides in its granule; of the one before, all must do. */
	if (byte_is_bad(last))
		return true;
	return (addr ^ last) >= KASAN_GRANULE && *kasan_shadow((void *)addr);
}

static __always_inline bool few_are_bad(unsigned long addr, size_t size)
{
	if (size == 1)
		return byte_is_bad(addr);
	if (size == 16)
		return word_is_bad(addr, 8) || word_is_bad(addr + 8, 8);
	return word_is_bad(addr, size);
}

/* The first bad byte of a range, or 0. */
static unsigned long first_bad(unsigned long addr, size_t size)
{
	unsigned long end = addr + size;

	while (addr < end) {
		unsigned long granule = ALIGN_DOWN(addr, KASAN_GRANULE);
		unsigned long next = granule + KASAN_GRANULE;
		s8 v = *kasan_shadow((void *)addr);

		/* Eight bytes of shadow at once where they are all good. */
		if (!v && IS_ALIGNED(addr, 64) && end - addr >= 64 &&
		    !*(u64 *)kasan_shadow((void *)addr))
			next = addr + 64;
		else if (v < 0)
			return addr;
		else if (v && min(end, next) > granule + (unsigned long)v)
			return max(addr, granule + (unsigned long)v);
		addr = next;
	}
	return 0;
}

static noinline void report_few(unsigned long addr, size_t size, bool write,
				unsigned long ip)
{
	unsigned long bad = first_bad(addr, size);

	if (bad) /* else another CPU has changed it since */
		kasan_report(addr, size, write, bad, ip);
}

static __always_inline void check_few(unsigned long addr, size_t size,
				      bool write, unsigned long ip)
{
	if (likely(started) && likely(kasan_has_shadow(addr)) &&
	    unlikely(few_are_bad(addr, size)))
		report_few(addr, size, write, ip);
}

bool kasan_check_range(const void *p, size_t size, bool write, unsigned long ip)
{
	unsigned long addr = (unsigned long)p, bad;

	if (!started || !size || !kasan_has_shadow(addr))
		return true;
	/* A length below zero, most likely. */
	bad = addr + size - 1 < addr ? addr : first_bad(addr, size);
	if (likely(!bad))
		return true;
	kasan_report(addr, size, write, bad, ip);
	return false;
}

/* ---- what the compiler calls --------------------------------------------- */

/* The compiler's names, which no header declares. */
#define DEFINE_CHECKS(size)                                    \
	void __asan_load##size##_noabort(unsigned long addr);  \
	void __asan_load##size##_noabort(unsigned long addr)   \
	{                                                      \
		check_few(addr, size, false, _RET_IP_);        \
	}                                                      \
	void __asan_store##size##_noabort(unsigned long addr); \
	void __asan_store##size##_noabort(unsigned long addr)  \
	{                                                      \
		check_few(addr, size, true, _RET_IP_);         \
	}

DEFINE_CHECKS(1)
DEFINE_CHECKS(2)
DEFINE_CHECKS(4)
DEFINE_CHECKS(8)
DEFINE_CHECKS(16)

void __asan_loadN_noabort(unsigned long addr, size_t size);
void __asan_storeN_noabort(unsigned long addr, size_t size);
void __asan_handle_no_return(void);
void __asan_register_globals(struct kasan_global *globals, size_t n);
void __asan_unregister_globals(struct kasan_global *globals, size_t n);

void __asan_loadN_noabort(unsigned long addr, size_t size)
{
	kasan_check_range((void *)addr, size, false, _RET_IP_);
}

void __asan_storeN_noabort(unsigned long addr, size_t size)
{
	kasan_check_range((void *)addr, size, true, _RET_IP_);
}

/*
 * A call that does not return is next: no frame of this stack will be cleared
 * by its function, should the stack be used again.
 */
void __asan_handle_no_return(void)
{
	unsigned long here = (unsigned long)__builtin_frame_address(0);
	unsigned long lo, hi;
	const char *name;

	if (!started)
		return;
	if (!arch_stack_bounds(here, &lo, &hi, &name)) {
		const struct task_ctx *ctx = current_ctx();

		if (here - ctx->stack_base >= ctx->stack_size)
			return;
		hi = ctx->stack_base + ctx->stack_size;
	}
	kasan_unpoison_stack(here, hi);
}

/* ---- globals ------------------------------------------------------------- */

/* One entry for each source: what a compiler registers in one go. */
static struct {
	const struct kasan_global *first;
	size_t n;
} units[512];
static unsigned int nr_units;

void __asan_register_globals(struct kasan_global *globals, size_t n)
{
	for (size_t i = 0; i < n; i++) {
		const struct kasan_global *g = &globals[i];
		size_t size = ALIGN(g->size, KASAN_GRANULE);

		kasan_unpoison_shadow(g->start, g->size);
		kasan_poison_shadow((const char *)g->start + size,
				    g->size_with_redzone - size,
				    KASAN_GLOBAL_REDZONE);
	}
	/* Reports name no global of what does not fit. */
	if (nr_units < ARRAY_SIZE(units)) {
		units[nr_units].first = globals;
		units[nr_units++].n = n;
	}
}

/* Of what is unloaded; the kernel stays. */
void __asan_unregister_globals(struct kasan_global *globals __unused,
			       size_t n __unused)
{
}

const struct kasan_global *kasan_find_global(unsigned long addr)
{
	for (unsigned int u = 0; u < nr_units; u++) {
		const struct kasan_global *g = units[u].first;

		for (size_t i = 0; i < units[u].n; i++, g++)
			if (addr - (unsigned long)g->start <
			    g->size_with_redzone)
				return g;
	}
	return NULL;
}

void kasan_start(void)
{
	const constructor_fn *fn = __constructors_start;

	for (; fn < __constructors_stop; fn++)
		(*fn)();
	started = true;
}
