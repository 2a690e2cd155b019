# SPDX-License-Identifier: MIT
"""style.py - what a program can see of the style.

Model.
    clang-format has the layout; here are the limits that keep a file
    readable, and marks that must not stay.

    size      function <= 70 lines, from its first line to its brace;
              file <= 600 lines (700 for a file of tests)
    width     80 columns; a line may be longer only by a string in it, so
              that what is printed can be searched for
    nesting   a statement stands at most 3 deep in a function
    #if       only header guards and the places in IF_PLACES. Options are
              constants, tested in C: `if (CONFIG_DEBUG)`
    first     line one is the SPDX line (after #!)
    title     then comes a comment that begins with the file's name
    theory    a .c file of mechanism over THEORY_FROM lines says what it is
              about under at least two of the headings THEORY
    marks     no note to oneself (MARKS) stays
    for_each  .clang-format knows every macro that is a loop
    python    79 columns, and a docstring that begins with the file's name
"""

import os
import re

from checks.tree import at

FUNCTION, FILE, TESTS_FILE, WIDTH, NESTING = 70, 600, 700, 80, 3
PYTHON_WIDTH = 79
SPDX = "SPDX-License-Identifier: MIT"
THEORY_FROM = 80
THEORY = ("Purpose", "Model", "Invariants", "Locking", "Contexts", "Limits")
MARKS = re.compile(r"\b(?:TO" r"DO|FIX" r"ME|XX" r"X|HA" r"CK)\b")
STRING = re.compile(r'"(?:\\.|[^"\\])*"')
NEST = re.compile(r"^(\t+)(?:} else )?"
                  r"(?:if|for|while|switch|do|\w*for_each\w*)\b")
DIRECTIVE = re.compile(r"^[ \t]*#[ \t]*(if|ifdef|ifndef|elif)\b[ \t]*(.*)")
# path: directives it may have, with the reason.
IF_PLACES = {
    "include/base/config.h": 2,     # the build must say CONFIG_DEBUG
    "include/kernel/version.h": 1,  # which compiler this is
    "include/lib/spinlock.h": 2,    # a release spinlock is one word
    "lib/debug/spinlock.c": 1,      # the whole file: debug builds only
    "tests/irq/test_spinlock.c": 2,  # reads fields that release has not
}
HOSTED = ("tests/host/", "tests/fuzz/")


def functions(tree, path):
    """(first line, length) of each function; lines count from 1."""
    lines = tree.code_lines(path)
    start = None
    for i, line in enumerate(lines):
        if line == "{":
            start = i - 1
            while start > 0 and lines[start][:1] in ("\t", " "):
                start -= 1
        elif line.startswith("}") and start is not None:
            yield start + 1, i - start + 1
            start = None


def check_size(tree, path):
    limit = TESTS_FILE if path.startswith("tests/") else FILE
    n = tree.text(path).count("\n")
    if n > limit:
        yield at(path, n, f"file of {n} lines, limit {limit}")
    for line, length in functions(tree, path):
        if length > FUNCTION:
            yield at(path, line,
                     f"function of {length} lines, limit {FUNCTION}")


def check_width(tree, path, limit=WIDTH):
    for i, line in enumerate(tree.lines(path), 1):
        wide = len(line.expandtabs(8))
        if wide <= limit or path.endswith(".py") and line[:1] == "\t":
            continue        # the second: an example in a docstring
        if len(STRING.sub('""', line).expandtabs(8)) > limit:
            yield at(path, i, f"{wide} columns, limit {limit}")


def check_nesting(tree, path):
    macro = False
    for i, line in enumerate(tree.code_lines(path), 1):
        m = NEST.match(line)
        if m and not macro and len(m[1]) > NESTING:
            yield at(path, i, f"nested {len(m[1])} deep, limit {NESTING}")
        macro = tree.lines(path)[i - 1].endswith("\\")


def check_if(tree, path):
    left = IF_PLACES.get(path, 0)
    guard = path.endswith(".h")
    for i, line in enumerate(tree.code_lines(path), 1):
        m = DIRECTIVE.match(line)
        if not m:
            continue
        if guard and m[1] == "ifndef":
            guard = False
            continue
        left -= 1
        if left < 0:
            yield at(path, i, f"#{m[1]} {m[2].strip()}: options are tested "
                     "in C (places with a reason: IF_PLACES in "
                     "tools/checks/style.py)")


def check_top(tree, path):
    lines = tree.lines(path)
    first = 1 if lines[0].startswith("#!") else 0
    if SPDX not in lines[first]:
        yield at(path, first + 1, f"is not the line with {SPDX}")
        return
    if not path.endswith((".c", ".h")):
        return
    name = os.path.basename(path)
    title = lines[first + 2] if len(lines) > first + 2 else ""
    if lines[first + 1] != "/*" or name not in title or " - " not in title:
        yield at(path, first + 2, f'no comment that begins "{name} - "')
        return
    block = "\n".join(lines[:lines.index(" */")])
    there = [h for h in THEORY if re.search(rf"\b{h}\b", block)]
    if path.endswith(".c") and not path.startswith("tests/") and \
            len(lines) > THEORY_FROM and len(there) < 2:
        yield at(path, first + 2, "the theory block has fewer than two of "
                 + ", ".join(THEORY))


def check_marks(tree, path):
    for i, line in enumerate(tree.lines(path), 1):
        m = MARKS.search(line)
        if m:
            yield at(path, i, f"{m[0]}: finish it, or tell the tracker")


def check_loops(tree):
    """Every for_each macro is known to clang-format, and the reverse."""
    if not tree.exists(".clang-format"):
        return
    with open(tree.path(".clang-format"), encoding="utf-8") as f:
        known = set(re.findall(r"^  - (\w+)$", f.read(), re.M))
    there = {}
    for path in tree.having(".c", ".h"):
        for m in re.finditer(r"^#define (\w*for_each\w*)\(",
                             tree.code(path), re.M):
            there[m[1]] = path
    for name in sorted(there.keys() - known):
        yield at(there[name], 1, f"{name} is not in .clang-format")
    for name in sorted(known - there.keys()):
        yield at(".clang-format", 1, f"{name} is defined nowhere")


def check_python(tree, path):
    yield from check_width(tree, path, PYTHON_WIDTH)
    m = re.search(r'^r?"""(.*)', tree.text(path), re.M)
    name = os.path.basename(path)
    if not m or not (m[1].startswith(name + " - ")
                     or name == "__init__.py"):
        yield at(path, 1, f'no docstring that begins "{name} - "')


def check(tree):
    """All of the above, over every file."""
    for path in tree.files:
        yield from check_top(tree, path)
        yield from check_marks(tree, path)
    for path in tree.having(".c", ".h"):
        yield from check_size(tree, path)
        yield from check_width(tree, path)
        yield from check_nesting(tree, path)
        if not path.startswith(HOSTED):
            yield from check_if(tree, path)
    for path in tree.having(".py"):
        yield from check_python(tree, path)
    yield from check_loops(tree)
