#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""malformed.py - boots the kernel with what no loader should say.

	tools/malformed.py NAME...    boot these, show the console
	tools/malformed.py --list

Purpose.
    The parsers are fuzzed on the host; here the whole kernel is given wrong
    boot information and wrong firmware tables, in QEMU. It must name what
    is wrong on the console and either go on to the prompt or stop with a
    panic or a refusal: no reset, no hang, no silence.

Model.
    QEMU loads each segment of an ELF file where its program header says and
    enters at the PVH note. So a copy of vitrix.elf gets more segments, the
    blocks under test, and a note that leads to four instructions:

	note --> shim:  mov eax, magic; mov ebx, info; mov ecx, entry; jmp ecx
	                                     |               |
	                     multiboot2 block or start_info  multiboot2_entry
	                                                     or pvh_entry

    The table of cases says what is in memory, what the console must show (in
    order), and how it must end:

	prompt   the prompt appears, and the commands in say are answered
	panic    a whole report, then QEMU leaves with 35
	stop     the last expected text came; the machine halts by itself

Invariants.
    I1  A reset (QEMU's exit code 0, or a triple fault) always fails.
    I2  Every case expects at least one text that names the problem.
"""

import argparse
import dataclasses
import os
import re
import struct
import sys
import tempfile

import bootblocks as b
import console_test
import qemu
from result import FAIL, Job, Result

LIMIT = 120
SHIM, INFO, DATA, TABLES = 0x1800000, 0x1801000, 0x1840000, 0x1880000
FIRST_FREE, LAST_FREE = 0x1900000, 0x7fe0000  # with 128 MiB
PT_LOAD, PT_NOTE = 1, 4

# The map of a PC with 128 MiB; the blocks under test lie in ACPI memory.
LOW = [(0, 0x9fc00, b.USABLE), (0x9fc00, 0x400, b.RESERVED),
       (0xf0000, 0x10000, b.RESERVED)]
HIGH = [(0x100000, SHIM - 0x100000, b.USABLE),
        (SHIM, FIRST_FREE - SHIM, b.ACPI),
        (FIRST_FREE, LAST_FREE - FIRST_FREE, b.USABLE),
        (LAST_FREE, 0x20000, b.RESERVED)]
MAP = LOW + HIGH


# ---- the image -------------------------------------------------------------

def note_at(elf):
    """Where in the file the entry address of the PVH note is."""
    phoff, = struct.unpack_from("<Q", elf, 32)
    size, count = struct.unpack_from("<HH", elf, 54)
    for i in range(count):
        kind, _, offset = struct.unpack_from("<IIQ", elf, phoff + i * size)
        if kind == PT_NOTE:
            return offset + 16
    raise ValueError("no PVH note in the image")


def shim(eax, ebx, entry):
    return (b"\xb8" + struct.pack("<I", eax) + b"\xbb"
            + struct.pack("<I", ebx) + b"\xb9" + struct.pack("<I", entry)
            + b"\xff\xe1")


def patched(elf, segments, eax, ebx, protocol):
    """The image with more segments, entered through the shim."""
    elf = bytearray(elf)
    phoff, = struct.unpack_from("<Q", elf, 32)
    size, count = struct.unpack_from("<HH", elf, 54)
    note = note_at(elf)
    multiboot2_entry, = struct.unpack_from("<Q", elf, 24)
    pvh_entry, = struct.unpack_from("<Q", elf, note)
    entry = multiboot2_entry if protocol == "multiboot2" else pvh_entry
    headers = bytes(elf[phoff:phoff + size * count])
    segments = [(SHIM, shim(eax, ebx, entry))] + list(segments)
    for address, data in segments:
        elf += bytes(-len(elf) % 4096)
        headers += struct.pack("<IIQQQQQQ", PT_LOAD, 4, len(elf), address,
                               address, len(data), len(data), 4096)
        elf += data
    struct.pack_into("<Q", elf, note, SHIM)
    struct.pack_into("<Q", elf, 32, len(elf))
    struct.pack_into("<H", elf, 56, count + len(segments))
    return bytes(elf + headers)


# ---- cases -----------------------------------------------------------------

@dataclasses.dataclass
class Case:
    """What the kernel is given, and what it must make of it."""
    name: str
    expect: list
    end: str = "prompt"
    say: list = dataclasses.field(default_factory=list)
    blocks: list = dataclasses.field(default_factory=list)  # (address, bytes)
    protocol: str = ""      # of the shim; "": an ordinary -kernel boot
    eax: int = b.MB2_MAGIC
    ebx: int = INFO
    machine: dict = dataclasses.field(default_factory=dict)
    quick: bool = False     # part of `make test`

    def setup(self, source, folder):
        """Write the image; return the Machine."""
        m = qemu.Machine(**{"dir": folder, "boot": "direct", "smp": 2,
                            "mem": "128M", **self.machine})
        path = os.path.join(folder, "vitrix.elf")
        if not self.protocol:
            if not os.path.exists(path):
                os.symlink(os.path.abspath(source), path)
            return m
        with open(source, "rb") as f:
            image = f.read()
        with open(path, "wb") as f:
            f.write(patched(image, self.blocks, self.eax, self.ebx,
                            self.protocol))
        return m


def mb2(name, expect, data, at=INFO, **more):
    """A multiboot2 boot with this block at this address."""
    return Case(name, expect, blocks=[(at, data)], protocol="multiboot2",
                ebx=at, **more)


def pvh(name, expect, ranges=MAP, end="prompt", machine=None, say=(),
        extra=(), quick=False, at=INFO, text="panic=exit", **wrong):
    """A PVH boot with this start_info."""
    return Case(name, expect, end, list(say),
                [(at, b.pvh(at, ranges, text, **wrong))] + list(extra),
                "pvh", ebx=at, machine=machine or {}, quick=quick)


def acpi(name, expect, tables, end="prompt", say=(), firmware_tables=False,
         quick=False, smp=2, **wrong):
    """A PVH boot with these tables (and none of QEMU's own)."""
    machine = {"smp": smp,
               "machine": "pc" if firmware_tables else "pc,acpi=off"}
    data = tables if isinstance(tables, bytes) else b.firmware(
        TABLES, tables, **wrong)
    return pvh(name, expect, end=end, machine=machine, say=say,
               extra=[(TABLES, data)], quick=quick, rsdp=TABLES)


PANIC = b.cmdline("panic=exit")
CPUS_1 = ("cpus", r"^1 of 1 CPUs online")
CPUS_2 = ("cpus", r"^2 of 2 CPUs online")
HELP = ("version", r"^Vitrix \d")
GOOD_MADT = b.madt(b.lapic(0), b.lapic(1), b.ioapic(), b.override(0, 2))


def tables(*others, madt=GOOD_MADT, fadt=b.fadt, hpet=b.hpet()):
    """FADT, DSDT, HPET, MADT, in this order from TABLES + 0x1000 on."""
    parts = [b.dsdt(), fadt(TABLES + 0x1000), hpet, madt]
    return [p for p in parts if p] + list(others)


def alternating(count):
    """More ranges than anybody has room for."""
    return LOW + HIGH[:2] + [
        (FIRST_FREE + i * 0x2000, 0x1000, b.USABLE) for i in range(count)
    ] + [(0x4000000, LAST_FREE - 0x4000000, b.USABLE)]


MB2_CASES = [
    Case("mb2-magic", [r"^Vitrix cannot start: not entered by a multiboot2 or "
                       r"PVH loader"], "stop", blocks=[(INFO, b.block())],
         protocol="multiboot2", eax=0x2badb002, quick=True),
    mb2("mb2-unaligned", [r"boot information at 0x[0-9a-f]*1801004 is not "
                          r"8-byte aligned"],
        b.block(PANIC, b.mmap(MAP)), at=INFO + 4, say=[CPUS_2]),
    mb2("mb2-total-0", [r"boot information claims 0 bytes, which cannot be",
                        r"the loader named no usable memory at all",
                        r"KERNEL PANIC", r"only 0 KiB of memory",
                        r"END OF KERNEL PANIC"],
        b.block(PANIC, b.mmap(MAP), total=0), end="stop", quick=True),
    mb2("mb2-total-huge", [r"boot information claims 4294967295 bytes"],
        b.block(PANIC, b.mmap(MAP), total=0xffffffff), say=[HELP]),
    mb2("mb2-truncated", [r"boot information claims|impossible size",
                          r"memory map tag \(6\) has the impossible size",
                          r"boot information has no end tag"],
        b.block(PANIC, b.mmap(HIGH + LOW), total=8 + 24 + 16 + 4 * 24 - 8),
        say=[HELP]),
    mb2("mb2-no-end-tag", [r"boot information has no end tag"],
        b.block(PANIC, b.mmap(MAP), end=b""), say=[HELP]),
    mb2("mb2-tag-size-0", [r"unknown tag \(77\) has the impossible size 0",
                           r"boot information has no end tag"],
        b.block(PANIC, b.mmap(MAP), b.tag(77, size=0), b.cmdline("nosmp")),
        say=[CPUS_2]),
    mb2("mb2-tag-past-end", [r"module tag \(3\) has the impossible size 4096"],
        b.block(PANIC, b.mmap(MAP), b.tag(3, bytes(16), size=4096), end=b""),
        say=[HELP]),
    mb2("mb2-unknown-tags", [r"unknown multiboot2 tag 22 skipped",
                             r"unknown multiboot2 tag 4294967295 skipped",
                             r"command line tag \(1\) given twice"],
        b.block(b.tag(22, b"12345"), PANIC, b.tag(0xffffffff, b""),
                b.cmdline("nosmp"), b.mmap(MAP)), say=[CPUS_2]),
    mb2("mb2-no-map", [r"no memory map from the loader; using its basic "
                       r"memory information tag"],
        b.block(PANIC, b.meminfo(639, (LAST_FREE >> 10) - 1024)),
        say=[CPUS_2], quick=True),
    mb2("mb2-no-memory", [r"the loader named no usable memory at all",
                          r"KERNEL PANIC", r"only 0 KiB of memory"],
        b.block(PANIC), end="panic"),
    mb2("mb2-map-all-reserved", [r"the loader named no usable memory at all",
                                 r"KERNEL PANIC", r"only 0 KiB of memory"],
        b.block(PANIC, b.mmap([(a, s, b.RESERVED) for a, s, _ in MAP])),
        end="panic"),
    mb2("mb2-map-wild", [
        r"memory map: range at 0xf0000 is out of order; sorted",
        r"memory map: empty range at 0x5000 ignored",
        r"memory map: range at 0xfffffffffffff000 passes the 2\^52 limit",
        r"memory map: ranges overlap at 0x2000000; the more restrictive"],
        b.block(PANIC, b.mmap(
            HIGH + LOW[::-1] + [
                (0x5000, 0, b.USABLE),
                (2 ** 64 - 4096, 8192, b.USABLE),
                (2 ** 52 - 4096, 2 ** 63, b.RESERVED),
                (0x2000000, 0x100000, b.BAD),
                (0x2080000, 0x100000, 99)])),
        say=[("mem", r"^0x000002000000-0x0000020fffff +\d+ KiB +bad")]),
    mb2("mb2-map-entry-size", [r"memory map tag \(6\): bad entry size 8",
                               r"no memory map from the loader; using"],
        b.block(PANIC, b.meminfo(639, (LAST_FREE >> 10) - 1024),
                b.mmap(MAP, step=8)), say=[HELP]),
    mb2("mb2-map-1000", [r"memory map: 10\d\d ranges do not fit into 256; "
                         r"some usable memory is lost"],
        b.block(PANIC, b.mmap(alternating(1000))), say=[CPUS_2]),
    mb2("mb2-map-over-kernel", [
        r"KERNEL PANIC", r"the memory map is wrong: no usable memory at "
        r"0x100000, where the kernel is"],
        b.block(PANIC, b.mmap(LOW + [(0x100000, 0x400000, b.BAD),
                                     (0x500000, SHIM - 0x500000, b.USABLE)]
                              + HIGH[1:])), end="panic"),
    mb2("mb2-map-4-mib", [r"KERNEL PANIC", r"only \d+ KiB of memory: give "
                          r"the machine at least 16 MiB"],
        b.block(PANIC, b.mmap(LOW + [(0x100000, 0x300000, b.USABLE)])),
        end="panic"),
    mb2("mb2-cmdline-64k", [r"command line of 65\d\d\d characters cut to "
                            r"4095"],
        b.block(b.cmdline("panic=exit " + "x=12345 " * 8180),
                b.mmap(MAP)), say=[HELP]),
    mb2("mb2-cmdline-open", [r"command line tag \(1\): text is not "
                             r"terminated"],
        b.block(b.tag(1, b"panic=exit nosmp"), b.mmap(MAP)), say=[HELP]),
    mb2("mb2-modules", [r"module at 0x200000 ignored: its end makes no sense",
                        r"module 17 ignored: room for 16 only",
                        r"module at 0x101000 ignored: it lies over the"],
        b.block(PANIC, b.mmap(MAP), b.module(0x101000, 0x102000),
                b.module(0x200000, 0x100000),
                *[b.module(DATA + i * 16, DATA + i * 16 + 16)
                  for i in range(20)]), say=[HELP]),
    mb2("mb2-framebuffer", [r"framebuffer not used: at 0x100000 it lies over "
                            r"usable memory"],
        b.block(PANIC, b.mmap(MAP),
                b.framebuffer(0x100000, 4096, 1024, 768)), say=[HELP]),
    mb2("mb2-framebuffer-size", [r"framebuffer not used: bad or unsupported"],
        b.block(PANIC, b.mmap(MAP), b.framebuffer(
            0xfd000000, 4, 0xffffffff, 0xffffffff)), say=[HELP]),
    mb2("mb2-rsdp", [r"ACPI 1.0 RSDP is malformed \(found 0x[0-9a-f]+\); "
                     r"looking elsewhere",
                     r"ACPI: RSDP at 0 has a bad checksum"],
        b.block(PANIC, b.mmap(MAP),
                b.tag(14, b.rsdp(TABLES, signature=b"RSD_PTR_")),
                b.tag(15, b.rsdp(TABLES, off=1))), say=[CPUS_2]),
    mb2("mb2-efi-map-only", [r"no memory map from the loader; using its EFI "
                             r"memory map tag"],
        b.block(PANIC, b.efi_map(
            [(7, 0, 0x9f, 0), (2, 0x100000, 0x1700, 0),
             (9, SHIM, 0x100, 0), (7, FIRST_FREE, 0x66e0, 0),
             (7, 2 ** 40, 2 ** 60, 0), (6, 2 ** 63, 2 ** 52, 0)])),
        say=[CPUS_2]),
]

PVH_CASES = [
    pvh("pvh-magic", [r"^Vitrix cannot start: not entered by a multiboot2 or "
                      r"PVH loader"], end="stop", magic=0x12345678),
    pvh("pvh-version-0", [r"the loader named no usable memory at all",
                          r"KERNEL PANIC", r"only 0 KiB of memory"],
        end="panic", version=0),
    pvh("pvh-map-unreadable", [r"loader points to 0xfffffffffffff000, which "
                               r"cannot be read",
                               r"the loader named no usable memory at all",
                               r"KERNEL PANIC"],
        end="panic", memmap=2 ** 64 - 4096),
    pvh("pvh-counts", [r"module 17 ignored: room for 16 only",
                       r"memory map: empty range at 0 ignored",
                       r"memory map: 4096 ranges do not fit into 256"],
        nr_memmap=0xffffffff, nr_modules=0xffffffff, modlist=DATA,
        extra=[(DATA, bytes(0x22000))], say=[HELP]),
    pvh("pvh-cmdline-unreadable", [r"loader points to 0x10000000000, which "
                                   r"cannot be read"],
        cmdline=2 ** 40, say=[CPUS_2]),
    pvh("pvh-cmdline-open", [r"command line tag \(1\): text is not "
                             r"terminated", r"characters cut to 4095"],
        cmdline=DATA, extra=[(DATA, b"word " * 0x8000)], say=[HELP]),
    pvh("pvh-map-wild", [r"is out of order; sorted",
                         r"passes the 2\^52 limit", r"ranges overlap at"],
        ranges=HIGH + LOW + [(2 ** 64 - 1, 2 ** 64 - 1, b.USABLE),
                             (0x3000000, 2 ** 40, b.RESERVED)], say=[HELP]),
    pvh("pvh-map-300", [r"memory map: 30\d ranges do not fit into 256"],
        ranges=alternating(300), say=[HELP]),
    pvh("pvh-cmdline-64k", [r"command line of 65\d\d\d characters cut to "
                            r"4095"],
        text="panic=exit " + "y=12345 " * 8180, say=[HELP]),
    Case("memory-4m", [r"KERNEL PANIC", r"only \d+ KiB of memory: give the "
                       r"machine at least"], "panic",
         machine={"mem": "4M", "smp": 1, "append": "panic=exit"}),
]

ACPI_CASES = [
    Case("acpi-none", [r"ACPI: no RSDP found; one CPU, legacy timers"],
         say=[("cpus", r"^1 of 1 CPUs online")],
         machine={"machine": "pc,acpi=off"}),
    acpi("acpi-good", [r"2 of 2 CPUs online"], tables(), say=[CPUS_2]),
    acpi("acpi-rsdp-sum", [r"ACPI: RSDP at 0x1880000 has a bad checksum",
                           r"ACPI: no RSDP found; one CPU"],
         tables(), rsdp_off=1, say=[CPUS_1], quick=True),
    acpi("acpi-rsdp-sum-found", [r"ACPI: RSDP at 0x1880000 has a bad "
                                 r"checksum"],
         tables(), rsdp_off=1, firmware_tables=True, say=[CPUS_2]),
    acpi("acpi-rsdp-elsewhere", [r"ACPI: no RSDP where one should be "
                                 r"\(0x1880000\)"], bytes(4096),
         say=[CPUS_1]),
    acpi("acpi-xsdt-length", [r"ACPI: XSDT has the bad length 35",
                              r"ACPI: XSDT at 0x1880800 is broken; using "
                              r"the RSDT"],
         tables(), root="both", length=35, say=[CPUS_2]),
    acpi("acpi-xsdt-huge", [r"ACPI: XSDT has the bad length 4294967295",
                            r"using the RSDT"],
         tables(), root="both", length=0xffffffff, say=[CPUS_2]),
    acpi("acpi-xsdt-sum", [r"ACPI: XSDT ignored: bytes sum to 0x5, not 0",
                           r"using the RSDT"],
         tables(), root="both", off=5, say=[CPUS_2]),
    acpi("acpi-root-sum", [r"ACPI: RSDT ignored: bytes sum to 0x1, not 0",
                           r"ACPI: neither XSDT nor RSDT is usable; one CPU"],
         tables(), off=1, say=[CPUS_1]),
    acpi("acpi-root-odd", [r"ACPI: RSDT has the bad length 41",
                           r"ACPI: \?\?\?\? at 0xfffffff0 cannot be read|"
                           r"ACPI: there is no APIC \(MADT\); one CPU"],
         tables(), root_body=struct.pack("<IB", 0xfffffff0, 1),
         say=[CPUS_1]),
    acpi("acpi-root-loop", [r"ACPI: there is no APIC \(MADT\); one CPU"],
         tables(), root_body=struct.pack("<I", TABLES + 64) * 100,
         say=[CPUS_1]),
    acpi("acpi-madt-sum", [r"ACPI: APIC ignored: bytes sum to 0x7, not 0"],
         tables(madt=b.madt(b.lapic(0), b.lapic(1), b.ioapic(), off=7)),
         say=[CPUS_1]),
    acpi("acpi-madt-entry-0", [r"ACPI: APIC: bad entry at offset 52"],
         tables(madt=b.madt(b.lapic(0), b"\0\0", b.lapic(1))),
         say=[CPUS_1]),
    acpi("acpi-madt-no-cpus", [r"ACPI: no list of CPUs \(MADT\): one CPU "
                               r"will be used"],
         tables(madt=b.madt(b.ioapic())), say=[CPUS_1]),
    acpi("acpi-madt-300", [r"ACPI: \d+ CPUs ignored: this kernel runs 256|"
                           r"smp: APIC id \d+ needs x2APIC mode: ignored",
                           r"smp: cpu2 \(APIC id 2\) did not start"],
         tables(madt=b.madt(*[b.x2apic(i) for i in range(300)],
                            b.ioapic())),
         say=[("cpus", r"^2 of \d+ CPUs online")]),
    acpi("acpi-madt-same", [r"ACPI: APIC id 1 given twice; the first counts",
                            r"ACPI: no CPU can have the broadcast APIC id "
                            r"0xff"],
         tables(madt=b.madt(b.lapic(0), b.lapic(1), b.lapic(1),
                            b.lapic(255), b.ioapic())), say=[CPUS_2]),
    acpi("acpi-madt-other-cpus", [r"smp: cpu1 \(APIC id 7\) did not start"],
         tables(madt=b.madt(b.lapic(7), b.ioapic())),
         say=[("cpus", r"^1 of 2 CPUs online")]),
    acpi("acpi-lapic-in-ram", [r"APIC: tables say 0x2000000, the CPU says "
                               r"0xfee00000"],
         tables(madt=b.madt(b.lapic(0), b.lapic(1), b.ioapic(),
                            lapic_addr=0x2000000)), say=[CPUS_2]),
    acpi("acpi-ioapic-in-ram", [r"APIC: IO APIC 0 is not used"],
         tables(madt=b.madt(b.lapic(0), b.lapic(1), b.ioapic(0x2000000))),
         say=[CPUS_2]),
    acpi("acpi-ioapic-nowhere", [r"APIC: IO APIC 0 is not used"],
         tables(madt=b.madt(b.lapic(0), b.lapic(1), b.ioapic(0xfd000000))),
         say=[CPUS_2]),
    acpi("acpi-override-wild", [r"ACPI: APIC: impossible value 0x77",
                                r"ACPI: APIC: impossible value 0xa",
                                r"watchdog: no NMI source"],
         tables(madt=b.madt(b.lapic(0), b.lapic(1), b.ioapic(),
                            b.override(0x77, 3), b.override(0, 0xffff, 10))),
         say=[("test lib.glob.*", r"^# totals: pass:\d+ fail:0")]),
    acpi("acpi-hpet-in-ram", [r"HPET: there can be none at 0x2000000"],
         tables(hpet=b.hpet(0x2000000)), say=[CPUS_2]),
    acpi("acpi-hpet-port", [r"ACPI: HPET: impossible value 0xfed00000"],
         tables(hpet=b.hpet(space=1)), say=[CPUS_2]),
    acpi("acpi-no-timers", [r"time: the PM timer does not count",
                            r"time: TSC .* by PIT"],
         tables(hpet=b"", fadt=lambda dsdt: b.fadt(dsdt, timer=0x9990)),
         say=[CPUS_2]),
    acpi("acpi-no-dsdt", [r"ACPI: there is no DSDT",
                          r"ACPI: \\_S5 not found; power-off may not work"],
         tables(fadt=lambda dsdt: b.fadt(0)), say=[CPUS_2]),
    acpi("acpi-short-tables", [r"ACPI: APIC has the bad length 36",
                               r"ACPI: FACP has the bad length 36"],
         [b.table("FACP"), b.table("APIC"), b.table("HPET")],
         say=[CPUS_1]),
    acpi("acpi-srat-slit", [r"ACPI: SRAT: impossible value",
                            r"ACPI: SLIT: impossible value"],
         tables(b.srat(b.srat_cpu(0, 5), b.srat_cpu(1, 0xffffff00),
                       b.srat_mem(2 ** 63, 2 ** 63, 1),
                       b.srat_mem(0, 1 << 27, 5),
                       *[b.srat_cpu(i % 256, i) for i in range(100)]),
                b.slit(2 ** 33, (10, 20, 20, 10))), say=[CPUS_2]),
    Case("acpitable", [r"ACPI: second FACP at 0x[0-9a-f]+ ignored",
                       r"ACPI: SRAT has the bad length 36|"
                       r"ACPI: SRAT: bad entry"],
         say=[CPUS_2], machine={"append": "panic=exit", "qemuargs": " ".join(
             f"-acpitable sig={sig},data=/dev/null"
             for sig in ("FACP", "APIC", "HPET", "SRAT", "SLIT", "\\?\\?X1"))
         }),
]

CASES = MB2_CASES + PVH_CASES + ACPI_CASES


# ---- running them ----------------------------------------------------------

def script(case):
    """The case as a dialogue with the prompt."""
    steps = []
    if case.end == "prompt":
        for line, answer in case.say or [HELP]:
            steps += [console_test.Say(line), console_test.Expect(answer)]
    elif case.end == "panic":
        steps.append(console_test.End(qemu.EXIT_FAIL))
    return console_test.Script(case.name, steps)


class Dialogue(console_test.Dialogue):
    """Stops where a machine halts by itself."""

    def __init__(self, case):
        super().__init__(script(case))
        self.last = case.expect[-1] if case.end == "stop" else None

    def feed(self, log):
        text = log.decode(errors="replace").replace("\r", "")
        if self.last and re.search(self.last, text, re.M):
            raise StopIteration
        return super().feed(log)


def problems_of(case, dialogue, run):
    """What is wrong with how it went."""
    problems = console_test.check_dialogue(script(case), dialogue, run)
    text = run.log.decode(errors="replace").replace("\r", "")
    problems += console_test.check_answer(
        text, [console_test.Expect(p) for p in case.expect])
    if run.code == 0:
        problems.append("QEMU ended with 0: the machine was reset")
    if case.end == "prompt" and "KERNEL PANIC" in text:
        problems.append("kernel panic")
    return problems


def try_case(case, elf, folder):
    """Boot a case; return (problems, the Run)."""
    m = case.setup(elf, folder)
    dialogue = Dialogue(case)
    run = qemu.boot(m, LIMIT, feed=dialogue.feed)
    dialogue.finish(run.log)
    return problems_of(case, dialogue, run), run


def jobs(build, everything, keep_log, story):
    """A Job for each case; keep_log(name, run), story(name, run, problems)."""
    def job(case):
        name = "malformed-" + case.name
        again = f"python3 tools/malformed.py --build {build} {case.name}"

        def run():
            with tempfile.TemporaryDirectory(prefix="vitrix-") as folder:
                problems, done = try_case(
                    case, f"{build}/debug/vitrix.elf", folder)
                keep_log(name, done)
                if problems:
                    return [Result(case.name, FAIL,
                                   story(name, done, problems), again)]
                return [Result(case.name)]
        return Job(name, run, again)
    return [job(case) for case in CASES if everything or case.quick]


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("names", nargs="*", metavar="NAME")
    parser.add_argument("--build", default="build")
    parser.add_argument("--list", action="store_true")
    parser.add_argument("--quiet", action="store_true",
                        help="show the console of failures only")
    args = parser.parse_args()
    if args.list:
        print("\n".join(case.name for case in CASES))
        return 0
    unknown = set(args.names) - {case.name for case in CASES}
    if unknown:
        parser.error("no such case: " + ", ".join(sorted(unknown)))
    failed = 0
    for case in CASES:
        if args.names and case.name not in args.names:
            continue
        with tempfile.TemporaryDirectory(prefix="vitrix-") as folder:
            problems, run = try_case(
                case, f"{args.build}/debug/vitrix.elf", folder)
        if problems or not args.quiet:
            sys.stdout.write(run.log.decode(errors="replace"))
        for problem in problems:
            print(f"\nPROBLEM {problem}")
        failed += bool(problems)
        print(f"-- {case.name}: {'FAILED' if problems else 'ok'}, "
              f"{run.seconds:.1f} s, QEMU {run.code} {run.stderr.strip()}",
              flush=True)
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
