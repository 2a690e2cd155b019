# SPDX-License-Identifier: MIT
"""skips.py - which cases may say "not here", and on which machine.

Purpose.
    A case that needs a second CPU skips itself on a machine with one. On a
    machine with four it must not: a kernel that finds one CPU of four would
    pass every test by running few of them. So a skip is believed only if it
    is known beforehand.

Model.
    EXPECTED is the whole list. Each entry has the kernel's words and says of
    a Machine whether they may come from it. Odd machines bring a list of
    their own (odd_machines.py). Any other skip makes the case a failed one.

Invariants.
    I1  A skipped case is a skip here only if an entry, or the caller, allows
        its reason on this machine.
"""

import dataclasses
import os
import re

import qemu

NUMBERS = {"two": 2, "three": 3}


@dataclasses.dataclass
class Expected:
    """Words of the kernel, and the machines that may say them."""
    reason: str     # a regular expression, all of the words
    allowed: object  # called with the Machine and the match


def number(found):
    return NUMBERS.get(found[1]) or int(found[1])


def too_few(m, found):
    return m.smp < number(found)


def config(m):
    return os.path.basename(m.dir).removesuffix("-llvm")


# Words for which a debug build has no use.
DEBUG_ONLY = ("asserted in debug builds", "assertions are in debug builds",
              "a check of debug builds",
              "would hang: only debug builds report it",
              "no stack protector in a release build", "needs CONFIG_DEBUG",
              "needs a debug build", "checks are for debug builds",
              "failing on purpose is for debug builds")

EXPECTED = [
    Expected(r"needs (\d+|two|three) CPUs"
             r"(?: with short APIC ids|, all of them online)?", too_few),
    # qemu.py passes it where the host has fewer CPUs than the guest.
    Expected(r"spin=tas: more CPUs than the host has",
             lambda m, _: "spin=tas" in qemu.cmdline(m).split()),
    Expected(r"this CPU reads unknown MSRs as 0 \(TCG does\)",
             lambda m, _: m.accel == "tcg"),
    # Protection keys: among QEMU's models only max has them.
    Expected(r"needs a register that refuses values \(PKRS\)",
             lambda m, _: not m.cpu.startswith("max")),
    Expected(r"needs to be alone", lambda m, _: m.smp > 1),
    # Of the CPU models in use only max has them.
    Expected(r"this CPU has no pages of 1 GiB",
             lambda m, _: not m.cpu.startswith("max")
             or "-pdpe1gb" in m.cpu.split(",")),
    Expected(r"needs the option highmem=64",
             lambda m, _: "highmem=64" not in qemu.cmdline(m).split()),
    Expected(r"the windows are in use",
             lambda m, _: "highmem=64" in qemu.cmdline(m).split()),
    Expected(r"the counter does not count instructions",
             lambda m, _: m.mode != "det"),
    Expected(r"only clang checks promised alignment",
             lambda m, _: not m.dir.endswith("-llvm")),
    Expected(r"needs (?:CPUs on )?(\d+|two) nodes(?: with memory)?",
             lambda m, found: m.numa < number(found)),
    Expected(r"needs a machine of one node|the reserves of nodes differ|"
             r"other CPUs may have another first zone",
             lambda m, _: m.numa > 1),
    # All is DMA then; or the CPU's own node has none.
    Expected(r"needs two zones|needs more than the DMA zone",
             lambda m, _: qemu.mebibytes(m.mem) <= 16 or m.numa > 1),
    Expected(r"takes too long with more than 1 GiB",
             lambda m, _: qemu.mebibytes(m.mem) > 1024),
    Expected(r"needs a machine of at most (\d+) MiB",
             lambda m, found: qemu.mebibytes(m.mem) > int(found[1])),
    # qemu.py numbers them in mode det.
    Expected(r"this run numbers its hits from the boot on",
             lambda m, _: "trip=numbered" in qemu.cmdline(m).split()),
    Expected(r"hits are not numbered in this run",
             lambda m, _: "trip=numbered" not in qemu.cmdline(m).split()),
] + [Expected(words, lambda m, _: config(m) == "release")
     for words in DEBUG_ONLY]


def is_expected(why, m, more=()):
    """May a case on this machine be skipped for this reason?

    more: other words that are allowed, as substrings.
    """
    if any(words in why for words in more):
        return True
    for entry in EXPECTED:
        found = re.fullmatch(entry.reason, why)
        if found and entry.allowed(m, found):
            return True
    return False


def refuse(outcome, m, more=()):
    """Make a failure of each case that was skipped without leave (I1)."""
    for case in outcome.cases:
        if case.verdict == "skip" and not is_expected(case.why, m, more):
            case.verdict = "not ok"
            case.lines.append(f"# skipped: {case.why}; not expected on this "
                              "machine (see EXPECTED in tools/skips.py)")
    return outcome
