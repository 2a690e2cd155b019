/* SPDX-License-Identifier: MIT */
/*
 * types.h - the scalar types of the whole kernel.
 *
 * Only the compiler's own freestanding headers are used; no header of a host
 * C library is ever included by kernel code.
 */
#ifndef BASE_TYPES_H
#define BASE_TYPES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

typedef uint8_t u8;
typedef uint16_t u16;
typedef uint32_t u32;
typedef unsigned long long u64;
typedef int8_t s8;
typedef int16_t s16;
typedef int32_t s32;
typedef long long s64;

/* A physical address; never dereferenced, turn it into one with __va(). */
typedef u64 phys_addr_t;

#endif /* BASE_TYPES_H */
