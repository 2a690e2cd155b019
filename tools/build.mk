# SPDX-License-Identifier: MIT
#
# build.mk - how sources become images.
#
# Model. Everything lands under $(O) = build/<config>[-llvm]; nothing is
# written beside a source. build/vitrix.elf and build/vitrix.iso are links to
# the last build's images.
#
#	.c   --cc-->  .c.o   \                 +-> nm | ksyms.py -> ksyms.o -+
#	.asm --nasm-> .asm.o -+-> ld -> pass1.elf                            |
#	                       \-> ld <--------------------------------------+
#	                            `-> vitrix.elf -> strip -> ISO
#
# The image carries its own symbol table. It is made from a first link with
# an empty table and stands behind the code, so that the second link moves
# no function; that it did not is checked by making the table once more.
#
# Invariants
#   I1  An object is rebuilt when its source, a header it read, its flags or
#       the compiler's version changed: depfiles and the stamp $(O)/.flags.
#   I2  An image is relinked when the list of its objects changed: .objects.
#   I3  Equal input gives equal bytes, whatever the folder, the time and -j.
#   I4  An object that was compiled with a warning is compiled again under
#       WERROR=1, and then fails: its messages are kept in <object>.warn.

BUILD  ?= build
PYTHON ?= python3
HOSTCC ?= cc

MAKEFLAGS += --no-builtin-rules
.SUFFIXES:
.DELETE_ON_ERROR:

# ---- what to build ---------------------------------------------------------

# Where the shadow of address 0 would be: KASAN_SHADOW_OFFSET of <arch/kasan.h>.
kasan-shadow := 0xdffffc0000000000
kasan-cc := -fasan-shadow-offset=$(kasan-shadow) --param asan-stack=1 \
	--param asan-globals=1 --param asan-instrumentation-with-call-threshold=0
# The canary is a word of ours, since there is no thread-local storage.
protector := -fstack-protector-strong -mstack-protector-guard=global
config-flags-debug   := -DCONFIG_DEBUG=1 $(protector)
config-flags-release := -DCONFIG_DEBUG=0 -fno-stack-protector
config-flags-ubsan   := -DCONFIG_DEBUG=1 $(protector) -fsanitize=undefined
# Every access becomes a call, which can refuse an address before it looks up
# its shadow; only stack frames write theirs inline.
config-flags-kasan   := -DCONFIG_DEBUG=1 -DCONFIG_KASAN=1 $(protector) \
	-fsanitize=kernel-address $(kasan-cc)
ifndef config-flags-$(CONFIG)
$(error CONFIG=$(CONFIG) is unknown: debug, release, ubsan or kasan)
endif
ifeq ($(CONFIG)$(LLVM),kasan1)
$(error CONFIG=kasan needs gcc: clang can do it for Linux programs only)
endif
ifneq ($(filter-out 0 1,$(LLVM) $(WERROR)),)
$(error LLVM and WERROR are 0 or 1)
endif

O := $(BUILD)/$(CONFIG)$(if $(filter 1,$(LLVM)),-llvm)

# ---- tools -----------------------------------------------------------------

ifeq ($(LLVM),1)
CC      := clang --target=x86_64-unknown-none-elf
LD      := ld.lld
NM      := llvm-nm
OBJCOPY := llvm-objcopy
OBJDUMP := llvm-objdump
cc-only := -Wimplicit-fallthrough
else
ifeq ($(origin CROSS_COMPILE),undefined)
have-cc  = $(shell command -v $(1)gcc 2>/dev/null)
# Native gcc if it makes x86-64 ELF, else the first cross compiler there is.
ifneq ($(filter x86_64-%,$(filter-out %-darwin%,\
	$(shell gcc -dumpmachine 2>/dev/null))),)
CROSS_COMPILE :=
else
CROSS_COMPILE := $(firstword $(foreach p,x86_64-linux-gnu- x86_64-elf-,\
	$(if $(call have-cc,$(p)),$(p))))
endif
endif
CC      := $(CROSS_COMPILE)gcc
LD      := $(CROSS_COMPILE)ld
NM      := $(CROSS_COMPILE)nm
OBJCOPY := $(CROSS_COMPILE)objcopy
OBJDUMP := $(CROSS_COMPILE)objdump
cc-only := -Wimplicit-fallthrough=5 -fno-stack-clash-protection
endif
NASM    ?= nasm

# ---- flags -----------------------------------------------------------------

