/* SPDX-License-Identifier: MIT */
/*
 * crc32.c - cyclic redundancy check, polynomial 0x04c11db7.
 *
 * Purpose. Noticing that stored or transmitted bytes changed by accident.
 * Model. The message is a polynomial over GF(2), low bit first, and the
 *	checksum its remainder. Four bits are divided per step: the table
 *	holds the remainder of each value of the four bits that leave.
 * Locking. None. Contexts. Any.
 * References. IEEE 802.3, "Frame check sequence (FCS) field".
 */
#include <base/types.h>
#include <lib/crc32.h>

/* remainder[i]: i shifted out four times through 0xedb88320. */
static const u32 remainder[16] = {
	0x00000000, 0x1db71064, 0x3b6e20c8, 0x26d930ac, 0x76dc4190, 0x6b6b51f4,
	0x4db26158, 0x5005713c, 0xedb88320, 0xf00f9344, 0xd6d6a3e8, 0xcb61b38c,
	0x9b64c2b0, 0x86d3d2d4, 0xa00ae278, 0xbdbdf21c,
};

u32 crc32_le(u32 crc, const void *p, size_t len)
{
	const u8 *byte = p;

	for (; len; len--) {
		crc ^= *byte++;
		crc = crc >> 4 ^ remainder[crc & 15];
		crc = crc >> 4 ^ remainder[crc & 15];
	}
	return crc;
}
