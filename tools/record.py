#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""record.py - `make record`, `make replay-1cpu`: GDB that goes backward.

	make record TESTS='lib.glob.*'      run it, on one CPU, and record
	make replay-1cpu                    the same run again, under GDB
	(gdb) reverse-stepi, reverse-next, reverse-continue ...

Purpose.
    "Who changed this before?" is answered by going there.

Model.
    QEMU's record/replay: every input of the machine goes into a file while
    recording; a replay takes it from there and can be stopped anywhere and
    as often as one likes. To go backward QEMU loads a snapshot of the
    machine's state and runs forward to one instruction before. The
    snapshot is made at the start of the recording, into a small qcow2 disk
    that the guest does not see.

	build/<config>/record/   rr.bin   the inputs
	                         snap     the disk with the snapshot
	                         words    QEMU's arguments but for mode and GDB
	                         serial.log, replay.log
    The image is copied there as well: a rebuild does not spoil a recording.

    QEMU 7.2, as measured:
      - one CPU only ("Record/replay feature is not supported for 'smp'");
      - reverse-stepi, reverse-next, reverse-continue and breakpoints in
        both directions work, with apic-common.vapic=off. With the
        paravirtual APIC page, which a PC has by default, reverse-continue
        hangs: its reset waits for the CPU's thread, which waits for the
        replay lock that the resetting thread holds;
      - the serial line prints again what was run again.

Limits. BOOT=direct, and no person at the serial line: what is typed would
have to be recorded through a terminal that a batch does not have.
"""

import argparse
import dataclasses
import os
import re
import shlex
import shutil
import signal
import struct
import subprocess
import sys
import tempfile

import gdb_session
import qemu
from result import FAIL, Result, tail

CLUSTER = 65536
DISK = 128 << 20
SHIFT = 3      # 8 ns an instruction; the clock is the instruction counter
LIMIT = 300


def make_disk(path):
    """An empty qcow2 disk: header, table and block of counts, L1 table."""
    header = struct.pack(">4sIQIIQIIQQIIQ", b"QFI\xfb", 2, 0, 0, 16, DISK, 0,
                         1, 3 * CLUSTER, CLUSTER, 1, 0, 0)
    clusters = (header, struct.pack(">Q", 2 * CLUSTER),
                struct.pack(">4H", 1, 1, 1, 1), b"")
    with open(path, "wb") as f:
        for content in clusters:
            f.write(content.ljust(CLUSTER, b"\0"))


def words(m, folder):
    """QEMU's arguments that record and replay have in common."""
    if m.smp != 1:
        raise qemu.Refused(f"SMP={m.smp}: QEMU records one CPU only")
    plain = dataclasses.replace(m, mode="det", boot="direct")
    args = qemu.command(plain, folder, [])
    image = os.path.join(folder, "vitrix.elf")
    args = [image if a == plain.elf() else a for a in args]
    del args[args.index("-icount"):args.index("-icount") + 2]
    return args + [
        "-monitor", "none", "-net", "none",
        "-global", "apic-common.vapic=off",
        "-drive", f"file={folder}/snap,if=none,id=snap,format=qcow2"]


def icount(mode, folder):
    return ["-icount", f"shift={SHIFT},rr={mode},rrfile={folder}/rr.bin,"
            "rrsnapshot=start"]


def record(m, folder, limit=None):
    """Run the machine; QEMU's exit code."""
    shutil.rmtree(folder, ignore_errors=True)
    os.makedirs(folder)
    shutil.copyfile(m.elf(), os.path.join(folder, "vitrix.elf"))
    make_disk(os.path.join(folder, "snap"))
    args = words(m, folder)
    with open(os.path.join(folder, "words"), "w", encoding="utf-8") as f:
        f.write(shlex.join(args) + "\n")
    process = subprocess.Popen(
        args + icount("record", folder)
        + ["-serial", f"file:{folder}/serial.log"], stdin=subprocess.DEVNULL)
    try:
        return process.wait(limit)
    except subprocess.TimeoutExpired:
        return None
    finally:
        qemu.stop(process)


