#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""test_runner.py - the runner cannot lie.

	python3 -m unittest tests/host/test_runner.py

Purpose.
    A test suite is worth what its runner is worth. Here the runner is fed
    kernels that panic, hang, reset, count wrongly or break off, played by a
    program in QEMU's place, and must call none of them good.
"""

import contextlib
import glob
import io
import os
import re
import stat
import subprocess
import sys
import tempfile
import unittest
import xml.etree.ElementTree as xml

sys.path.insert(0, os.path.join(os.path.dirname(__file__), "../../tools"))

# pylint: disable=wrong-import-position
import console_test  # noqa: E402
import iso           # noqa: E402
import jobs          # noqa: E402
import ktap          # noqa: E402
import qemu          # noqa: E402
import result        # noqa: E402
import skips         # noqa: E402
import symbolize     # noqa: E402
import tripfault     # noqa: E402

GOOD = """\
[    0.000000] Vitrix
KTAP version 1
1..3
ok 1 lib.list.add # 7 checks
# about the next one
ok 2 lib.list.del # 5 checks
[    0.123456] a line of the log
ok 3 sched.smp.pair # SKIP needs 2 CPUs
# totals: pass:2 fail:0 skip:1 checks:12
"""
CLOSING = GOOD.splitlines(True)[-1]
ONE_BAD = GOOD.replace("ok 2", "not ok 2").replace(
    "5 checks", "5 checks, 1 failed").replace("pass:2 fail:0", "pass:1 fail:1")
PANIC = """\

