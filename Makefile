# SPDX-License-Identifier: MIT
#
# Makefile - the table of contents: every source with a few words, every
# target, every variable. How it is done stands in tools/build.mk.
#
#	make			the kernel: build/vitrix.elf
#	make run SMP=4		boot it, prompt on this terminal
#	make test		everything that proves it
#	make help		the other targets and all variables

.DEFAULT_GOAL := all

# ---- variables (all may be given on the command line) ----------------------

CONFIG   ?= debug
LLVM     ?= 0
WERROR   ?= 0
V        ?= 0
SMP      ?= 4
MEM      ?= 512M
FIRMWARE ?= bios
BOOT     ?= iso
CPU      ?= max
NUMA     ?= 1
TOPOLOGY ?=
ACCEL    ?= tcg
MACHINE  ?= pc
MODE     ?= mt
SEED     ?= 1
SCHED    ?=
TESTS    ?=
APPEND   ?=
STOP     ?=
QEMUARGS ?=

# Only of `make mutate`
FLOOR ?= lib
FILE  ?=
N     ?= 50
LIMIT ?= 75
JOBS  ?= 2
QUICK ?= 0

# ---- sources, floor by floor -----------------------------------------------
# One source a line. A source that stands in none of these lists, or a line
# without a source, stops `make check-lists`, which `make test` begins with.

# The first instructions, and what the boot loader said
boot-src :=
boot-src += boot/multiboot2.asm			# headers that loaders look for
boot-src += boot/boot.asm			# 32-bit entry to long mode
boot-src += boot/multiboot2.c			# tags of a multiboot2 loader
boot-src += boot/pvh.c				# QEMU's direct boot
boot-src += boot/boot_info.c			# sorts and checks what they found
boot-src += boot/boot_text.c			# says what was wrong with it

# The processor and the board
arch-src :=
arch-src += arch/x86_64/setup.c			# first C code
arch-src += arch/x86_64/entry.asm		# stubs of the 256 vectors
arch-src += arch/x86_64/trap.c			# gates, exceptions
arch-src += arch/x86_64/gdt.c			# segments, task state
arch-src += arch/x86_64/cpu.c			# features, protections, stacks
arch-src += arch/x86_64/paging.c		# the kernel's address space
arch-src += arch/x86_64/pgtable.c		# entering mappings
arch-src += arch/x86_64/pgtable_change.c	# unmapping, rights, splits
arch-src += arch/x86_64/fixmap.c			# addresses known when compiling
arch-src += arch/x86_64/pat.c			# cached, combined, uncached
arch-src += arch/x86_64/machine.c		# the board, and leaving it
arch-src += arch/x86_64/apic.c			# local interrupt controller
arch-src += arch/x86_64/ioapic.c		# the controllers outside
arch-src += arch/x86_64/time.c			# clock, calibration, timer
arch-src += arch/x86_64/trampoline.asm		# other CPUs' first code
arch-src += arch/x86_64/smp_boot.c		# waking and interrupting them
arch-src += arch/x86_64/acpi.c			# finds the firmware's tables
arch-src += arch/x86_64/acpi_madt.c		# CPUs, interrupt controllers
arch-src += arch/x86_64/acpi_numa.c		# nodes and distances
arch-src += arch/x86_64/acpi_fadt.c		# timers, reset, power-off
arch-src += arch/x86_64/acpi_text.c		# says what was wrong with them
arch-src += arch/x86_64/console.c		# all output devices as one
arch-src += arch/x86_64/serial.c		# 16550 on COM1
arch-src += arch/x86_64/screen.c		# text cells of a screen
arch-src += arch/x86_64/vga.c			# text screen
arch-src += arch/x86_64/fbcon.c			# framebuffer
arch-src += arch/x86_64/font.c			# its letters
arch-src += arch/x86_64/extable.c		# instructions that may fault
arch-src += arch/x86_64/landing.asm		# where an expected fault lands
arch-src += arch/x86_64/landing.c		# the same, in C
arch-src += arch/x86_64/operand.c		# decodes the faulting operand
arch-src += arch/x86_64/report.c		# registers and code bytes
arch-src += arch/x86_64/stacktrace.c		# walks the frames
arch-src += arch/x86_64/trap_text.c		# exceptions in words
arch-src += arch/x86_64/stack_call.asm		# a call on another stack
arch-src += arch/x86_64/crash.asm		# raises exceptions on purpose

