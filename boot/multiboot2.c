/* SPDX-License-Identifier: MIT */
/*
 * multiboot2.c - the tags of a multiboot2 loader into struct boot_info.
 *
 * Purpose. GRUB passes a block of tags, each with a type, a size and data:
 *
 *	+-------+----------+---------+---------+-----+---------+
 *	| total | reserved | tag     | tag     | ... | end tag |
 *	+-------+----------+---------+---------+-----+---------+
 *	                   ^ 8-byte aligned, each  ^ type 0, size 8
 *
 * Model. One pass over the tags calls a handler for each; the table below
 * says how short a tag may be and whether it may come more than once. What
 * depends on several tags (which memory map to believe) is decided after the
 * pass. A tag that is too short is skipped; one that reaches past the end is
 * read as far as it goes and is the last; after a size below 8 nobody can
 * know where the next tag starts, so the pass ends there.
 *
 * Invariants.
 *   I1  A handler gets a tag of at least min_size bytes and reads nothing
 *       beyond the size that it is given.
 *   I2  The pass ends: each step moves on by at least 8 bytes.
 * Locking. None. Contexts. Any; pure code, also compiled for the host.
 * Limits. Sizes of sections, EFI entry points, VBE, APM, SMBIOS, network
 * and boot device tags are known and passed over.
 * References. Multiboot2 Specification 2.0, "Boot information format";
 * UEFI Specification, "GetMemoryMap()".
 */
#include <base/bits.h>
#include <base/unaligned.h>
#include <arch/boot.h>
#include <lib/string.h>

#include "boot_parse.h"

#define MB2_HEADER   8 /* total size, reserved */
#define MB2_TAG_HEAD 8 /* type, size */

#define MMAP_ENTRY_MIN 24
#define EFI_DESC_MIN   40
#define ELF_SHDR_MIN   40 /* of a 32-bit ELF file; 64 in a 64-bit one */

/* Types of EFI memory descriptors. */
#define EFI_LOADER_CODE	 1
#define EFI_BOOT_CODE	 3
#define EFI_BOOT_DATA	 4
#define EFI_CONVENTIONAL 7
#define EFI_UNUSABLE	 8
#define EFI_ACPI_RECLAIM 9
#define EFI_ACPI_NVS	 10
#define EFI_ATTR_RUNTIME (1ULL << 63)

/* What handlers collect for the decisions after the pass. */
struct mb2_walk {
	struct boot_info *bi;
	u32 seen;	   /* bit per tag type */
	const u8 *meminfo; /* the tag or NULL */
	const u8 *efi_map; /* first descriptor or NULL */
	u32 efi_desc_size;
	bool boot_services; /* firmware is still running */
};

struct mb2_handler {
	u32 min_size;
	bool repeats;
	void (*fn)(struct mb2_walk *w, const u8 *tag, u32 size);
};

/* Length of the text from @s to the end of the tag. */
static size_t tag_text(struct mb2_walk *w, const u8 *tag, u32 size, u32 start,
		       const char **s)
{
	const char *text = (const char *)tag + start;
	size_t len = strnlen(text, size - start);

	if (len == size - start)
		boot_problem_add(w->bi, BOOT_PROBLEM_STRING_OPEN,
				 get_unaligned_le32(tag), len);
	*s = text;
	return len;
}

static void tag_cmdline(struct mb2_walk *w, const u8 *tag, u32 size)
{
	const char *s;
	size_t len = tag_text(w, tag, size, 8, &s);

	boot_info_set_cmdline(w->bi, s, len);
}

static void tag_loader(struct mb2_walk *w, const u8 *tag, u32 size)
{
	const char *s;
	size_t len = tag_text(w, tag, size, 8, &s);

	len = min_t(size_t, len, sizeof(w->bi->loader) - 1);
	memcpy(w->bi->loader, s, len);
	w->bi->loader[len] = '\0';
}

static void tag_module(struct mb2_walk *w, const u8 *tag, u32 size)
{
	u32 start = get_unaligned_le32(tag + 8);
	u32 end = get_unaligned_le32(tag + 12);
	struct mem_range where = {.base = start, .size = end - start};
	const char *s;
	size_t len = tag_text(w, tag, size, 16, &s);

	if (end < start) {
		boot_problem_add(w->bi, BOOT_PROBLEM_MODULE_RANGE, MB2_MODULE,
				 start);
		return;
	}
	boot_info_add_module(w->bi, w->bi->nr_modules + 1, &where, s, len);
}

