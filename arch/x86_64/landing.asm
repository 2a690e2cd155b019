; SPDX-License-Identifier: MIT
;
; landing.asm - leave a function from anywhere below it (<arch/landing.h>).
;
; Purpose. Tests cause faults and panics on purpose and want to go on.
; Model. A saved stack pointer is all there is: everything else that the
;	caller of arch_landing_call() expects to find again lies there.
;
;	higher	return address
;		rbp		<- rbp
;		rbx
;		r12
;		r13
;		r14
;		r15
;	lower	(padding)	<- landing.sp
;
; Invariants.
;   I1  landing.sp is only used while arch_landing_call() has not returned.
;   I2  rsp is 16-byte aligned at the call.
; Locking. None. Contexts. Any.
; Limits. The direction flag and the interrupt flag are the user's business.

bits 64
default rel
section .text

global arch_landing_call
global arch_landing_land
global arch_landing_jump
global arch_capture_regs

LANDING_SP	equ 0		; offset in struct arch_landing

; bool arch_landing_call(struct arch_landing *l, void (*fn)(void *), void *arg)
; in: rdi, rsi, rdx; out: eax; clobbers what the C ABI lets it.
arch_landing_call:
	push	rbp
	mov	rbp, rsp
	push	rbx
	push	r12
	push	r13
	push	r14
	push	r15
	sub	rsp, 8
	mov	[rdi + LANDING_SP], rsp
	mov	rdi, rdx
	call	rsi
	xor	eax, eax
.out:
	add	rsp, 8
	pop	r15
	pop	r14
	pop	r13
	pop	r12
	pop	rbx
	pop	rbp
	ret

; Where a trap handler returns to when it uses the landing: rsp is landing.sp.
arch_landing_land:
	mov	eax, 1
	jmp	arch_landing_call.out

; noreturn void arch_landing_jump(const struct arch_landing *l)
arch_landing_jump:
	mov	rsp, [rdi + LANDING_SP]
	cld
	jmp	arch_landing_land

; void arch_capture_regs(struct pt_regs *regs)
; Stores at the offsets of <arch/ptrace.h>; changes rax and flags only.
arch_capture_regs:
	mov	[rdi + 0], r15
	mov	[rdi + 8], r14
	mov	[rdi + 16], r13
	mov	[rdi + 24], r12
	mov	[rdi + 32], rbp
	mov	[rdi + 40], rbx
	mov	[rdi + 48], r11
	mov	[rdi + 56], r10
	mov	[rdi + 64], r9
	mov	[rdi + 72], r8
	mov	[rdi + 80], rax
	mov	[rdi + 88], rcx
	mov	[rdi + 96], rdx
	mov	[rdi + 104], rsi
	mov	[rdi + 112], rdi
	mov	qword [rdi + 120], 0	; no trap: see <arch/report.h>
	mov	rax, [rsp]		; the caller, behind this call
	mov	[rdi + 128], rax
	mov	ax, cs
	movzx	eax, ax
	mov	[rdi + 136], rax
	pushfq
	pop	rax
	mov	[rdi + 144], rax
	lea	rax, [rsp + 8]		; the caller's stack pointer
	mov	[rdi + 152], rax
	mov	ax, ss
	movzx	eax, ax
	mov	[rdi + 160], rax
	mov	rax, [rdi + 80]
	ret
