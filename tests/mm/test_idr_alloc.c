/* SPDX-License-Identifier: MIT */
/*
 * test_idr_alloc.c - idr and ida when memory runs out: an error changes
 * nothing, and no node is lost. The runner makes each allocation fail.
 */
#include <mm/idr.h>

#include <base/errno.h>
#include <lib/selftest.h>
#include <lib/spinlock.h>
#include <mm/fail.h>

static int thing;

/*
 * Ids far from each other: each needs nodes of its own, and the tree grows.
 * Whatever fails, the tree is sound and what it held before is there.
 */
SELFTEST(mm, idr, no_memory, "B LIB-01", alloc)
{
	static const int ids[] = {0, 64, 5000, 300000, 20000000, 0x7fffffff};
	DEFINE_IDR(idr);
	unsigned int n;

	for (n = 0; n < ARRAY_SIZE(ids); n++) {
		int id = idr_alloc(&idr, &thing, ids[n],
				   ids[n] == 0x7fffffff ? 0 : ids[n] + 1,
				   GFP_KERNEL);

		EXPECT_EQ(idr_check(&idr), 0);
		if (!EXPECT_ALLOC_OK(id < 0 ? id : 0))
			break;
		EXPECT_EQ(id, ids[n]);
	}
	EXPECT_EQ(idr.nr, n);
	for (unsigned int i = 0; i < n; i++)
		EXPECT_PTR_EQ(idr_find(&idr, ids[i]), &thing);
	if (n < ARRAY_SIZE(ids))
		EXPECT_PTR_EQ(idr_find(&idr, ids[n]), NULL);
	idr_destroy(&idr);
	EXPECT_EQ(idr_check(&idr), 0);
}

SELFTEST(mm, idr, remove_gives_back, "B LIB-01", alloc)
{
	DEFINE_IDR(idr);
	int id = idr_alloc_cyclic(&idr, &thing, 1 << 20, 0, GFP_KERNEL);

	if (!EXPECT_ALLOC_OK(id < 0 ? id : 0)) {
		EXPECT_TRUE(idr_is_empty(&idr));
		EXPECT_EQ(idr.next, 0); /* nothing has changed */
		return;
	}
	EXPECT_PTR_EQ(idr_remove(&idr, id), &thing);
	EXPECT_TRUE(idr_is_empty(&idr)); /* the runner counts the nodes */
}

SELFTEST(mm, ida, no_memory, "B LIB-01", alloc)
{
	static const unsigned int ids[] = {3, 4096, 300000, IDA_MAX};
	DEFINE_IDA(ida);

	for (unsigned int n = 0; n < ARRAY_SIZE(ids); n++) {
		int id = ida_alloc_range(&ida, ids[n], ids[n], GFP_KERNEL);

		EXPECT_EQ(idr_check(&ida.words), 0);
		if (!EXPECT_ALLOC_OK(id < 0 ? id : 0)) {
			EXPECT_FALSE(ida_exists(&ida, ids[n]));
			break;
		}
		EXPECT_TRUE(ida_exists(&ida, ids[n]));
	}
	ida_destroy(&ida);
	EXPECT_TRUE(ida_is_empty(&ida));
}

/* As it is used: under a spinlock, with memory that does not wait. */
SELFTEST(mm, idr, under_a_spinlock, "B LIB-01")
{
	static DEFINE_SPINLOCK(lock);
	static DEFINE_IDR(idr); /* (lock) */
	unsigned long flags;
	int id;

	spin_lock_irqsave(&lock, flags);
	id = idr_alloc(&idr, &thing, 70, 0, GFP_ATOMIC);
	spin_unlock_irqrestore(&lock, flags);
	EXPECT_EQ(id, 70);
	spin_lock_irqsave(&lock, flags);
	EXPECT_PTR_EQ(idr_find(&idr, id), &thing);
	EXPECT_PTR_EQ(idr_remove(&idr, id), &thing);
	spin_unlock_irqrestore(&lock, flags);
}
