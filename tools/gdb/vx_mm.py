# SPDX-License-Identifier: MIT
"""vx_mm.py - commands about memory: vx-page, vx-buddy, vx-slab.

Model.
    All three read descriptors and lists where the kernel keeps them, and
    take no lock: the machine stands still. A CPU that stopped inside of the
    allocator may have left a list half changed; what does not fit together
    is said and not repaired.

    A frame number and an address are told apart by size: addresses of the
    kernel are in the upper half.
"""

import gdb

from vx_kernel import (KERNEL_BASE, address_of, cpu_count, percpu_offset,
                       percpu_value, symbol_at)

PAGE_SHIFT = 12
UPPER_HALF = 1 << 63
DIRECT_MAP = 0xffff888000000000
DIRECT_MAP_END = DIRECT_MAP + (1 << 46)
VMEMMAP = 0xffffea0000000000
VMEMMAP_END = VMEMMAP + (1 << 40)
TYPES = ("unmovable", "reclaimable", "movable", "reserve", "isolate")
MOST_FRAMES = 1 << 34  # more than the array of descriptors has room for
MOST = 1 << 22  # entries of a list; more is a circle


def value(expression):
    return gdb.parse_and_eval(expression)


def number(what):
    return int(what) % (1 << 64)


def constant(name):
    """Of an enum or of a variable."""
    return int(value(name))


