#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""bench_linux.py - `make bench-linux`: the same operations in Linux.

Purpose.
    The figures of Linux in tests/bench/baseline.json must not be believed
    but measured: with the same loops, in the same QEMU, counted alike.

Model.
    Debian's kernel for virtual machines and its headers are fetched with
    `apt-get download` and unpacked below build/linux/, so nothing is
    installed and no root is needed. tests/host/linux/vx_bench.c is compiled
    against the headers, and boots with a program that loads it as the only
    contents of an initramfs, under -icount shift=0, with the options that
    take work away from Linux that Vitrix does not do either.

Limits.
    Needs a Debian with packages of Linux 6.1, gcc and a static C library.
"""

import argparse
import glob
import os
import re
import shutil
import subprocess
import sys

import bench
import qemu

FOLDER = "build/linux"
SOURCE = "tests/host/linux"
META = "linux-headers-cloud-amd64"
OPTIONS = ("console=ttyS0 quiet printk.time=0 mitigations=off "
           "init_on_alloc=0 nokaslr tsc=reliable panic=-1")
TIME_LIMIT = 300  # seconds for the boot


class Missing(Exception):
    """Something that this machine does not have."""


def call(*argv, cwd=None):
    done = subprocess.run(argv, cwd=cwd, stdout=subprocess.PIPE, text=True,
                          stderr=subprocess.STDOUT, check=False)
    if done.returncode:
        raise Missing(f"{' '.join(argv)}:\n{done.stdout}")
    return done.stdout


def version():
    """Such as 6.1.0-56-cloud-amd64."""
    if not shutil.which("apt-get"):
        raise Missing("apt-get: this needs Debian's packages")
    found = re.search(r"Depends: linux-headers-(\S+)",
                      call("apt-cache", "depends", META))
    if not found:
        raise Missing(f"package {META}: try `apt-get update`")
    return found[1]


def fetch(name):
    """Kernel and headers below FOLDER/root."""
    common = name.removesuffix("-cloud-amd64") + "-common"
    packages = [f"linux-image-{name}", f"linux-headers-{name}",
                f"linux-headers-{common}",
                "linux-kbuild-" + ".".join(name.split(".")[:2])]
    os.makedirs(FOLDER, exist_ok=True)
    for package in packages:
        if not glob.glob(f"{FOLDER}/{package}_*.deb"):
            call("apt-get", "download", package, cwd=FOLDER)
        call("dpkg", "-x", glob.glob(f"{FOLDER}/{package}_*.deb")[0],
             f"{FOLDER}/root")
    # The headers expect to lie in /usr/src.
    headers = os.path.abspath(f"{FOLDER}/root/usr/src/linux-headers-{name}")
    with open(f"{headers}/Makefile", "w", encoding="ascii") as f:
        f.write("include " + os.path.abspath(
            f"{FOLDER}/root/usr/src/linux-headers-{common}/Makefile") + "\n")
    return headers


def compile_all(headers):
    """The module and the program, in FOLDER/module."""
    place = os.path.abspath(f"{FOLDER}/module")
    shutil.rmtree(place, ignore_errors=True)
    shutil.copytree(SOURCE, place)
    call("make", "-C", headers, f"M={place}", "modules")
    call("cc", "-O2", "-static", "-o", f"{place}/init", f"{place}/init.c")
    return place


def cpio_entry(name, data, mode):
    """A file of an archive in the form "newc"."""
    path = name.encode() + b"\0"
    fields = (0, mode, 0, 0, 1, 0, len(data), 0, 0, 0, 0, len(path), 0)
    head = b"070701" + b"".join(b"%08X" % f for f in fields)
    entry = head + path
    entry += b"\0" * (-len(entry) % 4) + data
    return entry + b"\0" * (-len(entry) % 4)


def initramfs(place):
    """The module, the program that loads it, and a console for its words."""
    files = [("init", 0o100755), ("vx_bench.ko", 0o100644)]
    archive = b""
    for name, mode in files:
        with open(f"{place}/{name}", "rb") as f:
            archive += cpio_entry(name, f.read(), mode)
    archive += cpio_entry("TRAILER!!!", b"", 0)
    path = f"{place}/initramfs"
    with open(path, "wb") as f:
        f.write(archive)
    return path


def boot(kernel, ramdisk):
    """What Linux printed."""
    argv = [qemu.PROGRAM, "-accel", "tcg", *bench.ICOUNT.split(),
            "-cpu", "max", "-m", "512M", "-smp", "1", "-kernel", kernel,
            "-initrd", ramdisk, "-append", OPTIONS, "-no-reboot",
            "-nodefaults", "-display", "none", "-serial", "stdio"]
    try:
        done = subprocess.run(argv, stdin=subprocess.DEVNULL, check=False,
                              stdout=subprocess.PIPE, timeout=TIME_LIMIT)
    except subprocess.TimeoutExpired as late:
        raise Missing(f"no end of Linux after {TIME_LIMIT} s; its words:\n"
                      f"{(late.stdout or b'').decode()[-2000:]}") from late
    return done.stdout


def figures_of(log):
    """Linux says more between the lines than a kernel of ours may."""
    text = log.decode(errors="replace").replace("\r", "")
    lines = re.findall(r"^(?:\w+: )?(BENCH (?:BEGIN|END)|\{.*\})$", text,
                       re.M)
    figures, problems = bench.parse(("\n".join(lines) + "\n").encode())
    if problems or not figures:
        raise Missing("figures; Linux said:\n" + text[-2000:])
    return {name: f["median"] for name, f in figures.items()}


def table(linux, baseline):
    """Side by side; below 1.00 is better than Linux."""
    yield (f"{'operation':28} {'Vitrix':>10} {'Linux':>10} {'ratio':>7} "
           f"{'Linux, committed':>17}")
    for name in sorted(linux, key=bench.order):
        row = baseline.get(name, {})
        ours, before = row.get("insn"), row.get("linux")
        ratio = f"{ours / linux[name]:.2f}" if ours else ""
        yield (f"{name:28} {bench.number(ours):>10} "
               f"{bench.number(linux[name]):>10} {ratio:>7} "
               f"{bench.number(before):>17}").rstrip()


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--write", action="store_true",
                        help="Linux's figures become those of the baseline")
    args = parser.parse_args()
    try:
        name = version()
        place = compile_all(fetch(name))
        linux = figures_of(boot(f"{FOLDER}/root/boot/vmlinuz-{name}",
                                initramfs(place)))
    except Missing as error:
        print(f"vitrix: missing: {error}", file=sys.stderr)
        return 1
    compiler, baseline = bench.read_baseline()
    print(f"Linux {name}: guest instructions for one operation\n")
    print("\n".join(table(linux, baseline)))
    if args.write:
        for operation, value in linux.items():
            baseline.setdefault(operation, {})["linux"] = value
        bench.write_baseline(compiler, bench.updated(baseline, {}, ""))
    return 0


if __name__ == "__main__":
    sys.exit(main())
