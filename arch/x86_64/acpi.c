/* SPDX-License-Identifier: MIT */
/*
 * acpi.c - finding the ACPI tables.
 *
 * Purpose. The tables hang on a chain that starts at the RSDP:
 *
 *	RSDP --> XSDT (64-bit addresses) --> MADT, SRAT, SLIT, HPET, SSDT...
 *	   \---> RSDT (32-bit addresses) --> FADT --> DSDT
 *
 * Model. Candidates for the RSDP are what the loader copied, what it pointed
 * at, and the BIOS areas; the first one with a right checksum wins. The XSDT
 * is preferred; when it cannot be used, the RSDT is. A table counts only if
 * signature, length and checksum are right: half-true tables are worse than
 * none, since every part of the kernel has a way to do without. The tables
 * are listed first and read in our order, because the nodes of the CPUs
 * (SRAT) can be filled in only when the CPUs (MADT) are known.
 *
 * Invariants. I1..I4 of <arch/acpi.h>.
 * Locking. None. Contexts. Any; pure code: memory is reached through the
 * reader, so it is compiled for the host too.
 * Limits. Static tables only: AML is not interpreted, see acpi_fadt.c.
 * References. ACPI Specification 6.4, chapter 5, "ACPI Software Programming
 * Model".
 */
#include <base/bits.h>
#include <base/errno.h>
#include <base/unaligned.h>
#include <arch/acpi.h>
#include <arch/boot.h>
#include <lib/string.h>

#include "acpi_tables.h"

#define RSDP_V1_SIZE 20
#define RSDP_V2_SIZE 36

/* Places to search, of ACPI 6.4, "Finding the RSDP on IA-PC Systems". */
#define EBDA_SEGMENT 0x40eU
#define EBDA_SEARCH  1024
#define BIOS_START   0xe0000U
#define BIOS_SEARCH  0x20000

#define MAX_ROOT_ENTRIES  512
#define MAX_SSDTS	  32
#define PROBLEMS_PER_KIND 4

struct acpi_info acpi_info;

/* The root table, and where the tables we read were found. */
struct acpi_root {
	struct acpi_table t;
	unsigned int entry_size; /* 4: RSDT, 8: XSDT */
	phys_addr_t madt, srat, slit, hpet, fadt;
	phys_addr_t ssdts[MAX_SSDTS];
	unsigned int nr_ssdts;
};

void acpi_problem_add(struct acpi_info *ai, enum acpi_problem_kind kind,
		      const char *table, u64 value)
{
	struct acpi_problem *p;
	unsigned int same = 0;

	for (unsigned int i = 0; i < ai->nr_problems; i++)
		same += ai->problems[i].kind == kind;
	if (same == PROBLEMS_PER_KIND || ai->nr_problems == ACPI_MAX_PROBLEMS) {
		ai->nr_problems_cut++;
		return;
	}
	p = &ai->problems[ai->nr_problems++];
	p->kind = kind;
	p->value = value;
	/* A broken table's signature may be anything: keep it printable. */
	for (unsigned int i = 0; i < 4 && table && table[i]; i++)
		p->table[i] =
			table[i] >= ' ' && table[i] <= '~' ? table[i] : '?';
}

const void *acpi_map(const struct phys_reader *rd, phys_addr_t addr, size_t len)
{
	if (addr == 0 || addr >= BOOT_PHYS_LIMIT ||
	    len > BOOT_PHYS_LIMIT - addr)
		return NULL;
	return rd->map(rd->ctx, addr, len);
}

static u8 byte_sum(const u8 *p, size_t len)
{
	u8 sum = 0;

	while (len--)
		sum += *p++;
	return sum;
}

bool acpi_map_table(struct acpi_info *ai, const struct phys_reader *rd,
		    phys_addr_t addr, const char *signature,
		    struct acpi_table *t)
{
	const u8 *head = acpi_map(rd, addr, ACPI_HEADER_SIZE);
	u8 sum;

