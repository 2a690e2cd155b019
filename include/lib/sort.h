/* SPDX-License-Identifier: MIT */
/*
 * sort.h - sorting an array in place, and searching a sorted one.
 *
 * Locking. The caller's. Context: any, as far as @cmp allows.
 */
#ifndef LIB_SORT_H
#define LIB_SORT_H

#include <base/types.h>

/* < 0, 0, > 0 as the first element (or the key) is before, equal, behind. */
typedef int (*cmp_func_t)(const void *a, const void *b);
typedef void (*swap_func_t)(void *a, void *b, int size);

/**
 * sort() - sort an array; equal elements end up in any order.
 * @base, @num, @size: the array, its length, bytes of an element.
 * @swap: exchanges two elements; NULL for a plain exchange of bytes.
 *
 * Context: any. No memory, no recursion.
 * Locking: the caller's.
 * Complexity: O(num log num) also in the worst case.
 */
void sort(void *base, size_t num, size_t size, cmp_func_t cmp,
	  swap_func_t swap);

/**
 * bsearch() - find an element in an array sorted by @cmp.
 * @key: the first argument of every @cmp.
 *
 * Context: any. Complexity: O(log num).
 * Locking: the caller's.
 * Return: some element that is equal, or NULL.
 */
void *bsearch(const void *key, const void *base, size_t num, size_t size,
	      cmp_func_t cmp);

#endif /* LIB_SORT_H */
