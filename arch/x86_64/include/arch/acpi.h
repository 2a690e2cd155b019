/* SPDX-License-Identifier: MIT */
/*
 * acpi.h (arch) - what the firmware's ACPI tables say, in one form.
 *
 * Model. acpi_parse() reads the static tables once, early, and copies what
 * we use into the one struct acpi_info; the tables are not referred to
 * afterwards. Like the boot information, it notes what was wrong with its
 * input in problems[], to be printed later. The machine can be run without
 * any of it: each part says whether it is there.
 *
 * Invariants after acpi_parse():
 *   I1  no counter exceeds its array.
 *   I2  cpus[] has no two entries with the same apic_id.
 *   I3  nodes are numbered from 0 without holes below nr_nodes; the node of
 *       a CPU or memory range is one of them, or NUMA_NO_NODE.
 *   I4  distance[a][a] is 10 and distance[a][b] at least 10, a, b < nr_nodes.
 */
#ifndef ARCH_ACPI_H
#define ARCH_ACPI_H

#include <base/compiler.h>
#include <base/config.h>
#include <base/types.h>

#define ACPI_MAX_IOAPICS     16
#define ACPI_MAX_OVERRIDES   32
#define ACPI_MAX_NMI_SOURCES 8
#define ACPI_MAX_LAPIC_NMIS  NR_CPUS
#define ACPI_MAX_MEM	     64
#define ACPI_MAX_NODES	     64
#define ACPI_MAX_PROBLEMS    32

#define ACPI_ALL_CPUS 0xffffffffU /* as uid of a struct acpi_lapic_nmi */
#define NUMA_NO_NODE  (-1)

/* Distances in the units of the SLIT: 10 is local. */
#define LOCAL_DISTANCE	10
#define REMOTE_DISTANCE 20

struct boot_info;
struct phys_reader;

/* A processor that is there, or (not enabled) that may be plugged in. */
struct acpi_cpu {
	u32 apic_id;
	u32 uid; /* the number that other ACPI tables know it by */
	s32 node;
	bool enabled;
	bool online_capable;
	bool x2apic; /* comes from an x2APIC entry */
};

struct acpi_ioapic {
	u8 id;
	phys_addr_t addr;
	u32 gsi_base;
};

/* How an interrupt line signals; the values of MPS INTI flags. */
enum acpi_polarity {
	ACPI_POLARITY_BUS = 0, /* as usual for the bus: ISA is active high */
	ACPI_POLARITY_HIGH = 1,
	ACPI_POLARITY_LOW = 3,
};

enum acpi_trigger {
	ACPI_TRIGGER_BUS = 0, /* as usual for the bus: ISA is edge */
	ACPI_TRIGGER_EDGE = 1,
	ACPI_TRIGGER_LEVEL = 3,
};

/* ISA interrupt @source arrives at global system interrupt @gsi. */
struct acpi_override {
	u8 source;
	u32 gsi;
	enum acpi_polarity polarity;
	enum acpi_trigger trigger;
};

/* An IO APIC input that is an NMI. */
struct acpi_nmi_source {
	u32 gsi;
	enum acpi_polarity polarity;
	enum acpi_trigger trigger;
};

/* LINT pin @lint of the CPU @uid (or ACPI_ALL_CPUS) is an NMI. */
struct acpi_lapic_nmi {
	u32 uid;
	u8 lint;
	enum acpi_polarity polarity;
	enum acpi_trigger trigger;
};

struct acpi_mem {
	phys_addr_t base;
	u64 size;
	s32 node;
	bool hotplug;
	bool nonvolatile;
};

struct acpi_hpet {
	bool present;
	phys_addr_t addr;
	u32 id;
	u16 min_tick; /* smallest period without lost ticks */
	u8 number;
};

/* A register, as a generic address structure names it. */
enum acpi_space {
	ACPI_SPACE_MEMORY = 0,
	ACPI_SPACE_IO = 1,
	ACPI_SPACE_PCI = 2,
};

struct acpi_reg {
	enum acpi_space space;
	u8 width; /* bits */
	u64 addr; /* 0: there is no such register */
};

struct acpi_pm_timer {
	struct acpi_reg reg;
	u8 width; /* 24 or 32 bits before it wraps; 0: no timer */
};

struct acpi_reset {
	bool present;
	struct acpi_reg reg;
	u8 value;
};

/*
 * Power off: write (type << 10) | (1 << 13) to PM1a_CNT, and to PM1b_CNT if
 * there is one. @valid is false when \_S5 was not found; QEMU's type is 0.
 */
struct acpi_s5 {
	bool valid;
	u8 type_a, type_b;
};

