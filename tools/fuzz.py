#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""fuzz.py - `make fuzz`: runs the fuzz drivers of tests/fuzz/.

Purpose.
    Builds them, feeds them real dumps and the blocks of malformed.py as
    seeds, runs each for its share of the time, and says how many inputs
    that were, what was found and how to see it again.

Model.
    Under build/fuzz/:  fuzz/, cover/  the two builds
                        seeds/<driver>   made anew for each session
                        corpus/<driver>  what libFuzzer found worth keeping
                        crashes/         inputs that broke something
                        inputs           one line a session: driver, inputs
    A crash is a report of a sanitizer, a broken invariant (abort) or an
    input that takes longer than TIMEOUT seconds.

Invariants.
    I1  The last line is "fuzz: N inputs, N crashes"; failure if there was a
        crash, or if a driver ran no input at all.
"""

import argparse
import os
import re
import shlex
import shutil
import struct
import subprocess
import sys
import tempfile

import malformed

DRIVERS = ("multiboot2", "pvh", "acpi")
PARSERS = {"multiboot2": ("boot/multiboot2.c", "boot/boot_info.c",
                          "boot/boot_text.c"),
           "pvh": ("boot/pvh.c", "boot/boot_info.c", "boot/boot_text.c"),
           "acpi": ("arch/x86_64/acpi.c", "arch/x86_64/acpi_madt.c",
                    "arch/x86_64/acpi_numa.c", "arch/x86_64/acpi_fadt.c",
                    "arch/x86_64/acpi_text.c")}
TIMEOUT = 10     # seconds for one input
MAX_LEN = {"multiboot2": 8192, "pvh": 8192, "acpi": 6144}
SEED_LEN = 70000  # longer seeds only slow everything down


class Missing(Exception):
    """The fuzzers cannot be built here; the text says what is missing."""


def check_compiler():
    """clang alone is not enough: its runtime is a package of its own."""
    words = ("package clang and its runtime: libclang-rt-14-dev (the number "
             "is clang's version; Debian, Ubuntu), compiler-rt (Fedora, "
             "Arch, Alpine), llvm (Homebrew)")
    if not shutil.which("clang"):
        raise Missing("the fuzzers need clang: " + words)
    with tempfile.TemporaryDirectory() as folder:
        done = subprocess.run(
            ["clang", "-fsanitize=fuzzer,address,undefined", "-x", "c", "-",
             "-o", os.path.join(folder, "probe")], text=True,
            input="#include <stddef.h>\nint LLVMFuzzerTestOneInput(const "
            "unsigned char *p, size_t n) { return !p && n; }\n",
            stdout=subprocess.PIPE, stderr=subprocess.STDOUT, check=False)
    if done.returncode:
        raise Missing("clang has no fuzzer runtime: " + words)


def build(args, kind, drivers):
    """Returns the programs by driver."""
    programs = {d: f"{args.build}/fuzz/{kind}/{d}" for d in drivers}
    done = subprocess.run(
        ["make", "--no-print-directory", f"BUILD={args.build}",
         f"-j{os.cpu_count() or 1}", *programs.values()],
        stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True,
        check=False)
    if done.returncode:
        sys.exit(done.stdout + "fuzz.py: the drivers do not compile")
    return programs


# ---- seeds -----------------------------------------------------------------

def segment(address, data):
    return struct.pack("<QI", address, len(data)) + data


def acpi_seed(memory):
    """A whole firmware area, cut into its tables."""
    data = struct.pack("<Q", malformed.TABLES)
    at = 0
    while True:
        found = re.compile(rb"RSD PTR |[A-Z]{4}").search(memory, at)
        if not found:
            return data
        at = found.start()
        size = 36
        if found[0] != b"RSD PTR ":
            size, = struct.unpack_from("<I", memory.ljust(at + 8, b"\0"),
                                       at + 4)
        size = max(36, min(size, len(memory) - at))
        data += segment(malformed.TABLES + at, memory[at:at + size])
        at += size


def pvh_seed(address, data):
    """The driver's memory begins at 0x1000, behind start_info."""
    fields = list(struct.unpack_from("<IIIIQQQQII", data))
    for i in (4, 5, 7):  # the addresses of modules, command line, map
        if address <= fields[i] < address + len(data):
            fields[i] += 0x1000 - address - 64
    return struct.pack("<IIIIQQQQII", *fields) + data[64:]


