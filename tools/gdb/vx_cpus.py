# SPDX-License-Identifier: MIT
"""vx_cpus.py - commands about CPUs: vx-cpus, vx-bt, vx-percpu."""

import gdb

from vx_kernel import (cpu_count, cpu_threads, line_at, on_thread,
                       percpu_offset, percpu_value, symbol_at)


def halted(thread):
    """QEMU says so in the thread's name."""
    return "halted" in f"{thread.name} {thread.details}"


class Cpus(gdb.Command):
    """vx-cpus: where each CPU is, and whether it runs or halts.

The selected CPU is marked by a star. `thread N` selects CPU N - 1."""

    def __init__(self):
        super().__init__("vx-cpus", gdb.COMMAND_STATUS)

    def invoke(self, arg, from_tty):
        before = gdb.selected_thread()
        for cpu, thread in enumerate(cpu_threads()):
            with on_thread(thread):
                rip = int(gdb.parse_and_eval("(unsigned long)$rip"))
            state = "halted" if halted(thread) else "running"
            mark = "*" if thread == before else " "
            print(f"{mark} CPU {cpu:3} {state:8} {rip:#018x} "
                  f"{symbol_at(rip)} {line_at(rip)}".rstrip())


class Backtrace(gdb.Command):
    """vx-bt [CPU|all]: the backtrace of a CPU, without selecting it.

Goes through the entry stubs into the code that was interrupted."""

    def __init__(self):
        super().__init__("vx-bt", gdb.COMMAND_STACK)

    def invoke(self, arg, from_tty):
        threads = cpu_threads()
        for cpu, thread in enumerate(threads):
            if arg in ("all", str(cpu)) or (
                    not arg and thread == gdb.selected_thread()):
                print(f"CPU {cpu}:")
                with on_thread(thread):
                    gdb.execute("backtrace")
        if arg and arg != "all" and not (arg.isdigit()
                                         and int(arg) < len(threads)):
            raise gdb.GdbError(f"usage: vx-bt [CPU|all]; CPUs are 0 to "
                               f"{len(threads) - 1}")


class PerCpu(gdb.Command):
    """vx-percpu VAR [CPU]: a per-CPU variable of one or of every CPU.

VAR may be a member: vx-percpu call_stats.sent"""

    def __init__(self):
        super().__init__("vx-percpu", gdb.COMMAND_DATA, gdb.COMPLETE_SYMBOL)

    def invoke(self, arg, from_tty):
        words = gdb.string_to_argv(arg)
        if not 1 <= len(words) <= 2:
            raise gdb.GdbError("usage: vx-percpu VAR [CPU]")
        cpus = ([int(words[1])] if len(words) == 2
                else range(cpu_count()))
        pointer = gdb.parse_and_eval(f"&({words[0]})")
        for cpu in cpus:
            if percpu_offset(cpu) == 0:
                print(f"CPU {cpu:3}: not there")
                continue
            print(f"CPU {cpu:3}: {percpu_value(pointer, cpu)}")


def register():
    Cpus()
    Backtrace()
    PerCpu()