# Data structures, formats, and the lowest runtime: no allocation here
lib-src :=
lib-src += lib/percpu.c				# words of every CPU
lib-src += lib/might_sleep.c			# who may not wait, and tried
lib-src += lib/string.c				# memory and strings
lib-src += lib/kstrto.c				# numbers from text
lib-src += lib/fmt.c				# the formats of printk
lib-src += lib/bitmap.c				# bits in arrays
lib-src += lib/cpumask.c			# sets of CPUs
lib-src += lib/hash.c				# hash of a block of memory
lib-src += lib/rbtree.c				# balanced search trees
lib-src += lib/plist.c				# lists by priority
lib-src += lib/kfifo.c				# ring without a lock
lib-src += lib/refcount.c			# counts that saturate
lib-src += lib/sort.c				# heap sort, binary search
lib-src += lib/crc32.c				# the checksum of zip and GPT
lib-src += lib/random.c				# repeatable random numbers
lib-src += lib/param.c				# options of the command line
lib-src += lib/spinlock.c			# queue and test-and-set locks
lib-src += lib/debug/preempt.c			# too deep, or once too often
lib-src += lib/debug/spinlock.c			# who holds which lock
lib-src += lib/debug/smp_processor_id.c		# asked by whom it is no use to
lib-src += lib/debug/stack_protector.c		# arrays that overflow
lib-src += lib/debug/trip.c			# stop at the n-th hit of a place
lib-src += lib/fault.c				# faults a test expects
lib-src += lib/ksyms.c				# function names
lib-src += lib/backtrace.c			# call chains, with names
lib-src += lib/panic.c				# the end, in order
lib-src += lib/panic_report.c			# what is printed then
lib-src += lib/logbuf.c				# the ring of messages
lib-src += lib/printk.c				# writing and showing them
lib-src += lib/nmi_log.c			# messages from NMI context
lib-src += lib/ratelimit.c			# not too many of them
lib-src += lib/glob.c				# patterns for names

# What the compiler calls in a build with CONFIG=ubsan
san-src-ubsan :=
san-src-ubsan += lib/san/ubsan.c		# undefined behaviour

# What the compiler calls in a build with CONFIG=kasan
san-src-kasan :=
san-src-kasan += lib/san/kasan.c		# bytes that may not be used
san-src-kasan += lib/san/kasan_report.c		# says whose they are
san-src-kasan += arch/x86_64/kasan_shadow.c	# page tables of the shadow
san-src-kasan += mm/debug/kasan.c		# what is free; quarantine
san-src-kasan += mm/debug/kasan_describe.c	# whose memory it is

# Memory
mm-src :=
mm-src += mm/init.c				# memory map to allocator
mm-src += mm/percpu.c				# per-CPU areas, alloc_percpu
mm-src += mm/percpu_area.c			# which places in them are taken
mm-src += mm/idr.c				# small numbers for things
mm-src += mm/idr_node.c				# memory for their trees
mm-src += mm/debug/idr_check.c			# are the trees right?
mm-src += mm/debug/show.c			# pictures of zones, for commands
mm-src += mm/debug/show_slab.c			# the same of slabs
mm-src += mm/debug/fail.c			# the n-th allocation fails
mm-src += mm/cross_call.c			# asking other CPUs
mm-src += mm/tlb.c				# CPUs forget translations
mm-src += mm/pgtable.c				# unmapping, complete
mm-src += mm/set_memory.c			# read-only, writable, NX
mm-src += mm/memblock.c				# the boot allocator
mm-src += mm/numa.c				# nodes and distances
mm-src += mm/zone.c				# zones, and where to look
mm-src += mm/page_init.c			# descriptors, the hand-over
mm-src += mm/page_total.c			# start-up, sums
mm-src += mm/buddy.c				# free blocks of a zone
mm-src += mm/pcp.c				# frames that a CPU keeps
mm-src += mm/page_alloc.c			# frames on request
mm-src += mm/page_slow.c			# when memory is short
mm-src += mm/page_free.c			# frames that come back
mm-src += mm/compound.c				# blocks that count as one
mm-src += mm/watermark.c			# who may have the last frames
mm-src += mm/reclaim.c				# shrinkers
mm-src += mm/page_report.c			# what is said about frames
mm-src += mm/debug/page_check.c			# walks free blocks
mm-src += mm/debug/page_census.c		# walks all frames
mm-src += mm/slab.c				# objects of one size: the short way
mm-src += mm/slab_array.c			# batches to and from the lists
mm-src += mm/slab_list.c			# which object of which slab
mm-src += mm/slab_layout.c			# pages cut into objects
mm-src += mm/slab_grow.c			# slabs from pages, and back
mm-src += mm/slab_cache.c			# making and destroying caches
mm-src += mm/slab_init.c			# the first caches
mm-src += mm/slab_reap.c			# giving memory back, numbers
mm-src += mm/kmalloc.c				# memory by size
mm-src += mm/debug/slab_debug.c			# red zones, poison, owners
mm-src += mm/debug/slab_check.c			# are the lists sound?
mm-src += mm/debug/slab_walk.c			# walks caches
mm-src += mm/vmap_tree.c			# addresses: holes and areas
mm-src += mm/vmap.c				# who has them; lazy purge
mm-src += mm/vmalloc.c				# frames at any place, in a row
mm-src += mm/ioremap.c				# device registers
mm-src += mm/thread_stack.c			# stacks between guard pages
mm-src += mm/debug/vmap_check.c			# validates those trees
mm-src += mm/debug/memleak.c			# what is allocated, in a tree
mm-src += mm/debug/memleak_scan.c		# what nothing points to

