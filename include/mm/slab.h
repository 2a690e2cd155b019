/* SPDX-License-Identifier: MIT */
/*
 * slab.h - objects of one size, and kmalloc() (A MM-S).
 *
 *	static struct kmem_cache *node_cache;
 *
 *	node_cache = kmem_cache_create("node", sizeof(struct node), 0,
 *				       SLAB_HWCACHE_ALIGN, NULL);
 *	node = kmem_cache_alloc(node_cache, GFP_KERNEL);
 *	...
 *	kmem_cache_free(node_cache, node);
 *
 * For anything that is not allocated by the thousand, kmalloc(): it rounds
 * the size up to one of thirteen classes, each a cache like the above. The
 * model stands in mm/slab.c.
 */
#ifndef MM_SLAB_H
#define MM_SLAB_H

#include <base/compiler.h>
#include <base/types.h>
#include <mm/gfp.h>

struct kmem_cache;

/* Flags of kmem_cache_create(). */
#define SLAB_RED_ZONE	     0x00000400UL /* words around each object */
#define SLAB_POISON	     0x00000800UL /* pattern in free objects */
#define SLAB_HWCACHE_ALIGN   0x00002000UL /* start objects on cache lines */
#define SLAB_CACHE_DMA	     0x00004000UL /* frames from ZONE_DMA */
#define SLAB_STORE_USER	     0x00010000UL /* who allocated and freed last */
#define SLAB_RECLAIM_ACCOUNT 0x00020000UL /* a shrinker can free objects */
#define SLAB_PANIC	     0x00040000UL /* creation must not fail */
#define SLAB_NO_DEBUG	     0x00080000UL /* none of the checks by default */
#define SLAB_NO_QUARANTINE   0x00100000UL /* kasan: reuse what was just freed */

#define KMALLOC_MIN_SIZE       8
#define KMALLOC_MAX_CACHE_SIZE 8192 /* larger: whole pages */
#define KMALLOC_MAX_SIZE       (PAGE_SIZE << (MAX_ORDER - 1))

/* What kmalloc(0) gives: not NULL, faults when used, kfree() takes it. */
#define ZERO_SIZE_PTR	    ((void *)16)
#define ZERO_OR_NULL_PTR(p) ((unsigned long)(p) <= (unsigned long)ZERO_SIZE_PTR)

/**
 * kmem_cache_create() - a new cache of objects.
 * @name: for reports; must outlive the cache.
 * @size: bytes of an object, 1 .. 1 MiB.
 * @align: a power of two, at most a page; 0: a word, or what @flags ask for.
 * @flags: SLAB_ bits. In debug builds all checks are on unless
 *	SLAB_NO_DEBUG is given; in release builds there are none.
 * @ctor: called once for each object when its slab is made; may be NULL. The
 *	user gives objects back in the state in which the constructor left
 *	them. It runs with interrupts in whatever state the allocation found
 *	them, and must not allocate from this cache.
 *
 * Takes no page: the first allocation does.
 *
 * Context: task; sleeps.
 * Return: the cache; NULL: no memory or bad arguments (SLAB_PANIC: panics).
 */
struct kmem_cache *kmem_cache_create(const char *name, size_t size,
				     size_t align, unsigned long flags,
				     void (*ctor)(void *obj));

/**
 * kmem_cache_destroy() - give a cache back.
 * @cache: nobody uses it any more; NULL is fine.
 *
 * Context: task, interrupts on; sleeps.
 * Return: 0; -EBUSY when objects are still allocated: they are listed in the
 *	log, with their owners if known, and the cache stays as it was.
 */
int kmem_cache_destroy(struct kmem_cache *cache);

/**
 * kmem_cache_shrink() - all that is free in a cache goes back.
 * @cache: any.
 *
 * Empties the arrays of all CPUs, then frees every slab without an object.
 *
 * Context: task, interrupts on; sleeps.
 * Return: pages given back to the page allocator.
 */
int kmem_cache_shrink(struct kmem_cache *cache);

/**
 * kmem_cache_alloc() - one object.
 * @cache: where from.
 * @gfp: how; with __GFP_ZERO it is cleared (not for caches with a
 *	constructor).
 *
 * Context: any but NMI; task without locks if @gfp has __GFP_WAIT.
 * Locking: none on the common path; else the lists of one node.
 * Return: the object, or NULL.
 */
void *__must_check kmem_cache_alloc(struct kmem_cache *cache, gfp_t gfp);

/* The same, cleared. Context: as kmem_cache_alloc(). */
void *__must_check kmem_cache_zalloc(struct kmem_cache *cache, gfp_t gfp);

/**
 * kmem_cache_free() - give an object back.
 * @cache: where it came from; debug builds check and refuse.
 * @obj: the object; not NULL.
 *
 * Context: any but NMI, on any CPU.
 */
void kmem_cache_free(struct kmem_cache *cache, void *obj);

/* Bytes of an object as given at creation; the name. Context: any. */
unsigned int kmem_cache_size(const struct kmem_cache *cache);
const char *kmem_cache_name(const struct kmem_cache *cache);

/**
 * kmalloc() - memory of any size.
 * @size: bytes, up to KMALLOC_MAX_SIZE. 0 gives ZERO_SIZE_PTR.
 * @gfp: how; __GFP_DMA and __GFP_ZERO are understood.
 *
 * Aligned to 8 bytes; powers of two to themselves, up to a cache line. From
 * 8 KiB on whole pages, page aligned.
 *
 * Context: any but NMI; task without locks if @gfp has __GFP_WAIT.
 * Return: the memory, or NULL.
 */
