#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""replay.py - `make replay`: a run of MODE=det again, up to one place.

	make replay SEED=7 SMP=4 TESTS='irq.*' STOP=smp_call.send:300

Purpose.
    A seed that fails is a run that can be looked at, as often as one likes.
    STOP names a trip point (include/lib/trip.h) and the number of the hit,
    counted over all CPUs since the boot; GDB takes over there.

Model.
    Whatever the guest executes one instruction more or less changes the
    run from there on. So nothing may differ that the guest can see: the
    command line is that of `make run MODE=det` with the same variables, and
    the stop is written into a copy of the image, into words that are read
    in any case (lib/debug/trip.c). GDB is attached before the first
    instruction and sets a hardware breakpoint at trip_hit(), which is
    reached at the stop and never before. By then the other CPUs stand in an
    NMI (trip_freeze()): their backtraces show where it met them.

    What was found with QEMU 7.2, by comparing the guest's clock and all
    CPUs' registers at the stop, and the serial line up to it:
        a GDB stub that listens                    changes nothing
        GDB attached before the first instruction,
        hardware breakpoints set there             changes nothing
        at a breakpoint, CPUs that run go on for
        some instructions until QEMU has stopped
        them                                       differs each time
        a breakpoint that is hit, with or without
        a condition, and execution goes on         another run from there on
    One stop per run, therefore.

Limits.
    Cases of lib.trip.* use the stop themselves; it does not come while they
    run.
"""

import argparse
import dataclasses
import os
import re
import signal
import subprocess
import sys
import tempfile

import elf
import gdb_session
import qemu
from result import FAIL, Result, tail

TRIP = "<QQQQQ"  # struct trip: name, file, line, hits, number
TRIP_SIZE = 40
STOP = "<QQQ"    # struct trip_stop: what, at, fn
LIMIT = 300
# Without a stop GDB goes through its commands all the same.
HIT = re.compile(r"hit Breakpoint \d+, trip_hit \(.*^AT THE STOP\n(.*)^END\n",
                 re.M | re.S)
SHOW = ("p t->name", "p number", "p ns", "backtrace", "vx-cpus")


def points(image):
    """{name: address} of the trip points."""
    found = {}
    first, end = (image.symbols[s] for s in ("__trips_start",
                                             "__trips_stop"))
    for at in range(first, end, TRIP_SIZE):
        found[image.string(image.unpack(TRIP, at)[0])] = at
    return found


def parse_stop(text):
    """"smp_call.send:300" -> ("smp_call.send", 300)"""
    found = re.fullmatch(r"([\w.]+):([1-9]\d*)", text)
    if not found:
        raise qemu.Refused(f"STOP={text}: a trip point and a number, such as "
                           "STOP=tick:100")
    return found[1], int(found[2])


def arm(path, stop, out):
    """A copy of the image that stops there."""
    name, number = parse_stop(stop)
    image = elf.Image(path)
    known = points(image)
    if name not in known:
        raise qemu.Refused(f"STOP={stop}: no such trip point; there are "
                           + ", ".join(sorted(known)))
    image.pack(STOP, image.symbols["trip_stop"], known[name], number,
               image.symbols["trip_freeze"])
    image.save(out)


def guest(m, stop, folder):
    """The machine, with the stop in its image."""
    if m.mode != "det":
        raise qemu.Refused("only runs of MODE=det repeat")
    image = os.path.join(folder, "vitrix.elf")
    arm(m.elf(), stop, image)
    return gdb_session.Guest(m, image)


COMMANDS = ("hbreak trip_hit", "continue")


def replay_here(m, stop):
    """For a person: GDB on this terminal, at the stop."""
    with tempfile.TemporaryDirectory(prefix="vitrix-") as folder, \
            guest(m, stop, folder) as g:
        print(f"Going to {stop} of {m.make_words('run')}")
        signal.signal(signal.SIGINT, signal.SIG_IGN)
        return subprocess.call(g.arguments(
            [*COMMANDS, "backtrace", "vx-cpus"]))


def stop_once(m, stop, commands=SHOW):
    """GDB's words at the stop, and the serial line so far."""
    with tempfile.TemporaryDirectory(prefix="vitrix-") as folder, \
            guest(m, stop, folder) as g:
        text, _ = g.gdb([*COMMANDS, "echo AT THE STOP\\n", *commands,
                         "echo \\nEND\\n", "kill"], LIMIT)
        found = HIT.search(text)
        return found[1] if found else "", g.log()


