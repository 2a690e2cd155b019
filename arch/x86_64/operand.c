/* SPDX-License-Identifier: MIT */
/*
 * operand.c - which address was this instruction about to use?
 *
 * Purpose. For a page fault the CPU tells the address in CR2. For the general
 *	protection fault of a non-canonical address it tells nothing, so a
 *	useful report has to look at the instruction.
 *
 * Model. The parts of an instruction that matter here:
 *
 *	[prefixes] [REX] opcode [ModRM [SIB] [displacement]] [immediate]
 *
 *	ModRM names registers whose values are in the trap frame; address =
 *	base + index * scale + displacement. Stack and string instructions
 *	have their address in rsp, rsi or rdi and no ModRM.
 *
 * Locking. None. Contexts. Any.
 * Limits. Opcodes of one byte and of two (0f xx), which is all that compiled
 *	kernel code has. No segment base: operands with an fs or gs prefix are
 *	not decoded. For movs the source is taken.
 * References. Intel SDM vol. 2A, "Instruction Format".
 */
#include "operand.h"

#include <base/compiler.h>

#define REX_B 1
#define REX_X 2

struct decoder {
	const u8 *p, *end;
	const struct pt_regs *regs;
	u8 rex;
};

/* Register @nr of the encoding, 0 to 15. */
static unsigned long reg_value(const struct pt_regs *r, unsigned int nr)
{
	const unsigned long *const by_nr[16] = {
		&r->rax, &r->rcx, &r->rdx, &r->rbx, &r->rsp, &r->rbp,
		&r->rsi, &r->rdi, &r->r8,  &r->r9,  &r->r10, &r->r11,
		&r->r12, &r->r13, &r->r14, &r->r15,
	};

	return *by_nr[nr];
}

/* Skips prefixes; false at a segment override with a base. */
static bool skip_prefixes(struct decoder *d)
{
	for (; d->p < d->end; d->p++) {
		switch (*d->p) {
		case 0x64: /* fs */
		case 0x65: /* gs */
			return false;
		case 0x26: /* es, cs, ss, ds: no base in long mode */
		case 0x2e:
		case 0x36:
		case 0x3e:
		case 0x66: /* operand size */
		case 0xf0: /* lock */
		case 0xf2: /* repne */
		case 0xf3: /* rep */
			continue;
		default:
			if ((*d->p & 0xf0) == 0x40)
				d->rex = *d->p++;
			return d->p < d->end;
		}
	}
	return false;
}

/* A little-endian signed number of 1 or 4 bytes. */
static bool displacement(struct decoder *d, unsigned int size, long *disp)
{
	u32 v = 0;

	if ((size_t)(d->end - d->p) < size)
		return false;
	for (unsigned int i = 0; i < size; i++)
		v |= (u32)*d->p++ << (8 * i);
	*disp = size == 1 ? (s8)v : size == 4 ? (s32)v : 0;
	return true;
}

static bool modrm_address(struct decoder *d, unsigned long *addr)
{
	unsigned int mod, rm, disp_size;
	unsigned long base;
	long disp;
	u8 sib;

	if (d->p == d->end)
		return false;
	mod = *d->p >> 6;
	rm = *d->p++ & 7;
	if (mod == 3) /* a register, no memory */
		return false;
	disp_size = mod == 1 ? 1 : mod == 2 ? 4 : 0;

	if (rm == 4) {
		if (d->p == d->end)
			return false;
		sib = *d->p++;
		base = reg_value(d->regs, (sib & 7) | (d->rex & REX_B) << 3);
		if ((sib & 7) == 5 && mod == 0) {
			base = 0;
			disp_size = 4;
		}
		rm = (sib >> 3 & 7) | (d->rex & REX_X) << 2;
		if (rm != 4)
			base += reg_value(d->regs, rm) << (sib >> 6);
	} else if (rm == 5 && mod == 0) {
		return false; /* relative to rip: never far from the code */
	} else {
		base = reg_value(d->regs, rm | (d->rex & REX_B) << 3);
	}
	if (!displacement(d, disp_size, &disp))
		return false;
	*addr = base + (unsigned long)disp;
	return true;
}

/* Opcodes of one byte without a ModRM byte that use memory. */
static bool implied_address(u8 op, const struct pt_regs *regs,
			    unsigned long *addr)
{
	switch (op) {
	case 0x50 ... 0x57: /* push */
	case 0x68:
	case 0x6a:
	case 0x9c: /* pushf */
	case 0xe8: /* call */
		*addr = regs->rsp - sizeof(long);
		return true;
	case 0x58 ... 0x5f: /* pop */
	case 0x9d:	    /* popf */
	case 0xc2:	    /* ret */
	case 0xc3:
	case 0xc9: /* leave */
	case 0xcf: /* iret */
		*addr = op == 0xc9 ? regs->rbp : regs->rsp;
		return true;
	case 0xa4: /* movs */
	case 0xa5:
	case 0xa6: /* cmps */
	case 0xa7:
	case 0xac: /* lods */
	case 0xad:
		*addr = regs->rsi;
		return true;
	case 0xaa: /* stos */
	case 0xab:
	case 0xae: /* scas */
	case 0xaf:
		*addr = regs->rdi;
		return true;
	default:
		return false;
	}
}

/* Whether an opcode of one byte is followed by a ModRM byte. */
static bool has_modrm(u8 op)
{
	if (op < 0x40) /* arithmetic: forms 0 to 3 of each group of 8 */
		return (op & 7) < 4;
	switch (op) {
	case 0x63: /* movsxd */
	case 0x69: /* imul */
	case 0x6b:
	case 0x80 ... 0x8f: /* arithmetic, test, xchg, mov, lea, pop */
	case 0xc0:
	case 0xc1: /* shifts */
	case 0xc6:
	case 0xc7:	    /* mov immediate */
	case 0xd0 ... 0xd3: /* shifts */
	case 0xf6:
	case 0xf7: /* test, not, neg, mul, div */
	case 0xfe:
	case 0xff: /* inc, dec, call, jmp, push */
		return true;
	default:
		return false;
	}
}

bool operand_address(const u8 *code, size_t size, const struct pt_regs *regs,
		     unsigned long *addr)
{
	struct decoder d = {
		.p = code,
		.end = code + (size < INSN_MAX ? size : INSN_MAX),
		.regs = regs,
	};
	u8 op;

	if (!skip_prefixes(&d))
		return false;
	op = *d.p++;
	if (op == 0x0f) {
		if (d.p == d.end)
			return false;
		op = *d.p++;
		/* movzx, movsx, cmov, set, bt, cmpxchg, xadd, invlpg, ... */
		if ((op >= 0x80 && op <= 0x8f) || op == 0x30 || op == 0x32 ||
		    op == 0x0b || op == 0x05 || op == 0xa2)
			return false;
		return modrm_address(&d, addr);
	}
	if (implied_address(op, regs, addr))
		return true;
	return has_modrm(op) && modrm_address(&d, addr);
}
