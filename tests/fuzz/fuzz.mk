# SPDX-License-Identifier: MIT
#
# fuzz.mk - builds the fuzz drivers. Included from the Makefile.
#
#	make fuzz [FUZZ=multiboot2|pvh|acpi|all] [MINUTES=n] [RUNS=n]
#	make fuzz FUZZ=acpi INPUT=file		one input, with a report
#	make fuzz-coverage [FUZZ=...]		what the corpus never reaches
#
# tools/fuzz.py starts this once it knows that clang can do it. Two builds:
# fuzz (sanitizers) and cover (llvm-cov's counters, no sanitizer).

FUZZ    ?= all
MINUTES ?= 1
RUNS    ?= 0
INPUT   ?=

FUZZ_DRIVERS := multiboot2 pvh acpi

fuzz-boot-src := boot/boot_info.c boot/boot_text.c mm/memblock.c \
	tests/fuzz/oracle.c tests/fuzz/mutate.c tests/fuzz/support.c
fuzz-src-multiboot2 := tests/fuzz/fuzz_multiboot2.c boot/multiboot2.c \
	$(fuzz-boot-src)
fuzz-src-pvh := tests/fuzz/fuzz_pvh.c boot/pvh.c $(fuzz-boot-src)
fuzz-src-acpi := tests/fuzz/fuzz_acpi.c tests/fuzz/mutate.c \
	tests/fuzz/support.c $(filter arch/x86_64/acpi%.c,$(arch-src))

FUZZ_OUT   := $(BUILD)/fuzz
FUZZ_CC    := clang
FUZZ_FLAGS := -std=gnu11 -g -ffreestanding -DCONFIG_DEBUG=1 -Wall -Wextra \
	-Wshadow -Werror -Iinclude -Iarch/x86_64/include -I. \
	-fno-strict-aliasing

fuzz-flags-san   := -O2 -fno-omit-frame-pointer -fno-sanitize-recover=all
fuzz-flags-fuzz  := $(fuzz-flags-san) -fsanitize=fuzzer,address,undefined
# The checks themselves: to follow what they compare would only take time.
fuzz-flags-check := $(fuzz-flags-san) -fsanitize=address,undefined
fuzz-check-src   := tests/fuzz/oracle.c tests/fuzz/mutate.c \
	tests/fuzz/support.c mm/memblock.c
$(fuzz-check-src:%.c=$(FUZZ_OUT)/fuzz/%.o): fuzz-flags-fuzz = $(fuzz-flags-check)

fuzz-flags-cover := -O1 -fsanitize=fuzzer -fprofile-instr-generate \
	-fcoverage-mapping

# $(1): the build, $(2): the driver.
define fuzz_rules
$(FUZZ_OUT)/$(1)/$(2): $(patsubst %.c,$(FUZZ_OUT)/$(1)/%.o,$(fuzz-src-$(2)))
	$$(Q)$(FUZZ_CC) $(fuzz-flags-$(1)) -o $$@ $$^
endef
$(foreach b,fuzz cover,$(foreach d,$(FUZZ_DRIVERS),\
	$(eval $(call fuzz_rules,$(b),$(d)))))

define fuzz_object_rule
$(FUZZ_OUT)/$(1)/%.o: %.c tests/fuzz/fuzz.mk
	$$(say) FUZZCC $$<
	$$(Q)mkdir -p $$(@D)
	$$(Q)$(FUZZ_CC) $(FUZZ_FLAGS) $$(fuzz-flags-$(1)) -MMD -MP -c -o $$@ $$<
endef
$(foreach b,fuzz cover,$(eval $(call fuzz_object_rule,$(b))))

RUN_FUZZ = $(PYTHON) tools/fuzz.py --build $(BUILD) --driver '$(FUZZ)'

fuzz: ## random boot information and ACPI tables; MINUTES=n FUZZ=acpi RUNS=n
	@$(RUN_FUZZ) --minutes '$(MINUTES)' --runs '$(RUNS)' \
		--seed '$(SEED)' $(if $(INPUT),--input '$(INPUT)')

fuzz-coverage: ## the lines of the parsers that no input reached
	@$(RUN_FUZZ) --coverage

-include $(shell find $(FUZZ_OUT) -name '*.d' 2>/dev/null)
.PHONY: fuzz fuzz-coverage
