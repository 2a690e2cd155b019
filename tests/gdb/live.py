# SPDX-License-Identifier: MIT
"""live.py - cases that run inside GDB, on a guest with four CPUs.

Purpose.
    What a person does with GDB is done here and compared with what is known
    otherwise: from the sources, from the serial line, from memory.

Model.
    tools/gdb_test.py starts GDB with this file. A Case's function raises if
    something is wrong; cases run in order on one guest, each going on where
    the last one stopped. One line a case:

	GDBTEST ok NAME
	GDBTEST not ok NAME: WHY

    and "GDBTEST done N" at the end. VX_PLANT breaks the unwinder on purpose
    (see PLANTS): then cases must fail.
"""

import os
import re
import traceback

import gdb
import vx_mm
import vx_unwind

SMP = 4
PVH_MAGIC = 0x336ec578
GENERAL = vx_unwind.GENERAL
TIMER_VECTOR = 239
SERIAL = os.environ.get("VX_SERIAL", "")
MASK = (1 << 64) - 1


class Wrong(Exception):
    """A case found something else than it wants."""


def want(condition, text):
    if not condition:
        raise Wrong(text)


def same(got, wanted, what):
    want(got == wanted, f"{what}: got {got!r}, want {wanted!r}")


# ---- GDB, in short ---------------------------------------------------------

def do(command):
    return gdb.execute(command, to_string=True)


def value(expression):
    return int(gdb.parse_and_eval(f"(unsigned long)({expression})")) & MASK


def at(place, temporary=True, hardware=True):
    """Go on until somebody comes to a place."""
    kind = ("t" if temporary else "") + ("hbreak" if hardware else "break")
    do(f"{kind} {place}")
    return do("continue")


def names(frame=None):
    """Functions from the innermost to the outermost frame."""
    frame = frame or gdb.newest_frame()
    result = []
    while frame and frame.pc():
        result.append(frame.name() or "?")
        frame = frame.older()
    return result


def line_of(path, text):
    """The number of the only line with this text."""
    with open(path, encoding="utf-8") as f:
        found = [n for n, line in enumerate(f, 1) if text in line]
    same(len(found), 1, f"lines with {text!r} in {path}")
    return found[0]


def place():
    sal = gdb.selected_frame().find_sal()
    return f"{os.path.normpath(sal.symtab.filename)}:{sal.line}"


def in_order(got, wanted, what):
    """wanted appears in got in this order; what lies between is free."""
    rest = iter(got)
    missing = [w for w in wanted if not any(
        re.fullmatch(w, g) for g in rest)]
    want(not missing, f"{what}: no {missing} in {got}")


def current_cpu():
    return gdb.selected_thread().num - 1


# ---- cases -----------------------------------------------------------------

def before_paging():
    """A hardware breakpoint at the physical address of the entry."""
    at("*pvh_entry")
    same(value("$rip"), value("&pvh_entry"), "rip")
    want(value("$rip") < 1 << 32, "the entry lies low")
    same(value("$cr0") >> 31, 0, "CR0.PG")
    same(names(), ["pvh_entry"], "backtrace")
    want("paging is off" in do("vx-pt 0x100000"), "vx-pt without paging")


def after_the_switch():
    """And in 64-bit code at its high address."""
    at("long_mode_high")
    same(value("$rip"), value("&long_mode_high"), "rip")
    same(value("$cr0") >> 31, 1, "CR0.PG")
    same(value("$efer") >> 10 & 1, 1, "EFER.LMA")
    same(len(names()), 1, "frames")


def nasm_line():
    """Break in NASM by file and line; step into C."""
    line = line_of("boot/boot.asm", "\tcall arch_start")
    at(f"boot/boot.asm:{line}")
    same(place(), f"boot/boot.asm:{line}", "place")
    same(value("$rdi"), PVH_MAGIC, "edi, the loader's magic")
    do("stepi")
    same(gdb.newest_frame().name(), "arch_start", "function")
    same(len(names()), 2, "frames")
    same(value("$rdi"), PVH_MAGIC, "first argument")


