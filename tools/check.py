#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""check.py - `make check`: the rules that a machine can hold.

	check.py --build build/debug [--only style,floors] [--analyze] [--graph]

Purpose.
    Structure that only people watch over is gone after a year. What is
    checked, and why, stands in the modules of tools/checks/.

Model.
    A check is a function that yields complaints, "file:line: words". All run
    at the same time; each one's complaints are printed when it is done. The
    compiler and its flags come from the Makefile, so that headers are judged
    as the kernel is built.

Invariants.
    I1  The last line is "check: N files, M checks, K complaints"; the exit
        status is 0 exactly if K is 0 and every check ran or was skipped.
    I2  A check whose program is missing says "skipped" and why; one that
        breaks is a complaint.
"""

import argparse
import concurrent.futures
import shlex
import subprocess
import sys
import time
import traceback

from checks import (analyze, floors, formatting, headers, kerneldoc, style,
                    upcalls)
from checks.tree import Skipped, Tree


def parse_args():
    parser = argparse.ArgumentParser()
    parser.add_argument("--build", default="build/debug",
                        help="where the objects are")
    parser.add_argument("--only", default="", help="names of checks")
    parser.add_argument("--analyze", action="store_true",
                        help="the slow ones as well: cppcheck, gcc, clang")
    parser.add_argument("--graph", action="store_true",
                        help="print the floors instead")
    parser.add_argument("--cc", default="gcc")
    parser.add_argument("--flags", default=None)
    parser.add_argument("--nm", default="nm")
    return parser.parse_args()


def default_flags(cc):
    """What the Makefile would pass, but for its warnings."""
    own = subprocess.run([*cc, "-print-file-name=include"], check=True,
                         stdout=subprocess.PIPE, text=True).stdout.strip()
    return ["-std=gnu11", "-O2", "-DCONFIG_DEBUG=1", "-ffreestanding",
            "-nostdinc", "-isystem", own, "-Iinclude",
            "-Iarch/x86_64/include", "-I.", "-mgeneral-regs-only", "-Wall",
            "-Wextra"]


def all_checks(tree, args):
    """{name: function without arguments}."""
    cc = shlex.split(args.cc)
    flags = (default_flags(cc) if args.flags is None
             else shlex.split(args.flags))
    checks = {
        "formatting": lambda: formatting.check(tree),
        "floors": lambda: floors.check(tree),
        "headers": lambda: headers.check(tree, cc, flags),
        "upcalls": lambda: upcalls.check(tree, args.build, args.nm),
        "style": lambda: style.check(tree),
        "kerneldoc": lambda: kerneldoc.check(tree),
    }
    if args.analyze:
        checks.update({
            "cppcheck": lambda: analyze.cppcheck(tree),
            "analyzer": lambda: analyze.analyzer(tree, cc, flags),
            "tidy": lambda: analyze.tidy(tree),
        })
    if args.only:
        checks = {name: checks[name] for name in args.only.split(",")}
    return checks


def run(name, check):
    """(complaints, remark) of one check."""
    start = time.monotonic()
    try:
        complaints = list(check())
    except Skipped as e:
        return [], f"skipped: {e}"
    except Exception:  # I2
        return [f"{name}: {traceback.format_exc()}"], "broke"
    seconds = time.monotonic() - start
    return complaints, f"{len(complaints)} complaints, {seconds:.1f} s"


def main():
    args = parse_args()
    tree = Tree()
    if args.graph:
        print("\n".join(floors.graph(tree)))
        return 0
    checks, total = all_checks(tree, args), 0
    with concurrent.futures.ThreadPoolExecutor(4) as pool:
        waiting = {name: pool.submit(run, name, check)
                   for name, check in checks.items()}
        for name, done in waiting.items():
            complaints, remark = done.result()
            for line in complaints:
                print(line)
            print(f"{name + ':':12} {remark}", flush=True)
            total += len(complaints)
    print(f"check: {len(tree.files)} files, {len(checks)} checks, "
          f"{total} complaints")
    return 1 if total else 0


if __name__ == "__main__":
    sys.exit(main())
