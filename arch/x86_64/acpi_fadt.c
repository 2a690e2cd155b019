/* SPDX-License-Identifier: MIT */
/*
 * acpi_fadt.c - timers, reset and power-off registers.
 *
 * Purpose. The FADT names the fixed registers: PM timer, reset, sleep
 * control. It has grown with every version of ACPI: a field exists if the
 * table is long enough, and a 64-bit "X_" field counts before its 32-bit
 * ancestor unless it is 0.
 *
 * Model. To power off, a number must be written that the firmware keeps in
 * the object \_S5, a package in AML byte code. We have no interpreter, and
 * need none: the object has always the form
 *
 *	Name ( \ ) _S5_   Package  length  count  SLP_TYPa  SLP_TYPb ...
 *	08   [5c]  5f5335 5f  12   1..4    1      number    number
 *
 * so a search for these bytes with a check of each following one finds it.
 * Bytes that happen to look so far alike but do not go on so are passed.
 *
 * Invariants.
 *   I1  A field is read only if the table's length covers it.
 * Locking, Contexts. None, any; compiled for the host too.
 * Limits. An \_S5 that is computed by a method is not found.
 * References. ACPI Specification 6.4, "Fixed ACPI Description Table",
 * "IA-PC High Precision Event Timers Specification" 1.0a for the HPET table,
 * "AML Byte Stream Byte Values" for the numbers.
 */
#include <base/bits.h>
#include <base/unaligned.h>
#include <arch/acpi.h>
#include <arch/boot.h>
#include <lib/string.h>

#include "acpi_tables.h"

/* Offsets in the FADT. */
#define FADT_DSDT	40
#define FADT_SCI_INT	46
#define FADT_SMI_CMD	48
#define FADT_ACPI_ON	52
#define FADT_PM1A_CNT	64
#define FADT_PM1B_CNT	68
#define FADT_PM_TMR	76
#define FADT_PM1_LEN	89
#define FADT_PM_TMR_LEN 91
#define FADT_BOOT_ARCH	109
#define FADT_FLAGS	112
#define FADT_MIN	116 /* the whole of ACPI 1.0's */
#define FADT_RESET	116
#define FADT_RESET_VAL	128
#define FADT_X_DSDT	140
#define FADT_X_PM1A_CNT 172
#define FADT_X_PM1B_CNT 184
#define FADT_X_PM_TMR	208

#define FLAG_TMR_32BIT BIT(8)
#define FLAG_RESET     BIT(10)

/* IAPC_BOOT_ARCH, since revision 2 of the table. */
#define ARCH_LEGACY BIT(0)
#define ARCH_8042   BIT(1)
#define ARCH_NO_VGA BIT(2)

#define GAS_SIZE 12

#define AML_NAME    0x08
#define AML_ROOT    0x5c
#define AML_PACKAGE 0x12

static bool has_field(const struct acpi_table *t, u32 off, u32 size)
{
	return t->len >= off + size;
}

/* A generic address structure; false when absent, zero or of no use. */
static bool read_gas(const struct acpi_table *t, u32 off, struct acpi_reg *reg)
{
	const u8 *g = t->data + off;

	if (!has_field(t, off, GAS_SIZE) || g[0] > ACPI_SPACE_PCI)
		return false;
	reg->space = (enum acpi_space)g[0];
	reg->width = g[1];
	reg->addr = get_unaligned_le64(g + 4);
	if (reg->space == ACPI_SPACE_IO && reg->addr > 0xffff)
		reg->addr = 0;
	if (reg->space == ACPI_SPACE_MEMORY && reg->addr >= BOOT_PHYS_LIMIT)
		reg->addr = 0;
	return reg->addr != 0;
}

/* The X_ field at @x_off or else the port at @off of @bytes bytes. */
static void read_block(const struct acpi_table *t, u32 x_off, u32 off, u8 bytes,
		       struct acpi_reg *reg)
{
	u32 port = get_unaligned_le32(t->data + off);

	if (read_gas(t, x_off, reg))
		return;
	memset(reg, 0, sizeof(*reg));
	if (port == 0 || port > 0xffff)
		return;
	reg->space = ACPI_SPACE_IO;
	reg->width = bytes < 4 ? bytes * 8 : 32;
	reg->addr = port;
}

static void read_pm_timer(struct acpi_info *ai, const struct acpi_table *t,
			  u32 flags)
{
	struct acpi_pm_timer *pm = &ai->pm_timer;
	u8 len = t->data[FADT_PM_TMR_LEN];

	read_block(t, FADT_X_PM_TMR, FADT_PM_TMR, len, &pm->reg);
	if (pm->reg.addr == 0)
		return;
	/* Length 0 is how firmware says "none", 4 is the only other. */
	if (len != 4) {
		if (len)
			acpi_problem_add(ai, ACPI_PROBLEM_VALUE, "FACP", len);
		memset(&pm->reg, 0, sizeof(pm->reg));
		return;
	}
	pm->width = flags & FLAG_TMR_32BIT ? 32 : 24;
}