def go_through(code):
    """Run instructions where the guest stands, and come back."""
    scratch = value("init_stack") + 64  # far below what is in use
    for i, byte in enumerate(code + b"\xc3"):
        do(f"set var *(unsigned char *){scratch + i} = {byte}")
    call(scratch)
    for i in range(len(code) + 1):
        do(f"set var *(unsigned char *){scratch + i} = 0")


def call(function, *arguments):
    """Call what returns to where the guest stands now; what it returned."""
    here, stack = value("$rip"), value("$rsp")
    kept = {r: value("$" + r) for r in GENERAL if r != "rsp"}
    for register, argument in zip(("rdi", "rsi", "rdx"), arguments):
        do(f"set ${register} = {argument}")
    do(f"set $rsp = {stack - 8}")
    do(f"set var *(unsigned long *){stack - 8} = {here}")
    do(f"set $rip = {function}")
    at(f"*{here}")
    same((value("$rip"), value("$rsp")), (here, stack), "rip, rsp")
    result = value("$rax")
    for register, old in kept.items():
        do(f"set ${register} = {old}")
    return result


INT_50 = bytes((0xcd, 0x50))
NOWHERE = 0xfffff00000000000


def early_interrupt():
    """Before trap_init(): an interrupt is told once, and all goes on, with
    an error code on the stack or without."""
    at("trap_init")
    go_through(INT_50 + INT_50)
    same(do("vx-dmesg").count("nobody handles vector 80"), 1, "reports")
    buffer = value("init_stack") + 128
    copied = call("(unsigned long)copy_from_kernel_nofault", buffer, NOWHERE,
                  8)
    same(copied & 0xffffffff, -14 & 0xffffffff, "-EFAULT of a page fault")


def broken_printer():
    """Whoever prints faults, also in the report of that: the guest halts."""
    at("trap_init")
    do("set var *(unsigned short *)vsnprintf = 0x0b0f")  # UD2
    do("tbreak arch_halt_forever")
    try:
        go_through(INT_50)
    except Wrong:
        pass  # it did not come back
    want("finish" in names() or "panic_again" in names(),
         f"not at the end of a panic: {names()}")


def c_breakpoints():
    """Break in C by function and by line, plain breakpoints now."""
    at("start_kernel", hardware=False)
    same(names()[:2], ["start_kernel", "arch_start"], "backtrace")
    line = line_of("kernel/main.c", "param_parse(boot_info.cmdline)")
    at(f"kernel/main.c:{line}", hardware=False)
    same(place(), f"kernel/main.c:{line}", "place")


def step_finish_next():
    do("step")
    same(names()[:2], ["param_parse", "start_kernel"], "after step")
    do("finish")
    same(gdb.newest_frame().name(), "start_kernel", "after finish")
    same(int(gdb.history(0)), 0, "what finish says param_parse() returned")
    # The return address may belong to the line of the call or the next one.
    line = line_of("kernel/main.c", "\textable_init();")
    if gdb.selected_frame().find_sal().line != line:
        do("next")
    same(place(), f"kernel/main.c:{line}", "behind the call")
    do("next")
    same(gdb.newest_frame().name(), "start_kernel", "next steps over calls")
    same(place(), f"kernel/main.c:{line + 1}", "after next")


def watchpoint():
    """Stops behind the store that changes nr_cpu_ids."""
    same(value("nr_cpu_ids"), 256, "NR_CPUS, before")
    do("watch nr_cpu_ids")
    do("continue")
    same(value("nr_cpu_ids"), SMP, "behind the store")
    in_order(names(), ["smp_setup_masks", "start_kernel"], "backtrace")
    do("delete")


