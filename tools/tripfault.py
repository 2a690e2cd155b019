#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""tripfault.py - QEMU's log of a triple fault, for people.

	tools/tripfault.py LOG [build/vitrix.elf]

Purpose.
    When an exception cannot be delivered, nor the double fault after it,
    the processor resets and the kernel can say nothing. QEMU can: with
    -d int,cpu_reset it logs every exception and the registers at the end.

Model.
    The exceptions right before "Triple fault" are the story: the first is
    the mistake, the others are failed attempts to report it. Behind each
    stands a dump of the registers. A log made with cpu_reset alone says
    only that there was a triple fault.
"""

import os
import re
import sys

from symbolize import Symbols

VECTORS = {
    0: "#DE divide error", 1: "#DB debug", 2: "NMI", 3: "#BP breakpoint",
    4: "#OF overflow", 5: "#BR bound range", 6: "#UD invalid opcode",
    7: "#NM no FPU", 8: "#DF double fault", 10: "#TS invalid TSS",
    11: "#NP segment not present", 12: "#SS stack segment",
    13: "#GP general protection", 14: "#PF page fault", 16: "#MF FPU error",
    17: "#AC alignment check", 18: "#MC machine check", 19: "#XM SIMD error",
    21: "#CP control protection",
}
ENTRY = re.compile(
    r"^ *\d+: v=([0-9a-f]+) e=([0-9a-f]+) i=(\d) cpl=(\d) "
    r"IP=([0-9a-f]+):([0-9a-f]+) .*?SP=[0-9a-f]+:([0-9a-f]+)"
    r"(?:.*?CR2=([0-9a-f]+))?", re.M)
REGISTER = re.compile(r"\b([A-Z][A-Z0-9]{1,2}) ?=([0-9a-f]{8,16})\b")
TABLE = re.compile(r"^([GI]DT)= +([0-9a-f]+) ([0-9a-f]+)", re.M)
PAGE_FAULT_BITS = ((1, "protection", "not present"), (2, "write", "read"),
                   (4, "user", "kernel"))


def page_fault(code):
    words = [yes if code & bit else no for bit, yes, no in PAGE_FAULT_BITS]
    if code & 8:
        words.append("reserved bit set")
    if code & 16:
        words.append("instruction fetch")
    return ", ".join(words)


def canonical(addr):
    return addr < 1 << 47 or addr >= (1 << 64) - (1 << 47)


def exceptions(text):
    """The exceptions (not interrupts) before the triple fault, in order."""
    head = text[:text.rfind("Triple fault")]
    found = []
    for match in ENTRY.finditer(head):
        vector, code, soft = (int(match[1], 16), int(match[2], 16),
                              match[3] == "1")
        if vector < 32 and vector != 2 and not soft:
            found.append({"at": match.end(), "vector": vector, "code": code,
                          "rip": int(match[6], 16), "rsp": int(match[7], 16),
                          "cr2": int(match[8], 16) if match[8] else None})
    return found


def last_chain(found):
    """The exceptions that ended in the reset: same RIP, until the end."""
    chain = found[-1:]
    for entry in reversed(found[:-1]):
        if entry["rip"] != chain[0]["rip"]:
            break
        chain.insert(0, entry)
    return chain[-3:]


def registers(text, at):
    """The dump behind the exception at this place in the text."""
    dump = text[at:].split("check_exception")[0]
    result = {}
    for name, value in REGISTER.findall(dump):
        result.setdefault(name, int(value, 16))
    for name, base, limit in TABLE.findall(dump):
        result[name] = range(int(base, 16), int(base, 16) + int(limit, 16) + 1)
    return result


def likely_cause(chain, regs):
    """One sentence about the first exception."""
    first = chain[0]
    rip, rsp, cr2 = first["rip"], first["rsp"], first["cr2"]
    if first["vector"] == 14 and cr2 is not None:
        if first["code"] & 16 and cr2 == rip:
            return ("The processor jumped to an address where there is no "
                    "code: a wrong\n  function pointer or return address.")
        for table in ("GDT", "IDT"):
            if cr2 in regs.get(table, ()):
                return (f"The {table} is not mapped where its register says "
                        "it is.")
        if cr2 < 4096:
            return "A null pointer (or a field behind one) was used."
        if rsp - 4096 <= cr2 <= rsp + 4096:
            return ("The stack pointer is in memory that is not mapped: "
                    "stack overflow,\n  or a stack that was never set up.")
        return ("An address was used that the page tables do not map, before "
                "the\n  IDT could report it.")
    if first["vector"] == 13 and not canonical(rsp):
        return "The stack pointer is not a canonical address."
    if first["vector"] in (10, 11, 12, 13):
        return ("A segment, the IDT, the TSS or a non-canonical address: look "
                "at the\n  selector in the error code.")
    if first["vector"] == 6:
        return ("The bytes there are no instruction (a jump into data, or "
                "ud2), before the\n  IDT could report it.")
    return "The IDT (or the stack that it switches to) cannot be used."


def place(symbols, addr):
    if not symbols:
        return ""
    name = symbols.name(addr)
    line = symbols.lines([addr]).get(addr, "")
    return " ".join(filter(None, (name, f"({line})" if line else "")))


def report(text, elf):
    """The report on a log that contains a triple fault."""
    symbols = Symbols(elf) if os.path.exists(elf) else None
    chain = last_chain(exceptions(text))
    out = ["TRIPLE FAULT: the processor could not deliver an exception, nor "
           "the double", "fault that followed, and reset.", ""]
    for entry in chain:
        name = VECTORS.get(entry["vector"], f"exception {entry['vector']}")
        out.append(f"  {name}, error code {entry['code']:#x}")
        out.append(f"      at {entry['rip']:#018x} "
                   + place(symbols, entry["rip"]))
        if entry["vector"] == 14 and entry["cr2"] is not None:
            out.append(f"      address {entry['cr2']:#018x}: "
                       + page_fault(entry["code"]))
    if not chain:
        out.append("  The log holds no exceptions: it was not made with "
                   "-d int.")
        return "\n".join(out)
    regs = registers(text, chain[0]["at"])
    out += ["", "  Likely cause: " + likely_cause(chain, regs), ""]
    names = [n for n in regs if re.fullmatch(r"R..?|E..|CR\d", n)]
    for i in range(0, len(names), 3):
        out.append("  " + "  ".join(f"{n:3} {regs[n]:016x}"
                                    for n in names[i:i + 3]))
    return "\n".join(out)


def main():
    if len(sys.argv) < 2:
        sys.exit("usage: tripfault.py LOG [ELF]")
    elf = sys.argv[2] if len(sys.argv) > 2 else "build/vitrix.elf"
    with open(sys.argv[1], encoding="utf-8", errors="replace") as f:
        text = f.read()
    if "Triple fault" not in text:
        sys.exit("tripfault.py: this log has no triple fault")
    print(report(text, elf))


if __name__ == "__main__":
    main()
