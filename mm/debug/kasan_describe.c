/* SPDX-License-Identifier: MIT */
/*
 * debug/kasan_describe.c - whose memory an address is, for a report.
 *
 * Model. From what lies there: a frame of a slab leads to its cache, and by
 * division to the object whose buffer the address is in; who had it stands in
 * its owner records. Other memory is described by its shadow: an allocation is
 * what may be used, between what may not.
 *
 * Locking. None: a report may come from anywhere, with any lock held. So the
 * answer may be wrong when the memory changes hands meanwhile; nothing is
 * followed that was not looked at first.
 * Contexts. Any.
 * Limits. Of vmalloc and per-CPU memory it is not known who asked for it.
 */
#include <arch/pgtable.h>
#include <base/bits.h>
#include <mm/kasan.h>
#include <mm/percpu.h>
#include <mm/vmalloc.h>

#include "../slab_private.h"

static bool good(unsigned long addr)
{
	s8 v = *kasan_shadow((void *)addr);

	return v >= 0 && (!v || (s8)(addr & (KASAN_GRANULE - 1)) < v);
}

/* The bytes that may be used from @start on, less than @most. */
static size_t good_bytes(unsigned long start, size_t most)
{
	size_t n = 0;

	while (n < most && good(start + n))
		n++;
	return n;
}

/* ---- slabs --------------------------------------------------------------- */

static void describe_owners(struct kmem_cache *c, void *obj, bool in_use,
			    struct kasan_object *o)
{
	const struct slab_owner *w = slab_owners(c, obj);

	if (!(c->flags & SLAB_STORE_USER))
		return;
	/* What was freed is told by its last request, too. */
	if (w[0].size)
		o->size = w[0].size;
	o->alloc_ip = w[0].caller;
	o->alloc_cpu = w[0].cpu;
	o->alloc_ns = w[0].when;
	if (in_use)
		return;
	o->free_ip = w[1].caller;
	o->free_cpu = w[1].cpu;
	o->free_ns = w[1].when;
}

static bool describe_slab(unsigned long addr, struct page *page,
			  struct kasan_object *o)
{
	struct kmem_cache *c = page_get_cache(page);
	struct slab *slab = page->slab_page;
	unsigned long first = (unsigned long)slab->s_mem - c->obj_offset;
	unsigned long i = (addr - first) / c->buffer_size;
	void *obj;

	if (addr < first || i >= c->num)
		return false;
	obj = index_to_obj(c, slab, (unsigned int)i);
	o->what = "object of cache";
	o->owner = c->name;
	o->start = (unsigned long)obj;
	o->size = c->obj_size;
	describe_owners(c, obj, slab_bufctl(slab)[i] == BUFCTL_ACTIVE, o);
	return true;
}

/* ---- frames -------------------------------------------------------------- */

static bool describe_frame(unsigned long addr, struct kasan_object *o)
{
	struct page *page = virt_to_page((void *)addr);
	struct page *head;

	if (PageSlab(page))
		return describe_slab(addr, page, o);
	if (PageReserved(page))
		return false;
	head = compound_head(page);
	o->alloc_ip = (long)(s32)head->owner; /* the image's addresses */
	o->alloc_cpu = head->owner_cpu;
	if (PageCompound(head) && head->flags & BIT(PG_owner_priv_1)) {
		o->what = "large kmalloc";
		o->start = (unsigned long)lowmem_page_address(head);
		o->size = good_bytes(o->start, PAGE_SIZE << head->index);
		return true;
	}
	o->what = "free frame";
	o->start = addr & PAGE_MASK;
	o->size = PAGE_SIZE;
	return true;
}

/* ---- by the shadow ------------------------------------------------------- */

static bool mapped(unsigned long addr)
{
	struct pt_walk w;

	return pt_walk(addr, &w);
}

static bool describe_vmalloc(unsigned long addr, struct kasan_object *o)
{
	unsigned long start = addr & PAGE_MASK;

	while (mapped(start - PAGE_SIZE))
		start -= PAGE_SIZE;
	o->what = "vmalloc area";
	o->start = start;
	o->size = good_bytes(start, addr - start);
	return true;
}

/* The allocation that ends nearest below @addr, if one does on its page. */
static bool describe_percpu(unsigned long addr, struct kasan_object *o)
{
	unsigned long page = addr & PAGE_MASK, end = addr, start;

	while (end > page && !good(end - 1))
		end--;
	for (start = end; start > page && good(start - 1);)
		start--;
	o->what = "per-CPU memory";
	o->start = start;
	o->size = end - start;
	return end > page;
}

bool kasan_describe(unsigned long addr, struct kasan_object *o)
{
	if (virt_addr_valid((void *)addr))
		return describe_frame(addr, o);
	if (addr >= VMALLOC_START && addr <= VMALLOC_END)
		return describe_vmalloc(addr, o);
	if ((u8)*kasan_shadow((void *)addr) == KASAN_PERCPU_INVALID ||
	    *kasan_shadow((void *)addr) > 0)
		return describe_percpu(addr, o);
	return false;
}
