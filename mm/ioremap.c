/* SPDX-License-Identifier: MIT */
/*
 * ioremap.c - device registers in the vmalloc region.
 *
 * Model. A device answers at physical addresses where there is no memory. To
 *	reach it, its pages get a mapping that is not cached: each load must
 *	ask the device, each store must arrive, in order (PCD and PWT). A frame
 *	buffer only takes pixels; there stores may be collected into larger
 *	ones, which is called write-combining.
 *
 *	Memory is refused: it is mapped cached already, and a CPU that has one
 *	frame under two cache attributes may see two contents (A PG-15).
 *
 * Invariants. Those of mm/vmap.c. Locking. None of its own. Contexts. Task.
 * Limits. Pages of 4 KiB. Whether two drivers map the same registers is not
 *	checked. For devices that are needed before this, see arch_map_io().
 */
#include <mm/vmalloc.h>

#include <arch/boot.h>
#include <base/bits.h>
#include <lib/might_sleep.h>
#include <lib/printk.h>

#include "vmap.h"

static bool is_memory(phys_addr_t phys, phys_addr_t last)
{
	for (unsigned int i = 0; i < boot_info.nr_mem; i++) {
		const struct mem_range *r = &boot_info.mem[i];

		if (r->type == MEM_USABLE && phys < r->base + r->size &&
		    r->base <= last)
			return true;
	}
	return false;
}

/* Why this range cannot be mapped; NULL: it can. */
static const char *refusal(phys_addr_t phys, size_t len)
{
	phys_addr_t last = phys + len - 1;

	if (!len || last < phys || last >= arch_phys_limit())
		return "no such addresses";
	if (is_memory(phys & PAGE_MASK, last | ~PAGE_MASK))
		return "that is memory";
	return NULL;
}

static volatile void *map_device(phys_addr_t phys, size_t len, pgprot_t prot,
				 unsigned long caller)
{
	phys_addr_t base = phys & PAGE_MASK;
	struct vmap_request r = {
		.align = PAGE_SIZE,
		.kind = VMAP_IOREMAP,
		.caller = caller,
	};
	const char *why = refusal(phys, len);
	struct vmap_area *a;

	might_sleep();
	if (why) {
		pr_warn_ratelimited("ioremap: %#llx, %zu bytes, for %pS: %s\n",
				    phys, len, (void *)caller, why);
		return NULL;
	}
	r.nr = (PAGE_ALIGN(phys + len) - base) >> PAGE_SHIFT;
	a = vmap_area_get(&r);
	if (!a)
		return NULL;
	if (kernel_map(vmap_addr(a), base, r.nr << PAGE_SHIFT, prot,
		       PAGE_SHIFT)) {
		vmap_area_abandon(a);
		vmap_report(len, caller, "no page tables");
		return NULL;
	}
	return (volatile void *)(vmap_addr(a) + (phys - base));
}

volatile void *ioremap(phys_addr_t phys, size_t len)
{
	return map_device(phys, len, pgprot_noncached(PAGE_KERNEL), _RET_IP_);
}

volatile void *ioremap_wc(phys_addr_t phys, size_t len)
{
	return map_device(phys, len, pgprot_writecombine(PAGE_KERNEL),
			  _RET_IP_);
}

void iounmap(volatile void *addr)
{
	struct vmap_area *a;

	might_sleep();
	if (!addr)
		return;
	a = vmap_area_take((unsigned long)addr & PAGE_MASK, VMAP_IOREMAP,
			   "iounmap", _RET_IP_);
	if (!a)
		return;
	kernel_unmap_pages(vmap_addr(a), (unsigned int)a->nr);
	vmap_area_put(a);
}
