/* SPDX-License-Identifier: MIT */
/*
 * boot_text.c - what went wrong with the boot information, in words.
 *
 * Purpose. Parsers run before there is a console; they note a kind and two
 * numbers. start_kernel() prints each as the sentence made here.
 * Model. One format a kind, in a few switches by topic, so that the compiler
 * checks each format against its arguments.
 * Locking, Contexts. None, any.
 */
#include <base/bits.h>
#include <arch/boot.h>
#include <lib/fmt.h>

#include "boot_parse.h"

static const char *const tag_names[MB2_TAGS] = {
	[MB2_END] = "end",
	[MB2_CMDLINE] = "command line",
	[MB2_LOADER] = "loader name",
	[MB2_MODULE] = "module",
	[MB2_MEMINFO] = "basic memory information",
	[MB2_BOOTDEV] = "boot device",
	[MB2_MMAP] = "memory map",
	[MB2_VBE] = "VBE",
	[MB2_FRAMEBUFFER] = "framebuffer",
	[MB2_ELF] = "ELF sections",
	[MB2_APM] = "APM",
	[MB2_EFI32] = "EFI 32-bit system table",
	[MB2_EFI64] = "EFI 64-bit system table",
	[MB2_SMBIOS] = "SMBIOS",
	[MB2_ACPI_OLD] = "ACPI 1.0 RSDP",
	[MB2_ACPI_NEW] = "ACPI 2.0 RSDP",
	[MB2_NETWORK] = "network",
	[MB2_EFI_MMAP] = "EFI memory map",
	[MB2_EFI_BS] = "EFI boot services",
	[MB2_EFI32_IH] = "EFI 32-bit image handle",
	[MB2_EFI64_IH] = "EFI 64-bit image handle",
	[MB2_LOAD_BASE] = "load base address",
};

static const char *tag_name(u32 tag)
{
	return tag < MB2_TAGS ? tag_names[tag] : "unknown";
}

const char *mem_type_name(enum mem_type type)
{
	switch (type) {
	case MEM_USABLE:
		return "usable";
	case MEM_RESERVED:
		return "reserved";
	case MEM_ACPI_RECLAIM:
		return "ACPI tables";
	case MEM_ACPI_NVS:
		return "ACPI NVS";
	case MEM_BAD:
		return "bad";
	}
	return "unknown";
}

/* Problems of the memory map; false when @p is of another sort. */
static bool describe_mem(const struct boot_problem *p, char *buf, size_t size)
{
	u64 v = p->value;

	switch (p->kind) {
	case BOOT_PROBLEM_MEM_EMPTY:
		scnprintf(buf, size, "memory map: empty range at %#llx ignored",
			  v);
		return true;
	case BOOT_PROBLEM_MEM_WRAPS:
		scnprintf(
			buf, size,
			"memory map: range at %#llx passes the 2^52 limit; ignored if usable, else cut",
			v);
		return true;
	case BOOT_PROBLEM_MEM_OVERLAP:
		scnprintf(
			buf, size,
			"memory map: ranges overlap at %#llx; the more restrictive type wins",
			v);
		return true;
	case BOOT_PROBLEM_MEM_UNSORTED:
		scnprintf(buf, size,
			  "memory map: range at %#llx is out of order; sorted",
			  v);
		return true;
	case BOOT_PROBLEM_MEM_FULL:
		scnprintf(
			buf, size,
			"memory map: %llu ranges do not fit into %u; some usable memory is lost",
			v, BOOT_MAX_MEM);
		return true;
	case BOOT_PROBLEM_MEM_FALLBACK:
		scnprintf(buf, size,
			  "no memory map from the loader; using its %s tag",
			  tag_name(p->tag));
		return true;
	case BOOT_PROBLEM_MEM_MISSING:
		scnprintf(
			buf, size,
			"the loader named no usable memory at all; cannot run");
		return true;
	default:
		return false;
	}
}

