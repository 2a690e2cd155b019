#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""test_mutate.py - the planter of faults plants what it says it plants.

	python3 -m unittest tests/host/test_mutate.py

Purpose.
    A mutant that does not exist, or is not run, would count as found. Here
    the lists of mutants are compared with lists made by hand, and sessions
    run on a small tree that the compiler knows but QEMU does not.
"""

import argparse
import contextlib
import glob
import io
import os
import shutil
import sys
import tempfile
import unittest

sys.path.insert(0, os.path.join(os.path.dirname(__file__), "../../tools"))

# pylint: disable=wrong-import-position
import ktap     # noqa: E402
import mutants  # noqa: E402
import mutate   # noqa: E402
import qemu     # noqa: E402
from result import FAIL, PASS, SKIP, Job, Result  # noqa: E402

ROOT = os.path.join(os.path.dirname(os.path.abspath(__file__)), "../..")


def changes(text, path="lib/x.c"):
    """(kind, original, mutated) of each mutant."""
    return [(m.kind, *m.lines(text)) for m in mutants.mutants(path, text)]


def body(code):
    """The mutants of the code as a function's body."""
    return changes("int f(int a)\n{\n" + code + "\n}\n")


class CMutants(unittest.TestCase):
    """What mutants.py finds in C."""

    def test_operators(self):
        self.assertEqual(body("x = a + b;"), [
            ("delete", "x = a + b;", ";"),
            ("operator", "x = a + b;", "x = a - b;")])
        for old, new in (("a * b", "a / b"), ("a << b", "a >> b"),
                         ("a && b", "a || b"), ("a & b", "a | b")):
            self.assertIn(("operator", f"x = {old};", f"x = {new};"),
                          body(f"x = {old};"))
        self.assertIn(("operator", "a++;", "a--;"), body("a++;"))
        self.assertIn(("operator", "a |= b;", "a &= b;"), body("a |= b;"))

    def test_unary_and_declared_stars_stay(self):
        self.assertEqual(body("struct s *p = &q;"), [])
        self.assertEqual(body("g(&a, *b, -c);"),
                         [("delete", "g(&a, *b, -c);", ";")])
        self.assertIn(("operator", "x = !a;", "x = a;"), body("x = !a;"))

    def test_comparisons(self):
        found = {new for kind, _, new in body("if (a < b)\n\tg();")
                 if kind == "compare"}
        self.assertEqual(found, {"if (a <= b)", "if (a >= b)"})
        found = {new for kind, _, new in body("x = a == b;")
                 if kind == "compare"}
        self.assertEqual(found, {"x = a != b;"})

    def test_constants(self):
        def values(number):
            return {new for kind, _, new in body(f"x = {number};")
                    if kind == "constant"}
        self.assertEqual(values("0"), {"x = 1;"})
        self.assertEqual(values("1"), {"x = 2;", "x = 0;"})
        self.assertEqual(values("0x10UL"), {"x = 0x11UL;", "x = 0xfUL;"})
        self.assertEqual(values("true"), {"x = false;"})
        self.assertEqual(values("'a'"), {"x = 'b';"})

    def test_conditions(self):
        self.assertEqual(body("if (a)\n\t;"), [
            ("always", "if (a)", "if (1)"),
            ("negate", "if (a)", "if (!(a))"),
            ("never", "if (a)", "if (0)")])
        kinds = [kind for kind, _, _ in body("while (a)\n\t;")]
        self.assertEqual(kinds, ["negate", "never"])
        self.assertEqual(body("do {\n} while (a);"), [
            ("negate", "} while (a);", "} while (!(a));"),
            ("never", "} while (a);", "} while (0);")])
        self.assertIn(
            ("negate", "for (i = a; i; i = b)", "for (i = a; !(i); i = b)"),
            body("for (i = a; i; i = b)\n\t;"))

    def test_condition_over_lines_keeps_their_number(self):
        text = "int f(void)\n{\n\tif (a &&\n\t    b)\n\t\tg();\n}\n"
        for m in mutants.mutants("lib/x.c", text):
            self.assertEqual(m.apply(text).count("\n"), text.count("\n"))

    def test_returns(self):
        self.assertEqual(body("return -EINVAL;"),
                         [("return", "return -EINVAL;", "return 0;")])
        self.assertEqual(body("return 0;"),
                         [("constant", "return 0;", "return 1;")])
        self.assertEqual(body("return NULL;"), [])
        found = changes("static bool f(void)\n{\n\treturn g(a);\n}\n")
        self.assertIn(("return", "return g(a);", "return !(g(a));"), found)

    def test_deletions(self):
        self.assertEqual(body("g(a);"), [("delete", "g(a);", ";")])
        self.assertEqual(body("*p = q;"), [("delete", "*p = q;", ";")])
        self.assertEqual(body("spin_unlock(&l);"),
                         [("lock", "spin_unlock(&l);", ";")])
        self.assertEqual(body("smp_mb();"), [("lock", "smp_mb();", ";")])
        self.assertEqual(body("break;"), [("jump", "break;", ";")])
        self.assertEqual(body("cpu_relax();"), [])
        self.assertEqual(body("goto out;\nout:\n\tg(a);"),
                         [("delete", "g(a);", ";")])
        self.assertEqual(body("switch (a) {\ncase B:\n\tg(c);\n}"),
                         [("delete", "g(c);", ";")])

    def test_loop_macros_have_a_body(self):
        self.assertEqual(
            body("list_for_each(p, &l) {\n\tg(p);\n}\nh(a);"),
            [("delete", "g(p);", ";"), ("delete", "h(a);", ";")])
        self.assertEqual(body("for_each_cpu(c, m)\n\tg(c);"),
                         [("delete", "g(c);", ";")])

    def test_what_is_said_stays(self):
        for code in ('pr_info("%d", a + 1);', "ASSERT(a < 1);",
                     "BUG_ON(a == 1);", "WARN_ON(a + 1);",
                     'panic("x %d", a + 1);', 'asm("x" : : "i"(1 + 2));',
                     "static_assert(a == 1);", "u8 buf[4 + 1];"):
            found = [c for c in body(code) if c[0] != "delete"]
            self.assertEqual(found, [], code)
            if "asm" not in code:
                self.assertEqual(body(code), [], code)
        found = {new for _, _, new in body("if (a && WARN_ON(b < 1))\n\t;")}
        self.assertNotIn("if (a && WARN_ON(b <= 1))", found)
        self.assertIn("if (a || WARN_ON(b < 1))", found)

    def test_no_code_stays(self):
        self.assertEqual(changes(
            "/* a + 1; */\n#define X (a + 1)\n#define Y \\\n\t(b + 1)\n"
            'static int t[] = {1, 2};\nstruct s {\n\tint b[3];\n};\n'
            "int f(void)\n{\n\t/* x = 1; */ // y = 2;\n"
            '\tg("x = 1 + 1;");\n}\n'),
            [("delete", 'g("x = 1 + 1;");', ";")])

    def test_debug_branches_stay(self):
        self.assertEqual(body("if (CONFIG_DEBUG)\n\tg(a + 1);"), [])
        self.assertEqual(body("if (CONFIG_DEBUG) {\n\tg(a);\n}\nh(a);"),
                         [("delete", "h(a);", ";")])

    def test_function_names(self):
        text = ("static int __init f(int a)\n{\n\tg();\n}\n"
                "void *h(struct s *p)\n{\n\tk();\n}\n")
        self.assertEqual([(m.function, m.line) for m in
                          mutants.mutants("x.c", text)], [("f", 3), ("h", 7)])

    def test_the_whole_tree(self):
        """I1 and I3, and that something is found, for every source."""
        total = 0
        for folder in ("lib", "mm", "irq", "boot", "kernel", "arch/x86_64"):
            for path in glob.glob(os.path.join(ROOT, folder, "*.*")):
                text = mutate.read(path)
                found = mutants.mutants(path, text)
                self.assertEqual(found, mutants.mutants(path, text))
                for m in found:
                    self.assertNotEqual(m.new, text[m.start:m.end])
                    self.assertEqual(m.new.count("\n"),
                                     text.count("\n", m.start, m.end))
                total += len(found)
        self.assertGreater(total, 5000)