def each_instruction_of_the_stub():
    """Every register of the interrupted code, from each instruction."""
    do(f"thbreak *((char *)trap_stubs + 16 * {TIMER_VECTOR})")
    do("continue")
    wanted = {name: value(f"${name}") for name in GENERAL}
    wanted["rip"] = value("*(unsigned long *)$rsp")
    wanted["eflags"] = value("((unsigned long *)$rsp)[2]")
    wanted["rsp"] = value("((unsigned long *)$rsp)[3]")
    outer = None
    seen = set()
    for _ in range(100):
        frame = gdb.newest_frame()
        if frame.pc() == wanted["rip"]:
            break
        seen.add(frame.pc())
        older = frame.older()
        want(older is not None, f"no frame below {frame.pc():#x}")
        for name, number in wanted.items():
            got = int(older.read_register(name)) & MASK
            same(got, number, f"{name} seen from {frame.name()} "
                 f"{frame.pc():#x}")
        outer = outer or names(older)
        same(names(older), outer, f"backtrace from {frame.pc():#x}")
        called = "call" in do("x/i $pc")
        do("nexti" if called else "stepi")
    same(gdb.newest_frame().pc(), wanted["rip"], "rip after iretq")
    want(len(seen) > 45, f"only {len(seen)} instructions seen")
    in_order(outer, ["start_kernel", "arch_start"], "backtrace")


def interrupt_of_another_cpu():
    """From the handler through the stub into the idle loop."""
    at("selftest_irq_smp_call_on_each")
    at("smp_call_function_interrupt")
    want(current_cpu() != 0, "a CPU that was called")
    in_order(names(), [
        "smp_call_function_interrupt", "irq_dispatch", "trap_common",
        "cpu_idle_loop", "secondary_start", "ap_start",
        r"ap_long_mode.*"], "backtrace")
    frame = gdb.newest_frame()
    while frame.name() != "trap_common":
        frame = frame.older()
    flags = int(frame.older().read_register("eflags"))
    same(flags >> 9 & 1, 1, "IF of the interrupted code")


def vx_cpus():
    lines = do("vx-cpus").splitlines()
    same(len(lines), SMP, "lines")
    for cpu, line in enumerate(lines):
        found = re.match(r"([* ]) CPU +(\d+) (running|halted) +(0x\w+) "
                         r"(\w+)", line)
        want(found, f"not a line of vx-cpus: {line}")
        same(int(found[2]), cpu, "number")
        same(found[1] == "*", cpu == current_cpu(), f"star of CPU {cpu}")
    want("smp_call_function_interrupt" in lines[current_cpu()],
         "where the selected CPU is")


def vx_percpu():
    same(do("vx-percpu cpu_number"), "".join(
        f"CPU {n:3}: {n}\n" for n in range(SMP)), "cpu_number")
    same(do("vx-percpu cpu_number 2"), "CPU   2: 2\n", "of one CPU")
    offsets = [value(f"__per_cpu_offset[{n}]") for n in range(SMP)]
    same(do("vx-percpu this_cpu_off"), "".join(
        f"CPU {n:3}: {offset}\n" for n, offset in enumerate(offsets)),
        "this_cpu_off")
    same(value("$gs_base"), offsets[current_cpu()], "GS base")
    sent = value("*(unsigned long *)((char *)&call_stats.sent + "
                 "__per_cpu_offset[0])")
    want(sent >= SMP - 1, f"only {sent} cross-calls sent")
    same(do("vx-percpu call_stats.sent 0"), f"CPU   0: {sent}\n",
         "a member")


def vx_dmesg():
    """What stands in the log is what came over the serial line."""
    log = do("vx-dmesg").splitlines()
    with open(SERIAL, encoding="utf-8", errors="replace") as f:
        serial = f.read().replace("\r", "").split("\n")[:-1]
    want(len(serial) > 10, "the serial line said little")
    same(log[:len(serial)], serial, "log and serial line")
    want(any(f"{SMP} of {SMP} CPUs online" in line for line in log), "CPUs")
    same(do("vx-dmesg 1").splitlines(), log[-1:], "the last record")


def vx_pt():
    """Translations and rights that linker.ld and paging.c promise."""
    for symbol, rights in (("start_kernel", "x"), ("nr_cpu_ids", "w"),
                           ("__trips_start", "r")):
        address = value(f"&{symbol}")
        text = do(f"vx-pt &{symbol}")
        want(f"{address:#x} is at physical {address - 0xffffffff80000000:#x}"
             in text, f"{symbol}: {text}")
        leaf = text.splitlines()[-2].split(":")[1]
        same("NX" in leaf, rights != "x", f"{symbol} not executable")
        same(" W" in leaf, rights == "w", f"{symbol} writable")
    want("0x0 is not mapped" in do("vx-pt 0"), "null is mapped")
    want("not canonical" in do("vx-pt 0x800000000000"), "canonical")


