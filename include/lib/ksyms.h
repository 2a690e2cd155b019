/* SPDX-License-Identifier: MIT */
/*
 * ksyms.h - names for code addresses, from the table inside the image.
 */
#ifndef LIB_KSYMS_H
#define LIB_KSYMS_H

#include <base/types.h>

struct ksym {
	const char *name;
	unsigned long addr; /* where the function starts */
	unsigned long size; /* bytes to the next symbol */
};

/**
 * ksym_lookup() - the function that contains a code address.
 * @addr: any address.
 * @sym: receives the result; untouched when there is none.
 *
 * Context: any. Complexity: O(log n).
 * Return: whether @addr lies inside the kernel's text.
 */
bool ksym_lookup(unsigned long addr, struct ksym *sym);

/**
 * ksym_addr() - the address of a function by its name.
 *
 * Context: any. Complexity: O(n).
 * Return: the address, or 0 when there is no such function.
 */
unsigned long ksym_addr(const char *name);

#endif /* LIB_KSYMS_H */
