/* SPDX-License-Identifier: MIT */
/*
 * memblock.c - the boot allocator.
 *
 * Purpose. Page tables, per-CPU areas and the page allocator's own arrays
 * need memory before there is a page allocator.
 *
 * Model. Two sorted lists of byte ranges. Free is the difference:
 *
 *	memory     |==========|      |==================|
 *	reserved      |==|  |==========|   |====|
 *	free       |--|  |--|          |---|    |-------|
 *
 * Adding a range unites it with all that it overlaps or touches. Allocating
 * is: find a gap from the top down, reserve it. Freeing cuts the range out
 * of the reserved list. The hand-over walks both lists once, frame by frame
 * at the edges and in long runs between them.
 *
 * Invariants.
 *   I1  Regions of a list are sorted, not empty, do not overlap or touch,
 *       and do not wrap.
 *   I2  total_size is the sum of the sizes.
 *   I3  What is allocated lies in memory, is reserved, and was free before.
 *   I4  An error return has changed nothing.
 * Locking. None: the boot CPU only, before other CPUs are started.
 * Contexts. Early boot. No hardware is touched; compiled for the host too.
 * Limits. Fixed lists; no mirrored or hot-plug memory, no node of a region.
 */
#include <base/assert.h>
#include <base/bits.h>
#include <base/errno.h>
#include <arch/page.h>
#include <lib/string.h>
#include <mm/memblock.h>

#include "memblock_internal.h"

static struct memblock memblock = {
	.current_limit = ~0ULL,
	.va = __va,
};

static phys_addr_t region_end(const struct memblock_region *r)
{
	return r->base + r->size;
}

void mb_init(struct memblock *mb, void *(*va)(phys_addr_t phys))
{
	memset(mb, 0, sizeof(*mb));
	mb->current_limit = ~0ULL;
	mb->va = va;
}

/* Index of the first region that ends above @addr. */
static unsigned int region_find(const struct memblock_type *t, phys_addr_t addr)
{
	unsigned int lo = 0, hi = t->cnt;

	while (lo < hi) {
		unsigned int mid = (lo + hi) / 2;

		if (region_end(&t->regions[mid]) > addr)
			hi = mid;
		else
			lo = mid + 1;
	}
	return lo;
}

/* Replaces @nr regions from index @i on by one; @nr may be 0. */
static void region_replace(struct memblock_type *t, unsigned int i,
			   unsigned int nr, phys_addr_t base, phys_addr_t end)
{
	struct memblock_region *r = &t->regions[i];

	for (unsigned int k = 0; k < nr; k++)
		t->total_size -= r[k].size;
	memmove(r + 1, r + nr, (t->cnt - i - nr) * sizeof(*r));
	t->cnt += 1 - nr;
	r->base = base;
	r->size = end - base;
	t->total_size += r->size;
}

static int type_add(struct memblock_type *t, phys_addr_t base, u64 size)
{
	phys_addr_t end = base + size;
	unsigned int first, last;

	if (size == 0)
		return 0;
	if (end < base)
		return -EINVAL;
	/* [first, last) are all that overlap or touch the new range. */
	first = region_find(t, base);
	if (first > 0 && region_end(&t->regions[first - 1]) == base)
		first--;
	last = first;
	while (last < t->cnt && t->regions[last].base <= end)
		last++;
	if (first == last) {
		if (t->cnt == MEMBLOCK_MAX_REGIONS)
			return -ENOSPC;
	} else {
		base = min(base, t->regions[first].base);
		end = max(end, region_end(&t->regions[last - 1]));
	}
	region_replace(t, first, last - first, base, end);
	return 0;
}

int mb_add(struct memblock *mb, phys_addr_t base, u64 size)
{
	return type_add(&mb->memory, base, size);
}

int mb_reserve(struct memblock *mb, phys_addr_t base, u64 size)
{
	return type_add(&mb->reserved, base, size);
}

int mb_free(struct memblock *mb, phys_addr_t base, u64 size)
{
	struct memblock_type *t = &mb->reserved;
	phys_addr_t end = base + size;
	unsigned int i = region_find(t, base);
	struct memblock_region *r = &t->regions[i];
	phys_addr_t old_end;

	if (size == 0)
		return 0;
	/* Regions do not touch, so all of it lies in one or is not reserved. */
	if (end < base || i == t->cnt || r->base > base || region_end(r) < end)
		return -EINVAL;
	old_end = region_end(r);
	if (r->base < base && end < old_end) {
		if (t->cnt == MEMBLOCK_MAX_REGIONS)
			return -ENOSPC;
		region_replace(t, i, 1, r->base, base);
		region_replace(t, i + 1, 0, end, old_end);
	} else if (r->base < base) {
		region_replace(t, i, 1, r->base, base);
	} else if (end < old_end) {
		region_replace(t, i, 1, end, old_end);
	} else {
		t->cnt--;
		t->total_size -= size;
		memmove(r, r + 1, (t->cnt - i) * sizeof(*r));
	}
	return 0;
}

