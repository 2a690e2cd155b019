# SPDX-License-Identifier: MIT
"""kerneldoc.py - public functions say who may call them.

Model.
    A block that begins with /** documents the declaration below it:

	/**
	 * name() - summary.
	 * @arg: meaning.
	 *
	 * Context: who may call it, in which state.
	 * Return: what comes back.
	 */

    In public headers each such block must name what follows it, know its
    arguments, have Context:, and Return: if something is given back. A group
    of declarations without blank lines may share a block, with a line
    `name() - summary` for each. (Locking: is for those who take or expect a
    lock, which no program can tell.) A prototype that has no block needs a
    plain comment above it, or stands in a group whose first one has either. An
    inline function may speak for itself.
"""

import re

from checks.floors import public
from checks.tree import at

BLOCK = re.compile(r"^/\*\*\n(.*?)^ \*/\n", re.M | re.S)
NAME = re.compile(r"^ \* (\w+)\(\) - \S", re.M)
ARG = re.compile(r"@(\w+)\b")
ARG_LINE = re.compile(r"^ \* ((?:@\w+(?:, )?)+):", re.M)
# A prototype, or the head of an inline function, at the start of a line.
FUNCTION = re.compile(
    r"^(?!typedef\b|return\b|#)((?:[\w*]+(?:\(\w+(?:, \w+)*\))?[ \t*\n]+)+)"
    r"\**(\w+)\(((?:[^()]|\([^()]*\))*)\)[^;{(]*[;{]", re.M)


# What a function that gives nothing back begins with.
NOTHING = re.compile(r"(?:static |inline |__always_inline |__cold |"
                     r"__noreturn |extern )*void\s+(?!\*)(?:__\w+ )*\w+\(")


def line_of(text, place):
    return text.count("\n", 0, place) + 1


def check_block(path, text, block):
    """A /** block against what it stands above."""
    line = line_of(text, block.start())
    body = block[1]
    name = NAME.search(body)
    if not name:
        if "()" in body.split("\n", 1)[0]:
            yield at(path, line, "kernel-doc begins `name() - summary`")
        return
    below = text[block.end():]
    if below.startswith("#define"):
        function = re.match(r"#define (\w+)\(([^)]*)\)", below)
    else:
        function = FUNCTION.match(below)
        function = function and re.match(
            r"(\w+)\((.*)", f"{function[2]}({function[3]}", re.S)
    if not function or function[1] != name[1]:
        yield at(path, line, f"{name[1]}() is not what stands below")
        return
    group = [] if below.startswith("#define") else functions(
        below, NAME.findall(body))
    arguments = set(re.findall(r"\w+", function[2]))
    for _, others in group:
        arguments |= set(re.findall(r"\w+", others))
    for other in NAME.findall(body)[1:] if group else []:
        if other not in [m[2] for m, _ in group]:
            yield at(path, line, f"{other}() does not stand below")
    for names in ARG_LINE.findall(body):
        for arg in ARG.findall(names):
            if arg not in arguments:
                yield at(path, line, f"{name[1]}() has no argument {arg}")
    if not re.search(r"\bContext: \S", body):
        yield at(path, line, f"{name[1]}(): no Context:")
    for m, _ in group:
        if not NOTHING.match(m[0]) and "__noreturn" not in m[0] and \
                not re.search(r"\bReturn: \S", body):
            yield at(path, line, f"{m[2]}(): no Return:")
            return


def functions(below, named):
    """What a block documents, as (match, arguments): the declarations below
    it up to a blank line, and those farther down that it names."""
    end = len(below.split("\n\n", 1)[0])
    return [(m, m[3]) for m in FUNCTION.finditer(below)
            if m.start() < end or m[2] in named]


def check_bare(path, text, code):
    """A prototype with no comment above it or above its group."""
    for m in FUNCTION.finditer(code):
        if m[0].endswith("{"):
            continue
        group = text[:m.start()].rsplit("\n\n", 1)[-1]
        if "*/" not in group:
            yield at(path, line_of(text, m.start()),
                     f"{m[2]}(): no comment says what it does")


def check(tree):
    for path in tree.having(".h"):
        if not public(path):
            continue
        text = tree.text(path)
        for block in BLOCK.finditer(text):
            yield from check_block(path, text, block)
        yield from check_bare(path, text, tree.code(path))