def vx_trip():
    """Counts, and a stop at the hit that was asked for."""
    text = do("vx-trip")
    want(re.search(rf"^smp\.arrive +{SMP - 1}  kernel/smp\.c:\d+$", text,
                   re.M), text)
    want("no stop" in text, text)
    before = int(re.search(r"^smp_call\.run +(\d+)", text, re.M)[1])
    do(f"vx-trip smp_call.run {before + 2}")
    want(f"stop: smp_call.run, hit {before + 2}" in do("vx-trip"), "armed")
    do("continue")
    same(names()[0], "trip_hit", "where it stopped")
    in_order(names(), ["trip_hit", "trip_freeze.*", "smp_call_function_interrupt",
                       "trap_common", "cpu_idle_loop"], "backtrace")
    same(value("number"), before + 2, "number of the hit")
    # Others may have counted and not drawn their number yet.
    hits = int(re.search(r"^smp_call\.run +(\d+)", do("vx-trip"), re.M)[1])
    for thread in gdb.selected_inferior().threads():
        if thread.num - 1 == current_cpu():
            continue
        text = do(f"vx-bt {thread.num - 1}")
        want("trip_nmi" in text and "trap_common" in text,
             f"CPU {thread.num - 1} does not stand still:\n{text}")
    want(before + 2 <= hits < before + 2 + SMP, f"{hits} hits at the stop")
    do("delete")


def trip_draw_is_straight():
    """One conditional jump in all of it (I2 of lib/debug/trip.c)."""
    start = value("&trip_draw")
    block = gdb.block_for_pc(start)
    while block.function is None or block.function.name != "trip_draw":
        block = block.superblock
    code = gdb.newest_frame().architecture().disassemble(
        start, block.end - 1)
    jumps = [i["asm"] for i in code
             if i["asm"].startswith("j") and not i["asm"].startswith("jmp")]
    same(len(jumps), 1, f"conditional jumps of trip_draw(), {jumps}")


def vx_bt():
    text = do("vx-bt 0")
    in_order(re.findall(r"^#\d+ .*?\b(\w+) \(", text, re.M),
             ["call_many", "on_each_cpu", "selftest_irq_smp_call_on_each",
              "start_kernel", "arch_start"], "CPU 0")
    text = do("vx-bt all")
    same(re.findall(r"^CPU (\d+):", text, re.M),
         [str(n) for n in range(SMP)], "CPUs")
    want("in ?? ()" not in text, f"a frame without a name:\n{text}")


def exception_with_error_code():
    """A page fault in NASM code that C called."""
    at("handle_exception")
    in_order(names(), [
        "handle_exception", "trap_entry", "trap_common", "arch_crash_read.*",
        "selftest_.*", "selftest_run", "start_kernel"], "backtrace")


def slab_object():
    """The first object of some slab."""
    for cache in vx_mm.all_caches():
        for _, lists in vx_mm.node_lists(cache):
            for slab in vx_mm.slabs_on(lists, "full"):
                return cache["name"].string(), int(slab["s_mem"])
    raise Wrong("no cache has a full slab")


def vx_buddy():
    """The lists are sound; a counter that is not is noticed."""
    at("selftest_boot")
    text = do("vx-buddy")
    want("WRONG" not in text, text)
    managed = value("node_data[0]->node_zones[1].managed_pages")
    free = value("node_data[0]->node_zones[1].free_pages")
    want(f"zone DMA32: {free} frames free of {managed}\n" in text, text)
    same(do("vx-buddy DMA32"), text[text.index("node 0, zone DMA32"):],
         "one zone")
    area = "node_data[0]->node_zones[1].free_area[10].free_list[2].nr_free"
    blocks = value(area)
    do(f"set var {area} = {blocks + 1}")
    want(f"WRONG: order 10, movable: {blocks} blocks on the list, nr_free is "
         f"{blocks + 1}" in do("vx-buddy"), "a wrong counter")
    do(f"set var {area} = {blocks}")
    page = "((struct page *)0xffffea0000000000 + 8192)"
    order = value(f"{page}->private")
    same(order, 10, "order of the block at frame 8192")
    do(f"set var {page}->private = 9")
    want("WRONG: frame 8192 is on the list of order 10, but says 9"
         in do("vx-buddy"), "a wrong order")
    do(f"set var {page}->private = {order}")
    want("WRONG" not in do("vx-buddy"), "put right again")


