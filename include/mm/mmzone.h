/* SPDX-License-Identifier: MIT */
/*
 * mmzone.h - nodes and zones: where memory lies and what it can be used for.
 */
#ifndef MM_MMZONE_H
#define MM_MMZONE_H

#include <base/config.h>
#include <base/types.h>
#include <lib/list.h>
#include <lib/percpu.h>
#include <lib/spinlock.h>

#define MAX_ORDER	   11 /* blocks of 2^0 .. 2^(MAX_ORDER-1) frames */
#define MAX_ORDER_NR_PAGES (1UL << (MAX_ORDER - 1))
#define MAX_NUMNODES	   64

enum migratetype {
	MIGRATE_UNMOVABLE = 0,
	MIGRATE_RECLAIMABLE = 1,
	MIGRATE_MOVABLE = 2,
	MIGRATE_PCPTYPES = 3, /* those that per-CPU lists keep */
	MIGRATE_RESERVE = 3,
	MIGRATE_ISOLATE = 4,
	MIGRATE_TYPES = 5,
};

enum zone_type {
	ZONE_DMA,     /* below 16 MiB */
	ZONE_DMA32,   /* below 4 GiB */
	ZONE_NORMAL,  /* the rest of the direct map */
	ZONE_HIGHMEM, /* emulated: option highmem=, see mm/history/ */
	ZONE_MOVABLE, /* empty here; the enum of the notes has it */
	MAX_NR_ZONES,
};

enum zone_watermarks {
	WMARK_MIN,
	WMARK_LOW,
	WMARK_HIGH,
	NR_WMARK,
};

struct free_area {
	struct list_head free_list[MIGRATE_TYPES];
	unsigned long nr_free; /* blocks on all lists */
};

/* Frames that a CPU keeps for itself (A MM-C1): interrupts off. */
struct per_cpu_pages {
	int count; /* frames on the list */
	int high;  /* at which a batch goes back */
	int batch; /* frames moved at once */
	struct list_head list;
};

struct pglist_data;

#endif /* MM_MMZONE_H */