/* Problems of tags as such. */
static bool describe_tag(const struct boot_problem *p, char *buf, size_t size)
{
	const char *name = tag_name(p->tag);
	u64 v = p->value;

	switch (p->kind) {
	case BOOT_PROBLEM_TAG_SIZE:
		scnprintf(buf, size, "%s tag (%u) has the impossible size %llu",
			  name, p->tag, v);
		return true;
	case BOOT_PROBLEM_TAG_UNKNOWN:
		scnprintf(buf, size, "unknown multiboot2 tag %u skipped",
			  p->tag);
		return true;
	case BOOT_PROBLEM_TAG_DUPLICATE:
		scnprintf(buf, size,
			  "%s tag (%u) given twice; the first counts", name,
			  p->tag);
		return true;
	case BOOT_PROBLEM_NO_END_TAG:
		scnprintf(buf, size, "boot information has no end tag");
		return true;
	case BOOT_PROBLEM_ENTRY_SIZE:
		scnprintf(buf, size, "%s tag (%u): bad entry size %llu", name,
			  p->tag, v);
		return true;
	case BOOT_PROBLEM_STRING_OPEN:
		scnprintf(buf, size, "%s tag (%u): text is not terminated",
			  name, p->tag);
		return true;
	default:
		return false;
	}
}

/* Problems of modules. */
static bool describe_module(const struct boot_problem *p, char *buf,
			    size_t size)
{
	u64 v = p->value;

	switch (p->kind) {
	case BOOT_PROBLEM_MODULE_FULL:
		scnprintf(buf, size, "module %llu ignored: room for %u only", v,
			  BOOT_MAX_MODULES);
		return true;
	case BOOT_PROBLEM_MODULE_RANGE:
		scnprintf(buf, size,
			  "module at %#llx ignored: its end makes no sense", v);
		return true;
	case BOOT_PROBLEM_MODULE_OVERLAP:
		scnprintf(buf, size,
			  "module at %#llx ignored: it lies over the kernel",
			  v);
		return true;
	default:
		return false;
	}
}

void boot_problem_describe(const struct boot_problem *p, char *buf, size_t size)
{
	u64 v = p->value;

	if (describe_mem(p, buf, size) || describe_tag(p, buf, size) ||
	    describe_module(p, buf, size))
		return;

	switch (p->kind) {
	case BOOT_PROBLEM_MAGIC:
		scnprintf(buf, size,
			  "boot magic %#llx is neither multiboot2 nor PVH", v);
		break;
	case BOOT_PROBLEM_INFO_SIZE:
		scnprintf(buf, size,
			  "boot information claims %llu bytes, which cannot be",
			  v);
		break;
	case BOOT_PROBLEM_INFO_ALIGN:
		scnprintf(buf, size,
			  "boot information at %#llx is not 8-byte aligned", v);
		break;
	case BOOT_PROBLEM_CMDLINE_LONG:
		scnprintf(buf, size,
			  "command line of %llu characters cut to %u", v,
			  BOOT_CMDLINE_SIZE - 1);
		break;
	case BOOT_PROBLEM_RSDP:
		scnprintf(buf, size,
			  "%s is malformed (found %#llx); looking elsewhere",
			  tag_name(p->tag), v);
		break;
	case BOOT_PROBLEM_FRAMEBUFFER:
		scnprintf(
			buf, size,
			"framebuffer not used: bad or unsupported (found %#llx)",
			v);
		break;
	case BOOT_PROBLEM_FB_OVERLAP:
		scnprintf(
			buf, size,
			"framebuffer not used: at %#llx it lies over usable memory",
			v);
		break;
	case BOOT_PROBLEM_UNREADABLE:
		scnprintf(buf, size,
			  "loader points to %#llx, which cannot be read", v);
		break;
	default:
		scnprintf(buf, size, "unknown problem %u (tag %u, value %#llx)",
			  (unsigned int)p->kind, p->tag, v);
		break;
	}
}
