#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""test_bench.py - `make bench` cannot pass by luck.

	python3 -m unittest tests/host/test_bench.py

Purpose.
    tools/bench.py is handed logs and figures that are wrong in each way it
    knows, and must say so.
"""

import json
import os
import re
import sys
import tempfile
import unittest

sys.path.insert(0, os.path.join(os.path.dirname(__file__), "../../tools"))

# pylint: disable=wrong-import-position
import bench        # noqa: E402
import bench_linux  # noqa: E402
import qemu         # noqa: E402


def row(name, median, unit="insn", **more):
    return json.dumps({"bench": name, "unit": unit, "n": 10, "min": median,
                       "median": median, "max": median, **more})


def log(*rows):
    return ("[    0.1] 0: words\nBENCH BEGIN\n" + "".join(
        r + "\n" for r in rows) + "BENCH END\n").encode()


class Runs(unittest.TestCase):
    """What a boot left behind."""

    def judge(self, text, code=qemu.EXIT_PASS, hung=""):
        return bench.judge_run(text, code, hung)

    def test_good(self):
        figures, problems = self.judge(
            log(row("mm.a", 3.0), row("mm.b", 4.25)).replace(b"\n", b"\r\n"))
        self.assertEqual(figures, {"mm.a": 3.0, "mm.b": 4.25})
        self.assertEqual(problems, [])

    def test_compiler(self):
        text = b"bench: compiled by gcc 12.2.0\r\n" + log(row("mm.a", 1.0))
        self.assertEqual(bench.compiler_of(text), "gcc 12.2.0")
        self.assertEqual(bench.compiler_of(log(row("mm.a", 1.0))), "")

    def test_no_end(self):
        text = log(row("mm.a", 3.0)).replace(b"BENCH END\n", b"")
        self.assertTrue(self.judge(text)[1])

    def test_two_blocks(self):
        self.assertTrue(self.judge(log(row("mm.a", 3.0)) * 2)[1])

    def test_wrong_code(self):
        for code in (0, qemu.EXIT_FAIL, -9):
            self.assertTrue(self.judge(log(row("mm.a", 3.0)), code)[1])

    def test_hang(self):
        self.assertTrue(self.judge(log(row("mm.a", 3.0)), hung="late")[1])

    def test_ticks(self):
        _, problems = self.judge(log(row("mm.a", 3.0, "ticks")))
        self.assertIn("not instructions", problems[0])

    def test_disturbed(self):
        _, problems = self.judge(log(row("mm.a", 3.0, disturbed=2)))
        self.assertIn("interrupted", problems[0])

    def test_setup_failed(self):
        _, problems = self.judge(log("# mm.a: cannot be set up, error 12"))
        self.assertEqual(problems, ["mm.a: cannot be set up, error 12"])

    def test_torn_line(self):
        self.assertTrue(self.judge(log(row("mm.a", 3.0)[:-5]))[1])

    def test_twice(self):
        self.assertTrue(self.judge(log(row("mm.a", 3.0),
                                       row("mm.a", 3.0)))[1])


class Comparison(unittest.TestCase):
    """Figures against the baseline."""

    def problems(self, figures, baseline, globs="*"):
        return {line.name: line.problems
                for line in bench.compare(figures, baseline, globs)
                if line.problems}

    def test_equal(self):
        self.assertEqual(self.problems({"a": 10.0}, {"a": {"insn": 10.0}}),
                         {})

    def test_within_two_percent(self):
        self.assertEqual(self.problems({"a": 102.0}, {"a": {"insn": 100}}),
                         {})

    def test_above(self):
        self.assertIn("a", self.problems({"a": 102.1}, {"a": {"insn": 100}}))

    def test_remote_may_differ_more(self):
        base = {"remote.a": {"insn": 100}}
        self.assertEqual(self.problems({"remote.a": 109.0}, base), {})
        self.assertIn("remote.a", self.problems({"remote.a": 111.0}, base))

    def test_faster(self):
        self.assertEqual(self.problems({"a": 1.0}, {"a": {"insn": 100}}), {})

    def test_limit(self):
        base = {"a": {"insn": 100, "limit": 99}}
        self.assertEqual(self.problems({"a": 100}, base),
                         {"a": ["over its limit"]})
        base["a"]["limit"] = 100
        self.assertEqual(self.problems({"a": 100}, base), {})

    def test_another_compiler(self):
        base = {"a": {"insn": 100, "limit": 100}}
        for now, good in ((124.0, True), (126.0, False)):
            lines = bench.compare({"a": now}, base, "*", False)
            self.assertEqual(not lines[0].problems, good)

    def test_new(self):
        self.assertIn("a", self.problems({"a": 1.0}, {"a": {"linux": 3}}))

    def test_gone(self):
        base = {"a": {"insn": 1.0}, "b": {"insn": 1.0}}
        self.assertIn("b", self.problems({"a": 1.0}, base))
        self.assertEqual(self.problems({"a": 1.0}, base, "a"), {})
        self.assertEqual(self.problems({"a": 1.0}, {
            "a": {"insn": 1.0}, "b": {"linux": 1.0}}), {})

    def test_flat(self):
        base = {n: {"insn": 115.0} for n in ("smp.a", "smp.a@8")}
        flat = {"smp.a": 100.0, "smp.a@8": 109.0}
        self.assertEqual(self.problems(flat, base), {})
        self.assertIn("smp.a@8", self.problems(
            {"smp.a": 100.0, "smp.a@8": 111.0}, base))
        base = {n: {"insn": 115.0} for n in ("remote.a", "remote.a@8")}
        self.assertEqual(self.problems(
            {"remote.a": 50.0, "remote.a@8": 111.0}, base), {})

    def test_table_names_what_failed(self):
        lines = bench.compare({"a": 11.0}, {"a": {"insn": 10.0, "limit": 20,
                                                  "linux": 2430}}, "*")
        text = "\n".join(bench.table(lines))
        self.assertIn("+10.0 %", text)
        self.assertIn("2,430", text)
        self.assertIn("FAIL a", text)


class Baseline(unittest.TestCase):
    """Rewriting the file."""

    def test_keeps_limits(self):
        new = bench.updated({"a": {"insn": 9, "limit": 10, "linux": 30}},
                            {"a": 8.0, "b": 2.0}, "*")
        self.assertEqual(new, {"a": {"insn": 8.0, "limit": 10, "linux": 30},
                               "b": {"insn": 2.0}})

    def test_forgets_what_is_gone(self):
        old = {"a": {"insn": 9}, "b": {"insn": 9, "linux": 3}}
        self.assertEqual(bench.updated(old, {}, "*"), {"b": {"linux": 3}})
        self.assertEqual(bench.updated(old, {}, "c.*"), old)

    def test_order(self):
        new = bench.updated({}, {"s@8": 1, "s@2": 1, "s": 1, "a": 1}, "*")
        self.assertEqual(list(new), ["a", "s", "s@2", "s@8"])

    def test_round_trip(self):
        rows = {"a": {"insn": 8.25, "limit": 10}, "b": {"linux": 3}}
        with tempfile.TemporaryDirectory() as folder:
            path = os.path.join(folder, "b.json")
            bench.write_baseline("gcc 1.2", rows, path)
            self.assertEqual(bench.read_baseline(path), ("gcc 1.2", rows))

    def test_the_committed_one(self):
        compiler, rows = bench.read_baseline(os.path.join(
            os.path.dirname(__file__), "../..", bench.BASELINE))
        self.assertTrue(rows)
        self.assertRegex(compiler, r"^gcc \d+\.\d+")
        for name, one in rows.items():
            self.assertLessEqual(set(one), {"insn", "limit", "linux"}, name)


class Boots(unittest.TestCase):
    """Which machines are asked."""

    def test_one_cpu_counts_single_instructions(self):
        self.assertIn("shift=0", bench.machine("x", "*", 1).qemuargs)
        self.assertEqual(bench.machine("x", "*", 4).smp, 4)

    def test_more_cpus_only_for_smp(self):
        self.assertEqual(bench.wants_more_cpus({"mm.a": 1}), "")
        self.assertEqual(bench.wants_more_cpus(
            {"smp.a": 1, "mm.x": 1, "remote.b": 1}), "remote.b,smp.a")

    def test_the_command_line_fits(self):
        """requested[] of kernel/bench.c has 256 bytes."""
        _, rows = bench.read_baseline(os.path.join(
            os.path.dirname(__file__), "../..", bench.BASELINE))
        names = [n for n in rows if "@" not in n]
        self.assertLess(len(bench.wants_more_cpus(names)), 256)


class Linux(unittest.TestCase):
    """tools/bench_linux.py: what it makes and what it believes."""

    def test_archive(self):
        entry = bench_linux.cpio_entry("init", b"12345", 0o100755)
        self.assertEqual(entry[:6], b"070701")
        self.assertEqual(int(entry[14:22], 16), 0o100755)
        self.assertEqual(int(entry[54:62], 16), 5)
        self.assertEqual(entry[110:115], b"init\0")
        self.assertEqual(entry[116:121], b"12345")
        self.assertEqual(len(entry) % 4, 0)

    def test_other_words_between(self):
        text = (b"Loading\r\nvx_bench: BENCH BEGIN\r\nvx_bench: "
                + row("mm.a", 9.5).encode() + b"\r\nclocksource: odd\r\n"
                b"vx_bench: BENCH END\r\ninit: words\r\n")
        self.assertEqual(bench_linux.figures_of(text), {"mm.a": 9.5})

    def test_nothing_measured(self):
        for text in (b"Kernel panic", b"BENCH BEGIN\nBENCH END\n",
                     b"BENCH BEGIN\n" + row("mm.a", 1.0).encode() + b"\n"):
            with self.assertRaises(bench_linux.Missing):
                bench_linux.figures_of(text)

    def test_the_same_operations(self):
        """The module has the names, and as many turns, as the kernel."""
        here = os.path.dirname(__file__)
        with open(os.path.join(here, "linux/vx_bench.c"),
                  encoding="utf-8") as f:
            theirs = set(re.findall(r'^\t\{"([\w.]+)", \d+', f.read(), re.M))
        self.assertGreater(len(theirs), 20)
        _, known = bench.read_baseline(os.path.join(here, "../..",
                                                    bench.BASELINE))
        self.assertEqual(theirs - set(known), set())


if __name__ == "__main__":
    unittest.main()
