#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""iso.py - a GRUB image that starts one kernel with one command line.

Purpose.
    boot/grub.cfg is the template; the kernel's command line is part of the
    image, so every command line needs an image of its own. Started by the
    Makefile for `make run` and by the test runner for its boots.

Model.
    grub-mkrescue collects GRUB for each platform it finds (BIOS, UEFI) and
    has xorriso write the image. Only the GRUB modules that the template
    uses are taken: it is smaller and starts faster.

Invariants.
    I1  Equal kernel, template and GRUB give equal bytes: all dates, the
        volume's identity and the serial number of the UEFI file system are
        fixed. A GRUB or mtools too old for that still gives an image.
"""

import argparse
import os
import re
import shutil
import subprocess
import sys
import tempfile

DATE = "2026010100000000"  # of the volume: yyyymmddhhmmsscc
EPOCH = "1767225600"       # the same as seconds since 1970
MODULES = ("multiboot2 normal configfile serial terminal iso9660 "
           "part_msdos part_gpt part_apple part_acorn part_amiga part_bsd "
           "part_dfly part_dvh part_plan part_sun part_sunpc "
           "test echo search all_video")
PROGRAMS = ("grub-mkrescue", "grub2-mkrescue", "x86_64-elf-grub-mkrescue")


def quote_word(word):
    """A word of the kernel command line, as GRUB's script reads it back."""
    if re.fullmatch(r"[\w.,:=/+@*-]+", word):
        return word
    return "'" + word.replace("'", "'\\''") + "'"


def fix_serial(path):
    """Give the FAT file system with UEFI's loader a fixed serial number."""
    with open(path, "r+b") as f:
        image = f.read()
        for found in re.finditer(rb"\xeb<\x90MTOO.{31}\x29", image, re.S):
            f.seek(found.end())
            f.write(b"VTRX")


def make_iso(elf, out, cmdline, template="boot/grub.cfg"):
    """Write the image; raise RuntimeError with the tool's words if not."""
    program = next(filter(shutil.which, PROGRAMS), None)
    if not program:
        raise RuntimeError("grub-mkrescue is missing; `make doctor` tells "
                           "how to get it, BOOT=direct does without it")
    with open(template, encoding="utf-8") as f:
        config = f.read()
    words = " ".join(map(quote_word, cmdline.split()))
    config = config.replace("@WORDS@", words)

    os.makedirs(os.path.dirname(out) or ".", exist_ok=True)
    with tempfile.TemporaryDirectory() as folder:
        os.makedirs(f"{folder}/boot/grub")
        shutil.copy(elf, f"{folder}/boot/vitrix.elf")
        with open(f"{folder}/boot/grub/grub.cfg", "w", encoding="utf-8") as f:
            f.write(config)
        for where, names, files in os.walk(folder):
            for name in names + files:
                os.utime(os.path.join(where, name), (int(EPOCH),) * 2)
        env = dict(os.environ, SOURCE_DATE_EPOCH=EPOCH, TZ="UTC", LC_ALL="C")
        done = subprocess.run(
            [program, "-o", out + ".new", "--install-modules=" + MODULES,
             "--fonts=", "--locales=", "--themes=", folder,
             "--", "-volume_date", "all_file_dates", DATE,
             "-volume_date", "uuid", DATE],
            env=env, stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
            text=True, check=False)
    if done.returncode or not os.path.exists(out + ".new"):
        raise RuntimeError(f"{program} failed:\n{done.stdout}")
    fix_serial(out + ".new")
    os.replace(out + ".new", out)


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--elf", required=True)
    parser.add_argument("--out", required=True)
    parser.add_argument("--cmdline", default="")
    args = parser.parse_args()
    try:
        make_iso(args.elf, args.out, args.cmdline)
    except RuntimeError as error:
        sys.exit(f"iso.py: {error}")


if __name__ == "__main__":
    main()
