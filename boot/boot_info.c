/* SPDX-License-Identifier: MIT */
/*
 * boot_info.c - the facts a boot loader gave us, made trustworthy.
 *
 * Purpose. Firmware maps are unsorted, overlapping and sometimes absurd. Here
 * each range is laid over the map so far, in a way that keeps the map in
 * order after every single step.
 *
 *	have      |----usable----|      |--usable--|
 *	add            |---reserved--|
 *	result    |-us-|---reserved--|  |--usable--|
 *
 * Model. boot_info_add_mem() goes through the new range from left to right.
 * At each point it looks at what lies there: nothing (fill the gap up to the
 * next entry), something at least as restrictive (step over it), or something
 * less restrictive (cut that out, which leaves a gap). Order of restriction:
 * usable < ACPI reclaimable < ACPI NVS < reserved < bad.
 *
 * When the array is full, room is made so that nothing unusable ever becomes
 * usable: the smallest usable range is dropped or, when only one is left,
 * the two unusable neighbours nearest to each other become one, with the gap.
 *
 * A range that wraps or passes BOOT_PHYS_LIMIT is a lie somewhere: if usable
 * it is ignored, if not it is cut at the limit.
 *
 * Invariants. I1..I5 of <arch/boot.h>.
 * Locking. None: one CPU, early boot; struct boot_info is constant later.
 * Contexts. Any. Pure code: no hardware is touched, compiled for the host too.
 * Limits. Attributes other than the type (EFI's, ACPI 3.0's) are not kept.
 */
#include <base/bits.h>
#include <base/errno.h>
#include <arch/boot.h>
#include <lib/fmt.h>
#include <lib/string.h>

#include "boot_parse.h"

/* Of one kind this many problems are kept, so that none crowds out others. */
#define PROBLEMS_PER_KIND 4

struct boot_info boot_info;

void boot_info_reset(struct boot_info *bi, enum boot_protocol protocol)
{
	memset(bi, 0, sizeof(*bi));
	bi->protocol = protocol;
}

void boot_problem_add(struct boot_info *bi, enum boot_problem_kind kind,
		      u32 tag, u64 value)
{
	unsigned int same = 0;

	for (unsigned int i = 0; i < bi->nr_problems; i++)
		same += bi->problems[i].kind == kind;
	if (same == PROBLEMS_PER_KIND || bi->nr_problems == BOOT_MAX_PROBLEMS) {
		bi->nr_problems_cut++;
		return;
	}
	bi->problems[bi->nr_problems++] = (struct boot_problem){
		.kind = kind,
		.tag = tag,
		.value = value,
	};
}

static phys_addr_t range_end(const struct mem_range *r)
{
	return r->base + r->size;
}

static unsigned int restriction(enum mem_type type)
{
	switch (type) {
	case MEM_USABLE:
		return 0;
	case MEM_ACPI_RECLAIM:
		return 1;
	case MEM_ACPI_NVS:
		return 2;
	case MEM_BAD:
		return 4;
	case MEM_RESERVED:
		break;
	}
	return 3;
}

/* Index of the first entry that ends above @addr. */
static unsigned int mem_find(const struct boot_info *bi, phys_addr_t addr)
{
	unsigned int lo = 0, hi = bi->nr_mem;

	while (lo < hi) {
		unsigned int mid = (lo + hi) / 2;

		if (range_end(&bi->mem[mid]) > addr)
			hi = mid;
		else
			lo = mid + 1;
	}
	return lo;
}

static void mem_remove(struct boot_info *bi, unsigned int i)
{
	struct mem_range *m = &bi->mem[i];

	bi->nr_mem--;
	memmove(m, m + 1, (bi->nr_mem - i) * sizeof(*m));
}

static void mem_insert(struct boot_info *bi, unsigned int i, phys_addr_t base,
		       phys_addr_t end, enum mem_type type)
{
	struct mem_range *m = &bi->mem[i];

	memmove(m + 1, m, (bi->nr_mem - i) * sizeof(*m));
	bi->nr_mem++;
	*m = (struct mem_range){.base = base, .size = end - base, .type = type};
}

