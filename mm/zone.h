/* SPDX-License-Identifier: MIT */
/*
 * zone.h - making zones; see mm/zone.c and mm/watermark.c.
 */
#ifndef MM_ZONE_H
#define MM_ZONE_H

#include <base/compiler.h>
#include <mm/mmzone.h>

/* The zone of a run of frames from @pfn; *@end is lowered to its border. */
enum zone_type zone_type_of_pfn(unsigned long pfn, unsigned long *end);

/* Descriptors of all nodes and zones, empty. 0 or -ENOMEM. Context: boot. */
int __must_check zones_init(void);

/* The lists of zones to try. Context: boot; all zones have their frames. */
void build_zonelists(void);

/* Watermarks and reserves of all zones. Context: boot, as above. */
void watermarks_init(void);

/* How a request may dip into what is left (A MM-ZA1). */
#define ALLOC_NO_WATERMARKS 0x01U /* all of it */
#define ALLOC_WMARK_MIN	    0x02U /* keep this much ... */
#define ALLOC_WMARK_LOW	    0x04U
#define ALLOC_WMARK_HIGH    0x08U
#define ALLOC_HARDER	    0x10U /* ... less a quarter */
#define ALLOC_HIGH	    0x20U /* ... less a half, before that */
#define ALLOC_CPUSET	    0x40U /* kept for its number; there are none */

/**
 * zone_watermark_ok() - may a block be taken from a zone?
 * @order: of the block.
 * @mark: frames to be left.
 * @class_idx: the highest zone that would have done: its reserve is kept.
 * @alloc_flags: ALLOC_HIGH and ALLOC_HARDER lower the mark.
 *
 * The rule is A MM-ZA3: after the block is taken more than the mark is free,
 * and enough of it in blocks that are not too small.
 *
 * Context: any; the zone may change meanwhile, so this is an estimate.
 */
bool zone_watermark_ok(const struct zone *zone, unsigned int order,
		       unsigned long mark, unsigned int class_idx,
		       unsigned int alloc_flags);

#endif /* MM_ZONE_H */
