/* SPDX-License-Identifier: MIT */
/*
 * acpi_tables.h - shared by the files that read ACPI tables.
 *
 * A table is passed on as a pointer and a length that were checked: that
 * many bytes are readable and their sum is 0. Fields are read by offset, as
 * the specification lists them, because firmware tables come in all lengths:
 * a field may be used only if the table is long enough for it.
 */
#ifndef ARCH_X86_64_ACPI_TABLES_H
#define ARCH_X86_64_ACPI_TABLES_H

#include <base/compiler.h>
#include <base/types.h>
#include <arch/acpi.h>
#include <arch/boot.h>

#define ACPI_HEADER_SIZE 36

/* No table we read is longer; a wild length must not keep us for minutes. */
#define ACPI_MAX_TABLE (2 << 20)

struct acpi_table {
	const u8 *data;
	u32 len;
};

static inline u8 acpi_revision(const struct acpi_table *t)
{
	return t->data[8];
}

void acpi_problem_add(struct acpi_info *ai, enum acpi_problem_kind kind,
		      const char *table, u64 value);

/**
 * acpi_map_table() - map a table and check it.
 * @signature: what it must be.
 *
 * Return: false, with a problem noted, when it cannot be used.
 */
bool acpi_map_table(struct acpi_info *ai, const struct phys_reader *rd,
		    phys_addr_t addr, const char *signature,
		    struct acpi_table *t);

const void *acpi_map(const struct phys_reader *rd, phys_addr_t addr,
		     size_t len);

/* One table each; nothing is assumed about the contents. */
void acpi_parse_madt(struct acpi_info *ai, const struct acpi_table *t);
void acpi_parse_srat(struct acpi_info *ai, const struct acpi_table *t);
void acpi_parse_slit(struct acpi_info *ai, const struct acpi_table *t);
void acpi_parse_hpet(struct acpi_info *ai, const struct acpi_table *t);

/* Return: address of the DSDT, or 0. */
phys_addr_t acpi_parse_fadt(struct acpi_info *ai, const struct acpi_table *t);

/* Looks for \_S5 in the byte code of a DSDT or SSDT. */
bool acpi_find_s5(struct acpi_info *ai, const struct acpi_table *t);

#endif /* ARCH_X86_64_ACPI_TABLES_H */
