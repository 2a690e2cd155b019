/* SPDX-License-Identifier: MIT */
/*
 * cmd_vmalloc.c - vmallocinfo: the addresses of vmalloc, as a list or drawn;
 * vmalloc: taking and freeing some of them by hand.
 *
 * Model. Asks for one run of addresses after the other, so areas may come and
 * go while it prints.
 * Locking. None of its own. Contexts. Task.
 */
#include <kernel/command.h>

#include <arch/page.h>
#include <base/bits.h>
#include <base/errno.h>
#include <lib/fmt.h>
#include <lib/printk.h>
#include <lib/string.h>
#include <mm/vmalloc.h>

/* The drawing: so many pages a line, and so many lines at most. */
#define MAP_COLUMNS 56
#define MAP_LINES   16

static void list_areas(void)
{
	struct vmalloc_info i;
	unsigned long at = 0;
	char owner[96];

	while (vmalloc_info_next(&at, &i)) {
		owner[0] = '\0';
		if (i.nr_pages)
			scnprintf(owner, sizeof(owner), "%8lu  %pS", i.nr_pages,
				  (void *)i.caller);
		pr_raw("0x%016lx-0x%016lx %11lu %-8s%s\n", i.start, i.end - 1,
		       (i.end - i.start) >> PAGE_SHIFT, i.kind, owner);
	}
}

static void show_totals(void)
{
	struct vmalloc_stats s;

	vmalloc_get_stats(&s);
	pr_raw("%lu areas, %lu holes, the largest of %lu MiB; %lu pages in use, %lu free stacks kept\n",
	       s.areas, s.holes, s.largest_hole >> 20, s.pages, s.kept_stacks);
	pr_raw("%lu pages of addresses wait for a purge, which comes after %lu; %lu purges so far, of %lu areas\n",
	       s.lazy_pages, s.lazy_limit, s.purges, s.purged_areas);
}

/* A letter for the page at @at, which is of @i. */
static char page_sign(const struct vmalloc_info *i, unsigned long at)
{
	if (!strcmp(i->kind, "hole"))
		return ' ';
	if (!i->nr_pages)
		return '~';
	if (at < i->addr || at >= i->addr + i->nr_pages * PAGE_SIZE)
		return '.';
	return i->kind[0];
}

static void draw(void)
{
	unsigned long at = VMALLOC_START, cursor = 0;
	struct vmalloc_info i = {.end = 0};
	char line[MAP_COLUMNS + 1];

	pr_raw("a letter is a mapped page, '.' a guard page, '~' waits for a purge\n");
	for (unsigned int row = 0; row < MAP_LINES; row++) {
		for (unsigned int c = 0; c < MAP_COLUMNS; c++) {
			if (at >= i.end && !vmalloc_info_next(&cursor, &i))
				return;
			line[c] = page_sign(&i, at);
			at += PAGE_SIZE;
		}
		line[MAP_COLUMNS] = '\0';
		pr_raw("0x%016lx |%s|\n", at - MAP_COLUMNS * PAGE_SIZE, line);
		/* Nothing but emptiness from here to the end of the region. */
		if (i.end > VMALLOC_END && !strcmp(i.kind, "hole"))
			return;
	}
	pr_raw("...\n");
}

static int cmd_vmallocinfo(int argc, char **argv)
{
	if (argc == 2 && !strcmp(argv[1], "draw")) {
		draw();
		return 0;
	}
	if (argc == 2 && !strcmp(argv[1], "purge"))
		vm_unmap_aliases();
	else if (argc != 1)
		return -EINVAL;
	pr_raw("%-37s %11s %-8s%8s  caller\n", "addresses", "pages", "state",
	       "mapped");
	list_areas();
	show_totals();
	return 0;
}
COMMAND("vmallocinfo", "the addresses of vmalloc; drawn; after a purge",
	"[draw|purge]", cmd_vmallocinfo);

/* Whatever it is that begins at @addr; bad addresses are reported below. */
static void give_back(unsigned long addr)
{
	unsigned long at = addr;
	struct vmalloc_info i = {.kind = ""};

	if (vmalloc_info_next(&at, &i) && !strcmp(i.kind, "stack"))
		free_thread_stack((void *)addr);
	else
		vfree((void *)addr);
}

/* To play with what vmallocinfo shows. */
static int cmd_vmalloc(int argc, char **argv)
{
	unsigned long n;
	void *area;

	if (argc == 3 && !strcmp(argv[1], "free")) {
		if (kstrtoul(argv[2], 0, &n))
			return -EINVAL;
		give_back(n);
		return 0;
	}
	if (argc != 2)
		return -EINVAL;
	if (!strcmp(argv[1], "stack"))
		area = alloc_thread_stack(-1);
	else if (!kstrtoul(argv[1], 0, &n))
		area = vmalloc(n * PAGE_SIZE);
	else
		return -EINVAL;
	if (!area)
		return -ENOMEM;
	pr_raw("0x%016lx\n", (unsigned long)area);
	return 0;
}
COMMAND("vmalloc", "take so many pages, or a stack; or give them back",
	"pages|stack|free address", cmd_vmalloc);
