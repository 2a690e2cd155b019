#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""bootblocks.py - what loaders and firmware leave in memory, made to order.

Purpose.
    malformed.py boots the kernel with multiboot2 blocks, PVH start_infos
    and ACPI tables that no loader would write; fuzz.py takes the same as
    seeds. Here they are put together, right or wrong as the caller wants.

Model.
    Everything is bytes. A part that is to be wrong is passed in (a size, a
    length, a checksum that is off by one); what is not passed is right.
    Memory is a list of (physical address, bytes).
"""

import struct

USABLE, RESERVED, ACPI, NVS, BAD = 1, 2, 3, 4, 5
MB2_MAGIC = 0x36d76289
PVH_MAGIC = 0x336ec578


# ---- multiboot2 ------------------------------------------------------------

def tag(kind, body=b"", size=None):
    """One tag, padded to 8; size: what it says, if not the truth."""
    data = struct.pack("<II", kind, 8 + len(body) if size is None else size)
    data += body
    return data + bytes(-len(data) % 8)


def cmdline(text):
    return tag(1, text.encode() + b"\0")


def module(start, end, text="module"):
    return tag(3, struct.pack("<II", start, end) + text.encode() + b"\0")


def meminfo(lower_kib, upper_kib):
    return tag(4, struct.pack("<II", lower_kib, upper_kib))


def mmap(ranges, step=24):
    body = struct.pack("<II", step, 0)
    for base, size, kind in ranges:
        body += struct.pack("<QQII", base, size, kind, 0)
    return tag(6, body)


def efi_map(descriptors, step=48):
    """(type, base, pages, attributes) each."""
    body = struct.pack("<II", step, 1)
    for kind, base, pages, attributes in descriptors:
        body += struct.pack("<IIQQQQQ", kind, 0, base, 0, pages,
                            attributes, 0)
    return tag(17, body)


def framebuffer(base, pitch, width, height, bpp=32, kind=1):
    return tag(8, struct.pack("<QIIIBBH", base, pitch, width, height, bpp,
                              kind, 0) + bytes((16, 8, 8, 8, 0, 8)))


def rsdp_tag(data):
    return tag(15 if len(data) > 20 else 14, data)


END = tag(0)


def block(*tags, total=None, end=END):
    body = b"".join(tags) + end
    return struct.pack("<II", 8 + len(body) if total is None else total,
                       0) + body


# ---- PVH -------------------------------------------------------------------

def pvh(at, ranges, text="", modules=(), rsdp=0, **wrong):
    """start_info at physical address at, what it points to behind it.

    wrong: fields of start_info that are to have another value.
    """
    command = at + 64
    modlist = command + len(text) + 1
    modlist += -modlist % 8
    memmap = modlist + 32 * len(modules)
    fields = {"magic": PVH_MAGIC, "version": 1, "flags": 0,
              "nr_modules": len(modules), "modlist": modlist,
              "cmdline": command, "rsdp": rsdp, "memmap": memmap,
              "nr_memmap": len(ranges), "reserved": 0, **wrong}
    data = struct.pack("<IIIIQQQQII", *fields.values()).ljust(64, b"\0")
    data += text.encode().ljust(modlist - command, b"\0")
    for base, size in modules:
        data += struct.pack("<QQQQ", base, size, 0, 0)
    for base, size, kind in ranges:
        data += struct.pack("<QQII", base, size, kind, 0)
    return data


# ---- ACPI ------------------------------------------------------------------

def table(signature, body=b"", length=None, off=0, revision=1):
    """A table with its header; off is added to the right checksum."""
    data = bytearray(struct.pack(
        "<4sIBB6s8sI4sI", signature.encode(),
        36 + len(body) if length is None else length, revision, 0,
        b"VITRIX", b"MALFORM ", 1, b"TEST", 1) + body)
    data[9] = (-sum(data) + off) & 0xff
    return bytes(data)


def rsdp(rsdt, xsdt=0, off=0, length=36, signature=b"RSD PTR "):
    data = bytearray(struct.pack("<8sB6sBI", signature, 0, b"VITRIX",
                                 2 if xsdt else 0, rsdt))
    data[8] = (-sum(data) + off) & 0xff
    if xsdt:
        data += struct.pack("<IQI", length, xsdt, 0)
        data[32] = -sum(data) & 0xff
    return bytes(data)


def lapic(apic_id, flags=1):
    return struct.pack("<BBBBI", 0, 8, apic_id & 0xff, apic_id & 0xff, flags)


def x2apic(apic_id, flags=1):
    return struct.pack("<BBHIII", 9, 16, 0, apic_id, flags, apic_id)


def ioapic(addr=0xfec00000, gsi=0):
    return struct.pack("<BBBBII", 1, 12, 0, 0, addr, gsi)


def override(source, gsi, flags=0):
    return struct.pack("<BBBBIH", 2, 10, 0, source, gsi, flags)


def madt(*entries, lapic_addr=0xfee00000, **wrong):
    return table("APIC", struct.pack("<II", lapic_addr, 1)
                 + b"".join(entries), **wrong)


def fadt(dsdt=0, timer=0x608, control=0x604, **wrong):
    """Version 1.0, of the PC machine."""
    body = bytearray(80)
    struct.pack_into("<II", body, 0, 0, dsdt)
    struct.pack_into("<H", body, 10, 9)
    struct.pack_into("<I", body, 28, control)
    struct.pack_into("<I", body, 40, timer)
    body[53] = 2
    body[55] = 4
    return table("FACP", bytes(body), **wrong)


def dsdt(body=b"\x08_S5_\x12\x06\x04\x00\x00\x00\x00"):
    return table("DSDT", body)


def hpet(addr=0xfed00000, space=0, **wrong):
    return table("HPET", struct.pack("<IBBBBQBHB", 0x8086a201, space, 64, 0,
                                     0, addr, 0, 100, 0), **wrong)


def srat_cpu(apic_id, node, flags=1):
    return struct.pack("<BBBBIII", 0, 16, node & 0xff, apic_id, flags,
                       node & 0xffffff00, 0)


def srat_mem(base, size, node, flags=1):
    return struct.pack("<BBIHQQIIQ", 1, 40, node, 0, base, size, 0, flags, 0)


def srat(*entries):
    return table("SRAT", struct.pack("<IQ", 1, 0) + b"".join(entries),
                 revision=3)


def slit(count, matrix):
    return table("SLIT", struct.pack("<Q", count) + bytes(matrix))


def firmware(at, tables, root="RSDT", rsdp_off=0, root_body=None, **wrong):
    """All tables from address at on, RSDP first: the bytes.

    tables: table bytes, or a function of its own address. root: RSDT, XSDT
    or both; wrong: for the XSDT if there is one, else for the RSDT.
    """
    where, placed = at + 0x1000, []
    for item in tables:
        data = item(where) if callable(item) else item
        placed.append((where, data))
        where += len(data) + -len(data) % 16
    addresses = [address for address, data in placed
                 if data[:4] != b"DSDT"]
    narrow = struct.pack(f"<{len(addresses)}I", *addresses)
    wide = struct.pack(f"<{len(addresses)}Q", *addresses)
    if root_body is not None:
        narrow = wide = root_body
    has_xsdt = root != "RSDT"
    memory = bytearray(where - at)
    parts = [(at, rsdp(at + 64, at + 0x800 if has_xsdt else 0, rsdp_off)),
             (at + 64, table("RSDT", narrow, **({} if has_xsdt else wrong)))]
    if has_xsdt:
        parts.append((at + 0x800, table("XSDT", wide, **wrong)))
    for address, data in parts + placed:
        memory[address - at:address - at + len(data)] = data
    return bytes(memory)
