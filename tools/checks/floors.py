# SPDX-License-Identifier: MIT
"""floors.py - who may include whom.

Model.
    Every folder stands on a floor (FLOORS). A file may include public
    headers of its own floor and of lower ones, and private headers of its
    own folder; folder/debug, folder/history and folder/san belong to folder.

     - Public is what lies in include/ or in arch/x86_64/include/: their
       first folder names the floor. Private is every other header; it is
       included with quotes, never with <>.
     - The arch contract is floor 1 and may use base only. The arch code and
       boot/ are leaves beside the tower: they use lib, the contract and each
       other, and nobody includes them.
     - The roof, kernel/main.c and tests/, sees every public header. A folder
       of tests/ may take private headers of the floor it tests (TESTED), and
       what lies in tests/ itself.
     - tests/host and tests/fuzz are programs for the build machine, where
       the C library is at hand.

    #if is not looked at: an include counts, whether or not it is compiled.

Limits.
    A declaration that a file makes by itself (extern) is not an include;
    that a call goes upward is seen by upcalls.py.
"""

import posixpath
import re

from checks.tree import at

LEAF, ROOF = 2.5, 12
# The longest name that fits decides.
FLOORS = {
    "include/base": 0,
    "arch/x86_64/include/arch": 1,
    "lib": 2, "mm": 3, "sched": 4, "irq": 5, "kernel": 6,
    "kernel/dev": 7, "kernel/vm": 8, "kernel/fs": 9, "kernel/proc": 10,
    "kernel/monitor": 11,
    "arch": LEAF, "boot": LEAF,
    "kernel/main.c": ROOF, "tests": ROOF,
}
ABOUT = {
    "include/base": "types, compiler, errno, config, bits, assert, atomic",
    "arch/x86_64/include/arch": "the arch contract",
    "lib": "data structures, locks, log, panic; never allocates",
    "mm": "memory", "sched": "tasks and run queues",
    "irq": "interrupts, deferred work, cross-calls",
    "kernel": "CPU bring-up, watchdogs, self-test runner",
    "kernel/dev": "devices", "kernel/vm": "user address spaces",
    "kernel/fs": "files", "kernel/proc": "processes, system calls",
    "kernel/monitor": "the prompt", "kernel/main.c": "boot, step by step",
    "arch": "the arch code", "boot": "boot loaders", "tests": "cases",
}
# Private headers that a folder of tests may take, besides its own floor's.
TESTED = {
    "tests/arch": ("arch", "boot"), "tests/boot": ("boot",),
    "tests/lib": ("lib",), "tests/mm": ("mm",), "tests/sched": ("sched",),
    "tests/irq": ("irq",), "tests/kernel": ("kernel",),
    "tests/monitor": ("kernel/monitor",), "tests/fuzz": ("boot", "arch", "mm"),
    "tests/host": ("tests/host",),
    "tests/example": ("lib",),
}
PUBLIC = ("include/", "arch/x86_64/include/")
PARTS = ("debug", "history", "san")
COMPILER = {"stdarg.h", "stdbool.h", "stddef.h", "stdint.h"}
HOSTED = ("tests/host/", "tests/fuzz/")
LEAVES = ("arch", "boot")
BOOK = "docs/contributing.md"
INCLUDE = re.compile(r'^[ \t]*#[ \t]*include[ \t]*([<"])([^>"\n]+)[>"]', re.M)


def folder_of(path):
    """The entry of FLOORS that a file belongs to, or None."""
    if path.startswith("include/") and not path.startswith("include/base/"):
        path = path[len("include/"):]
    fits = [f for f in FLOORS if path == f or path.startswith(f + "/")]
    return max(fits, key=len) if fits else None


def public(path):
    return path.startswith(PUBLIC)


def home_of(path):
    """The folder that shares private headers with a file."""
    folder = posixpath.dirname(path)
    while posixpath.basename(folder) in PARTS:
        folder = posixpath.dirname(folder)
    return folder


def resolve(tree, path, mark, name):
    """The file that an include means; None: not in the tree."""
    places = [*PUBLIC, ""]
    if mark == '"':
        places.insert(0, posixpath.dirname(path))
    for place in places:
        full = posixpath.normpath(posixpath.join(place, name))
        if tree.exists(full):
            return full
    return None


def includes(tree, path):
    """(line, mark, name, file or None) of every #include."""
    text = tree.text(path)
    for m in INCLUDE.finditer(text):
        # A comment may quote one: then the code has no # there.
        start = m.start() + m[0].index("#")
        if tree.code(path)[start] != "#":
            continue
        line = text.count("\n", 0, start) + 1
        yield line, m[1], m[2], resolve(tree, path, m[1], m[2])


