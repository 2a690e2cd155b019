# SPDX-License-Identifier: MIT
"""vx_trip.py - vx-trip: trip points (include/lib/trip.h)."""

import gdb

from vx_kernel import cpu_count, percpu_offset, percpu_value


def points():
    """The descriptors in .trips."""
    first = gdb.parse_and_eval("&__trips_start[0]")
    end = gdb.parse_and_eval("&__trips_stop[0]")
    while first < end:
        yield first.dereference()
        first += 1


def count(point):
    """Hits of all CPUs."""
    return sum(int(percpu_value(point["hits"], cpu))
               for cpu in range(cpu_count()) if percpu_offset(cpu))


def assign(what, value):
    gdb.execute(f"set var {what} = {value}", to_string=True)


class Trip(gdb.Command):
    """vx-trip [NAME N]: the trip points, or stop at the N-th hit of one.

Without words: each point, its hits so far, and the stop. With two: numbers
the hits as the option trip= would, and puts a breakpoint at trip_hit(),
which is called at the N-th hit since the boot, on whichever CPU it is; the
others stand in an NMI meanwhile."""

    def __init__(self):
        super().__init__("vx-trip", gdb.COMMAND_BREAKPOINTS)

    def invoke(self, arg, from_tty):
        words = gdb.string_to_argv(arg)
        if not words:
            self.show()
        elif len(words) == 2 and words[1].isdigit():
            self.arm(words[0], int(words[1]))
        else:
            raise gdb.GdbError("usage: vx-trip [NAME N]")

    @staticmethod
    def show():
        for point in points():
            print(f"{point['name'].string():16} {count(point):10}  "
                  f"{point['file'].string()}:{int(point['line'])}")
        stop = gdb.parse_and_eval("trip_stop")
        if int(stop["what"]):
            print(f"stop: {stop['what']['name'].string()}, "
                  f"hit {int(stop['at'])}")
        else:
            print("no stop")

    @staticmethod
    def arm(name, n):
        found = [p for p in points() if p["name"].string() == name]
        if not found:
            raise gdb.GdbError(f"no trip point {name}")
        if n <= count(found[0]):
            raise gdb.GdbError(f"{name}: hit {n} is over, "
                               f"there were {count(found[0])}")
        if not int(gdb.parse_and_eval("trip_numbered")):
            for point in points():
                assign(f"((atomic64_t *){int(point['number'])})->counter",
                       count(point))
            assign("trip_numbered", 1)
        assign("trip_stop.what",
               f"(const struct trip *){int(found[0].address)}")
        assign("trip_stop.at", n)
        assign("trip_stop.fn", "trip_freeze")
        if not any(b.location == "trip_hit" for b in gdb.breakpoints()):
            gdb.Breakpoint("trip_hit", type=gdb.BP_HARDWARE_BREAKPOINT)


def register():
    Trip()
