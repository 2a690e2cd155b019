/* SPDX-License-Identifier: MIT */
/*
 * slab_private.h - what the files of the slab allocator share.
 *
 * The model stands in mm/slab.c, the meaning of the lists in slab_list.c.
 */
#ifndef MM_SLAB_PRIVATE_H
#define MM_SLAB_PRIVATE_H

#include <base/assert.h>
#include <base/bits.h>
#include <base/compiler.h>
#include <base/config.h>
#include <base/types.h>
#include <lib/irqflags.h>
#include <lib/list.h>
#include <lib/percpu.h>
#include <lib/spinlock.h>
#include <mm/gfp.h>
#include <mm/mmzone.h>
#include <mm/page.h>
#include <mm/slab.h>

/*
 * One for each object of a slab, behind the slab's descriptor (A MM-S3, E71:
 * unsigned int). A value up to SLAB_LIMIT says that the object is on the
 * chain of free ones and which is next.
 */
typedef unsigned int kmem_bufctl_t;
#define BUFCTL_END    (~0U)	/* on the chain, the last */
#define BUFCTL_FREE   (~0U - 1) /* off the chain: in an array */
#define BUFCTL_ACTIVE (~0U - 2) /* off the chain: a user has it (debug) */
#define SLAB_LIMIT    (~0U - 3)

/* Management outside of the slab: an internal bits of kmem_cache.flags. */
#define CFLGS_OFF_SLAB 0x80000000UL
#define CFLGS_ON_SLAB  0x40000000UL /* never outside, whatever the size */

#define SLAB_DEBUG_FLAGS (SLAB_RED_ZONE | SLAB_POISON | SLAB_STORE_USER)
#define SLAB_KNOWN_FLAGS                                                       \
	(SLAB_DEBUG_FLAGS | SLAB_HWCACHE_ALIGN | SLAB_CACHE_DMA | SLAB_PANIC | \
	 SLAB_RECLAIM_ACCOUNT | SLAB_NO_DEBUG | SLAB_NO_QUARANTINE)

/* Memory that is not just any of the direct map. */
#define GFP_ZONE_BITS (__GFP_DMA | __GFP_DMA32 | __GFP_HIGHMEM)
/* gfp bits that the short path cannot do. */
#define GFP_UNUSUAL (__GFP_ZERO | GFP_ZONE_BITS)

#define SLAB_MAX_OBJ_SIZE (1UL << 20)
/* Descriptors off the slab come from classes up to this: see slab_layout.c. */
#define SLAB_MGMT_MAX 256

/*
 * Free objects at hand: of a CPU, or shared by those of a node. Lock key: (c)
 * the CPU's with interrupts off; (l) list_lock, for a shared one; (i) once
 * made.
 */
struct array_cache {
	unsigned int avail;	 /* (c) or (l) objects in entry[] */
	unsigned int limit;	 /* (i) most of them */
	unsigned int batchcount; /* (i) moved at once */
	unsigned int touched;	 /* (c) used since the last cache_reap() */
	void *entry[];		 /* (c) or (l) the last is the hottest */
};

/* The slabs of a cache on one node. Lock key: (l) list_lock; (i). */
struct kmem_list3 {
	spinlock_t list_lock;
	unsigned int colour_next;	/* (l) of the next new slab */
	struct list_head slabs_partial; /* (l) some objects free */
	struct list_head slabs_full;	/* (l) none */
	struct list_head slabs_free;	/* (l) all */
	unsigned long free_objects;	/* (l) on chains of slabs */
	unsigned long free_limit;	/* (l) above: free slabs go back */
	struct array_cache *shared;	/* (l) may be NULL */
	unsigned int free_touched;	/* (l) used since cache_reap() */
	/* (l) counters */
	unsigned long nr_slabs, nr_free_slabs;
	unsigned long nr_grown, nr_reaped;
	unsigned long nr_refills, nr_flushes;
	unsigned long nr_alien, nr_locked;
};

/* The descriptor of a slab; num kmem_bufctl_t follow it. Lock key as above. */
struct slab {
	struct list_head list;	 /* (l) one of the three */
	void *s_mem;		 /* (i) the first object */
	unsigned long colouroff; /* (i) bytes from the first page to there */
	unsigned int inuse;	 /* (l) objects off the chain */
	kmem_bufctl_t free;	 /* (l) index of the first on the chain */
	int nodeid;		 /* (i) */
};

/*
 * A cache. Lock key: (i) fixed by creation; (t) written by the one who makes,
 * tunes or destroys the cache; (n) cache_chain_lock.
 */