================= KERNEL PANIC =================
what:    null pointer
========= END OF KERNEL PANIC ==================
"""


def judge(text, code=33, **how):
    return ktap.judge(text.encode(), code, **how)


class Judge(unittest.TestCase):
    """ktap.judge(), one invariant after the other."""

    def refused(self, text, what, code=33, **how):
        outcome = judge(text, code, **how)
        self.assertFalse(outcome.passed())
        self.assertRegex("\n".join(outcome.problems), what)

    def test_good(self):
        outcome = judge(GOOD)
        self.assertEqual(outcome.problems, [])
        self.assertTrue(outcome.passed())
        self.assertEqual([c.verdict for c in outcome.cases],
                         ["ok", "ok", "skip"])
        self.assertEqual(outcome.cases[1].lines, ["# about the next one"])
        self.assertEqual(outcome.cases[2].why, "needs 2 CPUs")

    def test_good_behind_firmware(self):
        text = "\x1b[2J\x1b[01;01HGRUB\x1b[0m loading\r\n" + GOOD
        self.assertTrue(judge(text.replace("\n", "\r\n")).passed())

    def test_failed_case(self):
        outcome = judge(ONE_BAD, 35)
        self.assertFalse(outcome.passed())
        self.assertEqual(outcome.problems, [])
        self.assertEqual(outcome.count("not ok"), 1)

    def test_every_cut_is_refused(self):
        for end in range(len(GOOD)):
            self.assertFalse(judge(GOOD[:end]).passed(), GOOD[:end])

    def test_every_lost_line_is_refused(self):
        lines = GOOD.splitlines(True)
        for i, line in enumerate(lines):
            if line.startswith(("[", "# about")):
                continue
            rest = "".join(lines[:i] + lines[i + 1:])
            self.assertFalse(judge(rest).passed(), line)

    def test_every_doubled_line_is_refused(self):
        lines = GOOD.splitlines(True)
        for i, line in enumerate(lines):
            if line.startswith(("[", "# about")):
                continue
            self.assertFalse(judge("".join(
                lines[:i + 1] + lines[i:])).passed(), line)

    def test_empty(self):
        self.refused("", "never began")

    def test_no_plan(self):
        self.refused(GOOD.replace("1..3\n", ""), "no plan")

    def test_wrong_count(self):
        self.refused(GOOD.replace("1..3", "1..4"), "4 cases planned, 3")
        self.refused(GOOD.replace("1..3", "1..2"), "2 cases planned, 3")

    def test_nothing_matched(self):
        self.refused("KTAP version 1\n1..0\n# totals: pass:0 fail:0 skip:0 "
                     "checks:0\n", "no case matched")

    def test_closing_line_lies(self):
        for right, wrong in (("pass:2", "pass:3"), ("fail:0", "fail:1"),
                             ("skip:1", "skip:0"), ("checks:12", "checks:11")):
            self.refused(GOOD.replace(right, wrong), "closing line")
        self.refused(ONE_BAD.replace("pass:1 fail:1", "pass:2 fail:0"),
                     "closing line", 35)

    def test_no_closing_line(self):
        self.refused(GOOD.replace(CLOSING, ""),
                     "no closing line")

    def test_half_a_line(self):
        self.refused(GOOD.replace("ok 2 lib.list.del", "ok 2"), "half")
        self.refused(GOOD.replace(" # 5 checks", ""), "half")
        self.refused(GOOD.replace("ok 2 lib.list.del", "ok 2 li[ 0.1] x"),
                     "half")

    def test_torn_off(self):
        self.refused(GOOD[:-1], "ends within a line")

    def test_out_of_order(self):
        self.refused(GOOD.replace("ok 2", "ok 9").replace("ok 3", "ok 2"),
                     "was due")

    def test_name_twice(self):
        self.refused(GOOD.replace("lib.list.del", "lib.list.add"), "twice")

    def test_nothing_checked(self):
        self.refused(GOOD.replace("5 checks", "0 checks").replace(
            "checks:12", "checks:7"), "lib.list.del: ok, but")

    def test_host_dialect(self):
        text = ("KTAP version 1\n1..2\nok 1 lib.a.b\nok 2 lib.a.c # SKIP\n"
                "# 2 passed, 0 failed\n")
        self.assertTrue(judge(text, dialect=ktap.HOST).passed())
        skipped = text.replace("0 failed", "0 failed, 1 skipped")
        self.assertFalse(judge(skipped, dialect=ktap.HOST).passed())
        skipped = skipped.replace("2 passed", "1 passed")
        self.assertTrue(judge(skipped, dialect=ktap.HOST).passed())
        self.assertFalse(judge(text).passed())
        self.assertFalse(judge(text.replace("# 2 p", "# 1 p"),
                               dialect=ktap.HOST).passed())

    def test_panic(self):
        self.refused(GOOD[:60] + PANIC, "kernel panic.*\nit says: null", 35)

    def test_ok_after_panic(self):
        lines = GOOD.splitlines(True)
        text = "".join(lines[:4]) + PANIC + "".join(lines[4:])
        self.refused(text, "panic in the case after lib.list.add")

    def test_panic_behind_the_end(self):
        self.refused(GOOD + PANIC, "panic")

    def test_panic_before_the_tests(self):
        self.refused(PANIC + GOOD, "before the first result")

    def test_more_behind_the_end(self):
        self.refused(GOOD + "ok 4 late.case.here\n", "behind the closing")

    def test_reset(self):
        self.refused(GOOD, "reset or power-off", 0)
        self.refused(GOOD, "triple fault", 0, reset=True)
        self.refused(GOOD.replace(CLOSING, "")
                     + GOOD, "began twice")

    def test_exit_codes(self):
        self.refused(GOOD, "exit code 35", 35)
        self.refused(ONE_BAD, "exit code 33", 33)
        self.refused(GOOD, "QEMU ended with 1", 1)
        self.refused(GOOD, "QEMU ended with -11", -11)

    def test_hang(self):
        self.refused(GOOD, "hang: too long", -9, hung="too long")


class Skips(unittest.TestCase):
    """Only what is known beforehand may be skipped."""

    def expected(self, why, more=(), **machine):
        return skips.is_expected(why, qemu.Machine(**machine), more)

    def test_too_few_cpus(self):
        for why, least in (("needs 2 CPUs", 2), ("needs two CPUs", 2),
                           ("needs 3 CPUs", 3),
                           ("needs 2 CPUs with short APIC ids", 2)):
            for smp in (1, 2, 3, 4, 64):
                self.assertEqual(self.expected(why, smp=smp), smp < least)

    def test_more_cpus_than_the_host(self):
        why = "spin=tas: more CPUs than the host has"
        host = os.cpu_count() or 1
        self.assertTrue(self.expected(why, smp=host + 1))
        self.assertFalse(self.expected(why, smp=host))
        self.assertFalse(self.expected(why, smp=host + 1, mode="det"))

    def test_builds_and_processors(self):
        why = "assertions are in debug builds"
        self.assertTrue(self.expected(why, dir="build/release"))
        self.assertTrue(self.expected(why, dir="build/release-llvm"))
        self.assertFalse(self.expected(why, dir="build/debug"))
        why = "needs a register that refuses values (PKRS)"
        self.assertTrue(self.expected(why, cpu="qemu64"))
        self.assertFalse(self.expected(why, cpu="max,-nx"))

    def test_anything_else(self):
        for why in ("no time", "needs 2 CPUs or more", "", "needs CPUs",
                    "this machine has no HPET"):
            self.assertFalse(self.expected(why, smp=1), why)
        self.assertTrue(self.expected("this machine has no HPET",
                                      ("no HPET",)))

    def test_refused_cases_fail(self):
        outcome = judge(GOOD)
        self.assertTrue(skips.refuse(outcome, qemu.Machine(smp=1)).passed())
        self.assertFalse(skips.refuse(outcome, qemu.Machine(smp=2)).passed())
        self.assertEqual(outcome.cases[2].verdict, "not ok")

    def test_every_reason_is_somewhere_in_the_tests(self):
        """An entry that no case uses would only hide the next one."""
        text = ""
        for path in glob.glob("tests/*/*.c"):
            with open(path, encoding="utf-8") as f:
                text += f.read()
        said = re.findall(r'(?:selftest_skip\(|#define \w+ +)"([^"]+)"', text)
        for entry in skips.EXPECTED:
            self.assertTrue(any(re.fullmatch(entry.reason, why)
                                for why in said), entry.reason)


FAKE = """\
#!{python}
import os, sys, time
log = sys.argv[sys.argv.index("-D") + 1]
open(log, "w").write({reset!r})
sys.stderr.write({err!r})
sys.stderr.flush()
text = {text!r}
if {vary}:
    text = str(time.monotonic_ns()) + text