def write_seeds(folder, driver):
    """Real dumps, and what malformed.py boots."""
    shutil.rmtree(folder, ignore_errors=True)
    shutil.copytree(f"tests/data/{driver}", folder)
    for case in malformed.CASES:
        data = None
        blocks = dict(case.blocks)
        if driver == "multiboot2" and case.protocol == "multiboot2":
            data = bytes([case.ebx & 7]) + blocks[case.ebx]
        elif driver == "pvh" and case.protocol == "pvh":
            data = pvh_seed(case.ebx, blocks[case.ebx])
        elif driver == "acpi" and malformed.TABLES in blocks:
            data = acpi_seed(blocks[malformed.TABLES])
        if data and len(data) <= SEED_LEN:
            with open(f"{folder}/{case.name}", "wb") as f:
                f.write(data)


# ---- running ---------------------------------------------------------------

def again(args, driver, path):
    words = ["make", "fuzz", f"FUZZ={driver}", f"INPUT={path}"]
    if args.build != "build":
        words.append(f"BUILD={args.build}")
    return shlex.join(words)


def number(pattern, text):
    found = re.findall(pattern, text, re.M)
    return int(found[-1]) if found else 0


def environment():
    env = dict(os.environ)
    env["ASAN_OPTIONS"] = ("abort_on_error=0:detect_leaks=0:"
                           "malloc_context_size=3:quarantine_size_mb=2")
    env["UBSAN_OPTIONS"] = "print_stacktrace=1"
    return env


def run_driver(args, driver, program, seconds):
    """One session; returns (inputs, crashes)."""
    top = f"{args.build}/fuzz"
    corpus, seeds = f"{top}/corpus/{driver}", f"{top}/seeds/{driver}"
    os.makedirs(corpus, exist_ok=True)
    os.makedirs(f"{top}/crashes", exist_ok=True)
    write_seeds(seeds, driver)
    before = set(os.listdir(f"{top}/crashes"))
    words = [program, f"-artifact_prefix={top}/crashes/{driver}-",
             f"-max_len={MAX_LEN[driver]}", f"-timeout={TIMEOUT}",
             "-print_final_stats=1", f"-seed={args.seed}",
             "-reduce_inputs=0", "-reload=0"]
    words.append(f"-runs={args.runs}" if args.runs
                 else f"-max_total_time={seconds}")
    done = subprocess.run(words + [corpus, seeds], env=environment(),
                          stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
                          check=False)
    text = done.stdout.decode(errors="replace")
    with open(f"{top}/{driver}.log", "w", encoding="utf-8") as f:
        f.write(text)
    inputs = number(r"^stat::number_of_executed_units: (\d+)", text)
    found = sorted(set(os.listdir(f"{top}/crashes")) - before)
    crashed = done.returncode != 0
    speed = number(r"^stat::average_exec_per_sec: +(\d+)", text)
    edges, kept = number(r" cov: (\d+)", text), number(r" corp: (\d+)", text)
    print(f"  {driver:12} {inputs:9} inputs, {speed} a second, "
          f"{edges} edges, corpus of {kept}"
          + (", CRASH" if crashed else ""), flush=True)
    if crashed:
        print(what_happened(text))
        for name in found:
            print("    again: " + again(args, driver, f"{top}/crashes/{name}"))
    with open(f"{top}/inputs", "a", encoding="utf-8") as f:
        f.write(f"{driver} {inputs}\n")
    return inputs, int(crashed)


