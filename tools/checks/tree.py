# SPDX-License-Identifier: MIT
"""tree.py - the files that are checked, and C without its comments.

Model.
    A Tree is a folder with the layout of Vitrix; the real one, or a small
    one that a test has made. Paths are relative to it, with "/". What is
    below build/ or begins with a dot is not part of it.

    code(path) is the text with comments blanked and with the insides of
    strings replaced by blanks, so that line and column numbers stay true.
"""

import os
import re

SOURCES = (".c", ".h", ".asm", ".py", ".sh", ".mk")
APART = ("build", "__pycache__")
TEXT = re.compile(r'/\*.*?\*/|//[^\n]*|"(?:\\.|[^"\\\n])*"', re.S)


def blank(match):
    text = match[0]
    empty = re.sub(r"[^\n\t]", " ", text)
    return empty if text.startswith("/") else f'"{empty[1:-1]}"'


class Tree:
    """The files of one folder, read once."""

    def __init__(self, root="."):
        self.root = root
        self.files = sorted(self.find())
        self.texts, self.codes = {}, {}

    def find(self):
        for folder, below, names in os.walk(self.root):
            below[:] = [d for d in below
                        if not d.startswith(".") and d not in APART]
            for name in names:
                path = os.path.join(folder, name)
                path = os.path.relpath(path, self.root).replace(os.sep, "/")
                if name.endswith(SOURCES) or path == "Makefile":
                    yield path

    def having(self, *endings):
        return [path for path in self.files if path.endswith(endings)]

    def path(self, relative):
        return os.path.join(self.root, relative)

    def exists(self, relative):
        return os.path.isfile(self.path(relative))

    def text(self, path):
        if path not in self.texts:
            with open(self.path(path), encoding="utf-8") as f:
                self.texts[path] = f.read()
        return self.texts[path]

    def lines(self, path):
        return self.text(path).split("\n")

    def code(self, path):
        if path not in self.codes:
            self.codes[path] = TEXT.sub(blank, self.text(path))
        return self.codes[path]

    def code_lines(self, path):
        return self.code(path).split("\n")


class Skipped(Exception):
    """This check cannot run here; the text says why."""


def at(path, line, words):
    """One complaint, in the form that editors understand."""
    return f"{path}:{line}: {words}"
