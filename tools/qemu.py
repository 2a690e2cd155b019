#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""qemu.py - the one place that knows how Vitrix is started in QEMU.

Purpose.
    `make run`, `make debug` and the test runner describe a machine; this
    turns the description into QEMU's command line and watches it run.

Model.
    Machine holds the variables of the Makefile. Two modes (docs/testing):

    det   One host thread runs all CPUs in turn and time is the number of
          instructions (-icount), so a run repeats bit by bit. Each CPU gets
          2^shift ns an instruction; the turn of a CPU shrinks with their
          number, hence the largest shift with 2^shift * CPUs <= 16. SEED
          selects the interleaving through the kernel's jitter= option.
    mt    One host thread per CPU. With more CPUs than the host has, a FIFO
          lock's next owner is often not running, so spin=tas is passed.

    QEMU leaves with 33 when the kernel wrote 0x10 to port 0xf4 (pass) and
    35 for 0x11 (fail). 0 is a power-off or a reset and never a pass. A
    triple fault is told from these by the reset log (-d cpu_reset).

Invariants.
    I1  No QEMU outlives the process that started it.
    I2  Equal Machine, equal command line: nothing is guessed from the host
        but the number of CPUs for spin=tas, in mode mt.
"""

import argparse
import dataclasses
import os
import re
import select
import shlex
import shutil
import signal
import subprocess
import sys
import tempfile
import time

import tripfault

PROGRAM = "qemu-system-x86_64"
EXIT_PASS = 33
EXIT_FAIL = 35
DEADLOCK = b"no active timers"
MUCH_MEMORY = 16384  # MiB; more is not reserved on the host
OVMF = (
    ("/usr/share/OVMF/OVMF_CODE_4M.fd", "/usr/share/OVMF/OVMF_VARS_4M.fd"),
    ("/usr/share/OVMF/OVMF_CODE.fd", "/usr/share/OVMF/OVMF_VARS.fd"),
    ("/usr/share/edk2/ovmf/OVMF_CODE.fd",
     "/usr/share/edk2/ovmf/OVMF_VARS.fd"),
    ("/usr/share/edk2/x64/OVMF_CODE.4m.fd",
     "/usr/share/edk2/x64/OVMF_VARS.4m.fd"),
    ("/usr/share/edk2-ovmf/x64/OVMF_CODE.fd",
     "/usr/share/edk2-ovmf/x64/OVMF_VARS.fd"),
    ("/usr/share/qemu/edk2-x86_64-code.fd",
     "/usr/share/qemu/edk2-i386-vars.fd"),
    ("/opt/homebrew/share/qemu/edk2-x86_64-code.fd",
     "/opt/homebrew/share/qemu/edk2-i386-vars.fd"),
    ("/usr/local/share/qemu/edk2-x86_64-code.fd",
     "/usr/local/share/qemu/edk2-i386-vars.fd"),
)


class Refused(Exception):
    """The machine cannot be built; the text says why and what to do."""


@dataclasses.dataclass(frozen=True)
class Machine:
    """What to boot, on what, and how. Field names are the Makefile's."""
    dir: str = "build/debug"  # holds vitrix.elf and vitrix.iso
    smp: int = 4
    mem: str = "512M"
    firmware: str = "bios"
    boot: str = "iso"
    cpu: str = "max"
    numa: int = 1
    accel: str = "tcg"
    machine: str = "pc"
    mode: str = "mt"
    seed: int = 1
    append: str = ""
    topology: str = ""        # such as sockets=2,cores=3,threads=1
    qemuargs: str = ""        # more words for QEMU
    iso: str = ""             # default: vitrix.iso in dir

    def direct(self):
        return self.boot == "direct" or self.mode == "det"

    def elf(self):
        return f"{self.dir}/vitrix.elf"

    def make_words(self, target):
        """The make command that starts this machine, for people."""
        words = ["make", target]
        config = os.path.basename(self.dir)
        if config.endswith("-llvm"):
            words.append("LLVM=1")
            config = config[:-len("-llvm")]
        default = Machine()
        if config != "debug":
            words.append(f"CONFIG={config}")
        for name in ("smp", "mem", "firmware", "boot", "cpu", "numa",
                     "accel", "machine", "mode", "seed", "topology",
                     "qemuargs"):
            value = getattr(self, name)
            if value != getattr(default, name):
                words.append(f"{name.upper()}={shlex.quote(str(value))}")
        if self.append:
            words.append("APPEND=" + shlex.quote(self.append))
        return " ".join(words)


