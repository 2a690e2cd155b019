/* SPDX-License-Identifier: MIT */
/*
 * refcount.c - what happens when a reference count goes wrong.
 *
 * Purpose. The cold half of <lib/refcount.h>, which tells the model.
 * Invariants.
 *	I1  A saturated count never again looks like a last reference.
 * Locking. None: the count may be changed by others between the fault and
 *	the store here; they saturate it, too. Contexts. Any.
 */
#include <base/assert.h>
#include <base/types.h>
#include <lib/refcount.h>

void refcount_warn_saturate(refcount_t *r, enum refcount_misuse why)
{
	static const char *const text[] = {
		[REFCOUNT_ADD_ON_ZERO] = "addition on 0, use after free",
		[REFCOUNT_OVERFLOW] = "saturated, leaking memory",
		[REFCOUNT_UNDERFLOW] = "underflow, use after free",
	};

	refcount_set(r, REFCOUNT_SATURATED); /* I1 */
	WARN(true, "refcount %p: %s", (void *)r, text[why]);
}