	if (!head) {
		acpi_problem_add(ai, ACPI_PROBLEM_UNREADABLE, signature, addr);
		return false;
	}
	if (memcmp(head, signature, 4) != 0) {
		acpi_problem_add(ai, ACPI_PROBLEM_SIGNATURE, signature, addr);
		return false;
	}
	t->len = get_unaligned_le32(head + 4);
	if (t->len < ACPI_HEADER_SIZE || t->len > ACPI_MAX_TABLE) {
		acpi_problem_add(ai, ACPI_PROBLEM_LENGTH, signature, t->len);
		return false;
	}
	t->data = acpi_map(rd, addr, t->len);
	if (!t->data) {
		acpi_problem_add(ai, ACPI_PROBLEM_LENGTH, signature, t->len);
		return false;
	}
	sum = byte_sum(t->data, t->len);
	if (sum != 0) {
		acpi_problem_add(ai, ACPI_PROBLEM_CHECKSUM, signature, sum);
		return false;
	}
	return true;
}

/*
 * Checks the RSDP of which @len bytes are at @p and copies it. Version 2 has
 * a second checksum; when only that is wrong, the version 1 part still holds.
 * Return: bytes of @out that count, or 0.
 */
static unsigned int rsdp_check(struct acpi_info *ai, const u8 *p, size_t len,
			       phys_addr_t addr, u8 out[RSDP_V2_SIZE])
{
	if (len < RSDP_V1_SIZE || memcmp(p, "RSD PTR ", 8) != 0) {
		acpi_problem_add(ai, ACPI_PROBLEM_RSDP_SIGNATURE, NULL, addr);
		return 0;
	}
	if (byte_sum(p, RSDP_V1_SIZE) != 0) {
		acpi_problem_add(ai, ACPI_PROBLEM_RSDP_CHECKSUM, NULL, addr);
		return 0;
	}
	memcpy(out, p, RSDP_V1_SIZE);
	if (p[15] < 2)
		return RSDP_V1_SIZE;
	/* A later version may be longer; its sum covers what we cannot see. */
	if (len < RSDP_V2_SIZE || get_unaligned_le32(p + 20) != RSDP_V2_SIZE) {
		acpi_problem_add(
			ai, ACPI_PROBLEM_RSDP_LENGTH, NULL,
			len < RSDP_V2_SIZE ? len : get_unaligned_le32(p + 20));
		return RSDP_V1_SIZE;
	}
	if (byte_sum(p, RSDP_V2_SIZE) != 0) {
		acpi_problem_add(ai, ACPI_PROBLEM_RSDP_CHECKSUM, NULL, addr);
		return RSDP_V1_SIZE;
	}
	memcpy(out, p, RSDP_V2_SIZE);
	return RSDP_V2_SIZE;
}

static unsigned int rsdp_at(struct acpi_info *ai, const struct phys_reader *rd,
			    phys_addr_t addr, u8 out[RSDP_V2_SIZE])
{
	size_t len = RSDP_V2_SIZE;
	const u8 *p = acpi_map(rd, addr, len);
	unsigned int got;

	if (!p) {
		len = RSDP_V1_SIZE;
		p = acpi_map(rd, addr, len);
	}
	if (!p) {
		acpi_problem_add(ai, ACPI_PROBLEM_UNREADABLE, "RSDP", addr);
		return 0;
	}
	got = rsdp_check(ai, p, len, addr, out);
	if (got)
		ai->rsdp = addr;
	return got;
}

/* Looks at every 16th byte of a BIOS area for the signature. */
static unsigned int rsdp_scan(struct acpi_info *ai,
			      const struct phys_reader *rd, phys_addr_t start,
			      size_t size, u8 out[RSDP_V2_SIZE])
{
	const u8 *area = acpi_map(rd, start, size);

	if (!area)
		return 0;
	for (size_t off = 0; off + RSDP_V1_SIZE <= size; off += 16) {
		unsigned int got;

		if (memcmp(area + off, "RSD PTR ", 8) != 0)
			continue;
		got = rsdp_check(ai, area + off, size - off, start + off, out);
		if (!got)
			continue;
		ai->rsdp = start + off;
		return got;
	}
	return 0;
}