def shift_for(cpus, most=16):
    """The largest shift with 2^shift * cpus <= most; 0 for more CPUs."""
    shift = 0
    while 2 ** (shift + 1) * cpus <= most:
        shift += 1
    return shift


def most_ns(m):
    """A build that checks every access needs many more instructions: with
    the usual nanoseconds for each, timer interrupts would eat the machine."""
    return 4 if os.path.basename(m.dir).startswith("kasan") else 16


def mebibytes(mem):
    """"512M" or "8G" as a number of MiB."""
    found = re.fullmatch(r"(\d+)([MG])", mem)
    if not found:
        raise Refused(f"MEM={mem}: a number and M or G")
    return int(found[1]) * (1024 if found[2] == "G" else 1)


def cmdline(m):
    """The kernel command line."""
    words = m.append.split()
    if m.mode == "det":
        words += [f"seed={m.seed}", f"jitter={m.seed}", "trip=numbered"]
    elif m.accel == "tcg" and m.smp > (os.cpu_count() or 1):
        words.append("spin=tas")
    return " ".join(words)


def memory_args(m):
    """Memory, of which the host gives only what the guest touches."""
    args = ["-m", f"{mebibytes(m.mem)}M"]
    if m.numa == 1 and mebibytes(m.mem) > MUCH_MEMORY:
        args += ["-object", "memory-backend-ram,id=ram,reserve=off,"
                 f"size={mebibytes(m.mem)}M",
                 "-machine", "memory-backend=ram"]
    return args


