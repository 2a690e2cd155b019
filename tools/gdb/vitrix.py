# SPDX-License-Identifier: MIT
"""vitrix.py - what GDB should know about Vitrix.

Purpose.
    `make debug` loads this. GDB sees every CPU as a thread; these commands
    add what only the kernel's data tells.

	vx-cpus               where each CPU is
	vx-percpu VAR [CPU]   a per-CPU variable, of one or of every CPU

Model.
    A per-CPU variable is linked once, into a template; __per_cpu_offset[n]
    is the distance to CPU n's copy, 0 for a CPU that is not there.

Breakpoints before paging. A plain breakpoint writes an instruction into
memory, at an address that paging does not map yet. `hbreak` uses the debug
registers and works from the first instruction on; QEMU without KVM treats
both alike.
"""

import os

import gdb

ROOT = os.path.dirname(os.path.dirname(os.path.dirname(
    os.path.abspath(__file__))))

SETTINGS = (
    "set architecture i386:x86-64",
    "set pagination off",
    "set confirm off",
    "set disassembly-flavor intel",
    f"directory {ROOT}",
)


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


def cpu_count():
    """How many CPUs the kernel has numbers for."""
    try:
        return int(gdb.parse_and_eval("nr_cpu_ids"))
    except gdb.error:
        return len(gdb.selected_inferior().threads())


def percpu_offset(cpu):
    """Distance from the template to this CPU's copy."""
    return int(gdb.parse_and_eval(f"__per_cpu_offset[{cpu}]"))


def percpu_value(name, cpu):
    """The copy that belongs to one CPU."""
    pointer = gdb.parse_and_eval(f"&{name}")
    address = (int(pointer) + percpu_offset(cpu)) % (1 << 64)
    return gdb.Value(address).cast(pointer.type).dereference()


def cpu_threads():
    """GDB's threads in the order of CPU numbers."""
    return sorted(gdb.selected_inferior().threads(), key=lambda t: t.num)


class Cpus(gdb.Command):
    """vx-cpus: where each CPU is, and whether it runs or halts."""

    def __init__(self):
        super().__init__("vx-cpus", gdb.COMMAND_STATUS)

    def invoke(self, arg, from_tty):
        before = gdb.selected_thread()
        try:
            for cpu, thread in enumerate(cpu_threads()):
                thread.switch()
                rip = int(gdb.parse_and_eval("(unsigned long)$rip"))
                state = ("halted" if "halted" in (thread.name or "")
                         or "halted" in str(thread.details or "")
                         else "running")
                mark = "*" if thread == before else " "
                print(f"{mark} CPU {cpu:3} {state:8} {rip:#018x} "
                      f"{symbol_at(rip)} {line_at(rip)}".rstrip())
        finally:
            if before:
                before.switch()


class PerCpu(gdb.Command):
    """vx-percpu VAR [CPU]: a per-CPU variable of one or of every CPU."""

    def __init__(self):
        super().__init__("vx-percpu", gdb.COMMAND_DATA, gdb.COMPLETE_SYMBOL)

    def invoke(self, arg, from_tty):
        words = gdb.string_to_argv(arg)
        if not 1 <= len(words) <= 2:
            raise gdb.GdbError("usage: vx-percpu VAR [CPU]")
        cpus = ([int(words[1])] if len(words) == 2
                else range(cpu_count()))
        for cpu in cpus:
            if percpu_offset(cpu) == 0:
                print(f"CPU {cpu:3}: not there")
                continue
            print(f"CPU {cpu:3}: {percpu_value(words[0], cpu)}")


def main():
    for line in SETTINGS:
        gdb.execute(line, to_string=True)
    Cpus()
    PerCpu()
    print("Vitrix: vx-cpus, vx-percpu VAR [CPU]. "
          "To begin: hbreak start_kernel, then continue.")


main()