static unsigned int rsdp_find(struct acpi_info *ai, const struct boot_info *bi,
			      const struct phys_reader *rd,
			      u8 out[RSDP_V2_SIZE])
{
	const u8 *segment;
	phys_addr_t ebda = 0;
	unsigned int got = 0;

	if (bi->rsdp_size)
		got = rsdp_check(ai, bi->rsdp, bi->rsdp_size, 0, out);
	if (!got && bi->rsdp_addr)
		got = rsdp_at(ai, rd, bi->rsdp_addr, out);
	if (got)
		return got;

	segment = acpi_map(rd, EBDA_SEGMENT, 2);
	if (segment)
		ebda = (phys_addr_t)get_unaligned_le16(segment) << 4;
	if (ebda >= 0x400 && ebda < 0xa0000)
		got = rsdp_scan(ai, rd, ebda, EBDA_SEARCH, out);
	if (!got)
		got = rsdp_scan(ai, rd, BIOS_START, BIOS_SEARCH, out);
	return got;
}

/* XSDT or, failing that, RSDT. */
static bool root_find(struct acpi_info *ai, const struct phys_reader *rd,
		      const u8 *rsdp, unsigned int rsdp_size,
		      struct acpi_root *root)
{
	phys_addr_t rsdt = get_unaligned_le32(rsdp + 16);
	phys_addr_t xsdt = 0;

	if (rsdp_size == RSDP_V2_SIZE)
		xsdt = get_unaligned_le64(rsdp + 24);
	if (xsdt) {
		root->entry_size = 8;
		if (acpi_map_table(ai, rd, xsdt, "XSDT", &root->t))
			return true;
		acpi_problem_add(ai, ACPI_PROBLEM_XSDT_BROKEN, "XSDT", xsdt);
	}
	root->entry_size = 4;
	if (rsdt && acpi_map_table(ai, rd, rsdt, "RSDT", &root->t))
		return true;
	acpi_problem_add(ai, ACPI_PROBLEM_NO_ROOT, NULL, 0);
	return false;
}

/* Notes the table at @addr if it is one of ours. */
static void root_sort_in(struct acpi_info *ai, const struct phys_reader *rd,
			 struct acpi_root *root, phys_addr_t addr)
{
	const struct {
		char signature[5];
		phys_addr_t *where;
	} ours[] = {
		{"APIC", &root->madt}, {"SRAT", &root->srat},
		{"SLIT", &root->slit}, {"HPET", &root->hpet},
		{"FACP", &root->fadt},
	};
	const char *sig = acpi_map(rd, addr, 4);

	if (!sig) {
		acpi_problem_add(ai, ACPI_PROBLEM_UNREADABLE, "????", addr);
		return;
	}
	if (memcmp(sig, "SSDT", 4) == 0 && root->nr_ssdts < MAX_SSDTS)
		root->ssdts[root->nr_ssdts++] = addr;
	for (unsigned int i = 0; i < ARRAY_SIZE(ours); i++) {
		if (memcmp(sig, ours[i].signature, 4) != 0)
			continue;
		if (*ours[i].where)
			acpi_problem_add(ai, ACPI_PROBLEM_DUPLICATE,
					 ours[i].signature, addr);
		else
			*ours[i].where = addr;
	}
}

static void root_list(struct acpi_info *ai, const struct phys_reader *rd,
		      struct acpi_root *root)
{
	u32 bytes = root->t.len - ACPI_HEADER_SIZE;
	u32 count = bytes / root->entry_size;
	const char *name = root->entry_size == 8 ? "XSDT" : "RSDT";

