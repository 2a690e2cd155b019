#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""result.py - results, and how they are told to people and machines.

Model.
    A Result is one thing that passed, failed or was skipped: a self-test in
    one boot, a host test, a build. A job returns a list of them. Report
    prints one line a job as it ends, whole stories of failures only, and
    keeps everything for JUnit XML.
"""

import dataclasses
import os
import sys
import time
import xml.etree.ElementTree as xml

PASS, FAIL, SKIP = "pass", "fail", "skip"
LOG_TAIL = 60  # lines of a log shown below a failure


@dataclasses.dataclass
class Result:
    """One thing that passed or not."""
    name: str
    verdict: str = PASS
    story: str = ""  # what there is to read about a failure
    again: str = ""  # the command that shows it again
    checks: int = 0  # how many it made, where that is counted


@dataclasses.dataclass
class Job:
    """A piece of work: run() returns Results."""
    name: str
    run: object
    again: str = ""
    seconds: float = 0.0  # how long it took, once it has run

    def timed(self):
        """run(), and note how long it took."""
        start = time.monotonic()
        try:
            return self.run()
        finally:
            self.seconds = time.monotonic() - start


@dataclasses.dataclass
class Stage:
    """Jobs that run at the same time, width of them."""
    jobs: list
    width: int = 1
    needs: tuple = ()  # names of jobs that must have passed


def tail(text, lines=LOG_TAIL):
    """The end of a text, with a word about what was left out."""
    all_lines = text.rstrip("\n").split("\n")
    if len(all_lines) <= lines:
        return "\n".join(all_lines)
    return (f"... {len(all_lines) - lines} lines before\n"
            + "\n".join(all_lines[-lines:]))


def indent(text):
    return "\n".join("    " + line for line in text.split("\n"))


class Report:
    """Collects the results of all jobs."""

    def __init__(self, folder):
        self.folder = folder
        self.jobs = {}
        self.told = {}  # the first paragraph of a story -> where it was told
        os.makedirs(folder, exist_ok=True)

    def good(self, names):
        return all(name in self.jobs and
                   all(r.verdict != FAIL for r in self.jobs[name])
                   for name in names)

    def job_done(self, job, future):
        """Take in what a job returned, or how it broke."""
        error = future.exception()
        results = [] if error else future.result()
        if error:
            results = [Result("job", FAIL, f"{type(error).__name__}: {error}",
                              job.again)]
        elif not results:
            results = [Result("job", FAIL, "it gave no result", job.again)]
        self.jobs[job.name] = results
        self.tell(job, results)

    def not_run(self, stage):
        for job in stage.jobs:
            missing = [n for n in stage.needs if not self.good([n])]
            self.jobs[job.name] = [Result(
                "job", FAIL, "not run: " + ", ".join(missing) + " failed")]
            self.tell(job, self.jobs[job.name])

    def tell(self, job, results):
        counts = {v: sum(r.verdict == v for r in results)
                  for v in (PASS, FAIL, SKIP)}
        words = [f"{counts[PASS]:4} passed"]
        if counts[FAIL]:
            words.append(f"{counts[FAIL]} FAILED")
        if counts[SKIP]:
            words.append(f"{counts[SKIP]} skipped")
        print(f"  {job.name:28} {job.seconds:6.1f} s  {', '.join(words)}",
              flush=True)
        for result in results:
            if result.verdict == FAIL:
                self.tell_failure(job.name, result)

    def tell_failure(self, job, result):
        print(f"\nFAILED {job}: {result.name}")
        head, _, rest = result.story.partition("\n\n")
        if rest and head in self.told:
            rest = f"(the log is like that of {self.told[head]})"
        self.told.setdefault(head, job)
        if result.story:
            print(indent(f"{head}\n\n{rest}" if rest else head))
        if result.again:
            print(f"    again: {result.again}")
        print(flush=True)

    def write_junit(self, complete=False):
        """What spec.py reads. complete: all jobs and cases were chosen."""
        root = xml.Element("testsuites", complete=str(complete).lower())
        for name, results in self.jobs.items():
            suite = xml.SubElement(
                root, "testsuite", name=name, tests=str(len(results)),
                failures=str(sum(r.verdict == FAIL for r in results)),
                skipped=str(sum(r.verdict == SKIP for r in results)))
            for result in results:
                case = xml.SubElement(suite, "testcase", classname=name,
                                      name=result.name,
                                      assertions=str(result.checks))
                if result.verdict == FAIL:
                    failure = xml.SubElement(case, "failure",
                                             message=result.again)
                    failure.text = clean(result.story)
                elif result.verdict == SKIP:
                    xml.SubElement(case, "skipped",
                                   message=clean(result.story))
        path = os.path.join(self.folder, "junit.xml")
        xml.ElementTree(root).write(path, encoding="unicode")

    def budget(self, seconds, allowed):
        word = "over" if seconds > allowed else "of"
        print(f"\ntime: {seconds:.0f} s {word} the budget of {allowed} s")

    def finish(self):
        """The last line; returns the exit code (I1 of run_tests.py)."""
        results = [r for rs in self.jobs.values() for r in rs]
        passed = sum(r.verdict == PASS for r in results)
        failed = sum(r.verdict == FAIL for r in results)
        sys.stdout.flush()
        sys.stderr.flush()
        print(f"{passed} passed, {failed} failed", flush=True)
        return 1 if failed or not passed else 0


def clean(text):
    """Without the characters that XML 1.0 forbids."""
    return "".join(c for c in text if c in "\n\t" or ord(c) >= 32)
