/* SPDX-License-Identifier: MIT */
/*
 * boot.h (arch) - what a boot loader told us, in one form.
 *
 * Model. The multiboot2 tags and QEMU's PVH start_info are read once, early,
 * by boot/multiboot2.c and boot/pvh.c, and copied into the one static
 * struct boot_info; the loader's memory is not referred to afterwards, except
 * for modules, which stay where the loader put them. A parser notes what was
 * wrong with its input in problems[], because nothing can be printed yet;
 * start_kernel() prints them.
 *
 * Invariants after boot_info_finish():
 *   I1  mem[] is sorted by base, entries do not overlap and are not empty,
 *       base + size does not wrap and stays at or below BOOT_PHYS_LIMIT.
 *   I2  where ranges of the input overlapped, the more restrictive type won
 *       (any other type beats MEM_USABLE).
 *   I3  strings are terminated.
 *   I4  neighbours of one type do not touch: they were merged.
 *   I5  a framebuffer does not lie over usable memory.
 */
#ifndef ARCH_BOOT_H
#define ARCH_BOOT_H

#include <base/compiler.h>
#include <base/types.h>

/* Physical addresses end here: 52 bits is the architecture's limit. */
#define BOOT_PHYS_LIMIT (1ULL << 52)

#define BOOT_MAX_MEM	  256
#define BOOT_MAX_MODULES  16
#define BOOT_MAX_PROBLEMS 32
#define BOOT_CMDLINE_SIZE 4096

/* In EAX from a multiboot2 loader; first word of a PVH start_info. */
#define MULTIBOOT2_BOOT_MAGIC 0x36d76289U
#define PVH_START_MAGIC	      0x336ec578U

/* Values of multiboot2, PVH and the BIOS E820 call alike. */
enum mem_type {
	MEM_USABLE = 1,
	MEM_RESERVED = 2,
	MEM_ACPI_RECLAIM = 3, /* ACPI tables; RAM once they are read */
	MEM_ACPI_NVS = 4,
	MEM_BAD = 5,
};

enum boot_protocol {
	BOOT_NONE,
	BOOT_MULTIBOOT2,
	BOOT_PVH,
};

struct mem_range {
	phys_addr_t base;
	u64 size;
	enum mem_type type;
};

struct boot_module {
	phys_addr_t base;
	u64 size;
	char cmdline[128];
};

/* A linear framebuffer or the EGA text screen the loader left behind. */
enum boot_fb_type {
	BOOT_FB_NONE,
	BOOT_FB_RGB,
	BOOT_FB_TEXT,
};

struct boot_framebuffer {
	enum boot_fb_type type;
	phys_addr_t base;
	u32 pitch; /* bytes from one line to the next */
	u32 width; /* pixels, or characters in text mode */
	u32 height;
	u8 bpp; /* bits per pixel: 15, 16, 24 or 32 */
	u8 red_shift, red_bits;
	u8 green_shift, green_bits;
	u8 blue_shift, blue_bits;
};

enum boot_problem_kind {
	BOOT_PROBLEM_NONE,
	BOOT_PROBLEM_MAGIC,	    /* value: what the loader passed */
	BOOT_PROBLEM_INFO_SIZE,	    /* value: total size claimed */
	BOOT_PROBLEM_INFO_ALIGN,    /* value: address of the information */
	BOOT_PROBLEM_TAG_SIZE,	    /* tag, value: size claimed */
	BOOT_PROBLEM_TAG_UNKNOWN,   /* tag */
	BOOT_PROBLEM_TAG_DUPLICATE, /* tag */
	BOOT_PROBLEM_NO_END_TAG,
	BOOT_PROBLEM_ENTRY_SIZE,   /* tag, value: entry size claimed */
	BOOT_PROBLEM_CMDLINE_LONG, /* value: length; cut to fit */
	BOOT_PROBLEM_STRING_OPEN,  /* tag: no terminator inside the tag */
	BOOT_PROBLEM_MEM_EMPTY,	   /* value: base of a zero-length range */
	BOOT_PROBLEM_MEM_WRAPS,	   /* value: base of the range */
	BOOT_PROBLEM_MEM_OVERLAP,  /* value: base of the overlap */
	BOOT_PROBLEM_MEM_UNSORTED,
	BOOT_PROBLEM_MEM_FULL,	   /* value: entries in the input */
	BOOT_PROBLEM_MEM_FALLBACK, /* tag: the one used for want of a map */
	BOOT_PROBLEM_MEM_MISSING,
	BOOT_PROBLEM_MODULE_FULL,    /* value: modules in the input */
	BOOT_PROBLEM_MODULE_RANGE,   /* value: start of the bad module */
	BOOT_PROBLEM_MODULE_OVERLAP, /* value: start; it lies over the image */
	BOOT_PROBLEM_RSDP,	     /* value: signature or length found */
	BOOT_PROBLEM_FRAMEBUFFER,    /* value: type or depth found */
	BOOT_PROBLEM_FB_OVERLAP,     /* value: its address */
	BOOT_PROBLEM_UNREADABLE,     /* value: address outside what is mapped */
	BOOT_PROBLEM_KINDS,
};

