#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""console_test.py - talks to the prompt as a person would.

	tools/console_test.py NAME    run one script, show the dialogue

Purpose.
    The monitor is driven through the serial line: wait for the prompt, type
    a command, read the answer. This is where `cpus` on four CPUs, and every
    kind of panic report, is checked.

Model.
    A Script is a machine and a list of steps. Say types a line once the
    prompt is there; Expect waits for a pattern in what came since the last
    Say; Never forbids one there; End waits for QEMU to leave with a code.
    Nothing sleeps: each step is over when its text has come.
"""

import argparse
import dataclasses
import re
import sys
import time

import qemu

PROMPT = re.compile(rb"(?:^|\n)\r?vitrix> $")


@dataclasses.dataclass
class Say:
    """Types a line at the next prompt."""
    line: str


@dataclasses.dataclass
class Expect:
    """The answer must contain this, in order with other Expects."""
    pattern: str


@dataclasses.dataclass
class Never:
    """The answer, up to the next prompt or the end, must not."""
    pattern: str


@dataclasses.dataclass
class End:
    """QEMU leaves with this code."""
    code: int


@dataclasses.dataclass
class Script:
    """A machine and what is said to it."""
    name: str
    steps: list
    machine: dict = dataclasses.field(default_factory=dict)
    config: str = "debug"
    items: str = ""  # of the specification, as in SELFTEST

    def commands(self):
        return [step.line for step in self.steps if isinstance(step, Say)]

    def checks(self):
        """How many things are looked for."""
        return sum(not isinstance(step, Say) for step in self.steps)


class Dialogue:
    """Feeds a script's lines to the guest as the answers come in."""

    def __init__(self, script):
        self.turns = self.cut(script)
        self.answers = []   # (line, text of its answer)
        self.start = 0      # where the current answer begins in the log
        self.said = None

    @staticmethod
    def cut(script):
        return [step.line for step in script.steps if isinstance(step, Say)]

    def feed(self, log):
        """Called with the whole log so far; returns what to type."""
        if not PROMPT.search(log[self.start:]):
            return b""
        if self.said is not None:
            self.answers.append((self.said, log[self.start:]))
        self.start = len(log)
        if len(self.answers) == len(self.turns):
            raise StopIteration
        self.said = self.turns[len(self.answers)]
        return self.said.encode() + b"\r"

    def finish(self, log):
        """The machine is gone: the rest is the last answer."""
        if self.said is not None and len(self.answers) < len(self.turns):
            self.answers.append((self.said, log[self.start:]))


def check_answer(text, steps):
    """The problems of one answer."""
    problems, at = [], 0
    for step in steps:
        if isinstance(step, Expect):
            found = re.compile(step.pattern, re.M).search(text, at)
            if found:
                at = found.end()
            else:
                problems.append(f"no {step.pattern!r} in the answer")
        elif isinstance(step, Never) and re.search(step.pattern, text, re.M):
            problems.append(f"{step.pattern!r} in the answer")
    return problems


def check_dialogue(script, dialogue, run):
    """Compare what was answered with what the script wants."""
    problems, turn, steps = [], -1, {}
    end = None
    for step in script.steps:
        if isinstance(step, Say):
            turn += 1
        elif isinstance(step, End):
            end = step.code
        else:
            steps.setdefault(turn, []).append(step)
    if len(dialogue.answers) < len(dialogue.turns):
        problems.append(f"only {len(dialogue.answers)} of "
                        f"{len(dialogue.turns)} commands were answered")
    for i, (line, answer) in enumerate(dialogue.answers):
        text = answer.decode(errors="replace").replace("\r", "")
        problems += [f"{line!r}: {p}"
                     for p in check_answer(text, steps.get(i, []))]
    if run.hung:
        problems.append("hang: " + run.hung)
    elif end is not None and run.code != end:
        problems.append(f"QEMU ended with {run.code}, not {end}")
    if qemu.triple_fault(run.reset_log):
        problems.append("triple fault: the processor reset")
    return problems


