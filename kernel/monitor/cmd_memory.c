/* SPDX-License-Identifier: MIT */
/*
 * cmd_memory.c - commands that show the allocators: buddyinfo, zoneinfo,
 * slabinfo, slabtop.
 *
 * Model. Each takes its picture first, then prints: see <mm/show.h> for the
 * zones; the caches hand out copies of their numbers one by one.
 * Locking. A picture holds its owner's lock; printing holds none.
 * Contexts. Task, called by the command loop.
 * Limits. slabtop sorts at most MAX_CACHES caches, and says so if there are
 * more.
 */
#include "monitor.h"

#include <arch/page.h>
#include <base/errno.h>
#include <lib/cpumask.h>
#include <lib/fmt.h>
#include <lib/glob.h>
#include <lib/printk.h>
#include <lib/sort.h>
#include <lib/string.h>
#include <mm/mmzone.h>
#include <mm/show.h>
#include <mm/slab.h>

static struct zone_picture picture; /* the monitor's task only */

static unsigned long kib(unsigned long frames)
{
	return frames << (PAGE_SHIFT - 10);
}

/* ---- buddyinfo ----------------------------------------------------------- */

static void buddy_heading(void)
{
	char line[81];
	size_t n = (size_t)scnprintf(line, sizeof(line), "%-14s", "order");

	for (unsigned int k = 0; k < MAX_ORDER; k++)
		n += (size_t)scnprintf(line + n, sizeof(line) - n, "%5u", k);
	pr_raw("%s\n", line);
}

static void buddy_row(const char *title, const unsigned long *blocks)
{
	char line[96];
	size_t n = (size_t)scnprintf(line, sizeof(line), "%-14s", title);

	for (unsigned int k = 0; k < MAX_ORDER; k++)
		n += (size_t)scnprintf(line + n, sizeof(line) - n, "%5lu",
				       blocks[k]);
	pr_raw("%s\n", line);
}

/* How much of what is free does not help who wants a block of that order. */
static void unusable_row(const struct zone_picture *p)
{
	unsigned long percent[MAX_ORDER];

	for (unsigned int k = 0; k < MAX_ORDER; k++)
		percent[k] = zone_unusable(p, k);
	buddy_row("  unusable %", percent);
}

static void buddy_zone(const struct zone_picture *p, bool types)
{
	static const char *const names[MIGRATE_TYPES] = {
		[MIGRATE_UNMOVABLE] = "  unmovable",
		[MIGRATE_RECLAIMABLE] = "  reclaimable",
		[MIGRATE_MOVABLE] = "  movable",
		[MIGRATE_RESERVE] = "  reserve",
		[MIGRATE_ISOLATE] = "  isolate",
	};
	char title[32];

	scnprintf(title, sizeof(title), "%d %s", p->nid, p->name);
	buddy_row(title, p->nr_free);
	for (unsigned int t = 0; types && t < MIGRATE_TYPES; t++)
		buddy_row(names[t], p->by_type[t]);
	unusable_row(p);
	pr_raw("  %lu KiB free in blocks, %lu KiB in lists of CPUs\n",
	       kib(p->free), kib(p->cpu_frames));
}

static int cmd_buddyinfo(int argc, char **argv)
{
	bool types = argc == 2 && strcmp(argv[1], "-t") == 0;
	struct zone *zone;

	if (argc > 2 || (argc == 2 && !types))
		return -EINVAL;
	buddy_heading();
	for_each_populated_zone(zone) {
		zone_take_picture(zone, &picture);
		buddy_zone(&picture, types);
	}
	return 0;
}
COMMAND("buddyinfo", "free blocks of each zone by order; -t: and by type",
	"[-t]", cmd_buddyinfo);

/* ---- zoneinfo ------------------------------------------------------------ */

static void show_reserves(const struct zone_picture *p)
{
	char line[80];
	size_t n = 0;

	for (unsigned int i = 0; i < MAX_NR_ZONES; i++)
		n += (size_t)scnprintf(line + n, sizeof(line) - n, " %lu",
				       p->reserve[i]);
	pr_raw("  reserve   %s  (frames kept from requests of each class)\n",
	       line + 1);
}

