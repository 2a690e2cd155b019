#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""test_spec.py - `make spec` calls nothing proved that is not.

	python3 -m unittest tests/host/test_spec.py

Purpose.
    Planted faults: names that are none, items that do not exist, cases that
    assert nothing, fail, were skipped or never ran. Each must be an error,
    or at least keep the item from being called proved.
"""

import contextlib
import io
import os
import sys
import tempfile
import types
import unittest
import unittest.mock

sys.path.insert(0, os.path.join(os.path.dirname(__file__), "../../tools"))

# pylint: disable=wrong-import-position
import console_test  # noqa: E402
import gdb_test  # noqa: E402
import jobs          # noqa: E402
import ktap          # noqa: E402
import result        # noqa: E402
import run_tests     # noqa: E402
import spec          # noqa: E402

ROOT = os.path.join(os.path.dirname(__file__), "../..")
TABLE = """\
id\tpriority\ttitle\tspecification\twhat must hold
PG-9\tmust\tMasks\tA\tThe masks are right.
SEG-7\tshould\tHidden part\tA\tIt stays until the next load.
SEG-11\tdocument\tCall gates\tA\tThere are none.
LIB-01\tmust\tLibraries\tB\tEach has tests.
EV-5A\tshould\tComparison\tC\tOne command draws it.
"""
TEST = """\
/* SELFTEST(lib, list, comment, "A NONE-1") is no case. */
SELFTEST(lib, list, add, "B LIB-01", unit)
{
	EXPECT_EQ("/*", "/*"); // not a comment
}

SELFTEST(arch, paging, masks,
	 "A PG-9, "
	 "C EV-5A")
{
}