def drive(script, machine, limit):
    """Run a script; return (problems, the Run)."""
    dialogue = Dialogue(script)
    run = qemu.boot(machine, limit, feed=dialogue.feed)
    dialogue.finish(run.log)
    return check_dialogue(script, dialogue, run), run


# ---- the scripts -----------------------------------------------------------

def cpus(count, **machine):
    """A machine with this many CPUs says so."""
    words = "-".join(f"{k}{v}" for k, v in machine.items())
    return Script(f"cpus-{count}" + (f"-{words}" if words else ""), [
        Say("cpus"), Expect(rf"\b{count} of {count} CPUs online"),
    ], {"smp": count, **machine})


def panic(kind, *patterns, items="", frames=(), **machine):
    """A panic of this kind gives a whole report with these patterns.

    frames: functions of the backtrace, in this order.
    """
    return Script(f"panic-{kind}", [
        Say(f"panic {kind}"),
        Expect(r"KERNEL PANIC"),
        *[Expect(p) for p in patterns],
        Expect(r"^registers:\n rip 0010:[0-9a-f]{16}"),
        Expect(r"^backtrace:\n +#0 +0x[0-9a-f]{16} "),
        *[Expect(rf"^ +#\d+ +0x[0-9a-f]{{16}} {f}\+0x") for f in frames],
        Expect(r"^ +#\d+ +0x[0-9a-f]{16} start_kernel\+0x"),
        Expect(r"^other CPUs:\nCPU 1: swapper/1"),
        Expect(r"^last log lines:\n"),
        Expect(r"END OF KERNEL PANIC"),
        Never(r"this part of the report failed"),
        Never(r"panic while reporting"),
        Never(r"did not answer"),
        End(qemu.EXIT_FAIL),
    ], {"append": "panic=exit", **machine}, items=items)


