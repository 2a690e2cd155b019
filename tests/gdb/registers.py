# SPDX-License-Identifier: MIT
"""registers.py - every CPU's registers at a stop, to be compared.

Model.
    The CPU that is at the stop: as they are. The others stand in an NMI
    (lib/debug/trip.c): those of the code that it interrupted, which the
    unwinder finds. Then the frames from there on.
"""

import gdb

NAMES = ("rip", "rsp", "rbp", "eflags", "rax", "rbx", "rcx", "rdx", "rsi",
         "rdi", "r8", "r9", "r10", "r11", "r12", "r13", "r14", "r15")


def below_nmi(frame):
    """The frame that an NMI interrupted; None if none did."""
    while frame and frame.pc():
        if frame.name() == "trap_common":
            return frame.older()
        frame = frame.older()
    return None


def main():
    stopped = gdb.selected_thread()
    for thread in sorted(gdb.selected_inferior().threads(),
                         key=lambda t: t.num):
        thread.switch()
        frame = gdb.newest_frame()
        if thread != stopped:
            frame = below_nmi(frame)
        print(f"CPU {thread.num - 1}"
              + ("" if frame else " does not stand in an NMI"))
        if not frame:
            continue
        print(" ".join(f"{n}={int(frame.read_register(n)) % (1 << 64):#x}"
                       for n in NAMES))
        while frame and frame.pc():
            print(f"  {frame.pc():#x} {frame.name()}")
            frame = frame.older()
    stopped.switch()


main()