SELFTEST(lib, none, at_all, "")
{
}
"""


class Tree:
    """A table and a test, and what becomes of them in a run."""

    def __init__(self, test, table=TABLE):
        self.test, self.table = test, table

    def ran(self, complete=True, **jobs):
        """With these results, written by the real Report."""
        return self.load(jobs, complete)

    def not_run(self):
        return self.load(None, False)

    def load(self, jobs, complete):
        with tempfile.TemporaryDirectory() as folder:
            table, tests, build = (os.path.join(folder, name) for name in (
                "spec.tsv", "tests", "build"))
            os.makedirs(os.path.join(tests, "lib"))
            self.write(table, self.table)
            self.write(os.path.join(tests, "lib", "test_x.c"), self.test)
            if jobs is not None:
                report = result.Report(os.path.join(build, "test"))
                report.jobs = jobs
                report.write_junit(complete)
            return spec.load(build, table, tests, (), ())

    @staticmethod
    def write(path, text):
        with open(path, "w", encoding="utf-8") as f:
            f.write(text)


def ok(name, checks=3):
    return result.Result(name, checks=checks)


def bad(name):
    return result.Result(name, result.FAIL, "it broke")


def skip(name):
    return result.Result(name, result.SKIP, "needs 2 CPUs")


def one(items):
    return Tree(f'SELFTEST(lib, list, add, "{items}")\n')


class Whole(unittest.TestCase):
    """A run without faults."""

    def setUp(self):
        self.spec = Tree(TEST).ran(det=[ok("lib.list.add"),
                                        ok("arch.paging.masks")])

    def test_counts(self):
        self.assertEqual(self.spec.errors, [])
        self.assertEqual(self.spec.closing(), "spec: 2 of 2 must items "
                         "proved, 1 of 2 should")

    def test_open_is_no_error(self):
        self.assertEqual(self.spec.state(self.spec.items["SEG-7"]), "open")

    def test_where(self):
        case = self.spec.named["PG-9"][0]
        self.assertTrue(case.where.endswith("test_x.c:7"), case.where)

    def show(self, what, *args):
        with contextlib.redirect_stdout(io.StringIO()) as out:
            what(self.spec, *args)
        return out.getvalue()

    def test_every_item_is_shown(self):
        lines = self.show(spec.show_all).splitlines()
        self.assertEqual(len(lines), 5)
        self.assertRegex(lines[0], r"^A PG-9 +must +proved +arch.paging.masks")
        self.assertRegex(lines[2], r"^A SEG-11 +document +open$")

    def test_one_item(self):
        for name in ("PG-9", "A PG-9"):
            text = self.show(spec.show_item, name)
            self.assertIn("The masks are right.", text)
            self.assertIn("pass in det: 3 checks", text)
        self.assertEqual(self.spec.errors, [])

    def test_one_item_unknown(self):
        for name in ("PG-8", "B PG-9", "", " "):
            self.spec.errors.clear()
            self.assertEqual(self.show(spec.show_item, name), "")
            self.assertEqual(len(self.spec.errors), 1, name)

    def test_table(self):
        text = self.show(spec.show_table)
        self.assertIn("| A PG | paging | 1 | 1 of 1 |  |  |", text)
        self.assertIn("| all |  | 5 | 2 of 2 | 1 of 2 | 0 of 1 |", text)


class Names(unittest.TestCase):
    """What a case says that it proves."""

    def errors(self, items):
        return one(items).ran(det=[ok("lib.list.add")], complete=False).errors

    def test_good(self):
        for items in ("", "A PG-9", "A PG-9, B LIB-01", "A PG-9,B LIB-01",
                      "A  PG-9 , C EV-5A"):
            self.assertEqual(self.errors(items), [], items)

    def test_malformed(self):
        for items in ("PG-9", "A PG-9..11", "A PG-9 B LIB-01", "A PG",
                      "a PG-9", "A PG-9,", ",", "A-PG-9", "see A",
                      "A PG-9; B LIB-01"):
            errors = self.errors(items)
            self.assertEqual(len(errors), 2 if items == "," else 1, items)
            self.assertIn("is no name", errors[0])
            self.assertIn("test_x.c:1: lib.list.add: ", errors[0])

    def test_unknown(self):
        errors = self.errors("A PG-99")
        self.assertEqual(len(errors), 1)
        self.assertIn("no item A PG-99; is it A PG-9?", errors[0])

    def test_wrong_specification(self):
        self.assertIn("B PG-9 is A PG-9", self.errors("B PG-9")[0])

    def test_twice(self):
        self.assertIn("twice", self.errors("A PG-9, A PG-9")[0])

    def test_unreadable(self):
        for test in ('SELFTEST(lib, list, add, ITEMS)\n',
                     'SELFTEST(lib, list, add)\n'):
            errors = Tree(test).ran().errors
            self.assertTrue(any("cannot be read" in e for e in errors), test)

    def test_the_word_in_a_string_is_no_case(self):
        tree = Tree('const char *s = "SELFTEST(";\n')
        self.assertEqual(tree.ran().errors, [])


class Elsewhere(unittest.TestCase):
    """Names that stand outside of SELFTEST."""

    def test_programs(self):
        with tempfile.TemporaryDirectory() as folder:
            os.makedirs(os.path.join(folder, "host"))
            for name, text in (("test_a", 'ITEMS = "A PG-9"\n'),
                               ("test_b", '    ITEMS = "A PG-9"\n')):
                Tree.write(os.path.join(folder, "host", name + ".py"), text)
            cases = spec.read_programs(folder)
        self.assertEqual([(c.name, c.items) for c in cases],
                         [("test_a", "A PG-9")])

    def test_dialogues(self):
        script = console_test.Script("x", [], items="A PG-9")
        self.assertEqual(spec.read_scripts([script])[0].name, "console-x")
        self.assertEqual(
            spec.read_scripts([console_test.Script("y", [])]), [])

    def test_sessions(self):
        named = gdb_test.Session("x", "x", items="A PG-9")
        self.assertEqual([(c.name, c.items) for c in spec.read_sessions(
            [named, gdb_test.Session("y", "y")])], [("gdb-x", "A PG-9")])


class Proofs(unittest.TestCase):
    """What counts as a proof, and what is an error."""

    def state(self, results, complete=True, items="A PG-9"):
        checked = one(items).ran(complete, **results)
        return checked.state(checked.items[items.split()[1]]), checked.errors

    def test_passed_somewhere(self):
        state, errors = self.state({"det-1": [skip("lib.list.add")],
                                    "det-2": [ok("lib.list.add")]})
        self.assertEqual((state, errors), ("proved", []))

    def test_failed_somewhere(self):
        state, errors = self.state({"det-1": [ok("lib.list.add")],
                                    "det-2": [bad("lib.list.add")]})
        self.assertEqual((state, errors), ("failing", []))

    def test_no_check(self):
        state, errors = self.state({"det-1": [ok("lib.list.add", 0)]})
        self.assertEqual((state, len(errors)), ("silent", 1))
        self.assertIn("A PG-9: what names it asserts nothing: "
                      "lib.list.add (0 checks)", errors[0])

    def test_only_skipped(self):
        state, errors = self.state({"det-1": [skip("lib.list.add")]})
        self.assertEqual((state, len(errors)), ("silent", 1))
        self.assertIn("skipped: needs 2 CPUs", errors[0])

    def test_never_ran(self):
        state, errors = self.state({"det-1": [ok("lib.list.del")]})
        self.assertEqual((state, len(errors)), ("not run", 1))
        self.assertIn("did not run", errors[0])

    def test_should_items_may_be_silent(self):
        state, errors = self.state({"det-1": [skip("lib.list.add")]},
                                   items="A SEG-7")
        self.assertEqual((state, errors), ("silent", []))

    def test_part_of_a_run(self):
        for results in ([skip("lib.list.add")], [ok("lib.list.del")]):
            state, errors = self.state({"det-1": results}, complete=False)
            self.assertNotEqual(state, "proved")
            self.assertEqual(errors, [])

    def test_no_run(self):
        self.assertIn("no results yet", one("A PG-9").not_run().errors[0])

    def test_another_case_helps(self):
        tree = Tree('SELFTEST(lib, a, x, "A PG-9")\n'
                    'SELFTEST(lib, a, y, "A PG-9")\n')
        checked = tree.ran(det=[skip("lib.a.x"), ok("lib.a.y")])
        self.assertEqual(checked.errors, [])
        self.assertEqual([c.name for c in checked.proofs(
            checked.items["PG-9"])], ["lib.a.y"])


class InMakeTest(unittest.TestCase):
    """The last step of `make test`."""

    @staticmethod
    def results(items, *ran):
        checked = one(items).ran(det=list(ran))
        with unittest.mock.patch.object(spec, "load", lambda build: checked), \
                contextlib.redirect_stdout(io.StringIO()) as out:
            return [r.verdict for r in spec.job("build")], out.getvalue()

    def test_good(self):
        verdicts, text = self.results("A PG-9", ok("lib.list.add"))
        self.assertEqual(verdicts, [result.PASS])
        self.assertIn("spec: 1 of 2 must items proved, 0 of 2 should", text)

    def test_each_error_fails(self):
        for items, ran, failed in (("A PG-99, B SEG-7", ok, 2),
                                   ("A PG-9", skip, 1), ("A", ok, 1)):
            verdicts, _ = self.results(items, ran("lib.list.add"))
            self.assertEqual(verdicts, failed * [result.FAIL], items)

    def test_when(self):
        for only, tests, wanted in (
                ("*", "*", True), ("*", "lib.*", False), ("spec", "*", True),
                ("lists,spec", "lib.*", True), ("det-*,mt-2", "*", False)):
            args = types.SimpleNamespace(only=only, tests=tests)
            self.assertEqual(run_tests.wants_spec(args), wanted, args)

    def test_checks_of_a_boot_are_counted(self):
        for verdict, checks in (("ok", 5), ("ok", 0), ("skip", 0)):
            case = ktap.Case("lib.list.add", verdict, checks=checks)
            self.assertEqual(jobs.from_case(case, "", "").checks, checks)


class Table(unittest.TestCase):
    """docs/spec.tsv itself."""

    def errors(self, old, new):
        self.assertIn(old, TABLE)
        return Tree("", TABLE.replace(old, new)).ran().errors

    def test_faults(self):
        for old, new in (("title", "name"), ("\tmust\tMasks", "\tmust"),
                         ("must\tMasks", "perhaps\tMasks"),
                         ("SEG-7", "PG-9"), ("SEG-7", "SEG 7"),
                         ("The masks are right.", ""),
                         ("right.", "right.\tAnd more.")):
            self.assertEqual(len(self.errors(old, new)), 1, new)

    def test_the_real_one(self):
        errors = []
        items = spec.read_items(os.path.join(ROOT, "docs/spec.tsv"), errors)
        self.assertEqual(errors, [])
        self.assertEqual(len(items), 689)
        words = spec.section_words()
        self.assertEqual({i.section() for i in items.values()}, set(words))

    def test_the_real_cases(self):
        """Every name in tests/ is an item."""
        errors = []
        items = spec.read_items(os.path.join(ROOT, "docs/spec.tsv"), errors)
        tests = os.path.join(ROOT, "tests")
        cases = spec.read_cases(tests, errors)
        self.assertGreater(len(cases), 400)
        cases += spec.read_programs(tests)
        cases += spec.read_scripts(console_test.SCRIPTS)
        cases += spec.read_sessions(gdb_test.SESSIONS)
        self.assertEqual(
            errors + spec.Spec(items, cases, {}, False).errors, [])


if __name__ == "__main__":
    unittest.main()
