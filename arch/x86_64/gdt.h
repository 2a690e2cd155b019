/* SPDX-License-Identifier: MIT */
/*
 * gdt.h - segment descriptors, selectors, the task-state segment.
 *
 * The order kernel CS, kernel DS, user CS32, user DS, user CS64 is what
 * SYSCALL and SYSRET compute from one register (A SEG-5).
 * Source: Intel SDM vol. 3A, "Segment Descriptors", "TSS in 64-bit Mode".
 */
#ifndef ARCH_X86_64_GDT_H
#define ARCH_X86_64_GDT_H

#include <base/compiler.h>
#include <base/types.h>
#include <lib/percpu.h>

#define GDT_ENTRY_KERNEL_CS 2
#define GDT_ENTRY_KERNEL_DS 3
#define GDT_ENTRY_USER32_CS 4
#define GDT_ENTRY_USER_DS   5
#define GDT_ENTRY_USER_CS   6
#define GDT_ENTRY_TSS	    8  /* two slots: system descriptors have 16 bytes */
#define GDT_ENTRY_TLS	    12 /* three slots per thread (A SEG-10) */
#define GDT_ENTRIES	    16

#define KERNEL_CS    (GDT_ENTRY_KERNEL_CS * 8)
#define KERNEL_DS    (GDT_ENTRY_KERNEL_DS * 8)
#define USER32_CS    (GDT_ENTRY_USER32_CS * 8 + 3)
#define USER_DS	     (GDT_ENTRY_USER_DS * 8 + 3)
#define USER_CS	     (GDT_ENTRY_USER_CS * 8 + 3)
#define TSS_SELECTOR (GDT_ENTRY_TSS * 8)

static_assert(KERNEL_CS == 0x10 && KERNEL_DS == 0x18, "A SEG-5");
static_assert(USER32_CS == 0x23 && USER_DS == 0x2b && USER_CS == 0x33,
	      "A SEG-5: SYSRET order");

/*
 * The raw words of A SEG-4, with the Accessed bit preset: the CPU would set
 * it on the first load, and must not have to write to the table.
 */
#define DESC_KERNEL_CS 0x00af9b000000ffffULL
#define DESC_KERNEL_DS 0x00cf93000000ffffULL
#define DESC_USER32_CS 0x00cffb000000ffffULL
#define DESC_USER_DS   0x00cff3000000ffffULL
#define DESC_USER_CS   0x00affb000000ffffULL

#define DESC_TYPE_TSS_AVAIL 0x9
#define DESC_TYPE_TSS_BUSY  0xb

/* Stacks that the CPU switches to by itself, whatever the stack pointer is. */
#define IST_DF	1
#define IST_NMI 2
#define IST_MC	3
#define IST_DB	4
#define IST_NR	4

struct tss {
	u32 reserved0;
	u64 rsp[3]; /* stack on entry from ring 3 to ring 0, 1, 2 */
	u64 reserved1;
	u64 ist[7]; /* ist[0] is IST 1 */
	u64 reserved2;
	u16 reserved3;
	u16 io_map_base; /* behind the limit: no bitmap, no user I/O */
} __packed;

static_assert(sizeof(struct tss) == 104, "A SEG-9");
static_assert(offsetof(struct tss, rsp) == 4, "A SEG-9");
static_assert(offsetof(struct tss, ist) == 0x24, "A SEG-9");
static_assert(offsetof(struct tss, io_map_base) == 0x66, "A SEG-9");

struct gdt_page {
	u64 entry[GDT_ENTRIES];
} __aligned(4096);

struct desc_ptr {
	u16 limit;
	u64 base;
} __packed;

DECLARE_PER_CPU(struct gdt_page, gdt_page);
DECLARE_PER_CPU(struct tss, cpu_tss);

/* Parts of a code or data descriptor; base and limit as in A SEG-3. */
struct segment {
	u32 base;
	u32 limit; /* 20 bits, in units of 1 byte or 4 KiB */
	u8 type;   /* 4 bits */
	bool s;	   /* 1: code or data, 0: system */
	u8 dpl;	   /* 0..3 */
	bool p, avl, l, db, g;
};

/* Packs and unpacks the eight-byte form, for any field values. */
u64 segment_pack(const struct segment *seg);
void segment_unpack(u64 desc, struct segment *seg);

/**
 * gdt_load_cpu() - give this CPU its own GDT and TSS and load both.
 * @cpu: its number.
 *
 * Context: boot or CPU bring-up, interrupts off. The per-CPU area is in use.
 */
void gdt_load_cpu(unsigned int cpu);

#endif /* ARCH_X86_64_GDT_H */
