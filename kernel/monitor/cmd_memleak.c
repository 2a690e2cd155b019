/* SPDX-License-Identifier: MIT */
/*
 * cmd_memleak.c - the command that looks for leaks (<mm/memleak.h>).
 *
 * Contexts. Task.
 */
#include <kernel/command.h>

#include <base/compiler.h>
#include <base/errno.h>
#include <lib/backtrace.h>
#include <lib/fmt.h>
#include <lib/printk.h>
#include <lib/string.h>
#include <mm/memleak.h>

static int scan(void)
{
	struct memleak_result r = {0};
	int err = memleak_scan(&r);

	if (err == -EPERM)
		pr_raw("nothing is tracked: boot a debug build with memleak=1\n");
	else if (err)
		pr_raw("an object could not be tracked: error %d\n", err);
	if (err)
		return 1;
	pr_raw("%lu objects of %zu bytes in all, %lu words looked at\n",
	       r.objects, r.bytes, r.words);
	pr_raw("%lu unreferenced, %lu of them for the second time: leaks\n",
	       r.unreferenced, r.leaks);
	return 0;
}

static void print_leak(const struct memleak_leak *l)
{
	char sym[80], bytes[3 * MEMLEAK_BYTES + 1] = "";
	size_t n = 0;

	for (size_t i = 0; i < MEMLEAK_BYTES && i < l->size; i++)
		n += (size_t)scnprintf(bytes + n, sizeof(bytes) - n, " %02x",
				       l->first[i]);
	pr_raw("%zu bytes at 0x%lx, by %s, CPU %u, at %llu us\n %s\n", l->size,
	       l->start, backtrace_symbol(l->caller, false, sym, sizeof(sym)),
	       l->cpu, l->when / 1000, bytes);
}

/*
 * Not inline: in the frame of a command that scans, variables that are not
 * written would keep what earlier commands left there, pointers among it.
 */
static noinline int list(void)
{
	struct memleak_leak leak;
	unsigned long cursor = 0, n = 0;

	for (; memleak_next(&cursor, &leak); n++)
		print_leak(&leak);
	pr_raw("%lu leaks\n", n);
	return 0;
}

static int cmd_memleak(int argc, char **argv)
{
	if (argc != 2)
		return -EINVAL;
	if (!strcmp(argv[1], "scan"))
		return scan();
	if (!strcmp(argv[1], "list"))
		return list();
	if (strcmp(argv[1], "clear"))
		return -EINVAL;
	pr_raw("%lu leaks forgotten\n", memleak_clear());
	return 0;
}
COMMAND("memleak", "allocations that nothing points to", "scan | list | clear",
	cmd_memleak);