static void tag_meminfo(struct mb2_walk *w, const u8 *tag, u32 size)
{
	(void)size;
	w->meminfo = tag;
}

static void tag_mmap(struct mb2_walk *w, const u8 *tag, u32 size)
{
	u32 step = get_unaligned_le32(tag + 8);
	u32 left = size - 16;
	const u8 *e = tag + 16;

	if (step < MMAP_ENTRY_MIN || step % 8 || step > left) {
		boot_problem_add(w->bi, BOOT_PROBLEM_ENTRY_SIZE, MB2_MMAP,
				 step);
		if (step < MMAP_ENTRY_MIN)
			return;
	}
	for (; left >= step; left -= step, e += step)
		boot_info_add_mem(w->bi, get_unaligned_le64(e),
				  get_unaligned_le64(e + 8),
				  get_unaligned_le32(e + 16));
	if (left)
		boot_problem_add(w->bi, BOOT_PROBLEM_TAG_SIZE, MB2_MMAP, size);
}

/* A colour's place in the pixel; false when it does not fit. */
static bool colour_fits(const u8 *field, u32 bits)
{
	return field[1] > 0 && field[1] <= 8 && field[0] + field[1] <= bits;
}

/* Whether the screen the tag describes can be drawn on as it is. */
static bool framebuffer_sane(const struct boot_framebuffer *fb)
{
	u64 line;

	if (fb->width == 0 || fb->height == 0 || fb->width > 65536 ||
	    fb->height > 65536)
		return false;
	if (fb->type == BOOT_FB_TEXT)
		line = 2ULL * fb->width; /* character and attribute */
	else if (fb->bpp == 15 || fb->bpp == 16 || fb->bpp == 24 ||
		 fb->bpp == 32)
		line = (u64)fb->width * DIV_ROUND_UP(fb->bpp, 8);
	else
		return false;
	if (fb->base == 0 || fb->base >= BOOT_PHYS_LIMIT || fb->pitch < line)
		return false;
	return (u64)fb->pitch * fb->height <= BOOT_PHYS_LIMIT - fb->base;
}

static void tag_framebuffer(struct mb2_walk *w, const u8 *tag, u32 size)
{
	struct boot_framebuffer fb = {
		.base = get_unaligned_le64(tag + 8),
		.pitch = get_unaligned_le32(tag + 16),
		.width = get_unaligned_le32(tag + 20),
		.height = get_unaligned_le32(tag + 24),
		.bpp = tag[28],
	};
	const u8 *colour = tag + 32;
	u64 found = tag[29];

	if (tag[29] == 2) {
		fb.type = BOOT_FB_TEXT;
	} else if (tag[29] == 1 && size >= 38 && colour_fits(colour, fb.bpp) &&
		   colour_fits(colour + 2, fb.bpp) &&
		   colour_fits(colour + 4, fb.bpp)) {
		fb.type = BOOT_FB_RGB;
		fb.red_shift = colour[0];
		fb.red_bits = colour[1];
		fb.green_shift = colour[2];
		fb.green_bits = colour[3];
		fb.blue_shift = colour[4];
		fb.blue_bits = colour[5];
		found = fb.bpp;
	}
	if (fb.type != BOOT_FB_NONE && framebuffer_sane(&fb))
		w->bi->fb = fb;
	else
		boot_problem_add(w->bi, BOOT_PROBLEM_FRAMEBUFFER,
				 MB2_FRAMEBUFFER, found);
}

static void tag_elf(struct mb2_walk *w, const u8 *tag, u32 size)
{
	u32 num = get_unaligned_le32(tag + 8);
	u32 entsize = get_unaligned_le32(tag + 12);
	u32 fit;

	if (entsize < ELF_SHDR_MIN) {
		if (num)
			boot_problem_add(w->bi, BOOT_PROBLEM_ENTRY_SIZE,
					 MB2_ELF, entsize);
		return;
	}
	fit = (size - 20) / entsize;
	if (num > fit)
		boot_problem_add(w->bi, BOOT_PROBLEM_TAG_SIZE, MB2_ELF, size);
	w->bi->nr_elf_sections = min(num, fit);
}

