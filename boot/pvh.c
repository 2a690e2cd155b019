/* SPDX-License-Identifier: MIT */
/*
 * pvh.c - a PVH start_info into struct boot_info.
 *
 * Purpose. QEMU (-kernel) and Xen start a kernel with a PVH note directly in
 * 32-bit mode and pass a small structure of physical addresses:
 *
 *	start_info --> command line (text)
 *	           --> modules[]    (each --> text)
 *	           --> RSDP
 *	           --> memory map[] (version 1 and later)
 *
 * Model. Every address is followed through the reader, which refuses what
 * cannot be read; that is noted and the rest goes on. Entries are mapped one
 * by one, so half a list is as good as its readable half.
 *
 * Invariants.
 *   I1  Nothing outside start_info is touched except through the reader.
 *   I2  Work is bounded whatever the counts say: MAX_ENTRIES, MAX_TEXT.
 * Locking. None. Contexts. Any; pure code, also compiled for the host.
 * Limits. flags (dom0 and friends of Xen) is ignored.
 * References. Xen documentation, "x86/HVM direct boot ABI".
 */
#include <base/bits.h>
#include <arch/boot.h>
#include <lib/string.h>

#include "boot_parse.h"

/* More than any firmware has; a wild count must not keep us for minutes. */
#define MAX_ENTRIES 4096
#define MAX_TEXT    (128 * 1024)
#define TEXT_CHUNK  64

static const void *pvh_map(const struct phys_reader *rd, phys_addr_t pa,
			   size_t len)
{
	if (pa == 0 || pa >= BOOT_PHYS_LIMIT || len > BOOT_PHYS_LIMIT - pa)
		return NULL;
	return rd->map(rd->ctx, pa, len);
}

/*
 * Copies the text at @pa as far as @size allows. Return: its whole length,
 * or what was looked at, @most or a little more.
 * The end is not known in advance, so it is read in aligned chunks (which
 * never cross a page) and, where a whole chunk is refused, byte by byte.
 */
static size_t pvh_text(struct boot_info *bi, const struct phys_reader *rd,
		       phys_addr_t pa, char *buf, size_t size, size_t most)
{
	size_t len = 0;

	while (len < most) {
		size_t want = TEXT_CHUNK - (size_t)(pa + len) % TEXT_CHUNK;
		const char *s = pvh_map(rd, pa + len, want);
		size_t got;

		if (!s) {
			want = 1;
			s = pvh_map(rd, pa + len, want);
		}
		if (!s) {
			boot_problem_add(bi, BOOT_PROBLEM_UNREADABLE, 0,
					 pa + len);
			break;
		}
		got = strnlen(s, want);
		if (len < size)
			memcpy(buf + len, s, min(got, size - len));
		len += got;
		if (got < want)
			return len;
	}
	if (len >= MAX_TEXT)
		boot_problem_add(bi, BOOT_PROBLEM_STRING_OPEN, MB2_CMDLINE,
				 len);
	return len;
}

static void pvh_cmdline(struct boot_info *bi, const struct phys_reader *rd,
			phys_addr_t pa)
{
	size_t len;

	if (!pa)
		return;
	/* Collected in place; the common rules for its end come after. */
	len = pvh_text(bi, rd, pa, bi->cmdline, sizeof(bi->cmdline), MAX_TEXT);
	boot_info_set_cmdline(bi, bi->cmdline, len);
}

static void pvh_modules(struct boot_info *bi, const struct phys_reader *rd,
			const struct hvm_start_info *si)
{
	u32 count = min_t(u32, si->nr_modules, MAX_ENTRIES);

	for (u32 i = 0; i < count; i++) {
		phys_addr_t pa = si->modlist_paddr +
				 i * sizeof(struct hvm_modlist_entry);
		const void *src =
			pvh_map(rd, pa, sizeof(struct hvm_modlist_entry));
		struct hvm_modlist_entry e;
		struct mem_range where;
		char text[128];
		size_t len = 0;

		if (!src) {
			boot_problem_add(bi, BOOT_PROBLEM_UNREADABLE, 0, pa);
			return;
		}
		memcpy(&e, src, sizeof(e));
		where = (struct mem_range){.base = e.paddr, .size = e.size};
		if (e.cmdline_paddr)
			len = pvh_text(bi, rd, e.cmdline_paddr, text,
				       sizeof(text), sizeof(text));
		boot_info_add_module(bi, i + 1, &where, text,
				     min(len, sizeof(text)));
	}
	if (count < si->nr_modules)
		boot_problem_add(bi, BOOT_PROBLEM_MODULE_FULL, MB2_MODULE,
				 si->nr_modules);
}

static void pvh_memmap(struct boot_info *bi, const struct phys_reader *rd,
		       const struct hvm_start_info *si)
{
	u32 count = min_t(u32, si->memmap_entries, MAX_ENTRIES);

	for (u32 i = 0; i < count; i++) {
		phys_addr_t pa =
			si->memmap_paddr + i * sizeof(struct hvm_memmap_entry);
		const void *src =
			pvh_map(rd, pa, sizeof(struct hvm_memmap_entry));
		struct hvm_memmap_entry e;

		if (!src) {
			boot_problem_add(bi, BOOT_PROBLEM_UNREADABLE, 0, pa);
			return;
		}
		memcpy(&e, src, sizeof(e));
		boot_info_add_mem(bi, e.addr, e.size, e.type);
	}
	if (count < si->memmap_entries)
		bi->mem_cut = true;
}

void pvh_parse(const struct hvm_start_info *si, const struct phys_reader *rd,
	       struct boot_info *bi)
{
	struct hvm_start_info s;

	boot_info_reset(bi, BOOT_PVH);
	memset(&s, 0, sizeof(s));
	memcpy(&s, si, offsetof(struct hvm_start_info, memmap_paddr));
	if (s.magic != PVH_START_MAGIC) {
		boot_problem_add(bi, BOOT_PROBLEM_MAGIC, 0, s.magic);
		boot_info_finish(bi);
		return;
	}
	if (s.version >= 1)
		memcpy(&s, si, sizeof(s));

	strscpy(bi->loader, "PVH", sizeof(bi->loader));
	bi->rsdp_addr = s.rsdp_paddr;
	pvh_cmdline(bi, rd, s.cmdline_paddr);
	pvh_modules(bi, rd, &s);
	pvh_memmap(bi, rd, &s);
	boot_info_finish(bi);
}
