#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""test_replay.py - the parts of replay, record and gdb_test without QEMU.

	python3 -m unittest tests/host/test_replay.py
"""

import os
import struct
import sys
import tempfile
import unittest

sys.path.insert(0, os.path.join(os.path.dirname(__file__), "../../tools"))

# pylint: disable=wrong-import-position
import elf       # noqa: E402
import gdb_test  # noqa: E402
import qemu      # noqa: E402
import record    # noqa: E402
import replay    # noqa: E402
from result import FAIL, PASS  # noqa: E402

BASE = 0xffffffff80000000
SYMBOLS = {"__trips_start": BASE, "__trips_stop": BASE + 80,
           "trip_stop": BASE + 80, "trip_freeze": BASE + 0x1234,
           "trip_panic": BASE + 0x4321}


def image(path):
    """A little image: two trip points, trip_stop, the names."""
    names = [b"tick\0", b"smp_call.send\0"]
    code = b""
    for i in range(2):
        code += struct.pack(replay.TRIP, BASE + 104 + 5 * i, 0, 1, 2, 3)
    code += struct.pack(replay.STOP, 0, 2 ** 64 - 1, 0) + b"".join(names)
    strings = b"\0"
    symbols = bytes(elf.SYMBOL.size)
    for name, value in SYMBOLS.items():
        symbols += elf.SYMBOL.pack(len(strings), 0, 0, 1, value, 0)
        strings += name.encode() + b"\0"
    at = 0x40 + elf.PROGRAM.size
    parts, places = (code, symbols, strings), []
    for part in parts:
        places.append(at)
        at += len(part)
    head = bytearray(b"\x7fELF".ljust(0x40, b"\0"))
    struct.pack_into("<Q", head, 0x20, 0x40)
    struct.pack_into("<Q", head, 0x28, at)
    struct.pack_into("<H", head, 0x38, 1)
    struct.pack_into("<H", head, 0x3C, 3)
    program = elf.PROGRAM.pack(elf.PT_LOAD, 6, places[0], BASE, 0, len(code),
                               len(code), 4096)
    sections = elf.SECTION.pack(*[0] * 10)
    sections += elf.SECTION.pack(0, elf.SHT_SYMTAB, 0, 0, places[1],
                                 len(symbols), 2, 0, 8, elf.SYMBOL.size)
    sections += elf.SECTION.pack(0, 3, 0, 0, places[2], len(strings), 0, 0,
                                 1, 0)
    with open(path, "wb") as f:
        f.write(bytes(head) + program + b"".join(parts) + sections)


class Replay(unittest.TestCase):
    """The stop goes into a copy of the image, and nothing else does."""

    def setUp(self):
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.path = os.path.join(folder.name, "a")
        self.out = os.path.join(folder.name, "b")
        image(self.path)

    def test_arm(self):
        replay.arm(self.path, "smp_call.send:300", self.out)
        armed = elf.Image(self.out)
        self.assertEqual(armed.unpack(replay.STOP, BASE + 80),
                         (BASE + 40, 300, BASE + 0x1234))
        plain = elf.Image(self.path)
        start = plain.offset(BASE + 80)
        self.assertEqual(plain.data[:start], armed.data[:start])
        self.assertEqual(plain.data[start + 24:], armed.data[start + 24:])
        self.assertNotEqual(plain.data, armed.data)

    def test_unknown_point(self):
        with self.assertRaisesRegex(qemu.Refused, "smp_call.send, tick"):
            replay.arm(self.path, "smp_call:1", self.out)
        self.assertFalse(os.path.exists(self.out))

    def test_stop_words(self):
        self.assertEqual(replay.parse_stop("a.b_c:12"), ("a.b_c", 12))
        for bad in ("", "tick", "tick:", "tick:0", "tick:-1", ":3",
                    "tick:1:2", "tick 1"):
            with self.assertRaises(qemu.Refused, msg=bad):
                replay.parse_stop(bad)

    def test_only_det(self):
        with self.assertRaisesRegex(qemu.Refused, "MODE=det"):
            replay.guest(qemu.Machine(mode="mt"), "tick:1", "/nowhere")

    def test_address_outside(self):
        with self.assertRaises(ValueError):
            elf.Image(self.path).offset(BASE - 1)

    def test_no_stop(self):
        text = "Remote connection closed\nAT THE STOP\n$1 = 0\n\nEND\n"
        self.assertIsNone(replay.HIT.search(text))
        text = ("Thread 1 hit Breakpoint 1, trip_hit (t=1)\n"
                "AT THE STOP\n$1 = 7\nEND\n")
        self.assertEqual(replay.HIT.search(text)[1], "$1 = 7\n")


class Record(unittest.TestCase):
    """Recordings, as far as QEMU is not needed."""

    def test_disk(self):
        with tempfile.TemporaryDirectory() as folder:
            path = os.path.join(folder, "snap")
            record.make_disk(path)
            with open(path, "rb") as f:
                data = f.read()
        self.assertEqual(len(data), 4 * record.CLUSTER)
        fields = struct.unpack_from(">4sIQIIQIIQQIIQ", data)
        self.assertEqual(fields[0], b"QFI\xfb")
        self.assertEqual(fields[5], record.DISK)
        # The four clusters count one user each, the fifth none.
        counts = struct.unpack_from(">Q", data, fields[9])[0]
        self.assertEqual(struct.unpack_from(">5H", data, counts),
                         (1, 1, 1, 1, 0))

    def test_one_cpu(self):
        with self.assertRaisesRegex(qemu.Refused, "one CPU"):
            record.words(qemu.Machine(smp=2), "/nowhere")

    def test_words(self):
        args = record.words(qemu.Machine(dir="x", smp=1), "/f")
        self.assertNotIn("-icount", args)
        self.assertIn("apic-common.vapic=off", args)
        self.assertEqual(args[args.index("-kernel") + 1], "/f/vitrix.elf")

    def test_no_recording(self):
        with self.assertRaisesRegex(qemu.Refused, "make record"):
            record.Recorded("/nowhere")

    GOOD = ("$1 = 0x10\n$2 = 0x11\n$3 = 0x14\n$4 = 0x11\n$5 = 0x10\n"
            "$6 = 0x99\n$7 = 0x50\n$8 = 0x50\n#1  0x1 in start_kernel ()\n"
            "$9 = 0x10\n$10 = 0x10\n")

    def test_judge(self):
        self.assertEqual(record.problems_of(self.GOOD), [])
        for right, wrong in (
                ("$4 = 0x11", "$4 = 0x14"), ("$5 = 0x10", "$5 = 0x11"),
                ("$6 = 0x99", "$6 = 0x10"), ("$7 = 0x50", "$7 = 0x10"),
                ("$9 = 0x10", "$9 = 0x99"), ("$2 = 0x11", "$2 = 0x10"),
                ("start_kernel", "nobody"), ("$10 = 0x10\n", "")):
            self.assertTrue(record.problems_of(
                self.GOOD.replace(right, wrong)), wrong)


class Judge(unittest.TestCase):
    """gdb_test.judge(): a case that does not report fails."""

    TEXT = "GDBTEST ok one\nnoise\nGDBTEST ok two\nGDBTEST done 2\n"

    def verdicts(self, text, ended=True):
        return [r.verdict for r in gdb_test.judge(text, ended)]

    def test_good(self):
        self.assertEqual(self.verdicts(self.TEXT), [PASS, PASS])

    def test_bad(self):
        bad = self.TEXT.replace("ok two", "not ok two: why\n    more")
        results = gdb_test.judge(bad, True)
        self.assertEqual([r.verdict for r in results], [PASS, FAIL])
        self.assertEqual(results[1].story, "why\n    more")

    def test_incomplete(self):
        for text, ended in (("", True), (self.TEXT, False),
                            (self.TEXT.replace("done 2", "done 3"), True),
                            (self.TEXT.replace("GDBTEST done 2\n", ""), True),
                            (self.TEXT.replace("GDBTEST ok one\n", ""), True),
                            ("GDBTEST done 0\n", True)):
            self.assertIn(FAIL, self.verdicts(text, ended), text)


if __name__ == "__main__":
    unittest.main()