class AsmMutants(unittest.TestCase):
    """What mutants.py finds in assembly."""

    def test_lines(self):
        found = changes("entry:\n\tmov\teax, 1 ; one\n\tjz\t.out\n", "x.asm")
        self.assertEqual(found, [
            ("delete", "mov eax, 1 ; one", "times 0 nop ; one"),
            ("constant", "mov eax, 1 ; one", "mov eax, 2 ; one"),
            ("constant", "mov eax, 1 ; one", "mov eax, 0 ; one"),
            ("negate", "jz .out", "jnz .out"),
            ("delete", "jz .out", "times 0 nop")])

    def test_directives_stay(self):
        self.assertEqual(changes(
            "global f\nbits 64\nsection .text\nX equ 1 << 2\n\talign 8\n"
            "\tdd 1, 2\nmsg: db 'x', 0\n%define Y 1\n%if 1\n\tresb 4\n"
            "; mov eax, 1\n", "x.asm"), [])

    def test_function_names(self):
        text = "a:\n\tcli\n.x:\n\tsti\nb:\n\thlt\n"
        self.assertEqual([m.function for m in mutants.mutants("x.asm", text)],
                         ["a", "a", "b"])


class Order(unittest.TestCase):
    """Which mutants a session tries."""

    TEXTS = {"lib/x.c": "int f(int a)\n{\n" + "\ta = a + 1;\n" * 30 + "}\n"}

    def test_seed(self):
        one = list(mutate.in_order(self.TEXTS, 1))
        self.assertEqual(one, list(mutate.in_order(self.TEXTS, 1)))
        self.assertNotEqual(one, list(mutate.in_order(self.TEXTS, 2)))

    def test_one_a_line(self):
        lines = [m.line for m in mutate.in_order(self.TEXTS, 1)]
        self.assertEqual(sorted(lines), list(range(3, 33)))


