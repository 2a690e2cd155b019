#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""run_tests.py - `make test`: everything that proves Vitrix.

Purpose.
    Builds every configuration, boots every cell of the matrix with the
    self-tests on its command line, drives the prompt, and says what failed,
    with its log and the one command that shows it again.

Model.
    A job is a named piece of work that returns Results. Jobs of a stage run
    two at a time, or alone where parallel QEMUs would disturb each other
    (mode mt: one host thread per CPU). What a boot is worth is decided by
    ktap.py; time limits only end what hangs and never decide a pass.

Invariants.
    I1  The last line is "N passed, N failed"; failure if any failed, if a
        job raised, or if there was nothing to run.
    I2  A job that yields no result is a failure.
    I3  No QEMU is left behind (qemu.py I1).

Files. build/test/<job>.log, the serial logs; build/test/junit.xml.
"""

import argparse
import concurrent.futures
import fnmatch
import os
import sys
import time

import console_test
import jobs
import spec
from result import Job, Report, Stage


def parse_args():
    parser = argparse.ArgumentParser()
    parser.add_argument("--build", default="build")
    parser.add_argument("--tests", default="*",
                        help="globs of self-tests, separated by commas")
    parser.add_argument("--all", action="store_true",
                        help="the full matrix, loops times 100")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--only", default="*",
                        help="globs of jobs, such as det-*,console-*")
    parser.add_argument("--list", action="store_true")
    return parser.parse_args()


def run_stage(stage, report):
    """Run the jobs of one stage; each one's results go to the report."""
    with concurrent.futures.ThreadPoolExecutor(stage.width) as pool:
        waiting = {pool.submit(job.timed): job for job in stage.jobs}
        for done in concurrent.futures.as_completed(waiting):
            report.job_done(waiting[done], done)


def wants_spec(args):
    """With TESTS= only if --only says so: most items would be unproved."""
    if args.only == "*":
        return args.tests == "*"
    return any(fnmatch.fnmatch("spec", g) for g in args.only.split(","))


def spec_stage(args):
    """Last, because it reads what all others wrote."""
    return Stage([Job("spec", lambda: spec.job(args.build), "make spec")])


def main():
    args = parse_args()
    start = time.monotonic()
    stages = jobs.matrix(args, console_test.SCRIPTS)
    if args.list:
        for stage in stages:
            for job in stage.jobs:
                print(job.name)
        print("spec")
        return 0
    report = Report(os.path.join(args.build, "test"))
    for stage in stages:
        if stage.needs and not report.good(stage.needs):
            report.not_run(stage)
            continue
        run_stage(stage, report)
    whole = args.only == "*" and args.tests == "*"
    report.write_junit(whole)
    if wants_spec(args):
        run_stage(spec_stage(args), report)
        report.write_junit(whole)
    report.budget(time.monotonic() - start,
                  jobs.BUDGET_ALL if args.all else jobs.BUDGET)
    return report.finish()


if __name__ == "__main__":
    sys.exit(main())
