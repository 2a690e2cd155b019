# SPDX-License-Identifier: MIT
"""upcalls.py - nobody calls upward, except through <arch/upcall.h>.

Purpose.
    Includes can be clean while a prototype written by hand calls two floors
    up. So the objects are asked: nm says which symbols each one defines and
    which it needs from others.

Model.
    need -> definition is an edge between two floors. It may go
     - down, or stay on its floor;
     - from the arch code and boot (leaves that use lib) to lib, and between
       the leaves;
     - from a floor to the arch code, if some header of the arch contract
       declares the symbol;
     - up, if <arch/upcall.h> declares the symbol;
     - from tests/ anywhere.
    Symbols of the linker script and of the symbol table are defined by no
    object of a floor and are left alone. Calls that the compiler makes are
    named by their beginning (COMPILER_MADE).

    Weak definitions count as definitions. Static symbols are nobody's.
"""

import os
import re
import subprocess

from checks.floors import FLOORS, LEAF, folder_of
from checks.tree import TEXT, at

CONTRACT = "arch/x86_64/include/arch/"
UPCALL = CONTRACT + "upcall.h"
COMPILER_MADE = ("__asan_", "__tsan_", "__ubsan_", "__gcov_", "__fentry__")


def objects(build):
    """(source, object) of everything below build/<config>/."""
    for folder, _, names in os.walk(build):
        for name in sorted(names):
            if name.endswith((".c.o", ".asm.o")):
                full = os.path.join(folder, name)
                source = os.path.relpath(full, build)[:-len(".o")]
                yield source.replace(os.sep, "/"), full


def symbols(nm, paths):
    """{object: (defined, needed)}, from one run of nm."""
    text = subprocess.run([nm, "-A", "-g", *paths], check=True,
                          stdout=subprocess.PIPE, text=True).stdout
    result = {path: (set(), set()) for path in paths}
    for line in text.splitlines():
        path, _, rest = line.partition(":")
        kind, name = rest.split()[-2:]
        result[path][kind in "Uwv"].add(name)
    return result


def declared(tree, paths):
    """Every word in these headers that stands outside comments."""
    words = set()
    for path in paths:
        words |= set(re.findall(r"\w+", TEXT.sub("", tree.text(path))))
    return words


def allowed(name, mine, others, contract, upcalls):
    """Why the edge from floor mine to floor others is wrong, or None."""
    if name.startswith(COMPILER_MADE) or mine == "tests":
        return None
    low, high = FLOORS[mine], FLOORS[others]
    if LEAF in (low, high) and low != high:
        if high == LEAF:        # into the arch code
            if name in contract:
                return None
            return "which no header of the arch contract declares"
        if high <= FLOORS["lib"]:
            return None
    elif high <= low:
        return None
    if name in upcalls:
        return None
    return f"upward, and not declared in {UPCALL}"


def check(tree, build, nm="nm"):
    """Complain about every edge that may not be."""
    found = [(s, o) for s, o in objects(build)
             if tree.exists(s) and folder_of(s)]
    if not found:
        yield at(build, 0, "no objects: build first")
        return
    table = symbols(nm, [o for _, o in found])
    home = {name: source for source, o in found for name in table[o][0]}
    contract = declared(tree, [p for p in tree.having(".h")
                               if p.startswith(CONTRACT)])
    upcalls = declared(tree, [UPCALL]) if tree.exists(UPCALL) else set()
    for source, o in found:
        for name in sorted(table[o][1] & home.keys()):
            why = allowed(name, folder_of(source), folder_of(home[name]),
                          contract, upcalls)
            if why:
                yield at(source, 1, f"needs {name} of {home[name]}: {why}")