class Recorded(gdb_session.Guest):
    """A recording, from its beginning, under GDB."""

    def __init__(self, folder):
        try:
            with open(os.path.join(folder, "words"), encoding="utf-8") as f:
                self.words = shlex.split(f.read())
        except FileNotFoundError:
            raise qemu.Refused(
                "there is no recording: `make record` makes one") from None
        self.recording = folder
        super().__init__(qemu.Machine(), os.path.join(folder, "vitrix.elf"))

    def command(self):
        return self.words + icount("replay", self.recording) + [
            "-serial", f"file:{self.recording}/replay.log",
            "-S", "-gdb", f"unix:{self.stub},server=on,wait=off"]


def record_here(m, folder):
    code = record(m, folder)
    sys.stdout.write(qemu.read_text(f"{folder}/serial.log"))
    size = os.path.getsize(f"{folder}/rr.bin") >> 10
    print(f"recorded {size} KiB; QEMU ended with {code}. "
          "Now: make replay-1cpu")
    return 0


def replay_here(folder):
    with Recorded(folder) as guest:
        signal.signal(signal.SIGINT, signal.SIG_IGN)
        return subprocess.call(guest.arguments([]))


# ---- the test --------------------------------------------------------------

FORTH_AND_BACK = """\
hbreak glob_match
continue
p/x $rip
stepi
p/x $rip
stepi
p/x $rip
reverse-stepi
p/x $rip
reverse-stepi
p/x $rip
reverse-stepi
p/x $rip
delete
hbreak smp_init
reverse-continue
p/x $rip
p/x &smp_init
backtrace 2
delete
hbreak glob_match
continue
p/x $rip
p/x &glob_match
kill
""".splitlines()


def problems_of(text):
    """What is wrong with GDB's output for FORTH_AND_BACK."""
    found = dict(re.findall(r"^\$(\d+) = (0x[0-9a-f]+)$", text, re.M))
    if len(found) != 10:
        return [f"{len(found)} of 10 values"]
    one, two, three, back, first, before, init, smp, again, match = (
        int(found[str(n)], 16) for n in range(1, 11))
    rules = (
        (one == match, "the first breakpoint"),
        (one < two < three, "two steps forward"),
        (back == two, "one step back"),
        (first == one, "two steps back"),
        (before not in (one, two, three), "a step back out of the function"),
        (init == smp, "reverse-continue to an earlier breakpoint"),
        (again == match, "forward again, to the first breakpoint"),
        (re.search(r"^#1 .* start_kernel ", text, re.M), "the backtrace"))
    return [f"wrong: {what}" for right, what in rules if not right]


def check(build):
    """A recording replays bit for bit, forward and backward."""
    m = qemu.Machine(dir=os.path.join(build, "debug"), smp=1, mem="64M",
                     append="selftest=lib.glob.* panic=exit")
    results = []
    with tempfile.TemporaryDirectory(prefix="vitrix-") as scratch:
        folder = os.path.join(scratch, "record")
        code = record(m, folder, LIMIT)
        log = qemu.read_text(f"{folder}/serial.log")
        results.append(Result("record") if code == qemu.EXIT_PASS else Result(
            "record", FAIL, f"QEMU ended with {code}:\n{tail(log)}"))
        with Recorded(folder) as guest:
            text, _ = guest.gdb(["continue"], LIMIT)
            code = guest.exit_code()
            again = qemu.read_text(f"{folder}/replay.log")
        same = again == log and code == qemu.EXIT_PASS
        results.append(Result("replay") if same else Result(
            "replay", FAIL, f"QEMU ended with {code}; the serial lines "
            f"differ or are empty:\n{tail(log)}\n---\n{tail(again)}\n{text}"))
        with Recorded(folder) as guest:
            text, ended = guest.gdb(FORTH_AND_BACK, LIMIT)
        problems = problems_of(text) + ([] if ended else ["GDB hung"])
        results.append(Result("reverse", FAIL, "\n".join(problems) + "\n\n"
                              + tail(text)) if problems else Result("reverse"))
    return results


def main():
    parser = argparse.ArgumentParser()
    for field in dataclasses.fields(qemu.Machine):
        parser.add_argument(f"--{field.name}", default=field.default,
                            type=type(field.default))
    parser.add_argument("action", choices=("record", "replay"))
    args = vars(parser.parse_args())
    action = args.pop("action")
    m = qemu.Machine(**args)
    folder = os.path.abspath(os.path.join(m.dir, "record"))
    try:
        if action == "record":
            return record_here(m, folder)
        return replay_here(folder)
    except qemu.Refused as error:
        print(f"vitrix: {error}", file=sys.stderr)
        return 2


if __name__ == "__main__":
    sys.exit(main())
