/* SPDX-License-Identifier: MIT */
/*
 * host.h - between the two halves of the host test program.
 *
 * kernel_side.c is compiled like kernel code (no C library, renamed
 * functions), libc_side.c like a program. Only plain C types cross.
 */
#ifndef HOST_HOST_H
#define HOST_HOST_H

#include <stdbool.h>
#include <stddef.h>

/*
 * How a case ended; the exit code of the process that ran it. 1 is what the
 * sanitizers use.
 */
enum host_result {
	HOST_PASSED,
	HOST_FAILED = 2,
	HOST_NOTHING_CHECKED,
	HOST_SKIPPED,
};

/* kernel_side.c */
unsigned int host_case_count(void);
const char *host_case_name(unsigned int i);
const char *host_case_items(unsigned int i);
enum host_result host_case_run(unsigned int i);

/* libc_side.c */
void host_write(const char *s, size_t n);
void host_panic(const char *msg) __attribute__((noreturn));
unsigned long long host_seed(void);
unsigned long host_scale(void);
/* Zeroed memory, and its way back; pieces that did not come back yet. */
void *host_alloc(size_t size);
void host_free(void *p);
unsigned long host_live(void);
/* Stops with the sanitizer's report if a byte of the region is not usable. */
void host_check_region(const void *p, size_t n);

#endif /* HOST_HOST_H */