if {prompt}:
    sys.stdout.write("booting\\nvitrix> ")
    sys.stdout.flush()
    line = b""
    while not line.endswith(b"\\r"):
        line += os.read(0, 1)
    text = line.decode().strip() + "\\n" + text
sys.stdout.write(text)
sys.stdout.flush()
time.sleep({sleep})
os._exit({code})
"""


class FakeQemu(unittest.TestCase):
    """The whole path from a Machine to Results, with a player for QEMU."""

    def setUp(self):
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.folder = folder.name
        self.settings = jobs.Settings(self.folder, "*", 1, 1)
        os.makedirs(self.settings.folder())
        old = qemu.PROGRAM
        self.addCleanup(setattr, qemu, "PROGRAM", old)

    def play(self, text="", code=33, err="", reset="", sleep=0,
             prompt=False, vary=False):
        path = os.path.join(self.folder, "fake-qemu")
        with open(path, "w", encoding="utf-8") as f:
            f.write(FAKE.format(python=sys.executable, text=text, code=code,
                                err=err, reset=reset, sleep=sleep,
                                prompt=prompt, vary=vary))
        os.chmod(path, stat.S_IRWXU)
        qemu.PROGRAM = path

    def machine(self, **changes):
        return qemu.Machine(**{"dir": f"{self.folder}/debug", "smp": 1,
                               "boot": "direct", **changes})

    def cell(self, limit=30, **changes):
        run = jobs.boot(self.settings, "x", self.machine(**changes), limit)
        return jobs.cell_results(self.settings, "x", run)

    def failures(self, results):
        return [r for r in results if r.verdict == result.FAIL]

    def test_good(self):
        self.play(GOOD)
        results = self.cell()
        self.assertEqual(len(results), 4)  # three cases and the run
        self.assertEqual(self.failures(results), [])

    def test_failed_case_has_log_and_command(self):
        self.play(ONE_BAD, 35)
        failed = self.failures(self.cell())
        self.assertEqual([r.name for r in failed], ["lib.list.del"])
        self.assertIn("about the next one", failed[0].story)
        self.assertRegex(failed[0].again, "^make run .*BOOT=direct")

    def test_a_skip_that_must_not_be(self):
        self.play(GOOD)
        failed = self.failures(self.cell(smp=2))
        self.assertEqual([r.name for r in failed], ["sched.smp.pair"])
        self.assertIn("needs 2 CPUs; not expected", failed[0].story)

    def test_a_race_that_was_skipped(self):
        self.play(GOOD.replace("sched.smp.pair", jobs.RACE_CASE))
        for smp, bad in ((1, 0), (2, 1)):
            job = jobs.planted_race(self.settings, "race",
                                    self.machine(smp=smp))
            failed = [r.name for r in self.failures(job.run())]
            self.assertEqual(failed.count(jobs.RACE_CASE), bad)

    def test_panic_tells_the_log(self):
        self.play(GOOD[:70] + PANIC, 35)
        failed = self.failures(self.cell())
        self.assertEqual([r.name for r in failed], ["run"])
        self.assertIn("null pointer", failed[0].story)

    def test_hang_ends(self):
        self.play(GOOD[:70], sleep=60)
        failed = self.failures(self.cell(limit=0.5))
        self.assertIn("hang: no end within the time limit", failed[0].story)

    def test_deadlock_ends_at_once(self):
        self.play(GOOD[:70], sleep=60, err="WARNING: icount sleep disabled "
                  "and no active timers\n")
        failed = self.failures(self.cell(limit=50))
        self.assertIn("hang: deadlock", failed[0].story)

    def test_hang_behind_the_end_fails(self):
        self.play(GOOD, sleep=60)
        self.assertTrue(self.failures(self.cell(limit=0.5)))

    def test_triple_fault_is_explained(self):
        self.play(GOOD[:70], 0, reset=RESET_LOG)
        failed = self.failures(self.cell())
        self.assertIn("TRIPLE FAULT", failed[0].story)
        self.assertIn("#PF page fault", failed[0].story)

    def test_differing_runs_are_told(self):
        self.play(GOOD)
        job = jobs.same_twice(self.settings, "twice", self.machine())
        self.assertEqual(self.failures(job.run()), [])
        self.play(GOOD, vary=True)
        failed = self.failures(job.run())
        self.assertEqual([r.name for r in failed], ["identical"])
        self.assertIn("part in line 1", failed[0].story)

    def test_a_race_that_never_ran(self):
        self.play(GOOD)
        job = jobs.planted_race(self.settings, "race", self.machine())
        self.assertEqual([r.name for r in self.failures(job.run())], ["ran"])

    def console(self, *steps):
        script = console_test.Script("x", list(steps))
        problems, _ = console_test.drive(script, self.machine(), 5)
        return "\n".join(problems)

    def test_prompt(self):
        say, expect = console_test.Say, console_test.Expect
        self.play("4 of 4 CPUs online\nvitrix> ", sleep=60, prompt=True)
        self.assertEqual(self.console(say("cpus"), expect("4 of 4")), "")
        self.assertRegex(self.console(say("cpus"), expect("5 of 5")),
                         "no '5 of 5'")
        self.assertRegex(self.console(say("cpus"),
                                      console_test.Never("online")),
                         "'online' in the answer")

    def test_prompt_that_never_comes(self):
        self.play("no prompt here", 35)
        self.assertRegex(self.console(console_test.Say("cpus")),
                         "only 0 of 1")

    def test_end_of_dialogue(self):
        say, end = console_test.Say("panic null"), console_test.End(35)
        self.play(PANIC, 35, prompt=True)
        self.assertEqual(self.console(
            say, console_test.Expect("null pointer"), end), "")
        self.play(PANIC, 0, prompt=True)
        self.assertRegex(self.console(say, end), "ended with 0, not 35")


def log_entry(number, vector, code, cr2):
    return (f"     {number}: v={vector:02x} e={code:04x} i=0 cpl=0 "
            "IP=0010:ffffffff80101234 pc=ffffffff80101234 "
            f"SP=0018:ffffffff80200000 CR2={cr2:016x}\n"
            "RAX=0000000000000001 RBX=0000000000000002\n"
            "RIP=ffffffff80101234 RFL=00000002 [-------]\n")


RESET_LOG = (log_entry(0, 3, 0, 0) + log_entry(1, 14, 2, 8)
             + log_entry(2, 13, 0, 8) + log_entry(3, 8, 0, 8)
             + "Triple fault\n")


class TripleFault(unittest.TestCase):
    def test_chain(self):
        text = tripfault.report(RESET_LOG, "no-such-file")
        self.assertRegex(text, "(?s)#PF.*not present, write, kernel"
                         ".*#GP.*#DF")
        self.assertIn("null pointer", text)
        self.assertIn("RBX 0000000000000002", text)

    def test_log_without_exceptions(self):
        self.assertIn("no exceptions", tripfault.report(
            "CPU Reset (CPU 0)\nTriple fault\n", "no-such-file"))


class Tools(unittest.TestCase):
    def test_shift(self):
        for cpus, shift in ((1, 4), (2, 3), (3, 2), (4, 2), (5, 1), (8, 1),
                            (9, 0), (16, 0), (64, 0)):
            self.assertEqual(qemu.shift_for(cpus), shift)
        for folder, word in (("build/debug", "shift=3,"),
                             ("build/kasan", "shift=1,"),
                             ("build/kasan-llvm", "shift=1,")):
            m = qemu.Machine(dir=folder, mode="det", smp=2)
            self.assertIn(word, " ".join(qemu.command(m, "/tmp", [])))

    def test_machines_that_cannot_be(self):
        for bad in ({"smp": 0}, {"smp": 256}, {"mem": "1T"},
                    {"firmware": "uefi", "boot": "direct"},
                    {"mode": "det", "accel": "kvm"}, {"mode": "fast"}):
            with self.assertRaises(qemu.Refused):
                qemu.command(qemu.Machine(**bad), "/nowhere", [])

    def test_make_words(self):
        m = qemu.Machine(dir="build/release-llvm", smp=2, mode="det", seed=7,
                         append="selftest=* panic=exit")
        self.assertEqual(
            m.make_words("run"), "make run LLVM=1 CONFIG=release SMP=2 "
            "MODE=det SEED=7 APPEND='selftest=* panic=exit'")

    def test_numa(self):
        args = " ".join(qemu.numa_args(qemu.Machine(smp=3, numa=2,
                                                    mem="513M")))
        self.assertIn("id=ram0,size=257M", args)
        self.assertIn("memdev=ram0,cpus=0-1", args)
        self.assertIn("memdev=ram1,cpus=2-2", args)

    def test_grub_words(self):
        self.assertEqual(iso.quote_word("selftest=lib.*"), "selftest=lib.*")
        self.assertEqual(iso.quote_word("a;b$c"), "'a;b$c'")
        self.assertEqual(iso.quote_word("it's"), "'it'\\''s'")

    def test_symbolize_own_program(self):
        with tempfile.TemporaryDirectory() as folder:
            source, elf = f"{folder}/a.c", f"{folder}/a.elf"
            with open(source, "w", encoding="utf-8") as f:
                f.write("int one(int x) { return x + 1; }\n"
                        "int _start(int x)\n{\n\treturn one(x);\n}\n")
            subprocess.run(
                ["gcc", "-O0", "-g", "-nostdlib", "-static", "-no-pie",
                 "-fno-pic", "-mcmodel=kernel", "-Wl,--build-id=none",
                 "-Wl,-Ttext=0xffffffff80101000", "-o", elf, source],
                check=True, stderr=subprocess.DEVNULL)
            text = symbolize.symbolize(
                " RIP 0xffffffff80101000\n one+0x4/0x10\n nothing\n", elf)
        lines = text.split("\n")
        self.assertRegex(lines[0], r"a\.c:1\)$")
        self.assertRegex(lines[1], r"a\.c:1\)$")
        self.assertEqual(lines[2], " nothing")


class Summary(unittest.TestCase):
    """The report and the exit code."""

    def run_stage(self, *jobs_):
        import run_tests
        with tempfile.TemporaryDirectory() as folder:
            out = io.StringIO()
            with contextlib.redirect_stdout(out):
                report = result.Report(folder)
                run_tests.run_stage(result.Stage(list(jobs_), 2), report)
                report.write_junit()
                code = report.finish()
            tree = xml.parse(os.path.join(folder, "junit.xml"))
        return code, out.getvalue(), tree

    def job(self, name, *verdicts):
        results = [result.Result(f"c{i}", v, "the story\x1b[0m", "make x")
                   for i, v in enumerate(verdicts)]
        return result.Job(name, lambda: results)

    def last(self, text):
        return text.rstrip("\n").split("\n")[-1]

    def test_all_good(self):
        code, text, tree = self.run_stage(self.job("a", "pass", "skip"),
                                          self.job("b", "pass"))
        self.assertEqual((code, self.last(text)), (0, "2 passed, 0 failed"))
        self.assertEqual(len(tree.findall(".//testcase")), 3)

    def test_a_failure_is_told(self):
        code, text, tree = self.run_stage(self.job("a", "pass", "fail"))
        self.assertEqual((code, self.last(text)), (1, "1 passed, 1 failed"))
        self.assertRegex(text, "FAILED a: c1\n    the story")
        self.assertIn("again: make x", text)
        self.assertEqual(len(tree.findall(".//failure")), 1)

    def test_a_job_that_breaks(self):
        def broken():
            raise RuntimeError("boom")
        code, text, _ = self.run_stage(result.Job("a", broken),
                                       self.job("b", "pass"))
        self.assertEqual((code, self.last(text)), (1, "1 passed, 1 failed"))
        self.assertIn("RuntimeError: boom", text)

    def test_a_job_without_results(self):
        code, text, _ = self.run_stage(result.Job("a", lambda: []))
        self.assertEqual((code, self.last(text)), (1, "0 passed, 1 failed"))

    def test_only_skips_is_not_a_pass(self):
        code, _, _ = self.run_stage(self.job("a", "skip"))
        self.assertEqual(code, 1)

    def test_stage_waits_for_what_it_needs(self):
        out = io.StringIO()
        with tempfile.TemporaryDirectory() as folder, \
                contextlib.redirect_stdout(out):
            report = result.Report(folder)
            stage = result.Stage([self.job("boot", "pass")],
                                 needs=("build",))
            self.assertFalse(report.good(stage.needs))
            report.not_run(stage)
            self.assertEqual(report.finish(), 1)
        self.assertTrue(re.search("not run: build failed", out.getvalue()))


if __name__ == "__main__":
    unittest.main()
