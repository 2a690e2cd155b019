#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""bench.py - `make bench`: what operations cost, against what they did cost.

Purpose.
    A hot path grows by an instruction here and two there, and nobody sees
    it. So the benchmarks of the image are counted in guest instructions,
    which repeat exactly, and compared with figures that were committed.

Model.
    The release build boots with bench=<globs> and -icount shift=0, so one
    tick of the counter is one instruction. For names that begin with "smp."
    or "remote." it boots once more with 2, 4 and 8 CPUs; their figures are
    called smp.page.0@4. The kernel prints one JSON object a line between BENCH
    BEGIN and BENCH END; what is compared is the median.

    tests/bench/baseline.json has for each name
        insn    the figure when it was last written (make bench-baseline)
        limit   what it must never be above; of some only
        linux   the same operation in Linux 6.1 on the same QEMU; of some
    and the compiler of that time. Another one makes other code of the same
    source: then figures may be OTHER times as high before it is a failure.

Invariants.
    I1  A run passes only if it ended with QEMU's code for pass and every
        figure is in instructions, undisturbed, at most 2 % above its
        baseline (10 % where CPUs wait for each other, remote.*) and not
        above its limit.
    I2  A figure without a baseline, and with all benchmarks chosen a
        baseline without a figure, is a failure: the file is not up to date.
    I3  On more CPUs an operation named smp.* costs at most 10 % more than
        on one: what is per CPU stays per CPU.
