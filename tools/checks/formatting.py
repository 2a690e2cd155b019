# SPDX-License-Identifier: MIT
"""formatting.py - clang-format has nothing to change.

Limits.
    Versions differ in details. The committed format is that of VERSION;
    where another one is installed, this check is skipped.
"""

import concurrent.futures
import os
import re
import shutil
import subprocess

from checks.tree import Skipped

VERSION = 14
NAMES = (f"clang-format-{VERSION}", "clang-format")
LINE = re.compile(r"^(\S+?):(\d+):\d+: \w+: code should be clang-formatted",
                  re.M)


def program():
    for name in NAMES:
        if not shutil.which(name):
            continue
        text = subprocess.run([name, "--version"], check=True, text=True,
                              stdout=subprocess.PIPE).stdout
        if re.search(rf"version {VERSION}\.", text):
            return name
    raise Skipped(f"clang-format {VERSION} is not installed")


def check(tree):
    name = program()
    files = tree.having(".c", ".h")
    parts = [files[i::4] for i in range(4)]

    def look(part):
        if not part:
            return "", 0
        done = subprocess.run([name, "--dry-run", *part], cwd=tree.root,
                              stderr=subprocess.PIPE, text=True,
                              check=False)
        return done.stderr, done.returncode

    with concurrent.futures.ThreadPoolExecutor(os.cpu_count()) as pool:
        for text, code in pool.map(look, parts):
            if code:
                yield f".clang-format:1: clang-format failed: {text[:200]}"
            worst = {}
            for path, line in LINE.findall(text):
                worst.setdefault(path, line)
            for path, line in worst.items():
                yield f"{path}:{line}: run clang-format -i {path}"
