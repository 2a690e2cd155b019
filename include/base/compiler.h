/* SPDX-License-Identifier: MIT */
/*
 * compiler.h - names for what the language cannot say.
 *
 * READ_ONCE() and WRITE_ONCE() mark every access to a word that another CPU
 * or an interrupt may touch at the same time: the compiler then performs
 * exactly one access, neither split, merged, repeated nor invented. They do
 * not order anything; see <arch/barrier.h> for that.
 */
#ifndef BASE_COMPILER_H
#define BASE_COMPILER_H

#include <stddef.h>

#define likely(x)   __builtin_expect(!!(x), 1)
#define unlikely(x) __builtin_expect(!!(x), 0)

#define __packed	     __attribute__((packed))
#define __aligned(n)	     __attribute__((aligned(n)))
#define __section(s)	     __attribute__((section(s)))
#define __used		     __attribute__((used))
#define __unused	     __attribute__((unused))
#define __noreturn	     __attribute__((noreturn))
#define __cold		     __attribute__((cold))
#define __pure		     __attribute__((pure))
#define __must_check	     __attribute__((warn_unused_result))
#define __always_inline	     inline __attribute__((always_inline))
#define __no_stack_protector __attribute__((no_stack_protector))
#define __no_kasan	     __attribute__((no_sanitize("kernel-address")))
#define noinline	     __attribute__((noinline))
#define __printf(fmt, va)    __attribute__((format(printf, fmt, va)))

/* Keeps the compiler from moving memory accesses across this point. */
#define barrier() __asm__ __volatile__("" ::: "memory")

#define READ_ONCE(x)	 (*(const volatile __typeof__(x) *)&(x))
#define WRITE_ONCE(x, v) (*(volatile __typeof__(x) *)&(x) = (v))

#define container_of(ptr, type, member)                        \
	((type *)((char *)(1 ? (ptr) : &((type *)0)->member) - \
		  offsetof(type, member)))

#define ARRAY_SIZE(a)                                                        \
	(sizeof(a) / sizeof((a)[0]) +                                        \
	 0 * sizeof(struct {                                                 \
		 _Static_assert(!__builtin_types_compatible_p(               \
					__typeof__(a), __typeof__(&(a)[0])), \
				"ARRAY_SIZE() of a pointer");                \
		 int unused;                                                 \
	 }))

#define static_assert _Static_assert

#define __CONCAT2(a, b)	  a##b
#define CONCATENATE(a, b) __CONCAT2(a, b)
#define __STR(x)	  #x
#define STRINGIFY(x)	  __STR(x)

/* The address this function returns to, and the address here. */
#define _RET_IP_ ((unsigned long)__builtin_return_address(0))

#endif /* BASE_COMPILER_H */
