/* SPDX-License-Identifier: MIT */
/*
 * unaligned.h - little-endian numbers at any address.
 *
 * Tables made by firmware and boot loaders put 64-bit fields at 4-byte
 * boundaries or worse. A plain dereference of such a pointer is undefined in
 * C (and reported by UBSan), although the CPU would do it; these functions
 * are the same single load, said correctly.
 */
#ifndef BASE_UNALIGNED_H
#define BASE_UNALIGNED_H

#include <base/compiler.h>
#include <base/types.h>

static inline u16 get_unaligned_le16(const void *p)
{
	const struct {
		u16 v;
	} __packed *u = p;

	return u->v;
}

static inline u32 get_unaligned_le32(const void *p)
{
	const struct {
		u32 v;
	} __packed *u = p;

	return u->v;
}

static inline u64 get_unaligned_le64(const void *p)
{
	const struct {
		u64 v;
	} __packed *u = p;

	return u->v;
}

#endif /* BASE_UNALIGNED_H */
