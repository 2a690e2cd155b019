/* SPDX-License-Identifier: MIT */
/*
 * kasan.h (mm) - what the allocators tell CONFIG=kasan.
 *
 * Each allocator says what it hands out, to the byte, and what it takes back.
 * In other builds these functions are empty. The model stands in
 * mm/debug/kasan.c, that of the checks in lib/san/kasan.c.
 */
#ifndef MM_KASAN_H
#define MM_KASAN_H

#include <arch/page.h>
#include <base/config.h>
#include <base/types.h>
#include <lib/kasan.h>
#include <mm/page.h>

struct kmem_cache;

/* Only where CONFIG_KASAN; callers use the functions behind them. */
bool kasan_describe(unsigned long addr, struct kasan_object *o);
void kasan_large(const void *p, size_t size, size_t block);
void kasan_new_slab(struct kmem_cache *c, const void *first, unsigned int num);
void kasan_object(struct kmem_cache *c, const void *obj, size_t want);
bool kasan_quarantine_put(struct kmem_cache *c, void *obj);
void kasan_quarantine_drain(void);
unsigned long kasan_quarantined(const struct kmem_cache *c);
int kasan_vmalloc_area(unsigned long addr, size_t size);
int kasan_percpu_area(unsigned long addr, size_t size);

/**
 * kasan_mm_init() - from now on reports know whose memory it is.
 *
 * Context: boot; the page allocator works.
 */
static inline void kasan_mm_init(void)
{
	if (CONFIG_KASAN)
		kasan_set_describe(kasan_describe);
}

/**
 * kasan_alloc_pages() - a block of frames is handed out.
 * @page: the first frame; @order: log2 of their number.
 *
 * Context: any. Locking: none; the block belongs to the caller.
 */
static inline void kasan_alloc_pages(const struct page *page,
				     unsigned int order)
{
	kasan_unpoison(lowmem_page_address(page), PAGE_SIZE << order);
}

/**
 * kasan_free_pages() - a block came back: nobody may use it.
 * @page: the first frame; @order: log2 of their number.
 *
 * Context: any. Locking: none; the block belongs to the caller.
 */
static inline void kasan_free_pages(const struct page *page, unsigned int order)
{
	kasan_poison(lowmem_page_address(page), PAGE_SIZE << order,
		     KASAN_PAGE_FREE);
}

/**
 * kasan_kmalloc_large() - @size bytes of a block of frames may be used.
 * @p: the first; @size: what was asked for; @block: bytes of the frames.
 *
 * Context: any. Locking: none; the block belongs to the caller.
 */
static inline void kasan_kmalloc_large(const void *p, size_t size, size_t block)
{
	if (CONFIG_KASAN)
		kasan_large(p, size, block);
}

/**
 * kasan_poison_slab() - the objects of a new slab are free.
 * @c: the cache; @first: its first object; @num: how many.
 *
 * Context: any. Locking: none; the slab belongs to the caller.
 */
static inline void kasan_poison_slab(struct kmem_cache *c, const void *first,
				     unsigned int num)
{
	if (CONFIG_KASAN)
		kasan_new_slab(c, first, num);
}

/**
 * kasan_slab_open() - the checks of debug builds write to an object.
 * @c: the cache; @obj: the object, all of which may be used now.
 *
 * Context: any. Locking: none; the object belongs to the caller.
 */
static inline void kasan_slab_open(struct kmem_cache *c, const void *obj)
{
	if (CONFIG_KASAN)
		kasan_object(c, obj, ~0UL);
}

/**
 * kasan_slab_alloc() - the user of an object may use @want bytes.
 * @c: the cache; @obj: the object.
 * @want: at most the size of an object.
 *
 * Context: any. Locking: none; the object belongs to the caller.
 */
static inline void kasan_slab_alloc(struct kmem_cache *c, const void *obj,
				    size_t want)
{
	if (CONFIG_KASAN)
		kasan_object(c, obj, want);
}

/**
 * kasan_slab_free() - an object that passed all checks is freed.
 * @c: the cache; @obj: the object.
 *
 * It is kept from use for a while, so that who still has a pointer to it is
 * found. Others, which were kept longest, are freed instead.
 *
 * Context: any but NMI. Locking: takes the lock of the quarantine.
 * Return: whether it is kept: then the caller has nothing more to do.
 */
static inline bool kasan_slab_free(struct kmem_cache *c, void *obj)
{
	return CONFIG_KASAN && kasan_quarantine_put(c, obj);
}

/**
 * kasan_slab_drain() - whatever is kept from use is freed now.
 *
 * Context: any but NMI.
 */
static inline void kasan_slab_drain(void)
{
	if (CONFIG_KASAN)
		kasan_quarantine_drain();
}

/* Objects of @c, or of all caches for NULL, that are kept from use. */
static inline unsigned long kasan_slab_kept(const struct kmem_cache *c)
{
	return CONFIG_KASAN ? kasan_quarantined(c) : 0;
}

/**
 * kasan_map_vmalloc() - shadow for an area that is mapped; all may be used.
 * @addr, @size: the area.
 *
 * Context: task, or boot. Locking: none; the area belongs to the caller.
 * Return: 0 or -ENOMEM.
 */
static inline int kasan_map_vmalloc(unsigned long addr, size_t size)
{
	return CONFIG_KASAN ? kasan_vmalloc_area(addr, size) : 0;
}

/**
 * kasan_map_percpu() - shadow for dynamic per-CPU memory, none in use yet.
 * @addr, @size: the area.
 *
 * Context: task, or boot. Locking: none.
 * Return: 0 or -ENOMEM.
 */
static inline int kasan_map_percpu(unsigned long addr, size_t size)
{
	return CONFIG_KASAN ? kasan_percpu_area(addr, size) : 0;
}

/**
 * kasan_vmalloc_size() - @size bytes of an area were asked for.
 * @p: the first; the rest of their last page may not be used.
 *
 * Context: task. Locking: none; the area belongs to the caller.
 */
static inline void kasan_vmalloc_size(const void *p, size_t size)
{
	size_t first = (size + KASAN_GRANULE - 1) & ~(KASAN_GRANULE - 1);

	kasan_unpoison(p, size);
	kasan_poison((const char *)p + first, PAGE_ALIGN(size) - first,
		     KASAN_VMALLOC_INVALID);
}

/* Frames that hold shadow: they come when memory is used, and stay. */
static inline unsigned long kasan_frames(void)
{
	return CONFIG_KASAN ? kasan_shadow_frames : 0;
}

#endif /* MM_KASAN_H */
