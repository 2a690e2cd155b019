/* SPDX-License-Identifier: MIT */
/*
 * config.h - every build-time choice, as a constant tested in C.
 *
 * The Makefile passes -DCONFIG_DEBUG=0|1; the rest derives from it or is
 * fixed here. Code says `if (CONFIG_DEBUG)`, so both sides always compile.
 */
#ifndef BASE_CONFIG_H
#define BASE_CONFIG_H

#ifndef CONFIG_DEBUG
#error "CONFIG_DEBUG comes from the build"
#endif

/* Built with -fsanitize=kernel-address: see <lib/kasan.h>. */
#ifndef CONFIG_KASAN
#define CONFIG_KASAN 0
#endif

/* Lock owner tracking, double-unlock and recursion checks. */
#define CONFIG_DEBUG_SPINLOCK CONFIG_DEBUG

/* The most CPUs one image can run; nr_cpus= lowers it at boot. */
#define NR_CPUS 256

/* Timer ticks a second. */
#define HZ 1000

/*
 * Bytes of a kernel stack; also its alignment (A STK-4). Red zones around
 * every array make frames longer. linker.ld gets it from tools/build.mk.
 */
#define THREAD_SIZE (CONFIG_KASAN ? 32768 : 16384)

/* Bytes of a cache line (A PG-14). */
#define L1_CACHE_BYTES 64

#endif /* BASE_CONFIG_H */