def vx_page():
    """Free, reserved and slab frames; all ways to name one."""
    for word in ("8192", "0xffff888002000000", "0xffffea0000080000"):
        text = do(f"vx-page {word}")
        want("frame 8192: physical 0x2000000," in text, text)
        want("free: first of a block of order 10" in text, text)
        want("users 0, mappings 0, flags buddy" in text, text)
    want("in the block of order 10 that begins at frame 8192"
         in do("vx-page 8195"), "inside of a block")
    text = do("vx-page &start_kernel")
    pfn = value("&start_kernel") - 0xffffffff80000000 >> 12
    want(f"frame {pfn}: " in text and "reserved" in text, text)
    name, place_of = slab_object()
    text = do(f"vx-page {place_of:#x}")
    want(f"slab of cache {name}\n" in text and "flags slab" in text, text)
    try:
        do("vx-page 0xffffffffff")
    except gdb.error as error:
        want("has no descriptor" in str(error), str(error))
    else:
        raise Wrong("a frame far behind the end")


def vx_slab():
    """The kernel's own numbers, and one cache."""
    rows = {}
    for line in do("vx-slab").splitlines()[1:]:
        found = re.match(r"(\S+) +(\d+) +(\d+) +(\d+) +(\d+) +(\d+) +(\d+) "
                         r"+(\d+)$", line)
        want(found, f"not a line of vx-slab: {line}")
        rows[found[1]] = [int(n) for n in found.groups()[1:]]
    want({"kmem_cache", "kmalloc-8", "kmalloc-8192"} <= set(rows), rows)
    for name, (_, num, full, partial, _, out, at_hand) in rows.items():
        want(full * num <= out <= (full + partial) * num, name)
        want(at_hand <= out, name)
    in_use = sum(out - at_hand for *_, out, at_hand in rows.values())
    want(in_use > 0, "nothing is allocated")
    name, place_of = slab_object()
    text = do(f"vx-slab {name}")
    want(f"full     slab at {place_of:#x}, {rows[name][1]} of "
         f"{rows[name][1]} out" in text, text)
    same(len(re.findall(r"^  CPU \d+: ", text, re.M)), SMP, "CPUs")


def vx_vmalloc():
    """Both trees; a hole that does not know what is below it."""
    at("vfree")
    text = do("vx-vmalloc")
    want("WRONG" not in text, text)
    busy = value("vmap_space.nr_busy")
    holes = value("vmap_space.nr_holes")
    want(busy > 0, "no area is in use")
    want(f"\n{busy} areas, {holes} holes, the largest of " in "\n" + text,
         text)
    lines = text.splitlines()[:busy]
    for line in lines:
        want(re.match(r"0xffffc9\w{10} +\d+ pages  "
                      r"(alloc|map|ioremap|stack) +\w", line), line)
    same(lines, sorted(lines), "in the order of addresses")
    hole = ("((struct vmap_area *)((char *)vmap_space.holes.rb_node - "
            "(unsigned long)&((struct vmap_area *)0)->node))")
    largest = value(f"{hole}->max_hole")
    do(f"set var {hole}->max_hole = {largest - 4096}")
    want(f"is the largest below, it is {largest:#x}" in do("vx-vmalloc"),
         "a wrong max_hole")
    do(f"set var {hole}->max_hole = {largest}")
    do(f"set var vmap_space.nr_busy = {busy + 1}")
    want(f"WRONG: {busy} in the tree busy, nr_busy is {busy + 1}"
         in do("vx-vmalloc"), "a wrong counter")
    do(f"set var vmap_space.nr_busy = {busy}")
    want("WRONG" not in do("vx-vmalloc"), "put right again")


