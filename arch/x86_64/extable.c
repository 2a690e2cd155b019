/* SPDX-License-Identifier: MIT */
/*
 * extable.c - instructions that may fault, and where to go on then.
 *
 * Purpose. See <arch/extable.h>.
 * Model. The entries are read-only data, in the order in which the linker
 *	met them. extable_init() sorts their numbers, not the entries, so
 *	nothing of the image has to be writable:
 *
 *	order[]: 2 0 1 3 ...   __ex_table[order[i]] ascends by address
 *
 * Invariants.
 *   I1  order[] is a permutation of 0 .. nr - 1 when sorted is set.
 *   I2  No two entries are for the same instruction.
 * Locking. None: written once, before there is a second CPU.
 * Contexts. Any.
 * Limits. A table of more than EXTABLE_MAX entries is searched linearly.
 */
#include <arch/extable.h>

#include <base/assert.h>
#include <lib/printk.h>

#define EXTABLE_MAX 512

static u16 order[EXTABLE_MAX];
static bool sorted;

static unsigned long entry_insn(const struct ex_entry *e)
{
	return (unsigned long)&e->insn + (unsigned long)(long)e->insn;
}

static unsigned long entry_fixup(const struct ex_entry *e)
{
	return (unsigned long)&e->fixup + (unsigned long)(long)e->fixup;
}

static const struct ex_entry *find_linear(unsigned long rip)
{
	const struct ex_entry *e;

	for (e = __ex_table_start; e < __ex_table_stop; e++)
		if (entry_insn(e) == rip)
			return e;
	return NULL;
}

static const struct ex_entry *find_sorted(unsigned long rip)
{
	size_t lo = 0, hi = (size_t)(__ex_table_stop - __ex_table_start);

	while (lo < hi) {
		size_t mid = lo + (hi - lo) / 2;
		const struct ex_entry *e = &__ex_table_start[order[mid]];

		if (entry_insn(e) == rip)
			return e;
		if (entry_insn(e) < rip)
			lo = mid + 1;
		else
			hi = mid;
	}
	return NULL;
}

/* Insertion sort: the linker leaves the entries nearly in order. */
void extable_init(void)
{
	size_t nr = (size_t)(__ex_table_stop - __ex_table_start);

	if (nr > EXTABLE_MAX) {
		pr_warn("extable: %zu entries, more than %d: slow lookups\n",
			nr, EXTABLE_MAX);
		return;
	}
	for (size_t i = 0; i < nr; i++) {
		unsigned long insn = entry_insn(&__ex_table_start[i]);
		size_t j = i;

		while (j &&
		       entry_insn(&__ex_table_start[order[j - 1]]) > insn) {
			order[j] = order[j - 1];
			j--;
		}
		order[j] = (u16)i;
	}
	for (size_t i = 1; i < nr; i++)
		BUG_ON(entry_insn(&__ex_table_start[order[i - 1]]) ==
		       entry_insn(&__ex_table_start[order[i]])); /* I2 */
	sorted = true;
}

unsigned long extable_fixup(unsigned long rip)
{
	const struct ex_entry *e = sorted ? find_sorted(rip) : find_linear(rip);

	return e ? entry_fixup(e) : 0;
}

bool fixup_exception(struct pt_regs *regs)
{
	unsigned long fixup;

	if (user_mode(regs))
		return false;
	fixup = extable_fixup(regs->rip);
	if (!fixup)
		return false;
	regs->rip = fixup;
	return true;
}