enum acpi_problem_kind {
	ACPI_PROBLEM_NONE,
	ACPI_PROBLEM_NO_RSDP,
	ACPI_PROBLEM_RSDP_SIGNATURE, /* value: address, 0: loader's copy */
	ACPI_PROBLEM_RSDP_CHECKSUM,  /* value: address */
	ACPI_PROBLEM_RSDP_LENGTH,    /* value: length claimed */
	ACPI_PROBLEM_NO_ROOT,	     /* neither XSDT nor RSDT can be used */
	ACPI_PROBLEM_XSDT_BROKEN,    /* value: address; the RSDT is used */
	ACPI_PROBLEM_UNREADABLE,     /* table, value: address */
	ACPI_PROBLEM_SIGNATURE,	     /* table wanted, value: address */
	ACPI_PROBLEM_LENGTH,	     /* table, value: length claimed */
	ACPI_PROBLEM_CHECKSUM,	     /* table, value: the sum, wanted 0 */
	ACPI_PROBLEM_DUPLICATE,	     /* table, value: address of the second */
	ACPI_PROBLEM_MISSING,	     /* table */
	ACPI_PROBLEM_ENTRY,	     /* table, value: offset of a bad entry */
	ACPI_PROBLEM_FULL,	     /* table, value: type; no room */
	ACPI_PROBLEM_VALUE,	     /* table, value: the impossible value */
	ACPI_PROBLEM_CPU_DUPLICATE,  /* value: APIC id */
	ACPI_PROBLEM_CPU_ID,	     /* value: an APIC id that cannot be */
	ACPI_PROBLEM_CPUS_IGNORED,   /* value: how many beyond NR_CPUS */
	ACPI_PROBLEM_NO_S5,
	ACPI_PROBLEM_KINDS,
};

struct acpi_problem {
	enum acpi_problem_kind kind;
	char table[5]; /* signature, terminated */
	u64 value;
};

struct acpi_info {
	bool present; /* an RSDP and a root table were found */
	u8 revision;  /* of the RSDP: 0 is ACPI 1.0 */
	char oem[7];
	phys_addr_t rsdp; /* 0: only the loader's copy is known */

	/* MADT */
	phys_addr_t lapic_addr;
	bool has_8259;
	struct acpi_cpu cpus[NR_CPUS];
	unsigned int nr_cpus;	      /* entries in cpus[] */
	unsigned int nr_cpus_ignored; /* usable ones that found no room */
	unsigned int nr_cpus_off;     /* neither enabled nor pluggable */
	struct acpi_ioapic ioapics[ACPI_MAX_IOAPICS];
	unsigned int nr_ioapics;
	struct acpi_override overrides[ACPI_MAX_OVERRIDES];
	unsigned int nr_overrides;
	struct acpi_nmi_source nmi_sources[ACPI_MAX_NMI_SOURCES];
	unsigned int nr_nmi_sources;
	struct acpi_lapic_nmi lapic_nmis[ACPI_MAX_LAPIC_NMIS];
	unsigned int nr_lapic_nmis;

	/* SRAT and SLIT; nr_nodes is 0 without an SRAT */
	u32 node_domain[ACPI_MAX_NODES]; /* proximity domain of each node */
	unsigned int nr_nodes;
	struct acpi_mem mem[ACPI_MAX_MEM];
	unsigned int nr_mem;
	u8 distance[ACPI_MAX_NODES][ACPI_MAX_NODES];

	struct acpi_hpet hpet;

	/* FADT and DSDT */
	u16 sci_irq;
	struct acpi_pm_timer pm_timer;
	struct acpi_reset reset;
	struct acpi_reg pm1a_cnt, pm1b_cnt;
	u32 smi_cmd;	/* port; 0: ACPI mode is always on */
	u8 acpi_enable; /* written to smi_cmd to enter ACPI mode */
	/*
	 * The firmware says: not there. A hint only: QEMU's q35 claims to
	 * have no legacy devices, and has serial ports.
	 */
	bool no_8042, no_vga, no_legacy;
	struct acpi_s5 s5;

	struct acpi_problem problems[ACPI_MAX_PROBLEMS];
	unsigned int nr_problems;
	unsigned int nr_problems_cut; /* noted, but no room */
};

extern struct acpi_info acpi_info;

/**
 * acpi_parse() - find and read all tables.
 * @ai: overwritten; valid (I1..I4) whatever the input.
 * @bi: tells where the RSDP is. When it does not, or what is there is no
 *	RSDP, the BIOS areas are searched.
 * @rd: reaches the tables.
 *
 * Context: any; meant for early boot. Locking: none.
 * Return: 0; -ENODEV without usable ACPI, and then nr_cpus is 0.
 */
int acpi_parse(struct acpi_info *ai, const struct boot_info *bi,
	       const struct phys_reader *rd);

/**
 * acpi_isa_irq() - where an ISA interrupt arrives.
 * @irq: 0..15.
 *
 * Context: any. Locking: none.
 * Return: global system interrupt, polarity (high or low) and trigger (edge
 *	or level); without an override the same number, high, edge.
 */
struct acpi_override acpi_isa_irq(const struct acpi_info *ai, u8 irq);

/**
 * acpi_check() - validate I1..I4.
 *
 * Context: any. Locking: none.
 * Return: 0, or -EINVAL when an invariant does not hold.
 */
int acpi_check(const struct acpi_info *ai);

/**
 * acpi_problem_describe() - one sentence for people.
 * @buf, @size: receives the text, terminated, without a newline.
 *
 * Context: any. Locking: none.
 */
void acpi_problem_describe(const struct acpi_problem *p, char *buf,
			   size_t size);

#endif /* ARCH_ACPI_H */