CFLAGS = -std=gnu11 -O2 -g $(config-flags-$(CONFIG)) \
	-ffreestanding -nostdinc -isystem $(cc-include) \
	-Iinclude -Iarch/x86_64/include -I. \
	-fno-pic -fno-pie -mcmodel=kernel -mno-red-zone -mgeneral-regs-only \
	-fno-omit-frame-pointer -fno-common -fno-strict-aliasing \
	-fno-asynchronous-unwind-tables \
	-fcf-protection=none -U_FORTIFY_SOURCE -ffile-prefix-map=$(CURDIR)=. \
	-Wall -Wextra -Wshadow -Wundef -Wvla -Wstrict-prototypes \
	-Wmissing-prototypes -Wpointer-arith -Wwrite-strings \
	-Wframe-larger-than=$(frame-limit) -fstack-usage $(cc-only)
# Red zones around every array; the stacks are twice as large, too.
frame-limit = $(if $(filter kasan,$(CONFIG)),2048,1024)
cc-include := $(shell $(CC) -print-file-name=include 2>/dev/null)

NASMFLAGS := -f elf64 -g -F dwarf \
	-I$(O)/ -Iboot/ -Iarch/x86_64/
# THREAD_SIZE of <base/config.h>
LDFLAGS   := --defsym=THREAD_SIZE=$(if $(filter kasan,$(CONFIG)),32768,16384) \
	-m elf_x86_64 -static -nostdlib --build-id=none \
	-z max-page-size=4096 -z noexecstack --no-undefined

# Without these two the output does not depend on the terminal or on WERROR.
show-color := -fdiagnostics-color=$(if $(MAKE_TERMERR),always,never)
werror-cc   := $(if $(filter 1,$(WERROR)),-Werror)
werror-nasm := $(if $(filter 1,$(WERROR)),-Werror)
werror-ld   := $(if $(filter 1,$(WERROR)),--fatal-warnings)

ifeq ($(V),1)
Q :=
say = @:
else
Q := @
say = @printf '  %-7s %s\n'
endif

# ---- stamps ----------------------------------------------------------------

# $(call stamp,text): rewrites the target only if the text is new.
stamp = @mkdir -p $(@D); printf '%s\n' '$(subst ','\'',$(1))' >$@.new; \
	if cmp -s $@.new $@; then rm -f $@.new; else mv -f $@.new $@; fi

OBJ := $(SRC:%=$(O)/%.o)

$(O)/.flags: FORCE
	$(call stamp,$(shell $(CC) --version 2>&1 | head -n 1) \
	$(shell $(NASM) --version 2>&1 | head -n 1) $(CC) $(CFLAGS) $(NASMFLAGS) \
	$(foreach s,$(SRC),$(CFLAGS_$(s))) $(NO_KASAN))

$(O)/.objects: FORCE
	$(call stamp,$(shell $(LD) --version 2>&1 | head -n 1) $(LDFLAGS) $(OBJ))

# I4
ifeq ($(WERROR),1)
warned := $(shell find $(O) -name '*.o.warn' -size +0c 2>/dev/null)
ifneq ($(warned),)
$(shell rm -f $(warned) $(warned:.warn=))
endif
endif

# ---- objects ---------------------------------------------------------------

# $(call keep-messages,command): shows what a tool said and keeps it, for I4.
keep-messages = $(Q)mkdir -p $(@D); $(1) 2>$@.warn || { cat $@.warn >&2; \
	rm -f $@.warn; exit 1; }; cat $@.warn >&2

# gcc takes the offset only together with the option that uses it.
checked-cflags = $(if $(filter $<,$(NO_KASAN)),$(filter-out \
	-fsanitize=kernel-address -fasan-shadow-offset=%,$(CFLAGS)),$(CFLAGS))

$(O)/%.c.o: %.c $(O)/.flags
	$(say) CC $<
	$(call keep-messages,$(CC) $(checked-cflags) $(CFLAGS_$<) $(show-color) \
		$(werror-cc) -MMD -MP -MF $@.d -c -o $@ $<)

$(O)/%.asm.o: %.asm $(O)/.flags tools/nasm_dwarf.py | $(O)/asm-offsets.inc
	$(say) NASM $<
	$(call keep-messages,$(NASM) $(NASMFLAGS) $(werror-nasm) \
		-MD $@.d -MP -MT $@ -o $@ $<)
	$(Q)$(PYTHON) tools/nasm_dwarf.py $@

# Constants that assembly shares with C: the compiler prints them into its
# assembly output as "#->NAME value", from where they become NASM's %define.
asm-offsets-src := arch/x86_64/asm-offsets.c
$(O)/asm-offsets.s: $(asm-offsets-src) $(O)/.flags
	$(Q)mkdir -p $(@D)
	$(Q)$(CC) $(filter-out -g,$(CFLAGS)) $(werror-cc) -MMD -MP -MF $@.d \
		-MT $@ -S -o $@ $<