SCRIPTS = [
    cpus(1), cpus(4), cpus(32),
    cpus(4, boot="iso"),
    cpus(4, boot="iso", firmware="uefi"),
    Script("nr-cpus", [
        Say("cpus"), Expect(r"^2 of 2 CPUs online"),
        Say("acpi"), Expect(r"^CPUs: 4 listed"),
    ], {"smp": 4, "append": "nr_cpus=2"}, items="C CC-09"),
    Script("commands", [
        Say("help"), *[Expect(rf"^ +{word}\b") for word in (
            "acpi", "buddyinfo", "cpus", "dmesg", "help", "mem", "panic", "poweroff",
            "reboot", "test", "tests", "uptime", "version")],
        Say("version"), Expect(r"^Vitrix \d+\.\d+, debug build"),
        Say("uptime"), Expect(r"^up \d.*, 4 CPUs online"),
        Say("acpi"), Expect(r"^CPUs: 4 listed"), Expect(r"^IO APIC 0 at 0x"),
        Say("dmesg"), Expect(r"4 of 4 CPUs online"), Expect(r"timeline"),
        Say("panic"), Expect(r"stack-overflow"), Never(r"KERNEL PANIC"),
        Say("tests lib.string.*"), Expect(r"^lib\.string\.\w+ +unit "),
        Say("test lib.string.*"), Expect(r"^KTAP version 1"),
        Expect(r"^ok 1 lib\.string\."), Never(r"^not ok"),
        Expect(r"^# totals: pass:\d+ fail:0 "),
        Say("nonsense"), Expect(r"unknown command 'nonsense'"),
        Say("poweroff"), End(0),
    ], {"smp": 4}),
    # A kernel that just came up has lost nothing; then it loses something.
    Script("memleak", [
        Say("memleak scan"), Expect(r"^0 unreferenced, 0 of them"),
        Say("hold object 100"), Say("drop lost"),
        Say("memleak scan"), Expect(r"^1 unreferenced, 0 of them"),
        Say("memleak list"), Expect(r"^0 leaks"),
        Say("memleak scan"), Expect(r"^1 unreferenced, 1 of them"),
        Say("memleak list"),
        Expect(r"^100 bytes at 0x[0-9a-f]{16}, by cmd_hold\+0x.*, CPU \d"),
        Expect(r"^1 leaks"),
        Say("memleak clear"), Expect(r"^1 leaks forgotten"),
        Say("memleak scan"), Expect(r"^0 unreferenced, 0 of them"),
    ], {"append": "memleak=1"}),
    # The whole report, and that the kernel goes on after it.
    Script("kasan", [
        Say("hold object 100"), Say("drop overrun"),
        Expect(r"WARNING: kasan: slab-out-of-bounds: write of 1 byte at 0x"
               r"[0-9a-f]{16}, 0 bytes behind the 100 bytes of kmalloc-128"),
        Expect(r"by cmd_drop\+0x.*, CPU \d, swapper/"),
        Expect(r"allocated by cmd_hold\+0x"),
        Expect(r" 00 00 00 00\[04\] fc fc "),
        Expect(r"#0 .* cmd_drop\+0x"), Expect(r"#1 .* monitor_execute\+0x"),
        Say("hold object 30"), Say("drop late"),
        Expect(r"kasan: slab-use-after-free: read of 1 byte at 0x"
               r"[0-9a-f]{16}, 0 bytes into the 30 bytes of kmalloc-32"),
        Expect(r"freed by cmd_drop\+0x"),
        Say("memleak scan"), Expect(r"^nothing is tracked"),
    ], config="kasan"),
    Script("vmalloc", [
        Say("vmalloc 5"), Expect(r"^0xffffc90000000000$"),
        Say("vmalloc stack"), Expect(r"^0xffffc9000000c000$"),
        Say("vmallocinfo"),
        Expect(r"^0xffffc90000000000-0xffffc90000005fff +6 vmalloc +5  "
               r"cmd_vmalloc\+0x"),
        Expect(r"^0xffffc90000006000-0xffffc90000007fff +2 hole"),
        Expect(r"^0xffffc90000008000-0xffffc90000010fff +9 stack +4  "),
        Expect(r"^2 areas, 2 holes, .* 9 pages in use"),
        Say("vmallocinfo draw"),
        Expect(r"^0xffffc90000000000 \|vvvvv\.  \.\.\.\.ssss\. "),
        Say("vmalloc free 0xffffc90000000000"),
        Say("vmallocinfo draw"),
        Expect(r"^0xffffc90000000000 \|~~~~~~  \.\.\.\.ssss\. "),
        Say("vmallocinfo purge"), Expect(r"; 1 purges so far, of 1 areas"),
        Say("vmallocinfo draw"),
        Expect(r"^0xffffc90000000000 \|        \.\.\.\.ssss\. "),
        Say("vmalloc free 0xffffc90000000000"),
        Expect(r"WARNING: vfree of 0xffffc90000000000 .*freed twice"),
    ], {"smp": 2}, items="A MM-H8"),
    Script("vmalloc-lazy", [
        Say("vmalloc 5"), Say("vmalloc free 0xffffc90000000000"),
        Say("vmallocinfo"),
        Expect(r"^0 pages .* after 0; 1 purges so far, of 1 areas"),
    ], {"smp": 2, "append": "vmalloc_lazy=0"}),
    Script("editing", [
        Say("vexsion\x1b[D\x1b[D\x1b[D\x1b[D\x7fr"), Expect(r"^Vitrix \d"),
        Say("\x1b[A"), Expect(r"^Vitrix \d"),
        Say("garbage\x15version"), Expect(r"^Vitrix \d"),
        Say("vers\t"), Expect(r"^Vitrix \d"),
    ]),
    Script("screen", [
        Say("dmesg"), Expect(r"console: framebuffer, \d+ x \d+ characters"),
    ], {"boot": "iso"}),
    Script("reboot", [Say("reboot"), End(0)]),
    Script("mem-8g", [
        Say("mem"), Expect(r"^0x000100000000-0x00023fffffff +\d+ KiB  usable"),
        Expect(r"^usable 838\d{4} KiB"),
    ], {"mem": "8G"}),
    Script("mem-64m", [
        Say("mem"), Expect(r"^usable 6[45]\d{3} KiB"),
    ], {"mem": "64M", "smp": 1}),
    Script("memory", [
        Say("buddyinfo"),
        Expect(r"^order +0 +1 +2 .* 9 +10$"),
        Expect(r"^0 DMA +\d+"), Expect(r"^0 DMA32( +\d+){11}$"),
        Expect(r"^  unusable % +0( +\d+){10}$"), Never(r"unmovable"),
        Say("buddyinfo -t"),
        Expect(r"^0 DMA32( +\d+){11}$"), Expect(r"^  unmovable( +\d+){11}$"),
        Expect(r"^  movable +.* [1-9]\d*$"), Expect(r"^  reserve "),
        Say("buddyinfo -x"), Expect(r"^usage: buddyinfo "),
        Say("zoneinfo"),
        Expect(r"^node 0, zone DMA32\n  frames +\d+ managed of \d+ present "
               r"of \d+ spanned, from 4096 on$"),
        Expect(r"^  watermarks min \d+, low \d+, high \d+$"),
        Expect(r"^  lists +batch \d+, high \d+; [1-9]\d* out"),
        Expect(r"^  on CPU +0:\d+ 1:\d+$"),
        Say("slabinfo"), Expect(r"^kmalloc-64 +\d+"),
        Say("slabinfo kmalloc-64"), Expect(r"^kmalloc-64\n  objects +\d+ "),
        Expect(r"^  size +64 bytes asked for"), Expect(r"^  arrays +limit "),
        Say("slabinfo nothing"), Expect(r"^no cache is called 'nothing'$"),
        Say("slabtop"), Expect(r"^\d+ of \d+ objects \(\d+ %\) in \d+ slabs"),
        Expect(r"^ +\d+ +\d+ +\d+ +\d+ % +\d+ +\d+  kmalloc-\d+$"),
        Never(r" 0  \S+$"),
        Say("percpu"), Expect(r"^static part: \d+ bytes$"),
        Expect(r"^template  0xffffffff8[0-9a-f]{7}$"),
        Expect(r"^cpu0      0xffffffff8[0-9a-f]{7}  0xffffffff8[0-9a-f]{7}  "
               r"node 0$"),
        Expect(r"^cpu1      0xffffe90004000000  0xffffe90006000000  node 0$"),
    ]),
    Script("hold", [
        Say("hold page 9"), Expect(r"^  block of order 9 at frame \d+$"),
        Say("frames"), Expect(r"^ +\d+  H{64}$"),
        Say("drop"), Expect(r"^0 held$"),
        Say("frames"), Expect(r"^ +\d+  [^\n]{64}\n"), Never(r"  .*H{9}"),
        Say("hold object 64 30"),
        Expect(r"^(?:  object of 64 bytes at 0x\w+, frame \d+\n){8}"),
        Expect(r"^  \.\.\. 21 more \.\.\.\n  object of 64 bytes at "),
        Say("slabinfo -d kmalloc-64"),
        Expect(r"^0x\w+ +\d+ (full   |partial) [#a]*#{10}"),
        Say("slabinfo -d nothing"), Expect(r"^no cache is called 'nothing'$"),
        Say("hold"), Expect(r"^30 held$"),
        Say("drop half"), Expect(r"^15 held$"),
        Say("drop 14"), Expect(r"^1 held$"),
        Say("drop all"), Expect(r"^0 held$"),
        Say("drop 3"), Expect(r"^0 held$"),
        Say("hold object 100"), Expect(r"^  object of 100 bytes"),
        Say("drop twice"), Expect(r"double free"),
        Say("hold object 100"), Expect(r"^  object of 100 bytes"),
        Say("drop overrun"), Expect(r"kmalloc-128|kmalloc-112"),
        Say("drop twice"), Expect(r"^nothing of the kind is held$"),
        Say("hold page 11"), Expect(r"^usage: hold "),
        Say("hold object 0"), Expect(r"^usage: hold "),
        Say("hold thing 1"), Expect(r"^usage: hold "),
        Say("frames 0"), Expect(r"^ +0  R"),
        Say("frames 99999999999"), Expect(r"has no descriptor$"),
    ]),
    Script("memory-2-nodes", [
        Say("zoneinfo"), Expect(r"^node 0, zone DMA32$"),
        Expect(r"^node 1, zone DMA32$"),
        Say("buddyinfo"), Expect(r"^1 DMA32( +\d+){11}$"),
    ], {"numa": 2, "smp": 4}),
    Script("bench", [
        Say("bench"), Expect(r"^mm\.kmalloc\.64$"),
        Say("bench lib.loop.*,mm.page.0"), Expect(r"^BENCH BEGIN$"),
        Expect(r'^\{"bench":"lib\.loop\.call",'),
        Expect(r'^\{"bench":"mm\.page\.0","unit":"\w+","n":\d+,"min":'
               r'[\d.]+,"median":[\d.]+,"max":[\d.]+[^{]*\}$'),
        Expect(r"^BENCH END$"),
        Say("bench nothing"), Expect(r"no benchmark matches"),
    ]),
    Script("qemu64", [
        Say("cpus"), Expect(r"^4 of 4 CPUs online"),
    ], {"cpu": "qemu64", "smp": 4}),
    panic("null", r"#PF", r"^cause: .*null"),
    panic("stack-overflow", r"^cause: .*stack", items="A IDT-9, A STK-6"),
    # The backtrace reaches start_kernel(): through the call between stacks.
    panic("task-overflow",
          r"^cause: +kernel stack overflow: [^\n]* below\n +the task stack;",
          r"^task: +swapper/0, pid 0, stack 0xffffc9", items="C EV-43"),
    panic("nx", r"#PF", r"^cause: .*execut"),
    panic("divide", r"#DE", r"^cause: .*divisor is 0"),
    panic("readonly", r"#PF", r"^cause: .*read-only"),
    panic("noncanonical", r"#GP", r"^cause: .*non-canonical"),
    panic("ud", r"#UD", r"^cause: "),
    panic("gp", r"#GP", r"^cause: "),
    panic("bug", r"kernel/crash\.c:\d+",
          r"^cause: +a check [^\n]* line\n +and ask who made it so$"),
    panic("double-fault", r"#DF", r"^cause: .*double fault"),
    panic("nmi", r"nmi 1"),
    Script("panic-all-cpus", [
        Say("panic all-cpus"),
        Expect(r"^what: +CPU \d, together with all others"),
        Expect(r"^other CPUs:\nCPU \d: swapper/\d"),
        Expect(r"END OF KERNEL PANIC"), End(qemu.EXIT_FAIL),
    ], {"append": "panic=exit"}),
    Script("panic-reboot", [
        Say("panic ud"), Expect(r"END OF KERNEL PANIC"), End(0),
    ], {"append": "panic=reboot"}),
    panic("hang", r"swapper/\d"),
]


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("name", choices=[s.name for s in SCRIPTS])
    parser.add_argument("--build", default="build")
    args = parser.parse_args()
    script = next(s for s in SCRIPTS if s.name == args.name)
    machine = qemu.Machine(**{
        "dir": f"{args.build}/{script.config}", "boot": "direct", "smp": 2,
        **script.machine})
    start = time.monotonic()
    problems, run = drive(script, machine, 120)
    sys.stdout.buffer.write(run.log)
    print(f"\n-- {time.monotonic() - start:.1f} s, QEMU {run.code}")
    for problem in problems:
        print("PROBLEM", problem)
    sys.exit(bool(problems))


if __name__ == "__main__":
    main()
