#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""mutate.py - `make mutate`: do the tests notice when the code is wrong?

	make mutate FLOOR=lib|arch|boot|mm|sched|irq|kernel N=50 SEED=1
		[FILE=path] [LIMIT=75] [JOBS=2] [QUICK=1]

Purpose.
    A test suite that passes says little; one that fails for every fault says
    something. This plants faults, one at a time, and counts how many the
    tests find. What survives is a line that no test would miss.

Model.
    The candidates of all files of a floor (mutants.py) are shuffled by SEED
    and tried in this order until N have counted, at most one a line:

        change the file -> compile -> same object? ->
        host      the host tests, if the file is among them ->
        det-2     a boot in mode det with 2 CPUs, the floor's suite ->
        det-4     with 4 CPUs and another seed, every suite ->
        console   the dialogues with the prompt: panics, CPUs, commands ->
        boots     the other machines of `make test`, suites arch and mm

    The first thing that fails kills the mutant. "Fails" is what `make test`
    calls so (ktap.py, skips.py). What no stage kills has survived, unless
    REASONS says why it may: such mutants are not run, listed apart and not
    counted.

Invariants.
    I1  The work tree is only read. Each worker has a copy under
        build/mutate/, where nobody else works (a lock file).
    I2  Before the first mutant that reaches a stage, the unchanged kernel
        has passed it.
    I3  Equal tree, SEED and N: equal mutants, whatever JOBS is. A wall-clock
        limit may end one, so a busy machine may kill, never save.
    I4  A reason whose line or mutant is gone is an error, in every run.

Limits. Time limits are a multiple of what the unchanged code needed. A
    barrier that is missing shows on no run here: TCG in mode det runs the
    CPUs in turn.
"""

import argparse
import concurrent.futures
import csv
import dataclasses
import fcntl
import glob
import hashlib
import itertools
import os
import random
import re
import shutil
import subprocess
import sys
import time

import console_test
import jobs
import ktap
import mutants
import qemu
import skips
from result import FAIL

REASONS = "tests/mutants.tsv"
COLUMNS = ["file", "function", "line", "mutant", "reason"]
COPIED = ("Makefile", "linker.ld", "arch", "boot", "include", "irq", "kernel",
          "lib", "mm", "sched", "tests", "tools")
NOT_MECHANISM = ("debug", "history", "san", "include")
TEST_LIMIT = 15  # seconds of guest time for one case
BOOTS_SUITE = "arch.*,mm.*"  # what another machine can make different
RARE = ("console", "boots")
STAGES = ("host", "det-2", "det-4", *RARE)
KILLED, SURVIVED, EQUAL, BROKEN = "killed", "survived", "equal", "broken"


@dataclasses.dataclass(frozen=True)
class Floor:
    """Where its mechanism lies, and the suites that are about it."""
    folder: str
    suite: str


FLOORS = {
    "lib": Floor("lib", "lib.*,irq.*"),
    "arch": Floor("arch/x86_64", "arch.*"),
    "boot": Floor("boot", "arch.*"),
    "mm": Floor("mm", "mm.*"),
    "sched": Floor("sched", "sched.*"),
    "irq": Floor("irq", "irq.*"),
    "kernel": Floor("kernel", "kernel.*,monitor.*"),
}


@dataclasses.dataclass
class Verdict:
    """What became of a mutant."""
    state: str
    by: str = ""  # the stage that killed it
    why: str = ""
    timeout: bool = False


class Broken(Exception):
    """Mutation testing itself cannot go on."""


# ---- what to try -----------------------------------------------------------

def sources(floor, only):
    """The mechanism files of a floor, or those that only= names."""
    if only:
        found = sorted(glob.glob(only))
        if not found:
            raise Broken(f"FILE={only}: there is no such file")
        return found
    found = []
    for folder, below, names in os.walk(FLOORS[floor].folder):
        below[:] = sorted(d for d in below if d not in NOT_MECHANISM)
        found += [os.path.join(folder, name) for name in names
                  if name.endswith((".c", ".asm"))]
    return sorted(found)


def read(path):
    with open(path, encoding="utf-8") as f:
        return f.read()


def load_reasons(path=REASONS):
    """key of a mutant -> why it may survive."""
    if not os.path.exists(path):
        return {}
    with open(path, encoding="utf-8", newline="") as f:
        rows = list(csv.reader(f, delimiter="\t", quoting=csv.QUOTE_NONE))
    if not rows or rows[0] != COLUMNS:
        raise Broken(f"{path}: the first line must name the columns "
                     + ", ".join(COLUMNS))
    reasons = {}
    for number, row in enumerate(rows[1:], 2):
        if len(row) != len(COLUMNS) or not all(row):
            raise Broken(f"{path}:{number}: {len(COLUMNS)} columns, none "
                         "empty, with tabs between them")
        if tuple(row[:4]) in reasons:
            raise Broken(f"{path}:{number}: twice the same mutant")
        reasons[tuple(row[:4])] = row[4]
    return reasons


def stale(reasons):
    """I4: entries that match no mutant of today's sources."""
    known = set()
    for path in {key[0] for key in reasons}:
        if os.path.exists(path):
            text = read(path)
            known |= {m.key(text) for m in mutants.mutants(path, text)}
    return [key for key in reasons if key not in known]


