/* SPDX-License-Identifier: MIT */
/*
 * fuzz_acpi.c - random ACPI tables.
 *
 * Model. Input: the RSDP's address (8 bytes), then segments of physical
 * memory: address (8), length (4), bytes. tests/data/acpi/ has the tables of
 * real firmware in this form. Random changes would die at the first checksum,
 * so sums are put right on the way to the parser, unless bit 63 of the RSDP's
 * address asks for the bytes as they are.
 */
#include <base/unaligned.h>
#include <arch/acpi.h>
#include <arch/boot.h>

#include "fuzz.h"

#define RAW (1ULL << 63)

static struct boot_info bi;
static struct acpi_info ai;

struct machine {
	const u8 *segments;
	size_t size;
	bool raw;
};

static void fix_sum(u8 *p, size_t len, size_t sum_at)
{
	u8 sum = 0;

	p[sum_at] = 0;
	for (size_t i = 0; i < len; i++)
		sum += p[i];
	p[sum_at] = (u8)(0x100 - sum);
}

static const void *machine_map(void *ctx, phys_addr_t pa, size_t len)
{
	const struct machine *m = ctx;
	size_t off = 0;

	while (m->size - off >= 12) {
		u64 base = get_unaligned_le64(m->segments + off);
		size_t n = get_unaligned_le32(m->segments + off + 8);
		const u8 *bytes = m->segments + off + 12;
		u8 *copy;

		off += 12;
		if (n > m->size - off)
			n = m->size - off;
		off += n;
		if (pa < base || pa - base > n || len > n - (pa - base))
			continue;
		copy = fuzz_copy(bytes + (pa - base), len);
		if (!copy || m->raw)
			return copy;
		if (len >= 20 && memcmp(copy, "RSD PTR ", 8) == 0) {
			fix_sum(copy, 20, 8);
			if (len >= 36)
				fix_sum(copy, 36, 32);
		} else if (len >= 36 && get_unaligned_le32(copy + 4) == len) {
			fix_sum(copy, len, 9);
		}
		return copy;
	}
	return NULL;
}

int LLVMFuzzerTestOneInput(const u8 *data, size_t size)
{
	struct machine m = {.segments = data + 8};
	struct phys_reader rd = {.map = machine_map, .ctx = &m};
	char text[100];

	if (size < 8)
		return 0;
	m.size = size - 8;
	m.raw = get_unaligned_le64(data) & RAW;
	bi.rsdp_addr = get_unaligned_le64(data) & ~RAW;
	FUZZ_CHECK(acpi_parse(&ai, &bi, &rd) == 0 || ai.nr_cpus == 0);
	fuzz_free_all();

	FUZZ_CHECK(acpi_check(&ai) == 0);
	for (u8 irq = 0; irq < 16; irq++)
		FUZZ_CHECK(acpi_isa_irq(&ai, irq).polarity &&
			   acpi_isa_irq(&ai, irq).trigger);
	for (unsigned int i = 0; i < ai.nr_problems; i++)
		acpi_problem_describe(&ai.problems[i], text, sizeof(text));
	return 0;
}