bool mb_next_free(const struct memblock *mb, u64 *cursor, phys_addr_t *start,
		  phys_addr_t *end)
{
	const struct memblock_type *mem = &mb->memory, *res = &mb->reserved;
	phys_addr_t at = *cursor;

	for (;;) {
		unsigned int m = region_find(mem, at);
		unsigned int r;

		if (m == mem->cnt)
			return false;
		at = max(at, mem->regions[m].base);
		r = region_find(res, at);
		if (r < res->cnt && res->regions[r].base <= at) {
			at = region_end(&res->regions[r]);
			continue;
		}
		*start = at;
		*end = region_end(&mem->regions[m]);
		if (r < res->cnt)
			*end = min(*end, res->regions[r].base);
		*cursor = *end;
		return true;
	}
}

/* The highest aligned place for @size bytes in [lo, hi), or 0. */
static phys_addr_t fit_top(phys_addr_t lo, phys_addr_t hi, u64 size, u64 align)
{
	phys_addr_t place;

	if (hi <= lo || hi - lo < size)
		return 0;
	place = ALIGN_DOWN(hi - size, align);
	return place >= lo ? place : 0;
}

/* The same in the free parts of memory region @m, from the top. */
static phys_addr_t find_in_region(const struct memblock *mb,
				  const struct memblock_region *m,
				  const struct memblock_region *want, u64 align)
{
	const struct memblock_type *res = &mb->reserved;
	phys_addr_t lo = max(m->base, want->base);
	phys_addr_t hi = region_end(m);
	unsigned int r = region_find(res, hi - 1);
	phys_addr_t place;

	/* want->base is the lower bound, want->size the bytes wanted. */
	if (r < res->cnt && res->regions[r].base < hi)
		hi = res->regions[r].base;
	while (r-- > 0) {
		phys_addr_t edge = max(lo, region_end(&res->regions[r]));

		place = fit_top(edge, hi, want->size, align);
		if (place || res->regions[r].base <= lo)
			return place;
		hi = min(hi, res->regions[r].base);
	}
	return fit_top(lo, hi, want->size, align);
}

static bool alloc_must_fail(struct memblock *mb)
{
	return mb->fail_in && --mb->fail_in == 0;
}

phys_addr_t mb_phys_alloc(struct memblock *mb, u64 size, u64 align,
			  phys_addr_t min, phys_addr_t max)
{
	struct memblock_region want = {.base = min, .size = size};
	phys_addr_t place = 0;

	ASSERT(is_power_of_2(align));
	if (max == MEMBLOCK_ALLOC_ACCESSIBLE)
		max = mb->current_limit;
	if (size == 0 || mb->closed || alloc_must_fail(mb))
		return 0;
	want.base = max_t(phys_addr_t, min, PAGE_SIZE);

	for (unsigned int i = mb->memory.cnt; i-- > 0 && !place;) {
		struct memblock_region m = mb->memory.regions[i];

		if (m.base >= max)
			continue;
		if (region_end(&m) > max)
			m.size = max - m.base;
		if (region_end(&m) <= want.base)
			break;
		place = find_in_region(mb, &m, &want, align);
	}
	if (!place || type_add(&mb->reserved, place, size))
		return 0; /* I4 */
	return place;
}

void *mb_alloc(struct memblock *mb, u64 size, u64 align)
{
	phys_addr_t phys =
		mb_phys_alloc(mb, size, align, 0, MEMBLOCK_ALLOC_ACCESSIBLE);
	void *p;

	if (!phys)
		return NULL;
	p = mb->va(phys);
	memset(p, 0, size);
	return p;
}

/* True if every byte of frame @pfn is free memory. */
static bool frame_is_free(const struct memblock *mb, u64 pfn)
{
	u64 cursor = PFN_PHYS(pfn);
	phys_addr_t start, end;

	return mb_next_free(mb, &cursor, &start, &end) &&
	       start == PFN_PHYS(pfn) && end >= PFN_PHYS(pfn + 1);
}

/*
 * End of the run of frames from @pfn (inside memory) that are as free as it
 * is. Only at the edges of a region can that change, so the run reaches to
 * the next edge or, where an edge cuts a frame, covers just this frame.
 */
