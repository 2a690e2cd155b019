/* SPDX-License-Identifier: MIT */
/*
 * test_paging.c - all of the kernel's page tables, looked at entry by entry
 * (A PG-1 .. A PG-16, A BOOT-2 .. A BOOT-10).
 *
 * Model. The walk here starts from CR3 and shares nothing with paging.c but
 * the definition of an entry. It calls a function for each page that is
 * mapped, of whatever size, in ascending order.
 */
#include <arch/pgtable.h>

#include <arch/boot.h>
#include <arch/crash.h>
#include <arch/irqvec.h>
#include <arch/kasan.h>
#include <arch/sections.h>
#include <arch/smp.h>
#include <base/bits.h>
#include <base/config.h>
#include <lib/context.h>
#include <lib/fault.h>
#include <lib/random.h>
#include <lib/selftest.h>
#include <lib/string.h>
#include <mm/gfp.h>
#include <mm/memblock.h>

#include "../../arch/x86_64/cpu.h"
#include "../workers.h"
#include "cpu_state.h"

#define DIRECT_END 0xffffb00000000000UL
#define IO_BASE	   0xffffb00000000000UL
#define IO_END	   0xffffb01000000000UL
#define STACKS	   0xfffffe0000000000UL
#define SLOT	   (16UL * THREAD_SIZE)
#define UNMAPPED   0xfffffd0000000000UL

#define ADDR(symbol) ((unsigned long)(symbol))

extern char init_stack_guard[], init_stack[], init_stack_end[];

static struct cpu_state states[NR_CPUS];

struct leaf {
	unsigned long va, entry;
	phys_addr_t pa;
	u64 size;
	unsigned long rights; /* of all levels: RW or not, NX or not */
};

typedef void (*leaf_fn)(const struct leaf *leaf, void *arg);

static unsigned long *table_at(unsigned long entry)
{
	return __va(entry & 0x000ffffffffff000UL);
}

#define RW 2UL
#define NX (1UL << 63)

static void walk_table(unsigned long *table, unsigned int shift,
		       unsigned long va, unsigned long rights, leaf_fn fn,
		       void *arg)
{
	for (unsigned long i = 0; i < 512; i++) {
		unsigned long entry = table[i];
		unsigned long at = va + (i << shift), r = rights;
		struct leaf leaf;

		if (shift == 39 && i >= 256)
			at |= 0xffff000000000000UL;
		/* shared tables: endless, and of no rights but to read */
		if (CONFIG_KASAN &&
		    at - KASAN_SHADOW_START <
			    KASAN_SHADOW_END - KASAN_SHADOW_START)
			continue;
		if (!(entry & 1))
			continue;
		r = (r & entry & RW) | ((r | entry) & NX);
		if (shift > 12 && !(entry & 0x80)) {
			/* four levels: no deeper than the hardware goes */
			walk_table(table_at(entry), shift - 9, at, r, fn, arg);
			continue;
		}
		leaf = (struct leaf){.va = at,
				     .entry = entry,
				     .pa = entry & 0x000ffffffffff000UL &
					   ~(BIT(shift) - 1),
				     .size = BIT(shift),
				     .rights = r};
		fn(&leaf, arg);
	}
}

static void walk_all(leaf_fn fn, void *arg)
{
	walk_table(table_at(read_cr3()), 39, 0, RW, fn, arg);
}

static bool in_direct(unsigned long va)
{
	return va >= PAGE_OFFSET && va < DIRECT_END;
}

static bool in_io(unsigned long va)
{
	return va >= IO_BASE && va < IO_END;
}

/* ---- which CPUs, which registers ---------------------------------------- */