struct kmem_cache {
	/* What every allocation needs. */
	struct array_cache **array; /* (i) per-CPU; pointee: (c) */
	unsigned long flags;	    /* (i) SLAB_ and CFLGS_ bits */
	unsigned int buffer_size;   /* (i) from one object to the next */
	u32 reciprocal_buffer_size; /* (i) see obj_to_index() */
	unsigned int num;	    /* (i) objects of a slab */
	unsigned int obj_size;	    /* (i) what the user asked for */
	/* What growing needs. */
	unsigned int obj_offset;	/* (i) of an object in its buffer */
	unsigned int align;		/* (i) of objects */
	unsigned int gfporder;		/* (i) pages of a slab: 2^gfporder */
	gfp_t gfpflags;			/* (i) added to those of the caller */
	unsigned int colour;		/* (i) how many offsets */
	unsigned int colour_off;	/* (i) bytes between two of them */
	unsigned int slab_size;		/* (i) of the management (E71) */
	struct kmem_cache *slabp_cache; /* (i) where that is, if off slab */
	void (*ctor)(void *obj);	/* (i) */
	/* Tuning and identity. */
	unsigned int limit, batchcount, shared; /* (t) */
	const char *name;			/* (i) */
	struct list_head next;			/* (n) cache_chain */
	/* Cut off behind the last node there is: must be last. */
	struct kmem_list3 *nodelists[MAX_NUMNODES]; /* (i) */
};

/* Who touched an object last; two of them end a buffer in debug builds. */
struct slab_owner {
	unsigned long caller; /* 0: nobody yet */
	u64 when;	      /* sched_clock() */
	u32 cpu;
	u32 size; /* of the request, for an allocation */
};

static __always_inline bool slab_debugged(const struct kmem_cache *c)
{
	return CONFIG_DEBUG && (c->flags & SLAB_DEBUG_FLAGS);
}

/* ---- objects of a slab (pure) ------------------------------------------- */

static __always_inline kmem_bufctl_t *slab_bufctl(struct slab *slab)
{
	return (kmem_bufctl_t *)(slab + 1);
}

static __always_inline void *index_to_obj(const struct kmem_cache *c,
					  const struct slab *slab,
					  unsigned int i)
{
	return (char *)slab->s_mem + (size_t)c->buffer_size * i;
}

/* 2^32 / @size, rounded up. */
static inline u32 reciprocal_value(u32 size)
{
	return size == 1 ? ~0U : (u32)(((1ULL << 32) + size - 1) / size);
}

/*
 * Division by multiplication: exact for every address of a slab as long as
 * the slab's size times the object's is below 2^32 (slab_layout.c sees to
 * it); for the start of an object always.
 */
static __always_inline unsigned int obj_to_index(const struct kmem_cache *c,
						 const struct slab *slab,
						 const void *obj)
{
	u64 offset = (unsigned long)obj - (unsigned long)slab->s_mem;

	return (unsigned int)((offset * c->reciprocal_buffer_size) >> 32);
}

/* slab_list.c */
void slab_init(struct kmem_cache *c, struct slab *slab, void *s_mem,
	       unsigned long colouroff, int nodeid);
void kmem_list3_init(struct kmem_list3 *l3);
void slab_add(struct kmem_cache *c, struct kmem_list3 *l3, struct slab *slab);
unsigned int slab_take(struct kmem_cache *c, struct kmem_list3 *l3, void **to,
		       unsigned int want);
bool slab_give(struct kmem_cache *c, struct kmem_list3 *l3, struct slab *slab,
	       void *obj, struct list_head *empty);
void slab_give_block(struct kmem_cache *c, struct kmem_list3 *l3, void **objs,
		     unsigned int n, struct list_head *empty);
unsigned int slab_drop_free(struct kmem_cache *c, struct kmem_list3 *l3,
			    unsigned int max, struct list_head *empty);
unsigned int transfer_objects(struct array_cache *to, struct array_cache *from,
			      unsigned int max);

/* slab_layout.c */
unsigned int slab_calc_align(unsigned long flags, size_t size, size_t align);
unsigned int slab_estimate(unsigned int order, size_t buffer_size, size_t align,
			   bool off_slab, size_t *left_over);
bool slab_layout(struct kmem_cache *c, size_t size, size_t align);
void slab_default_tuning(const struct kmem_cache *c, bool smp,
			 unsigned int *limit, unsigned int *batchcount,
			 unsigned int *shared);
unsigned long slab_free_limit(const struct kmem_cache *c, unsigned int cpus,
			      unsigned long bytes);

/* ---- the running allocator ---------------------------------------------- */

extern spinlock_t cache_chain_lock;
extern struct list_head cache_chain; /* (n) oldest first */
extern struct kmem_cache cache_cache;