class Judged(unittest.TestCase):
    """What counts as killed is what the judge of `make test` refuses."""

    GOOD = ("KTAP version 1\n1..1\nok 1 lib.a.b # 1 checks\n"
            "# totals: pass:1 fail:0 skip:0 checks:1\n")

    def state(self, text, code=33, **how):
        return mutate.verdict("det-2", ktap.judge(text.encode(), code, **how),
                              False).state

    def test_verdicts(self):
        self.assertEqual(self.state(self.GOOD), mutate.SURVIVED)
        self.assertEqual(self.state(self.GOOD, 0), mutate.KILLED)
        self.assertEqual(self.state(self.GOOD, hung="x"), mutate.KILLED)
        self.assertEqual(self.state(self.GOOD, reset=True), mutate.KILLED)
        self.assertEqual(self.state(""), mutate.KILLED)
        self.assertEqual(self.state(self.GOOD[:-30]), mutate.KILLED)

    def test_jobs(self):
        def job(name, *verdicts):
            return Job(name, lambda: [Result("r", v, "story\n\nlog")
                                      for v in verdicts])
        good, bad = job("a", PASS, SKIP), job("b", PASS, FAIL)
        self.assertEqual(mutate.first_failure("boots", [good, good]).state,
                         mutate.SURVIVED)
        found = mutate.first_failure("boots", [good, bad, good])
        self.assertEqual((found.state, found.by, found.why, found.timeout),
                         (mutate.KILLED, "boots", "b: r: story", False))

    def test_what_fails_once_survives(self):
        verdicts = [FAIL, PASS]
        job = Job("a", lambda: [Result("r", verdicts.pop(0), "story")])
        self.assertEqual(mutate.first_failure("boots", [job]).state,
                         mutate.SURVIVED)
        self.assertEqual(verdicts, [])

    def test_stop_at_failure(self):
        self.assertEqual(mutate.stop_at_failure(self.GOOD.encode()), b"")
        self.assertEqual(mutate.stop_at_failure(b"x\nnot ok 1 a"), b"")
        with self.assertRaises(StopIteration):
            mutate.stop_at_failure(b"x\nnot ok 1 lib.a # 1 checks\n")


MAKEFILE = """\
build/debug/%.c.o: %.c
	@mkdir -p $(@D)
	@cc -O1 -c -o $@ $<
build/debug/vitrix.elf: build/debug/lib/x.c.o
	@cp $< $@
build/host/gcc/host-test: build/debug/lib/x.c.o
	@mkdir -p $(@D)
	@cp $< $@
"""
SOURCE = """\
int f(int a);
int f(int a)
{
	if (a > 3)
		a = a + 1;
	a = a + 0;
	return a;
}
"""


class SmallCopy(mutate.Copy):
    """Its only stage looks at the copied text: a test with one check."""

    alive = ""  # a mutant with this in it survives

    def stages(self, floor, path=""):
        yield "host", self.look

    def look(self):
        text = mutate.read(self.path("lib/x.c"))
        if text == SOURCE or (self.alive and self.alive in text):
            return mutate.Verdict(mutate.SURVIVED)
        return mutate.Verdict(mutate.KILLED, "host", "lib.x.f")


