/* SPDX-License-Identifier: MIT */
/*
 * trap.c - the interrupt descriptor table, and what to do with an exception.
 *
 * Model. Every vector leads through its stub (entry.asm) to trap_entry():
 *
 *	exception   nobody expected it?  -> panic, with a report
 *		    in the exception table -> continue at the fixup
 *		    below fault_catch()    -> continue at the landing
 *	NMI	    another CPU panics or is at a stop, else nmi_dispatch()
 *	>= 32	    irq_dispatch(), on the irq floor
 *
 * Gates (A IDT-6, IDT-9). An interrupt gate clears IF, a trap gate leaves it.
 * Page fault, debug and breakpoint take interrupt gates: the first because
 * CR2 must be read before another fault can overwrite it. #DF, NMI, #MC and
 * #DB run on stacks of their own, because they can come when the stack
 * pointer cannot be trusted; as a second event of the same kind would start
 * at the top of the same stack again, they take interrupt gates, too.
 *
 * Invariants.
 *   I1  CR2 is read before anything that could fault.
 *   I2  Every saved CS has privilege level 0 (no user mode yet) (A SEG-1).
 *   I3  The preempt word is the same on exit as on entry.
 * Contexts. Exception, NMI or interrupt entry.
 * Limits. A fault inside an NMI handler returns with iretq, which lets the
 * next NMI in although the first is not over; handlers run from there must
 * not fault except on the way to a panic.
 *
 * References. Intel SDM vol. 3A, "Interrupt and Exception Handling".
 */
#include <arch/extable.h>
#include <arch/irqvec.h>
#include <arch/ptrace.h>
#include <arch/trap_text.h>
#include <arch/upcall.h>
#include <base/assert.h>
#include <lib/fault.h>
#include <lib/panic.h>
#include <lib/preempt.h>
#include <lib/printk.h>
#include <lib/trip.h>

#include "cpu.h"
#include "gdt.h"
#include "idt.h"
#include "msr.h"

/* Called by the stubs of entry.asm. */
void trap_entry(struct pt_regs *regs, unsigned int vector, u64 error_code);

extern char trap_stubs[];

void gate_pack(struct idt_gate *gate, unsigned long handler, unsigned int type,
	       unsigned int dpl, unsigned int ist)
{
	*gate = (struct idt_gate){
		.offset_low = handler & 0xffff,
		.offset_mid = handler >> 16 & 0xffff,
		.offset_high = (u32)(handler >> 32),
		.selector = KERNEL_CS,
		.ist = ist & 7,
		.attr = (u8)(0x80 | dpl << 5 | type),
	};
}

unsigned long gate_handler(const struct idt_gate *gate)
{
	return (unsigned long)gate->offset_high << 32 |
	       (unsigned long)gate->offset_mid << 16 | gate->offset_low;
}

static void set_gate(unsigned int vector, unsigned int type, unsigned int dpl,
		     unsigned int ist)
{
	gate_pack(&idt_table[vector], (unsigned long)trap_stubs + vector * 16,
		  type, dpl, ist);
}

void trap_init(void)
{
	static const u8 trap_gates[] = {0,  5,	6,  7,	9,  10, 11,
					12, 13, 15, 16, 17, 19};

	for (unsigned int v = 0; v < NR_VECTORS; v++)
		set_gate(v, GATE_INTERRUPT, 0, 0);
	for (unsigned int i = 0; i < ARRAY_SIZE(trap_gates); i++)
		set_gate(trap_gates[i], GATE_TRAP, 0, 0);
	set_gate(X86_TRAP_DB, GATE_INTERRUPT, 0, IST_DB);
	set_gate(X86_TRAP_NMI, GATE_INTERRUPT, 0, IST_NMI);
	set_gate(X86_TRAP_BP, GATE_INTERRUPT, 3, 0);
	set_gate(X86_TRAP_OF, GATE_TRAP, 3, 0);
	set_gate(X86_TRAP_DF, GATE_INTERRUPT, 0, IST_DF);
	set_gate(X86_TRAP_MC, GATE_INTERRUPT, 0, IST_MC);
}

static void handle_nmi(struct pt_regs *regs)
{
	preempt_count_add(NMI_OFFSET + HARDIRQ_OFFSET);
	if (!panic_nmi(regs) && !trip_nmi())
		nmi_dispatch(regs);
	preempt_count_sub(NMI_OFFSET + HARDIRQ_OFFSET);
}

static void handle_exception(struct pt_regs *regs, unsigned int vector,
			     u64 error_code, u64 address)
{
	if (fixup_exception(regs))
		return;
	if (fault_catch_handle(regs, vector, error_code, address))
		return;
	panic_trap(&(struct trap_info){.vector = vector,
				       .error_code = error_code,
				       .address = address,
				       .regs = regs});
}

void trap_entry(struct pt_regs *regs, unsigned int vector, u64 error_code)
{
	u64 address = 0;

	if (vector == X86_TRAP_PF || vector == X86_TRAP_DF)
		address = read_cr2(); /* I1 */
	BUG_ON(regs->cs & 3);	      /* I2 */
	trip(trap.entry);
	if (vector == X86_TRAP_NMI)
		handle_nmi(regs);
	else if (vector < FIRST_EXTERNAL_VECTOR)
		handle_exception(regs, vector, error_code, address);
	else
		irq_dispatch(regs, vector);
}