static void show_cpu_lists(const struct zone *zone)
{
	char line[80] = "";
	unsigned int cpu, shown = 0;
	size_t n = 0;

	for_each_online_cpu(cpu) {
		n += (size_t)scnprintf(line + n, sizeof(line) - n, " %u:%d",
				       cpu, zone_cpu_frames(zone, cpu));
		if (++shown % 8 == 0) {
			pr_raw("  on CPU    %s\n", line);
			n = 0;
		}
	}
	if (n)
		pr_raw("  on CPU    %s\n", line);
}

static void show_zone(const struct zone *zone, const struct zone_picture *p)
{
	unsigned long in_list = p->pcp_allocs + p->pcp_frees;

	pr_raw("node %d, zone %s\n", p->nid, p->name);
	pr_raw("  frames     %lu managed of %lu present of %lu spanned, from %lu on\n",
	       p->managed, p->present, p->spanned, p->start_pfn);
	pr_raw("  free       %lu, and %lu in lists of CPUs\n", p->free,
	       p->cpu_frames);
	pr_raw("  watermarks min %lu, low %lu, high %lu\n",
	       p->watermark[WMARK_MIN], p->watermark[WMARK_LOW],
	       p->watermark[WMARK_HIGH]);
	show_reserves(p);
	pr_raw("  lists      batch %d, high %d; %lu out, %lu back, %lu refills\n",
	       p->pcp_batch, p->pcp_high, p->pcp_allocs, p->pcp_frees,
	       p->pcp_refills);
	pr_raw("  lock       taken %lu times; %lu frames went through lists\n",
	       p->locked, in_list);
	pr_raw("  fallback   %lu blocks taken from another type\n",
	       p->fallbacks);
	show_cpu_lists(zone);
}

static int cmd_zoneinfo(int argc, char **argv)
{
	struct zone *zone;

	(void)argv;
	if (argc != 1)
		return -EINVAL;
	for_each_populated_zone(zone) {
		zone_take_picture(zone, &picture);
		show_zone(zone, &picture);
	}
	return 0;
}
COMMAND("zoneinfo", "the zones: frames, watermarks, reserves, lists of CPUs",
	"", cmd_zoneinfo);

/* ---- slabinfo, slabtop --------------------------------------------------- */

#define MAX_CACHES 128
#define TOP_ROWS   15

/* Copies of the caches that a command wants; the monitor's task only. */
static struct {
	const char *glob;
	struct kmem_cache_info info[MAX_CACHES];
	unsigned int nr;
	unsigned int left_out;
} caches;

static void collect_one(const struct kmem_cache_info *info, void *unused)
{
	(void)unused;
	if (!glob_match_list(caches.glob, info->name))
		return;
	if (caches.nr == MAX_CACHES)
		caches.left_out++;
	else
		caches.info[caches.nr++] = *info;
}

static void collect(const char *glob)
{
	caches.glob = glob;
	caches.nr = caches.left_out = 0;
	kmem_cache_for_each(collect_one, NULL);
}

static void show_left_out(void)
{
	if (caches.left_out)
		pr_raw("and %u more\n", caches.left_out);
}

static void slab_row(const struct kmem_cache_info *i)
{
	pr_raw("%-18s%8lu%8lu%7u%6u%6u%7lu%7lu  %u/%u/%u\n", i->name,
	       i->active_objs, i->total_objs, i->buffer_size, i->num,
	       1U << i->order, i->slabs, i->free_slabs, i->limit, i->batchcount,
	       i->shared);
}

/* Everything about a cache that was named. */
static void slab_details(const struct kmem_cache_info *i)
{
	pr_raw("%s\n", i->name);
	pr_raw("  objects    %lu with users, %lu in arrays of CPUs, %lu shared, %lu in all\n",
	       i->active_objs, i->cpu_objs, i->shared_objs, i->total_objs);
	pr_raw("  size       %u bytes asked for, %u used, aligned to %u\n",
	       i->object_size, i->buffer_size, i->align);
	pr_raw("  slab       %u objects in %u pages, %u colours, descriptor %s\n",
	       i->num, 1U << i->order, i->colours,
	       i->off_slab ? "elsewhere" : "inside");
	pr_raw("  slabs      %lu, %lu of them free; up to %lu free objects are kept\n",
	       i->slabs, i->free_slabs, i->free_limit);
	pr_raw("  arrays     limit %u, batch %u, shared %u batches\n", i->limit,
	       i->batchcount, i->shared);
	pr_raw("  so far     %lu slabs made, %lu given back\n", i->grown,
	       i->reaped);
	pr_raw("             %lu refills, %lu flushes, %lu for other nodes, %lu locks\n",
	       i->refills, i->flushes, i->alien, i->locked);
}

