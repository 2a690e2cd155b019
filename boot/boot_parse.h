/* SPDX-License-Identifier: MIT */
/*
 * boot_parse.h - shared by the parsers in boot/, used nowhere else.
 *
 * A parser calls boot_info_reset(), then boot_info_add_mem() and the copy
 * helpers as it walks its input, and boot_info_finish() last.
 */
#ifndef BOOT_BOOT_PARSE_H
#define BOOT_BOOT_PARSE_H

#include <base/compiler.h>
#include <base/types.h>
#include <arch/boot.h>

/* Tag numbers of the Multiboot2 Specification 2.0, "Boot information". */
enum mb2_tag {
	MB2_END,
	MB2_CMDLINE,
	MB2_LOADER,
	MB2_MODULE,
	MB2_MEMINFO,
	MB2_BOOTDEV,
	MB2_MMAP,
	MB2_VBE,
	MB2_FRAMEBUFFER,
	MB2_ELF,
	MB2_APM,
	MB2_EFI32,
	MB2_EFI64,
	MB2_SMBIOS,
	MB2_ACPI_OLD,
	MB2_ACPI_NEW,
	MB2_NETWORK,
	MB2_EFI_MMAP,
	MB2_EFI_BS,
	MB2_EFI32_IH,
	MB2_EFI64_IH,
	MB2_LOAD_BASE,
	MB2_TAGS,
};

/*
 * The start_info of "x86/HVM direct boot ABI" (Xen documentation). The map
 * is there from version 1 on.
 */
struct hvm_start_info {
	u32 magic;
	u32 version;
	u32 flags;
	u32 nr_modules;
	u64 modlist_paddr;
	u64 cmdline_paddr;
	u64 rsdp_paddr;
	u64 memmap_paddr;
	u32 memmap_entries;
	u32 reserved;
};

struct hvm_modlist_entry {
	u64 paddr;
	u64 size;
	u64 cmdline_paddr;
	u64 reserved;
};

struct hvm_memmap_entry {
	u64 addr;
	u64 size;
	u32 type;
	u32 reserved;
};

static_assert(sizeof(struct hvm_start_info) == 56, "PVH ABI");
static_assert(offsetof(struct hvm_start_info, memmap_paddr) == 40, "PVH ABI");
static_assert(sizeof(struct hvm_modlist_entry) == 32, "PVH ABI");
static_assert(sizeof(struct hvm_memmap_entry) == 24, "PVH ABI");

void boot_info_reset(struct boot_info *bi, enum boot_protocol protocol);
void boot_problem_add(struct boot_info *bi, enum boot_problem_kind kind,
		      u32 tag, u64 value);

/**
 * boot_info_add_mem() - lay one range of the firmware's map over the others.
 * @base, @size: may be anything, see the rules in boot_info.c.
 * @type: the raw number; one that we do not know counts as reserved.
 *
 * I1, I2 and I4 hold after every call.
 */
void boot_info_add_mem(struct boot_info *bi, phys_addr_t base, u64 size,
		       u32 type);

/* Whether any range of the map so far is usable. */
bool boot_info_has_usable(const struct boot_info *bi);

/* The command line of @len bytes; cut between two words when too long. */
void boot_info_set_cmdline(struct boot_info *bi, const char *s, size_t len);

/**
 * boot_info_add_module() - note a module.
 * @nr: which one of the input, from 1; reported when there is no room.
 * @cmdline, @len: its text, not necessarily terminated.
 */
void boot_info_add_module(struct boot_info *bi, unsigned int nr,
			  const struct mem_range *where, const char *cmdline,
			  size_t len);

void boot_info_finish(struct boot_info *bi);

#endif /* BOOT_BOOT_PARSE_H */
