/* SPDX-License-Identifier: MIT */
/*
 * test_pgtable_smp.c - all CPUs change the same tables at the same moment.
 *
 * Model. Page i of a few tables belongs to CPU i modulo their number, so
 * every table is everybody's and every entry is one CPU's. Each CPU maps and
 * unmaps pages of its own at random and looks whether they lead to its own
 * frame, while the first one prunes: tables die, are freed, and are made
 * again or saved at the last moment, all the time.
 *
 * Workers are interrupt handlers, so they cannot be interrupted to flush.
 * What a cross-call would do they do themselves when they see that a flush
 * was asked for (flush_round), and the pruner waits for all of them.
 */
#include <arch/pgtable.h>

#include <lib/random.h>
#include <lib/string.h>
#include <mm/pgtable.h>
#include <mm/tlb.h>

#include "../workers.h"
#include "../pgtable_check.h"

#define TABLES 4
#define PAGES  (TABLES * 512)
#define STRIDE (1UL << 29) /* two tables in each GiB: PMD tables go, too */
#define HELD   6	   /* pages a CPU has mapped at once, at most */
#define ROUNDS 150

/* One frame for each CPU (of the first 16): its number in every word. */
#define FRAMES 16
static unsigned long frames[FRAMES][512] __aligned(4096);

static struct {
	atomic_t flush_round, flushed, finished;
	unsigned int wrong[NR_CPUS], mapped[NR_CPUS];
	unsigned long pruned;
	int cpus;
} smp;

static unsigned long page_address_of(unsigned int i)
{
	return PT_TEST + i / 512 * STRIDE + i % 512 * PAGE_SIZE;
}

static phys_addr_t frame_of(void *ctx, unsigned int i __unused)
{
	return __pa_symbol(frames[*(unsigned int *)ctx % FRAMES]);
}

/* Answers the pruner, as a cross-call would. */
static void answer(int *seen)
{
	int round = atomic_read_acquire(&smp.flush_round);

	if (round == *seen)
		return;
	*seen = round;
	local_flush_tlb_all();
	atomic_inc(&smp.flushed);
}

static void ask_all(unsigned int *rounds)
{
	atomic_set(&smp.flushed, 0);
	local_flush_tlb_all();
	atomic_set_release(&smp.flush_round, (int)++*rounds);
	while (atomic_read(&smp.flushed) + atomic_read(&smp.finished) <
	       smp.cpus - 1)
		cpu_relax();
	smp_mb__after_atomic(); /* pairs with the full barrier of atomic_inc */
}

static bool is_mine(unsigned long va, unsigned int cpu)
{
	struct pt_walk w;

	return pt_walk(va, &w) && w.phys == frame_of(&cpu, 0) &&
	       *(volatile unsigned long *)va == cpu % FRAMES + 1;
}

/* Maps @i if it is not, else unmaps it; both ways of doing so. */
static void toggle(unsigned int cpu, unsigned long va, bool map, bool fast)
{
	int err = 0;

	if (map && fast)
		err = kernel_map_pages(va, 1, PAGE_KERNEL, frame_of, &cpu);
	else if (map)
		err = kernel_map(va, frame_of(&cpu, 0), PAGE_SIZE, PAGE_KERNEL,
				 PAGE_SHIFT);
	else if (fast)
		kernel_unmap_pages(va, 1);
	else
		err = kernel_unmap_noflush(va, PAGE_SIZE);
	if (map && !err)
		smp.wrong[cpu] += !is_mine(va, cpu);
	else
		local_flush_tlb_page(va); /* nobody else ever read it */
	smp.wrong[cpu] += err != 0;
	smp.mapped[cpu] += map;
}

static void work(unsigned int cpu, void *arg)
{
	unsigned long held[HELD] = {0}, rounds = *(unsigned long *)arg;
	unsigned int pruned = 0;
	struct rnd_state rnd;
	int seen = 0;

	prandom_seed_state(&rnd, selftest_seed() + cpu);
	while (rounds--) {
		u64 r = prandom_u64_state(&rnd);
		unsigned long *slot = &held[r % HELD];
		unsigned int group =
			r / HELD % (PAGES / (unsigned int)smp.cpus);
		unsigned long va =
			page_address_of(group * (unsigned int)smp.cpus + cpu);
		bool twice = false;

		for (unsigned int i = 0; i < HELD; i++)
			twice |= held[i] == va;
		if (*slot || !twice)
			toggle(cpu, *slot ? *slot : va, !*slot, r >> 63);
		if (*slot || !twice)
			*slot = *slot ? 0 : va;
		for (unsigned int i = 0; i < HELD; i++)
			smp.wrong[cpu] += held[i] && !is_mine(held[i], cpu);
		cpu_relax(); /* MODE=det: the next CPU's turn */
		if (cpu) {
			answer(&seen);
			continue;
		}
		if (!kernel_prune_begin(PT_TEST, page_address_of(PAGES)))
			continue;
		ask_all(&pruned);
		kernel_prune_finish(PT_TEST, page_address_of(PAGES));
		smp.pruned++;
	}
	for (unsigned int i = 0; i < HELD; i++)
		if (held[i])
			toggle(cpu, held[i], false, i & 1);
	atomic_inc(&smp.finished); /* a full barrier */
}

static void stress(void)
{
	unsigned long before = nr_page_table_pages();
	unsigned long rounds = ROUNDS * selftest_scale();
	unsigned int cpu, wrong = 0, cpus;
	unsigned long mapped = 0;

	memset(&smp, 0, sizeof(smp));
	smp.cpus = (int)num_online_cpus();
	for (unsigned int i = 0; i < FRAMES * 512; i++)
		frames[i / 512][i % 512] = i / 512 + 1;
	cpus = workers_run(work, &rounds);
	for_each_online_cpu(cpu) {
		wrong += smp.wrong[cpu];
		mapped += smp.mapped[cpu];
		EXPECT_GT(smp.mapped[cpu], rounds / 4);
	}
	EXPECT_EQ(wrong, 0U);
	EXPECT_GT(mapped, cpus * rounds / 4);
	EXPECT_GE(smp.pruned, 1UL);
	kernel_flush_unmapped(PT_TEST, page_address_of(PAGES));
	EXPECT_EQ(nr_page_table_pages(), before);
	pt_expect_sound();
}

SELFTEST(arch, pgtable, neighbours_on_all_cpus, "", race)
{
	stress();
}