phys_addr_t acpi_parse_fadt(struct acpi_info *ai, const struct acpi_table *t)
{
	phys_addr_t dsdt = 0;
	u32 flags;
	u16 arch;

	if (t->len < FADT_MIN) {
		acpi_problem_add(ai, ACPI_PROBLEM_LENGTH, "FACP", t->len);
		return 0;
	}
	flags = get_unaligned_le32(t->data + FADT_FLAGS);
	ai->sci_irq = get_unaligned_le16(t->data + FADT_SCI_INT);
	ai->smi_cmd = get_unaligned_le32(t->data + FADT_SMI_CMD);
	ai->acpi_enable = t->data[FADT_ACPI_ON];
	read_block(t, FADT_X_PM1A_CNT, FADT_PM1A_CNT, t->data[FADT_PM1_LEN],
		   &ai->pm1a_cnt);
	read_block(t, FADT_X_PM1B_CNT, FADT_PM1B_CNT, t->data[FADT_PM1_LEN],
		   &ai->pm1b_cnt);
	read_pm_timer(ai, t, flags);

	/* In ACPI 1.0 these two bytes were reserved, and 0 meant nothing. */
	if (acpi_revision(t) >= 2) {
		arch = get_unaligned_le16(t->data + FADT_BOOT_ARCH);
		ai->no_legacy = !(arch & ARCH_LEGACY);
		ai->no_8042 = !(arch & ARCH_8042);
		ai->no_vga = arch & ARCH_NO_VGA;
	}
	if ((flags & FLAG_RESET) && has_field(t, FADT_RESET_VAL, 1) &&
	    read_gas(t, FADT_RESET, &ai->reset.reg)) {
		ai->reset.present = true;
		ai->reset.value = t->data[FADT_RESET_VAL];
	}
	if (has_field(t, FADT_X_DSDT, 8))
		dsdt = get_unaligned_le64(t->data + FADT_X_DSDT);
	return dsdt ? dsdt : get_unaligned_le32(t->data + FADT_DSDT);
}

void acpi_parse_hpet(struct acpi_info *ai, const struct acpi_table *t)
{
	struct acpi_reg reg;

	if (t->len < 56) {
		acpi_problem_add(ai, ACPI_PROBLEM_LENGTH, "HPET", t->len);
		return;
	}
	if (!read_gas(t, 40, &reg) || reg.space != ACPI_SPACE_MEMORY) {
		acpi_problem_add(ai, ACPI_PROBLEM_VALUE, "HPET",
				 get_unaligned_le64(t->data + 44));
		return;
	}
	ai->hpet.present = true;
	ai->hpet.id = get_unaligned_le32(t->data + 36);
	ai->hpet.addr = reg.addr;
	ai->hpet.number = t->data[52];
	ai->hpet.min_tick = get_unaligned_le16(t->data + 53);
}

/* An AML integer at @p; moves on. False at the end or for another object. */
static bool aml_integer(const u8 **p, const u8 *end, u64 *value)
{
	/* Prefixes 0x0a..0x0c announce 1, 2 and 4 bytes, 0x0e 8 bytes. */
	static const u8 sizes[] = {1, 2, 4, 0, 8};
	u8 op, size;

	if (*p >= end)
		return false;
	op = *(*p)++;
	if (op == 0x00 || op == 0x01) { /* ZeroOp, OneOp */
		*value = op;
		return true;
	}
	if (op < 0x0a || op > 0x0e || !sizes[op - 0x0a])
		return false;
	size = sizes[op - 0x0a];
	if (end - *p < size)
		return false;
	*value = 0;
	for (unsigned int i = 0; i < size; i++)
		*value |= (u64)(*p)[i] << (8 * i);
	*p += size;
	return true;
}

/* The two numbers of the package that starts at @p. */
static bool s5_package(struct acpi_info *ai, const u8 *p, const u8 *end)
{
	u64 a, b = 0;
	u8 count;

	if (end - p < 2 || *p++ != AML_PACKAGE)
		return false;
	/* The top two bits of the length's first byte count its others. */
	if (end - p < (p[0] >> 6) + 2)
		return false;
	p += (p[0] >> 6) + 1;
	count = *p++;
	if (count < 1 || !aml_integer(&p, end, &a) || a > 7)
		return false;
	if (count >= 2 && (!aml_integer(&p, end, &b) || b > 7))
		return false;
	ai->s5 = (struct acpi_s5){
		.valid = true,
		.type_a = (u8)a,
		.type_b = (u8)b,
	};
	return true;
}

bool acpi_find_s5(struct acpi_info *ai, const struct acpi_table *t)
{
	const u8 *start = t->data + ACPI_HEADER_SIZE;
	const u8 *end = t->data + t->len;

	for (const u8 *p = start; end - p > 4; p++) {
		bool named;

		if (memcmp(p, "_S5_", 4) != 0)
			continue;
		named = (p - start >= 1 && p[-1] == AML_NAME) ||
			(p - start >= 2 && p[-1] == AML_ROOT &&
			 p[-2] == AML_NAME);
		if (named && s5_package(ai, p + 4, end))
			return true;
	}
	return false;
}