struct boot_problem {
	enum boot_problem_kind kind;
	u32 tag;
	u64 value;
};

struct boot_info {
	enum boot_protocol protocol;
	char loader[64];
	char cmdline[BOOT_CMDLINE_SIZE];

	struct mem_range mem[BOOT_MAX_MEM];
	unsigned int nr_mem;

	struct boot_module modules[BOOT_MAX_MODULES];
	unsigned int nr_modules;

	/* A copy of the RSDP (20 or 36 bytes) or its address; 0: neither. */
	u8 rsdp[36];
	unsigned int rsdp_size;
	phys_addr_t rsdp_addr;

	struct boot_framebuffer fb;

	/* Number of ELF sections and EFI map entries the loader described. */
	unsigned int nr_elf_sections;
	unsigned int nr_efi_entries;
	bool efi; /* started by UEFI firmware */

	/* The first few of each kind; the others are only counted. */
	struct boot_problem problems[BOOT_MAX_PROBLEMS];
	unsigned int nr_problems;
	unsigned int nr_problems_cut;

	/* Working state of boot_info_add_mem(). */
	unsigned int nr_mem_input;
	phys_addr_t last_base;
	bool mem_cut; /* something was dropped to fit BOOT_MAX_MEM */
};

/*
 * How a parser reaches physical memory: map() returns a pointer to @len
 * readable bytes at @pa, or NULL when they cannot be read. Pointers stay
 * valid until the parser that asked for them has returned.
 */
struct phys_reader {
	const void *(*map)(void *ctx, phys_addr_t pa, size_t len);
	void *ctx;
};

struct hvm_start_info;

extern struct boot_info boot_info;

/**
 * multiboot2_parse() - read a multiboot2 loader's information.
 * @info: what the loader passed in EBX, mapped; need not be aligned.
 * @avail: bytes that may be read at @info; nothing beyond is touched.
 * @bi: overwritten. Whatever the input, it ends up finished (I1..I5).
 *
 * Context: any; meant for early boot, before anything can be printed.
 * Locking: none.
 */
void multiboot2_parse(const void *info, size_t avail, struct boot_info *bi);

/**
 * pvh_parse() - read the start_info of a PVH boot.
 * @si: 40 readable bytes, or 56 when its version is 1 or later.
 * @rd: reaches what @si points to by physical address.
 * @bi: overwritten. Whatever the input, it ends up finished (I1..I5).
 *
 * Context: any. Locking: none.
 */
void pvh_parse(const struct hvm_start_info *si, const struct phys_reader *rd,
	       struct boot_info *bi);

/**
 * boot_info_check_modules() - drop modules that lie over the kernel image.
 * @base, @size: where the image is. A module there has been overwritten (or
 *	has overwritten us): it is removed and noted as a problem.
 *
 * Context: any. Locking: none.
 */
void boot_info_check_modules(struct boot_info *bi, phys_addr_t base, u64 size);

/**
 * boot_info_check() - validate I1, I3, I4, I5 and the counters.
 *
 * Context: any. Locking: none.
 * Return: 0, or -EINVAL when an invariant does not hold.
 */
int boot_info_check(const struct boot_info *bi);

/**
 * boot_problem_describe() - one sentence for people.
 * @buf, @size: receives the text, terminated, without a newline.
 *
 * Context: any. Locking: none.
 */
void boot_problem_describe(const struct boot_problem *p, char *buf,
			   size_t size);

/* "usable", "reserved", ...: for the memory map that is printed at boot. */
const char *mem_type_name(enum mem_type type);

#endif /* ARCH_BOOT_H */
