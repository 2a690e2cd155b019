#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""transcripts.py - `make transcripts`: run what the chapters show, again.

	tools/transcripts.py [page.md ...]

Purpose.
    A book's transcripts are old after a week. Here a page says how each was
    made, and this program makes it once more and writes it into the page.

Model.
    Before a block between ``` stands a comment:

	<!-- live BOOT=direct SMP=1 | say panic divide | from ^what: | to ^cpu: -->

    Its first part holds variables of make; left out, those of the block's
    own line "$ make run ..." are taken. The other parts, in this order:
        say LINE      type it at the prompt; may come more than once
        symbolize     add file and line to addresses
        from REGEX    the first line to show; without it "KTAP version 1",
                      or the first prompt if something was said
        to REGEX      the first line after that not to show any more
        pick REGEX    of these show only lines with a match
    Lines at the block's start that begin with "$ " stay. The output
    replaces the rest. Nobody is asked: look at the difference before the
    commit.

Limits.
    The image must be built; the Makefile sees to it. GDB's blocks are made
    by hand.
"""

import dataclasses
import glob
import os
import re
import shlex
import subprocess
import sys

import iso
import qemu
from symbolize import symbolize

BLOCK = re.compile(r"(<!-- live ?(.*?)-->\n)```\n(.*?)^```", re.M | re.S)
PROMPT = re.compile(rb"(?:^|\n)vitrix> $")
LIMIT = 60


def machine(words):
    """Words such as SMP=2 and APPEND="a b" as a Machine."""
    changes = {"dir": "build/debug"}
    kinds = {f.name: f.type for f in dataclasses.fields(qemu.Machine)}
    for word in shlex.split(words):
        name, _, value = word.partition("=")
        if name == "CONFIG":
            changes["dir"] = f"build/{value}"
            continue
        kind = kinds[name.lower()]
        changes[name.lower()] = int(value) if kind in (int, "int") else value
    m = qemu.Machine(**changes)
    if not m.direct():
        path = "build/debug/transcript.iso"
        subprocess.run(["objcopy", "--strip-debug", m.elf(),
                        "build/debug/transcript.elf"], check=True)
        iso.make_iso("build/debug/transcript.elf", path, qemu.cmdline(m))
        m = dataclasses.replace(m, iso=path)
    return m


def talk(m, lines):
    """Type each line at its prompt; everything that was written."""
    left = list(lines)

    def feed(log):
        text = log.replace(b"\r", b"")
        if b"END OF KERNEL PANIC" in text and text.endswith(b"debugger.\n"):
            raise StopIteration
        if not PROMPT.search(text):
            return None
        if not left:
            raise StopIteration
        return left.pop(0).encode() + b"\r"

    run = qemu.boot(m, LIMIT, feed=feed)
    text = run.log.decode(errors="replace").replace("\r", "")
    return re.sub(r"\nvitrix> $", "\n", text)


def cut(text, first, last, pick):
    lines = text.rstrip("\n").split("\n")
    begin = next((i for i, s in enumerate(lines) if re.search(first, s)), None)
    if begin is None:
        raise ValueError(f"no line matches {first}:\n{text}")
    lines = lines[begin:]
    if last:
        end = next((i for i, s in enumerate(lines[1:], 1)
                    if re.search(last, s)), len(lines))
        lines = lines[:end]
    return [s for s in lines if not pick or re.search(pick, s)]


def renew(found):
    """The block again, with new output."""
    comment, recipe, body = found[1], found[2], found[3]
    words, *parts = [part.strip() for part in (" " + recipe).split(" | ")]
    kept = []
    for line in body.splitlines():
        if not line.startswith("$ "):
            break
        kept.append(line)
    if not words:
        words = kept[0].partition("make run ")[2].split("  ")[0]
    says, last, pick, named = [], None, None, False
    first = None
    for part in parts:
        verb, _, rest = part.partition(" ")
        if verb == "say":
            says.append(rest)
        elif verb == "from":
            first = rest
        elif verb == "to":
            last = rest
        elif verb == "pick":
            pick = rest
        elif verb == "symbolize":
            named = True
        else:
            raise ValueError(f"unknown part: {part}")
    first = first or (r"^vitrix> " if says else r"^KTAP version 1")
    m = machine(words)
    text = talk(m, says)
    if named:
        text = symbolize(text, m.elf())
    lines = kept + [s.rstrip() for s in cut(text, first, last, pick)]
    return comment + "```\n" + "\n".join(lines).rstrip("\n") + "\n```"


def main():
    pages = sys.argv[1:] or ["README.md"] + sorted(glob.glob("docs/*.md"))
    for page in pages:
        with open(page, encoding="utf-8") as f:
            old = f.read()
        new = BLOCK.sub(renew, old)
        if new != old:
            with open(page + ".new", "w", encoding="utf-8") as f:
                f.write(new)
            os.replace(page + ".new", page)
        print(f"{page}: {len(BLOCK.findall(old))} transcripts, "
              f"{'changed' if new != old else 'as before'}")


if __name__ == "__main__":
    main()