SELFTEST(arch, paging, registers, "A PG-1, A PG-16, A BOOT-9")
{
	unsigned int cpu;

	cpu_state_read_all(states);
	for_each_online_cpu(cpu) {
		const struct cpu_state *s = &states[cpu];

		EXPECT_EQ(s->cr3, states[0].cr3);
		/* PE NE WP PG set; EM NW CD clear */
		EXPECT_EQ(s->cr0 & 0x80010021, 0x80010021UL);
		EXPECT_EQ(s->cr0 & 0x60000004, 0UL);
		EXPECT_TRUE(s->cr4 & X86_CR4_PAE);
		EXPECT_EQ(s->efer & (EFER_LMA | EFER_LME | EFER_SCE),
			  EFER_LMA | EFER_LME | EFER_SCE);
		/* whatever protection the CPU has, every CPU uses */
		EXPECT_EQ(!!(s->efer & EFER_NXE), cpu_features.nx);
		EXPECT_EQ(!!(s->cr4 & X86_CR4_PGE), cpu_features.pge);
		EXPECT_EQ(!!(s->cr4 & X86_CR4_MCE), cpu_features.mce);
		EXPECT_EQ(!!(s->cr4 & X86_CR4_SMEP), cpu_features.smep);
		EXPECT_EQ(!!(s->cr4 & X86_CR4_SMAP), cpu_features.smap);
		EXPECT_EQ(!!(s->cr4 & X86_CR4_UMIP), cpu_features.umip);
	}
}

/* The idle flow's CR3 is the master: there is one set of tables. */
SELFTEST(arch, paging, no_user_half, "A BOOT-10")
{
	unsigned long *master = table_at(read_cr3());
	unsigned int used = 0;

	for (unsigned int i = 0; i < 256; i++)
		EXPECT_EQ(master[i], 0UL);
	for (unsigned int i = 256; i < 512; i++)
		used += master[i] & 1;
	/* direct map, devices, stacks, image: at least */
	EXPECT_GE(used, 4U);
	EXPECT_TRUE(master[273] & 1); /* 0xffff888000000000 */
	EXPECT_TRUE(master[511] & 1); /* 0xffffffff80000000 */
}

static struct {
	atomic_t faults, checked;
} low;

static void read_low(void *arg)
{
	(void)arg;
	arch_crash_read(0x100000);
}

static void probe_low(void *arg)
{
	struct fault_info f = {.vector = ~0U};

	(void)arg;
	atomic_inc(&low.checked);
	if (fault_catch(read_low, NULL, &f) && f.vector == X86_TRAP_PF &&
	    f.error_code == 0 && f.address == 0x100000)
		atomic_inc(&low.faults);
}

SELFTEST(arch, paging, identity_map_is_gone, "A BOOT-10, B B-04")
{
	memset(&low, 0, sizeof(low));
	on_each_cpu(probe_low, NULL, true);
	EXPECT_EQ(atomic_read(&low.checked), (int)num_online_cpus());
	EXPECT_EQ(atomic_read(&low.faults), (int)num_online_cpus());
}

/* ---- rights ------------------------------------------------------------- */

struct wx {
	phys_addr_t exec[64][2]; /* ranges of physical memory that may run */
	unsigned int nr_exec;
	unsigned int leaves, exec_outside, both, aliased, user;
	u64 exec_bytes;
};

static void note_exec(const struct leaf *l, void *arg)
{
	struct wx *wx = arg;

	wx->leaves++;
	wx->user += !!(l->entry & 4);
	if (l->rights & NX)
		return;
	wx->both += !!(l->rights & RW);
	wx->exec_outside += l->va < (unsigned long)_text ||
			    l->va + l->size > (unsigned long)_etext;
	wx->exec_bytes += l->size;
	if (wx->nr_exec && wx->exec[wx->nr_exec - 1][1] == l->pa) {
		wx->exec[wx->nr_exec - 1][1] += l->size;
	} else if (wx->nr_exec < ARRAY_SIZE(wx->exec)) {
		wx->exec[wx->nr_exec][0] = l->pa;
		wx->exec[wx->nr_exec++][1] = l->pa + l->size;
	}
}

static void note_alias(const struct leaf *l, void *arg)
{
	struct wx *wx = arg;

	if (!(l->rights & RW))
		return;
	for (unsigned int i = 0; i < wx->nr_exec; i++)
		wx->aliased += l->pa < wx->exec[i][1] &&
			       l->pa + l->size > wx->exec[i][0];
}