static u64 frame_run(const struct memblock *mb, u64 pfn)
{
	const struct memblock_type *lists[] = {&mb->memory, &mb->reserved};
	u64 end = ~0ULL >> PAGE_SHIFT;

	for (unsigned int k = 0; k < ARRAY_SIZE(lists); k++) {
		const struct memblock_type *t = lists[k];
		unsigned int i = region_find(t, PFN_PHYS(pfn));
		phys_addr_t edge;

		if (i == t->cnt)
			continue;
		edge = t->regions[i].base;
		if (edge <= PFN_PHYS(pfn))
			edge = region_end(&t->regions[i]);
		end = min(end, (u64)PFN_DOWN(edge));
	}
	return max(end, pfn + 1);
}

void mb_hand_over(struct memblock *mb,
		  void (*fn)(void *ctx, u64 pfn, u64 end_pfn, bool free),
		  void *ctx)
{
	u64 pfn = 0;

	mb->closed = true;
	for (unsigned int i = 0; i < mb->memory.cnt; i++) {
		const struct memblock_region *m = &mb->memory.regions[i];
		u64 last = PFN_UP(region_end(m));

		/* A frame shared with the region before is done already. */
		pfn = max(pfn, (u64)PFN_DOWN(m->base));
		while (pfn < last) {
			u64 end = min(frame_run(mb, pfn), last);

			fn(ctx, pfn, end, frame_is_free(mb, pfn));
			pfn = end;
		}
	}
}

static int type_check(const struct memblock_type *t)
{
	u64 sum = 0;

	if (t->cnt > MEMBLOCK_MAX_REGIONS)
		return -EINVAL;
	for (unsigned int i = 0; i < t->cnt; i++) {
		const struct memblock_region *r = &t->regions[i];

		if (r->size == 0 || region_end(r) < r->base)
			return -EINVAL; /* I1 */
		if (i > 0 && r->base <= region_end(r - 1))
			return -EINVAL; /* I1 */
		sum += r->size;
	}
	return sum == t->total_size ? 0 : -EINVAL; /* I2 */
}

int mb_check(const struct memblock *mb)
{
	int err = type_check(&mb->memory);

	return err ? err : type_check(&mb->reserved);
}

int memblock_add(phys_addr_t base, u64 size)
{
	return mb_add(&memblock, base, size);
}

int memblock_reserve(phys_addr_t base, u64 size)
{
	return mb_reserve(&memblock, base, size);
}

int memblock_free(phys_addr_t base, u64 size)
{
	return mb_free(&memblock, base, size);
}

phys_addr_t memblock_phys_alloc(u64 size, u64 align, phys_addr_t min,
				phys_addr_t max)
{
	return mb_phys_alloc(&memblock, size, align, min, max);
}

void *memblock_alloc(u64 size, u64 align)
{
	return mb_alloc(&memblock, size, align);
}

void memblock_set_current_limit(phys_addr_t limit)
{
	memblock.current_limit = limit;
}

bool memblock_next_free(u64 *cursor, phys_addr_t *start, phys_addr_t *end)
{
	return mb_next_free(&memblock, cursor, start, end);
}

bool memblock_next_memory(unsigned int *region, phys_addr_t *start,
			  phys_addr_t *end)
{
	const struct memblock_region *r = &memblock.memory.regions[*region];

	if (*region >= memblock.memory.cnt)
		return false;
	*start = r->base;
	*end = region_end(r);
	(*region)++;
	return true;
}

u64 memblock_phys_mem_size(void)
{
	return memblock.memory.total_size;
}

u64 memblock_reserved_size(void)
{
	return memblock.reserved.total_size;
}

phys_addr_t memblock_start_of_DRAM(void)
{
	return memblock.memory.cnt ? memblock.memory.regions[0].base : 0;
}

phys_addr_t memblock_end_of_DRAM(void)
{
	const struct memblock_type *t = &memblock.memory;

	return t->cnt ? region_end(&t->regions[t->cnt - 1]) : 0;
}

static bool type_holds(const struct memblock_type *t, phys_addr_t addr)
{
	unsigned int i = region_find(t, addr);

	return i < t->cnt && t->regions[i].base <= addr;
}

bool memblock_is_memory(phys_addr_t addr)
{
	return type_holds(&memblock.memory, addr);
}

bool memblock_is_reserved(phys_addr_t addr)
{
	return type_holds(&memblock.reserved, addr);
}

u64 memblock_allocated_bytes(void)
{
	return memblock.reserved.total_size;
}

void memblock_fail_nth(unsigned int n)
{
	memblock.fail_in = n;
}

void memblock_hand_over(void (*fn)(void *ctx, u64 pfn, u64 end_pfn, bool free),
			void *ctx)
{
	mb_hand_over(&memblock, fn, ctx);
}

int memblock_check(void)
{
	return mb_check(&memblock);
}