# What Linux did once, and a reader of the notes may try
mm-src += mm/history/highmem.c			# memory outside the direct map
mm-src += mm/history/page_address.c		# which frame is where
mm-src += mm/history/kmap_atomic.c		# a window for a moment

# Tasks and run queues
sched-src :=

# Interrupts, deferred work, cross-calls
irq-src :=
irq-src += irq/dispatch.c			# from vector to handler
irq-src += irq/tick.c				# the periodic interrupt
irq-src += irq/smp_call.c			# run a function on other CPUs

# The roof: start-up, CPU bring-up, self-test runner
kernel-src :=
kernel-src += kernel/main.c			# boot, step by step
kernel-src += kernel/boot_stage.c		# the boot timeline
kernel-src += kernel/smp.c			# bringing up the other CPUs
kernel-src += kernel/idle.c			# nothing to do
kernel-src += kernel/watchdog.c			# noticing a hang
kernel-src += kernel/selftest.c			# runs the test cases
kernel-src += kernel/bench.c			# measures operations
kernel-src += kernel/crash.c			# a command for each kind of crash

# The prompt on the serial line
monitor-src :=
monitor-src += kernel/monitor/monitor.c		# the command loop
monitor-src += kernel/monitor/readline.c	# line editing, history
monitor-src += kernel/monitor/split.c		# a line into arguments
monitor-src += kernel/monitor/commands.c	# commands
monitor-src += kernel/monitor/cmd_machine.c	# cpus, mem, acpi
monitor-src += kernel/monitor/cmd_vmalloc.c	# vmallocinfo
monitor-src += kernel/monitor/cmd_pagemap.c	# a walk of the page tables
monitor-src += kernel/monitor/cmd_memory.c	# buddyinfo, zoneinfo, slabs
monitor-src += kernel/monitor/cmd_percpu.c	# per-CPU memory
monitor-src += kernel/monitor/cmd_hold.c	# hold, drop, frames
monitor-src += kernel/monitor/cmd_memleak.c	# allocations nobody can find
monitor-src += kernel/monitor/cmd_trips.c	# trip points and their counts

