#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""core.py - how many lines the mechanisms take.

Purpose.
    A kernel that is to be read whole must stay small. Counted is mechanism,
    comments included: lib, mm, sched, irq and kernel/*.c with their private
    headers. Not counted: debug/ and lib/san/ (instruments), history/ (kept
    for comparison), kernel's own subfolders. What these take, and what the
    public headers and arch take, is printed beside it.
"""

import os
import sys

LIMIT = 25000
FLOORS = ("lib", "mm", "sched", "irq", "kernel")
APART = ("debug", "history", "san")
SOURCES = (".c", ".h", ".asm", ".inc")


def count(path):
    with open(path, encoding="utf-8") as f:
        return sum(1 for _ in f)


def lines_below(folder):
    """Return {relative folder: lines} for everything below folder."""
    result = {}
    for where, _, names in os.walk(folder):
        lines = sum(count(os.path.join(where, name)) for name in names
                    if name.endswith(SOURCES))
        result[os.path.relpath(where, folder)] = lines
    return result


def is_mechanism(floor, where):
    if where == ".":
        return True
    return floor != "kernel" and where.split(os.sep)[0] not in APART


def main():
    total, beside = 0, {}
    for floor in FLOORS:
        below = lines_below(floor)
        mine = sum(n for where, n in below.items()
                   if is_mechanism(floor, where))
        for where, n in below.items():
            if not is_mechanism(floor, where):
                beside[f"{floor}/{where}"] = n
        print(f"{mine:7}  {floor}/")
        total += mine
    print(f"{total:7}  mechanism, of at most {LIMIT}")
    print("\nnot counted:")
    for folder in ("include", "arch", "boot", "tests"):
        beside[folder] = sum(lines_below(folder).values())
    for folder, n in beside.items():
        print(f"{n:7}  {folder}/")
    sys.exit(total > LIMIT)


if __name__ == "__main__":
    main()