# ---- the test --------------------------------------------------------------

REGISTERS = ("p t->name", "p number", "p ns", "source tests/gdb/registers.py")
CHECKS = (("smp_call.run:90", "irq.smp_call.*",
           "smp_call_function_interrupt"),
          ("printk.store:45", "irq.*", "vprintk"))


def check(build):
    """Two replays stop alike, and each in the run without a stop."""
    results = []
    for stop, tests, function in CHECKS:
        m = qemu.Machine(dir=os.path.join(build, "debug"), smp=4,
                         mode="det", seed=3,
                         append=f"selftest={tests} panic=exit")
        plain = qemu.boot(m, LIMIT)
        first, log = stop_once(m, stop, REGISTERS)
        second, log_again = stop_once(m, stop, REGISTERS)
        problems = []
        if first != second or log != log_again:
            problems.append("two replays differ:\n" + tail(first)
                            + "\n---\n" + tail(second))
        if "does not stand" in first or first.count("CPU ") != m.smp:
            problems.append(f"not every CPU stands still:\n{tail(first)}")
        if "trip_hit" not in first or function not in first:
            problems.append(f"no stop in {function}():\n{tail(first)}")
        text = plain.log.decode(errors="replace").replace("\r", "")
        if not log or not text.startswith(log.replace("\r", "")):
            problems.append("the serial line differs from a run without a "
                            f"stop:\n{tail(log)}\n---\n{tail(text)}")
        panicked = reported(m, stop)
        clock = re.findall(r"^\$3 = (\d+)$", first, re.M)
        if not panicked or clock != [panicked]:
            problems.append(f"the clock is {clock} under GDB, {panicked} "
                            "without")
        other, _ = stop_once(dataclasses.replace(m, seed=m.seed + 1), stop)
        if re.findall(r"^\$3 = (\d+)$", other, re.M) in ([], clock):
            problems.append("another seed does not stop at another time")
        name = "stop-" + stop.replace(":", "-")
        results.append(Result(name, FAIL, "\n".join(problems))
                       if problems else Result(name))
    return results


def reported(m, stop):
    """The clock at the stop in a run without GDB: the panic tells it."""
    with tempfile.TemporaryDirectory(prefix="vitrix-") as folder:
        arm(m.elf(), stop, os.path.join(folder, "vitrix.elf"))
        image = elf.Image(os.path.join(folder, "vitrix.elf"))
        at = image.symbols["trip_stop"]
        what, number, _ = image.unpack(STOP, at)
        image.pack(STOP, at, what, number, image.symbols["trip_panic"])
        image.save(os.path.join(folder, "vitrix.elf"))
        run = qemu.boot(dataclasses.replace(m, dir=folder), LIMIT)
    found = re.search(rb"trip point .*, (\d+) ns after the boot", run.log)
    return found[1].decode() if found else None


def main():
    parser = argparse.ArgumentParser()
    for field in dataclasses.fields(qemu.Machine):
        parser.add_argument(f"--{field.name}", default=field.default,
                            type=type(field.default))
    parser.add_argument("--stop", default="")
    parser.add_argument("--batch", action="store_true",
                        help="no terminal: say where it stopped, and end")
    args = vars(parser.parse_args())
    stop, batch = args.pop("stop"), args.pop("batch")
    m = qemu.Machine(**{**args, "mode": "det", "boot": "direct"})
    try:
        parse_stop(stop)
        if not batch:
            return replay_here(m, stop)
        text, _ = stop_once(m, stop)
        print(text or f"The run ended before {stop}.", end="")
        return 0 if text else 1
    except qemu.Refused as error:
        print(f"vitrix: {error}", file=sys.stderr)
        return 2


if __name__ == "__main__":
    sys.exit(main())