/* W^X over all entries, and over all addresses of the same memory. */
SELFTEST(arch, paging, write_xor_execute, "")
{
	static struct wx wx;

	memset(&wx, 0, sizeof(wx));
	if (!cpu_features.nx)
		return selftest_skip("this CPU has no NX");
	walk_all(note_exec, &wx);
	walk_all(note_alias, &wx);
	EXPECT_GT(wx.leaves, 100U);
	EXPECT_EQ(wx.both, 0U);
	EXPECT_EQ(wx.exec_outside, 0U);
	EXPECT_EQ(wx.aliased, 0U);
	EXPECT_EQ(wx.user, 0U);
	EXPECT_EQ(wx.exec_bytes, (u64)(_etext - _text));
	EXPECT_EQ(wx.nr_exec, 1U);
	EXPECT_EQ(wx.exec[0][0], __pa_symbol(_text));
}

static bool walk_is(unsigned long addr, unsigned long rights)
{
	struct pt_walk w;

	return pt_walk(addr, &w) && (w.entry.pte & (RW | NX)) == rights;
}

/* First and last page of each part of the image. */
SELFTEST(arch, paging, image_rights, "A BOOT-2")
{
	unsigned long nx = cpu_features.nx ? NX : 0;
	unsigned long direct = PAGE_OFFSET - KERNEL_BASE;

	EXPECT_TRUE(walk_is(ADDR(_text), 0));
	EXPECT_TRUE(walk_is(ADDR(_etext) - 1, 0));
	EXPECT_TRUE(walk_is(ADDR(__rodata_start), nx));
	EXPECT_TRUE(walk_is(ADDR(__rodata_end) - 1, nx));
	EXPECT_TRUE(walk_is(ADDR(_data), RW | nx));
	EXPECT_TRUE(walk_is(ADDR(__bss_start), RW | nx));
	EXPECT_TRUE(walk_is(ADDR(_end) - 1, RW | nx));
	EXPECT_FALSE(walk_is(ADDR(_end), RW | nx));
	/* read-only through the direct map, too */
	EXPECT_TRUE(walk_is(ADDR(_text) + direct, nx));
	EXPECT_TRUE(walk_is(ADDR(__rodata_end) + direct - 1, nx));
	EXPECT_TRUE(walk_is(ADDR(__rodata_end) + direct, RW | nx));
	EXPECT_TRUE(walk_is(ADDR(_text) + direct - 1, RW | nx));
	/* above the PC's first megabyte */
	EXPECT_GE(__pa_symbol(_text), 0x100000ULL);
}

static void write_text_alias(void *arg)
{
	arch_crash_write((unsigned long)arg);
}

SELFTEST(arch, paging, text_alias_is_read_only, "A PG-16")
{
	u64 *alias = __va(__pa_symbol(_etext) - 8);
	struct fault_info f = {.vector = ~0U};
	u64 before = *alias;

	/* the same memory */
	EXPECT_EQ(*(const u64 *)(ADDR(_etext) - 8), before);
	REQUIRE_TRUE(fault_catch(write_text_alias, alias, &f));
	EXPECT_EQ(f.vector, X86_TRAP_PF);
	EXPECT_EQ(f.error_code, (u64)(X86_PF_PROT | X86_PF_WRITE));
	EXPECT_EQ(f.address, (u64)(unsigned long)alias);
	EXPECT_EQ(*alias, before);
}

struct cache_bits {
	unsigned int ram, io_write, io_read, bad_ram, bad_io;
};

static void note_cache_bits(const struct leaf *l, void *arg)
{
	bool device = in_io(l->va) && (l->rights & RW);
	unsigned long pcd_pwt = l->entry & 0x18;
	struct cache_bits *c = arg;

	if (device) {
		c->io_write++;
		c->bad_io += pcd_pwt != 0x18;
	} else {
		c->ram += !in_io(l->va);
		c->io_read += in_io(l->va);
		c->bad_ram += pcd_pwt != 0;
	}
}

