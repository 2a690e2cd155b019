/* SPDX-License-Identifier: MIT */
/*
 * cmd_trips.c - the command that shows the trip points (<lib/trip.h>).
 *
 * Contexts. Task. The counts are read while the CPUs go on counting.
 */
#include <kernel/command.h>

#include <base/errno.h>
#include <lib/printk.h>
#include <lib/trip.h>

static int cmd_trips(int argc, char **argv)
{
	const struct trip *t;

	(void)argv;
	if (argc != 1)
		return -EINVAL;
	for_each_trip(t)
		pr_raw("%-16s %10lu hits  %s:%u\n", t->name, trip_count(t),
		       t->file, t->line);
	pr_raw("hits are %snumbered over all CPUs; the stop is at: %s\n",
	       trip_numbered ? "" : "not ",
	       trip_stop.what ? trip_stop.what->name : "no point");
	return 0;
}
COMMAND("trips", "trip points: how often the CPUs came by", "", cmd_trips);