#define MAX_SLABS 32 /* that are drawn */

static int draw_slabs(const char *name)
{
	static struct slab_picture
		slabs[MAX_SLABS]; /* one task has the prompt */
	int nr = kmem_cache_pictures(name, slabs, MAX_SLABS);

	if (nr < 0) {
		pr_raw("no cache is called '%s'\n", name);
		return 1;
	}
	for (int i = 0; i < nr && i < MAX_SLABS; i++) {
		const struct slab_picture *p = &slabs[i];

		pr_raw("%#lx %4u %s %s%s\n", p->address, p->colour,
		       p->list == 'F'	? "full   "
		       : p->list == 'P' ? "partial"
					: "free   ",
		       p->object, p->num > SLAB_PICTURE_OBJECTS ? "+" : "");
	}
	if (nr > MAX_SLABS)
		pr_raw("and %d more slabs\n", nr - MAX_SLABS);
	pr_raw("first object, colour, list; # with a user, a in an array, . in the slab\n");
	return 0;
}

static int cmd_slabinfo(int argc, char **argv)
{
	if (argc == 3 && strcmp(argv[1], "-d") == 0)
		return draw_slabs(argv[2]);
	if (argc > 2)
		return -EINVAL;
	collect(argc == 2 ? argv[1] : "*");
	if (!caches.nr) {
		pr_raw("no cache is called '%s'\n", caches.glob);
		return 1;
	}
	if (argc == 2 && caches.nr == 1) {
		slab_details(&caches.info[0]);
		return 0;
	}
	pr_raw("%-18s%8s%8s%7s%6s%6s%7s%7s  %s\n", "cache", "active", "objects",
	       "bytes", "/slab", "pages", "slabs", "free", "arrays");
	for (unsigned int i = 0; i < caches.nr; i++)
		slab_row(&caches.info[i]);
	show_left_out();
	return 0;
}
COMMAND("slabinfo", "the caches of objects; all about one; -d: draw its slabs",
	"[glob | -d cache]", cmd_slabinfo);

static unsigned long cache_frames(const struct kmem_cache_info *i)
{
	return i->slabs << i->order;
}

static int larger_first(const void *a, const void *b)
{
	unsigned long x = cache_frames(a), y = cache_frames(b);

	if (x != y)
		return x > y ? -1 : 1;
	return strcmp(((const struct kmem_cache_info *)a)->name,
		      ((const struct kmem_cache_info *)b)->name);
}

static unsigned long percent(unsigned long part, unsigned long whole)
{
	return whole ? part * 100 / whole : 0;
}

static void top_totals(void)
{
	unsigned long active = 0, objects = 0, slabs = 0, frames = 0;

	for (unsigned int i = 0; i < caches.nr; i++) {
		active += caches.info[i].active_objs;
		objects += caches.info[i].total_objs;
		slabs += caches.info[i].slabs;
		frames += cache_frames(&caches.info[i]);
	}
	pr_raw("%lu of %lu objects (%lu %%) in %lu slabs of %u caches, %lu KiB\n",
	       active, objects, percent(active, objects), slabs, caches.nr,
	       kib(frames));
}

static int cmd_slabtop(int argc, char **argv)
{
	(void)argv;
	if (argc != 1)
		return -EINVAL;
	collect("*");
	top_totals();
	sort(caches.info, caches.nr, sizeof(caches.info[0]), larger_first,
	     NULL);
	pr_raw("%8s%9s%9s%6s%8s%8s  %s\n", "KiB", "objects", "active", "used",
	       "bytes", "slabs", "cache");
	for (unsigned int n = 0; n < caches.nr && n < TOP_ROWS; n++) {
		const struct kmem_cache_info *i = &caches.info[n];

		if (!i->slabs)
			break; /* nor have those behind it */
		pr_raw("%8lu%9lu%9lu%4lu %%%8u%8lu  %s\n", kib(cache_frames(i)),
		       i->total_objs, i->active_objs,
		       percent(i->active_objs, i->total_objs), i->buffer_size,
		       i->slabs, i->name);
	}
	show_left_out();
	return 0;
}
COMMAND("slabtop", "the caches that take most memory", "", cmd_slabtop);