/* Device registers are uncached, all RAM (and firmware's tables) is cached. */
SELFTEST(arch, paging, cache_bits, "A PG-15")
{
	struct cache_bits c = {0};

	walk_all(note_cache_bits, &c);
	EXPECT_GT(c.ram, 100U);
	EXPECT_EQ(c.bad_ram, 0U);
	EXPECT_EQ(c.bad_io, 0U);
	if (cpu_features.apic && !cpu_features.x2apic)
		EXPECT_GE(c.io_write, 1U);
}

/* ---- the direct map ----------------------------------------------------- */

struct direct {
	u64 bytes;
	unsigned long pages[3];
	unsigned int not_usable, not_linear;
};

/* The whole pages of a usable range, as far as the CPU has address lines. */
static void usable_pages(const struct mem_range *r, phys_addr_t *base,
			 phys_addr_t *end)
{
	*base = (r->base + 4095) & ~4095ULL;
	*end = (r->base + r->size) & ~4095ULL;
	*end = min(*end, (phys_addr_t)BIT(cpu_features.phys_bits));
	*end = min(*end, arch_direct_map_limit()); /* option highmem= */
	if (r->type != MEM_USABLE || *end < *base)
		*end = *base;
}

static bool is_usable(phys_addr_t pa, u64 size)
{
	for (unsigned int i = 0; i < boot_info.nr_mem; i++) {
		phys_addr_t base, end;

		usable_pages(&boot_info.mem[i], &base, &end);
		if (pa >= base && pa + size <= end)
			return true;
	}
	return false;
}

static void note_direct(const struct leaf *l, void *arg)
{
	struct direct *d = arg;

	if (!in_direct(l->va))
		return;
	d->bytes += l->size;
	d->pages[l->size == PAGE_SIZE ? 0 : l->size == PMD_SIZE ? 1 : 2]++;
	d->not_usable += !is_usable(l->pa, l->size);
	d->not_linear += l->pa != l->va - PAGE_OFFSET;
}

/* Every usable page is there and nothing else is: neither hole nor device. */
SELFTEST(arch, paging, direct_map_is_exact, "A BOOT-1")
{
	struct direct d = {0};
	u64 usable = 0;

	walk_all(note_direct, &d);
	for (unsigned int i = 0; i < boot_info.nr_mem; i++) {
		phys_addr_t base, end;

		usable_pages(&boot_info.mem[i], &base, &end);
		usable += end - base;
	}
	EXPECT_EQ(d.not_linear, 0U);
	EXPECT_EQ(d.not_usable, 0U);
	/* no page twice, none outside: so equal sums mean equal sets */
	EXPECT_EQ(d.bytes, usable);
	EXPECT_EQ(memblock_phys_mem_size(),
		  usable + PFN_PHYS(totalhigh_pages()));
}

/* Expected pages of one size in [base, end); narrows it to what is left. */
static unsigned long pages_of(phys_addr_t base, phys_addr_t end, u64 size)
{
	phys_addr_t lo = (base + size - 1) & ~(size - 1);
	phys_addr_t hi = end & ~(size - 1);

	return hi > lo ? (hi - lo) / size : 0;
}

static void expect_part(phys_addr_t base, phys_addr_t end, unsigned long n[3])
{
	unsigned long huge, large;

	if (base >= end)
		return;
	huge = cpu_features.gbpages ? pages_of(base, end, PUD_SIZE) : 0;
	large = pages_of(base, end, PMD_SIZE) - huge * 512;
	n[2] += huge;
	n[1] += large;
	n[0] += (end - base) / PAGE_SIZE - large * 512 - huge * 512 * 512;
}

