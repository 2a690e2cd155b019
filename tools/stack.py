#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""stack.py - `make stack`: how much stack the kernel uses.

	stack.py --elf build/debug/vitrix.elf --build build/debug

Purpose.
    A kernel stack is 16 KiB, and nothing grows it. This shows the largest
    frames and the deepest chains of calls, before a test shows them as a
    double fault.

Model.
    Frames come from the .su files that -fstack-usage writes beside the
    objects, return address and saved registers included. Calls come from the
    disassembly of the image: `call f`, and `jmp f` as the last thing of a
    function. A chain is a way through these calls; its depth is the sum of
    its frames. Chains begin where no direct call leads: entry points, and
    functions that are called through pointers.

Invariants.
    I1  The exit status is failure if a frame is larger than --frame or a
        chain deeper than --chain, tests included; what is too large is named.

Limits, each printed with its number.
    A call through a pointer adds nothing: what it leads to begins chains of
    its own, which have to be added by hand. A circle of calls counts once.
    Functions that do not return (ENDS) end a chain: a panic needs its stack
    once, whoever panics. Assembly counts as 0. Functions of one name have
    the frame of the largest of them.
"""

import argparse
import collections
import os
import re
import subprocess
import sys

ENDS = ("panic", "panic_regs", "panic_trap", "panic_by_nmi", "bug_report",
        "__stack_chk_fail")
FUNCTION = re.compile(r"^([0-9a-f]+) <([^>]+)>:$")
# GNU objdump and LLVM's write it differently.
CALL = re.compile(r"\t(?:call|j[a-z]+)q?\s+(?:0x)?([0-9a-f]+) "
                  r"<([^>+]+)(\+0x\w+)?>")
INDIRECT = re.compile(r"\t(?:call|jmp)q?\s+\*")
SHOWN = 20


def parse_args():
    parser = argparse.ArgumentParser()
    parser.add_argument("--elf", required=True)
    parser.add_argument("--build", required=True)
    parser.add_argument("--objdump", default="objdump")
    parser.add_argument("--frame", type=int, default=1024)
    parser.add_argument("--chain", type=int, default=8192)
    return parser.parse_args()


def plain(name):
    """A function's name without what the optimiser appends to it."""
    return re.sub(r"\.(?:isra|constprop|part|cold|llvm)\b.*", "", name)


def read_frames(build):
    """{name: (bytes, "file:line")}, the largest of each name."""
    frames = {}
    for folder, _, names in os.walk(build):
        for name in names:
            if not name.endswith(".su"):
                continue
            with open(os.path.join(folder, name), encoding="utf-8") as f:
                for line in f:
                    place, size, _ = line.rstrip("\n").split("\t")
                    path, row, *_, function = place.split(":")
                    if not os.path.exists(path):
                        continue        # removed since
                    found = int(size), f"{path}:{row}"
                    key = plain(function)
                    frames[key] = max(frames.get(key, found), found)
    return frames


class Calls:
    """Who calls whom. Names that several functions have get a number."""

    def __init__(self, text):
        self.calls = collections.defaultdict(set)
        self.pointers = collections.Counter()   # calls through pointers
        self.called = set()
        lines = text.splitlines()
        self.names = self.name(filter(None, map(FUNCTION.match, lines)))
        function = None
        for line in lines:
            start = FUNCTION.match(line)
            if start:
                function = start
                self.calls[self.names[start[1]]] |= set()
            elif function:
                self.line(function, line)

    @staticmethod
    def name(starts):
        """{address: name}; a part that was split off has its owner's."""
        names, seen = {}, collections.Counter()
        for start in starts:
            name = plain(start[2])
            if name == start[2]:
                seen[name] += 1
                if seen[name] > 1:
                    name += f"#{seen[name]}"
            names[start[1]] = name
        return names

    def line(self, function, line):
        name = self.names[function[1]]
        if INDIRECT.search(line):
            self.pointers[name] += 1
            return
        m = CALL.search(line)
        if not m or m[3]:       # with an offset: inside a function
            return
        target = self.names.get(m[1].rjust(16, "0"))
        if target is None or target == name and not (
                m[2] == function[2] and "\tcall" in line):
            return              # a loop, or a part of this function
        self.calls[name].add(target)
        self.called.add(target)


