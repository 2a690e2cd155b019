/* SPDX-License-Identifier: MIT */
/*
 * cmd_hold.c - memory in the hands of a person: hold, drop, frames.
 *
 * Purpose. What a student does to the allocators with these is what buddyinfo,
 * slabinfo and frames then show.
 *
 * Model. held[] is a stack: hold puts blocks of frames or objects on it, drop
 * gives the ones put there last back; also twice, or after a byte was written
 * behind the object, to see what the allocators say to that. frames draws a
 * largest block, one character for each frame:
 *
 *	.  free, part of a block        R  reserved: no memory, the image ...
 *	:  the first frame of such a    s  a slab's
 *	   block                        H  held by the command hold
 *	c  free, on the list of a CPU   #  somebody else's
 *
 * Locking. None: one task has the prompt. The drawing looks at descriptors
 * that others may change meanwhile.
 * Contexts. Task, called by the command loop.
 * Limits. c is also shown for the frames behind the first of an allocated
 * block that is not held: only the first tells its order.
 */
#include "monitor.h"

#include <arch/page.h>
#include <base/bits.h>
#include <base/config.h>
#include <base/errno.h>
#include <lib/printk.h>
#include <lib/string.h>
#include <mm/gfp.h>
#include <mm/mmzone.h>
#include <mm/page.h>
#include <mm/slab.h>

#define MAX_HELD 1024
#define COLUMNS	 64 /* frames in a row of the drawing */

/* Something held. */
struct held {
	void *p;
	u32 size; /* bytes of an object; 0: frames */
	u8 order; /* of the block of frames */
};

static struct held held[MAX_HELD]; /* the monitor's task only */
static unsigned int nr_held;	   /* the same */
static unsigned long last_frame;   /* the same; what frames shows */

static unsigned long frame_of(const struct held *h)
{
	return page_to_pfn(virt_to_page(h->p));
}

static void show_held(const struct held *h)
{
	if (h->size)
		pr_raw("  object of %u bytes at %#lx, frame %lu\n", h->size,
		       (unsigned long)h->p, frame_of(h));
	else
		pr_raw("  block of order %u at frame %lu\n", h->order,
		       frame_of(h));
}

static bool take(struct held *h)
{
	if (h->size)
		h->p = kmalloc(h->size, GFP_KERNEL);
	else
		h->p = (void *)__get_free_pages(GFP_KERNEL, h->order);
	return h->p;
}

static void give(const struct held *h)
{
	if (h->size)
		kfree(h->p);
	else
		free_pages((unsigned long)h->p, h->order);
}

/* The first few and the last of those put on the stack since @from. */
static void show_since(unsigned int from)
{
	const unsigned int few = 8;

	for (unsigned int i = from; i < nr_held; i++) {
		if (i == from + few && nr_held - i > 1) {
			pr_raw("  ... %u more ...\n", nr_held - i - 1);
			i = nr_held - 1;
		}
		show_held(&held[i]);
	}
}

static int hold(struct held what, unsigned int count)
{
	unsigned int from = nr_held;

	while (count-- && nr_held < MAX_HELD) {
		if (!take(&what)) {
			pr_raw("no memory\n");
			break;
		}
		held[nr_held++] = what;
	}
	if (nr_held > from)
		last_frame = frame_of(&held[nr_held - 1]);
	show_since(from);
	return 0;
}

static int cmd_hold(int argc, char **argv)
{
	struct held what = {0};
	unsigned int n, count = 1;

	if (argc == 1) {
		pr_raw("%u held\n", nr_held);
		show_since(0);
		return 0;
	}
	if (argc < 3 || argc > 4 || kstrtouint(argv[2], 10, &n))
		return -EINVAL;
	if (argc == 4 && kstrtouint(argv[3], 10, &count))
		return -EINVAL;
	if (strcmp(argv[1], "page") == 0 && n < MAX_ORDER)
		what.order = (u8)n;
	else if (strcmp(argv[1], "object") == 0 && n && n <= KMALLOC_MAX_SIZE)
		what.size = n;
	else
		return -EINVAL;
	return hold(what, count);
}
COMMAND("hold", "take frames (2^order) or objects (bytes), and keep them",
	"[page <order> [count] | object <bytes> [count]]", cmd_hold);

/* Every second one goes: what stays behind keeps neighbours apart. */
static void drop_half(void)
{
	unsigned int kept = 0;

	for (unsigned int i = 0; i < nr_held; i++) {
		if (i & 1)
			give(&held[i]);
		else
			held[kept++] = held[i];
	}
	nr_held = kept;
}

