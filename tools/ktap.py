#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""ktap.py - did this run of the self-tests pass?

	tools/ktap.py [--code N] < log

Purpose.
    The judge. It is handed everything that came over the serial line and
    how QEMU ended, and must never call a run good that was not.

Model.
    The kernel prints, between other lines,

        KTAP version 1
        1..3
        # words about the case that comes next
        ok 1 lib.list.add_tail # 12 checks
        not ok 2 lib.list.splice # 4 checks, 1 failed
        ok 3 sched.smp.pair # SKIP needs 2 CPUs
        # totals: pass:1 fail:1 skip:1 checks:16

    and leaves with 33 (pass) or 35 (fail), at once. The programs of
    tests/host/ speak a shorter dialect, without the counts of checks.

Invariants. A run passes only if all of these hold:
    I1  one version line, then one plan, with at least one case;
    I2  as many results as planned, numbered 1, 2, 3 ... in order, each line
        whole and no name twice;
    I3  no "not ok", and no "ok" of a case that checked nothing;
    I4  the closing line agrees with the results, and is the last line;
    I5  no panic, before, between or behind;
    I6  exit code 33, and neither a reset nor a hang.
    One that has only "not ok" against it is a failure of these cases;
    everything else is a failure of the run itself.
"""

import argparse
import dataclasses
import re
import sys

VERSION = "KTAP version 1"
PLAN = re.compile(r"1\.\.(\d+)")
PANIC = re.compile(r"kernel panic|panic while reporting", re.I)
WHAT = re.compile(r"what: +(.*)")


@dataclasses.dataclass
class Dialect:
    """The shape of a result line and of the closing line."""
    result: re.Pattern
    closing: re.Pattern
    checks: bool  # do the lines count checks?


KERNEL = Dialect(
    re.compile(r"(?P<word>ok|not ok) (?P<nr>\d+) (?P<name>[\w.]+) # (?:"
               r"(?P<skip>SKIP .+)|(?P<checks>\d+) checks(?:, \d+ failed)?)"),
    re.compile(r"# totals: pass:(?P<passed>\d+) fail:(?P<failed>\d+) "
               r"skip:(?P<skipped>\d+) checks:(?P<checks>\d+)"), True)
HOST = Dialect(
    re.compile(r"(?P<word>ok|not ok) (?P<nr>\d+) (?P<name>[\w.]+)"
               r"(?P<skip> # SKIP.*)?"),
    re.compile(r"# (?P<passed>\d+) passed, (?P<failed>\d+) failed"
               r"(?:, (?P<skipped>\d+) skipped)?"), False)


@dataclasses.dataclass
class Case:
    """One result line, and the lines about it that came before."""
    name: str
    verdict: str  # "ok", "not ok" or "skip"
    why: str = ""
    checks: int = 0
    lines: list = dataclasses.field(default_factory=list)


@dataclasses.dataclass
class Outcome:
    """What the judge found."""
    cases: list = dataclasses.field(default_factory=list)
    problems: list = dataclasses.field(default_factory=list)

    def count(self, verdict):
        return sum(case.verdict == verdict for case in self.cases)

    def passed(self):
        return not self.problems and not self.count("not ok")


class Judge:
    """Reads the log line by line; see the invariants above."""

    def __init__(self, dialect):
        self.dialect = dialect
        self.outcome = Outcome()
        self.version = False
        self.plan = None
        self.closed = False
        self.panicked = False
        self.pending = []

    def problem(self, text):
        if text not in self.outcome.problems:
            self.outcome.problems.append(text)

    def line(self, line):
        self.panic(line)
        if self.panicked:
            return
        if line == VERSION:
            if self.version:
                self.problem("the self-tests began twice: a reset?")
            self.version = True
        elif not self.version:
            return
        elif self.closed:
            if line.strip():
                self.problem(f"a line behind the closing line: {line!r}")
        elif self.dialect.closing.fullmatch(line):
            self.closing(self.dialect.closing.fullmatch(line).groupdict())
        elif PLAN.fullmatch(line):
            if self.plan is not None:
                self.problem("a second plan")
            self.plan = int(PLAN.fullmatch(line)[1])
        elif self.dialect.result.fullmatch(line):
            self.result(self.dialect.result.fullmatch(line).groupdict())
        elif re.match(r"(not )?ok\b", line):
            self.problem(f"half a result line: {line!r}")
        else:
            self.pending.append(line)

    def panic(self, line):
        """The banner, then the message; nothing behind it counts."""
        if PANIC.search(line) and not self.panicked:
            self.panicked = True
            where = self.outcome.cases[-1:]
            self.problem("kernel panic " + (
                f"in the case after {where[0].name}" if where
                else "before the first result"))
        elif self.panicked and WHAT.match(line):
            self.problem("it says: " + WHAT.match(line)[1])

    def result(self, part):
        cases, name = self.outcome.cases, part["name"]
        if self.plan is None:
            self.problem("a result before the plan")
        if int(part["nr"]) != len(cases) + 1:
            self.problem(f"result {part['nr']} ({name}) where "
                         f"{len(cases) + 1} was due")
        if any(case.name == name for case in cases):
            self.problem(f"{name} twice")
        skip, word = part["skip"], part["word"]
        if skip and word == "not ok":
            self.problem(f"{name}: skipped and failed at once")
        checks = int(part.get("checks") or 0)
        if self.dialect.checks and word == "ok" and not skip and not checks:
            self.problem(f"{name}: ok, but it checked nothing")
        why = re.sub(r"^[ #]*SKIP *", "", skip or "")
        cases.append(Case(name, "skip" if skip and word == "ok" else word,
                          why, checks, self.pending))
        self.pending = []

    def closing(self, said):
        self.closed = True
        found = {"passed": self.outcome.count("ok"),
                 "failed": self.outcome.count("not ok"),
                 "skipped": self.outcome.count("skip")}
        said = {key: int(value) for key, value in said.items() if value}
        if "skipped" not in said:
            found["passed"] += found.pop("skipped")
        if "checks" in said:
            # What a skipped case checked before it gave up is not printed.
            checks = sum(case.checks for case in self.outcome.cases)
            found["checks"] = (max(said["checks"], checks)
                               if found.get("skipped") else checks)
        if found != said:
            self.problem(f"the closing line says {said}, the lines above are "
                         f"{found}")

    def end(self):
        count = len(self.outcome.cases)
        if not self.version:
            self.problem("the self-tests never began")
            return
        if self.plan is None:
            self.problem("no plan")
        elif self.plan == 0:
            self.problem("no case matched selftest=")
        elif self.plan != count:
            self.problem(f"{self.plan} cases planned, {count} results")
        if not self.closed:
            self.problem("no closing line")


def judge(log, code, hung="", reset=False, dialect=KERNEL):
    """Return the Outcome of one run.

    log: bytes of the serial line. code: QEMU's exit code. hung: why the
    watchdog ended the run, or "". reset: a triple fault was seen.
    """
    reader = Judge(dialect)
    text = log.decode(errors="replace").replace("\r", "")
    lines = text.split("\n")
    rest = lines.pop()
    for line in lines:
        reader.line(line)
    if rest:
        reader.panic(rest)
        reader.problem(f"the log ends within a line: {rest[-60:]!r}")
    reader.end()

    outcome = reader.outcome
    if hung:
        reader.problem("hang: " + hung)
    elif reset:
        reader.problem("triple fault: the processor reset")
    elif code == 0:
        reader.problem("reset or power-off instead of a verdict (QEMU 0)")
    elif code not in (33, 35):
        reader.problem(f"QEMU ended with {code}; 33 is pass, 35 is fail")
    elif code == 35 and not outcome.count("not ok") and not reader.panicked:
        reader.problem("exit code 35 (fail), but no case failed")
    elif code == 33 and outcome.count("not ok"):
        reader.problem("exit code 33 (pass), but a case failed")
    return outcome


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--code", type=int, default=33)
    outcome = judge(sys.stdin.buffer.read(), parser.parse_args().code)
    for case in outcome.cases:
        if case.verdict == "not ok":
            print("\n".join(case.lines + [f"FAILED {case.name}"]))
    for problem in outcome.problems:
        print("PROBLEM " + problem)
    print(f"{outcome.count('ok')} passed, {outcome.count('not ok')} failed, "
          f"{outcome.count('skip')} skipped")
    sys.exit(not outcome.passed())


if __name__ == "__main__":
    main()
