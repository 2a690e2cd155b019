/* SPDX-License-Identifier: MIT */
/*
 * crc32.h - the checksum of Ethernet, zip and GPT.
 *
 * Locking. None. Context: any.
 */
#ifndef LIB_CRC32_H
#define LIB_CRC32_H

#include <base/types.h>

/**
 * crc32_le() - continue a checksum over a block, low bit first.
 * @crc: ~0 at the start, or the result so far.
 *
 * Context: any.
 * Locking: none.
 * Return: the register, not inverted, so that blocks can be chained.
 */
u32 crc32_le(u32 crc, const void *p, size_t len);

/* The checksum of one block as the standards print it. */
static inline u32 crc32(const void *p, size_t len)
{
	return ~crc32_le(~0U, p, len);
}

#endif /* LIB_CRC32_H */
