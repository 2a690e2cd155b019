/* SPDX-License-Identifier: MIT */
/*
 * oracle.c - what must be true of a boot_info, whatever went in.
 *
 * Locking, Contexts. None: one thread.
 */
#include <base/bits.h>
#include <arch/page.h>

#include "../../mm/memblock_internal.h"
#include "fuzz.h"

/* Where a kernel would lie. */
#define IMAGE_BASE 0x100000ULL
#define IMAGE_SIZE 0x400000ULL

#define MOST_BORDERS 32

static void *no_memory(phys_addr_t phys __unused)
{
	abort(); /* nothing is allocated here */
}

/* The boot allocator gets the map as mm_init() hands it over. */
static void check_memblock(const struct boot_info *bi)
{
	static struct memblock mb;
	u64 total = 0, free = 0, cursor = 0;
	phys_addr_t start, end;

	mb_init(&mb, no_memory);
	FUZZ_CHECK(mb_reserve(&mb, 0, PAGE_SIZE) == 0);
	FUZZ_CHECK(mb_reserve(&mb, IMAGE_BASE, IMAGE_SIZE) == 0);
	for (unsigned int i = 0; i < bi->nr_modules; i++)
		FUZZ_CHECK(mb_reserve(&mb, bi->modules[i].base,
				      bi->modules[i].size) == 0);
	for (unsigned int i = 0; i < bi->nr_mem; i++) {
		const struct mem_range *r = &bi->mem[i];

		if (r->type != MEM_USABLE)
			continue;
		FUZZ_CHECK(mb_add(&mb, r->base, r->size) == 0);
		total += r->size;
	}
	FUZZ_CHECK(mb_check(&mb) == 0);
	FUZZ_CHECK(mb.memory.total_size == total);
	while (mb_next_free(&mb, &cursor, &start, &end)) {
		FUZZ_CHECK(start < end && start >= PAGE_SIZE);
		FUZZ_CHECK(end <= IMAGE_BASE ||
			   start >= IMAGE_BASE + IMAGE_SIZE);
		free += end - start;
	}
	FUZZ_CHECK(free <= total);
}

static void check_texts(const struct boot_info *bi)
{
	bool usable = false;
	char text[100];

	for (unsigned int i = 0; i < bi->nr_mem; i++) {
		usable |= bi->mem[i].type == MEM_USABLE;
		FUZZ_CHECK(strcmp(mem_type_name(bi->mem[i].type), "unknown") !=
			   0);
	}
	for (unsigned int i = 0; i < bi->nr_problems; i++) {
		boot_problem_describe(&bi->problems[i], text, sizeof(text));
		FUZZ_CHECK(text[0] && memchr(text, '\0', sizeof(text)));
		FUZZ_CHECK(memcmp(text, "unknown problem", 15) != 0);
		if (bi->problems[i].kind == BOOT_PROBLEM_MEM_MISSING)
			FUZZ_CHECK(!usable);
	}
}

void fuzz_check_boot_info(struct boot_info *bi)
{
	FUZZ_CHECK(boot_info_check(bi) == 0);
	boot_info_check_modules(bi, IMAGE_BASE, IMAGE_SIZE);
	FUZZ_CHECK(boot_info_check(bi) == 0);
	for (unsigned int i = 0; i < bi->nr_modules; i++) {
		const struct boot_module *m = &bi->modules[i];

		FUZZ_CHECK(!m->size || m->base >= IMAGE_BASE + IMAGE_SIZE ||
			   m->base + m->size <= IMAGE_BASE);
	}
	check_texts(bi);
	check_memblock(bi);
}

static unsigned int rank(u32 type)
{
	static const u8 ranks[] = {
		[MEM_USABLE] = 1,   [MEM_ACPI_RECLAIM] = 2, [MEM_ACPI_NVS] = 3,
		[MEM_RESERVED] = 4, [MEM_BAD] = 5,
	};

	return type >= MEM_USABLE && type <= MEM_BAD ? ranks[type]
						     : ranks[MEM_RESERVED];
}

/* What the input says about the byte at @addr: 0, nothing. */
static unsigned int rank_wanted(const struct fuzz_range *in, unsigned int nr,
				u64 addr)
{
	unsigned int best = 0;

	for (unsigned int i = 0; i < nr; i++) {
		u64 size = in[i].size;

		if (in[i].base >= BOOT_PHYS_LIMIT)
			continue;
		if (size > BOOT_PHYS_LIMIT - in[i].base) {
			if (in[i].type == MEM_USABLE)
				continue;
			size = BOOT_PHYS_LIMIT - in[i].base;
		}
		if (addr >= in[i].base && addr - in[i].base < size)
			best = max(best, rank(in[i].type));
	}
	return best;
}

static unsigned int rank_found(const struct boot_info *bi, u64 addr)
{
	for (unsigned int i = 0; i < bi->nr_mem; i++)
		if (addr >= bi->mem[i].base &&
		    addr - bi->mem[i].base < bi->mem[i].size)
			return rank(bi->mem[i].type);
	return 0;
}

static void check_at(const struct boot_info *bi, const struct fuzz_range *in,
		     unsigned int nr, u64 addr)
{
	unsigned int want = rank_wanted(in, nr, addr);
	unsigned int found = rank_found(bi, addr);

	if (!bi->mem_cut)
		FUZZ_CHECK(found == want);
	else if (found == rank(MEM_USABLE))
		FUZZ_CHECK(want == found); /* nothing became usable */
	else
		FUZZ_CHECK(found >= want || want == rank(MEM_USABLE));
}

void fuzz_check_overlay(const struct boot_info *bi, const struct fuzz_range *in,
			unsigned int nr)
{
	/* All borders of a short list, some of a long one: time is n * n. */
	for (unsigned int i = 0; i < nr; i += 1 + nr / MOST_BORDERS) {
		u64 end = in[i].base + in[i].size;

		check_at(bi, in, nr, in[i].base);
		check_at(bi, in, nr, in[i].base - 1);
		check_at(bi, in, nr, end);
		check_at(bi, in, nr, end - 1);
	}
}