class Sessions(unittest.TestCase):
    """Whole sessions on a tree of one file."""

    def setUp(self):
        self.home = os.getcwd()
        self.folder = tempfile.mkdtemp(prefix="mutate-")
        self.addCleanup(shutil.rmtree, self.folder)
        self.addCleanup(os.chdir, self.home)
        os.chdir(self.folder)
        os.makedirs("lib")
        os.makedirs("tests")
        self.write("Makefile", MAKEFILE)
        self.write("lib/x.c", SOURCE)
        self.addCleanup(setattr, mutate, "Copy", mutate.Copy)
        mutate.Copy = SmallCopy
        SmallCopy.alive = ""

    @staticmethod
    def write(path, text):
        with open(path, "w", encoding="utf-8") as f:
            f.write(text)

    def run_it(self, *more):
        out, err = io.StringIO(), io.StringIO()
        with contextlib.redirect_stdout(out), contextlib.redirect_stderr(err):
            code = mutate.main(["--floor", "lib", "--n", "50", *more])
        self.assertEqual(mutate.read("lib/x.c"), SOURCE)  # I1
        return code, out.getvalue(), err.getvalue()

    @staticmethod
    def last(text):
        return text.strip().split("\n")[-1]

    def test_all_killed(self):
        code, out, _ = self.run_it()
        self.assertEqual(code, 0)
        self.assertRegex(self.last(out), r"lib: seed 1: (\d) of \1 killed, "
                         r"0 survived: 100 %")

    def test_copy_is_as_before(self):
        self.run_it("--jobs", "2")
        for copy in ("0", "1"):
            self.assertEqual(mutate.read(f"build/mutate/{copy}/lib/x.c"),
                             SOURCE)

    def test_survivor_is_told_and_counts(self):
        SmallCopy.alive = "return 0;"
        for seed in range(1, 20):
            code, out, _ = self.run_it("--limit", "100", "--seed", str(seed))
            if "SURVIVED" in out:
                break
        self.assertEqual(code, 1)
        self.assertIn("SURVIVED:\n  lib/x.c:7 f() return\n    - return a;\n"
                      "    + return 0;\n", out)

    def test_reason_excuses(self):
        self.write(mutate.REASONS, "\t".join(mutate.COLUMNS) + "\n"
                   "lib/x.c\tf\treturn a;\treturn 0;\tnobody asks\n")
        SmallCopy.alive = "return 0;"
        for seed in range(1, 20):
            code, out, _ = self.run_it("--limit", "100", "--seed", str(seed))
            if "may survive" in out:
                break
        self.assertEqual(code, 0)
        self.assertIn("+ return 0;\n    nobody asks\n", out)

    def test_stale_reason_is_an_error(self):
        for row in ("lib/x.c\tf\treturn b;\treturn 0;\twhy",
                    "lib/x.c\tg\treturn a;\treturn 0;\twhy",
                    "lib/y.c\tf\treturn a;\treturn 0;\twhy"):
            self.write(mutate.REASONS,
                       "\t".join(mutate.COLUMNS) + "\n" + row + "\n")
            code, _, err = self.run_it()
            self.assertEqual(code, 2)
            self.assertIn("1 stale", err)

    def test_bad_reasons(self):
        head = "\t".join(mutate.COLUMNS) + "\n"
        row = "lib/x.c\tf\treturn a;\treturn 0;\twhy\n"
        for text in ("no columns\n", head + "lib/x.c\tf\n",
                     head + row.replace("why", ""), head + row + row):
            self.write(mutate.REASONS, text)
            self.assertEqual(self.run_it()[0], 2, text)

    def test_broken_tree(self):
        self.write("Makefile", "build/%:\n\t@false\n")
        code, _, err = self.run_it()
        self.assertEqual(code, 2)
        self.assertIn("unchanged tree does not build", err)

    def test_unchanged_must_pass(self):
        SmallCopy.look, kept = (lambda self: mutate.Verdict(
            mutate.KILLED, "host", "x")), SmallCopy.look
        self.addCleanup(setattr, SmallCopy, "look", kept)
        code, _, err = self.run_it()
        self.assertEqual(code, 2)
        self.assertIn("unchanged tree fails in host", err)

    def test_lock(self):
        copy = SmallCopy("build/mutate/0", 1)
        code, _, err = self.run_it("--jobs", "1")
        self.assertEqual(code, 2)
        self.assertIn("another `make mutate`", err)
        copy.lock.close()

    def test_jobs_give_the_same(self):
        def told(jobs):
            out = self.run_it("--jobs", jobs)[1]
            return [line for line in out.split("\n")
                    if not line.startswith("time:")]
        self.assertEqual(told("1"), told("3"))

    def attempt(self, old, new):
        copy = SmallCopy("build/mutate/0", 1)
        self.addCleanup(copy.lock.close)
        copy.prepare("lib")
        at = SOURCE.index(old)
        return copy.attempt(mutants.Mutant(
            "lib/x.c", "f", "x", 1, at, at + len(old), new), "lib")

    def test_equal_object_does_not_count(self):
        self.assertEqual(self.attempt("a + 0", "a - 0").state, mutate.EQUAL)

    def test_broken_mutant_does_not_count(self):
        result = self.attempt("a + 0", "a + nothing")
        self.assertEqual(result.state, mutate.BROKEN)
        self.assertIn("nothing", result.why)

    def test_refresh_follows_the_tree(self):
        copy = SmallCopy("build/mutate/0", 1)
        self.addCleanup(copy.lock.close)
        self.write("lib/old.c", "")
        copy.refresh()
        before = os.stat(copy.path("lib/x.c")).st_mtime_ns
        os.remove("lib/old.c")
        self.write("lib/new.c", "")
        copy.refresh()
        self.assertEqual(sorted(os.listdir(copy.path("lib"))),
                         ["new.c", "x.c"])
        self.assertEqual(os.stat(copy.path("lib/x.c")).st_mtime_ns, before)