/* Takes the first @want bytes of @tag's RSDP if its revision allows. */
static void copy_rsdp(struct mb2_walk *w, const u8 *tag, u32 size, u32 want)
{
	const u8 *rsdp = tag + MB2_TAG_HEAD;

	if (memcmp(rsdp, "RSD PTR ", 8) != 0) {
		boot_problem_add(w->bi, BOOT_PROBLEM_RSDP,
				 get_unaligned_le32(tag),
				 get_unaligned_le64(rsdp));
		return;
	}
	if (want == 36 && (size < MB2_TAG_HEAD + 36 || rsdp[15] < 2)) {
		boot_problem_add(w->bi, BOOT_PROBLEM_RSDP,
				 get_unaligned_le32(tag), size - MB2_TAG_HEAD);
		want = 20;
	}
	if (want <= w->bi->rsdp_size)
		return; /* the other tag said more */
	memcpy(w->bi->rsdp, rsdp, want);
	w->bi->rsdp_size = want;
}

static void tag_acpi_old(struct mb2_walk *w, const u8 *tag, u32 size)
{
	copy_rsdp(w, tag, size, 20);
}

static void tag_acpi_new(struct mb2_walk *w, const u8 *tag, u32 size)
{
	copy_rsdp(w, tag, size, 36);
}

static void tag_efi(struct mb2_walk *w, const u8 *tag, u32 size)
{
	(void)tag;
	(void)size;
	w->bi->efi = true;
}

static void tag_efi_bs(struct mb2_walk *w, const u8 *tag, u32 size)
{
	tag_efi(w, tag, size);
	w->boot_services = true;
}

static void tag_efi_map(struct mb2_walk *w, const u8 *tag, u32 size)
{
	u32 step = get_unaligned_le32(tag + 8);

	w->bi->efi = true;
	if (step < EFI_DESC_MIN) {
		boot_problem_add(w->bi, BOOT_PROBLEM_ENTRY_SIZE, MB2_EFI_MMAP,
				 step);
		return;
	}
	w->bi->nr_efi_entries = (size - 16) / step;
	w->efi_map = tag + 16;
	w->efi_desc_size = step;
	if ((size - 16) % step)
		boot_problem_add(w->bi, BOOT_PROBLEM_TAG_SIZE, MB2_EFI_MMAP,
				 size);
}

/* clang-format off */
static const struct mb2_handler handlers[MB2_TAGS] = {
	[MB2_CMDLINE]     = {  8, false, tag_cmdline },
	[MB2_LOADER]      = {  8, false, tag_loader },
	[MB2_MODULE]      = { 16, true,  tag_module },
	[MB2_MEMINFO]     = { 16, false, tag_meminfo },
	[MB2_BOOTDEV]     = {  8, false, NULL },
	[MB2_MMAP]        = { 16, false, tag_mmap },
	[MB2_VBE]         = {  8, false, NULL },
	[MB2_FRAMEBUFFER] = { 30, false, tag_framebuffer },
	[MB2_ELF]         = { 20, false, tag_elf },
	[MB2_APM]         = {  8, false, NULL },
	[MB2_EFI32]       = {  8, false, tag_efi },
	[MB2_EFI64]       = {  8, false, tag_efi },
	[MB2_SMBIOS]      = {  8, true,  NULL },
	[MB2_ACPI_OLD]    = { 28, false, tag_acpi_old },
	[MB2_ACPI_NEW]    = { 28, false, tag_acpi_new },
	[MB2_NETWORK]     = {  8, true,  NULL },
	[MB2_EFI_MMAP]    = { 16, false, tag_efi_map },
	[MB2_EFI_BS]      = {  8, false, tag_efi_bs },
	[MB2_EFI32_IH]    = {  8, false, tag_efi },
	[MB2_EFI64_IH]    = {  8, false, tag_efi },
	[MB2_LOAD_BASE]   = {  8, false, NULL },
};
/* clang-format on */

static void mb2_one_tag(struct mb2_walk *w, const u8 *tag, u32 size)
{
	u32 type = get_unaligned_le32(tag);
	const struct mb2_handler *h;

	if (type >= MB2_TAGS) {
		boot_problem_add(w->bi, BOOT_PROBLEM_TAG_UNKNOWN, type, size);
		return;
	}
	h = &handlers[type];
	if ((w->seen & BIT(type)) && !h->repeats) {
		boot_problem_add(w->bi, BOOT_PROBLEM_TAG_DUPLICATE, type, size);
		return;
	}
	if (size < h->min_size) {
		boot_problem_add(w->bi, BOOT_PROBLEM_TAG_SIZE, type, size);
		return;
	}
	w->seen |= (u32)BIT(type);
	if (h->fn)
		h->fn(w, tag, size);
}