/* kmalloc's classes: by (size - 1) / 8 up to 192, above by __fls(size - 1). */
#define KMALLOC_SMALL 192
struct kmalloc_classes {
	struct kmem_cache *small[KMALLOC_SMALL / 8];
	struct kmem_cache *big[13];
};
extern struct kmalloc_classes kmalloc_normal, kmalloc_dma; /* (i) */

/* The smallest class that holds @size bytes: 1 .. KMALLOC_SMALL; more. */
static __always_inline struct kmem_cache *
kmalloc_small(const struct kmalloc_classes *t, size_t size)
{
	return t->small[(size - 1) / 8];
}

static __always_inline struct kmem_cache *
kmalloc_big(const struct kmalloc_classes *t, size_t size)
{
	return t->big[__fls(size - 1)];
}

static __always_inline struct array_cache *
cpu_cache_get(const struct kmem_cache *c)
{
	return this_cpu_read(*c->array);
}

static __always_inline struct kmem_cache *page_get_cache(struct page *page)
{
	return page->slab_cache;
}

static __always_inline struct slab *virt_to_slab(const void *obj)
{
	return virt_to_page(obj)->slab_page;
}

/* What is done with an array before and after must not be interrupted. */
static inline void list3_lock(struct kmem_list3 *l3)
{
	ASSERT(irqs_disabled());
	spin_lock(&l3->list_lock);
	l3->nr_locked++;
}

static inline void list3_unlock(struct kmem_list3 *l3)
{
	spin_unlock(&l3->list_lock);
}

/* slab.c: all paths but the short ones of release builds. */
void *slab_alloc_checked(struct kmem_cache *c, gfp_t gfp, size_t want,
			 unsigned long caller);
void slab_free_checked(struct kmem_cache *c, void *obj, unsigned long caller);
void slab_free_now(struct kmem_cache *c, void *obj);

/* slab_array.c; interrupts are off. */
void *cache_alloc_refill(struct kmem_cache *c, gfp_t gfp, unsigned long flags);
void cache_flusharray(struct kmem_cache *c, struct array_cache *ac);
void slab_free_alien(struct kmem_cache *c, void *obj);
void drain_array(struct kmem_cache *c, struct kmem_list3 *l3,
		 struct array_cache *ac, unsigned int n);
void drain_shared(struct kmem_cache *c, struct kmem_list3 *l3, unsigned int n);
void drain_cpu_array(struct kmem_cache *c);

/* slab_grow.c */
int cache_grow(struct kmem_cache *c, gfp_t gfp, unsigned long flags, int node);
void slabs_destroy(struct kmem_cache *c, struct list_head *slabs);

/* slab_cache.c */
int cache_setup(struct kmem_cache *c, const char *name, size_t size,
		size_t align, unsigned long flags, void (*ctor)(void *));
int do_tune_cpucache(struct kmem_cache *c, unsigned int limit,
		     unsigned int batchcount, unsigned int shared);
int enable_cpucache(struct kmem_cache *c);
void array_cache_init(struct array_cache *ac, unsigned int limit,
		      unsigned int batchcount);

/* slab_init.c */
struct array_cache **cpu_slot_alloc(void);
void cpu_slot_free(struct array_cache **slot);
bool slab_boot_memory(const void *p);

/* slab_reap.c */
void kmem_cache_reap_init(void);

/* kmalloc.c */
struct kmem_cache *kmalloc_class(size_t size, gfp_t gfp);
void *kmalloc_unusual(size_t size, gfp_t gfp, unsigned long caller);
void kfree_unusual(const void *p, unsigned long caller);
unsigned long kmalloc_large_count(void);

/* debug/slab_debug.c: only called for caches with slab_debugged(). */
void slab_debug_init_obj(struct kmem_cache *c, void *obj);
void slab_debug_alloc(struct kmem_cache *c, void *obj, size_t want,
		      unsigned long caller);
bool slab_debug_free(struct kmem_cache *c, void *obj, unsigned long caller);
void slab_debug_resize(struct kmem_cache *c, void *obj, size_t want);
unsigned int slab_debug_check_slab(struct kmem_cache *c, struct slab *slab);
struct slab_owner *slab_owners(const struct kmem_cache *c, void *obj);
/* For all caches: is this pointer an object of @c that can be freed? */
bool slab_debug_pointer(struct kmem_cache *c, void *obj, unsigned long caller);
void slab_report_wild(const void *p, unsigned long caller);

/* debug/slab_check.c */
const char *slab_check_list3(struct kmem_cache *c, struct kmem_list3 *l3);

/* debug/slab_walk.c */
const char *kmem_cache_check(struct kmem_cache *c);
void slab_report_leaks(struct kmem_cache *c, unsigned long active);

#endif /* MM_SLAB_PRIVATE_H */
