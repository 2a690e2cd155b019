/* SPDX-License-Identifier: MIT */
/*
 * ksyms.c - names for code addresses, from the table inside the image.
 *
 * Purpose. A report that says memcpy+0x12 can be read; one that says
 *	0xffffffff80104812 cannot. The table must be there when everything
 *	else is broken, so it is read-only data of the image itself.
 *
 * Model. tools/ksyms.py writes the table from the symbols of a first link;
 *	the second link contains it. Addresses are 32-bit offsets from _text.
 *	A function owns the bytes from its start to the next function's.
 *
 * Invariants.
 *   I1  offsets[] ascends strictly.
 *   I2  An empty table is a table: every lookup says "unknown".
 *
 * Locking. None: constant data.
 * Contexts. Any, NMI and double fault included; no calls but strcmp().
 * Limits. Functions only, no variables; padding after a function counts as
 *	its own. Boot code outside .text has no names.
 */
#include <lib/ksyms.h>

#include <lib/string.h>

#include "ksym_table.h"

bool ksym_table_lookup(const struct ksym_table *t, unsigned long addr,
		       struct ksym *sym)
{
	unsigned long off = addr - t->base;
	u32 lo = 0, hi = t->nr;

	if (addr < t->base || off >= t->text_size)
		return false;
	/* The answer, if any, is entry lo - 1 when lo meets hi (I1). */
	while (lo < hi) {
		u32 mid = lo + (hi - lo) / 2;

		if (t->offsets[mid] <= off)
			lo = mid + 1;
		else
			hi = mid;
	}
	if (lo == 0)
		return false;

	sym->name = t->names + t->name_at[lo - 1];
	sym->addr = t->base + t->offsets[lo - 1];
	sym->size = (lo < t->nr ? t->offsets[lo] : t->text_size) -
		    t->offsets[lo - 1];
	return true;
}

unsigned long ksym_table_addr(const struct ksym_table *t, const char *name)
{
	for (u32 i = 0; i < t->nr; i++)
		if (strcmp(t->names + t->name_at[i], name) == 0)
			return t->base + t->offsets[i];
	return 0;
}

bool ksym_lookup(unsigned long addr, struct ksym *sym)
{
	return ksym_table_lookup(&ksyms_image, addr, sym);
}

unsigned long ksym_addr(const char *name)
{
	return ksym_table_addr(&ksyms_image, name);
}
