/* SPDX-License-Identifier: MIT */
/*
 * pat.c - how memory is cached, page by page.
 *
 * Purpose. RAM is cached and written back (A PG-15). A device register must
 * be read and written exactly as the program says. A frame buffer wants its
 * stores collected into whole lines, or drawing crawls.
 *
 * Model. The bits PCD and PWT of an entry are an index into a register of the
 * CPU, the page attribute table. After reset index 1 is write-through, which
 * nobody needs; we make it write-combining:
 *
 *	PCD PWT	after reset	here
 *	 0   0	write-back	write-back	PAGE_KERNEL
 *	 0   1	write-through	write-combining	pgprot_writecombine()
 *	 1   0	uncached, "UC-": the MTRRs may still say write-combining
 *	 1   1	uncached	uncached	pgprot_noncached()
 *
 * The third index bit, which lies elsewhere in large pages, is never set.
 *
 * Invariants.
 *   I1  All CPUs have the same table before any entry with index 1 exists:
 *       one frame with two attributes on two CPUs is undefined.
 * Contexts. pat_init_cpu(): bring-up of a CPU. Others: any.
 * Limits. A CPU without PAT (none in 64-bit mode that we know of) has UC- in
 * the place of write-combining. Nothing finds out whether a frame is mapped
 * with two attributes at once.
 *
 * References. Intel SDM vol. 3A, "Page Attribute Table (PAT)".
 */
#include <arch/pgtable.h>

#include "cpu.h"
#include "msr.h"
#include "pgtable_private.h"

#define PAT_UC	     0x00ULL
#define PAT_WC	     0x01ULL
#define PAT_WT	     0x04ULL
#define PAT_WB	     0x06ULL
#define PAT_UC_MINUS 0x07ULL

#define PAT(index, type) ((type) << (8 * (index)))

void pat_init_cpu(void)
{
	/* The upper half, which nothing uses, as after reset. */
	u64 table = PAT(0, PAT_WB) | PAT(1, PAT_WC) | PAT(2, PAT_UC_MINUS) |
		    PAT(3, PAT_UC) | PAT(4, PAT_WB) | PAT(5, PAT_WT) |
		    PAT(6, PAT_UC_MINUS) | PAT(7, PAT_UC);

	/* No entry with index 1 exists yet (I1), so no cache needs flushing. */
	if (cpu_features.pat)
		wrmsr(MSR_PAT, table);
}

static pgprot_t with_bits(pgprot_t prot, long bits)
{
	return __pgprot((prot.pgprot & ~(_PAGE_PCD | _PAGE_PWT)) | bits);
}

pgprot_t pgprot_noncached(pgprot_t prot)
{
	return with_bits(prot, _PAGE_PCD | _PAGE_PWT);
}

pgprot_t pgprot_writecombine(pgprot_t prot)
{
	return with_bits(prot, cpu_features.pat ? _PAGE_PWT : _PAGE_PCD);
}
