/* SPDX-License-Identifier: MIT */
/*
 * memblock_internal.h - the boot allocator as an object.
 *
 * The kernel has one, but a test needs its own: it must not disturb the
 * memory of the machine that it runs on. mb_foo(mb, ...) is memblock_foo(...)
 * on the allocator @mb; see <mm/memblock.h>.
 */
#ifndef MM_MEMBLOCK_INTERNAL_H
#define MM_MEMBLOCK_INTERNAL_H

#include <base/compiler.h>
#include <base/types.h>

/* More ranges than boot_info can hold plus the holes we make in them. */
#define MEMBLOCK_MAX_REGIONS 256

struct memblock_region {
	phys_addr_t base;
	u64 size;
};

/* Sorted; regions neither overlap nor touch nor are empty. */
struct memblock_type {
	unsigned int cnt;
	u64 total_size;
	struct memblock_region regions[MEMBLOCK_MAX_REGIONS];
};

struct memblock {
	struct memblock_type memory;
	struct memblock_type reserved;
	phys_addr_t current_limit;
	void *(*va)(phys_addr_t phys); /* direct map, or a test's array */
	unsigned int fail_in; /* n: the n-th allocation from now fails */
	bool closed;	      /* handed over: no allocation any more */
};

/* An empty allocator whose memory is reached through @va. */
void mb_init(struct memblock *mb, void *(*va)(phys_addr_t phys));

int mb_add(struct memblock *mb, phys_addr_t base, u64 size);
int mb_reserve(struct memblock *mb, phys_addr_t base, u64 size);
int mb_free(struct memblock *mb, phys_addr_t base, u64 size);
phys_addr_t mb_phys_alloc(struct memblock *mb, u64 size, u64 align,
			  phys_addr_t min, phys_addr_t max);
void *mb_alloc(struct memblock *mb, u64 size, u64 align);
bool mb_next_free(const struct memblock *mb, u64 *cursor, phys_addr_t *start,
		  phys_addr_t *end);
void mb_hand_over(struct memblock *mb,
		  void (*fn)(void *ctx, u64 pfn, u64 end_pfn, bool free),
		  void *ctx);
int mb_check(const struct memblock *mb);

#endif /* MM_MEMBLOCK_INTERNAL_H */
