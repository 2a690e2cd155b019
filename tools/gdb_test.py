#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""gdb_test.py - GDB, its commands and the replay tools, on real guests.

	tools/gdb_test.py [NAME...]    run these, show GDB's output

Purpose.
    Helpers for a debugger rot unseen, since nobody needs them until the day
    they must work. So `make test` debugs.

Model.
    A Session is a machine, and cases of tests/gdb/live.py that GDB runs on
    it in batch mode. A planted session breaks the unwinder and is right
    exactly if cases fail. `replay` and `record` are told in tools/replay.py
    and tools/record.py. Sessions use MODE=det: one host thread, no timing.

Invariants.
    I1  A case that did not report is a failure: "GDBTEST done" must come.
    I2  No session outlives LIMIT.
"""

import argparse
import dataclasses
import os
import re
import sys

import gdb_session
import qemu
import record
import replay
from result import FAIL, SKIP, Job, Result, tail

LIMIT = 120  # seconds; a session takes three on an idle machine
CASES = "tests/gdb/live.py"
VERDICT = re.compile(r"^GDBTEST (ok|not ok) (\w+)(?:: (.*(?:\n    .*)*))?",
                     re.M)
DONE = re.compile(r"^GDBTEST done (\d+)$", re.M)
TESTS = "selftest=irq.smp_call.on_each,arch.fault.read_unmapped panic=exit"


@dataclasses.dataclass(frozen=True)
class Session:
    """A guest and what is done to it."""
    name: str
    cases: str           # a key of CASES in tests/gdb/live.py
    append: str = TESTS
    code: int = qemu.EXIT_PASS  # QEMU's, at the end; None: it is killed
    plant: str = ""
    items: str = ""      # what of docs/spec.tsv it proves


SESSIONS = (
    Session("session", "session", items="A IDT-8"),
    Session("memory", "memory", "selftest=mm.vmalloc.scattered_frames panic=exit"),
    Session("dead", "dead", "selftest=lib.glob.* panic=exit "
            "trip=smp.arrive:2", None),
    Session("printer", "printer", code=None, items="A IDT-8"),
    Session("plant-gone", "unwind", code=None, plant="gone"),
    Session("plant-shifted", "unwind", code=None, plant="shifted"),
    Session("plant-swapped", "unwind", code=None, plant="swapped"),
)


def judge(text, ended):
    """The cases of GDB's output; a Result for each, and for what lacks."""
    results = [Result(name, *(() if word == "ok" else (FAIL, why)), checks=1)
               for word, name, why in VERDICT.findall(text)]
    done = DONE.search(text)
    if not ended or not done:
        results.append(Result("run", FAIL, "GDB did not come to the end"))
    elif int(done[1]) != len(results) or not results:
        results.append(Result("run", FAIL, f"{len(results)} of {done[1]} "
                              "cases reported"))
    return results


def run_session(build, session, show=False):
    """Results of one session; a planted one is turned around."""
    m = qemu.Machine(dir=os.path.join(build, "debug"), smp=4, mode="det",
                     append=session.append)
    with gdb_session.Guest(m) as guest:
        text, ended = guest.gdb([f"source {CASES}"], LIMIT, {
            "VX_CASES": session.cases, "VX_PLANT": session.plant,
            "VX_SERIAL": guest.serial})
        code = guest.exit_code() if session.code is not None else None
    if show:
        print(text)
    results = judge(text, ended)
    if code != session.code:
        results.append(Result("end", FAIL, f"QEMU ended with {code}"))
    if session.plant:
        failed = [r.name for r in results if r.verdict == FAIL]
        seen = failed and "run" not in failed
        return [Result(session.name) if seen else Result(
            session.name, FAIL, "a broken unwinder was not noticed:\n"
            + tail(text))]
    for result in results:
        if result.verdict == FAIL:
            result.story += "\n\n" + tail(text)
    return results


def jobs(build):
    """For the matrix of `make test`."""
    def job(name, run):
        again = f"python3 tools/gdb_test.py {name}"

        def guarded():
            try:
                gdb_session.gdb_program()
            except qemu.Refused as error:
                return [Result(name, SKIP, str(error))]
            results = run()
            for result in results:
                result.again = again
            return results
        return Job("gdb-" + name, guarded, again)
    made = [job(s.name, lambda s=s: run_session(build, s)) for s in SESSIONS]
    made.append(job("replay", lambda: replay.check(build)))
    made.append(job("record", lambda: record.check(build)))
    return made


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("names", nargs="*")
    parser.add_argument("--build", default="build")
    args = parser.parse_args()
    bad = 0
    for session in SESSIONS:
        if args.names and session.name not in args.names:
            continue
        for result in run_session(args.build, session, bool(args.names)):
            bad += result.verdict == FAIL
            print(f"{session.name}: {result.verdict} {result.name} "
                  f"{result.story}".rstrip())
    for name, check in (("replay", replay.check), ("record", record.check)):
        if args.names and name not in args.names:
            continue
        for result in check(args.build):
            bad += result.verdict == FAIL
            print(f"{name}: {result.verdict} {result.name} "
                  f"{result.story}".rstrip())
    sys.exit(bool(bad))


if __name__ == "__main__":
    main()
