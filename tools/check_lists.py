#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""check_lists.py - the Makefile's lists and the folders agree.

Purpose.
    A source that stands in no list compiles for nobody and its tests never
    run; nothing else would notice. The arguments are all listed sources.

Limits.
    Sources that are not part of the image are named in APART, with why.
"""

import os
import sys

FLOORS = ("boot", "arch", "lib", "mm", "sched", "irq", "kernel")
APART = {
    "arch/x86_64/asm-offsets.c",  # compiled to text, for NASM
}


def tree():
    for floor in FLOORS:
        for folder, _, names in os.walk(floor):
            for name in names:
                if name.endswith((".c", ".asm")):
                    yield os.path.join(folder, name)


def main():
    listed = [path for path in sys.argv[1:] if not path.startswith("tests/")]
    there = set(tree()) - APART
    errors = [f"{path}: in a list of the Makefile, but there is no such file"
              for path in listed if path not in there]
    errors += [f"{path}: in no list of the Makefile"
               for path in sorted(there - set(listed))]
    errors += [f"{path}: twice in the lists of the Makefile"
               for path in sorted(set(listed)) if listed.count(path) > 1]
    for line in errors:
        print(line, file=sys.stderr)
    sys.exit(bool(errors))


if __name__ == "__main__":
    main()
