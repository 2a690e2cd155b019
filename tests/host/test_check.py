#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""test_check.py - every check of `make check` finds what it is there for.

	python3 -m unittest tests/host/test_check.py

Purpose.
    A check that cannot fail is worse than none. Each test here makes a small
    tree in a temporary folder, plants one fault in it, and expects the one
    complaint, by name and place. The tree without a fault passes everything.
"""

import os
import shutil
import subprocess
import sys
import tempfile
import unittest

sys.path.insert(0, os.path.join(os.path.dirname(__file__), "../../tools"))

# pylint: disable=wrong-import-position
import check                                       # noqa: E402
from checks import (analyze, floors, formatting,   # noqa: E402
                    headers, kerneldoc, style, upcalls)
from checks.tree import Skipped, Tree              # noqa: E402

ROOT = os.path.join(os.path.dirname(os.path.abspath(__file__)), "../..")
SPDX = "/* SPDX-License-Identifier: MIT */\n"


def header(name, guard, body):
    return (f"{SPDX}/*\n * {name} - a header.\n */\n#ifndef {guard}\n"
            f"#define {guard}\n\n{body}\n#endif /* {guard} */\n")


def source(name, body, theory=" * Model, Locking. Made up.\n"):
    return f"{SPDX}/*\n * {name} - a source.\n{theory} */\n{body}"


CLEAN = {
    "include/base/types.h": header("types.h", "BASE_TYPES_H",
                                   "typedef unsigned int u32;\n"),
    "arch/x86_64/include/arch/cpu.h": header(
        "cpu.h", "ARCH_CPU_H", "/* Waits. */\nvoid arch_wait(void);\n"),
    "arch/x86_64/include/arch/upcall.h": header(
        "upcall.h", "ARCH_UPCALL_H",
        "/* Up. */\nvoid irq_dispatch(void);\n"),
    "arch/x86_64/io.h": header("io.h", "ARCH_X86_64_IO_H", "extern int io;\n"),
    "arch/x86_64/cpu.c": source("cpu.c", """\
#include <arch/cpu.h>
#include <arch/upcall.h>

#include "io.h"

int io;

void arch_wait(void)
{
	irq_dispatch();
}
"""),
    "include/lib/list.h": header("list.h", "LIB_LIST_H", """\
#include <base/types.h>

/**
 * list_len() - how long a list is.
 * @n: a number.
 *
 * Context: any.
 * Return: the same number.
 */
u32 list_len(u32 n);
"""),
    "lib/list_parts.h": header("list_parts.h", "LIB_LIST_PARTS_H",
                               "extern int list_parts;\n"),
    "lib/list.c": source("list.c", """\
#include <lib/list.h>

#include "list_parts.h"

int list_parts;

u32 list_len(u32 n)
{
	return n + (u32)list_parts;
}
"""),
    "include/irq/dispatch.h": header(
        "dispatch.h", "IRQ_DISPATCH_H",
        "/* Counts. */\nunsigned int irq_count(void);\n"),
    "irq/dispatch.c": source("dispatch.c", """\
#include <irq/dispatch.h>

#include <arch/cpu.h>
#include <arch/upcall.h>
#include <lib/list.h>

unsigned int irq_count(void)
{
	return list_len(3);
}

void irq_dispatch(void)
{
	arch_wait();
}
"""),
    "tests/lib/test_list.c": source("test_list.c", """\
#include <lib/list.h>

#include "../../lib/list_parts.h"