$(O)/asm-offsets.inc: $(O)/asm-offsets.s tools/build.mk
	$(say) OFFSETS $@
	$(Q)sed -n 's/^[[:space:]]*#->\([A-Za-z0-9_]*\) \$$*\(-*[0-9]*\)$$/%define \1 (\2)/p' \
		$< >$@

# ---- the image -------------------------------------------------------------

link = $(LD) $(LDFLAGS) $(werror-ld) -T linker.ld -o $(1) $(2)

$(O)/ksyms-empty.asm: tools/ksyms.py
	$(Q)mkdir -p $(@D); $(PYTHON) tools/ksyms.py </dev/null >$@
$(O)/pass1.elf: $(OBJ) $(O)/ksyms-empty.o linker.ld $(O)/.objects
	$(say) LD $@
	$(Q)$(call link,$@,$(OBJ) $(O)/ksyms-empty.o)
$(O)/ksyms.asm: $(O)/pass1.elf tools/ksyms.py
	$(say) KSYMS $@
	$(Q)$(NM) -n $< | $(PYTHON) tools/ksyms.py >$@
$(O)/ksyms.o $(O)/ksyms-empty.o: %.o: %.asm
	$(Q)$(NASM) -f elf64 -o $@ $<
$(O)/vitrix.elf: $(OBJ) $(O)/ksyms.o linker.ld $(O)/.objects
	$(say) LD $@
	$(Q)$(call link,$@,$(OBJ) $(O)/ksyms.o)
	$(Q)$(NM) -n $@ | $(PYTHON) tools/ksyms.py | cmp -s - $(O)/ksyms.asm || \
		{ echo "$@: the second link moved code: is the symbol table" \
		"behind .text in linker.ld?" >&2; exit 1; }

# What goes into the ISO: section names and symbols stay, DWARF goes.
$(O)/boot/vitrix.elf: $(O)/vitrix.elf
	$(Q)mkdir -p $(@D)
	$(Q)$(OBJCOPY) --strip-debug $< $@

# What QEMU is to do; tools/qemu.py adds the words that MODE and SMP need.
append = $(strip $(if $(SCHED),sched=$(SCHED)) \
	$(if $(TESTS),selftest=$(TESTS)) $(APPEND))
machine = --dir $(O) --smp $(SMP) --mem $(MEM) \
	--firmware $(FIRMWARE) --boot $(BOOT) --cpu $(CPU) --numa $(NUMA) \
	--accel $(ACCEL) --machine $(MACHINE) --mode $(MODE) --seed $(SEED) \
	--topology '$(TOPOLOGY)' --qemuargs=' $(QEMUARGS)' \
	--append '$(append)'
QEMU = $(PYTHON) tools/qemu.py $(machine)

# The image contains the kernel command line.
$(O)/.cmdline: FORCE
	$(call stamp,$(shell $(QEMU) cmdline))
$(O)/vitrix.iso: $(O)/boot/vitrix.elf boot/grub.cfg tools/iso.py $(O)/.cmdline
	$(say) ISO $@
	$(Q)$(PYTHON) tools/iso.py --elf $< --out $@ \
		--cmdline "$$(cat $(O)/.cmdline)"

# The stable names: links to the last build's images.
$(BUILD)/vitrix.elf: $(O)/vitrix.elf FORCE
	@ln -sfn $(<:$(BUILD)/%=%) $@
$(BUILD)/vitrix.iso: $(O)/vitrix.iso $(BUILD)/vitrix.elf FORCE
	@ln -sfn $(<:$(BUILD)/%=%) $@

# Direct boots need no GRUB tools; MODE=det always boots directly.
RUN_IMAGES := $(BUILD)/vitrix.elf
ifeq ($(filter direct,$(BOOT))$(filter det,$(MODE)),)
RUN_IMAGES += $(BUILD)/vitrix.iso
endif

# GRAPH=1 prints the floors instead; ANALYZE=1 adds the slow checks.
# Nothing is compiled for good: the report of stack use would lie about.
CHECK = $(PYTHON) tools/check.py --build $(O) --cc '$(CC)' \
	--flags '$(filter-out -fstack-usage,$(CFLAGS))' --nm $(NM) $(if $(filter 1,$(GRAPH)),--graph) \
	$(if $(filter 1,$(ANALYZE)),--analyze) $(if $(ONLY),--only $(ONLY))

BENCH = $(PYTHON) tools/bench.py $(if $(TESTS),--tests '$(TESTS)') \
	--dir $(BUILD)/release$(if $(filter 1,$(LLVM)),-llvm)

RUN_TESTS = $(PYTHON) tools/run_tests.py --build $(BUILD) \
	$(if $(TESTS),--tests '$(TESTS)') $(if $(filter-out 1,$(SEED)),--seed \
	$(SEED))

FORCE:
.PHONY: FORCE

-include $(OBJ:%=%.d) $(O)/asm-offsets.s.d
