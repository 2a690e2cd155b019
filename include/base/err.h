/* SPDX-License-Identifier: MIT */
/*
 * err.h - an error number carried in a pointer.
 *
 * The last 4095 addresses are never mapped as objects, so a pointer there is
 * a negated error number. Used only where Linux's function of the same name
 * returns one.
 */
#ifndef BASE_ERR_H
#define BASE_ERR_H

#include <base/compiler.h>
#include <base/errno.h>
#include <base/types.h>

static inline void *__must_check ERR_PTR(long error)
{
	return (void *)error;
}

static inline long __must_check PTR_ERR(const void *ptr)
{
	return (long)ptr;
}

static inline bool __must_check IS_ERR(const void *ptr)
{
	return unlikely((unsigned long)ptr >= (unsigned long)-MAX_ERRNO);
}

#endif /* BASE_ERR_H */
