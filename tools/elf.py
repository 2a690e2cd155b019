# SPDX-License-Identifier: MIT
"""elf.py - bytes and symbols of the kernel's image, by address.

Limits. ELF64, little endian; reads and changes what the file holds, so not
.bss.
"""

import struct

PROGRAM = struct.Struct("<IIQQQQQQ")
SECTION = struct.Struct("<IIQQQQIIQQ")
SYMBOL = struct.Struct("<IBBHQQ")
PT_LOAD, SHT_SYMTAB = 1, 2


class Image:
    """An image in memory, to be looked at, changed and saved."""

    def __init__(self, path):
        with open(path, "rb") as f:
            self.data = bytearray(f.read())
        if self.data[:4] != b"\x7fELF":
            raise ValueError(f"{path} is no ELF file")
        self.symbols = dict(self.read_symbols())

    def table(self, offset_at, size_at, kind):
        start = struct.unpack_from("<Q", self.data, offset_at)[0]
        count = struct.unpack_from("<H", self.data, size_at)[0]
        return [kind.unpack_from(self.data, start + i * kind.size)
                for i in range(count)]

    def read_symbols(self):
        sections = self.table(0x28, 0x3C, SECTION)
        for section in sections:
            if section[1] != SHT_SYMTAB:
                continue
            names = sections[section[6]][4]
            for at in range(section[4], section[4] + section[5],
                            SYMBOL.size):
                name, *_, value, _ = SYMBOL.unpack_from(self.data, at)
                yield self.text_at(names + name), value

    def text_at(self, offset):
        return self.data[offset:self.data.index(0, offset)].decode()

    def offset(self, address):
        """Where an address lies in the file."""
        for kind, _, start, vaddr, _, size, _, _ in self.table(
                0x20, 0x38, PROGRAM):
            if kind == PT_LOAD and vaddr <= address < vaddr + size:
                return start + address - vaddr
        raise ValueError(f"{address:#x} is not in the file")

    def string(self, address):
        return self.text_at(self.offset(address))

    def unpack(self, layout, address):
        return struct.unpack_from(layout, self.data, self.offset(address))

    def pack(self, layout, address, *values):
        struct.pack_into(layout, self.data, self.offset(address), *values)

    def save(self, path):
        with open(path, "wb") as f:
            f.write(self.data)
