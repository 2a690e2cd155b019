#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""check_docs.py - the text for people and the code agree.

Purpose.
    A table of options in a README is wrong after a month, and nothing else
    would notice. So the tables are compared with the declarations, both
    ways, and what the chapters name must exist.

Model.
    Declared: PARAM_*("name" and COMMAND("name" in the sources, VARIABLES in
    tools/help.py. Listed: the first column of the table below one heading
    of README.md. Named: in README.md and docs/*.md,
        `boot/boot.asm`       a file or folder of the tree
        `start_kernel()`      something in the sources with that name
        `arch.fault.*`        a glob that some self-test or benchmark matches
        [text](place#part)    a file, and a heading in it
    Proved: the items that self-tests name must stand in docs/spec.tsv.
    Blocks between ``` are transcripts and pictures: there only make's
    selftest= and TESTS= words are looked at.

Limits.
    That an option does what its row says, no program can check.
"""

import fnmatch
import glob
import json
import os
import re
import sys

import help as make_help

SOURCES = ("boot", "arch", "include", "lib", "mm", "sched", "irq", "kernel",
           "tests")
PARAM = re.compile(r"^\s*PARAM_(?:BOOL|UINT|U64|STR|FN)\(\s*\"([^\"]+)\"",
                   re.M)
COMMAND = re.compile(r"^\s*COMMAND\(\s*\"([^\"]+)\"", re.M)
SELFTEST = re.compile(r"^\s*SELFTEST\(\s*(\w+)\s*,\s*(\w+)\s*,\s*(\w+)"
                      r"\s*,\s*\"([^\"]*)\"", re.M)
VARIABLE = re.compile(r"^  ([A-Z_]+)=", re.M)
FENCE = re.compile(r"^```.*?^```", re.M | re.S)
CODE = re.compile(r"`([^`\n]+)`")
LINK = re.compile(r"\]\(([^)\s]+)\)")
ROW = re.compile(r"^\| *`([\w-]+)")
TESTS = re.compile(r"(?:selftest|TESTS)='?([a-z0-9_.*?,]+)")
PATH = re.compile(r"^(?:[\w.-]+/)+[\w.-]*$|^[\w-]+\.(?:md|py|ld|sh|asm|c|h)$")
CALL = re.compile(r"^(\w+)\(\)$")
CASE = re.compile(r"^[a-z0-9_*]+\.[a-z0-9_*?]+(?:\.[a-z0-9_*?]+)?$")


def read(path):
    with open(path, encoding="utf-8") as f:
        return f.read()


def sources():
    for top in SOURCES:
        for folder, _, names in os.walk(top):
            for name in names:
                if name.endswith((".c", ".h", ".asm")):
                    yield os.path.join(folder, name)


class Code:
    """What the sources declare."""

    def __init__(self):
        self.params, self.commands = set(), set()
        self.cases, self.items = set(), set()
        texts = []
        for path in sources():
            text = read(path)
            texts.append(text)
            for *name, items in SELFTEST.findall(text):
                self.cases.add(".".join(name))
                self.items |= set(filter(None, re.split(r", *", items)))
            if path.startswith("tests/") or path.endswith(".h"):
                continue
            self.params |= set(PARAM.findall(text))
            self.commands |= set(COMMAND.findall(text))
        texts += [read(p) for p in glob.glob("tools/**/*.py",
                                             recursive=True)]
        self.words = set(re.findall(r"\w+", "\n".join(texts)))
        self.benches = set(json.loads(
            read("tests/bench/baseline.json"))["operations"])
        self.variables = set(VARIABLE.findall(make_help.VARIABLES))

    def has_bench(self, pattern):
        """Benchmarks are known by their baseline."""
        return bool(fnmatch.filter(self.benches, pattern))

    def has_case(self, patterns):
        return all(fnmatch.filter(self.cases, p)
                   for p in patterns.split(",") if p)


def table(text, heading):
    """First column of the table below a heading."""
    found = re.search(rf"^#+ {re.escape(heading)}\n(.*?)(?=^#|\Z)", text,
                      re.M | re.S)
    if not found:
        return None
    return {m[1] for m in map(ROW.match, found[1].splitlines()) if m}


def compare(readme, heading, declared):
    """Both ways."""
    listed = table(readme, heading)
    if listed is None:
        yield f"README.md: no heading \"{heading}\""
        return
    for name in sorted(declared - listed):
        yield f"README.md, {heading}: {name} is declared but not listed"
    for name in sorted(listed - declared):
        yield f"README.md, {heading}: {name} is listed but not declared"


def slug(heading):
    """The name that a heading has in links."""
    return re.sub(r"[^\w -]", "", heading.strip().lower()).replace(" ", "-")


def bad_span(span, code):
    """Why the text between two ` is wrong, or None."""
    call = CALL.match(span)
    if call:
        return None if call[1] in code.words else "no such function"
    if PATH.match(span):
        if span.startswith(("build/", "http")) or os.path.exists(span):
            return None
        inside = glob.glob(f"**/{span}", recursive=True)
        return None if inside else "no such file"
    floor = span.split(".")[0]
    if CASE.match(span) and any(c.startswith(floor + ".")
                                for c in code.cases):
        return None if code.has_case(span) or code.has_case(span + ".*") \
            or code.has_bench(span) else "no such self-test or benchmark"
    return None


def bad_link(path, target):
    if target.startswith(("http:", "https:")):
        return None
    place, _, part = target.partition("#")
    place = os.path.join(os.path.dirname(path), place) if place else path
    if not os.path.exists(place):
        return "no such file"
    if part and part not in {slug(h) for h in re.findall(
            r"^#+ (.*)$", read(place), re.M)}:
        return "no such heading"
    return None


def check_items(code):
    rows = [line.split("\t") for line in read("docs/spec.tsv").splitlines()]
    known = {f"{row[3]} {row[0]}" for row in rows[1:]}
    for item in sorted(code.items - known):
        yield f"a self-test names {item}, which is not in docs/spec.tsv"


def check_page(path, code):
    text = read(path)
    for patterns in TESTS.findall(text):
        if not code.has_case(patterns):
            yield f"{path}: {patterns}: no such self-test"
    prose = FENCE.sub("", text)
    for span in CODE.findall(prose):
        why = bad_span(span, code)
        if why:
            yield f"{path}: `{span}`: {why}"
    for target in LINK.findall(prose):
        why = bad_link(path, target)
        if why:
            yield f"{path}: link to {target}: {why}"


def main():
    code = Code()
    readme = read("README.md")
    errors = list(compare(readme, "Kernel command line", code.params))
    errors += compare(readme, "Commands at the prompt", code.commands)
    errors += compare(readme, "Variables of make", code.variables)
    errors += check_items(code)
    for path in ["README.md"] + sorted(glob.glob("docs/*.md")):
        errors += check_page(path, code)
    for line in errors:
        print(line, file=sys.stderr)
    sys.exit(bool(errors))


if __name__ == "__main__":
    main()
