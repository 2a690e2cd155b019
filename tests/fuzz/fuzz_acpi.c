/* SPDX-License-Identifier: MIT */
/*
 * fuzz_acpi.c - random ACPI tables.
 *
 * Model. Input: the RSDP's address (8 bytes), then segments of physical
 * memory: address (8), length (4), bytes. tests/data/acpi/ has the tables of
 * real firmware in this form. Random changes would die at the first checksum,
 * so sums are put right on the way to the parser, unless bit 63 of the RSDP's
 * address asks for the bytes as they are. Bit 62: the loader brings a copy of
 * the RSDP's first 20 bytes instead, bit 61: of 36.
 *
 * Records are the segments and the entries of the tables in them.
 */
#include <base/bits.h>
#include <base/unaligned.h>
#include <arch/acpi.h>
#include <arch/boot.h>

#include "fuzz.h"

#define RAW	(1ULL << 63)
#define COPY_V1 (1ULL << 62)
#define COPY_V2 (1ULL << 61)
#define FLAGS	(RAW | COPY_V1 | COPY_V2)

#define SEGMENT	   12 /* bytes of its head */
#define TABLE_HEAD 36
#define BIOS_START 0xe0000ULL
#define BIOS_SIZE  0x20000

static struct boot_info bi;
static struct acpi_info ai;

struct machine {
	const u8 *segments;
	size_t size;
	bool raw;
};

/* ---- the records --------------------------------------------------------- */

static void add_entry(struct fuzz_records *list, size_t seg, u32 at, u32 len)
{
	struct fuzz_record *r = fuzz_record_add(list, seg + SEGMENT + at, len);

	if (!r)
		return;
	r->sizes[0] = (u32)seg + 8;
	r->sizes[1] = (u32)seg + SEGMENT + 4;
}

/* Entries with a type byte and a length byte, as in MADT and SRAT. */
static void list_typed(const u8 *t, u32 len, size_t seg, u32 at,
		       struct fuzz_records *list)
{
	while (at < len && len - at >= 2) {
		u32 n = t[at + 1];

		if (n < 2 || n > len - at)
			n = 2;
		add_entry(list, seg, at, n);
		at += n;
	}
}

static void list_steps(u32 len, size_t seg, u32 at, u32 step,
		       struct fuzz_records *list)
{
	for (; at < len && len - at >= step; at += step)
		add_entry(list, seg, at, step);
}

static void list_table(const u8 *t, u32 len, size_t seg,
		       struct fuzz_records *list)
{
	struct fuzz_record *r = fuzz_record_add(list, seg + SEGMENT, len);

	if (r)
		r->sizes[0] = (u32)seg + 8;
	if (len < TABLE_HEAD)
		return;
	if (memcmp(t, "APIC", 4) == 0)
		list_typed(t, len, seg, 44, list);
	else if (memcmp(t, "SRAT", 4) == 0)
		list_typed(t, len, seg, 48, list);
	else if (memcmp(t, "RSDT", 4) == 0)
		list_steps(len, seg, TABLE_HEAD, 4, list);
	else if (memcmp(t, "XSDT", 4) == 0)
		list_steps(len, seg, TABLE_HEAD, 8, list);
	else if (memcmp(t, "FACP", 4) == 0 || memcmp(t, "HPET", 4) == 0)
		list_steps(len, seg, TABLE_HEAD, 12, list);
}

void fuzz_list_records(const u8 *data, size_t size, struct fuzz_records *list)
{
	size_t off = 8;

	if (size >= 8)
		fuzz_record_add(list, 0, 8);
	while (off < size && size - off >= SEGMENT) {
		u32 n = get_unaligned_le32(data + off + 8);

		if (n > size - off - SEGMENT)
			n = (u32)(size - off - SEGMENT);
		fuzz_record_add(list, off, SEGMENT + n);
		list_table(data + off + SEGMENT, n, off, list);
		off += SEGMENT + n;
	}
}

/* ---- the machine --------------------------------------------------------- */

static void fix_sum(u8 *p, size_t len, size_t sum_at)
{
	u8 sum = 0;

	p[sum_at] = 0;
	for (size_t i = 0; i < len; i++)
		sum += p[i];
	p[sum_at] = (u8)(0x100 - sum);
}

