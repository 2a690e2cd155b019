/* SPDX-License-Identifier: MIT */
/*
 * vx_bench.c - the operations of tests/bench/, as a module for Linux.
 *
 * Purpose. Another kernel's figures are only worth comparing with if they
 *	come from the same loops, the same emulator and the same counting.
 *
 * Model. As kernel/bench.c: one repetition to warm up, eleven that count, the
 *	time-stamp counter behind an lfence before and after, the overhead of
 *	the loop included; results in the same form. tools/bench_linux.py
 *	compiles it against the headers of the distribution and boots it.
 *
 * Contexts. The module's initialisation: a task, interrupts on, one CPU.
 * Limits. A tick may come into a repetition; the median hides it. Memory is
 *	not drained before mm.page.3, because modules cannot.
 */
#include <linux/kernel.h>
#include <linux/mm.h>
#include <linux/module.h>
#include <linux/rbtree.h>
#include <linux/slab.h>
#include <linux/sort.h>
#include <linux/spinlock.h>
#include <linux/vmalloc.h>
#include <asm/msr.h>

#define REPETITIONS 11
#define MANY	    1000
#define BATCH	    64

#define turns(n) for (unsigned long i_ = 0; more(i_, n); i_++)

static __always_inline bool more(unsigned long turn, unsigned long n)
{
	barrier();
	return turn != n;
}

static void *objects[MANY];
static volatile size_t size;
static volatile unsigned int order;
static struct kmem_cache *cache;

static void loop_empty(unsigned long n)
{
	turns(n);
}

static noinline void nothing(void)
{
	barrier();
}

static void loop_call(unsigned long n)
{
	turns(n) nothing();
}

static DEFINE_PER_CPU(unsigned long, word);

static void loop_percpu(unsigned long n)
{
	turns(n) this_cpu_inc(word);
}

static atomic_t counter;

static void loop_atomic(unsigned long n)
{
	turns(n) atomic_inc(&counter);
}

static void loop_cmpxchg(unsigned long n)
{
	turns(n) atomic_cmpxchg(&counter, 1, 2);
}

static void loop_preempt(unsigned long n)
{
	turns(n)
	{
		preempt_disable();
		preempt_enable();
	}
}

static void loop_irq(unsigned long n)
{
	unsigned long flags;

	turns(n)
	{
		local_irq_save(flags);
		local_irq_restore(flags);
	}
}

static DEFINE_SPINLOCK(lock);

static void loop_spin(unsigned long n)
{
	turns(n)
	{
		spin_lock(&lock);
		spin_unlock(&lock);
	}
}

static void loop_spin_irqsave(unsigned long n)
{
	unsigned long flags;

	turns(n)
	{
		spin_lock_irqsave(&lock, flags);
		spin_unlock_irqrestore(&lock, flags);
	}
}

#define NODES 128

struct node {
	struct rb_node rb;
	unsigned long key;
};

static struct node nodes[NODES + 1];
static struct rb_root root = RB_ROOT;

static bool before(struct rb_node *a, const struct rb_node *b)
{
	return rb_entry(a, struct node, rb)->key <
	       rb_entry(b, struct node, rb)->key;
}

static void loop_rbtree(unsigned long n)
{
	turns(n)
	{
		rb_add(&nodes[NODES].rb, &root, before);
		rb_erase(&nodes[NODES].rb, &root);
	}
}

static void loop_kmalloc(unsigned long n)
{
	turns(n) kfree(kmalloc(size, GFP_KERNEL));
}

static void loop_kmalloc_batch(unsigned long n)
{
	turns(n)
	{
		for (unsigned int i = 0; i < BATCH; i++)
			objects[i] = kmalloc(size, GFP_KERNEL);
		for (unsigned int i = 0; i < BATCH; i++)
			kfree(objects[i]);
	}
}

static void loop_kmalloc_out_back(unsigned long n)
{
	turns(n)
	{
		for (unsigned int i = 0; i < MANY; i++)
			objects[i] = kmalloc(size, GFP_KERNEL);
		for (unsigned int i = 0; i < MANY; i++)
			kfree(objects[i]);
	}
}

static void loop_cache(unsigned long n)
{
	struct kmem_cache *c = cache;

	turns(n) kmem_cache_free(c, kmem_cache_alloc(c, GFP_KERNEL));
}

static void loop_page(unsigned long n)
{
	turns(n)
	{
		unsigned int k = order;

		__free_pages(alloc_pages(GFP_KERNEL, k), k);
	}
}