# Test cases register themselves in a linker section, so their folders are
# the list. tests/host/ holds programs for the build machine.
test-src := $(sort $(wildcard $(patsubst %,tests/%/*.c, \
	example lib arch boot mm sched irq kernel monitor bench)))

# Tests of what only such builds have.
san-test-src-ubsan := tests/san/test_ubsan.c
san-test-src-kasan := tests/san/test_kasan.c tests/san/test_kasan_mm.c
test-src += $(san-test-src-$(CONFIG))

SRC := $(boot-src) $(arch-src) $(lib-src) $(mm-src) $(sched-src) \
	$(san-src-$(CONFIG)) $(irq-src) $(kernel-src) $(monitor-src) $(test-src)

# Flags for one source: CFLAGS_<path> := ...
# A loop inside memset() must not become a call of memset().
ifneq ($(LLVM),1)
CFLAGS_lib/string.c := -fno-tree-loop-distribute-patterns
endif

# The reports of a check must not be checked in turn.
CFLAGS_lib/san/ubsan.c := -fno-sanitize=undefined
NO_KASAN := $(san-src-kasan)
# They look at what nobody else may.
NO_KASAN += $(wildcard mm/debug/slab_*.c)
NO_KASAN += mm/debug/memleak_scan.c
NO_KASAN += tests/mm/test_slab_debug.c tests/mm/test_vmalloc.c

# EXPECT_EQ(unsigned value, 3) is what one wants to write in a test.
$(foreach s,$(test-src),$(eval CFLAGS_$(s) := -Wno-sign-compare))

# They plant what the compiler would warn of.
$(foreach s,$(san-test-src-$(CONFIG)),$(eval CFLAGS_$(s) += -Wno-array-bounds \
	-Wno-vla))

# ---- targets ---------------------------------------------------------------

include tools/build.mk
-include tests/host/host.mk
include tests/fuzz/fuzz.mk

all: $(BUILD)/vitrix.elf ## the kernel: build/vitrix.elf
iso: $(BUILD)/vitrix.iso ## the GRUB image for BIOS and UEFI: build/vitrix.iso

# Two steps, because check-tools may install the compiler of the second.
run: check-tools ## boot in QEMU, prompt on this terminal
	@$(MAKE) --no-print-directory $(RUN_IMAGES)
	@$(QEMU) run

debug: check-tools ## boot halted, with GDB attached
	@$(MAKE) --no-print-directory $(RUN_IMAGES)
	@$(QEMU) debug

# What `make run MODE=det` does with the same variables, up to STOP.
replay: check-tools ## a run of MODE=det again, up to STOP=point:n, into GDB
	@$(MAKE) --no-print-directory $(BUILD)/vitrix.elf
	@$(PYTHON) tools/replay.py $(machine) --stop '$(STOP)'

record: check-tools ## run on one CPU and record; then: make replay-1cpu
	@$(MAKE) --no-print-directory $(BUILD)/vitrix.elf
	@$(PYTHON) tools/record.py $(machine) --smp 1 record
replay-1cpu: check-tools ## the recorded run, in GDB, forward and backward
	@$(PYTHON) tools/record.py $(machine) --smp 1 replay

test: check-tools ## everything that proves it, about ten minutes; TESTS=glob
	@$(RUN_TESTS)

test-all: check-tools ## the same with every option and long loops
	@$(RUN_TESTS) --all

# The release build, whatever CONFIG says: what people would measure.
bench: check-tools ## what operations cost, in instructions; TESTS=mm.*
	@$(MAKE) --no-print-directory CONFIG=release all
	@$(BENCH)
bench-baseline: check-tools ## the same, and what they cost now is the baseline
	@$(MAKE) --no-print-directory CONFIG=release all
	@$(BENCH) --write
bench-linux: ## the same operations in a Linux of Debian, side by side
	@$(PYTHON) tools/bench_linux.py

check: $(OBJ) ## floors, style, headers, format; ANALYZE=1: analysers too
	@$(CHECK)

stack: $(O)/vitrix.elf ## the largest frames, the deepest chains of calls
	@$(PYTHON) tools/stack.py --elf $< --build $(O) --objdump $(OBJDUMP)

mutate: check-tools ## plant faults, count which the tests find; FLOOR=lib N=50
	@$(PYTHON) tools/mutate.py --build $(BUILD) --floor $(FLOOR) --n $(N) \
		--seed $(SEED) --limit $(LIMIT) --jobs $(JOBS) \
		$(if $(FILE),--file '$(FILE)') $(if $(filter 1,$(QUICK)),--quick)

check-lists: ## every source stands in the lists above, and the reverse
	@$(PYTHON) tools/check_lists.py $(sort $(SRC) $(san-src-ubsan) \
		$(san-src-kasan))

check-docs: ## the text for people and the code agree
	@$(PYTHON) tools/check_docs.py

# The chapters show what a debug build by gcc prints.
transcripts: check-tools ## run what README.md and docs/ show, write it there
	@$(MAKE) --no-print-directory CONFIG=kasan LLVM=0 all
	@$(MAKE) --no-print-directory CONFIG=debug LLVM=0 all
	@$(PYTHON) tools/transcripts.py

compile_commands: ## compile_commands.json for editors
	@$(PYTHON) tools/compile_commands.py --cc '$(CC)' \
		--flags '$(CFLAGS)' $(filter %.c,$(SRC))

spec: ## which items of the specification the last run proved
	@$(PYTHON) tools/spec.py --build $(BUILD) \
		$(if $(ITEM),--item '$(ITEM)') $(if $(TABLE),--table)

core: ## how many lines a reader of the mechanisms reads
	@$(PYTHON) tools/core.py

deps: ## install the programs that are missing
	@sh tools/deps.sh install

doctor: ## each program with version and verdict
	@sh tools/deps.sh doctor

debug replay replay-1cpu: NEED := debug
test test-all mutate: NEED := test
check-tools: # nothing to say when all is there
	@NEED='$(NEED)' BOOT='$(BOOT)' MODE='$(MODE)' FIRMWARE='$(FIRMWARE)' \
		sh tools/deps.sh quick

clean: ## remove build/
	rm -rf $(BUILD) compile_commands.json

help: ## this text
	@$(PYTHON) tools/help.py Makefile tests/host/host.mk \
		tests/fuzz/fuzz.mk

.PHONY: all iso run debug replay record replay-1cpu test test-all check stack \
	bench bench-baseline bench-linux mutate check-lists check-docs \
	transcripts compile_commands spec core deps doctor check-tools clean help