def usage():
    """Each command has a help text and says what is wrong with its words."""
    for command, words in (("vx-cpus", None), ("vx-bt", "nine"),
                           ("vx-percpu", ""), ("vx-dmesg", "x"),
                           ("vx-pt", ""), ("vx-trip", "nosuch"),
                           ("vx-page", ""), ("vx-buddy", "nosuch"),
                           ("vx-slab", "nosuch"), ("vx-vmalloc", "x")):
        text = do(f"help {command}")
        want(text.startswith(command), f"help {command}: {text}")
        if words is None:
            continue
        try:
            do(f"{command} {words}")
        except gdb.error as error:
            want("usage" in str(error), f"{command} {words}: {error}")
        else:
            raise Wrong(f"{command} {words}: accepted")
    for command in re.findall(r"^(vx-\w+)", do("vx"), re.M):
        want("Undefined command" not in do(f"help {command}"), command)


def to_the_end():
    """The guest goes on as if nothing had been: its tests pass."""
    do("delete")
    try:
        do("continue")
    except gdb.error as error:
        want("closed" in str(error), str(error))
    want(not gdb.selected_inferior().threads(), "the guest still runs")


def dead_machine():
    """A panic is over: the log is there, and where everybody was."""
    at("arch_exit")
    log = do("vx-dmesg")
    want("trip point smp.arrive, hit 2, at kernel/smp.c:" in log, log[-2000:])
    want("END OF KERNEL PANIC" in log, "end of the report")
    in_order(names(), ["arch_exit", "panic_at", "vpanic_at", "panic",
                       "trip_panic", "secondary_start", "ap_start"],
             "who panicked")
    do("thread 1")
    in_order(names(), ["arch_halt_forever", "stop_here", "panic_nmi",
                       "trap_entry", "trap_common", "smp_init",
                       "start_kernel"], "CPU 0, stopped by an NMI")


CASES = {
    "session": (
        before_paging, after_the_switch, nasm_line, early_interrupt,
        c_breakpoints, step_finish_next, watchpoint,
        each_instruction_of_the_stub, exception_with_error_code,
        interrupt_of_another_cpu, vx_cpus, vx_percpu, vx_dmesg, vx_pt, vx_trip,
        trip_draw_is_straight, vx_bt, usage, to_the_end),
    "memory": (vx_buddy, vx_page, vx_slab, vx_vmalloc, to_the_end),
    "unwind": (each_instruction_of_the_stub, interrupt_of_another_cpu),
    "dead": (dead_machine,),
    "printer": (broken_printer,),
}


# ---- planted faults --------------------------------------------------------

def plant_gone():
    do("disable unwinder global vitrix-stubs")


def plant_shifted():
    """One word off, only behind the call of trap_entry()."""
    right = vx_unwind.replay_stack

    def wrong(instructions, stop, depth, saved):
        depth, saved = right(instructions, stop, depth, saved)
        return depth + (8 if depth == 128 else 0), saved
    vx_unwind.replay_stack = wrong


def plant_swapped():
    """Two of the saved registers exchanged."""
    right = vx_unwind.replay_stack

    def wrong(instructions, stop, depth, saved):
        depth, saved = right(instructions, stop, depth, saved)
        if "r14" in saved and "r15" in saved:
            saved["r14"], saved["r15"] = saved["r15"], saved["r14"]
        return depth, saved
    vx_unwind.replay_stack = wrong


PLANTS = {"": lambda: None, "gone": plant_gone, "shifted": plant_shifted,
          "swapped": plant_swapped}


def main():
    PLANTS[os.environ.get("VX_PLANT", "")]()
    cases = CASES[os.environ["VX_CASES"]]
    for case in cases:
        try:
            case()
        except (Wrong, gdb.error, AttributeError, TypeError,
                ValueError) as error:
            print(f"GDBTEST not ok {case.__name__}: {error}".replace(
                "\n", "\n    "))
            if not isinstance(error, Wrong):
                traceback.print_exc()
        else:
            print(f"GDBTEST ok {case.__name__}")
    print(f"GDBTEST done {len(cases)}")


main()