def what_happened(text):
    """The sanitizer's head line and the frames in our own code."""
    lines = [line for line in text.split("\n") if re.search(
        r"ERROR:|runtime error:|SUMMARY:|tests/fuzz/|boot/|acpi|memblock",
        line)]
    return "\n".join("    " + line.strip() for line in lines[:12])


def one_input(programs, path):
    """Show what an input does."""
    (program,) = programs.values()
    return subprocess.run([program, path], env=environment(),
                          check=False).returncode


def total(args):
    try:
        with open(f"{args.build}/fuzz/inputs", encoding="utf-8") as f:
            return sum(int(line.split()[1]) for line in f)
    except FileNotFoundError:
        return 0


def fuzz(args, drivers):
    programs = build(args, "fuzz", drivers)
    if args.input:
        if len(drivers) != 1:
            sys.exit("fuzz.py: INPUT= needs FUZZ=" + "|".join(DRIVERS))
        return one_input(programs, args.input)
    seconds = max(1, int(args.minutes * 60 / len(drivers)))
    results = [run_driver(args, d, programs[d], seconds) for d in drivers]
    inputs = sum(r[0] for r in results)
    crashes = sum(r[1] for r in results)
    print(f"all sessions in {args.build}/fuzz: {total(args)} inputs")
    print(f"fuzz: {inputs} inputs, {crashes} crashes")
    return 1 if crashes or not all(r[0] for r in results) else 0


# ---- coverage --------------------------------------------------------------

def tool(name):
    """llvm-cov or, where only that is installed, llvm-cov-14."""
    found = shutil.which(name)
    for version in range(25, 10, -1):
        found = found or shutil.which(f"{name}-{version}")
    if not found:
        raise Missing(f"{name} is missing: package llvm")
    return found


def coverage(args, drivers):
    """Which lines of the parsers the corpus and the seeds never reach."""
    programs = build(args, "cover", drivers)
    for driver in drivers:
        top = f"{args.build}/fuzz"
        seeds = f"{top}/seeds/{driver}"
        write_seeds(seeds, driver)
        os.makedirs(f"{top}/corpus/{driver}", exist_ok=True)
        raw, data = f"{top}/{driver}.profraw", f"{top}/{driver}.profdata"
        subprocess.run([programs[driver], "-runs=0", f"{top}/corpus/{driver}",
                        seeds], stdout=subprocess.DEVNULL, check=True,
                       stderr=subprocess.DEVNULL,
                       env=dict(os.environ, LLVM_PROFILE_FILE=raw))
        subprocess.run([tool("llvm-profdata"), "merge", "-o", data, raw],
                       check=True)
        shown = subprocess.run(
            [tool("llvm-cov"), "show", programs[driver],
             f"-instr-profile={data}", *PARSERS[driver]],
            stdout=subprocess.PIPE, text=True, check=True).stdout
        tell_coverage(driver, shown)
    return 0


def tell_coverage(driver, shown):
    lines = re.findall(r"^ +(\d+)\| +([\d.kMGE+]+)\|(.*)$|^(\S+\.c):$", shown,
                       re.M)
    path, missed, count = "", [], 0
    for nr, hits, text, new in lines:
        if new:
            path = new
        elif nr:
            count += 1
            if hits == "0":
                missed.append(f"    {os.path.relpath(path)}:{nr}:{text}")
    print(f"  {driver}: {count - len(missed)} of {count} lines reached")
    print("\n".join(missed))


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--build", default="build")
    parser.add_argument("--driver", default="all",
                        choices=DRIVERS + ("all",))
    parser.add_argument("--minutes", type=float, default=1)
    parser.add_argument("--runs", type=int, default=0,
                        help="inputs for each driver, instead of --minutes")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--input", help="run just this file")
    parser.add_argument("--coverage", action="store_true")
    args = parser.parse_args()
    drivers = DRIVERS if args.driver == "all" else (args.driver,)
    try:
        check_compiler()
        return (coverage if args.coverage else fuzz)(args, drivers)
    except Missing as missing:
        print(f"fuzz: {missing}", file=sys.stderr)
        return 2


if __name__ == "__main__":
    sys.exit(main())
