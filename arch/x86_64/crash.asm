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
global arch_crash_%1_at
global arch_crash_%1_next
arch_crash_%1:
	push	rbp
	mov	rbp, rsp
%endmacro

%macro crash_end 0
	pop	rbp
	ret
%endmacro

crash read
arch_crash_read_at:
	mov	rax, [rdi]
arch_crash_read_next:
	crash_end

crash write
arch_crash_write_at:
	mov	[rdi], rax
arch_crash_write_next:
	crash_end

; The fault comes at the address itself; _next is where the call returns to.
crash exec
arch_crash_exec_at:
	call	rdi
arch_crash_exec_next:
	crash_end

; Saves rsp in a register that the push cannot touch. With an address that
; nothing is mapped at, the push faults, and then so does delivering that.
crash push
	mov	rdx, rsp
	mov	rsp, rdi
arch_crash_push_at:
	push	rax
arch_crash_push_next:
	mov	rsp, rdx
	crash_end

crash divide
	mov	eax, 1
	xor	edx, edx
	xor	ecx, ecx
arch_crash_divide_at:
	div	ecx
arch_crash_divide_next:
	crash_end

crash breakpoint
arch_crash_breakpoint_at:
	int3
arch_crash_breakpoint_next:
	crash_end

crash invalid_opcode
arch_crash_invalid_opcode_at:
	ud2
arch_crash_invalid_opcode_next:
	crash_end

crash selector
arch_crash_selector_at:
	mov	ds, edi
arch_crash_selector_next:
	crash_end

crash stack_selector
arch_crash_stack_selector_at:
	mov	ss, edi
arch_crash_stack_selector_next:
	crash_end

crash code_selector
	movzx	edi, di
	lea	rax, [arch_crash_code_selector_next]
	push	rdi
	push	rax
arch_crash_code_selector_at:
	o64 retf
arch_crash_code_selector_next:
	crash_end

crash int
arch_crash_int_at:
	int	0x0d
arch_crash_int_next:
	crash_end

crash rdmsr
	mov	ecx, edi
arch_crash_rdmsr_at:
	rdmsr
arch_crash_rdmsr_next:
	shl	rdx, 32
	or	rax, rdx
	crash_end
