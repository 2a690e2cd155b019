#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""symbolize.py - file and line for the addresses in a kernel log.

	tools/symbolize.py [build/vitrix.elf] < log

Purpose.
    The kernel knows its functions' names but not their lines; those are in
    the DWARF sections of the image on the build machine.

Model.
    An address of the kernel's text anywhere in a line, or a function plus
    an offset (memcpy+0x12/0x40), gets " (lib/string.c:31)" at the end of
    its line; a line with two addresses is a dump and stays as it is. A
    backtrace holds return addresses: they point behind the call, so the
    line looked up is that of the byte before. Its first entry, an entry
    below "<exception>" and what is called rip or where are the address of
    an instruction itself, unless it begins a line of another function: a
    call that never returns can be the last instruction of its function.
"""

import os
import re
import shutil
import subprocess
import sys

ADDRESS = re.compile(r"\b(?:0x)?(ffffffff[89ab][0-9a-f]{7})\b", re.I)
PLACE = re.compile(r"\b([A-Za-z_][\w.]*)\+0x([0-9a-f]+)(?:/0x[0-9a-f]+)?\b")
NUMBER = re.compile(r"\b(?:0x)?[0-9a-f]{16}\b", re.I)
EXACT = re.compile(r"\b(rip|where)\b|#0\b", re.I)
INTERRUPTED = re.compile(r"<(exception|interrupt|nmi)", re.I)


def tool(name):
    """binutils' program, a cross one's, or LLVM's."""
    return next(filter(shutil.which, (
        name, "x86_64-linux-gnu-" + name, "x86_64-elf-" + name,
        "llvm-" + name)), name)


class Symbols:
    """Names and lines of one image."""

    def __init__(self, elf):
        self.elf = elf
        self.address = {}
        done = subprocess.run([tool("nm"), "-n", elf], text=True, check=False,
                              stdout=subprocess.PIPE,
                              stderr=subprocess.DEVNULL)
        for line in done.stdout.splitlines():
            words = line.split()
            if len(words) == 3 and words[1] in "tTwW":
                self.address.setdefault(words[2], int(words[0], 16))
        self.names = sorted((addr, name) for name, addr
                            in self.address.items())
        self.start = self.address.get("_text", 0)
        self.end = self.address.get("_etext", 0)
        if not self.end and self.names:
            self.end = self.names[-1][0] + 4096

    def is_text(self, addr):
        return self.start <= addr < self.end

    def name(self, addr):
        """"function+0x12", or "" outside the kernel's text."""
        if not self.is_text(addr):
            return ""
        below = [n for n in self.names if n[0] <= addr and n[1] != "_text"]
        if not below:
            return ""
        start, name = below[-1]
        return f"{name}+0x{addr - start:x}"

    def lines(self, addresses):
        """Return {address: "file:line"} for those that are known."""
        addresses = sorted(set(addresses))
        if not addresses:
            return {}
        done = subprocess.run(
            [tool("addr2line"), "-e", self.elf], text=True, check=False,
            input="".join(f"{addr:#x}\n" for addr in addresses),
            stdout=subprocess.PIPE, stderr=subprocess.DEVNULL)
        result = {}
        for addr, place in zip(addresses, done.stdout.splitlines()):
            place = place.split(" (")[0]
            file, _, line = place.rpartition(":")
            if line.isdigit() and line != "0":
                result[addr] = f"{os.path.normpath(file)}:{line}"
        return result


def addresses_in(line, before, symbols):
    """The addresses whose source line may belong behind this line: the
    first one that has a source line is it."""
    if len(NUMBER.findall(line)) > 1:
        return ()
    exact = EXACT.search(line) or INTERRUPTED.search(before)
    name = PLACE.search(line)
    for found in ADDRESS.finditer(line):
        addr = int(found[1], 16)
        if symbols.is_text(addr):
            # Behind a call that ends its function, another one begins.
            behind = name and symbols.name(addr).split("+")[0] != name[1]
            return ((addr, addr - 1) if exact and not behind
                    else (addr - 1, addr))
    if name and name[1] in symbols.address:
        addr = symbols.address[name[1]] + int(name[2], 16)
        return (addr,) if exact else (addr - 1,)
    return ()


def symbolize(text, elf):
    """The text with places appended."""
    if not os.path.exists(elf):
        return text
    symbols = Symbols(elf)
    lines = text.split("\n")
    wanted = [addresses_in(line, before, symbols)
              for before, line in zip([""] + lines, lines)]
    places = symbols.lines(addr for some in wanted for addr in some)
    result = []
    for line, some in zip(lines, wanted):
        end = "\r" if line.endswith("\r") else ""
        place = next((places[addr] for addr in some if addr in places), "")
        if place and place not in line:
            line = f"{line.rstrip()} ({place}){end}"
        result.append(line)
    return "\n".join(result)


def main():
    elf = sys.argv[1] if len(sys.argv) > 1 else "build/vitrix.elf"
    if not os.path.exists(elf):
        sys.exit(f"symbolize.py: {elf} is missing")
    sys.stdout.write(symbolize(sys.stdin.read(), elf))


if __name__ == "__main__":
    main()
