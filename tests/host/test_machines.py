#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""test_machines.py - malformed boots and odd machines cannot pass by luck.

	python3 -m unittest tests/host/test_machines.py

Purpose.
    The judges of tools/malformed.py and tools/odd_machines.py are handed
    runs that went wrong in each way they know, and must say so.
"""

import os
import struct
import sys
import unittest

sys.path.insert(0, os.path.join(os.path.dirname(__file__), "../../tools"))

# pylint: disable=wrong-import-position
import bootblocks    # noqa: E402
import fuzz          # noqa: E402
import ktap          # noqa: E402
import malformed     # noqa: E402
import odd_machines  # noqa: E402
import qemu          # noqa: E402

PROMPT = b"boot: bad thing\r\nvitrix> "
ANSWER = b"version\r\nVitrix 0.1\r\nvitrix> "
RESET = "Triple fault"


def judge(case, log, code, hung="", reset_log=""):
    """What malformed.py says of a run that left this behind."""
    dialogue = malformed.Dialogue(case)
    for end in (log.find(b"> ") + 2, len(log)):
        try:
            dialogue.feed(log[:end])
        except StopIteration:
            break
    run = qemu.Run(qemu.Machine(), code, log, "", reset_log, hung, 1.0)
    dialogue.finish(log)
    return malformed.problems_of(case, dialogue, run)


class Malformed(unittest.TestCase):
    """Every bad end is a problem."""

    case = malformed.Case("x", [r"bad thing"], say=[malformed.HELP])

    def test_good(self):
        self.assertEqual(judge(self.case, PROMPT + ANSWER, -9), [])

    def test_reset(self):
        self.assertTrue(judge(self.case, PROMPT + ANSWER, 0))
        self.assertTrue(judge(self.case, PROMPT + ANSWER, -9,
                              reset_log=RESET))

    def test_hang(self):
        self.assertTrue(judge(self.case, PROMPT, -9, hung="no end"))

    def test_silence(self):
        log = PROMPT.replace(b"bad thing", b"") + ANSWER
        self.assertIn("bad thing", "".join(judge(self.case, log, -9)))

    def test_panic_instead_of_prompt(self):
        log = b"KERNEL PANIC\r\n" + PROMPT + ANSWER
        self.assertIn("kernel panic", judge(self.case, log, -9))

    def test_no_panic_where_one_must_be(self):
        case = malformed.Case("x", [r"bad thing"], "panic")
        self.assertTrue(judge(case, PROMPT, -9))
        self.assertEqual(judge(case, PROMPT, qemu.EXIT_FAIL), [])

    def test_each_case_names_a_problem_once(self):
        names = [case.name for case in malformed.CASES]
        self.assertEqual(len(names), len(set(names)))
        self.assertGreaterEqual(len(names), 20)
        self.assertTrue(all(case.expect for case in malformed.CASES))
        self.assertTrue(any(case.quick for case in malformed.CASES))


class Image(unittest.TestCase):
    """A patched image leads to the block."""

    def test_segments_and_note(self):
        elf = bytearray(64 + 56 + 24)
        struct.pack_into("<Q", elf, 24, 0x100080)
        struct.pack_into("<Q", elf, 32, 64)
        struct.pack_into("<HH", elf, 54, 56, 1)
        struct.pack_into("<IIQ", elf, 64, malformed.PT_NOTE, 4, 120)
        struct.pack_into("<Q", elf, 136, 0x10009c)
        new = malformed.patched(elf, [(0x5000, b"block")], 1, 2, "pvh")
        phoff, = struct.unpack_from("<Q", new, 32)
        self.assertEqual(struct.unpack_from("<H", new, 56)[0], 3)
        self.assertEqual(struct.unpack_from("<Q", new, 136)[0],
                         malformed.SHIM)
        offset, _, where, size = struct.unpack_from("<QQQQ", new,
                                                    phoff + 2 * 56 + 8)
        self.assertEqual((where, new[offset:offset + size]),
                         (0x5000, b"block"))
        self.assertIn(struct.pack("<I", 0x10009c), new[offset - 4096:offset])

    def test_tables_are_right_unless_asked(self):
        self.assertEqual(sum(bootblocks.hpet()) & 0xff, 0)
        self.assertEqual(sum(bootblocks.madt(bootblocks.lapic(0),
                                             off=3)) & 0xff, 3)
        self.assertEqual(sum(bootblocks.rsdp(1, 2)[:20]) & 0xff, 0)
        self.assertEqual(sum(bootblocks.rsdp(1, 2)) & 0xff, 0)

    def test_seed_holds_every_table(self):
        memory = bootblocks.firmware(malformed.TABLES, malformed.tables())
        seed = fuzz.acpi_seed(memory)
        for name in (b"RSD PTR ", b"RSDT", b"FACP", b"DSDT", b"HPET",
                     b"APIC"):
            self.assertIn(name, seed)


class Odd(unittest.TestCase):
    """Cases that vanish are noticed; for skipped ones see test_runner.py."""

    def compare(self, *cases):
        return odd_machines.compare([ktap.Case(*case) for case in cases],
                                    {"a.b.c", "a.b.d"})

    def test_same(self):
        self.assertEqual(self.compare(("a.b.c", "ok"), ("a.b.d", "skip")), [])

    def test_missing_and_extra(self):
        self.assertTrue(self.compare(("a.b.c", "ok")))
        self.assertTrue(self.compare(("a.b.c", "ok"), ("a.b.d", "ok"),
                                     ("a.b.e", "ok")))

    def test_refusal(self):
        odd = odd_machines.Odd("x", {}, refused=r"^cannot start: no mode")

        def run(log, code=-9, reset=""):
            return odd_machines.refused(odd, qemu.Run(
                qemu.Machine(), code, log, "", reset, "", 1.0))
        self.assertEqual(run(b"cannot start: no mode\r\n"), [])
        self.assertTrue(run(b"vitrix> "))
        self.assertTrue(run(b"cannot start: no mode\r\n", reset=RESET))
        self.assertTrue(run(b"cannot start: no mode\r\n", code=0))


if __name__ == "__main__":
    unittest.main()