def numa_args(m):
    """m.numa nodes: the CPUs in blocks, the memory in equal parts."""
    if m.numa == 1:
        return []
    part, rest = divmod(mebibytes(m.mem), m.numa)
    if not part:
        raise Refused(f"MEM={m.mem} is too little for NUMA={m.numa}")
    args = []
    for node in range(m.numa):
        size = part + (rest if node == 0 else 0)
        args += ["-object", f"memory-backend-ram,id=ram{node},"
                 f"size={size}M,reserve=off"]
        cpus = [c for c in range(m.smp) if c * m.numa // m.smp == node]
        spec = f"node,nodeid={node},memdev=ram{node}"
        if cpus:
            spec += f",cpus={cpus[0]}-{cpus[-1]}"
        args += ["-numa", spec]
    for src in range(m.numa):
        for dst in range(m.numa):
            val = 10 if src == dst else 20
            args += ["-numa", f"dist,src={src},dst={dst},val={val}"]
    return args


def firmware_args(m, scratch):
    """UEFI: its code read-only, its variables in a copy of their own."""
    if m.firmware == "bios":
        return []
    pair = next((p for p in OVMF if all(map(os.path.exists, p))), None)
    if not pair:
        raise Refused("UEFI firmware is missing: see `make doctor`")
    variables = os.path.join(scratch, "uefi-vars.fd")
    shutil.copyfile(pair[1], variables)
    return ["-drive", "if=pflash,format=raw,unit=0,readonly=on,"
            f"file={pair[0]}",
            "-drive", f"if=pflash,format=raw,unit=1,file={variables}"]


def check(m):
    """Refuse what cannot work, before QEMU does with fewer words."""
    choices = {"firmware": ("bios", "uefi"), "boot": ("iso", "direct"),
               "accel": ("tcg", "kvm"), "mode": ("mt", "det"),
               "machine": ("pc", "q35")}
    for name, allowed in choices.items():
        # A machine may have options: q35,hpet=off
        if getattr(m, name).split(",")[0] not in allowed:
            raise Refused(f"{name.upper()}={getattr(m, name)}: one of "
                          + ", ".join(allowed))
    if not 1 <= m.smp <= 255:
        raise Refused(f"SMP={m.smp}: 1 to 255")
    if m.firmware == "uefi" and m.direct():
        raise Refused("FIRMWARE=uefi needs BOOT=iso (and not MODE=det): "
                      "QEMU's direct boot does not go through UEFI")
    if m.mode == "det" and m.accel != "tcg":
        raise Refused("MODE=det counts instructions: only with ACCEL=tcg")


def command(m, scratch, serial, extra=()):
    """QEMU's arguments. scratch: a folder that lives as long as QEMU."""
    check(m)
    args = [PROGRAM, "-machine", m.machine, "-cpu", m.cpu,
            "-smp", ",".join(filter(None, (str(m.smp), m.topology)))]
    args += memory_args(m)
    if m.mode == "det":
        args += ["-accel", "tcg", "-icount",
                 f"shift={shift_for(m.smp, most_ns(m))},sleep=off",
                 "-rtc", "base=2026-01-01,clock=vm", "-seed", str(m.seed)]
    elif m.accel == "tcg":
        args += ["-accel", "tcg,thread=multi"]
    else:
        args += ["-accel", m.accel]
    args += numa_args(m) + firmware_args(m, scratch)
    if m.direct():
        args += ["-kernel", m.elf(), "-append", cmdline(m)]
    else:
        args += ["-cdrom", m.iso or f"{m.dir}/vitrix.iso", "-boot", "d"]
    args += ["-display", "none", "-no-reboot", "-nodefaults", "-vga", "std"]
    args += serial
    args += ["-device", "isa-debug-exit,iobase=0xf4,iosize=4"]
    return args + shlex.split(m.qemuargs) + list(extra)


def reset_log_args(path, interrupts=False):
    what = "int,cpu_reset" if interrupts else "cpu_reset"
    return ["-d", what, "-D", path]


def triple_fault(log):
    """Does the text of a reset log tell of a triple fault?"""
    return "Triple fault" in log


def read_text(path, most=4 << 20):
    """The end of a log, "" if there is none."""
    try:
        with open(path, "rb") as f:
            f.seek(max(0, os.path.getsize(path) - most))
            return f.read().decode(errors="replace")
    except FileNotFoundError:
        return ""


@dataclasses.dataclass
class Run:
    """What a run without a person left behind."""
    machine: Machine
    code: int       # QEMU's exit code; negative: killed by that signal
    log: bytes      # everything from the serial line
    stderr: str     # QEMU's own words
    reset_log: str  # -d cpu_reset
    hung: str       # why the watchdog ended it, or ""
    seconds: float


def stop(process):
    """I1"""
    if process.poll() is None:
        process.kill()
    process.wait()
    for pipe in (process.stdin, process.stdout, process.stderr):
        if pipe:
            pipe.close()


def pump(process, deadline, feed=None):
    """Collect both streams until QEMU ends; return (log, stderr, hung).

    feed(log): called with all output so far whenever there is more; returns
    bytes to send to the guest. Raises StopIteration when it has seen enough.
    """
    out, err = process.stdout.fileno(), process.stderr.fileno()
    streams = {out: bytearray(), err: bytearray()}
    still_open = set(streams)
    hung = ""
    while still_open:
        left = deadline - time.monotonic()
        if left <= 0:
            hung = "no end within the time limit"
            break
        ready, _, _ = select.select(list(still_open), [], [], min(left, 1))
        for fd in ready:
            chunk = os.read(fd, 65536)
            if not chunk:
                still_open.discard(fd)
            streams[fd] += chunk
        if DEADLOCK in streams[err]:
            hung = "deadlock: every CPU idle, and no timer left to wake one"
            break
        if feed and out in ready:
            try:
                keys = feed(bytes(streams[out]))
            except StopIteration:
                process.kill()
                break
            if keys:
                process.stdin.write(keys)
                process.stdin.flush()
    return bytes(streams[out]), streams[err].decode(errors="replace"), hung


def wait_end(process, deadline):
    """Both streams are closed (or enough was seen): QEMU is about to go."""
    try:
        process.wait(max(0.1, deadline - time.monotonic()))
    except subprocess.TimeoutExpired:
        return "QEMU closed its output, but did not end"
    return ""


def boot(m, limit, interrupts=False, feed=None):
    """Run the machine without a person, at most limit seconds."""
    with tempfile.TemporaryDirectory(prefix="vitrix-") as scratch:
        reset_log = os.path.join(scratch, "reset.log")
        args = command(m, scratch, ["-serial", "stdio", "-monitor", "none"],
                       reset_log_args(reset_log, interrupts))
        start = time.monotonic()
        process = subprocess.Popen(
            args, stdout=subprocess.PIPE, stderr=subprocess.PIPE,
            stdin=subprocess.PIPE if feed else subprocess.DEVNULL)
        try:
            log, err, hung = pump(process, start + limit, feed)
            if not hung:
                hung = wait_end(process, start + limit)
        finally:
            stop(process)
        return Run(m, process.returncode, log, err, read_text(reset_log),
                   hung, time.monotonic() - start)


def terminal_serial():
    """The serial line on this terminal, QEMU's monitor behind Ctrl-A C."""
    return ["-chardev", "stdio,id=console,mux=on,signal=off",
            "-serial", "chardev:console", "-mon", "chardev=console"]


def run_here(m):
    """`make run`: the serial line is this terminal. Returns an exit code."""
    with tempfile.TemporaryDirectory(prefix="vitrix-") as scratch:
        log = os.path.join(m.dir, "qemu.log")
        exceptions = bool(os.environ.get("EXCEPTIONS"))
        args = command(m, scratch, terminal_serial(),
                       reset_log_args(log, exceptions))
        if sys.stdin.isatty():
            print("To leave: Ctrl-A X (or the command poweroff).", flush=True)
        process = subprocess.Popen(args)
        try:
            code = process.wait()
        except KeyboardInterrupt:
            code = 0
        finally:
            stop(process)
        text = read_text(log)
    if triple_fault(text) and exceptions:
        print("\n" + tripfault.report(text, m.elf()), file=sys.stderr)
        return 1
    if triple_fault(text):
        print("\nTRIPLE FAULT: the processor reset. For a report of the "
              f"last exceptions:\n\t{m.make_words('run')} "
              "EXCEPTIONS=1", file=sys.stderr)
        return 1
    return 0 if code in (0, EXIT_PASS) else code


def debug_here(m):
    """`make debug`: QEMU waits in its first instruction; GDB is here."""
    gdb = next(filter(shutil.which, ("gdb", "x86_64-elf-gdb")), None)
    if not gdb:
        raise Refused("gdb is missing: see `make doctor`")
    with tempfile.TemporaryDirectory(prefix="vitrix-") as scratch:
        stub = os.path.join(scratch, "gdb")
        log = os.path.join(m.dir, "serial.log")
        serial = ["-chardev", f"socket,id=console,path={m.dir}/serial.sock,"
                  f"server=on,wait=off,logfile={log}",
                  "-serial", "chardev:console", "-monitor", "none"]
        args = command(m, scratch, serial,
                       ["-S", "-gdb", f"unix:{stub},server=on,wait=off"])
        qemu = subprocess.Popen(args, stdin=subprocess.DEVNULL,
                                start_new_session=True)
        try:
            while not os.path.exists(stub) and qemu.poll() is None:
                time.sleep(0.02)
            if qemu.poll() is not None:
                return qemu.returncode
            print(f"The serial line: tail -f {log}; to type into it: "
                  "python3 tools/qemu.py console --dir " + m.dir)
            signal.signal(signal.SIGINT, signal.SIG_IGN)
            return subprocess.call(
                [gdb, "-q", m.elf(), "-ex", f"source {gdb_script()}",
                 "-ex", f"target remote {stub}"])
        finally:
            stop(qemu)


def gdb_script():
    here = os.path.dirname(os.path.abspath(__file__))
    return os.path.join(here, "gdb", "vitrix.py")


def console_here(m):
    """The serial line of a machine under `make debug`, until Ctrl-D."""
    import socket
    line = socket.socket(socket.AF_UNIX)
    line.connect(f"{m.dir}/serial.sock")
    while True:
        ready, _, _ = select.select([line, sys.stdin], [], [])
        if line in ready:
            data = line.recv(4096)
            if not data:
                return 0
            sys.stdout.buffer.write(data)
            sys.stdout.flush()
        if sys.stdin in ready:
            text = sys.stdin.readline()
            if not text:
                return 0
            line.sendall(text.replace("\n", "\r").encode())


def main():
    parser = argparse.ArgumentParser()
    for field in dataclasses.fields(Machine):
        parser.add_argument(f"--{field.name}", default=field.default,
                            type=type(field.default))
    parser.add_argument("action", choices=("run", "debug", "console",
                                           "cmdline", "show"))
    args = vars(parser.parse_args())
    action = args.pop("action")
    m = Machine(**args)
    try:
        if action == "cmdline":
            print(cmdline(m))
            return 0
        if action == "show":
            print(shlex.join(command(m, tempfile.gettempdir(),
                                     terminal_serial())))
            return 0
        return {"run": run_here, "debug": debug_here,
                "console": console_here}[action](m)
    except Refused as error:
        print(f"vitrix: {error}", file=sys.stderr)
        return 2


if __name__ == "__main__":
    sys.exit(main())