class Arguments(unittest.TestCase):
    """FILE= names its floor; the stages of a file."""

    def test_floor_of_a_file(self):
        for path, floor in (("mm/memblock.c", "mm"),
                            ("include/lib/list.h", "lib"),
                            ("arch/x86_64/time.c", "arch"),
                            ("kernel/monitor/split.c", "kernel")):
            args = mutate.parse_args(["--file", path])
            self.assertEqual(args.floor, floor)
        with contextlib.redirect_stderr(io.StringIO()):
            with self.assertRaises(SystemExit):
                mutate.parse_args(["--n", "0"])
            with self.assertRaises(SystemExit):
                mutate.parse_args(["--floor", "attic"])

    def test_sources(self):
        self.addCleanup(os.chdir, os.getcwd())
        os.chdir(ROOT)
        found = mutate.sources("lib", "")
        self.assertIn("lib/rbtree.c", found)
        self.assertNotIn("lib/debug/spinlock.c", found)
        self.assertIn("arch/x86_64/entry.asm", mutate.sources("arch", ""))
        with self.assertRaises(mutate.Broken):
            mutate.sources("lib", "lib/missing.c")

    def test_rare_stages(self):
        """The unchanged kernel goes first, and once."""
        seen = []

        def failure(stage, work):
            seen.append((stage, work))
            return mutate.Verdict(mutate.SURVIVED)
        self.addCleanup(setattr, mutate, "first_failure",
                        mutate.first_failure)
        mutate.first_failure = failure
        with tempfile.TemporaryDirectory() as folder:
            copy = mutate.Copy(folder, 1)
            copy.jobs = lambda stage, build: build
            for _ in range(2):
                copy.rare("boots")
            copy.lock.close()
        self.assertEqual(seen, [("boots", "clean"), ("boots", "build"),
                                ("boots", "build")])

    def test_rare_jobs(self):
        with tempfile.TemporaryDirectory() as folder:
            copy = mutate.Copy(folder, 1)
            names = [job.name for stage in mutate.RARE
                     for job in copy.jobs(stage, "clean")]
            copy.lock.close()
        self.assertIn("console-panic-bug", names)
        self.assertIn("boot-bios", names)
        self.assertNotIn("boot-uefi", names)

    def test_boots(self):
        """The two boots differ in CPUs and seed, and run what they say."""
        seen = []

        def boot(machine, _limit, feed):
            self.assertIs(feed, mutate.stop_at_failure)
            seen.append((machine.smp, machine.seed, machine.append))
            return argparse.Namespace(log=b"", code=0, hung="", reset_log="")
        self.addCleanup(setattr, qemu, "boot", qemu.boot)
        qemu.boot = boot
        with tempfile.TemporaryDirectory() as folder:
            copy = mutate.Copy(folder, 7)
            stages = dict(copy.stages("mm", "mm/init.c"))
            self.assertEqual(list(stages), list(mutate.STAGES[1:]))
            copy.quick = True
            self.assertEqual(list(dict(copy.stages("mm", "mm/init.c"))),
                             ["det-2", "det-4"])
            for name in ("det-2", "det-4"):
                self.assertEqual(stages[name]().state, mutate.KILLED)
            with self.assertRaises(mutate.Broken):  # I2
                copy.demand("det-2", stages["det-2"]())
            copy.lock.close()
        words = f"panic=exit testlimit={mutate.TEST_LIMIT}"
        self.assertEqual(seen[:2], [(2, 7, f"selftest=mm.* {words}"),
                                    (4, 8, f"selftest=* {words}")])


if __name__ == "__main__":
    unittest.main()