/* A bug on purpose, for the allocators to notice and to refuse. */
static int drop_badly(bool twice)
{
	const struct held *h = &held[nr_held - 1];

	if (!CONFIG_DEBUG) {
		pr_raw("only debug builds would notice\n");
		return 1;
	}
	if (!nr_held ||
	    (!twice && (!h->size || h->size > KMALLOC_MAX_CACHE_SIZE))) {
		pr_raw("nothing of the kind is held\n");
		return 1;
	}
	nr_held--;
	if (twice)
		give(h);
	else
		((volatile u8 *)h->p)[h->size] = 0xee;
	give(h);
	return 0;
}

/*
 * Bugs that only some checks notice: the object is used after it was freed;
 * nobody knows any more where it is.
 */
static int drop_quietly(bool lost)
{
	struct held *h;

	if (!CONFIG_DEBUG || !nr_held || !held[nr_held - 1].size) {
		pr_raw(CONFIG_DEBUG ? "no object is held\n"
				    : "only debug builds would notice\n");
		return 1;
	}
	h = &held[--nr_held];
	if (!lost) {
		give(h);
		pr_raw("its first byte is %#x now\n", *(volatile u8 *)h->p);
	}
	h->p = NULL;
	return 0;
}

static int drop_word(const char *word)
{
	if (strcmp(word, "half") == 0)
		drop_half();
	else if (strcmp(word, "late") == 0 || strcmp(word, "lost") == 0)
		return drop_quietly(word[1] == 'o');
	else if (strcmp(word, "twice") == 0 || strcmp(word, "overrun") == 0)
		return drop_badly(word[0] == 't');
	else
		return -EINVAL;
	pr_raw("%u held\n", nr_held);
	return 0;
}

static int cmd_drop(int argc, char **argv)
{
	unsigned int count = 1;

	if (argc > 2)
		return -EINVAL;
	if (argc == 2 && strcmp(argv[1], "all") == 0)
		count = nr_held;
	else if (argc == 2 && kstrtouint(argv[1], 10, &count))
		return drop_word(argv[1]);
	while (count-- && nr_held) {
		last_frame = frame_of(&held[--nr_held]);
		give(&held[nr_held]);
	}
	pr_raw("%u held\n", nr_held);
	return 0;
}
COMMAND("drop", "give back what was held last, every second one; or wrongly",
	"[count|half|all|twice|overrun|late|lost]", cmd_drop);

/* ---- frames ---------------------------------------------------------- */

static bool is_held(unsigned long pfn)
{
	for (unsigned int i = 0; i < nr_held; i++) {
		unsigned long first = frame_of(&held[i]);

		if (!held[i].size && pfn >= first &&
		    pfn < first + BIT(held[i].order))
			return true;
	}
	return false;
}

static char symbol(const struct page *page)
{
	if (PageReserved(page))
		return 'R';
	if (is_held(page_to_pfn(page)))
		return 'H';
	if (PageSlab(page))
		return 's';
	return atomic_read(&page->_count) ? '#' : 'c';
}

/* Frames from @pfn on as characters; those of free blocks at once. */
static void draw(unsigned long pfn, char *to)
{
	for (unsigned long i = 0; i < MAX_ORDER_NR_PAGES;) {
		const struct page *page = pfn_to_page(pfn + i);
		unsigned long nr = 1;

		if (PageBuddy(page)) {
			nr = min(BIT(page_order(page)), MAX_ORDER_NR_PAGES - i);
			memset(to + i, '.', nr);
			to[i] = ':';
		} else {
			to[i] = symbol(page);
		}
		i += nr;
	}
}

static int cmd_frames(int argc, char **argv)
{
	static char picture[MAX_ORDER_NR_PAGES]; /* one task has the prompt */
	unsigned long pfn = last_frame;
	unsigned long long n;

	if (argc > 2 || (argc == 2 && kstrtoull(argv[1], 0, &n)))
		return -EINVAL;
	if (argc == 2)
		pfn = n;
	if (!pfn_valid(pfn)) {
		pr_raw("frame %lu has no descriptor\n", pfn);
		return 1;
	}
	pfn = ALIGN_DOWN(pfn, MAX_ORDER_NR_PAGES);
	draw(pfn, picture);
	for (unsigned int i = 0; i < MAX_ORDER_NR_PAGES; i += COLUMNS)
		pr_raw("%8lu  %.*s\n", pfn + i, COLUMNS, picture + i);
	pr_raw(": . free block  c on a CPU's list  s slab  H held  # other  R reserved\n");
	return 0;
}
COMMAND("frames", "draw a largest block: of a frame, or of what was held last",
	"[frame]", cmd_frames);
