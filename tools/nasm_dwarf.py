#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""nasm_dwarf.py - take the build folder's path out of NASM's debug sections.

Purpose.
    NASM writes the absolute folder of the source as the compilation
    directory, beside a name that is already relative to the project. So two
    checkouts would give different images, and debuggers would look for
    /home/x/vitrix/boot/boot/entry.asm. This puts "." there instead.

Model.
    The directory is one string inside .debug_info of a relocatable ELF64
    file, in the unit's first entry. Replacing it by a shorter one moves the
    rest of the section down, so three numbers change with it: the section's
    size, the unit's length, and the places of relocations behind the string.

Limits.
    One unit, 32-bit DWARF, little endian: what NASM makes. A file in which
    the folder does not occur (a NASM without debug format) is left alone.
"""

import os
import struct
import sys

SECTION = struct.Struct("<IIQQQQIIQQ")
RELA = struct.Struct("<QQq")


def sections(elf):
    """Return [(header offset, [fields], name)] of an ELF64 image."""
    table = struct.unpack_from("<Q", elf, 0x28)[0]
    size, count, names = struct.unpack_from("<HHH", elf, 0x3A)
    heads = [(table + i * size,
              list(SECTION.unpack_from(elf, table + i * size)))
             for i in range(count)]
    base = heads[names][1][4]
    result = []
    for at, head in heads:
        start = base + head[0]
        end = elf.index(b"\0", start)
        result.append((at, head, elf[start:end].decode()))
    return result


def cut_folder(elf, folder):
    """Replace folder by "." in .debug_info; return whether it was there."""
    by_name = {name: (at, head) for at, head, name in sections(elf)}
    if ".debug_info" not in by_name:
        return False
    at, head = by_name[".debug_info"]
    start, size = head[4], head[5]
    info = bytes(elf[start:start + size])
    old, new = b"\0" + folder.encode() + b"\0", b"\0.\0"
    where = info.find(old)
    if where < 0:
        return False

    cut = len(old) - len(new)
    length = struct.unpack_from("<I", info, 0)[0] - cut
    info = struct.pack("<I", length) + info[4:].replace(old, new, 1)
    elf[start:start + size] = info + bytes(cut)
    head[5] -= cut
    SECTION.pack_into(elf, at, *head)

    _, rela = by_name.get(".rela.debug_info", (0, None))
    if rela:
        for at in range(rela[4], rela[4] + rela[5], RELA.size):
            offset, info_word, addend = RELA.unpack_from(elf, at)
            if offset > where:
                RELA.pack_into(elf, at, offset - cut, info_word, addend)
    return True


def main():
    if len(sys.argv) != 3:
        sys.exit("usage: nasm_dwarf.py OBJECT SOURCE")
    obj, source = sys.argv[1:]
    with open(obj, "rb") as f:
        elf = bytearray(f.read())
    folder = os.path.dirname(os.path.realpath(source)) + "/"
    if cut_folder(elf, folder):
        with open(obj, "wb") as f:
            f.write(elf)


if __name__ == "__main__":
    main()
