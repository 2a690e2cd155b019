#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""odd_machines.py - the self-tests on machines that few people have.

	tools/run_tests.py --all --only 'odd-*'

Model.
    Each Odd is one machine: without ACPI, without a CPU feature, with an
    uneven number of CPUs, with little or much memory. The whole suite runs
    on each at scale 1 and must give what it gives on the usual machine: the
    same cases, each passed. A case may be skipped only for reasons that
    skips.py or the table here gives. A machine on which Vitrix does not run
    must be refused with the line in the table.

Invariants.
    I1  Every cell ran the cases of the reference cell, no more, no fewer.
"""

import dataclasses
import re

import console_test
import ktap
import qemu
from result import FAIL, Job, Result, tail


@dataclasses.dataclass
class Odd:
    """A machine, and what on it is not as usual."""
    name: str
    machine: dict
    skips: tuple = ()   # reasons to skip a case here; see skips.py
    refused: str = ""   # what the kernel says when it cannot run here


def without(feature, skips=()):
    return Odd("no-" + feature, {"cpu": f"max,-{feature}"}, skips)


# Why a case may be skipped, in the words of the kernel.
ONE_CPU = (  # although the machine has more
    "needs 2 CPUs", "needs two CPUs", "needs 3 CPUs")
NO_NX = ("this CPU has no NX",)
NO_HPET = ("this machine has no HPET",)
NO_NMI = ("this machine has no source of NMIs",)
NO_MADT = ("this machine names no line for all CPUs",)
NO_APIC = ("this machine has no local APIC",
           "needs a local APIC") + ONE_CPU + NO_NMI + NO_MADT
LITTLE = ("needs memory", "needs a free block of 4 MiB")
NODES = ("needs a machine of one node", "the reserves of nodes differ",
         "other CPUs may have another first zone")

TOO_LITTLE = r"only \d+ KiB of memory: give the machine at least"


def empty_node(empty):
    """Two nodes of two CPUs; all memory is on one of them."""
    words = ["-object memory-backend-ram,id=all,size=512M,reserve=off"]
    for node in (0, 1):
        spec = f"node,nodeid={node},cpus={2 * node}-{2 * node + 1}"
        words.append("-numa " + spec
                     + ("" if node == empty else ",memdev=all"))
    return {"smp": 4, "mem": "512M", "qemuargs": " ".join(words)}


ODD = [
    Odd("q35", {"machine": "q35"}),
    Odd("q35-smp3", {"machine": "q35", "smp": 3}),
    Odd("no-acpi", {"machine": "pc,acpi=off"},
        ONE_CPU + NO_HPET + NO_NMI + NO_MADT),
    Odd("no-acpi-q35", {"machine": "q35,acpi=off"}),
    Odd("no-hpet", {"machine": "pc,hpet=off"}, NO_HPET),
    Odd("no-hpet-q35", {"machine": "q35,hpet=off"}, NO_HPET),
    Odd("qemu64", {"cpu": "qemu64"}),
    Odd("nehalem", {"cpu": "Nehalem"}),
    without("nx", NO_NX), without("smep"), without("smap"), without("umip"),
    without("pdpe1gb"), without("pge"), without("apic", NO_APIC),
    Odd("no-protection", {"cpu": "max,-nx,-smep,-smap,-umip,-pge,-pdpe1gb"},
        NO_NX),
    Odd("32-bit", {"cpu": "qemu32"},
        refused=r"^Vitrix cannot start: this CPU has no 64-bit mode"),
    Odd("smp3", {"smp": 3, "topology": "sockets=1,cores=3,threads=1"}),
    Odd("smp6", {"smp": 6, "topology": "sockets=2,cores=3,threads=1"}),
    Odd("smp6-threads", {"smp": 6,
                         "topology": "sockets=1,cores=3,threads=2"}),
    Odd("smp3-sockets", {"smp": 3,
                         "topology": "sockets=3,cores=1,threads=1"}),
    Odd("hotplug-room", {"smp": 2, "topology": "maxcpus=6"}),
    Odd("4m", {"mem": "4M"},
        refused=TOO_LITTLE),
    Odd("8m", {"mem": "8M"}, refused=TOO_LITTLE),
    Odd("16m", {"mem": "16M", "smp": 1}, LITTLE),
    Odd("64m", {"mem": "64M"}),
    Odd("128m", {"mem": "128M"}),
    Odd("1g", {"mem": "1G"}),
    Odd("3g", {"mem": "3G"}),
    Odd("4g", {"mem": "4G"}),
    Odd("9g", {"mem": "9G"}),
    Odd("64g", {"mem": "64G"}),
    Odd("64g-small-pages", {"mem": "64G", "cpu": "qemu64"}),
    Odd("numa2", {"numa": 2, "smp": 4}),
    Odd("numa2-q35-9g", {"numa": 2, "smp": 3, "mem": "9G",
                         "machine": "q35"}),
    # The first CPU's own node has no zones.
    Odd("numa2-node0-empty", empty_node(0),
        NODES + ("needs more than the DMA zone",)),
    Odd("numa2-node1-empty", empty_node(1), NODES),
    Odd("numa4", {"numa": 4, "smp": 4, "mem": "1G"}),
]


def compare(cases, reference):
    """I1."""
    names = {case.name for case in cases}
    problems = []
    missing = sorted(reference - names)
    extra = sorted(names - reference)
    if missing:
        problems.append("did not run: " + ", ".join(missing))
    if extra:
        problems.append("ran only here: " + ", ".join(extra))
    return problems


def refused(odd, run):
    """The line must come, and no reset before or behind it."""
    text = run.log.decode(errors="replace").replace("\r", "")
    problems = []
    if not re.search(odd.refused, text, re.M):
        problems.append(f"no {odd.refused!r} on the console")
    if qemu.triple_fault(run.reset_log):
        problems.append("triple fault: the processor reset")
    if run.code == 0:
        problems.append("QEMU ended with 0: a reset")
    return problems


class Stop:
    """Ends QEMU once a pattern has been printed."""

    def __init__(self, pattern):
        self.pattern = re.compile(pattern, re.M)

    def feed(self, log):
        text = log.decode(errors="replace").replace("\r", "")
        if self.pattern.search(text) or console_test.PROMPT.search(log):
            raise StopIteration
        return b""


def odd_job(odd, m, boot, cell_results, reference):
    """boot(name, m, feed) and cell_results(name, run, skips) are
    jobs.py's."""
    name = "odd-" + odd.name

    def run_refused():
        done = boot(name, m, Stop(odd.refused).feed)
        problems = refused(odd, done)
        if problems:
            return [Result("refused", FAIL, "\n".join(problems) + "\n\n"
                           + tail(done.log.decode(errors="replace")),
                           m.make_words("run"))]
        return [Result("refused")]

    def run():
        done = boot(name, m, None)
        results = cell_results(name, done, odd.skips)
        outcome = ktap.judge(done.log, done.code)
        if not reference:
            reference.update(c.name for c in outcome.cases)
        problems = compare(outcome.cases, reference)
        results.append(Result("same cases", FAIL if problems else "pass",
                              "\n".join(problems), m.make_words("run")))
        return results
    return Job(name, run_refused if odd.refused else run,
               m.make_words("run"))