/* The smallest usable entry, or -1; @count says how many there are. */
static int mem_smallest_usable(const struct boot_info *bi, unsigned int *count)
{
	int best = -1;

	*count = 0;
	for (unsigned int i = 0; i < bi->nr_mem; i++) {
		if (bi->mem[i].type != MEM_USABLE)
			continue;
		(*count)++;
		if (best < 0 || bi->mem[i].size < bi->mem[best].size)
			best = (int)i;
	}
	return best;
}

/* The entry that is nearest to its right neighbour, neither usable, or -1. */
static int mem_nearest_pair(const struct boot_info *bi)
{
	u64 best_gap = ~0ULL;
	int best = -1;

	for (unsigned int i = 0; i + 1 < bi->nr_mem; i++) {
		const struct mem_range *m = &bi->mem[i];
		u64 gap = m[1].base - range_end(m);

		if (m[0].type == MEM_USABLE || m[1].type == MEM_USABLE)
			continue;
		if (gap < best_gap) {
			best_gap = gap;
			best = (int)i;
		}
	}
	return best;
}

/* Frees one entry; see the theory block. */
static void mem_make_room(struct boot_info *bi)
{
	unsigned int usable;
	int drop = mem_smallest_usable(bi, &usable);
	int pair = mem_nearest_pair(bi);
	struct mem_range *m;

	bi->mem_cut = true;
	if (pair < 0 || usable > 1) {
		mem_remove(bi, (unsigned int)drop);
		return;
	}
	m = &bi->mem[pair];
	if (restriction(m[1].type) > restriction(m[0].type))
		m[0].type = m[1].type;
	m[0].size = range_end(&m[1]) - m[0].base;
	mem_remove(bi, (unsigned int)pair + 1);

	/*
	 * With its new type the pair may match a third that it touches: on
	 * the right only, for on the left that would be the nearer pair.
	 */
	if ((unsigned int)pair + 1 < bi->nr_mem && m[1].type == m->type &&
	    range_end(m) == m[1].base) {
		m->size += m[1].size;
		mem_remove(bi, (unsigned int)pair + 1);
	}
}

/*
 * Fills the gap [@base, @end) in front of entry @i. False when there was no
 * room and the map was changed to make some: the caller looks again.
 */
static bool mem_fill(struct boot_info *bi, unsigned int i, phys_addr_t base,
		     phys_addr_t end, enum mem_type type)
{
	struct mem_range *m = &bi->mem[i];
	bool left = i > 0 && m[-1].type == type && range_end(m - 1) == base;
	bool right = i < bi->nr_mem && m->type == type && m->base == end;
	unsigned int usable;
	int least;

	if (left) {
		m[-1].size += end - base;
		if (right) {
			m[-1].size += m->size;
			mem_remove(bi, i);
		}
		return true;
	}
	if (right) {
		m->size += m->base - base;
		m->base = base;
		return true;
	}
	if (bi->nr_mem < BOOT_MAX_MEM) {
		mem_insert(bi, i, base, end, type);
		return true;
	}
	least = mem_smallest_usable(bi, &usable);
	if (type != MEM_USABLE || least < 0) {
		mem_make_room(bi);
		return false;
	}
	/* Usable memory gives way only to a larger piece of its own kind. */
	bi->mem_cut = true;
	if (bi->mem[least].size >= end - base)
		return true;
	mem_remove(bi, (unsigned int)least);
	return false;
}

/*
 * Cuts [@base, @end), which lies inside entry @i, out of it. Asks for room
 * for the cut and for the piece that will fill it, so that the filling never
 * has to make room: that could undo the cut, for ever. False: look again.
 */
