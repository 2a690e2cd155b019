# SPDX-License-Identifier: MIT
"""vx_vmalloc.py - vx-vmalloc: the addresses of vmalloc, from their trees.

Model.
    mm/vmap_tree.c has two trees by address: areas in use, and holes, each
    hole knowing the largest in its subtree. Both are walked in order and
    compared with each other: no two overlap, and what a hole says of its
    subtree is true.
"""

import gdb

from vx_kernel import symbol_at

GUARD = 4096


def address(pointer):
    return int(pointer) % (1 << 64)


def area_of(node):
    """The struct vmap_area that a node of a tree lies in."""
    kind = gdb.lookup_type("struct vmap_area")
    offset = next(f.bitpos // 8 for f in kind.fields() if f.name == "node")
    return gdb.Value(address(node) - offset).cast(
        kind.pointer()).dereference()


def in_order(node, problems):
    """The areas below a node, ascending."""
    path = []
    while path or address(node):
        while address(node):
            path.append(node)
            node = node["rb_left"]
            if len(path) > 128:
                problems.append("a tree is too deep: it has a circle")
                return
        node = path.pop()
        yield area_of(node)
        node = node["rb_right"]


def size(area):
    return int(area["end"]) - int(area["start"])


def largest_below(node, problems):
    """Checks max_hole of every node; the largest hole of a subtree."""
    if not address(node):
        return 0
    area = area_of(node)
    largest = max(size(area), largest_below(node["rb_left"], problems),
                  largest_below(node["rb_right"], problems))
    if int(area["max_hole"]) != largest:
        problems.append(f"the hole at {int(area['start']):#x} says "
                        f"{int(area['max_hole']):#x} is the largest below, "
                        f"it is {largest:#x}")
    return largest


def check(busy, holes, space, problems):
    spans = sorted((int(a["start"]), int(a["end"]), what)
                   for what, found in (("area", busy), ("hole", holes))
                   for a in found)
    for (start, end, what), (other, _, _) in zip(spans, spans[1:]):
        if end > other:
            problems.append(f"the {what} at {start:#x} reaches into "
                            f"{other:#x}")
    for what, found in (("busy", busy), ("holes", holes)):
        count = int(space[f"nr_{what}"])
        if len(found) != count:
            problems.append(f"{len(found)} in the tree {what}, nr_{what} is "
                            f"{count}")


class Vmalloc(gdb.Command):
    """vx-vmalloc: the areas of vmalloc in use, and the holes between them.

Walks both trees and says where they are not sound."""

    def __init__(self):
        super().__init__("vx-vmalloc", gdb.COMMAND_DATA)

    def invoke(self, arg, from_tty):
        if arg.strip():
            raise gdb.GdbError("usage: vx-vmalloc")
        space, problems = gdb.parse_and_eval("vmap_space"), []
        root = space["holes"]["rb_node"]
        busy = list(in_order(space["busy"]["rb_node"], problems))
        holes = list(in_order(root, problems))
        largest_below(root, problems)
        check(busy, holes, space, problems)
        for area in busy:
            kind = str(area["kind"]).removeprefix("VMAP_").lower()
            first = int(area["start"]) + int(area["lead"]) * GUARD
            caller = int(area["caller"])
            print(f"{first:#x} {int(area['nr']):6} pages  {kind:8} "
                  f"{symbol_at(caller) or hex(caller)}")
        print(f"{len(busy)} areas, {len(holes)} holes, the largest of "
              f"{max(map(size, holes), default=0) >> 20} MiB")
        for problem in problems:
            print(f"WRONG: {problem}")


def register():
    Vmalloc()