static void mb2_walk_tags(struct mb2_walk *w, const u8 *info, size_t total)
{
	size_t off = MB2_HEADER;

	while (off <= total && total - off >= MB2_TAG_HEAD) {
		const u8 *tag = info + off;
		u32 type = get_unaligned_le32(tag);
		u32 size = get_unaligned_le32(tag + 4);
		size_t rest = total - off;

		if (size < MB2_TAG_HEAD || size > rest)
			boot_problem_add(w->bi, BOOT_PROBLEM_TAG_SIZE, type,
					 size);
		if (size < MB2_TAG_HEAD)
			break;
		if (type == MB2_END)
			return;
		mb2_one_tag(w, tag, (u32)min_t(size_t, size, rest));
		if (size > rest)
			break;
		off += ALIGN((size_t)size, 8);
	}
	boot_problem_add(w->bi, BOOT_PROBLEM_NO_END_TAG, MB2_END, off);
}

static enum mem_type efi_type(const struct mb2_walk *w, const u8 *desc)
{
	u32 type = get_unaligned_le32(desc);

	if (get_unaligned_le64(desc + 32) & EFI_ATTR_RUNTIME)
		return MEM_RESERVED;
	switch (type) {
	case EFI_BOOT_CODE:
	case EFI_BOOT_DATA:
		return w->boot_services ? MEM_RESERVED : MEM_USABLE;
	case EFI_LOADER_CODE:
	case EFI_LOADER_CODE + 1: /* loader data */
	case EFI_CONVENTIONAL:
		return MEM_USABLE;
	case EFI_UNUSABLE:
		return MEM_BAD;
	case EFI_ACPI_RECLAIM:
		return MEM_ACPI_RECLAIM;
	case EFI_ACPI_NVS:
		return MEM_ACPI_NVS;
	default:
		return MEM_RESERVED;
	}
}

static void add_efi_map(struct mb2_walk *w, bool with_usable)
{
	const u8 *desc = w->efi_map;

	for (u32 i = 0; i < w->bi->nr_efi_entries; i++) {
		enum mem_type type = efi_type(w, desc);
		u64 pages = get_unaligned_le64(desc + 24);
		/* A page count whose bytes wrap must not look small. */
		u64 size = pages > BOOT_PHYS_LIMIT >> 12 ? ~0ULL : pages << 12;

		if (with_usable || type != MEM_USABLE)
			boot_info_add_mem(w->bi, get_unaligned_le64(desc + 8),
					  size, type);
		desc += w->efi_desc_size;
	}
}

/*
 * No map, or no usable memory in it. The basic tag knows only how far memory
 * reaches from 0 and from 1 MiB on; an EFI map, if there is one too, knows
 * what inside that is not ours.
 */
static void mb2_fallback_map(struct mb2_walk *w)
{
	struct boot_info *bi = w->bi;
	u32 lower, upper;

	if (w->meminfo) {
		lower = get_unaligned_le32(w->meminfo + 8);
		upper = get_unaligned_le32(w->meminfo + 12);
		if (lower)
			boot_info_add_mem(bi, 0, min(lower, 640U) * 1024ULL,
					  MEM_USABLE);
		if (upper)
			boot_info_add_mem(bi, 1 << 20, upper * 1024ULL,
					  MEM_USABLE);
	}
	if (boot_info_has_usable(bi)) {
		boot_problem_add(bi, BOOT_PROBLEM_MEM_FALLBACK, MB2_MEMINFO, 0);
		add_efi_map(w, false);
		return;
	}
	add_efi_map(w, true);
	if (boot_info_has_usable(bi))
		boot_problem_add(bi, BOOT_PROBLEM_MEM_FALLBACK, MB2_EFI_MMAP,
				 0);
}

void multiboot2_parse(const void *info, size_t avail, struct boot_info *bi)
{
	struct mb2_walk w = {.bi = bi};
	size_t total;

	boot_info_reset(bi, BOOT_MULTIBOOT2);
	if ((uintptr_t)info % 8)
		boot_problem_add(bi, BOOT_PROBLEM_INFO_ALIGN, 0,
				 (uintptr_t)info);
	if (avail < MB2_HEADER) {
		boot_problem_add(bi, BOOT_PROBLEM_INFO_SIZE, 0, avail);
		boot_info_finish(bi);
		return;
	}
	total = get_unaligned_le32(info);
	if (total < MB2_HEADER + MB2_TAG_HEAD || total > avail)
		boot_problem_add(bi, BOOT_PROBLEM_INFO_SIZE, 0, total);
	mb2_walk_tags(&w, info, min(total, avail));
	if (!boot_info_has_usable(bi))
		mb2_fallback_map(&w);
	boot_info_finish(bi);
}
