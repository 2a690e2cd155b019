/* SPDX-License-Identifier: MIT */
/*
 * ksym_table.h - the layout that tools/ksyms.py writes.
 *
 * Private to lib/ksyms.c and its tests, which bring tables of their own.
 */
#ifndef LIB_KSYM_TABLE_H
#define LIB_KSYM_TABLE_H

#include <base/compiler.h>
#include <base/types.h>
#include <lib/ksyms.h>

struct ksym_table {
	unsigned long base; /* address of offset 0 */
	u32 nr;		    /* entries; 0 in the first of the two links */
	u32 text_size;	    /* the last function ends at base + this */
	const u32 *offsets; /* where each function starts, ascending */
	const u32 *name_at; /* where its name starts in names */
	const char *names;  /* terminated strings, end to end */
};

static_assert(offsetof(struct ksym_table, nr) == 8, "tools/ksyms.py");
static_assert(offsetof(struct ksym_table, offsets) == 16, "tools/ksyms.py");
static_assert(sizeof(struct ksym_table) == 40, "tools/ksyms.py");

/* The table of this image. */
extern const struct ksym_table ksyms_image;

bool ksym_table_lookup(const struct ksym_table *t, unsigned long addr,
		       struct ksym *sym);
unsigned long ksym_table_addr(const struct ksym_table *t, const char *name);

#endif /* LIB_KSYM_TABLE_H */
