/* SPDX-License-Identifier: MIT */
/*
 * slab.h - objects of one size, and kmalloc() (A MM-S).
 */
#ifndef MM_SLAB_H
#define MM_SLAB_H

#include <base/compiler.h>
#include <base/types.h>
#include <mm/gfp.h>

struct kmem_cache;

/* Flags of kmem_cache_create(). */
#define SLAB_HWCACHE_ALIGN   0x00002000UL /* start objects on cache lines */
#define SLAB_CACHE_DMA	     0x00004000UL /* frames from ZONE_DMA */
#define SLAB_PANIC	     0x00040000UL /* creation must not fail */
#define SLAB_RECLAIM_ACCOUNT 0x00020000UL /* a shrinker can free objects */
#define SLAB_RED_ZONE	     0x00000400UL /* words around each object */
#define SLAB_POISON	     0x00000800UL /* pattern in free objects */
#define SLAB_STORE_USER	     0x00010000UL /* who allocated and freed last */

#define KMALLOC_MIN_SIZE       8
#define KMALLOC_MAX_CACHE_SIZE 8192 /* larger: whole pages */
#define KMALLOC_MAX_SIZE       (PAGE_SIZE << (MAX_ORDER - 1))

struct kmem_cache *kmem_cache_create(const char *name, size_t size,
				     size_t align, unsigned long flags,
				     void (*ctor)(void *obj));
int kmem_cache_destroy(struct kmem_cache *cache); /* -EBUSY: objects live */
int kmem_cache_shrink(struct kmem_cache *cache);  /* pages given back */
void *__must_check kmem_cache_alloc(struct kmem_cache *cache, gfp_t gfp);
void *__must_check kmem_cache_zalloc(struct kmem_cache *cache, gfp_t gfp);
void kmem_cache_free(struct kmem_cache *cache, void *obj);
unsigned int kmem_cache_size(const struct kmem_cache *cache);
const char *kmem_cache_name(const struct kmem_cache *cache);

void *__must_check kmalloc(size_t size, gfp_t gfp);
void *__must_check kzalloc(size_t size, gfp_t gfp);
void *__must_check kmalloc_array(size_t n, size_t size, gfp_t gfp);
void *__must_check kcalloc(size_t n, size_t size, gfp_t gfp);
void *__must_check krealloc(const void *p, size_t new_size, gfp_t gfp);
char *__must_check kstrdup(const char *s, gfp_t gfp);
void *__must_check kmemdup(const void *p, size_t size, gfp_t gfp);
void kfree(const void *p); /* NULL is fine */
size_t ksize(const void *p);

/* Free slabs of all caches go back to the page allocator; pages freed. */
unsigned long kmem_cache_reap_all(void);

/* Objects that are allocated now, in all caches: a leak changes it. */
unsigned long slab_objects_in_use(void);

/* After the page allocator, before other CPUs run. */
void kmem_cache_init(void);

#endif /* MM_SLAB_H */