static void loop_page_out_back(unsigned long n)
{
	turns(n)
	{
		for (unsigned int i = 0; i < MANY; i++)
			objects[i] = alloc_pages(GFP_KERNEL, order);
		for (unsigned int i = 0; i < MANY; i++)
			__free_pages(objects[i], order);
	}
}

static void loop_vmalloc(unsigned long n)
{
	turns(n) vfree(vmalloc(size));
}

struct bench {
	const char *name;
	unsigned long turns;
	void (*loop)(unsigned long n);
	size_t size;
	unsigned int order;
	unsigned int ops;
};

static const struct bench benches[] = {
	{"lib.atomic.cmpxchg", 10000, loop_cmpxchg},
	{"lib.atomic.inc", 10000, loop_atomic},
	{"lib.irq.save_restore", 10000, loop_irq},
	{"lib.loop.call", 10000, loop_call},
	{"lib.loop.empty", 10000, loop_empty},
	{"lib.percpu.inc", 10000, loop_percpu},
	{"lib.preempt.pair", 10000, loop_preempt},
	{"lib.rbtree.add_erase_128", 1000, loop_rbtree},
	{"lib.spinlock.irqsave_pair", 10000, loop_spin_irqsave},
	{"lib.spinlock.pair", 10000, loop_spin},
	{"mm.kmalloc.1000x512", 1, loop_kmalloc_out_back, 512, 0, MANY},
	{"mm.kmalloc.1024", 1000, loop_kmalloc, 1024},
	{"mm.kmalloc.16k", 500, loop_kmalloc, 16384},
	{"mm.kmalloc.256", 1000, loop_kmalloc, 256},
	{"mm.kmalloc.4096", 1000, loop_kmalloc, 4096},
	{"mm.kmalloc.64", 1000, loop_kmalloc, 64},
	{"mm.kmalloc.8", 1000, loop_kmalloc, 8},
	{"mm.kmalloc.batch64", 20, loop_kmalloc_batch, 64},
	{"mm.kmem_cache.192", 1000, loop_cache},
	{"mm.page.0", 1000, loop_page, 0, 0},
	{"mm.page.1", 500, loop_page, 0, 1},
	{"mm.page.3", 500, loop_page, 0, 3},
	{"mm.page.4", 500, loop_page, 0, 4},
	{"mm.page.9", 100, loop_page, 0, 9},
	{"mm.page.1000x0", 1, loop_page_out_back, 0, 0, MANY},
	{"mm.vmalloc.16k", 100, loop_vmalloc, 16384},
};

static int compare_u64(const void *a, const void *b)
{
	u64 x = *(const u64 *)a, y = *(const u64 *)b;

	return x < y ? -1 : x > y;
}

static u64 repetition(const struct bench *b)
{
	u64 start = rdtsc_ordered();

	b->loop(b->turns);
	return rdtsc_ordered() - start;
}

static void measure(const struct bench *b)
{
	u64 ticks[REPETITIONS], per = b->turns * (b->ops ? b->ops : 1);
	u64 v[3];

	size = b->size;
	order = b->order;
	repetition(b);
	for (unsigned int i = 0; i < REPETITIONS; i++)
		ticks[i] = repetition(b);
	sort(ticks, REPETITIONS, sizeof(ticks[0]), compare_u64, NULL);
	v[0] = ticks[0] * 100 / per;
	v[1] = ticks[REPETITIONS / 2] * 100 / per;
	v[2] = ticks[REPETITIONS - 1] * 100 / per;
	pr_emerg(
		"{\"bench\":\"%s\",\"unit\":\"insn\",\"n\":%llu,\"min\":%llu.%02llu,\"median\":%llu.%02llu,\"max\":%llu.%02llu}\n",
		b->name, per, v[0] / 100, v[0] % 100, v[1] / 100, v[1] % 100,
		v[2] / 100, v[2] % 100);
}

static int __init vx_bench_init(void)
{
	cache = kmem_cache_create("vx-bench-192", 192, 0, 0, NULL);
	if (!cache)
		return -ENOMEM;
	for (unsigned int i = 0; i < NODES; i++) {
		nodes[i].key = 2UL * (i * 37 % NODES);
		rb_add(&nodes[i].rb, &root, before);
	}
	nodes[NODES].key = NODES + 1;

	pr_emerg("BENCH BEGIN\n");
	for (unsigned int i = 0; i < ARRAY_SIZE(benches); i++)
		measure(&benches[i]);
	pr_emerg("BENCH END\n");
	kmem_cache_destroy(cache);
	return -EAGAIN; /* nothing is to stay */
}
module_init(vx_bench_init);

MODULE_DESCRIPTION("microbenchmarks, as Vitrix has them");
MODULE_LICENSE("Dual MIT/GPL");
