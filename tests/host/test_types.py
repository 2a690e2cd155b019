#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""test_types.py - code that must not compile or link, does not (A PG-10,
A SYNC-A4, A MM-F2).

	python3 -m unittest tests/host/test_types.py

Model.
    Each level of the page tables has a C type of its own. A snippet that
    stays within one level compiles, which shows that the flags and headers
    are right; the same snippet with another level's type in one place must
    be refused, with a message about types. So with atomic_t, which is no int.
    A fixmap index that does not exist compiles, but leaves a call of a
    function that is defined nowhere; a good one leaves no call at all.
"""

import os
import shutil
import subprocess
import tempfile
import unittest

ITEMS = "A PG-10, A SYNC-A4, A MM-F2"
ROOT = os.path.join(os.path.dirname(os.path.abspath(__file__)), "../..")
TYPES = ("pte_t", "pmd_t", "pud_t", "pgd_t", "pgprot_t")
FLAGS = ["-std=gnu11", "-ffreestanding", "-fsyntax-only", "-Wall", "-Wextra",
         "-DCONFIG_DEBUG=1", "-Iinclude", "-Iarch/x86_64/include",
         "-x", "c", "-"]
SNIPPET = """
#include <arch/pgtable.h>
{result} f({arg} x);
{result} f({arg} x)
{{
	return {expr};
}}
"""


ATOMIC = """
#include <base/atomic.h>
int f(atomic_t *v, int i);
int f(atomic_t *v, int i)
{{
	return {expr};
}}
"""


def compilers():
    return [cc for cc in ("gcc", "clang") if shutil.which(cc)]


def compile_text(cc, text):
    done = subprocess.run([cc, *FLAGS], cwd=ROOT, text=True, check=False,
                          input=text, stdout=subprocess.PIPE,
                          stderr=subprocess.STDOUT)
    return done.returncode == 0, done.stdout


def build(cc, result, arg, expr):
    return compile_text(cc, SNIPPET.format(result=result, arg=arg, expr=expr))


class LevelsDoNotMix(unittest.TestCase):
    def setUp(self):
        self.assertTrue(compilers(), "no host compiler")

    def each(self, result, arg, expr, good):
        for cc in compilers():
            with self.subTest(cc=cc, result=result, arg=arg, expr=expr):
                ok, text = build(cc, result, arg, expr)
                self.assertEqual(ok, good, text)
                if not good:
                    self.assertRegex(text, "incompatible (result )?type")

    def test_same_level(self):
        for kind in TYPES:
            self.each(kind, kind, "x", True)

    def test_other_level(self):
        for result in TYPES:
            for arg in TYPES:
                if result != arg:
                    self.each(result, arg, "x", False)

    def test_functions_of_a_level(self):
        self.each("pte_t", "pte_t", "pte_mkold(x)", True)
        self.each("bool", "pte_t", "pte_dirty(x)", True)
        for kind in TYPES[1:]:
            self.each("pte_t", kind, "pte_mkold(x)", False)
            self.each("bool", kind, "pte_dirty(x)", False)

    def test_rights_are_not_an_entry(self):
        self.each("pte_t", "pgprot_t", "pfn_pte(1, x)", True)
        self.each("pte_t", "pte_t", "pfn_pte(1, x)", False)

    def test_no_raw_number(self):
        self.each("bool", "unsigned long", "pte_present(x)", False)


class AtomicIsNoInt(unittest.TestCase):
    def each(self, exprs, good):
        for cc in compilers():
            for expr in exprs:
                with self.subTest(cc=cc, expr=expr):
                    ok, text = compile_text(cc, ATOMIC.format(expr=expr))
                    self.assertEqual(ok, good, text)
                    if not good:
                        self.assertRegex(text, "error: .*(type|operand)")

    def test_through_its_functions(self):
        self.each(("atomic_read(v)", "atomic_add_return(i, v)",
                   "atomic_cmpxchg(v, i, 2)"), True)

    def test_not_as_a_number(self):
        self.each(("*v", "*v + 1", "*v == 0", "(*v)++", "*v += i", "*v = i",
                   "-*v"), False)


FIXMAP = """
#include <arch/fixmap.h>
unsigned long f(void);
unsigned long f(void)
{{
	return fix_to_virt({index});
}}
#ifndef PART
int main(void)
{{
	return (int)f();
}}
#endif
"""


class FixmapIndexExists(unittest.TestCase):
    """Compiled as the kernel is, and linked."""

    def build(self, cc, index, where):
        flags = [f for f in FLAGS if f not in ("-fsyntax-only", "-x", "c",
                                               "-")]
        source = os.path.join(where, "f.c")
        with open(source, "w", encoding="utf-8") as f:
            f.write(FIXMAP.format(index=index))
        done = subprocess.run(
            [cc, *flags, "-O2", source, "-o", os.path.join(where, "f")],
            cwd=ROOT, text=True, check=False, stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT)
        asm = subprocess.run([cc, *flags, "-O2", "-DPART", "-S", source, "-o",
                              "-"], cwd=ROOT, text=True, check=True,
                             stdout=subprocess.PIPE).stdout
        return done.returncode == 0, done.stdout, asm

    def each(self, indices, good):
        for cc in compilers():
            for index in indices:
                with self.subTest(cc=cc, index=index), \
                        tempfile.TemporaryDirectory() as where:
                    linked, text, asm = self.build(cc, index, where)
                    self.assertEqual(linked, good, text)
                    self.assertEqual("fixmap_index_does_not_exist" in text,
                                     not good)
                    self.assertEqual("call" not in asm and "jmp" not in asm,
                                     good, asm)

    def test_good_index_leaves_no_call(self):
        self.each(("FIX_TEST0", "FIX_KMAP_END", "0"), True)

    def test_bad_index_does_not_link(self):
        self.each(("__end_of_fixed_addresses", "FIX_KMAP_END + 1", "-1"),
                  False)


if __name__ == "__main__":
    unittest.main()
