# SPDX-License-Identifier: MIT
# Host tests: pure kernel code and its unit tests as a program under the
# address and undefined-behaviour sanitizers. Included from the Makefile.
#
#   make host-test [TESTS=glob] [SEED=n] [SCALE=n] [HOST_CCS="gcc clang"]
#
# A source is added by naming it in HOST_SRCS, its tests in HOST_TESTS.

HOST_Q   := $(if $(filter 1,$(V)),,@)
# Compilers whose sanitizers are installed (in Debian a package of its own).
host-has  = $(filter /%,$(shell $(1) -print-file-name=$(2) 2>/dev/null))
HOST_CCS ?= $(if $(call host-has,gcc,libasan.so),gcc) \
	$(if $(call host-has,clang,libclang_rt.asan-x86_64.a),clang)
HOST_CCS := $(HOST_CCS)
SEED     ?= 1
SCALE    ?= 1

HOST_SRCS := \
	arch/x86_64/acpi.c	\
	arch/x86_64/acpi_fadt.c	\
	arch/x86_64/acpi_madt.c	\
	arch/x86_64/acpi_numa.c	\
	arch/x86_64/acpi_text.c	\
	boot/boot_info.c	\
	boot/boot_text.c	\
	boot/multiboot2.c	\
	boot/pvh.c	\
	lib/bitmap.c	\
	lib/cpumask.c	\
	lib/crc32.c	\
	lib/fmt.c	\
	lib/glob.c	\
	lib/hash.c	\
	lib/kfifo.c	\
	lib/kstrto.c	\
	lib/param.c	\
	lib/plist.c	\
	lib/random.c	\
	lib/rbtree.c	\
	lib/refcount.c	\
	lib/sort.c	\
	lib/string.c	\
	mm/slab_layout.c	\
	mm/slab_list.c	\
	mm/debug/slab_check.c	\
	mm/memblock.c	\
	mm/debug/idr_check.c	\
	mm/idr.c	\
	mm/idr_node.c	\
	mm/percpu_area.c

# The addresses of vmalloc.
HOST_SRCS += mm/vmap_tree.c mm/debug/vmap_check.c
HOST_SRCS += mm/buddy.c mm/debug/page_check.c

# The log, the screens and the line editor of the monitor.
HOST_SRCS += lib/logbuf.c lib/nmi_log.c kernel/monitor/readline.c \
	kernel/monitor/split.c arch/x86_64/screen.c arch/x86_64/fbcon.c \
	arch/x86_64/font.c

# Only files all of whose cases are of class unit.
HOST_TESTS :=
HOST_TESTS += tests/arch/test_acpi.c
HOST_TESTS += tests/arch/test_acpi_tables.c
HOST_TESTS += tests/arch/test_boot_mem.c
HOST_TESTS += tests/arch/test_multiboot2.c
HOST_TESTS += tests/arch/test_pvh.c
HOST_TESTS += tests/arch/test_screen.c
HOST_TESTS += tests/example/test_example_unit.c
HOST_TESTS += tests/lib/test_atomic.c
HOST_TESTS += tests/lib/test_bitmap.c
HOST_TESTS += tests/lib/test_cpumask.c
HOST_TESTS += tests/lib/test_fmt.c
HOST_TESTS += tests/lib/test_glob.c
HOST_TESTS += tests/lib/test_hash.c
HOST_TESTS += tests/lib/test_jiffies.c
HOST_TESTS += tests/lib/test_kfifo.c
HOST_TESTS += tests/lib/test_kstrto.c
HOST_TESTS += tests/lib/test_list.c
HOST_TESTS += tests/lib/test_llist.c
HOST_TESTS += tests/lib/test_logbuf.c
HOST_TESTS += tests/lib/test_param.c
HOST_TESTS += tests/lib/test_plist.c
HOST_TESTS += tests/lib/test_random.c
HOST_TESTS += tests/lib/test_rbtree.c
HOST_TESTS += tests/lib/test_refcount.c
HOST_TESTS += tests/lib/test_sort.c
HOST_TESTS += tests/lib/test_string.c
HOST_TESTS += tests/mm/test_idr.c
HOST_TESTS += tests/mm/test_buddy.c
HOST_TESTS += tests/mm/test_buddy_model.c
HOST_TESTS += tests/mm/test_memblock.c
HOST_TESTS += tests/mm/test_slab_model.c
HOST_TESTS += tests/mm/test_percpu_area.c
HOST_TESTS += tests/mm/test_vmap_tree.c
HOST_TESTS += tests/monitor/test_readline.c
HOST_TESTS += tests/monitor/test_split.c

HOST_OUT   := $(or $(BUILD),build)/host
HOST_OBJS  := $(patsubst %.c,%.o,$(HOST_SRCS) $(HOST_TESTS) \
		tests/host/kernel_side.c tests/host/libc_side.c)

HOST_WARN  := -Wall -Wextra -Wshadow -Wundef -Wvla -Wstrict-prototypes \
	-Wmissing-prototypes -Wpointer-arith -Wwrite-strings -Werror
HOST_SAN   := -fsanitize=address,undefined -fno-sanitize-recover=all
HOST_FLAGS := -std=gnu11 -O1 -g -fno-omit-frame-pointer -fno-common \
	-fno-strict-aliasing $(HOST_WARN) $(HOST_SAN)

# The kernel's view: its headers, the compiler's own, none of the C library.
HOST_KERNEL := -ffreestanding -nostdinc -DCONFIG_DEBUG=1 -Iinclude \
	-Iarch/x86_64/include -iquote . -include tests/host/rename.h

HOST_WRAP  := -Wl,--wrap=vx_memcpy,--wrap=vx_memmove,--wrap=vx_memset

# $(1): the compiler.
define host_rules
$(HOST_OUT)/$(1)/%.o: %.c tests/host/ignore.txt
	@mkdir -p $$(@D)
	$$(HOST_Q)$(1) $$(HOST_FLAGS) $$(HOST_KERNEL) $$(HOST_CC_$(1)) \
		-isystem $$(HOST_INC_$(1)) -MMD -MP -c $$< -o $$@

$(HOST_OUT)/$(1)/tests/host/libc_side.o: tests/host/libc_side.c
	@mkdir -p $$(@D)
	$$(HOST_Q)$(1) $$(HOST_FLAGS) -MMD -MP -c $$< -o $$@

$(HOST_OUT)/$(1)/host-test: $(addprefix $(HOST_OUT)/$(1)/,$(HOST_OBJS)) \
		tests/host/host.ld
	$$(HOST_Q)$(1) $$(HOST_SAN) $$(HOST_WRAP) -o $$@ $$(filter %.o,$$^) \
		-Wl,-T,tests/host/host.ld

.PHONY: host-test-$(1)
host-test-$(1): $(HOST_OUT)/$(1)/host-test
	$$(HOST_Q)$$< '$$(or $$(TESTS),*)' seed=$$(SEED) scale=$$(SCALE)

-include $(patsubst %.o,$(HOST_OUT)/$(1)/%.d,$(HOST_OBJS))
endef

HOST_INC_gcc   := $(shell gcc -print-file-name=include)
HOST_INC_clang := $(shell clang -print-resource-dir 2>/dev/null)/include
HOST_CC_clang  := -fsanitize-ignorelist=tests/host/ignore.txt

$(foreach c,$(HOST_CCS),$(eval $(call host_rules,$(c))))

.PHONY: host-test
host-test: $(addprefix host-test-,$(HOST_CCS))
