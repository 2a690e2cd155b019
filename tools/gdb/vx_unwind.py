# SPDX-License-Identifier: MIT
"""vx_unwind.py - backtraces through the assembly stubs.

Purpose.
    GDB unwinds C by the compiler's call frame information. NASM makes none,
    so a backtrace from an interrupt handler would end, or go astray, in the
    stubs of arch/x86_64/entry.asm. Here is what is missing.

Model.
    At every instruction of a stub some registers are pushed and some are
    not yet. GDB's disassembler is asked for the instructions from the
    stub's beginning; counting pushes and pops up to the current one gives
    the distance from RSP to the five words that the CPU pushed, and the
    place of each register that is saved:

	rsp + depth ->  rip cs rflags rsp ss
	rsp + depth - 8     error code or 0
	rsp + depth - 16    rdi, then rsi rdx ...

    So it works on each instruction, not only below the call of
    trap_entry(), and follows the stub when that is changed.

    boot.asm and trampoline.asm end the walk, by a caller at address 0,
    which a frame filter hides.

Limits.
    To GDB the interrupted function looks as if it had called the stub. If
    it was interrupted at its very first instruction, GDB shows the name of
    the function before it; frame #n and $rip are right.
"""

import gdb
from gdb.unwinder import Unwinder, register_unwinder

from vx_kernel import address_of

STUB_SIZE = 16
VECTORS = 256
WITH_ERROR_CODE = {8, 10, 11, 12, 13, 14, 17, 21, 29, 30}
GENERAL = ("rax", "rbx", "rcx", "rdx", "rsi", "rdi", "rbp", "r8", "r9",
           "r10", "r11", "r12", "r13", "r14", "r15")
CPU_FRAME = ("rip", "cs", "eflags", "rsp", "ss")
OUTERMOST = ("multiboot2_entry", "pvh_entry", "long_mode_high",
             "ap_long_mode")


class FrameId:
    """What GDB tells frames apart by."""

    def __init__(self, sp, pc):
        kind = gdb.lookup_type("unsigned long")
        self.sp, self.pc = gdb.Value(sp).cast(kind), gdb.Value(pc).cast(kind)


def replay_stack(instructions, stop, depth, saved):
    """Count pushes and pops in front of the instruction at stop.

    depth: bytes between RSP and the CPU's words; saved: register -> the
    depth at which it lies. Returns both as they are at stop.
    """
    saved = dict(saved)
    for instruction in instructions:
        if instruction["addr"] >= stop:
            break
        name, _, operand = instruction["asm"].partition(" ")
        operand = operand.strip()
        if name == "push":
            depth += 8
            if operand in GENERAL:
                saved[operand] = depth
        elif name == "pop":
            depth -= 8
            saved.pop(operand, None)
        elif name == "add" and operand.startswith("rsp,"):
            depth -= int(operand.split(",")[1], 0)
    return depth, saved


class Stubs(Unwinder):
    """Frames of trap_stubs and trap_common."""

    def __init__(self):
        super().__init__("vitrix-stubs")
        self.start = address_of("trap_stubs")
        self.common = self.start + VECTORS * STUB_SIZE
        self.end = None

    def find_end(self, arch):
        """Behind the iretq."""
        at = self.common
        while True:
            instruction = arch.disassemble(at)[0]
            at += instruction["length"]
            if instruction["asm"].startswith("iret"):
                return at

    def layout(self, arch, pc):
        """(depth, saved) at pc."""
        if pc >= self.common:
            code = arch.disassemble(self.common, self.end - 1)
            return replay_stack(code, pc, 16, {"rdi": 16})
        vector, offset = divmod(pc - self.start, STUB_SIZE)
        begin = pc - offset
        code = arch.disassemble(begin, begin + STUB_SIZE - 1)
        return replay_stack(code, pc, 8 if vector in WITH_ERROR_CODE else 0,
                            {})

    def __call__(self, frame):
        pc = int(frame.read_register("rip")) % (1 << 64)
        if not self.start <= pc < self.common + 256:
            return None
        arch = frame.architecture()
        if self.end is None:
            self.end = self.find_end(arch)
        if pc >= self.end:
            return None
        depth, saved = self.layout(arch, pc)
        base = int(frame.read_register("rsp")) % (1 << 64) + depth
        info = frame.create_unwind_info(FrameId(base, self.start))
        word = gdb.lookup_type("unsigned long").pointer()
        for i, name in enumerate(CPU_FRAME):
            self.add(frame, info, name, base + 8 * i, word)
        for name in GENERAL:
            if name in saved:
                self.add(frame, info, name, base - saved[name], word)
            else:
                info.add_saved_register(name, frame.read_register(name))
        return info

    @staticmethod
    def add(frame, info, name, address, word):
        """A register lies in memory, in as many bytes as GDB gives it."""
        if frame.read_register(name).type.sizeof == 4:
            word = gdb.lookup_type("unsigned int").pointer()
        info.add_saved_register(
            name, gdb.Value(address).cast(word).dereference())


class Outermost(Unwinder):
    """The first code of each CPU: nobody called it."""

    def __init__(self):
        super().__init__("vitrix-outermost")
        self.ranges = [self.symbol_range(name) for name in OUTERMOST]

    @staticmethod
    def symbol_range(name):
        """From a label to the end of its source's code in that section."""
        start = address_of(name)
        block = gdb.find_pc_line(start).symtab
        return start, max(entry.pc for entry in block.linetable()
                          if start <= entry.pc < start + 4096)

    def __call__(self, frame):
        pc = int(frame.read_register("rip")) % (1 << 64)
        if not any(a <= pc <= b for a, b in self.ranges):
            return None
        sp = int(frame.read_register("rsp")) % (1 << 64)
        info = frame.create_unwind_info(FrameId(sp, pc))
        for name in ("rsp", "rbp"):
            info.add_saved_register(name, frame.read_register(name))
        info.add_saved_register("rip", gdb.Value(0).cast(
            gdb.lookup_type("unsigned long")))
        return info


class End:
    """Frame filter: what lies beyond the outermost frame is not shown."""

    def __init__(self):
        self.name, self.priority, self.enabled = "vitrix-end", 100, True
        gdb.frame_filters[self.name] = self

    def filter(self, frames):
        for frame in frames:
            if frame.inferior_frame().pc() == 0:
                return
            yield frame


def register():
    End()
    for unwinder in (Stubs(), Outermost()):
        register_unwinder(None, unwinder, replace=True)