static bool mem_carve(struct boot_info *bi, unsigned int i, phys_addr_t base,
		      phys_addr_t end)
{
	struct mem_range *m = &bi->mem[i];
	phys_addr_t old_end = range_end(m);
	bool head = base > m->base, tail = end < old_end;

	if (bi->nr_mem + head + tail > BOOT_MAX_MEM) {
		mem_make_room(bi);
		return false;
	}
	if (head && tail)
		mem_insert(bi, i + 1, end, old_end, m->type);
	if (head) {
		m->size = base - m->base;
	} else if (tail) {
		m->base = end;
		m->size = old_end - end;
	} else {
		mem_remove(bi, i);
	}
	return true;
}

static void mem_overlay(struct boot_info *bi, phys_addr_t base, phys_addr_t end,
			enum mem_type type)
{
	bool overlap = false;

	while (base < end) {
		unsigned int i = mem_find(bi, base);
		const struct mem_range *m = &bi->mem[i];
		phys_addr_t stop = end;

		if (i == bi->nr_mem || m->base > base) {
			if (i < bi->nr_mem)
				stop = min(end, m->base);
			if (mem_fill(bi, i, base, stop, type))
				base = stop;
			continue;
		}
		if (!overlap)
			boot_problem_add(bi, BOOT_PROBLEM_MEM_OVERLAP, 0, base);
		overlap = true;
		stop = min(end, range_end(m));
		if (restriction(type) <= restriction(m->type))
			base = stop;
		else if (mem_carve(bi, i, base, stop) &&
			 mem_fill(bi, mem_find(bi, base), base, stop, type))
			base = stop;
	}
}

void boot_info_add_mem(struct boot_info *bi, phys_addr_t base, u64 size,
		       u32 type)
{
	enum mem_type t = type >= MEM_USABLE && type <= MEM_BAD
				  ? (enum mem_type)type
				  : MEM_RESERVED;

	if (bi->nr_mem_input++ && base < bi->last_base)
		boot_problem_add(bi, BOOT_PROBLEM_MEM_UNSORTED, 0, base);
	bi->last_base = base;

	if (size == 0) {
		boot_problem_add(bi, BOOT_PROBLEM_MEM_EMPTY, 0, base);
		return;
	}
	if (base >= BOOT_PHYS_LIMIT || size > BOOT_PHYS_LIMIT - base) {
		boot_problem_add(bi, BOOT_PROBLEM_MEM_WRAPS, 0, base);
		if (t == MEM_USABLE || base >= BOOT_PHYS_LIMIT)
			return;
		size = BOOT_PHYS_LIMIT - base;
	}
	mem_overlay(bi, base, base + size, t);
}

bool boot_info_has_usable(const struct boot_info *bi)
{
	unsigned int usable;

	return mem_smallest_usable(bi, &usable) >= 0;
}

void boot_info_set_cmdline(struct boot_info *bi, const char *s, size_t len)
{
	size_t fit = min_t(size_t, len, BOOT_CMDLINE_SIZE - 1);

	if (fit < len) {
		boot_problem_add(bi, BOOT_PROBLEM_CMDLINE_LONG, MB2_CMDLINE,
				 len);
		/* Half a word could mean something else than the whole. */
		if (s[fit] != ' ')
			while (fit > 0 && s[fit - 1] != ' ')
				fit--;
	}
	memmove(bi->cmdline, s, fit); /* @s may be the same buffer */
	bi->cmdline[fit] = '\0';
}

void boot_info_add_module(struct boot_info *bi, unsigned int nr,
			  const struct mem_range *where, const char *cmdline,
			  size_t len)
{
	struct boot_module *m;

	if (where->base >= BOOT_PHYS_LIMIT ||
	    where->size > BOOT_PHYS_LIMIT - where->base) {
		boot_problem_add(bi, BOOT_PROBLEM_MODULE_RANGE, MB2_MODULE,
				 where->base);
		return;
	}
	if (bi->nr_modules == BOOT_MAX_MODULES) {
		boot_problem_add(bi, BOOT_PROBLEM_MODULE_FULL, MB2_MODULE, nr);
		return;
	}
	m = &bi->modules[bi->nr_modules++];
	m->base = where->base;
	m->size = where->size;
	len = min_t(size_t, len, sizeof(m->cmdline) - 1);
	memcpy(m->cmdline, cmdline, len);
	m->cmdline[len] = '\0';
}