def in_order(texts, seed):
    """Every mutant of the files, shuffled; later ones of a line left out.

    texts: path -> text, sorted by path.
    """
    found = []
    for path, text in texts.items():
        found += mutants.mutants(path, text)
    random.Random(seed).shuffle(found)
    lines = set()
    for m in found:
        if (m.path, m.line) not in lines:
            lines.add((m.path, m.line))
            yield m


# ---- a private copy --------------------------------------------------------

class Copy:
    """A tree of its own, built, in which one file at a time is changed."""

    def __init__(self, root, seed, quick=False):
        self.root = os.path.abspath(root)
        self.seed = seed
        self.quick = quick
        self.limits = {}
        self.proven = set()
        os.makedirs(self.root, exist_ok=True)
        self.lock = open(os.path.join(self.root, ".lock"), "w",
                         encoding="ascii")
        try:
            fcntl.flock(self.lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError as error:
            raise Broken(f"{root}: another `make mutate` works here"
                         ) from error

    def path(self, name):
        return os.path.join(self.root, name)

    def refresh(self):
        """Make the sources those of the work tree; times change only where
        the text does, so the next build compiles little."""
        wanted = set(self.tree(""))
        for name in self.tree(self.root):
            if name not in wanted:
                os.remove(self.path(name))
        for name in wanted:
            target = self.path(name)
            os.makedirs(os.path.dirname(target), exist_ok=True)
            with open(name, "rb") as f:
                new = f.read()
            if not os.path.exists(target) or bytes_of(target) != new:
                shutil.copyfile(name, target)

    @staticmethod
    def tree(root):
        """The copied files below root, as seen from there."""
        for top in COPIED:
            start = os.path.join(root, top)
            if os.path.isfile(start):
                yield top
            for folder, below, names in os.walk(start):
                below[:] = [d for d in below if d != "__pycache__"]
                for name in names:
                    yield os.path.relpath(os.path.join(folder, name),
                                          root or ".")

    def make(self, *goals):
        """Return what the build said if it failed, else ""."""
        done = subprocess.run(
            ["make", "--no-print-directory", "-C", self.root, "CONFIG=debug",
             "BUILD=build", "LLVM=0", "WERROR=0", "HOST_CCS=gcc",
             "HOST_WARN=-w", *goals],
            stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True,
            check=False, stdin=subprocess.DEVNULL, env=plain_environment())
        return done.stdout if done.returncode else ""

    def object(self, path):
        return self.path(f"build/debug/{path}.o")

    def host_object(self, path):
        return self.path(f"build/host/gcc/{os.path.splitext(path)[0]}.o")

    def content(self, path):
        """What the compiler made of a file: its object without debug data;
        of a header, the same of the whole kernel."""
        name = (self.path("build/debug/vitrix.elf") if path.endswith(".h")
                else self.object(path))
        bare = name + ".bare"
        subprocess.run(["objcopy", "-g", name, bare], check=True)
        return hashlib.sha256(bytes_of(bare)).digest()

    # ---- stages ----

    def stages(self, floor, path=""):
        """(name, function) in the order of their cost."""
        host = not path or path.endswith(".h") or os.path.exists(
            self.host_object(path))
        if host:
            yield "host", self.host
        suite = f"{FLOORS[floor].suite}"
        yield "det-2", lambda: self.det("det-2", 2, self.seed, suite)
        yield "det-4", lambda: self.det("det-4", 4, self.seed + 1, "*")
        if not self.quick:
            yield "console", lambda: self.rare("console")
            yield "boots", lambda: self.rare("boots")

    def host(self):
        """The unit tests under the sanitizers."""
        problem = self.make("build/host/gcc/host-test")
        if problem:
            return Verdict(KILLED, "host", "does not compile there")
        try:
            done = subprocess.run(
                [self.path("build/host/gcc/host-test"), "*", "limit=10"],
                stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
                check=False, timeout=self.limits.get("host", 300),
                stdin=subprocess.DEVNULL)
        except subprocess.TimeoutExpired:
            return Verdict(KILLED, "host", "no end", timeout=True)
        text = b"\n".join(re.findall(rb"^(?:KTAP.*|1\.\..*|(?:not )?ok .*|"
                                     rb"# \d+ passed.*)$", done.stdout,
                                     re.M)) + b"\n"
        outcome = ktap.judge(text, qemu.EXIT_FAIL if done.returncode
                             else qemu.EXIT_PASS, dialect=ktap.HOST)
        return verdict("host", outcome,
                       b"time limit; again" in done.stdout)

    def det(self, stage, smp, seed, suite):
        """A deterministic boot; ends at the first failed case."""
        machine = qemu.Machine(
            dir=self.path("build/debug"), mode="det", smp=smp, seed=seed,
            append=f"selftest={suite} panic=exit testlimit={TEST_LIMIT}")
        run = qemu.boot(machine, self.limits.get(stage, 300),
                        feed=stop_at_failure)
        outcome = skips.refuse(ktap.judge(
            run.log, run.code, run.hung, qemu.triple_fault(run.reset_log)),
            machine)
        return verdict(stage, outcome, bool(run.hung)
                       or b"did not end within" in run.log)

    def rare(self, stage):
        """What only survivors reach; before the first of them, the unchanged
        kernel does (I2)."""
        if stage not in self.proven:
            self.demand(stage, first_failure(stage, self.jobs(stage,
                                                              "clean")))
            self.proven.add(stage)
        return first_failure(stage, self.jobs(stage, "build"))

    def jobs(self, stage, build):
        """The jobs of `make test` behind a stage, with the kernel there.
        Left out is what takes long and differs in little that ours is."""
        settings = jobs.Settings(self.path(build), BOOTS_SUITE, self.seed, 1)
        os.makedirs(settings.folder(), exist_ok=True)
        if stage == "console":
            return [jobs.console_job(settings, script)
                    for script in console_test.SCRIPTS
                    if script.config == "debug"
                    and script.machine.get("firmware") != "uefi"
                    and script.machine.get("smp", 1) <= 8]
        return [jobs.cell(settings, name, jobs.machine(
                    settings, "debug", **{"smp": 2, **changes}))
                for name, changes in jobs.BOOTS
                if changes.get("firmware") != "uefi"]

    def prepare(self, floor):
        """Build, and run the stages unchanged (I2)."""
        self.refresh()
        problem = self.make("build/debug/vitrix.elf",
                            "build/host/gcc/host-test")
        if problem:
            raise Broken("the unchanged tree does not build:\n" + problem)
        os.makedirs(self.path("clean/debug"), exist_ok=True)
        shutil.copyfile(self.path("build/debug/vitrix.elf"),
                        self.path("clean/debug/vitrix.elf"))
        for name, run in self.stages(floor):
            if name not in RARE:
                start = time.monotonic()
                self.demand(name, run())
                self.limits[name] = 40 + 8 * (time.monotonic() - start)

    @staticmethod
    def demand(stage, result):
        if result.state == KILLED:
            raise Broken(f"the unchanged tree fails in {stage}: "
                         f"{result.why}")

    # ---- one mutant ----

    def attempt(self, mutant, floor):
        """Try one; the copy is as before afterwards."""
        target = self.path(mutant.path)
        source = read(target)
        header = mutant.path.endswith(".h")
        goal = "vitrix.elf" if header else mutant.path + ".o"
        kept = {name: bytes_of(name) for name in (
            self.object(mutant.path), self.host_object(mutant.path))
            if os.path.exists(name)}
        before = self.content(mutant.path)
        try:
            write(target, mutant.apply(source).encode())
            problem = self.make(f"build/debug/{goal}")
            if problem:
                return Verdict(BROKEN, why=first_error(problem))
            if self.content(mutant.path) == before:
                return Verdict(EQUAL)
            return self.run_stages(mutant, floor)
        finally:
            # The objects after the source: newer, so not compiled again.
            write(target, source.encode())
            if header:
                self.make("build/debug/vitrix.elf")
            for name, data in kept.items():
                write(name, data)

    def run_stages(self, mutant, floor):
        for name, run in self.stages(floor, mutant.path):
            if name == "det-2":
                problem = self.make("build/debug/vitrix.elf")
                if problem:
                    return Verdict(BROKEN, why=first_error(problem))
            result = run()
            if result.state == KILLED:
                return result
        return Verdict(SURVIVED)


def verdict(stage, outcome, timeout):
    if outcome.passed():
        return Verdict(SURVIVED)
    failed = [c.name for c in outcome.cases if c.verdict == "not ok"]
    why = failed[0] if failed else "; ".join(outcome.problems[:2])
    return Verdict(KILLED, stage, why, timeout)


def first_failure(stage, work):
    """The verdict of jobs.py on one job after the other. These run in mode
    mt, where no two runs are equal: what fails must fail twice."""
    for job in work:
        if all(result.verdict != FAIL for result in job.run()):
            continue
        for result in job.run():
            if result.verdict == FAIL:
                head = result.story.split("\n")[0]
                return Verdict(KILLED, stage, f"{job.name}: {result.name}: "
                               f"{head}", "hang: " in result.story)
    return Verdict(SURVIVED)


def stop_at_failure(log):
    """For qemu.boot(): enough seen once a case has failed."""
    if re.search(rb"^not ok .*\n", log, re.M):
        raise StopIteration
    return b""


def bytes_of(path):
    with open(path, "rb") as f:
        return f.read()


def write(path, data):
    with open(path, "wb") as f:
        f.write(data)


def plain_environment():
    """Without the variables of the make that called us."""
    return {k: v for k, v in os.environ.items() if k not in (
        "MAKEFLAGS", "MFLAGS", "MAKELEVEL", "MAKEOVERRIDES", "N", "FLOOR",
        "FILE", "SEED", "SMP", "TESTS", "APPEND", "CONFIG", "BUILD")}


def first_error(text):
    lines = [line for line in text.split("\n") if "error" in line]
    return (lines or text.strip().split("\n") or [""])[0].strip()


# ---- a session -------------------------------------------------------------

class Session:
    """Tries mutants until enough have counted, and tells about it."""

    def __init__(self, args, reasons, texts):
        self.args = args
        self.reasons = reasons
        self.texts = texts
        self.results = []  # (mutant, verdict) of those that count
        self.excused = []
        self.equal = 0
        self.broken = []

    def key(self, mutant):
        return mutant.key(self.texts[mutant.path])

    def lines(self, mutant):
        return mutant.lines(self.texts[mutant.path])

    def run(self, copies, candidates):
        """Hand out in order, take in in order (I3)."""
        free = list(copies)
        waiting = []
        with concurrent.futures.ThreadPoolExecutor(len(copies)) as pool:
            for mutant in candidates:
                if len(self.results) >= self.args.n:
                    break
                if self.key(mutant) in self.reasons:
                    self.excused.append(mutant)
                    continue
                if not free:
                    self.take(waiting.pop(0), free)
                copy = free.pop()
                waiting.append((mutant, copy, pool.submit(
                    copy.attempt, mutant, self.args.floor)))
            for work in waiting:
                self.take(work, free)

    def take(self, work, free):
        mutant, copy, future = work
        result = future.result()
        free.append(copy)
        if len(self.results) >= self.args.n:
            return
        if result.state == EQUAL:
            self.equal += 1
        elif result.state == BROKEN:
            self.broken.append((mutant, result))
        else:
            self.results.append((mutant, result))
            self.progress(mutant, result)

    def progress(self, mutant, result):
        old, new = self.lines(mutant)
        words = (f"killed by {result.by}: {result.why}"
                 if result.state == KILLED else "SURVIVED")
        print(f"[{len(self.results):3}/{self.args.n}] {where(mutant)} "
              f"{mutant.kind}\n      - {old}\n      + {new}\n      {words}",
              flush=True)

    def listing(self, title, items):
        if items:
            print(f"\n{title}:")
        for mutant, note in items:
            old, new = self.lines(mutant)
            print(f"  {where(mutant)} {mutant.kind}\n    - {old}\n    + {new}"
                  + (f"\n    {note}" if note else ""))

    def summary(self):
        """The last line; returns the exit code."""
        survived = [m for m, v in self.results if v.state == SURVIVED]
        killed = [v for _, v in self.results if v.state == KILLED]
        self.listing("did not compile (not counted)",
                     [(m, v.why) for m, v in self.broken])
        self.listing("may survive (not counted)", [
            (m, self.reasons[self.key(m)]) for m in self.excused])
        self.listing("SURVIVED", [(m, "") for m in survived])
        timeouts = sum(v.timeout for v in killed)
        by = {stage: sum(v.by == stage and not v.timeout for v in killed)
              for stage in STAGES}
        total = len(self.results)
        share = 100 * len(killed) / total if total else 0
        told = ", ".join(f"{name} {n}" for name, n in by.items())
        print(f"\nkilled by {told}, time limit {timeouts}; not counted: "
              f"{self.equal} gave equal objects, {len(self.broken)} did not "
              f"compile, {len(self.excused)} have a reason")
        what = self.args.file or self.args.floor
        print(f"mutate {what}: seed {self.args.seed}: {len(killed)} of "
              f"{total} killed, {len(survived)} survived: {share:.0f} % "
              f"(at least {self.args.limit:g} %)", flush=True)
        return 0 if total and share >= self.args.limit else 1


def where(mutant):
    return f"{mutant.path}:{mutant.line} {mutant.function}()"


def parse_args(argv):
    parser = argparse.ArgumentParser()
    parser.add_argument("--floor", choices=sorted(FLOORS), default="lib")
    parser.add_argument("--n", type=int, default=50)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--file", default="")
    parser.add_argument("--limit", type=float, default=75,
                        help="per cent that must be killed")
    parser.add_argument("--jobs", type=int, default=2)
    parser.add_argument("--build", default="build")
    parser.add_argument("--quick", action="store_true",
                        help="without the stages " + ", ".join(RARE))
    parser.add_argument("--list", action="store_true",
                        help="only show what would be tried")
    args = parser.parse_args(argv)
    if args.n < 1 or args.jobs < 1:
        parser.error("N and JOBS are at least 1")
    if args.file:
        args.floor = next((name for name, floor in FLOORS.items()
                           if re.match(f"(include/)?{floor.folder}/",
                                       args.file)), args.floor)
    return args


def session(args):
    reasons = load_reasons()
    gone = stale(reasons)
    for key in gone:
        print(f"{REASONS}: no such mutant any more: {key[0]} {key[1]}(): "
              f"{key[2]}  ->  {key[3]}", file=sys.stderr)
    if gone:
        raise Broken(f"{len(gone)} stale reasons")
    paths = sources(args.floor, args.file)
    if args.list:
        texts = {path: read(path) for path in paths}
        for mutant in itertools.islice(in_order(texts, args.seed), args.n):
            print(where(mutant), mutant.kind,
                  *mutant.lines(texts[mutant.path]), sep="\n    ")
        return 0
    copies = [Copy(os.path.join(args.build, "mutate", str(i)), args.seed,
                   args.quick) for i in range(args.jobs)]
    start = time.monotonic()
    for copy in copies:
        copy.prepare(args.floor)
    paths = [p for p in paths if p.endswith(".h")
             or os.path.exists(copies[0].object(p))]
    if not paths:
        raise Broken("none of these files is part of the kernel")
    texts = {path: read(copies[0].path(path)) for path in paths}
    this = Session(args, reasons, texts)
    this.run(copies, in_order(texts, args.seed))
    print(f"\ntime: {time.monotonic() - start:.0f} s")
    return this.summary()


def main(argv=None):
    args = parse_args(argv)
    os.nice(5)
    try:
        return session(args)
    except Broken as error:
        print(f"mutate: {error}", file=sys.stderr)
        return 2


if __name__ == "__main__":
    sys.exit(main())
