# SPDX-License-Identifier: MIT
"""headers.py - every header compiles alone, without a warning.

Model.
    A program of one line that includes the header is compiled twice over, so
    that a header without a guard is noticed as well.
"""

import concurrent.futures
import os
import re
import subprocess

from checks.tree import at

# Written in the C library's world, or in assembly's.
APART = ("tests/host/", "tests/fuzz/")


def guard_of(path):
    """FLOOR_CONCEPT_H of a header."""
    for top in ("include/", "arch/x86_64/include/"):
        if path.startswith(top):
            return re.sub(r"\W", "_", path[len(top):]).upper()
    return None


def check_guard(tree, path):
    text = tree.code(path)
    m = re.search(r"^#ifndef (\w+)\n#define (\w+)\n", text, re.M)
    if not m or m[1] != m[2]:
        return "no guard: #ifndef X, #define X"
    want = guard_of(path)
    if want and m[1] != want:
        return f"the guard is {m[1]}, should be {want}"
    if not want and not m[1].endswith("_H"):
        return f"the guard {m[1]} does not end in _H"
    return None


def compile_alone(tree, path, cc, flags):
    done = subprocess.run(
        [*cc, *flags, "-Werror", "-fsyntax-only", "-x", "c", "-"],
        input=f'#include "{path}"\n' * 2, cwd=tree.root, text=True,
        capture_output=True, check=False)
    if not done.returncode:
        return None
    lines = [line for line in done.stderr.splitlines() if "error" in line]
    return "does not compile alone: " + (lines or ["?"])[0]


def check(tree, cc, flags):
    headers = [p for p in tree.having(".h") if not p.startswith(APART)]
    for path in headers:
        why = check_guard(tree, path)
        if why:
            yield at(path, 1, why)
    with concurrent.futures.ThreadPoolExecutor(os.cpu_count()) as pool:
        for path, why in zip(headers, pool.map(
                lambda p: compile_alone(tree, p, cc, flags), headers)):
            if why:
                yield at(path, 1, why)