/*
 * A screen that lies over usable memory would be drawn over page tables and
 * code, so one of the two is wrong; the kernel can do without a screen.
 */
static bool fb_hits_memory(const struct boot_info *bi)
{
	const struct boot_framebuffer *fb = &bi->fb;
	phys_addr_t end = fb->base + (u64)fb->pitch * fb->height;

	for (unsigned int i = 0; i < bi->nr_mem; i++)
		if (bi->mem[i].type == MEM_USABLE && bi->mem[i].base < end &&
		    fb->base < range_end(&bi->mem[i]))
			return true;
	return false;
}

void boot_info_finish(struct boot_info *bi)
{
	if (bi->fb.type != BOOT_FB_NONE && fb_hits_memory(bi)) {
		boot_problem_add(bi, BOOT_PROBLEM_FB_OVERLAP, MB2_FRAMEBUFFER,
				 bi->fb.base);
		bi->fb.type = BOOT_FB_NONE;
	}
	if (bi->mem_cut)
		boot_problem_add(bi, BOOT_PROBLEM_MEM_FULL, 0,
				 bi->nr_mem_input);
	if (!boot_info_has_usable(bi))
		boot_problem_add(bi, BOOT_PROBLEM_MEM_MISSING, 0, 0);
	bi->loader[sizeof(bi->loader) - 1] = '\0';
	bi->cmdline[sizeof(bi->cmdline) - 1] = '\0';
}

void boot_info_check_modules(struct boot_info *bi, phys_addr_t base, u64 size)
{
	unsigned int kept = 0;

	for (unsigned int i = 0; i < bi->nr_modules; i++) {
		const struct boot_module *m = &bi->modules[i];

		if (m->size && m->base < base + size &&
		    base < m->base + m->size) {
			boot_problem_add(bi, BOOT_PROBLEM_MODULE_OVERLAP,
					 MB2_MODULE, m->base);
			continue;
		}
		if (kept != i)
			bi->modules[kept] = *m;
		kept++;
	}
	bi->nr_modules = kept;
}

int boot_info_check(const struct boot_info *bi)
{
	if (bi->nr_mem > BOOT_MAX_MEM || bi->nr_modules > BOOT_MAX_MODULES ||
	    bi->nr_problems > BOOT_MAX_PROBLEMS ||
	    bi->rsdp_size > sizeof(bi->rsdp))
		return -EINVAL;
	for (unsigned int i = 0; i < bi->nr_mem; i++) {
		const struct mem_range *m = &bi->mem[i];

		if (m->size == 0 || m->base >= BOOT_PHYS_LIMIT ||
		    m->size > BOOT_PHYS_LIMIT - m->base)
			return -EINVAL; /* I1 */
		if (m->type < MEM_USABLE || m->type > MEM_BAD)
			return -EINVAL;
		if (i > 0 && m->base < range_end(m - 1))
			return -EINVAL; /* I1 */
		if (i > 0 && m->base == range_end(m - 1) &&
		    m->type == m[-1].type)
			return -EINVAL; /* I4 */
	}
	if (bi->fb.type != BOOT_FB_NONE && fb_hits_memory(bi))
		return -EINVAL; /* I5 */
	if (!memchr(bi->loader, '\0', sizeof(bi->loader)) ||
	    !memchr(bi->cmdline, '\0', sizeof(bi->cmdline)))
		return -EINVAL; /* I3 */
	for (unsigned int i = 0; i < bi->nr_modules; i++)
		if (!memchr(bi->modules[i].cmdline, '\0',
			    sizeof(bi->modules[i].cmdline)))
			return -EINVAL; /* I3 */
	return 0;
}
