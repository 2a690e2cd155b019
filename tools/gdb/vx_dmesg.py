# SPDX-License-Identifier: MIT
"""vx_dmesg.py - vx-dmesg: the kernel's log out of the guest's memory.

Model.
    The ring of lib/logbuf.c: a header and its text, one behind the other,
    wrapping at any byte. It is read where it lies, physically, so it does
    not matter what the CPUs do or whether they still can: I3 of
    lib/logbuf.c keeps it readable in the middle of an append.
    Messages in the NMI buffers of CPUs, not yet taken over, are counted.
"""

import gdb

from vx_kernel import (cpu_count, percpu_offset, percpu_value, read_image)

LOG_RAW = "LOG_RAW"


class Ring:
    """The bytes and the index of the log."""

    def __init__(self):
        kind = gdb.lookup_type("struct logbuf")
        at = gdb.parse_and_eval("&'lib/printk.c'::ring")
        self.ring = gdb.Value(read_image(int(at), kind.sizeof), kind)
        self.size = int(self.ring["size"])
        self.data = read_image(int(self.ring["data"]), self.size)
        self.index = self.ring["idx"][int(self.ring["cur"])]

    def get(self, position, size):
        start = position % self.size
        double = self.data[start:start + size]
        return double + self.data[:size - len(double)]

    def records(self):
        """(header, text) of each, oldest first."""
        kind = gdb.lookup_type("struct log_header")
        at = int(self.index["tail"])
        for seq in range(int(self.index["tail_seq"]),
                         int(self.index["head_seq"])):
            header = gdb.Value(self.get(at, kind.sizeof), kind)
            if int(header["seq"]) != seq:
                raise gdb.GdbError(f"vx-dmesg: record {seq} is damaged")
            size = int(header["len"])
            text = self.get(at + kind.sizeof, size)
            yield header, text.decode(errors="replace")
            at += (kind.sizeof + size + 7) & ~7


def lines(header, text, raw):
    """As the console shows them."""
    if int(header["level"]) == raw:
        return text.split("\n")
    us = int(header["ts_ns"]) // 1000
    prefix = (f"[{us // 1000000:5}.{us % 1000000:06}] "
              f"{int(header['cpu'])}: ")
    first, *rest = text.split("\n")
    return [prefix + first] + [" " * len(prefix) + line for line in rest]


class Dmesg(gdb.Command):
    """vx-dmesg [N]: the kernel's log, or its last N records.

Reads the guest's memory only: the machine may be stopped anywhere, hang,
or have panicked."""

    def __init__(self):
        super().__init__("vx-dmesg", gdb.COMMAND_DATA)

    def invoke(self, arg, from_tty):
        if arg and not arg.isdigit():
            raise gdb.GdbError("usage: vx-dmesg [N]")
        raw = int(gdb.parse_and_eval(f"(int){LOG_RAW}"))
        records = list(Ring().records())
        for header, text in records[-int(arg or len(records)) or None:]:
            print("\n".join(lines(header, text, raw)))
        self.tell_pending()

    @staticmethod
    def tell_pending():
        """What an NMI or a nested message left behind."""
        pointer = gdb.parse_and_eval("&printk_cpu.nmi")
        for cpu in range(cpu_count()):
            if percpu_offset(cpu) == 0:
                continue
            try:
                log = percpu_value(pointer, cpu)
                rest = int(log["head"]) - int(log["tail"])
            except gdb.MemoryError:
                return  # the page tables do not lead there
            if rest:
                print(f"(CPU {cpu} has {rest} bytes more in its NMI buffer)")


def register():
    Dmesg()
