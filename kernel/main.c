/* SPDX-License-Identifier: MIT */
/*
 * main.c - the kernel's table of contents: boot, step by step.
 *
 * Model. Read start_kernel() from top to bottom: each line may use what the
 * lines above it set up, and nothing else. The stages are checked at run time
 * (<kernel/boot_stage.h>).
 *
 * Contexts. Boot CPU, on init_stack; interrupts off until BOOT_STAGE_IRQS_ON.
 */
#include <arch/boot.h>
#include <arch/console.h>
#include <arch/extable.h>
#include <arch/machine.h>
#include <arch/page.h>
#include <arch/pgtable.h>
#include <arch/time.h>
#include <arch/upcall.h>
#include <base/assert.h>
#include <base/bits.h>
#include <irq/smp_call.h>
#include <irq/tick.h>
#include <kernel/bench.h>
#include <kernel/boot_stage.h>
#include <kernel/command.h>
#include <kernel/selftest.h>
#include <kernel/smp.h>
#include <lib/irqflags.h>
#include <lib/might_sleep.h>
#include <lib/panic.h>
#include <lib/param.h>
#include <lib/printk.h>
#include <lib/stack_protector.h>
#include <mm/gfp.h>
#include <mm/highmem.h>
#include <mm/idr.h>
#include <mm/init.h>
#include <mm/kasan.h>
#include <mm/memblock.h>
#include <mm/memleak.h>
#include <mm/percpu.h>
#include <mm/slab.h>
#include <mm/vmalloc.h>

static const char *protocol_name(enum boot_protocol p)
{
	static const char *const names[] = {
		[BOOT_NONE] = "no",
		[BOOT_MULTIBOOT2] = "multiboot2",
		[BOOT_PVH] = "PVH",
	};

	return names[p];
}

static void report_boot_info(void)
{
	char text[160];

	pr_info("Vitrix %s: the kernel you can see through\n",
		CONFIG_DEBUG ? "debug" : "release");
	pr_info("boot: %s protocol%s, loader \"%s\"\n",
		protocol_name(boot_info.protocol),
		boot_info.efi ? ", UEFI" : "", boot_info.loader);
	pr_info("boot: command line \"%s\"\n", boot_info.cmdline);
	for (unsigned int i = 0; i < boot_info.nr_problems; i++) {
		boot_problem_describe(&boot_info.problems[i], text,
				      sizeof(text));
		pr_warn("boot: %s\n", text);
	}
	if (boot_info.nr_problems_cut)
		pr_warn("boot: %u more problems of these kinds\n",
			boot_info.nr_problems_cut);
}

static void report_memory(void)
{
	for (unsigned int i = 0; i < boot_info.nr_mem; i++) {
		const struct mem_range *r = &boot_info.mem[i];

		pr_info("mem: 0x%012llx-0x%012llx %s\n", r->base,
			r->base + r->size - 1, mem_type_name(r->type));
	}
	pr_info("mem: %llu MiB usable, %llu KiB reserved by the kernel\n",
		memblock_phys_mem_size() >> 20, memblock_reserved_size() >> 10);
}

/* The frames behind per-CPU memory stay when that is freed. */
static unsigned long frames_in_use(void)
{
	return totalram_pages() - nr_free_pages() - percpu_nr_pages() -
	       kasan_frames() - memleak_frames();
}

/*
 * Free stacks, addresses that only wait for a flush, and then the slabs of
 * what described them, are no leak.
 */
static void settle_caches(void)
{
	thread_stacks_drain();
	vm_unmap_aliases();
	kmem_cache_reap_all();
}

/* What a test leaks it is told by; what says most about it comes first. */
static void register_totals(void)
{
	selftest_add_settle(settle_caches);
	selftest_add_total("vmalloc pages", vmalloc_nr_pages);
	selftest_add_total("per-CPU bytes", percpu_bytes_in_use);
	selftest_add_total("slab objects", slab_objects_in_use);
	selftest_add_total("page-table pages", nr_page_table_pages);
	selftest_add_total("page frames in use", frames_in_use);
}

void __noreturn start_kernel(void)
{
	boot_stage_enter(BOOT_STAGE_ENTRY);
	smp_init_boot_cpu(); /* a panic report counts CPUs */
	stack_protector_init();
	report_boot_info();
	param_parse(boot_info.cmdline); /* before anything that has options */
	extable_init();			/* expected faults */
	boot_stage_enter(BOOT_STAGE_CONSOLE);

	arch_console_unmap(); /* the boot tables go away */
	mm_init();
	arch_console_remap();
	report_memory();
	boot_stage_enter(BOOT_STAGE_MEMORY);

	arch_cpu_init_boot(); /* final stacks for exceptions */
	arch_acpi_init();     /* which CPUs and controllers there are */
	boot_stage_enter(BOOT_STAGE_ACPI);

	arch_irq_init();   /* everything masked */
	smp_setup_masks(); /* per-CPU areas: needs the number of CPUs */
	page_alloc_init(); /* zones; the boot allocator closes */
	kmem_cache_init(); /* kmalloc() works from here on */
	idr_cache_init();
	vmalloc_init(); /* addresses: needs frames and caches */

	if (highmem_init()) /* highmem=: windows, one set a CPU */
		panic("no memory for the windows onto high memory");
	boot_stage_enter(BOOT_STAGE_IRQ);

	if (arch_time_init()) /* needs the APIC timer and the HPET's address */
		pr_err("time: no usable reference clock: time stands still\n");
	boot_stage_enter(BOOT_STAGE_TIME);

	if (smp_call_init())
		panic("no memory for cross-calls");
	tick_start();
	local_irq_enable();
	system_state = SYSTEM_RUNNING; /* might_sleep() checks from here on */
	boot_stage_enter(BOOT_STAGE_IRQS_ON);

	smp_init(); /* identity map is gone, trampoline has its own tables */
	boot_stage_enter(BOOT_STAGE_SMP);

	register_totals();
	boot_stage_enter(BOOT_STAGE_READY);
	boot_stage_report();
	selftest_boot(); /* selftest=: runs, then leaves the machine */
	bench_boot();	 /* bench=: the same */
	monitor_run();
}