void *__must_check kmalloc(size_t size, gfp_t gfp);

/* The same, cleared. Context: as kmalloc(). */
void *__must_check kzalloc(size_t size, gfp_t gfp);

/**
 * kmalloc_array() - @n times @size bytes.
 * @n: how many.
 * @size: bytes of each.
 * @gfp: how.
 *
 * Context: as kmalloc().
 * Return: the memory; NULL also when the product overflows.
 */
void *__must_check kmalloc_array(size_t n, size_t size, gfp_t gfp);

/* The same, cleared. Context: as kmalloc(). */
void *__must_check kcalloc(size_t n, size_t size, gfp_t gfp);

/**
 * krealloc() - memory with the same contents and another size.
 * @p: from kmalloc(), or NULL, which makes this kmalloc().
 * @new_size: bytes; 0 makes this kfree() and returns ZERO_SIZE_PTR.
 * @gfp: how, if another place is needed.
 *
 * Context: as kmalloc().
 * Return: the memory, @p itself if it is large enough; or NULL, and then @p
 *	is as it was.
 */
void *__must_check krealloc(const void *p, size_t new_size, gfp_t gfp);

/* A copy of a string, of a block; NULL also for NULL. Context: as kmalloc(). */
char *__must_check kstrdup(const char *s, gfp_t gfp);
void *__must_check kmemdup(const void *p, size_t size, gfp_t gfp);

/**
 * kfree() - give back what kmalloc() or one of its sisters returned.
 * @p: that, or NULL.
 *
 * Context: any but NMI, on any CPU.
 */
void kfree(const void *p);

/**
 * ksize() - how much can be used of what kmalloc() returned.
 * @p: that; ZERO_SIZE_PTR has 0 bytes.
 *
 * Context: any.
 * Return: bytes, at least what was asked for; all may be used from now on.
 */
size_t ksize(const void *p);

/**
 * kmem_cache_reap_all() - free slabs of all caches go back.
 *
 * Empties the arrays of all CPUs first.
 *
 * Context: task, interrupts on; sleeps.
 * Return: pages freed.
 */
unsigned long kmem_cache_reap_all(void);

/**
 * cache_reap() - what a job on each CPU does now and then.
 *
 * Caches that were not used since the last call lose a fifth of what this
 * CPU's array holds, and a fifth of the free slabs above none.
 *
 * Context: task, interrupts on.
 */
void cache_reap(void);

/**
 * slab_objects_in_use() - allocated objects of all caches and large kmallocs.
 *
 * Without the descriptors that caches keep of their own slabs. Exact while
 * nobody allocates. A leak changes it.
 *
 * Context: task.
 * Return: their number.
 */
unsigned long slab_objects_in_use(void);

/* What slabinfo and slabtop show of a cache. */
struct kmem_cache_info {
	const char *name;
	unsigned long flags;	   /* SLAB_ bits */
	unsigned int object_size;  /* bytes the user asked for */
	unsigned int buffer_size;  /* bytes from one object to the next */
	unsigned int align;	   /* bytes */
	unsigned int num;	   /* objects of a slab */
	unsigned int order;	   /* pages of a slab: 2^order */
	bool off_slab;		   /* descriptors live elsewhere */
	unsigned int colours;	   /* different offsets of the first object */
	unsigned int limit;	   /* most objects in a CPU's array */
	unsigned int batchcount;   /* moved at once */
	unsigned int shared;	   /* batches in a node's shared array */
	unsigned long active_objs; /* with users now */
	unsigned long total_objs;  /* in all slabs */
	unsigned long cpu_objs;	   /* in the arrays of CPUs */
	unsigned long shared_objs; /* in the arrays of nodes */
	unsigned long slabs;	   /* all */
	unsigned long free_slabs;  /* with no object in use */
	unsigned long free_limit;  /* free objects kept, all nodes */
	/* Since the cache was made: */
	unsigned long grown;   /* slabs made */
	unsigned long reaped;  /* slabs given back */
	unsigned long refills; /* batches from the lists to an array */
	unsigned long flushes; /* batches from an array to the lists */
	unsigned long alien;   /* objects freed on another node */
	unsigned long locked;  /* times the lock of a node was taken */
};

/**
 * kmem_cache_for_each() - show all caches, oldest first.
 * @fn: called for each; must not allocate, free or wait.
 * @arg: passed to @fn.
 *
 * Context: task.
 * Locking: the lock of the list of caches is held around @fn.
 */
void kmem_cache_for_each(void (*fn)(const struct kmem_cache_info *info,
				    void *arg),
			 void *arg);

/* The same of one cache. Context: task. */
void kmem_cache_get_info(struct kmem_cache *cache,
			 struct kmem_cache_info *info);

/**
 * kmem_cache_for_each_object() - the objects that users have now.
 * @cache: any; in release builds none are known.
 * @fn: called with each object, its size as asked for, and the address that
 *	asked.
 * @arg: passed to @fn.
 *
 * Context: task; nobody allocates from @cache meanwhile.
 * Locking: the lists of one node are locked around @fn.
 */
void kmem_cache_for_each_object(struct kmem_cache *cache,
				void (*fn)(void *obj, size_t size,
					   unsigned long caller, void *arg),
				void *arg);

/* Every cache, for the above. @fn must not allocate or free. Context: task. */
void kmem_cache_walk(void (*fn)(struct kmem_cache *cache, void *arg),
		     void *arg);

/* After the page allocator, before other CPUs run. */
void kmem_cache_init(void);

#endif /* MM_SLAB_H */
