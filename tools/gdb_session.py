#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""gdb_session.py - a guest that waits for GDB, and GDB without a person.

Model.
    Guest starts QEMU halted before its first instruction, with its GDB stub
    on a Unix socket in a folder of its own: no port to collide on. The
    serial line goes to a file there, which never blocks, so that time in
    MODE=det does not depend on a reader.

Invariants.
    I1  Neither QEMU nor GDB outlives the Guest, nor its time limit.
"""

import os
import shutil
import subprocess
import tempfile
import time

import qemu

START_LIMIT = 20  # seconds until QEMU's stub must be there


def gdb_program():
    found = next(filter(shutil.which, ("gdb", "x86_64-elf-gdb")), None)
    if not found:
        raise qemu.Refused("gdb is missing: see `make doctor`")
    return found


class Guest:
    """with Guest(machine) as g: g.gdb([...])"""

    def __init__(self, machine, image=None, extra=()):
        self.machine = machine
        self.image = image or machine.elf()
        self.extra = list(extra)
        self.folder = self.process = self.stub = self.serial = None

    def command(self):
        """QEMU's, with the image in the place of the build's."""
        args = qemu.command(
            self.machine, self.folder,
            ["-serial", f"file:{self.serial}", "-monitor", "none"],
            ["-S", "-gdb", f"unix:{self.stub},server=on,wait=off"]
            + self.extra)
        return [self.image if a == self.machine.elf() else a for a in args]

    def __enter__(self):
        self.folder = tempfile.mkdtemp(prefix="vitrix-")
        self.stub = os.path.join(self.folder, "gdb")
        self.serial = os.path.join(self.folder, "serial.log")
        self.process = subprocess.Popen(
            self.command(), stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
            start_new_session=True)
        try:
            self.wait_for_stub()
        except BaseException:
            self.__exit__()
            raise
        return self

    def wait_for_stub(self):
        deadline = time.monotonic() + START_LIMIT
        while not os.path.exists(self.stub):
            if self.process.poll() is not None:
                raise qemu.Refused("QEMU ended before GDB could attach: "
                                   f"code {self.process.returncode}")
            if time.monotonic() > deadline:
                raise qemu.Refused("QEMU's GDB stub did not come up")
            time.sleep(0.02)

    def __exit__(self, *_):
        qemu.stop(self.process)
        shutil.rmtree(self.folder, ignore_errors=True)

    def arguments(self, commands, before=()):
        """GDB's: attach with everything loaded, then these commands."""
        words = [gdb_program(), "-q", "-nx"]
        for line in (*before, f"file {self.image}",
                     f"source {qemu.gdb_script()}",
                     f"target remote {self.stub}", *commands):
            words += ["-ex", line]
        return words

    def gdb(self, commands, limit, env=None):
        """Run GDB in batch mode; its output, and whether it came to an end."""
        program, *rest = self.arguments(commands)
        try:
            done = subprocess.run(
                [program, "-batch", *rest], stdin=subprocess.DEVNULL,
                stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True,
                errors="replace", timeout=limit, check=False,
                env={**os.environ, "TERM": "dumb", **(env or {})})
        except subprocess.TimeoutExpired as late:
            text = late.stdout or b""
            if isinstance(text, bytes):
                text = text.decode(errors="replace")
            return text + f"\nno end after {limit} s\n", False
        return done.stdout, True

    def log(self):
        """What came over the serial line so far."""
        return qemu.read_text(self.serial)

    def exit_code(self, limit=5):
        """QEMU's, if it ends by itself in time."""
        try:
            return self.process.wait(limit)
        except subprocess.TimeoutExpired:
            return None
