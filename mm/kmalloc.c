/* SPDX-License-Identifier: MIT */
/*
 * kmalloc.c - memory by size: what is behind kmalloc()'s table.
 *
 * Model. A request up to KMALLOC_MAX_CACHE_SIZE is rounded up to the next of
 * thirteen classes, each an ordinary cache (slab_init.c). The table that
 * kmalloc() looks into has an entry for each multiple of 8 up to 192 and one
 * for each power of two above. Larger requests are compound pages: the head
 * is marked PG_owner_priv_1 and has the order in its index, so that kfree()
 * knows them from pages that somebody else allocated.
 *
 * A request for 0 bytes succeeds, with a pointer that can be freed but not
 * used: the caller need not treat "nothing to copy" as an error.
 *
 * Invariants.
 *   I1  kmalloc_large_count() is the number of large blocks with users.
 * Locking. None of its own.
 * Contexts. As slab.c and the page allocator: any but NMI.
 * Limits. A class wastes up to half of a block; slabinfo shows what is used.
 */
#include <base/assert.h>
#include <base/bits.h>
#include <base/atomic.h>
#include <arch/page.h>
#include <lib/string.h>
#include <mm/kasan.h>
#include <mm/memleak.h>

#include "slab_private.h"

static atomic64_t nr_large; /* (a) I1 */

struct kmem_cache *kmalloc_class(size_t size, gfp_t gfp)
{
	const struct kmalloc_classes *t =
		gfp & __GFP_DMA ? &kmalloc_dma : &kmalloc_normal;

	ASSERT(size && size <= KMALLOC_MAX_CACHE_SIZE);
	return size <= KMALLOC_SMALL ? kmalloc_small(t, size)
				     : kmalloc_big(t, size);
}

unsigned long kmalloc_large_count(void)
{
	return (unsigned long)atomic64_read(&nr_large);
}

/* ---- large blocks ------------------------------------------------------- */

static unsigned int size_order(size_t size)
{
	return size <= PAGE_SIZE ? 0 : __fls(size - 1) + 1 - PAGE_SHIFT;
}

static bool page_is_large(const struct page *page)
{
	return PageCompound(page) && !PageTail(page) &&
	       page->flags & (1UL << PG_owner_priv_1);
}

static void *kmalloc_large(size_t size, gfp_t gfp, unsigned long caller)
{
	struct page *page;

	if (size > KMALLOC_MAX_SIZE)
		return NULL;
	page = alloc_pages(gfp | __GFP_COMP, size_order(size));
	if (!page)
		return NULL;
	page->flags |= 1UL << PG_owner_priv_1;
	page->index = size_order(size);
	atomic64_inc(&nr_large);
	kasan_kmalloc_large(lowmem_page_address(page), size,
			    PAGE_SIZE << page->index);
	memleak_alloc(lowmem_page_address(page), size, caller);
	return lowmem_page_address(page);
}

static void kfree_large(const void *p, unsigned long caller)
{
	struct page *page;

	if (!virt_addr_valid(p) || !page_is_large(virt_to_page(p)) ||
	    (unsigned long)p & ~PAGE_MASK) {
		slab_report_wild(p, caller);
		return;
	}
	memleak_free(p);
	page = virt_to_page(p);
	page->flags &= ~(1UL << PG_owner_priv_1);
	atomic64_dec(&nr_large);
	__free_pages(page, (unsigned int)page->index);
}

/* ---- what the short paths leave out ------------------------------------- */

/* No size, large sizes, cleared memory, the DMA zone, debug builds. */
noinline void *kmalloc_unusual(size_t size, gfp_t gfp, unsigned long caller)
{
	if (!size)
		return ZERO_SIZE_PTR;
	if (size > KMALLOC_MAX_CACHE_SIZE)
		return kmalloc_large(size, gfp, caller);
	return slab_alloc_checked(kmalloc_class(size, gfp), gfp, size, caller);
}

/* Nothing, large blocks, nonsense, debug builds. */
noinline void kfree_unusual(const void *p, unsigned long caller)
{
	struct page *page;

	if (ZERO_OR_NULL_PTR(p))
		return;
	page = virt_addr_valid(p) ? virt_to_page(p) : NULL;
	if (page && PageSlab(page))
		slab_free_checked(page_get_cache(page), (void *)p, caller);
	else
		kfree_large(p, caller);
}

/* ---- variations --------------------------------------------------------- */

void *kzalloc(size_t size, gfp_t gfp)
{
	return kmalloc_unusual(size, gfp | __GFP_ZERO, _RET_IP_);
}

void *kmalloc_array(size_t n, size_t size, gfp_t gfp)
{
	size_t bytes;

	if (unlikely(__builtin_mul_overflow(n, size, &bytes)))
		return NULL;
	return kmalloc_unusual(bytes, gfp, _RET_IP_);
}

void *kcalloc(size_t n, size_t size, gfp_t gfp)
{
	size_t bytes;

	if (unlikely(__builtin_mul_overflow(n, size, &bytes)))
		return NULL;
	return kmalloc_unusual(bytes, gfp | __GFP_ZERO, _RET_IP_);
}

/* Bytes behind @p; 0 if it is no allocation of kmalloc(). */
static size_t block_size(const void *p)
{
	struct page *page;

	if (ZERO_OR_NULL_PTR(p) || WARN_ON(!virt_addr_valid(p)))
		return 0;
	page = virt_to_page(p);
	if (PageSlab(page))
		return page_get_cache(page)->obj_size;
	if (WARN_ON(!page_is_large(page)))
		return 0;
	return PAGE_SIZE << page->index;
}

/* From now on @want bytes of the block may be used. */
static void resize(const void *p, size_t want)
{
	struct kmem_cache *c;

	if (ZERO_OR_NULL_PTR(p))
		return;
	if (!PageSlab(virt_to_page(p))) {
		kasan_kmalloc_large(p, want, block_size(p));
		return;
	}
	c = page_get_cache(virt_to_page(p));
	if (slab_debugged(c))
		slab_debug_resize(c, (void *)p, want);
	kasan_slab_alloc(c, p, want);
}

size_t ksize(const void *p)
{
	size_t size = block_size(p);

	if (size)
		resize(p, size);
	return size;
}

void *krealloc(const void *p, size_t new_size, gfp_t gfp)
{
	size_t old;
	void *new;

	if (!new_size) {
		kfree_unusual(p, _RET_IP_);
		return ZERO_SIZE_PTR;
	}
	old = block_size(p);
	if (old >= new_size) {
		resize(p, new_size);
		return (void *)p;
	}
	new = kmalloc_unusual(new_size, gfp, _RET_IP_);
	if (new &&old) {
		resize(p, old); /* all that is copied may be read */
		memcpy(new, p, old);
		kfree_unusual(p, _RET_IP_);
	}
	return new;
}

void *kmemdup(const void *p, size_t size, gfp_t gfp)
{
	void *new = p ? kmalloc_unusual(size, gfp, _RET_IP_) : NULL;

	if (new &&size)
		memcpy(new, p, size);
	return new;
}

char *kstrdup(const char *s, gfp_t gfp)
{
	size_t size = s ? strlen(s) + 1 : 0;
	char *new = s ? kmalloc_unusual(size, gfp, _RET_IP_) : NULL;

	if (new)
		memcpy(new, s, size);
	return new;
}
