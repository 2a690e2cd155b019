#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""nasm_dwarf.py - repair the debug sections of one of NASM's objects.

Purpose.
    NASM 2.16 describes a source as one stretch of code, which begins with
    its first section and is as long as all of them together. With a second
    code section (boot code at its physical address, say) debuggers look in
    the wrong place. And the compilation directory is absolute, so that two
    checkouts give different images, while the name beside it is already
    relative to the project.

Model.
    The line table is right; only .debug_info is made anew: a unit for each
    code section, with the same line table, and "." for the directory. The
    sections' lengths stand in .debug_aranges, which is emptied afterwards:
    debuggers take the ranges from the units then.

	 .debug_aranges   length of section A, of B ...   -->  empty
	 .debug_info      unit A+B                        -->  unit A, unit B

Limits.
    ELF64, 32-bit DWARF 3, as NASM makes it. An object without these
    sections is left alone; one with others is an error.
"""

import struct
import sys

SECTION = struct.Struct("<IIQQQQIIQQ")
OFFSET, SIZE = 4, 5  # fields of a section header
RELA = struct.Struct("<QQq")
R_X86_64_64, R_X86_64_32 = 1, 10
ARANGES_HEADER = 16
UNIT_HEADER = struct.Struct("<IHIB")  # length, version, abbreviations, width
LANG_MIPS_ASSEMBLER = 0x8001


class Elf:
    """Section headers and contents of a relocatable file."""

    def __init__(self, data):
        self.data = bytearray(data)
        table = struct.unpack_from("<Q", data, 0x28)[0]
        size, count, names = struct.unpack_from("<HHH", data, 0x3A)
        heads = [(table + i * size,
                  list(SECTION.unpack_from(data, table + i * size)))
                 for i in range(count)]
        base = heads[names][1][OFFSET]
        self.heads = {}
        for at, head in heads:
            start = base + head[0]
            name = data[start:data.index(b"\0", start)].decode()
            self.heads[name] = (at, head)

    def content(self, name):
        head = self.heads[name][1]
        return bytes(self.data[head[OFFSET]:head[OFFSET] + head[SIZE]])

    def relocations(self, name):
        """[(offset, symbol, type, addend)] of a section."""
        text = self.content(".rela" + name)
        return [(offset, info >> 32, info & 0xffffffff, addend)
                for offset, info, addend in RELA.iter_unpack(text)]

    def replace(self, name, content, relocations):
        """New contents go behind everything; the old ones stay unused."""
        rela = b"".join(RELA.pack(offset, symbol << 32 | kind, addend)
                        for offset, symbol, kind, addend in relocations)
        for part, new in ((name, content), (".rela" + name, rela)):
            self.data += bytes(-len(self.data) % 8)
            at, head = self.heads[part]
            head[OFFSET], head[SIZE] = len(self.data), len(new)
            SECTION.pack_into(self.data, at, *head)
            self.data += new


def code_ranges(elf):
    """[(section symbol, length)] of the code, from .debug_aranges."""
    text = elf.content(".debug_aranges")
    return [(symbol, struct.unpack_from("<Q", text, offset + 8)[0])
            for offset, symbol, kind, _ in elf.relocations(".debug_aranges")
            if kind == R_X86_64_64 and offset >= ARANGES_HEADER]


def unit(name, producer, length, symbols, at):
    """One unit for one section; symbols: of abbreviations, lines, code."""
    abbreviations, lines, code = symbols
    body = UNIT_HEADER.pack(0, 3, 0, 8) + b"\x01"
    relocations = [(at + 6, abbreviations, R_X86_64_32, 0),
                   (at + len(body), code, R_X86_64_64, 0),
                   (at + len(body) + 8, code, R_X86_64_64, length),
                   (at + len(body) + 16, lines, R_X86_64_32, 0)]
    body += bytes(20) + name + b"\0" + b".\0" + producer + b"\0"
    body += struct.pack("<H", LANG_MIPS_ASSEMBLER) + b"\0"  # no children
    return struct.pack("<I", len(body) - 4) + body[4:], relocations


def repair(elf):
    """Replace .debug_info by a unit for each code section."""
    info = elf.content(".debug_info")
    version = struct.unpack_from("<H", info, 4)[0]
    if version != 3 or info[11] != 1:
        raise ValueError("not the DWARF that NASM is known to make")
    where = {offset: symbol for offset, symbol, _, _
             in elf.relocations(".debug_info")}
    name, _, producer = info[32:].split(b"\0")[:3]
    units, relocations = b"", []
    for code, length in code_ranges(elf):
        text, more = unit(name, producer, length,
                          (where[6], where[28], code), len(units))
        units += text
        relocations += more
    elf.replace(".debug_info", units, relocations)
    elf.replace(".debug_aranges", b"", [])


def main():
    if len(sys.argv) != 2:
        sys.exit("usage: nasm_dwarf.py OBJECT")
    with open(sys.argv[1], "rb") as f:
        elf = Elf(f.read())
    if ".debug_info" not in elf.heads or not elf.content(".debug_info"):
        return  # no code, no debug sections
    try:
        repair(elf)
    except (ValueError, KeyError, IndexError, struct.error) as error:
        sys.exit(f"nasm_dwarf.py: {sys.argv[1]}: {error}")
    with open(sys.argv[1], "wb") as f:
        f.write(elf.data)


if __name__ == "__main__":
    main()
