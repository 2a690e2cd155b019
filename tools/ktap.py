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
        ok 1 lib.list.add_tail
        not ok 2 lib.list.splice
        ok 3 sched.smp.pair # SKIP needs 2 CPUs
        # 1 passed, 1 failed, 1 skipped

    and leaves with 33 (pass) or 35 (fail), at once.

Invariants. A run passes only if all of these hold:
    I1  one version line, then one plan, with at least one case;
    I2  as many results as planned, numbered 1, 2, 3 ... in order, each line
        whole and no name twice;
    I3  no "not ok";
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
RESULT = re.compile(r"(ok|not ok) (\d+) ([\w.]+)(?: # (SKIP)\b ?(.*))?")
CLOSING = re.compile(r"# (\d+) passed, (\d+) failed, (\d+) skipped")
PANIC = re.compile(r"kernel panic|panic while reporting", re.I)
WHAT = re.compile(r"what: +(.*)")


@dataclasses.dataclass
class Case:
    """One result line, and the lines about it that came before."""
    name: str
    verdict: str  # "ok", "not ok" or "skip"
    why: str = ""
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

    def __init__(self):
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
        elif CLOSING.fullmatch(line):
            self.closing(*map(int, CLOSING.fullmatch(line).groups()))
        elif PLAN.fullmatch(line):
            if self.plan is not None:
                self.problem("a second plan")
            self.plan = int(PLAN.fullmatch(line)[1])
        elif RESULT.fullmatch(line):
            self.result(*RESULT.fullmatch(line).groups())
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

    def result(self, word, number, name, skip, why):
        cases = self.outcome.cases
        if self.plan is None:
            self.problem("a result before the plan")
        if int(number) != len(cases) + 1:
            self.problem(f"result {number} ({name}) where {len(cases) + 1} "
                         "was due")
        if any(case.name == name for case in cases):
            self.problem(f"{name} twice")
        if skip and word == "not ok":
            self.problem(f"{name}: skipped and failed at once")
        verdict = "skip" if skip and word == "ok" else word
        cases.append(Case(name, verdict, why or "", self.pending))
        self.pending = []

    def closing(self, passed, failed, skipped):
        self.closed = True
        found = tuple(map(self.outcome.count, ("ok", "not ok", "skip")))
        if found != (passed, failed, skipped):
            self.problem(
                f"the closing line says {passed} passed, {failed} failed, "
                f"{skipped} skipped; the lines above are {found[0]}, "
                f"{found[1]}, {found[2]}")

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


def judge(log, code, hung="", reset=False):
    """Return the Outcome of one run.

    log: bytes of the serial line. code: QEMU's exit code. hung: why the
    watchdog ended the run, or "". reset: a triple fault was seen.
    """
    reader = Judge()
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
    elif code == 35 and not outcome.count("not ok"):
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