extern u32 twice;
u32 twice;
"""),
}
FLAGS = ["-std=gnu11", "-ffreestanding", "-Wall", "-Iinclude",
         "-Iarch/x86_64/include", "-I."]


class Planted(unittest.TestCase):
    """A small tree, clean unless a test changes it."""

    def setUp(self):
        self.root = tempfile.mkdtemp()
        self.addCleanup(shutil.rmtree, self.root)
        for path, text in CLEAN.items():
            self.write(path, text)
        with open(os.path.join(ROOT, ".clang-format"),
                  encoding="utf-8") as f:
            # The loops it names are not in this tree.
            self.write(".clang-format", f.read().split("ForEachMacros:")[0])

    def write(self, path, text):
        full = os.path.join(self.root, path)
        os.makedirs(os.path.dirname(full), exist_ok=True)
        with open(full, "w", encoding="utf-8") as f:
            f.write(text)

    def edit(self, path, old, new):
        full = os.path.join(self.root, path)
        with open(full, encoding="utf-8") as f:
            text = f.read()
        self.assertIn(old, text)
        self.write(path, text.replace(old, new, 1))

    def tree(self):
        return Tree(self.root)

    def build(self):
        """Objects of every source below build/."""
        for path in self.tree().having(".c"):
            out = os.path.join(self.root, "build", path + ".o")
            os.makedirs(os.path.dirname(out), exist_ok=True)
            subprocess.run(["gcc", *FLAGS, "-c", path, "-o", out],
                           cwd=self.root, check=True)
        return os.path.join(self.root, "build")

    def expect(self, complaints, *words):
        """One complaint, with all of the words."""
        complaints = list(complaints)
        self.assertEqual(len(complaints), 1, complaints)
        for word in words:
            self.assertIn(word, complaints[0])


class Clean(Planted):
    def test_clean_tree_passes(self):
        tree = self.tree()
        for name, found in (
                ("floors", floors.check(tree)),
                ("headers", headers.check(tree, ["gcc"], FLAGS)),
                ("upcalls", upcalls.check(tree, self.build())),
                ("style", style.check(tree)),
                ("kerneldoc", kerneldoc.check(tree))):
            with self.subTest(name):
                self.assertEqual(list(found), [])

    def test_graph_names_every_floor(self):
        text = "\n".join(floors.graph(self.tree()))
        for words in ("include/base", "lib ", "irq ", "leaf  arch",
                      "```mermaid"):
            self.assertIn(words, text)

    def test_picture_in_the_book(self):
        rows = "\n".join(floors.table(self.tree()))
        page = "text\n<!-- floors: made -->\n```\n{}\n```\n"
        self.write(floors.BOOK, page.format(rows))
        self.assertEqual(list(floors.check(self.tree())), [])
        self.write(floors.BOOK, page.format(rows.replace("irq", "qri")))
        self.expect(floors.check(self.tree()), floors.BOOK,
                    "the floors are others now")


class Floors(Planted):
    def test_upward(self):
        self.edit("lib/list.c", "#include <lib/list.h>",
                  "#include <lib/list.h>\n#include <irq/dispatch.h>")
        self.expect(floors.check(self.tree()), "lib/list.c:7:",
                    "upward: lib (floor 2) includes irq (floor 5)")

    def test_upward_behind_if(self):
        self.edit("lib/list.c", "int list_parts;",
                  "#if 0\n#\tinclude <irq/dispatch.h>\n#endif")
        self.expect(floors.check(self.tree()), "upward")

    def test_comment_is_no_include(self):
        self.edit("lib/list.c", "int list_parts;",
                  "/*\n#include <irq/dispatch.h>\n*/")
        self.assertEqual(list(floors.check(self.tree())), [])

    def test_contract_takes_lib(self):
        self.edit("arch/x86_64/include/arch/cpu.h", "/* Waits. */",
                  "#include <lib/list.h>\n")
        self.expect(floors.check(self.tree()), "cpu.h:", "upward")

    def test_private_of_another_folder(self):
        self.edit("irq/dispatch.c", "#include <arch/cpu.h>",
                  '#include "../lib/list_parts.h"')
        self.expect(floors.check(self.tree()), "irq/dispatch.c:8:",
                    "private header of another folder")

    def test_private_in_angle_brackets(self):
        self.edit("lib/list.c", '"list_parts.h"', "<lib/list_parts.h>")
        self.expect(floors.check(self.tree()), "quotes, not <>")

    def test_arch_code_is_a_leaf(self):
        self.edit("lib/list.c", '"list_parts.h"',
                  '"../arch/x86_64/io.h"')
        self.expect(floors.check(self.tree()), "private header")

    def test_tests_take_their_floor_only(self):
        self.write("irq/irq_parts.h", header("irq_parts.h",
                                             "IRQ_PARTS_H", ""))
        self.edit("tests/lib/test_list.c", "lib/list_parts.h",
                  "irq/irq_parts.h")
        self.expect(floors.check(self.tree()), "private header")

    def test_history_is_not_for_mechanism(self):
        self.write("lib/history/old.h", header("old.h", "LIB_OLD_H", ""))
        self.edit("lib/list.c", '"list_parts.h"', '"history/old.h"')
        self.expect(floors.check(self.tree()), "history")

    def test_circle(self):
        self.edit("include/base/types.h", "typedef",
                  "#include <base/more.h>\ntypedef")
        self.write("include/base/more.h", header(
            "more.h", "BASE_MORE_H", "#include <base/types.h>\n"))
        self.expect(floors.check(self.tree()), "include circle",
                    "include/base/types.h", "include/base/more.h")

    def test_c_library(self):
        self.edit("lib/list.c", "<lib/list.h>", "<lib/list.h>\n"
                  "#include <stdio.h>")
        self.expect(floors.check(self.tree()), "<stdio.h>")

    def test_folder_without_a_floor(self):
        self.write("misc/odd.c", source("odd.c",
                                        "#include <lib/list.h>\n"))
        self.expect(floors.check(self.tree()), "stands on no floor")


class Headers(Planted):
    def check(self):
        return headers.check(self.tree(), ["gcc"], FLAGS)

    def test_needs_another_header(self):
        self.edit("include/lib/list.h", "#include <base/types.h>\n", "")
        self.expect(self.check(), "include/lib/list.h:",
                    "does not compile alone", "u32")

    def test_guard_of_another(self):
        self.edit("include/lib/list.h", "LIB_LIST_H\n#define LIB_LIST_H",
                  "LIST_H\n#define LIST_H")
        self.expect(self.check(), "should be LIB_LIST_H")

    def test_no_guard(self):
        self.write("lib/list_parts.h", SPDX + "struct part {\n};\n")
        found = list(self.check())
        self.assertEqual(len(found), 2, found)
        self.assertIn("no guard", found[0])
        self.assertIn("redefinition", found[1])


class Upcalls(Planted):
    def check(self):
        return upcalls.check(self.tree(), self.build())

    def test_upward_call(self):
        self.edit("lib/list.c", "return n",
                  "extern u32 irq_count(void);\n\treturn irq_count() + n")
        self.expect(self.check(), "lib/list.c:",
                    "needs irq_count of irq/dispatch.c", "upward")

    def test_arch_calls_what_is_no_upcall(self):
        self.edit("arch/x86_64/cpu.c", "\tirq_dispatch();",
                  "\textern unsigned irq_count(void);\n\tirq_count();")
        self.expect(self.check(), "arch/x86_64/cpu.c:", "irq_count")

    def test_arch_variable_outside_the_contract(self):
        self.edit("irq/dispatch.c", "return list",
                  "extern int io;\n\treturn io + list")
        self.expect(self.check(), "needs io", "arch contract")

    def test_compiler_made_calls_are_excepted(self):
        self.edit("irq/dispatch.c", "unsigned int irq_count",
                  "void __ubsan_handle_x(void);\nvoid __ubsan_handle_x(void)"
                  "\n{\n}\n\nunsigned int irq_count")
        self.edit("lib/list.c", "return n",
                  "extern void __ubsan_handle_x(void);\n"
                  "\t__ubsan_handle_x();\n\treturn n")
        self.assertEqual(list(self.check()), [])

    def test_not_built(self):
        self.expect(upcalls.check(self.tree(), self.root + "/none"),
                    "no objects")


class Style(Planted):
    def check(self):
        return style.check(self.tree())

    def add(self, text, path="lib/list.c"):
        with open(os.path.join(self.root, path), "a",
                  encoding="utf-8") as f:
            f.write(text)

    def test_long_function(self):
        self.add("int f(void)\n{\n" + "\tf();\n" * 68 + "}\n")
        self.expect(self.check(), "lib/list.c:16:", "function of 71 lines")

    def test_seventy_lines_are_good(self):
        self.add("int f(void)\n{\n" + "\tf();\n" * 67 + "}\n")
        self.assertEqual(list(self.check()), [])

    def test_long_file(self):
        self.add("int i;\n" * 600)
        complaints = list(self.check())
        self.assertIn("limit 600", "\n".join(complaints))

    def test_wide_line(self):
        self.add("/* " + "x" * 75 + " */\n")
        self.expect(self.check(), "81 columns")

    def test_wide_string_is_good(self):
        self.add('const char *s = "' + "x" * 90 + '";\n')
        self.assertEqual(list(self.check()), [])

    def test_deep_nesting(self):
        self.add("void g(int i)\n{\n\tif (i)\n\t\tif (i)\n\t\t\tif (i)\n"
                 "\t\t\t\twhile (i)\n\t\t\t\t\tg(i);\n}\n")
        self.expect(self.check(), "nested 4 deep")

    def test_ifdef_of_an_option(self):
        self.add("#ifdef CONFIG_DEBUG\nint debug;\n#endif\n")
        self.expect(self.check(), "lib/list.c:16:", "#ifdef CONFIG_DEBUG")

    def test_no_spdx(self):
        self.write("lib/new.c", "/*\n * new.c - new.\n */\n")
        self.expect(self.check(), "lib/new.c:1:", "SPDX")

    def test_no_title(self):
        self.write("lib/new.c", SPDX + "int new;\n")
        self.expect(self.check(), 'begins "new.c - "')

    def test_no_theory(self):
        self.write("lib/new.c", source("new.c", "int new;\n" * 90, ""))
        self.expect(self.check(), "theory block")

    def test_marks(self):
        for mark in ("TO" "DO", "FIX" "ME", "XX" "X"):
            self.write("lib/new.c", source("new.c", f"/* {mark}: it */\n"))
            with self.subTest(mark):
                self.expect(self.check(), "lib/new.c:6:", mark)

    def test_unknown_loop(self):
        self.add("#define for_each_thing(t) for (;;)\n")
        self.expect(self.check(), "for_each_thing", ".clang-format")

    def test_python(self):
        self.write("tools/new.py", "# " + SPDX.strip("/* \n") + "\n"
                   + "x = 1  # " + "x" * 80 + "\n")
        text = "\n".join(self.check())
        self.assertIn("columns, limit 79", text)
        self.assertIn("no docstring", text)


class KernelDoc(Planted):
    def check(self):
        return kerneldoc.check(self.tree())

    def test_no_context(self):
        self.edit("include/lib/list.h", " * Context: any.\n", "")
        self.expect(self.check(), "list_len(): no Context:")

    def test_group(self):
        self.edit("include/lib/list.h", "u32 list_len(u32 n);",
                  "u32 list_len(u32 n);\nu32 list_size(u32 m);")
        self.edit("include/lib/list.h", " * @n:",
                  " * list_size() - the same.\n * @m: a number.\n * @n:")
        self.assertEqual(list(self.check()), [])
        self.edit("include/lib/list.h", "u32 list_size(u32 m);",
                  "\nstatic inline u32 list_size(u32 m)\n{\n\treturn m;\n}")
        self.assertEqual(list(self.check()), [])
        self.edit("include/lib/list.h", "list_size(u32", "list_length(u32")
        found = list(self.check())
        self.assertIn("list_size() does not stand below", found[0])
        self.assertIn("list_len() has no argument m", found[1])

    def test_no_return(self):
        self.edit("include/lib/list.h", " * Return: the same number.\n", "")
        self.expect(self.check(), "list_len(): no Return:")
        for nothing in ("void list_len", "void __cold list_len",
                        "extern void list_len"):
            self.edit("include/lib/list.h", "u32 list_len", nothing)
            self.assertEqual(list(self.check()), [])
            self.edit("include/lib/list.h", nothing, "u32 list_len")
        self.edit("include/lib/list.h", "u32 list_len", "void *list_len")
        self.expect(self.check(), "list_len(): no Return:")

    def test_no_return_of_a_second_function(self):
        self.edit("include/lib/list.h", " * Return: the same number.\n", "")
        self.edit("include/lib/list.h", "u32 list_len(u32 n);",
                  "void list_len(u32 n);\nu32 list_size(u32 n);")
        self.expect(self.check(), "list_size(): no Return:")

    def test_unknown_argument(self):
        self.edit("include/lib/list.h", "@n:", "@m:")
        self.expect(self.check(), "list_len() has no argument m")

    def test_another_function(self):
        self.edit("include/lib/list.h", "u32 list_len", "u32 list_size")
        self.expect(self.check(), "list_len() is not what stands below")

    def test_no_comment(self):
        self.edit("include/irq/dispatch.h", "/* Counts. */\n", "")
        self.expect(self.check(), "irq_count(): no comment")


class Programs(Planted):
    """What other programs find; skipped where they are missing."""

    def plant(self, body):
        self.write("lib/bad.c", source("bad.c", body))

    def listed(self, found):
        try:
            return list(found)
        except Skipped as e:
            raise unittest.SkipTest(str(e))

    def test_formatting(self):
        self.assertEqual(self.listed(formatting.check(self.tree())), [])
        self.edit("lib/list.c", "\treturn n", "    return  n")
        self.expect(formatting.check(self.tree()), "lib/list.c:13:",
                    "clang-format -i")

    def test_formatter_that_fails(self):
        self.listed(formatting.check(self.tree()))
        self.write(".clang-format", "NoSuchOption: true\n")
        complaints = list(formatting.check(self.tree()))
        self.assertIn("clang-format failed", complaints[0])

    def test_compiler_that_fails(self):
        self.expect(analyze.analyzer(self.tree(), ["false"], []),
                    "false failed")

    def test_cppcheck(self):
        self.assertEqual(self.listed(analyze.cppcheck(self.tree())), [])
        self.plant("int f(int i);\nint f(int i)\n{\n\tint a[4] = {0};\n\n"
                   "\tif (i)\n\t\treturn a[0];\n\treturn a[4];\n}\n")
        self.expect(analyze.cppcheck(self.tree()), "lib/bad.c:13:",
                    "arrayIndexOutOfBounds")

    def test_analyzer(self):
        flags = [*FLAGS, "-O2"]
        look = lambda: analyze.analyzer(self.tree(), ["gcc"], flags)
        self.assertEqual(self.listed(look()), [])
        self.plant("int f(int i);\nint f(int i)\n{\n\tint *p = 0;\n\n"
                   "\tif (i > 3)\n\t\tp = &i;\n\treturn *p;\n}\n")
        self.expect(look(), "lib/bad.c:13:", "-Wanalyzer-null-dereference")

    def test_tidy(self):
        self.assertEqual(self.listed(analyze.tidy(self.tree())), [])
        self.plant("void f(char *p);\nvoid f(char *p)\n{\n"
                   "\t__builtin_memset(p, sizeof(p), '0');\n"
                   "\tif (*p)\n\t\t;\n\t*p = 1;\n}\n")
        self.expect(analyze.tidy(self.tree()), "lib/bad.c:11:",
                    "bugprone-suspicious-semicolon")


class Stack(Planted):
    """tools/stack.py on a program of a few functions."""

    CODE = """\
