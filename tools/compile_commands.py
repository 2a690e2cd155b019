#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""compile_commands.py - how each C source is compiled, for editors.

Purpose.
    clangd and others read compile_commands.json. The build knows the
    commands anyway, so nothing has to be traced.
"""

import argparse
import json
import os
import shlex


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--cc", required=True)
    parser.add_argument("--flags", required=True)
    parser.add_argument("sources", nargs="*")
    args = parser.parse_args()
    command = shlex.split(args.cc) + shlex.split(args.flags)
    entries = [{"directory": os.getcwd(), "file": source,
                "arguments": command + ["-c", source]}
               for source in args.sources]
    with open("compile_commands.json", "w", encoding="utf-8") as f:
        json.dump(entries, f, indent=1)
        f.write("\n")
    print(f"compile_commands.json: {len(entries)} sources")


if __name__ == "__main__":
    main()
