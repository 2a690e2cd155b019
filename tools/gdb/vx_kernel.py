# SPDX-License-Identifier: MIT
"""vx_kernel.py - reading the kernel's data, for the commands.

Model.
    A per-CPU variable is linked once, into a template; __per_cpu_offset[n]
    is the distance to CPU n's copy, 0 for a CPU that is not there.

    Memory is read through the page tables of the selected CPU. Where these
    are of no use (no paging yet, or broken), physical() asks QEMU's stub to
    take addresses as physical ones.
"""

import contextlib
import os

import gdb

KERNEL_BASE = 0xffffffff80000000  # linker.ld: virtual = physical + this
PHYSICAL_MODE = "Qqemu.PhyMemMode:{:d}"


def symbol_at(address):
    """"function+12", or "" for an address without a name."""
    text = gdb.execute(f"info symbol {address:#x}", to_string=True)
    if text.startswith("No symbol"):
        return ""
    return text.split(" in section")[0].replace(" + ", "+")


def line_at(address):
    """"file:line", or ""."""
    place = gdb.find_pc_line(address)
    if not place.symtab:
        return ""
    return f"{os.path.normpath(place.symtab.filename)}:{place.line}"


def address_of(symbol):
    return int(gdb.parse_and_eval(f"(unsigned long)&{symbol}"))


def cpu_count():
    """How many CPUs the kernel has numbers for."""
    return int(gdb.parse_and_eval("nr_cpu_ids"))


def percpu_offset(cpu):
    """Distance from the template to this CPU's copy."""
    return int(gdb.parse_and_eval(f"__per_cpu_offset[{cpu}]"))


def percpu_value(pointer, cpu):
    """The copy, of one CPU, of what a pointer into the template points to."""
    address = (int(pointer) + percpu_offset(cpu)) % (1 << 64)
    return gdb.Value(address).cast(pointer.type).dereference()


def cpu_threads():
    """GDB's threads in the order of CPU numbers."""
    return sorted(gdb.selected_inferior().threads(), key=lambda t: t.num)


@contextlib.contextmanager
def on_thread(thread):
    """Selects another thread for a while, and the frame that was selected."""
    before, frame = gdb.selected_thread(), gdb.selected_frame()
    try:
        thread.switch()
        yield
    finally:
        before.switch()
        if frame.is_valid():
            frame.select()


@contextlib.contextmanager
def physical():
    """Addresses are physical ones for a while."""
    stub = gdb.selected_inferior().connection
    if stub.send_packet(PHYSICAL_MODE.format(1)) != b"OK":
        raise gdb.GdbError("this GDB stub cannot read physical memory")
    try:
        yield
    finally:
        stub.send_packet(PHYSICAL_MODE.format(0))


def read(address, size):
    return bytes(gdb.selected_inferior().read_memory(address, size))


def read_image(address, size):
    """Bytes of the kernel's image, whatever the page tables are like."""
    with physical():
        return read(address - KERNEL_BASE, size)
