# SPDX-License-Identifier: MIT
"""vx_pt.py - vx-pt: the page tables' way to an address."""

import gdb

from vx_kernel import physical, read

LEVELS = (("PML4", 39), ("PDPT", 30), ("PD", 21), ("PT", 12))
ADDRESS = 0x000ffffffffff000
PRESENT, LARGE = 1, 1 << 7
FLAGS = ((1 << 1, "W"), (1 << 2, "U"), (1 << 3, "PWT"), (1 << 4, "PCD"),
         (1 << 5, "A"), (1 << 6, "D"), (1 << 8, "G"), (1 << 63, "NX"))


def flags(entry):
    words = [name for bit, name in FLAGS if entry & bit]
    return " ".join(words) if entry & PRESENT else "not present"


class PageTables(gdb.Command):
    """vx-pt ADDRESS: how the selected CPU's page tables translate it.

One line for each level: index, entry, flags (W writable, U user, A
accessed, D dirty, G global, NX not executable), then the physical address.
The tables are read physically."""

    def __init__(self):
        super().__init__("vx-pt", gdb.COMMAND_DATA, gdb.COMPLETE_EXPRESSION)

    def invoke(self, arg, from_tty):
        if not arg:
            raise gdb.GdbError("usage: vx-pt ADDRESS")
        address = int(gdb.parse_and_eval(f"(unsigned long)({arg})"))
        if not int(gdb.parse_and_eval("(unsigned long)$cr0")) >> 31:
            print(f"{address:#x}: paging is off, this is a physical address")
            return
        if not (address < 1 << 47 or address >= (1 << 64) - (1 << 47)):
            print(f"{address:#x} is not canonical")
            return
        table = int(gdb.parse_and_eval("(unsigned long)$cr3")) & ADDRESS
        with physical():
            self.walk(address, table)

    @staticmethod
    def walk(address, table):
        for name, shift in LEVELS:
            index = address >> shift & 511
            entry = int.from_bytes(read(table + 8 * index, 8), "little")
            leaf = shift == 12 or (shift < 39 and entry & LARGE)
            size = {12: " 4K page", 21: " 2M page", 30: " 1G page"}
            print(f"{name:4} [{index:3}] at {table + 8 * index:#011x}: "
                  f"{entry:#018x} {flags(entry)}"
                  + (size[shift] if leaf and entry & PRESENT else ""))
            if not entry & PRESENT:
                print(f"{address:#x} is not mapped")
                return
            if leaf:
                offset = address & ((1 << shift) - 1)
                base = entry & ADDRESS & ~((1 << shift) - 1)
                print(f"{address:#x} is at physical {base + offset:#x}")
                return
            table = entry & ADDRESS


def register():
    PageTables()
