/* SPDX-License-Identifier: MIT */
/*
 * gdt.c - one descriptor table and one task-state segment for each CPU.
 *
 * Model. Segmentation does nothing for us in long mode except carry the
 * privilege level, but the CPU insists on a table. Each CPU has its own copy
 * (A SEG-8): the TSS descriptor in it is written by the CPU (available becomes
 * busy), and the slots for thread-local storage change at each task switch.
 * The TSS no longer describes a task: it only tells the CPU which stack to
 * take when an event comes from user mode (rsp[0]) and for the vectors with
 * an IST number (A SEG-9, SW-2).
 *
 * Invariants.
 *   I1  Every present descriptor with S = 0 is a TSS and takes two slots; all
 *       others have S = 1 (A SEG-2).
 *   I2  Descriptors of loaded segments have the Accessed bit preset.
 *   I3  No selector of GS is ever loaded after the GS base was set: the load
 *       would overwrite the base from the descriptor (A SEG-7).
 * Contexts. CPU bring-up only.
 */
#include "gdt.h"

#include <base/assert.h>
#include <base/bits.h>

/* clang-format off */
DEFINE_PER_CPU_PAGE_ALIGNED(struct gdt_page, gdt_page) = {
	.entry = {
		[GDT_ENTRY_KERNEL_CS] = DESC_KERNEL_CS,
		[GDT_ENTRY_KERNEL_DS] = DESC_KERNEL_DS,
		[GDT_ENTRY_USER32_CS] = DESC_USER32_CS,
		[GDT_ENTRY_USER_DS] = DESC_USER_DS,
		[GDT_ENTRY_USER_CS] = DESC_USER_CS,
	},
};
/* clang-format on */

DEFINE_PER_CPU_ALIGNED(struct tss, cpu_tss) = {
	.io_map_base = sizeof(struct tss),
};

u64 segment_pack(const struct segment *seg)
{
	u64 d = 0;

	d |= (u64)(seg->limit & 0xffff);
	d |= (u64)(seg->base & 0xffffff) << 16;
	d |= (u64)(seg->type & 0xf) << 40;
	d |= (u64)seg->s << 44;
	d |= (u64)(seg->dpl & 3) << 45;
	d |= (u64)seg->p << 47;
	d |= (u64)(seg->limit >> 16 & 0xf) << 48;
	d |= (u64)seg->avl << 52;
	d |= (u64)seg->l << 53;
	d |= (u64)seg->db << 54;
	d |= (u64)seg->g << 55;
	d |= (u64)(seg->base >> 24) << 56;
	return d;
}

void segment_unpack(u64 d, struct segment *seg)
{
	seg->limit = (u32)(d & 0xffff) | (u32)(d >> 48 & 0xf) << 16;
	seg->base = (u32)(d >> 16 & 0xffffff) | (u32)(d >> 56) << 24;
	seg->type = d >> 40 & 0xf;
	seg->s = d >> 44 & 1;
	seg->dpl = d >> 45 & 3;
	seg->p = d >> 47 & 1;
	seg->avl = d >> 52 & 1;
	seg->l = d >> 53 & 1;
	seg->db = d >> 54 & 1;
	seg->g = d >> 55 & 1;
}

/* A system descriptor in long mode: base 63:32 fills the second slot. */
static void set_tss_descriptor(struct gdt_page *gdt, const struct tss *tss)
{
	struct segment seg = {
		.base = (u32)(unsigned long)tss,
		.limit = sizeof(*tss) - 1,
		.type = DESC_TYPE_TSS_AVAIL,
		.p = true,
	};

	gdt->entry[GDT_ENTRY_TSS] = segment_pack(&seg);
	gdt->entry[GDT_ENTRY_TSS + 1] = (unsigned long)tss >> 32;
}

void gdt_load_cpu(unsigned int cpu)
{
	struct gdt_page *gdt = per_cpu_ptr(&gdt_page, cpu);
	struct desc_ptr ptr = {
		.limit = sizeof(gdt->entry) - 1,
		.base = (unsigned long)gdt->entry,
	};

	ASSERT(IS_ALIGNED(ptr.base, 4096));
	set_tss_descriptor(gdt, per_cpu_ptr(&cpu_tss, cpu));
	__asm__ __volatile__("lgdt %0" ::"m"(ptr));
	/* CS by a far return, SS and DS directly; FS and GS stay (I3). */
	__asm__ __volatile__("pushq %0\n\t"
			     "leaq 1f(%%rip), %%rax\n\t"
			     "pushq %%rax\n\t"
			     "lretq\n"
			     "1:\n\t"
			     "movl %1, %%eax\n\t"
			     "movl %%eax, %%ss\n\t"
			     "movl %%eax, %%ds\n\t"
			     "movl %%eax, %%es"
			     :
			     : "i"((long)KERNEL_CS), "i"(KERNEL_DS)
			     : "rax", "memory");
	__asm__ __volatile__("ltr %w0" ::"r"(TSS_SELECTOR));
}