static void fix_sums(u8 *copy, size_t len)
{
	if (len >= 20 && memcmp(copy, "RSD PTR ", 8) == 0) {
		fix_sum(copy, 20, 8);
		if (len >= 36)
			fix_sum(copy, 36, 32);
	} else if (len >= TABLE_HEAD && get_unaligned_le32(copy + 4) == len) {
		fix_sum(copy, len, 9);
	}
}

/* The bytes at @pa, or NULL; *@left: how many follow in the segment. */
static const u8 *find_bytes(const struct machine *m, phys_addr_t pa,
			    size_t *left)
{
	size_t off = 0;

	while (m->size - off >= SEGMENT) {
		u64 base = get_unaligned_le64(m->segments + off);
		size_t n = get_unaligned_le32(m->segments + off + 8);

		off += SEGMENT;
		if (n > m->size - off)
			n = m->size - off;
		if (pa >= base && pa - base < n) {
			*left = n - (size_t)(pa - base);
			return m->segments + off + (pa - base);
		}
		off += n;
	}
	return NULL;
}

/*
 * The BIOS area is read as a whole: zeros with the segments in it. One block
 * that is never freed, wiped as far as it was written: 128 KiB for each input
 * would take most of the time. NULL when no segment lies there, as then the
 * search would only take time.
 */
static const void *bios_area(const struct machine *m)
{
	static u8 area[BIOS_SIZE];
	static size_t dirty;
	size_t off = 0;

	memset(area, 0, dirty);
	dirty = 0;
	while (m->size - off >= SEGMENT) {
		u64 at = get_unaligned_le64(m->segments + off) - BIOS_START;
		size_t n = get_unaligned_le32(m->segments + off + 8);

		off += SEGMENT;
		if (n > m->size - off)
			n = m->size - off;
		if (at < BIOS_SIZE && n <= BIOS_SIZE - at) {
			memcpy(area + at, m->segments + off, n);
			if (!m->raw)
				fix_sums(area + at, n);
			dirty = max(dirty, (size_t)at + n);
		}
		off += n;
	}
	return dirty ? area : NULL;
}

static const void *machine_map(void *ctx, phys_addr_t pa, size_t len)
{
	const struct machine *m = ctx;
	size_t left;
	const u8 *bytes;
	u8 *copy;

	if (pa == BIOS_START && len == BIOS_SIZE)
		return bios_area(m);
	bytes = find_bytes(m, pa, &left);
	if (!bytes || len > left)
		return NULL;
	copy = fuzz_copy(bytes, len);
	if (copy && !m->raw)
		fix_sums(copy, len);
	return copy;
}

/* What a multiboot2 loader does: it brings the RSDP itself. */
static void loader_copy(struct machine *m, u64 addr, unsigned int size)
{
	const u8 *rsdp;
	size_t left;

	rsdp = find_bytes(m, addr, &left);
	if (!rsdp || left < size)
		return;
	memcpy(bi.rsdp, rsdp, size);
	bi.rsdp_size = size;
	if (!m->raw)
		fix_sums(bi.rsdp, size);
}

int LLVMFuzzerTestOneInput(const u8 *data, size_t size)
{
	struct machine m = {.segments = data + 8};
	struct phys_reader rd = {.map = machine_map, .ctx = &m};
	char text[100];
	u64 word;

	if (size < 8)
		return 0;
	word = get_unaligned_le64(data);
	m.size = size - 8;
	m.raw = word & RAW;
	memset(bi.rsdp, 0, sizeof(bi.rsdp));
	bi.rsdp_size = 0;
	bi.rsdp_addr = 0;
	if (word & (COPY_V1 | COPY_V2))
		loader_copy(&m, word & ~FLAGS, word & COPY_V2 ? 36 : 20);
	else
		bi.rsdp_addr = word & ~FLAGS;
	FUZZ_CHECK(acpi_parse(&ai, &bi, &rd) == 0 || ai.nr_cpus == 0);
	fuzz_free_all();

	FUZZ_CHECK(acpi_check(&ai) == 0);
	for (u8 irq = 0; irq < 16; irq++)
		FUZZ_CHECK(acpi_isa_irq(&ai, irq).polarity &&
			   acpi_isa_irq(&ai, irq).trigger);
	for (unsigned int i = 0; i < ai.nr_problems; i++) {
		acpi_problem_describe(&ai.problems[i], text, sizeof(text));
		FUZZ_CHECK(text[0] && memchr(text, '\0', sizeof(text)));
		FUZZ_CHECK(memcmp(text, "ACPI: unknown problem", 21) != 0);
	}
	return 0;
}