class Depths:
    """The deepest chain below each function."""

    def __init__(self, calls, frames):
        self.calls, self.frames = calls, frames
        self.known = {}
        self.circles = set()

    def frame(self, function):
        return self.frames.get(function.split("#")[0], (0, ""))[0]

    def deepest(self, function, way=()):
        """(bytes, chain) from this function on."""
        if function in self.known:
            return self.known[function]
        if function in way:
            circle = way[way.index(function):]
            turn = circle.index(min(circle))
            self.circles.add(circle[turn:] + circle[:turn])
            return 0, ()
        best = (0, ())
        for target in sorted(self.calls.calls.get(function, ())):
            if target not in ENDS:
                best = max(best, self.deepest(target, way + (function,)),
                           key=lambda found: found[0])
        found = self.frame(function) + best[0], (function,) + best[1]
        self.known[function] = found
        return found


def show_frames(frames):
    print(f"The {SHOWN} largest frames, in bytes, tests left out:")
    rows = sorted((row for row in frames.items()
                   if not row[1][1].startswith("tests/")),
                  key=lambda row: (-row[1][0], row[0]))
    for name, (size, place) in rows[:SHOWN]:
        print(f"{size:7}  {name} ({place})")


def show_chains(depths, roots):
    print(f"\nThe {SHOWN} deepest chains of calls, in bytes, tests left out "
          "(* also calls through pointers):")
    shown = [root for root in roots if not depths.frames.get(
        root.split("#")[0], (0, ""))[1].startswith("tests/")]
    for root in shown[:SHOWN]:
        size, chain = depths.deepest(root)
        names = [name + ("*" if depths.calls.pointers[name] else "")
                 for name in chain]
        print(f"{size:7}  " + " > ".join(names))


def show_limits(calls, depths, frames):
    pointers = ", ".join(sorted(calls.pointers))
    unknown = [f for f in calls.calls if f.split("#")[0] not in frames]
    print(f"\nNot counted: what {sum(calls.pointers.values())} calls through "
          f"pointers lead to, in {pointers or 'no function'}.")
    for circle in sorted(depths.circles):
        print("A circle, counted once: "
              + " > ".join(circle + circle[:1]))
    print(f"Counted as 0: {len(unknown)} functions in assembly.")


def too_large(args, frames, depths, roots):
    for name, (size, place) in sorted(frames.items()):
        if size > args.frame:
            yield (f"{place}: {name}() has a frame of {size} bytes, "
                   f"limit {args.frame}")
    for root in roots:
        size, chain = depths.deepest(root)
        if size > args.chain:
            yield (f"{' > '.join(chain)}: a chain of {size} bytes, "
                   f"limit {args.chain}")


def main():
    args = parse_args()
    frames = read_frames(args.build)
    text = subprocess.run([args.objdump, "-d", "--no-show-raw-insn",
                           args.elf], check=True, stdout=subprocess.PIPE,
                          text=True).stdout
    calls = Calls(text)
    depths = Depths(calls, frames)
    starts = [f for f in calls.calls if f not in calls.called or f in ENDS]
    roots = sorted(starts, key=lambda f: (-depths.deepest(f)[0], f))
    if not frames or not roots:
        print(f"{args.build}: no .su files, or no code: build first")
        return 1
    show_frames(frames)
    show_chains(depths, roots)
    show_limits(calls, depths, frames)
    wrong = list(too_large(args, frames, depths, roots))
    print("\n".join(["", *wrong]))
    largest = max(size for size, _ in frames.values())
    print(f"stack: largest frame {largest} of {args.frame}, deepest chain "
          f"{depths.deepest(roots[0])[0]} of {args.chain} bytes, "
          f"{len(wrong)} too large")
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main())
