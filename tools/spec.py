#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""spec.py - `make spec`: which items of the specification are proved.

	tools/spec.py [--item PG-9 | --table]

Purpose.
    docs/spec.tsv says what must hold. A case names the items that it proves,
    SELFTEST(lib, list, add, "A PROC-12, B LIB-01"). This program brings the
    two together with what the last run of the tests found.

Model.
    Items come from docs/spec.tsv. Names come from the SELFTESTs in tests/,
    from the dialogues of console_test.py, from the sessions of gdb_test.py,
    and from a line ITEMS = "A PG-10" in a program tests/host/test_*.py.
    Results come from build/test/junit.xml, where assertions= is the number of
    checks that were made.

Invariants.
    I1  A case proves its items only if it ran, never failed, and passed at
        least once with at least one check.
    I2  An item is proved, or failing (a case failed), or silent (cases ran
        and asserted nothing), or not run, or open (no case names it).
    I3  Errors: a name that cannot be read, or is no item; after a whole
        run, a must item that is silent or not run.
    I4  The last line is "spec: X of Y must items proved, Z of W should".

Limits.
    Whether a case asserts all that its item demands, only a reader can say.
"""

import argparse
import dataclasses
import difflib
import glob
import os
import re
import signal
import sys
import textwrap
import xml.etree.ElementTree as xml

import console_test
import gdb_test
from result import FAIL, PASS, SKIP, Result

HEADER = ["id", "priority", "title", "specification", "what must hold"]
PRIORITIES = ("must", "should", "nice", "document", "out")
ID = r"[A-Z]+-[A-Z]*\d+[A-Z]?"
NAME = re.compile(rf"([A-Z])\s+({ID})")
# Strings must be known, or /* inside one would begin a comment.
STRING = r'"(?:\\.|[^"\\\n])*"'
TOKEN = re.compile(rf"{STRING}|'(?:\\.|[^'\\\n])+'|//[^\n]*|/\*.*?\*/", re.S)
WHOLE = ("console-", "gdb-")  # jobs that name items, not their parts
ITEMS = re.compile(rf"^ITEMS = ({STRING})$", re.M)
SELFTEST = re.compile(
    r"\bSELFTEST\(\s*(\w+)\s*,\s*(\w+)\s*,\s*(\w+)\s*,"
    rf"((?:\s*{STRING})+)\s*(?:,\s*\w+\s*)?\)")
BEGINNING = re.compile(r"\bSELFTEST\s*\(")
SHOWN = 3  # cases on the line of an item; ITEM= shows all


@dataclasses.dataclass
class Item:
    """A row of docs/spec.tsv."""
    id: str
    priority: str
    title: str
    letter: str
    holds: str

    def name(self):
        return f"{self.letter} {self.id}"

    def section(self):
        return f"{self.letter} {self.id.partition('-')[0]}"


@dataclasses.dataclass
class Case:
    """Something that names items: a self-test, dialogue or host program."""
    name: str
    items: str
    where: str


@dataclasses.dataclass
class Ran:
    """One run of a case."""
    job: str
    verdict: str
    checks: int
    why: str = ""


# ---- reading ---------------------------------------------------------------

def read_items(path, errors):
    """docs/spec.tsv as {id: Item}."""
    with open(path, encoding="utf-8") as f:
        rows = [line.rstrip("\n").split("\t") for line in f]
    if not rows or rows[0] != HEADER:
        errors.append(f"{path}:1: the columns must be {', '.join(HEADER)}")
    items = {}
    for nr, row in enumerate(rows[1:], 2):
        if len(row) != len(HEADER) or not all(f.strip() for f in row):
            errors.append(f"{path}:{nr}: {len(HEADER)} fields, none empty")
            continue
        item = Item(*row)
        if not re.fullmatch(ID, item.id) or len(item.letter) != 1:
            errors.append(f"{path}:{nr}: {item.name()!r} is no name")
        elif item.priority not in PRIORITIES:
            errors.append(f"{path}:{nr}: priority {item.priority!r}")
        elif item.id in items:
            errors.append(f"{path}:{nr}: {item.id} stands here twice")
        else:
            items[item.id] = item
    return items


def read_cases(folder, errors):
    """The SELFTESTs of all sources below a folder."""
    cases = []
    for where, folders, names in os.walk(folder):
        folders.sort()
        for name in sorted(names):
            if name.endswith(".c"):
                cases += read_source(os.path.join(where, name), errors)
    return cases


def without_comments(text):
    """Comments become their line ends, so that line numbers stay."""
    return TOKEN.sub(lambda m: m[0] if m[0][0] in "\"'"
                     else " " + "\n" * m[0].count("\n"), text)


def read_source(path, errors):
    with open(path, encoding="utf-8") as f:
        text = without_comments(f.read())
    cases, read = [], set()
    for found in SELFTEST.finditer(text):
        read.add(found.start())
        items = "".join(s[1:-1] for s in re.findall(STRING, found[4]))
        line = text.count("\n", 0, found.start()) + 1
        cases.append(Case(".".join(found.groups()[:3]), items,
                          f"{path}:{line}"))
    for found in BEGINNING.finditer(text):
        if found.start() not in read and not in_string(text, found.start()):
            line = text.count("\n", 0, found.start()) + 1
            errors.append(f"{path}:{line}: a SELFTEST that cannot be read: "
                          "it is SELFTEST(floor, concept, case, \"A PG-9\")")
    return cases


def in_string(text, at):
    return any(m.start() < at < m.end() for m in TOKEN.finditer(text))


def read_scripts(scripts):
    """Dialogues that name items."""
    return [Case("console-" + s.name, s.items, "tools/console_test.py")
            for s in scripts if s.items]


def read_sessions(sessions):
    """Sessions in GDB that name items."""
    return [Case("gdb-" + s.name, s.items, "tools/gdb_test.py")
            for s in sessions if s.items]


def read_programs(folder):
    """Programs for this machine that name items."""
    cases = []
    for path in sorted(glob.glob(os.path.join(folder, "host/test_*.py"))):
        with open(path, encoding="utf-8") as f:
            found = ITEMS.search(f.read())
        if found:
            name = os.path.basename(path)[:-3]
            cases.append(Case(name, found[1][1:-1], path))
    return cases


def read_runs(path):
    """junit.xml as {case: [Ran]}, and whether everything was run."""
    root = xml.parse(path).getroot()
    runs = {}
    for suite in root.iter("testsuite"):
        job = suite.get("name")
        for case in suite.iter("testcase"):
            skipped = case.find("skipped")
            verdict = FAIL if case.find("failure") is not None else \
                PASS if skipped is None else SKIP
            name = job if job.startswith(WHOLE) else case.get("name")
            runs.setdefault(name, []).append(Ran(
                job, verdict, int(case.get("assertions", "0")),
                "" if skipped is None else skipped.get("message", "")))
    return runs, root.get("complete") == "true"


# ---- judging ---------------------------------------------------------------

class Spec:
    """Items, the cases that name them, and what became of these."""

    def __init__(self, items, cases, runs, complete):
        self.items, self.runs, self.complete = items, runs, complete
        self.errors = []
        self.named = {name: [] for name in items}
        for case in cases:
            self.take(case)
        for item in items.values():
            self.check(item)

    def error(self, case, text):
        self.errors.append(f"{case.where}: {case.name}: {text}")

    def take(self, case):
        """Give a case to the items that it names."""
        if not case.items.strip():
            return
        seen = set()
        for part in case.items.split(","):
            found = NAME.fullmatch(part.strip())
            if not found:
                self.error(case, f"{part.strip()!r} in \"{case.items}\" is "
                           "no name: they look like A PG-9, with commas")
                continue
            letter, name = found.groups()
            if name not in self.items:
                near = difflib.get_close_matches(name, self.items, 1)
                self.error(case, f"no item {letter} {name}" + (
                    f"; is it {self.items[near[0]].name()}?" if near else ""))
            elif self.items[name].letter != letter:
                self.error(case, f"{letter} {name} is "
                           f"{self.items[name].name()}")
            elif name in seen:
                self.error(case, f"it names {letter} {name} twice")
            else:
                self.named[name].append(case)
            seen.add(name)

    def case_state(self, case):
        """I1, I2 for one case."""
        runs = self.runs.get(case.name, [])
        if any(r.verdict == FAIL for r in runs):
            return "failing"
        if any(r.verdict == PASS and r.checks for r in runs):
            return "proved"
        return "silent" if runs else "not run"

    def state(self, item):
        """I2 for an item: the best that a case says."""
        states = {self.case_state(case) for case in self.named[item.id]}
        for state in ("proved", "failing", "silent", "not run"):
            if state in states:
                return state
        return "open"

    def proofs(self, item):
        return [case for case in self.named[item.id]
                if self.case_state(case) == "proved"]

    def check(self, item):
        """I3."""
        if not self.complete or item.priority != "must":
            return
        if self.state(item) in ("silent", "not run"):
            self.errors.append(
                f"{item.name()}: what names it asserts nothing: "
                + shortened([f"{case.name} ({self.why(case)})"
                             for case in self.named[item.id]]))

    def why(self, case):
        runs = self.runs.get(case.name, [])
        reasons = sorted({r.why for r in runs if r.verdict == SKIP})
        if not runs:
            return "did not run"
        return "skipped: " + ", ".join(reasons) if reasons else "0 checks"

    def count(self, priority, section=None):
        """(proved, all) of a priority, of one section or of all."""
        items = [item for item in self.items.values()
                 if item.priority == priority
                 and section in (None, item.section())]
        return sum(self.state(i) == "proved" for i in items), len(items)

    def closing(self):
        """I4."""
        return ("spec: {} of {} must items proved, {} of {} should".format(
            *self.count("must"), *self.count("should")))


# ---- showing ---------------------------------------------------------------

def shortened(names):
    more = [f"{len(names) - SHOWN} more"] if len(names) > SHOWN else []
    return ", ".join(names[:SHOWN] + more)


def show_all(spec):
    for item in spec.items.values():
        cases = [case.name for case in spec.proofs(item)]
        if not cases:
            cases = [f"{case.name} ({spec.case_state(case)})"
                     for case in spec.named[item.id]]
        print(f"{item.name():11} {item.priority:8} {spec.state(item):7}  "
              f"{shortened(cases)}".rstrip())


def show_item(spec, name):
    """All about one item; PG-9 and A PG-9 are both understood."""
    key = name.split()[-1] if name.split() else ""
    item = spec.items.get(key)
    if not item or name not in (key, item.name()):
        near = difflib.get_close_matches(key, spec.items, 3)
        spec.errors.append(f"no item {name!r}" + (
            "; near it: " + ", ".join(near) if near else ""))
        return
    print(f"{item.name()}  {item.title}  ({item.priority}): "
          f"{spec.state(item)}")
    print(textwrap.indent(textwrap.fill(item.holds, 72), "    "))
    for case in spec.named[item.id]:
        print(f"  {spec.case_state(case):8} {case.name}  {case.where}")
        for ran in spec.runs.get(case.name, []):
            about = f"{ran.checks} checks" if ran.checks else ran.why
            print(f"           {ran.verdict} in {ran.job}"
                  + (f": {about}" if about else ""))


SECTIONS = {
    "A": "GEN general; SEG segments; PG paging; BOOT boot; TLB TLB; "
         "PROC processes; STK stacks; RQ run queues; PIDH PID hash; "
         "WAIT wait queues; SW switch; FORK fork; KT kernel threads; "
         "EXIT exit; SIG signals; INT interrupts; IDT gates; IRQ IRQ lines; "
         "SIRQ softirqs; TLET tasklets; WKQ work queues; RET returns; "
         "PRE preemption; SYNC synchronisation; MM memory",
    "B": "B boot; S system calls; X exit to user; P process; C core "
         "scheduler; R real-time; F fair; G groups; L balancing; W waiting; "
         "T wake-up; K fork; E exec; Z exit; KTH kernel threads; KS kswapd; "
         "Q work queues; PT pthreads; FX futex; LIB libraries",
    "C": "EV generations; CC concurrency; KB basics",
}


def section_words():
    """{"A GEN": "general", ...}"""
    return {f"{letter} {part.split()[0]}": part.split(maxsplit=1)[1]
            for letter, text in SECTIONS.items()
            for part in text.split("; ")}


def show_table(spec):
    """For docs/spec.md."""
    words = section_words()
    print("| section | about | items | must proved | should proved "
          "| others proved |")
    print("|---|---|---|---|---|---|")
    sections = list(dict.fromkeys(i.section() for i in spec.items.values()))
    for section in sections + [None]:
        counts = {p: spec.count(p, section) for p in PRIORITIES}
        rest = [counts[p] for p in PRIORITIES[2:]]
        cells = [f"{a} of {b}" if b else "" for a, b in (
            counts["must"], counts["should"],
            (sum(a for a, _ in rest), sum(b for _, b in rest)))]
        print("| {} | {} | {} | {} |".format(
            section or "all", words.get(section, ""),
            sum(b for _, b in counts.values()), " | ".join(cells)))


# ---- the two ways in -------------------------------------------------------

def load(build, table="docs/spec.tsv", tests="tests",
         scripts=tuple(console_test.SCRIPTS),
         sessions=gdb_test.SESSIONS):
    """The Spec of this tree and of the last run; errors are in it."""
    errors = []
    items = read_items(table, errors)
    cases = (read_cases(tests, errors) + read_programs(tests)
             + read_scripts(scripts) + read_sessions(sessions))
    junit = os.path.join(build, "test", "junit.xml")
    runs, complete = {}, False
    if os.path.exists(junit):
        runs, complete = read_runs(junit)
    else:
        errors.append(f"{junit}: no results yet; make test writes them")
    spec = Spec(items, cases, runs, complete)
    spec.errors[:0] = errors
    return spec


def job(build):
    """The last step of `make test`."""
    spec = load(build)
    print("  " + spec.closing())
    return [Result("items", FAIL, text, "make spec")
            for text in spec.errors] or [Result("items")]


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--build", default="build")
    parser.add_argument("--item", help="all about one item")
    parser.add_argument("--table", action="store_true",
                        help="numbers by section, for docs/spec.md")
    args = parser.parse_args()
    signal.signal(signal.SIGPIPE, signal.SIG_DFL)  # make spec | head
    spec = load(args.build)
    if args.item:
        show_item(spec, args.item)
    elif args.table:
        show_table(spec)
    else:
        show_all(spec)
    sys.stdout.flush()
    for text in spec.errors:
        print("error: " + text, file=sys.stderr)
    sys.stderr.flush()
    if not spec.complete and not args.table:
        print("note: the last run was not a whole `make test`")
    if not args.table:
        print(spec.closing())
    sys.exit(bool(spec.errors))


if __name__ == "__main__":
    main()
