#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""jobs.py - what `make test` is made of: the matrix and each kind of job.

Model.
    matrix() returns the stages in order: builds and host tests first, since
    a boot of a broken build tells nothing; then the deterministic boots, two
    at a time; then, one at a time, whatever runs CPUs in parallel.

    A cell is a boot of the whole suite (or TESTS=) on one machine. Its
    results are the suite's cases plus one named "run": that the run as such
    was whole. A failed case or run carries the log's end, symbolised.
"""

import contextlib
import dataclasses
import fnmatch
import glob
import os
import re
import shlex
import shutil
import subprocess

import bench
import console_test
import gdb_test
import iso
import ktap
import malformed
import odd_machines
import qemu
import skips
import tripfault
from qemu import Machine
from result import FAIL, PASS, SKIP, Job, Result, Stage, tail
from symbolize import symbolize, tool

BUDGET = 600        # seconds for `make test` on two cores
BUDGET_ALL = 4500   # seconds for `make test-all`
BOOT_LIMIT = 240    # seconds until a boot counts as hung
TALK_LIMIT = 60     # the same for a dialogue with the prompt
MUTATED = ("lib", "arch", "boot", "mm", "irq", "kernel")  # floors
FUZZ_MINUTES = 1    # shared by the drivers
RACE_CASE = "kernel.race.planted_counter"
RACE_SEEDS = 50
BOOT_BUDGET = 30_000_000  # guest instructions, firmware included


# ---- builds and host programs ----------------------------------------------

def call(name, argv, again, limit=600):
    """Run a program; one Result, with its words if it failed."""
    try:
        done = subprocess.run(argv, stdout=subprocess.PIPE, timeout=limit,
                              stderr=subprocess.STDOUT, text=True,
                              check=False, stdin=subprocess.DEVNULL)
    except subprocess.TimeoutExpired:
        return Result(name, FAIL, f"no end after {limit} s", again), ""
    if done.returncode:
        return Result(name, FAIL, tail(done.stdout), again), done.stdout
    return Result(name), done.stdout


def make_job(name, *words):
    argv = ["make", "--no-print-directory", f"-j{os.cpu_count() or 1}",
            *words]
    again = shlex.join(["make", *words])
    return Job(name, lambda: [call("build", argv, again)[0]], again)


def check_job(analyze):
    """`make check`: a Result for each check that it names."""
    words = ["check", "WERROR=1", "CONFIG=debug"]
    words += ["ANALYZE=1"] if analyze else []
    again = shlex.join(["make", *words])

    def run():
        result, text = call("run", ["make", "--no-print-directory",
                                    f"-j{os.cpu_count() or 1}", *words],
                            again)
        results = [result]
        for name, skipped, why in re.findall(
                r"^(\w+): +(?:(skipped): )?(.*)", text, re.M):
            if skipped:
                results.append(Result(name, SKIP, why))
            elif why.startswith("0 complaints"):
                results.append(Result(name))
        return results
    return Job("check", run, again)


def host_tests():
    """tests/host/host.mk: the same cases, once for each host compiler."""
    again = "make host-test"
    result, text = call("run", ["make", "--no-print-directory", "host-test",
                                f"-j{os.cpu_count() or 1}", "-Otarget"],
                        again)
    results = [result]
    runs = re.findall(r"^KTAP version 1\n.*?^# \d+ passed.*?\n", text,
                      re.M | re.S)
    for run in runs:
        outcome = ktap.judge(run.encode(), qemu.EXIT_FAIL if "\nnot ok" in run
                             else qemu.EXIT_PASS, dialect=ktap.HOST)
        results += [from_case(case, again, "\n".join(case.lines))
                    for case in outcome.cases]
        results += [Result("run", FAIL, p, again) for p in outcome.problems]
    if not runs:
        results.append(Result("runs", FAIL, "no results in the output:\n"
                              + tail(text), again))
    return results


def unit_tests(matching="test_*", not_matching=""):
    """Programs of tests/host/, each one Result of its own name."""
    def run():
        results = []
        for path in sorted(glob.glob(f"tests/host/{matching}.py")):
            name = os.path.basename(path)[:-3]
            if name == not_matching:
                continue
            argv = ["python3", "-m", "unittest", "-q", path]
            result, text = call(name, argv, shlex.join(argv))
            ran = re.search(r"^Ran (\d+) test", text, re.M)
            result.checks = int(ran[1]) if ran else 0
            results.append(result)
        return results
    return run


def mutate_job(settings, floor):
    """A few planted faults. So few tell little of a share: half is enough
    here, and the limit of a real session stands in the Makefile."""
    words = [f"FLOOR={floor}", "N=10", "LIMIT=50", f"SEED={settings.seed}",
             f"BUILD={settings.build}"]
    argv = ["make", "--no-print-directory", "mutate", *words]
    again = shlex.join(["make", "mutate", *words])
    return Job(f"mutate-{floor}",
               lambda: [call("run", argv, again, limit=1800)[0]], again)


def from_case(case, again, text):
    """A case of the self-tests as a Result."""
    if case.verdict == "ok":
        return Result(case.name, checks=case.checks)
    if case.verdict == "skip":
        return Result(case.name, SKIP, case.why)
    return Result(case.name, FAIL, tail(text), again)


# ---- boots -----------------------------------------------------------------

@dataclasses.dataclass
class Settings:
    """What the whole session has in common."""
    build: str
    tests: str
    seed: int
    scale: int

    def folder(self):
        return os.path.join(self.build, "test")

    def words(self, tests=None):
        words = f"selftest={tests or self.tests} panic=exit"
        return words + (f" scale={self.scale}" if self.scale != 1 else "")


@contextlib.contextmanager
def image(settings, name, m):
    """The machine, with an ISO of its own if it boots through GRUB."""
    if m.direct():
        yield m
        return
    path = os.path.join(settings.folder(), name)
    subprocess.run([tool("objcopy"), "--strip-debug", m.elf(),
                    path + ".elf"], check=True)
    try:
        iso.make_iso(path + ".elf", path + ".iso", qemu.cmdline(m))
        yield dataclasses.replace(m, iso=path + ".iso")
    finally:
        for suffix in (".elf", ".iso"):
            if os.path.exists(path + suffix):
                os.remove(path + suffix)


def keep_log(settings, name, run):
    with open(os.path.join(settings.folder(), f"{name}.log"), "wb") as f:
        f.write(run.log)
    return run


def boot(settings, name, m, limit=BOOT_LIMIT, feed=None):
    """Boot and keep the log."""
    with image(settings, name, m) as ready:
        return keep_log(settings, name, qemu.boot(ready, limit, feed=feed))


def story(settings, name, run, problems):
    """Everything there is to read about a run that broke."""
    parts = list(problems)
    log = symbolize(run.log.decode(errors="replace").replace("\r", ""),
                    run.machine.elf())
    if qemu.triple_fault(run.reset_log):
        parts.append(explain_reset(settings, name, run.machine))
    parts += ["", tail(log)]
    if run.stderr.strip():
        parts += ["", "QEMU said: " + run.stderr.strip()]
    parts.append(f"whole log: {settings.folder()}/{name}.log")
    return "\n".join(parts)


def explain_reset(settings, name, m):
    """Run once more with every exception logged."""
    with image(settings, name + "-again", m) as ready:
        again = qemu.boot(ready, BOOT_LIMIT, interrupts=True)
    if not qemu.triple_fault(again.reset_log):
        return "A second run, with exceptions logged, did not reset."
    return tripfault.report(again.reset_log, m.elf())


def cell_results(settings, name, run, may_skip=()):
    """What a boot of the self-tests is worth. may_skip: see skips.py."""
    outcome = skips.refuse(ktap.judge(run.log, run.code, run.hung,
                                      qemu.triple_fault(run.reset_log)),
                           run.machine, may_skip)
    again = run.machine.make_words("run")
    results = []
    for case in outcome.cases:
        text = "\n".join(case.lines) if case.verdict == "not ok" else ""
        results.append(from_case(case, again,
                                 symbolize(text, run.machine.elf())))
    if outcome.problems:
        results.append(Result("run", FAIL, story(
            settings, name, run, outcome.problems), again))
    else:
        results.append(Result("run"))
    return results


def cell(settings, name, m):
    def run():
        return cell_results(settings, name, boot(settings, name, m))
    return Job(name, run, m.make_words("run"))


def machine(settings, config, tests=None, words="", usual="", **changes):
    """@words: more for the kernel's command line. @usual: the cases that
    make sense on this machine, if nobody asked for others."""
    if usual and settings.tests == "*":
        tests = usual
    append = " ".join(filter(None, (settings.words(tests), words)))
    return Machine(dir=os.path.join(settings.build, config),
                   append=append, seed=settings.seed, **changes)


# ---- determinism and the planted race --------------------------------------

def same_twice(settings, name, m):
    """Two runs of one seed must give the same bytes; another seed, others."""
    def run():
        first = boot(settings, name + "-1", m)
        second = boot(settings, name + "-2", m)
        results = cell_results(settings, name + "-1", first)
        results = [r for r in results if r.verdict == FAIL]
        if first.log != second.log:
            results.append(Result("identical", FAIL, difference(
                first.log, second.log), m.make_words("run")))
        else:
            results.append(Result("identical"))
        return results
    return Job(name, run, m.make_words("run"))


def difference(first, second):
    """Where two logs part."""
    a, b = first.split(b"\n"), second.split(b"\n")
    for i, (x, y) in enumerate(zip(a, b)):
        if x != y:
            return (f"the logs part in line {i + 1}:\n"
                    f"  {x.decode(errors='replace')}\n"
                    f"  {y.decode(errors='replace')}")
    return f"one log ends after {min(len(a), len(b))} lines"


def planted_race(settings, name, m):
    """A seed must lose updates (the case fails if none), and repeat."""
    def run():
        job = same_twice(settings, name, m)
        results = job.run()
        names = [c.name for c in ktap.judge(
            read(settings, name + "-1"), qemu.EXIT_PASS).cases]
        if names != [RACE_CASE]:
            results.append(Result("ran", FAIL, f"{RACE_CASE} did not run",
                                  job.again))
        return results
    return Job(name, run, m.make_words("run"))


def read(settings, name):
    with open(os.path.join(settings.folder(), f"{name}.log"), "rb") as f:
        return f.read()


# ---- the cost of a boot ----------------------------------------------------

def boot_budget(settings):
    """Instructions from reset to the end of boot: one is one nanosecond."""
    m = machine(settings, "release", RACE_CASE, mode="det", smp=1,
                qemuargs="-icount shift=0,sleep=off")

    def run():
        log = boot(settings, "boot-budget", m).log.decode(errors="replace")
        entry = re.search(r"boot timeline \(us\), from (\d+) us", log)
        ready = re.search(r"(\d+) +\+\d+ +ready", log)
        if not entry or not ready:
            return [Result("run", FAIL, "no boot timeline in the log:\n"
                           + tail(log), m.make_words("run"))]
        used = (int(entry[1]) + int(ready[1])) * 1000
        if used > BOOT_BUDGET:
            return [Result("run", FAIL, f"{used} instructions from reset to "
                           f"the end of boot, at most {BOOT_BUDGET}",
                           m.make_words("run"))]
        return [Result("run", checks=1)]
    return Job("boot-budget", run, m.make_words("run"))


# ---- what operations cost ---------------------------------------------------

def bench_job(settings):
    """All benchmarks against tests/bench/baseline.json: a Result for each."""
    again = "make bench"

    def run():
        figures, problems, compiler = bench.measure(
            os.path.join(settings.build, "release"), "*",
            keep=lambda name, run: keep_log(settings, name, run))
        results = [Result("run", FAIL, "\n".join(problems), again)
                   if problems else Result("run")]
        theirs, baseline = bench.read_baseline()
        for line in bench.compare(figures, baseline, "*",
                                  compiler == theirs):
            results.append(Result(
                line.name, FAIL if line.problems else PASS,
                "\n".join([*line.problems, "", *bench.table([line])])
                if line.problems else "", again, checks=1))
        return results
    return Job("bench", run, again)


# ---- the prompt ------------------------------------------------------------

def console_job(settings, script):
    m = Machine(**{"dir": os.path.join(settings.build, script.config),
                   "boot": "direct", "smp": 2, **script.machine})
    again = (m.make_words("run") + "   then: "
             + "; ".join(script.commands()))

    def run():
        name = "console-" + script.name
        with image(settings, name, m) as ready:
            problems, done = console_test.drive(script, ready, TALK_LIMIT)
        keep_log(settings, name, done)
        if problems:
            return [Result(script.name, FAIL, story(
                settings, name, done, problems), again)]
        return [Result(script.name, checks=script.checks())]
    return Job("console-" + script.name, run, again)


# ---- wrong boot information ------------------------------------------------

def fuzz_job(settings, minutes):
    """All drivers, their time shared; skipped where clang cannot do it."""
    again = f"make fuzz MINUTES={minutes}"

    def run():
        result, text = call("run", ["make", "--no-print-directory", "fuzz",
                                    f"MINUTES={minutes}",
                                    f"BUILD={settings.build}"], again)
        missing = re.search(r"^fuzz: (.*(?:need clang|fuzzer runtime).*)$",
                            text, re.M)
        if result.verdict == FAIL and missing:
            return [Result("run", SKIP, missing[1])]
        return [result]
    return Job("fuzz", run, again)


def malformed_jobs(settings, everything):
    return malformed.jobs(
        settings.build, everything,
        lambda name, run: keep_log(settings, name, run),
        lambda name, run, problems: story(settings, name, run, problems))


# ---- odd machines ----------------------------------------------------------

def odd_jobs(settings):
    """The suite at scale 1, on the usual machine first: the reference."""
    s = dataclasses.replace(settings, scale=1)
    reference = set()
    usual = odd_machines.Odd("reference", {})
    return [odd_machines.odd_job(
        odd, machine(s, "debug", **{"boot": "direct", "smp": 2,
                                    **odd.machine}),
        lambda name, m, feed: boot(s, name, m, feed=feed),
        lambda name, run, skips: cell_results(s, name, run, skips),
        reference)
        for odd in [usual] + odd_machines.ODD]


# ---- the matrix ------------------------------------------------------------

BOOTS = (
    ("boot-bios", {"boot": "iso"}),
    ("boot-uefi", {"boot": "iso", "firmware": "uefi"}),
    ("boot-64m", {"boot": "direct", "mem": "64M", "smp": 1}),
    ("boot-8g", {"boot": "direct", "mem": "8G"}),
    ("boot-q35", {"boot": "direct", "machine": "q35"}),
    ("boot-qemu64", {"boot": "direct", "cpu": "qemu64"}),
    ("boot-nehalem", {"boot": "direct", "cpu": "Nehalem"}),
    ("boot-highmem", {"boot": "direct", "words": "highmem=64",
                      "usual": "arch.p*,arch.fixmap.*,mm.highmem.*,mm.page.*,"
                               "mm.zone.*,mm.set_memory.*,mm.tlb.*,"
                               "mm.vmalloc.*"}),
)
MORE_BOOTS = (
    ("boot-numa2", {"boot": "direct", "numa": 2, "smp": 4}),
    ("boot-smp3", {"boot": "direct", "smp": 3}),
    ("boot-smp6", {"boot": "direct", "smp": 6}),
    ("boot-smp32", {"boot": "direct", "smp": 32}),
    ("boot-smp64", {"boot": "direct", "smp": 64, "mem": "1G"}),
    ("boot-9g-uefi", {"boot": "iso", "firmware": "uefi", "mem": "9G"}),
)


def have_clang():
    return bool(shutil.which("clang") and shutil.which("ld.lld"))


def build_stage(everything):
    """Warnings are errors here. clang is tried where there is one."""
    builds = [check_job(everything), make_job("lists", "check-lists"),
              make_job("docs", "check-docs"),
              make_job("build-debug", "WERROR=1", "CONFIG=debug"),
              make_job("build-release", "WERROR=1", "CONFIG=release"),
              make_job("build-kasan", "WERROR=1", "CONFIG=kasan")]
    builds.append(make_job("stack", "stack", "CONFIG=debug"))
    if everything:
        builds.append(make_job("build-ubsan", "WERROR=1", "CONFIG=ubsan"))
    if have_clang():
        builds.append(make_job("build-clang", "WERROR=1", "LLVM=1"))
        if everything:
            builds.append(make_job("build-ubsan-clang", "WERROR=1", "LLVM=1",
                                   "CONFIG=ubsan"))
    else:
        builds.append(Job("build-clang", lambda: [
            Result("build", SKIP, "clang or ld.lld is not installed")]))
    # Last, so that build/vitrix.elf is what a plain `make` gives.
    return [Stage([job]) for job in builds] + [
        Stage([make_job("build-last", "WERROR=1")])]


def det_stage(s):
    cells = [cell(s, f"det-{n}", machine(s, "debug", mode="det", smp=n))
             for n in (8, 4, 2, 1)]
    cells.append(cell(s, "det-4-release",
                      machine(s, "release", mode="det", smp=4)))
    cells.append(cell(s, "det-2-kasan",
                      machine(s, "kasan", mode="det", smp=2)))
    cells.append(same_twice(s, "det-4-twice",
                            machine(s, "debug", mode="det", smp=4)))
    return cells


def race_jobs(s, seeds):
    result = []
    for seed in range(s.seed, s.seed + seeds):
        m = machine(s, "debug", RACE_CASE, mode="det", smp=2)
        m = dataclasses.replace(m, seed=seed)
        result.append(planted_race(s, f"race-seed-{seed}", m))
    return result


def selected(stages, only, tests):
    """The jobs that --only names; with TESTS=, only boots that run them."""
    globs = only.split(",")
    if only == "*" and tests != "*":
        globs = ["build-*", "det-[0-9]", "det-4-release", "mt-*", "boot-*"]
    for stage in stages:
        stage.jobs = [job for job in stage.jobs
                      if any(fnmatch.fnmatch(job.name, g) for g in globs)]
        if only != "*":
            stage.needs = ()
    return [stage for stage in stages if stage.jobs]


def matrix(args, scripts):
    """All stages of this run."""
    s = Settings(args.build, args.tests, args.seed, 100 if args.all else 1)
    debug = ("build-debug",)
    three = ("build-debug", "build-release", "build-kasan")
    boots = BOOTS + (MORE_BOOTS if args.all else ())
    stages = build_stage(args.all)
    stages += [
        Stage([Job("runner", unit_tests(not_matching="test_check")),
               Job("checks", unit_tests(matching="test_check")),
               Job("host", host_tests, "make host-test")], 1),
        Stage(det_stage(s) + race_jobs(s, RACE_SEEDS) +
              [boot_budget(s), bench_job(s)], 2, three),
        Stage([cell(s, f"mt-{n}", machine(s, "debug", boot="direct", smp=n))
               for n in (1, 2, 4, 8)], 1, debug),
        Stage([cell(s, name, machine(s, "debug", **{"smp": 2, **changes}))
               for name, changes in boots], 1, debug),
        Stage([console_job(s, script) for script in scripts], 1, three),
        Stage(gdb_test.jobs(args.build), 2, debug),
    ]
    stages.append(Stage(malformed_jobs(s, args.all), 2, debug))
    if args.all:
        stages.append(Stage(odd_jobs(s), 1, debug))
        # Its code is several times as long: with loops of 100 times, cases
        # would run into their time limits.
        fewer = dataclasses.replace(s, scale=10)
        stages.append(Stage([cell(fewer, "det-2-ubsan", machine(
            fewer, "ubsan", mode="det", smp=2))], 1, ("build-ubsan",)))
        # clang reports what gcc does not check, and the other way round.
        if have_clang():
            stages.append(Stage([cell(s, "ubsan-clang", machine(
                s, "ubsan-llvm", "lib.ubsan.*", mode="det", smp=1))], 1,
                ("build-ubsan-clang",)))

        stages.append(Stage([cell(fewer, f"mt-{n}-kasan", machine(
            fewer, "kasan", boot="direct", smp=n)) for n in (1, 2, 4, 8)], 1,
            ("build-kasan",)))
        stages.append(Stage([fuzz_job(s, FUZZ_MINUTES)]))
        stages.append(Stage([mutate_job(s, floor) for floor in MUTATED], 1,
                            debug))
    return selected(stages, args.only, args.tests)