def list_entries(head, type_name, member):
    """The objects on a list; the head's address is in the kernel."""
    kind = gdb.lookup_type(type_name)
    offset = next(f.bitpos // 8 for f in kind.fields() if f.name == member)
    first = number(head.address)
    at = head["next"]
    for _ in range(MOST):
        if number(at) == first:
            return
        yield gdb.Value(number(at) - offset).cast(kind.pointer())
        at = at["next"]
    print(f"  the list at {first:#x} has no end")


def orders():
    """MAX_ORDER."""
    low, high = value("((struct zone *)0)->free_area").type.range()
    return high - low + 1


def zones():
    """Every zone that has frames."""
    for nid in range(int(value("nr_online_nodes"))):
        node = value(f"node_data[{nid}]")
        low, high = node["node_zones"].type.range()
        for i in range(low, high + 1):
            zone = node["node_zones"][i]
            if int(zone["present_pages"]):
                yield nid, zone


def pcp_of(zone, cpu):
    """The list that a CPU has for a zone."""
    page_cpu = percpu_value(value("&page_cpu"), cpu)
    place = number(page_cpu["pagesets"]) + int(zone["pcp_offset"])
    kind = gdb.lookup_type("struct per_cpu_pages").pointer()
    return gdb.Value(place).cast(kind).dereference()


def cpus():
    return [n for n in range(cpu_count()) if percpu_offset(n)]


# ---- vx-page ---------------------------------------------------------------

def page_of(pfn):
    kind = gdb.lookup_type("struct page")
    return gdb.Value(VMEMMAP + pfn * kind.sizeof).cast(
        kind.pointer()).dereference()


def flag_bits():
    """{bit: name} of enum pageflags."""
    fields = gdb.lookup_type("enum pageflags").fields()
    return {f.enumval: f.name[3:] for f in fields
            if f.name.startswith("PG_")}


def flag_set(page, name):
    return int(page["flags"]) >> constant(f"PG_{name}") & 1


def pfn_of(text):
    """The frame that an address, a descriptor or a number means."""
    what = number(value(f"(unsigned long)({text})"))
    if what < UPPER_HALF:
        return what
    if VMEMMAP <= what < VMEMMAP_END:
        return (what - VMEMMAP) // gdb.lookup_type("struct page").sizeof
    if DIRECT_MAP <= what < DIRECT_MAP_END:
        return (what - DIRECT_MAP) >> PAGE_SHIFT
    if KERNEL_BASE <= what < address_of("_end"):
        return (what - KERNEL_BASE) >> PAGE_SHIFT
    raise gdb.GdbError(f"{what:#x} is neither in the direct map or the image "
                       "nor a descriptor; vx-pt finds physical addresses")


def free_block(pfn):
    """(first frame, order) of the free block that a frame is in, or None."""
    for order in range(orders()):
        head = pfn >> order << order
        page = page_of(head)
        if flag_set(page, "buddy") and int(page["private"]) >= order:
            return head, int(page["private"])
    return None


def list_of_cpu(pfn):
    """The CPU whose list a frame is on, or None."""
    wanted = number(page_of(pfn).address)
    for _, zone in zones():
        for cpu in cpus():
            head = pcp_of(zone, cpu)["list"]
            if any(number(p) == wanted
                   for p in list_entries(head, "struct page", "lru")):
                return cpu
    return None


def what_for(pfn, page):
    """Who has the frame, in words."""
    if flag_set(page, "reserved"):
        return "reserved: the image, the boot allocator, or no memory"
    block = free_block(pfn)
    if block and block[0] == pfn:
        return f"free: first of a block of order {block[1]}"
    if block:
        return (f"free: in the block of order {block[1]} that begins at "
                f"frame {block[0]}")
    if flag_set(page, "slab"):
        cache = page["slab_cache"].dereference()
        return f"slab of cache {cache['name'].string()}"
    if flag_set(page, "tail"):
        head = page["first_page"]
        first = (number(head) - VMEMMAP) // page.type.sizeof
        return f"tail of the compound page at frame {first}"
    if int(page["_count"]["counter"]) == 0:
        cpu = list_of_cpu(pfn)
        if cpu is not None:
            return f"free: on the list of CPU {cpu}"
        return "in a block that was allocated as one, not its first"
    return "allocated"


class Page(gdb.Command):
    """vx-page ADDRESS|FRAME: what is known of a page frame.

The argument is a frame number, an address in the direct map or in the image,
or the address of a descriptor (struct page)."""

    def __init__(self):
        super().__init__("vx-page", gdb.COMMAND_DATA)

    def invoke(self, arg, from_tty):
        if not arg.strip():
            raise gdb.GdbError("usage: vx-page ADDRESS|FRAME")
        pfn = pfn_of(arg)
        try:
            page = page_of(min(pfn, MOST_FRAMES))
            flags = number(page["flags"])
        except gdb.MemoryError as error:
            raise gdb.GdbError(f"frame {pfn} has no descriptor") from error
        zone = value(f"zone_table[{flags >> zone_shift()}]")
        names = [name for bit, name in sorted(flag_bits().items())
                 if flags >> bit & 1]
        print(f"frame {pfn}: physical {pfn << PAGE_SHIFT:#x}, direct map "
              f"{DIRECT_MAP + (pfn << PAGE_SHIFT):#x}, "
              f"descriptor {number(page.address):#x}")
        if int(zone):
            print(f"  node {int(zone['zone_pgdat']['node_id'])}, zone "
                  f"{zone['name'].string()}")
        print(f"  {what_for(pfn, page)}")
        print(f"  users {int(page['_count']['counter'])}, mappings "
              f"{int(page['_mapcount']['counter']) + 1}, flags "
              f"{' '.join(names) or 'none'}")
        if int(page["owner"]):
            caller = 0xffffffff00000000 | int(page["owner"])
            print(f"  last caller {symbol_at(caller) or hex(caller)} on CPU "
                  f"{int(page['owner_cpu'])}")


def zone_shift():
    """Node and zone are above this bit of page->flags."""
    entries = value("zone_table").type.range()[1] + 1
    return 64 - (entries.bit_length() - 1)


# ---- vx-buddy --------------------------------------------------------------

def check_block(block, order, problems):
    page = block.dereference()
    pfn = (number(block) - VMEMMAP) // page.type.sizeof
    if not flag_set(page, "buddy"):
        problems.append(f"frame {pfn} is on a list, but not marked free")
    elif int(page["private"]) != order:
        problems.append(f"frame {pfn} is on the list of order {order}, but "
                        f"says {int(page['private'])}")
    if pfn & ((1 << order) - 1):
        problems.append(f"frame {pfn} is no place for order {order}")


def count_zone(zone, problems):
    """{type: blocks of each order}, from the lists."""
    counts = {}
    for order in range(orders()):
        area = zone["free_area"][order]
        for kind, title in enumerate(TYPES):
            blocks, n = area["free_list"][kind], 0
            for block in list_entries(blocks["list"], "struct page", "lru"):
                check_block(block, order, problems)
                n += 1
            counts.setdefault(title, []).append(n)
            if n != int(blocks["nr_free"]):
                problems.append(f"order {order}, {title}: {n} blocks on the "
                                f"list, nr_free is {int(blocks['nr_free'])}")
    return counts


class Buddy(gdb.Command):
    """vx-buddy [ZONE]: the free blocks of the zones, by order and type.

Walks every list and says where it does not agree with the descriptors and
the counters. ZONE is a name, such as DMA32."""

    def __init__(self):
        super().__init__("vx-buddy", gdb.COMMAND_DATA)

    def invoke(self, arg, from_tty):
        shown = 0
        for nid, zone in zones():
            if arg.strip() in ("", zone["name"].string()):
                self.show(nid, zone)
                shown += 1
        if not shown:
            names = ", ".join(sorted({z["name"].string()
                                      for _, z in zones()}))
            raise gdb.GdbError(f"usage: vx-buddy [ZONE]; zones: {names}")

    @staticmethod
    def show(nid, zone):
        problems = []
        counts = count_zone(zone, problems)
        print(f"node {nid}, zone {zone['name'].string()}: "
              f"{int(zone['free_pages'])} frames free of "
              f"{int(zone['managed_pages'])}")
        print(f"  {'order':12}" + "".join(
            f"{n:6}" for n in range(orders())))
        for title, row in counts.items():
            if any(row):
                print(f"  {title:12}" + "".join(f"{n:6}" for n in row))
        lists = ", ".join(f"{cpu}: {int(pcp_of(zone, cpu)['count'])}"
                          for cpu in cpus())
        print(f"  on the lists of CPUs  {lists}")
        frames = sum(n << order for row in counts.values()
                     for order, n in enumerate(row))
        if frames != int(zone["free_pages"]):
            problems.append(f"{frames} frames on the lists")
        for problem in problems:
            print(f"  WRONG: {problem}")


# ---- vx-slab ---------------------------------------------------------------

def all_caches():
    for cache in list_entries(value("cache_chain"), "struct kmem_cache",
                              "next"):
        yield cache.dereference()


def node_lists(cache):
    """(node, lists) of every node that the cache has slabs on."""
    for nid in range(int(value("nr_online_nodes"))):
        lists = cache["nodelists"][nid]
        if int(lists):
            yield nid, lists.dereference()


def slabs_on(lists, which):
    return [s.dereference() for s in list_entries(
        lists["slabs_" + which], "struct slab", "list")]


def array_of(cache, cpu):
    """The objects that a CPU has at hand."""
    slot = percpu_value(cache["array"], cpu)
    return slot.dereference()


class Slab(gdb.Command):
    """vx-slab [CACHE]: the caches of objects, or all about one.

"out" counts objects that are not in their slab: users have them, or the
arrays of the CPUs. Of one cache: the slabs on each list, and what the arrays
hold."""

    def __init__(self):
        super().__init__("vx-slab", gdb.COMMAND_DATA)

    def invoke(self, arg, from_tty):
        wanted = arg.strip()
        if not wanted:
            self.table()
            return
        for cache in all_caches():
            if cache["name"].string() == wanted:
                self.one(cache)
                return
        raise gdb.GdbError(f"usage: vx-slab [CACHE]; no cache {wanted}")

    @staticmethod
    def table():
        print(f"{'cache':20}{'bytes':>7}{'/slab':>7}{'full':>6}"
              f"{'partial':>9}{'free':>6}{'out':>8}{'on CPUs':>9}")
        for cache in all_caches():
            used, count = 0, {}
            for _, lists in node_lists(cache):
                for which in ("full", "partial", "free"):
                    found = slabs_on(lists, which)
                    count[which] = count.get(which, 0) + len(found)
                    used += sum(int(s["inuse"]) for s in found)
            at_hand = sum(int(array_of(cache, cpu)["avail"])
                          for cpu in cpus())
            print(f"{cache['name'].string():20}"
                  f"{int(cache['buffer_size']):7}{int(cache['num']):7}"
                  f"{count.get('full', 0):6}{count.get('partial', 0):9}"
                  f"{count.get('free', 0):6}{used:8}{at_hand:9}")

    @staticmethod
    def one(cache):
        print(f"{cache['name'].string()}: objects of "
              f"{int(cache['obj_size'])} bytes, {int(cache['buffer_size'])} "
              f"used, {int(cache['num'])} in a slab of "
              f"{1 << int(cache['gfporder'])} pages")
        for nid, lists in node_lists(cache):
            for which in ("full", "partial", "free"):
                for slab in slabs_on(lists, which):
                    print(f"  node {nid} {which:8} slab at "
                          f"{number(slab['s_mem']):#x}, "
                          f"{int(slab['inuse'])} of {int(cache['num'])} out")
            shared = lists["shared"]
            if int(shared):
                print(f"  node {nid} shared   "
                      f"{int(shared['avail'])} objects")
        for cpu in cpus():
            array = array_of(cache, cpu)
            print(f"  CPU {cpu}: {int(array['avail'])} of "
                  f"{int(array['limit'])} objects at hand, "
                  f"{int(array['batchcount'])} move at once")


def register():
    Page()
    Buddy()
    Slab()