void (*volatile pointer)(void);
int leaf(volatile char *p)
{
	return *p;
}
int middle(int n)
{
	volatile char array[200];

	array[n] = 0;
	pointer();
	return leaf(array) + leaf(array + n);
}
int top(int n)
{
	volatile char array[%d];

	array[n] = 0;
	return middle(n) + array[n];
}
int again(int n)
{
	volatile char array[300];

	array[n] = 0;
	return n ? again(n - 1) + array[n] : 0;
}
void start(void)
{
	again(3);
	top(2);
	for (;;)
		;
}
"""

    def report(self, size, *words):
        self.write("lib/prog.c", self.CODE % size)
        subprocess.run(["gcc", "-O1", "-fno-inline", "-fno-stack-protector",
                        "-ffreestanding", "-fcf-protection=none",
                        "-fstack-usage", "-static", "-nostdlib",
                        "-Wl,-e,start", "lib/prog.c", "-o", "prog"],
                       cwd=self.root, check=True)
        done = subprocess.run(
            ["python3", os.path.join(ROOT, "tools/stack.py"), "--elf", "prog",
             "--build", ".", *words], cwd=self.root, text=True,
            capture_output=True, check=False)
        return done.returncode, done.stdout

    def test_good(self):
        code, text = self.report(100)
        self.assertEqual(code, 0, text)
        self.assertIn("start > top > middle* > leaf", text)
        self.assertIn("circle, counted once: again > again", text)
        self.assertIn("what 1 calls through pointers lead to, in middle",
                      text)
        self.assertTrue(text.endswith("0 too large\n"), text)

    def test_large_frame(self):
        code, text = self.report(2000)
        self.assertEqual(code, 1, text)
        self.assertRegex(text, r"prog.c:14: top\(\) has a frame of 2\d\d\d "
                         "bytes, limit 1024")

    def test_deep_chain(self):
        code, text = self.report(500, "--chain", "700")
        self.assertEqual(code, 1, text)
        self.assertRegex(text, r"start > top > middle > leaf: a chain of "
                         r"\d+ bytes, limit 700")

    def test_nothing_built(self):
        code, text = self.report(100, "--build", "/nonexistent")
        self.assertEqual(code, 1)
        self.assertIn("build first", text)


class Core(Planted):
    """tools/core.py counts mechanism, and only that."""

    def test_counts(self):
        for path in list(CLEAN):
            os.remove(os.path.join(self.root, path))
        for path, lines in (("lib/a.c", 3), ("lib/a.h", 4), ("mm/b.asm", 5),
                            ("irq/c.py", 100), ("kernel/d.c", 6),
                            ("kernel/monitor/e.c", 200),
                            ("lib/debug/f.c", 300), ("lib/san/g.c", 400),
                            ("mm/history/h.c", 500), ("arch/i.c", 600)):
            self.write(path, "\n" * lines)
        done = subprocess.run(
            ["python3", os.path.join(ROOT, "tools/core.py")], cwd=self.root,
            text=True, capture_output=True, check=True)
        self.assertRegex(done.stdout, r"(?m)^ +18  mechanism, of at most")
        self.assertRegex(done.stdout, r"(?m)^ +300  lib/debug/$")


class Program(unittest.TestCase):
    """check.py itself."""

    def test_a_broken_check_is_a_complaint(self):
        complaints, remark = check.run("x", lambda: 1 / 0)
        self.assertEqual(remark, "broke")
        self.assertIn("ZeroDivisionError", complaints[0])

    def test_a_missing_program_is_said(self):
        def missing():
            raise Skipped("no such program")
        self.assertEqual(check.run("x", missing),
                         ([], "skipped: no such program"))


if __name__ == "__main__":
    unittest.main()