/* As large as alignment allows, except where the rights change. */
SELFTEST(arch, paging, large_pages, "A PG-3")
{
	phys_addr_t ro = __pa_symbol(_text), ro_end = __pa_symbol(__rodata_end);
	unsigned long n[3] = {0};
	struct direct d = {0};

	walk_all(note_direct, &d);
	for (unsigned int i = 0; i < boot_info.nr_mem; i++) {
		phys_addr_t base, end;

		usable_pages(&boot_info.mem[i], &base, &end);
		expect_part(base, min(end, ro), n);
		expect_part(max(base, ro), min(end, ro_end), n);
		expect_part(max(base, ro_end), end, n);
	}
	for (unsigned int i = 0; i < 3; i++) {
		EXPECT_EQ(d.pages[i], n[i]);
		EXPECT_EQ(direct_map_pages[i], n[i]);
	}
	EXPECT_GE(d.pages[1] + d.pages[2], 1UL);
}

/* The last byte of memory, above 4 GiB if there is that much, holds data. */
SELFTEST(arch, paging, top_of_memory, "")
{
	phys_addr_t top = min(memblock_end_of_DRAM(), arch_direct_map_limit());
	volatile u64 *word = __va(top - 8);
	u64 before = *word;
	struct pt_walk w;

	REQUIRE_TRUE(pt_walk((unsigned long)word, &w));
	EXPECT_EQ(w.phys, top - 8);
	*word = ~before;
	EXPECT_EQ(*word, ~before);
	*word = before;
	EXPECT_FALSE(is_usable(top, PAGE_SIZE));
	EXPECT_FALSE(pt_walk((unsigned long)__va(top), &w));
}

/* All that can be allocated is mapped, to the last byte. */
SELFTEST(arch, paging, free_memory_is_mapped, "")
{
	phys_addr_t start, end;
	unsigned int ranges = 0;
	u64 i;

	for_each_free_mem_range(i, &start, &end) {
		struct pt_walk w;

		if (start >= arch_direct_map_limit())
			continue; /* high memory: option highmem= */
		end = min(end, arch_direct_map_limit());
		ranges++;
		EXPECT_TRUE(pt_walk((unsigned long)__va(start), &w));
		EXPECT_TRUE(pt_walk((unsigned long)__va(end - 1), &w));
	}
	EXPECT_GE(ranges, 1U);
}

SELFTEST(arch, paging, below_one_megabyte, "A BOOT-2")
{
	/* What the trampoline used is free again; the null page never is. */
	EXPECT_TRUE(memblock_is_reserved(0));
	EXPECT_TRUE(memblock_is_reserved(4095));
	EXPECT_FALSE(memblock_is_reserved(4096));
	EXPECT_TRUE(memblock_is_reserved(0x100000)); /* the image */
	EXPECT_TRUE(memblock_is_reserved(__pa_symbol(_end) - 1));
}

/* ---- stacks ------------------------------------------------------------- */

static bool mapped(unsigned long va)
{
	struct pt_walk w;

	return pt_walk(va, &w);
}

/* Below each stack nothing; each of THREAD_SIZE; nothing else in the region. */
SELFTEST(arch, paging, stack_guards, "A STK-1, A STK-6")
{
	unsigned int cpu, wrong = 0, pages = 0;

	EXPECT_FALSE(mapped((unsigned long)init_stack_guard));
	EXPECT_FALSE(mapped((unsigned long)init_stack - 1));
	EXPECT_TRUE(mapped((unsigned long)init_stack_guard - 1));
	EXPECT_TRUE(mapped((unsigned long)init_stack));
	EXPECT_TRUE(mapped((unsigned long)init_stack_end - 1));
	for (cpu = 0; cpu < NR_CPUS; cpu++) {
		for (unsigned long off = 0; off < SLOT; off += PAGE_SIZE) {
			unsigned long n = off / THREAD_SIZE;
			bool idle = cpu && n == 1;
			bool ist = n >= 4 && n < 12 && n % 2 == 0;
			bool want = cpu_online(cpu) && (idle || ist);
			bool have = mapped(STACKS + cpu * SLOT + off);

			/* what a CPU that failed to start leaves is its own */
			wrong += cpu_online(cpu) || !cpu_possible(cpu)
					 ? have != want
					 : 0;
			pages += have;
		}
	}
	EXPECT_EQ(wrong, 0U);
	EXPECT_GE(pages,
		  (5 * num_online_cpus() - 1) * (THREAD_SIZE / PAGE_SIZE));
}

