; SPDX-License-Identifier: MIT
;
; crash.asm - causing exceptions on purpose (<arch/crash.h>).
;
; Purpose. Tests compare the saved instruction pointer with the instruction
;	that did it, so each one carries a label, <function>_at; a trap saves
;	the address behind it, <function>_next (A INT-1).
; Model. One function, one bad instruction. Frame pointers are kept, so that
;	backtraces through these functions are whole.
; Contexts. Whatever the caller dares.
; Limits. None returns but by luck of the caller's hooks, except int3.

bits 64
default rel
section .text

%macro crash 1
global arch_crash_%1
global arch_crash_%1.at
global arch_crash_%1.next
arch_crash_%1:
	push	rbp
	mov	rbp, rsp
%endmacro

%macro crash_end 0
	pop	rbp
	ret
%endmacro

crash read
.at:
	mov	rax, [rdi]
.next:
	crash_end

crash write
.at:
	mov	[rdi], rax
.next:
	crash_end

; The fault comes at the address itself; .next is where the call returns to.
crash exec
.at:
	call	rdi
.next:
	crash_end

; Saves rsp in a register that the push cannot touch. With an address that
; nothing is mapped at, the push faults, and then so does delivering that.
crash push
	mov	rdx, rsp
	mov	rsp, rdi
.at:
	push	rax
.next:
	mov	rsp, rdx
	crash_end

crash divide
	mov	eax, 1
	xor	edx, edx
	xor	ecx, ecx
.at:
	div	ecx
.next:
	crash_end

crash breakpoint
.at:
	int3
.next:
	crash_end

crash invalid_opcode
.at:
	ud2
.next:
	crash_end

crash selector
.at:
	mov	ds, edi
.next:
	crash_end

crash stack_selector
.at:
	mov	ss, edi
.next:
	crash_end

crash code_selector
	movzx	edi, di
	lea	rax, [.next]
	push	rdi
	push	rax
.at:
	o64 retf
.next:
	crash_end

crash int
.at:
	int	4
.next:
	crash_end

crash rdmsr
	mov	ecx, edi
.at:
	rdmsr
.next:
	shl	rdx, 32
	or	rax, rdx
	crash_end
