# SPDX-License-Identifier: MIT
"""analyze.py - what other people's analysers find: `make check ANALYZE=1`.

Model.
    Three programs, each with the checks that were worth it on this tree: they
    find the faults that tests/host/test_check.py plants, and what they say
    that is wrong is suppressed here, one by one, with the reason. Tests are
    left out: they do strange things on purpose. A program that is not
    installed is skipped.

    sparse is not used. Its address spaces guard __user and __iomem pointers,
    of which there are none before user programs come; and its lock balance
    does not follow locks taken on a condition, nor those of an object found
    at run time, where locks really go wrong.
"""

import concurrent.futures
import os
import re
import shutil
import subprocess

from checks.tree import Skipped

FOLDERS = ("boot/", "arch/", "lib/", "mm/", "sched/", "irq/", "kernel/")
CPPCHECK_OFF = {
    # Two linker symbols are the ends of one array.
    "comparePointers": None,
    # Gives up on min_t() with a type of two words; gcc and clang read it.
    "internalAstError": None,
    # The header paths of the compiler are not given: it has its own.
    "missingIncludeSystem": None,
    # va_end() would stand behind a call that does not return.
    "va_end_missing": "lib/panic.c",
}
TIDY_OFF = (
    # Two unsigned arguments side by side: nearly every function.
    "bugprone-easily-swappable-parameters",
    # __packed, __section, __set_bit: the names of Linux.
    "bugprone-reserved-identifier",
    # Cases that do the same stand apart because they mean different things.
    "bugprone-branch-clone",
    # unsigned * unsigned as an index: cannot overflow where it warns.
    "bugprone-implicit-widening-of-multiplication-result",
    # `char c = cond ? c1 : '?'`: a character constant is an int in C.
    "bugprone-narrowing-conversions",
    # sizeof of a pointer in this_cpu_write(): a pointer is what is written.
    "bugprone-sizeof-expression",
    # printf's %hhd is this conversion.
    "bugprone-signed-char-misuse",
)
TIDY_FLAGS = ("--target=x86_64-unknown-none-elf", "-std=gnu11", "-O2",
              "-DCONFIG_DEBUG=1", "-ffreestanding", "-nostdinc", "-Iinclude",
              "-Iarch/x86_64/include", "-I.", "-mgeneral-regs-only")
WARNING = re.compile(r"^(\S+:\d+):\d+: (?:warning|error|fatal error): (.*)", re.M)


def sources(tree):
    return [p for p in tree.having(".c") if p.startswith(FOLDERS)]


def need(*names):
    for name in names:
        if shutil.which(name):
            return name
    raise Skipped(f"{names[0]} is not installed")


def run(tree, argv):
    """What the program printed, and a line of ours if it broke."""
    done = subprocess.run(argv, cwd=tree.root, text=True, check=False,
                          stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
                          stdin=subprocess.DEVNULL)
    text = done.stdout
    if done.returncode and not WARNING.search(text):
        text += f"\ntools:1:1: error: {argv[0]} failed: {text[-200:]}\n"
    return text


def spread(tree, command, files, group):
    """The warnings of command over the files, group files at a time."""
    parts = [files[i:i + group] for i in range(0, len(files), group)]
    with concurrent.futures.ThreadPoolExecutor(os.cpu_count()) as pool:
        texts = pool.map(lambda part: run(tree, [*command(part)]), parts)
        seen = {}
        for text in texts:
            for place, words in WARNING.findall(text):
                place = os.path.normpath(place)
                root = os.path.abspath(tree.root) + os.sep
                seen[f"{place.replace(root, '')}: {words}"] = True
        yield from sorted(seen)


def cppcheck(tree):
    off = [f"--suppress={name}" + (f":{where}" if where else "")
           for name, where in CPPCHECK_OFF.items()]
    text = run(tree, [
        need("cppcheck"), "--quiet", f"-j{os.cpu_count() or 1}",
        "--std=c11", "--platform=unix64", "--max-configs=1",
        "--enable=warning,performance,portability", *off,
        "-DCONFIG_DEBUG=1", "-D__x86_64__=1", "-D__GNUC__=12", "-Iinclude",
        "-Iarch/x86_64/include", "-I.",
        "--template={file}:{line}: {id}: {message}", *sources(tree)])
    yield from sorted(set(filter(None, text.splitlines())))


def analyzer(tree, cc, flags):
    """gcc -fanalyzer; clang has no such option."""
    text = run(tree, [*cc, "--version"])
    if "clang" in text:
        raise Skipped("the compiler is not gcc")
    yield from spread(tree, lambda part: [
        *cc, *flags, "-fanalyzer", "-c", "-o", os.devnull, *part],
        sources(tree), 1)


def tidy(tree):
    name = need("clang-tidy-14", "clang-tidy")
    own = run(tree, [need("clang-14", "clang"),
                     "-print-resource-dir"]).strip()
    checks = ",".join(["-*", "bugprone-*", *("-" + c for c in TIDY_OFF)])
    yield from spread(tree, lambda part: [
        name, "--quiet", f"--checks={checks}", *part, "--", *TIDY_FLAGS,
        "-isystem", own + "/include"], sources(tree), 8)
