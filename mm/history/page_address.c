/* SPDX-License-Identifier: MIT */
/*
 * page_address.c - which high frame is mapped where.
 *
 * Model (A MM-H2). The address of a low frame is arithmetic. That of a high
 * one changes with each kmap(), and a word for it in every descriptor would
 * cost memory that was short. So the few that are mapped are in a hash table,
 * chained by a hash of the descriptor's address. There can be no more of them
 * than there are windows: the entries come from a pool of that many, and no
 * allocation can fail.
 *
 *	buckets          entries (pool: LAST_PKMAP)
 *	[   ]
 *	[ o-]---> {page, address} ---> {page, address}
 *	[   ]
 *
 * Invariants.
 *   I1  A frame is in the table exactly while it is in a window.
 *   I2  Entries in the table and in the pool are LAST_PKMAP together.
 * Locking. Each bucket has a lock, the pool has one; bucket before pool.
 * Contexts. Any but NMI; changes are made with kmap_lock held.
 *
 * References. Notes: A MM-H2, and E69: an unmapped frame has no address.
 */
#include "highmem.h"

#include <base/assert.h>
#include <lib/hash.h>
#include <lib/list.h>
#include <lib/spinlock.h>

#define PA_HASH_BITS 7

struct page_address_map {
	const struct page *page;
	void *addr;
	struct list_head list; /* bucket or pool */
};

static struct bucket {
	spinlock_t lock;
	struct list_head list; /* (lock) */
} buckets[1U << PA_HASH_BITS];

static struct page_address_map maps[LAST_PKMAP];
static LIST_HEAD(pool); /* (pool_lock) */
static DEFINE_SPINLOCK(pool_lock);
static unsigned int pool_size; /* (pool_lock) */

void page_address_init(void)
{
	for (unsigned int i = 0; i < ARRAY_SIZE(buckets); i++) {
		spin_lock_init(&buckets[i].lock);
		INIT_LIST_HEAD(&buckets[i].list);
	}
	for (unsigned int i = 0; i < LAST_PKMAP; i++)
		list_add(&maps[i].list, &pool);
	pool_size = LAST_PKMAP;
}

unsigned int page_address_pool(void)
{
	return READ_ONCE(pool_size);
}

static struct bucket *bucket_of(const struct page *page)
{
	return &buckets[hash_ptr(page, PA_HASH_BITS)];
}

/* The bucket is locked. */
static struct page_address_map *find(struct bucket *b, const struct page *page)
{
	struct page_address_map *m;

	list_for_each_entry(m, &b->list, list)
		if (m->page == page)
			return m;
	return NULL;
}

void *high_page_address(const struct page *page)
{
	struct bucket *b = bucket_of(page);
	struct page_address_map *m;
	unsigned long flags;
	void *addr;

	spin_lock_irqsave(&b->lock, flags);
	m = find(b, page);
	addr = m ? m->addr : NULL;
	spin_unlock_irqrestore(&b->lock, flags);
	return addr;
}

static struct page_address_map *take(void)
{
	struct page_address_map *m;

	spin_lock(&pool_lock);
	BUG_ON(list_empty(&pool)); /* I2: more frames than windows */
	m = list_first_entry(&pool, struct page_address_map, list);
	list_del(&m->list);
	pool_size--;
	spin_unlock(&pool_lock);
	return m;
}

static void put(struct page_address_map *m)
{
	spin_lock(&pool_lock);
	list_add(&m->list, &pool);
	pool_size++;
	spin_unlock(&pool_lock);
}

void set_page_address(struct page *page, void *addr)
{
	struct bucket *b = bucket_of(page);
	struct page_address_map *m;
	unsigned long flags;

	BUG_ON(!PageHighMem(page));
	spin_lock_irqsave(&b->lock, flags);
	m = find(b, page);
	BUG_ON(!m == !addr); /* I1: twice in, or twice out */
	if (addr) {
		m = take();
		m->page = page;
		m->addr = addr;
		list_add_tail(&m->list, &b->list);
	} else {
		list_del(&m->list);
		put(m);
	}
	spin_unlock_irqrestore(&b->lock, flags);
}
