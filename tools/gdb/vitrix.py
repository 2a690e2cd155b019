# SPDX-License-Identifier: MIT
"""vitrix.py - what GDB should know about Vitrix.

Purpose.
    `make debug` loads this file; it loads the others of its folder. GDB sees
    every CPU as a thread; the commands add what only the kernel's data
    tells, the unwinder what no debug information tells. `help vx` lists
    them, `help vx-pt` explains one.

Breakpoints before paging. A plain breakpoint writes an instruction into
memory, at an address that paging does not map yet. `hbreak` uses the debug
registers and works from the first instruction on; QEMU without KVM treats
both alike.
"""

import os
import sys

import gdb

HERE = os.path.dirname(os.path.abspath(__file__))
ROOT = os.path.dirname(os.path.dirname(HERE))
sys.path.insert(0, HERE)

# pylint: disable=wrong-import-position
import vx_cpus     # noqa: E402
import vx_dmesg    # noqa: E402
import vx_mm       # noqa: E402
import vx_pt       # noqa: E402
import vx_trip     # noqa: E402
import vx_unwind   # noqa: E402
import vx_vmalloc  # noqa: E402

SETTINGS = (
    "set architecture i386:x86-64",
    "set pagination off",
    "set confirm off",
    "set disassembly-flavor intel",
    f"directory {ROOT}",
)


class All(gdb.Command):
    """The commands that know Vitrix.

vx-cpus              where each CPU is
vx-bt [CPU|all]      backtrace of another CPU, or of all
vx-percpu VAR [CPU]  a per-CPU variable, of one or of every CPU
vx-dmesg [N]         the kernel's log, also of a dead machine
vx-pt ADDRESS        the page tables' way to an address
vx-page ADDR|FRAME   what is known of a page frame
vx-buddy [ZONE]      the free blocks, and whether the lists are sound
vx-slab [CACHE]      the caches of objects, or all about one
vx-vmalloc           the areas of vmalloc, and the holes between them
vx-trip [NAME N]     trip points; stop at the N-th hit of one"""

    def __init__(self):
        super().__init__("vx", gdb.COMMAND_STATUS, gdb.COMPLETE_NONE, True)

    def invoke(self, arg, from_tty):
        print(self.__doc__)


def main():
    for line in SETTINGS:
        gdb.execute(line, to_string=True)
    All()
    for part in (vx_cpus, vx_dmesg, vx_mm, vx_pt, vx_trip, vx_unwind,
                 vx_vmalloc):
        part.register()
    print("Vitrix: `help vx` lists its commands. "
          "To begin: hbreak start_kernel, then continue.")


main()
