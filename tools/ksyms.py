#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""ksyms.py - the kernel's own symbol table, as assembly text.

Purpose.
    A panic report names functions, so the image carries their names. They
    are only known after linking, and the table is part of what is linked;
    hence two links:

        ksyms.py < /dev/null          > ksyms0.asm   an empty table
        nm -n vitrix.elf.1 | ksyms.py > ksyms1.asm   the real one
        nm -n vitrix.elf | ksyms.py --check ksyms1.asm

Model.
    linker.ld puts section .ksyms behind .text, so the size of the table
    does not move any function, and the addresses read from the first link
    hold for the second. --check proves that for every build.

    The output defines ksyms_image, a struct ksym_table of lib/ksym_table.h:
    sorted 32-bit offsets from _text, and for each one the place of its name
    among strings packed end to end.

Invariants.
    I1  Offsets ascend strictly: of several names for one address one stays,
        a global one if there is one.
    I2  All of them lie in [_text, _etext). Boot code that runs at its
        physical address is outside and has no names.
    I3  The same input gives the same output, byte for byte.
"""

import argparse
import re
import sys

# What compilers append to the name of a function that they split or cloned.
CLONE = re.compile(r"^(part|constprop|isra|cold|lto_priv|llvm|\d+)$")
NAME = re.compile(r"^[A-Za-z_$.?@~#][\w$.?@~#]*$")


def parse_nm(lines):
    """Yield (address, type, name) of each line that has an address."""
    for line in lines:
        words = line.split()
        if len(words) != 3:
            continue
        yield int(words[0], 16), words[1], words[2]


def is_local_label(name, names):
    """A NASM label `.loop` below `copy:` appears as `copy.loop`."""
    head, dot, tail = name.partition(".")
    if not dot or not head:
        return bool(dot)
    if all(CLONE.match(part) for part in tail.split(".")):
        return False
    return head in names


def text_symbols(symbols):
    """Return (start, end, [(offset, name)]) for the kernel's text (I1, I2)."""
    place = {name: addr for addr, _, name in symbols}
    if "_text" not in place or "_etext" not in place:
        return 0, 0, []
    start, end = place["_text"], place["_etext"]

    best = {}
    for addr, kind, name in symbols:
        if kind not in "tTwW" or not start <= addr < end:
            continue
        if name == "_text" or is_local_label(name, place):
            continue
        if not NAME.match(name):
            sys.exit(f"ksyms.py: cannot write the symbol {name!r}")
        rank = (kind in "tw", name.startswith("_"), name)
        if addr not in best or rank < best[addr]:
            best[addr] = rank
    table = [(addr - start, best[addr][2]) for addr in sorted(best)]
    return start, end, table


def emit(start, end, table):
    """Return the NASM text."""
    out = [
        "; SPDX-License-Identifier: MIT",
        "; Made by tools/ksyms.py; the layout is lib/ksym_table.h.",
        "",
        "section .ksyms progbits alloc noexec nowrite align=8",
        "global ksyms_image",
        "ksyms_image:",
        f"\tdq 0x{start:x}\t; base",
        f"\tdd {len(table)}\t; nr",
        f"\tdd 0x{end - start:x}\t; text_size",
        "\tdq offsets",
        "\tdq name_at",
        "\tdq names",
        "offsets:",
    ]
    out += [f"\tdd 0x{offset:x}" for offset, _ in table]
    out.append("name_at:")
    at = 0
    for _, name in table:
        out.append(f"\tdd {at}")
        at += len(name) + 1
    out.append("names:")
    out += [f"\tdb '{name}', 0" for _, name in table]
    out.append("\tdb 0")
    return "\n".join(out) + "\n"


def main():
    parser = argparse.ArgumentParser(description="nm -n output to NASM")
    parser.add_argument("-o", "--output", help="file; default: stdout")
    parser.add_argument("--check", metavar="FILE",
                        help="compare with FILE instead of writing")
    args = parser.parse_args()

    text = emit(*text_symbols(list(parse_nm(sys.stdin))))
    if args.check:
        with open(args.check, encoding="ascii") as f:
            if f.read() != text:
                sys.exit("ksyms.py: the text moved between the two links; "
                         f"the names in {args.check} are wrong")
    elif args.output:
        with open(args.output, "w", encoding="ascii") as f:
            f.write(text)
    else:
        sys.stdout.write(text)


if __name__ == "__main__":
    main()