	if (bytes % root->entry_size)
		acpi_problem_add(ai, ACPI_PROBLEM_LENGTH, name, root->t.len);
	if (count > MAX_ROOT_ENTRIES) {
		acpi_problem_add(ai, ACPI_PROBLEM_FULL, name, count);
		count = MAX_ROOT_ENTRIES;
	}
	for (u32 i = 0; i < count; i++) {
		const u8 *e = root->t.data + ACPI_HEADER_SIZE +
			      (size_t)i * root->entry_size;

		/* Entries of an XSDT are only 4-byte aligned. */
		root_sort_in(ai, rd, root,
			     root->entry_size == 8 ? get_unaligned_le64(e)
						   : get_unaligned_le32(e));
	}
}

static void parse_power(struct acpi_info *ai, const struct phys_reader *rd,
			const struct acpi_root *root)
{
	struct acpi_table t;
	phys_addr_t dsdt;

	if (!root->fadt) {
		acpi_problem_add(ai, ACPI_PROBLEM_MISSING, "FACP", 0);
		return;
	}
	if (!acpi_map_table(ai, rd, root->fadt, "FACP", &t))
		return;
	dsdt = acpi_parse_fadt(ai, &t);
	if (!dsdt)
		acpi_problem_add(ai, ACPI_PROBLEM_MISSING, "DSDT", 0);
	else if (acpi_map_table(ai, rd, dsdt, "DSDT", &t) &&
		 acpi_find_s5(ai, &t))
		return;
	for (unsigned int i = 0; i < root->nr_ssdts; i++)
		if (acpi_map_table(ai, rd, root->ssdts[i], "SSDT", &t) &&
		    acpi_find_s5(ai, &t))
			return;
	acpi_problem_add(ai, ACPI_PROBLEM_NO_S5, "DSDT", 0);
}

int acpi_parse(struct acpi_info *ai, const struct boot_info *bi,
	       const struct phys_reader *rd)
{
	u8 rsdp[RSDP_V2_SIZE] = {0};
	struct acpi_root root = {.entry_size = 4};
	struct acpi_table t;
	unsigned int rsdp_size;

	memset(ai, 0, sizeof(*ai));
	ai->has_8259 = true; /* what a PC has if nobody says otherwise */
	rsdp_size = rsdp_find(ai, bi, rd, rsdp);
	if (!rsdp_size) {
		acpi_problem_add(ai, ACPI_PROBLEM_NO_RSDP, NULL, 0);
		return -ENODEV;
	}
	ai->revision = rsdp[15];
	memcpy(ai->oem, rsdp + 9, 6);
	if (!root_find(ai, rd, rsdp, rsdp_size, &root))
		return -ENODEV;
	ai->present = true;
	root_list(ai, rd, &root);

	if (!root.madt)
		acpi_problem_add(ai, ACPI_PROBLEM_MISSING, "APIC", 0);
	else if (acpi_map_table(ai, rd, root.madt, "APIC", &t))
		acpi_parse_madt(ai, &t);
	if (root.srat && acpi_map_table(ai, rd, root.srat, "SRAT", &t))
		acpi_parse_srat(ai, &t);
	if (root.slit && acpi_map_table(ai, rd, root.slit, "SLIT", &t))
		acpi_parse_slit(ai, &t);
	if (root.hpet && acpi_map_table(ai, rd, root.hpet, "HPET", &t))
		acpi_parse_hpet(ai, &t);
	parse_power(ai, rd, &root);
	return 0;
}

struct acpi_override acpi_isa_irq(const struct acpi_info *ai, u8 irq)
{
	struct acpi_override o = {.source = irq, .gsi = irq};

	for (unsigned int i = 0; i < ai->nr_overrides; i++)
		if (ai->overrides[i].source == irq)
			o = ai->overrides[i];
	if (o.polarity == ACPI_POLARITY_BUS)
		o.polarity = ACPI_POLARITY_HIGH;
	if (o.trigger == ACPI_TRIGGER_BUS)
		o.trigger = ACPI_TRIGGER_EDGE;
	return o;
}
