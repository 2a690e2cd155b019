#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""help.py - `make help`: the targets with a "##" text, and the variables."""

import os
import re
import sys

VARIABLES = """\
variables (make run SMP=8 MEM=1G ...):
  SMP=4               processors, 1 to 255
  MEM=512M            memory
  CONFIG=debug        debug (all checks), release, ubsan or kasan
  FIRMWARE=bios       bios or uefi
  BOOT=iso            iso (through GRUB) or direct (QEMU loads the kernel)
  CPU=max             QEMU's processor model
  MACHINE=pc          pc or q35, with options: q35,hpet=off
  NUMA=1              memory nodes
  TOPOLOGY=           of the processors, such as sockets=2,cores=2,threads=2
  ACCEL=tcg           tcg or kvm
  MODE=mt             mt (CPUs run in parallel) or det (repeats bit by bit)
  SEED=1              which of the runs of MODE=det
  SCHED=              scheduler, as kernel option sched=
  TESTS=              which self-tests, as kernel option selftest=
  ITEM=               make spec: all about one item, such as PG-9
  TABLE=1             make spec: numbers by section
  APPEND=             more words for the kernel command line
  STOP=               make replay: trip point and hit, such as tick:100
  QEMUARGS=           more words for QEMU
  LLVM=1              clang and lld instead of gcc and binutils
  CROSS_COMPILE=      prefix of the compiler, such as x86_64-elf-
  WERROR=1            warnings are errors
  EXCEPTIONS=1        make run: explain a triple fault at the end
  FLOOR=lib           make mutate: lib, arch, boot, mm, sched, irq or kernel
  FILE=               make mutate: one file instead of a floor
  N=50                make mutate: how many faults
  LIMIT=75            make mutate: how many per cent the tests must find
  JOBS=2              make mutate: how many at a time
  QUICK=1             make mutate: host tests and mode det only
  ANALYZE=1           make check: cppcheck, gcc -fanalyzer, clang-tidy too
  GRAPH=1             make check: print the floors instead
  ONLY=               make check: only these checks
  V=1                 show every command"""


def main():
    print("targets:")
    for path in filter(os.path.exists, sys.argv[1:]):
        with open(path, encoding="utf-8") as f:
            for line in f:
                found = re.match(r"([\w-]+):[^=]*?## (.*)", line)
                if found:
                    print(f"  {found[1]:18}  {found[2]}")
    print()
    print(VARIABLES)


if __name__ == "__main__":
    main()