static void push_at(void *arg)
{
	arch_crash_push((unsigned long)arg);
}

/* One word too many on the boot CPU's stack: caught, on another stack. */
SELFTEST(arch, paging, guard_catches_overflow, "A STK-6, A IDT-9")
{
	struct fault_info f = {.vector = ~0U};

	REQUIRE_TRUE(fault_catch(push_at, init_stack, &f));
	EXPECT_EQ(f.vector, X86_TRAP_DF);
	EXPECT_GE(f.address, (u64)(unsigned long)init_stack_guard);
	EXPECT_LT(f.address, (u64)(unsigned long)init_stack);
	EXPECT_EQ(f.regs.rsp, (unsigned long)init_stack);
	EXPECT_EQ(*(unsigned long *)init_stack, STACK_END_MAGIC);
}

/* ---- making mappings ---------------------------------------------------- */

SELFTEST(arch, paging, map_refuses, "")
{
	phys_addr_t limit = BIT(cpu_features.phys_bits);
	u64 before = memblock_allocated_bytes();
	unsigned long large = (unsigned long)__va(0x800000);

	/* a page is there, or a large one is */
	if (!memblock_is_memory(0x800000) || !memblock_is_memory(0x9fffff))
		return selftest_skip("needs memory from 8 to 10 MiB");
	EXPECT_EQ(kernel_map(ADDR(_data), 0x1000000, PAGE_SIZE, PAGE_KERNEL,
			     PAGE_SHIFT),
		  -EEXIST);
	EXPECT_EQ(
		kernel_map(large, 0x800000, PAGE_SIZE, PAGE_KERNEL, PAGE_SHIFT),
		-EEXIST);
	EXPECT_EQ(kernel_map(large, 0x800000, PMD_SIZE, PAGE_KERNEL, PMD_SHIFT),
		  -EEXIST);
	/* nothing, beyond the address lines, or around the end */
	EXPECT_PTR_EQ((const void *)arch_map_io(0xfee00000, 0), NULL);
	EXPECT_PTR_EQ((const void *)arch_map_io(limit, 1), NULL);
	/* memory is no device, nor is a range that only touches it */
	EXPECT_PTR_EQ((const void *)arch_map_io(0x800000, 1), NULL);
	EXPECT_PTR_EQ((const void *)arch_map_io(0xfffff, 2), NULL);

	/* the page below memory is a device's, the next byte is not */
	if (memblock_is_memory(0x100000) && !memblock_is_memory(0xff000)) {
		EXPECT_TRUE(arch_map_io(0xff000, 0x1000) != NULL);
		EXPECT_PTR_EQ((const void *)arch_map_io(0xff000, 0x1001), NULL);
	}
	EXPECT_PTR_EQ(arch_memremap(limit - 1, 2), NULL);
	EXPECT_PTR_EQ(arch_memremap(~0ULL, 1), NULL);
	EXPECT_PTR_EQ(arch_memremap(~0ULL - 4095, 4095), NULL);
	EXPECT_PTR_EQ(arch_memremap(0x1000, ~0UL), NULL);
	EXPECT_EQ(memblock_allocated_bytes(), before);
}

SELFTEST(arch, paging, aligned_structures, "A TLB-1, A STK-1")
{
	unsigned int cpu;

	EXPECT_EQ((unsigned long)init_stack % THREAD_SIZE, 0UL);
	EXPECT_EQ(init_stack_end - init_stack, (long)THREAD_SIZE);
	EXPECT_EQ(THREAD_SIZE, CONFIG_KASAN ? 32768 : 16384);
	for_each_possible_cpu(cpu) {
		EXPECT_EQ(__per_cpu_offset[cpu] % 4096, 0UL);
		EXPECT_EQ((unsigned long)per_cpu_ptr(&cpu_tss, cpu) % 64, 0UL);
	}
	EXPECT_EQ(sizeof(struct gdt_page) % 4096, 0UL);
}