def may_take_private(path, target):
    home, theirs = home_of(path), home_of(target)
    if home == theirs:
        return True
    if path.startswith("tests/"):
        top = "/".join(path.split("/")[:2])
        return theirs == "tests" or any(
            theirs == t or theirs.startswith(t + "/")
            for t in TESTED.get(top, ()))
    mine, others = folder_of(path), folder_of(target)
    return mine in LEAVES and others in LEAVES


def judge(path, mark, name, target):
    """Why this include is wrong, or None."""
    if target is None:
        if name in COMPILER or path.startswith(HOSTED):
            return None
        return f"<{name}> is neither the kernel's nor the compiler's"
    mine, others = folder_of(path), folder_of(target)
    if mine is None:
        return "this folder stands on no floor (tools/checks/floors.py)"
    if others is None:
        return f"{target} stands on no floor (tools/checks/floors.py)"
    if not public(target):
        if mark == "<":
            return f"{target} is private: quotes, not <>"
        if not may_take_private(path, target):
            return f"{target} is a private header of another folder"
        if "/history/" in target and "/history/" not in path and not \
                path.startswith("tests/"):
            return f"{target} is history: not for mechanism"
        if FLOORS[others] == LEAF:
            return None     # a leaf's own, or a test of it
    if FLOORS[others] > FLOORS[mine]:
        return (f"upward: {mine} (floor {FLOORS[mine]}) includes "
                f"{others} (floor {FLOORS[others]})")
    return None


def sources(tree):
    return tree.having(".c", ".h")


def check(tree):
    """Every include of every file, and that they run in no circle."""
    edges = {}
    for path in sources(tree):
        edges[path] = []
        for line, mark, name, target in includes(tree, path):
            why = judge(path, mark, name, target)
            if why:
                yield at(path, line, why)
            if target:
                edges[path].append(target)
    for circle in circles(edges):
        yield at(circle[0], 1, "include circle: " + " -> ".join(circle))
    yield from check_picture(tree)


def circles(edges):
    """Each circle once, found where a walk comes back to its own path."""
    done, way = set(), []

    def walk(path):
        if path in way:
            yield way[way.index(path):] + [path]
            return
        if path in done:
            return
        way.append(path)
        for target in edges.get(path, ()):
            yield from walk(target)
        way.pop()
        done.add(path)

    for path in edges:
        yield from walk(path)


# ---- the picture for the book ----------------------------------------------

def edges_between(tree):
    """{folder: folders that it includes from}, tests left out."""
    result = {}
    for path in sources(tree):
        mine = folder_of(path)
        if mine in (None, "tests"):
            continue
        below = result.setdefault(mine, set())
        for _, _, _, target in includes(tree, path):
            others = folder_of(target) if target else None
            if others not in (None, mine):
                below.add(others)
    return result


def table(tree):
    """The floors from the top, and what each includes from others."""
    edges = edges_between(tree)
    order = sorted(edges, key=lambda f: (-FLOORS[f], f))
    rows = ["floor  folder                     includes from"]
    for folder in order:
        floor = "leaf" if FLOORS[folder] == LEAF else str(FLOORS[folder])
        below = ", ".join(sorted(edges[folder],
                                 key=lambda f: (-FLOORS[f], f)))
        rows.append(f"{floor:>5}  {folder:25}  {below or '-'}")
    return rows


def graph(tree):
    """The floors as text, then as a mermaid picture."""
    edges = edges_between(tree)
    order = sorted(edges, key=lambda f: (-FLOORS[f], f))
    names = {folder: f"f{i}" for i, folder in enumerate(order)}
    yield from table(tree)
    yield from ("", "```mermaid", "graph TD")
    for folder in order:
        yield f'  {names[folder]}["{folder}: {ABOUT[folder]}"]'
    for folder in order:
        for to in sorted(edges[folder]):
            yield f"  {names[folder]} --> {names.get(to, to)}"
    yield "```"


def check_picture(tree):
    """The table in the book is what the tree is."""
    if not tree.exists(BOOK):
        return
    with open(tree.path(BOOK), encoding="utf-8") as f:
        shown = re.search(r"<!-- floors.*?-->\n```\n(.*?)\n```", f.read(),
                          re.S)
    if not shown or shown[1].split("\n") != table(tree):
        yield at(BOOK, 1, "the floors are others now: put the table of "
                 "`make check GRAPH=1` there")