"""

import argparse
import dataclasses
import fnmatch
import json
import os
import re
import sys

import qemu

BASELINE = "tests/bench/baseline.json"
SLACK = 1.02         # over the baseline
SLACK_REMOTE = 1.10  # the same of remote.*: who waits for whom may differ
OTHER = 1.25         # over baseline and limit, when the compiler is another
FLAT = 1.10          # over the same operation on one CPU
MORE_CPUS = (2, 4, 8)
TIME_LIMIT = 240     # seconds until a boot counts as hung
ICOUNT = "-icount shift=0,align=off,sleep=off"
ON_ALL = ("smp.", "remote.")  # names of benchmarks that run on all CPUs
FLAT_NAMES = "smp."  # those of them where each CPU works for itself


@dataclasses.dataclass
class Line:
    """A row of the table, and what is wrong with it."""
    name: str
    now: float = None
    base: float = None
    limit: float = None
    linux: float = None
    problems: list = dataclasses.field(default_factory=list)


def parse(log):
    """(figures by name, problems) of what the kernel printed."""
    text = log.decode(errors="replace").replace("\r", "")
    blocks = re.findall(r"^BENCH BEGIN\n(.*?)^BENCH END$", text, re.M | re.S)
    if len(blocks) != 1:
        return {}, [f"{len(blocks)} whole blocks BENCH BEGIN .. BENCH END"]
    figures, problems = {}, []
    for line in blocks[0].splitlines():
        if not line.startswith("{"):
            problems.append(line.lstrip("# "))
            continue
        try:
            figure = json.loads(line)
        except ValueError:
            problems.append(f"not JSON: {line}")
            continue
        name = figure.get("bench")
        if name in figures:
            problems.append(f"{name}: measured twice")
        figures[name] = figure
    return figures, problems


def compiler_of(log):
    """The words of the kernel about its compiler."""
    found = re.search(rb"^bench: compiled by (.*?)\r?$", log, re.M)
    return found[1].decode() if found else ""


def judge_run(log, code, hung=""):
    """parse(), and everything else that must be so of one boot (I1)."""
    figures, problems = parse(log)
    if hung:
        problems.append("hang: " + hung)
    elif code != qemu.EXIT_PASS:
        problems.append(f"QEMU ended with {code}, not {qemu.EXIT_PASS}")
    for name, figure in figures.items():
        if figure["unit"] != "insn":
            problems.append(f"{name}: in {figure['unit']}, not instructions")
        if figure.get("disturbed"):
            problems.append(f"{name}: {figure['disturbed']} repetitions were "
                            "interrupted: it has too many turns")
    return {n: f["median"] for n, f in figures.items()}, problems


def machine(folder, globs, cpus):
    """The machine that counts; with one CPU a tick is an instruction."""
    return qemu.Machine(
        dir=folder, smp=cpus, mode="det", append=f"bench={globs}",
        qemuargs=ICOUNT if cpus == 1 else "")


def wants_more_cpus(figures):
    """What to measure with several CPUs; "" if there is nothing."""
    return ",".join(n for n in sorted(figures) if n.startswith(ON_ALL))


def measure(folder, globs, keep=None):
    """All boots; (figures, problems, compiler)."""
    compilers = []

    def boot(which, cpus):
        m = machine(folder, which, cpus)
        run = qemu.boot(m, TIME_LIMIT)
        compilers.append(compiler_of(run.log))
        if keep:
            keep(f"bench-{cpus}", run)
        found, wrong = judge_run(run.log, run.code, run.hung)
        if wrong:
            wrong.append("again: " + m.make_words("run"))
        return found, wrong

    figures, problems = boot(globs, 1)
    more = wants_more_cpus(figures)
    for cpus in MORE_CPUS if more else ():
        found, wrong = boot(more, cpus)
        figures |= {f"{n}@{cpus}": v for n, v in found.items()}
        problems += wrong
    return figures, problems, compilers[0]


def chosen(name, globs):
    return any(fnmatch.fnmatchcase(name.split("@")[0], g)
               for g in globs.split(","))


def allowed(name, same_compiler):
    """How many times its baseline an operation may cost."""
    if not same_compiler:
        return OTHER
    return SLACK_REMOTE if name.startswith("remote.") else SLACK


def compare(figures, baseline, globs, same_compiler=True):
    """A Line for every name that was measured or should have been."""
    lines = []
    names = set(figures) | {n for n, row in baseline.items()
                            if "insn" in row and chosen(n, globs)}
    for name in sorted(names, key=order):
        row = baseline.get(name, {})
        line = Line(name, figures.get(name), row.get("insn"),
                    row.get("limit"), row.get("linux"))
        lines.append(line)
        if line.now is None:
            line.problems.append("has a baseline, was not measured")
            continue
        if line.base is None:
            line.problems.append("no baseline: make bench-baseline")
        elif line.now > line.base * allowed(name, same_compiler):
            line.problems.append(f"{100 * line.now / line.base - 100:+.1f} % "
                                 "over the baseline")
        if line.limit is not None and line.now > line.limit * (
                1 if same_compiler else OTHER):
            line.problems.append("over its limit")
        alone = figures.get(name.split("@")[0])
        if "@" in name and name.startswith(FLAT_NAMES) and alone \
                and line.now > alone * FLAT:
            line.problems.append(f"{alone:.2f} on one CPU: not flat")
    return lines


def order(name):
    """By name, and one operation by the number of CPUs."""
    name, _, cpus = name.partition("@")
    return name, int(cpus or 1)


def number(value):
    if value is None:
        return ""
    return f"{value:,.2f}" if value < 1000 else f"{value:,.0f}"


def table(lines):
    """The table for people."""
    yield (f"{'operation':28} {'now':>10} {'baseline':>10} {'':>8}"
           f"{'limit':>8} {'Linux 6.1':>10}")
    for line in lines:
        change = ""
        if line.now is not None and line.base:
            percent = 100 * line.now / line.base - 100
            change = f"{percent:+.1f} %" if abs(percent) >= 0.05 else ""
        limit = "" if line.limit is None else f"{line.limit:,}"
        linux = "" if line.linux is None else f"{line.linux:,}"
        yield (f"{line.name:28} {number(line.now):>10} "
               f"{number(line.base):>10} {change:>8}{limit:>8} "
               f"{linux:>10}").rstrip()
        for problem in line.problems:
            yield f"    FAIL {line.name}: {problem}"


def read_baseline(path=BASELINE):
    """(compiler, {name: row})."""
    if not os.path.exists(path):
        return "", {}
    with open(path, encoding="utf-8") as f:
        content = json.load(f)
    return content["compiler"], content["operations"]


def updated(baseline, figures, globs):
    """The baseline with these figures; limits and Linux stay."""
    result = {n: dict(row) for n, row in baseline.items()}
    for name in list(result):
        if chosen(name, globs) and name not in figures:
            result[name].pop("insn", None)
            if not result[name]:
                del result[name]
    for name, value in figures.items():
        row = result.setdefault(name, {})
        result[name] = {"insn": value, **{k: v for k, v in row.items()
                                          if k != "insn"}}
    return dict(sorted(result.items(), key=lambda item: order(item[0])))


def write_baseline(compiler, baseline, path=BASELINE):
    """One row a line, so that a change is seen as one."""
    rows = [f"  {json.dumps(n)}: {json.dumps(row)}"
            for n, row in baseline.items()]
    with open(path, "w", encoding="utf-8") as f:
        f.write(f'{{"compiler": {json.dumps(compiler)},\n "operations": {{\n'
                + ",\n".join(rows) + "\n}}\n")


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--dir", default="build/release")
    parser.add_argument("--tests", default="*")
    parser.add_argument("--write", action="store_true",
                        help="the figures become the baseline")
    args = parser.parse_args()
    globs = args.tests or "*"
    try:
        figures, problems, compiler = measure(args.dir, globs)
    except qemu.Refused as error:
        print(f"vitrix: {error}", file=sys.stderr)
        return 2
    for problem in problems:
        print("FAIL", problem)
    if args.write and not problems:
        write_baseline(compiler, updated(read_baseline()[1], figures, globs))
    theirs, baseline = read_baseline()
    lines = compare(figures, baseline, globs, compiler == theirs)
    print("guest instructions for one operation, those of the loop (3) "
          "included\n")
    if compiler != theirs:
        print(f"{compiler}, but the baseline is of {theirs}: {OTHER} times as "
              "many are allowed\n")
    print("\n".join(table(lines)))
    failed = len(problems) + sum(bool(line.problems) for line in lines)
    print(f"\n{len(lines)} operations, {failed} failed")
    return 1 if failed or not lines else 0


if __name__ == "__main__":
    sys.exit(main())
